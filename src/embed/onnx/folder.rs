//! Reads a folder that holds a model, and what its configuration files say about running it.

use std::path::{Path, PathBuf};

use fastembed::{OutputKey, Pooling, TokenizerFiles};
use serde_json::{Map, Value, json};

use super::family::{self, Family, Prompts};
use super::hub::Named;
use crate::error::{Error, Result};
use crate::files::Checksum;

/// The most tokens of a text that are read, whatever a model could: the longest abstracts and
/// digests have about a thousand, and time grows with the square.
const MAX_TOKENS: u64 = 1024;

/// A model as its files describe it.
pub(super) struct Folder {
    pub name: String,
    pub onnx: Vec<u8>,
    /// Where the ONNX file lies: the place of weights in files of their own.
    pub directory: PathBuf,
    pub tokenizer: TokenizerFiles,
    pub pooling: Pooling,
    pub max_tokens: usize,
    pub prompts: Prompts,
    /// Which of the model's outputs is the text's vector, where that is not the usual one.
    pub output: Option<OutputKey>,
}

impl Folder {
    /// Reads a folder, or the folder of an ONNX file.
    pub fn read(path: &Path) -> Result<Self> {
        let path = path.canonicalize().map_err(Error::io(path))?;
        if path.is_dir() {
            return Self::at(&path, &the_onnx_file(&path)?, None);
        }
        let root = path
            .ancestors()
            .skip(1)
            .take(2)
            .find(|folder| folder.join("tokenizer.json").is_file())
            .ok_or_else(|| wrong(&path, "there is no tokenizer.json beside it or in the folder above"))?;
        Self::at(root, &path, None)
    }

    /// Reads one of fastembed's models from the folder it was fetched to.
    pub fn of_named(named: &Named, root: &Path) -> Result<Self> {
        let mut folder = Self::at(root, &root.join(&named.file), Some(&named.repository))?;
        folder.output = named.output.clone();
        Ok(folder)
    }

    fn at(root: &Path, onnx: &Path, repository: Option<&str>) -> Result<Self> {
        let config = object(root, "config.json")?;
        let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
        let family = family::of(&match repository {
            Some(repository) => repository.to_owned(),
            None => {
                format!("{name} {}", config.get("_name_or_path").and_then(Value::as_str).unwrap_or_default())
            }
        });
        let max_tokens = max_tokens(root, &config, family)?;
        let read = |file: &Path| std::fs::read(file).map_err(Error::io(file));
        Ok(Self {
            onnx: read(onnx)?,
            directory: onnx.parent().unwrap_or(root).to_path_buf(),
            tokenizer: TokenizerFiles {
                tokenizer_file: read(&root.join("tokenizer.json"))?,
                config_file: bytes(config),
                special_tokens_map_file: bytes(object(root, "special_tokens_map.json")?),
                tokenizer_config_file: bytes(tokenizer_config(root, max_tokens)?),
            },
            pooling: pooling(root, family)?,
            max_tokens,
            prompts: prompts(root, family)?,
            output: output(root)?,
            name,
        })
    }

    /// How long the files beside the ONNX file are, with it: at least its weights.
    pub fn bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        // Links are followed: the hub's cache holds nothing else.
        entries.filter_map(|entry| std::fs::metadata(entry.path()).ok()).map(|file| file.len()).sum()
    }

    /// A checksum of everything that a vector depends on: a model that was exchanged for another
    /// under the same name must not share its vectors.
    pub fn fingerprint(&self) -> u32 {
        let mut sum = Checksum::default();
        sum.update(&self.onnx);
        sum.update(&self.tokenizer.tokenizer_file);
        let how = (&self.pooling, self.max_tokens, &self.prompts, &self.output);
        sum.update(format!("{how:?}").as_bytes());
        sum.finish()
    }
}

/// `model.onnx`, also in `onnx/`, or the only ONNX file there.
fn the_onnx_file(root: &Path) -> Result<PathBuf> {
    let folders = [root.to_path_buf(), root.join("onnx")];
    if let Some(usual) = folders.iter().map(|f| f.join("model.onnx")).find(|file| file.is_file()) {
        return Ok(usual);
    }
    let entries = folders.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|e| e == "onnx"))
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            Err(wrong(root, "it holds several ONNX files and none is model.onnx: name the file instead"))
        }
        (None, _) => Err(wrong(root, "it holds no ONNX file")),
    }
}

