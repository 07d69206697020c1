//! Every verb, as it is typed.

use std::io::Write;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use insta::assert_snapshot;
use serde_json::Value;

use crate::browse::Server;
use crate::shell::{Shell, sample};
use crate::sync::clock;

fn ids(papers: &Value) -> Vec<&str> {
    papers.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect()
}

#[test]
fn import_reports_good_and_broken_entries_and_forgets_nothing() {
    let shell = Shell::new();
    shell.write(
        "mixed.jsonl",
        "{\"listed\":\"2024-04-25\",\"id\":\"2404.15653\",\"title\":\"CatLIP\",\"abstract\":\"Fast.\",\"authors\":[\"A\"],\"categories\":[\"cs.CV\"]}\n\
         {\"listed\":\"2024-04-25\",\"id\":\"2413.00001\",\"title\":\"Thirteenth month\",\"abstract\":\"\"}\n\
         this is not JSON\n\
         {\"listed\":\"2024-04-25\",\"id\":\"2404.16030\",\"title\":\"MoDE\",\"abstract\":\"Experts.\"}\n",
    );
    assert_snapshot!(shell.run("paperpick import mixed.jsonl"));
    let quiet = shell.run("paperpick import mixed.jsonl --quiet");
    assert_eq!(quiet, "error: 2 entries could not be read; the others were taken over\n[exit 2]\n");
}

#[test]
fn import_reads_gzip_from_a_pipe() {
    let shell = Shell::new();
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(&std::fs::read(sample("2024-04-25.md")).unwrap()).unwrap();
    let words = ["import", "-"].map(str::to_owned);
    let mut child = shell.command(&words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&gz.finish().unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "9 entries: 9 added\n");
}

#[test]
fn a_file_that_is_no_listing_does_not_hide_the_others() {
    let shell = Shell::new();
    shell.write("a.txt", "Dear diary");
    std::fs::copy(sample("2024-04-25.md"), shell.path().join("b.md")).unwrap();
    assert_snapshot!(shell.run("paperpick import a.txt b.md missing.md"));
    assert_eq!(shell.json("paperpick doctor --json")["size"]["papers"], 9);
}

#[test]
fn a_folder_is_read_however_deep() {
    let shell = Shell::new();
    shell.write("nothing/.keep", "");
    shell.write("digests/2024/04/day.md", std::fs::read(sample("2024-04-25.md")).unwrap());
    shell.write("digests/2024/notes.txt", "Dear diary");
    shell.write("digests/.trash/broken.jsonl", "{\"id\":\"2404.00001\"");
    assert_eq!(
        shell.run("paperpick import digests"),
        "9 entries: 9 added\nskipped: digests/2024/notes.txt\n"
    );
    assert!(shell.run("paperpick import nothing").contains("there is no file to read"));
}

