//! The daily digest in Markdown: `### [title](link)`, an image, votes, authors, bullets; and what other digests
//! do: numbers and emphasis in headings, links below them, lists and tables of links.
//!
//! Read line by line rather than as Markdown: real digests hold brackets inside titles, links
//! without parentheses and lists that are none, where a Markdown parser loses the entry.

mod entry;
mod labels;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::BufRead;

use jiff::civil::Date;

use super::lines::Lines;
use super::markdown::{self, Link, unescape};
use super::{Parsed, Place, day_in_name, excerpt};
use crate::paper::{Language, Listing, Paper, PaperId, is_hangul, is_page, latex};
pub(crate) use entry::{BY_MODEL, WRITER};
use entry::{Entry, SOURCE, body, described, is_rule};

/// The entries of a digest.
pub(super) struct Digest<R> {
    lines: Lines<R>,
    day: Option<Date>,
    open: Option<Entry>,
    /// A heading that links no paper; the link may follow.
    heading: Option<Heading>,
    /// The list that the last entry is an item of.
    list: Option<Marker>,
    /// The names of a table's columns.
    columns: Vec<String>,
    ready: VecDeque<Parsed>,
    /// Whether anything was read, and the first line that was not.
    found: bool,
    unread: Option<usize>,
    ended: bool,
}

struct Heading {
    number: usize,
    level: usize,
    title: String,
    /// The lines below it, up to the link.
    below: Vec<String>,
    /// Whether it is the title of a block of labelled lines.
    is_block: bool,
}

impl Heading {
    /// Whether it is meant as an entry, so that its paper is missed: others are parts of the digest.
    fn is_entry(&self) -> bool {
        self.level == 3 || self.is_block || self.title.contains("](http")
    }

    /// What it lacks.
    fn problem(&self) -> String {
        let target = self.title.rsplit_once("](").and_then(|(_, target)| target.split([')', ' ']).next());
        let reason = target.and_then(|target| PaperId::parse(target).err()).map(|error| error.to_string());
        reason.unwrap_or_else(|| {
            format!("expected `### [title](link)`, but the heading is `{}`", excerpt(&self.title))
        })
    }
}

/// How far an item of a list is indented and how it is marked: items of one list have both in common.
#[derive(Clone, Copy, PartialEq)]
struct Marker {
    indent: usize,
    sign: char,
}

impl Marker {
    fn of(line: &str) -> Option<Self> {
        let text = line.trim_start();
        let sign = text.chars().next().filter(|_| markdown::is_bullet(text))?;
        // Numbers differ from item to item.
        let sign = if sign.is_ascii_digit() { '1' } else { sign };
        Some(Self { indent: line.len() - text.len(), sign })
    }
}

/// Whether an item of a list is itself a link to a page.
fn links_page(text: &str) -> bool {
    let link = markdown::unmarked(text).strip_prefix('[').and_then(|link| link.split_once("]("));
    link.is_some_and(|(_, target)| target.trim_start_matches('<').starts_with("http"))
}

/// What an item of a list of papers is that is none.
const OTHER_PAGE: &str = "links to no paper of arXiv and to no DOI";
const NO_TITLE: &str = "links a paper, but no title stands before the link";

/// Lines below a heading that are kept while its link is waited for.
const BELOW: usize = 20;

