//! What the user has chosen for this library, by name.

use super::Postgres;
use super::connection::Connection;
use crate::error::Result;
use crate::paper::ModelId;
use crate::store::Vectors;

/// The value under a name.
pub(super) fn choice(db: &Connection, name: &str) -> Result<Option<String>> {
    let found = db.find("SELECT value FROM choices WHERE name = $1", &[&name])?;
    found.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Changes the value under a name in the transaction that reads it.
pub(super) fn rechoose(
    store: &Postgres,
    name: &str,
    ready: Option<&ModelId>,
    change: &mut dyn FnMut(Option<String>) -> Option<String>,
) -> Result<bool> {
    store.durably(|db| {
        // One at a time, also for a name that has no row to lock yet; whoever adds a paper waits, too.
        db.rows("SELECT 1 FROM counters WHERE name = 'papers' FOR UPDATE", &[])?;
        if let Some(model) = ready
            && store.n_without_vector(model, None)? > 0
        {
            return Ok(false);
        }
        let Some(value) = change(choice(db, name)?) else { return Ok(false) };
        let sql =
            "INSERT INTO choices VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        db.run(sql, &[&name, &value])?;
        Ok(true)
    })
}
