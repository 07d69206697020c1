//! Papers similar to one paper or to a text.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shapes::fields::{Filter, named_if_any};
use super::{Context, Count, Paged, Text, Verb};
use crate::embed::Role;
use crate::error::{Error, Result};
use crate::index::{Allowed, Neighbour as Nearest};
use crate::library::Library;
use crate::paper::{Brief, PaperId, Right, Row, Said, Within, is_hangul, title_key};
use crate::progress::Silent;
use crate::recommend::similar::{self as fusion, Parts};

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
    const RIGHT: Right = Right::Look;
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
    /// The similarity that unrelated papers seldom reach: what is below is not near. Absent for a text, and in
    /// a library of few papers.
    pub floor: Option<f64>,
    /// Papers that are the subject over again, by title and authors; they are not among the neighbours.
    pub also: Vec<String>,
    /// The most similar papers, the best first.
    pub neighbours: Vec<Neighbour>,
}

/// A paper and how similar it is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Neighbour {
    /// The place, from 1.
    pub rank: usize,
    /// What the order goes by: the similarity, and what words, people and fields add to it or take from it.
    pub score: f64,
    /// The cosine of the vectors, -1 to 1; the second model's, on the scale of the first, where both
    /// papers have its vectors.
    pub similarity: f64,
    /// Whether that is the second model's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub second: bool,
    /// The cosine of the words, 0 to 1; absent beyond the pool in which words are compared.
    pub words: Option<f64>,
    /// What the score has beside the similarity; absent beyond the pool in which words are compared.
    pub parts: Option<Parts>,
    /// Papers that are this one over again, by title and authors, and less near.
    pub also: Vec<String>,
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
    let similar = similar_among(library, subject, n, rows_meant(library, within)?)?;
    let floor = if similar.paper.is_some() { floor(library)? } else { None };
    Ok(Similar { floor, ..similar })
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

/// The same among the rows that are meant, without the floor: it is a look at many vectors, for those who show it.
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
    let said = match &text {
        Some(text) => Said::text(text),
        None => library.store.said(&own)?.pop().unwrap_or_default(),
    };
    let mut nearest = match meant {
        None => library.nearest(&vector, n + POOL, Allowed::Except(&own))?,
        Some(mut rows) => {
            rows.retain(|row| !own.contains(row));
            library.nearest(&vector, n + POOL, Allowed::Only(&rows))?
        }
    };
    let seconds = second_opinion(library, subject, &own, &mut nearest)?;
    let scored = with_words(library, &said, &nearest, &seconds)?;
    let (neighbours, also) = folded(library, brief.as_ref().map(|_| &said), &scored, n)?;
    let model = library.embedder.model().to_string();
    let second = library.newest.as_ref().filter(|_| seconds.contains(&true));
    let second_model = second.map(|(embedder, _)| embedder.model().to_string());
    Ok(Similar { paper: brief, text, model, second_model, floor: None, also, neighbours })
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

/// The nearest rows in the order of their scores, ties by row.
fn with_words(library: &Library, said: &Said, nearest: &[Nearest], seconds: &[bool]) -> Result<Vec<Scored>> {
    let pool = &nearest[..nearest.len().min(POOL)];
    let rows: Vec<Row> = pool.iter().map(|n| n.row).collect();
    let meaning: Vec<f32> = pool.iter().map(|n| n.similarity).collect();
    let theirs = library.store.said(&rows)?;
    let words = fusion::words(said, &theirs);
    let parts = fusion::parts(&meaning, &words, said, &theirs);
    let place = |i: usize, score, words, parts| {
        let Nearest { row, similarity } = nearest[i];
        Scored { row, score, similarity, second: seconds[i], words, parts }
    };
    let in_pool = |i: usize| place(i, meaning[i] + parts[i].sum(), Some(words[i]), Some(parts[i]));
    let mut scored: Vec<Scored> = (0..pool.len()).map(in_pool).collect();
    scored.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    // Nothing behind the pool stands before anything in it.
    let last = scored.last().map_or(f32::INFINITY, |s| s.score);
    let rest = pool.len()..nearest.len();
    scored.extend(rest.map(|i| place(i, nearest[i].similarity.min(last), None, None)));
    Ok(scored)
}

