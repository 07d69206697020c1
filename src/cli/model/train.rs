//! `model train`: a table of one's own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use paperpick::Paper;
use paperpick::embed::Embedder;
use paperpick::embed::builtin::Builtin;
use paperpick::embed::train::{Corpus, Epoch, Options, Parallel, Sizes, lessons, train};
use paperpick::evaluate::embedding::{drawn, kept_apart};
use paperpick::files;
use serde::{Deserialize, Serialize};

use super::super::eval::{APART, lines};
use super::super::import::papers_in;
use super::super::session::print::{Bar, TerminalPage, counted, shaped, talk};
use super::super::session::settings::Session;
use super::Outcome;

/// Make a table of word vectors from papers.
///
/// The table's file works wherever a model is named. The same files, options and seed make the same
/// bytes.
#[derive(Debug, Args)]
pub struct Train {
    /// Collections of papers: files or folders as for `import`
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    corpus: Vec<PathBuf>,
    /// More of them, whose authors are not looked at: papers of the same people that lie years apart have
    /// little in common
    #[arg(long, num_args = 1.., value_name = "FILE")]
    more: Vec<PathBuf>,
    /// Lines of JSON with `id`, `title`, `abstract`, and `ko` and `ko_full` that say the same in Korean
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Lines of JSON with the `id` of a paper of the corpus, and its `title` and a summary, `ko`, in Korean
    #[arg(long, value_name = "FILE")]
    summaries: Option<PathBuf>,
    /// Lines of an English term, a tab, and its Korean ones with `|` between them
    #[arg(long, value_name = "FILE", requires = "pairs")]
    terms: Option<PathBuf>,
    /// A model to imitate
    #[arg(long, value_name = "MODEL", requires = "lessons")]
    teacher: Option<String>,
    /// Keeps what the teacher says, so that a run that is cut off goes on
    #[arg(long, value_name = "FILE")]
    lessons: Option<PathBuf>,
    /// How many papers the teacher reads
    #[arg(long, value_name = "N", default_value_t = 12_000)]
    taught: usize,
    /// So many papers of each collection are not learned from, so that `eval embed` can judge on them
    #[arg(long, value_name = "N", default_value_t = APART)]
    apart: usize,
    /// The table's file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A table to go on from, with its tokens; several are made one, with the tokens of the first
    #[arg(long, num_args = 1.., value_name = "TABLE")]
    from: Vec<String>,
    #[command(flatten)]
    how: How,
}

/// How to learn.
#[derive(Debug, Args)]
pub struct How {
    /// The table's name
    #[arg(long, value_name = "NAME", default_value = "table")]
    name: String,
    /// The length of a vector; 256, or that of the tables that are gone on from
    #[arg(long, value_name = "N")]
    dimensions: Option<usize>,
    /// Words and acronyms
    #[arg(long, value_name = "N", default_value_t = Sizes::default().words)]
    words: usize,
    /// Pairs of words
    #[arg(long, value_name = "N", default_value_t = Sizes::default().phrases)]
    phrases: usize,
    /// Pieces of unknown words
    #[arg(long, value_name = "N", default_value_t = Sizes::default().pieces)]
    pieces: usize,
    /// Runs of Korean syllables
    #[arg(long, value_name = "N", default_value_t = Sizes::default().korean)]
    korean: usize,
    /// How often each paper is seen
    #[arg(long, value_name = "N", default_value_t = Options::default().epochs)]
    epochs: usize,
    /// Pairs in a batch
    #[arg(long, value_name = "N", default_value_t = Options::default().batch)]
    batch: usize,
    /// The learning rate
    #[arg(long, value_name = "X", default_value_t = Options::default().rate)]
    rate: f32,
    /// The inverse temperature
    #[arg(long, value_name = "X", default_value_t = Options::default().scale)]
    scale: f32,
    /// What telling categories counts for beside the pairs
    #[arg(long, value_name = "X", default_value_t = Options::default().category_weight)]
    category_weight: f32,
    /// How often the teacher's texts are seen in an epoch
    #[arg(long, value_name = "N", default_value_t = Options::default().taught_repeats)]
    taught_repeats: usize,
    /// How much Korean rows are held back where they are fitted
    #[arg(long, value_name = "X", default_value_t = Options::default().korean_ridge)]
    korean_ridge: f32,
    /// How often the Korean pairs are seen
    #[arg(long, value_name = "N", default_value_t = Options::default().korean_epochs)]
    korean_epochs: usize,
    /// The learning rate for them
    #[arg(long, value_name = "X", default_value_t = Options::default().korean_rate)]
    korean_rate: f32,
    /// From the second epoch on, make batches of groups of so many near papers; 0 for random batches
    #[arg(long, value_name = "N", default_value_t = Options::default().near)]
    near: usize,
    /// Decides everything that is drawn
    #[arg(long, value_name = "N", default_value_t = Options::default().seed)]
    seed: u64,
}

