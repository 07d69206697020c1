//! What is carried over is everything.

use std::collections::BTreeSet;

use crate::store::sqlite::Sqlite;
use crate::store::tables::{Kind, TABLES, Table};

/// Tables that are not carried over as they are, and why.
const OTHERS: &[(&str, &str)] =
    &[("counters", "as numbers"), ("lists", "made anew"), ("vectors", "by model"), ("words", "made anew")];

#[test]
fn no_table_and_no_column_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let names = |sql: &str, of: &str| -> BTreeSet<(String, String)> {
        let mut query = store.db.prepare(sql).unwrap();
        let rows = query.query_map([of], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let kept = names(
        "SELECT name, ?1 FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')
         AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE 'words!_%' ESCAPE '!'",
        "",
    );
    let kept: BTreeSet<String> = kept.into_iter().map(|(name, _)| name).collect();
    let carried = TABLES.iter().map(|table| table.name).chain(OTHERS.iter().map(|(name, _)| *name));
    assert_eq!(
        kept,
        carried.map(str::to_owned).collect(),
        "left: what there is; right: what is carried over"
    );
    for Table { name, columns, .. } in TABLES {
        let is_text = |kind: &Kind| *kind == Kind::Text;
        let known = columns.iter().map(|(column, kind)| ((*column).to_owned(), is_text(kind).to_string()));
        let sql = "SELECT name, iif(type = 'TEXT', 'true', 'false') FROM pragma_table_info(?1)";
        assert_eq!(names(sql, name), known.collect(), "{name}");
    }
}
