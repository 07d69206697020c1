//! What the program learns of its reader, as it is typed.

use std::io::Write;
use std::process::Stdio;

use insta::assert_snapshot;
use jiff::civil::date;
use serde_json::Value;

use crate::shell::Shell;
use crate::sync::clock;

const CLIP: &str = "2404.08197 2402.04252 2404.04125 2401.09865 2403.02677";

/// The sample with likes around CLIP and two dislikes.
fn reader() -> Shell {
    let shell = Shell::with_sample();
    shell.run(&format!("paperpick like {CLIP}"));
    shell.run("paperpick dislike 2404.04860 2404.14700");
    shell
}

fn sum(list: &Value) -> f64 {
    list.as_array().unwrap().iter().map(|part| part["adds"].as_f64().unwrap()).sum()
}

#[test]
fn why_is_told_in_sums_that_add_up() {
    let shell = reader();
    assert_snapshot!(shell.run("paperpick why arXiv:2404.16030v1"));
    for id in ["2404.16030", "2404.16022", "2404.08197"] {
        let why = shell.json(&format!("paperpick why {id} --json"));
        let logit = why["logit"].as_f64().unwrap();
        let alone = |name: &str| why[name].as_f64().unwrap();
        let by_papers = sum(&why["likes"])
            + sum(&why["dislikes"])
            + alone("background")
            + alone("page")
            + alone("constant");
        let by_blocks = sum(&why["blocks"]) + alone("constant");
        assert!((by_papers - logit).abs() < 1e-4 && (by_blocks - logit).abs() < 1e-4, "{why}");
        assert!(why["if_liked"].as_f64() > why["if_disliked"].as_f64());
    }
    assert_snapshot!(shell.run("paperpick why 2404.99999"));
    assert_snapshot!(Shell::with_sample().run("paperpick why 2404.16030"));
}

#[test]
fn what_would_be_after_a_rating_is_what_is_after_it() {
    let shell = reader();
    let promised = shell.json("paperpick why 2404.16022 --json")["if_liked"].as_f64().unwrap();
    shell.run("paperpick like 2404.16022");
    let score = shell.json("paperpick why 2404.16022 --json")["score"].as_f64().unwrap();
    assert!((promised - score).abs() < 1e-9, "{promised}, and then {score}");
}

#[test]
fn a_score_is_a_bound_and_the_order_of_ratings_is_none() {
    let shell = reader();
    let today = shell.json("paperpick today -n 100 --json");
    let best = today["picks"][0]["score"].as_f64().unwrap();
    let above = shell.json(&format!("paperpick today --min-score {} --json", best - 1e-6));
    assert_eq!(above["picks"].as_array().unwrap().len(), 1);
    assert_snapshot!(shell.run("paperpick today --min-score 1"));
    assert_snapshot!(shell.run("paperpick today --min-score 1.5"));

    let other = Shell::with_sample();
    other.run("paperpick dislike 2404.14700");
    other.run("paperpick like 2403.02677 2404.04125 2404.04860 2402.04252");
    other.run("paperpick like 2401.09865 2404.08197");
    other.run("paperpick dislike 2404.04860");
    assert_eq!(other.json("paperpick today -n 100 --json")["picks"], today["picks"]);
}

#[test]
fn a_damaged_profile_is_learned_again() {
    let shell = reader();
    let before = shell.run("paperpick today");
    let cache = shell.path().join("library/cache");
    let files: Vec<_> = std::fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "terms, background and profile: {files:?}");
    for path in files {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(shell.run("paperpick today"), before, "{path:?}");
        std::fs::write(&path, "").unwrap();
        assert_eq!(shell.run("paperpick today"), before, "{path:?}");
    }
}

/// A liked paper once stood among the papers that are not liked as well, and then nothing stood out.
#[test]
fn a_few_likes_tell_papers_apart() {
    let today = reader().json("paperpick today -n 9 --no-variety --json");
    let picks = today["picks"].as_array().unwrap();
    let score = |place: usize| picks[place]["score"].as_f64().unwrap();
    assert!(picks[..2].iter().all(|pick| pick["title"].as_str().unwrap().contains("LIP")), "{today}");
    assert!(score(1) > 3.0 * score(2), "{} is far above {}", score(1), score(2));
}

