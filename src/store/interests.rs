//! What a reader has said of his or her interests.

use std::collections::BTreeMap;

use rusqlite::params;

use super::Store;
use super::identity::stored_as;
use crate::error::Result;
use crate::paper::{InterestState, PaperId, ReaderId};

/// An interest that its reader has touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptInterest {
    /// Its name.
    pub name: String,
    /// What is to become of its papers.
    pub state: InterestState,
    /// How many places of a list it keeps; absent: as its likes are.
    pub places: Option<u32>,
    /// The likes that belong to it.
    pub papers: Vec<PaperId>,
}

impl Store {
    /// The interests that a reader has touched, by number: a greater number came later.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`].
    pub fn interests(&self, reader: ReaderId) -> Result<BTreeMap<i64, KeptInterest>> {
        let mut interests = BTreeMap::new();
        let mut query =
            self.db.prepare_cached("SELECT number, name, state, places FROM interests WHERE reader = ?1")?;
        let mut rows = query.query([reader])?;
        while let Some(row) = rows.next()? {
            let code: String = row.get(2)?;
            let state = InterestState::parse(&code).unwrap_or(InterestState::Live);
            interests.insert(
                row.get(0)?,
                KeptInterest { name: row.get(1)?, state, places: row.get(3)?, papers: Vec::new() },
            );
        }
        let mut query = self
            .db
            .prepare_cached("SELECT interest, id FROM interest_papers WHERE reader = ?1 ORDER BY id")?;
        let mut rows = query.query([reader])?;
        while let Some(row) = rows.next()? {
            if let Some(interest) = interests.get_mut(&row.get::<_, i64>(0)?) {
                let id: String = row.get(1)?;
                interest.papers.push(PaperId::parse(&id)?.0);
            }
        }
        Ok(interests)
    }

    /// Writes interests in the place of others, in one transaction: `gone` are forgotten, and each
    /// of `kept` takes its papers from whichever interest had them.
    ///
    /// # Errors
    /// [`crate::Error::Sqlite`]; then nothing is changed.
    pub fn replace_interests(&mut self, reader: ReaderId, gone: &[i64], kept: &[KeptInterest]) -> Result<()> {
        self.transaction(|db| {
            for number in gone {
                db.prepare_cached("DELETE FROM interests WHERE number = ?1 AND reader = ?2")?
                    .execute(params![number, reader])?;
            }
            for interest in kept {
                db.prepare_cached(
                    "INSERT INTO interests (reader, name, state, places) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    reader,
                    interest.name,
                    interest.state.as_str(),
                    interest.places
                ])?;
                let number = db.last_insert_rowid();
                let mut insert =
                    db.prepare_cached("INSERT OR REPLACE INTO interest_papers VALUES (?1, ?2, ?3)")?;
                for id in &interest.papers {
                    insert.execute(params![reader, stored_as(db, id)?.as_str(), number])?;
                }
            }
            Ok(())
        })
    }
}
