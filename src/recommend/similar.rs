//! Papers similar to one paper or text: meaning, words, people and fields, added up.
//!
//! The nearest vectors make a pool. Within it a paper's score is the cosine of its vector, plus these terms,
//! each times the standard deviation of those cosines over the pool:
//!
//! - .4 times the cosine of the texts' TF-IDF vectors, in which a title counts twice, and .15 times that of the
//!   titles', both scaled to mean 0 and variance 1 over the pool;
//! - .5 for each author in common, up to two;
//! - -.3 where both primary categories are known and differ.
//!
//! Authors and categories that a paper lacks add and take nothing. The weights were chosen on public reading
//! lists, to rank papers of one section first; `data/evaluation.md` has the figures.

use std::collections::HashSet;

use serde::Serialize;

use crate::paper::Said;

/// What words count for beside the vectors' 1, both scaled to one spread.
const WORDS: f32 = 0.4;
/// What the words of the titles count for, beside those of the texts.
const TITLES: f32 = 0.15;
/// What an author in common counts for, in spreads of the vectors.
const AUTHOR: f32 = 0.5;
/// How many authors in common count at most.
const AUTHORS: usize = 2;
/// What another primary category takes off.
const FIELD: f32 = -0.3;

/// What is added to the cosine of the vectors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Parts {
    /// For its words.
    pub words: f32,
    /// For the words of its title.
    pub titles: f32,
    /// For authors in common.
    pub authors: f32,
    /// For another field.
    pub categories: f32,
}

impl Parts {
    /// The sum of all four.
    pub fn sum(&self) -> f32 {
        self.words + self.titles + self.authors + self.categories
    }
}

/// How similar the texts of a pool are to one text by their words: the cosines of TF-IDF vectors,
/// 0 to 1. How rare a word is, is counted over the pool and the text itself, so that what all of
/// a topic say weighs little and what sets a paper apart weighs much. A title counts twice.
pub fn words(text: &Said, pool: &[Said]) -> Vec<f32> {
    let weighed = |said: &Said| format!("{}\n{}", said.title(), said.text);
    crate::terms::cosines(&weighed(text), &pool.iter().map(weighed).collect::<Vec<_>>())
}

/// What is added to each paper's cosine of vectors, given those and the cosines of the [`words`].
pub fn parts(meaning: &[f32], words: &[f32], text: &Said, pool: &[Said]) -> Vec<Parts> {
    debug_assert_eq!(meaning.len(), words.len());
    let titles: Vec<&str> = pool.iter().map(Said::title).collect();
    let titles = crate::terms::cosines(text.title(), &titles);
    let spread = moments(meaning).1;
    let (words, titles) = (scaled(words, WORDS, spread), scaled(&titles, TITLES, spread));
    let own: HashSet<&String> = text.authors.iter().collect();
    let part = |(i, said): (usize, &Said)| {
        let theirs: HashSet<&String> = said.authors.iter().collect();
        let common = theirs.intersection(&own).take(AUTHORS).count();
        let fields = text.categories.first().zip(said.categories.first());
        Parts {
            words: words[i],
            titles: titles[i],
            authors: AUTHOR * spread * common as f32,
            categories: fields.filter(|(a, b)| a != b).map_or(0.0, |_| FIELD * spread),
        }
    };
    pool.iter().enumerate().map(part).collect()
}

/// Scores with mean 0, and a spread that is `weight` of `spread`; where that is nothing they decide alone.
fn scaled(scores: &[f32], weight: f32, spread: f32) -> Vec<f32> {
    let (mean, own) = moments(scores);
    let factor = match (own > 0.0, spread > 0.0) {
        (false, _) => 0.0,
        (true, true) => weight * spread / own,
        (true, false) => weight,
    };
    scores.iter().map(|score| factor * (score - mean)).collect()
}

/// Puts the cosines of a second model in place of the first one's, for the papers that have them: brought
/// to the mean and the spread that the first one's have for the same papers, so that all stay
/// comparable. Fewer than three papers have no spread worth the name, and keep the first.
pub fn second_opinion(first: &[f32], second: &[Option<f32>]) -> Vec<f32> {
    let both: Vec<(f32, f32)> = first.iter().zip(second).filter_map(|(f, s)| Some((*f, (*s)?))).collect();
    let (firsts, seconds): (Vec<f32>, Vec<f32>) = both.iter().copied().unzip();
    let ((mean, spread), (their_mean, their_spread)) = (moments(&firsts), moments(&seconds));
    if both.len() < 3 || their_spread <= 0.0 {
        return first.to_vec();
    }
    let moved = |s: f32| mean + (s - their_mean) * spread / their_spread;
    first.iter().zip(second).map(|(f, s)| s.map_or(*f, moved)).collect()
}

