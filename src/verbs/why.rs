//! Why a paper has its score.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shapes::fields::named;
use super::{Context, Verb};
use crate::error::{Error, Result};
use crate::library::{Learned, Library, borrowed};
use crate::paper::{Brief, PaperId, Rating, Right};
use crate::recommend::{Band, Block, Explanation, IN_TITLE, RatedPart};
use crate::terms::noun;
use crate::topics::repeats;

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
    const RIGHT: Right = Right::Look;
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

/// Why a paper has its score, told twice: `likes`, `dislikes`, `background`, `page` and `constant` add up to the
/// logit, and so do `blocks` and `constant`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Reasons {
    /// The paper.
    #[serde(flatten)]
    pub paper: Brief,
    /// The probability that the reader likes it, 0 to 1.
    pub score: f64,
    /// How likely that is, in words.
    pub band: Band,
    /// Of 100 papers of the library that the reader did not rate, so many are less likely to be liked; null if
    /// there are none.
    pub above: Option<u8>,
    /// How the reader rated it, if so; what is disliked comes last in a list, whatever its score.
    pub rated: Option<Rating>,
    /// What the sentences of `why` are made of.
    pub said: Said,
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
    /// What it adds that Hugging Face's page or a digest picked the paper; 0 if neither did.
    pub page: f64,
    /// What each part of the paper adds: meaning, terms, authors, categories, votes, interest, page.
    pub blocks: Vec<Adds>,
    /// What every paper gets.
    pub constant: f64,
    /// The terms, authors and categories that add most, up or down.
    pub features: Vec<Adds>,
    /// The likes without which the logit would be below 0; empty where there are none such.
    pub carried_by: Vec<String>,
}

/// What a person would give as reasons: what speaks for a paper, and against it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Said {
    /// The titles of the likes that it is near to and that add most.
    pub near: Vec<String>,
    /// Its words that add most.
    pub words: Vec<String>,
    /// Its authors and categories that add most.
    pub names: Vec<String>,
    /// The titles of the dislikes that it is near to and that take most.
    pub near_dislikes: Vec<String>,
    /// Its words that take most.
    pub against: Vec<String>,
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
/// Those of [`why`].
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
    let features = features(&learned, at, paper);
    let said = said(&learned, &explanation, at, paper, &features);
    let mut likes = rated_parts(&learned, &explanation, true);
    likes.sort_by(|a, b| b.adds.total_cmp(&a.adds).then_with(|| a.id.cmp(&b.id)));
    let mut dislikes = rated_parts(&learned, &explanation, false);
    dislikes.sort_by(|a, b| a.adds.total_cmp(&b.adds).then_with(|| a.id.cmp(&b.id)));
    let score = learned.profile.scaled(explanation.logit);
    let own = learned.rated.iter().find(|rated| rated.id == *id);
    Ok(Reasons {
        rated: own.map(|own| if own.liked { Rating::Like } else { Rating::Dislike }),
        score,
        band: Band::of(score),
        above: learned.profile.above(explanation.logit),
        said,
        logit: explanation.logit,
        interest: learned.profile.interest(&learned.corpus, at).map(|i| learned.interests[i].name.clone()),
        likes,
        dislikes,
        background: explanation.background,
        page: explanation.page,
        blocks: blocks(&explanation),
        constant: explanation.constant,
        features: most(features, FEATURES),
        carried_by: explanation.carried_by().iter().map(|&r| learned.rated[r].id.to_string()).collect(),
        paper: Brief::of(paper),
    })
}

/// How many titles are named, and how many words.
const NAMED: [usize; 2] = [2, 5];

/// What adds less than this part of what adds most, up or down, is not worth naming.
const WORTH: f64 = 0.3;

/// Nor is what adds less than this to the logit.
const LEAST: f64 = 0.01;

fn said(
    learned: &Learned,
    explanation: &Explanation,
    at: usize,
    paper: &crate::Paper,
    features: &[Adds],
) -> Said {
    let near = |liked: bool| -> Vec<String> {
        let near = |part: &&RatedPart| learned.corpus.cosine(at, part.row) >= learned.related;
        let other = |part: &&RatedPart| learned.rated[part.row].id != paper.id;
        let parts = explanation.rated.iter().filter(|part| part.liked == liked).filter(other).filter(near);
        let parts = parts.map(|part| Adds { name: learned.rated[part.row].title.clone(), adds: part.adds });
        let parts: Vec<Adds> = parts.collect();
        let least = least(parts.iter());
        worth_naming(parts, if liked { 1.0 } else { -1.0 }, least, NAMED[0])
    };
    let (names, words) = names_and_words(features.to_vec(), paper);
    let least = least(names.iter().chain(&words));
    Said {
        near: near(true),
        words: worth_naming(words.clone(), 1.0, least, NAMED[1]),
        names: worth_naming(names, 1.0, least, NAMED[0]),
        near_dislikes: near(false),
        against: worth_naming(words, -1.0, least, NAMED[1]),
    }
}

