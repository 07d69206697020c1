//! Which tokens a table gets: the frequent words of the corpus, pairs of words that belong
//! together, pieces for unknown words, and runs of Korean syllables.

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;

use super::pairs::Corpus;
use crate::embed::vocabulary::{KOREAN_PIECE, LONGEST_PIECE, PIECE, SHORTEST_PIECE, Vocabulary};
use crate::embed::words::{Found, words};

/// How many tokens of each kind a table may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Words and acronyms.
    pub words: usize,
    /// Two words that belong together.
    pub phrases: usize,
    /// Pieces of unknown words.
    pub pieces: usize,
    /// Runs of Korean syllables.
    pub korean: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { words: 24_000, phrases: 9_000, pieces: 2_000, korean: 8_000 }
    }
}

/// A word that stands in fewer documents is no token. Not measured.
const FEWEST_DOCUMENTS: u32 = 3;
/// A word that stands in more than one document of so many is too common to begin or end a
/// phrase: `of the` is none. Not measured.
const COMMON: usize = 4;
/// The least pointwise mutual information, in nats, of two words that are a phrase. Not measured.
const BELONG: f64 = 2.0;

type Counts<K> = HashMap<K, u32>;

/// The vocabulary of a corpus.
pub fn select(corpus: &Corpus, sizes: Sizes) -> Vocabulary {
    let texts: Vec<&str> = corpus.texts().collect();
    let (words, mut korean) = count_words(&texts);
    // Whoever wrote a term down says that it is one.
    for (term, _) in &corpus.terms {
        crate::embed::words::words(term, |found| {
            if let Found::Korean(run) = found {
                runs(run, |piece| *korean.entry(piece.to_owned()).or_default() += FEWEST_DOCUMENTS);
            }
        });
    }
    let mut keys: Vec<String> = top(&words, sizes.words, |_, n| f64::from(n));
    let known: HashSet<&str> = keys.iter().map(String::as_str).collect();
    let phrases = top_phrases(&texts, &words, &known, sizes.phrases);
    let pieces =
        top(&count_pieces(&words, &known), sizes.pieces, |piece, n| f64::from(n) * piece.len() as f64);
    keys.extend(phrases);
    keys.extend(pieces);
    keys.extend(top(&korean, sizes.korean, |_, n| f64::from(n)));
    keys.retain(|k| k.len() <= usize::from(u8::MAX));
    keys.sort_unstable();
    keys.dedup();
    Vocabulary::new(keys.iter().map(String::as_bytes)).expect("sorted and deduplicated")
}

/// The `n` entries that score highest; of equals the first by name.
fn top(counts: &Counts<String>, n: usize, score: impl Fn(&str, u32) -> f64) -> Vec<String> {
    let mut all: Vec<(f64, &String)> =
        counts.iter().filter(|(_, df)| **df >= FEWEST_DOCUMENTS).map(|(k, &df)| (score(k, df), k)).collect();
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    all.into_iter().take(n).map(|(_, k)| k.clone()).collect()
}

/// In how many texts each word and each run of Korean syllables stands. An acronym that is also
/// a common word is counted by itself, in capitals.
fn count_words(texts: &[&str]) -> (Counts<String>, Counts<String>) {
    let (mut words, korean) = texts
        .par_chunks(4_096)
        .map(|chunk| {
            let (mut all, mut all_korean) = (Counts::new(), Counts::new());
            let (mut seen, mut seen_korean) = (HashSet::new(), HashSet::new());
            for text in chunk {
                words(text, |found| match found {
                    Found::Word { lower, capitals } => {
                        let word = capitals.unwrap_or(lower);
                        if !seen.contains(word) {
                            seen.insert(word.to_owned());
                        }
                    }
                    Found::Korean(run) => runs(run, |piece| {
                        if !seen_korean.contains(piece) {
                            seen_korean.insert(piece.to_owned());
                        }
                    }),
                    Found::Break => {}
                });
                seen.drain().for_each(|w| *all.entry(w).or_default() += 1);
                seen_korean.drain().for_each(|w| *all_korean.entry(w).or_default() += 1);
            }
            (all, all_korean)
        })
        .reduce(Default::default, |a, b| (add(a.0, b.0), add(a.1, b.1)));
    let acronyms: Vec<String> =
        words.keys().filter(|w| w.starts_with(|c: char| c.is_ascii_uppercase())).cloned().collect();
    for acronym in acronyms {
        let lower = acronym.to_ascii_lowercase();
        let as_word = words.get(&lower).copied().unwrap_or(0);
        let as_acronym = words[&acronym];
        // Where one of the two uses is rare it is the same thing, shouted or whispered.
        if as_word * 10 < as_acronym || as_acronym * 50 < as_word || as_word < 20 {
            words.remove(&acronym);
            *words.entry(lower).or_default() += as_acronym;
        }
    }
    (words, korean)
}