#[test]
fn ratings_are_kept_listed_and_taken_back() {
    let shell = Shell::with_sample();
    shell.write(
        "more.txt",
        "# what I like\nhttps://arxiv.org/abs/2404.16030v1\n\n2404.15653 # the same again\n",
    );
    assert_snapshot!(shell.run("paperpick like 2404.15653 more.txt 2599.00001 2512.00001"));
    assert_snapshot!(shell.run("paperpick like 2404.15653 more.txt 2512.00001"));
    assert_snapshot!(shell.run("paperpick dislike arXiv:2404.16035 2404.15653"));
    assert_eq!(
        shell.run("paperpick unrate 2404.16030"),
        "no longer rated: 2404.16030 MoDE: CLIP Data Experts via Clustering\n"
    );
    let likes = shell.json("paperpick likes --json");
    let mut rated: Vec<(&str, &str)> = likes["ratings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["id"].as_str().unwrap(), r["rating"].as_str().unwrap()))
        .collect();
    rated.sort_unstable();
    assert_eq!(rated, [("2404.15653", "dislike"), ("2404.16035", "dislike"), ("2512.00001", "like")]);
}

#[test]
fn the_command_line_and_digests_speak_korean() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.15653");
    let said = |line: &str| shell.run_with(&format!("paperpick {line}"), &[("LANG", "ko_KR.UTF-8")]);
    let answers = shell.run_given("paperpick start -n 3 --language ko", "예\nㅜ\nmaybe so\n끝\n");
    let said = [
        said("today -n 2 --date 2024-04-25"),
        said("dislike 2404.16035 2599.00001"),
        said("import missing.md"),
        said("today --date 2020-01-01"),
        said("digest -n 1 --format text"),
        said("feed --format json -n 1")
            .lines()
            .find(|line| line.contains("title"))
            .unwrap_or_default()
            .to_owned(),
        answers.lines().filter(|line| !line.contains("240")).collect::<Vec<_>>().join("\n"),
    ];
    assert_snapshot!(said.join("\n----\n"));
    assert_eq!(
        shell.run_with("paperpick show 1 --language en", &[("LANG", "ko_KR.UTF-8")]),
        shell.run("paperpick show 1"),
        "what is asked for comes before the locale"
    );
}

/// A path with a slip in it was a new library, and what was liked there was seen nowhere.
#[test]
fn only_what_brings_papers_makes_a_library() {
    let shell = Shell::with_sample();
    for line in [
        "today",
        "like 2404.15653",
        "likes",
        "similar 2404.15653",
        "save 2404.15653",
        "export",
        "doctor",
        "mcp",
    ] {
        let said = shell.run(&format!("paperpick {line} --library libary"));
        assert!(
            said.contains("there is no library in libary") && said.contains("[exit 2]"),
            "{line}: {said}"
        );
        assert!(said.contains("hint: `paperpick import FILE`"), "{line}: {said}");
        assert!(!shell.path().join("libary").exists(), "{line}");
    }
    shell.write("likes.txt", "2404.15653\n");
    for (n, line) in ["likes import likes.txt", "import likes.txt", "start -n 1", "sync"].iter().enumerate() {
        shell.run(&format!("paperpick {line} --library new{n}"));
        assert!(shell.path().join(format!("new{n}/library.sqlite")).exists(), "{line}");
    }
}

/// What is liked, and the hashes of passwords, could be read by every user of the machine.
#[cfg(unix)]
#[test]
fn every_file_of_a_library_and_its_backup_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::with_sample();
    for line in ["like 2404.15653", "today", "index", "backup copy.sqlite", "topics --map map.svg"] {
        shell.run(&format!("paperpick {line}"));
    }
    let library = walkdir::WalkDir::new(shell.path().join("library"))
        .into_iter()
        .map(|entry| entry.unwrap().into_path());
    let more = ["copy.sqlite", "map.svg"].map(|name| shell.path().join(name));
    let files: Vec<_> = library.chain(more).filter(|path| path.is_file()).collect();
    assert!(files.len() > 3, "{files:?}");
    for path in files {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
}

#[test]
fn a_rating_works_when_its_paper_arrives() {
    let shell = Shell::without_papers();
    shell.run("paperpick like 2404.16030");
    shell.run(&format!("paperpick import {}", sample("")));
    let today = shell.json("paperpick today --json");
    assert_eq!(today["basis"], "ratings");
    assert_eq!(today["ratings"]["likes"], 1);
}

#[test]
fn without_ratings_votes_decide() {
    let shell = Shell::with_sample();
    let today = shell.json("paperpick today --json");
    assert_eq!((today["first"].as_str(), today["basis"].as_str()), (Some("2024-04-25"), Some("votes")));
    let votes: Vec<u64> =
        today["picks"].as_array().unwrap().iter().map(|p| p["votes"].as_u64().unwrap_or(0)).collect();
    assert!(votes.is_sorted_by(|a, b| a >= b), "{votes:?}");
    assert!(shell.run("paperpick today -n 1").contains("`paperpick like ID` makes the order yours"));
}

