//! Papers in their order, and a short list of them.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::embed::Embedding;
use crate::library::{Interest, Learned, borrowed};
use crate::paper::{Brief, InterestState, PaperId};
use crate::recommend::diversify::{Candidate, Variety, choose};
use crate::recommend::floors::{self, Claim, Floor};
use crate::recommend::{Band, Judged, Reason};
use crate::store::StoredPaper;

/// What an order rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The votes of others and the day: nothing has been rated yet.
    Votes,
    /// The reader's own ratings.
    Ratings,
}

/// How to choose from what was ranked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// How many papers the short list holds, which variety and interests share out.
    pub n: usize,
    /// How many papers are wanted in all, for later pages: what lies beyond `n` follows by probability,
    /// and the first `n` stay what they are. Less than `n` counts as `n`.
    pub reach: usize,
    /// Only papers with at least this probability of a like, 0 to 1.
    pub min_score: f64,
    /// Whether near-duplicates share a place, what was shown is discounted, and every interest has
    /// its places.
    pub variety: bool,
}

impl Ranking {
    /// The first `n`, varied.
    pub fn first(n: usize) -> Self {
        Self { n, reach: n, min_score: 0.0, variety: true }
    }
}

/// A paper in its place.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pick {
    /// The place, from 1.
    pub rank: usize,
    /// The probability that the reader likes it, 0 to 1; absent where the order rests on votes.
    pub score: Option<f64>,
    /// How likely that is, in words; absent where there is no score.
    pub band: Option<Band>,
    /// Of 100 papers of the library that the reader did not rate, so many are less likely to be liked; absent
    /// where there is no score.
    pub above: Option<u8>,
    /// Why it stands here, in one line.
    pub reason: Reason,
    /// The interest that it belongs to.
    pub interest: Option<String>,
    /// Papers that say the same and share its place.
    pub alike: Vec<String>,
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
}

/// Interests share out a list of at least so many places.
const LEAST: usize = 10;

/// A pinned interest keeps its whole share, and at least so many places.
const PINNED: usize = 2;

/// The papers by what was learned, and what variety cost.
pub(super) fn picks(
    listed: &[(StoredPaper, Embedding)],
    mut learned: Learned,
    ranking: &Ranking,
) -> (Vec<Pick>, f64) {
    let first = learned.corpus.extend(&borrowed(listed));
    let paper_of = |row: usize| &listed[row - first].0.paper;
    let mut judged: Vec<Judged> =
        (first..learned.corpus.len()).map(|row| learned.profile.judge(&learned.corpus, row)).collect();
    judged.retain(|paper| {
        let muted = paper.interest.is_some_and(|i| learned.interests[i].state == InterestState::Muted);
        paper.probability >= ranking.min_score && !muted
    });
    // By logit: great ones have one probability.
    judged.sort_by(|a, b| {
        b.logit.total_cmp(&a.logit).then_with(|| paper_of(a.row).id.cmp(&paper_of(b.row).id))
    });
    let candidates: Vec<Candidate> = judged.iter().map(Candidate::from).collect();

    // A shorter list is the beginning of a longer one, so no interest's place is the first of few.
    let n = ranking.n.max(LEAST);
    let wanted = ranking.reach.max(ranking.n);
    let (variety, floors) = match ranking.variety {
        true => (Variety::default(), floors(&learned.interests, n)),
        false => (Variety::NONE, Vec::new()),
    };
    let cosine = |a, b| learned.corpus.cosine(a, b);
    let chosen = choose(&candidates, n, wanted, &floors, &variety, cosine);

    let mut picks = Vec::with_capacity(wanted.min(chosen.places.len()));
    for place in chosen.places.iter().take(wanted) {
        let Candidate { row, probability, interest } = candidates[place.candidate];
        let alike = place.alike.iter().map(|&other| paper_of(candidates[other].row).id.to_string());
        picks.push(Pick {
            rank: picks.len() + 1,
            score: Some(probability),
            band: Some(Band::of(probability)),
            above: learned.profile.above(judged[place.candidate].logit),
            reason: learned.reason(row, &paper_of(row).id),
            interest: interest.map(|i| learned.interests[i].name.clone()),
            alike: alike.collect(),
            paper: Brief::of(paper_of(row)),
        });
    }
    (picks, chosen.cost)
}