fn runs(run: &str, mut emit: impl FnMut(&str)) {
    let mut ends: Vec<usize> = run.char_indices().map(|(at, _)| at).collect();
    ends.push(run.len());
    let n = ends.len() - 1;
    if n == 1 {
        emit(run);
    }
    for start in 0..n {
        for length in KOREAN_PIECE {
            if start + length <= n {
                emit(&run[ends[start]..ends[start + length]]);
            }
        }
    }
}

fn add<K: Eq + std::hash::Hash>(a: Counts<K>, b: Counts<K>) -> Counts<K> {
    let (mut large, small) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    for (k, n) in small {
        *large.entry(k).or_default() += n;
    }
    large
}

/// Pairs of known words that stand together more often than by chance, by how often they do and
/// by how much more than chance.
fn top_phrases(texts: &[&str], counts: &Counts<String>, known: &HashSet<&str>, n: usize) -> Vec<String> {
    let most = (texts.len() / COMMON).max(10) as u32;
    let mut sorted: Vec<&str> = known.iter().copied().filter(|w| counts[*w] <= most).collect();
    sorted.sort_unstable();
    let numbers: HashMap<&str, u32> = sorted.iter().copied().zip(0..).collect();
    let pairs = texts
        .par_chunks(4_096)
        .map(|chunk| {
            let mut all: Counts<(u32, u32)> = Counts::new();
            for text in chunk {
                let mut previous = None;
                words(text, |found| {
                    let Found::Word { lower, .. } = found else {
                        previous = None;
                        return;
                    };
                    let number = numbers.get(lower).copied();
                    if let (Some(a), Some(b)) = (previous, number) {
                        *all.entry((a, b)).or_default() += 1;
                    }
                    previous = number;
                });
            }
            all
        })
        .reduce(Counts::new, add);
    let total = texts.len() as f64;
    let df = |number: u32| f64::from(counts[sorted[number as usize]]);
    let mut scored: Vec<(f64, u32, u32)> = pairs
        .into_iter()
        .filter(|&(_, count)| count >= 2 * FEWEST_DOCUMENTS)
        .filter_map(|((a, b), count)| {
            let surprise = (f64::from(count) * total / (df(a) * df(b))).ln() - BELONG;
            (surprise > 0.0).then(|| (f64::from(count) * surprise, a, b))
        })
        .collect();
    scored.sort_unstable_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)).then(x.2.cmp(&y.2)));
    scored.iter().take(n).map(|&(_, a, b)| format!("{} {}", sorted[a as usize], sorted[b as usize])).collect()
}

/// How often each run of letters stands in words that are no token.
fn count_pieces(counts: &Counts<String>, known: &HashSet<&str>) -> Counts<String> {
    let mut pieces: BTreeMap<String, u32> = BTreeMap::new();
    for (word, &n) in counts {
        if known.contains(word.as_str()) || !word.is_ascii() || word.len() <= SHORTEST_PIECE {
            continue;
        }
        let word = word.to_ascii_lowercase();
        for start in 0..word.len() {
            for length in SHORTEST_PIECE..=LONGEST_PIECE.min(word.len() - start) {
                *pieces.entry(format!("{PIECE}{}", &word[start..start + length])).or_default() += n;
            }
        }
    }
    pieces.into_iter().collect()
}
