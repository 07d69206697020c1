//! Runs and judgements in the format of TREC, which the field's evaluators read.

use std::io::Write;

use super::log::Log;
use super::replay::RankedDay;

/// Writes a ranked list, the first first: `query Q0 id rank score tag`.
///
/// Evaluators sort by score and read it in single precision, so of two papers with one score the
/// later is written a little lower: the order is the rank's.
///
/// # Errors
/// Those of `out`.
pub fn write_list<'a>(
    out: &mut impl Write,
    query: &str,
    list: impl IntoIterator<Item = (&'a str, f32)>,
    tag: &str,
) -> std::io::Result<()> {
    let mut above = f32::INFINITY;
    for (i, (id, score)) in list.into_iter().enumerate() {
        let lower = above - above.abs().max(1e-6) * 2.0 * f32::EPSILON;
        above = if above.is_finite() { score.min(lower) } else { score };
        writeln!(out, "{query} Q0 {id} {} {above} {tag}", i + 1)?;
    }
    Ok(())
}

/// Writes what one ranker made of the days; the query is `user:day`.
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
        let list = ranked.lists[ranker].iter().map(|place| (log.papers[place.paper].id(), place.score));
        write_list(out, &query(log, ranked), list, tag)?;
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

#[cfg(test)]
mod tests {
    use super::super::log::{Listed, Rating};
    use super::super::replay::Place;
    use super::*;
    use crate::{Paper, PaperId};

    #[test]
    fn ties_are_written_one_below_the_other_in_single_precision() {
        let day = jiff::civil::date(2025, 1, 2);
        let id = |n: usize| PaperId::own(&format!("p{n}")).unwrap();
        let papers = (0..4).map(|n| Listed { day, paper: Paper::new(id(n), "") }).collect();
        let rating = Rating { user: "ann".into(), id: id(1), liked: true, at: day.at(0, 0, 0, 0) };
        let log = Log::new(papers, vec![rating]);
        let scores = [0.75, 0.75, 0.0, 0.0];
        let place = |paper| Place { paper, score: scores[paper], relevant: paper == 1 };
        let days = [RankedDay { user: 0, day, lists: vec![(0..4).map(place).collect()] }];
        let (mut run, mut judgements) = (Vec::new(), Vec::new());
        write_run(&mut run, &log, &days, 0, "tag").unwrap();
        write_judgements(&mut judgements, &log, &days).unwrap();
        let run = String::from_utf8(run).unwrap();
        assert_eq!(run.lines().next(), Some("ann:2025-01-02 Q0 p0 1 0.75 tag"));
        let scores: Vec<f32> = run.lines().map(|l| l.split(' ').nth(4).unwrap().parse().unwrap()).collect();
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
        let judged = String::from_utf8(judgements).unwrap();
        assert_eq!(judged.lines().nth(1), Some("ann:2025-01-02 0 p1 1"));
    }
}
