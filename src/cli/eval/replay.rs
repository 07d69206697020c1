//! `eval replay`: history walked day by day, ranked by what was known before each day.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use paperpick::embed::Embedding;
use paperpick::evaluate::first::{self, FirstLikes, KnownBy, as_known, first_likes};
use paperpick::evaluate::log::Log;
use paperpick::evaluate::metrics::{BandShare, Estimate};
use paperpick::evaluate::rankers::Ranker;
use paperpick::evaluate::replay::{self, Figures, RankedDay, Setup};
use paperpick::evaluate::trec;
use paperpick::recommend::Options;
use paperpick::verbs::eval::{Quality, ReplayHistory};
use paperpick::{Error, Paper};

use super::super::session::print::{Bar, TerminalPage, answer, counted, shaped, talk};
use super::super::session::settings::{Session, day};
use super::history::History;
use super::{Fill, Outcome, written};

/// Walk a history day by day: rank each day's papers by what was rated before it, measure the
/// ranking by what is liked on that day and after it, then learn.
///
/// The history is the library's own, or two files: papers as JSON lines {id, title, abstract,
/// authors, categories, listed, picked}, and ratings as CSV with the header user,id,rating,at.
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    history: History,
    /// The first day to rank [default: after the first half of each user's ratings]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, allow_negative_numbers = true)]
    from: Option<Date>,
    /// Which rankers to compare, by name [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    rankers: Vec<String>,
    /// Write each ranker's lists as a TREC run, and what is liked as qrels beside it
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// For `learned`: after so many days a rating counts half [default: the settings' `half_life_days`]
    #[arg(long, value_name = "DAYS", value_parser = half_life)]
    half_life: Option<f64>,
    /// Instead, rank pools of thirty days by 1, 2, 3, 5, 10 and 20 likes drawn from those before them
    #[arg(long, conflicts_with_all = ["from", "run"])]
    first_likes: bool,
    /// What is known of a like: all, its text without authors and categories, or its abstract or its Korean
    /// summary alone (the field `ko` of the papers)
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value_t,
        requires = "first_likes",
        requires = "papers"
    )]
    known_by: By,
    /// For `--first-likes`: how often each number of likes is drawn for a pool
    #[arg(long, value_name = "N", default_value_t = 6, requires = "first_likes", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    draws: u16,
    /// Draws background papers, random scores and the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Replay {
    /// Walks it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let (log, vectors, n_problems) = self.history.read(session)?;
        let half_life_days = self.half_life.or(session.config.half_life_days);
        let options = Options { half_life_days, ..Options::default() };
        if self.first_likes {
            return self.first_likes(session, &log, vectors, options);
        }
        let setup = Setup { rankers: self.rankers(&log)?, from: self.from, options, seed: self.seed };
        let bar = Bar::new(session, "ranking", None);
        let ranked = replay::walk(&log, &vectors, &setup, &bar)?;
        drop(bar);
        if ranked.is_empty() {
            let why = "no day has a liked paper and another; ratings and days of listings must overlap";
            return Err(Error::NothingListed(why.into()).into());
        }
        let files = self.run.as_deref().map(|file| write(file, &log, &ranked, &setup)).transpose()?;
        let files = files.unwrap_or_default();
        files.iter().for_each(|file| talk(session, format!("wrote {}", file.display())));
        let quality = Quality { n_problems, files, ..Quality::of(&log, &ranked, &setup) };
        answer::<ReplayHistory>(session, &quality, &page(session, &quality.replay))?;
        Ok(Outcome::Done)
    }

    /// Draws first likes.
    fn first_likes(
        &self,
        session: &Session,
        log: &Log,
        mut vectors: Vec<Embedding>,
        options: Options,
    ) -> Result<Outcome> {
        let by = KnownBy::from(self.known_by);
        let known = as_known(log, by);
        if !known.is_empty() {
            let papers: Vec<&Paper> = known.iter().map(|(_, paper)| paper).collect();
            vectors.extend(self.history.vectors(session, &papers)?);
        }
        let mut rankers = self.rankers(log)?;
        // Votes do not ask what is liked, and the varied list is that of a day.
        rankers.retain(|ranker| !matches!(ranker, Ranker::Votes | Ranker::LearnedVaried));
        if rankers.is_empty() {
            bail!("`votes` and `learned-varied` say nothing of first likes; name another ranker");
        }
        let setup = first::Setup {
            rankers,
            likes: FIRST.to_vec(),
            draws: usize::from(self.draws),
            options,
            seed: self.seed,
        };
        let bar = Bar::new(session, "drawing likes", None);
        let found = first_likes(log, &known, by, &vectors, &setup, &bar)?;
        drop(bar);
        shaped(session, "eval-first-likes/1", &found, &first_page(session, &found))?;
        Ok(Outcome::Done)
    }

    /// The rankers asked for; by default all, the one by votes only where anybody voted.
    fn rankers(&self, log: &Log) -> Result<Vec<Ranker>> {
        if self.rankers.is_empty() {
            let voted = log.papers.iter().any(|listed| !listed.paper.votes.is_empty());
            return Ok(Ranker::ALL.into_iter().filter(|r| voted || *r != Ranker::Votes).collect());
        }
        let rankers: Vec<Ranker> =
            self.rankers.iter().map(|name| Ranker::named(name.trim())).collect::<Result<_, _>>()?;
        if let Some(twice) = (1..rankers.len()).find(|&i| rankers[..i].contains(&rankers[i])) {
            bail!("the ranker `{}` is named twice", rankers[twice].name());
        }
        Ok(rankers)
    }
}

