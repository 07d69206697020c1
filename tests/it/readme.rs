//! Every transcript of the README and of the guide is what a user gets.
//!
//! `UPDATE_README=1 cargo test --test it readme` writes what a user gets now into README.md and the
//! chapters of `src/guide`. An output that was shortened by hand stays as short.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::server::{Fault, Server, World};
use crate::shell::Shell;
use crate::sync::{Reader, row, week};

const FENCE: &str = "```";
const CONSOLE: &str = "```console\n";

/// How a block tells on which day it is typed.
const DATE: &str = "$ date +%F\n";

/// The day on which all other blocks are typed: that of the sample's digest.
const DAY: Date = date(2024, 4, 25);

/// The longest README: a first page, not a manual.
const LONGEST_README: usize = 12_000;

#[test]
fn transcripts_of_the_readme_are_true() {
    check(&root().join("README.md"), 4);
}

#[test]
fn transcripts_of_the_guide_are_true() {
    let n: usize = chapters().iter().map(|name| check(&guide().join(name), 0)).sum();
    assert!(n >= 30, "only {n} transcripts were found");
}

#[test]
fn the_readme_is_a_first_page_and_leads_on() {
    let readme = read(&root().join("README.md"));
    assert!(readme.len() <= LONGEST_README, "README.md has {} bytes, at most {LONGEST_README}", readme.len());
    let linked: Vec<&str> = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    for file in linked.iter().filter(|link| !link.contains("://")) {
        assert!(root().join(file).exists(), "README.md names {file}, which does not exist");
    }
    for name in chapters() {
        let link = format!("src/guide/{name}");
        assert!(linked.contains(&link.as_str()), "README.md does not lead to {link}");
    }
}

#[test]
fn every_chapter_is_in_the_guide_and_every_block_has_a_language() {
    let chapters = chapters();
    let first_page = read(&guide().join("mod.rs"));
    for entry in std::fs::read_dir(guide()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(module) = name.strip_suffix(".md") else { continue };
        assert!(chapters.contains(&name), "{name} is no module of src/guide/mod.rs");
        assert!(
            first_page.contains(&format!("[`{module}`]")),
            "the guide's first page does not name {module}"
        );
        // Rust would take a block without a language for its own.
        let text = read(&path);
        let mut fences = text.lines().enumerate().filter(|(_, line)| line.starts_with(FENCE));
        while let (Some((i, open)), Some(_)) = (fences.next(), fences.next()) {
            assert!(open.len() > FENCE.len(), "{name}:{}: the block has no language", i + 1);
        }
    }
}

/// The guide's figures of ranking had stayed behind the tables.
#[test]
fn the_figures_of_the_guide_are_those_of_the_tables() {
    let table = read(&root().join("data/evaluation.md"));
    let table = &table[table.find("## Figures").unwrap()..];
    let guide = read(&guide().join("how_good.md"));
    let mut n = 0;
    for line in guide.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(ranker) = cells[0].split('`').nth(1).filter(|_| cells.len() == 4) else { continue };
        let rows = table.lines().filter(|line| line.starts_with(&format!("| {ranker} |")));
        let means: Vec<&str> =
            rows.take(4).map(|row| row.trim_end_matches(" |").rsplit("| ").next().unwrap()).collect();
        assert_eq!(cells[1..], [means[0], means[1], means[3]], "{ranker}");
        n += 1;
    }
    assert!(n >= 7, "only {n} rankers were found");
}

