//! Vectors of likes, drawn towards those of the papers that are nearest to them (pseudo-relevance feedback,
//! Rocchio 1971): a few words say less of what a paper is about than its neighbours do.

use std::borrow::Cow;

use rayon::prelude::*;

use super::corpus::Corpus;
use crate::embed::dot;

/// What is known in Korean alone is drawn so much as if it were the only like, however many there are.
const KOREAN: f64 = 0.6;

/// Of so many likes the neighbours' share is half of that of one. Chosen with the shares and the number of
/// neighbours on the first likes of four public histories.
const FEW: f64 = 5.0;

/// So many of its nearest papers say what a paper is about.
const NEIGHBOURS: usize = 10;

/// Neighbours whose mean cosine is `NEAR` or more have their whole share, those at `FAR` none: what has no near
/// neighbours is not like them.
const NEAR: f32 = 0.5;
const FAR: f32 = 0.1;

/// A smaller share, such as that of one of thirty likes, is not worth the time.
const LEAST: f32 = 0.02;

/// So many cosines are computed at most to find neighbours: a tenth of a second.
const MOST_PAIRS: usize = 2_500_000;

/// The corpus with the vectors of some rated rows drawn towards their nearest among others: of likes as long as
/// they are few, and of whatever is known in Korean alone, whose vectors say less. `rated` are rows and whether
/// they are liked; `share` is what the neighbours have in the vector of a like that is the only one, 0 to 1.
pub(super) fn drawn_to_neighbours<'a>(
    corpus: &'a Corpus,
    rated: &[(usize, bool)],
    others: &[usize],
    share: f64,
) -> Cow<'a, Corpus> {
    let n_likes = rated.iter().filter(|(_, liked)| *liked).count() as f64;
    let of_few = share / (1.0 + (n_likes / FEW).powi(2));
    let with_share = |&(row, liked): &(usize, bool)| {
        let of_like = if liked { of_few } else { 0.0 };
        let of_korean = if corpus.is_korean(row) { KOREAN * share } else { 0.0 };
        (row, of_like.max(of_korean) as f32)
    };
    let rows: Vec<(usize, f32)> = rated.iter().map(with_share).filter(|(_, share)| *share >= LEAST).collect();
    if rows.is_empty() || others.is_empty() {
        return Cow::Borrowed(corpus);
    }
    // A sample of the others says nearly as much; with many rows it is smaller.
    let step = (rows.len() * others.len()).div_ceil(MOST_PAIRS);
    let others: Vec<&[f32]> = others.iter().step_by(step).map(|&other| corpus.dense(other)).collect();
    let vector = |&(row, share): &(usize, f32)| (row, drawn(corpus.dense(row), share, &others));
    let vectors: Vec<(usize, Vec<f32>)> = rows.par_iter().map(vector).collect();
    Cow::Owned(corpus.clone().with_vectors(vectors))
}