#[test]
fn likes_and_dislikes_move_papers() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.08197 2402.04252 2404.04125");
    let pick = |id: &str| {
        let today = shell.json("paperpick today --json");
        today["picks"].as_array().unwrap().iter().find(|p| p["id"] == id).unwrap().clone()
    };
    assert!(pick("2404.16030")["rank"].as_u64() <= Some(2), "MoDE, on CLIP, is among the first");
    let before = pick("2404.16022")["score"].as_f64().unwrap();
    shell.run("paperpick dislike 2403.17008 2401.07519 2403.11781");
    let after = pick("2404.16022")["score"].as_f64().unwrap();
    assert!(after < before, "PuLID falls with its neighbours: {before} to {after}");
}

#[test]
fn days_are_chosen_and_an_empty_day_names_the_nearest() {
    let shell = Shell::with_sample();
    let week = shell.json("paperpick today --days 7 -n 100 --json");
    assert_eq!((week["first"].as_str(), week["last"].as_str()), (Some("2024-04-19"), Some("2024-04-25")));
    assert!(week["n_listed"].as_u64() > Some(9));
    assert_eq!(
        shell.run("paperpick today --date 2024-04-28"),
        "nothing to show: nothing was listed on 2024-04-28; the nearest day with papers is 2024-04-25\n[exit 1]\n"
    );
    assert!(
        Shell::without_papers()
            .run("paperpick today")
            .ends_with("begin with `paperpick import FILE`\n[exit 1]\n")
    );
}

#[test]
fn similar_takes_every_form_of_an_identifier() {
    let shell = Shell::with_sample();
    let catlip = shell.json("paperpick similar 2404.15653 --json");
    assert_eq!(catlip, shell.json("paperpick similar https://huggingface.co/papers/2404.15653 --json"));
    assert!(ids(&catlip["neighbours"]).iter().all(|id| *id != "2404.15653"), "not its own neighbour");
    let text =
        shell.json("paperpick similar --text \"contrastive image-text pre-training like CLIP\" -n 5 --json");
    assert_eq!(ids(&text["neighbours"]).len(), 5);
    assert_snapshot!(shell.run("paperpick similar 2404.99999"));
    assert_snapshot!(shell.run("paperpick similar 2404.1565"));
}

#[test]
fn similar_papers_are_looked_for_among_those_that_are_meant() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030 2404.08197");
    let all = shell.json("paperpick similar 2404.15653 -n 100 --json");
    let all = all["neighbours"].as_array().unwrap();
    let meant = |options: &str, is: &dyn Fn(&Value) -> bool| {
        let found = shell.json(&format!("paperpick similar 2404.15653 -n 100 {options} --json"));
        let mut expected: Vec<&str> =
            all.iter().filter(|n| is(n)).map(|n| n["id"].as_str().unwrap()).collect();
        let mut found = ids(&found["neighbours"]);
        expected.sort_unstable();
        found.sort_unstable();
        assert!(!found.is_empty() && found.len() < all.len(), "{options}: {}", found.len());
        assert_eq!(found, expected, "{options}");
    };
    let listed = |n: &Value| n["listed"].as_str().unwrap().to_owned();
    let is_in = |n: &Value, name| n["categories"].as_array().unwrap().iter().any(|c| c == name);
    let rated = |n: &Value| n["id"] == "2404.16030" || n["id"] == "2404.08197";
    meant("--since 2024-04-25", &|n| *listed(n) >= *"2024-04-25");
    meant("--until 2024-04-24", &|n| *listed(n) <= *"2024-04-24");
    meant("--category cs.cl", &|n| is_in(n, "cs.CL"));
    meant("--category cs.CL --category cs.LG", &|n| is_in(n, "cs.CL") || is_in(n, "cs.LG"));
    meant("--rated", &|n| rated(n));
    meant("--unrated --category cs.CV", &|n| !rated(n) && is_in(n, "cs.CV"));
    let none = shell.output("paperpick similar 2404.15653 --category math.NT");
    assert_eq!(none.status.code(), Some(1));
}

