//! The parameters of a graph.

use serde::{Deserialize, Serialize};

/// How rich a graph is built. The standard parameters of HNSW (Malkov and Yashunin 2016) are `M` and
/// `ef_construction`; the third is that of a refinement of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Shape {
    /// `M`: half the links that a node has at most. 8 to 48.
    pub links: usize,
    /// `ef_construction`: how many candidates are kept while a new node's links are chosen.
    pub candidates: usize,
    /// The same when all links are chosen anew, twice; with 0 they are not.
    pub second_look: usize,
    /// How many threads insert. With one, the same vectors make the same graph, byte by byte; with
    /// more, the order of insertion is left to chance, and so are some links: the recall is the
    /// same, the bytes and now and then a tenth neighbour are not.
    pub threads: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self { links: 16, candidates: 40, second_look: 200, threads: 1 }
    }
}
