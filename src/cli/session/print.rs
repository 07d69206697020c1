//! Answers on stdout, talk on stderr: the one place that writes to a terminal, and cleans what goes there.
//!
//! Titles, file names and what servers say come from anywhere. Control characters would drive the terminal, and
//! those of bidirectional text would show one thing and mean another.

use std::io::Write;
use std::process::ExitCode;
use std::sync::OnceLock;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use paperpick::Error;
use paperpick::error::in_words;
use paperpick::paper::Language;
pub use paperpick::present::count::{counted, grouped};
use paperpick::present::korean;
use paperpick::progress::Progress;
use paperpick::verbs::{Shaped, Verb};
use serde::Serialize;

use super::settings::Session;

/// Writes a verb's answer: as JSON, with its shape's name, where that was asked for, else as the page.
pub fn answer<V: Verb>(session: &Session, value: &V::Answer, page: &TerminalPage) -> Result<()> {
    shaped(session, V::SHAPE, value, page)
}

/// The same for what only the command line answers.
pub fn shaped(
    session: &Session,
    shape: &'static str,
    value: &impl Serialize,
    page: &TerminalPage,
) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if session.json {
        let text =
            serde_json::to_string_pretty(&Shaped { shape, answer: value }).map_err(std::io::Error::from)?;
        writeln!(out, "{}", escaped(&text))?;
    } else {
        out.write_all(page.shown().as_bytes())?;
    }
    Ok(out.flush()?)
}

/// Writes what was done, unless quiet is wanted: JSON is asked for, a page of counts is talk.
pub fn said<V: Verb>(session: &Session, value: &V::Answer, page: &TerminalPage) -> Result<()> {
    if session.json || session.talk { answer::<V>(session, value, page) } else { Ok(()) }
}

/// Says something beside the answer.
pub fn talk(session: &Session, line: impl AsRef<str>) {
    say(session.talk, &korean::said(session.language, line.as_ref()));
}

fn say(is_wanted: bool, line: &str) {
    if is_wanted {
        // Talk that nobody can hear is no failure.
        let _ = writeln!(std::io::stderr(), "{}", harmless(line));
    }
}

/// Says on stderr what went wrong and what to do; the exit code that goes with it.
pub fn report(error: &anyhow::Error, language: Language) -> ExitCode {
    let Failure { nothing, error, hint, exit } = Failure::of(error);
    let said = |text: &str| korean::said(language, text);
    let hint = hint.map(|hint| format!("{}: {}\n", said("hint"), said(&hint))).unwrap_or_default();
    let what = said(if nothing { "nothing to show" } else { "error" });
    let text = format!("{what}: {}\n{hint}", said(&error));
    // Nobody is left to tell if this fails.
    let _ = std::io::stderr().write_all(harmless(&text).as_bytes());
    ExitCode::from(exit)
}

/// The same where JSON is asked for: programs read it on stdout, people on stderr.
pub fn report_in_json(error: &anyhow::Error, language: Language) -> ExitCode {
    if let Ok(text) = serde_json::to_string_pretty(&Shaped { shape: "error/1", answer: &Failure::of(error) })
    {
        let _ = writeln!(std::io::stdout(), "{}", escaped(&text));
    }
    report(error, language)
}

/// What went wrong, or that there is nothing to show.
#[derive(Serialize)]
struct Failure {
    nothing: bool,
    error: String,
    hint: Option<String>,
    exit: u8,
}

impl Failure {
    fn of(error: &anyhow::Error) -> Self {
        let known = error.chain().find_map(|cause| cause.downcast_ref::<Error>());
        let nothing = matches!(known, Some(Error::NothingListed(_)));
        Self {
            nothing,
            error: told(error),
            hint: known.and_then(Error::hint),
            exit: if nothing { 1 } else { 2 },
        }
    }
}

/// An error with its causes; some say their cause themselves.
pub fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.downcast_ref().map_or_else(|| cause.to_string(), in_words);
        if !text.contains(&cause) {
            text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
        }
    }
    text
}

/// Where bold and dim begin and end in a page: noncharacters, which Unicode keeps for use within a program.
const BOLD: char = '\u{fdd0}';
const DIM: char = '\u{fdd1}';
const PLAIN: char = '\u{fdd2}';

/// Text for a terminal: bold and dim where colour is wanted.
pub struct TerminalPage {
    text: String,
    colour: bool,
    language: Language,
}

impl TerminalPage {
    /// An empty page.
    pub fn new(session: &Session) -> Self {
        Self { text: String::new(), colour: session.colour, language: session.language }
    }

