//! A summary of the abstract's own sentences: those that say most of it, and each something else.
//!
//! Sentences are chosen by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), where relevance is a
//! sentence's cosine with the centroid of all (Radev, Jing, Styś and Tam, 2004) and what the reader's profile weighs.

use crate::embed::Embedding;

/// So many sentences of an abstract.
pub const SENTENCES: usize = 3;

/// How much a sentence's relevance counts; the rest is how unlike it is to those that are chosen.
const RELEVANCE: f32 = 0.7;

/// How much a deviation of what the profile says counts, beside cosines.
const TASTE: f32 = 0.05;

/// The places of the sentences to show, ascending: so many, or all where there are no more. `taste` is what a reader's
/// profile says of each, in any unit; none where nothing is known.
pub fn extract(sentences: &[Embedding], taste: Option<&[f32]>, n: usize) -> Vec<usize> {
    if sentences.len() <= n {
        return (0..sentences.len()).collect();
    }
    let dimensions = sentences[0].as_slice().len();
    let mut centroid = vec![0.0_f32; dimensions];
    for sentence in sentences {
        centroid.iter_mut().zip(sentence.as_slice()).for_each(|(sum, x)| *sum += x);
    }
    let length = centroid.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    let central =
        |s: &Embedding| s.as_slice().iter().zip(&centroid).map(|(a, b)| a * b).sum::<f32>() / length;
    let taste = taste.map(deviations);
    let relevance: Vec<f32> = sentences
        .iter()
        .enumerate()
        .map(|(i, s)| central(s) + TASTE * taste.as_ref().map_or(0.0, |taste| taste[i]))
        .collect();
    let mut chosen: Vec<usize> = Vec::with_capacity(n);
    while chosen.len() < n {
        let gain = |i: usize| {
            let said = chosen.iter().map(|&j| sentences[i].cosine(&sentences[j])).fold(0.0, f32::max);
            RELEVANCE * relevance[i] - (1.0 - RELEVANCE) * said
        };
        let open = (0..sentences.len()).filter(|i| !chosen.contains(i));
        let Some(best) = open.max_by(|&a, &b| gain(a).total_cmp(&gain(b)).then(b.cmp(&a))) else { break };
        chosen.push(best);
    }
    chosen.sort_unstable();
    chosen
}

/// Values in standard deviations from their mean; all 0 where they are equal.
fn deviations(values: &[f32]) -> Vec<f32> {
    let n = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / n;
    let spread = (values.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n).sqrt();
    values.iter().map(|x| if spread > 1e-6 { (x - mean) / spread } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(degrees: f32) -> Embedding {
        let (y, x) = degrees.to_radians().sin_cos();
        Embedding::normalized(vec![x, y]).unwrap()
    }

    #[test]
    fn what_is_said_twice_is_said_once_and_the_order_is_the_authors() {
        // Two that say nearly the same, two that say something else, and one far from all.
        let sentences = [at(0.0), at(2.0), at(35.0), at(60.0), at(170.0)];
        let chosen = extract(&sentences, None, 2);
        assert_eq!(chosen.len(), 2);
        assert!(chosen[0] < chosen[1] && chosen != [0, 1], "{chosen:?}");
        assert_eq!(extract(&sentences[..2], None, 3), [0, 1], "no more than there are");
        assert_eq!(extract(&[], None, 3), [] as [usize; 0]);
    }

    #[test]
    fn what_the_reader_cares_for_tips_the_scales() {
        let sentences = [at(0.0), at(20.0), at(40.0)];
        let with = |taste: [f32; 3]| extract(&sentences, Some(&taste), 1);
        assert_eq!(extract(&sentences, None, 1), [1], "the middle of all");
        assert_eq!(with([9.0, 0.0, 0.0]), [0]);
        assert_eq!(with([5.0, 5.0, 5.0]), [1], "nothing is told apart");
    }
}
