//! What digests in Markdown put around papers: links, emphasis, numbers, labels, counts of votes.

use super::is_category;
use crate::paper::{PaperId, decoded};

/// Links of a line that are looked at: each may make the whole line its text.
const MAX_LINKS: usize = 32;
/// The target of a link ends within so many bytes.
const MAX_TARGET: usize = 2000;
/// The label before an identifier is no longer than this.
const MAX_LABEL: usize = 80;

#[cfg(test)]
thread_local! {
    /// Bytes that were gone through.
    static GONE_THROUGH: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Tells tests that so many bytes are gone through.
fn goes_through(_n: usize) {
    #[cfg(test)]
    GONE_THROUGH.set(GONE_THROUGH.get() + _n);
}

/// The bytes that are gone through while something runs.
#[cfg(test)]
pub(super) fn gone_through(run: impl FnOnce()) -> usize {
    let before = GONE_THROUGH.get();
    run();
    GONE_THROUGH.get() - before
}

/// A link to a paper in a line.
pub(super) struct Link<'a> {
    pub(super) before: &'a str,
    /// What is shown instead of the address; empty for a bare address.
    pub(super) text: &'a str,
    pub(super) after: &'a str,
    pub(super) id: PaperId,
    pub(super) version: Option<u32>,
    /// The page of a paper whose own name stands behind it: `(https://example.org/post "own:name")`.
    pub(super) page: Option<&'a str>,
}

/// The first link to a paper: `[text](address)`, `[text](<address>)`, or an address alone.
pub(super) fn link(line: &str) -> Option<Link<'_>> {
    goes_through(line.len());
    let written = line.match_indices("](").take(MAX_LINKS).find_map(|(at, _)| written_link(line, at));
    written.or_else(|| bare_link(line))
}

/// The link whose text ends at this place. Titles hold brackets, even `](`, and its target is then no paper.
pub(super) fn written_link(line: &str, at: usize) -> Option<Link<'_>> {
    let rest = &line[at + 2..];
    let rest = &rest[..boundary(rest, MAX_TARGET)];
    goes_through(rest.len());
    let (target, length) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((target, _)) => (target, target.len() + 2),
        None => {
            let target = rest.split([')', ' ']).next()?;
            (target, target.len())
        }
    };
    // Both are of a title: `\](`, and the `](` that a title ends with.
    if is_escaped(line, at) || target.contains("](") {
        return None;
    }
    let after = rest[length..].find(')').map_or("", |end| &line[at + 2 + length + end + 1..]);
    let named = rest[length..].strip_prefix(" \"own:").and_then(|named| named.split_once('"'));
    let own = named.map(|(name, _)| format!("own:{name}"));
    let page = own.as_ref().map(|_| target);
    let target = own.as_deref().unwrap_or(target);
    // An own name is written like an address, so that no bracket in it ends the link.
    let own = target.starts_with("own:").then(|| decoded(target)).flatten();
    let (id, version) = PaperId::parse(own.as_deref().unwrap_or(target)).ok()?;
    let is_wrapped = rest[length..].starts_with(")]");
    let start = opening(&line[..at], is_wrapped)?;
    let is_picture = line[..start].ends_with('!');
    (!is_picture).then(|| Link {
        before: &line[..start],
        text: &line[start + 1..at],
        after,
        id,
        version,
        page,
    })
}

