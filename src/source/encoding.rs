//! Whatever a file is written in, the readers see UTF-8.
//!
//! What counts, in this order: a byte order mark; the zeros of UTF-16; that the bytes are valid UTF-8, which
//! other encodings hardly ever are; what the file declares; what its bytes look like. A declaration comes so
//! late because editors convert a file and leave the line that says otherwise.

use std::io::{self, BufRead, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    Decoder, Encoding, ISO_2022_JP, ISO_8859_2, ISO_8859_4, ISO_8859_10, ISO_8859_13, ISO_8859_16,
    REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257,
    WINDOWS_1258,
};

/// Detection window in bytes, from the first that is no ASCII. One accented name tells little, a megabyte of
/// them enough, and it is all that is kept in memory.
const WINDOW: usize = 1 << 20;

/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

/// Bytes at the beginning in which a declaration is looked for.
const HEAD: usize = 4 << 10;

/// Fewer letters beyond ASCII do not tell one Latin alphabet from another.
const FEW: usize = 10;

/// The Latin alphabets of one byte a letter. In their texts hardly two letters in a row look like one of UTF-8.
const LATIN: [&Encoding; 10] = [
    WINDOWS_1252,
    WINDOWS_1250,
    WINDOWS_1254,
    WINDOWS_1257,
    WINDOWS_1258,
    ISO_8859_2,
    ISO_8859_4,
    ISO_8859_10,
    ISO_8859_13,
    ISO_8859_16,
];

/// An input as UTF-8. Damaged UTF-8 stays as it is: each reader knows best what a damaged byte costs.
pub(super) struct Decoded<R> {
    input: R,
    state: State,
    declared: Option<&'static Encoding>,
    /// Letters of UTF-8 that were seen, beyond ASCII.
    n_letters: usize,
    /// What was read and not decoded yet.
    raw: Vec<u8>,
    ended: bool,
    /// Why reading failed. It comes up when all before it has been given out.
    failed: Option<(io::ErrorKind, String)>,
    /// What is ready, and how much of it was given out.
    ready: Vec<u8>,
    given: usize,
}

enum State {
    Beginning,
    /// UTF-8 as far as it was seen.
    Utf8,
    /// UTF-8, whatever else comes.
    DamagedUtf8,
    Other(Decoder),
    /// All was decoded.
    Ended,
}