/// A promise is kept by the test that is named beside it.
#[test]
fn the_tests_that_the_guide_names_exist() {
    let text = read(&guide().join("trust.md"));
    let names: Vec<(&str, &str)> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| !name.contains(' '))
        .filter_map(|name| name.split_once("::"))
        .collect();
    assert!(names.len() >= 20, "only {} tests are named", names.len());
    for (file, test) in names {
        let path = match file {
            "store" => "src/store".to_owned(),
            file => format!("tests/it/{file}.rs"),
        };
        let path = root().join(path);
        let files: Vec<PathBuf> = match path.is_dir() {
            true => walkdir::WalkDir::new(path)
                .into_iter()
                .map(|entry| entry.unwrap().into_path())
                .filter(|path| path.ends_with("tests.rs") || path.iter().any(|folder| folder == "tests"))
                .filter(|path| path.is_file())
                .collect(),
            false => vec![path],
        };
        let is_there = files.iter().any(|file| read(file).contains(&format!("fn {test}(")));
        assert!(is_there, "`{file}::{test}` is no test");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn guide() -> PathBuf {
    root().join("src/guide")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of the guide's chapters, in its order.
fn chapters() -> Vec<String> {
    let included = read(&guide().join("mod.rs"));
    let names = included.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next());
    // The figures lie elsewhere, and are no chapters.
    names.filter(|name| !name.contains('/')).map(str::to_owned).collect()
}

/// Runs a page's blocks marked `console` in order, in one library that holds nothing at first, and
/// compares or renews what they show; returns how many lines were typed.
///
/// Lines that begin with `$ ` are typed; the others must come. A line `…` stands for lines that are
/// left out.
fn check(page: &Path, at_least: usize) -> usize {
    let old = read(page);
    let mut typist = Typist::new();
    let mut n_typed = 0;
    let mut blocks = old.split(CONSOLE);
    let mut new = blocks.next().unwrap().to_owned();
    for rest in blocks {
        let (block, after) = rest.split_once(FENCE).unwrap();
        new.push_str(CONSOLE);
        for (typed, shown) in pieces(block) {
            let got = typist.run(block, typed, &shown);
            new.push_str(&format!("$ {typed}\n{}", shortened_alike(&shown, &got)));
            n_typed += 1;
        }
        new.push_str(FENCE);
        new.push_str(after);
    }
    let name = page.strip_prefix(root()).unwrap().display();
    assert!(n_typed >= at_least, "{name}: only {n_typed} lines are typed");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(page, &new).unwrap();
        return n_typed;
    }
    for (i, (shown, got)) in old.lines().zip(new.lines()).enumerate() {
        assert_eq!(shown, got, "{name}:{}: shown on the left, printed on the right", i + 1);
    }
    assert_eq!(old, new, "{name}");
    n_typed
}

/// Who types the lines of one page, in a folder that holds `data/`.
struct Typist {
    shell: Shell,
    /// Begins at nine with the page and runs as fast as any clock, so that later lines are typed later.
    clock: String,
    away: Option<Away>,
    zotero: Option<Server>,
}

impl Typist {
    fn new() -> Self {
        let shell = Shell::new();
        std::os::unix::fs::symlink(root().join("data"), shell.path().join("data")).unwrap();
        let nine = DAY.at(9, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let clock = format!("{nine}@{}*1", Timestamp::now());
        Self { shell, clock, away: None, zotero: None }
    }

    /// What a line of a block prints. A block that begins with the date is typed by a reader of arXiv.
    fn run(&mut self, block: &str, typed: &str, shown: &str) -> String {
        if block.starts_with(DATE) {
            return self.away.get_or_insert_with(Away::new).run(typed, shown);
        }
        let (environment, line) = environment(typed);
        let mut line = line.to_owned();
        if line.contains(" zotero:") {
            self.zotero.get_or_insert_with(|| zotero(&self.shell));
            line.push_str(" --config zotero.toml");
        }
        let clock = ("PAPERPICK_CLOCK", self.clock.as_str());
        self.shell.run_with(&line, &[environment.as_slice(), &[clock]].concat())
    }
}

/// Takes the assignments before a command, as a shell does: `NAME=value paperpick …`.
fn environment(typed: &str) -> (Vec<(&str, &str)>, &str) {
    let mut assigned = Vec::new();
    let mut line = typed;
    while let Some((word, rest)) = line.split_once(' ')
        && let Some(pair) = word.split_once('=')
    {
        assigned.push(pair);
        line = rest;
    }
    (assigned, line)
}

/// Zotero's web API with the library of user 7, and settings that name it.
fn zotero(shell: &Shell) -> Server {
    let item = |collection: &str, id: &str, title: &str| {
        let url = format!("https://arxiv.org/abs/{id}");
        json!({"data": {"itemType": "preprint", "title": title, "url": url, "collections": [collection]}})
    };
    let items = json!([
        item("A", "2402.04252", "EVA-CLIP-18B: Scaling CLIP to 18 Billion Parameters"),
        item(
            "B",
            "2403.02677",
            "Finetuned Multimodal Language Models Are High-Quality Image-Text Data Filters"
        ),
        item("C", "2404.14469", "SnapKV: LLM Knows What You are Looking for Before Generation"),
        {"data": {"itemType": "attachment", "title": "Full text"}},
    ]);
    let collections = json!([
        {"data": {"key": "A", "name": "CLIP", "parentCollection": false}},
        {"data": {"key": "B", "name": "training data", "parentCollection": "A"}},
        {"data": {"key": "C", "name": "inference", "parentCollection": false}},
    ]);
    let mut world = World { today: Some(DAY), ..World::default() };
    world.files.insert("/users/7/items".into(), items.to_string());
    world.files.insert("/users/7/collections".into(), collections.to_string());
    let server = Server::new(world);
    let settings = format!("{}zotero = \"http://127.0.0.1:{}\"\n", server.settings(""), server.port);
    shell.write("zotero.toml", settings);
    server
}

/// A reader of arXiv, who is away on some days; on 16 October OAI-PMH does not answer.
struct Away {
    reader: Reader,
    today: Date,
}

impl Away {
    fn new() -> Self {
        let mut world = week();
        for n in 0..3 {
            world.rows.push(row(900 + n, date(2025, 10, 9), &["cs.CV"]));
        }
        Self { reader: Reader::new(world, "arxiv = [\"cs.CV\"]"), today: Date::ZERO }
    }

