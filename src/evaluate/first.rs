//! A reader's first likes: what a few of them, drawn anew and again, say of the days after them.
//!
//! A replay by days says little of the first likes: a reader has them once. Here a history is cut into
//! pools of thirty days. Of what was liked before a pool, `k` papers are drawn, several times, and the
//! pool is ranked by these alone; what was liked of the pool should come first.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Date;
use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;

use super::features::Features;
use super::known::{Known, drawn, rated_before};
use super::learned::{N_COUNTED, background};
use super::log::{Listed, Log};
use super::metrics::Measures;
use super::ngrams::{ARXIV_SANITY_LITE, Ngrams, sanity_text};
use super::rankers::Ranker;
use crate::Paper;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::Language;
use crate::progress::Progress;
use crate::random::{Random, mix};
use crate::recommend::Options;

/// So many papers are known before the first pool: what a week of two categories of arXiv lists.
const KNOWN: usize = 1_000;

/// How many days a pool has.
const POOL_DAYS: i32 = 30;

/// What is known of a liked paper. What is to be ranked is known as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KnownBy {
    /// All that there is.
    #[default]
    All,
    /// Title and abstract, without authors and categories, as digests have them.
    Text,
    /// The abstract alone, of papers that also have a Korean summary.
    English,
    /// The Korean summary alone.
    Korean,
}

/// What to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The rankers to compare.
    pub rankers: Vec<Ranker>,
    /// The numbers of likes.
    pub likes: Vec<usize>,
    /// How often each number is drawn for a pool.
    pub draws: usize,
    /// How our own ranker learns.
    pub options: Options,
    /// For all draws.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FirstLikes {
    /// What was known of the likes.
    pub known_by: KnownBy,
    /// How often each number of likes was drawn for a pool.
    pub draws: usize,
    /// For all draws.
    pub seed: u64,
    /// Each number of likes that a reader had before a pool with a like.
    pub numbers: Vec<Number>,
}

/// What a number of likes is worth.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Number {
    /// How many likes are known.
    pub likes: usize,
    /// How many readers had so many.
    pub readers: usize,
    /// How many pools they had, in all.
    pub pools: usize,
    /// Means over a reader's draws and pools, then over readers.
    pub rankers: Vec<Ranked>,
}

/// How good a ranker is.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Ranked {
    /// Its name.
    pub ranker: &'static str,
    /// Normalised discounted cumulative gain of a pool's first ten, 0 to 1.
    pub ndcg_10: f64,
    /// The share of pairs of a liked and another paper in the right order, 0 to 1.
    pub auc: f64,
}

/// The liked papers of a log as they are known: a new paper for each, which stands after all that was listed
/// and is therefore in no pool; the place of the liked one with it. Empty if all is known.
pub fn as_known(log: &Log, by: KnownBy) -> Vec<(usize, Paper)> {
    let liked = log.users.iter().flat_map(|user| &user.ratings).filter(|r| r.liked).map(|r| r.paper);
    let liked: BTreeSet<usize> = if by == KnownBy::All { BTreeSet::new() } else { liked.collect() };
    let known = |place: usize| {
        let whole = &log.papers[place].paper;
        let korean = whole.summaries.get(&Language::Ko);
        let mut paper = Paper::new(whole.id.clone(), "");
        match by {
            KnownBy::All | KnownBy::Text => {
                paper.title.clone_from(&whole.title);
                paper.abstract_text.clone_from(&whole.abstract_text);
            }
            KnownBy::English => {
                korean?;
                paper.abstract_text.clone_from(&whole.abstract_text);
            }
            KnownBy::Korean => {
                paper.summaries.insert(Language::Ko, korean?.clone());
            }
        }
        (by == KnownBy::Text || korean.is_some()).then_some((place, paper))
    };
    liked.into_iter().filter_map(known).collect()
}

/// A pool ranked by some of the likes before it.
struct Draw {
    n_likes: usize,
    user: usize,
    /// Of each ranker.
    measures: Vec<Measures>,
}

/// A pool of a reader.
struct Pool {
    user: usize,
    first: Date,
    papers: Range<usize>,
    /// What was liked before it, the oldest first.
    likes: Vec<usize>,
    relevant: HashSet<usize>,
}

