//! The daily digest in Markdown: `### [title](link)`, an image, votes, authors, bullets.
//!
//! Read line by line rather than as Markdown: real digests hold brackets inside titles, links
//! without parentheses and lists that are none, where a Markdown parser loses the entry.

use std::collections::VecDeque;
use std::io::BufRead;

use jiff::civil::Date;

use super::lines::Lines;
use super::{Parsed, Place, authors, day_in_name, excerpt, latex};
use crate::paper::{Language, Listing, Paper, PaperId, Votes, decoded, is_hangul, one_line};

/// The source's name in listings and votes.
const SOURCE: &str = "digest";

/// The entries of a digest.
pub(super) struct Digest<R> {
    lines: Lines<R>,
    day: Option<Date>,
    open: Option<(Paper, Vec<String>)>,
    ready: VecDeque<Parsed>,
    ended: bool,
}

impl<R: BufRead> Digest<R> {
    pub(super) fn new(input: R, day: Option<Date>) -> Self {
        Self { lines: Lines::new(input), day, open: None, ready: VecDeque::new(), ended: false }
    }

    fn line(&mut self, number: usize, line: &str) {
        let text = line.trim();
        if let Some(heading) = text.strip_prefix("### ") {
            self.close();
            match self.heading(heading.trim()) {
                Ok(paper) => self.open = Some((paper, Vec::new())),
                Err(message) => self.ready.push_back(Err((Place::Line(number), message))),
            }
        } else if text.starts_with("# ") || text.starts_with("## ") {
            self.close();
            self.day = day_in_name(text).or(self.day);
        } else if let Some((paper, bullets)) = &mut self.open {
            body(paper, bullets, text);
        }
    }

    fn heading(&self, heading: &str) -> Result<Paper, String> {
        // Titles hold brackets, even `](`, so the link is the last one.
        let link = heading.rfind("](").and_then(|at| {
            let target = heading[at + 2..].split([')', ' ']).next()?;
            Some((heading[..at].strip_prefix('[')?, target))
        });
        let Some((title, target)) = link else {
            return Err(format!("expected `### [title](link)`, but the heading is `{}`", excerpt(heading)));
        };
        // An own name is written like an address, so that no bracket in it ends the link.
        let own = target.starts_with("own:").then(|| decoded(target)).flatten();
        let (id, version) =
            PaperId::parse(own.as_deref().unwrap_or(target)).map_err(|error| error.to_string())?;
        let mut paper = Paper::new(id, latex::decode(&unescape(title)));
        paper.version = version;
        paper.listings.extend(self.day.map(|day| Listing {
            day,
            source: SOURCE.to_owned(),
            announced: Default::default(),
        }));
        Ok(paper)
    }

    fn close(&mut self) {
        let Some((mut paper, bullets)) = self.open.take() else { return };
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
        self.ready.push_back(Ok(paper));
    }
}

impl<R: BufRead> Iterator for Digest<R> {
    type Item = Parsed;

    fn next(&mut self) -> Option<Parsed> {
        loop {
            if let Some(found) = self.ready.pop_front() {
                return Some(found);
            }
            match self.lines.next() {
                Some((number, Ok(line))) => self.line(number, &line),
                Some((number, Err(message))) => return Some(Err((Place::Line(number), message))),
                None if self.ended => return None,
                None => {
                    self.ended = true;
                    self.close();
                }
            }
        }
    }
}

/// One line below a heading: a field, a picture, or a bullet.
fn body(paper: &mut Paper, bullets: &mut Vec<String>, text: &str) {
    if text.is_empty() {
    } else if let Some(count) = text.strip_prefix("Vote:") {
        // `-` and everything else that is no number is unknown, which is not zero.
        if let Ok(count) = count.trim().parse() {
            paper.votes = vec![Votes { source: SOURCE.to_owned(), at: None, count }];
        }
    } else if let Some(names) = text.strip_prefix("Authors:") {
        paper.authors = names_of(unescape(names).trim());
    } else if let Some((kind, address)) = media(text) {
        paper.facts.entry(kind.to_owned()).or_insert(address);
    } else {
        bullets.push(bullet(text));
    }
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

/// Undoes Markdown's escapes, and no others: `\lambda` stays.
fn unescape(text: &str) -> String {
    // TeX writes an accent as `\~`, so a tilde is escaped by its number.
    let text = text.replace("&#126;", "~");
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some('\\' | '[' | ']' | '_' | '*' | '#' | '`' | '<' | '>' | '&') if c == '\\' => {
                out.extend(chars.next());
            }
            _ => out.push(c),
        }
    }
    out
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
