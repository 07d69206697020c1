//! `doctor --deep`: everything compared with what it should be.

use std::collections::BTreeSet;

use super::check::{Check, MEND, State, check, counted, examined};
use crate::embed::{Embedding, embed_papers};
use crate::error::{Error, Result};
use crate::index::{Index, NearestPapers};
use crate::library::Library;
use crate::paper::{Paper, Row};
use crate::progress::{Progress, Silent};
use crate::store::{Examination, Examined, Finding, Problem};

/// Vectors that are made anew at once.
const BATCH: usize = 256;
/// Of a model that takes seconds for hundreds of texts, so many vectors are made anew, drawn by this seed.
const SAMPLE: usize = 100;
const SEED: u64 = 20;
/// How far a component of a vector may be from that of its text embedded anew. A table adds in the same order
/// everywhere; a transformer rounds otherwise on another processor.
const ROUNDING: f32 = 1e-5;
const ROUNDING_OF_TRANSFORMERS: f32 = 1e-2;

/// The checks, in order.
///
/// # Errors
/// [`Error::GivenUp`]; whatever else goes wrong is what a check found.
pub(super) fn checks(library: &Library, progress: &dyn Progress) -> Result<Vec<Check>> {
    let examination = match library.store.examine(progress) {
        Ok(examination) => examination,
        Err(error) => return Ok(vec![examined("tables", Err(error))?]),
    };
    let keys = examination.foreign_keys().map(|found| {
        stated("foreign keys", &found, format!("whatever {} tables refer to is there", found.rows))
    });
    let rows = examination.rows().map(|found| {
        stated("rows", &found, format!("{} hold what their columns can hold", counted(found.rows, "row")))
    });
    let mut checks = vec![examined("foreign keys", keys)?, examined("rows", rows)?];
    match examination.papers() {
        Err(error) => checks.push(examined("papers", Err(error))?),
        Ok((papers, words)) => {
            let texts = format!("{} have the text that was stored", counted(papers.rows, "paper"));
            checks.push(stated("papers", &papers, texts));
            checks.push(stated(
                "words",
                &words,
                format!("{} are found by all their words", counted(words.rows, "paper")),
            ));
        }
    }
    match Compared::read(library, examination.as_ref()) {
        Err(error) => {
            let told = error.to_string();
            checks.push(examined("embeddings", Err(error))?);
            checks.push(check("index file", State::Broken, told, Some(MEND)));
        }
        Ok(compared) => checks.extend([compared.embeddings(), compared.index()]),
    }
    Ok(checks)
}

/// A check of what was examined.
fn stated(name: &str, examined: &Examined, good: String) -> Check {
    let told: Vec<String> = examined.findings.iter().map(told).collect();
    match worst(&examined.findings) {
        State::Good => check(name, State::Good, good, None),
        State::Stale => check(name, State::Stale, told.join("; "), Some("paperpick import")),
        State::Broken => check(name, State::Broken, told.join("; "), Some(MEND)),
    }
}

fn worst(findings: &[Finding]) -> State {
    let is_stale = |finding: &Finding| finding.problem == Problem::Stale;
    match findings {
        [] => State::Good,
        findings if findings.iter().all(is_stale) => State::Stale,
        _ => State::Broken,
    }
}

/// A finding in words.
pub(super) fn told(finding: &Finding) -> String {
    let n = finding.rows.map_or_else(|| "an unknown number of rows".to_owned(), |n| counted(n, "row"));
    let what = match &finding.problem {
        Problem::Unreadable { after, before, error } => {
            let lost = format!("{} rows can be read, {n} are lost", finding.read);
            let place = match (after, before) {
                (Some(after), Some(before)) => format!(" between {after} and {before}"),
                (Some(after), None) => format!(" after {after}"),
                (None, Some(before)) => format!(" before {before}"),
                (None, None) => String::new(),
            };
            format!("{lost}{place} ({error})")
        }
        Problem::Unfit { column, expected } => format!("{n} with a `{column}` that is not {expected}"),
        Problem::Dangling { parent } => format!("{n} with nothing in {parent} that they refer to"),
        Problem::OtherText => format!("{n} with another text than was stored"),
        Problem::NoVector { fault } => format!("{n} with a vector that is {fault}"),
        Problem::NobodysVector => format!("{n} of a paper or a model that is gone"),
        Problem::Stale => format!("{n} of an earlier text"),
        Problem::NotIndexed => format!("{n} missing: search does not know these papers"),
        Problem::OtherWords => format!("{n} with other words than their papers"),
        Problem::NoPaper => format!("{n} too many: their papers are gone"),
    };
    let first = finding.first.as_ref().map_or(String::new(), |first| format!(", the first {first}"));
    format!("{}: {what}{first}", finding.table)
}

