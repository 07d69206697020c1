//! Data in, text out: what a day looks like as Markdown, plain text, HTML, a feed; papers as
//! references.
//!
//! Titles and summaries come from anywhere, so each format has one function that makes a text
//! harmless in it, and everything foreign goes through that. Knows nothing about files, networks,
//! clocks or the store.

pub mod chat;
pub mod count;
pub mod feed;
pub mod html;
pub mod korean;
pub mod markdown;
pub mod references;
pub mod text;

#[cfg(test)]
mod tests;

use self::count::counted;
use self::korean::said;
use crate::paper::plain;
use crate::recommend::Band;
use crate::verbs::digest::{Digest, Section};
use crate::verbs::pick::{Basis, Pick, Remark};
use crate::verbs::search::Unsaid;

/// The longest title and the longest line that are shown in full, in letters; Markdown and JSON,
/// which are read back, keep everything.
const LONGEST_TITLE: usize = 300;
const LONGEST_LINE: usize = 1_200;

/// The first `n` letters of a text, cut at a word where one ends near, with `…` where it was cut.
fn cut(text: &str, n: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(n) else { return text.to_owned() };
    let head = &text[..end];
    let word = head.rfind(' ').filter(|at| at * 10 > end * 8);
    format!("{}…", head[..word.unwrap_or(end)].trim_end())
}

/// What became of a word that hardly any paper says.
pub fn unsaid(word: &Unsaid) -> String {
    let Unsaid { word, papers, instead } = word;
    let word = plain(word);
    match (papers, instead.as_deref().map(plain)) {
        (0, None) => format!("no paper says `{word}`"),
        (0, Some(instead)) => format!("no paper says `{word}`; `{instead}` is looked for"),
        (1, instead) => format!("one paper says `{word}`; did you mean `{}`?", instead.unwrap_or_default()),
        (n, instead) => format!("{n} papers say `{word}`; did you mean `{}`?", instead.unwrap_or_default()),
    }
}

/// How likely a pick is to be liked, where that is known: `maybe · above 98 of 100`, `unlikely, yet above 99 of 100`.
pub fn likelihood(pick: &Pick) -> Option<String> {
    let band = pick.band?;
    let told = pick.above.map(|n| match is_surprising(band, n) {
        true => format!(", {}", above(band, n)),
        false => format!(" · {}", above(band, n)),
    });
    Some(format!("{band}{}", told.unwrap_or_default()))
}

/// The share of papers that are less likely, in words that do not seem to deny the band.
pub fn above(band: Band, n: u8) -> String {
    let yet = if is_surprising(band, n) { "yet " } else { "" };
    format!("{yet}above {n} of 100")
}

/// Whether a paper stands far above others and is unlikely all the same: few papers of a library are for anyone.
pub fn is_surprising(band: Band, above: u8) -> bool {
    band == Band::Unlikely && above >= 80
}

/// A probability with two digits that tell papers apart: most papers of a large library are unlikely.
pub fn probability(p: f64) -> String {
    match p {
        0.095.. => format!("{p:.2}"),
        0.0095.. => format!("{p:.3}"),
        _ => format!("{p:.4}"),
    }
}

/// The first authors, and how many more there are.
fn people(names: &[String]) -> String {
    let shown = |names: &[String]| cut(&plain(&names.join(", ")), LONGEST_TITLE);
    match names {
        [_, _, rest @ ..] if rest.len() > 1 => format!("{} and {} more", shown(&names[..2]), rest.len()),
        names => shown(names),
    }
}

/// The line that stands for a digest in a mailbox.
pub fn subject(digest: &Digest) -> String {
    let best = digest.entries().min_by_key(|entry| entry.pick.rank);
    let title = best.map(|entry| format!(": {}", cut(&plain(&entry.paper().title), 80)));
    format!("{}{}", heading(digest), title.unwrap_or_default())
}

/// What stands over a digest.
fn heading(digest: &Digest) -> String {
    said(digest.language, &format!("Papers of {}", digest.day))
}

/// The name of a section, or what stands over papers without a topic.
fn section_name(digest: &Digest, section: &Section) -> String {
    section.name.as_deref().map_or_else(|| said(digest.language, "On their own"), plain)
}

/// What the order rests on, in a few words.
fn basis(digest: &Digest) -> String {
    let remark = Remark::of(digest.basis, digest.entries().map(|entry| &entry.pick));
    let by = match digest.basis {
        Basis::Votes if remark.is_some() => "nobody has voted yet".to_owned(),
        Basis::Votes => "by votes".to_owned(),
        Basis::Ratings => {
            let likes = counted(digest.ratings.likes, "like");
            format!("by {likes} and {}", counted(digest.ratings.dislikes, "dislike"))
        }
    };
    let listed = counted(digest.n_listed, "paper");
    let unlikely =
        if remark == Some(Remark::NoneLikely) { ", none of them likely to be for you" } else { "" };
    said(digest.language, &format!("{} of {listed}, {by}{unlikely}", digest.entries().count()))
}
