//! How good the groups are: on the library's own days, and on papers that people have grouped.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::embed::{Embedding, embed_papers};
use crate::error::{Error, Result};
use crate::evaluate::groups::{
    adjusted_rand, best_k_means, cosines, k_means, labels, leave_one_out, share_alone, silhouette, v_measure,
};
use crate::library::{Library, bodies, documents};
use crate::paper::{Paper, PaperId, Right};
use crate::progress::{Progress, Silent};
use crate::topics::{self, Calibration, Document};
use crate::verbs::{Context, Verb, Whole};

/// Judge the groups on the library's days.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JudgeGroups {
    /// So many of the library's days, spread evenly.
    pub days: JudgedDays,
}

/// How many days are judged.
pub type JudgedDays = Whole<1, 200>;

impl Default for JudgeGroups {
    fn default() -> Self {
        Self { days: JudgedDays::known(60) }
    }
}

/// Groupings that were judged.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GroupingTests {
    /// Each set of papers that was grouped.
    pub tests: Vec<GroupingTest>,
}

/// How many papers are left out of a day, one after the other.
const DRAWS: usize = 50;

impl Verb for JudgeGroups {
    const NAME: &'static str = "eval topics";
    const SHAPE: &'static str = "eval-topics/1";
    const RIGHT: Right = Right::Own;
    type Answer = GroupingTests;

    /// # Errors
    /// [`Error::NothingListed`].
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<GroupingTests> {
        let test = eval_topic_days(library, self.days.get() as usize, DRAWS, context.progress)?;
        Ok(GroupingTests { tests: vec![test] })
    }
}

/// A way of grouping in figures.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Grouping {
    /// Which one.
    pub method: &'static str,
    /// Mean silhouette of a paper, -1 to 1; of days only.
    pub silhouette: Option<f64>,
    /// The share of papers that stand alone.
    pub alone: f64,
    /// Mean number of groups of two or more.
    pub groups: f64,
    /// Mean agreement with the same day without one paper; of days only.
    pub leave_one_out: Option<f64>,
    /// V-measure against the gold groups.
    pub v_measure: Option<f64>,
    /// Adjusted Rand index against the gold groups.
    pub adjusted_rand: Option<f64>,
}

/// Groupings of the same papers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GroupingTest {
    /// What was grouped.
    pub name: String,
    /// How often: days.
    pub n: usize,
    /// Mean number of papers.
    pub papers: f64,
    /// Gold groups, where there are any.
    pub gold: Option<usize>,
    /// The ways.
    pub methods: Vec<Grouping>,
}

/// A way of grouping some of the documents, as labels.
type Method<'a> = (&'static str, Box<dyn Fn(&[usize]) -> Vec<usize> + 'a>);