/// The vectors of the model that serves, compared with what they were made of and with the index.
pub(super) struct Compared<'a> {
    library: &'a Library,
    examined: Examined,
    /// Those to be made anew; all of them where that is quick.
    sample: Option<BTreeSet<Row>>,
    batch: Vec<(Row, Vec<f32>)>,
    n_made: u64,
    /// Rows whose vector is not that of their text, and what it should be.
    pub(super) differing: Vec<(Row, Embedding)>,
    n_differing: u64,
    first: Option<Row>,
    /// Why vectors cannot be made.
    no_model: Option<String>,
    index: InIndex,
}

/// What became of the vectors in the index.
#[derive(Default)]
struct InIndex {
    index: Option<Index>,
    /// Whether there is none because the server has it.
    is_served: bool,
    damage: Option<String>,
    n_same: u64,
    n_missing: u64,
    n_differing: u64,
}

impl<'a> Compared<'a> {
    /// Compares them.
    pub(super) fn read(library: &'a Library, examination: &dyn Examination) -> Result<Self> {
        let sample = match library.embedder.is_quick() {
            true => None,
            false => Some(library.store.sample(SAMPLE, SEED)?.into_iter().collect()),
        };
        let mut compared = Self {
            library,
            examined: Examined::default(),
            sample,
            batch: Vec::new(),
            n_made: 0,
            differing: Vec::new(),
            n_differing: 0,
            first: None,
            no_model: None,
            index: InIndex::open(library, examination)?,
        };
        let model = library.embedder.model();
        compared.examined = examination.vectors(model, &mut |row, vector, is_fresh| {
            compared.index.compare(row, &vector);
            if is_fresh && compared.sample.as_ref().is_none_or(|sample| sample.contains(&row)) {
                compared.batch.push((row, vector));
            }
            if compared.batch.len() == BATCH { compared.make_anew() } else { Ok(()) }
        })?;
        compared.make_anew()?;
        Ok(compared)
    }

    /// Embeds the texts of a batch, and compares.
    fn make_anew(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        if self.no_model.is_some() {
            return Ok(());
        }
        let rounding = if self.sample.is_none() { ROUNDING } else { ROUNDING_OF_TRANSFORMERS };
        let mut papers = Vec::with_capacity(batch.len());
        for (row, vector) in &batch {
            // What cannot be read is said of papers.
            papers.extend(
                self.library.store.papers(&[*row]).unwrap_or_default().pop().map(|paper| (paper, vector)),
            );
        }
        let texts: Vec<&Paper> = papers.iter().map(|(paper, _)| &paper.paper).collect();
        let made = match embed_papers(self.library.embedder.as_ref(), &texts, &Silent) {
            Ok(made) => made,
            Err(Error::GivenUp) => return Err(Error::GivenUp),
            Err(error) => {
                self.no_model = Some(error.to_string());
                return Ok(());
            }
        };
        for ((paper, vector), made) in papers.iter().zip(made) {
            self.n_made += 1;
            let is_same = made.as_slice().iter().zip(vector.iter()).all(|(a, b)| (a - b).abs() <= rounding);
            if !is_same {
                self.n_differing += 1;
                self.first.get_or_insert(paper.row);
                // Those of a whole library of another table are told by their number.
                if self.differing.len() < KEPT {
                    self.differing.push((paper.row, made));
                }
            }
        }
        Ok(())
    }

