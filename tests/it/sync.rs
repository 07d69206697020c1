//! `sync` and `days` against a server that does what the real ones do, on good days and bad.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::server::{Fault, Row, Server, World};
use crate::shell::Shell;

/// How much faster than the machine's the clock of these tests runs.
pub const RATE: f64 = 1000.0;

/// Nine in the morning in New York.
pub fn clock(day: Date) -> String {
    let begin = day.at(9, 0, 0, 0).in_tz("America/New_York").unwrap().timestamp();
    format!("{begin}@{}*{RATE}", Timestamp::now())
}

pub fn row(n: usize, day: Date, categories: &[&str]) -> Row {
    Row {
        id: format!("{:02}{:02}.{n:05}", day.year() % 100, day.month()),
        title: format!("Paper {n} on {}", ["graphs & trees", "pictures", "words < deeds", "proofs"][n % 4]),
        abstract_text: format!("What is known of the number {n}, where $a < b$."),
        categories: categories.iter().map(|c| (*c).to_owned()).collect(),
        day,
        replaced: BTreeSet::new(),
    }
}

/// A Monday to a Friday of October 2025 with two, three … papers; Wednesday is a holiday.
pub fn week() -> World {
    let mut world = World::default();
    for (i, day) in [13, 14, 16, 17, 20].into_iter().enumerate() {
        for n in 0..i + 2 {
            let categories: &[&str] = if n == 1 { &["cs.CL", "cs.CV"] } else { &["cs.CV"] };
            world.rows.push(row(100 * i + n, date(2025, 10, day), categories));
        }
    }
    world
}

/// Someone whose sources are a server of the tests.
pub struct Reader {
    pub shell: Shell,
    pub server: Server,
}

impl Reader {
    pub fn new(world: World, sources: &str) -> Self {
        let (shell, server) = (Shell::new(), Server::new(world));
        shell.write("config.toml", server.settings(sources));
        Self { shell, server }
    }

    /// Types a line on a day of October 2025.
    pub fn on(&self, day: i8, line: &str) -> String {
        let day = date(2025, 10, day);
        self.server.world(|world| world.today = Some(day));
        let text =
            self.shell.run_with(&format!("{line} --config config.toml"), &[("PAPERPICK_CLOCK", &clock(day))]);
        // The port is another one every time.
        text.replace(&format!("127.0.0.1:{}", self.server.port), "HOST")
    }

    fn papers(&self) -> usize {
        self.shell.json("paperpick doctor --json")["size"]["papers"].as_u64().unwrap() as usize
    }

    fn asked(&self) -> Vec<String> {
        self.server.world(|world| world.log.drain(..).map(|asked| asked.path).collect())
    }
}

#[test]
fn a_week_with_a_holiday_and_days_that_were_missed() {
    let reader = Reader::new(week(), "arxiv = [\"cs.CV\"]");
    assert_snapshot!("the-first-day", reader.on(13, "paperpick sync"));
    assert_eq!(reader.asked(), ["/list/cs.CV/new?show=2000", "/rss/cs.CV"]);
    assert_snapshot!("the-holiday", reader.on(15, "paperpick sync"));
    assert_snapshot!("the-next-monday", reader.on(20, "paperpick sync"));
    assert_snapshot!("the-calendar", reader.on(20, "paperpick days"));
    assert_eq!(reader.papers(), 2 + 3 + 4 + 5 + 6);
    reader.asked();
    assert_snapshot!("again", reader.on(20, "paperpick sync"));
    assert_eq!(reader.asked(), ["/list/cs.CV/new?show=2000"], "what is settled is not asked for");
}

#[test]
fn what_a_like_lacks_is_asked_for_once() {
    let reader = Reader::new(week(), "arxiv = [\"cs.CV\"]");
    // A list of identifiers says nothing else of a paper; arXiv has never heard of the second.
    reader.shell.write("likes.txt", "2510.00101\n2510.99999\n");
    reader.shell.run("paperpick likes import likes.txt");
    reader.on(13, "paperpick sync");
    let known = reader.shell.json("paperpick show 2510.00101 --json");
    assert_eq!(known["categories"], serde_json::json!(["cs.CL", "cs.CV"]));
    let asks =
        |asked: Vec<String>| asked.into_iter().filter(|path| path.contains("id_list")).collect::<Vec<_>>();
    let first = asks(reader.asked());
    assert!(first[0].contains("2510.00101") && first[0].contains("2510.99999"), "{first:?}");
    reader.on(14, "paperpick sync");
    let then = asks(reader.asked());
    assert!(then.iter().all(|path| !path.contains("2510.00101")), "{then:?}");
}

