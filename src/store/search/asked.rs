//! Words as they are indexed and as they are looked for.
//!
//! A tokenizer by three letters needs three, but most Korean nouns have two syllables, and Chinese and Japanese have no
//! spaces between words. So these scripts are indexed as pairs of neighbouring letters ("대조학습" as 대조 조학 학습,
//! "图像分割" as 图像 像分 分割), and such a word in a query becomes the phrase of its pairs: any two letters are found,
//! inside any word, whatever particle follows.

use crate::paper::{Paper, is_cjk};

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::store) struct Term {
    /// Its letters, or its pairs of letters with spaces between, which follow each other.
    pub text: String,
    /// Whether longer words that begin so are meant, too.
    pub is_begun: bool,
}

impl Term {
    /// The same word where it may be unfinished.
    pub fn begun(&self) -> Self {
        Self { is_begun: true, ..self.clone() }
    }
}

/// What a paper is found by: title, text and people, each with its pairs written apart.
pub(in crate::store) fn indexed(paper: &Paper) -> [String; 3] {
    let mut body = paper.abstract_text.clone();
    for summary in paper.summaries.values() {
        body.push('\n');
        body.push_str(summary);
    }
    indexed_texts(&paper.title, &body, &paper.authors)
}

/// The same of texts that are no paper yet.
pub(in crate::store) fn indexed_texts(title: &str, body: &str, authors: &[String]) -> [String; 3] {
    [indexable(title), indexable(body), indexable(&authors.join(" "))]
}

/// A text as the index keeps it: Chinese, Japanese and Korean in pairs of letters, everything else as it is.
fn indexable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (paired, run) in runs(text) {
        out.push(' ');
        if paired { out.push_str(&pairs(&run)) } else { out.push_str(&run) }
    }
    out
}

/// The words as they are looked for: all are wanted.
pub(super) fn terms(words: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for word in words.split(|c: char| !c.is_alphanumeric() && !is_cjk(c)).filter(|w| !w.is_empty()) {
        for (paired, run) in runs(word) {
            // A single letter is the beginning of a pair.
            let is_begun = paired && run.chars().count() == 1;
            terms.push(Term { text: if paired { pairs(&run) } else { run }, is_begun });
        }
    }
    terms
}

/// A text that is looked for word by word; none where it has no word.
pub(super) fn phrase(text: &str) -> Option<Term> {
    let words = indexable(&text.replace('"', " "));
    let is_word = words.contains(char::is_alphanumeric);
    is_word.then(|| Term { text: words.trim().to_owned(), is_begun: false })
}

/// Runs of letters that are indexed in pairs and of anything else, in order.
fn runs(text: &str) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for c in text.chars() {
        match runs.last_mut() {
            Some((paired, run)) if *paired == is_cjk(c) => run.push(c),
            _ => runs.push((is_cjk(c), c.to_string())),
        }
    }
    runs
}

fn pairs(run: &str) -> String {
    let letters: Vec<char> = run.chars().collect();
    if letters.len() < 3 {
        return run.to_owned();
    }
    letters.windows(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
