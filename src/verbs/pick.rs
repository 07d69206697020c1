//! Papers in their order, and a short list of them.

use std::collections::HashSet;

use jiff::civil::Date;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::embed::{Embedder, Embedding};
use crate::error::Result;
use crate::library::{Held, Interest, Learned, Library, Ranked, Read, Standing, borrowed};
use crate::paper::{Brief, InterestState, PaperId, Row};
use crate::recommend::diversify::{Candidate, Variety, choose};
use crate::recommend::floors::{self, Claim, Floor};
use crate::recommend::{Band, Corpus, Judged, Reason};

/// What an order rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The votes of others and the day: nothing has been rated yet.
    Votes,
    /// The reader's own ratings.
    Ratings,
}

/// What is to be said of a whole list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// No paper of it is likely to be liked.
    NoneLikely,
    /// It is ordered by votes, and nobody has voted for any.
    NoVotes,
}

impl Remark {
    /// What is to be said of these picks, if anything.
    pub fn of<'a>(basis: Basis, picks: impl IntoIterator<Item = &'a Pick>) -> Option<Self> {
        let mut picks = picks.into_iter().peekable();
        picks.peek()?;
        match basis {
            Basis::Votes => picks.all(|pick| pick.paper.votes.is_none()).then_some(Self::NoVotes),
            Basis::Ratings => picks.all(|pick| pick.band == Some(Band::Unlikely)).then_some(Self::NoneLikely),
        }
    }
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

/// The most papers that are compared in full: so many take a second or two. Of more, those are whose vectors are
/// liked best; `data/evaluation.md` shows that the best papers are among far fewer.
const MOST_COMPARED: usize = 20_000;

/// What was chosen.
pub(super) struct Picked {
    pub picks: Vec<Pick>,
    /// How many papers were compared in full.
    pub n_compared: usize,
    /// The part of the sum of scores that variety cost, 0 to 1.
    pub variety_cost: f64,
}

/// The papers of these rows by what was learned.
pub(super) fn picks(
    library: &Library,
    embedder: &dyn Embedder,
    rows: &[Row],
    learned: &Learned,
    ranking: &Ranking,
) -> Result<Picked> {
    let direction = learned.profile.direction();
    let rows = library.promising(embedder, rows, direction.as_ref(), MOST_COMPARED)?;
    let held = library.held();
    let judge =
        |block: &[Read]| learned.judge(learned.rows(held.as_deref(), block), block, ranking.min_score);
    let ranked = library.ranked(embedder, &rows, judge)?;
    // What is liked already is known, and comes behind what is new.
    let liked: HashSet<&PaperId> = learned.rated.iter().filter(|r| r.liked).map(|r| &r.id).collect();
    let (known, new): (Vec<usize>, Vec<usize>) =
        (0..ranked.len()).partition(|&i| liked.contains(&ranked[i].id));
    let candidates = new.iter().map(|&row| {
        let Standing { probability, interest, .. } = ranked[row].standing;
        Candidate { row, probability, interest }
    });
    let candidates: Vec<Candidate> = candidates.collect();

    // A shorter list is the beginning of a longer one, so no interest's place is the first of few.
    let n = ranking.n.max(LEAST);
    let wanted = ranking.reach.max(ranking.n);
    let (variety, floors) = match ranking.variety {
        true => (Variety::default(), floors(&learned.interests, n)),
        false => (Variety::NONE, Vec::new()),
    };
    let cosine = |a: usize, b: usize| match (&ranked[a].held, &ranked[b].held) {
        (Some(a), Some(b)) => a.1.cosine(&b.1),
        _ => 0.0, // never asked
    };
    library.store.still_wanted()?;
    let chosen = choose(&candidates, n, wanted, &floors, &variety, cosine);

    let places = chosen.places.iter().map(|place| (new[place.candidate], place.alike.as_slice()));
    let mut picks = Vec::with_capacity(wanted.min(ranked.len()));
    for (place, alike) in places.chain(known.into_iter().map(|place| (place, &[][..]))).take(wanted) {
        library.store.still_wanted()?;
        let Ranked { standing, .. } = &ranked[place];
        let Some((stored, vector)) = read(library, embedder, &ranked[place])? else { continue };
        let alike = alike.iter().map(|&other| ranked[new[other]].id.to_string());
        picks.push(Pick {
            rank: picks.len() + 1,
            score: Some(standing.probability),
            band: Some(Band::of(standing.probability)),
            above: learned.profile.above(standing.value),
            reason: learned.reason(&vector, &stored.paper.id),
            interest: standing.interest.map(|i| learned.interests[i].name.clone()),
            alike: alike.collect(),
            paper: Brief::of(&stored.paper),
        });
    }
    Ok(Picked { picks, n_compared: rows.len(), variety_cost: chosen.cost })
}

