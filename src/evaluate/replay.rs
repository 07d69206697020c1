//! A history walked day by day: each day's papers are ranked by what was known before the day, and
//! the ranking is measured by what the user liked on the day and after it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use jiff::civil::Date;
use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;

use super::features::Features;
use super::known::{Known, drawn, rated_before};
use super::learned::{N_COUNTED, background};
use super::log::{Log, User};
use super::metrics::{BandShare, Estimate, Measures, Reliability, Resamples};
use super::ngrams::{ARXIV_SANITY_LITE, Ngrams, sanity_text};
use super::rankers::Ranker;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::recommend::Options;

/// What to walk, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The rankers to compare.
    pub rankers: Vec<Ranker>,
    /// The first day; by default the one after each user's first half of ratings.
    pub from: Option<Date>,
    /// How our own ranker learns.
    pub options: Options,
    /// For draws: background papers, random scores, the bootstrap.
    pub seed: u64,
}

/// How many times the bootstrap draws.
pub(super) const N_RESAMPLES: usize = 1_000;

/// Document frequencies are counted anew whenever so much more papers are known.
const GROWTH: f64 = 1.05;

/// A day of a user, ranked.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedDay {
    /// The number of the user.
    pub user: usize,
    /// The day.
    pub day: Date,
    /// The day's papers as each ranker ordered them, the best first.
    pub lists: Vec<Vec<Place>>,
}

/// A paper in a ranked list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The place among the log's papers.
    pub paper: usize,
    /// The ranker's score.
    pub score: f32,
    /// Whether the user likes it, on the day or later.
    pub relevant: bool,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Replay {
    /// How many papers there are.
    pub papers: usize,
    /// Ratings of other papers, which were passed over.
    pub unknown_ratings: usize,
    /// For draws.
    pub seed: u64,
    /// The readers.
    pub users: Vec<Reader>,
    /// The rankers in the order asked for.
    pub rankers: Vec<Ranked>,
}

/// A reader and what of him or her was measured.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Reader {
    /// The name.
    pub user: String,
    /// How many papers were liked, in all.
    pub likes: usize,
    /// How many were disliked.
    pub dislikes: usize,
    /// The first day that was looked at.
    pub from: Option<Date>,
    /// The days that had a liked paper and another.
    pub days: usize,
    /// The liked papers of these days.
    pub relevant: usize,
}

/// How good a ranker was.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Ranked {
    /// Its name.
    pub ranker: &'static str,
    /// The mean over users.
    pub all: Figures,
    /// How far the first ranker's nDCG@10 is above this one's, on the same days.
    pub behind: Estimate,
    /// How much of each band is liked, where scores are probabilities.
    pub bands: Vec<BandShare>,
    /// Each user with measured days.
    pub users: Vec<UserFigures>,
}

/// How good a ranker was for a user.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct UserFigures {
    /// The name.
    pub user: String,
    /// The mean over days.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Means over days, each 0 to 1, with intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Figures {
    /// Normalised discounted cumulative gain of the first ten.
    pub ndcg_10: Estimate,
    /// The share of the liked that is among the first twenty.
    pub recall_20: Estimate,
    /// One over the place of the first liked.
    pub mrr: Estimate,
    /// The share of pairs of a liked and another paper in the right order.
    pub auc: Estimate,
    /// The expected calibration error over all of the days' papers, where scores are probabilities.
    pub ece: Option<Estimate>,
}

/// A day to rank.
pub(super) struct Task {
    user: usize,
    day: Date,
    pub papers: Range<usize>,
    likes: Vec<usize>,
    dislikes: Vec<usize>,
    pub relevant: HashSet<usize>,
}

