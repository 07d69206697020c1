//! How much a paper is about what a phrase says.

use std::collections::{BTreeSet, HashMap};

use super::Document;
use super::background;
use super::glossary::stretches;
use super::phrase::is_acronym;
use super::words::{Word, key};

/// How much a paper is about a phrase, 1 for one in its title: by how often the text has it, or has its words
/// apart. Chosen by reading the names of 21 days, other days than those that `data/topics.md` reports.
const IN_TITLE: f32 = 1.0;
const APART_IN_TITLE: f32 = 0.9;
const OFTEN: f32 = 0.8;
const TWICE: f32 = 0.65;
const ONCE: f32 = 0.45;
const APART: f32 = 0.3;

/// From how much on a paper is about a phrase, and of a field: a single cue that the text mentions once is not
/// enough.
pub(super) const ABOUT: f32 = 0.45;
pub(super) const OF_FIELD: f32 = 0.6;

/// A break between stretches, the stem of no word.
const BREAK: u64 = 0;

/// A phrase by the stems of its words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Stems {
    stems: Vec<u64>,
    /// The letters of an acronym, in lower case.
    letters: Vec<char>,
}

impl Stems {
    /// Those of words in a row.
    pub fn of<'w>(words: impl Iterator<Item = &'w Word<'w>>) -> Self {
        let words: Vec<&Word<'_>> = words.collect();
        let letters = match words.as_slice() {
            [one] if is_acronym(one.surface) && one.surface.len() > 2 => one.key.chars().collect(),
            _ => Vec::new(),
        };
        Self { stems: words.iter().map(|word| hash_of(&word.key)).collect(), letters }
    }

    /// Those of a text; a single word is meant as it is written, in singular or plural: `generative` is another
    /// cue than `generate`.
    pub fn cue(text: &str) -> Self {
        let words = stretches(text).into_iter().flatten().collect::<Vec<_>>();
        let mut cue = Self::of(words.iter());
        if let [word] = words.as_slice() {
            cue.stems = vec![exactly(&word.key)];
        }
        cue
    }

    pub fn first(&self) -> Option<u64> {
        self.stems.first().copied()
    }
}

/// What a paper says: the stems of its words in order, and where each stands.
pub(super) struct Said {
    stems: Vec<u64>,
    initials: Vec<char>,
    n_title: usize,
    places: HashMap<u64, Vec<usize>>,
}

impl Said {
    pub fn by(document: &Document<'_>) -> Self {
        let mut said = Self { stems: Vec::new(), initials: Vec::new(), n_title: 0, places: HashMap::new() };
        said.read(document.title);
        said.n_title = said.stems.len();
        said.read(document.text);
        said
    }

    fn read(&mut self, text: &str) {
        for stretch in stretches(text) {
            for word in stretch {
                let place = self.stems.len();
                let stem = hash_of(&word.key);
                self.places.entry(stem).or_default().push(place);
                self.places.entry(exactly(&word.key)).or_default().push(place);
                // `diffusion-based` says diffusion.
                if word.surface.contains('-') {
                    for part in word.surface.split('-').map(key) {
                        self.places.entry(hash_of(&part)).or_default().push(place);
                        self.places.entry(exactly(&part)).or_default().push(place);
                    }
                }
                self.stems.push(stem);
                self.initials.push(word.key.chars().next().unwrap_or_default());
            }
            self.stems.push(BREAK);
            self.initials.push(' ');
        }
    }

    /// Whether it has a stem.
    pub fn has(&self, stem: u64) -> bool {
        self.places.contains_key(&stem)
    }

    /// The stems that it has.
    pub fn all(&self) -> impl Iterator<Item = u64> {
        self.places.keys().copied()
    }

    /// How much it is about a phrase, 0 to 1.
    pub fn about(&self, phrase: &Stems) -> f32 {
        let whole = self.whole(phrase);
        let n_in_title = whole.iter().filter(|&&place| place < self.n_title).count();
        match whole.len() {
            _ if n_in_title > 0 => IN_TITLE,
            0 => self.about_words(phrase),
            _ if self.all_in_title(phrase) => APART_IN_TITLE,
            1 => ONCE,
            2 => TWICE,
            _ => OFTEN,
        }
    }