/// Draws first likes. `vectors` holds one for each paper of the log, and then one for each of `known`, which
/// [`as_known`] made; `progress` hears of pools.
///
/// # Errors
/// [`Error::Invalid`] if there are not as many vectors; [`Error::NothingListed`] if no reader has a pool.
pub fn first_likes(
    log: &Log,
    known: &[(usize, Paper)],
    by: KnownBy,
    vectors: &[Embedding],
    setup: &Setup,
    progress: &dyn Progress,
) -> Result<FirstLikes> {
    if vectors.len() != log.papers.len() + known.len() {
        return Err(Error::Invalid(format!("{} papers but {} vectors", log.papers.len(), vectors.len())));
    }
    let place_of: HashMap<usize, usize> =
        known.iter().zip(log.papers.len()..).map(|((place, _), other)| (*place, other)).collect();
    let mut all = log.clone();
    all.papers.extend(known.iter().map(|(_, paper)| Listed { day: Date::MAX, paper: paper.clone() }));
    let place = |paper: usize| match by {
        KnownBy::All => Some(paper),
        _ => place_of.get(&paper).copied(),
    };
    let mut pools: Vec<Pool> = (0..log.users.len())
        .flat_map(|user| pools(log, user))
        .filter_map(|pool| usable(pool, &place))
        .collect();
    pools.sort_by_key(|pool| (pool.first, pool.user));
    if pools.is_empty() {
        let why = "no reader liked a paper before thirty days that list another like";
        return Err(Error::NothingListed(why.into()));
    }
    let n_dimensions = vectors[0].as_slice().len();
    let matrix = Array2::from_shape_fn((vectors.len(), n_dimensions), |(i, j)| vectors[i].as_slice()[j]);
    let read = if setup.rankers.contains(&Ranker::ArxivSanityLite) { all.papers.as_slice() } else { &[] };
    let ngrams = Ngrams::count(&read.par_iter().map(|listed| sanity_text(&listed.paper)).collect::<Vec<_>>());
    let hidden: HashSet<usize> = place_of.keys().copied().collect();
    let drawing = Drawing { log: &all, vectors, matrix: &matrix, ngrams: &ngrams, hidden: &hidden, setup };
    let mut measured: Vec<Draw> = Vec::new();
    for same in pools.chunk_by(|a, b| a.first == b.first) {
        measured.extend(drawing.of(same));
        progress.advance(same.len());
    }
    let numbers = setup.likes.iter().filter_map(|&n| number(n, &measured, setup)).collect();
    Ok(FirstLikes { known_by: by, draws: setup.draws, seed: setup.seed, numbers })
}

/// What draws are made from.
struct Drawing<'a> {
    log: &'a Log,
    vectors: &'a [Embedding],
    matrix: &'a Array2<f32>,
    ngrams: &'a Ngrams,
    hidden: &'a HashSet<usize>,
    setup: &'a Setup,
}

impl Drawing<'_> {
    /// All draws for pools of the same days.
    fn of(&self, pools: &[Pool]) -> Vec<Draw> {
        let Some(Pool { first, papers, .. }) = pools.first() else { return Vec::new() };
        let (seed, n_papers) = (self.setup.seed, papers.start);
        let counted = drawn(n_papers, N_COUNTED, seed, &HashSet::new());
        let likes = pools.iter().flat_map(|pool| &pool.likes).copied();
        let wanted = papers.clone().chain(likes).chain(background(n_papers, seed));
        let features = Features::new(self.log, self.vectors, *first, &counted, wanted.collect());
        let space = self.ngrams.space(n_papers.min(self.ngrams.len()), ARXIV_SANITY_LITE);
        let draw = |&(pool, n_likes, draw): &(&Pool, usize, usize)| {
            let known = Known {
                log: self.log,
                user: pool.user,
                day: *first,
                n_papers,
                likes: some(&pool.likes, n_likes, mix(seed ^ mix((pool.user * 1_000 + draw) as u64))),
                dislikes: Vec::new(),
                hidden: self.hidden,
                vectors: self.matrix.view(),
                ngrams: &space,
                features: &features,
                options: self.setup.options,
                seed,
            };
            let measures = self.setup.rankers.iter().filter_map(|ranker| measure(*ranker, &known, pool));
            Draw { n_likes, user: pool.user, measures: measures.collect() }
        };
        let mut draws: Vec<(&Pool, usize, usize)> = Vec::new();
        for pool in pools {
            let numbers = self.setup.likes.iter().filter(|n| **n <= pool.likes.len());
            draws.extend(numbers.flat_map(|&n| (0..self.setup.draws).map(move |draw| (pool, n, draw))));
        }
        draws.par_iter().map(draw).collect()
    }
}

