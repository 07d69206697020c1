//! Papers similar to one paper or to a text.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shapes::fields::{Filter, named_if_any};
use super::{Context, Count, Paged, Text, Verb};
use crate::embed::Role;
use crate::error::{Error, Result};
use crate::index::{Allowed, Neighbour as Nearest};
use crate::library::Library;
use crate::paper::{Brief, PaperId, Row, Within, is_hangul};
use crate::progress::Silent;
use crate::recommend::similar as fusion;

/// The papers similar to a paper or a text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct FindSimilar {
    #[serde(flatten)]
    #[schemars(with = "TypedSubject")]
    /// What to look around.
    pub subject: Subject,
    /// Among which papers.
    #[serde(flatten)]
    pub filter: Filter,
    /// How many.
    #[serde(default)]
    pub n: Count,
}

impl FindSimilar {
    /// The `n` papers most similar to a paper, among all.
    pub fn to(id: PaperId, n: Count) -> Self {
        Self { subject: Subject::Paper(id), filter: Filter::default(), n }
    }
}

impl Verb for FindSimilar {
    const NAME: &'static str = "similar";
    const SHAPE: &'static str = "similar/1";
    type Answer = Similar;

    /// # Errors
    /// [`Error::UnknownPaper`] for a paper that is not in the library; [`Error::NothingListed`] for a text of
    /// which no paper has any word: a vector of what nobody writes is near to anything.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Similar> {
        similar(library, &self.subject, self.n.get(), &self.filter.into())
    }
}

impl Paged for FindSimilar {
    type Item = Neighbour;

    fn reaching(self, _: usize, reach: usize) -> Self {
        Self { n: Count::at_most(reach), ..self }
    }

    fn items(answer: &mut Similar) -> &mut Vec<Neighbour> {
        &mut answer.neighbours
    }

    fn id(item: &Neighbour) -> String {
        item.paper.id.clone()
    }
}

/// What to look around: exactly one of both.
#[derive(Deserialize, JsonSchema)]
struct TypedSubject {
    /// A paper: `2404.15653`, or any address of it.
    #[serde(default, deserialize_with = "named_if_any")]
    #[schemars(with = "Option<String>", length(max = 500))]
    id: Option<PaperId>,
    /// A text to look around instead.
    text: Option<Text>,
}

impl TryFrom<TypedSubject> for Subject {
    type Error = Error;

    fn try_from(typed: TypedSubject) -> Result<Self> {
        match (typed.id, typed.text) {
            (Some(id), None) => Ok(Self::Paper(id)),
            (None, Some(text)) => Ok(Self::Text(text.to_string())),
            _ => Err(Error::Invalid("give either id or text to look around".into())),
        }
    }
}

/// What to look around.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "TypedSubject")]
pub enum Subject {
    /// A paper of the library.
    Paper(PaperId),
    /// A text in words.
    Text(String),
}

/// The papers similar to a subject.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Similar {
    /// The paper that was asked about, if it was a paper.
    pub paper: Option<Brief>,
    /// The text that was asked about, if it was a text.
    pub text: Option<String>,
    /// The model whose vectors found the pool.
    pub model: String,
    /// The second model, if it compared the newest of them.
    pub second_model: Option<String>,
    /// The most similar papers, the best first.
    pub neighbours: Vec<Neighbour>,
}

/// A paper and how similar it is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Neighbour {
    /// The place, from 1.
    pub rank: usize,
    /// What the order goes by: the similarity, and what words add to it or take from it.
    pub score: f64,
    /// The cosine of the vectors, -1 to 1; the second model's, on the scale of the first, where both
    /// papers have its vectors.
    pub similarity: f64,
    /// Whether that is the second model's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub second: bool,
    /// The cosine of the words, 0 to 1; absent beyond the pool in which words are compared.
    pub words: Option<f64>,
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
}

/// In how many of the nearest vectors words decide too; papers beyond these follow by their vectors
/// alone. So many are read and compared in about 10 ms.
const POOL: usize = 200;

/// The `n` papers most similar to a subject by meaning and words, as [`similar`](crate::recommend::similar)
/// fuses them, among those that are meant: never fewer than `n` while there are so many of them. A paper is
/// not its own neighbour.
fn similar(library: &Library, subject: &Subject, n: usize, within: &Within) -> Result<Similar> {
    if let Subject::Text(text) = subject
        && !knows(library, text)?
    {
        return Err(Error::NothingListed("no paper here has any of these words".into()));
    }
    similar_among(library, subject, n, rows_meant(library, within)?)
}

/// Whether any paper has a word of a text. A text in Korean is known without: papers may be in English.
pub(crate) fn knows(library: &Library, text: &str) -> Result<bool> {
    Ok(text.contains(is_hangul) || library.store.has_any(text)?)
}

/// The rows that are meant, ascending; `None` is all of them.
pub(crate) fn rows_meant(library: &Library, within: &Within) -> Result<Option<Vec<Row>>> {
    let muted = if within.unmuted { library.muted_rows()? } else { HashSet::new() };
    if muted.is_empty() && (Within { unmuted: false, ..within.clone() }) == Within::default() {
        return Ok(None);
    }
    let mut rows = library.store.rows_within(within, library.reader)?;
    rows.retain(|row| !muted.contains(row));
    Ok(Some(rows))
}

