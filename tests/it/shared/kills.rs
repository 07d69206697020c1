//! What is killed, and what must be left: servers of the database, web servers, workers.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Shared;
use super::pair::{Pair, until};
use crate::browse::Server;
use crate::rank;
use crate::shell::{Shell, sample, words};
use crate::smtp::{Manner, Smtp};

/// A library that a pair keeps.
fn shell_of(settings: String) -> (Shell, Vec<String>) {
    let shell = Shell::new();
    shell.write(".config/paperpick/config.toml", settings);
    let said = shell.run(&format!("paperpick import {}", sample("")));
    assert!(said.contains("80 added"), "{said}");
    let papers = shell.run("paperpick export");
    let papers = papers
        .lines()
        .filter_map(|line| Some(line.strip_prefix("{\"id\":\"")?.split('"').next()?.to_owned()));
    let papers = papers.collect();
    (shell, papers)
}

fn rate(web: &Server, id: &str, rating: &str) -> Result<(), String> {
    let body = format!(r#"{{"ids": ["{id}"], "rating": "{rating}"}}"#);
    match catch_unwind(AssertUnwindSafe(|| web.post_json("/api/v1/rate", &body))) {
        Ok(answer) if answer.status == 200 => Ok(()),
        Ok(answer) => Err(answer.text()),
        Err(_) => Err("it is gone".into()),
    }
}

/// The ratings that a library holds.
fn rated(likes: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ratings = likes["ratings"].as_array().unwrap();
    ratings.iter().map(|rated| (text(&rated["id"]), text(&rated["rating"]))).collect()
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_primary_that_is_killed_while_others_rate_loses_nothing_that_was_acknowledged() {
    let mut pair = Pair::start();
    let (shell, papers) = shell_of(format!("store = '{}'", pair.either()));
    let web = Server::of(&shell, "");
    let n_acknowledged = AtomicUsize::new(0);
    let (acknowledged, refused, longest) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let (mut said, mut refused, mut longest) = (BTreeMap::new(), Vec::new(), Duration::ZERO);
            for (n, id) in papers.iter().enumerate() {
                let rating = if n % 3 == 0 { "dislike" } else { "like" };
                let began = Instant::now();
                while let Err(error) = rate(&web, id, rating) {
                    refused.push(error);
                    assert!(began.elapsed() < Duration::from_secs(60), "{refused:?}");
                }
                longest = longest.max(began.elapsed());
                said.insert(id.clone(), rating.to_owned());
                n_acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            (said, refused, longest)
        });
        until("some are rated", || n_acknowledged.load(Ordering::Relaxed) > 20);
        pair.kill(0);
        // Nobody takes over at once.
        std::thread::sleep(Duration::from_millis(500));
        pair.promote();
        writing.join().unwrap()
    });
    eprintln!("{} refused meanwhile, the slowest rating took {longest:?}", refused.len());
    assert!(refused.iter().all(|error| error.contains("does not answer")), "{refused:?}");
    assert!(!refused.iter().any(|error| error.contains("postgres@")), "{refused:?}");
    assert_eq!(rated(&web.json("/api/v1/likes?n=100")), acknowledged);
    assert_eq!(rated(&shell.json("paperpick likes --json")), acknowledged);
    assert!(shell.run("paperpick doctor").contains("good    database: whole"));
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn a_replica_answers_and_never_less_than_was_acknowledged() {
    let mut pair = Pair::start();
    let settings = format!("store = '{}'\nreplica = '{}'", pair.address(0), pair.address(1));
    let (shell, papers) = shell_of(settings);
    let web = [Server::of(&shell, ""), Server::of(&shell, "")];
    let mut primary = pair.client(0);
    let mut replica = pair.client(1);
    let check = |papers: &[String]| {
        for (n, id) in papers.iter().enumerate() {
            rate(&web[n % 2], id, "like").unwrap();
            for web in &web {
                assert!(rated(&web.json("/api/v1/likes?n=100")).contains_key(id), "{id} is not there yet");
            }
        }
    };
    check(&papers[..10]);
    // Whoever reads reads there: the statements that were run for ratings are those of the replica.
    let prepared = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'paperpick' AND query LIKE '%FROM ratings%'";
    let asked = |client: &mut postgres::Client| client.query_one(prepared, &[]).unwrap().get::<_, i64>(0);
    until("the replica is asked", || {
        web[0].json("/api/v1/likes?n=3");
        web[0].json("/api/v1/likes?n=4");
        asked(&mut replica) > 0
    });
    // A replica that stands still, and one that is gone, are left out.
    replica.batch_execute("SELECT pg_wal_replay_pause()").unwrap();
    check(&papers[10..20]);
    replica.batch_execute("SELECT pg_wal_replay_resume()").unwrap();
    drop(replica);
    primary.batch_execute("ALTER SYSTEM SET synchronous_standby_names = ''").unwrap();
    primary.batch_execute("SELECT pg_reload_conf()").unwrap();
    pair.kill(1);
    check(&papers[20..30]);
    assert_eq!(rated(&shell.json("paperpick likes --json")).len(), 30);
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn of_three_web_servers_one_that_is_left_has_all_that_was_acknowledged() {
    let server = Shared::new();
    server.shell.run(&format!("paperpick import {}", sample("")));
    let papers = server.shell.run("paperpick export");
    let papers: Vec<&str> =
        papers.lines().filter_map(|line| line.strip_prefix("{\"id\":\"")?.split('"').next()).collect();
    let web = [0; 3].map(|_| Server::of(&server.shell, ""));
    let n_acknowledged = AtomicUsize::new(0);
    let said: Vec<BTreeMap<String, String>> = std::thread::scope(|scope| {
        let writing: Vec<_> = (0..3)
            .map(|writer| {
                let (web, papers, n_acknowledged) = (&web, &papers, &n_acknowledged);
                scope.spawn(move || {
                    let mut said = BTreeMap::new();
                    for id in papers.iter().skip(writer).step_by(3) {
                        // Its own server first, and then another one.
                        let taken = (0..3).any(|more| rate(&web[(writer + more) % 3], id, "like").is_ok());
                        assert!(taken, "none of the three took {id}");
                        said.insert((*id).to_owned(), "like".to_owned());
                        n_acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    said
                })
            })
            .collect();
        for (n, killed) in [(10, 0), (30, 1)] {
            until("some are rated", || n_acknowledged.load(Ordering::Relaxed) > n);
            web[killed].kill();
        }
        writing.into_iter().map(|writing| writing.join().unwrap()).collect()
    });
    let said: BTreeMap<String, String> = said.into_iter().flatten().collect();
    assert_eq!((said.len(), rated(&web[2].json("/api/v1/likes?n=100"))), (80, said));
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn workers_that_are_killed_at_each_step_lose_no_mail_and_repeat_only_what_nobody_can_know() {
    let mut server = Shared::new();
    let smtp = Smtp::start(Manner::Stalls);
    server.shell.run(&format!("paperpick import {}", sample("")));
    rank::fill(&server.shell, &[]);
    let store = std::fs::read_to_string(server.shell.path().join(".config/paperpick/config.toml")).unwrap();
    server.shell.write("config.toml", format!("{store}\n{}", rank::settings(&smtp)));
    let line = "paperpick --config config.toml rank --all --mail --quiet";
    // Ten minutes pass in six seconds.
    let clock = format!("2024-04-26T09:00:00Z@{}*100", jiff::Timestamp::now());
    let start = |shell: &Shell| {
        let mut worker = shell.command(&words(line)[1..]);
        worker.env("PAPERPICK_CLOCK", &clock).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let kill = |mut worker: std::process::Child| {
        assert!(worker.try_wait().unwrap().is_none(), "it ended before it was killed");
        worker.kill().unwrap();
        worker.wait().unwrap();
    };

    // Readers are taken and their first list is made, and the mail server does not say a word.
    let worker = start(&server.shell);
    until("a worker wants to send", || smtp.n_waiting() == 1);
    kill(worker);
    smtp.now(Manner::Keeps);
    until("it hangs up", || smtp.n_waiting() == 0);
    assert_eq!(smtp.mails().len(), 0);

    // A mail is taken, which the worker never hears.
    let worker = start(&server.shell);
    until("a mail has come", || smtp.mails().len() == 1);
    kill(worker);
    smtp.now(Manner::Takes);
    until("it hangs up", || smtp.n_waiting() == 0);

    // A mail is taken and noted, and its list is not ended yet.
    smtp.now(Manner::Keeps);
    let worker = start(&server.shell);
    until("the next mail has come", || smtp.mails().len() == 2);
    let schema = server.schema.clone();
    let mut locked = server.client.transaction().unwrap();
    locked.batch_execute(&format!("LOCK TABLE {schema}.lists IN EXCLUSIVE MODE")).unwrap();
    smtp.now(Manner::Takes);
    let waiting =
        format!("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{schema}.lists'::regclass");
    until("the list is to be ended", || locked.query_one(&waiting, &[]).unwrap().get::<_, i64>(0) > 0);
    kill(worker);
    locked.rollback().unwrap();

    let workers = [start(&server.shell), start(&server.shell)];
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    assert!(rank::lists(&server.shell, &[]).iter().all(|[made, alone]| made == alone && made.len() == 9));
    let mails = rank::identities(&smtp);
    let distinct: BTreeSet<&String> = mails.iter().collect();
    eprintln!("{} mails, {} of them different", mails.len(), distinct.len());
    assert_eq!(distinct.len(), rank::MAILED, "none is missing");
    let repeated: Vec<&String> =
        distinct.into_iter().filter(|one| mails.iter().filter(|mail| mail == one).count() > 1).collect();
    assert!(repeated.is_empty() || repeated == [&mails[0]], "only the one that nobody heard of: {mails:?}");
    assert!(mails.len() <= rank::MAILED + 1, "{mails:?}");
}
