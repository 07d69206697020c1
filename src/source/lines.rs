//! Lines of a text format, one at a time and bounded.

use std::io::BufRead;

use super::{MAX_ENTRY_BYTES, Place};

/// Numbered lines without their ends, which are LF, CRLF, or the CR of old Macs. A line that is too long is a
/// problem of that line, and an input that fails ends with a problem.
pub(super) struct Lines<R> {
    input: R,
    number: usize,
    ended: bool,
    /// Whether a byte that is no UTF-8 is a problem of its line, or costs no more than its letter.
    strict: bool,
    /// Whether the last end was a CR, so that an LF belongs to it.
    after_cr: bool,
    /// Whether the last line had no end.
    cut: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, number: 0, ended: false, strict: false, after_cr: false, cut: false }
    }

    /// Whether the last line that was read is also the last of the input, and stops without an end.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
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
                self.cut = !line.is_empty();
                return Ok(too_long);
            }
            if std::mem::take(&mut self.after_cr) && chunk[0] == b'\n' {
                self.input.consume(1);
                continue;
            }
            let end = chunk.iter().position(|&b| b == b'\n' || b == b'\r');
            let taken = end.unwrap_or(chunk.len());
            too_long |= line.len() + taken > MAX_ENTRY_BYTES;
            if !too_long {
                line.extend_from_slice(&chunk[..taken]);
            }
            self.after_cr = end.is_some_and(|end| chunk[end] == b'\r');
            self.input.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(too_long);
            }
        }
    }

    fn text(&self, line: Vec<u8>) -> Result<String, String> {
        match String::from_utf8(line) {
            Ok(text) => Ok(text),
            Err(error) if self.strict => {
                Err(format!("the line is not UTF-8 from byte {} on", error.utf8_error().valid_up_to() + 1))
            }
            Err(error) => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
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
            Ok(false) => self.text(line),
        };
        Some((self.number, text))
    }
}

/// Every line that is not blank, read as an entry of its own; one that is damaged is a problem.
pub(super) fn each<T>(
    input: impl BufRead,
    mut parse: impl FnMut(&str) -> Result<T, String>,
) -> impl Iterator<Item = Result<T, (Place, String)>> {
    Lines { strict: true, ..Lines::new(input) }.filter_map(move |(number, line)| {
        let entry = match line {
            Ok(line) if line.trim().is_empty() => return None,
            Ok(line) => parse(&line),
            Err(message) => Err(message),
        };
        Some(entry.map_err(|message| (Place::Line(number), message)))
    })
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn every_end_of_a_line_ends_one() {
        for (text, lines) in [
            ("a\nb\n\nc", vec!["a", "b", "", "c"]),
            ("a\r\nb\r\n\r\nc\r\n", vec!["a", "b", "", "c"]),
            ("a\rb\r\rc\r", vec!["a", "b", "", "c"]),
            ("a\r\n\nb", vec!["a", "", "b"]),
        ] {
            for capacity in [1, 2, 100] {
                let input = BufReader::with_capacity(capacity, text.as_bytes());
                let found: Vec<String> = Lines::new(input).map(|(_, line)| line.unwrap()).collect();
                assert_eq!(found, lines, "{text:?}");
            }
        }
    }

    #[test]
    fn a_damaged_letter_costs_its_line_only_where_each_line_is_an_entry() {
        let text = b"one\ntw\xff\n";
        assert_eq!(Lines::new(&text[..]).last().unwrap().1.unwrap(), "tw\u{fffd}");
        assert!(each(&text[..], |line| Ok(line.to_owned())).last().unwrap().is_err());
    }
}