/// The pools of a reader: thirty days each, the last one fewer, from the first day with [`KNOWN`] papers before
/// it.
fn pools(log: &Log, user: usize) -> Vec<Pool> {
    let (Some(last), Some(newest)) = (log.papers.get(KNOWN), log.papers.last()) else { return Vec::new() };
    // What is said last of a paper is what is thought of it.
    let opinions: HashMap<usize, bool> = log.users[user].ratings.iter().map(|r| (r.paper, r.liked)).collect();
    let mut pools = Vec::new();
    let days = POOL_DAYS.days();
    let mut next = last.day.tomorrow();
    while let Ok(first) = next
        && first <= newest.day
    {
        next = first.checked_add(days);
        let papers = log.before(first)..next.as_ref().map_or(log.papers.len(), |end| log.before(*end));
        let (mut likes, _) = rated_before(&log.users[user], first);
        likes.retain(|paper| *paper < papers.start);
        likes.reverse();
        let relevant = papers.clone().filter(|paper| opinions.get(paper) == Some(&true)).collect();
        pools.push(Pool { user, first, papers, likes, relevant });
    }
    pools
}

/// A pool with the likes as they are known; `None` if there is nothing to rank by, or to find.
fn usable(mut pool: Pool, place: &impl Fn(usize) -> Option<usize>) -> Option<Pool> {
    pool.likes = pool.likes.into_iter().filter_map(place).collect();
    let is_mixed = !pool.relevant.is_empty() && pool.relevant.len() < pool.papers.len();
    (!pool.likes.is_empty() && is_mixed).then_some(pool)
}

/// `k` of the likes, the newest first as a replay has them.
fn some(likes: &[usize], k: usize, seed: u64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..likes.len()).collect();
    Random::spread(seed).shuffle(&mut places);
    places.truncate(k);
    places.sort_unstable_by(|a, b| b.cmp(a));
    places.into_iter().map(|place| likes[place]).collect()
}

fn measure(ranker: Ranker, known: &Known<'_>, pool: &Pool) -> Option<Measures> {
    let scores = ranker.scores(known, pool.papers.clone());
    let mut places: Vec<(usize, f32)> = pool.papers.clone().zip(scores).collect();
    places.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Measures::of(&places.iter().map(|(paper, _)| pool.relevant.contains(paper)).collect::<Vec<_>>())
}