/// A like of spring and one of autumn, and a reader whose likes fade.
#[test]
fn old_likes_fade_where_the_settings_say_so() {
    let shell = Shell::with_sample();
    for (id, day) in [("2404.08197", date(2024, 5, 1)), ("2403.20309", date(2024, 11, 1))] {
        shell.run_with(&format!("paperpick like {id}"), &[("PAPERPICK_CLOCK", &clock(day))]);
    }
    shell.write("fading.toml", "[profile]\nhalf_life_days = 30\n");
    let score = |line: &str| shell.json(line)["score"].as_f64().unwrap();
    let (old, fading) =
        ("paperpick why 2404.16030 --json", "paperpick why 2404.16030 --json --config fading.toml");
    assert!(score(fading) < score(old), "it is near the like of spring");
    assert_snapshot!(shell.run("paperpick today -n 3"));
    assert_snapshot!(shell.run("paperpick today -n 3 --config fading.toml"));
    let picks = shell.json("paperpick today -n 9 --config fading.toml --json")["picks"].clone();
    let pick = picks.as_array().unwrap().iter().find(|pick| pick["id"] == "2404.16030");
    assert_eq!(pick.unwrap()["score"].as_f64().unwrap(), score(fading), "{picks}");
    shell.write("never.toml", "[profile]\nhalf_life_days = -1\n");
    assert_snapshot!(shell.run("paperpick today --config never.toml"));
}