/// Mean and standard deviation; zeros for no scores at all.
fn moments(scores: &[f32]) -> (f32, f32) {
    let n = scores.len().max(1) as f32;
    let mean = scores.iter().sum::<f32>() / n;
    (mean, (scores.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / n).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(scores: &[f32]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        order
    }

    fn fuse(meaning: &[f32], words: &[f32]) -> Vec<f32> {
        let parts = parts(meaning, words, &Said::default(), &vec![Said::default(); meaning.len()]);
        meaning.iter().zip(parts).map(|(m, p)| m + p.sum()).collect()
    }

    #[test]
    fn the_order_is_that_of_standard_scores_with_their_weights() {
        let (meaning, words) = ([0.9, 0.7, 0.72, 0.1], [0.0, 0.5, 0.3, 0.9]);
        let z = |scores: &[f32]| {
            let (mean, spread) = moments(scores);
            scores.iter().map(|s| (s - mean) / spread).collect::<Vec<_>>()
        };
        let slow: Vec<f32> = z(&meaning).iter().zip(z(&words)).map(|(m, w)| m + WORDS * w).collect();
        assert_eq!(order(&fuse(&meaning, &words)), order(&slow));
        assert_eq!(fuse(&meaning, &[0.2; 4]), meaning, "words that say nothing change nothing");
        assert_eq!(order(&fuse(&[0.5; 4], &words)), order(&words));
        assert!(fuse(&[], &[]).is_empty());
    }

    #[test]
    fn people_and_fields_count_where_they_are_known() {
        let said = |authors: &[&str], categories: &[&str]| Said {
            text: "A title\nand a text".into(),
            authors: authors.iter().map(|a| (*a).to_owned()).collect(),
            categories: categories.iter().map(|c| (*c).to_owned()).collect(),
        };
        let pool = [
            said(&["A", "B", "C"], &["cs.CV"]),
            said(&["A", "Z"], &["cs.CL", "cs.CV"]),
            said(&["Z"], &["cs.CV", "cs.CL"]),
            said(&[], &[]),
        ];
        let found = parts(&[0.2, 0.3, 0.4, 0.5], &[0.1; 4], &said(&["A", "B", "C"], &["cs.CV"]), &pool);
        let spread = moments(&[0.2, 0.3, 0.4, 0.5]).1;
        assert_eq!(found.iter().map(|p| p.authors / spread).collect::<Vec<_>>(), [1.0, 0.5, 0.0, 0.0]);
        assert_eq!(found.iter().map(|p| p.categories < 0.0).collect::<Vec<_>>(), [false, true, false, false]);
        assert!(found.iter().all(|p| p.words == 0.0 && p.titles == 0.0), "{found:?}");
        let nothing = parts(&[0.2, 0.5], &[0.1, 0.1], &said(&[], &[]), &pool[..2]);
        assert!(nothing.iter().all(|p| p.sum() == 0.0), "{nothing:?}");
    }

    #[test]
    fn a_second_opinion_orders_anew_what_it_has_seen_and_moves_nothing_else() {
        let first = [0.6, 0.5, 0.9, 0.4];
        let moved = second_opinion(&first, &[Some(0.1), Some(0.2), None, Some(0.3)]);
        assert_eq!(moved[2], first[2]);
        assert_eq!(order(&moved), [2, 3, 1, 0]);
        assert!((moments(&[moved[0], moved[1], moved[3]]).0 - 0.5).abs() < 1e-6);
        assert_eq!(second_opinion(&first, &[Some(0.1), None, None, Some(0.3)]), first);
    }

    #[test]
    fn what_all_of_a_pool_say_weighs_little() {
        let pool = ["graph networks for molecules", "graph networks for traffic", "graph networks for text"];
        let pool = pool.map(Said::text);
        let found = words(&Said::text("graph models of traffic"), &pool);
        assert_eq!(order(&found)[0], 1);
        assert_eq!(words(&Said::default(), &pool), [0.0; 3]);
    }
}