/// Groups `n_days` of the library's days with three papers or more, spread evenly, in several ways;
/// `progress` hears of each day.
///
/// # Errors
/// [`Error::NothingListed`].
pub fn eval_topic_days(
    library: &Library,
    n_days: usize,
    n_draws: usize,
    progress: &dyn Progress,
) -> Result<GroupingTest> {
    let calibration = library.calibration()?;
    let days = spread_days(library, n_days)?;
    let mut papers = 0;
    let mut sums: BTreeMap<usize, (&'static str, [f64; 4])> = BTreeMap::new();
    for &day in &days {
        let listed = library.with_vectors(&library.store.listed(day, day)?)?;
        let texts = bodies(&listed);
        let documents = documents(&listed, &texts);
        let vectors: Vec<&Embedding> = listed.iter().map(|(_, vector)| vector).collect();
        let cosines = cosines(&vectors);
        papers += listed.len();
        for (place, (name, method)) in methods(&documents, calibration).into_iter().enumerate() {
            let everyone: Vec<usize> = (0..documents.len()).collect();
            let found = method(&everyone);
            let sum = sums.entry(place).or_insert((name, [0.0; 4]));
            sum.1[0] += silhouette(&cosines, &found);
            sum.1[1] += share_alone(&found);
            sum.1[2] += n_groups(&found) as f64;
            sum.1[3] += leave_one_out(documents.len(), n_draws, &method);
        }
        progress.advance(1);
    }
    let n = days.len().max(1) as f64;
    let methods = sums.into_values().map(|(method, [silhouette, alone, groups, agreement])| Grouping {
        method,
        silhouette: Some(silhouette / n),
        alone: alone / n,
        groups: groups / n,
        leave_one_out: Some(agreement / n),
        v_measure: None,
        adjusted_rand: None,
    });
    Ok(GroupingTest {
        name: "days of the library".into(),
        n: days.len(),
        papers: papers as f64 / n,
        gold: None,
        methods: methods.collect(),
    })
}

/// Groups papers of the `n_categories` largest primary categories, `per_category` of each spread
/// evenly over the list, against those categories.
///
/// # Errors
/// [`Error::Invalid`] if there are fewer than two categories of that size.
pub fn eval_topic_categories(
    library: &Library,
    papers: Vec<Paper>,
    n_categories: usize,
    per_category: usize,
) -> Result<GroupingTest> {
    let mut by_category: BTreeMap<String, Vec<Paper>> = BTreeMap::new();
    for paper in papers {
        if let Some(primary) = paper.categories.first() {
            by_category.entry(primary.clone()).or_default().push(paper);
        }
    }
    let mut largest: Vec<(String, Vec<Paper>)> =
        by_category.into_iter().filter(|(_, papers)| papers.len() >= per_category).collect();
    largest.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    largest.truncate(n_categories);
    let mut chosen: Vec<(Paper, String)> = Vec::new();
    for (category, papers) in largest {
        let n = papers.len();
        let places: BTreeSet<usize> = (0..per_category).map(|i| i * n / per_category).collect();
        let kept = papers.into_iter().enumerate().filter(|(i, _)| places.contains(i));
        chosen.extend(kept.map(|(_, paper)| (paper, category.clone())));
    }
    eval_gold(library, "categories".into(), chosen)
}

/// Groups the papers of a reading list that the library holds, against the list's sections. A line
/// is an object with `id` and `section`; a paper in two sections counts in the first.
///
/// # Errors
/// [`Error::Invalid`] for a line that is no such object, or fewer than two sections of two papers.
pub fn eval_topic_sections(library: &Library, name: &str, list: impl BufRead) -> Result<GroupingTest> {
    #[derive(serde::Deserialize)]
    struct ListLine {
        id: String,
        section: Option<String>,
    }
    let mut sections: BTreeMap<PaperId, String> = BTreeMap::new();
    for line in list.lines() {
        let line = line.map_err(Error::io(name))?;
        let line: ListLine =
            serde_json::from_str(&line).map_err(|e| Error::Invalid(format!("{name}: {e}")))?;
        if let (Ok((id, _)), Some(section)) = (PaperId::parse(&line.id), line.section) {
            sections.entry(id).or_insert(section);
        }
    }
    let mut found: Vec<(Paper, String)> = Vec::new();
    for (id, section) in sections {
        match library.store.paper(&id) {
            Ok(stored) => found.push((stored.paper, section)),
            Err(Error::UnknownPaper { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    found.iter().for_each(|(_, section)| *sizes.entry(section.clone()).or_default() += 1);
    found.retain(|(_, section)| sizes[section] > 1);
    eval_gold(library, name.to_owned(), found)
}

fn eval_gold(library: &Library, name: String, papers: Vec<(Paper, String)>) -> Result<GroupingTest> {
    let names: BTreeSet<&String> = papers.iter().map(|(_, gold)| gold).collect();
    let k = names.len();
    if k < 2 {
        return Err(Error::Invalid(format!("{name}: two groups of papers or more are needed, there is {k}")));
    }
    let gold: Vec<usize> =
        papers.iter().map(|(_, gold)| names.iter().position(|n| *n == gold).unwrap_or(k)).collect();
    let only: Vec<&Paper> = papers.iter().map(|(paper, _)| paper).collect();
    let vectors = embed_papers(library.embedder.as_ref(), &only, &Silent)?;
    let texts: Vec<String> = only.iter().map(|paper| paper.abstract_text.clone()).collect();
    let document = |i: usize| Document {
        id: &only[i].id,
        title: &only[i].title,
        text: &texts[i],
        embedding: &vectors[i],
        votes: None,
    };
    let documents: Vec<Document<'_>> = (0..only.len()).map(document).collect();
    let refs: Vec<&Document<'_>> = documents.iter().collect();
    let calibration = library.calibration()?;
    let everyone: Vec<usize> = (0..documents.len()).collect();
    let vectors: Vec<&Embedding> = vectors.iter().collect();
    let mut ways = methods(&documents, calibration);
    ways.push((
        "this, at the gold number of groups",
        Box::new(|_| labels(refs.len(), &topics::partition_into(&refs, calibration, k))),
    ));
    ways.push(("k-means, at the gold number of groups", Box::new(|_| k_means(&vectors, k))));
    let judged = |(method, way): Method<'_>| {
        let found = way(&everyone);
        Grouping {
            method,
            silhouette: None,
            alone: share_alone(&found),
            groups: n_groups(&found) as f64,
            leave_one_out: None,
            v_measure: Some(v_measure(&gold, &found)),
            adjusted_rand: Some(adjusted_rand(&gold, &found)),
        }
    };
    let methods = ways.into_iter().map(judged).collect();
    Ok(GroupingTest { name, n: 1, papers: only.len() as f64, gold: Some(k), methods })
}

/// Days with three papers or more, spread evenly over the library's.
fn spread_days(library: &Library, n: usize) -> Result<Vec<Date>> {
    let days = library.store.days_of(3)?;
    if days.is_empty() {
        return Err(Error::NothingListed("no day of the library has three papers".into()));
    }
    let n = n.min(days.len());
    Ok((0..n).map(|i| days[i * days.len() / n]).collect())
}

fn methods<'a>(documents: &'a [Document<'a>], calibration: Calibration) -> Vec<Method<'a>> {
    let ours = move |chosen: &[usize]| {
        let chosen: Vec<&Document<'_>> = chosen.iter().map(|&i| &documents[i]).collect();
        labels(chosen.len(), &topics::partition(&chosen, calibration))
    };
    let vectors =
        |chosen: &[usize]| chosen.iter().map(|&i| documents[i].embedding).collect::<Vec<&Embedding>>();
    let mut methods: Vec<Method<'a>> = vec![("this", Box::new(ours))];
    methods.push(("k-means, best silhouette", Box::new(move |chosen| best_k_means(&vectors(chosen)))));
    #[cfg(feature = "hdbscan")]
    methods.push(("HDBSCAN", Box::new(move |chosen| crate::evaluate::hdbscan::labels(&vectors(chosen)))));
    methods
}

fn n_groups(labels: &[usize]) -> usize {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    labels.iter().for_each(|&l| *sizes.entry(l).or_default() += 1);
    sizes.values().filter(|&&n| n > 1).count()
}
