//! What a reader thinks of papers.

use jiff::Timestamp;

use super::{Naming, Postgres, taken_back};
use crate::error::Result;
use crate::paper::{PaperId, Rating, ReaderId};
use crate::store::ratings::{chosen_of, sign};
use crate::store::{Papers, Rated, Ratings, TakenBack};

impl Ratings for Postgres {
    fn rate(
        &mut self,
        reader: ReaderId,
        ids: &[PaperId],
        rating: Option<Rating>,
        at: Timestamp,
    ) -> Result<Vec<bool>> {
        let set = "INSERT INTO ratings AS r VALUES ($1, $2, $3, $4) ON CONFLICT (reader, id)
                   DO UPDATE SET rating = excluded.rating, at = excluded.at WHERE r.rating != excluded.rating";
        let clear = "DELETE FROM ratings WHERE reader = $1 AND id = $2";
        self.durably(|db| {
            Naming::Stays.hold(db)?;
            let rate = |id| {
                let id = self.stored_as(id)?;
                if let Some(rating) = rating {
                    let values = (reader.get(), id.as_str(), sign(rating), at.to_string());
                    return Ok(db.run(set, &[&values.0, &values.1, &values.2, &values.3])? > 0);
                }
                let was_rated = db.run(clear, &[&reader.get(), &id.as_str()])? > 0;
                if was_rated {
                    taken_back::note(db, reader, TakenBack::Rating, id.as_str(), at)?;
                }
                Ok(was_rated)
            };
            ids.iter().map(rate).collect()
        })
    }

    fn incomplete_likes(&self, n: usize, seed: u64) -> Result<Vec<PaperId>> {
        let sql = "WITH liked AS MATERIALIZED (SELECT DISTINCT r.id, i.paper FROM ratings r LEFT JOIN ids i ON i.id = r.id
                                               WHERE r.rating = 1)
                   SELECT l.id FROM liked l LEFT JOIN papers p
                     ON p.row = l.paper AND p.row = ANY (ARRAY(SELECT paper FROM liked))
                   WHERE p.row IS NULL OR p.abstract = '' OR p.authors = '[]' OR p.categories = '[]'";
        let rows = self.db.rows(sql, &[])?;
        let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<&str>, _>>()?;
        Ok(chosen_of(ids, n, seed))
    }

    fn ratings(&self, reader: ReaderId) -> Result<Vec<Rated>> {
        let sql = "WITH rated AS MATERIALIZED (SELECT r.id, r.rating, r.at, i.paper FROM ratings r
                                               LEFT JOIN ids i ON i.id = r.id WHERE r.reader = $1)
                   SELECT r.id, p.row, p.title, r.rating, r.at FROM rated r
                   LEFT JOIN papers p ON p.row = r.paper AND p.row = ANY (ARRAY(SELECT paper FROM rated))";
        let mut rated = Vec::new();
        for row in self.db.rows(sql, &[&reader.get()])? {
            let (id, at): (&str, &str) = (row.try_get(0)?, row.try_get(4)?);
            rated.push(Rated {
                id: PaperId::parse(id)?.0,
                row: row.try_get(1)?,
                title: row.try_get(2)?,
                rating: if row.try_get::<_, i64>(3)? > 0 { Rating::Like } else { Rating::Dislike },
                at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            });
        }
        rated.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
        Ok(rated)
    }
}