    fn run(&mut self, typed: &str, shown: &str) -> String {
        if typed == "date +%F" {
            self.today = shown.trim().parse().unwrap();
            let n_faults = if self.today == date(2025, 10, 16) { 9 } else { 0 };
            self.reader.server.world(|world| {
                world.scripted = std::iter::repeat_n(("/oai", Fault::Unavailable), n_faults).collect();
            });
            return shown.to_owned();
        }
        // As the hosts are called that the server stands for.
        self.reader.on(self.today.day(), typed).replace("http://HOST/oai", "https://oaipmh.arxiv.org/oai")
    }
}

/// What is typed, and what is shown below it.
fn pieces(block: &str) -> Vec<(&str, String)> {
    let mut pieces: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(typed) => pieces.push((typed, String::new())),
            None => {
                let shown = &mut pieces.last_mut().expect("a block begins with $").1;
                shown.push_str(line);
                shown.push('\n');
            }
        }
    }
    pieces
}

/// How a page that shows `shown` shows `got`: the same if only lines are left out that the page marks;
/// else with as many lines before and after the gap, if there is one gap; else whole.
fn shortened_alike(shown: &str, got: &str) -> String {
    if is_shortened(shown, got) {
        return shown.to_owned();
    }
    let lines: Vec<&str> = got.lines().collect();
    let (n_head, n_tail) = match shown.split("…\n").collect::<Vec<_>>()[..] {
        [head, tail] => (head.lines().count(), tail.lines().count()),
        _ => return got.to_owned(),
    };
    if n_head + n_tail >= lines.len() {
        return got.to_owned();
    }
    let kept = [&lines[..n_head], &["…"], &lines[lines.len() - n_tail..]].concat();
    kept.join("\n") + "\n"
}

/// Whether `shown` is `got` with lines left out, each gap marked by a line `…`.
fn is_shortened(shown: &str, got: &str) -> bool {
    let parts: Vec<&str> = shown.split("…\n").collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let mut rest = match got.strip_prefix(first) {
        Some(rest) if parts.len() > 1 => rest,
        _ => return false,
    };
    for part in &parts[1..parts.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn an_output_stays_as_short_as_it_was() {
    assert_eq!(shortened_alike("a\n…\nd\n", "a\nb\nc\nd\n"), "a\n…\nd\n");
    assert_eq!(shortened_alike("a\n…\nd\n", "A\nb\nc\nd\n"), "A\n…\nd\n");
    assert_eq!(shortened_alike("a\n…\n", "A\nb\n"), "A\n…\n");
    assert_eq!(shortened_alike("a\n", "A\nb\n"), "A\nb\n");
    assert_eq!(shortened_alike("…\nb\n", "b\n"), "…\nb\n");
}