impl<R: BufRead> Decoded<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            state: State::Beginning,
            declared: None,
            n_letters: 0,
            raw: Vec::new(),
            ended: false,
            failed: None,
            ready: Vec::new(),
            given: 0,
        }
    }

    /// Reads until `n` bytes wait to be decoded, or no more come.
    fn read_up_to(&mut self, n: usize) {
        while self.raw.len() < n && !self.ended && self.failed.is_none() {
            match self.input.fill_buf() {
                Ok([]) => self.ended = true,
                Ok(chunk) => {
                    let taken = chunk.len().min(n - self.raw.len());
                    self.raw.extend_from_slice(&chunk[..taken]);
                    self.input.consume(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.failed = Some((error.kind(), error.to_string())),
            }
        }
    }

    /// Decodes the next piece; nothing is ready afterwards if the input has ended.
    fn refill(&mut self) {
        self.ready.clear();
        self.given = 0;
        while self.ready.is_empty() {
            self.read_up_to(CHUNK);
            if self.raw.is_empty() && !matches!(self.state, State::Other(_)) {
                return;
            }
            match &mut self.state {
                State::Beginning => self.begin(),
                State::Utf8 => self.utf8(),
                State::DamagedUtf8 => self.ready.append(&mut self.raw),
                State::Other(decoder) => {
                    let is_last = self.ended || self.failed.is_some();
                    decode(decoder, &self.raw, is_last, &mut self.ready);
                    self.raw.clear();
                    if is_last {
                        // A decoder may not be asked again after its last bytes.
                        self.state = State::Ended;
                        return;
                    }
                }
                State::Ended => return,
            }
        }
    }

    fn begin(&mut self) {
        let head = &self.raw[..self.raw.len().min(HEAD)];
        let (marked, length) = Encoding::for_bom(head).unwrap_or((UTF_8, 0));
        self.declared = declared(head);
        let wide = if marked == UTF_8 { by_zeros(head) } else { Some(marked) };
        let seven_bits = self.declared.filter(|encoding| *encoding == ISO_2022_JP);
        self.state = wide.or(seven_bits).map_or(State::Utf8, decoder_of);
        self.raw.drain(..length);
    }

    /// Gives out what is valid UTF-8; decides where it stops to be.
    fn utf8(&mut self) {
        let seen = valid_up_to(&self.raw);
        let ascii = self.raw.iter().position(|b| !b.is_ascii());
        // The first letters are waited for as well: a piece of GBK may look like UTF-8, a megabyte of it not.
        let doubtful = if self.n_letters == 0 { ascii } else { seen };
        let Some(start) = doubtful else { return self.give_utf8() };
        self.read_up_to(start + WINDOW);
        let window = &self.raw[start..];
        let (n_letters, n_damaged) = count(window);
        if n_damaged == 0 {
            return self.give_utf8();
        }
        if self.n_letters + n_letters >= n_damaged {
            self.state = State::DamagedUtf8;
            return;
        }
        let (start, encoding) = self.other(start);
        self.state = decoder_of(encoding);
        let rest = self.raw.split_off(start);
        self.ready = std::mem::replace(&mut self.raw, rest);
    }

    /// Which encoding what waits is in, and from where on. Letters of UTF-8 before a Latin text are what they
    /// seem to be: somebody appended the one to the other.
    fn other(&self, start: usize) -> (usize, &'static Encoding) {
        let from = |start: usize| {
            let before = self.raw[..start].iter().rposition(|b| !b.is_ascii()).map_or(0, |at| at + 1);
            let declared = self.declared.filter(|encoding| fits(encoding, &self.raw[start..]));
            declared.unwrap_or_else(|| detected(&self.raw[before..]))
        };
        let damaged = valid_up_to(&self.raw).unwrap_or(start);
        Some((damaged, from(damaged)))
            .filter(|(_, encoding)| LATIN.contains(encoding))
            .unwrap_or_else(|| (start, from(start)))
    }

    /// Gives out all that waits, but for a letter of which only a part was read.
    fn give_utf8(&mut self) {
        let whole = match std::str::from_utf8(&self.raw) {
            Err(error) if !self.ended && self.failed.is_none() => error.valid_up_to(),
            _ => self.raw.len(),
        };
        self.n_letters += self.raw[..whole].iter().filter(|b| **b >= 0xc0).count();
        let rest = self.raw.split_off(whole);
        self.ready = std::mem::replace(&mut self.raw, rest);
        if self.ready.is_empty() {
            self.read_up_to(self.raw.len() + CHUNK);
        }
    }
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.given == self.ready.len() {
            self.refill();
            if let (true, Some((kind, message))) = (self.ready.is_empty(), &self.failed) {
                return Err(io::Error::new(*kind, message.clone()));
            }
        }
        Ok(&self.ready[self.given..])
    }

    fn consume(&mut self, n: usize) {
        self.given = (self.given + n).min(self.ready.len());
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

fn decoder_of(encoding: &'static Encoding) -> State {
    State::Other(encoding.new_decoder_without_bom_handling())
}

/// Appends what bytes say; true if some say nothing in this encoding.
fn decode(decoder: &mut Decoder, raw: &[u8], is_last: bool, ready: &mut Vec<u8>) -> bool {
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(raw.len()).unwrap_or(raw.len()));
    let (_, _, damaged) = decoder.decode_to_string(raw, &mut text, is_last);
    ready.append(&mut text.into_bytes());
    damaged
}

/// Where a text stops being UTF-8; a letter that is cut off at its end may still become one.
fn valid_up_to(raw: &[u8]) -> Option<usize> {
    let error = std::str::from_utf8(raw).err()?;
    error.error_len().map(|_| error.valid_up_to())
}

/// How many letters beyond ASCII are whole, and how many pieces are none.
fn count(window: &[u8]) -> (usize, usize) {
    let (mut n_letters, mut n_damaged) = (0, 0);
    let mut last: &[u8] = &[];
    for chunk in window.utf8_chunks() {
        n_letters += chunk.valid().bytes().filter(|b| *b >= 0xc0).count();
        n_damaged += usize::from(!chunk.invalid().is_empty());
        last = chunk.invalid();
    }
    // A window that is full ends inside a letter.
    let is_cut = || std::str::from_utf8(last).is_err_and(|error| error.error_len().is_none());
    (n_letters, n_damaged - usize::from(window.len() >= WINDOW && is_cut()))
}

/// Whether bytes can be written in what a file declares. Every byte is a letter of Latin-1.
fn fits(encoding: &'static Encoding, window: &[u8]) -> bool {
    if [UTF_8, UTF_16LE, UTF_16BE, REPLACEMENT].contains(&encoding) {
        return false;
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    encoding.is_single_byte() || !decode(&mut decoder, window, false, &mut Vec::new())
}

fn detected(window: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(window, true);
    let found = detector.guess(None, Utf8Detection::Deny);
    let are_few = || window.iter().filter(|byte| !byte.is_ascii()).count() < FEW;
    if LATIN.contains(&found) && are_few() { WINDOWS_1252 } else { found }
}

/// UTF-16 without a mark: every other byte of what all formats begin with is zero.
fn by_zeros(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head[..head.len().min(512)].chunks_exact(2);
    let n = pairs.len();
    let (mut first, mut second) = (0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0 && pair[1] != 0);
        second += usize::from(pair[1] == 0 && pair[0] != 0);
    }
    // The Chinese number one has a zero as well, in the other place.
    match (3 * first > n, 3 * second > n) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// What a file says it is written in: XML in its first line, BibTeX in a remark of JabRef's, BibDesk's, Emacs'
/// or TeX's.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if let Some(line) = text.strip_prefix("<?xml") {
        let (_, value) = line.split_once("?>")?.0.split_once("encoding")?;
        return named(value.trim_start().strip_prefix('=')?);
    }
    let remarks = text.split(['\n', '\r']).filter_map(|line| line.trim_start().strip_prefix('%'));
    remarks.map(str::to_ascii_lowercase).find_map(|line| {
        let (_, value) = line.split_once("coding")?;
        named(value).or_else(|| of_bibdesk(value))
    })
}

