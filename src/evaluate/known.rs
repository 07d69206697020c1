//! What is known when a day of a replay begins, and what is drawn of it.

use std::collections::HashSet;
use std::ops::Range;

use jiff::civil::Date;
use ndarray::{ArrayView2, Axis, s};

use super::features::Features;
use super::log::{Log, User};
use super::ngrams::Space;
use crate::random::mix;
use crate::recommend::Options;

/// What is known when a day begins.
pub struct Known<'a> {
    /// The log, of which only the first `n_papers` may be looked at, and what was rated.
    pub log: &'a Log,
    /// The number of the user.
    pub user: usize,
    /// The day that begins.
    pub day: Date,
    /// How many papers were listed before the day: the first ones of the log.
    pub n_papers: usize,
    /// The likes before the day, the newest first.
    pub likes: Vec<usize>,
    /// The dislikes before the day, the newest first.
    pub dislikes: Vec<usize>,
    /// Papers that are known by other rows: no examples of what the user did not like.
    pub hidden: &'a HashSet<usize>,
    /// The vectors of all papers, of length 1.
    pub vectors: ArrayView2<'a, f32>,
    /// Words and pairs of words, by frequencies from before the day.
    pub ngrams: &'a Space,
    /// What the profile knows of papers, by frequencies from before the day.
    pub features: &'a Features,
    /// How the profile learns.
    pub options: Options,
    /// For draws.
    pub seed: u64,
}

/// The last ratings of a user before a day: likes and dislikes, the newest first.
pub fn rated_before(user: &User, day: Date) -> (Vec<usize>, Vec<usize>) {
    let (mut seen, mut likes, mut dislikes) = (HashSet::new(), Vec::new(), Vec::new());
    let before = user.ratings.partition_point(|rated| rated.at.date() < day);
    for rated in user.ratings[..before].iter().rev() {
        if seen.insert(rated.paper) {
            if rated.liked { likes.push(rated.paper) } else { dislikes.push(rated.paper) }
        }
    }
    (likes, dislikes)
}

impl Known<'_> {
    /// The cosines of a day's papers (rows) with the likes (columns).
    pub fn cosines(&self, day: Range<usize>) -> ndarray::Array2<f32> {
        let likes = self.vectors.select(Axis(0), &self.likes);
        self.vectors.slice(s![day, ..]).dot(&likes.t())
    }

    /// The highest count up to the day; -1 where nobody counted.
    pub fn votes(&self, paper: usize) -> f32 {
        let votes = self.log.papers[paper].paper.votes.iter();
        let counted = votes.filter(|votes| votes.at.is_none_or(|at| at <= self.day));
        counted.map(|votes| votes.count as f32).fold(-1.0, f32::max)
    }
}

/// At most `n` of the first papers that are not left out, drawn so that a paper once drawn stays
/// while there is room.
pub fn drawn(n_papers: usize, n: usize, seed: u64, left_out: &HashSet<usize>) -> Vec<usize> {
    let mut drawn: Vec<(u64, usize)> = (0..n_papers)
        .filter(|paper| !left_out.contains(paper))
        .map(|paper| (mix(seed ^ mix(paper as u64)), paper))
        .collect();
    if drawn.len() > n {
        drawn.select_nth_unstable(n);
        drawn.truncate(n);
    }
    drawn.sort_unstable();
    drawn.into_iter().map(|(_, paper)| paper).collect()
}
