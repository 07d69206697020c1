//! Runs and judgements in the format of TREC, which the field's evaluators read.

use std::io::Write;

use super::log::Log;
use super::replay::RankedDay;

/// Writes what one ranker made of the days: `user:day Q0 id rank score tag`.
///
/// Evaluators sort by score and read it in single precision, so of two papers with one score the
/// later is written a little lower: the order is the rank's.
///
/// # Errors
/// Those of `out`.
pub fn write_run(
    out: &mut impl Write,
    log: &Log,
    days: &[RankedDay],
    ranker: usize,
    tag: &str,
) -> std::io::Result<()> {
    for ranked in days {
        let mut above = f32::INFINITY;
        for (i, place) in ranked.lists[ranker].iter().enumerate() {
            let lower = above - above.abs().max(1e-6) * 2.0 * f32::EPSILON;
            above = if above.is_finite() { place.score.min(lower) } else { place.score };
            let (query, id) = (query(log, ranked), log.papers[place.paper].id());
            writeln!(out, "{query} Q0 {id} {} {above} {tag}", i + 1)?;
        }
    }
    Ok(())
}

/// Writes what the users liked of the days' papers: `user:day 0 id relevance`.
///
/// # Errors
/// Those of `out`.
pub fn write_judgements(out: &mut impl Write, log: &Log, days: &[RankedDay]) -> std::io::Result<()> {
    for ranked in days {
        let mut places = ranked.lists.first().cloned().unwrap_or_default();
        places.sort_by_key(|place| place.paper);
        for place in places {
            let (query, id) = (query(log, ranked), log.papers[place.paper].id());
            writeln!(out, "{query} 0 {id} {}", u8::from(place.relevant))?;
        }
    }
    Ok(())
}

fn query(log: &Log, ranked: &RankedDay) -> String {
    format!("{}:{}", log.users[ranked.user].name, ranked.day)
}