/// The shortest of what the files and the family say, and of what is worth reading.
fn max_tokens(root: &Path, config: &Map<String, Value>, family: &Family) -> Result<usize> {
    let number = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_f64);
    let trained = number(&object(root, "sentence_bert_config.json")?, "max_seq_length");
    // RoBERTa's positions begin behind its padding token.
    let kind = config.get("model_type").and_then(Value::as_str).unwrap_or_default();
    let reserved = if kind.contains("roberta") || kind == "mpnet" { 2.0 } else { 0.0 };
    let limits = [
        trained.or(family.max_tokens.map(|n| n as f64)),
        // Tokenizers without a limit of their own carry 10^30.
        number(&object(root, "tokenizer_config.json")?, "model_max_length"),
        number(config, "max_position_embeddings").map(|n| n - reserved),
    ];
    let shortest = limits.into_iter().flatten().fold(MAX_TOKENS as f64, f64::min);
    // Fewer leave no room for a word between the marks of begin and end.
    if shortest < 8.0 {
        return Err(wrong(root, "its files say that it reads fewer than 8 tokens"));
    }
    Ok(shortest as usize)
}

/// What sentence-transformers keeps in `1_Pooling`, else what the family does.
fn pooling(root: &Path, family: &Family) -> Result<Pooling> {
    let config = object(root, "1_Pooling/config.json")?;
    // One name in newer files, a switch for each in older ones.
    let named = config.get("pooling_mode").and_then(Value::as_str);
    let switched = config.iter().filter(|(_, on)| **on == Value::Bool(true));
    let modes: Vec<&str> =
        named.into_iter().chain(switched.filter_map(|(k, _)| k.strip_prefix("pooling_mode_"))).collect();
    match modes[..] {
        [] if family.cls => Ok(Pooling::Cls),
        [] | ["mean" | "mean_tokens"] => Ok(Pooling::Mean),
        ["cls" | "cls_token"] => Ok(Pooling::Cls),
        _ => Err(wrong(root, &format!("it pools by {}; only mean and cls are known", modes.join(" and ")))),
    }
}

/// What sentence-transformers keeps for the model, else what the family asks for.
fn prompts(root: &Path, family: &Family) -> Result<Prompts> {
    let config = object(root, "config_sentence_transformers.json")?;
    let prompt = |names: &[&str]| {
        let known = config.get("prompts")?.as_object()?;
        names.iter().find_map(|name| known.get(*name)?.as_str()).map(str::to_owned)
    };
    let own = Prompts {
        query: prompt(&["query", "search_query"]).unwrap_or_default(),
        document: prompt(&["document", "passage", "search_document"]).unwrap_or_default(),
    };
    // Newer versions write two empty prompts for every model.
    Ok(if own == Prompts::default() { family.prompts() } else { own })
}

/// A model that goes on behind its pooling has an output for the end of it.
fn output(root: &Path) -> Result<Option<OutputKey>> {
    let modules = value(root, "modules.json")?.unwrap_or_default();
    let kinds = modules.as_array().into_iter().flatten().filter_map(|m| m.get("type")?.as_str());
    let mut goes_on = kinds.filter(|kind| kind.ends_with(".Dense"));
    Ok(goes_on.next().map(|_| OutputKey::ByName("sentence_embedding")))
}

/// fastembed wants a length and a padding token in it. Texts are embedded one by one, so that
/// nothing is ever padded and any token will do.
fn tokenizer_config(root: &Path, max_tokens: usize) -> Result<Map<String, Value>> {
    let mut config = object(root, "tokenizer_config.json")?;
    config.insert("model_max_length".into(), json!(max_tokens));
    if config.get("pad_token").is_none_or(Value::is_null) {
        config.insert("pad_token".into(), json!("[PAD]"));
    }
    Ok(config)
}

/// A JSON object in a file; empty if there is no such file.
fn object(root: &Path, file: &str) -> Result<Map<String, Value>> {
    match value(root, file)? {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(wrong(&root.join(file), "a JSON object was expected")),
    }
}

fn value(root: &Path, file: &str) -> Result<Option<Value>> {
    let path = root.join(file);
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|e| wrong(&path, &e.to_string())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(path)(e)),
    }
}