#[test]
fn papers_on_one_thing_find_each_other_also_from_korean_summaries_alone() {
    let (korean, both) = (Shell::new(), Shell::with_sample());
    korean.run(&format!("paperpick import {}", sample("2024-04-25.md")));
    for (id, other) in [("2404.15653", "2404.16030"), ("2404.16030", "2404.15653")] {
        let near = |shell: &Shell, n: usize| {
            let similar = shell.json(&format!("paperpick similar {id} -n {n} --json"));
            ids(&similar["neighbours"]).contains(&other)
        };
        assert!(near(&korean, 1), "{other} is the nearest of {id} by summaries");
        assert!(near(&both, 3), "{other} is among the three nearest of {id}");
    }
}

#[test]
fn a_score_is_the_sum_of_its_parts_and_its_order_holds_for_any_n() {
    let shell = Shell::with_sample();
    let similar =
        |n: usize| shell.json(&format!("paperpick similar 2404.15653 -n {n} --json"))["neighbours"].take();
    let (few, all) = (similar(5), similar(100));
    assert_eq!(few.as_array().unwrap()[..], all.as_array().unwrap()[..5]);
    let number = |paper: &Value, name: &str| paper[name].as_f64().unwrap();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 79);
    assert!(all.is_sorted_by(|a, b| number(a, "score") >= number(b, "score")));
    for paper in all {
        let parts = paper["parts"].as_object().unwrap();
        let sum: f64 = parts.values().map(|part| part.as_f64().unwrap()).sum();
        assert!((number(paper, "similarity") + sum - number(paper, "score")).abs() < 1e-5, "{paper}");
    }
    assert!(shell.run("paperpick similar 2404.15653 -n 1 --why").contains("meaning 0."));
}

#[test]
fn a_paper_that_is_another_over_again_is_named_there_and_what_is_far_is_told() {
    let shell = Shell::with_sample();
    let twin = |id: &str, author: &str| {
        format!(
            r#"{{"id": "{id}", "title": "BASS: Batched attention-optimized speculative sampling.", "authors": ["{author}"]}}"#
        )
    };
    let lines = [twin("2404.99991", "Haifeng Qian"), twin("2404.99992", "Somebody Else")].join("\n");
    std::fs::write(shell.path().join("twins.jsonl"), lines).unwrap();
    shell.run("paperpick import twins.jsonl");
    let near = shell.json("paperpick similar 2404.15420 -n 40 --json");
    let neighbours = near["neighbours"].as_array().unwrap();
    let of = |id: &str| neighbours.iter().find(|paper| paper["id"] == id).map(|paper| paper["also"].clone());
    let (first, second) = (of("2404.15778"), of("2404.99991"));
    assert_eq!(first.is_some(), second.is_none(), "one of both stands for both: {near}");
    assert_eq!(first.or(second).unwrap().as_array().unwrap().len(), 1);
    assert!(of("2404.99992").is_some(), "a title may be that of two papers");
    let own = shell.json("paperpick similar 2404.15778 -n 40 --json");
    assert_eq!(own["also"], serde_json::json!(["2404.99991"]));
    let far = "{\"id\": \"2404.99993\", \"title\": \"Ветер и волны\", \"abstract\": \"Ветер\"}";
    std::fs::write(shell.path().join("far.jsonl"), far).unwrap();
    shell.run("paperpick import far.jsonl");
    assert!(shell.run("paperpick similar 2404.99993 -n 3").contains("no paper is near"));
}

