//! The day's list of every reader, made by workers that share a queue in the store.
//!
//! Any number of workers, on any machine, run the same: each takes a few readers at a time, makes their lists, sends
//! those that are to be sent, and ends when none is left. What a worker that died had taken falls to the others a
//! minute later. What a door took goes out once by the ledger of what was sent; one that died between the two is
//! repeated ten minutes later under the same identity, which receivers show once.

use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::digest::{Digest, MakeDigest};
use super::pick::{Pick, Ranking};
use super::send::{Sending, try_send};
use super::{Context, Count, Verb, today};
use crate::error::{Error, Result};
use crate::library::{Days, Library};
use crate::paper::{Brief, PaperId, ReaderId};
use crate::store::{ListEnd, TakenList};

/// A worker takes so many readers at once: a second's work.
const BATCH: usize = 8;

/// After so long, whoever took a list is taken to be dead; if it is only slow, its work is thrown away.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// How long a worker waits before it looks again for lists that others have taken.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// Lists of so many days are kept.
const KEPT_DAYS: i64 = 7;

/// Through which a reader's list goes out.
pub trait Door {
    /// Its name in the ledger of what was sent, if this reader is to have the list through it.
    fn name(&self, reader: ReaderId) -> Option<String>;

    /// Sends it.
    ///
    /// # Errors
    /// [`Error::Delivery`]; then nothing has gone out.
    fn send(&self, reader: ReaderId, digest: &Digest, at: Timestamp) -> Result<()>;
}

/// What a worker did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RankedAll {
    /// The day.
    pub day: Date,
    /// How many lists this worker made.
    pub made: usize,
    /// How many of them went out now.
    pub sent: usize,
    /// How long all lists that this worker made are, in bytes.
    pub bytes: usize,
    /// The lists that could not be made or sent; the same command tries them again.
    pub failed: Vec<Unranked>,
}

/// A reader whose list could not be made or sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unranked {
    /// Whose it is.
    pub reader: ReaderId,
    /// Why.
    pub reason: String,
}

/// A place of a list as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    id: PaperId,
    score: Option<f64>,
}

/// A list that was made for a reader.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct KeptList {
    /// The day.
    pub day: Date,
    /// Its papers, the best first.
    pub picks: Vec<KeptPick>,
}

/// A paper of a list that was made.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct KeptPick {
    /// The probability that the reader likes it, 0 to 1; absent where the order rests on votes.
    pub score: Option<f64>,
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
}

/// Works until the list of every reader for the newest day is made: each has `n` papers, and goes out through the doors
/// that its reader has. `worker` is a name that no other worker has.
///
/// # Errors
/// [`Error::NothingListed`] for a library without a day.
pub fn rank_all(
    library: &mut Library,
    context: &Context<'_>,
    worker: &str,
    n: Count,
    doors: &[&dyn Door],
) -> Result<RankedAll> {
    let before = library.reader();
    let mut work = Worker::begin(library, context, worker, n, doors)?;
    let done = work.run(library, context);
    library.release();
    library.set_reader(before);
    done.map(|()| work.done)
}

/// The list that was made for the library's reader, of the newest day.
///
/// # Errors
/// [`Error::NothingListed`] where none was made.
pub fn kept_list(library: &Library) -> Result<KeptList> {
    let (_, day) = library.resolve(Days::Newest)?;
    let none =
        || Error::NothingListed(format!("no list of {day} was made yet; `paperpick rank --all` makes them"));
    let list = library.store.list(day, library.reader())?.ok_or_else(none)?;
    let kept: Vec<Kept> = serde_json::from_str(&list).map_err(|_| none())?;
    let mut picks = Vec::with_capacity(kept.len());
    for Kept { id, score } in kept {
        match library.store.paper(&id) {
            Ok(stored) => picks.push(KeptPick { score, paper: Brief::of(&stored.paper) }),
            Err(Error::UnknownPaper { .. }) => {} // it has gone since
            Err(error) => return Err(error),
        }
    }
    Ok(KeptList { day, picks })
}

/// One that works.
struct Worker<'a> {
    name: &'a str,
    n: Count,
    doors: &'a [&'a dyn Door],
    /// The edition of the library whose lists are made.
    edition: u64,
    done: RankedAll,
}