/// The papers by votes, of which those of a week ago count half as much.
pub(super) fn picks_by_votes(
    listed: &[(StoredPaper, Embedding)],
    newest: Date,
    ranking: &Ranking,
) -> Vec<Pick> {
    let value = |stored: &StoredPaper| {
        let days = stored.paper.first_listed().and_then(|day| newest.since(day).ok());
        let age = days.map_or(0.0, |span| f64::from(span.get_days().max(0)));
        f64::from(stored.paper.top_votes().unwrap_or(0)) * 0.5_f64.powf(age / 7.0)
    };
    let mut papers: Vec<(f64, &StoredPaper)> = listed.iter().map(|(p, _)| (value(p), p)).collect();
    papers.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.paper.id.cmp(&b.1.paper.id)));
    let pick = |(i, (_, stored)): (usize, (f64, &StoredPaper))| Pick {
        rank: i + 1,
        score: None,
        band: None,
        above: None,
        reason: Reason::Votes(stored.paper.top_votes()),
        interest: None,
        alike: Vec::new(),
        paper: Brief::of(&stored.paper),
    };
    papers.into_iter().take(ranking.reach.max(ranking.n)).enumerate().map(pick).collect()
}

impl Learned {
    /// The rated paper that is nearest to a row in meaning; what is no nearer than unrelated papers are
    /// is not named.
    fn reason(&self, row: usize, id: &PaperId) -> Reason {
        if let Some(own) = self.rated.iter().find(|rated| rated.id == *id) {
            return if own.liked { Reason::Liked } else { Reason::Disliked };
        }
        let near = (0..self.rated.len()).map(|rated| (self.corpus.cosine(row, rated), rated));
        match near.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))) {
            Some((cosine, nearest)) if cosine >= self.related => {
                let title = self.rated[nearest].title.clone();
                if self.rated[nearest].liked {
                    Reason::NearLike { title }
                } else {
                    Reason::NearDislike { title }
                }
            }
            _ => Reason::NearNothing,
        }
    }
}

/// How many of `n` places each interest keeps.
pub(super) fn floors(interests: &[Interest], n: usize) -> Vec<Floor> {
    let claim = |interest: &Interest| {
        let n_likes = interest.likes.len();
        match (interest.state, interest.places) {
            (InterestState::Muted, _) => Claim { n_likes, share: 0.0, least: 0, is_asked: false },
            (_, Some(places)) => Claim { n_likes, share: 0.0, least: places as usize, is_asked: true },
            (InterestState::Pinned, None) => Claim { n_likes, share: 1.0, least: PINNED, is_asked: true },
            (InterestState::Live, None) => Claim::live(n_likes),
        }
    };
    floors::floors(&interests.iter().map(claim).collect::<Vec<_>>(), n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interest_that_lives_has_its_floor() {
        use InterestState::{Live, Muted, Pinned};
        let interest = |n, state| Interest {
            number: None,
            name: String::new(),
            state,
            places: None,
            likes: (0..n).collect(),
        };
        let keeps = |n, places| Interest { places: Some(places), ..interest(n, Live) };
        let floors = |interests: &[Interest], n| -> Vec<usize> {
            floors(interests, n).iter().map(|floor| floor.places).collect()
        };
        assert_eq!(floors(&[interest(90, Live), interest(10, Live)], 10), [4, 1]);
        assert_eq!(floors(&[interest(8, Live), interest(1, Live), interest(1, Pinned)], 10), [4, 0, 2]);
        assert_eq!(floors(&[interest(8, Muted), interest(4, Live)], 1), [0, 1]);
        assert_eq!(floors(&[interest(90, Live), keeps(10, 7)], 10), [4, 6], "as many as there are");
        assert_eq!(floors(&[keeps(90, 0), keeps(1, 3)], 10), [0, 3]);
    }
}