#[test]
fn every_way_to_look_finds_the_same_near_papers() {
    let shell = Shell::with_sample();
    let truth = shell.json("paperpick similar 2404.15653 --way exact --json");
    for line in ["index --optimize --deterministic", "index --optimize", "index"] {
        let index = shell.json(&format!("paperpick {line} --json"));
        assert_eq!((index["rows"].as_u64(), index["outside_graph"].as_u64()), (Some(80), Some(0)), "{line}");
    }
    for way in ["auto", "signs", "graph"] {
        assert_eq!(shell.json(&format!("paperpick similar 2404.15653 --way {way} --json")), truth, "{way}");
    }
    assert_snapshot!(shell.run("paperpick index"));
    std::fs::write(shell.path().join("library/index.bin"), "not an index").unwrap();
    assert!(shell.run("paperpick doctor").contains("paperpick index"));
    assert_eq!(shell.json("paperpick similar 2404.15653 --json --quiet"), truth, "it is only a cache");
}

#[test]
fn every_paper_of_a_day_is_in_one_group() {
    let shell = Shell::with_sample();
    let topics = shell.json("paperpick topics --json");
    let mut members: Vec<String> = Vec::new();
    for group in topics["groups"].as_array().unwrap() {
        members.extend(ids(&group["papers"]).into_iter().map(str::to_owned));
    }
    members.sort();
    let n = members.len();
    members.dedup();
    assert_eq!((members.len(), n), (9, 9));
}

#[test]
fn words_are_found_in_both_languages() {
    let shell = Shell::with_sample();
    for (words, id) in
        [("CLIP experts", "2404.16030"), ("신원 정체성", ""), ("매팅", "2404.16035"), ("\"or NOT *", "")]
    {
        let found = shell.json(&format!("paperpick search --by-words --json -- {words}"));
        let found = ids(&found["papers"]);
        assert_eq!(found.first().copied().unwrap_or_default(), id, "{words}");
    }
    let meant = shell.json("paperpick search 신원 정체성 --json");
    assert!(ids(&meant["papers"]).contains(&"2404.15449"), "it keeps an identity: {meant}");
    assert_snapshot!(shell.run("paperpick search zeppelin"));
}

#[test]
fn a_paper_is_shown_whole() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030");
    assert_snapshot!(shell.run("paperpick show 2404.16030"));
}

#[test]
fn an_export_reads_back_as_the_same_library() {
    let shell = Shell::with_sample();
    let lines = shell.run("paperpick export");
    let copy = Shell::new();
    copy.write("papers.jsonl", &lines);
    assert_eq!(copy.run("paperpick import papers.jsonl"), "80 entries: 80 added\n");
    assert_eq!(copy.run("paperpick export"), lines);
    assert!(Shell::without_papers().run("paperpick export").ends_with("[exit 1]\n"), "nothing to show");
}

#[test]
fn every_verb_answers_in_json_and_names_its_shape() {
    let shell = Shell::with_sample();
    for (line, shape) in [
        ("import data.jsonl", "import/1"),
        ("today", "today/1"),
        ("similar 2404.15653", "similar/1"),
        ("topics", "topics/1"),
        ("search clip", "search/1"),
        ("show 2404.15653", "show/1"),
        ("like 2404.15653", "rate/1"),
        ("likes", "likes/1"),
        ("index", "index/1"),
        ("doctor", "doctor/1"),
        ("demo", "demo/1"),
    ] {
        shell.write("data.jsonl", "");
        assert_eq!(shell.json(&format!("paperpick {line} --json"))["shape"], shape, "{line}");
    }
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let shell = Shell::new();
    let text = shell.run("paperpick demo");
    assert!(text.contains("CatLIP"), "{text}");
    assert_eq!(std::fs::read_dir(shell.path()).unwrap().count(), 0);
}

#[test]
fn settings_are_read_and_mistakes_in_them_are_explained() {
    let shell = Shell::with_sample();
    shell.write("config.toml", "n = 2");
    assert_eq!(ids(&shell.json("paperpick today --json --config config.toml")["picks"]).len(), 2);
    shell.write("config.toml", "libary = 'elsewhere'");
    assert_snapshot!(shell.run("paperpick today --config config.toml"));
}

