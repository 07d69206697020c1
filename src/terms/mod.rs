//! Words of papers: tokens, document frequencies, sparse TF-IDF vectors.
//!
//! Shared by ranking, similarity and topic names. Knows nothing about papers or vectors of models.

mod korean;

use std::collections::{BTreeMap, HashMap};

pub use self::korean::{in_english, korean_words, noun};
use crate::paper::is_hangul;

/// The tokens of a text in order: lower-case words, and for Korean each pair of neighbouring
/// syllables, since Korean glues its particles to the word.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    each_token(text, |token| tokens.push(token.to_owned()));
    tokens
}

/// The tokens of a text, one after the other.
fn each_token(text: &str, mut visit: impl FnMut(&str)) {
    let mut run = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        let mut korean = false;
        for c in word.chars() {
            if is_hangul(c) != korean {
                visit_run(&run, korean, &mut visit);
                run.clear();
                korean = !korean;
            }
            if c.is_ascii() { run.push(c.to_ascii_lowercase()) } else { run.extend(c.to_lowercase()) }
        }
        visit_run(&run, korean, &mut visit);
        run.clear();
    }
}

fn visit_run(run: &str, korean: bool, visit: &mut impl FnMut(&str)) {
    // A syllable of Korean has three bytes.
    let pair = 6;
    if korean && run.len() > pair {
        (0..=run.len() - pair).step_by(pair / 2).filter_map(|at| run.get(at..at + pair)).for_each(visit);
    } else if !run.is_empty() {
        visit(run);
    }
}

/// How similar each text of a pool is to one text: the cosines of their TF-IDF vectors, 0 to 1, with
/// frequencies counted over the pool and the text itself. Each text is read once.
pub fn cosines(text: &str, pool: &[impl AsRef<str>]) -> Vec<f32> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut frequencies: Vec<u32> = Vec::new();
    let mut read = |text: &str| {
        let mut terms: Vec<u32> = Vec::new();
        each_token(text, |token| {
            let number = numbers.get(token).copied().unwrap_or_else(|| {
                numbers.insert(token.to_owned(), frequencies.len() as u32);
                frequencies.push(0);
                frequencies.len() as u32 - 1
            });
            terms.push(number);
        });
        terms.sort_unstable();
        let counts = terms.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32));
        let counts: Vec<(u32, u32)> = counts.collect();
        counts.iter().for_each(|(term, _)| frequencies[*term as usize] += 1);
        counts
    };
    let own = read(text);
    let pool: Vec<Vec<(u32, u32)>> = pool.iter().map(|text| read(text.as_ref())).collect();
    let n = pool.len() + 1;
    let vector = |counts: &[(u32, u32)]| {
        TermVector::of(counts.iter().map(|&(term, tf)| (term, weight(tf, n, frequencies[term as usize]))))
    };
    let own = vector(&own);
    pool.iter().map(|counts| own.cosine(&vector(counts))).collect()
}

/// (1 + ln tf) · ln((1 + N) / (1 + df)) + 1, as scikit-learn has it with `sublinear_tf`.
fn weight(tf: u32, n_documents: usize, df: u32) -> f32 {
    (1.0 + (tf as f32).ln()) * (((1.0 + n_documents as f32) / (1.0 + df as f32)).ln() + 1.0)
}

/// A sparse vector of length 1 (or empty), sorted by term.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TermVector(Vec<(u32, f32)>);

impl TermVector {
    /// Of weighted terms in order, scaled to length 1.
    fn of(entries: impl Iterator<Item = (u32, f32)>) -> Self {
        let mut entries: Vec<(u32, f32)> = entries.collect();
        let length = entries.iter().map(|e| e.1 * e.1).sum::<f32>().sqrt();
        if length > 0.0 {
            entries.iter_mut().for_each(|e| e.1 /= length);
        }
        Self(entries)
    }

    /// The terms and their weights, sorted by term.
    pub fn entries(&self) -> &[(u32, f32)] {
        &self.0
    }

    /// The cosine of two vectors, 0 to 1.
    pub fn cosine(&self, other: &Self) -> f32 {
        let (mut a, mut b, mut sum) = (self.0.iter().peekable(), other.0.iter().peekable(), 0.0);
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            match x.0.cmp(&y.0) {
                std::cmp::Ordering::Less => drop(a.next()),
                std::cmp::Ordering::Greater => drop(b.next()),
                std::cmp::Ordering::Equal => {
                    sum += x.1 * y.1;
                    a.next();
                    b.next();
                }
            }
        }
        sum
    }
}

/// In how many documents of a collection each term stands.
#[derive(Debug, Clone, Default)]
pub struct DocumentFrequencies {
    n_documents: usize,
    terms: HashMap<String, (u32, u32)>,
}

impl DocumentFrequencies {
    /// Counts over a collection; term numbers follow the order of first appearance.
    pub fn count<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.n_documents += 1;
            let mut seen = tokens(text);
            seen.sort_unstable();
            seen.dedup();
            for token in seen {
                let next = all.terms.len() as u32;
                all.terms.entry(token).or_insert((next, 0)).1 += 1;
            }
        }
        all
    }

    /// The TF-IDF vector of a text, of the weights of `weight`, scaled to length 1. Unknown terms are
    /// left out.
    pub fn vector(&self, text: &str) -> TermVector {
        let mut counts: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
        for token in tokens(text) {
            if let Some(&(term, df)) = self.terms.get(&token) {
                counts.entry(term).or_insert((0, df)).0 += 1;
            }
        }
        TermVector::of(counts.into_iter().map(|(term, (tf, df))| (term, weight(tf, self.n_documents, df))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_read_once_are_as_similar_as_texts_counted_and_then_weighed(
            texts in prop::collection::vec("[abÄ 대조학습-]{0,24}", 1..8),
        ) {
            let (text, pool) = texts.split_first().unwrap();
            let frequencies = DocumentFrequencies::count(texts.iter().map(String::as_str));
            let own = frequencies.vector(text);
            for (found, other) in cosines(text, pool).into_iter().zip(pool) {
                let slow = own.cosine(&frequencies.vector(other));
                prop_assert!((found - slow).abs() < 1e-5, "{found} for {slow}");
            }
        }
    }

    #[test]
    fn korean_is_read_in_pairs_and_anything_else_in_words() {
        assert_eq!(
            tokens("CLIP의 대조학습, ÄB-2 한"),
            ["clip", "의", "대조", "조학", "학습", "äb", "2", "한"]
        );
    }
}
