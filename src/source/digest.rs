//! The daily digest in Markdown: `### [title](link)`, an image, votes, authors, bullets; and what other digests
//! do: numbers and emphasis in headings, links below them, lists and tables of links.
//!
//! Read line by line rather than as Markdown: real digests hold brackets inside titles, links
//! without parentheses and lists that are none, where a Markdown parser loses the entry.

use std::collections::VecDeque;
use std::io::BufRead;

use jiff::civil::Date;

use super::lines::Lines;
use super::markdown::{self, Link, unescape};
use super::{Parsed, Place, authors, day_in_name, excerpt, latex, leading_day};
use crate::paper::{Language, Listing, Paper, PaperId, Votes, is_hangul, one_line};

/// The source's name in listings and votes.
const SOURCE: &str = "digest";

/// The entries of a digest.
pub(super) struct Digest<R> {
    lines: Lines<R>,
    day: Option<Date>,
    open: Option<Entry>,
    /// A heading that links no paper; the link may follow.
    heading: Option<Heading>,
    /// The names of a table's columns.
    columns: Vec<String>,
    ready: VecDeque<Parsed>,
    /// Whether anything was read, and the first line that was not.
    found: bool,
    unread: Option<usize>,
    ended: bool,
}

/// An entry of which more may come.
struct Entry {
    paper: Paper,
    bullets: Vec<String>,
    /// Whether it stands under a heading, so that lists belong to it.
    is_headed: bool,
}

struct Heading {
    number: usize,
    level: usize,
    title: String,
    /// The lines below it, up to the link.
    below: Vec<String>,
}

impl Heading {
    /// Whether it is meant as an entry, so that its paper is missed: others are parts of the digest.
    fn is_entry(&self) -> bool {
        self.level == 3 || self.title.contains("](http")
    }
}

/// So many lines below a heading are kept while its link is waited for.
const BELOW: usize = 20;

impl<R: BufRead> Digest<R> {
    pub(super) fn new(input: R, day: Option<Date>) -> Self {
        Self {
            lines: Lines::new(input),
            day,
            open: None,
            heading: None,
            columns: Vec::new(),
            ready: VecDeque::new(),
            found: false,
            unread: None,
            ended: false,
        }
    }

    fn line(&mut self, number: usize, line: &str) {
        let text = line.trim();
        if text.is_empty() {
            return;
        }
        if let Some((level, heading)) = heading(text)
            && self.heading(number, level, heading)
        {
            return;
        }
        if self.open.as_ref().is_some_and(|entry| entry.is_headed) || self.below_heading(text) {
            return self.body(text);
        }
        if let Some((title, rest, link)) = self.item(text) {
            // The heading was of a part of the digest.
            self.heading = None;
            self.close();
            let mut entry = self.entry(&title, &link, false);
            described(&mut entry, &rest);
            self.open = Some(entry);
        } else if self.open.is_some() && !text.starts_with('|') {
            self.body(text);
        } else if self.heading.is_none() {
            self.unread.get_or_insert(number);
        }
    }

    /// Takes a heading; false if it is none, but a line of the entry that is open.
    fn heading(&mut self, number: usize, level: usize, heading: &str) -> bool {
        let link = headed(heading);
        if let Some((title, link)) = link {
            let generic = markdown::says_nothing(&title);
            if level > 3 && (generic || self.open.as_ref().is_some_and(|entry| entry.paper.id == link.id)) {
                return false;
            }
            self.close();
            let mut entry = self.entry(&title, &link, true);
            described(&mut entry, link.after);
            self.open = Some(entry);
            return true;
        }
        if level > 3 && (self.open.is_some() || self.heading.is_some()) {
            return false;
        }
        self.close();
        if level < 3 {
            let day = day_in_name(heading);
            self.day = day.or(self.day);
            if level == 1 || day.is_some() {
                return true;
            }
        }
        let title = markdown::unmarked(heading).to_owned();
        self.heading = Some(Heading { number, level, title, below: Vec::new() });
        true
    }

