//! Papers similar to one paper or text: meaning and words fused by one rule.
//!
//! The nearest vectors make a pool; within it the order is by
//!
//! ```text
//! cosine of vectors + 3/7 · (spread of those cosines / spread of the words') · (words - their mean)
//! ```
//!
//! where words are cosines of TF-IDF vectors. That is .7 and .3 of the two scores, each scaled to
//! mean 0 and variance 1 over the pool, on the scale of the first: it needs no judged list, and
//! reads as a cosine.

/// What words count for beside the vectors' 1, both scaled to one spread.
const WORDS: f32 = 0.3 / 0.7;

/// How similar the texts of a pool are to one text by their words: the cosines of TF-IDF vectors,
/// 0 to 1. How rare a word is, is counted over the pool and the text itself, so that what all of
/// a topic say weighs little and what sets a paper apart weighs much.
pub fn words(text: &str, pool: &[impl AsRef<str>]) -> Vec<f32> {
    crate::terms::cosines(text, pool)
}

/// The fused scores of a pool, from each paper's cosine of vectors and of words. Without any
/// difference in one of them the other decides.
pub fn fuse(meaning: &[f32], words: &[f32]) -> Vec<f32> {
    debug_assert_eq!(meaning.len(), words.len());
    let ((_, spread), (mean, words_spread)) = (moments(meaning), moments(words));
    let factor = match (spread > 0.0, words_spread > 0.0) {
        (_, false) => 0.0,
        (true, true) => WORDS * spread / words_spread,
        (false, true) => WORDS,
    };
    meaning.iter().zip(words).map(|(m, w)| m + factor * (w - mean)).collect()
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

    #[test]
    fn the_order_is_that_of_seven_tenths_and_three_tenths_of_standard_scores() {
        let (meaning, words) = ([0.9, 0.7, 0.72, 0.1], [0.0, 0.5, 0.3, 0.9]);
        let z = |scores: &[f32]| {
            let (mean, spread) = moments(scores);
            scores.iter().map(|s| (s - mean) / spread).collect::<Vec<_>>()
        };
        let slow: Vec<f32> = z(&meaning).iter().zip(z(&words)).map(|(m, w)| 0.7 * m + 0.3 * w).collect();
        assert_eq!(order(&fuse(&meaning, &words)), order(&slow));
        assert_eq!(fuse(&meaning, &[0.2; 4]), meaning, "words that say nothing change nothing");
        assert_eq!(order(&fuse(&[0.5; 4], &words)), order(&words));
        assert!(fuse(&[], &[]).is_empty());
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
        let found = words("graph models of traffic", &pool);
        assert_eq!(order(&found)[0], 1);
        assert_eq!(words("", &pool), [0.0; 3]);
    }
}
