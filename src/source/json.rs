//! The items of a JSON array, one at a time, however the array is laid out.

use std::io::{BufRead, Bytes};

use super::{MAX_ENTRY_BYTES, stopped};

/// Cuts the text of a JSON array into the texts of its items without reading them, so that an
/// item which is no valid JSON does not hide the others.
///
/// The array is the whole input, or the value of one of `keys` in the object that is the input; or there is no
/// array, and the input is one object after the other.
pub(super) struct Items<R> {
    input: Bytes<R>,
    keys: &'static [&'static str],
    started: bool,
    ended: bool,
    /// Whether there is no array.
    bare: bool,
}

/// What stands between two bytes: open brackets, and whether inside a string.
#[derive(Default)]
struct Nesting {
    open: Vec<u8>,
    in_string: bool,
    escaped: bool,
}

impl Nesting {
    /// Takes one byte; true if it stands outside of every string.
    fn take(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                // No JSON string holds a line end: here a closing quote is missing.
                b'"' | b'\n' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.open.push(byte),
            b'}' | b']' => {
                let opener = if byte == b'}' { b'{' } else { b'[' };
                // A bracket that was never closed ends with the one around it.
                if let Some(at) = self.open.iter().rposition(|&b| b == opener) {
                    self.open.truncate(at);
                }
            }
            _ => {}
        }
        byte != b'"'
    }
}

impl<R: BufRead> Items<R> {
    pub(super) fn new(input: R, keys: &'static [&'static str]) -> Self {
        Self { input: input.bytes(), keys, started: false, ended: false, bare: false }
    }

    /// The same, where objects may stand without an array around them.
    pub(super) fn or_objects(mut input: R, keys: &'static [&'static str]) -> Self {
        let head =
            input.fill_buf().map(|head| String::from_utf8_lossy(head).into_owned()).unwrap_or_default();
        let in_array = keys.iter().any(|key| head.contains(&format!("\"{key}\"")));
        let bare = head.trim_start().starts_with('{') && !in_array;
        Self { bare, started: bare, ..Self::new(input, keys) }
    }

    /// Reads up to the array's opening bracket.
    fn start(&mut self) -> Result<(), String> {
        let mut nesting = Nesting::default();
        let (mut key, mut before) = (Vec::new(), Vec::new());
        while let Some(byte) = self.input.next() {
            let byte = byte.map_err(stopped)?;
            if before.len() < 200 {
                before.push(byte);
            }
            let was_in_string = nesting.in_string;
            let depth = nesting.open.len();
            let outside = nesting.take(byte);
            if nesting.in_string && depth == 1 {
                if !was_in_string {
                    key.clear();
                } else if key.len() < 64 {
                    key.push(byte);
                }
            }
            let wanted = || self.keys.iter().any(|k| k.as_bytes() == key);
            if outside && byte == b'[' && (depth == 0 || (depth == 1 && wanted())) {
                return Ok(());
            }
            if nesting.open.len() > MAX_ENTRY_BYTES {
                return Err("brackets are nested too deeply".to_owned());
            }
        }
        let before = String::from_utf8_lossy(&before);
        Err(format!("expected a list of papers, but the answer is `{}`", super::excerpt(&before)))
    }

    /// The bytes up to the next comma or the end of the array, and whether there are any.
    fn cut(&mut self) -> Option<Result<Vec<u8>, String>> {
        let mut item = Vec::new();
        let mut nesting = Nesting::default();
        let mut length = 0_usize;
        loop {
            let byte = match self.input.next() {
                None => {
                    self.ended = true;
                    let is_whole = self.bare && item.iter().all(u8::is_ascii_whitespace);
                    return (!is_whole).then(|| Err("the file ends inside the list".to_owned()));
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(stopped(error)));
                }
                Some(Ok(byte)) => byte,
            };
            let at_top = nesting.open.is_empty() && !nesting.in_string;
            if self.bare && at_top && byte == b',' {
                continue;
            }
            if at_top && !self.bare && (byte == b',' || byte == b']') {
                self.ended = byte == b']';
                let blank = item.iter().all(u8::is_ascii_whitespace);
                return match (blank, self.ended) {
                    (true, true) => None,
                    _ if length > MAX_ENTRY_BYTES => {
                        Some(Err(format!("the item is longer than {MAX_ENTRY_BYTES} bytes")))
                    }
                    _ => Some(Ok(item)),
                };
            }
            nesting.take(byte);
            if self.bare && byte == b'}' && nesting.open.is_empty() && length < MAX_ENTRY_BYTES {
                item.push(byte);
                return Some(Ok(item));
            }
            length += 1;
            if length <= MAX_ENTRY_BYTES {
                item.push(byte);
            } else {
                // Nothing of an item that is refused is kept, but its end must be found.
                item.truncate(1);
                nesting.open.truncate(MAX_ENTRY_BYTES);
            }
        }
    }
}