    /// Takes a line below a heading that links no paper; true if the heading is an entry now.
    fn below_heading(&mut self, text: &str) -> bool {
        let Some(heading) = &mut self.heading else { return false };
        // A link with a text of its own is a paper of a list, unless it stands behind `Paper:`.
        let link = markdown::link(text).filter(|link| {
            let label = markdown::unmarked(link.before);
            let is_label = markdown::says_nothing(label) && !text.starts_with('|');
            is_label && (markdown::says_nothing(link.text) || label.contains(char::is_alphabetic))
        });
        match link {
            Some(link) => {
                let Some(heading) = self.heading.take() else { return false };
                let entry = self.entry(&heading.title, &link, true);
                self.open = Some(entry);
                heading.below.iter().for_each(|line| self.body(line));
                true
            }
            None => {
                if heading.below.len() < BELOW {
                    heading.below.push(text.to_owned());
                }
                false
            }
        }
    }

    /// The title, the rest and the link of a line of a list or a table that is a paper.
    fn item<'a>(&mut self, text: &'a str) -> Option<(String, String, Link<'a>)> {
        if text.starts_with('|') {
            return self.row(text);
        }
        self.columns.clear();
        let link = markdown::link(text)?;
        if self.open.as_ref().is_some_and(|entry| entry.paper.id == link.id) {
            return None;
        }
        let before = markdown::unmarked(link.before);
        if !markdown::says_nothing(link.text) {
            let is_item = before.is_empty() || markdown::is_bullet(text);
            return is_item.then(|| (link.text.to_owned(), link.after.to_owned(), link));
        }
        // `- **Goats** - Dee Diaz - [arXiv](link)`, `- Goats ([arXiv](link))`
        let emphasised = link.before.split("**").nth(1).filter(|bold| bold.contains(char::is_alphabetic));
        let (title, rest) = match emphasised {
            Some(bold) => (markdown::unmarked(bold), link.before.rsplit("**").next().unwrap_or_default()),
            None => (before.trim_end_matches([' ', '(', '[', ':', '-', '–', '—', '|', '*', '_']), ""),
        };
        let rest =
            format!("{} ({}", rest.trim_end_matches([' ', '(', '[', '-', '–', '—', '|', '.']), link.after);
        title.contains(char::is_alphabetic).then(|| (title.trim_end_matches(':').to_owned(), rest, link))
    }

    fn row<'a>(&mut self, text: &'a str) -> Option<(String, String, Link<'a>)> {
        let (cells, is_rule) = markdown::cells(text);
        let Some(link) = markdown::link(text) else {
            if !is_rule {
                self.columns = cells.iter().map(|cell| markdown::unmarked(cell).to_lowercase()).collect();
            }
            return None;
        };
        let column = |names: [&str; 3]| {
            let at = self.columns.iter().position(|column| names.iter().any(|name| column.starts_with(name)));
            at.and_then(|at| cells.get(at).copied()).filter(|cell| !cell.is_empty())
        };
        let is_title = |cell: &&str| {
            cell.contains(char::is_alphabetic)
                && !cell.contains("](")
                && markdown::categories(cell).is_empty()
        };
        let title = match markdown::says_nothing(link.text) {
            false => link.text.to_owned(),
            true => {
                let named = column(["title", "paper", "name"]).filter(|cell| is_title(cell));
                let longest = || cells.iter().copied().filter(is_title).max_by_key(|cell| cell.len());
                markdown::unmarked(named.or_else(longest)?).to_owned()
            }
        };
        let people = column(["author", "by", "people"]).map(|cell| format!(" - {cell}"));
        let votes = column(["vote", "upvote", "👍"]).map(|cell| format!(" ({cell} votes)"));
        Some((title, people.unwrap_or_default() + &votes.unwrap_or_default(), link))
    }

    fn entry(&self, title: &str, link: &Link<'_>, is_headed: bool) -> Entry {
        let mut paper = Paper::new(link.id.clone(), latex::decode(&unescape(title)));
        paper.version = link.version;
        paper.listings.extend(self.day.map(|day| Listing {
            day,
            source: SOURCE.to_owned(),
            announced: Default::default(),
        }));
        Entry { paper, bullets: Vec::new(), is_headed }
    }

    fn body(&mut self, text: &str) {
        if let Some(entry) = &mut self.open {
            body(entry, text);
        }
    }

    fn close(&mut self) {
        if let Some(heading) = self.heading.take().filter(Heading::is_entry) {
            let message =
                format!("expected `### [title](link)`, but the heading is `{}`", excerpt(&heading.title));
            self.found = true;
            self.ready.push_back(Err((Place::Line(heading.number), message)));
        }
        let Some(Entry { mut paper, bullets, .. }) = self.open.take() else { return };
        for votes in &mut paper.votes {
            votes.at = self.day;
        }
        for (language, bullet) in by_language(bullets) {
            let summary = paper.summaries.entry(language).or_default();
            if !summary.is_empty() {
                summary.push('\n');
            }
            summary.push_str(&bullet);
        }
        self.found = true;
        self.ready.push_back(Ok(paper));
    }

    /// Closes what is open at the end; a file of which nothing was read says so.
    fn end(&mut self) {
        self.ended = true;
        self.close();
        if let Some(number) = self.unread.filter(|_| !self.found) {
            let message = format!("no paper was found; {LOOKED_FOR}");
            self.ready.push_back(Err((Place::Line(number), message)));
        }
    }
}