/// The first `n` papers. A paper that is the subject or an earlier one over again, by its title and its
/// authors, does not stand there itself: the earlier one names it, or the answer does.
fn folded(
    library: &Library,
    said: Option<&Said>,
    scored: &[Scored],
    n: usize,
) -> Result<(Vec<Neighbour>, Vec<String>)> {
    let mut firsts: HashMap<String, Vec<First>> = HashMap::new();
    if let Some(said) = said {
        firsts.insert(title_key(said.title()), vec![First { place: None, authors: said.authors.clone() }]);
    }
    let (mut neighbours, mut also): (Vec<Neighbour>, Vec<String>) = Default::default();
    for chunk in scored.chunks(n.max(1)) {
        let rows: Vec<Row> = chunk.iter().map(|s| s.row).collect();
        let papers = library.store.papers(&rows)?;
        let scores: HashMap<Row, &Scored> = chunk.iter().map(|s| (s.row, s)).collect();
        for paper in papers {
            let brief = Brief::of(&paper.paper);
            let same = firsts.entry(title_key(&brief.title)).or_default();
            match same.iter().find(|first| agree(&first.authors, &brief.authors)) {
                Some(First { place: Some(place), .. }) => neighbours[*place].also.push(brief.id),
                Some(First { place: None, .. }) => also.push(brief.id),
                None => {
                    same.push(First { place: Some(neighbours.len()), authors: brief.authors.clone() });
                    neighbours.push(scores[&paper.row].neighbour(neighbours.len() + 1, brief));
                }
            }
        }
        if neighbours.len() >= n {
            break;
        }
    }
    neighbours.truncate(n);
    Ok((neighbours, also))
}

/// The first paper of a title: its place among the neighbours, or the subject itself.
struct First {
    place: Option<usize>,
    authors: Vec<String>,
}

/// Whether two lists of authors can be of one paper: `Editorial` is written by many.
fn agree(a: &[String], b: &[String]) -> bool {
    a.is_empty() || b.is_empty() || a.first() == b.first()
}

/// How many papers are drawn to learn how near two are by chance.
const DRAWN: usize = 256;
/// Fewer papers tell nothing.
const FEWEST: usize = 30;
/// How many standard deviations above the median the floor is.
const ABOVE: f32 = 2.0;

/// What pairs of papers seldom reach that have nothing to do with each other: two standard deviations above the
/// median of pairs drawn at random. The deviation is that of the lower side, where no related pair stands.
fn floor(library: &Library) -> Result<Option<f64>> {
    let rows = library.store.sample(DRAWN, 1)?;
    let vectors: Vec<_> =
        library.store.vectors(library.embedder.model(), &rows)?.into_iter().flatten().collect();
    if vectors.len() < FEWEST {
        return Ok(None);
    }
    let pairs = vectors.iter().enumerate().flat_map(|(i, a)| vectors[..i].iter().map(|b| a.cosine(b)));
    let mut cosines: Vec<f32> = pairs.collect();
    cosines.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| cosines[(cosines.len() as f64 * share) as usize];
    // One standard deviation below the mean of a normal distribution is .159 of it.
    let (median, low) = (at(0.5), at(0.159));
    Ok(Some(f64::from(median + ABOVE * (median - low))))
}

/// A row with its scores.
struct Scored {
    row: Row,
    score: f32,
    similarity: f32,
    second: bool,
    words: Option<f32>,
    parts: Option<Parts>,
}

impl Scored {
    fn neighbour(&self, rank: usize, paper: Brief) -> Neighbour {
        Neighbour {
            rank,
            score: f64::from(self.score),
            similarity: f64::from(self.similarity),
            second: self.second,
            words: self.words.map(f64::from),
            parts: self.parts,
            also: Vec::new(),
            paper,
        }
    }
}
