//! paperpick's own JSON lines: one [`Paper`] a line.

use std::io::BufRead;

use super::{Found, lines};
use crate::paper::Paper;

/// The papers of an export. A line of another kind names that kind, and is no paper.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Found> {
    lines::each(input, |line| serde_json::from_str::<Paper>(line).map_err(|error| error.to_string()))
}