    fn embeddings(&self) -> Check {
        let mut told: Vec<String> = self.examined.findings.iter().map(told).collect();
        if let Some(first) = self.first {
            let n = counted(self.n_differing, "row");
            told.push(format!("vectors: {n} with another vector than their text has, the first row {first}"));
        }
        let state = if self.first.is_some() { State::Broken } else { worst(&self.examined.findings) };
        if let Some(reason) = &self.no_model {
            told.push(format!("not compared with their texts: {reason}"));
        }
        let what = match &self.sample {
            None => format!("each of the {} that serve is that of its text", self.n_made),
            Some(_) => format!("each of {} drawn from those that serve is that of its text", self.n_made),
        };
        match state {
            State::Good if self.no_model.is_some() => {
                check("embeddings", State::Stale, told.join("; "), Some("paperpick model list"))
            }
            State::Good => {
                let whole = format!(
                    "{} are of their model's length and of length 1; {what}",
                    counted(self.examined.rows, "vector")
                );
                check("embeddings", State::Good, whole, None)
            }
            State::Stale => check("embeddings", State::Stale, told.join("; "), Some("paperpick import")),
            State::Broken => check("embeddings", State::Broken, told.join("; "), Some(MEND)),
        }
    }

    fn index(&self) -> Check {
        const MADE_AGAIN: Option<&str> =
            Some("delete index.bin in the library's folder, then paperpick index");
        let InIndex { index, damage, n_same, n_missing, n_differing, .. } = &self.index;
        let Some(index) = index else {
            return match damage {
                _ if self.index.is_served => {
                    check("index file", State::Good, "none: the server finds neighbours".into(), None)
                }
                Some(damage) => check("index file", State::Broken, damage.clone(), MADE_AGAIN),
                None => {
                    check("index file", State::Stale, "none of these vectors".into(), Some("paperpick index"))
                }
            };
        };
        let mut told: Vec<String> = damage.iter().cloned().collect();
        if *n_missing > 0 {
            told.push(format!("lacks {}", counted(*n_missing, "vector")));
        }
        if *n_differing > 0 {
            told.push(format!("{} unlike the library's", counted(*n_differing, "vector")));
        }
        // A vector that cannot be read, or is none, may be whole in the index.
        let n_more = (index.len() as u64).saturating_sub(n_same + n_missing + n_differing);
        if n_more > 0 && worst(&self.examined.findings) != State::Broken {
            told.push(format!("{} more than the library has", counted(n_more, "vector")));
        }
        match told.is_empty() {
            true => check("index file", State::Good, format!("{n_same} vectors, each the same"), None),
            false => check("index file", State::Broken, told.join("; "), MADE_AGAIN),
        }
    }
}

/// So many vectors that differ are held; mending finds the others when it is asked again.
const KEPT: usize = 10_000;

impl InIndex {
    /// Opens the index, if it is of the same moment as what is examined, and compares its checksums.
    fn open(library: &Library, examination: &dyn Examination) -> Result<Self> {
        let mut found = Self { is_served: library.is_served()?, ..Self::default() };
        if found.is_served {
            return Ok(found);
        }
        match library.index() {
            Ok(index) => found.index = index.filter(|index| examination.is_of(index.stamp().generation)),
            Err(Error::DamagedIndex { reason, .. }) => found.damage = Some(reason),
            Err(error) => return Err(error),
        }
        if let Some(Err(error)) = found.index.as_ref().map(Index::check) {
            found.damage = Some(error.to_string());
        }
        Ok(found)
    }

    fn compare(&mut self, row: Row, vector: &[f32]) {
        match self.index.as_ref().map(|index| index.stored(row)) {
            Some(Ok(Some(stored))) if stored == vector => self.n_same += 1,
            Some(Ok(None)) => self.n_missing += 1,
            // What cannot be read is another one, too.
            Some(_) => self.n_differing += 1,
            None => {}
        }
    }
}
