//! A reader's beginning, replayed: questions that are chosen, each by the answers before it, against
//! as many that are drawn.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::Date;
use rayon::prelude::*;
use serde::Serialize;

use super::features::Features;
use super::known::drawn;
use super::learned::{N_COUNTED, background};
use super::log::Log;
use super::metrics::{Estimate, Measures, Resamples};
use super::replay::{N_RESAMPLES, Task, tasks};
use crate::embed::Embedding;
use crate::progress::Progress;
use crate::random::{Random, mix};
use crate::recommend::ask::next_question;
use crate::recommend::interests::Interests;
use crate::recommend::{Example, Options, Profile};

/// What to ask, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// How many questions a reader answers.
    pub questions: usize,
    /// How many papers there are to ask about: all that the reader liked of those listed before the
    /// first day, and others.
    pub pool: usize,
    /// How often each reader begins anew, with other papers to ask about and other draws.
    pub repetitions: usize,
    /// The first day that is ranked; by default the one after each reader's first half of ratings,
    /// but none before there are others enough to ask about.
    pub from: Option<Date>,
    /// For all draws.
    pub seed: u64,
}

/// What came of the beginnings.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Beginnings {
    /// How many questions each reader answered.
    pub questions: usize,
    /// How many papers there were to ask about.
    pub pool: usize,
    /// How often each reader began.
    pub repetitions: usize,
    /// For all draws.
    pub seed: u64,
    /// The readers that had anything to like before the first day, and days with a liked paper after.
    pub users: Vec<Beginner>,
    /// With questions that were chosen.
    pub chosen: Figures,
    /// With questions that were drawn.
    pub drawn: Figures,
    /// The first less the second, on the same days.
    pub ahead: Figures,
}

/// A reader that begins.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Beginner {
    /// The name.
    pub user: String,
    /// The first day.
    pub from: Date,
    /// How many of the papers to ask about are liked.
    pub likes: usize,
    /// The days with a liked paper and another.
    pub days: usize,
    /// The mean number of likes among the answers to chosen questions.
    pub found_chosen: f64,
    /// The same for drawn ones.
    pub found_drawn: f64,
    /// The mean nDCG@10 after chosen questions.
    pub ndcg_10_chosen: f64,
    /// The same for drawn ones.
    pub ndcg_10_drawn: f64,
}

/// Means over the days after the beginning, then over readers; nothing is learned after it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Figures {
    /// How many answers were likes.
    pub found: Estimate,
    /// As in a replay.
    pub ndcg_10: Estimate,
    /// As in a replay.
    pub recall_20: Estimate,
    /// As in a replay.
    pub mrr: Estimate,
    /// As in a replay.
    pub auc: Estimate,
}

/// A day's mean over repetitions: likes found, nDCG@10, recall@20, MRR, AUC.
type Row = [f64; 5];

/// Each day's means with questions that were chosen, and with questions that were drawn.
type Both = [Vec<Row>; 2];

/// What is known of a reader.
struct Known<'a> {
    user: usize,
    from: Date,
    tasks: Vec<Task>,
    /// Liked papers from before the first day.
    likes: Vec<usize>,
    background: Vec<usize>,
    features: Features,
    setup: &'a Setup,
}

/// Lets every reader of a log begin. `vectors` holds one for each paper; `progress` hears of
/// beginnings.
pub fn begin(log: &Log, vectors: &[Embedding], setup: &Setup, progress: &dyn Progress) -> Beginnings {
    let (mut users, mut measured): (Vec<Beginner>, Vec<Both>) = (Vec::new(), Vec::new());
    for user in 0..log.users.len() {
        let Some(known) = Known::of(log, vectors, user, setup) else { continue };
        let both: Both = [true, false].map(|chosen| known.days(chosen, progress));
        let mean = |rows: &[Row], i: usize| rows.iter().map(|row| row[i]).sum::<f64>() / rows.len() as f64;
        users.push(Beginner {
            user: log.users[user].name.clone(),
            from: known.from,
            likes: known.likes.len(),
            days: known.tasks.len(),
            found_chosen: mean(&both[0], 0),
            found_drawn: mean(&both[1], 0),
            ndcg_10_chosen: mean(&both[0], 1),
            ndcg_10_drawn: mean(&both[1], 1),
        });
        measured.push(both);
    }
    let n_days: Vec<usize> = users.iter().map(|user| user.days).collect();
    let resamples = Resamples::new(&n_days, if users.is_empty() { 0 } else { N_RESAMPLES }, setup.seed);
    let figures = |value: fn(&Both, usize, usize) -> f64| {
        let estimate = |i: usize| {
            resamples.estimate(&n_days, |user, days| {
                days.iter().map(|&day| value(&measured[user], day, i)).sum::<f64>() / days.len() as f64
            })
        };
        let [found, ndcg_10, recall_20, mrr, auc] = [0, 1, 2, 3, 4].map(estimate);
        Figures { found, ndcg_10, recall_20, mrr, auc }
    };
    Beginnings {
        questions: setup.questions,
        pool: setup.pool,
        repetitions: setup.repetitions,
        seed: setup.seed,
        chosen: figures(|both, day, i| both[0][day][i]),
        drawn: figures(|both, day, i| both[1][day][i]),
        ahead: figures(|both, day, i| both[0][day][i] - both[1][day][i]),
        users,
    }
}

