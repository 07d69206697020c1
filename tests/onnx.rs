//! Transformer models, run for real.
//!
//! Needs ONNX Runtime and a model: `.ci/fetch-model DIR` lays them out, and `PAPERPICK_TEST_MODEL`
//! names DIR. Without it, what needs them is skipped and says so.

mod hub_server;
mod install;
mod package_index;

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use hub_server::HubServer;
use paperpick::embed::onnx::{Hub, Named, Onnx, Runtime, RuntimePlaces};
use paperpick::embed::{Embedder, Role};
use paperpick::progress::Silent;
use paperpick::{Embedding, Error};
use serde::Deserialize;

/// Texts and the vectors that ONNX Runtime makes of them in Python.
#[derive(Deserialize)]
struct Reference {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

struct Laid {
    runtime: Runtime,
    model: PathBuf,
    reference: Reference,
}

/// What `.ci/fetch-model` has laid out.
fn laid() -> Option<Laid> {
    let Some(root) = std::env::var_os("PAPERPICK_TEST_MODEL").map(PathBuf::from) else {
        eprintln!("skipped: PAPERPICK_TEST_MODEL names no folder; `.ci/fetch-model DIR` makes one");
        return None;
    };
    let places = RuntimePlaces { folders: vec![root.join("python")], ..RuntimePlaces::default() };
    let reference = fs::read(root.join("reference.json")).expect("reference.json");
    Some(Laid {
        runtime: Runtime::load(&places).expect("ONNX Runtime"),
        model: root.join("minilm"),
        reference: serde_json::from_slice(&reference).expect("reference vectors"),
    })
}

fn open(laid: &Laid, model: &Path, threads: usize) -> paperpick::Result<Onnx> {
    Onnx::open(&laid.runtime, model, threads)
}

fn embed(model: &Onnx, texts: &[String]) -> Vec<Embedding> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    model.embed(Role::Document, &texts, &Silent).expect("vectors")
}

#[test]
fn vectors_are_those_of_onnx_runtime_in_python() {
    let Some(laid) = laid() else { return };
    let model = open(&laid, &laid.model, 2).expect("the model");
    assert_eq!((model.dimensions(), model.facts().max_tokens, model.facts().pooling), (384, 256, "mean"));
    let ours = embed(&model, &laid.reference.texts);
    for ((text, ours), theirs) in laid.reference.texts.iter().zip(&ours).zip(&laid.reference.vectors) {
        let theirs = Embedding::normalized(theirs.clone()).expect("a reference vector");
        assert!(ours.cosine(&theirs) >= 0.9999, "{} for {text:?}", ours.cosine(&theirs));
    }
}

#[test]
fn a_vector_depends_neither_on_its_batch_nor_on_threads() {
    let Some(laid) = laid() else { return };
    let texts = &laid.reference.texts[..12];
    let together = embed(&open(&laid, &laid.model, 2).expect("the model"), texts);
    let model = open(&laid, &laid.model, 1).expect("the model");
    let mut backwards = texts.to_vec();
    backwards.reverse();
    let mut backwards = embed(&model, &backwards);
    backwards.reverse();
    assert_eq!(together, backwards);
    // Enough for several sessions, some texts twice.
    let many: Vec<String> = texts.iter().cycle().take(36).cloned().collect();
    let many = embed(&open(&laid, &laid.model, 3).expect("the model"), &many);
    assert!(many.iter().eq(together.iter().cycle().take(36)));
    let alone: Vec<_> = texts.iter().flat_map(|text| embed(&model, std::slice::from_ref(text))).collect();
    assert_eq!(together, alone);
}

#[test]
fn a_query_and_a_document_get_the_prompts_of_the_folder() {
    let Some(laid) = laid() else { return };
    let folder = copy_of(&laid.model);
    let prompts = r#"{"prompts": {"query": "query: ", "document": "passage: "}}"#;
    fs::write(folder.path().join("config_sentence_transformers.json"), prompts).unwrap();
    let (prompted, plain) = (open(&laid, folder.path(), 1).unwrap(), open(&laid, &laid.model, 1).unwrap());
    assert_ne!(prompted.model(), plain.model());
    for (role, prompt) in [(Role::Query, "query: "), (Role::Document, "passage: ")] {
        let expected = plain.embed(role, &[&format!("{prompt}graph matching")], &Silent).unwrap();
        assert_eq!(prompted.embed(role, &["graph matching"], &Silent).unwrap(), expected);
    }
}

