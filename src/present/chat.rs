//! A digest as a message in a channel: Slack's blocks, Discord's embeds, each within its limits.

use serde_json::{Value, json};

use super::{basis, cut, heading, text};
use crate::paper::plain;
use crate::verbs::digest::{Digest, Entry};
use crate::verbs::points::By;

/// A message for a Slack webhook. Slack takes 50 blocks and 3,000 letters in each.
pub fn slack(digest: &Digest) -> Value {
    let heading = heading(digest);
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": heading}}),
        json!({"type": "context", "elements": [{"type": "plain_text", "text": basis(digest)}]}),
    ];
    for entry in digest.entries().take(40) {
        let quoted = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let paper = entry.paper();
        let title = quoted(&cut(&plain(&paper.title), 250));
        // Behind `|` stands what is shown; a second one would end it.
        let title = match &paper.url {
            Some(url) => format!("<{}|{}>", quoted(url), title.replace('|', "¦")),
            None => title,
        };
        let text = format!(
            "*{}.* {title}\n{}\n{}",
            entry.pick.rank,
            quoted(&text::facts(entry, digest.language)),
            quoted(&first(entry, 500))
        );
        // `verbatim` keeps Slack from making links, channels and mentions of what it finds.
        blocks.push(
            json!({"type": "section", "text": {"type": "mrkdwn", "text": text.trim_end(), "verbatim": true}}),
        );
    }
    json!({"text": super::subject(digest).replace(['<', '>', '&'], " "), "blocks": blocks})
}

/// A message for a Discord webhook. Discord takes 10 embeds with 6,000 letters in all.
pub fn discord(digest: &Digest) -> Value {
    const MOST: usize = 5_500;
    let mut letters = 0;
    let mut embeds = Vec::new();
    for entry in digest.entries().take(10) {
        let paper = entry.paper();
        let title = cut(&escaped(&cut(&plain(&paper.title), 120)), 250);
        let about =
            cut(&escaped(&format!("{}\n{}", text::facts(entry, digest.language), first(entry, 300))), 700);
        letters += title.chars().count() + about.chars().count();
        if letters > MOST {
            break;
        }
        let mut embed = json!({"title": format!("{}. {title}", entry.pick.rank), "description": about});
        if let Some(url) = &paper.url {
            embed["url"] = json!(url);
        }
        embeds.push(embed);
    }
    let content = format!("**{}**: {}", heading(digest), basis(digest));
    json!({"content": content, "embeds": embeds, "allowed_mentions": {"parse": []}})
}

/// The first line of a summary, or the beginning of an abstract.
fn first(entry: &Entry, n: usize) -> String {
    let line = match entry.points.by {
        By::Abstract => Some(entry.abstract_text.as_str()),
        By::Source | By::Model => entry.lines().next(),
    };
    cut(&plain(line.unwrap_or_default()), n)
}

/// A text that Discord prints as it is.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if "\\*_~`|<>[]()#@:".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}
