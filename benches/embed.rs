//! How fast models read the same abstracts, one after the other, in one run, on one core each.
//!
//! ```sh
//! cargo bench --bench embed
//! ```
//!
//! | variable | what |
//! |---|---|
//! | `PAPERPICK_BENCH_PAPERS` | lines of JSON with `title` and `abstract`; without it, abstracts of mixed words of the sample |
//! | `PAPERPICK_BENCH_N` | how many abstracts, 2,000 by default |
//! | `PAPERPICK_TEST_MODEL` | what `.ci/fetch-model DIR` laid out: MiniLM through fastembed |
//! | `PAPERPICK_BENCH_PYTHON` | a Python with model2vec or sentence-transformers, for `benches/embed.py` |
//!
//! Tokenising is part of it, loading is not. Seconds of a core are counted where the system tells
//! them, so that other programs on the machine do not count.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use paperpick::embed::builtin::Builtin;
use paperpick::embed::{Embedder, Role};
use paperpick::progress::Silent;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n = std::env::var("PAPERPICK_BENCH_N").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    let texts = texts(n)?;
    let letters: usize = texts.iter().map(String::len).sum();
    println!("{} abstracts of {} bytes on average, on one core", texts.len(), letters / texts.len().max(1));

    let started = Instant::now();
    let builtin = Builtin::new();
    println!("loading the built-in table: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    one.install(|| read("paperpick, built-in", &builtin, &texts, 40));

    #[cfg(feature = "onnx")]
    if let Some(root) = std::env::var_os("PAPERPICK_TEST_MODEL") {
        use paperpick::embed::onnx::{Onnx, Runtime, RuntimePlaces};
        let root = Path::new(&root);
        let places = RuntimePlaces { folders: vec![root.join("python")], ..RuntimePlaces::default() };
        let minilm = Onnx::open(&Runtime::load(&places)?, &root.join("minilm"), 1)?;
        read("fastembed, all-MiniLM-L6-v2", &minilm, &texts, 1);
    }

    if let Some(python) = std::env::var_os("PAPERPICK_BENCH_PYTHON") {
        let mut file = tempfile::NamedTempFile::new()?;
        texts.iter().try_for_each(|text| writeln!(file, "{}", json!(text)))?;
        file.flush()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/embed.py");
        std::process::Command::new(python).arg(script).arg(file.path()).status()?;
    }
    Ok(())
}

/// Reads the texts some times over, and says how many a second of a core.
fn read(name: &str, embedder: &dyn Embedder, texts: &[String], times: usize) {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (cpu, started) = (cpu_seconds(), Instant::now());
    for _ in 0..times {
        embedder.embed(Role::Document, &texts, &Silent).expect("vectors");
    }
    let wall = started.elapsed().as_secs_f64();
    let busy = cpu.and_then(|before| Some(cpu_seconds()? - before)).unwrap_or(wall);
    let n = (texts.len() * times) as f64;
    println!("{name:<40} {:>9.1} a second of a core ({:.1} by the clock)", n / busy, n / wall);
}

/// Seconds that this process has computed, in hundredths.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

fn texts(n: usize) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample/background.jsonl");
    let given = std::env::var_os("PAPERPICK_BENCH_PAPERS");
    let file = std::fs::File::open(given.as_deref().map_or(sample.as_path(), Path::new))?;
    let mut texts = Vec::new();
    for line in std::io::BufReader::new(file).lines() {
        let paper: Value = serde_json::from_str(&line?)?;
        let field = |name: &str| paper[name].as_str().unwrap_or_default().to_owned();
        texts.push(format!("{}\n{}", field("title"), field("abstract")));
    }
    if given.is_none() {
        // About as many words as an abstract has, each time others.
        let words: Vec<String> = texts.iter().flat_map(|t| t.split_whitespace()).map(str::to_owned).collect();
        let word = |i: usize| words[i.wrapping_mul(0x9e37_79b9) % words.len()].as_str();
        texts = (0..n).map(|i| (0..190).map(|k| word(i * 190 + k)).collect::<Vec<_>>().join(" ")).collect();
    }
    texts.truncate(n);
    Ok(texts)
}