impl How {
    fn options(self) -> Options {
        Options {
            name: self.name,
            dimensions: self.dimensions.unwrap_or(Options::default().dimensions),
            sizes: Sizes {
                words: self.words,
                phrases: self.phrases,
                pieces: self.pieces,
                korean: self.korean,
            },
            epochs: self.epochs,
            batch: self.batch,
            rate: self.rate,
            scale: self.scale,
            category_weight: self.category_weight,
            taught_repeats: self.taught_repeats,
            korean_ridge: self.korean_ridge,
            korean_epochs: self.korean_epochs,
            korean_rate: self.korean_rate,
            near: self.near,
            seed: self.seed,
            ..Options::default()
        }
    }
}

/// A paper in both languages.
#[derive(Deserialize)]
struct Pair {
    title: String,
    #[serde(rename = "abstract")]
    english: String,
    ko: String,
    #[serde(default)]
    ko_full: String,
}

#[derive(Serialize)]
struct Trained {
    model: String,
    file: PathBuf,
    bytes: usize,
    tokens: usize,
    dimensions: usize,
    documents: usize,
    pairs: usize,
    taught: usize,
    seconds: f64,
}

impl Train {
    /// Trains it and writes its file.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let started = Instant::now();
        let mut corpus = Corpus::default();
        let papers = learned_from(session, &self.corpus, &self.more, self.apart)?;
        papers.iter().for_each(|paper| corpus.add(paper));
        if let Some(file) = &self.pairs {
            corpus.parallel.extend(lines::<Pair>(file)?.into_iter().flat_map(parallel));
        }
        if let Some(file) = &self.summaries {
            corpus.parallel.extend(summaries(&papers, lines(file)?));
        }
        if let Some(file) = &self.terms {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            corpus.terms = terms(&text).with_context(|| file.display().to_string())?;
        }
        if let (Some(teacher), Some(file)) = (&self.teacher, &self.lessons) {
            let texts = taught_texts(&papers, self.taught);
            let bar = Bar::new(session, "asking the teacher", Some(texts.len()));
            corpus.taught = lessons(session.embedder(teacher)?.as_ref(), texts, file, &bar)?;
        }
        drop(papers);
        let from: Vec<Builtin> = self.from.iter().map(|name| table(session, name)).collect::<Result<_>>()?;
        let asked = self.how.dimensions;
        let mut options = self.how.options();
        if let (Some(first), None) = (from.first(), asked) {
            options.dimensions = first.dimensions();
        }
        let heard = |epoch: Epoch| talk(session, format!("epoch {}: loss {:.4}", epoch.epoch, epoch.loss));
        let bytes = train(&corpus, &from.iter().map(Builtin::table).collect::<Vec<_>>(), &options, heard)?;
        files::write(&self.out, &bytes)?;
        let table = Builtin::from_bytes(bytes)?;
        let trained = Trained {
            model: table.model().to_string(),
            file: self.out,
            bytes: table.table().as_bytes().len(),
            tokens: table.table().vocabulary().len(),
            dimensions: table.dimensions(),
            documents: corpus.documents.len(),
            pairs: corpus.parallel.len(),
            taught: corpus.taught.len(),
            seconds: started.elapsed().as_secs_f64(),
        };
        let mut page = TerminalPage::new(session);
        page.line(format!(
            "{}: {} in {} dimensions, {:.1} MB, from {} and {} in two languages, in {:.0} s",
            page.bold(&trained.model),
            counted(trained.tokens, "token"),
            trained.dimensions,
            trained.bytes as f64 / 1e6,
            counted(trained.documents, "paper"),
            counted(trained.pairs, "text"),
            trained.seconds
        ));
        page.line(format!("try it: `paperpick eval embed --model {}`", trained.file.display()));
        shaped(session, "model-train/1", &trained, &page)?;
        Ok(Outcome::Done)
    }
}