/// The last place up to this one where the text may be cut.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Whether a backslash takes its meaning from the sign at this place.
fn is_escaped(text: &str, at: usize) -> bool {
    text[..at].bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

/// Where the bracket opens that closes behind a text; the first one, if brackets in between are not even.
/// A link that is wrapped in brackets leaves one open: `[[Paper](address)]`.
fn opening(text: &str, is_wrapped: bool) -> Option<usize> {
    goes_through(text.len());
    let mut depth = 1;
    for (at, bracket) in text.rmatch_indices(['[', ']']).filter(|(at, _)| !is_escaped(text, *at)) {
        match bracket {
            "]" => depth += 1,
            _ => depth -= 1,
        }
        if depth == 0 {
            let before = &text[..at];
            let before = before.strip_suffix('[').filter(|_| is_wrapped).unwrap_or(before);
            let is_even = before.matches('[').count() == before.matches(']').count();
            return Some(if is_even { at } else { before.find('[')? });
        }
    }
    text.find('[')
}

fn bare_link(line: &str) -> Option<Link<'_>> {
    let mut from = 0;
    line.split(|c: char| c.is_whitespace() || c == '：').filter(|word| !word.is_empty()).find_map(|word| {
        let start = from + line[from..].find(word)?;
        from = start + word.len();
        goes_through(word.len() + MAX_LABEL);
        let address = word.trim_start_matches(['(', '<', '[', '*', '_', '`']);
        let is_address = ["http://", "https://", "arxiv:"]
            .iter()
            .any(|scheme| address.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
        let address = address.trim_end_matches(['*', '_', '`', '|']);
        // `**arXiv:** 2404.15653`
        let before = &line[boundary(line, start.saturating_sub(MAX_LABEL))..start];
        let label = before.trim_end_matches([' ', '*', '_', '`']);
        let may_name = address.starts_with("own:") || address.bytes().any(|b| b.is_ascii_digit());
        let is_labelled = || may_name && label.ends_with([':', '：']) && says_nothing(unmarked(label));
        let named = if is_address || is_labelled() { PaperId::parse(address).ok() } else { None };
        let (id, version) = named?;
        Some(Link { before: &line[..start], text: "", after: &line[from..], id, version, page: None })
    })
}

/// Whether the text of a link, or what stands before one, is no title: `arXiv`, `Read the paper`, `2404.16022`.
pub(super) fn says_nothing(text: &str) -> bool {
    goes_through(text.len());
    const WORDS: [&str; 42] = [
        "arxiv",
        "paper",
        "pdf",
        "link",
        "links",
        "abs",
        "abstract",
        "html",
        "here",
        "url",
        "source",
        "doi",
        "id",
        "read",
        "view",
        "open",
        "the",
        "full",
        "text",
        "page",
        "on",
        "original",
        "preprint",
        "hugging",
        "face",
        "hf",
        "논문",
        "링크",
        "바로가기",
        "원문",
        "论文",
        "链接",
        "论文链接",
        "地址",
        "论文地址",
        "原文",
        "原文链接",
        "論文",
        "リンク",
        "論文リンク",
        "논문링크",
        "원문링크",
    ];
    if text.starts_with("![") {
        return true;
    }
    let text = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words().all(|word| WORDS.contains(&word)) || text.starts_with("http") || PaperId::parse(&text).is_ok()
}

/// A text without the marks of a list, its number and the emphasis around it: `- **1. Goats**`, `[1] Goats`.
pub(super) fn unmarked(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let bullet = ["- ", "* ", "+ ", "• ", "[ ] ", "[x] ", "**", "__"]
            .iter()
            .find_map(|mark| rest.strip_prefix(mark));
        let next = bullet.or_else(|| unnumbered(rest)).unwrap_or(rest).trim_start();
        if next == rest {
            break;
        }
        rest = next;
    }
    let bare = rest.trim_end().trim_end_matches("**").trim_end_matches("__").trim_end();
    let italic = ['*', '_'].iter().find_map(|mark| bare.strip_prefix(*mark)?.strip_suffix(*mark));
    italic.unwrap_or(bare)
}

