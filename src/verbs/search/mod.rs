//! Papers found by what they say and what they mean.

mod asked;
mod unsaid;

use std::collections::{HashMap, HashSet};

use jiff::ToSpan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use unsaid::Unsaid;

use asked::Asked;

use super::shapes::fields::Filter;
use super::similar::{Subject, knows, rows_meant, similar_among};
use super::{Context, Count, Paged, Text, Verb};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{Brief, PaperId, Right, Row, Within, family, unaccented};

/// The constant k of reciprocal rank fusion, as its paper has it (Cormack, Clarke and Büttcher 2009).
const RRF_K: f64 = 60.0;
/// So many places of both lists are fused, however many are wanted: a longer answer begins as a shorter one.
const DEPTH: usize = 60;

/// Papers that hold the words, or mean them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Search {
    /// The words, in English or Korean; the last may be unfinished. `"A phrase"` stands word by word, `-word` does not
    /// stand there, and `author:NAME`, `category:cs.CL`, `since:`, `until:` and `on:` (a day, a month or a year) say
    /// among which papers. An identifier or an address is the paper itself.
    pub words: Text<1_000>,
    /// Papers that say the words or mean them; or only those that hold all of them.
    #[serde(default)]
    pub by: SearchBy,
    /// Among which papers.
    #[serde(flatten)]
    pub filter: Filter,
    /// How many.
    #[serde(default)]
    pub n: Count,
}

/// How to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SearchBy {
    /// Papers that say the words, and papers that mean them.
    #[default]
    Both,
    /// Papers that hold all of the words.
    Words,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SearchResults {
    /// The words that were looked for.
    pub words: String,
    /// The paper that the words name, where the library does not have it.
    pub missing: Option<String>,
    /// Words that no paper says, or hardly any.
    pub unsaid: Vec<Unsaid>,
    /// The papers, the best match first; the newest where no word says which.
    pub papers: Vec<Brief>,
}

impl Verb for Search {
    const NAME: &'static str = "search";
    const SHAPE: &'static str = "search/1";
    const RIGHT: Right = Right::Look;
    type Answer = SearchResults;

    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<SearchResults> {
        match named(&self.words) {
            Some(id) => of_name(library, &self, &id),
            None => find(library, &self),
        }
    }
}

impl Paged for Search {
    type Item = Brief;

    fn reaching(self, _: usize, reach: usize) -> Self {
        Self { n: Count::at_most(reach), ..self }
    }

    fn items(answer: &mut SearchResults) -> &mut Vec<Brief> {
        &mut answer.papers
    }

    fn id(item: &Brief) -> String {
        item.id.clone()
    }
}

/// The paper that the words name, and nothing else.
fn named(words: &Text<1_000>) -> Option<PaperId> {
    let words = words.as_str().trim();
    let is_one =
        !words.contains(char::is_whitespace) && words.contains(|c: char| c.is_ascii_digit() || c == ':');
    PaperId::parse(words).ok().filter(|_| is_one).map(|(id, _)| id)
}

/// The paper of a name, if it is there and meant.
fn of_name(library: &Library, search: &Search, id: &PaperId) -> Result<SearchResults> {
    let found = match library.store.paper(id) {
        Err(Error::UnknownPaper { .. }) => None,
        found => Some(found?),
    };
    let missing = found.is_none().then(|| id.to_string());
    let meant = rows_meant(library, &search.filter.clone().into())?;
    let is_meant = |row: &Row| meant.as_ref().is_none_or(|meant| meant.binary_search(row).is_ok());
    let papers =
        found.iter().filter(|found| is_meant(&found.row)).map(|found| Brief::of(&found.paper)).collect();
    Ok(SearchResults { words: search.words.to_string(), missing, unsaid: Vec::new(), papers })
}