/// What must be added, up or down, to be worth naming.
fn least<'a>(all: impl Iterator<Item = &'a Adds>) -> f64 {
    LEAST.max(WORTH * all.map(|one| one.adds.abs()).fold(0.0, f64::max))
}

/// What is added under each word, in the title and elsewhere together.
fn by_word(all: impl Iterator<Item = Adds>) -> Vec<Adds> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for Adds { name, adds } in all {
        let word = name.strip_suffix(IN_TITLE).unwrap_or(&name);
        if let Some(word) = noun(word) {
            *sums.entry(word.to_owned()).or_default() += adds;
        }
    }
    sums.into_iter().map(|(name, adds)| Adds { name, adds }).collect()
}

/// Up to `n` names of what adds most in the direction of `sign`, 1 or -1, without a word that another name
/// holds. What adds less than `least` is left out.
fn worth_naming(mut all: Vec<Adds>, sign: f64, least: f64, n: usize) -> Vec<String> {
    all.retain(|one| one.adds * sign > 0.0);
    all.sort_by(|a, b| (b.adds * sign).total_cmp(&(a.adds * sign)).then_with(|| a.name.cmp(&b.name)));
    let mut named: Vec<String> = Vec::new();
    for one in all.into_iter().take_while(|one| one.adds.abs() >= least) {
        let holds = |longer: &str, shorter: &str| longer.split(' ').any(|word| word == shorter);
        if named.len() < n && !named.iter().any(|other| holds(other, &one.name) || holds(&one.name, other)) {
            named.push(one.name);
        }
    }
    named
}

/// What was learned of words and of names: what each adds on average to a rated paper that has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LearnedWords {
    /// Words, those that add most first, up or down; in title and text together.
    pub words: Vec<Adds>,
    /// Authors and categories, in the same order.
    pub names: Vec<Adds>,
}

/// With so many ratings, what stands in one rated paper alone says nothing of what is liked.
const SEVERAL: usize = 5;

/// The `n` words and the `n` names that move scores most. Empty as long as nothing is rated.
///
/// # Errors
/// [`Error::Database`], or [`Error::Model`] if the model cannot run.
pub fn learned_words(library: &Library, n: usize) -> Result<LearnedWords> {
    let Some(learned) = library.learned(library.profile_model(&[])?)? else {
        return Ok(LearnedWords::default());
    };
    let (mut names, mut words) = (Vec::new(), Vec::new());
    for (row, rated) in learned.rated.iter().enumerate() {
        let paper = library.store.paper(&rated.id)?.paper;
        let (of_names, of_words) = names_and_words(features(&learned, row, &paper), &paper);
        names.extend(of_names);
        words.extend(of_words);
    }
    let least = if learned.rated.len() < SEVERAL { 1 } else { 2 };
    let words = folded(most(means(words, least), usize::MAX)).take(n).collect();
    Ok(LearnedWords { words, names: most(means(names, least), n) })
}

/// Words without those that repeat one before them: `clips` after `clip`, `image` after `image generation`.
fn folded(all: Vec<Adds>) -> impl Iterator<Item = Adds> {
    let mut kept: Vec<String> = Vec::new();
    all.into_iter().filter(move |word| {
        let is_new = !kept.iter().any(|before| repeats(before, &word.name));
        if is_new {
            kept.push(word.name.clone());
        }
        is_new
    })
}

/// Features in two: the authors and categories of a paper, and its words.
fn names_and_words(features: Vec<Adds>, paper: &crate::Paper) -> (Vec<Adds>, Vec<Adds>) {
    let is_name = |adds: &Adds| paper.authors.contains(&adds.name) || paper.categories.contains(&adds.name);
    let (names, words): (Vec<Adds>, Vec<Adds>) = features.into_iter().partition(is_name);
    (names, by_word(words.into_iter()))
}

/// What each like adds, or each dislike.
fn rated_parts(learned: &Learned, explanation: &Explanation, liked: bool) -> Vec<RatedAdds> {
    let name = |part: &RatedPart| RatedAdds {
        id: learned.rated[part.row].id.clone(),
        title: learned.rated[part.row].title.clone(),
        adds: part.adds,
    };
    explanation.rated.iter().filter(|part| part.liked == liked).map(name).collect()
}

