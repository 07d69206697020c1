//! Whatever call fails, and wherever a run is stopped, nothing that was there or acknowledged is lost, and the next
//! run makes good what is missing.
//!
//! A few calls of each job, for `cargo test`; `FAULT=all cargo test --locked --test it -- fault:: --nocapture` walks
//! through every call and prints what came of it. `FAULT_JOB=import` is for one job only, `FAULT_SEED=7` draws anew.

mod disk;
mod jobs;
mod look;
mod shim;
mod walk;

use std::sync::Mutex;
use std::time::Instant;

use jobs::JOBS;
use walk::{Extent, Tally, Walk};

/// Calls of each job that `cargo test` lets fail, for each kind of fault.
const N_SAMPLED: usize = 1;

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

#[test]
fn whatever_call_fails_nothing_is_lost_and_the_next_run_goes_on() {
    let extent = match setting("FAULT").as_deref() {
        Some("all") => Extent::Whole,
        _ => Extent::Sample(N_SAMPLED),
    };
    let seed = setting("FAULT_SEED").map_or(1, |text| text.parse().unwrap());
    let only = setting("FAULT_JOB");
    let jobs = JOBS.iter().filter(|job| only.as_deref().is_none_or(|only| only == job.name));
    let (left, done) = (Mutex::new(jobs), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some(job) = left.lock().unwrap().next() else { break };
                    let begun = Instant::now();
                    let tally = Walk::new(job).walk(extent, seed);
                    println!("{}: {:.0} s", row(job.name, &tally), begun.elapsed().as_secs_f64());
                    tally.alarms.iter().for_each(|alarm| println!("    {alarm}"));
                    done.lock().unwrap().push((job.name, tally));
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    assert!(!done.is_empty(), "there is no job {only:?}");
    println!("| job | calls | runs | lost | wrong |\n|---|---|---|---|---|");
    done.iter().for_each(|(name, tally)| println!("{}", row(name, tally)));
    let alarms =
        done.iter().flat_map(|(name, tally)| tally.alarms.iter().map(move |a| format!("{name}: {a}")));
    let alarms: Vec<String> = alarms.collect();
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}

fn row(name: &str, tally: &Tally) -> String {
    format!("| {name} | {} | {} | {} | {} |", tally.n_calls, tally.n_runs, tally.n_lost, tally.n_wrong())
}
