//! Why a paper has its score.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::named;
use super::{Context, Verb};
use crate::error::{Error, Result};
use crate::library::{Learned, Library, borrowed};
use crate::paper::{Brief, PaperId};
use crate::recommend::{Block, Explanation};

/// Why a paper has its score.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Explain {
    /// The paper: `2404.15653`, or any address of it.
    #[serde(deserialize_with = "named")]
    #[schemars(with = "String", length(min = 1, max = 500), extend("example" = "2404.15653"))]
    pub id: PaperId,
}

impl Verb for Explain {
    const NAME: &'static str = "why";
    const SHAPE: &'static str = "why/1";
    type Answer = Why;

    /// # Errors
    /// [`Error::UnknownPaper`]; [`Error::Invalid`] as long as nothing is rated.
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Why> {
        why(library, &self.id)
    }
}

/// Why a paper has its score, and what a rating would make of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Why {
    /// Why it has it.
    #[serde(flatten)]
    pub reasons: Reasons,
    /// The score if it were liked.
    pub if_liked: f64,
    /// The score if it were disliked.
    pub if_disliked: f64,
}

/// Why a paper has its score, told twice: `likes`, `dislikes` and `background` add up to the
/// logit, and so do `blocks` and `constant`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Reasons {
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
    /// The probability that the reader likes it, 0 to 1.
    pub score: f64,
    /// What the parts add up to, unbounded; above 0 it is nearer to the likes than to the rest.
    pub logit: f64,
    /// The interest that it belongs to.
    pub interest: Option<String>,
    /// What each like adds, the most first.
    pub likes: Vec<RatedAdds>,
    /// What each dislike adds, the least first.
    pub dislikes: Vec<RatedAdds>,
    /// What the papers that were not rated add together.
    pub background: f64,
    /// What each part of the paper adds: meaning, terms, authors, categories, votes, interest.
    pub blocks: Vec<Adds>,
    /// What every paper gets.
    pub constant: f64,
    /// The terms, authors and categories that add most, up or down.
    pub features: Vec<Adds>,
    /// The likes without which the logit would be below 0; empty where there are none such.
    pub carried_by: Vec<String>,
}

/// A named part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Adds {
    /// What it is.
    pub name: String,
    /// How much it adds to the logit.
    pub adds: f64,
}

/// What a rated paper adds to a score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RatedAdds {
    /// The paper.
    pub id: PaperId,
    /// Its title.
    pub title: String,
    /// How much it adds to the logit.
    pub adds: f64,
}

/// How many terms and names are told.
const FEATURES: usize = 12;

/// Why a paper of the library has its score, and what a rating would make of it: that takes learning
/// twice.
///
/// # Errors
/// [`Error::UnknownPaper`]; [`Error::Invalid`] as long as nothing is rated.
pub fn why(library: &Library, id: &PaperId) -> Result<Why> {
    let reasons = reasons(library, id)?;
    let row = library.store.paper(id)?.row;
    let embedder = library.profile_model(&[row])?;
    let papers = library.with_vectors_of(embedder, &[row])?;
    let score_if = |liked| -> Result<f64> {
        let mut other = library.learn_as_if(embedder, &[(row, liked)])?;
        let at = other.corpus.extend(&borrowed(&papers));
        Ok(other.profile.probability(&other.corpus, at))
    };
    Ok(Why { if_liked: score_if(true)?, if_disliked: score_if(false)?, reasons })
}