impl<R: BufRead> Iterator for Items<R> {
    type Item = Result<Vec<u8>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.started {
            self.started = true;
            if let Err(message) = self.start() {
                self.ended = true;
                return Some(Err(message));
            }
        }
        if self.ended { None } else { self.cut() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<Result<String, String>> {
        Items::new(text.as_bytes(), &["data"])
            .map(|item| item.map(|bytes| String::from_utf8(bytes).unwrap().trim().to_owned()))
            .collect()
    }

    fn good(text: &str) -> Vec<String> {
        items(text).into_iter().flatten().collect()
    }

    #[test]
    fn an_array_is_cut_at_its_own_commas() {
        assert_eq!(good(r#" [ {"a": [1, 2]}, "x, ]\"", 3 ] rest"#), [r#"{"a": [1, 2]}"#, r#""x, ]\"""#, "3"]);
        assert_eq!(items("[]"), []);
        assert_eq!(good(r#"{"note": ["no"], "data": [1, 2], "z": [3]}"#), ["1", "2"]);
    }

    #[test]
    fn objects_without_an_array() {
        let objects = |text: &str| -> Vec<String> {
            let items = Items::or_objects(text.as_bytes(), &["data"]);
            items.map(|item| String::from_utf8(item.unwrap()).unwrap().trim().to_owned()).collect()
        };
        assert_eq!(
            objects("{\"a\": [1, {}]}\n {\"b\": \"}\"},{}\n"),
            ["{\"a\": [1, {}]}", "{\"b\": \"}\"}", "{}"]
        );
        assert_eq!(objects("{\"n\": 1, \"data\": [{}, 2]}"), ["{}", "2"]);
        let cut = Items::or_objects(&b"{\"a\": 1} {\"b\""[..], &["data"]);
        assert_eq!(cut.map(|item| item.is_ok()).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_broken_item_ends_where_the_next_begins() {
        // A bracket and a closing quote that are missing.
        assert_eq!(good(r#"[{"a": [1}, {"b": 2}]"#), [r#"{"a": [1}"#, r#"{"b": 2}"#]);
        assert_eq!(good("[{\"a\": \"x\n}, {\"b\": 2}]").last().unwrap(), r#"{"b": 2}"#);
    }

    #[test]
    fn a_file_that_was_cut_off_keeps_what_came_before() {
        let cut = items(r#"[{"a": 1}, {"b""#);
        assert_eq!(cut[0].as_deref(), Ok(r#"{"a": 1}"#));
        assert_eq!(cut[1], Err("the file ends inside the list".to_owned()));
        assert_eq!(cut.len(), 2);
    }

    #[test]
    fn an_answer_without_a_list_is_shown() {
        assert_eq!(
            items(r#"{"error": "no such day"}"#),
            [Err(r#"expected a list of papers, but the answer is `{"error": "no such day"}`"#.to_owned())]
        );
    }
}