#[test]
fn a_quiet_sync_says_one_line() {
    let reader = Reader::new(week(), "arxiv = [\"cs.CV\"]");
    assert_eq!(reader.on(13, "paperpick sync --quiet"), "");
    reader.server.world(|world| world.scripted.extend([("/oai", Fault::Redirect); 4]));
    let said = reader.on(16, "paperpick sync --quiet");
    assert!(said.starts_with("could not repair arxiv:cs.CV 2025-10-14: "), "{said}");
}

#[test]
fn what_can_go_wrong_and_what_comes_of_it() {
    for (name, part, fault, all, in_time) in [
        ("busy, and says until when", "/list", Fault::BusyFor(30), true, true),
        ("busy", "/list", Fault::Busy, true, true),
        ("out of service", "/rss", Fault::Unavailable, true, true),
        ("reset", "/rss", Fault::Reset, true, true),
        ("truncated", "/rss", Fault::Truncated, true, true),
        ("cut off", "/list", Fault::CutOff, true, true),
        ("slow", "/rss", Fault::Slow, true, true),
        ("a stale feed", "/rss", Fault::Stale, true, true),
        ("an error as a feed", "/rss", Fault::ErrorFeed, true, true),
        ("the same rows twice", "/rss", Fault::Duplicates, true, true),
        ("a feed without end", "/rss", Fault::Endless, true, true),
        ("a feed that unpacks without end", "/rss", Fault::Bomb, true, true),
        ("a feed that leads to the inner network", "/rss", Fault::Redirect, true, true),
        ("no check", "/list", Fault::Redirect, true, false),
    ] {
        let reader = Reader::new(week(), "arxiv = [\"cs.CV\"]");
        reader.on(13, "paperpick sync");
        reader.server.world(|world| world.scripted.push_back((part, fault)));
        let said = reader.on(14, "paperpick sync");
        assert_eq!(reader.papers() == 5, all, "{name}: {said}");
        assert_eq!(!said.contains("[exit"), in_time, "{name}: {said}");
        let settled = reader.on(14, "paperpick sync");
        assert!(!settled.contains("[exit"), "{name}: {settled}");
        let days = reader.shell.json("paperpick days --json");
        let day = &days["days"].as_array().unwrap().iter().find(|d| d["day"] == "2025-10-14").unwrap();
        assert_eq!(
            (day["state"].as_str(), day["announced"].as_u64()),
            (Some("announced"), Some(3)),
            "{name}"
        );
    }
}

#[test]
fn harvests_survive_tokens_that_expire_empty_pages_and_a_service_that_is_down() {
    let many = || {
        let mut world = week();
        for n in 0..150 {
            world.rows.push(row(1000 + n, date(2025, 10, 14), &["cs.CV"]));
        }
        world
    };
    for (name, faults) in [
        ("a token that expires", vec![("resumptionToken", Fault::ExpiredToken)]),
        ("the same rows twice", vec![("resumptionToken", Fault::Duplicates)]),
        ("an empty page of the API", vec![("/rss", Fault::Endless), ("id_list", Fault::EmptyPage)]),
        ("an error of the API", vec![("/rss", Fault::Endless), ("id_list", Fault::ErrorFeed)]),
    ] {
        let reader = Reader::new(many(), "arxiv = [\"cs.CV\"]");
        reader.on(13, "paperpick sync");
        reader.server.world(|world| world.scripted.extend(faults));
        let said = reader.on(16, "paperpick sync");
        assert_eq!((reader.papers(), said.contains("[exit")), (2 + 3 + 150 + 4, false), "{name}: {said}");
        assert!(reader.server.world(|world| world.scripted.is_empty()), "{name}: a fault was never met");
    }
    let reader = Reader::new(many(), "arxiv = [\"cs.CV\"]");
    reader.on(13, "paperpick sync");
    reader.server.world(|world| world.scripted.extend([("/oai", Fault::Redirect); 4]));
    let stand_on = |day: &str| {
        let today = reader.shell.json(&format!("paperpick today --date {day} --json"));
        today["n_listed"].as_u64().unwrap()
    };
    assert_snapshot!("without-oai-pmh", reader.on(16, "paperpick sync"));
    assert_eq!(reader.papers(), 2 + 3 + 150 + 4, "the API brought them");
    assert_eq!(stand_on("2025-10-14"), 153, "and they stand on the day that they were submitted for");
    assert!(!reader.on(16, "paperpick sync").contains("[exit"), "and OAI-PMH settled their day");
    assert_eq!(stand_on("2025-10-14"), 153);
    let expected = "\"day\":\"2025-10-14\",\"source\":\"arxiv:cs.CV\"";
    assert!(!reader.shell.run("paperpick export").contains(expected), "its day is known, not expected");
}

