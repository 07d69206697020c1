//! From ratings to a profile: the one path that `today` runs and `evaluate` replays.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::corpus::Corpus;
use super::interests::{Interests, group};
use super::options::Options;
use super::profile::{Example, Profile};

/// A rated paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatedRow {
    /// Its row in the corpus.
    pub row: usize,
    /// Liked, or else disliked.
    pub liked: bool,
    /// How long ago it was rated, in days; only a half-life asks.
    pub age_days: f64,
    /// The interest that the reader keeps this like in: likes of one number stay together, likes of
    /// two numbers apart. `None`: grouped by its vector.
    pub kept: Option<usize>,
}

/// The recently listed papers that the reader chose from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// How many papers.
    pub n_papers: usize,
    /// On how many days they were listed.
    pub n_days: usize,
}

impl Pool {
    /// How many papers a day lists.
    pub fn per_day(&self) -> f64 {
        self.n_papers as f64 / self.n_days.max(1) as f64
    }
}

/// What was learned of a reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The model.
    pub profile: Profile,
    /// The likes of each interest, as places among the rated rows; the largest interest first.
    pub interests: Vec<Vec<usize>>,
    /// The least mean cosine with an interest's likes that makes a paper belong to it.
    pub related: f32,
}

/// Learns from `rated` rows against `background` rows, which stand for all that the reader did not
/// rate. A paper has one row: where a rated one is among the background, it counts as rated only.
///
/// Likes are first grouped into interests (see [`group`]), then one model is fitted to all
/// ([`Profile::learn`]), its probabilities scaled to the `pool` (the options' own are not looked at).
///
/// # Panics
/// If a row is not in the corpus.
pub fn learn(
    corpus: &Corpus,
    background: &[usize],
    rated: &[RatedRow],
    pool: Pool,
    options: &Options,
) -> Learned {
    let related = corpus.related(background);
    let likes: Vec<usize> = (0..rated.len()).filter(|&place| rated[place].liked).collect();
    let vectors: Vec<&[f32]> = likes.iter().map(|&place| corpus.dense(rated[place].row)).collect();
    let kept: Vec<Option<usize>> = likes.iter().map(|&place| rated[place].kept).collect();
    let groups = group(&vectors, &kept, related);
    let offsets = Interests::new(&vectors, &groups, related);

    let mut interests: Vec<Vec<usize>> = groups;
    for members in &mut interests {
        members.iter_mut().for_each(|member| *member = likes[*member]);
    }
    let examples = examples(rated, &interests);
    let options = Options { pool: pool.n_papers, per_day: pool.per_day(), ..*options };
    let profile = Profile::learn(corpus, &examples, background, offsets, &options);
    Learned { profile, interests, related }
}

fn examples(rated: &[RatedRow], interests: &[Vec<usize>]) -> Vec<Example> {
    let mut interest_of: HashMap<usize, usize> = HashMap::new();
    for (interest, members) in interests.iter().enumerate() {
        interest_of.extend(members.iter().map(|&place| (place, interest)));
    }
    let example = |(place, rated): (usize, &RatedRow)| Example {
        row: rated.row,
        liked: rated.liked,
        age_days: rated.age_days,
        interest: interest_of.get(&place).copied(),
    };
    rated.iter().enumerate().map(example).collect()
}