/// The first papers by their ranks among those that hold all of the words and among those that mean them; by
/// words alone where that is wanted, or where no paper has any of them.
fn find(library: &Library, search: &Search) -> Result<SearchResults> {
    let (mut asked, n) = (Asked::read(search.words.as_str())?, search.n.get());
    for phrase in &mut asked.phrases {
        let (mended, unsaid) = unsaid::read(library.store.as_ref(), phrase)?;
        if unsaid.iter().all(|word| word.instead.is_some()) {
            *phrase = mended;
        }
    }
    let answer =
        |unsaid, papers| SearchResults { words: search.words.to_string(), missing: None, unsaid, papers };
    if asked == Asked::default() {
        return Ok(answer(Vec::new(), Vec::new())); // signs alone
    }
    let (depth, meant) = (n.max(DEPTH), meant(library, search, &asked)?);
    if asked.words.is_empty() {
        return Ok(answer(Vec::new(), newest(library, meant, n)?));
    }
    let (words, unsaid) = unsaid::read(library.store.as_ref(), &asked.words)?;
    // A word that no paper says finds none.
    let is_lost = unsaid.iter().any(|word| word.papers == 0 && word.instead.is_none());
    let strictly = if search.by == SearchBy::Words && is_lost { &asked.words } else { &words };
    let said = library.store.papers(&library.store.search(strictly, depth, meant.as_deref())?)?;
    let mut papers: Vec<Brief> = said.iter().map(|stored| Brief::of(&stored.paper)).collect();
    if search.by == SearchBy::Both && knows(library, &words)? {
        let near = similar_among(library, &Subject::Text(words), depth, meant)?;
        let near = near.neighbours.into_iter().map(|neighbour| neighbour.paper).collect();
        papers = both(papers, near);
    }
    papers.truncate(n);
    Ok(answer(unsaid, papers))
}

/// The rows that are meant, ascending; `None` is all of them.
fn meant(library: &Library, search: &Search, asked: &Asked) -> Result<Option<Vec<Row>>> {
    let mut within = Within::from(search.filter.clone());
    within.since = asked.within.since.max(within.since);
    within.until = asked.within.until.into_iter().chain(within.until).min();
    let meant = rows_meant(library, &within)?;
    let categories = Within { categories: asked.within.categories.clone(), ..Within::default() };
    let meant = both_meant(meant, rows_meant(library, &categories)?);
    if !asked.is_strict() {
        return Ok(meant);
    }
    let families: Vec<String> = asked.authors.iter().map(|name| family_of(name).to_owned()).collect();
    let mut rows = library.store.rows_saying(&asked.phrases, &asked.without, &families)?;
    if !asked.literal.is_empty() {
        let mut holding = library.store.search(&asked.literal.join(" "), LITERALLY, Some(&rows))?;
        holding.sort_unstable();
        rows = holding;
    }
    let meant = both_meant(meant, Some(rows));
    meant.map(|rows| strictly(library, rows, asked)).transpose()
}

/// So many papers are read, the newest, for what the store's words do not tell.
const LITERALLY: usize = 20_000;

/// Of these rows those that say what signs belong to and have the authors by their whole names.
fn strictly(library: &Library, mut rows: Vec<Row>, asked: &Asked) -> Result<Vec<Row>> {
    let has_given_names = asked.authors.iter().any(|name| name.split_whitespace().count() > 1);
    if asked.literal.is_empty() && !has_given_names {
        return Ok(rows);
    }
    rows.drain(..rows.len().saturating_sub(LITERALLY));
    let said = library.store.said(&rows)?;
    let is_meant = |said: &crate::paper::Said| {
        let text = said.text.to_lowercase();
        asked.literal.iter().all(|word| text.contains(word.as_str()))
            && asked.authors.iter().all(|name| said.authors.iter().any(|author| is_called(author, name)))
    };
    Ok(rows.into_iter().zip(&said).filter(|(_, said)| is_meant(said)).map(|(row, _)| row).collect())
}