fn bytes(map: Map<String, Value>) -> Vec<u8> {
    Value::Object(map).to_string().into_bytes()
}

fn wrong(path: &Path, reason: &str) -> Error {
    Error::Model { model: path.display().to_string(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A folder with the given files, an empty model and an empty tokenizer.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("model.onnx", ""), ("tokenizer.json", "{}")].iter().chain(files) {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    fn read(files: &[(&str, &str)]) -> Result<Folder> {
        Folder::read(folder(files).path())
    }

    #[test]
    fn the_shortest_of_the_stated_lengths_counts() {
        let of = |files: &[(&str, &str)]| read(files).unwrap().max_tokens;
        assert_eq!(of(&[]), 1024);
        assert_eq!(of(&[("tokenizer_config.json", r#"{"model_max_length": 1e30}"#)]), 1024);
        assert_eq!(of(&[("config.json", r#"{"max_position_embeddings": 512}"#)]), 512);
        assert_eq!(
            of(&[("config.json", r#"{"max_position_embeddings": 514, "model_type": "xlm-roberta"}"#)]),
            512
        );
        let both = [
            ("config.json", r#"{"max_position_embeddings": 512}"#),
            ("sentence_bert_config.json", r#"{"max_seq_length": 256}"#),
        ];
        assert_eq!(of(&both), 256);
        assert!(read(&[("sentence_bert_config.json", r#"{"max_seq_length": 0}"#)]).is_err());
    }

    #[test]
    fn pooling_is_read_in_both_spellings_and_an_unknown_one_is_refused() {
        let of = |text: &str| read(&[("1_Pooling/config.json", text)]).map(|f| f.pooling);
        assert_eq!(
            of(r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#).unwrap(),
            Pooling::Cls
        );
        assert_eq!(of(r#"{"pooling_mode": "mean", "include_prompt": true}"#).unwrap(), Pooling::Mean);
        let error = of(r#"{"pooling_mode_lasttoken": true}"#).unwrap_err().to_string();
        assert!(error.contains("lasttoken"), "{error}");
        assert!(of(r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}"#).is_err());
    }

    #[test]
    fn prompts_of_the_files_go_before_those_of_the_family() {
        let name = r#"{"_name_or_path": "intfloat/multilingual-e5-small"}"#;
        let of = |own: &str| {
            read(&[("config.json", name), ("config_sentence_transformers.json", own)]).unwrap().prompts
        };
        assert_eq!(of("{}").query, "query: ");
        assert_eq!(of(r#"{"prompts": {"query": "", "document": ""}}"#).document, "passage: ");
        assert_eq!(of(r#"{"prompts": {"query": "ask: "}}"#).query, "ask: ");
    }

    #[test]
    fn a_model_is_another_one_when_anything_it_depends_on_changes() {
        let of = |files: &[(&str, &str)]| read(files).unwrap().fingerprint();
        let plain = of(&[]);
        assert_eq!(plain, of(&[]));
        assert_ne!(plain, of(&[("model.onnx", "x")]));
        assert_ne!(plain, of(&[("tokenizer.json", "{ }")]));
        assert_ne!(plain, of(&[("sentence_bert_config.json", r#"{"max_seq_length": 256}"#)]));
    }

    #[test]
    fn what_is_missing_or_not_json_is_named() {
        let of = |files: &[(&str, &str)], gone: &str| {
            let folder = folder(files);
            if !gone.is_empty() {
                fs::remove_file(folder.path().join(gone)).unwrap();
            }
            Folder::read(folder.path()).err().expect("an error").to_string()
        };
        assert!(of(&[], "model.onnx").contains("no ONNX file"));
        assert!(of(&[], "tokenizer.json").contains("tokenizer.json"));
        assert!(of(&[("config.json", "{\"a\": ")], "").contains("config.json"));
        assert!(of(&[("config.json", "[]")], "").contains("object"));
        assert!(of(&[("a.onnx", ""), ("b.onnx", "")], "model.onnx").contains("several"));
        assert!(Folder::read(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn one_of_several_onnx_files_is_taken_by_its_own_name() {
        let folder = folder(&[("onnx/model_quantized.onnx", "quantized")]);
        let read = Folder::read(&folder.path().join("onnx/model_quantized.onnx")).unwrap();
        assert_eq!(read.onnx, b"quantized");
    }
}
