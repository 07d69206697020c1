//! What a reader was shown, and on which day first: one paper, one showing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Postgres;
use crate::error::Result;
use crate::paper::{PaperId, ReaderId, Row};
use crate::store::Shown;

impl Shown for Postgres {
    fn shown(&self, reader: ReaderId, rows: &[Row]) -> Result<BTreeMap<Row, Date>> {
        let sql = "SELECT paper, day FROM shown WHERE reader = $1 AND paper = ANY($2)";
        let mut days = BTreeMap::new();
        for found in self.db.rows(sql, &[&reader.get(), &rows])? {
            if let Ok(day) = found.try_get::<_, &str>(1)?.parse() {
                days.insert(found.try_get(0)?, day);
            }
        }
        Ok(days)
    }

    fn note_shown(&mut self, reader: ReaderId, rows: &[Row], day: Date) -> Result<()> {
        let sql =
            "INSERT INTO shown SELECT $1, paper, $3 FROM unnest($2::bigint[]) paper ON CONFLICT DO NOTHING";
        self.transaction(|db| db.run(sql, &[&reader.get(), &rows, &day.to_string()]).map(drop))
    }

    fn all_shown(&self, reader: ReaderId) -> Result<Vec<(PaperId, Date)>> {
        let sql = "WITH seen AS MATERIALIZED (SELECT paper, day FROM shown WHERE reader = $1)
                   SELECT p.id, s.day FROM seen s
                   JOIN papers p ON p.row = s.paper AND p.row = ANY (ARRAY(SELECT paper FROM seen))
                   ORDER BY s.day, p.id";
        let mut shown = Vec::new();
        for row in self.db.rows(sql, &[&reader.get()])? {
            if let Ok(day) = row.try_get::<_, &str>(1)?.parse() {
                shown.push((PaperId::parse(row.try_get(0)?)?.0, day));
            }
        }
        Ok(shown)
    }
}
