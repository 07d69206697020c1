//! What a library keeps for its reader: what was shown, likes from elsewhere, and all of it in an
//! export.

use std::collections::{BTreeMap, BTreeSet};

use insta::assert_snapshot;
use jiff::civil::date;
use rusqlite::Connection;
use serde_json::Value;

use crate::server::{Server, World};
use crate::shell::Shell;
use crate::sync::{clock, row};

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a line on a day of May 2024 and reads its JSON.
fn on(shell: &Shell, day: i8, line: &str) -> Value {
    let text = shell.run_with(&format!("{line} --json"), &[("PAPERPICK_CLOCK", &clock(date(2024, 5, day)))]);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{line}: {text}"))
}

fn picks(today: &Value) -> Vec<&str> {
    today["picks"].as_array().unwrap().iter().map(|pick| pick["id"].as_str().unwrap()).collect()
}

#[test]
fn a_paper_is_shown_on_one_day_only_unless_asked_for() {
    let shell = Shell::with_sample();
    let first = on(&shell, 2, "paperpick today -n 3");
    assert_eq!(first, on(&shell, 2, "paperpick today -n 3"), "the same day shows the same");
    let second = on(&shell, 3, "paperpick today -n 3");
    assert_eq!((second["n_hidden"].as_u64(), second["n_listed"].as_u64()), (Some(3), Some(9)));
    let both: BTreeSet<&str> = picks(&first).into_iter().chain(picks(&second)).collect();
    assert_eq!(both.len(), 6, "three more");
    assert_eq!(picks(&on(&shell, 3, "paperpick today -n 3 --again")), picks(&first));
    assert_eq!(picks(&on(&shell, 3, "paperpick today -n 3 --date 2024-04-25")), picks(&first));
    assert_eq!(
        picks(&on(&shell, 4, "paperpick today -n 100")).len(),
        3,
        "looking back marks nothing as shown"
    );
    let later = shell.run_with("paperpick today", &[("PAPERPICK_CLOCK", &clock(date(2024, 5, 5)))]);
    assert_snapshot!(later);
    // A pick of an old paper on a new day is no news either.
    let digest = format!(
        "## 2024-05-06\n### [Known](https://arxiv.org/abs/{})\nVote: 99\n### [New](https://arxiv.org/abs/2405.00001)\n",
        picks(&first)[0]
    );
    shell.write("2024-05-06.md", digest);
    shell.run("paperpick import 2024-05-06.md");
    assert_eq!(picks(&on(&shell, 6, "paperpick today")), ["2405.00001"]);
}

#[test]
fn a_replacement_of_a_known_paper_is_an_update() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030");
    let item = |id: &str, kind: &str| {
        format!(
            "<item><title>T</title><link>https://arxiv.org/abs/{id}</link><description>arXiv:{id}v2 Announce Type: {kind} \nAbstract: A.</description>\
                 <pubDate>Fri, 26 Apr 2024 00:00:00 -0400</pubDate><arxiv:announce_type>{kind}</arxiv:announce_type></item>"
        )
    };
    let items = item("2404.16030", "replace") + &item("2404.16022", "replace") + &item("2404.20000", "new");
    shell.write("day.xml", format!("<rss version=\"2.0\"><channel>{items}</channel></rss>"));
    shell.run("paperpick import day.xml");
    assert_snapshot!(shell.run("paperpick today"));
    let today = shell.json("paperpick today --json");
    assert_eq!(picks(&today), ["2404.20000"]);
}

#[test]
fn likes_come_from_every_reference_manager() {
    for (file, n, broken) in [
        ("references.bib", 2, true),
        ("references.ris", 2, false),
        ("zotero.json", 2, false),
        ("semantic_scholar.json", 2, true),
    ] {
        let shell = Shell::new();
        let said = shell.run(&format!("paperpick likes import {}", fixture(file)));
        assert!(said.starts_with(&format!("{n} papers liked\n")), "{said}");
        assert_eq!(said.contains("[exit 2]"), broken, "{said}");
        let likes = shell.json("paperpick likes --json");
        assert_eq!(likes["ratings"].as_array().unwrap().len(), n, "{file}");
        assert!(shell.run("paperpick today").contains("[exit 1]"), "likes are no announcement");
    }
}