/// Whether an author can be the one of this name: one family name, and each given name that is asked for is there, or
/// its initial.
fn is_called(author: &str, name: &str) -> bool {
    let words = |name: &str| {
        let folded = unaccented(name).to_lowercase();
        let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    let (author, family, name) = (words(author), words(family_of(name)), words(name));
    let is_of = |word: &String, other: &String| {
        let is_initial = !family.contains(word) && (word.chars().count() == 1 || other.chars().count() == 1);
        word == other || (is_initial && word.chars().next() == other.chars().next())
    };
    name.iter().all(|word| author.iter().any(|other| is_of(word, other)))
}

/// The family name of a name in either order: `Yoshua Bengio`, `Bengio, Yoshua`.
fn family_of(name: &str) -> &str {
    name.split_once(',').map_or_else(|| family(name), |(family, _)| family)
}

/// The rows of both lists, ascending; `None` is all rows.
fn both_meant(a: Option<Vec<Row>>, b: Option<Vec<Row>>) -> Option<Vec<Row>> {
    match (a, b) {
        (Some(mut a), Some(b)) => {
            a.retain(|row| b.binary_search(row).is_ok());
            Some(a)
        }
        (a, b) => a.or(b),
    }
}

/// The papers that were listed last, of those that are meant: of the last week, if it has as many, and so on.
fn newest(library: &Library, meant: Option<Vec<Row>>, n: usize) -> Result<Vec<Brief>> {
    let mut rows = Vec::new();
    let last = library.store.newest_day()?;
    for days in [Some(7), Some(70), Some(700), None] {
        let since = last.zip(days).and_then(|(last, days)| last.checked_sub(days.days()).ok());
        let within = Within { since, ..Within::default() };
        rows = both_meant(Some(library.store.rows_within(&within, library.reader)?), meant.clone())
            .unwrap_or_default();
        if rows.len() >= n {
            break;
        }
    }
    rows.drain(..rows.len().saturating_sub(LITERALLY));
    let mut papers: Vec<Brief> =
        library.store.papers(&rows)?.iter().map(|stored| Brief::of(&stored.paper)).collect();
    papers.sort_by(|a, b| b.listed.cmp(&a.listed).then_with(|| b.id.cmp(&a.id)));
    papers.truncate(n);
    Ok(papers)
}

/// Both lists in one: their first places fused, and behind these the rest of each in turn.
fn both(mut said: Vec<Brief>, mut meant: Vec<Brief>) -> Vec<Brief> {
    let rest_said = said.split_off(said.len().min(DEPTH));
    let rest_meant = meant.split_off(meant.len().min(DEPTH));
    let mut papers = fused(said, meant);
    let mut known: HashSet<String> = papers.iter().map(|paper| paper.id.clone()).collect();
    let (mut rest_said, mut rest_meant) = (rest_said.into_iter(), rest_meant.into_iter());
    loop {
        let turn = [rest_said.next(), rest_meant.next()];
        if turn.iter().all(Option::is_none) {
            return papers;
        }
        papers.extend(turn.into_iter().flatten().filter(|paper| known.insert(paper.id.clone())));
    }
}

/// Reciprocal rank fusion: a paper's score is the sum of 1 / (k + rank) over the lists, ranks from 1; ties by
/// identifier.
fn fused(said: Vec<Brief>, meant: Vec<Brief>) -> Vec<Brief> {
    let mut scores: HashMap<String, (f64, Brief)> = HashMap::new();
    for list in [said, meant] {
        for (rank, paper) in (1_u32..).zip(list) {
            let entry = scores.entry(paper.id.clone()).or_insert((0.0, paper));
            entry.0 += 1.0 / (RRF_K + f64::from(rank));
        }
    }
    let mut scored: Vec<(f64, Brief)> = scores.into_values().collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    scored.into_iter().map(|(_, paper)| paper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{Paper, PaperId};

    fn brief(id: &str) -> Brief {
        Brief::of(&Paper::new(PaperId::parse(id).unwrap().0, id))
    }

    /// The lists were fused as deep as was asked for, so that a later page could skip or repeat a paper.
    #[test]
    fn a_longer_answer_begins_as_a_shorter_one() {
        let list = |from: usize, n: usize| -> Vec<Brief> {
            (0..n).map(|i| brief(&format!("2401.{:05}", 1 + (from + 7 * i) % 400))).collect()
        };
        let ids = |papers: Vec<Brief>| papers.into_iter().map(|paper| paper.id).collect::<Vec<_>>();
        let whole = ids(both(list(0, 300), list(3, 300)));
        for n in [60, 61, 100, 299] {
            let shorter = ids(both(list(0, n), list(3, n)));
            assert_eq!(whole[..n.min(shorter.len())], shorter[..n.min(shorter.len())], "{n}");
        }
        let mut once = whole.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), whole.len());
    }

    #[test]
    fn ranks_are_counted_from_one() {
        let (a, b, c) = ("2401.00001", "2401.00002", "2401.00003");
        let ids = |papers: Vec<Brief>| papers.into_iter().map(|paper| paper.id).collect::<Vec<_>>();
        // First and third: 1/61 + 1/63 is more than twice second, 2/62.
        let found = fused(vec![brief(a), brief(b), brief(c)], vec![brief(c), brief(b), brief(a)]);
        assert_eq!(ids(found), [a, c, b]);
        assert_eq!(ids(fused(vec![brief(b)], vec![brief(a)])), [a, b], "ties by identifier");
    }
}