/// Why a paper of the library has its score.
///
/// # Errors
/// Those of [`why`](why).
pub fn reasons(library: &Library, id: &PaperId) -> Result<Reasons> {
    let row = library.store.paper(id)?.row;
    let embedder = library.profile_model(&[row])?;
    let mut learned = library.learned(embedder)?.ok_or_else(|| {
        Error::Invalid("there is no score yet: nothing is rated (`paperpick like ID`)".into())
    })?;
    let papers = library.with_vectors_of(embedder, &[row])?;
    let paper = &papers.first().ok_or(Error::NoDirection)?.0.paper;
    let at = learned.corpus.extend(&borrowed(&papers));
    let explanation = learned.profile.explain(&learned.corpus, at, &learned.corpus);
    let rated = |liked: bool| {
        let of = |&&(_, like, _): &&(usize, bool, f64)| like == liked;
        let named = |&(row, _, adds): &(usize, bool, f64)| RatedAdds {
            id: learned.rated[row].id.clone(),
            title: learned.rated[row].title.clone(),
            adds,
        };
        let mut all: Vec<RatedAdds> = explanation.rated.iter().filter(of).map(named).collect();
        let sign = if liked { -1.0 } else { 1.0 };
        all.sort_by(|a, b| (sign * a.adds).total_cmp(&(sign * b.adds)).then_with(|| a.id.cmp(&b.id)));
        all
    };
    Ok(Reasons {
        score: learned.profile.scaled(explanation.logit),
        logit: explanation.logit,
        interest: learned.profile.interest(&learned.corpus, at).map(|i| learned.interests[i].name.clone()),
        likes: rated(true),
        dislikes: rated(false),
        background: explanation.background,
        blocks: blocks(&explanation),
        constant: explanation.constant,
        features: features(&learned, at, paper),
        carried_by: explanation.carried_by().iter().map(|&r| learned.rated[r].id.to_string()).collect(),
        paper: Brief::of(paper),
    })
}

/// The `n` words and names that move scores most, up or down: what each adds on average to a
/// rated paper that has it. Empty as long as nothing is rated.
///
/// # Errors
/// [`Error::Sqlite`], or [`Error::Model`] if the model cannot run.
pub fn learned_words(library: &Library, n: usize) -> Result<Vec<Adds>> {
    let Some(learned) = library.learned(library.profile_model(&[])?)? else { return Ok(Vec::new()) };
    let mut sums: BTreeMap<String, (f64, usize)> = BTreeMap::new();
    for (row, rated) in learned.rated.iter().enumerate() {
        let paper = library.store.paper(&rated.id)?.paper;
        for Adds { name, adds } in features(&learned, row, &paper) {
            let (sum, count) = sums.entry(name).or_default();
            (*sum, *count) = (*sum + adds, *count + 1);
        }
    }
    let mean = |(name, (sum, count)): (String, (f64, usize))| Adds { name, adds: sum / count as f64 };
    let mut words: Vec<Adds> = sums.into_iter().map(mean).collect();
    words.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()).then_with(|| a.name.cmp(&b.name)));
    words.truncate(n);
    Ok(words)
}

fn blocks(explanation: &Explanation) -> Vec<Adds> {
    let name = |block| match block {
        Block::Meaning => "meaning",
        Block::Terms => "terms",
        Block::Authors => "authors",
        Block::Categories => "categories",
        Block::Votes => "votes",
        Block::Interest => "interest",
    };
    explanation.blocks.iter().map(|&(block, adds)| Adds { name: name(block).to_owned(), adds }).collect()
}

fn features(learned: &Learned, row: usize, paper: &crate::Paper) -> Vec<Adds> {
    let lexicon = learned.corpus.lexicon();
    let mut names = lexicon.words(paper);
    let in_title: Vec<(u32, String)> = names
        .iter()
        .map(|(column, word)| (column + lexicon.len() as u32, format!("{word} (title)")))
        .collect();
    names.extend(in_title);
    for (block, list) in [(Block::Authors, &paper.authors), (Block::Categories, &paper.categories)] {
        names.extend(list.iter().map(|name| (lexicon.name_column(block, name), name.clone())));
    }
    let features = learned.profile.features(&learned.corpus, row).into_iter();
    let named = |(column, adds)| Some(Adds { name: names.get(&column)?.clone(), adds });
    let mut features: Vec<Adds> = features.filter_map(named).collect();
    features.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()).then_with(|| a.name.cmp(&b.name)));
    features.truncate(FEATURES);
    features
}
