//! The places in papers where phrases stand that might be names.

use rayon::prelude::*;

use super::Document;
use super::background::{self, Background};
use super::glossary::stretches;
use super::phrase::{LONGEST_PHRASE, WordRole, is_acronym, role};
use super::words::{Word, key};

/// A paper's words with what each can do in a name.
pub(super) struct Reading<'a> {
    /// Stretches between punctuation; those of the title come first.
    stretches: Vec<Vec<Annotated<'a>>>,
    n_title: usize,
}

/// A word, what it can do in a name, and the hash of its key.
pub(super) struct Annotated<'a> {
    pub word: Word<'a>,
    pub role: WordRole,
    pub hash: u64,
}

/// A place of a phrase: where in a stretch it begins and ends.
#[derive(Clone, Copy)]
pub(super) struct Window<'r, 'a> {
    stretch: &'r [Annotated<'a>],
    from: usize,
    to: usize,
    /// Whether the stretch is of the title.
    pub in_title: bool,
}

/// Reads papers, on all cores.
pub(super) fn read_all<'a>(documents: &[&Document<'a>]) -> Vec<Reading<'a>> {
    documents.par_iter().map(|document| Reading::of(document)).collect()
}

impl<'a> Reading<'a> {
    fn of(document: &Document<'a>) -> Self {
        let mut all: Vec<_> = stretches(document.title).into_iter().map(annotated).collect();
        let n_title = all.len();
        all.extend(stretches(document.text).into_iter().map(annotated));
        Self { stretches: all, n_title }
    }

    /// The places of phrases that might be names, those of the title first.
    pub fn places(&self) -> impl Iterator<Item = Window<'_, 'a>> {
        let in_title = |number| number < self.n_title;
        self.stretches
            .iter()
            .enumerate()
            .flat_map(move |(number, stretch)| places_of(stretch, in_title(number)))
    }
}

/// The places within one stretch: a phrase begins with a noun or adjective and ends with a noun or a weak
/// word.
fn places_of<'r, 'a>(stretch: &'r [Annotated<'a>], in_title: bool) -> impl Iterator<Item = Window<'r, 'a>> {
    (0..stretch.len()).flat_map(move |from| {
        let can_start = matches!(stretch[from].role, WordRole::Noun | WordRole::Adjective);
        let longest = if can_start { LONGEST_PHRASE.min(stretch.len() - from) } else { 0 };
        // A phrase ends at the latest before a word that no phrase has.
        (from + 1..=from + longest)
            .take_while(|&to| stretch[to - 1].role != WordRole::Never)
            .filter(|&to| matches!(stretch[to - 1].role, WordRole::Noun | WordRole::Weak))
            .map(move |to| Window { stretch, from, to, in_title })
    })
}

fn annotated(stretch: Vec<Word<'_>>) -> Vec<Annotated<'_>> {
    let words = stretch.into_iter().flat_map(parted);
    words
        .map(|word| {
            let (role, hash) = (role(&word), background::hash(&word.key));
            Annotated { word, role, hash }
        })
        .collect()
}

/// An acronym and what hangs on it: a `CLIP-level` result is about CLIP, an `LLM-based` agent about
/// an LLM. Other words are whole.
fn parted(word: Word<'_>) -> Vec<Word<'_>> {
    match word.surface.split_once('-') {
        Some((head, rest)) if is_acronym(head) && rest.chars().all(|c| c.is_lowercase() || c == '-') => {
            let head = Word { surface: head, key: key(head), korean: false };
            // What hangs on it ends the phrase: its key is of an empty word.
            vec![head, Word { surface: rest, key: "based".into(), korean: false }]
        }
        _ => vec![word],
    }
}

/// The hash of words in a row.
pub(super) fn hash_of(words: &[Annotated<'_>]) -> u64 {
    background::hash_of(words.iter().map(|word| word.hash))
}

impl<'r, 'a> Window<'r, 'a> {
    /// The words of the phrase.
    pub fn words(&self) -> &'r [Annotated<'a>] {
        &self.stretch[self.from..self.to]
    }

    /// Whether the phrase is half of a better known one here: `video object` in "video object detection".
    pub fn is_fragment(&self) -> bool {
        let Self { from, to, .. } = *self;
        let before = from.checked_sub(1).and_then(|at| self.rarity_of_pair(at));
        to - from > 1
            && (is_better_known(before, self.rarity_of_pair(from))
                || is_better_known(self.rarity_of_pair(to - 1), self.rarity_of_pair(to - 2)))
    }

    fn rarity_of_pair(&self, at: usize) -> Option<f32> {
        Background::shared().phrase_rarity(hash_of(self.stretch.get(at..at + 2)?))
    }
}

fn is_better_known(across: Option<f32>, within: Option<f32>) -> bool {
    across.is_some_and(|across| within.is_none_or(|within| across < within))
}