/// What an entry of a digest looks like.
const LOOKED_FOR: &str = "looked for headings like `### [title](https://arxiv.org/abs/2404.15653)`, and for lists \
    and tables that link papers of arXiv or DOIs";

impl<R: BufRead> Iterator for Digest<R> {
    type Item = Parsed;

    fn next(&mut self) -> Option<Parsed> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Some(found);
            }
            match self.lines.next() {
                Some((number, Ok(line))) => self.line(number, &line),
                Some((number, Err(message))) => {
                    self.found = true;
                    return Some(Err((Place::Line(number), message)));
                }
                None if self.ended => return None,
                None => self.end(),
            }
        }
    }
}

/// The level of a heading and what it says.
fn heading(text: &str) -> Option<(usize, &str)> {
    let level = text.bytes().take_while(|b| *b == b'#').count();
    let said = text[level..].strip_prefix(' ').filter(|_| (1..=6).contains(&level))?;
    Some((level, said.trim()))
}

/// The title and the link of a heading that links a paper.
fn headed(heading: &str) -> Option<(String, Link<'_>)> {
    let link = markdown::link(heading)?;
    let before = link.before.trim();
    let title = match markdown::says_nothing(link.text) && !before.is_empty() {
        true => markdown::unmarked(before).trim_end_matches([' ', '(', '[', ':', '-', '–', '—', '|']),
        false => link.text,
    };
    let emphasised = ["**", "*", "__"].iter().find_map(|mark| title.strip_prefix(mark)?.strip_suffix(mark));
    let title = emphasised.unwrap_or(title);
    Some((title.to_owned(), link))
}

/// Whether a line of a digest is an entry: a heading, an item of a list, or a row of a table, with a link.
pub(super) fn begins_entry(line: &str) -> bool {
    let shaped = line.starts_with(['#', '|']) || markdown::is_bullet(line) || line.starts_with("**");
    line.starts_with("### [") || shaped && line.contains("](") && markdown::link(line).is_some()
}

/// What stands behind the link of an entry: `(12 votes)`, ` - Dee Diaz`.
fn described(entry: &mut Entry, rest: &str) {
    if let Some(count) = markdown::votes(rest) {
        entry.paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
    }
    let parts = rest.split(['(', '·', '•', '|', '👍', '⬆', '🔼']);
    let said: Vec<&str> = parts.map(without_signs).collect();
    if let Some(people) = said.iter().find_map(|part| people(part)) {
        entry.paper.authors = people;
    } else if let Some(words) = said.first()
        && words.split_whitespace().count() > 3
        && !words.contains("](")
    {
        entry.bullets.push(bullet(words));
    }
}

fn without_signs(text: &str) -> &str {
    let text = text.trim_matches([' ', '*', '_', '-', '–', '—', ':', ',', '.', ')', ']']);
    text.strip_prefix("by ").unwrap_or(text)
}

