//! Days of announcements, with faults on a third of the requests, days on which the machine
//! is off, and the process killed at random points: none lost, none doubled, and the
//! calendar true.
//!
//! The days are ten made-up ones; or sixty real ones, with twenty kills, where `PAPERPICK_LISTINGS` names a folder of listings
//! (`*.jsonl.gz`, a paper a line with `listed`, `id`, `title`, `abstract`, `categories`);
//! `PAPERPICK_SEED` takes another seed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};

use flate2::bufread::MultiGzDecoder;
use jiff::civil::{Date, date};
use serde_json::Value;

use crate::server::{Row, Server, World, is_weekend, mix};
use crate::shell::Shell;
use crate::sync::{RATE, clock, row};

const CATEGORIES: [&str; 4] = ["cs.CV", "cs.CL", "cs.AI", "cs.LG"];

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = mix(self.0);
        self.0 % n
    }
}

/// Working days with a few holidays; papers are replaced now and then.
fn made_up(n: usize, random: &mut Random) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut day = date(2025, 9, 29);
    let mut n_days = 0;
    while n_days < n {
        if !is_weekend(day) && random.below(12) > 0 {
            n_days += 1;
            for _ in 0..2 + random.below(5) {
                let own = CATEGORIES[random.below(4) as usize];
                let other = CATEGORIES[random.below(4) as usize];
                let all = if own == other { vec![own] } else { vec![own, other] };
                rows.push(row(rows.len(), day, &all));
            }
            if random.below(2) == 0 {
                let at = random.below(rows.len() as u64) as usize;
                if rows[at].day < day {
                    rows[at].replaced.insert(day);
                }
            }
        }
        day = day.tomorrow().unwrap();
    }
    rows
}

/// The first `n` working days with new papers. Listed again later, a paper is a replacement.
fn real(n: usize, folder: &str) -> Vec<Row> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut days = BTreeSet::new();
    for file in files.iter().filter(|file| file.to_string_lossy().ends_with(".jsonl.gz")) {
        let mut text = String::new();
        let input = BufReader::new(std::fs::File::open(file).unwrap());
        MultiGzDecoder::new(input).read_to_string(&mut text).unwrap();
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            let day: Date = field("listed").parse().unwrap();
            let all = value["categories"].as_array().unwrap();
            let categories: Vec<String> = all.iter().map(|c| c.as_str().unwrap().to_owned()).collect();
            if is_weekend(day) || !categories.iter().any(|c| CATEGORIES.contains(&c.as_str())) {
                continue;
            }
            if let Some(known) = rows.get_mut(&field("id")) {
                if day > known.day {
                    known.replaced.insert(day);
                }
                continue;
            }
            if !days.contains(&day) && days.len() == n {
                continue;
            }
            days.insert(day);
            let (title, abstract_text) = (field("title"), field("abstract"));
            let new =
                Row { id: field("id"), title, abstract_text, categories, day, replaced: BTreeSet::new() };
            rows.insert(new.id.clone(), new);
        }
    }
    rows.into_values().collect()
}

