//! `rank`: the day's list of every reader, and the one that was made for you.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use paperpick::config::{Mail, Secret};
use paperpick::deliver::{mail, webhook};
use paperpick::paper::ReaderId;
use paperpick::progress::Silent;
use paperpick::verbs::Count;
use paperpick::verbs::account::ListAccounts;
use paperpick::verbs::digest::Digest;
use paperpick::verbs::rank::{self, Door, RankedAll};

use super::Outcome;
use super::digest::{Hook, hook, mail_settings};
use super::session::print::{Bar, TerminalPage, clean, counted, shaped};
use super::session::settings::{Session, count};

/// Show the list that was made for you, or make everybody's.
///
/// `rank --all` makes the list of every reader for the newest day. Started several times, on as many machines as share
/// the library, each takes a part of the readers, and what one that was killed had taken falls to the others. What is
/// sent goes out once a day.
#[derive(Debug, Args)]
pub struct Rank {
    /// Make the lists of all readers
    #[arg(long)]
    all: bool,
    /// How many papers each has [default: 10]
    #[arg(short, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    n: Option<Count>,
    /// Mail the lists: to `mail.to` that of the library's own reader, to `mail.accounts` those of the accounts there
    #[arg(long, requires = "all")]
    mail: bool,
    /// Post the list of the library's own reader to the webhook
    #[arg(long, requires = "all")]
    webhook: bool,
}

impl Rank {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        if !self.all {
            return show(session);
        }
        let mut library = session.open()?;
        let own = library.reader();
        let by_mail = self.mail.then(|| ByMail::new(session, &mut library)).transpose()?;
        let by_hook = self.webhook.then(|| hook(session)).transpose()?.map(|hook| ByHook { hook, own });
        let doors: Vec<&dyn Door> =
            by_mail.iter().map(|door| door as _).chain(by_hook.iter().map(|door| door as _)).collect();
        let bar = Bar::new(session, "ranking", None);
        let worker = format!("{}-{}", std::process::id(), session.clock.now().as_nanosecond());
        let n = session.count(self.n)?;
        let done = rank::rank_all(&mut library, &session.context(&bar), &worker, n, &doors)?;
        drop(bar);
        tell(session, &done)?;
        match done.failed.len() {
            0 => Ok(Outcome::Done),
            n => Ok(Outcome::partly(
                session,
                format!("{} failed; the same command tries again", counted(n, "list")),
            )),
        }
    }
}

fn tell(session: &Session, done: &RankedAll) -> Result<()> {
    let mut page = TerminalPage::new(session);
    let bytes = done.bytes.checked_div(done.made).unwrap_or(0);
    page.line(format!(
        "{}: {} made, {bytes} bytes each, {} sent",
        done.day,
        counted(done.made, "list"),
        done.sent
    ));
    for failed in &done.failed {
        page.line(format!("  reader {}: {}", failed.reader, clean(&failed.reason)));
    }
    shaped(session, "rank-all/1", done, &page)
}

/// The list that was made for the reader.
fn show(session: &Session) -> Result<Outcome> {
    let list = rank::kept_list(&session.open()?)?;
    let mut page = TerminalPage::new(session);
    page.line(format!("{}, {}", list.day, counted(list.picks.len(), "paper")));
    for (place, pick) in list.picks.iter().enumerate() {
        let score = pick.score.map_or_else(|| "    ".to_owned(), |score| format!("{score:.2}"));
        page.line(format!("{:>3}. {score}  {}  {}", place + 1, pick.paper.id, clean(&pick.paper.title)));
    }
    shaped(session, "rank/1", &list, &page)?;
    Ok(Outcome::of(!list.picks.is_empty()))
}

/// Mail, to those who have an address.
struct ByMail {
    own: ReaderId,
    settings: Mail,
    password: Option<Secret>,
    addresses: BTreeMap<ReaderId, Vec<String>>,
}

impl ByMail {
    fn new(session: &Session, library: &mut paperpick::library::Library) -> Result<Self> {
        let (settings, password) = mail_settings(session)?;
        let mut named = settings.accounts.clone();
        let mut addresses = BTreeMap::new();
        for account in session.ask_of(library, ListAccounts {}, &Silent)?.accounts {
            addresses.extend(named.remove(&account.name).map(|to| (account.reader, to)));
        }
        if let Some((name, _)) = named.pop_first() {
            bail!(
                "mail.accounts names `{name}`, but there is no such account: `paperpick account list` shows them"
            );
        }
        Ok(Self { own: library.reader(), settings: settings.clone(), password, addresses })
    }
}

impl Door for ByMail {
    /// The library's own reader has the door that `digest --mail` uses.
    fn name(&self, reader: ReaderId) -> Option<String> {
        match self.addresses.contains_key(&reader) {
            true => Some(format!("mail/{reader}")),
            false => (reader == self.own).then(|| "mail".to_owned()),
        }
    }

    fn send(&self, reader: ReaderId, digest: &Digest, at: Timestamp) -> paperpick::Result<()> {
        let to = self.addresses.get(&reader).unwrap_or(&self.settings.to).clone();
        mail::send(digest, &Mail { to, ..self.settings.clone() }, self.password.as_ref(), at)
    }
}

/// The webhook, for the library's own reader.
struct ByHook<'a> {
    hook: Hook<'a>,
    own: ReaderId,
}

impl Door for ByHook<'_> {
    fn name(&self, reader: ReaderId) -> Option<String> {
        (reader == self.own).then(|| "webhook".to_owned())
    }

    fn send(&self, _: ReaderId, digest: &Digest, at: Timestamp) -> paperpick::Result<()> {
        webhook::send(digest, self.hook.settings, &self.hook.url, self.hook.key.as_ref(), at)
    }
}