/// A ranked paper with its vector; nothing if it has gone since.
fn read(library: &Library, embedder: &dyn Embedder, ranked: &Ranked) -> Result<Option<Read>> {
    match &ranked.held {
        Some(held) => Ok(Some(Read::clone(held))),
        None => Ok(library.with_vectors_of(embedder, &[ranked.row])?.pop()),
    }
}

/// The papers of these rows by votes, of which those of a week before `newest` count half as much.
pub(super) fn picks_by_votes(
    library: &Library,
    embedder: &dyn Embedder,
    rows: &[Row],
    newest: Date,
    ranking: &Ranking,
) -> Result<Picked> {
    let standing = |(stored, _): &Read| {
        let days = stored.paper.first_listed().and_then(|day| newest.since(day).ok());
        let age = days.map_or(0.0, |span| f64::from(span.get_days().max(0)));
        let value = f64::from(stored.paper.top_votes().unwrap_or(0)) * 0.5_f64.powf(age / 7.0);
        Some(Standing { value, probability: 0.0, interest: None })
    };
    let rows = match rows.len() > MOST_COMPARED {
        true => &library.store.most_voted(rows, MOST_COMPARED)?,
        false => rows,
    };
    let ranked = library.ranked(embedder, rows, |block| block.iter().map(standing).collect())?;
    let mut picks = Vec::new();
    for paper in ranked.iter().take(ranking.reach.max(ranking.n)) {
        let Some((stored, _)) = read(library, embedder, paper)? else { continue };
        picks.push(Pick {
            rank: picks.len() + 1,
            score: None,
            band: None,
            above: None,
            reason: Reason::Votes(stored.paper.top_votes()),
            interest: None,
            alike: Vec::new(),
            paper: Brief::of(&stored.paper),
        });
    }
    Ok(Picked { picks, n_compared: rows.len(), variety_cost: 0.0 })
}

impl Learned {
    /// Papers as rows that the profile can judge, those that are held already if all are.
    fn rows(&self, held: Option<&Held>, papers: &[Read]) -> Corpus {
        let made = held.and_then(|held| held.rows(self.lexicon, papers, self.corpus.beside()));
        made.unwrap_or_else(|| {
            let mut corpus = self.corpus.beside();
            corpus.extend(&borrowed(papers));
            corpus
        })
    }

    /// Where papers stand: last what the reader dislikes, and nothing for those of muted interests, and for those
    /// with a smaller probability.
    fn judge(&self, corpus: Corpus, papers: &[Read], least: f64) -> Vec<Option<Standing>> {
        let disliked: HashSet<&PaperId> = self.rated.iter().filter(|r| !r.liked).map(|r| &r.id).collect();
        let standing = |row: usize| {
            let Judged { logit, probability, interest, .. } = self.profile.judge(&corpus, row);
            let is_muted = interest.is_some_and(|i| self.interests[i].state == InterestState::Muted);
            // By logit: great ones have one probability.
            let standing = match disliked.contains(&papers[row].0.paper.id) {
                true => Standing { value: f64::NEG_INFINITY, probability: 0.0, interest: None },
                false => Standing { value: logit, probability, interest },
            };
            (standing.probability >= least && !is_muted).then_some(standing)
        };
        (0..corpus.len()).into_par_iter().map(standing).collect()
    }

    /// The rated paper that is nearest to a vector; what is no nearer than unrelated papers are is not named.
    fn reason(&self, vector: &Embedding, id: &PaperId) -> Reason {
        if let Some(own) = self.rated.iter().find(|rated| rated.id == *id) {
            return if own.liked { Reason::Liked } else { Reason::Disliked };
        }
        let near = (0..self.rated.len()).map(|rated| (self.corpus.cosine_to(vector, rated), rated));
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