/// The numbers of likes that are drawn.
const FIRST: [usize; 6] = [1, 2, 3, 5, 10, 20];

/// What is known of a like.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum By {
    #[default]
    All,
    Text,
    English,
    Korean,
}

impl From<By> for KnownBy {
    fn from(by: By) -> Self {
        match by {
            By::All => Self::All,
            By::Text => Self::Text,
            By::English => Self::English,
            By::Korean => Self::Korean,
        }
    }
}

/// A table for nDCG@10 and AUC, a row for each ranker.
fn first_page(session: &Session, found: &FirstLikes) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let numbers = found.numbers.iter().map(|number| format!("{:>6}", number.likes)).collect::<String>();
    let Some(first) = found.numbers.first() else { return page };
    let figures = ["nDCG@10", "AUC"];
    for name in figures {
        let figure = |ranked: &first::Ranked| if name == "AUC" { ranked.auc } else { ranked.ndcg_10 };
        page.line(format!("{}{numbers}", page.bold(&format!("{name:<12}by likes"))));
        for (i, ranked) in first.rankers.iter().enumerate() {
            let of = |number: &first::Number| number.rankers.get(i).map_or(0.0, figure);
            let cells =
                found.numbers.iter().map(|number| format!("{:>6}", short(of(number)))).collect::<String>();
            page.line(format!("{:<20}{cells}", ranked.ranker));
        }
        page.line("");
    }
    let pools = found.numbers.iter().map(|number| format!("{:>6}", number.pools)).collect::<String>();
    page.line(page.dim(&format!("{:<20}{pools}", "pools")));
    page
}

fn half_life(text: &str) -> std::result::Result<f64, String> {
    paperpick::config::half_life(text.parse().unwrap_or(f64::NAN))
}

/// Writes a run for each ranker, with its name before the ending if there are several, and the
/// judgements beside them with the ending `qrels`.
fn write(file: &Path, log: &Log, ranked: &[RankedDay], setup: &Setup) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut create = |path: PathBuf, fill: Fill| -> Result<()> {
        written(&path, fill)?;
        files.push(path);
        Ok(())
    };
    for (i, ranker) in setup.rankers.iter().enumerate() {
        let name = ranker.name();
        let path = match (setup.rankers.len(), file.extension().and_then(|e| e.to_str())) {
            (1, _) => file.to_path_buf(),
            (_, Some(ending)) => file.with_extension(format!("{name}.{ending}")),
            (_, None) => file.with_extension(name),
        };
        create(path, &|mut out| trec::write_run(&mut out, log, ranked, i, name))?;
    }
    create(file.with_extension("qrels"), &|mut out| trec::write_judgements(&mut out, log, ranked))?;
    Ok(files)
}

fn page(session: &Session, replay: &replay::Replay) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let measured: Vec<_> = replay.users.iter().filter(|user| user.days > 0).collect();
    let days: usize = measured.iter().map(|user| user.days).sum();
    let relevant: usize = measured.iter().map(|user| user.relevant).sum();
    let heading = [counted(replay.papers, "paper"), counted(measured.len(), "user"), counted(days, "day")];
    page.line(format!("{} with {}", page.bold(&heading.join(", ")), counted(relevant, "liked paper")));
    if let [_, _, ..] = measured[..] {
        for user in &measured {
            page.line("");
            let from = user.from.map(|day| format!(" from {day}")).unwrap_or_default();
            let heading = format!("{}{from}: {}", user.user, counted(user.days, "day"));
            page.line(format!("{} with {}", page.bold(&heading), counted(user.relevant, "liked paper")));
            table(&mut page, replay, |ranked| {
                ranked.users.iter().find(|u| u.user == user.user).map(|u| u.figures)
            });
        }
        page.line("");
        page.line(page.bold("All users alike"));
    }
    table(&mut page, replay, |ranked| Some(ranked.all));
    for ranked in replay.rankers.iter().filter(|ranked| !ranked.bands.is_empty()) {
        page.line("");
        page.line(page.dim(&format!("{:<19} {:<16} of papers", ranked.ranker, "liked")));
        for BandShare { band, papers, share, .. } in &ranked.bands {
            page.line(format!("{band:<19} {} {papers:>9}", cell(Some(*share))));
        }
    }
    page
}

fn table(
    page: &mut TerminalPage,
    replay: &replay::Replay,
    figures: impl Fn(&replay::Ranked) -> Option<Figures>,
) {
    const COLUMNS: [&str; 5] = ["nDCG@10", "recall@20", "MRR", "AUC", "ECE"];
    let heading = COLUMNS.map(|name| format!("{name:<16}")).join(" ");
    page.line(page.dim(format!("{:<19} {heading}", "").trim_end()));
    for ranked in &replay.rankers {
        let Some(f) = figures(ranked) else { continue };
        let cells = [Some(f.ndcg_10), Some(f.recall_20), Some(f.mrr), Some(f.auc), f.ece].map(cell).join(" ");
        page.line(format!("{:<19} {cells}", ranked.ranker).trim_end());
    }
}

/// `.412`
fn short(x: f64) -> String {
    match format!("{x:.3}").split_once('.') {
        Some(("0", digits)) => format!(".{digits}"),
        Some(("-0", digits)) => format!("-.{digits}"),
        _ => "1.00".to_owned(),
    }
}

/// `.412 (.350-.470)`
pub fn cell(estimate: Option<Estimate>) -> String {
    let cell = |e: Estimate| format!("{} ({}-{})", short(e.mean), short(e.low), short(e.high));
    format!("{:<16}", estimate.map(cell).unwrap_or_default())
}