#[test]
fn completions_and_a_closed_pipe() {
    let shell = Shell::with_sample();
    for name in ["bash", "zsh", "fish"] {
        assert!(shell.run(&format!("paperpick completions {name}")).contains("similar"));
    }
    let mut child =
        shell.command(&["export".to_owned()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn what_a_new_user_types_wrong_is_said_in_words() {
    let shell = Shell::with_sample();
    shell.write("refs.bib", "@article{a, title = {A}, eprint = {2404.15653}, archivePrefix = {arXiv}}\n");
    shell.write("ids.txt", "2404.15653\n2404.16030\n");
    shell.write("feeds.opml", "<opml><body><outline xmlUrl=\"https://example.org/a.xml\"/></body></opml>");
    shell.write("picture.png", [0x89, b'P', b'N', b'G', 0, 0xff, 0xfe, 0]);
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(&std::fs::read(sample("2024-04-25.md")).unwrap()).unwrap();
    let gz = gz.finish().unwrap();
    shell.write("cut.md.gz", &gz[..gz.len() / 2]);
    let lines = [
        "paperpick today --date 25.4.2024",
        "paperpick today --days -3",
        "paperpick today --days 0",
        "paperpick today -n -1",
        "paperpick today --min-score -0.5",
        "paperpick today -n 1 --min-score 0.5",
        "paperpick similar",
        "paperpick similar --text qwrtz",
        "paperpick like refs.bib",
        "paperpick like missing.txt",
        "paperpick start --like ids.txt",
        "paperpick import feeds.opml",
        "paperpick import ids.txt",
        "paperpick import picture.png",
        "paperpick import cut.md.gz",
        "paperpick days",
    ];
    let said: Vec<String> = lines.iter().map(|line| format!("$ {line}\n{}", shell.run(line))).collect();
    assert_snapshot!(said.join("\n"));
    let empty = Shell::without_papers().run("paperpick doctor");
    assert!(empty.contains("the library is empty") && !empty.contains("good"), "{empty}");
    assert_eq!(shell.run("paperpick import refs.bib --quiet"), "");
}

#[test]
fn what_is_kept_for_later_is_each_accounts_own() {
    let shell = Shell::with_sample();
    for name in ["ada", "bo"] {
        shell.run_given(&format!("paperpick account add {name}"), "a long password\n");
    }
    let saved = shell.run("paperpick save 2404.15653 2404.16030 --account bo");
    assert!(saved.contains("saved: 2404.15653 CatLIP") && !saved.contains("[exit"), "{saved}");
    assert!(shell.run("paperpick save 2404.15653 --account bo").contains("saved already: 2404.15653"));
    shell.run("paperpick save --remove 2404.16030 --account bo");
    assert_eq!(ids(&shell.json("paperpick saved --json --account bo")["papers"]), ["2404.15653"]);
    shell.run("paperpick like 2404.16035 --account BO");
    assert_eq!(ids(&shell.json("paperpick likes --json --account bo")["ratings"]), ["2404.16035"]);
    for others in ["paperpick saved", "paperpick likes", "paperpick saved --account ada"] {
        assert!(shell.run(others).ends_with("[exit 1]\n"), "{others}");
    }
    let nobody = shell.run("paperpick today --account eve");
    assert!(nobody.contains("there is no account `eve`; `paperpick account list` shows them"), "{nobody}");
    let alone = Shell::with_sample().run("paperpick today --account eve");
    assert!(alone.contains("this library has no accounts") && alone.ends_with("[exit 2]\n"), "{alone}");
}

#[test]
fn a_day_is_typed_as_people_say_it() {
    let shell = Shell::with_sample();
    // A Saturday; the sample's newest day is the Thursday before.
    let on = |typed: &str| {
        let now = clock(jiff::civil::date(2024, 4, 27));
        let environment = [("PAPERPICK_CLOCK", now.as_str()), ("TZ", "UTC")];
        shell.run_with(&format!("paperpick today -n 1 --date {typed}"), &environment)
    };
    let thursday = on("2024-04-25");
    assert!(thursday.starts_with("2024-04-25, "), "{thursday}");
    for typed in ["-2", "thu", "Thursday"] {
        assert_eq!(on(typed), thursday, "{typed}");
    }
    assert!(on("yesterday").contains("nothing was listed on 2024-04-26"));
    assert!(on("saturday").contains("nothing was listed on 2024-04-20"), "of today the one before");
    for typed in ["tomorrow", "th", "2024-13-01", "-99999999"] {
        assert!(on(typed).contains("write a day as 2025-02-20, yesterday, -1"), "{typed}");
    }
}

/// "By votes" stood over papers for which nobody had voted, and a day without anything to like said nothing of it.
#[test]
fn a_list_says_what_is_true_of_all_of_it() {
    let shell = Shell::with_sample();
    shell.write(
        "plain.jsonl",
        r#"{"id": "2405.00001", "title": "A theorem on herons", "listed": "2024-05-02"}"#,
    );
    shell.run("paperpick import plain.jsonl");
    assert!(shell.run("paperpick today").contains("1 paper, nobody has voted yet"));
    assert!(shell.run("paperpick digest --format text").contains("nobody has voted yet"));
    assert!(shell.run("paperpick today --date 2024-04-25").contains("by votes"));
    shell.run("paperpick like 2404.15653");
    let unlikely = shell.run("paperpick today --again");
    assert!(unlikely.contains("none of these is likely to be for you"), "{unlikely}");
    assert!(shell.run("paperpick digest --format text").contains("none of them likely to be for you"));
    assert!(!shell.run("paperpick today --date 2024-04-25").contains("none of these"));
    let digest = shell.run("paperpick digest");
    assert!(!digest.contains("Vote"), "{digest}");
}

/// An empty library answered some commands with an object and others with nothing at all.
#[test]
fn with_json_every_answer_is_one_object() {
    let shell = Shell::without_papers();
    for line in
        ["today", "topics", "days", "likes", "saved", "search heron", "digest --date 2024-04-25", "doctor"]
    {
        let answer = shell.json(&format!("paperpick {line} --json"));
        assert!(answer["shape"].is_string(), "{line}: {answer}");
    }
    let nothing = shell.json("paperpick today --json");
    assert_eq!(
        (&nothing["shape"], &nothing["nothing"], &nothing["exit"]),
        (&"error/1".into(), &true.into(), &1.into())
    );
    shell.write("one.jsonl", r#"{"listed": "2024-05-02", "id": "2405.00001", "title": "Herons"}"#);
    let partly = shell.json("paperpick import one.jsonl missing.jsonl --json");
    assert_eq!(
        (&partly["shape"], &partly["added"], &partly["problems"][0]["file"]),
        (&"import/1".into(), &1.into(), &"missing.jsonl".into())
    );
    assert!(shell.run("paperpick import one.jsonl missing.jsonl").ends_with("[exit 2]\n"));
    let unknown = shell.json("paperpick show 2404.15653 --json");
    assert_eq!((&unknown["nothing"], &unknown["exit"]), (&false.into(), &2.into()));
    assert!(unknown["hint"].as_str().unwrap().contains("paperpick import"), "{unknown}");
}

#[test]
fn a_day_is_ranked_within_categories() {
    let shell = Shell::new();
    let of = ["cs.CV", "cs.CL", "cs.CVX", "cs.CL"];
    let line = |(i, category): (usize, &&str)| {
        format!(
            r#"{{"listed": "2024-05-02", "id": "2405.0000{i}", "title": "Herons {i}", "categories": ["{category}"]}}"#
        )
    };
    shell.write("day.jsonl", of.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"));
    shell.run("paperpick import day.jsonl");
    for (asked, wanted) in [
        ("--category cs.CV", vec!["2405.00000"]),
        ("--category cs.cl", vec!["2405.00001", "2405.00003"]),
        ("--category cs.CV --category cs.CVX", vec!["2405.00000", "2405.00002"]),
    ] {
        let within = shell.json(&format!("paperpick today --again {asked} --json"));
        let mut found = ids(&within["picks"]);
        found.sort_unstable();
        assert_eq!((&found, &within["n_listed"]), (&wanted, &wanted.len().into()), "{asked}");
    }
    let none = shell.run("paperpick today --category math.AG");
    assert!(
        none.contains("no paper of math.AG was listed on 2024-05-02") && none.ends_with("[exit 1]\n"),
        "{none}"
    );
}

/// Formulas stood in lists as they are written; what other programs read keeps them.
#[test]
fn formulas_are_read_and_references_keep_them() {
    let shell = Shell::new();
    let title = r"Mask$^2$DiT: \\textit{Dual} Masks in $\\mathcal{O}(n \\log n)$";
    shell.write(
        "day.jsonl",
        format!(
            r#"{{"listed": "2024-05-02", "id": "2405.00001", "title": "{title}", "abstract": "It gains 5\\% over $\\alpha$-GAN. We show $x_i$."}}"#
        ),
    );
    shell.run("paperpick import day.jsonl");
    shell.run("paperpick like 2405.00001");
    shell.run("paperpick save 2405.00001");
    let read = "Mask²DiT: Dual Masks in O(n log n)";
    let server = Server::of(&shell, "");
    for line in [
        "today --again",
        "search masks",
        "likes",
        "saved",
        "show 2405.00001",
        "digest",
        "digest --format html",
    ] {
        let said = shell.run(&format!("paperpick {line}"));
        assert!(said.contains(read), "{line}: {said}");
    }
    for path in ["/", "/paper/2405.00001", "/search?q=masks", "/me", "/feeds/picks.atom", "/api/v1/today"] {
        let page = server.get(path).text();
        // The paper's page has its reference, too.
        let has_tex = page.contains("textit{Dual}") && !path.starts_with("/paper/");
        assert!(page.contains(read) && !has_tex, "{path}: {page}");
    }
    let digest = shell.run("paperpick digest");
    assert!(digest.contains("- It gains 5% over α-GAN.\n- We show xᵢ."), "{digest}");
    let bibtex = shell.run("paperpick export --as bibtex");
    assert!(bibtex.contains(r"$\mathcal{O}(n \log n)$"), "{bibtex}");
    let export = shell.run("paperpick export");
    shell.write("digest.md", digest);
    shell.run("paperpick import digest.md");
    assert!(shell.run("paperpick export").contains(r"Mask$^2$DiT") && export.contains(r"Mask$^2$DiT"));
}

/// A pipe that found nothing was taken for a digest, and a list of objects for no list of identifiers.
#[test]
fn lists_of_identifiers_are_read_however_they_are_written() {
    let shell = Shell::with_sample();
    for verb in ["like", "save", "unrate"] {
        let said = shell.run(&format!("paperpick {verb} -"));
        assert!(said.contains("no paper was named") && said.ends_with("[exit 1]\n"), "{said}");
    }
    shell.write(
        "list.jsonl",
        "{\"id\": \"2404.15653\", \"section\": \"CLIP\"}\n{\"url\": \"https://arxiv.org/abs/2404.16030\"}\n{\"id\": 7}\n",
    );
    let liked = shell.run("paperpick like list.jsonl");
    assert!(liked.contains("liked: 2404.15653") && liked.contains("liked: 2404.16030"), "{liked}");
    assert!(liked.contains("list.jsonl:3: ") && liked.ends_with("[exit 2]\n"), "{liked}");
}
