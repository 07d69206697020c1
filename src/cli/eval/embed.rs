//! `eval embed`: a model's figures on judged pairs, translations, titles and categories.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use paperpick::Paper;
use paperpick::embed::Embedder;
use paperpick::evaluate::embedding::{CsfCube, Found, Ranked, kept_apart};
use paperpick::evaluate::lists::{self, Entry, Listed};
use paperpick::evaluate::models::{self, Experts, Pair};
use paperpick::library::Library;
use paperpick::progress::Progress;
use paperpick::verbs::export;
use serde::Serialize;

use super::super::import::{opened, papers_in};
use super::super::session::print::{Bar, TerminalPage, shaped};
use super::super::session::settings::Session;
use super::Outcome;

/// How many papers `model train` keeps apart of each collection, for judging.
pub const APART: usize = 10_000;

/// Measure a model's vectors by what experts, translators, authors and categories say.
///
/// Without any file it measures titles and categories on a tenth of the library's papers, those that
/// `model tune` does not learn from.
#[derive(Debug, Args)]
pub struct Embed {
    /// The model: builtin, a table's file, a folder with an ONNX model, or a name that fastembed knows;
    /// several are compared
    #[arg(long = "model", value_name = "MODEL", default_value = "builtin")]
    models: Vec<String>,
    /// CSFCube: a folder with papers.jsonl, qrels.tsv and evaluation_splits.json
    #[arg(long, value_name = "DIR")]
    csfcube: Option<PathBuf>,
    /// Lines of JSON with `id`, `abstract`, and `ko` that says the same in Korean
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Lines of JSON with the `id` of what the model learned from, not to be asked from --pairs
    #[arg(long, value_name = "FILE", requires = "pairs")]
    learned: Option<PathBuf>,
    /// Papers whose titles are to find their abstracts: a file or folder as for `import`
    #[arg(long, value_name = "FILE")]
    titles: Option<PathBuf>,
    /// Papers whose neighbours are to share their category: a file or folder as for `import`
    #[arg(long, value_name = "FILE")]
    categories: Option<PathBuf>,
    /// Reading lists as JSON lines {id, section}: papers of one section are to be nearer than those of their
    /// days
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "known")]
    lists: Vec<PathBuf>,
    /// The papers that --lists may name, and those of the same days: files or folders as for `import`
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "lists")]
    known: Vec<PathBuf>,
    /// How many papers of --titles and of --categories, those that `model train` keeps apart
    #[arg(long, value_name = "N", default_value_t = APART)]
    apart: usize,
}

/// The figures of some models.
#[derive(Serialize)]
pub struct Evaluated {
    models: Vec<Figures>,
}

#[derive(Serialize)]
struct Figures {
    model: String,
    dimensions: usize,
    experts: Option<Experts>,
    languages: Option<Found>,
    titles: Option<Found>,
    categories: Option<f64>,
    lists: Option<Listed>,
}

impl Embed {
    /// Measures every model on everything that was given.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let cube = self.csfcube.as_deref().map(read_csfcube).transpose()?;
        let pairs: Option<Vec<Pair>> = self.pairs.as_deref().map(lines).transpose()?;
        let learned: BTreeSet<String> = match &self.learned {
            Some(file) => lines::<Named>(file)?.into_iter().map(|named| named.id).collect(),
            None => BTreeSet::new(),
        };
        let held =
            |path: &Option<PathBuf>| path.as_deref().map(|p| held_out(session, p, self.apart)).transpose();
        let (titles, categories) = (held(&self.titles)?, held(&self.categories)?);
        let mut known = Vec::new();
        for path in &self.known {
            known.extend(papers_in(session, path)?);
        }
        let lists: Vec<Vec<Entry>> = self.lists.iter().map(|file| lines(file)).collect::<Result<_>>()?;
        let lists = (!lists.is_empty()).then_some((lists, known));
        // With nothing given, the library's own papers judge.
        let nothing =
            cube.is_none() && pairs.is_none() && titles.is_none() && categories.is_none() && lists.is_none();
        let bar = Bar::new(session, "embedding", None);
        let evaluated = match nothing {
            true => on_library(session, &session.open()?, &self.models, &bar)?,
            false => {
                Judges { cube, pairs, learned, titles, categories, lists }.all(session, &self.models, &bar)?
            }
        };
        drop(bar);
        shaped(session, "eval-embed/1", &evaluated, &page(session, &evaluated))?;
        Ok(Outcome::Done)
    }
}

/// What models are measured by.
#[derive(Default)]
struct Judges {
    cube: Option<CsfCube>,
    pairs: Option<Vec<Pair>>,
    learned: BTreeSet<String>,
    titles: Option<Vec<Paper>>,
    categories: Option<Vec<Paper>>,
    lists: Option<(Vec<Vec<Entry>>, Vec<Paper>)>,
}

/// Measures models on the library's own papers.
pub fn on_library(
    session: &Session,
    app: &Library,
    models: &[String],
    progress: &dyn Progress,
) -> Result<Evaluated> {
    let (judging, _) = library_apart(app)?;
    if judging.len() < 2 {
        bail!(
            "the library has too few papers: import some, or give --csfcube, --pairs, --titles or --categories"
        );
    }
    let judges = Judges { titles: Some(judging.clone()), categories: Some(judging), ..Judges::default() };
    judges.all(session, models, progress)
}