/// A unit vector in which the mean of its nearest among others has at most this share, and less the farther they
/// are.
fn drawn(vector: &[f32], share: f32, others: &[&[f32]]) -> Vec<f32> {
    let mut near: Vec<(f32, usize)> =
        others.iter().enumerate().map(|(place, other)| (dot(vector, other), place)).collect();
    if near.len() > NEIGHBOURS {
        near.select_nth_unstable_by(NEIGHBOURS, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        near.truncate(NEIGHBOURS);
    }
    near.sort_unstable_by_key(|other| other.1); // one order of additions
    let nearness = near.iter().map(|other| other.0).sum::<f32>() / near.len() as f32;
    let share = share * ((nearness - FAR) / (NEAR - FAR)).clamp(0.0, 1.0);
    let each = share / near.len() as f32;
    let mut drawn: Vec<f32> = vector.iter().map(|x| (1.0 - share) * x).collect();
    for (_, place) in near {
        drawn.iter_mut().zip(others[place]).for_each(|(sum, x)| *sum += each * x);
    }
    let length = dot(&drawn, &drawn).sqrt().max(f32::MIN_POSITIVE);
    drawn.iter_mut().for_each(|x| *x /= length);
    drawn
}

/// The difference that drawing made to a row's vector; empty if it made none.
pub(super) fn shift(before: &Corpus, after: &Corpus, row: usize) -> Vec<f32> {
    let (before, after) = (before.dense(row), after.dense(row));
    if before == after { Vec::new() } else { after.iter().zip(before).map(|(a, b)| a - b).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::embed::Embedding;
    use crate::paper::{Language, Paper, PaperId};
    use crate::recommend::Lexicon;

    /// Rows of these vectors; every third paper is known in Korean alone.
    fn corpus(vectors: &[Vec<f32>]) -> Corpus {
        let papers: Vec<(Paper, Embedding)> = (vectors.iter().enumerate())
            .map(|(n, vector)| {
                let mut paper = Paper::new(PaperId::own(&format!("p{n:03}")).unwrap(), "a title");
                match n % 3 {
                    0 => drop(paper.summaries.insert(Language::Ko, "확산 모델".to_owned())),
                    _ => paper.abstract_text = "diffusion".to_owned(),
                }
                (paper, Embedding::normalized(vector.clone()).unwrap())
            })
            .collect();
        let mut corpus = Corpus::new(Lexicon::default(), vectors[0].len());
        corpus.extend(&papers.iter().map(|(paper, vector)| (paper, vector)).collect::<Vec<_>>());
        corpus
    }

    /// The vector with its neighbours, the obvious way: all are sorted.
    fn slowly(corpus: &Corpus, row: usize, share: f32, others: &[usize]) -> Vec<f32> {
        let mut near = others.to_vec();
        near.sort_by(|&a, &b| corpus.cosine(row, b).total_cmp(&corpus.cosine(row, a)).then(a.cmp(&b)));
        near.truncate(NEIGHBOURS);
        let mean =
            |i: usize| near.iter().map(|&other| corpus.dense(other)[i]).sum::<f32>() / near.len() as f32;
        let nearness = near.iter().map(|&other| corpus.cosine(row, other)).sum::<f32>() / near.len() as f32;
        let share = share * if nearness > 0.5 { 1.0 } else { ((nearness - 0.1) / 0.4).max(0.0) };
        let sum: Vec<f32> = (0..corpus.dimensions())
            .map(|i| (1.0 - share) * corpus.dense(row)[i] + share * mean(i))
            .collect();
        Embedding::normalized(sum).unwrap().as_slice().to_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn few_likes_and_korean_ones_are_drawn_and_nothing_else_is(
            vectors in prop::collection::vec(prop::collection::vec(-0.4_f32..1.0, 6), 16..40),
            liked in prop::collection::vec(any::<bool>(), 1..8),
        ) {
            let corpus = corpus(&vectors);
            let rated: Vec<(usize, bool)> = liked.iter().copied().enumerate().collect();
            let others: Vec<usize> = (rated.len()..corpus.len()).collect();
            let n = liked.iter().filter(|liked| **liked).count() as f32;
            let of_few = 0.8 / (1.0 + n * n / 25.0);
            let drawn = drawn_to_neighbours(&corpus, &rated, &others, 0.8);
            for row in 0..corpus.len() {
                let is_rated = row < liked.len();
                let share = match is_rated && liked[row] {
                    true => of_few.max(if row % 3 == 0 { 0.48 } else { 0.0 }),
                    false if is_rated && row % 3 == 0 => 0.48,
                    false => 0.0,
                };
                let expected = match share > 0.0 {
                    true => slowly(&corpus, row, share, &others),
                    false => corpus.dense(row).to_vec(),
                };
                let far = drawn.dense(row).iter().zip(&expected).map(|(a, b)| (a - b).abs());
                prop_assert!(far.fold(0.0, f32::max) < 1e-5, "row {row} with share {share}");
                let moved = shift(&corpus, &drawn, row);
                prop_assert_eq!(moved.is_empty(), drawn.dense(row) == corpus.dense(row));
            }
        }
    }

    #[test]
    fn many_likes_speak_for_themselves() {
        let vectors: Vec<Vec<f32>> = (0..120).map(|n| vec![1.0, n as f32 / 120.0]).collect();
        let corpus = corpus(&vectors);
        let english: Vec<(usize, bool)> = (0..100).filter(|n| n % 3 != 0).map(|row| (row, true)).collect();
        let others: Vec<usize> = (100..120).collect();
        assert!(matches!(drawn_to_neighbours(&corpus, &english, &others, 0.8), Cow::Borrowed(_)));
        assert!(matches!(drawn_to_neighbours(&corpus, &english[..10], &others, 0.8), Cow::Owned(_)));
        assert!(matches!(drawn_to_neighbours(&corpus, &english[..10], &others, 0.0), Cow::Borrowed(_)));
        assert!(
            matches!(drawn_to_neighbours(&corpus, &english[..10], &[], 0.8), Cow::Borrowed(_)),
            "no neighbour"
        );
    }
}