#[test]
fn broken_model_files_are_errors() {
    let Some(laid) = laid() else { return };
    let whole = fs::read(laid.model.join("model.onnx")).unwrap();
    let middle = whole.len() / 2;
    let mut graph_flipped = whole.clone();
    for byte in &mut graph_flipped[..64] {
        *byte ^= 0x5a;
    }
    let tokenizer = fs::read(laid.model.join("tokenizer.json")).unwrap();
    let cases: [(&str, &[u8]); 8] = [
        ("model.onnx", b""),
        ("model.onnx", &whole[..middle]),
        ("model.onnx", &graph_flipped),
        ("model.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90868376\n"),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", &tokenizer[..tokenizer.len() / 2]),
        ("1_Pooling/config.json", b"{\"pooling_mode_max_tokens\": true}"),
        ("sentence_bert_config.json", b"{\"max_seq_length\": -3}"),
    ];
    for (file, content) in cases {
        let folder = copy_of(&laid.model);
        fs::write(folder.path().join(file), content).unwrap();
        let error = open(&laid, folder.path(), 1).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.starts_with("model `")), "{file} with {} bytes", content.len());
    }
}

#[test]
fn a_named_model_is_fetched_once_with_progress_and_works_offline_from_then_on() {
    let Some(laid) = laid() else { return };
    let server = HubServer::start("Qdrant/all-MiniLM-L6-v2-onnx", &laid.model);
    let cache = tempfile::tempdir().unwrap();
    let hub =
        Hub { cache: cache.path().into(), endpoint: Some(server.address()), token: Some("secret".into()) };
    let reports = RefCell::new(Vec::new());
    let note = |d: paperpick::embed::onnx::Download<'_>| {
        reports.borrow_mut().push((d.file.to_owned(), d.done, d.total));
    };
    let fetched = Onnx::named(&laid.runtime, "allminilml6v2", &hub, 1, &note).expect("the model");

    let size = fs::metadata(laid.model.join("model.onnx")).unwrap().len();
    assert!(reports.borrow().contains(&("model.onnx".into(), size, size)));
    assert!(reports.borrow().iter().any(|(file, done, _)| file == "model.onnx" && (1..size).contains(done)));
    assert!(server.requests().iter().all(|r| r.contains("Bearer secret")), "{:?}", server.requests());
    let folder = open(&laid, &laid.model, 1).unwrap();
    assert_eq!(embed(&fetched, &laid.reference.texts[..3]), embed(&folder, &laid.reference.texts[..3]));

    drop(server);
    let quiet = |_: paperpick::embed::onnx::Download<'_>| panic!("nothing is left to fetch");
    let again = Onnx::named(&laid.runtime, "AllMiniLML6V2", &hub, 1, &quiet).expect("the model, offline");
    assert_eq!(again.model(), fetched.model());
}

#[test]
fn a_download_that_broke_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"] {
        fs::write(folder.path().join(file), "{}").unwrap();
    }
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(folder.path().join("model.onnx"), &content).unwrap();
    let server = HubServer::start("Qdrant/all-MiniLM-L6-v2-onnx", folder.path());
    server.break_off_at(150_000);
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub { cache: cache.path().into(), endpoint: Some(server.address()), token: None };
    let named = Named::find("AllMiniLML6V2").unwrap();
    let root = hub.fetch(&named, &|_| {}).expect("the files");
    assert!(hub.holds(&named));
    assert_eq!(fs::read(root.join("model.onnx")).unwrap(), content);
    assert!(server.requests().iter().any(|r| r.contains("bytes=150000-")), "{:?}", server.requests());
}

#[test]
fn offline_the_error_says_what_is_missing_and_what_to_do() {
    // Port 9 of this machine is where nobody listens.
    let cache = tempfile::tempdir().unwrap();
    let hub = Hub { cache: cache.path().into(), endpoint: Some("http://127.0.0.1:9".into()), token: None };
    let named = Named::find("MultilingualE5Small").unwrap();
    assert!(!hub.holds(&named));
    let error = hub.fetch(&named, &|_| {}).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("intfloat/multilingual-e5-small"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("offline")));
}

#[test]
fn a_name_that_fastembed_does_not_have_is_an_error() {
    let error = Named::find("AllMiniLM").unwrap_err().to_string();
    assert!(error.contains("model list"), "{error}");
}

fn copy_of(model: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    copy_into(model, copy.path()).expect("a copy of the model");
    copy
}

fn copy_into(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_into(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