#[test]
fn a_pick_of_a_paper_listed_before_adds_its_votes() {
    let mut world = week();
    let id = world.rows[0].id.clone();
    world.picks.insert(date(2025, 10, 14), vec![(id.clone(), 42), ("2510.00999".into(), 3)]);
    let reader = Reader::new(world, "arxiv = [\"cs.CV\"]\nhugging_face = true");
    reader.on(13, "paperpick sync");
    let before = reader.papers();
    assert_snapshot!("picks", reader.on(14, "paperpick sync"));
    assert_eq!(reader.papers(), before + 3 + 1, "the pick was there, the other is new");
    let shown = reader.shell.json(&format!("paperpick show {id} --json"));
    assert_eq!(shown["votes"][0]["count"], 42);
}

#[test]
fn a_feed_says_what_fell_out_of_it() {
    let entry = |day: i8| {
        format!(
            "<entry><id>https://example.org/{day}</id><title>Post {day}</title><published>2025-10-{day:02}T10:00:00Z</published></entry>"
        )
    };
    let feed = |days: &[i8]| {
        format!("<feed><title>A lab</title>{}</feed>", days.iter().map(|d| entry(*d)).collect::<String>())
    };
    let mut world = week();
    world.files.insert("/lab.xml".into(), feed(&[10, 13]));
    let reader = Reader::new(world, "");
    let url = format!("http://127.0.0.1:{}/lab.xml", reader.server.port);
    reader.shell.write(
        "config.toml",
        reader.server.settings(&format!("feeds = [{{ name = \"lab\", url = \"{url}\" }}]")),
    );
    reader.on(13, "paperpick sync");
    assert!(reader.on(14, "paperpick sync").contains("nothing new"));
    assert!(reader.server.world(|world| world.log[1].conditional), "asked whether it changed");
    reader.server.world(|world| world.files.insert("/lab.xml".into(), feed(&[17, 18])));
    assert_snapshot!("a-feed", reader.on(18, "paperpick sync"));
    assert_snapshot!("the-calendar-of-a-feed", reader.on(18, "paperpick days"));
}

#[test]
fn digests_at_an_address_and_in_a_folder() {
    let digest = |id: &str| format!("### [Title](https://arxiv.org/abs/{id})\nVote: 3\n");
    let mut world = week();
    world.files.insert("/2025-10-14.md".into(), digest("2510.00001"));
    let reader = Reader::new(world, "");
    std::fs::create_dir_all(reader.shell.path().join("mine/2025")).unwrap();
    reader.shell.write("mine/2025/2025-10-13.md", digest("2510.00002"));
    reader.shell.write("mine/notes.txt", "nothing to read");
    let url = format!("http://127.0.0.1:{}/{{date}}.md", reader.server.port);
    reader.shell.write("config.toml", reader.server.settings(&format!("digests = [\"mine\", \"{url}\"]")));
    reader.on(13, "paperpick sync");
    reader.on(15, "paperpick sync");
    assert_snapshot!("digests", reader.on(15, "paperpick days"));
    assert_eq!(reader.papers(), 2);
}

