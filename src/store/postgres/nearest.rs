//! The nearest vectors, asked of the server: by an index of pgvector over half floats, and ranked again by the exact
//! vectors.
//!
//! Which way is taken is decided here, never by the planner: of few papers every vector is compared.

use postgres::Row as SqlRow;

use super::connection::{Connection, Lasting};
use super::shards;
use super::table::Table;
use crate::embed::Embedding;
use crate::error::Result;
use crate::paper::{ModelId, Row};
use crate::store::Meant;
use crate::store::vectors::from_blob;

/// Of so many papers all vectors are compared: it takes as long as a walk through a graph that skips all others, and
/// misses none.
pub(super) const FEW: usize = 10_000;
/// One of so many is ranked again that is not wanted, and so many are in any case: half floats put neighbours of nearly
/// one distance in another order.
const SPARE: usize = 4;
const FEWEST: usize = 100;

/// What pgvector walks by: as many at hand as most who ask want. It goes on where too few of those that it met are meant.
const WALKING: &str = "SET LOCAL enable_seqscan = off; SET LOCAL hnsw.iterative_scan = relaxed_order;
                       SET LOCAL hnsw.ef_search = 300; SET LOCAL hnsw.max_scan_tuples = 1000000";

/// Builds the index of a model's vectors, or does nothing if there is one. It takes minutes for 100,000 papers.
pub(super) fn build(db: &Connection, model: &ModelId) -> Result<()> {
    let Some(table) = Table::of(db, model)? else { return Ok(()) };
    db.transaction(Lasting::AtOnce, |db| shards::index_vectors(db, table.number))
}

/// Whether there is an index of a model's vectors.
pub(super) fn is_built(db: &Connection, model: &ModelId) -> Result<bool> {
    let Some(table) = Table::of(db, model)? else { return Ok(false) };
    shards::are_vectors_indexed(db, table.number)
}

/// See [`Vectors::nearest`](crate::store::Vectors::nearest). Of up to `few` that are meant none is missed.
pub(super) fn nearest(
    db: &Connection,
    model: &ModelId,
    query: &Embedding,
    n: usize,
    (meant, few): (Meant<'_>, usize),
    cosine: &dyn Fn(&[f32]) -> f32,
) -> Result<Vec<(Row, f32)>> {
    let Some(table) = Table::of(db, model)? else { return Ok(Vec::new()) };
    let name = table.name();
    let query = query.as_slice();
    let found = match meant {
        Meant::Only(meant) if meant.len() <= few => {
            db.rows(&format!("SELECT row, vector FROM {name} WHERE row = ANY ($1)"), &[&meant])?
        }
        _ => walk(db, &name, query, (n + n / SPARE).max(FEWEST), meant)?,
    };
    let near = |found: &postgres::Row| Ok((found.try_get(0)?, cosine(&from_blob(found.try_get(1)?))));
    let mut near: Vec<(Row, f32)> = found.iter().map(near).collect::<Result<_>>()?;
    near.sort_by(|(a_row, a), (b_row, b)| b.total_cmp(a).then(a_row.cmp(b_row)));
    near.truncate(n);
    Ok(near)
}

/// The `n` nearest by the index, of each shard if there are shards.
fn walk(db: &Connection, table: &str, query: &[f32], n: usize, meant: Meant<'_>) -> Result<Vec<SqlRow>> {
    // Written so that no index of rows is of use: that would be the planner's choice.
    let is_among = match db.n_shards.get() {
        0 => "(row IN (SELECT unnest($2::bigint[]))) IS TRUE",
        _ => "(row + 0) = ANY ($2::bigint[])",
    };
    let (is_meant, rows) = match meant {
        Meant::All => (String::new(), None),
        Meant::Only(rows) => (format!("WHERE {is_among}"), Some(rows)),
        Meant::Except(rows) => (format!("WHERE NOT ({is_among})"), Some(rows)),
    };
    // A limit that is given as a value is sent to no shard once the plan is kept: ten times as many vectors came back.
    let sql = db.of_parts(table, |vectors| {
        format!(
            "SELECT row, vector FROM {vectors} {is_meant}
             ORDER BY near <#> (SELECT $1::real[]::halfvec) LIMIT {n}"
        )
    });
    let ask = |db: &Connection| match &rows {
        None => db.rows(&sql, &[&query]),
        Some(rows) => db.rows(&sql, &[&query, rows]),
    };
    match db.n_shards.get() {
        0 => db.moment_with(WALKING, ask),
        // Their sessions walk like this.
        _ => ask(db),
    }
}