/// Walks the log. `vectors` holds one for each paper; `progress` hears of days.
///
/// A day's papers are those that it listed first, without those that the user rated before it.
/// Days count that have a relevant paper and another, and the order is by time, then by user.
///
/// # Errors
/// [`Error::Invalid`] if there is not one vector for each paper.
pub fn walk(
    log: &Log,
    vectors: &[Embedding],
    setup: &Setup,
    progress: &dyn Progress,
) -> Result<Vec<RankedDay>> {
    if vectors.len() != log.papers.len() {
        return Err(Error::Invalid(format!("{} papers but {} vectors", log.papers.len(), vectors.len())));
    }
    let n_dimensions = vectors.first().map_or(0, |vector| vector.as_slice().len());
    let matrix = Array2::from_shape_fn((vectors.len(), n_dimensions), |(i, j)| vectors[i].as_slice()[j]);
    let mut tasks: Vec<Task> = (0..log.users.len()).flat_map(|user| tasks(log, user, setup.from)).collect();
    tasks.sort_by_key(|task| (task.day, task.user));
    let texts: Vec<String> = if setup.rankers.contains(&Ranker::ArxivSanityLite) {
        log.papers.par_iter().map(|listed| sanity_text(&listed.paper)).collect()
    } else {
        Vec::new()
    };
    let ngrams = Ngrams::count(&texts);
    let mut ranked = Vec::with_capacity(tasks.len());
    let mut rest = tasks.as_slice();
    while let Some(first) = rest.first() {
        let n_known = first.papers.start;
        let most = (n_known as f64 * GROWTH) as usize;
        let n_tasks = rest.partition_point(|task| task.papers.start <= most.max(n_known));
        let (now, later) = rest.split_at(n_tasks);
        rest = later;
        let space = ngrams.space(n_known.min(texts.len()), ARXIV_SANITY_LITE);
        let ours = [Ranker::Learned, Ranker::LearnedVaried];
        let features = if setup.rankers.iter().any(|ranker| ours.contains(ranker)) {
            let counted = drawn(n_known, N_COUNTED, setup.seed, &HashSet::new());
            let starts: BTreeSet<usize> = now.iter().map(|task| task.papers.start).collect();
            let backgrounds = starts.iter().flat_map(|&n_papers| background(n_papers, setup.seed));
            let of_tasks = now.iter().flat_map(|task| task.rated().chain(task.papers.clone()));
            Features::new(log, vectors, first.day, &counted, of_tasks.chain(backgrounds).collect())
        } else {
            Features::new(log, &[], first.day, &[], BTreeSet::new())
        };
        ranked.par_extend(now.par_iter().map(|task| {
            let known = Known {
                log,
                user: task.user,
                day: task.day,
                n_papers: task.papers.start,
                likes: task.likes.clone(),
                dislikes: task.dislikes.clone(),
                hidden: &HashSet::new(),
                vectors: matrix.view(),
                ngrams: &space,
                features: &features,
                options: setup.options,
                seed: setup.seed,
            };
            let lists = setup.rankers.iter().map(|ranker| list(*ranker, &known, task)).collect();
            progress.advance(1);
            RankedDay { user: task.user, day: task.day, lists }
        }));
    }
    Ok(ranked)
}

impl Task {
    /// What was rated before the day.
    fn rated(&self) -> impl Iterator<Item = usize> {
        self.likes.iter().chain(&self.dislikes).copied()
    }

    /// How many of the day's papers were not rated before it.
    fn n_open(&self) -> usize {
        self.papers.len() - self.rated().filter(|paper| self.papers.contains(paper)).count()
    }
}

/// The days of a user that count.
pub(super) fn tasks(log: &Log, number: usize, from: Option<Date>) -> Vec<Task> {
    let user = &log.users[number];
    let Some(from) = from.or_else(|| user.second_half()) else { return Vec::new() };
    // What is said last of a paper is what is thought of it.
    let last: HashMap<usize, (Date, bool)> =
        user.ratings.iter().map(|r| (r.paper, (r.at.date(), r.liked))).collect();
    let mut days: Vec<Date> =
        last.keys().map(|&paper| log.papers[paper].day).filter(|day| *day >= from).collect();
    days.sort_unstable();
    days.dedup();
    let task = |day: Date| {
        let papers = log.before(day)..log.papers.partition_point(|listed| listed.day <= day);
        let likes_it = |paper: &usize| last.get(paper).is_some_and(|&(at, liked)| liked && at >= day);
        let relevant: HashSet<usize> = papers.clone().filter(likes_it).collect();
        let (likes, dislikes) = rated_before(user, day);
        Task { user: number, day, papers, likes, dislikes, relevant }
    };
    days.into_iter()
        .map(task)
        .filter(|task| !task.relevant.is_empty() && task.relevant.len() < task.n_open())
        .collect()
}