/// The papers of all collections, each once, without those that any collection keeps apart.
fn learned_from(
    session: &Session,
    collections: &[PathBuf],
    more: &[PathBuf],
    apart: usize,
) -> Result<Vec<Paper>> {
    let mut papers: Vec<Paper> = Vec::new();
    let (mut seen, mut held) = (HashSet::new(), BTreeSet::new());
    let all = collections.iter().map(|file| (file, true)).chain(more.iter().map(|file| (file, false)));
    for (collection, with_authors) in all {
        let mut read = papers_in(session, collection)?;
        read.iter_mut().filter(|_| !with_authors).for_each(|paper| paper.authors.clear());
        let names = read.iter().map(|paper| paper.id.as_str());
        held.extend(kept_apart(names, apart).into_iter().map(str::to_owned));
        papers.extend(read.into_iter().filter(|paper| seen.insert(paper.id.clone())));
    }
    papers.retain(|paper| !held.contains(paper.id.as_str()));
    Ok(papers)
}

fn by_id(papers: &[Paper]) -> HashMap<&str, &Paper> {
    papers.iter().map(|paper| (paper.id.as_str(), paper)).collect()
}

/// How many bytes of an abstract the teacher reads at most: about 128 tokens, which most sentence models were
/// trained on, in half the time.
const READ: usize = 600;

/// What the teacher reads: of the papers that come first by the hash of their identifiers, in that order,
/// the title with the beginning of the abstract, and the title.
fn taught_texts(papers: &[Paper], n: usize) -> Vec<String> {
    let by_id = by_id(papers);
    let texts = drawn(by_id.keys().copied(), n).into_iter().flat_map(|id| {
        let Paper { title, abstract_text, .. } = by_id[id];
        let end = abstract_text.floor_char_boundary(READ);
        [format!("{title}\n{}", &abstract_text[..end]), title.clone()]
    });
    texts.collect()
}

/// A summary and a whole translation are two pairs.
fn parallel(pair: Pair) -> Vec<Parallel> {
    let korean = [pair.ko, pair.ko_full].into_iter().filter(|text| !text.trim().is_empty());
    korean
        .map(|korean| Parallel { korean, title: pair.title.clone(), english: pair.english.clone() })
        .collect()
}

/// What is said in Korean of a paper of the corpus.
#[derive(Deserialize)]
struct Summary {
    id: String,
    title: String,
    ko: String,
}

/// Two pairs for each: the titles, and the summary with title and abstract.
fn summaries(papers: &[Paper], summaries: Vec<Summary>) -> Vec<Parallel> {
    let by_id = by_id(papers);
    let known = summaries.into_iter().filter_map(|s| Some((*by_id.get(s.id.as_str())?, s)));
    let pairs = known.flat_map(|(paper, Summary { title, ko, .. })| {
        [(title, String::new()), (ko, paper.abstract_text.clone())].map(|(korean, english)| Parallel {
            korean,
            title: paper.title.clone(),
            english,
        })
    });
    pairs.collect()
}

/// Each Korean term with its English one.
fn terms(text: &str) -> Result<Vec<(String, String)>> {
    let mut terms = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (english, korean) = line
            .split_once('\t')
            .with_context(|| format!("line {} of the terms has no tab: `{line}`", i + 1))?;
        terms.extend(korean.split('|').map(|korean| (korean.trim().to_owned(), english.trim().to_owned())));
    }
    Ok(terms)
}

/// The table of a name.
pub fn table(session: &Session, name: &str) -> Result<Builtin> {
    session.table(name)?.with_context(|| format!("`{name}` is no table: only a table can be trained on"))
}
