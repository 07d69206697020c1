//! Lines of a text format, one at a time and bounded.

use std::io::BufRead;

use super::{MAX_ENTRY_BYTES, Place};

/// Numbered lines without their ends; a line that is too long or is not UTF-8 is a problem of
/// that line, and an input that fails ends with a problem.
pub(super) struct Lines<R> {
    input: R,
    number: usize,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, number: 0, ended: false }
    }

    /// Appends up to the next line end; true if the line was longer than an entry may be.
    fn fill(&mut self, line: &mut Vec<u8>) -> std::io::Result<bool> {
        let mut too_long = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                self.ended = true;
                return Ok(too_long);
            }
            let end = chunk.iter().position(|&b| b == b'\n');
            let taken = end.unwrap_or(chunk.len());
            too_long |= line.len() + taken > MAX_ENTRY_BYTES;
            if !too_long {
                line.extend_from_slice(&chunk[..taken]);
            }
            self.input.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(too_long);
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = (usize, Result<String, String>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut line = Vec::new();
        self.number += 1;
        let filled = self.fill(&mut line);
        let text = match filled {
            Err(error) => {
                self.ended = true;
                Err(super::stopped(error))
            }
            Ok(true) => Err(format!("the line is longer than {MAX_ENTRY_BYTES} bytes")),
            Ok(false) if line.is_empty() && self.ended => return None,
            Ok(false) => {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                String::from_utf8(line).map_err(|error| {
                    format!("the line is not UTF-8 from byte {} on", error.utf8_error().valid_up_to() + 1)
                })
            }
        };
        Some((self.number, text))
    }
}

/// Every line that is not blank, read as an entry of its own.
pub(super) fn each<T>(
    input: impl BufRead,
    mut parse: impl FnMut(&str) -> Result<T, String>,
) -> impl Iterator<Item = Result<T, (Place, String)>> {
    Lines::new(input).filter_map(move |(number, line)| {
        let entry = match line {
            Ok(line) if line.trim().is_empty() => return None,
            Ok(line) => parse(&line),
            Err(message) => Err(message),
        };
        Some(entry.map_err(|message| (Place::Line(number), message)))
    })
}
