//! `similar`, `search`, `show`.

use anyhow::{Result, bail};
use clap::Args;
use jiff::civil::Date;
use paperpick::PaperId;
use paperpick::config::Way;
use paperpick::paper::readable;
use paperpick::present::unsaid;
use paperpick::progress::Silent;
use paperpick::recommend::similar::Parts;
use paperpick::verbs::search::{self, SearchBy};
use paperpick::verbs::show::{ShowPaper, Shown};
use paperpick::verbs::similar::{self, FindSimilar, Neighbour, Subject};
use paperpick::verbs::{Count, Filter, Text};

use super::Outcome;
use super::session::lists::dated_facts;
use super::session::print::{TerminalPage, answer, clean};
use super::session::settings::{Session, count, day, ways};

/// Among which papers.
#[derive(Debug, Args)]
struct Among {
    /// Only papers that were listed on this day or later
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, allow_negative_numbers = true)]
    since: Option<Date>,
    /// Only papers that were listed on this day or before
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, allow_negative_numbers = true)]
    until: Option<Date>,
    /// Only papers of this category; several may be named
    #[arg(long = "category", value_name = "CATEGORY")]
    categories: Vec<String>,
    /// Only papers that you have rated
    #[arg(long, conflicts_with = "unrated")]
    rated: bool,
    /// Only papers that you have not rated
    #[arg(long)]
    unrated: bool,
    /// Only papers of no topic and no interest that you have muted
    #[arg(long)]
    unmuted: bool,
}

impl From<Among> for Filter {
    fn from(among: Among) -> Self {
        Self {
            since: among.since,
            until: among.until,
            category: among.categories,
            rated: (among.rated || among.unrated).then_some(among.rated),
            votes: None,
            unmuted: among.unmuted,
        }
    }
}

/// Find the papers similar to a paper or a text.
#[derive(Debug, Args)]
pub struct Similar {
    /// The paper: 2404.15653, or any address of it
    #[arg(value_name = "ID", conflicts_with = "text")]
    id: Option<String>,
    /// A text to look around instead
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    #[command(flatten)]
    among: Among,
    /// Show what each score is made of
    #[arg(long)]
    why: bool,
    /// How near papers are looked for [default: auto]
    #[arg(long, value_name = "WAY", value_parser = ways())]
    way: Option<Way>,
    /// How many papers [default: 10]
    #[arg(short, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    n: Option<Count>,
}

/// Find papers by words, in English or Korean: those that say them, and those that mean them.
#[derive(Debug, Args)]
pub struct Search {
    /// Words or a whole sentence; the last word may be unfinished. Also: "a phrase", -word, author:NAME,
    /// category:cs.CL, since:2025-05, until:2025-05-20, on:2025 (quote them for the shell)
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    among: Among,
    /// Only papers that hold all of the words
    #[arg(long)]
    by_words: bool,
    /// How many papers [default: 10]
    #[arg(short, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    n: Option<Count>,
}

/// Show all that is known of a paper.
#[derive(Debug, Args)]
pub struct Show {
    /// The paper: 2404.15653, or any address of it
    id: String,
}

impl Similar {
    /// Finds them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let subject = match (self.id, self.text) {
            (Some(id), _) => Subject::Paper(PaperId::parse(&id)?.0),
            (None, Some(text)) if !text.trim().is_empty() => {
                Subject::Text(Text::<10_000>::new(text)?.to_string())
            }
            (None, Some(_)) => bail!("--text wants some words to look around"),
            (None, None) => bail!(
                "similar to what? Name a paper (`paperpick similar 2404.15653`), or give words \
                 (`paperpick similar --text \"image matting\"`)"
            ),
        };
        let request = FindSimilar { subject, filter: self.among.into(), n: session.count(self.n)? };
        let mut library = session.open()?.with_way(self.way.unwrap_or(session.config.way));
        let similar = session.ask_of(&mut library, request, &Silent)?;
        answer::<FindSimilar>(session, &similar, &similar_page(session, &similar, self.why))?;
        Ok(Outcome::of(!similar.neighbours.is_empty()))
    }
}

