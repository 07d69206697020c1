//! Secrets in addresses: `${NAME}` stands for what the environment calls so. Shown and kept is the name.

use std::collections::BTreeMap;

use crate::octets::to_percent;

/// Secrets by their names.
pub type Secrets = BTreeMap<String, String>;

/// The names in an address.
pub fn secret_names(address: &str) -> impl Iterator<Item = &str> {
    address.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// An address with its secrets in their places, percent-encoded.
///
/// # Errors
/// The first name that is not known.
pub fn with_secrets(address: &str, secrets: &Secrets) -> Result<String, String> {
    let mut filled = address.to_owned();
    for name in secret_names(address) {
        let secret = secrets.get(name).ok_or_else(|| name.to_owned())?;
        filled = filled.replace(&format!("${{{name}}}"), &to_percent(secret));
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stands_in_its_place_whatever_it_holds() {
        let secrets = Secrets::from([("A".into(), "p@ss/${B} é".into()), ("B".into(), "x".into())]);
        let address = "https://ann:${A}@example.org/${B}?token=${B}&${open";
        assert_eq!(secret_names(address).collect::<Vec<_>>(), ["A", "B", "B"]);
        assert_eq!(
            with_secrets(address, &secrets).unwrap(),
            "https://ann:p%40ss%2F%24%7BB%7D%20%C3%A9@example.org/x?token=x&${open"
        );
        assert_eq!(with_secrets("https://example.org/${C}", &secrets), Err("C".into()));
    }
}