impl<'a> Known<'a> {
    fn of(log: &Log, vectors: &[Embedding], user: usize, setup: &'a Setup) -> Option<Self> {
        let liked: BTreeSet<usize> =
            log.users[user].ratings.iter().filter(|r| r.liked).map(|r| r.paper).collect();
        let mut others = (0..log.papers.len()).filter(|paper| !liked.contains(paper));
        let enough = log.papers[others.nth(setup.pool)?].day.tomorrow().ok();
        let from = setup.from.or(log.users[user].second_half().max(enough))?;
        let n_papers = log.before(from);
        let likes: Vec<usize> = liked.into_iter().filter(|&paper| paper < n_papers).collect();
        let tasks = tasks(log, user, Some(from));
        if likes.is_empty() || tasks.is_empty() {
            return None;
        }
        let background = background(n_papers, setup.seed);
        let counted = drawn(n_papers, N_COUNTED, setup.seed, &HashSet::new());
        let days = tasks.iter().flat_map(|task| task.papers.clone());
        let wanted = days.chain(likes.iter().copied()).chain(background.iter().copied()).collect();
        let features = Features::new(log, vectors, from, &counted, wanted);
        Some(Self { user, from, tasks, likes, background, features, setup })
    }

    /// Each day's mean over the repetitions.
    fn days(&self, chosen: bool, progress: &dyn Progress) -> Vec<Row> {
        let n = self.setup.repetitions;
        let once = |repetition: usize| {
            let rows =
                self.once(chosen, mix(self.setup.seed ^ mix(repetition as u64 ^ mix(self.user as u64))));
            progress.advance(1);
            rows
        };
        let all: Vec<Vec<Row>> = (0..n).into_par_iter().map(once).collect();
        let mean =
            |day: usize| std::array::from_fn(|i| all.iter().map(|rows| rows[day][i]).sum::<f64>() / n as f64);
        (0..self.tasks.len()).map(mean).collect()
    }

    fn once(&self, chosen: bool, seed: u64) -> Vec<Row> {
        let corpus = self.features.corpus();
        let row = |paper: &usize| self.features.row(*paper);
        let liked: HashSet<usize> = self.likes.iter().map(row).collect();
        let background: Vec<usize> = self.background.iter().map(row).collect();
        let others = background.iter().copied().filter(|row| !liked.contains(row)).collect();
        let mut random = Random::new(seed);
        let mut pool = shuffled(self.likes.iter().map(row).collect(), &mut random);
        pool.truncate(self.setup.pool);
        let n_others = self.setup.pool - pool.len();
        pool.extend(shuffled(others, &mut random).into_iter().take(n_others));
        pool.sort_unstable();
        let drawn = shuffled(pool.clone(), &mut random);
        let options = Options { pool: self.background.len(), ..Options::default() };
        let mut answered: Vec<Example> = Vec::new();
        for number in 0..self.setup.questions {
            let question = match chosen {
                true => next_question(corpus, &pool, &answered, None, &options),
                false => drawn.get(number).copied(),
            };
            let Some(row) = question else { break };
            answered.push(Example { row, liked: liked.contains(&row), age_days: 0.0, interest: None });
        }
        let found = answered.iter().filter(|example| example.liked).count() as f64;
        let profile = Profile::learn(corpus, &answered, &background, Interests::default(), &options);
        let day = |task: &Task| {
            let mut places: Vec<(f64, usize)> =
                task.papers.clone().map(|paper| (profile.logit(corpus, row(&paper)), paper)).collect();
            places.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let relevant: Vec<bool> = places.iter().map(|place| task.relevant.contains(&place.1)).collect();
            Measures::of(&relevant)
                .map_or([found, 0.0, 0.0, 0.0, 0.5], |m| [found, m.ndcg_10, m.recall_20, m.mrr, m.auc])
        };
        self.tasks.iter().map(day).collect()
    }
}

/// Fisher and Yates.
fn shuffled(mut all: Vec<usize>, random: &mut Random) -> Vec<usize> {
    for i in (1..all.len()).rev() {
        all.swap(i, random.below(i + 1));
    }
    all
}