impl<R: BufRead> Digest<R> {
    pub(super) fn new(input: R, day: Option<Date>) -> Self {
        Self {
            lines: Lines::new(input),
            day,
            open: None,
            heading: None,
            list: None,
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
        if self.block(number, text) {
            return;
        }
        if self.open.as_ref().is_some_and(|entry| entry.is_headed) || self.below_heading(text) {
            return self.body(text);
        }
        let marker = Marker::of(line);
        if let Some((title, rest, link)) = self.item(text) {
            // The heading was of a part of the digest.
            self.heading = None;
            self.close();
            self.list = marker;
            let mut entry = self.entry(&title, &link, false);
            described(&mut entry, &rest);
            self.open = Some(entry);
        } else if let Some(reason) = self.other_item(text, marker) {
            // What is said below it is not of the paper before it.
            self.close();
            self.found = true;
            self.ready.push_back(Err((Place::Line(number), reason.to_owned())));
        } else if self.open.is_some() && !text.starts_with('|') {
            self.body(text);
        } else if self.heading.is_none() {
            self.unread.get_or_insert(number);
        }
    }

    /// Takes the title of a block of labelled lines, and the rule behind one.
    fn block(&mut self, number: usize, text: &str) -> bool {
        let is_block = self.open.as_ref().is_some_and(|entry| entry.is_block);
        if is_block && is_rule(text) {
            self.close();
            return true;
        }
        let is_free = is_block || self.open.as_ref().is_none_or(|entry| !entry.is_headed);
        let Some(title) = labels::block_title(text).filter(|_| is_free) else { return false };
        let link = headed(title);
        if link.is_none()
            && let Some(heading) = self.heading.as_mut().filter(|heading| !heading.is_block)
        {
            // The heading only numbers the block.
            heading.title = title.to_owned();
            heading.is_block = true;
            return true;
        }
        self.close();
        if let Some((title, link)) = link {
            let entry = self.entry(&title, &link, true);
            self.open = Some(Entry { is_block: true, ..entry });
        } else {
            let title = title.to_owned();
            self.heading = Some(Heading { number, level: 4, title, below: Vec::new(), is_block: true });
        }
        true
    }

    /// Takes a heading; false if it is none, but a line of the entry that is open.
    fn heading(&mut self, number: usize, level: usize, heading: &str) -> bool {
        self.list = None;
        let link = headed(heading);
        if let Some((title, link)) = link {
            let generic = markdown::says_nothing(&title);
            if level > 3 && (generic || self.open.as_ref().is_some_and(|entry| entry.paper.id == link.id)) {
                return false;
            }
            self.close();
            let mut entry = self.entry(&title, &link, true);
            entry.is_own = level == 3 && link.before.is_empty() && link.after.is_empty();
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
        self.heading = Some(Heading { number, level, title, below: Vec::new(), is_block: false });
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
                self.open = Some(Entry { is_block: heading.is_block, ..entry });
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
        if markdown::says_nothing(title) && markdown::is_bullet(text) {
            let (title, rest) = behind_links(link.after)?;
            return Some((title.to_owned(), rest.to_owned(), link));
        }
        (!markdown::says_nothing(title)).then(|| (title.trim_end_matches(':').to_owned(), rest, link))
    }

    /// Why an item of the list is neither a paper nor said of the paper before it.
    fn other_item(&self, text: &str, marker: Option<Marker>) -> Option<&'static str> {
        let is_of_list = marker.is_some() && marker == self.list;
        match markdown::link(text) {
            Some(link) => {
                let is_other = match &self.open {
                    Some(entry) => is_of_list && entry.paper.id != link.id,
                    None => self.heading.is_none() && !text.starts_with('|'),
                };
                (is_other && markdown::says_nothing(link.text)).then_some(NO_TITLE)
            }
            None => (is_of_list && links_page(text)).then_some(OTHER_PAGE),
        }
    }

    fn row<'a>(&mut self, text: &'a str) -> Option<(String, String, Link<'a>)> {
        let (cells, is_rule) = markdown::cells(text);
        let Some(link) = markdown::link(text) else {
            if !is_rule {
                self.columns = cells.iter().map(|cell| markdown::unmarked(cell).to_lowercase()).collect();
            }
            return None;
        };
        let column = |names: &[&str]| {
            let at = self.columns.iter().position(|column| names.iter().any(|name| column.starts_with(name)));
            at.and_then(|at| cells.get(at).copied()).filter(|cell| !cell.is_empty())
        };
        let is_title = |cell: &&str| {
            cell.contains(char::is_alphabetic)
                && !cell.contains("](")
                && markdown::categories(cell).is_empty()
                && !markdown::says_nothing(cell)
        };
        let title = match markdown::says_nothing(link.text) {
            false => link.text.to_owned(),
            true => {
                let named = column(&[
                    "title",
                    "paper",
                    "name",
                    "제목",
                    "논문",
                    "标题",
                    "题目",
                    "论文",
                    "タイトル",
                    "論文",
                ])
                .filter(|cell| is_title(cell));
                let longest = || cells.iter().copied().filter(is_title).max_by_key(|cell| cell.len());
                markdown::unmarked(named.or_else(longest)?).to_owned()
            }
        };
        let people =
            column(&["author", "by", "people", "저자", "作者", "著者"]).map(|cell| format!(" - {cell}"));
        let votes =
            column(&["vote", "upvote", "👍", "추천", "点赞", "投票"]).map(|cell| format!(" ({cell} votes)"));
        Some((title, people.unwrap_or_default() + &votes.unwrap_or_default(), link))
    }

    fn entry(&self, title: &str, link: &Link<'_>, is_headed: bool) -> Entry {
        let mut paper = Paper::new(link.id.clone(), latex::decode(&unescape(title)));
        paper.version = link.version;
        let page = link.page.filter(|page| is_page(page));
        paper.facts.extend(page.map(|page| ("link".to_owned(), page.to_owned())));
        paper.listings.extend(self.day.map(|day| Listing {
            day,
            source: SOURCE.to_owned(),
            announced: Default::default(),
        }));
        Entry { paper, bullets: Vec::new(), is_headed, is_own: false, is_block: false, is_made: false }
    }

    fn body(&mut self, text: &str) {
        if let Some(entry) = &mut self.open {
            body(entry, text);
        }
    }

    fn close(&mut self) {
        if let Some(heading) = self.heading.take().filter(Heading::is_entry) {
            self.found = true;
            self.ready.push_back(Err((Place::Line(heading.number), heading.problem())));
        }
        let Some(Entry { mut paper, mut bullets, is_made, .. }) = self.open.take() else { return };
        // What a language model wrote is no summary of a source.
        if is_made {
            bullets.clear();
        }
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

/// The title that follows links which only say what they lead to, and the rest:
/// `| [Code](address) | Goats at Sea | [Demo](address)`.
fn behind_links(text: &str) -> Option<(&str, &str)> {
    let mut rest = text;
    loop {
        rest = rest
            .trim_start_matches([' ', '|', '/', '·', '•', ',', ':', '-', '–', '—', '[', ']', '(', ')', '!']);
        let Some((label, behind)) = rest.split_once("](") else { break };
        if label.contains(['[', '|']) || label.split_whitespace().count() > 2 {
            break;
        }
        rest = behind.split_once(')')?.1;
    }
    let end = [" [", " ([", " | "].iter().filter_map(|sign| rest.find(sign)).min().unwrap_or(rest.len());
    let title = markdown::unmarked(&rest[..end]);
    let is_title = title.split_whitespace().count() > 1 && !markdown::says_nothing(title);
    is_title.then_some((title, &rest[end..]))
}

/// Whether a line of a digest is an entry: a heading, an item of a list, or a row of a table, with a link.
pub(super) fn begins_entry(line: &str) -> bool {
    if labels::block_title(line).is_some() || labels::links_paper(line) {
        return true;
    }
    let shaped = line.starts_with(['#', '|']) || markdown::is_bullet(line) || line.starts_with("**");
    line.starts_with("### [") || shaped && line.contains("](") && markdown::link(line).is_some()
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
