//! Which model reads the papers: chosen, changed half way, two at once, tuned, and taken back.

use std::sync::atomic::{AtomicUsize, Ordering};

use paperpick::embed::Role;
use paperpick::embed::builtin::Builtin;
use paperpick::library::{Chosen, Library, Models};
use paperpick::progress::{Progress, Silent};
use paperpick::store::{Place, Whose};
use paperpick::verbs::similar::FindSimilar;
use paperpick::verbs::{Count, Still, Verb, import};
use paperpick::{Embedder, Embedding, Error, ModelId, PaperId, Result};
use serde_json::Value;

use crate::shell::{Shell, sample};

/// A shell with the sample, and a small table of another model in `small.pptable`.
fn with_table() -> Shell {
    let shell = Shell::with_sample();
    let trained = shell.json(&format!(
        "paperpick model train --corpus {} --apart 5 --dimensions 64 --words 900 --epochs 3 --batch 32 --out small.pptable --json --quiet",
        sample("background.jsonl")
    ));
    assert_eq!((trained["documents"].as_u64(), trained["dimensions"].as_u64()), (Some(66), Some(64)));
    shell
}

fn name(value: &Value) -> &str {
    value.as_str().unwrap().split(['@', '-']).next().unwrap()
}

#[test]
fn the_old_vectors_serve_until_the_new_ones_are_complete() {
    let shell = with_table();
    let used = shell.json("paperpick model use small.pptable --later --json");
    assert_eq!(
        (name(&used["serving"]), name(&used["next"]), used["pending"].as_u64()),
        ("builtin", "table", Some(80))
    );
    let before = shell.json("paperpick similar 2404.15653 --json");
    assert_eq!(name(&before["model"]), "builtin");
    shell.write("more.jsonl", "{\"listed\":\"2024-04-25\",\"id\":\"2404.99998\",\"title\":\"Another CLIP\",\"abstract\":\"Image and text.\"}\n");
    shell.run("paperpick import more.jsonl");
    let after = shell.json("paperpick similar 2404.15653 -n 100 --json");
    assert_eq!(name(&after["model"]), "table");
    assert_eq!(after["neighbours"].as_array().unwrap().len(), 80, "the new paper is there as well");
    let back = shell.json("paperpick model use builtin --json");
    assert_eq!((name(&back["serving"]), back["pending"].as_u64()), ("builtin", Some(0)));
    assert_eq!(shell.json("paperpick similar 2404.15653 --json")["model"], before["model"]);
}

#[test]
fn a_second_model_reads_the_newest_and_says_so() {
    let shell = with_table();
    shell.run("paperpick like 2404.08197 2402.04252");
    let used = shell.json("paperpick model use small.pptable --newest 20 --json");
    assert_eq!(
        (name(&used["serving"]), name(&used["newest"]), used["newest_days"].as_u64()),
        ("builtin", "table", Some(20))
    );
    let doctor = shell.json("paperpick doctor --json");
    let vectors: Vec<u64> =
        doctor["models"].as_array().unwrap().iter().map(|m| m["vectors"].as_u64().unwrap()).collect();
    assert!(vectors.contains(&80) && vectors.iter().any(|n| (11..80).contains(n)), "{vectors:?}");
    assert_eq!(name(&shell.json("paperpick today --json")["model"]), "table");
    let similar = shell.json("paperpick similar 2404.15653 -n 100 --json");
    assert_eq!((name(&similar["model"]), name(&similar["second_model"])), ("builtin", "table"));
    let seconds = similar["neighbours"].as_array().unwrap().iter().filter(|n| n["second"] == true).count();
    assert!((10..79).contains(&seconds), "{seconds}");
    shell.run("paperpick model use --newest 0");
    assert_eq!(name(&shell.json("paperpick today --json")["model"]), "builtin");
    assert!(shell.json("paperpick similar 2404.15653 --json")["second_model"].is_null());
}

