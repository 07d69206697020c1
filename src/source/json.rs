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
    /// How many of these are braces.
    n_braces: usize,
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
            b'{' | b'[' if self.open.len() < MAX_ENTRY_BYTES => {
                self.open.push(byte);
                self.n_braces += usize::from(byte == b'{');
            }
            b'}' => self.close(b'{', self.n_braces),
            b']' => self.close(b'[', self.open.len() - self.n_braces),
            _ => {}
        }
        byte != b'"'
    }

    /// Closes a bracket, if `n_open` says that there is one like it. Those inside it that were never closed end
    /// with it.
    fn close(&mut self, opener: u8, n_open: usize) {
        while n_open > 0
            && let Some(last) = self.open.pop()
        {
            self.n_braces -= usize::from(last == b'{');
            if last == opener {
                return;
            }
        }
    }
}

impl<R: BufRead> Items<R> {
    pub(super) fn new(input: R, keys: &'static [&'static str]) -> Self {
        Self { input: input.bytes(), keys, started: false, ended: false, bare: false }
    }

    /// The same, where objects may stand without an array around them.
    pub(super) fn or_objects(mut input: R, keys: &'static [&'static str]) -> Self {
        let head = input.fill_buf().unwrap_or_default();
        let bare = head.trim_ascii_start().starts_with(b"{") && Items::new(head, keys).start().is_err();
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
            if outside && byte == b'}' && nesting.open.is_empty() {
                break;
            }
            if nesting.open.len() >= MAX_ENTRY_BYTES {
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
                    let is_whole = self.bare && item.is_empty();
                    return (!is_whole).then(|| Err("the file ends inside the list".to_owned()));
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(stopped(error)));
                }
                Some(Ok(byte)) => byte,
            };
            let at_top = nesting.open.is_empty() && !nesting.in_string;
            let is_between = item.is_empty() && byte.is_ascii_whitespace();
            if at_top && (is_between || self.bare && byte == b',') {
                continue;
            }
            let too_long = || Err(format!("the item is longer than {MAX_ENTRY_BYTES} bytes"));
            if at_top && !self.bare && (byte == b',' || byte == b']') {
                self.ended = byte == b']';
                return match (item.is_empty(), self.ended) {
                    (true, true) => None,
                    _ if length > MAX_ENTRY_BYTES => Some(too_long()),
                    _ => Some(Ok(item)),
                };
            }
            let outside = nesting.take(byte);
            length += 1;
            if length <= MAX_ENTRY_BYTES {
                item.push(byte);
            } else {
                // Nothing of an item that is refused is kept, but its end must be found.
                item.truncate(1);
            }
            if self.bare && outside && byte == b'}' && nesting.open.is_empty() {
                return Some(if length > MAX_ENTRY_BYTES { too_long() } else { Ok(item) });
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
    fn a_list_is_one_in_the_first_object() {
        for one in
            [r#"{"data": "a [1]", "b": {"data": [1]}}"#, "{\"a\": \"data\", \"b\": [1]} {\"data\": [1]}"]
        {
            let first = Items::or_objects(one.as_bytes(), &["data"]).next().unwrap().unwrap();
            assert!(first.starts_with(b"{") && first.ends_with(b"}"), "{one}");
        }
    }

    #[test]
    fn what_is_too_long_costs_no_other_item() {
        let long = format!("\n{{\"a\": \"{}\"}}\n", "x".repeat(MAX_ENTRY_BYTES));
        let lengths = |text: &str| -> Vec<Option<usize>> {
            let items = Items::or_objects(text.as_bytes(), &["data"]);
            items.map(|item| item.ok().map(|item| item.len())).collect()
        };
        assert_eq!(lengths(&format!("{{}}{long}{{}}{long}")), [Some(2), None, Some(2), None]);
        assert_eq!(lengths(&format!("[{{}},{long},{{}},{long}]")), [Some(2), None, Some(2), None]);
        assert_eq!(lengths(&format!("{{}}{}", " ".repeat(MAX_ENTRY_BYTES + 9))), [Some(2)]);
    }

    #[test]
    fn many_brackets_that_do_not_match_take_no_time() {
        let n = 300_000;
        let text = format!("[1, {}{}, 2]", "{".repeat(n), "]".repeat(n));
        let start = std::time::Instant::now();
        assert_eq!(items(&text)[0], Ok("1".to_owned()));
        assert!(start.elapsed().as_secs() < 10);
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
