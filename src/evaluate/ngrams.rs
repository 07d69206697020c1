//! Words and pairs of words as scikit-learn's TfidfVectorizer counts them, the way that
//! arxiv-sanity-lite sets it.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::linear::Rows;
use crate::Paper;
use crate::paper::unaccented;

/// English words that only hold a sentence together; scikit-learn's own list is of this kind.
const STOP_WORDS: &str = include_str!("../../data/function-words.txt");

/// The n-grams of a collection, counted once; a feature space of any first part of it is then
/// quickly made.
pub struct Ngrams {
    /// For each document its n-grams, ascending, and how often each stands there.
    documents: Vec<Vec<(u32, u32)>>,
    n_ngrams: usize,
}

/// The text that arxiv-sanity-lite makes features of.
pub fn sanity_text(paper: &Paper) -> String {
    unaccented(&[&paper.title, &paper.abstract_text, &paper.authors.join(" ")].map(String::as_str).join(" "))
}

/// The limits of a feature space.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The features that stand most often are kept, at most so many.
    pub n_features: usize,
    /// In so many documents a feature must stand.
    pub least_documents: usize,
    /// In so large a share of the documents a feature may stand.
    pub largest_share: f64,
}

/// arxiv-sanity-lite's own settings.
pub const ARXIV_SANITY_LITE: Limits = Limits { n_features: 20_000, least_documents: 5, largest_share: 0.1 };

impl Ngrams {
    /// Counts 1- and 2-grams: runs of ASCII letters, digits and `_`, two letters long and longer,
    /// that begin with no digit, in lower case, without stop words; pairs are of what is left.
    pub fn count<T: AsRef<str> + Sync>(texts: &[T]) -> Self {
        let stop: HashSet<&str> = STOP_WORDS.split_whitespace().collect();
        let words: Vec<Vec<String>> = texts.par_iter().map(|text| words(text.as_ref(), &stop)).collect();
        let mut singles: HashMap<&str, u32> = HashMap::new();
        let mut pairs: HashMap<(u32, u32), u32> = HashMap::new();
        let mut n_ngrams = 0;
        let mut fresh = || {
            n_ngrams += 1;
            n_ngrams - 1
        };
        let mut documents = Vec::with_capacity(words.len());
        for words in &words {
            let numbers: Vec<u32> =
                words.iter().map(|word| *singles.entry(word).or_insert_with(&mut fresh)).collect();
            let both = numbers.windows(2).map(|p| *pairs.entry((p[0], p[1])).or_insert_with(&mut fresh));
            let mut all: Vec<u32> = both.collect();
            all.extend(numbers);
            all.sort_unstable();
            let runs = all.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u32));
            documents.push(runs.collect());
        }
        Self { documents, n_ngrams: n_ngrams as usize }
    }

    /// How many documents were read.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// The features of the first `n_known` documents, and by them the vectors of all.
    pub fn space(&self, n_known: usize, limits: Limits) -> Space {
        let mut frequencies = vec![(0_u32, 0_u32); self.n_ngrams];
        for &(ngram, times) in self.documents[..n_known].iter().flatten() {
            let (documents, all) = &mut frequencies[ngram as usize];
            *documents += 1;
            *all += times;
        }
        let most = limits.largest_share * n_known as f64;
        let mut kept: Vec<u32> = (0..self.n_ngrams as u32)
            .filter(|&ngram| {
                let documents = frequencies[ngram as usize].0;
                documents as usize >= limits.least_documents && f64::from(documents) <= most
            })
            .collect();
        kept.sort_by_key(|&ngram| std::cmp::Reverse(frequencies[ngram as usize].1));
        kept.truncate(limits.n_features);
        let mut features = vec![None; self.n_ngrams];
        for (feature, &ngram) in kept.iter().enumerate() {
            let documents = f64::from(frequencies[ngram as usize].0);
            let weight = ((1.0 + n_known as f64) / (1.0 + documents)).ln() + 1.0;
            features[ngram as usize] = Some((feature as u32, weight));
        }
        let vectors = self.documents.par_iter().map(|document| vector(document, &features));
        Space { n_features: kept.len(), vectors: vectors.collect() }
    }
}