    /// Where a phrase stands word by word, or what an acronym abbreviates.
    fn whole(&self, phrase: &Stems) -> Vec<usize> {
        let Some(first) = phrase.first() else { return Vec::new() };
        let places = self.places.get(&first).map_or(&[][..], Vec::as_slice);
        let n = phrase.stems.len();
        let mut whole: Vec<usize> = match n {
            1 => places.to_vec(),
            _ => {
                let stands = |place: &&usize| self.stems.get(**place..**place + n) == Some(&phrase.stems[..]);
                places.iter().filter(stands).copied().collect()
            }
        };
        if !phrase.letters.is_empty() {
            let abbreviated = self.initials.windows(phrase.letters.len()).enumerate();
            whole.extend(
                abbreviated.filter(|(_, letters)| *letters == phrase.letters).map(|(place, _)| place),
            );
        }
        whole
    }

    fn about_words(&self, phrase: &Stems) -> f32 {
        match phrase.stems.len() > 1 && phrase.stems.iter().all(|stem| self.has(*stem)) {
            true if self.all_in_title(phrase) => APART_IN_TITLE,
            true => APART,
            false => 0.0,
        }
    }

    fn all_in_title(&self, phrase: &Stems) -> bool {
        let in_title = |stem: &u64| self.places.get(stem).is_some_and(|places| places[0] < self.n_title);
        phrase.stems.iter().all(in_title)
    }
}

/// The stems of a text's words.
pub(super) fn stems(text: &str) -> BTreeSet<u64> {
    stretches(text).iter().flatten().map(|word| hash_of(&word.key)).collect()
}

/// The hash of a word's stem is odd, that of the word itself even.
fn hash_of(key: &str) -> u64 {
    background::hash(stem(key)) | 1
}

fn exactly(key: &str) -> u64 {
    background::hash(key) & !1
}

/// Ends that fall off a word so that its forms meet (`generative`, `generating`, `generation`), longest
/// first.
const ENDS: &[&str] = &[
    "izations", "isations", "ization", "isation", "ational", "ations", "ation", "ators", "ative", "izing",
    "ising", "ments", "ating", "ator", "ated", "ates", "ment", "ions", "ings", "ized", "ised", "ity", "ies",
    "ing", "ion", "ive", "ize", "ise", "ate", "ed", "ic", "es", "y", "e", "s",
];

/// The fewest letters of a stem.
const SHORTEST: usize = 4;

/// The stem of an English word; others are their own.
fn stem(key: &str) -> &str {
    let long_enough = |stem: &&str| stem.len() >= SHORTEST && key.is_ascii();
    ENDS.iter().find_map(|end| key.strip_suffix(end).filter(long_enough)).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::Embedding;
    use crate::paper::PaperId;

    fn about(title: &str, text: &str, phrase: &str) -> f32 {
        let id = PaperId::parse("2404.00001").unwrap().0;
        let embedding = Embedding::normalized(vec![1.0]).unwrap();
        let document = Document { id: &id, title, text, embedding: &embedding, votes: None };
        let words: Vec<Word<'_>> = stretches(phrase).into_iter().flatten().collect();
        Said::by(&document).about(&Stems::of(words.iter()))
    }

    #[test]
    fn forms_of_a_word_and_what_an_acronym_abbreviates_say_the_same() {
        assert_eq!(about("Generating Images", "", "image generation"), APART_IN_TITLE);
        assert_eq!(about("X", "We segment images. Segmenting is hard.", "segmentation"), TWICE);
        assert_eq!(about("X", "the minimum Bayes risk of it", "MBR"), ONCE);
        assert_eq!(about("X", "large language models", "LLM"), ONCE);
        assert_eq!(about("X", "a diffusion-based one", "diffusion"), ONCE);
    }

    #[test]
    fn a_paper_is_about_its_title_more_than_about_what_it_mentions() {
        let text = "With source code. The cost of the cloud, and what code does.";
        assert_eq!(about("FinOps Agents", text, "FinOps agent"), IN_TITLE);
        assert_eq!(about("FinOps Agents", text, "source code"), ONCE);
        assert_eq!(about("FinOps Agents", text, "cloud code"), APART);
        assert_eq!(about("FinOps Agents", text, "robot"), 0.0);
    }
}
