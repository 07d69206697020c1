//! What a library of some size takes on servers, from what was measured of a smaller one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, Verb, Whole};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Right;

/// What to run for a library of so many papers and readers.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct PlanCluster {
    /// Papers in the library.
    pub papers: Whole<1, 1_000_000_000>,
    /// Readers with an account.
    pub readers: Whole<1, 100_000_000>,
    /// The most requests a second for papers similar to one, which take the longest.
    pub queries: Whole<1, 1_000_000>,
}

impl Verb for PlanCluster {
    const NAME: &'static str = "cluster-plan";
    const SHAPE: &'static str = "cluster-plan/1";
    const RIGHT: Right = Right::Own;
    type Answer = ClusterPlan;

    /// # Errors
    /// None: nothing of the library is asked.
    fn run(self, _: &mut Library, _: &Context<'_>) -> Result<ClusterPlan> {
        Ok(self.plan())
    }
}

/// Servers and their memory.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ClusterPlan {
    /// Bytes of papers, words and vectors on disks, without copies.
    pub papers_bytes: u64,
    /// Bytes of ratings.
    pub ratings_bytes: u64,
    /// Bytes that searches for neighbours read over and over, and that are best held in memory.
    pub hot_bytes: u64,
    /// Shards that hold the papers; 0 where the one server does.
    pub shards: u64,
    /// Bytes of memory in each server that holds papers.
    pub memory_bytes: u64,
    /// Copies of each server that holds papers, besides itself: for answers, and one at least that takes its place.
    pub replicas: u64,
    /// Cores that are at work in all copies of one server when so many requests come.
    pub busy_cores: f64,
    /// Cores that are at work in all processes of `serve`.
    pub serve_cores: f64,
    /// What this was computed from.
    pub constants: Vec<Constant>,
}

/// A figure with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Constant {
    /// What it is.
    pub name: &'static str,
    /// The figure.
    pub value: f64,
    /// Where it comes from.
    pub from: &'static str,
}

const BENCH: &str = "measured beside other work, 60,718 papers: benches/postgres.rs";
const SUPPOSED: &str = "supposed";

const fn constant(name: &'static str, value: f64, from: &'static str) -> Constant {
    Constant { name, value, from }
}

const PAPER: Constant = constant("bytes of a paper in the database, all told", 7_531.0, BENCH);
const HOT: Constant = constant("bytes of a paper's vectors with their index of neighbours", 2_514.0, BENCH);
const RATINGS: Constant = constant("ratings of a reader", 30.0, SUPPOSED);
const RATING: Constant = constant("bytes of a rating with its indexes", 178.0, BENCH);
const WALK: Constant = constant("milliseconds of a server for one `similar`", 16.0, BENCH);
const SERVE: Constant = constant("milliseconds of `serve` for one `similar`", 12.0, BENCH);
const MEMORY: Constant = constant("bytes of memory in a server", 128e9, SUPPOSED);
const SHARE: Constant = constant("share of it that holds what is hot", 0.5, SUPPOSED);
const CORES: Constant = constant("cores of a server", 16.0, SUPPOSED);
const BUSY: Constant = constant("share of the cores that are at work", 0.5, SUPPOSED);

/// Every figure of a plan.
const CONSTANTS: [Constant; 10] = [PAPER, HOT, RATINGS, RATING, WALK, SERVE, MEMORY, SHARE, CORES, BUSY];

impl PlanCluster {
    /// The plan. Each shard walks through an index of its own for every request, so shards share memory, not work; copies
    /// share work.
    pub fn plan(self) -> ClusterPlan {
        let [papers, readers, queries] =
            [self.papers.get(), self.readers.get(), self.queries.get()].map(f64::from);
        let hot = papers * HOT.value;
        let n_holding = (hot / (MEMORY.value * SHARE.value)).ceil().max(1.0);
        let busy_cores = queries * WALK.value / 1e3;
        let n_copies = (busy_cores / (CORES.value * BUSY.value)).ceil();
        ClusterPlan {
            papers_bytes: (papers * PAPER.value) as u64,
            ratings_bytes: (readers * RATINGS.value * RATING.value) as u64,
            hot_bytes: hot as u64,
            shards: if n_holding > 1.0 { n_holding as u64 } else { 0 },
            memory_bytes: (hot / n_holding / SHARE.value) as u64,
            replicas: (n_copies as u64).saturating_sub(1).max(1),
            busy_cores,
            serve_cores: queries * SERVE.value / 1e3,
            constants: CONSTANTS.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(papers: u32, queries: u32) -> ClusterPlan {
        let of = |n| Whole::new(n).unwrap();
        PlanCluster {
            papers: of(papers),
            readers: Whole::new(1_000).unwrap(),
            queries: Whole::new(queries).unwrap(),
        }
        .plan()
    }

    #[test]
    fn memory_asks_for_shards_and_work_for_copies() {
        let small = plan(200_000, 10);
        assert_eq!((small.shards, small.replicas), (0, 1), "one server, and one that takes its place");
        let fits = (MEMORY.value * SHARE.value / HOT.value) as u32;
        assert_eq!((plan(fits, 1).shards, plan(fits + 1, 1).shards), (0, 2));
        let large = plan(10 * fits, 10);
        assert_eq!((large.shards, large.replicas), (10, 1));
        assert!(large.memory_bytes as f64 <= MEMORY.value);
        let busy = plan(200_000, (3.5 * CORES.value * BUSY.value * 1e3 / WALK.value) as u32);
        assert_eq!((busy.shards, busy.replicas), (0, 3));
    }
}
