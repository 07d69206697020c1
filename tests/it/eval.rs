//! `eval`, on a history small enough to check by hand.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use crate::shell::Shell;

/// Four days of five papers; each day one on coral reefs, which ann likes, and bob one on bridges.
fn history() -> Shell {
    let shell = Shell::new();
    let topics = [
        ("Coral reefs and their fish", "Bleaching of corals in warm seas, seen by divers."),
        ("Suspension bridges in wind", "Steel cables and decks that swing in a storm."),
        ("Glaciers of the Alps", "Ice that melts, measured from the air."),
        ("Songs of the nightingale", "How birds learn what they sing at night."),
        ("Old maps of Lisbon", "Streets before and after the earthquake."),
    ];
    let (mut papers, mut ratings) = (String::new(), "user,id,rating,at\n".to_owned());
    for day in 1..=4 {
        for (i, (title, text)) in topics.iter().enumerate() {
            let id = format!("25{day:02}.0000{i}");
            papers.push_str(&format!(
                "{{\"id\": \"{id}v2\", \"title\": \"{title}, part {day}\", \"abstract\": \"{text}\", \"authors\": \"A B, C D\", \"categories\": \"q-bio.PE eess.SP\", \"listed\": \"2025-03-{day:02}\"}}\n"
            ));
        }
        ratings.push_str(&format!("ann,25{day:02}.00000,1,2025-03-{day:02}T18:00:00Z\n"));
        ratings.push_str(&format!("bob,arXiv:25{day:02}.00001v1,1,2025-03-{day:02}\n"));
    }
    ratings.push_str(
        "bob,2501.00004,-1,2025-03-02\nbob,2512.99999,1,2025-03-02\nbob,2501.00004,maybe,2025-03-02\n",
    );
    shell.write("papers.jsonl", papers);
    shell.write("ratings.csv", ratings);
    shell
}

#[test]
fn a_history_is_replayed_and_what_cannot_be_used_is_said() {
    let shell = history();
    let line = "paperpick eval replay --papers papers.jsonl --ratings ratings.csv --rankers max-cosine,zotero-arxiv-daily,random --run lists.run";
    assert_snapshot!(shell.run(line));
    assert_eq!(shell.run(line), shell.run(line), "the same again");
    assert_snapshot!(
        shell.run("paperpick eval replay --papers papers.jsonl --ratings ratings.csv --rankers best")
    );
    assert_snapshot!(shell.run("paperpick eval replay --papers papers.jsonl --ratings papers.jsonl"));
    assert_snapshot!(
        shell.run(
            "paperpick eval replay --papers papers.jsonl --ratings ratings.csv --from 2025-04-01 --quiet"
        )
    );
}

/// Eighty days of thirty papers; the first of each day is on corals, and liked on that day.
#[test]
fn first_likes_are_drawn_from_a_history() {
    let shell = Shell::new();
    let (mut papers, mut ratings) = (String::new(), "user,id,rating,at\n".to_owned());
    for n in 0..2_400 {
        let (day, field) = (n / 30, n % 30);
        let (month, day) = (1 + day / 28, 1 + day % 28);
        let about = ["coral reefs", "old maps", "wind on bridges", "melting glaciers"];
        let about = about[if field == 0 { 0 } else { 1 + n % 3 }];
        papers.push_str(&format!(
            "{{\"id\": \"25{month:02}.{n:05}\", \"title\": \"On {about}, part {n}\", \"abstract\": \"We study {about} again.\", \"listed\": \"2025-{month:02}-{day:02}\"}}\n"
        ));
        if field == 0 {
            ratings.push_str(&format!("ann,25{month:02}.{n:05},1,2025-{month:02}-{day:02}\n"));
        }
    }
    shell.write("papers.jsonl", papers);
    shell.write("ratings.csv", ratings);
    let line = "paperpick eval replay --papers papers.jsonl --ratings ratings.csv --first-likes --draws 2";
    let found = shell.json(&format!("{line} --rankers learned,random --json"));
    assert_eq!(found["shape"], "eval-first-likes/1");
    let numbers = found["numbers"].as_array().unwrap();
    assert_eq!(
        numbers.iter().map(|n| n["likes"].as_u64().unwrap()).collect::<Vec<_>>(),
        [1, 2, 3, 5, 10, 20]
    );
    for number in numbers {
        let auc = |ranker: usize| number["rankers"][ranker]["auc"].as_f64().unwrap();
        assert!(auc(0) > 0.99 && auc(1) < 0.8, "{number}");
    }
    let table = shell.run(&format!("{line} --rankers learned,random"));
    assert!(table.contains("nDCG@10     by likes     1     2     3     5    10    20"), "{table}");
    let none = shell.run(&format!("{line} --rankers votes"));
    assert!(none.contains("say nothing of first likes") && none.contains("[exit 2]"), "{none}");
    let korean = shell.run(&format!("{line} --rankers learned --known-by korean"));
    assert!(korean.contains("no reader liked a paper before thirty days"), "{korean}");
}

