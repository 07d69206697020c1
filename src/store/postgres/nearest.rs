//! The nearest vectors, asked of the server: by an index of pgvector over half floats, and ranked again by the exact
//! vectors.
//!
//! Which way is taken is decided here, never by the planner: of few papers every vector is compared.

#![cfg_attr(not(test), expect(dead_code, reason = "a server without its own graph will ask for it"))]

use super::connection::{Connection, Lasting};
use super::vectors::Table;
use crate::embed::{Embedding, dot};
use crate::error::Result;
use crate::paper::{ModelId, Row};
use crate::store::vectors::from_blob;

/// Of so many papers all vectors are compared: it takes as long as a walk through a graph that skips all others, and
/// misses none.
pub(super) const FEW: usize = 10_000;
/// So many times more candidates than are wanted are ranked again: half floats put neighbours of nearly one distance in
/// another order.
const CANDIDATES: usize = 4;
/// The most that pgvector keeps at hand while it walks, and the least that finds 99 of 100.
const WALK: std::ops::RangeInclusive<usize> = 100..=1_000;

/// Builds the index of a model's vectors, or does nothing if there is one. It takes minutes for 100,000 papers.
pub(super) fn build(db: &Connection, model: &ModelId) -> Result<()> {
    let Some(table) = Table::of(db, model)? else { return Ok(()) };
    let name = table.name();
    db.transaction(Lasting::Soon, |db| {
        db.batch(&format!(
            "CREATE INDEX IF NOT EXISTS {name}_near ON {name} USING hnsw (near halfvec_ip_ops)"
        ))
    })
}

/// The `n` nearest papers to a vector, of those that are meant (ascending; all of them where that is `None`), with their
/// similarities, the nearest first and ties by row. Of up to `few` that are meant none is missed.
pub(super) fn nearest(
    db: &Connection,
    model: &ModelId,
    query: &Embedding,
    n: usize,
    meant: Option<&[Row]>,
    few: usize,
) -> Result<Vec<(Row, f32)>> {
    let Some(table) = Table::of(db, model)? else { return Ok(Vec::new()) };
    let name = table.name();
    let query = query.as_slice();
    let found = match meant {
        Some(meant) if meant.len() <= few => {
            db.rows(&format!("SELECT row, vector FROM {name} WHERE row = ANY($1)"), &[&meant])?
        }
        _ => db.transaction(Lasting::Soon, |db| {
            let n = (CANDIDATES * n).max(*WALK.start());
            // Goes on where too few of those that it met are meant.
            db.batch(&format!(
                "SET LOCAL enable_seqscan = off; SET LOCAL hnsw.iterative_scan = relaxed_order;
                 SET LOCAL hnsw.ef_search = {}; SET LOCAL hnsw.max_scan_tuples = 1000000",
                n.min(*WALK.end())
            ))?;
            let sql = format!(
                "SELECT row, vector FROM {name} WHERE $2::bigint[] IS NULL OR row IN (SELECT unnest($2))
                 ORDER BY near <#> $1::real[]::halfvec LIMIT $3"
            );
            db.rows(&sql, &[&query, &meant, &(n as i64)])
        })?,
    };
    let near = |found: &postgres::Row| Ok((found.try_get(0)?, dot(query, &from_blob(found.try_get(1)?))));
    let mut near: Vec<(Row, f32)> = found.iter().map(near).collect::<Result<_>>()?;
    near.sort_by(|(a_row, a), (b_row, b)| b.total_cmp(a).then(a_row.cmp(b_row)));
    near.truncate(n);
    Ok(near)
}
