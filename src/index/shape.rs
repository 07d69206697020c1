//! The parameters of a graph.

use serde::{Deserialize, Serialize};

/// How rich a graph is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Half the links that a paper has at most. 8 to 48.
    pub links: usize,
    /// How many candidates are looked at for a new paper's links.
    pub candidates: usize,
    /// How many are looked at when all links are chosen anew, twice; with 0 they are not.
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
