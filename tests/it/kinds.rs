//! Faults of the doors that were one of a kind, each mended where all doors meet.

use crate::browse::Server;
use crate::shell::Shell;

/// Lines of JSON: so many papers, all listed on one day.
fn day_of(n: usize) -> String {
    let line = |i: usize| {
        format!(
            r#"{{"listed": "2025-03-03", "id": "2503.{i:05}", "title": "Paper {i} on subject {}"}}"#,
            i % 97
        )
    };
    (1..=n).map(line).collect::<Vec<_>>().join("\n")
}

/// One GET could take the machine's memory: grouping keeps a cosine for each pair of papers.
#[test]
fn more_papers_than_can_be_grouped_are_refused_and_still_ranked() {
    let shell = Shell::new();
    shell.write("day.jsonl", day_of(5_001));
    shell.run("paperpick import day.jsonl");
    let said = shell.run("paperpick topics");
    assert!(said.contains("5001 papers are too many at once") && said.contains("[exit 2]"), "{said}");
    assert!(said.contains("hint: `--days N` with a smaller N"), "{said}");
    let server = Server::of(&shell, "");
    for path in ["topics", "topics/map", "topics?days=3660", "today/by-topic"] {
        let refused = server.get(&format!("/api/v1/{path}"));
        assert_eq!(
            (refused.status, refused.json()["type"].as_str()),
            (413, Some("/api#too-large")),
            "{path}"
        );
    }
    assert_eq!(server.get("/topics").status, 413);
    let page = server.get("/");
    assert!(page.status == 200 && page.text().contains("Paper 1"), "{}", page.status);
    for path in
        ["/api/v1/topics?days=36500", "/api/v1/today?days=0", "/topics?days=36500", "/?days=4000000000"]
    {
        assert_eq!(server.get(path).status, 400, "{path}");
    }
}

/// What an export says besides papers came in at the command line, and was dropped over the web.
#[test]
fn an_export_imported_over_the_web_restores_all_that_it_holds() {
    let first = Shell::with_sample();
    first.run("paperpick like 2404.15653 2404.16030");
    first.run("paperpick dislike 2404.16035");
    first.run("paperpick interests name 1 images");
    first.run("paperpick today");
    first.run("paperpick sync --config data/sync.toml");
    let export = first.run("paperpick export");
    let second = Shell::new();
    let server = Server::of(&second, "");
    let imported = server.post("/api/v1/import?name=export.jsonl", &[], &export);
    assert_eq!(imported.status, 200, "{}", imported.text());
    assert_eq!(second.run("paperpick export"), export);
    assert_eq!(server.json("/api/v1/likes"), first.json("paperpick likes --json"));
    assert_eq!(server.json("/api/v1/interests")["interests"][0]["name"], "images");
}

#[test]
fn a_day_that_is_given_over_the_web_is_that_of_papers_whose_format_has_none() {
    let shell = Shell::new();
    let server = Server::of(&shell, "");
    let bib = "@article{a, title = {A}, eprint = {2404.15653}, archivePrefix = {arXiv}}\n";
    assert_eq!(server.post("/api/v1/import?name=refs.bib&day=2024-05-01", &[], bib).status, 200);
    assert_eq!(server.json("/api/v1/today")["last"], "2024-05-01");
    let ris = "TY  - JOUR\nTI  - B\nDO  - 10.1000/b\nER  - \n";
    assert_eq!(server.post("/api/v1/import?name=refs.ris&day=2024-05-02", &[], ris).status, 200);
    assert_eq!(server.json("/api/v1/today")["last"], "2024-05-02");
}

/// A server that went on with the old model compared old vectors with new ones.
#[test]
fn a_running_server_takes_over_the_model_that_is_chosen_elsewhere() {
    let shell = Shell::with_sample();
    let line = |i: u32| {
        let words: Vec<String> = (0..12).map(|j| format!("word{}", (i * 7 + j * 13) % 101)).collect();
        format!(
            r#"{{"id": "2403.{i:05}", "title": "{}", "abstract": "{}"}}"#,
            words[..4].join(" "),
            words.join(" ")
        )
    };
    shell.write("more.jsonl", (1..=120).map(line).collect::<Vec<_>>().join("\n"));
    shell.run("paperpick import more.jsonl");
    let server = Server::of(&shell, "");
    let before = server.json("/api/v1/similar?id=2404.15653");
    assert!(before["model"].as_str().unwrap().starts_with("builtin-"), "{}", before["model"]);
    shell.run("paperpick model tune --name mine --epochs 1");
    shell.run("paperpick model use mine");
    let after = server.json("/api/v1/similar?id=2404.15653");
    assert_ne!(after["model"], before["model"]);
    assert_eq!(after["neighbours"], shell.json("paperpick similar 2404.15653 -n 10 --json")["neighbours"]);
    assert!(shell.run("paperpick doctor").contains("up to the vectors"));

    // A backup holds no table.
    shell.run("paperpick backup whole.sqlite");
    shell.run("paperpick --library copy restore whole.sqlite");
    shell.write("one.jsonl", line(121));
    let said = shell.run("paperpick --library copy import one.jsonl");
    assert!(
        said.contains("mine.pptable is not there (`paperpick model tune --name mine` makes such a table)"),
        "{said}"
    );
    shell.run("paperpick --library copy model tune --name mine --epochs 1");
    shell.run("paperpick --library copy model use mine");
    let said = shell.run("paperpick --library copy doctor");
    assert!(said.contains("good    vectors: every paper has one of mine@"), "{said}");
}