/// The same among the rows that are meant.
pub(crate) fn similar_among(
    library: &Library,
    subject: &Subject,
    n: usize,
    meant: Option<Vec<Row>>,
) -> Result<Similar> {
    let (brief, text, own, vector) = match subject {
        Subject::Paper(id) => {
            let row = library.store.paper(id)?.row;
            let (paper, vector) = library.with_vectors(&[row])?.pop().ok_or(Error::NoDirection)?;
            (Some(Brief::of(&paper.paper)), None, vec![row], vector)
        }
        Subject::Text(text) => {
            let vector =
                library.embedder.embed(Role::Query, &[text], &Silent)?.pop().ok_or(Error::NoDirection)?;
            (None, Some(text.clone()), Vec::new(), vector)
        }
    };
    let own_text = match &text {
        Some(text) => text.clone(),
        None => library.store.texts(&own)?.concat(),
    };
    let mut nearest = match meant {
        None => library.nearest(&vector, n.max(POOL), Allowed::Except(&own))?,
        Some(mut rows) => {
            rows.retain(|row| !own.contains(row));
            library.nearest(&vector, n.max(POOL), Allowed::Only(&rows))?
        }
    };
    let seconds = second_opinion(library, subject, &own, &mut nearest)?;
    let mut scored = with_words(library, &own_text, &nearest, &seconds)?;
    scored.truncate(n);
    let rows: Vec<Row> = scored.iter().map(|s| s.row).collect();
    let papers = library.store.papers(&rows)?;
    let neighbours = papers.iter().zip(&scored).enumerate().map(|(i, (paper, scored))| Neighbour {
        rank: i + 1,
        score: f64::from(scored.score),
        similarity: f64::from(scored.similarity),
        second: scored.second,
        words: scored.words.map(f64::from),
        paper: Brief::of(&paper.paper),
    });
    let neighbours = neighbours.collect();
    let model = library.embedder.model().to_string();
    let second = library.newest.as_ref().filter(|_| seconds.contains(&true));
    let second_model = second.map(|(embedder, _)| embedder.model().to_string());
    Ok(Similar { paper: brief, text, model, second_model, neighbours })
}

/// Lets the second model compare what it has read of the pool, if it knows the subject; for which
/// papers it did.
fn second_opinion(
    library: &Library,
    subject: &Subject,
    own: &[Row],
    nearest: &mut [Nearest],
) -> Result<Vec<bool>> {
    let mut seconds = vec![false; nearest.len()];
    let Some((embedder, _)) = &library.newest else { return Ok(seconds) };
    let vector = match subject {
        Subject::Paper(_) => library.store.vectors(embedder.model(), own)?.pop().flatten(),
        Subject::Text(text) => embedder.embed(Role::Query, &[text], &Silent)?.pop(),
    };
    let Some(vector) = vector else { return Ok(seconds) };
    let pool = &mut nearest[..seconds.len().min(POOL)];
    let rows: Vec<Row> = pool.iter().map(|n| n.row).collect();
    let theirs = library.store.vectors(embedder.model(), &rows)?;
    let second: Vec<Option<f32>> = theirs.iter().map(|v| Some(vector.cosine(v.as_ref()?))).collect();
    let first: Vec<f32> = pool.iter().map(|n| n.similarity).collect();
    let moved = fusion::second_opinion(&first, &second);
    for (i, (near, similarity)) in pool.iter_mut().zip(moved).enumerate() {
        near.similarity = similarity;
        seconds[i] = second[i].is_some();
    }
    Ok(seconds)
}

/// The nearest rows in the order of their fused scores, ties by row.
fn with_words(library: &Library, text: &str, nearest: &[Nearest], seconds: &[bool]) -> Result<Vec<Scored>> {
    let pool = &nearest[..nearest.len().min(POOL)];
    let rows: Vec<Row> = pool.iter().map(|n| n.row).collect();
    let meaning: Vec<f32> = pool.iter().map(|n| n.similarity).collect();
    let words = fusion::words(text, &library.store.texts(&rows)?);
    let scores = fusion::fuse(&meaning, &words);
    let place = |i: usize, score, words| {
        let Nearest { row, similarity } = nearest[i];
        Scored { row, score, similarity, second: seconds[i], words }
    };
    let mut scored: Vec<Scored> = (0..pool.len()).map(|i| place(i, scores[i], Some(words[i]))).collect();
    scored.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    // Nothing behind the pool stands before anything in it.
    let last = scored.last().map_or(f32::INFINITY, |s| s.score);
    let rest = pool.len()..nearest.len();
    scored.extend(rest.map(|i| place(i, nearest[i].similarity.min(last), None)));
    Ok(scored)
}

/// A row with its scores.
struct Scored {
    row: Row,
    score: f32,
    similarity: f32,
    second: bool,
    words: Option<f32>,
}