fn list(ranker: Ranker, known: &Known<'_>, task: &Task) -> Vec<Place> {
    let rated: HashSet<usize> = task.rated().collect();
    let scores = ranker.scores(known, task.papers.clone());
    let mut places: Vec<Place> = (task.papers.clone().zip(scores))
        .filter(|(paper, _)| !rated.contains(paper))
        .map(|(paper, score)| Place { paper, score, relevant: task.relevant.contains(&paper) })
        .collect();
    // The papers of a day stand in the order of their identifiers.
    places.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.paper.cmp(&b.paper)));
    places
}

/// A day of a user as one ranker did it.
struct Day {
    measures: Measures,
    reliability: Reliability,
}

/// Measures the days: means over each user's days, then over users.
pub fn measure(log: &Log, ranked: &[RankedDay], setup: &Setup) -> Replay {
    let mut users: Vec<(usize, Vec<&RankedDay>)> = Vec::new();
    for number in 0..log.users.len() {
        let days: Vec<&RankedDay> = ranked.iter().filter(|day| day.user == number).collect();
        if !days.is_empty() {
            users.push((number, days));
        }
    }
    let n_days: Vec<usize> = users.iter().map(|(_, days)| days.len()).collect();
    let resamples = Resamples::new(&n_days, N_RESAMPLES, setup.seed);
    let measured: Vec<Vec<Vec<Day>>> = (0..setup.rankers.len())
        .map(|ranker| {
            users.iter().map(|(_, days)| days.iter().filter_map(|day| one(day, ranker)).collect()).collect()
        })
        .collect();
    let ndcg = |ranker: usize, user: usize, day: usize| measured[ranker][user][day].measures.ndcg_10;
    let rankers = setup.rankers.iter().enumerate().map(|(number, &ranker)| {
        let days = &measured[number];
        let of_user = |(i, (user, _)): (usize, &(usize, Vec<&RankedDay>))| {
            let n_days = [days[i].len()];
            let resamples = Resamples::new(&n_days, N_RESAMPLES, setup.seed);
            let figures = figures(&days[i..=i], &n_days, &resamples, ranker.is_calibrated());
            UserFigures { user: log.users[*user].name.clone(), figures }
        };
        Ranked {
            ranker: ranker.name(),
            all: figures(days, &n_days, &resamples, ranker.is_calibrated()),
            behind: resamples.estimate(&n_days, |user, days| {
                mean(days.iter().map(|&day| ndcg(0, user, day) - ndcg(number, user, day)))
            }),
            bands: if ranker.is_calibrated() { bands(ranked, number) } else { Vec::new() },
            users: users.iter().enumerate().map(of_user).collect(),
        }
    });
    Replay {
        papers: log.papers.len(),
        unknown_ratings: log.n_unknown,
        seed: setup.seed,
        rankers: rankers.collect(),
        users: log.users.iter().enumerate().map(|(i, user)| reader(user, i, ranked, setup)).collect(),
    }
}

fn bands(ranked: &[RankedDay], ranker: usize) -> Vec<BandShare> {
    let places = ranked.iter().flat_map(|day| &day.lists[ranker]);
    BandShare::all(places.map(|place| (f64::from(place.score), place.relevant)))
}

fn reader(user: &User, number: usize, ranked: &[RankedDay], setup: &Setup) -> Reader {
    let (likes, dislikes) = rated_before(user, Date::MAX);
    let days: Vec<&RankedDay> = ranked.iter().filter(|day| day.user == number).collect();
    let relevant =
        |day: &&RankedDay| day.lists.first().map_or(0, |l| l.iter().filter(|p| p.relevant).count());
    Reader {
        user: user.name.clone(),
        likes: likes.len(),
        dislikes: dislikes.len(),
        from: setup.from.or_else(|| user.second_half()),
        relevant: days.iter().map(relevant).sum(),
        days: days.len(),
    }
}

