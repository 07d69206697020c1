//! The store itself: how much it holds, whether it is whole, whether it has changed, and what is chosen for it.

use std::path::{Path, PathBuf};

use super::connection::Connection;
use super::{Postgres, choices, examine, schema};
use crate::error::{Error, Result};
use crate::paper::ModelId;
use crate::progress::Progress;
use crate::store::stop::Stop;
use crate::store::{Copied, Examination, Finding, Size, Upkeep};

impl Upkeep for Postgres {
    fn schema(&self) -> i64 {
        schema::NEWEST
    }

    fn place(&self) -> String {
        self.db.address.shown.clone()
    }

    fn folder(&self) -> PathBuf {
        self.folder.join(format!("library-{}", self.id))
    }

    fn generation(&self) -> Result<u64> {
        counter(&self.db, &["generation"])
    }

    fn papers_edition(&self) -> Result<u64> {
        counter(&self.db, &["papers"])
    }

    fn edition(&self) -> Result<u64> {
        counter(&self.db, &["papers", "generation", "topics"])
    }

    fn changes_by_others(&self) -> Result<i64> {
        self.db.changes_by_others()
    }

    fn size(&self) -> Result<Size> {
        self.db.moment(|db| {
            let [papers, korean, days, likes, dislikes] = counts(db).map(|sql| count(db, &sql));
            Ok(Size { papers: papers?, korean: korean?, days: days?, likes: likes?, dislikes: dislikes? })
        })
    }

    fn size_at_least(&self) -> Size {
        let [papers, korean, days, likes, dislikes] =
            counts(&self.db).map(|sql| count(&self.db, &sql).unwrap_or_default());
        Size { papers, korean, days, likes, dislikes }
    }

    fn check(&self) -> Vec<String> {
        examine::check(&self.db)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some(match examine::unfinished(&self.db) {
            Ok(1..) => {
                "paperpick import, or sync: whatever writes papers first puts right what is unfinished"
            }
            _ => {
                "pg_restore, of a dump; or paperpick export, which writes what can be read, and paperpick import elsewhere"
            }
        })
    }

    fn unread(&self) -> Result<Vec<Finding>> {
        examine::unread(&self.db)
    }

    fn examine<'a>(&'a self, progress: &'a dyn Progress) -> Result<Box<dyn Examination + 'a>> {
        Ok(Box::new(examine::Examining::begin(self, progress)?))
    }

    fn back_up(&self, _: &Path) -> Result<Copied> {
        Err(Error::NotOfThisStore {
            what: "the library is in PostgreSQL, and is no file that could be copied".into(),
            instead: format!(
                "`pg_dump --schema={} DATABASE` copies it; `paperpick export` writes what is in it",
                self.db.address.schema
            ),
        })
    }

    fn choice(&self, name: &str) -> Result<Option<String>> {
        choices::choice(&self.db, name)
    }

    fn rechoose(
        &mut self,
        name: &str,
        ready: Option<&ModelId>,
        change: &mut dyn FnMut(Option<String>) -> Option<String>,
    ) -> Result<bool> {
        choices::rechoose(self, name, ready, change)
    }

    fn stop(&self) -> Stop {
        self.db.begin_work();
        self.wanted.begin(self.db.interrupt())
    }

    fn still_wanted(&self) -> Result<()> {
        self.wanted.check()
    }
}

/// The sum of some counters.
fn counter(db: &Connection, names: &[&str]) -> Result<u64> {
    let sql = "SELECT coalesce(sum(value), 0)::bigint FROM counters WHERE name = ANY($1)";
    Ok(db.row(sql, &[&names])?.try_get::<_, i64>(0)? as u64)
}

fn count(db: &Connection, sql: &str) -> Result<u64> {
    Ok(db.row(sql, &[])?.try_get::<_, i64>(0)? as u64)
}

/// What [`Size`] counts, in its order.
fn counts(db: &Connection) -> [String; 5] {
    let days = db.of_parts("listings", |listings| {
        format!("SELECT day FROM {listings} WHERE announced IN ('new', 'cross') GROUP BY day")
    });
    [
        db.count_of("papers", "true"),
        db.count_of("summaries", "language = 'ko'"),
        format!("SELECT count(DISTINCT day) FROM {days} AS found"),
        "SELECT count(*) FROM ratings WHERE rating = 1".into(),
        "SELECT count(*) FROM ratings WHERE rating = -1".into(),
    ]
}
