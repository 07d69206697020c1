//! What a reader has said of his or her interests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::Sqlite;
use super::taken_back;
use crate::error::Result;
use crate::paper::{InterestState, PaperId, ReaderId};
use crate::store::identity::stored_as;
use crate::store::{Interests, KeptInterest, TakenBack};

impl Interests for Sqlite {
    fn interests(&self, reader: ReaderId) -> Result<BTreeMap<i64, KeptInterest>> {
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

    fn replace_interests(
        &mut self,
        reader: ReaderId,
        gone: &[i64],
        kept: &[KeptInterest],
        at: Timestamp,
    ) -> Result<()> {
        self.durably(|db| replace(db, reader, gone, kept, at))
    }
}

/// Writes interests in the place of others. A name that is left is noted as taken back, and an interest that
/// was touched later keeps its papers.
pub(super) fn replace(
    db: &Connection,
    reader: ReaderId,
    gone: &[i64],
    kept: &[KeptInterest],
    at: Timestamp,
) -> Result<()> {
    for number in gone {
        let sql = "DELETE FROM interests WHERE number = ?1 AND reader = ?2 RETURNING name";
        let mut query = db.prepare_cached(sql)?;
        let name: Option<String> = query.query_row(params![number, reader], |row| row.get(0)).optional()?;
        if let Some(name) = name.filter(|name| !kept.iter().any(|interest| interest.name == *name)) {
            taken_back::note(db, reader, TakenBack::Interest, &name, at)?;
        }
    }
    let at = at.to_string();
    for KeptInterest { name, state, places, papers } in kept {
        let sql = "INSERT INTO interests (reader, name, state, places, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        db.prepare_cached(sql)?.execute(params![reader, name, state.as_str(), places, at])?;
        let number = db.last_insert_rowid();
        let mut insert = db.prepare_cached(
            "INSERT INTO interest_papers VALUES (?1, ?2, ?3) ON CONFLICT (reader, id)
             DO UPDATE SET interest = excluded.interest WHERE rtrim(?4, 'Z') >=
               (SELECT rtrim(i.at, 'Z') FROM interests i WHERE i.number = interest_papers.interest)",
        )?;
        for id in papers {
            insert.execute(params![reader, stored_as(db, id)?.as_str(), number, at])?;
        }
    }
    Ok(())
}
