//! What a reader has said of his or her interests.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::connection::Connection;
use super::{Naming, Postgres, taken_back};
use crate::error::Result;
use crate::paper::{InterestState, PaperId, ReaderId};
use crate::store::{Interests, KeptInterest, Papers, TakenBack};

impl Interests for Postgres {
    fn interests(&self, reader: ReaderId) -> Result<BTreeMap<i64, KeptInterest>> {
        self.db.moment(|db| {
            let mut interests = BTreeMap::new();
            let sql = "SELECT number, name, state, places FROM interests WHERE reader = $1";
            for row in db.rows(sql, &[&reader.get()])? {
                let state = InterestState::parse(row.try_get(2)?).unwrap_or(InterestState::Live);
                let places: Option<i64> = row.try_get(3)?;
                let places = places.and_then(|n| u32::try_from(n).ok());
                let interest = KeptInterest { name: row.try_get(1)?, state, places, papers: Vec::new() };
                interests.insert(row.try_get(0)?, interest);
            }
            let sql = "SELECT interest, id FROM interest_papers WHERE reader = $1 ORDER BY id";
            for row in db.rows(sql, &[&reader.get()])? {
                if let Some(interest) = interests.get_mut(&row.try_get::<_, i64>(0)?) {
                    interest.papers.push(PaperId::parse(row.try_get(1)?)?.0);
                }
            }
            Ok(interests)
        })
    }

    fn replace_interests(
        &mut self,
        reader: ReaderId,
        gone: &[i64],
        kept: &[KeptInterest],
        at: Timestamp,
    ) -> Result<()> {
        self.durably(|db| self.replace(db, reader, gone, kept, at))
    }
}

impl Postgres {
    /// Writes interests in the place of others. A name that is left is noted as taken back, and an interest that
    /// was touched later keeps its papers.
    pub(super) fn replace(
        &self,
        db: &Connection,
        reader: ReaderId,
        gone: &[i64],
        kept: &[KeptInterest],
        at: Timestamp,
    ) -> Result<()> {
        Naming::Stays.hold(db)?;
        for number in gone {
            let sql = "DELETE FROM interests WHERE number = $1 AND reader = $2 RETURNING name";
            let Some(row) = db.find(sql, &[number, &reader.get()])? else { continue };
            let name: &str = row.try_get(0)?;
            if !kept.iter().any(|interest| interest.name == name) {
                taken_back::note(db, reader, TakenBack::Interest, name, at)?;
            }
        }
        let at = at.to_string();
        for KeptInterest { name, state, places, papers } in kept {
            let sql = "INSERT INTO interests (reader, name, state, places, at) VALUES ($1, $2, $3, $4, $5)
                       RETURNING number";
            let places = places.map(i64::from);
            let row = db.row(sql, &[&reader.get(), name, &state.as_str(), &places, &at])?;
            let number: i64 = row.try_get(0)?;
            let sql = "INSERT INTO interest_papers AS p VALUES ($1, $2, $3) ON CONFLICT (reader, id)
                       DO UPDATE SET interest = excluded.interest WHERE rtrim($4, 'Z') >=
                         (SELECT rtrim(i.at, 'Z') FROM interests i WHERE i.number = p.interest)";
            for id in papers {
                db.run(sql, &[&reader.get(), &self.stored_as(id)?.as_str(), &number, &at])?;
            }
        }
        Ok(())
    }
}
