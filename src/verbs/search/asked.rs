//! What somebody types to search: words, `"a phrase"`, `-word`, `author:NAME`, `category:cs.CL` and days.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::error::{Error, Result};
use crate::paper::{Within, is_hangul, one_line};

/// What a search asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Asked {
    /// The words that are to be said or meant, those of the phrases among them, without any sign.
    pub words: String,
    /// What is to stand word by word.
    pub phrases: Vec<String>,
    /// What is not to stand there.
    pub without: Vec<String>,
    /// Names of authors, each of which is to be among the paper's.
    pub authors: Vec<String>,
    /// Words that signs belong to, in small letters, such as `c++`.
    pub literal: Vec<String>,
    /// The days and the categories.
    pub within: Within,
}

impl Asked {
    /// Reads what was typed. A name before a colon that is none of ours is a word like others.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a day that is none, and for a sign that cannot stand before its word.
    pub fn read(typed: &str) -> Result<Self> {
        let mut asked = Self::default();
        let mut rest = typed.trim_start();
        while !rest.is_empty() {
            let (part, after) = Part::first(rest);
            asked.take(part)?;
            rest = after.trim_start();
        }
        Ok(asked)
    }

    /// Whether any condition is more than words.
    pub fn is_strict(&self) -> bool {
        ![&self.phrases, &self.without, &self.authors, &self.literal].iter().all(|list| list.is_empty())
    }

    fn take(&mut self, part: Part<'_>) -> Result<()> {
        let text = one_line(part.text);
        if text.is_empty() {
            return Ok(());
        }
        match (part.is_unwanted, part.field) {
            (true, None) => self.without.push(text),
            (true, Some(field)) => {
                let why =
                    format!("`-{field}:` is not understood; `-word` and `-\"a phrase\"` leave papers out");
                return Err(Error::Invalid(why));
            }
            (_, Some("author")) => self.authors.push(text),
            (_, Some("category")) => {
                self.within.categories.extend(text.split(',').map(|name| name.trim().to_owned()))
            }
            (_, Some("since")) => self.within.since = Some(days(&text)?.0),
            (_, Some("until")) => self.within.until = Some(days(&text)?.1),
            (_, Some(_)) => {
                let (first, last) = days(&text)?;
                (self.within.since, self.within.until) = (Some(first), Some(last));
            }
            (_, None) if part.is_phrase => {
                self.say(&text);
                self.phrases.push(text);
            }
            (_, None) => {
                if let Some(field) = unknown_field(&text) {
                    let known = FIELDS.map(|field| format!("{field}:")).join(", ");
                    let why =
                        format!("`{field}:` is no condition; there are {known}. In quotes it is a phrase");
                    return Err(Error::Invalid(why));
                }
                if has_signs(&text) {
                    self.literal.push(text.to_lowercase());
                }
                self.say(&text);
            }
        }
        Ok(())
    }

    fn say(&mut self, text: &str) {
        if !self.words.is_empty() {
            self.words.push(' ');
        }
        self.words.push_str(text);
    }
}

/// One thing that was typed.
struct Part<'a> {
    is_unwanted: bool,
    field: Option<&'static str>,
    is_phrase: bool,
    text: &'a str,
}

/// The fields that can be named; `on` is a day, a month or a year.
const FIELDS: [&str; 5] = ["author", "category", "since", "until", "on"];

impl<'a> Part<'a> {
    /// The first thing of a text that begins with one, and what follows.
    fn first(text: &'a str) -> (Self, &'a str) {
        let bare = text
            .strip_prefix('-')
            .filter(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || is_quote(c)));
        let (is_unwanted, text) = bare.map_or((false, text), |rest| (true, rest));
        let field = FIELDS.into_iter().find_map(|field| {
            let rest = text.get(field.len()..)?.strip_prefix(':')?;
            let is_meant = text[..field.len()].eq_ignore_ascii_case(field) && !rest.trim_start().is_empty();
            is_meant.then_some((field, rest.trim_start()))
        });
        let (field, text) = field.map_or((None, text), |(field, rest)| (Some(field), rest));
        let (is_phrase, (text, after)) = match text.strip_prefix(is_quote) {
            Some(quoted) => (true, quoted.split_once(is_quote).unwrap_or((quoted, ""))),
            None => (false, text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))),
        };
        (Self { is_unwanted, field, is_phrase, text }, after)
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”')
}

