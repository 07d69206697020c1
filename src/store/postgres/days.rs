//! Days and what was listed on them.

use crate::paper::Row;
use jiff::civil::Date;

use super::{Postgres, unwritten};
use crate::error::Result;
use crate::store::Days;

impl Days for Postgres {
    fn listed(&self, _first: Date, _last: Date) -> Result<Vec<Row>> {
        unwritten("listed")
    }

    fn most_voted(&self, _rows: &[Row], _n: usize) -> Result<Vec<Row>> {
        unwritten("most_voted")
    }

    fn recently_listed(&self, _n: usize) -> Result<Vec<Row>> {
        unwritten("recently_listed")
    }

    fn days_of(&self, _n: usize) -> Result<Vec<Date>> {
        unwritten("days_of")
    }

    fn last_days(&self, _n: usize) -> Result<Vec<Date>> {
        unwritten("last_days")
    }

    fn pick_days(&self) -> Result<Vec<Date>> {
        unwritten("pick_days")
    }

    fn newest_day(&self) -> Result<Option<Date>> {
        unwritten("newest_day")
    }

    fn nearest_day(&self, _day: Date) -> Result<Option<Date>> {
        unwritten("nearest_day")
    }

    fn papers_by_day(&self, _first: Date, _last: Date) -> Result<Vec<(Date, usize)>> {
        unwritten("papers_by_day")
    }

    fn days_beside(&self, _day: Date) -> Result<(Option<Date>, Option<Date>)> {
        unwritten("days_beside")
    }

    fn replaced(&self, _first: Date, _last: Date) -> Result<Vec<Row>> {
        unwritten("replaced")
    }
}