impl Judges {
    fn all(&self, session: &Session, models: &[String], progress: &dyn Progress) -> Result<Evaluated> {
        let models = models.iter().map(|name| self.measure(session.embedder(name)?.as_ref(), progress));
        Ok(Evaluated { models: models.collect::<Result<_>>()? })
    }

    fn measure(&self, embedder: &dyn Embedder, progress: &dyn Progress) -> Result<Figures> {
        fn lent(papers: &Option<Vec<Paper>>) -> Option<Vec<&Paper>> {
            papers.as_ref().map(|papers| papers.iter().collect())
        }
        let learned = |id: &str| self.learned.contains(id);
        let (titles, categories) = (lent(&self.titles), lent(&self.categories));
        let languages =
            self.pairs.as_ref().map(|pairs| models::languages(embedder, pairs, learned, progress));
        let lists = self.lists.as_ref().map(|(lists, papers)| {
            lists::listed(embedder, lists, &papers.iter().collect::<Vec<_>>(), progress)
        });
        Ok(Figures {
            model: embedder.model().to_string(),
            dimensions: embedder.dimensions(),
            experts: self.cube.as_ref().map(|cube| models::experts(embedder, cube, progress)).transpose()?,
            languages: languages.transpose()?,
            titles: titles.map(|papers| models::titles(embedder, &papers, progress)).transpose()?,
            categories: categories
                .map(|papers| models::categories(embedder, &papers, progress))
                .transpose()?,
            lists: lists.transpose()?,
        })
    }
}

fn page(session: &Session, evaluated: &Evaluated) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    for model in &evaluated.models {
        page.line(format!("{} in {} dimensions", page.bold(&model.model), model.dimensions));
        if let Some(experts) = &model.experts {
            let figures = |r: Ranked| format!("{:.2} MAP, {:.2} nDCG%20", 100.0 * r.map, 100.0 * r.ndcg20);
            page.line(format!("  CSFCube, vectors alone      {}", figures(experts.alone)));
            page.line(format!("  CSFCube, words alone        {}", figures(experts.words)));
            page.line(format!("  CSFCube, as `similar` ranks {}", figures(experts.fused)));
        }
        for (what, found) in
            [("Korean text to its abstract", model.languages), ("title to its abstract      ", model.titles)]
        {
            if let Some(f) = found {
                page.line(format!(
                    "  {what} R@1 {:.3}, MRR {:.3} ({} among {})",
                    f.recall_at_1, f.mrr, f.n, f.among
                ));
            }
        }
        if let Some(share) = model.categories {
            page.line(format!("  ten nearest share category  {share:.3}"));
        }
        if let Some(Listed { mrr, auc, pairs, .. }) = model.lists {
            page.line(format!("  papers of one list          MRR {mrr:.4}, AUC {auc:.4} ({pairs} pairs)"));
        }
    }
    page
}

#[derive(serde::Deserialize)]
struct Named {
    id: String,
}

/// The values on the lines of a file.
pub fn lines<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    let mut values = Vec::new();
    for (i, line) in opened(file)?.lines().enumerate() {
        let at = || format!("{}:{}", file.display(), i + 1);
        let line = line.with_context(at)?;
        if !line.trim().is_empty() {
            values.push(serde_json::from_str(&line).with_context(at)?);
        }
    }
    Ok(values)
}

fn read_csfcube(folder: &Path) -> Result<CsfCube> {
    let file = |name: &str| {
        let (plain, packed) = (folder.join(name), folder.join(format!("{name}.gz")));
        opened(if packed.exists() { &packed } else { &plain })
    };
    Ok(CsfCube::read(file("papers.jsonl")?, file("qrels.tsv")?, Some(file("evaluation_splits.json")?))?)
}

/// The papers of a collection that are kept apart from training and have an abstract.
fn held_out(session: &Session, path: &Path, n: usize) -> Result<Vec<Paper>> {
    let mut papers = papers_in(session, path)?;
    let ids: BTreeSet<String> = {
        let names: Vec<String> = papers.iter().map(|paper| paper.id.to_string()).collect();
        kept_apart(names.iter().map(String::as_str), n).into_iter().map(str::to_owned).collect()
    };
    papers.retain(|paper| ids.contains(paper.id.as_str()) && !paper.abstract_text.is_empty());
    Ok(papers)
}

/// The library's papers with an abstract: a tenth that nothing is tuned on, and the others.
pub fn library_apart(app: &Library) -> Result<(Vec<Paper>, Vec<Paper>)> {
    let mut papers = Vec::new();
    export::papers(app, false, |paper| {
        if !paper.abstract_text.is_empty() {
            papers.push(paper.clone());
        }
        Ok(())
    })?;
    let n = (papers.len() / 10).min(APART);
    let apart = kept_apart(papers.iter().map(|paper| paper.id.as_str()), n);
    let apart: BTreeSet<String> = apart.into_iter().map(str::to_owned).collect();
    Ok(papers.into_iter().partition(|paper| apart.contains(paper.id.as_str())))
}
