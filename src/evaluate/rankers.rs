//! The rankers of a replay: ours, and the formulas of the tools that people use today.

use std::collections::HashSet;
use std::ops::Range;

use ndarray::{Array1, Axis};

use super::known::{Known, drawn};
use super::learned;
use super::linear::{Example, Linear, Loss};
use crate::error::{Error, Result};
use crate::random::mix;

/// A ranker by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ranker {
    /// Ours: the profile that `today` ranks by.
    Learned,
    /// The same as a list of ten shows it: varied, each interest with its places. How far it is
    /// behind is what variety costs.
    LearnedVaried,
    /// 10 · Σ wᵢ · cos, wᵢ = 1 / (1 + log10(i + 1)), normalised, the newest like first.
    ZoteroArxivDaily,
    /// A linear SVM with squared hinge loss, C 0.01 and balanced classes on TF-IDF of 1- and
    /// 2-grams of title, abstract and authors; every paper that is not liked is a negative.
    ArxivSanityLite,
    /// Logistic regression on vectors, with dislikes and a sample of other papers as negatives
    /// (Flicke et al., arXiv:2504.08385): V 0.8, S 5, C 0.1.
    ScholarInbox,
    /// The mean cosine with the likes.
    MeanCosine,
    /// The cosine with the nearest like.
    MaxCosine,
    /// The most votes.
    Votes,
    /// A draw.
    Random,
}

impl Ranker {
    /// All of them, in the order in which tables show them.
    pub const ALL: [Self; 9] = [
        Self::Learned,
        Self::LearnedVaried,
        Self::ScholarInbox,
        Self::ArxivSanityLite,
        Self::ZoteroArxivDaily,
        Self::MeanCosine,
        Self::MaxCosine,
        Self::Votes,
        Self::Random,
    ];

    /// The name on the command line, in tables and as tag of a run.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::LearnedVaried => "learned-varied",
            Self::ZoteroArxivDaily => "zotero-arxiv-daily",
            Self::ArxivSanityLite => "arxiv-sanity-lite",
            Self::ScholarInbox => "scholar-inbox",
            Self::MeanCosine => "mean-cosine",
            Self::MaxCosine => "max-cosine",
            Self::Votes => "votes",
            Self::Random => "random",
        }
    }

    /// The ranker of a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the names that there are.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|ranker| ranker.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::Invalid(format!("there is no ranker `{name}`; there are {names}"))
        })
    }

    /// Whether its scores are probabilities, 0 to 1.
    pub fn is_calibrated(self) -> bool {
        matches!(self, Self::Learned | Self::ScholarInbox)
    }

    /// Scores for the papers of a day, in their order; higher is better. Nothing is looked at but
    /// what was known before the day, and the day's papers.
    pub fn scores(self, known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
        if known.likes.is_empty() && !matches!(self, Self::Votes | Self::Random) {
            return vec![0.0; day.len()];
        }
        match self {
            Self::Learned => learned::probabilities(known, day),
            Self::LearnedVaried => learned::varied(known, day),
            Self::ZoteroArxivDaily => {
                let weights = (0..known.likes.len()).map(|i| 1.0 / (1.0 + ((i + 1) as f32).log10()));
                let weights: Array1<f32> = weights.collect();
                (known.cosines(day).dot(&weights) * (10.0 / weights.sum())).to_vec()
            }
            Self::MeanCosine => known.cosines(day).mean_axis(Axis(1)).unwrap_or_default().to_vec(),
            Self::MaxCosine => {
                let cosines = known.cosines(day);
                cosines.outer_iter().map(|row| row.iter().copied().fold(f32::MIN, f32::max)).collect()
            }
            Self::ScholarInbox => scholar_inbox(known, day),
            Self::ArxivSanityLite => arxiv_sanity_lite(known, day),
            Self::Votes => day.map(|paper| known.votes(paper)).collect(),
            Self::Random => {
                let draw = |paper| mix(known.seed ^ mix(known.user as u64) ^ mix(!(paper as u64)));
                day.map(|paper| (draw(paper) >> 40) as f32).collect()
            }
        }
    }
}

fn scholar_inbox(known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
    const V: f64 = 0.8;
    const S: f64 = 5.0;
    const C: f64 = 0.1;
    const N_BACKGROUND: usize = 5_000;
    let rated = known.likes.iter().chain(&known.dislikes).chain(known.hidden).copied().collect();
    let background = drawn(known.n_papers, N_BACKGROUND, known.seed, &rated);
    // Likes weigh as much together as there are examples, all negatives S times as much, and a
    // dislike V / (1 - V) times a background paper.
    let n = (known.likes.len() + known.dislikes.len() + background.len()) as f64;
    let like = n / known.likes.len() as f64;
    let negative = S * n / (V * known.dislikes.len() as f64 + (1.0 - V) * background.len() as f64);
    let example = |yes, weight: f64| move |&row: &usize| Example { row, yes, weight: C * weight };
    let mut examples: Vec<Example> = known.likes.iter().map(example(true, like)).collect();
    examples.extend(known.dislikes.iter().map(example(false, V * negative)));
    examples.extend(background.iter().map(example(false, (1.0 - V) * negative)));
    let model = Linear::fit(&known.vectors, &examples, Loss::Logistic);
    day.map(|paper| (1.0 / (1.0 + (-model.value(&known.vectors, paper)).exp())) as f32).collect()
}

fn arxiv_sanity_lite(known: &Known<'_>, day: Range<usize>) -> Vec<f32> {
    const C: f64 = 0.01;
    let likes: HashSet<usize> = known.likes.iter().copied().collect();
    // A disliked paper is one that was not tagged.
    let others: Vec<usize> =
        (0..known.n_papers).filter(|paper| !likes.contains(paper) && !known.hidden.contains(paper)).collect();
    let n = (likes.len() + others.len()) as f64;
    let weight = |of_class: usize| C * n / (2.0 * of_class as f64);
    let example = |yes, weight| move |&row: &usize| Example { row, yes, weight };
    let mut examples: Vec<Example> = known.likes.iter().map(example(true, weight(likes.len()))).collect();
    examples.extend(others.iter().map(example(false, weight(others.len()))));
    let model = Linear::fit(known.ngrams, &examples, Loss::SquaredHinge);
    day.map(|paper| model.value(known.ngrams, paper) as f32).collect()
}