/// The names of a line that is made of people's names.
fn people(text: &str) -> Option<Vec<String>> {
    let names = authors::split(text);
    let is_name = |name: &String| {
        let n_words = name.split_whitespace().count();
        let starts = |word: &str| word.starts_with(|c: char| c.is_uppercase() || !c.is_ascii());
        (2..=5).contains(&n_words)
            && name.split_whitespace().next_back().is_some_and(starts)
            && !name.contains(|c: char| c.is_ascii_digit() || "[]()<>:!?".contains(c))
            && name.split_whitespace().filter(|word| !starts(word)).all(|word| word.len() <= 3)
    };
    (!names.is_empty() && names.iter().all(is_name)).then_some(names)
}

/// One line below a heading: a field, a picture, or a bullet.
fn body(entry: &mut Entry, text: &str) {
    let paper = &mut entry.paper;
    if let Some(count) = text.strip_prefix("Vote:") {
        // `-` and everything else that is no number is unknown, which is not zero.
        if let Ok(count) = count.trim().parse() {
            paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
        }
    } else if let Some(names) = text.strip_prefix("Authors:") {
        paper.authors = names_of(unescape(names).trim());
    } else if let Some((kind, address)) = media(text) {
        paper.facts.entry(kind.to_owned()).or_insert(address);
    } else if !field(entry, text) && !is_frame(text) {
        entry.bullets.push(bullet(text));
    }
}

/// Lines that only part others: rules, and the tags of a part that folds.
fn is_frame(text: &str) -> bool {
    let is_rule =
        text.len() >= 3 && ["-", "*", "_", "- ", "* "].iter().any(|sign| text.replace(sign, "").is_empty());
    is_rule || ["<details", "</details", "<summary", "<br"].iter().any(|tag| text.starts_with(tag))
}

/// Takes a field as other digests write it; false if the line is none.
fn field(entry: &mut Entry, text: &str) -> bool {
    let Entry { paper, bullets, is_headed } = entry;
    let italic = ["*", "_"].iter().find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark));
    if let Some(names) = italic.filter(|_| paper.authors.is_empty() && bullets.is_empty()).and_then(people) {
        paper.authors = names;
        return true;
    }
    let n_words = text.split_whitespace().count();
    if let Some(count) = markdown::votes(text).filter(|_| n_words <= 4 && paper.votes.is_empty()) {
        paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
        return true;
    }
    // The list below an item of a list is all of fields.
    let item = if *is_headed { text } else { markdown::unmarked(text) };
    let Some((name, value)) = markdown::label(text).or_else(|| markdown::label(item)) else { return false };
    match name.as_str() {
        "authors" | "author" | "author(s)" => paper.authors = names_of(unescape(value).trim()),
        "main category" | "primary category" | "category" | "categories" | "subjects" => {
            let categories = markdown::categories(value);
            if categories.is_empty() {
                return false;
            }
            paper.categories = categories;
        }
        "abstract" if !value.is_empty() && paper.abstract_text.is_empty() => {
            paper.abstract_text = one_line(&latex::decode(&unescape(value)));
        }
        "tl;dr" | "tldr" if !value.is_empty() => bullets.push(bullet(value)),
        "published" | "submitted" if leading_day(value).is_some() => paper.published = leading_day(value),
        "link" | "links" | "paper" | "paper link" | "url" | "arxiv" | "arxiv id" | "pdf" | "abs" => {
            let named = markdown::link(value).map(|link| link.id);
            return named.or_else(|| Some(PaperId::parse(value).ok()?.0)).is_some_and(|id| id == paper.id);
        }
        _ => return false,
    }
    true
}