/// The means over all draws of so many likes; `None` if no reader had so many.
fn number(n_likes: usize, draws: &[Draw], setup: &Setup) -> Option<Number> {
    let draws: Vec<&Draw> = draws.iter().filter(|draw| draw.n_likes == n_likes).collect();
    let readers: BTreeSet<usize> = draws.iter().map(|draw| draw.user).collect();
    let mean = |ranker: usize, of: fn(&Measures) -> f64| {
        let of_reader = |reader: &usize| {
            let own = draws.iter().filter(|draw| draw.user == *reader);
            let values: Vec<f64> = own.map(|draw| of(&draw.measures[ranker])).collect();
            values.iter().sum::<f64>() / values.len().max(1) as f64
        };
        readers.iter().map(of_reader).sum::<f64>() / readers.len() as f64
    };
    let ranked = |(i, ranker): (usize, &Ranker)| Ranked {
        ranker: ranker.name(),
        ndcg_10: mean(i, |m| m.ndcg_10),
        auc: mean(i, |m| m.auc),
    };
    (!readers.is_empty()).then(|| Number {
        likes: n_likes,
        readers: readers.len(),
        pools: draws.len() / setup.draws.max(1),
        rankers: setup.rankers.iter().enumerate().map(ranked).collect(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::log::Rating;
    use super::*;
    use crate::PaperId;
    use crate::embed::builtin::Builtin;
    use crate::embed::embed_papers;
    use crate::progress::Silent;

    /// Ninety days of thirty papers, of which one a day is on corals and liked on that day.
    fn log() -> Log {
        let fields = ["bridges over rivers", "glaciers in valleys", "songs of birds", "maps of cities"];
        let listed = |n: usize| {
            let day = date(2025, 1, 1).checked_add((n as i64 / 30).days()).unwrap();
            let about = if n % 30 == 7 { "corals in warm reefs" } else { fields[n % 4] };
            let id = PaperId::own(&format!("p{n:04}")).unwrap();
            let mut paper = Paper::new(id, format!("On {about}, part {n}"));
            paper.abstract_text = format!("We study {about} for the {n}th time.");
            paper.authors = vec![if n % 30 == 7 { "Cora L. Reef" } else { "Ann Other" }.to_owned()];
            if n % 60 == 7 {
                paper.summaries.insert(Language::Ko, format!("따뜻한 산호초를 {n}번째로 연구한다."));
            }
            Listed { day, paper }
        };
        let papers: Vec<Listed> = (0..2_700).map(listed).collect();
        let liked = papers.iter().filter(|listed| listed.paper.title.contains("coral"));
        let rating = |listed: &Listed| Rating {
            user: "ann".into(),
            id: listed.paper.id.clone(),
            liked: true,
            at: listed.day.at(9, 0, 0, 0),
        };
        let ratings = liked.map(rating).collect();
        Log::new(papers, ratings)
    }

    fn drawn_from(log: &Log, by: KnownBy) -> FirstLikes {
        let known = as_known(log, by);
        let papers: Vec<&Paper> =
            log.papers.iter().map(|l| &l.paper).chain(known.iter().map(|k| &k.1)).collect();
        let vectors = embed_papers(&Builtin::new(), &papers, &Silent).unwrap();
        let setup = Setup {
            rankers: vec![Ranker::Learned, Ranker::MeanCosine, Ranker::Random],
            likes: vec![1, 3, 200],
            draws: 2,
            options: Options::default(),
            seed: 1,
        };
        first_likes(log, &known, by, &vectors, &setup, &Silent).unwrap()
    }

    #[test]
    fn a_few_likes_find_the_rest_however_they_are_known() {
        let log = log();
        for by in [KnownBy::All, KnownBy::Text, KnownBy::English, KnownBy::Korean] {
            let found = drawn_from(&log, by);
            assert_eq!(found.numbers.iter().map(|n| n.likes).collect::<Vec<_>>(), [1, 3], "{by:?}");
            for number in &found.numbers {
                assert_eq!((number.readers, number.pools), (1, 2), "{by:?}");
                let [learned, _, random] = &number.rankers[..] else { panic!("{number:?}") };
                assert!(learned.auc > 0.9, "{by:?}: {number:?}");
                assert!(random.auc < 0.7, "{by:?}: {number:?}");
            }
        }
    }

    #[test]
    fn a_like_is_known_by_what_was_asked_for_and_stands_in_no_pool() {
        let log = log();
        let korean = as_known(&log, KnownBy::Korean);
        assert_eq!(korean.len(), 45, "of ninety likes, those with a summary");
        assert!(korean.iter().all(|(_, paper)| paper.title.is_empty() && paper.authors.is_empty()));
        let text = as_known(&log, KnownBy::Text);
        assert_eq!(text.len(), 90);
        assert!(text.iter().all(|(place, paper)| paper.title == log.papers[*place].paper.title));
        assert!(text.iter().all(|(_, paper)| paper.authors.is_empty() && paper.summaries.is_empty()));
        assert!(as_known(&log, KnownBy::All).is_empty());
    }

    #[test]
    fn without_thirty_days_after_a_like_there_is_nothing_to_rank() {
        let mut log = log();
        log.users[0].ratings.truncate(0);
        let known = as_known(&log, KnownBy::All);
        let papers: Vec<&Paper> = log.papers.iter().map(|l| &l.paper).collect();
        let vectors = embed_papers(&Builtin::new(), &papers, &Silent).unwrap();
        let setup = Setup {
            rankers: vec![Ranker::Random],
            likes: vec![1],
            draws: 1,
            options: Options::default(),
            seed: 1,
        };
        let none = first_likes(&log, &known, KnownBy::All, &vectors, &setup, &Silent);
        assert!(matches!(none, Err(Error::NothingListed(_))), "{none:?}");
    }
}