impl<'a> Worker<'a> {
    fn begin(
        library: &mut Library,
        context: &Context<'_>,
        name: &'a str,
        n: Count,
        doors: &'a [&'a dyn Door],
    ) -> Result<Self> {
        let (_, day) = library.resolve(Days::Newest)?;
        let done = RankedAll { day, made: 0, sent: 0, bytes: 0, failed: Vec::new() };
        let mut worker = Self { name, n, doors, edition: 0, done };
        worker.ask(library, context)?;
        Ok(worker)
    }

    /// Asks for the lists of what the library holds now, and reads what they have in common.
    fn ask(&mut self, library: &mut Library, _: &Context<'_>) -> Result<()> {
        self.edition = library.edition()?;
        let day = self.done.day;
        let made_of = format!("{} {} {} {}", self.edition, library.model(), self.n.get(), self.doors.len());
        let oldest = day.saturating_sub(Span::new().days(KEPT_DAYS));
        library.store.ask_for_lists(day, &made_of, oldest)?;
        let rows = library.store.listed(day, day)?;
        library.hold(&rows)
    }

    fn run(&mut self, library: &mut Library, context: &Context<'_>) -> Result<()> {
        loop {
            library.store.still_wanted()?;
            let now = context.now();
            let taken = library.store.take_lists(self.done.day, self.name, now, now - LEASE, BATCH)?;
            for list in &taken {
                self.make(library, context, list)?;
                context.progress.advance(1);
            }
            if taken.is_empty() {
                if library.store.lists_left(self.done.day)?.waiting == 0 {
                    return Ok(());
                }
                context.clock.sleep(PAUSE);
            }
            if library.edition()? != self.edition {
                self.ask(library, context)?;
            }
        }
    }

    fn make(&mut self, library: &mut Library, context: &Context<'_>, list: &TakenList) -> Result<()> {
        library.set_reader(list.reader);
        let day = self.done.day;
        let made = self.list(library).and_then(|text| Ok((text, self.send(library, context, list.reader)?)));
        match made {
            Ok((text, Sent::All(n_sent))) => {
                self.done.sent += n_sent;
                if library.store.end_list(day, self.name, list, ListEnd::Made(&text))? {
                    self.done.made += 1;
                    self.done.bytes += text.len();
                }
            }
            Ok((_, Sent::Elsewhere)) => {
                library.store.end_list(day, self.name, list, ListEnd::Later)?;
            }
            // What is wrong with the store or with this worker is wrong for every reader.
            Err(error @ (Error::Delivery { .. } | Error::Invalid(_))) => {
                let reason = error.to_string();
                library.store.end_list(day, self.name, list, ListEnd::Failed(&reason))?;
                self.done.failed.push(Unranked { reader: list.reader, reason });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The list as it is kept.
    fn list(&self, library: &Library) -> Result<String> {
        let today = today::ranked(library, Days::One(self.done.day), &Ranking::first(self.n.get()))?;
        let kept = |pick: &Pick| Ok(Kept { id: PaperId::parse(&pick.paper.id)?.0, score: pick.score });
        let kept: Vec<Kept> = today.picks.iter().map(kept).collect::<Result<_>>()?;
        serde_json::to_string(&kept).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// Sends the list through the doors that its reader has.
    fn send(&self, library: &mut Library, context: &Context<'_>, reader: ReaderId) -> Result<Sent> {
        let mut n_sent = 0;
        let doors: Vec<_> = self.doors.iter().filter_map(|door| Some((door, door.name(reader)?))).collect();
        if doors.is_empty() {
            return Ok(Sent::All(0));
        }
        let request = MakeDigest { date: Some(self.done.day), n: self.n, ..MakeDigest::default() };
        let digest = request.run(library, context)?;
        if digest.is_empty() {
            return Ok(Sent::All(0));
        }
        for (door, name) in doors {
            let at = context.now();
            match try_send(library, &name, digest.day, at, false, || door.send(reader, &digest, at))? {
                Sending::Done(sent) => n_sent += usize::from(sent.now),
                Sending::Elsewhere(_) => return Ok(Sent::Elsewhere),
            }
        }
        Ok(Sent::All(n_sent))
    }
}

/// Whether a list has gone out.
enum Sent {
    /// Through all its doors, through so many of them now.
    All(usize),
    /// Another worker began to send it, and has not ended.
    Elsewhere,
}
