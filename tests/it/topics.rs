//! Topics as they are typed: days in groups, topics over days, the map.

use insta::assert_snapshot;

use crate::shell::Shell;

/// Titles of five real days, without their abstracts.
fn with_days() -> Shell {
    let shell = Shell::new();
    let days = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/topic-days.jsonl");
    shell.run(&format!("paperpick import {days} --quiet"));
    shell
}

#[test]
fn days_read_as_a_person_would_group_them() {
    let shell = with_days();
    for day in ["2024-06-18", "2024-12-10", "2025-05-14", "2025-10-15", "2025-11-06"] {
        assert_snapshot!(
            format!("topics-of-{day}"),
            shell.run(&format!("paperpick topics --date {day} --all"))
        );
    }
}

#[test]
fn a_long_day_shows_the_first_few_of_each_topic() {
    let text = with_days().run("paperpick topics --date 2025-05-14");
    assert!(text.contains(" more\n"), "{text}");
}

#[test]
fn a_topic_is_asked_for_by_word_paper_or_name() {
    let shell = Shell::with_sample();
    for what in ["clip", "2404.16030", "arXiv:2404.15653v1"] {
        let json = shell.json(&format!("paperpick topics --about {what} --json"));
        let groups = json["groups"].as_array().unwrap();
        assert!(groups[0]["name"].as_str().unwrap().contains("CLIP"), "{what}: {json}");
    }
    let name = shell.json("paperpick topics --json")["groups"][0]["name"].as_str().unwrap().to_owned();
    let found = shell.json(&format!("paperpick topics --about \"{name}\" --json"));
    assert_eq!(found["groups"].as_array().unwrap().len(), 1);
    let nothing = shell.run("paperpick topics --about zoology");
    assert!(nothing.ends_with("[exit 1]\n"), "{nothing}");
}

#[test]
fn a_topic_is_followed_muted_liked_and_forgotten() {
    let shell = Shell::with_sample();
    assert_snapshot!(shell.run("paperpick topics follow CLIP"));
    let followed = shell.json("paperpick topics --json")["followed"][0]["this_week"].to_string();
    assert!(followed.contains("2404.16030") && !followed.contains("Hyper-SD"), "{followed}");
    assert!(shell.run("paperpick topics").contains("followed CLIP: "));
    shell.run("paperpick topics mute 2404.15420");
    let muted = shell.run("paperpick topics");
    assert!(muted.contains("Muted ") && !muted.contains("  2404.15420"), "{muted}");
    shell.run("paperpick topics like 2404.16022");
    let json = shell.json("paperpick topics --json");
    assert_eq!(json["groups"][0]["mark"], "like");
    assert_eq!(shell.json("paperpick topics marked --json")["topics"].as_array().unwrap().len(), 3);
    assert_eq!(shell.run("paperpick topics forget clip"), "forgotten: clip\n");
    assert_eq!(shell.run("paperpick topics forget clip"), "was not marked: clip\n[exit 1]\n");
    let unknown = shell.run("paperpick topics follow zoology");
    assert!(unknown.contains("no topic since 2024-04-19 is about `zoology`; there are: "), "{unknown}");
}