    /// Adds a line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(&self.said(line.as_ref()));
        self.text.push('\n');
    }

    /// A line in the language of the page; bold where it began so.
    fn said(&self, line: &str) -> String {
        if self.language == Language::En || line.contains('\n') {
            return line.to_owned();
        }
        let mark = line.trim_start().chars().next().filter(|c| [BOLD, DIM].contains(c));
        let bare: String = line.chars().filter(|c| ![BOLD, DIM, PLAIN].contains(c)).collect();
        match (korean::in_korean(&bare), mark) {
            (None, _) => line.to_owned(),
            (Some(told), None) => told,
            (Some(told), Some(mark)) => format!("{mark}{told}{PLAIN}"),
        }
    }

    /// Adds another page.
    pub fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
    }

    /// Bold.
    pub fn bold(&self, text: &str) -> String {
        self.painted(BOLD, text)
    }

    /// Dim.
    pub fn dim(&self, text: &str) -> String {
        self.painted(DIM, text)
    }

    fn painted(&self, mark: char, text: &str) -> String {
        if self.colour { format!("{mark}{text}{PLAIN}") } else { text.to_owned() }
    }

    /// As it goes to the terminal: the only escapes in it are our own.
    fn shown(&self) -> String {
        let text = harmless(&self.text);
        if !self.colour {
            return text;
        }
        let codes = [(BOLD, "\u{1b}[1m"), (DIM, "\u{1b}[2m"), (PLAIN, "\u{1b}[0m")];
        codes.into_iter().fold(text, |text, (mark, code)| text.replace(mark, code))
    }
}

/// The first authors, and how many more there are.
pub fn authors(names: &[String]) -> String {
    match names {
        [a, b, rest @ ..] if rest.len() > 1 => format!("{a}, {b} and {} more", rest.len()),
        _ => names.join(", "),
    }
}

/// One line without what drives a terminal or turns the order of letters around.
pub fn clean(text: &str) -> String {
    text.chars().filter(|&c| !is_harmful(c)).collect()
}

/// The same of several lines.
pub fn harmless(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, '\n' | '\t') || !is_harmful(c)).collect()
}

/// JSON in which such characters are escaped, so that nothing is lost.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // JSON has these between its values only.
            '\n' => text.push(c),
            c if is_harmful(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// Control characters (C0, C1, delete), and marks, embeddings, overrides and isolates of bidirectional text.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A progress bar on a terminal, drawn from the first item on; elsewhere only what is told.
pub struct Bar {
    bar: OnceLock<ProgressBar>,
    shown: bool,
    talk: bool,
    label: &'static str,
    total: Option<u64>,
}

impl Bar {
    /// A bar for `total` items, or a count where the total is not known.
    pub fn new(session: &Session, label: &'static str, total: Option<usize>) -> Self {
        let total = total.map(|n| n as u64);
        Self { bar: OnceLock::new(), shown: session.bars, talk: session.talk, label, total }
    }

    fn start(&self) -> ProgressBar {
        let style = |template| {
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
        };
        let bar = match self.total {
            Some(total) => {
                ProgressBar::new(total).with_style(style("{prefix} {wide_bar} {human_pos}/{human_len} {eta}"))
            }
            None => ProgressBar::new_spinner().with_style(style("{prefix} {human_pos} ({per_sec})")),
        };
        bar.with_prefix(self.label)
    }
}

impl Progress for Bar {
    fn advance(&self, n: usize) {
        if self.shown {
            self.bar.get_or_init(|| self.start()).inc(n as u64);
        }
    }

    fn tell(&self, what: &str) {
        if self.shown {
            self.bar.get_or_init(|| self.start()).println(clean(what));
        } else {
            say(self.talk, what);
        }
    }
}

/// A progress bar a file that is fetched.
#[cfg(feature = "onnx")]
pub struct Downloads<'a> {
    session: &'a Session,
    bar: std::cell::RefCell<Option<(String, ProgressBar)>>,
}

#[cfg(feature = "onnx")]
impl<'a> Downloads<'a> {
    /// Nothing is fetched yet.
    pub fn new(session: &'a Session) -> Self {
        Self { session, bar: std::cell::RefCell::new(None) }
    }

    /// Shows how far a file has come; without bars it says which one.
    pub fn tell(&self, download: paperpick::embed::onnx::Download<'_>) {
        let mut current = self.bar.borrow_mut();
        if current.as_ref().is_none_or(|(file, _)| file != download.file) {
            let bar = if self.session.bars {
                let style = ProgressStyle::with_template("{prefix} {wide_bar} {bytes}/{total_bytes} {eta}");
                ProgressBar::new(download.total)
                    .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            } else {
                talk(self.session, format!("fetching {}", download.file));
                ProgressBar::hidden()
            };
            *current = Some((download.file.to_owned(), bar.with_prefix(download.file.to_owned())));
        }
        if let Some((_, bar)) = &*current {
            bar.set_length(download.total);
            bar.set_position(download.done);
            if download.done == download.total {
                bar.finish_and_clear();
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