/// The names, whether separated by commas or written as a Python list.
fn names_of(text: &str) -> Vec<String> {
    let Some(list) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) else {
        return authors::split(text);
    };
    let mut names = Vec::new();
    let mut rest = list;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = &rest[start..=start];
        let inner = &rest[start + 1..];
        // The closing quote stands before a comma or the end; others belong to a name.
        let end = inner
            .match_indices(quote)
            .map(|(at, _)| at)
            .find(|at| matches!(inner[at + 1..].trim_start().chars().next(), None | Some(',')));
        let Some(end) = end else { break };
        names.push(authors::clean(&inner[..end]));
        rest = &inner[end + 1..];
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The address of a line that only shows a picture or a film.
fn media(text: &str) -> Option<(&'static str, String)> {
    if let Some(link) = text.strip_prefix("![") {
        let address = link.split_once("](")?.1.trim_end().strip_suffix(')')?;
        return (!address.is_empty()).then(|| ("image", address.to_owned()));
    }
    if let Some(link) = text.strip_prefix("[Watch Video]") {
        // Some digests left out the parentheses.
        let address = link.trim_start_matches('(').trim_end_matches(')').trim();
        return Some(("video", address.to_owned()));
    }
    if !text.starts_with('<') {
        return None;
    }
    let (kind, tag) = match (text.find("<video"), text.find("<img")) {
        (Some(at), _) => ("video", &text[at..]),
        (None, Some(at)) => ("image", &text[at..]),
        (None, None) => return None,
    };
    let value = tag.split_once("src=")?.1;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some((kind, value[1..].split(quote).next()?.to_owned()))
}

/// A bullet without its marker and without emphasis. Numbers stay: they are part of the text.
fn bullet(text: &str) -> String {
    let text = text.strip_prefix("- ").or_else(|| text.strip_prefix("* ")).unwrap_or(text);
    one_line(&unescape(&text.replace("***", "").replace("**", "")))
}