/// (1 + ln tf) · idf, scaled to length 1.
fn vector(document: &[(u32, u32)], features: &[Option<(u32, f64)>]) -> Vec<(u32, f32)> {
    let weigh = |&(ngram, times): &(u32, u32)| {
        let (feature, weight) = features[ngram as usize]?;
        Some((feature, (1.0 + f64::from(times).ln()) * weight))
    };
    let weights: Vec<(u32, f64)> = document.iter().filter_map(weigh).collect();
    let length = weights.iter().map(|(_, x)| x * x).sum::<f64>().sqrt();
    weights.into_iter().map(|(feature, x)| (feature, (x / length) as f32)).collect()
}

fn words(text: &str, stop: &HashSet<&str>) -> Vec<String> {
    let runs = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let whole = runs.filter(|run| {
        run.len() > 1
            && !run.as_bytes()[0].is_ascii_digit()
            && run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    whole.map(str::to_ascii_lowercase).filter(|word| !stop.contains(word.as_str())).collect()
}

/// Documents as sparse vectors of length 1, or empty.
pub struct Space {
    n_features: usize,
    vectors: Vec<Vec<(u32, f32)>>,
}

impl Rows for Space {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn dot(&self, row: usize, weights: &[f64]) -> f64 {
        self.vectors[row].iter().map(|&(i, x)| f64::from(x) * weights[i as usize]).sum()
    }

    fn add(&self, row: usize, times: f64, to: &mut [f64]) {
        self.vectors[row].iter().for_each(|&(i, x)| to[i as usize] += f64::from(x) * times);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_and_weights_are_those_of_scikit_learn() {
        // TfidfVectorizer(stop_words='english', token_pattern=r'(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b',
        // ngram_range=(1, 2), max_features=4, min_df=2, max_df=0.9, sublinear_tf=True), 1.9.1.
        let texts = [
            "The graph neural network of graphs",
            "Graph neural networks and 3D_graph x",
            "A neural network for the graph neural network",
            "naïve Graph neural: GRAPH neural_net",
            "proofs",
        ];
        let limits = Limits { n_features: 4, least_documents: 2, largest_share: 0.9 };
        let space = Ngrams::count(&texts).space(5, limits);
        // The columns are graph, neural, graph neural, network.
        let expected = [
            [0.44496, 0.44496, 0.44496, 0.637206],
            [0.57735, 0.57735, 0.57735, 0.0],
            [0.305057, 0.516506, 0.305057, 0.739664],
            [0.767495, 0.453295, 0.453295, 0.0],
            [0.0; 4],
        ];
        assert_eq!(space.n_features(), 4);
        for (row, expected) in expected.iter().enumerate() {
            for (column, value) in expected.iter().enumerate() {
                let mut unit = [0.0; 4];
                unit[column] = 1.0;
                let found = space.dot(row, &unit);
                assert!((found - value).abs() < 1e-5, "row {row}, column {column}: {found}, not {value}");
            }
        }
    }

    #[test]
    fn what_comes_later_changes_no_frequency() {
        let texts = ["coral reef", "coral sea", "coral reef", "reef reef"];
        let limits = Limits { n_features: 10, least_documents: 2, largest_share: 1.0 };
        let (all, first) = (Ngrams::count(&texts), Ngrams::count(&texts[..2]));
        let (all, first) = (all.space(2, limits), first.space(2, limits));
        assert_eq!((all.n_features(), first.n_features()), (1, 1));
        assert_eq!(all.vectors[..2], first.vectors[..]);
        assert_eq!(all.vectors.len(), 4, "later documents are told by what was known");
    }
}