fn one(day: &RankedDay, ranker: usize) -> Option<Day> {
    let list = &day.lists[ranker];
    let relevant: Vec<bool> = list.iter().map(|place| place.relevant).collect();
    let mut reliability = Reliability::default();
    list.iter().for_each(|place| reliability.count(f64::from(place.score), place.relevant));
    Some(Day { measures: Measures::of(&relevant)?, reliability })
}

fn figures(users: &[Vec<Day>], n_days: &[usize], resamples: &Resamples, calibrated: bool) -> Figures {
    let estimate = |of: fn(&Measures) -> f64| {
        resamples.estimate(n_days, |user, days| mean(days.iter().map(|&day| of(&users[user][day].measures))))
    };
    let error = |user: usize, days: &[usize]| {
        Reliability::error(days.iter().map(|&day| &users[user][day].reliability))
    };
    Figures {
        ndcg_10: estimate(|m| m.ndcg_10),
        recall_20: estimate(|m| m.recall_20),
        mrr: estimate(|m| m.mrr),
        auc: estimate(|m| m.auc),
        ece: calibrated.then(|| resamples.estimate(n_days, error)),
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len().max(1) as f64;
    values.sum::<f64>() / n
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::super::log::{Listed, Rating};
    use super::*;
    use crate::PaperId;
    use crate::paper::{Announced, Listing, PICKS, Votes};
    use crate::progress::Silent;

    const WORDS: [&str; 8] = ["coral", "bridge", "glacier", "song", "map", "engine", "cell", "orbit"];

    /// Six days of eight papers, each on two of the words, with votes of their day.
    fn papers() -> Vec<Listed> {
        let listed = |n: usize| {
            let (a, b) = (WORDS[n % 8], WORDS[(n * 5 + n / 8) % 8]);
            let mut paper = crate::Paper::new(PaperId::own(&format!("p{n:02}")).unwrap(), format!("{a} {b}"));
            paper.abstract_text = format!("The {a} and the {b} of part {n}");
            let day = date(2025, 1, 1 + (n / 8) as i8);
            paper.votes.push(voted(day, n as u32 % 5));
            let sources = &["file", PICKS[0]][..1 + usize::from(n.is_multiple_of(3))];
            paper.listings.extend(sources.iter().map(|source| listing(day, source)));
            Listed { day, paper }
        };
        (0..48).map(listed).collect()
    }

    fn listing(day: Date, source: &str) -> Listing {
        Listing { day, source: source.into(), announced: Announced::New }
    }

    fn voted(at: Date, count: u32) -> Votes {
        Votes { source: "file".into(), at: Some(at), count }
    }

    fn vectors(papers: &[Listed]) -> Vec<Embedding> {
        let vector = |listed: &Listed| {
            let words: Vec<&str> = listed.paper.title.split(' ').collect();
            let count = |word: &&str| 0.1 + words.iter().filter(|w| *w == word).count() as f32;
            Embedding::normalized(WORDS.iter().map(count).collect()).unwrap()
        };
        papers.iter().map(vector).collect()
    }

    fn rated(ratings: &[(usize, i8, bool)]) -> Vec<Rating> {
        let rating = |&(paper, day, liked): &(usize, i8, bool)| Rating {
            user: "ann".into(),
            id: papers()[paper].paper.id.clone(),
            liked,
            at: date(2025, 1, day).at(12, 0, 0, 0),
        };
        ratings.iter().map(rating).collect()
    }

    fn setup(rankers: &[Ranker]) -> Setup {
        let (rankers, from) = (rankers.to_vec(), Some(date(2025, 1, 1)));
        Setup { rankers, from, options: Options::default(), seed: 7 }
    }

    fn walked(papers: Vec<Listed>, ratings: &[(usize, i8, bool)]) -> Vec<RankedDay> {
        let vectors = vectors(&papers);
        walk(&Log::new(papers, rated(ratings)), &vectors, &setup(&Ranker::ALL), &Silent).unwrap()
    }

    /// The fourth day's lists, without what makes a paper relevant.
    fn fourth(papers: Vec<Listed>, ratings: &[(usize, i8, bool)]) -> Vec<Vec<(usize, f32)>> {
        let days = walked(papers, ratings);
        let day = days.iter().find(|ranked| ranked.day == date(2025, 1, 4)).expect("it counts");
        day.lists.iter().map(|list| list.iter().map(|place| (place.paper, place.score)).collect()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Ratings from the day on, the papers of later days, and votes and picks that came after the
        /// day: whatever they are, every ranker's list of the day is the same.
        #[test]
        fn nothing_from_later_is_seen(
            before in prop::collection::vec((0..24_usize, 1..4_i8, any::<bool>()), 1..10),
            ratings in prop::collection::vec((0..48_usize, 4..9_i8, any::<bool>()), 0..10),
            votes in prop::collection::vec((0..48_usize, 5..9_i8, 10..200_u32), 0..10),
            n_later in 0..16_usize,
            turn in 0..8_usize,
        ) {
            // One like keeps the day among those that count.
            let before = [&before[..], &[(24, 9, true)]].concat();
            let mut later = papers();
            for &(n, day, count) in &votes {
                later[n].paper.votes.push(voted(date(2025, 1, day), count));
                later[n].paper.listings.push(listing(date(2025, 1, day), PICKS[0]));
            }
            later[32..].iter_mut().for_each(|listed| {
                listed.paper.title = format!("{} {}", WORDS[turn], listed.paper.title);
                listed.paper.abstract_text = format!("the {} of all that comes", WORDS[turn]);
            });
            later.truncate(32 + n_later);
            let ratings = ratings.into_iter().filter(|rating| rating.0 != 24);
            let with_ratings: Vec<_> = before.iter().copied().chain(ratings).collect();
            prop_assert_eq!(fourth(later, &with_ratings), fourth(papers(), &before));
        }
    }

    #[test]
    fn what_was_liked_finds_its_like_and_what_was_rated_is_not_ranked_again() {
        // Paper 0 is on corals, and so are 8, 16 and 24; 25 was rated before its day.
        let days =
            walked(papers(), &[(0, 1, true), (8, 2, true), (16, 3, true), (25, 3, false), (24, 5, true)]);
        let day = days.iter().find(|ranked| ranked.day == date(2025, 1, 4)).unwrap();
        for (ranker, list) in Ranker::ALL.iter().zip(&day.lists) {
            assert_eq!(list.len(), 7, "{ranker:?}");
            assert!(list.iter().all(|place| place.paper != 25));
            let knows = !matches!(ranker, Ranker::Votes | Ranker::Random | Ranker::ArxivSanityLite);
            assert!(!knows || list[0].relevant, "{ranker:?}: {list:?}");
        }
    }

    #[test]
    fn figures_are_means_over_days_then_over_users() {
        let ratings = [(0, 1, true), (8, 2, true), (16, 3, true), (24, 5, true)];
        let mut all = rated(&ratings);
        all.extend(rated(&[(9, 2, true)]).into_iter().map(|r| Rating { user: "bob".into(), ..r }));
        let log = Log::new(papers(), all);
        let setup = setup(&[Ranker::Random]);
        let days = walk(&log, &vectors(&papers()), &setup, &Silent).unwrap();
        let replay = measure(&log, &days, &setup);
        let relevant = |day: &RankedDay| -> Vec<bool> { day.lists[0].iter().map(|p| p.relevant).collect() };
        let auc = |day: &RankedDay| Measures::of(&relevant(day)).unwrap().auc;
        let of = |user: usize| {
            let aucs: Vec<f64> = days.iter().filter(|day| day.user == user).map(auc).collect();
            (aucs.len(), aucs.iter().sum::<f64>() / aucs.len() as f64)
        };
        assert_eq!(replay.users.iter().map(|u| u.days).collect::<Vec<_>>(), [of(0).0, of(1).0]);
        assert!((replay.rankers[0].all.auc.mean - (of(0).1 + of(1).1) / 2.0).abs() < 1e-12);
        assert!((replay.rankers[0].users[0].figures.auc.mean - of(0).1).abs() < 1e-12);
        assert_eq!(replay.rankers[0].behind, Estimate { mean: 0.0, low: 0.0, high: 0.0 });
    }
}