/// Sorts the bullets of one entry by language. Among Korean bullets, only one without a single
/// Korean letter is English: technical Korean may be nine tenths English terms.
fn by_language(bullets: Vec<String>) -> impl Iterator<Item = (Language, String)> {
    let whole = Language::of(&bullets.join("\n"));
    bullets.into_iter().map(move |bullet| {
        let language = match whole {
            Language::Ko if bullet.contains(is_hangul) => Language::Ko,
            Language::Ko => Language::En,
            Language::En => Language::of(&bullet),
        };
        (language, bullet)
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str) -> Vec<Parsed> {
        Digest::new(text.as_bytes(), None).collect()
    }

    fn papers(text: &str) -> Vec<Paper> {
        read(text).into_iter().map(|found| found.unwrap()).collect()
    }

    #[test]
    fn an_entry_with_everything() {
        let [paper] = &papers(
            "## Daily Papers (2024-04-25)\n\n\
             ### [CatLIP: CLIP-level Recognition](https://arxiv.org/abs/2404.15653)\n\n\
             ![](https://example.org/2404.15653.png)\n\nVote: 9\n\n\
             Authors: Sachin Mehta, Maxwell Horton\n\n\
             - 사전 훈련을 분류 문제로 바꾸었다.\n- 훈련이 더 빠르다.\n  - (1) 세부 사항.\n1) 번호.\n",
        )[..] else {
            panic!("one entry")
        };
        assert_eq!(paper.id.as_str(), "2404.15653");
        assert_eq!(paper.title, "CatLIP: CLIP-level Recognition");
        assert_eq!(paper.authors, ["Sachin Mehta", "Maxwell Horton"]);
        assert_eq!(paper.listings[0].day, date(2024, 4, 25));
        assert_eq!(paper.votes, [Votes { source: "digest".into(), at: Some(date(2024, 4, 25)), count: 9 }]);
        assert_eq!(paper.facts["image"], "https://example.org/2404.15653.png");
        assert_eq!(
            paper.summaries[&Language::Ko],
            "사전 훈련을 분류 문제로 바꾸었다.\n훈련이 더 빠르다.\n(1) 세부 사항.\n1) 번호."
        );
    }

    #[test]
    fn titles_with_brackets_escapes_and_formulas() {
        let titles: Vec<String> = papers(
            "### [Not Sure: an [IDK] Token](https://arxiv.org/abs/2412.06676)\n\
             ### [GPT-[n] at [2](x)](https://arxiv.org/abs/2412.06677)\n\
             ### [Faster by $\\\\sim$20: $\\lambda$ and Poincar\\'e](https://arxiv.org/abs/2412.06678v2)\n",
        )
        .into_iter()
        .map(|paper| paper.title)
        .collect();
        assert_eq!(
            titles,
            ["Not Sure: an [IDK] Token", "GPT-[n] at [2](x)", "Faster by $\\sim$20: $\\lambda$ and Poincaré"]
        );
    }

    #[test]
    fn an_unknown_vote_is_not_zero() {
        let votes: Vec<Option<u32>> = papers(
            "### [A](https://arxiv.org/abs/2404.00001)\nVote: 0\n### [B](https://arxiv.org/abs/2404.00002)\nVote: -\n\
             ### [C](https://arxiv.org/abs/2404.00003)\n",
        )
        .iter()
        .map(Paper::top_votes)
        .collect();
        assert_eq!(votes, [Some(0), None, None]);
    }

    #[test]
    fn films_in_every_spelling() {
        for line in [
            "[Watch Video](https://example.org/a.mp4)",
            "[Watch Video]https://example.org/a.mp4",
            "<div><video controls src=\"https://example.org/a.mp4\" muted=\"false\"></video></div>",
            "<video src='https://example.org/a.mp4'></video>",
        ] {
            let found = papers(&format!("### [A](https://arxiv.org/abs/2404.00001)\n{line}\n- 글.\n"));
            assert_eq!(found[0].facts["video"], "https://example.org/a.mp4", "{line}");
            assert_eq!(found[0].summaries[&Language::Ko], "글.");
        }
    }

    #[test]
    fn authors_as_a_python_list() {
        let found = papers(
            "### [A](https://arxiv.org/abs/2404.00001)\nAuthors: ['Ann Bee', \"Dan O'Neil\", 'Eve d'Arc']\n",
        );
        assert_eq!(found[0].authors, ["Ann Bee", "Dan O'Neil", "Eve d'Arc"]);
    }

    #[test]
    fn english_bullets_go_to_the_english_summary() {
        let found = papers(
            "### [A](https://arxiv.org/abs/2404.00001)\n- ***What's New***: 새로운 방법이다.\n\
             - It is faster.\n- Transformer encoder decoder attention token embedding 사용.\n",
        );
        assert_eq!(found[0].summaries[&Language::En], "It is faster.");
        assert_eq!(
            found[0].summaries[&Language::Ko],
            "What's New: 새로운 방법이다.\nTransformer encoder decoder attention token embedding 사용."
        );
    }

    #[test]
    fn headings_of_other_digests() {
        for heading in [
            "### [1] [Goats at Sea](https://arxiv.org/abs/2404.16030)",
            "### 1. [Goats at Sea](https://arxiv.org/abs/2404.16030)",
            "### **[Goats at Sea](https://arxiv.org/abs/2404.16030)**",
            "### [**Goats at Sea**](https://arxiv.org/abs/2404.16030)",
            "## [Goats at Sea](<https://arxiv.org/abs/2404.16030>)",
            "#### [Goats at Sea](https://huggingface.co/papers/2404.16030) (12 votes)",
            "# 7) [Goats at Sea](https://arxiv.org/abs/2404.16030) [[PDF]](https://arxiv.org/pdf/2404.16030)",
            "### Goats at Sea ([arXiv](https://arxiv.org/abs/2404.16030))",
            "## 2. Goats at Sea\n**Link:** https://arxiv.org/abs/2404.16030",
            "#### Goats at Sea\n- **arXiv ID:** 2404.16030",
            "### Goats at Sea\n\n- **Paper**: [2404.16030](https://arxiv.org/abs/2404.16030)",
            "**Goats at Sea** [pdf](https://arxiv.org/pdf/2404.16030)",
        ] {
            assert!(heading.lines().next().is_some_and(begins_entry) || heading.contains('\n'), "{heading}");
            let found = papers(&format!("# Of 2024-04-25\n\n{heading}\n*Ann Abel, Carl Borg*\n"));
            assert_eq!(found.len(), 1, "{heading}");
            assert_eq!(
                (found[0].id.as_str(), found[0].title.as_str()),
                ("2404.16030", "Goats at Sea"),
                "{heading}"
            );
            assert_eq!(found[0].authors, ["Ann Abel", "Carl Borg"], "{heading}");
            assert_eq!(found[0].listings[0].day, date(2024, 4, 25));
        }
    }

    #[test]
    fn lists_and_tables_of_links() {
        for line in [
            "- [Goats](https://arxiv.org/abs/2404.16030) (12 votes)",
            "* **[Goats](https://arxiv.org/abs/2404.16030)** - Ann Abel, Carl Borg · 👍 12",
            "1. Goats: https://arxiv.org/abs/2404.16030 👍 12",
            "1. **Goats** - Ann Abel, Carl Borg - [arXiv:2404.16030](https://arxiv.org/abs/2404.16030)\n   - Votes: 12",
            "- [Goats](https://arxiv.org/abs/2404.16030)\n  - Authors: Ann Abel\n  - Upvotes: 12",
            "- [ ] Goats [[arXiv]](https://arxiv.org/abs/2404.16030) 12 upvotes",
            "| n | Title | Authors | Votes | Link |\n|---|:--|---|---|---|\n| 1 | Goats | Ann Abel | 12 | [pdf](https://arxiv.org/pdf/2404.16030) |",
        ] {
            let found = papers(&format!(
                "## cs.CL\n\n{line}\n- [Sheep](https://doi.org/10.1000/sheep)\n  - about sheep and wool\n"
            ));
            let titles: Vec<&str> = found.iter().map(|paper| paper.title.as_str()).collect();
            assert_eq!(titles, ["Goats", "Sheep"], "{line}");
            assert_eq!(found[0].top_votes(), Some(12), "{line}");
            assert_eq!(found[0].authors.is_empty(), !line.contains("Ann"), "{line}");
            assert_eq!(found[1].summaries[&Language::En], "about sheep and wool");
        }
    }

    #[test]
    fn fields_of_other_digests() {
        let found = papers(
            "### [1] [Goats](https://arxiv.org/abs/2404.16030)\n*Ann Abel*\n\nMain category: cs.CV\n\nTL;DR: They climb.\n\
             <details>\n  <summary>Details</summary>\nMotivation: Rocks.\n\nAbstract: We watch goats.\n\n</details>\n---\n\
             - **Upvotes:** 7\n- **Link**: https://arxiv.org/abs/2404.16030v2\n",
        );
        let goats = &found[0];
        assert_eq!(
            (goats.abstract_text.as_str(), &goats.categories[..]),
            ("We watch goats.", &["cs.CV".to_owned()][..])
        );
        assert_eq!(goats.summaries[&Language::En], "They climb.\nMotivation: Rocks.");
        assert_eq!(goats.top_votes(), Some(7));
    }

    #[test]
    fn a_digest_of_which_nothing_was_read_says_so() {
        let found = read("# Papers of 2024-04-25\n\nNothing here links a paper.\n");
        assert!(
            matches!(&found[..], [Err((Place::Line(3), message))] if message.contains("looked for")),
            "{found:?}"
        );
        assert_eq!(read("## Daily Papers (2024-04-25)\n\n"), [], "a day without papers");
        let other =
            read("## [Goats](https://example.org/goats)\n\n## [Sheep](https://arxiv.org/abs/2404.16030)\n");
        assert!(other[0].is_err() && other[1].is_ok(), "{other:?}");
    }

    #[test]
    fn a_broken_heading_costs_only_its_own_entry() {
        let found = read(
            "## Daily Papers (2024-04-25)\n### no link\n- lost\n### [Odd](https://example.org/1)\n\
             ### [B](https://arxiv.org/abs/2404.00002)\n## Daily Papers (2024-04-25)\n",
        );
        let problem = |i: usize| found[i].as_ref().unwrap_err();
        assert_eq!(problem(0).0, Place::Line(2));
        assert_eq!(problem(1).0, Place::Line(4));
        let last = found[2].as_ref().unwrap();
        assert_eq!((last.id.as_str(), last.summaries.len()), ("2404.00002", 0));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn the_hint_counts_only_where_the_heading_names_no_day() {
        let text = "### [A](https://arxiv.org/abs/2404.00001)\n## 2024-04-26\n### [B](https://arxiv.org/abs/2404.00002)";
        let days: Vec<Date> = Digest::new(text.as_bytes(), Some(date(2024, 4, 1)))
            .map(|found| found.unwrap().listings[0].day)
            .collect();
        assert_eq!(days, [date(2024, 4, 1), date(2024, 4, 26)]);
    }
}
