//! `demo`: the whole job on the sample that ships, in a library that is gone afterwards.

use anyhow::{Context, Result};
use jiff::Timestamp;
use paperpick::PaperId;
use paperpick::library::Days;
use paperpick::paper::Rating;
use paperpick::progress::Silent;
use paperpick::store::{Place, Whose};
use paperpick::verbs::Count;
use paperpick::verbs::import::{self, Imported};
use paperpick::verbs::likes::rate::Rate;
use paperpick::verbs::similar::{FindSimilar, Similar};
use paperpick::verbs::today::{RankDays, Today};
use paperpick::verbs::topics::{GroupDays, Topics};
use serde::Serialize;

use super::Outcome;
use super::find::similar_page;
use super::session::clock::Stopped;
use super::session::print::{TerminalPage, counted, shaped};
use super::session::settings::Session;
use super::today::today_page;
use super::topics::topics_page;

const DIGEST: &str = include_str!("../../data/sample/2024-04-25.md");
/// Papers of the months before.
pub const BACKGROUND: &str = include_str!("../../data/sample/background.jsonl");

/// The paper whose neighbourhood the demo's reader likes.
const CATLIP: &str = "2404.15653";

/// The day of the digest.
const DAY: jiff::civil::Date = jiff::civil::date(2024, 4, 25);

/// What the demo's reader likes: papers around CLIP, from the months before.
const LIKED: [&str; 5] = ["2404.08197", "2404.04125", "2402.04252", "2401.09865", "2403.02677"];

/// What the demo's reader does not want to see.
const DISLIKED: [&str; 2] = ["2404.04860", "2404.14700"];

#[derive(Serialize)]
struct Demo {
    imported: Imported,
    liked: Vec<PaperId>,
    disliked: Vec<PaperId>,
    today: Today,
    similar: Similar,
    topics: Topics,
}

/// Runs it.
pub fn run(session: &Session) -> Result<Outcome> {
    let folder = tempfile::tempdir().context("the demo's temporary folder")?;
    let session = Session { library: folder.path().to_path_buf(), place: Place::Folder, ..session.clone() };
    let mut library = session.open_or_make()?;
    let still = Stopped(Timestamp::UNIX_EPOCH);
    let session = Session { clock: std::sync::Arc::new(still), ..session };
    let mut imported = Imported::default();
    for (name, text) in [("background.jsonl", BACKGROUND), ("2024-04-25.md", DIGEST)] {
        imported.add(import::file(&mut library, Whose::Own, name, Box::new(text.as_bytes()), None, &Silent)?);
    }
    imported.embedded = library.embed_pending(&Silent)?;

    let catlip = PaperId::parse(CATLIP)?.0;
    let (liked, disliked) = (identities(&LIKED)?, identities(&DISLIKED)?);
    for (ids, rating) in [(&liked, Rating::Like), (&disliked, Rating::Dislike)] {
        session.ask_of(&mut library, Rate { ids: ids.clone(), rating: Some(rating) }, &Silent)?;
    }
    let day = Days::One(DAY);
    let demo = Demo {
        today: session.ask_of(&mut library, RankDays::first(day, Count::new(5)?), &Silent)?,
        similar: session.ask_of(&mut library, FindSimilar::to(catlip, Count::new(3)?), &Silent)?,
        topics: session.ask_of(&mut library, GroupDays { days: day, about: None }, &Silent)?,
        imported,
        liked,
        disliked,
    };
    shaped(&session, "demo/1", &demo, &page(&session, &demo))?;
    // Windows keeps a folder whose database is open.
    drop(library);
    folder.close().context("the demo's temporary folder")?;
    Ok(Outcome::Done)
}

fn page(session: &Session, demo: &Demo) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    let read = counted(demo.imported.added, "paper");
    page.line(format!("{} {read}: a digest of {DAY} in Korean, and the months before it", page.bold("Read")));
    let rated = counted(demo.liked.len(), "paper");
    page.line(format!(
        "{} {rated} around CLIP, {} {}",
        page.bold("Liked"),
        page.bold("disliked"),
        demo.disliked.len()
    ));
    page.line("");
    page.line(page.bold("> paperpick today -n 5"));
    page.append(today_page(session, &demo.today));
    page.line("");
    page.line(page.bold(&format!("> paperpick similar {CATLIP} -n 3")));
    page.append(similar_page(session, &demo.similar, false));
    page.line("");
    page.line(page.bold("> paperpick topics"));
    page.append(topics_page(session, &demo.topics, usize::MAX));
    page
}

fn identities(ids: &[&str]) -> Result<Vec<PaperId>> {
    Ok(ids.iter().map(|id| PaperId::parse(id).map(|(id, _)| id)).collect::<Result<_, _>>()?)
}