/// The encoding of a name, as Java and Windows write it as well: `Cp1252`, `ISO8859_1`, `MacRoman`.
fn named(text: &str) -> Option<&'static Encoding> {
    let text = text.trim_start_matches([':', '=', ' ', '\t', '"', '\'']);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c)).unwrap_or(text.len());
    let name = text[..end].to_ascii_lowercase().replace('_', "-");
    let windows =
        || name.strip_prefix("cp").or_else(|| name.strip_prefix("ms")).map(|n| format!("windows-{n}"));
    let known = |name: &str| Encoding::for_label(name.as_bytes());
    match name.as_str() {
        "macroman" => known("macintosh"),
        "cp932" => known("shift-jis"),
        "cp936" | "ms936" => known("gbk"),
        "cp950" | "ms950" => known("big5"),
        name => known(name).or_else(|| known(&windows()?)),
    }
}

/// `Saved with string encoding Western (ISO Latin 1)`
fn of_bibdesk(value: &str) -> Option<&'static Encoding> {
    const NAMES: [(&str, &str); 4] = [
        ("iso latin 1", "iso-8859-1"),
        ("windows latin 1", "windows-1252"),
        ("iso latin 2", "iso-8859-2"),
        ("mac os roman", "macintosh"),
    ];
    let (_, label) = NAMES.iter().find(|(name, _)| value.contains(name))?;
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use encoding_rs::{BIG5, EUC_KR, GBK, MACINTOSH, SHIFT_JIS};

    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        Decoded::new(BufReader::with_capacity(7, bytes)).read_to_end(&mut out).unwrap();
        String::from_utf8_lossy(&out).into_owned()
    }

    fn utf16(text: &str, of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(of).collect()
    }

    #[test]
    fn marks_and_zeros() {
        let text = "TY  - JOUR\nTI  - Émile 一 é\n";
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), text);
        for of in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(read(&utf16(text, of)), text);
            assert_eq!(read(&utf16(&format!("\u{feff}{text}"), of)), text);
        }
        assert_eq!(read(b""), "");
        assert_eq!(read(b"\xef\xbb\xbf"), "");
    }

    #[test]
    fn what_declares_nothing_is_detected() {
        let long = |text: &str| format!("@article{{a, title = {{{text}}}}}\n").repeat(20);
        for (encoding, text) in [
            (WINDOWS_1252, long("Über Größen – Étude des réseaux")),
            (GBK, long("基于深度学习的图像分割方法研究")),
            (EUC_KR, long("확산모델을 이용한 이미지생성")),
            (SHIFT_JIS, long("大規模言語モデルの評価手法")),
            (BIG5, long("臺灣的圖書館學與資訊科學研究")),
        ] {
            let (bytes, _, _) = encoding.encode(&text);
            assert_eq!(read(&bytes), text, "{}", encoding.name());
        }
    }

    #[test]
    fn a_declaration_counts_where_the_bytes_allow_it() {
        for (declaration, encoding) in [
            ("<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?>", ISO_8859_2),
            ("<?xml version='1.0' encoding = 'iso-8859-2' standalone='yes'?>", ISO_8859_2),
            ("% This file was made by a program.\n% Encoding: ISO8859_2\n", ISO_8859_2),
            ("%% -*- coding: latin2 -*-\n", ISO_8859_2),
            ("% Encoding: MacRoman\n", MACINTOSH),
            ("%% Saved with string encoding Western (Mac OS Roman)\n", MACINTOSH),
            ("% Encoding: Cp1252\n", WINDOWS_1252),
        ] {
            let text = format!("{declaration} Möbius");
            let (bytes, _, _) = encoding.encode(&text);
            assert_eq!(read(&bytes), text);
            assert_eq!(read(text.as_bytes()), text, "valid UTF-8 is UTF-8");
        }
        for wrong in
            ["% Encoding: UTF-8\n", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>", "% Encoding: EUC_KR\n"]
        {
            let text = format!("{wrong}Über Größen, réseaux et théories");
            let (bytes, _, _) = WINDOWS_1252.encode(&text);
            assert_eq!(read(&bytes), text, "{wrong}");
        }
    }

    #[test]
    fn a_few_accents_are_western() {
        for word in
            ["Ciência", "naïve", "Señor", "Gödel", "café", "Århus", "Études à la carte", "Müller, Jörg"]
        {
            let text = format!("@article{{a, title = {{On {word}}}}}\n");
            let (bytes, _, _) = WINDOWS_1252.encode(&text);
            assert_eq!(read(&bytes), text);
        }
        let text = "@article{a, title = {Zażółć gęślą jaźń, pchnąć w tę łódź jeża}}\n".repeat(5);
        let (bytes, _, _) = ISO_8859_2.encode(&text);
        assert_eq!(read(&bytes), text, "many are what they look like");
    }

    #[test]
    fn what_is_appended_to_utf8_changes_nothing_before_it() {
        let (before, after) = ("@misc{a, title = {Größe}}\n", "@misc{b, title = {Über Möbel für Fälle}}\n");
        let (bytes, _, _) = WINDOWS_1252.encode(after);
        assert_eq!(read(&[before.as_bytes(), &bytes].concat()), format!("{before}{after}"));
    }

    #[test]
    fn damaged_utf8_stays_utf8() {
        let text = "Étude à Zürich\n".repeat(10);
        let mut bytes = text.clone().into_bytes();
        bytes[0] = b' ';
        bytes.push(0xe9);
        assert_eq!(read(&bytes), format!(" \u{fffd}{}\u{fffd}", &text[2..]));
    }

    #[test]
    fn the_first_letter_may_stand_far_behind() {
        for n in [CHUNK - 1, CHUNK, 3 * WINDOW] {
            let plain = "a".repeat(n);
            for tail in [&b"\xe9t\xe9 \xe0 la m\xeame heure"[..], "été à la même heure".as_bytes()] {
                let bytes = [plain.as_bytes(), tail].concat();
                assert!(read(&bytes).ends_with("aété à la même heure"), "{n}");
            }
        }
        let later =
            ["é ".repeat(3).as_bytes(), "a".repeat(2 * WINDOW).as_bytes(), &b"\xe9t\xe9 ".repeat(9)].concat();
        assert!(
            read(&later).starts_with("é é é aaa")
                && read(&later).ends_with("aété été été été été été été été été ")
        );
        // Letters of two and three bytes lie across the end of the window.
        for letter in ["é", "图"] {
            let text = format!("x{}", letter.repeat(WINDOW / 2 + 10));
            assert_eq!(read(text.as_bytes()), text);
        }
    }
}