/// Similar papers as text; with `why`, each score as a sum.
pub fn similar_page(session: &Session, similar: &similar::Similar, why: bool) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let subject = match (&similar.paper, &similar.text) {
        (Some(paper), _) => format!("{} {}", paper.id, clean(&paper.title)),
        (None, text) => format!("\"{}\"", clean(text.as_deref().unwrap_or_default())),
    };
    page.line(format!("Similar to {}", page.bold(&subject)));
    let far = |neighbour: &Neighbour| similar.floor.is_some_and(|floor| neighbour.similarity < floor);
    // The order goes by more than vectors, so the line stands where nothing near follows.
    let near = similar.neighbours.iter().rposition(|neighbour| !far(neighbour)).map_or(0, |last| last + 1);
    for (place, neighbour) in similar.neighbours.iter().enumerate() {
        if place == near {
            page.line("");
            page.line(page.dim(if near == 0 {
                "no paper is near; these are the least far"
            } else {
                "no other is near"
            }));
        }
        let title = page.bold(&clean(&neighbour.paper.title));
        page.line("");
        page.line(format!("{:>3}. {:.2}  {title}", neighbour.rank, neighbour.score));
        page.line(format!("           {}", dated_facts(&neighbour.paper)));
        if !neighbour.also.is_empty() {
            page.line(format!("           also {}", neighbour.also.join(", ")));
        }
        if why {
            page.line(page.dim(&format!("           {}", made_of(neighbour))));
        }
    }
    if similar.neighbours.is_empty() {
        page.line("no other paper fits");
    }
    page
}

/// A score as the sum of its parts.
fn made_of(neighbour: &Neighbour) -> String {
    let mut sum = format!("meaning {:.2}", neighbour.similarity);
    if let Some(Parts { words, titles, authors, categories }) = neighbour.parts {
        let parts =
            [("words", words), ("title", titles), ("authors", authors), ("another field", categories)];
        for (name, part) in parts.into_iter().filter(|(_, part)| part.abs() >= 0.005) {
            sum.push_str(&format!(" {} {name} {:.2}", if part < 0.0 { "-" } else { "+" }, part.abs()));
        }
    }
    sum
}

impl Search {
    /// Finds them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let request = search::Search {
            words: Text::new(self.words.join(" "))?,
            by: if self.by_words { SearchBy::Words } else { SearchBy::Both },
            filter: self.among.into(),
            n: session.count(self.n)?,
        };
        let found = session.ask(request, &Silent)?;
        answer::<search::Search>(session, &found, &search_page(session, &found))?;
        Ok(Outcome::of(!found.papers.is_empty()))
    }
}

fn search_page(session: &Session, found: &search::SearchResults) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    for word in &found.unsaid {
        page.line(page.dim(&unsaid(word)));
    }
    for paper in &found.papers {
        page.line(page.bold(&clean(&paper.title)));
        page.line(format!("    {}", dated_facts(paper)));
    }
    match &found.missing {
        Some(id) => page.line(format!(
            "{} is not in this library; `paperpick sync` and `paperpick import` bring papers in",
            clean(id)
        )),
        None if found.papers.is_empty() => {
            page.line(format!("no paper says or means: `{}`", clean(&found.words)))
        }
        None => {}
    }
    page
}

impl Show {
    /// Shows it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let shown = session.ask(ShowPaper { id: PaperId::parse(&self.id)?.0 }, &Silent)?;
        answer::<ShowPaper>(session, &shown, &show_page(session, &shown))?;
        Ok(Outcome::Done)
    }
}

fn show_page(session: &Session, shown: &Shown) -> TerminalPage {
    let paper = &shown.paper;
    let mut page = TerminalPage::new(session);
    page.line(page.bold(&clean(&readable(&paper.title))));
    page.line(clean(&paper.authors.join(", ")));
    let version = paper.version.map(|v| format!(" (version {v})")).unwrap_or_default();
    let day = |day: Option<Date>| day.map(|d| d.to_string()).unwrap_or_default();
    let mut rows = vec![
        ("id", format!("{}{version}", paper.id)),
        ("page", shown.url.clone().unwrap_or_default()),
        ("categories", paper.categories.join(" ")),
        ("published", day(paper.published)),
        ("updated", day(paper.updated)),
        ("rating", shown.rating.map(|rating| format!("{rating:?}").to_lowercase()).unwrap_or_default()),
    ];
    for listing in &paper.listings {
        rows.push((
            "listed",
            format!("{} by {}, {}", listing.day, listing.source, listing.announced.as_str()),
        ));
    }
    for votes in &paper.votes {
        let at = votes.at.map(|d| format!(" on {d}")).unwrap_or_default();
        rows.push(("votes", format!("{} by {}{at}", votes.count, votes.source)));
    }
    rows.extend(paper.facts.iter().map(|(name, value)| (name.as_str(), value.clone())));
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        let name = page.dim(&format!("{name:<12}"));
        page.line(format!("{name} {}", clean(value)));
    }
    for text in [&paper.abstract_text].into_iter().chain(paper.summaries.values()).filter(|t| !t.is_empty()) {
        page.line("");
        readable(text).lines().for_each(|line| page.line(clean(line)));
    }
    page
}