/// What stands before a colon, where it looks like a condition: `autor:Kerbl`.
fn unknown_field(word: &str) -> Option<&str> {
    let (field, value) = word.split_once(':')?;
    let is_name = (field.len() >= 3 && field.chars().all(char::is_lowercase)) || field.chars().all(is_hangul);
    (is_name && value.starts_with(char::is_alphanumeric)).then_some(field)
}

/// Whether signs at the end of a word belong to it: `c++`, `f#`.
fn has_signs(word: &str) -> bool {
    let bare = word.trim_end_matches(['+', '#']);
    bare.len() < word.len()
        && bare.chars().count() <= 3
        && bare.chars().all(char::is_alphanumeric)
        && !bare.is_empty()
}

/// The first and the last day of a day, a month or a year.
fn days(text: &str) -> Result<(Date, Date)> {
    let wrong = || Error::Invalid(format!("`{text}` is no day; expected 2025-05-20, 2025-05 or 2025"));
    if let Ok(day) = text.parse::<Date>() {
        return Ok((day, day));
    }
    let (year, month) = text.split_once('-').map_or((text, None), |(year, month)| (year, Some(month)));
    if year.len() != 4 {
        return Err(wrong());
    }
    let year: i16 = year.parse().map_err(|_| wrong())?;
    let (first, length) = match month {
        Some(month) => (Date::new(year, month.parse().map_err(|_| wrong())?, 1), 1.month()),
        None => (Date::new(year, 1, 1), 1.year()),
    };
    let first = first.map_err(|_| wrong())?;
    let next = first.checked_add(length).map_err(|_| wrong())?;
    Ok((first, next.yesterday().map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(typed: &str) -> Asked {
        Asked::read(typed).unwrap()
    }

    #[test]
    fn what_is_typed_is_told_apart() {
        let all = asked(
            "\"speculative decoding\" draft -tree -\"early exit\" author:\"Yaniv Leviathan\" category:cs.CL since:2024-02 until:2024 c++",
        );
        assert_eq!(all.words, "speculative decoding draft c++");
        assert_eq!(all.phrases, ["speculative decoding"]);
        assert_eq!(all.without, ["tree", "early exit"]);
        assert_eq!(all.authors, ["Yaniv Leviathan"]);
        assert_eq!(all.literal, ["c++"]);
        assert_eq!(all.within.categories, ["cs.CL"]);
        let day = |y, m, d| Some(jiff::civil::date(y, m, d));
        assert_eq!((all.within.since, all.within.until), (day(2024, 2, 1), day(2024, 12, 31)));
        assert_eq!(asked("on:2024-02").within.until, day(2024, 2, 29));
        assert_eq!(asked("author: Bengio category:cs.CL,cs.CV x").authors, ["Bengio"]);
        assert_eq!(asked("author: Bengio category:cs.CL,cs.CV x").within.categories, ["cs.CL", "cs.CV"]);
    }

    /// A hyphen within a word, a sign by itself and a colon in a title are no syntax.
    #[test]
    fn titles_are_words() {
        for title in
            ["GPT-4: a state-of-the-art study", "A - B", "Author", "확산 모델", "3D + time", "x = -y - z"]
        {
            let asked = asked(title);
            assert_eq!(
                asked.words.split_whitespace().count() + asked.without.len(),
                title.split_whitespace().count()
            );
            assert!(
                asked.phrases.is_empty() && asked.authors.is_empty() && asked.literal.is_empty(),
                "{title}"
            );
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_nothing_else_is() {
        for typed in [
            "since:yesterday",
            "on:2024-13",
            "until:2024-02-30",
            "-author:x",
            "since:99999",
            "autor:Kerbl",
            "저자:LeCun",
        ] {
            assert!(matches!(Asked::read(typed), Err(Error::Invalid(_))), "{typed}");
        }
        for typed in ["", "\"", "-", "-\"", "author:", "author:\"", "\"\" \"", "“한 국", ":", "c+++"] {
            assert!(Asked::read(typed).is_ok(), "{typed}");
        }
    }
}
