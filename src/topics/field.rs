//! Fields of research: true names, broader than a phrase, for papers that share none.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::background;
use super::glossary::stretches;
use super::said::{ABOUT, Said, Stems};

/// `name<TAB>papers of 10,000<TAB>cue, cue, …`, one a line.
const TABLE: &str = include_str!("../../data/topic-fields.tsv");

/// How much a paper is of a field of which it says two cues, and three, if none of them more.
const TWO_CUES: f32 = 0.6;
const MORE_CUES: f32 = 0.75;

/// A field.
pub(super) struct Field {
    pub name: &'static str,
    /// Of its name, in order.
    pub key: String,
    pub hash: u64,
    /// ln(papers / papers of it).
    pub rarity: f32,
}

/// All of them.
pub(super) struct Fields {
    pub all: Vec<Field>,
    /// By their first stem: cues with their fields.
    cues: HashMap<u64, Vec<(Stems, usize)>>,
}

impl Fields {
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Fields> = LazyLock::new(|| Fields::parse(TABLE));
        &SHARED
    }

    fn parse(table: &'static str) -> Self {
        let (mut all, mut cues): (_, HashMap<u64, Vec<(Stems, usize)>>) = (Vec::new(), HashMap::new());
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let [name, with, told_by] = line.splitn(3, '\t').collect::<Vec<&str>>()[..] else { continue };
            let words = keys(name);
            let told_by = told_by.split(',').map(str::trim);
            // `security` tells itself; `LLM safety` is told by its words in a row.
            for cue in std::iter::once(name).chain(told_by) {
                let stems = Stems::cue(cue);
                if let Some(first) = stems.first() {
                    cues.entry(first).or_default().push((stems, all.len()));
                }
            }
            let hash = background::hash_of(words.iter().map(|word| background::hash(word)));
            let rarity = (10_000.0 / with.parse::<f32>().unwrap_or(10_000.0)).ln();
            all.push(Field { name, key: words.join(" "), hash, rarity });
        }
        Self { all, cues }
    }

    /// The cues that tell a field.
    #[cfg(test)]
    pub fn cues_of(&self, name: &str) -> Vec<&'static str> {
        let mut lines = TABLE.lines().map(|line| line.splitn(3, '\t').collect::<Vec<_>>());
        let told_by = lines.find(|fields| fields[0] == name).map_or("", |fields| fields[2]);
        told_by.split(',').map(str::trim).filter(|cue| !cue.is_empty()).collect()
    }

    /// How much a paper is of each field, 0 to 1.
    pub fn of(&self, said: &Said) -> Vec<f32> {
        let mut most = vec![0.0_f32; self.all.len()];
        let mut n_cues = vec![0; self.all.len()];
        for (cue, field) in said.all().filter_map(|stem| self.cues.get(&stem)).flatten() {
            let about = said.about(cue);
            most[*field] = most[*field].max(about);
            n_cues[*field] += usize::from(about >= ABOUT);
        }
        let several = |(most, n): (f32, usize)| match n {
            0 | 1 => most,
            2 => most.max(TWO_CUES),
            _ => most.max(MORE_CUES),
        };
        most.into_iter().zip(n_cues).map(several).collect()
    }
}

fn keys(text: &str) -> Vec<String> {
    stretches(text).into_iter().flatten().map(|word| word.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_its_own() {
        let fields = Fields::shared();
        let names: std::collections::BTreeSet<&str> = fields.all.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), fields.all.len());
        assert_eq!(fields.all.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
    }
}