#[test]
fn what_is_known_of_a_model_is_told_and_measured() {
    let shell = with_table();
    let info = shell.json("paperpick model info --json");
    assert_eq!((info["kind"].as_str(), info["tokens"].as_u64()), (Some("table"), Some(43_000)));
    assert_eq!(info["model"], shell.json("paperpick similar 2404.15653 --json")["model"]);
    let own = shell.json("paperpick model info small.pptable --json");
    assert_eq!((name(&own["model"]), own["dimensions"].as_u64()), ("table", Some(64)));
    let told = shell.run("paperpick model info");
    assert!(told.contains("a table of 43000 tokens"), "{told}");
    let bench = shell.json("paperpick model bench builtin small.pptable -n 50 --json");
    let models = bench["models"].as_array().unwrap();
    assert_eq!((bench["papers"].as_u64(), models.len()), (Some(50), 2));
    assert!(models.iter().all(|m| m["papers_per_second"].as_f64().unwrap() > 0.0), "{bench}");
    assert!(shell.run("paperpick model bench nowhere").contains("nowhere"));
}

#[test]
fn a_library_of_an_earlier_built_in_model_is_read_anew_when_it_is_opened() {
    let shell = Shell::with_sample();
    let before = shell.json("paperpick similar 2404.15653 --json");
    let library = rusqlite::Connection::open(shell.path().join("library/library.sqlite")).unwrap();
    library.execute("UPDATE models SET name = 'builtin-0@00000000'", []).unwrap();
    drop(library);
    assert_eq!(shell.json("paperpick similar 2404.15653 --json"), before);
    let doctor = shell.json("paperpick doctor --json");
    let models = doctor["models"].as_array().unwrap();
    assert_eq!((models.len(), &models[0]["model"]), (1, &before["model"]), "{models:?}");
}

#[test]
fn mistakes_with_models_are_explained() {
    let shell = Shell::with_sample();
    let unknown = shell.run("paperpick model use AllMiniLM");
    let help =
        if cfg!(feature = "onnx") { "`paperpick model list` names them all" } else { "--features full" };
    assert!(unknown.contains(help), "{unknown}");
    shell.write("broken.pptable", "pptable");
    insta::assert_snapshot!(
        [
            "model use broken.pptable",
            "model use missing.pptable",
            "model use",
            "model tune",
            "eval embed --model builtin --csfcube nowhere"
        ]
        .map(|line| format!("$ {line}\n{}", shell.run(&format!("paperpick {line}"))))
        .join("")
    );
    assert_eq!(name(&shell.json("paperpick similar 2404.15653 --json")["model"]), "builtin");
}

#[test]
fn tuning_says_whether_it_helped_and_is_taken_back_by_one_command() {
    let shell = Shell::new();
    let lines: String = (0..120)
        .map(|i| {
            let (a, b) = (["zebra", "yak", "wombat", "viper"][i % 4], ["stripe", "horn", "pouch", "venom"][i % 4]);
            let id = format!("24{:02}.{:05}", 1 + i % 12, i);
            format!("{{\"listed\":\"2024-04-25\",\"id\":\"{id}\",\"title\":\"On the {a} number {i}\",\"abstract\":\"We look at the {b} of a {a}. It has {b}.\"}}\n")
        })
        .collect();
    shell.write("field.jsonl", lines);
    shell.run("paperpick import field.jsonl");
    let tuned = shell.json("paperpick model tune --json --quiet");
    assert_eq!((tuned["documents"].as_u64(), tuned["before"]["n"].as_u64()), (Some(108), Some(12)));
    assert_eq!(name(&shell.json("paperpick model use tuned --json")["serving"]), "tuned");
    let list = shell.json("paperpick model list --json");
    let tuned = list["models"].as_array().unwrap().iter().find(|m| m["name"] == "tuned").unwrap();
    assert_eq!(tuned["use"], "serves");
    let compared = shell.json("paperpick eval embed --model builtin --model tuned --json");
    assert_eq!(compared["models"].as_array().unwrap().len(), 2);
    assert_eq!(name(&shell.json("paperpick model use builtin --json")["serving"]), "builtin");
}

/// The built-in model under another name, which fails after so many texts.
struct Failing {
    inner: Builtin,
    model: ModelId,
    left: AtomicUsize,
}

impl Failing {
    fn after(n: usize) -> Box<dyn Embedder> {
        Box::new(Self { inner: Builtin::new(), model: ModelId::new("failing"), left: AtomicUsize::new(n) })
    }
}

impl Embedder for Failing {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }

    fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        if self.left.fetch_sub(texts.len().min(self.left.load(Ordering::Relaxed)), Ordering::Relaxed)
            < texts.len()
        {
            return Err(Error::Model { model: "failing".into(), reason: "it was cut off".into() });
        }
        self.inner.embed(role, texts, progress)
    }
}