#[test]
fn variety_can_be_switched_off() {
    let shell = reader();
    let plain = shell.json("paperpick today -n 3 --no-variety --json");
    assert_eq!(plain["variety_cost"], 0.0);
    let scores: Vec<f64> =
        plain["picks"].as_array().unwrap().iter().map(|p| p["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

#[test]
fn interests_are_named_joined_cut_pinned_and_muted() {
    let shell = reader();
    assert_snapshot!(Shell::with_sample().run("paperpick interests"));
    shell.run("paperpick like 2404.14469 2404.07143 2402.15220");
    assert_snapshot!(shell.run("paperpick interests list"));
    let together = || {
        let interests = shell.json("paperpick interests --json");
        let likes = |interest: &Value| interest["likes"].to_string();
        let mut likes = interests["interests"].as_array().unwrap().iter().map(likes);
        likes.any(|likes| likes.contains("2402.04252") && likes.contains("2403.02677"))
    };
    assert!(together());
    assert_snapshot!(shell.run("paperpick interests name 1 \"image and text\""));
    assert_snapshot!(shell.run("paperpick interests split 1"));
    assert!(!together());
    shell.run("paperpick interests merge 1 2");
    assert_snapshot!(shell.run("paperpick interests pin 1"));
    assert_snapshot!(shell.run("paperpick interests mute 1"));
    let today = shell.json("paperpick today -n 100 --json");
    let muted = shell.json("paperpick interests --json")["interests"][0]["name"].clone();
    assert!(today["picks"].as_array().unwrap().iter().all(|pick| pick["interest"] != muted), "{today}");
    assert!(!shell.run("paperpick interests free 1").contains("muted"));
    assert_snapshot!(shell.run("paperpick interests pin nonsense"));
}

#[test]
fn an_interest_keeps_its_address_whatever_becomes_of_name_and_number() {
    let shell = reader();
    shell.run("paperpick like 2404.14469 2404.07143 2402.15220");
    let listed = || shell.json("paperpick interests --json")["interests"].clone();
    let before = listed();
    let address = before[1]["address"].as_str().unwrap().to_owned();
    let place = |interests: &Value| {
        let all = interests.as_array().unwrap();
        all.iter().position(|interest| interest["likes"].to_string().contains(&address)).unwrap()
    };
    let entries = || {
        let feed = shell.json(&format!("paperpick feed interests/{address} --format json"));
        let titles = feed["items"].as_array().unwrap().iter().map(|item| item["title"].clone());
        (feed["title"].as_str().unwrap().to_owned(), titles.collect::<Vec<_>>())
    };
    let (title, titles) = entries();
    assert_eq!(title, format!("paperpick: {}", before[1]["name"].as_str().unwrap()));
    shell.run(&format!("paperpick interests name {address} \"my own name\""));
    assert_eq!(listed()[1]["name"], "my own name");
    assert_eq!(entries(), ("paperpick: my own name".to_owned(), titles));

    // Another one becomes the smaller, and the numbers change.
    let unliked: Vec<&str> = before[0]["likes"]
        .as_array()
        .unwrap()
        .iter()
        .skip(1)
        .map(|like| like["id"].as_str().unwrap())
        .collect();
    shell.run(&format!("paperpick unrate {}", unliked.join(" ")));
    let after = listed();
    assert_eq!(place(&after), 0, "{after}");
    assert_eq!(entries().0, "paperpick: my own name");
    let outline = shell.run("paperpick feed --format opml --base https://papers.example.org");
    assert!(outline.contains(&format!("/feeds/interests/{address}.atom")), "{outline}");
    assert!(shell.run("paperpick interests pin 9").contains("my own name"), "the names that there are");
}

#[test]
fn a_new_reader_answers_questions() {
    let shell = Shell::with_sample();
    let words = ["start", "--about", "image and text", "-n", "4"].map(str::to_owned);
    let mut child = shell
        .command(&words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"y\nperhaps\nn\ns\nq\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_snapshot!(String::from_utf8(output.stderr).unwrap());
    assert_snapshot!(String::from_utf8(output.stdout).unwrap());
    assert_eq!(shell.json("paperpick likes --json")["ratings"].as_array().unwrap().len(), 2);

    shell.write("mine.jsonl", "{\"id\":\"2404.16030\",\"title\":\"MoDE\",\"abstract\":\"\"}\n");
    assert_snapshot!(shell.run("paperpick start --like mine.jsonl -n 1"));
    assert_snapshot!(Shell::new().run("paperpick start"));
}

/// With one day of papers, and a like that no day lists, all of the day once stood at one probability.
#[test]
fn a_first_like_that_no_day_lists_orders_the_first_day() {
    let shell = Shell::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample/2024-04-25.md");
    shell.run(&format!("paperpick import {sample}"));
    shell.write(
        "book.bib",
        "@inproceedings{clip, title={Learning Transferable Visual Models From Natural Language Supervision}, \
         author={Radford, Alec}, year={2021}, abstract={Image and text pairs train one embedding space: CLIP.}}",
    );
    shell.run("paperpick likes import book.bib");
    let today = shell.json("paperpick today -n 100 --json");
    let scores: Vec<f64> =
        today["picks"].as_array().unwrap().iter().map(|pick| pick["score"].as_f64().unwrap()).collect();
    assert!(scores[0] > 2.0 * scores[scores.len() - 1], "{scores:?}");
    assert!(today["picks"][0]["title"].as_str().unwrap().contains("CLIP"), "{today}");
}

#[test]
fn what_is_disliked_comes_last_and_why_says_so() {
    let shell = reader();
    let first = |today: &Value| today["picks"][0]["id"].as_str().unwrap().to_owned();
    let best = first(&shell.json("paperpick today -n 100 --json"));
    shell.run(&format!("paperpick dislike {best}"));
    let today = shell.json("paperpick today -n 100 --json");
    let last = today["picks"].as_array().unwrap().last().unwrap();
    assert_eq!((last["id"].as_str(), last["score"].as_f64()), (Some(best.as_str()), Some(0.0)));
    assert_eq!(shell.json(&format!("paperpick why {best} --json"))["rated"], "dislike");
    assert!(shell.run(&format!("paperpick why {best}")).contains("\nYou disliked it: it comes last"));
}

/// What was liked stood first in the list of its day, and took a place of what is new.
#[test]
fn what_is_liked_already_comes_behind_what_is_new() {
    let shell = Shell::with_sample();
    let before = shell.json("paperpick today -n 50 --date 2024-04-25 --json");
    let best = before["picks"][0]["id"].as_str().unwrap().to_owned();
    let n = before["picks"].as_array().unwrap().len();
    shell.run(&format!("paperpick like {best}"));
    let after = shell.json("paperpick today -n 50 --date 2024-04-25 --json");
    let picks = after["picks"].as_array().unwrap();
    assert_eq!((picks.len(), picks[n - 1]["id"].as_str()), (n, Some(best.as_str())));
    let few = shell.json("paperpick today -n 3 --date 2024-04-25 --json");
    assert_eq!(few["picks"].as_array().unwrap()[..], picks[..3], "a shorter list is the beginning");
    assert!(!shell.run("paperpick digest -n 3 --date 2024-04-25").contains(&best));
    let page = crate::browse::Server::of(&shell, "").get("/?date=2024-04-25").text();
    let liked = page.split("id=\"liked\"").nth(1).unwrap();
    assert!(
        liked.contains(&format!("data-id=\"{best}\""))
            && page.matches(&format!("data-id=\"{best}\"")).count() == 1
    );
}
