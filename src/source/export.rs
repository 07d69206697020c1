//! paperpick's own JSON lines: one [`Paper`] a line, and beside the papers what a library knows
//! besides: lines that name their kind under `beside`.

use std::io::BufRead;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::{Parsed, lines};
use crate::paper::Paper;

/// The lines of other kinds that were met so far.
pub(super) type Beside = Arc<Mutex<Vec<Value>>>;

/// How a line of another kind begins.
pub(super) const BESIDE: &str = "{\"beside\":";

/// The papers of an export; what stands beside them is put aside.
pub(super) fn papers(input: impl BufRead, beside: Beside) -> impl Iterator<Item = Parsed> {
    let read = move |line: &str| {
        if !line.starts_with(BESIDE) {
            return serde_json::from_str::<Paper>(line).map(Some).map_err(|error| error.to_string());
        }
        let value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if let Ok(mut beside) = beside.lock() {
            beside.push(value);
        }
        Ok(None)
    };
    lines::each(input, read).filter_map(Result::transpose)
}
