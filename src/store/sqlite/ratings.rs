//! What a reader thinks of papers.

use jiff::Timestamp;
use rusqlite::params;

use super::Sqlite;
use super::taken_back;
use crate::error::Result;
use crate::paper::{PaperId, Rating, ReaderId};
use crate::store::identity::stored_as;
use crate::store::ratings::{chosen_of, sign};
use crate::store::{Rated, Ratings, TakenBack};

impl Ratings for Sqlite {
    fn rate(
        &mut self,
        reader: ReaderId,
        ids: &[PaperId],
        rating: Option<Rating>,
        at: Timestamp,
    ) -> Result<Vec<bool>> {
        self.durably(|db| {
            let mut set = db.prepare_cached(
                "INSERT INTO ratings VALUES (?1, ?2, ?3, ?4) ON CONFLICT (reader, id)
                 DO UPDATE SET rating = excluded.rating, at = excluded.at WHERE rating != excluded.rating",
            )?;
            let mut clear = db.prepare_cached("DELETE FROM ratings WHERE reader = ?1 AND id = ?2")?;
            ids.iter()
                .map(|id| {
                    let id = stored_as(db, id)?;
                    let changed = match rating {
                        Some(rating) => {
                            set.execute(params![reader, id.as_str(), sign(rating), at.to_string()])?
                        }
                        None => clear.execute(params![reader, id.as_str()])?,
                    };
                    if rating.is_none() && changed > 0 {
                        taken_back::note(db, reader, TakenBack::Rating, id.as_str(), at)?;
                    }
                    Ok(changed > 0)
                })
                .collect()
        })
    }

    fn incomplete_likes(&self, n: usize, seed: u64) -> Result<Vec<PaperId>> {
        let sql = "SELECT DISTINCT r.id FROM ratings r LEFT JOIN papers p ON p.id = r.id WHERE r.rating = 1
                   AND (p.row IS NULL OR p.abstract = '' OR p.authors = '[]' OR p.categories = '[]')";
        let mut query = self.db.prepare_cached(sql)?;
        let ids = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(chosen_of(ids.iter().map(String::as_str), n, seed))
    }

    fn ratings(&self, reader: ReaderId) -> Result<Vec<Rated>> {
        let sql =
            "SELECT r.id, p.row, p.title, r.rating, r.at FROM ratings r LEFT JOIN papers p ON p.id = r.id
                   WHERE r.reader = ?1";
        let mut query = self.db.prepare_cached(sql)?;
        let mut rows = query.query([reader])?;
        let mut rated = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, at): (String, String) = (row.get(0)?, row.get(4)?);
            rated.push(Rated {
                id: PaperId::parse(&id)?.0,
                row: row.get(1)?,
                title: row.get(2)?,
                rating: if row.get::<_, i64>(3)? > 0 { Rating::Like } else { Rating::Dislike },
                at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            });
        }
        rated.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
        Ok(rated)
    }
}