/// A student's bibliography named no identifier, and its likes were of twins of the papers that listings showed.
#[test]
fn a_bibliography_without_identifiers_likes_the_papers_that_the_library_has() {
    let shell = Shell::with_sample();
    let n_papers = || shell.json("paperpick doctor --json")["size"]["papers"].clone();
    let (before, paper) = (n_papers(), shell.json("paperpick show 2404.15653 --json"));
    let authors: Vec<&str> = paper["authors"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let entry = |title: &str| {
        format!(
            "@article{{mehta, title = {{{title}}}, author = {{{}}}, year = 2024}}\n",
            authors.join(" and ")
        )
    };
    shell.write(
        "likes.bib",
        entry(&paper["title"].as_str().unwrap().replace("CatLIP", "{CatLIP}").to_uppercase()),
    );
    assert_eq!(shell.run("paperpick likes import likes.bib"), "1 paper liked\n");
    assert_eq!(n_papers(), before, "no twin");
    assert_eq!(shell.json("paperpick likes --json")["ratings"][0]["id"], "2404.15653");
    assert!(shell.run("paperpick likes import likes.bib").contains("1 liked already"));
}

#[test]
fn likes_are_kept_before_anybody_is_asked_for_what_they_lack() {
    let shell = Shell::new();
    // A service that takes the call and never answers.
    let service = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", service.local_addr().unwrap());
    shell.write(
        "config.toml",
        format!("[sync]\nprivate_hosts = [\"127.0.0.1\"]\n[sync.hosts]\napi = \"{address}\"\n"),
    );
    shell.write("ids.txt", "2404.00001\n2404.00002\n");
    let words = "likes import ids.txt --fetch --config config.toml".split(' ').map(str::to_owned);
    let mut import =
        shell.command(&words.collect::<Vec<_>>()).stdout(std::process::Stdio::null()).spawn().unwrap();
    let _call = service.accept().unwrap();
    assert_eq!(shell.json("paperpick likes --json")["ratings"].as_array().unwrap().len(), 2);
    import.kill().unwrap();
    import.wait().unwrap();
}

#[test]
fn what_likes_name_and_the_library_lacks_is_fetched_and_feeds_are_added() {
    let day = date(2024, 4, 25);
    let mut world = World { today: Some(day), ..World::default() };
    world.rows.extend((0..130).map(|n| row(n, day, &["cs.CV"])));
    let server = Server::new(world);
    let shell = Shell::new();
    shell.write("config.toml", server.settings(""));
    let ids: String = (0..131).map(|n| format!("https://arxiv.org/abs/2404.{n:05}v1\n")).collect();
    shell.write("ids.txt", ids);
    assert_snapshot!(shell.run("paperpick likes import ids.txt --fetch --config config.toml"));
    let asked =
        server.world(|world| world.log.iter().filter(|asked| asked.path.contains("2404.00000")).count());
    assert_eq!(asked, 1, "a hundred at a time");
    assert_eq!(shell.json("paperpick doctor --json")["size"]["papers"], 130);
    assert_snapshot!(
        shell.run(&format!("paperpick likes import {} --config config.toml", fixture("feeds.opml")))
    );
}

#[test]
fn an_export_is_the_whole_library() {
    let shell = Shell::with_sample();
    shell.write("config.toml", format!("[sync]\ndigests = [\"{}\"]", crate::shell::sample("")));
    shell.run("paperpick sync --config config.toml");
    shell.run("paperpick like 2404.16030 2512.00001");
    shell.run("paperpick dislike 2404.16035");
    shell.run("paperpick today -n 3");
    shell.run(&format!("paperpick likes import {}", fixture("feeds.opml")));
    let lines = shell.run("paperpick export");
    assert_eq!(lines.lines().count(), 80 + 3 + 3 + 38 + 2);
    let copy = Shell::new();
    copy.write("library.jsonl", &lines);
    copy.run("paperpick import library.jsonl");
    assert_eq!(copy.run("paperpick export"), lines);
    assert_eq!(copy.run("paperpick today -n 3 --again"), shell.run("paperpick today -n 3 --again"));
}

/// Tables and columns that an export leaves out, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("models", "vectors are made again"),
    ("vectors", "they are made again"),
    ("words", "made of the papers"),
    ("choices", "a model goes with its vectors"),
    ("counters", "editions of this database"),
    ("papers.edition", "likewise"),
    ("gone", "rows that an index may still name"),
    ("shared_names", "papers of an earlier version, which their own files part"),
    ("titles", "made of the papers"),
    ("aliases", "what is said goes by the names that papers have"),
    ("asked", "what is left of this library's day"),
    ("lists", "made of what is said"),
    ("requests", "when services were last asked from here"),
    ("validators", "what was already read from here"),
    ("brought", "a quota of a day, counted here"),
    ("keys", "who may enter here may not enter a copy"),
    ("accounts.password", "so is it with passwords"),
];

/// Every table with its rows as text.
fn tables(shell: &Shell) -> BTreeMap<String, Vec<String>> {
    let db = Connection::open(shell.path().join("library/library.sqlite")).unwrap();
    let left_out = |name: &str| LEFT_OUT.iter().any(|(left, _)| *left == name);
    let sql = "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c
               WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.cid";
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut query = db.prepare(sql).unwrap();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (table, column): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let base = table.split_once("words_").map_or(table.as_str(), |_| "words");
        if !left_out(base) && !left_out(&format!("{table}.{column}")) {
            columns.entry(table).or_default().push(format!("quote({column})"));
        }
    }
    let read = |(table, columns): (String, Vec<String>)| {
        let columns = columns.join(" || ',' || ");
        let mut query = db.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1")).unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        (table, rows)
    };
    columns.into_iter().map(read).collect()
}