#[test]
fn a_settings_file_without_sources_and_a_server_that_is_not_there() {
    let reader = Reader::new(week(), "");
    assert_snapshot!("no-sources", reader.on(13, "paperpick sync"));
    let port = reader.server.port;
    let away = reader.server.settings("arxiv = [\"cs.CV\"]").replace(&format!(":{port}"), ":1");
    reader.shell.write("config.toml", away);
    assert_snapshot!("not-there", reader.on(13, "paperpick sync"));
    let private =
        reader.server.settings("arxiv = [\"cs.CV\"]").replace("private_hosts = [\"127.0.0.1\"]", "");
    reader.shell.write("config.toml", private);
    let said = reader.on(14, "paperpick sync");
    assert!(said.contains("private network"), "{said}");
    assert!(reader.asked().is_empty());
}

/// A reader behind a wall waited twenty minutes for hosts of which each was asked six times.
#[test]
fn where_every_connection_is_reset_folders_are_read_and_nobody_is_waited_for() {
    let reader = Reader::new(week(), "");
    reader
        .shell
        .write("mine/2025-10-13.md", "# 2025-10-13\n\n## [A](https://arxiv.org/abs/2510.00002)\n\nB.\n");
    let sources = "digests = [\"mine\"]\narxiv = [\"cs.CV\", \"cs.CL\"]\nhugging_face = true";
    reader.shell.write("config.toml", reader.server.settings(sources));
    let reset = || reader.server.world(|world| world.scripted.extend([("/", Fault::Reset); 99]));
    reset();
    let said = reader.on(14, "paperpick sync");
    assert_eq!(reader.papers(), 1);
    let (folders, retry) = (said.find("papers added from folders: 1"), said.find("; try 2 of 2 in 1 s"));
    assert!(folders.is_some() && folders < retry, "{said}");
    assert_eq!(reader.asked().len(), 2, "one host, twice: {said}");
    reader.shell.write("likes.txt", "2510.00101\n");
    let said = reader.on(14, "paperpick likes import likes.txt");
    assert_eq!(
        said,
        "1 paper liked\n1 paper without an abstract: the next `paperpick sync` asks arXiv, --fetch now\n"
    );
    assert_eq!(reader.asked(), [""; 0], "nobody is asked unasked");
    let said = reader.on(14, "paperpick likes import likes.txt --fetch");
    assert!(said.contains("1 paper liked without an abstract (2510.00101): "), "{said}");
    assert_eq!(reader.asked().len(), 2, "{said}");
    reader.server.world(|world| world.scripted.clear());
    assert!(!reader.on(14, "paperpick sync").contains("[exit"), "the next one asks again");
}