#[test]
fn bad_days_lose_nothing_and_double_nothing() {
    let listings = std::env::var("PAPERPICK_LISTINGS").ok();
    let seed = std::env::var("PAPERPICK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut random = Random(seed);
    let (n_days, n_kills) = if listings.is_some() { (60, 20) } else { (10, 4) };
    let rows = match &listings {
        Some(folder) => real(n_days, folder),
        None => made_up(n_days, &mut random),
    };
    let first = rows.iter().map(|row| row.day).min().unwrap();
    let last = rows.iter().map(|row| row.day).max().unwrap();
    let mut world = World { rows: rows.clone(), seed: Some(seed), today: Some(first), ..World::default() };
    for day in rows.iter().map(|row| row.day) {
        let picks = rows.iter().filter(|row| row.day == day).take(3).map(|row| (row.id.clone(), 7));
        world.picks.insert(day, picks.collect());
    }
    let picks = world.picks.clone();
    let server = Server::new(world);
    let shell = Shell::new();
    let categories: Vec<String> = CATEGORIES.iter().map(|c| format!("{c:?}")).collect();
    shell.write(
        "config.toml",
        server.settings(&format!("arxiv = [{}]\nhugging_face = true", categories.join(", "))),
    );

    let all: Vec<Date> = std::iter::successors(Some(first), |day| day.tomorrow().ok())
        .take_while(|day| *day <= last)
        .collect();
    let kills: BTreeSet<usize> = (0..n_kills).map(|n| n * (all.len() - 1) / n_kills).collect();
    // Killed after so many requests and a moment.
    let sync = |day: Date, killed_after: Option<(usize, Duration)>| -> Option<i32> {
        let n_before = server.world(|world| {
            world.today = Some(day);
            world.log.len()
        });
        let words = ["sync", "--quiet", "--config", "config.toml"].map(str::to_owned);
        let mut command = shell.command(&words);
        command.env("PAPERPICK_CLOCK", clock(day)).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        match killed_after {
            None => child.wait().unwrap().code(),
            Some((n_requests, moment)) => {
                while server.world(|world| world.log.len()) < n_before + n_requests
                    && child.try_wait().unwrap().is_none()
                {
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::thread::sleep(moment);
                child.kill().unwrap();
                child.wait().unwrap().code()
            }
        }
    };
    let (mut n_killed, mut n_missed, mut n_off, mut n_syncs) = (0, 0, 0, 0);
    let began = Instant::now();
    for (i, day) in all.iter().enumerate() {
        let is_killed = kills.range(..=i).count() > n_killed;
        if i > 0 && !is_killed && random.below(4) == 0 {
            n_off += 1;
            continue;
        }
        if is_killed {
            // One that ends before it is killed is owed, and the next day is tried.
            let after = (random.below(10) as usize, Duration::from_millis(random.below(30)));
            let landed = sync(*day, Some(after)).is_none();
            (n_killed, n_missed) = (n_killed + usize::from(landed), n_missed + usize::from(!landed));
        }
        if !is_killed || i == 0 || random.below(2) == 0 {
            sync(*day, None);
            n_syncs += 1;
        }
    }
    let n_last = (1..=40).find(|_| sync(last, None) == Some(0)).expect("everything is repaired in the end");

    // None lost, none doubled.
    let export = shell.run("paperpick export");
    let lines = export.lines().filter(|line| !line.starts_with("{\"beside\""));
    let papers: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: BTreeSet<&str> = papers.iter().map(|paper| paper["id"].as_str().unwrap()).collect();
    let expected: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!((ids.len(), &ids), (papers.len(), &expected));
    let days: BTreeMap<&str, Date> = rows.iter().map(|row| (row.id.as_str(), row.day)).collect();
    for paper in &papers {
        let listed: BTreeSet<&str> = paper["listings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|l| l["source"] == "arxiv" && matches!(l["announced"].as_str(), None | Some("cross")))
            .map(|l| l["day"].as_str().unwrap())
            .collect();
        let id = paper["id"].as_str().unwrap();
        assert_eq!(listed, BTreeSet::from([days[id].to_string().as_str()]), "{id}");
    }
    // The calendar is true.
    let calendar = shell.json("paperpick days --weeks 520 --json");
    let mut known: BTreeMap<(String, Date), (String, u64)> = BTreeMap::new();
    for day in calendar["days"].as_array().unwrap() {
        let text = |name: &str| day[name].as_str().unwrap().to_owned();
        let found = (text("state"), day["announced"].as_u64().unwrap_or(0));
        known.insert((text("source"), text("day").parse().unwrap()), found);
    }
    for day in &all {
        let state = |n: usize| (if n > 0 { "announced" } else { "nothing" }.to_owned(), n as u64);
        for category in CATEGORIES {
            let of = |row: &&Row| row.day == *day && row.categories.iter().any(|c| c == category);
            let n = rows.iter().filter(of).count();
            assert_eq!(known.get(&(format!("arxiv:{category}"), *day)), Some(&state(n)), "{category} {day}");
        }
        let n = picks.get(day).map_or(0, Vec::len);
        assert_eq!(known.get(&("hf".to_owned(), *day)), Some(&state(n)), "hf {day}");
    }
    // Polite.
    let log = server.world(|world| std::mem::take(&mut world.log));
    let arxiv: Vec<Instant> =
        log.iter().filter(|asked| !asked.path.contains("daily_papers")).map(|asked| asked.at).collect();
    let nearest = arxiv.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap().mul_f64(RATE);
    let n_faults = log.iter().filter(|asked| asked.fault.is_some()).count();
    println!(
        "seed {seed}: {} papers of {n_days} days in {} calendar days, {n_off} of them off; {n_syncs} syncs, {n_killed} killed ({n_missed} more ended before), \
         {n_last} at the end; {} requests, {n_faults} with a fault, nearest {nearest:?} apart; {:?}",
        papers.len(),
        all.len(),
        log.len(),
        began.elapsed(),
    );
    assert!(nearest >= Duration::from_secs(3));
    assert_eq!(n_killed, n_kills, "kills that landed");
}