/// Does what a reader types, and adds two accounts.
pub fn use_for_a_while(shell: &Shell) {
    shell.write("config.toml", format!("[sync]\ndigests = [\"{}\"]", crate::shell::sample("")));
    for line in [
        "sync --config config.toml",
        "like 2404.16030 2512.00001 2404.16022",
        "unrate 2404.16022",
        "today -n 3",
        "topics follow 2404.16030",
        "interests pin 1",
    ] {
        shell.run(&format!("paperpick {line}"));
    }
    shell.run_given("paperpick account add ann", "correct horse\n");
    shell.run_given("paperpick account add bob", "battery staple\n");
}

#[test]
fn an_export_holds_every_table_but_those_with_a_reason() {
    let shell = Shell::with_sample();
    use_for_a_while(&shell);
    shell.run(&format!("paperpick likes import {}", fixture("feeds.opml")));
    let db = Connection::open(shell.path().join("library/library.sqlite")).unwrap();
    // Only pages keep papers for later, only a server sends, bob rates there, and no language model is set up.
    db.execute_batch(
        "INSERT INTO saved VALUES (1, '2404.15653', '2024-05-01T00:00:00Z'), (2, '2404.16022', '2024-05-01T00:00:00Z');
         INSERT INTO ratings VALUES (2, '2404.16022', -1, '2024-05-01T00:00:00.5Z');
         INSERT INTO made VALUES ('2404.15653', 'ko', 'bullets', 'small-1', 'p', 't', '요약', '2024-05-01T00:00:00Z');
         INSERT INTO sent VALUES ('mail', '2024-04-25', '2024-04-25T06:00:00Z', 1);",
    )
    .unwrap();
    let held = tables(&shell);
    let empty: Vec<&String> =
        held.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert!(empty.is_empty(), "this test puts nothing into {empty:?}");
    for (left_out, _) in LEFT_OUT {
        let table = left_out.split('.').next().unwrap();
        db.prepare(&format!("SELECT * FROM {table}")).expect("a table that is left out is there");
    }

    let copy = Shell::new();
    copy.write("library.jsonl", shell.run("paperpick export"));
    copy.run("paperpick import library.jsonl");
    let copied = tables(&copy);
    for (table, rows) in &held {
        assert_eq!(&copied[table], rows, "{table}");
    }
    assert_eq!(copy.run("paperpick export"), shell.run("paperpick export"));
    assert_eq!(copy.run("paperpick import library.jsonl"), "80 entries: nothing new\n");
}

#[test]
fn collections_become_interests_also_from_the_web() {
    let shell = Shell::new();
    let (items, collections) = (fixture("zotero.json"), fixture("zotero_collections.json"));
    let line = format!("paperpick likes import {items} {collections}");
    let liked = "2 papers liked, 2 interests of collections\n\
                 1 paper without an abstract: the next `paperpick sync` asks arXiv, --fetch now\n";
    assert_eq!(shell.run(&line), liked);
    let lines = shell.run("paperpick export");
    let names: Vec<&str> = lines.lines().filter(|line| line.contains("interest")).collect();
    assert!(names[0].contains("\"vision\"") && names[1].contains("\"vision / experts\""), "{names:?}");

    let mut world = World { today: Some(date(2024, 5, 2)), ..World::default() };
    world.files.insert("/users/7/items".into(), std::fs::read_to_string(items).unwrap());
    world.files.insert("/users/7/collections".into(), std::fs::read_to_string(collections).unwrap());
    let (server, other) = (Server::new(world), Shell::new());
    let settings = server.settings("");
    let zotero = format!("{settings}zotero = \"http://127.0.0.1:{}\"\n", server.port);
    other.write("config.toml", zotero);
    let line = "paperpick likes import zotero:users/7 --config config.toml";
    assert!(other.run(line).contains("PAPERPICK_ZOTERO_KEY"));
    assert_eq!(other.run_with(line, &[("PAPERPICK_ZOTERO_KEY", "k")]), liked);
    let without_times = |text: &str| {
        text.split("\"at\"")
            .map(|part| part.split_once(',').map_or(part, |p| p.1).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(without_times(&other.run("paperpick export")).len(), without_times(&lines).len());
}

#[test]
fn papers_for_a_reference_manager_read_back() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030 2404.15653");
    let titles = |shell: &Shell| -> BTreeSet<(String, String)> {
        let lines = shell.run("paperpick export");
        let papers = lines.lines().filter(|line| !line.starts_with("{\"beside\""));
        let title = |line: &str| {
            let paper: Value = serde_json::from_str(line).unwrap();
            // Two hyphens are a dash to TeX.
            let title = paper["title"].as_str().unwrap().replace("--", "–");
            (paper["id"].as_str().unwrap().to_owned(), title)
        };
        papers.map(title).collect()
    };
    for form in ["bibtex", "ris"] {
        let text = shell.run(&format!("paperpick export --as {form}"));
        let copy = Shell::new();
        copy.write("papers", &text);
        copy.run("paperpick import papers");
        assert_eq!(titles(&copy), titles(&shell), "{form}");
        assert_snapshot!(
            format!("likes_as_{form}"),
            shell.run(&format!("paperpick export --as {form} --likes"))
        );
    }
}