/// What follows `1. `, `1) `, `[1] ` and `#1 `.
fn unnumbered(text: &str) -> Option<&str> {
    let (open, rest) = match text.chars().next()? {
        c @ ('[' | '(' | '#') => (Some(c), &text[1..]),
        _ => (None, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| (1..=4).contains(end))?;
    let after = &rest[end..];
    match open {
        Some('[') => {
            after.strip_prefix("] ").or_else(|| after.strip_prefix(']').filter(|a| a.starts_with('[')))
        }
        Some('(') => after.strip_prefix(") "),
        Some(_) => after.strip_prefix([' ', ':', '.']),
        None => ['.', ')', ':'].iter().find_map(|sign| after.strip_prefix(*sign)?.strip_prefix(' ')),
    }
}

/// Whether a line is an item of a list.
pub(super) fn is_bullet(line: &str) -> bool {
    let text = line.trim_start();
    ["- ", "* ", "+ ", "• "].iter().any(|mark| text.starts_with(mark)) || unnumbered(text).is_some()
}

/// `Authors: A, B`, `**Authors:** A, B`, `- **Authors**: A, B`: the name in lower case, and the value. In a list,
/// only what is emphasised is a label: the others are sentences.
pub(super) fn label(line: &str) -> Option<(String, &str)> {
    let text = line.trim();
    let item = ["- ", "* ", "+ "].iter().find_map(|mark| text.strip_prefix(mark));
    let inner = item.unwrap_or(text);
    let bold = inner.strip_prefix("**").or_else(|| inner.strip_prefix("__"));
    if item.is_some() && bold.is_none() {
        return None;
    }
    let (name, value) = bold.unwrap_or(inner).split_once([':', '：'])?;
    let name = name.trim_matches(['*', '_', ' ']);
    let value = value.trim_start_matches("**").trim_start_matches("__").trim();
    (name.len() <= 20).then(|| (name.to_lowercase(), value))
}

/// How many people are for it: `(12 votes)`, `👍 12`, `12 upvotes`, `Upvotes: 12`.
pub(super) fn votes(text: &str) -> Option<u32> {
    const WORDS: [&str; 6] = ["vote", "upvote", "like", "👍", "⬆", "🔼"];
    let is_counted = |text: &str| WORDS.iter().any(|word| text.starts_with(word));
    let lower = text.to_lowercase();
    let mut words = lower
        .split(|c: char| c.is_whitespace() || "()[]{}:：|;*_·•".contains(c))
        .flat_map(|word| {
            let figures = word.trim_start_matches(|c: char| !c.is_ascii_digit() && c != ',');
            let is_whole = number(figures.trim_end_matches([',', '+'])).is_some();
            word.trim_matches(',').split(if is_whole { '\0' } else { ',' })
        })
        .map(|word| word.trim_matches(['\u{fe0f}', '+']))
        .filter(|word| !word.is_empty());
    let mut before = "";
    while let Some(word) = words.next() {
        let glued = WORDS[3..].iter().find_map(|sign| word.strip_prefix(sign)).unwrap_or(word);
        if let Some(count) = number(glued.trim_matches('\u{fe0f}')) {
            let after = words.clone().next().unwrap_or_default();
            if glued != word || is_counted(before) || is_counted(after) {
                return Some(count);
            }
        }
        before = word;
    }
    None
}

/// A count as people write it: `12`, `1,204`, `1.1k`.
pub(super) fn number(text: &str) -> Option<u32> {
    if let Some(thousands) = text.strip_suffix('k') {
        let (whole, part) = thousands.split_once('.').unwrap_or((thousands, "0"));
        let part = part.parse::<u32>().ok().filter(|_| part.len() == 1 && part != "+")?;
        return whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(part * 100);
    }
    let mut groups = text.split(',');
    let first = groups.next()?;
    let is_grouped = text.contains(',') && (1..=3).contains(&first.len());
    let are_digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    match is_grouped && are_digits(first) && groups.all(|group| group.len() == 3 && are_digits(group)) {
        true => text.replace(',', "").parse().ok(),
        false => text.parse().ok(),
    }
}

/// The categories of `cs.CV, cs.LG`; none if anything else stands among them.
pub(super) fn categories(text: &str) -> Vec<String> {
    let words = text.split([',', ';', ' ']).map(|word| word.trim_matches(['`', '*', '[', ']']));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    match words.iter().all(|word| is_category(word)) {
        true => words.into_iter().map(str::to_owned).collect(),
        false => Vec::new(),
    }
}

/// The cells of a row of a table, and whether it is the line below its head.
pub(super) fn cells(line: &str) -> (Vec<&str>, bool) {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let is_rule = cells.iter().all(|cell| !cell.is_empty() && cell.bytes().all(|b| b == b'-' || b == b':'));
    (cells, is_rule)
}

/// Undoes Markdown's escapes, and no others: `\lambda` stays.
pub(super) fn unescape(text: &str) -> String {
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
    use super::*;

    #[test]
    fn links_to_papers() {
        for (line, found) in [
            ("[A [b] c](https://arxiv.org/abs/2404.15653)", Some(("", "A [b] c"))),
            ("[1] [A](<https://arxiv.org/abs/2404.15653>) x", Some(("[1] ", "A"))),
            (
                "[x](https://example.org/) [A](https://arxiv.org/abs/2404.15653)",
                Some(("[x](https://example.org/) ", "A")),
            ),
            ("![A](https://arxiv.org/html/2404.15653/x.png)", None),
            ("A: https://arxiv.org/abs/2404.15653.", Some(("A: ", ""))),
            ("A <https://doi.org/10.1000/a>", Some(("A ", ""))),
            ("- **arXiv ID:** `2404.15653`", Some(("- **arXiv ID:** ", ""))),
            ("Pages: 2404.15653", None),
            ("[A](https://example.org/2404.15653)", None),
        ] {
            assert_eq!(link(line).map(|link| (link.before, link.text)), found, "{line}");
        }
    }

    #[test]
    fn marks_numbers_and_counts() {
        for (line, bare) in [
            ("- **1. Goats**", "Goats"),
            ("[12] Goats", "Goats"),
            ("2) *Goats*", "Goats"),
            ("3D Goats", "3D Goats"),
            ("2024 in goats", "2024 in goats"),
            ("#1 Goats", "Goats"),
        ] {
            assert_eq!(unmarked(line), bare, "{line}");
        }
        for (text, count) in [
            ("(12 votes)", Some(12)),
            ("👍 12", Some(12)),
            ("👍12", Some(12)),
            ("⬆️ 12", Some(12)),
            ("**Upvotes:** 12 · 3 comments", Some(12)),
            ("12 upvotes", Some(12)),
            ("12 sheep", None),
            ("1,204 upvotes", Some(1204)),
            ("👍 1,204, 3 comments", Some(1204)),
            ("👍1.1k", Some(1100)),
            ("in 2024,12 votes", Some(12)),
            ("⭐ 1,204", None),
            ("votes", None),
        ] {
            assert_eq!(votes(text), count, "{text}");
        }
        assert_eq!(label("- **Authors**: A, B"), Some(("authors".into(), "A, B")));
        assert_eq!(label("**Authors:** A, B"), Some(("authors".into(), "A, B")));
        assert_eq!(label("- Authors: A, B"), None);
        assert_eq!(categories("cs.CV, cs.LG"), ["cs.CV", "cs.LG"]);
    }
}