#[test]
fn two_syncs_at_once_keep_the_pace_together() {
    let mut world = week();
    for category in ["cs.AI", "cs.LG", "cs.CL"] {
        for n in 0..5 {
            world.rows.push(row(2000 + n, date(2025, 10, 13), &[category]));
        }
    }
    let reader = Reader::new(world, "arxiv = [\"cs.CV\", \"cs.AI\", \"cs.LG\", \"cs.CL\"]");
    reader.server.world(|world| world.today = Some(date(2025, 10, 13)));
    // A second of the machine is a hundred of this clock: 3 seconds are 30 milliseconds.
    let rate = 100.0;
    let clock = clock(date(2025, 10, 13)).replace(&format!("*{RATE}"), &format!("*{rate}"));
    let words = ["sync", "--config", "config.toml"].map(str::to_owned);
    let start = || {
        let mut command = reader.shell.command(&words);
        command.env("PAPERPICK_CLOCK", &clock).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let mut both = [start(), start()];
    assert!(both.iter_mut().all(|child| child.wait().unwrap().success()));
    let moments: Vec<_> = reader.server.world(|world| world.log.iter().map(|asked| asked.at).collect());
    assert!(moments.len() >= 12, "both of them asked: {}", moments.len());
    let nearest = moments.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    let nearest = nearest.mul_f64(rate);
    println!("{} requests, the nearest two {nearest:?} apart", moments.len());
    assert!(nearest >= Duration::from_secs(3), "{nearest:?}");
    let agents: BTreeSet<String> =
        reader.server.world(|world| world.log.iter().map(|asked| asked.user_agent.clone()).collect());
    let expected = format!("paperpick/{} (mailto:reader@example.org)", env!("CARGO_PKG_VERSION"));
    assert_eq!(agents, BTreeSet::from([expected]));
}

#[test]
fn what_lets_a_reader_into_a_feed_is_shown_nowhere() {
    let mut world = World { today: Some(date(2025, 10, 14)), ..World::default() };
    world.files.insert("/lab".into(), "<html>no feed".into());
    let (shell, server) = (Shell::new(), Server::new(world));
    let feed =
        |path: &str| format!("http://ann:hunter2@127.0.0.1:{}/{path}?cat=cs&token=hunter2", server.port);
    let settings = format!("feeds = [\"{}\", \"http://ann:hunter2@127.0.0.1:9/closed\"]", feed("lab"));
    shell.write("config.toml", server.settings(&settings));
    let outline = feed("missing").replace('&', "&amp;");
    let opml = format!("<opml version=\"2.0\"><body><outline xmlUrl=\"{outline}\"/></body></opml>");
    shell.write("feeds.opml", opml);
    let mut said = String::new();
    for line in
        ["likes import feeds.opml", "sync -vv", "sync --json", "days", "days --json", "doctor", "export"]
    {
        let line = format!("paperpick {line} --config config.toml");
        said += &shell.run_with(&line, &[("PAPERPICK_CLOCK", &clock(date(2025, 10, 14)))]);
    }
    assert!(said.contains("127.0.0.1") && said.contains("/lab") && said.contains("/missing"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("ann:"), "{said}");
    shell.write("library.jsonl", shell.run("paperpick export"));
    assert!(shell.run("paperpick import library.jsonl").contains("nothing new"), "it is the same feed");
}

#[test]
fn a_secret_in_an_address_comes_from_the_environment_and_is_kept_nowhere() {
    let mut world = World { today: Some(date(2025, 10, 14)), ..World::default() };
    let entry = "<entry><id>https://example.org/1</id><title>Herons</title><published>2025-10-13T10:00:00Z</published></entry>";
    world.files.insert("/lab".into(), format!("<feed><title>A lab</title>{entry}</feed>"));
    let (shell, server) = (Shell::new(), Server::new(world));
    let feed = format!("http://ann:${{LAB_SECRET}}@127.0.0.1:{}/lab?key=${{LAB_SECRET}}", server.port);
    shell.write("config.toml", server.settings(&format!("feeds = [{{ name = \"lab\", url = \"{feed}\" }}]")));
    // Whoever writes a list of feeds does not learn what the settings keep.
    let asks = feed.replace("/lab?", "/curious?");
    let opml =
        format!("<opml version=\"2.0\"><body><outline text=\"curious\" xmlUrl=\"{asks}\"/></body></opml>");
    shell.write("feeds.opml", opml);
    shell.run("paperpick likes import feeds.opml --config config.toml");
    let sync = |day: i8, more: &[(&str, &str)]| {
        let clock = clock(date(2025, 10, day));
        let environment = [&[("PAPERPICK_CLOCK", clock.as_str())], more].concat();
        shell.run_with("paperpick sync --config config.toml", &environment)
    };
    let without = sync(14, &[]);
    assert!(without.contains("LAB_SECRET is not in the environment"), "{without}");
    let with = sync(15, &[("LAB_SECRET", "hunter 2")]);
    assert!(with.contains("1 entry: 1 added") && !with.contains("hunter"), "{with}");
    assert!(with.contains("names a secret, which only an address in config.toml may"), "{with}");
    let asked = server.world(|world| world.log.drain(..).collect::<Vec<_>>());
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/lab?key=hunter%202"]);
    assert_eq!(asked[0].authorization.as_deref(), Some("Basic YW5uOmh1bnRlciAy"), "ann:hunter 2");
    let kept = std::fs::read(shell.path().join("library/library.sqlite")).unwrap();
    let log = std::fs::read(shell.path().join("library/library.sqlite-wal")).unwrap_or_default();
    for bytes in [kept, log] {
        assert!(!bytes.windows(6).any(|window| window == b"hunter"), "the secret is in the library");
    }
}
