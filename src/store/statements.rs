//! What every engine does alike with statements: which are visited in which order, and whose are taken over.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Said, Statement, Store, TakenBack, TakenOver, Whose};
use crate::config::{FeedSource, without_keys};
use crate::error::{Error, Result};
use crate::paper::{ReaderId, Role};

/// What only statements tell.
pub(super) trait Remembered {
    /// When each of a reader's interests was last touched.
    fn interest_times(&self, reader: ReaderId) -> Result<BTreeMap<i64, Timestamp>>;

    /// Everything that a reader took back, by kind and name.
    fn taken_back(&self, reader: ReaderId) -> Result<Vec<(TakenBack, String, Timestamp)>>;
}

/// [`each_statement`](super::Statements::each_statement).
pub(super) fn each(
    store: &(impl Store + Remembered),
    own: ReaderId,
    whose: Whose,
    visit: &mut dyn FnMut(&Statement) -> Result<()>,
) -> Result<()> {
    let mut readers: BTreeMap<ReaderId, Option<String>> = BTreeMap::from([(own, None)]);
    if whose == Whose::Everybodys {
        for account in store.accounts()? {
            let said =
                Said::Account { number: account.reader.get(), made: account.made, role: Some(account.role) };
            visit(&Statement { said, reader: Some(account.name.clone()) })?;
            readers.insert(account.reader, Some(account.name));
        }
    }
    for (reader, name) in readers {
        for said in said_by(store, reader)? {
            visit(&Statement { said, reader: name.clone() })?;
        }
    }
    let mut shared: Vec<Said> =
        store.calendar(None, Date::MIN, Date::MAX)?.into_iter().map(Said::Day).collect();
    shared.extend(store.feeds()?.into_iter().map(|FeedSource { name, url }| {
        // An export gets about: whoever reads a feed by a password gives it to the copy.
        Said::Feed { name, url: without_keys(&url) }
    }));
    shared.extend(store.all_made()?.into_iter().map(|(id, summary)| Said::Made { id, summary }));
    if whose == Whose::Everybodys {
        shared.extend(store.all_sent()?.into_iter().map(|(door, day, at)| Said::Sent { door, day, at }));
    }
    shared.into_iter().try_for_each(|said| visit(&Statement { said, reader: None }))
}

fn said_by(store: &(impl Store + Remembered), reader: ReaderId) -> Result<Vec<Said>> {
    let ratings = store.ratings(reader)?.into_iter();
    let mut all: Vec<Said> =
        ratings.map(|rated| Said::Rating { id: rated.id, rating: rated.rating, at: rated.at }).collect();
    // The oldest first, as ratings are.
    let saved = store.saved(reader)?.into_iter().rev();
    all.extend(saved.map(|saved| Said::Saved { id: saved.id, at: saved.at }));
    all.extend(store.all_shown(reader)?.into_iter().map(|(id, day)| Said::Shown { id, day }));
    let times = store.interest_times(reader)?;
    all.extend(store.interests(reader)?.into_iter().map(|(number, interest)| Said::Interest {
        interest,
        at: times.get(&number).copied().unwrap_or_default(),
    }));
    all.extend(store.topic_marks(reader)?.into_iter().map(Said::Topic));
    let taken_back = store.taken_back(reader)?.into_iter();
    all.extend(taken_back.map(|(kind, name, at)| Said::TakenBack { kind, name, at }));
    Ok(all)
}

/// What takes statements over, within one transaction.
pub(super) trait Taking {
    /// The reader of this name.
    fn named(&self, name: &str) -> Result<Option<ReaderId>>;

    /// Makes an account that nobody can sign in to yet: no password has an empty hash. It keeps its number where that
    /// was never given away here. Where no role is said, the first account is an owner's and others are members.
    /// Whether it is new.
    fn take_account(&self, name: &str, number: i64, made: Timestamp, role: Option<Role>) -> Result<bool>;

    /// Takes one statement over; whether it was news.
    fn take(&self, reader: ReaderId, said: Said) -> Result<bool>;
}

/// [`take_over`](super::Statements::take_over).
pub(super) fn take_all(
    to: &impl Taking,
    own: ReaderId,
    whose: Whose,
    statements: impl IntoIterator<Item = Statement>,
) -> Result<TakenOver> {
    let mut taken = TakenOver::default();
    for Statement { said, reader } in statements {
        let reader = match (reader, &said) {
            // A member must not keep others' mail from going out.
            (None, Said::Sent { .. }) if whose != Whose::Everybodys => continue,
            (None, Said::Day(_) | Said::Feed { .. } | Said::Made { .. }) if whose == Whose::OwnAlone => {
                continue;
            }
            (None, _) => own,
            (Some(name), Said::Account { number, made, role }) if whose == Whose::Everybodys => {
                taken.n_new += usize::from(to.take_account(&name, *number, *made, *role)?);
                continue;
            }
            (Some(name), _) => match to.named(&name)? {
                Some(reader) if whose == Whose::Everybodys || reader == own => reader,
                _ if whose != Whose::Everybodys => {
                    taken.n_others += 1;
                    continue;
                }
                _ => return Err(no_account(&name)),
            },
        };
        taken.n_new += usize::from(to.take(reader, said)?);
    }
    Ok(taken)
}

fn no_account(name: &str) -> Error {
    Error::Invalid(format!(
        "the export tells what `{name}` said, but not that there is such an account: its line is missing"
    ))
}