/// Later pages were ranked for another length, and could skip or repeat a paper.
#[test]
fn pages_of_today_are_one_list() {
    let shell = Shell::with_sample();
    shell.write("ids.txt", "2404.08197\n2404.04125\n2402.04252\n2404.14700\n2404.04860\n");
    shell.run("paperpick like ids.txt");
    let server = Server::of(&shell, "");
    for n in [1, 2, 3, 4] {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = server.json(&format!("/api/v1/today?days=30&n={n}{cursor}"));
            ids.extend(page["picks"].as_array().unwrap().iter().map(|pick| pick["id"].to_string()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let first = shell.json(&format!("paperpick today --days 30 -n {n} --json"));
        let first: Vec<String> =
            first["picks"].as_array().unwrap().iter().map(|pick| pick["id"].to_string()).collect();
        assert_eq!(ids[..first.len()], first, "the first page is the short list");
        let n_ids = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), n_ids, "no paper is shown twice");
    }
}

/// Questions without end made the server keep them, and what they cost to answer.
#[test]
fn questions_have_a_greatest_length() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let long = "word+".repeat(3_000);
    assert_eq!(server.get(&format!("/api/v1/search?words={long}")).status, 400);
    assert_eq!(server.get(&format!("/api/v1/similar?text={long}")).status, 400);
    assert_eq!(server.get(&format!("/search?q={long}")).status, 400);
    let ids = vec!["\"2404.15653\""; 1_001].join(",");
    let refused = server.post_json("/api/v1/save", &format!("{{\"ids\": [{ids}], \"save\": true}}"));
    assert_eq!((refused.status, refused.json()["type"].as_str()), (413, Some("/api#too-large")));
}

/// An older rating of an export came over a newer one.
#[test]
fn of_two_ratings_the_newer_one_stays() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.15653");
    shell.write("old.jsonl", shell.run("paperpick export"));
    shell.run("paperpick dislike 2404.15653");
    shell.run("paperpick import old.jsonl");
    assert_eq!(shell.json("paperpick show 2404.15653 --json")["rating"], "dislike");
    let other = Shell::with_sample();
    other.write("old.jsonl", shell.run("paperpick export"));
    other.run("paperpick import old.jsonl");
    assert_eq!(
        other.json("paperpick show 2404.15653 --json")["rating"],
        "dislike",
        "and where there is none"
    );
}

/// A body that was too large was refused in bare text.
#[test]
fn what_is_refused_is_a_problem_document() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let long = format!("{{\"ids\": [\"{}\"], \"rating\": \"like\"}}", "x".repeat(300 << 10));
    for (path, status) in [("rate", 413), ("account/tokens", 413)] {
        let refused = server.post_json(&format!("/api/v1/{path}"), &long);
        assert_eq!(
            (refused.status, refused.header("content-type")),
            (status, Some("application/problem+json"))
        );
    }
    let unfit = server.post_json("/api/v1/rate", r#"{"ids": 3, "rating": null}"#);
    assert_eq!((unfit.status, unfit.json()["type"].as_str()), (422, Some("/api#bad-request")));
    let twice = server.get("/api/v1/today?n=1&n=2");
    assert_eq!((twice.status, twice.json()["detail"].as_str()), (400, Some("`n` is given more than once")));
    for path in ["/api/v1/topics/trend?days=93", "/api/v1/feed?days=32"] {
        assert_eq!(server.get(path).status, 400, "{path}");
    }
    let next = server.get("/api/v1/similar?id=2404.15653&n=2");
    let link = next.header("link").unwrap().to_owned();
    let address = link.trim_start_matches('<').split('>').next().unwrap();
    let following = server.json(&format!("/api/v1/similar{address}"));
    assert_eq!(following["neighbours"].as_array().unwrap().len(), 2, "{link}");
}

/// What a parser says of its own types is no help to whom asked.
#[test]
fn a_value_that_does_not_fit_is_told_by_its_option_and_what_is_expected() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    for (path, said) in [
        ("today?date=2024-13-01", "`date` is `2024-13-01`, but a day is written as 2025-02-20"),
        ("today?variety=maybe", "`variety` is `maybe`, but true or false is expected"),
        ("today?days=many", "`days` is `many`, but a whole number is expected"),
        ("similar?id=2404.15653&since=May", "`since` is `May`, but a day is written as 2025-02-20"),
    ] {
        let refused = server.get(&format!("/api/v1/{path}"));
        assert_eq!((refused.status, refused.json()["detail"].as_str()), (400, Some(said)), "{path}");
    }
    shell.run("paperpick like 2402.04252 --quiet");
    let none = shell.run("paperpick today --min-score 0.999");
    assert!(none.contains("no paper has a score of 0.999 or more"), "{none}");
}
