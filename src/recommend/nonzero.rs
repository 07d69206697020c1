//! A vector in a file: its length and its entries that are not zero.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

pub fn serialize<S, T>(values: &[T], serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    T: Serialize + Default + PartialEq,
{
    let entries = (0_u32..).zip(values).filter(|(_, value)| **value != T::default());
    (values.len(), entries.collect::<Vec<(u32, &T)>>()).serialize(serializer)
}

pub fn deserialize<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default + Clone,
{
    let (n, entries): (usize, Vec<(u32, T)>) = Deserialize::deserialize(deserializer)?;
    let mut values = vec![T::default(); n];
    for (column, value) in entries {
        let place = values.get_mut(column as usize);
        *place.ok_or_else(|| D::Error::custom(format!("column {column} of {n}")))? = value;
    }
    Ok(values)
}