#[test]
fn old_ratings_fade_where_a_half_life_is_asked_for() {
    let shell = history();
    let line =
        "paperpick eval replay --papers papers.jsonl --ratings ratings.csv --rankers learned,learned-varied";
    assert_snapshot!(shell.run(&format!("{line} --half-life 1.5")));
    let scores = |options: &str| {
        shell.run(&format!("{line} {options} --run lists.run"));
        std::fs::read_to_string(shell.path().join("lists.learned.run")).unwrap()
    };
    assert_ne!(scores("--half-life 1.5"), scores(""), "it is off unless asked for");
    assert_snapshot!(shell.run(&format!("{line} --half-life 0")));
}

#[test]
fn readers_begin_anew() {
    let shell = history();
    let line = "paperpick eval start --papers papers.jsonl --ratings ratings.csv --from 2025-03-04 -n 4 --pool 12 --repetitions 5";
    assert_snapshot!(shell.run(line));
    let found = shell.json(&format!("{line} --seed 2 --json"));
    assert_eq!(
        (found["shape"].as_str(), found["users"][0]["likes"].as_u64()),
        (Some("eval-start/1"), Some(3))
    );
    assert_snapshot!(
        shell.run("paperpick eval start --papers papers.jsonl --ratings ratings.csv -n 9 --pool 8")
    );
    assert_snapshot!(shell.run("paperpick eval start --papers papers.jsonl --ratings ratings.csv"));
}

/// trec_eval's own way: lines sorted by score, whatever rank they claim.
#[test]
fn an_outside_evaluator_finds_the_same_figures_in_the_run() {
    let shell = history();
    let line = "paperpick eval replay --papers papers.jsonl --ratings ratings.csv --from 2025-03-01 --run lists.run --json";
    let replay = shell.json(line);
    let read = |name: &str| std::fs::read_to_string(shell.path().join(name)).unwrap();
    let mut relevant: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in read("lists.qrels").lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        if fields[3] == "1" {
            relevant.entry(fields[0].into()).or_default().push(fields[2].into());
        }
    }
    for ranker in replay["rankers"].as_array().unwrap() {
        let name = ranker["ranker"].as_str().unwrap();
        let mut lists: BTreeMap<String, Vec<(f32, String)>> = BTreeMap::new();
        for line in read(&format!("lists.{name}.run")).lines() {
            let fields: Vec<&str> = line.split(' ').collect();
            assert_eq!((fields[1], fields[5]), ("Q0", name));
            lists.entry(fields[0].into()).or_default().push((fields[4].parse().unwrap(), fields[2].into()));
        }
        let (mut users, mut n) = (BTreeMap::<&str, (f64, f64)>::new(), 0.0);
        for (query, list) in &mut lists {
            list.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
            let first = list.iter().position(|(_, id)| relevant[query].contains(id)).unwrap();
            let user = users.entry(query.split(':').next().unwrap()).or_default();
            *user = (user.0 + 1.0 / (first + 1) as f64, user.1 + 1.0);
            n += 1.0;
        }
        assert_eq!(n, 8.0);
        let mean: f64 = users.values().map(|(sum, days)| sum / days).sum::<f64>() / users.len() as f64;
        let said = ranker["all"]["mrr"]["mean"].as_f64().unwrap();
        assert!((mean - said).abs() < 1e-9, "{name}: {mean} or {said}");
    }
}

#[test]
fn the_library_has_a_history_of_its_own() {
    let shell = history();
    shell.run("paperpick import papers.jsonl");
    assert!(shell.run("paperpick eval replay").ends_with("[exit 1]\n"), "nothing is rated");
    shell.run("paperpick like 2501.00000 2502.00000 2503.00000");
    let replay = shell.json("paperpick eval replay --from 2025-03-02 --json");
    assert_eq!((replay["shape"].as_str(), replay["papers"].as_u64()), (Some("eval-replay/1"), Some(20)));
    assert_eq!(replay["users"][0]["days"], 2, "what is liked now is liked after those days");
}

#[test]
fn similar_is_measured_on_judged_candidates() {
    let shell = history();
    shell.write(
        "judged.tsv",
        "query\tfacet\tcandidate\trelevance\n2501.00000v2\tall\t2502.00000v2\t3\n2501.00000v2\tall\t2502.00001v2\t0\n\
         2501.00000v2\tall\t2502.00002v2\t1\n2501.00000v2\tall\t2502.00003v2\t0\n2501.00000v2\tall\t2502.00004v2\t0\n",
    );
    assert_snapshot!(
        shell.run("paperpick eval similar --papers papers.jsonl --qrels judged.tsv --run similar.run")
    );
    assert_snapshot!(std::fs::read_to_string(shell.path().join("similar.run")).unwrap());
    assert_snapshot!(std::fs::read_to_string(shell.path().join("similar.qrels")).unwrap());
    let found = shell.json("paperpick eval similar --papers papers.jsonl --qrels judged.tsv --json");
    assert_eq!(
        (found["shape"].as_str(), found["fused"]["map"].as_f64()),
        (Some("eval-similar/1"), Some(1.0))
    );
    assert_snapshot!(shell.run("paperpick eval similar --papers papers.jsonl --qrels papers.jsonl"));
}