fn blocks(explanation: &Explanation) -> Vec<Adds> {
    let name = |block| match block {
        Block::Meaning => "meaning",
        Block::Terms => "terms",
        Block::Authors => "authors",
        Block::Categories => "categories",
        Block::Votes => "votes",
        Block::Interest => "interest",
        Block::Page => "page",
    };
    explanation.blocks.iter().map(|&(block, adds)| Adds { name: name(block).to_owned(), adds }).collect()
}

/// What each term, author and category of a paper adds to its logit.
fn features(learned: &Learned, row: usize, paper: &crate::Paper) -> Vec<Adds> {
    let names = learned.corpus.lexicon().names(paper);
    let features = learned.profile.features(&learned.corpus, row).into_iter();
    // Pairs of Korean syllables are called by their word, of which there is one.
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for (column, adds) in features {
        if let Some(name) = names.get(&column) {
            *sums.entry(name.clone()).or_default() += adds;
        }
    }
    sums.into_iter().map(|(name, adds)| Adds { name, adds }).collect()
}

/// The mean of what is added under each name that there is at least so often.
fn means(all: impl IntoIterator<Item = Adds>, least: usize) -> Vec<Adds> {
    let mut sums: BTreeMap<String, (f64, usize)> = BTreeMap::new();
    for Adds { name, adds } in all {
        let (sum, count) = sums.entry(name).or_default();
        (*sum, *count) = (*sum + adds, *count + 1);
    }
    let often = sums.into_iter().filter(|(_, (_, count))| *count >= least);
    often.map(|(name, (sum, count))| Adds { name, adds: sum / count as f64 }).collect()
}

/// The `n` that add most, up or down.
fn most(mut all: Vec<Adds>, n: usize) -> Vec<Adds> {
    all.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()).then_with(|| a.name.cmp(&b.name)));
    all.truncate(n);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Paper;
    use crate::embed::builtin::Builtin;
    use crate::paper::Rating;

    /// What is no longer among a paper's dozen still counts in the mean over papers.
    #[test]
    fn learned_words_are_means_over_all_features_of_every_rated_paper() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
        let texts =
            ["coral reefs and fish in warm seas that bleach", "the coral of cold seas where fish hide"];
        let mut papers: Vec<Paper> = (texts.iter().enumerate())
            .map(|(n, text)| Paper::new(PaperId::own(&format!("p{n}")).unwrap(), *text))
            .collect();
        papers[1].abstract_text = "Divers saw many creatures hide below rocks, and counted every one.".into();
        papers.extend((2..30).map(|n| {
            Paper::new(PaperId::own(&format!("p{n}")).unwrap(), format!("bridge {n} over a river in wind"))
        }));
        let liked: Vec<PaperId> = papers[..2].iter().map(|paper| paper.id.clone()).collect();
        library.store.put(papers.clone()).unwrap();
        let at = "2024-01-01T00:00:00Z".parse().unwrap();
        library.store.rate(library.reader, &liked, Some(Rating::Like), at).unwrap();

        let learned = library.learned(library.embedder.as_ref()).unwrap().unwrap();
        let of = |row: usize| features(&learned, row, &papers[row]);
        assert!(of(1).len() > 2 * FEATURES, "there is something to cut");
        let words = learned_words(&library, 1_000).unwrap().words;
        assert!(words.iter().any(|word| word.name == "coral"), "{words:?}");
        for Adds { name, adds } in &words {
            // In the title or elsewhere.
            let sum = |row| {
                let all = of(row).into_iter();
                let all: Vec<f64> = all
                    .filter(|f| f.name.strip_suffix(IN_TITLE).unwrap_or(&f.name) == name)
                    .map(|f| f.adds)
                    .collect();
                (!all.is_empty()).then(|| all.iter().sum::<f64>())
            };
            let both: Vec<f64> = [0, 1].into_iter().filter_map(sum).collect();
            let mean = both.iter().sum::<f64>() / both.len() as f64;
            assert!((adds - mean).abs() < 1e-12, "{name}: {adds}, not {mean}");
        }
        assert_eq!(learned_words(&library, 5).unwrap().words, words[..5]);
        for (n, word) in words.iter().enumerate() {
            let before = words[..n].iter().find(|before| repeats(&before.name, &word.name));
            assert_eq!(before, None, "{word:?} repeats it");
        }
    }
}