#[test]
fn what_is_muted_is_left_out_of_similar_papers_and_others_take_its_place() {
    let shell = Shell::with_sample();
    let near = |options: &str| -> Vec<String> {
        let found = shell.json(&format!("paperpick similar 2404.15420 {options} --json"));
        found["neighbours"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = near("-n 100");
    assert_eq!(near("-n 100 --unmuted"), all, "nothing is muted yet");
    shell.run("paperpick topics mute 2404.16030 --quiet");
    let unmuted = near("-n 100 --unmuted");
    assert!(!unmuted.contains(&"2404.16030".to_owned()) && !unmuted.contains(&"2404.15653".to_owned()));
    assert!(unmuted.iter().all(|id| all.contains(id)) && unmuted.len() > 50, "{unmuted:?}");
    assert_eq!(near(&format!("-n {} --unmuted", unmuted.len())).len(), unmuted.len());
    assert_snapshot!(shell.run("paperpick similar 2404.15653 -n 3 --unmuted"));

    // An interest: what a day leaves out for it, and nothing else of that day.
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.08197 2402.04252 --quiet");
    shell.run("paperpick interests mute 1 --quiet");
    let ids = |json: &serde_json::Value| -> Vec<String> {
        json.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect()
    };
    let day = "paperpick similar 2404.14469 -n 100 --since 2024-04-25 --json";
    let listed = ids(&shell.json(day)["neighbours"]);
    let mut unmuted = ids(&shell.json(&format!("{day} --unmuted"))["neighbours"]);
    let mut today = ids(&shell.json("paperpick today -n 100 --no-variety --json")["picks"]);
    unmuted.sort_unstable();
    today.sort_unstable();
    assert_eq!(unmuted, today);
    assert!(unmuted.len() < listed.len(), "{unmuted:?}");
}

#[test]
fn topics_over_days_say_what_grows() {
    let shell = Shell::new();
    let mut lines = String::new();
    let rows = [
        ("2024-01-10", "2401.00001", "Image-text pre-training like CLIP with long captions"),
        ("2024-03-12", "2403.00001", "Contrastive image-text pre-training with CLIP"),
        ("2024-03-12", "2403.00002", "CLIP data filtering for image-text pre-training"),
        ("2024-03-12", "2403.00003", "Theorem proving in higher-order logic"),
        ("2024-04-10", "2404.00001", "Image-text pre-training: CLIP with fewer captions"),
        ("2024-04-10", "2404.00002", "Long captions for CLIP image-text pre-training"),
        ("2024-04-10", "2404.00003", "Ocean turbulence under ice"),
    ];
    for (day, id, title) in rows {
        lines.push_str(&format!("{{\"listed\":\"{day}\",\"id\":\"{id}\",\"title\":\"{title}\"}}\n"));
    }
    shell.write("days.jsonl", lines);
    shell.run("paperpick import days.jsonl --quiet");
    let json = shell.json("paperpick topics --since 30d --trend --json");
    let thread = &json["threads"][0];
    assert_eq!((thread["n_papers"].as_u64(), thread["this_week"].as_u64()), (Some(4), Some(2)), "{json}");
    assert_eq!(thread["first_seen"], "2024-01-10", "a paper of it was there before these days");
    let days = serde_json::json!([{"day": "2024-03-12", "papers": 2}, {"day": "2024-04-10", "papers": 2}]);
    assert_eq!(thread["days"], days);
    let bad = shell.run("paperpick topics --trend --since month");
    assert!(bad.contains("such as 30d"), "{bad}");
}

#[test]
fn a_map_is_drawn_and_drawn_the_same_again() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030 --quiet");
    for file in ["a.svg", "b.svg"] {
        assert_eq!(shell.run(&format!("paperpick topics --map {file} --quiet")), "");
    }
    let read = |name: &str| std::fs::read(shell.path().join(name)).unwrap();
    assert_eq!(read("a.svg"), read("b.svg"));
    let drawn = ["a.png", "b.png"].map(|file| shell.run(&format!("paperpick topics --map {file} --quiet")));
    if cfg!(feature = "png") {
        assert_eq!(drawn, ["", ""]);
        assert_eq!(read("a.png"), read("b.png"));
        assert!(read("a.png").starts_with(b"\x89PNG"));
    } else {
        assert!(drawn[0].contains("--features full"), "{}", drawn[0]);
    }
    let svg = String::from_utf8(read("a.svg")).unwrap();
    assert_eq!(svg.matches("class=\"paper\"").count(), 9);
    assert_eq!(svg.matches("<polygon").count(), 2, "one liked paper, and the legend");
    assert!(svg.contains("href=\"https://arxiv.org/abs/2404.15653\""));
    let wrong = shell.run("paperpick topics --map day.jpg");
    assert!(wrong.contains("ends in .svg or .png"), "{wrong}");
}

#[test]
fn picks_stand_under_their_topics() {
    assert_snapshot!(Shell::with_sample().run("paperpick today --by-topic"));
}

#[test]
fn groups_are_judged_on_days_and_against_sections() {
    let shell = with_days();
    let days = shell.json("paperpick eval topics --days 2 --draws 2 --json");
    let ours = &days["tests"][0]["methods"][0];
    assert!(ours["leave_one_out"].as_f64().unwrap() > 0.5, "{days}");
    let list = "{\"id\":\"2404.15653\",\"section\":\"CLIP\"}\n{\"id\":\"2404.16030\",\"section\":\"CLIP\"}\n\
                {\"id\":\"2404.16022\",\"section\":\"faces\"}\n{\"id\":\"2404.15449\",\"section\":\"faces\"}\n";
    let shell = Shell::with_sample();
    shell.write("list.jsonl", list);
    let judged = shell.json("paperpick eval topics --list list.jsonl --json");
    assert_eq!(judged["tests"][0]["gold"], 2);
    assert!(judged["tests"][0]["methods"][0]["v_measure"].as_f64().unwrap() > 0.9, "{judged}");
}