#[test]
fn a_change_of_models_that_is_cut_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let chosen = || Chosen { name: "failing".into(), model: ModelId::new("failing"), dimensions: 256 };
    let open = |n: usize| {
        Library::open_chosen(folder.path(), &Place::Folder, |choices| Models {
            serving: if choices.serving.is_some() { Failing::after(n) } else { Box::new(Builtin::new()) },
            next: choices.next.is_some().then(|| Failing::after(n)),
            newest: None,
        })
        .unwrap()
    };
    let mut app = open(0);
    let papers = std::fs::read(sample("background.jsonl")).unwrap();
    import::file(&mut app, Whose::Own, "sample", Box::new(std::io::Cursor::new(papers)), None, &Silent)
        .unwrap();
    app.embed_pending(&Silent).unwrap();
    app.use_model(chosen(), Failing::after(40)).unwrap();
    assert!(app.read_more(&Silent).is_err());
    drop(app);
    let mut app = open(60);
    let left = app.n_more().unwrap();
    assert!((1..71).contains(&left), "{left} of 71 are left");
    let outside = Still::at(jiff::Timestamp::UNIX_EPOCH);
    let model = |library: &mut Library| {
        let request = FindSimilar::to(PaperId::parse("2404.08197").unwrap().0, Count::new(3).unwrap());
        request.run(library, &outside.context()).unwrap().model
    };
    assert_ne!(model(&mut app), "failing");
    assert_eq!(app.read_more(&Silent).unwrap(), left);
    assert_eq!(model(&mut app), "failing");
    drop(app);
    assert_eq!(model(&mut open(0)), "failing", "also when it is opened again");
}

/// The built-in model under another name; while it reads, more and more is said of a paper.
struct Interrupted(Builtin, ModelId, std::path::PathBuf, usize, AtomicUsize);

/// Says so much of a paper that every model reads first.
fn say(library: &mut Library, n: usize) {
    let said = "and more ".repeat(n);
    let line = format!(
        r#"{{"listed": "2030-04-25", "id": "2404.99999", "title": "Meanwhile", "abstract": "{said}", "authors": [], "categories": []}}"#
    );
    import::file(library, Whose::Own, "line", Box::new(std::io::Cursor::new(line)), None, &Silent).unwrap();
}

impl Embedder for Interrupted {
    fn model(&self) -> &ModelId {
        &self.1
    }

    fn dimensions(&self) -> usize {
        self.0.dimensions()
    }

    fn embed(&self, role: Role, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Embedding>> {
        // In its three batches; then there is no more to say.
        let n = self.3 + self.4.fetch_add(1, Ordering::Relaxed).min(2);
        say(&mut Library::open(&self.2, Box::new(Builtin::new())).unwrap(), n);
        self.0.embed(role, texts, progress)
    }
}

#[test]
fn a_model_never_serves_that_has_not_read_every_paper() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
    let chosen = |name: &str| Chosen { name: name.into(), model: ModelId::new(name), dimensions: 256 };
    let model = |name: &str, said: usize| {
        let (model, folder) = (ModelId::new(name), folder.path().to_owned());
        Box::new(Interrupted(Builtin::new(), model, folder, said, AtomicUsize::new(0)))
    };
    let (mut one, mut two) = (open(), open());
    let papers = std::fs::read(sample("background.jsonl")).unwrap();
    import::file(&mut one, Whose::Own, "sample", Box::new(std::io::Cursor::new(papers)), None, &Silent)
        .unwrap();
    say(&mut one, 0);
    let builtin = one.model().to_string();
    one.use_model(chosen("a"), model("a", 1)).unwrap();
    one.read_more(&Silent).unwrap();
    assert_eq!(one.n_more().unwrap(), 1, "of a paper that it read, more is said");
    assert_eq!(one.model_use().unwrap().serving, builtin);
    two.use_model(chosen("b"), model("b", 10)).unwrap();
    one.read_more(&Silent).unwrap();
    assert_eq!(one.model_use().unwrap().serving, builtin, "the one that was chosen last is to serve");
    for _ in 0..2 {
        two.read_more(&Silent).unwrap();
    }
    assert_eq!((one.model_use().unwrap().serving, two.n_pending().unwrap()), ("b".to_owned(), 0));
}
