//! Words of papers: tokens, document frequencies, sparse TF-IDF vectors.
//!
//! Shared by ranking, similarity and topic names. Knows nothing about papers or vectors of models.

use std::collections::HashMap;

use crate::paper::is_hangul;

/// The tokens of a text in order: lower-case words, and for Korean each pair of neighbouring
/// syllables, since Korean glues its particles to the word.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        let mut run = String::new();
        let mut korean = false;
        for c in word.chars() {
            if is_hangul(c) != korean {
                push_run(&mut tokens, &run, korean);
                run.clear();
                korean = !korean;
            }
            run.extend(c.to_lowercase());
        }
        push_run(&mut tokens, &run, korean);
    }
    tokens
}

fn push_run(tokens: &mut Vec<String>, run: &str, korean: bool) {
    let letters: Vec<char> = run.chars().collect();
    match letters.len() {
        0 => {}
        1 | 2 => tokens.push(run.to_owned()),
        _ if korean => tokens.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>())),
        _ => tokens.push(run.to_owned()),
    }
}

/// A sparse vector of length 1 (or empty), sorted by term.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TermVector(Vec<(u32, f32)>);

impl TermVector {
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

    /// The TF-IDF vector of a text: (1 + ln tf) · ln((1 + N) / (1 + df)) + 1, scaled to length 1,
    /// as scikit-learn computes it with `sublinear_tf`. Unknown terms are left out.
    pub fn vector(&self, text: &str) -> TermVector {
        let mut counts: HashMap<u32, (f32, u32)> = HashMap::new();
        for token in tokens(text) {
            if let Some(&(term, df)) = self.terms.get(&token) {
                counts.entry(term).or_insert((0.0, df)).0 += 1.0;
            }
        }
        let n = self.n_documents as f32;
        let mut entries: Vec<(u32, f32)> = counts
            .into_iter()
            .map(|(term, (tf, df))| (term, (1.0 + tf.ln()) * (((1.0 + n) / (1.0 + df as f32)).ln() + 1.0)))
            .collect();
        entries.sort_unstable_by_key(|e| e.0);
        let length = entries.iter().map(|e| e.1 * e.1).sum::<f32>().sqrt();
        if length > 0.0 {
            entries.iter_mut().for_each(|e| e.1 /= length);
        }
        TermVector(entries)
    }
}
