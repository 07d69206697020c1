//! Papers as rows of numbers.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use rayon::prelude::*;

use crate::hash::{fnv1a, fnv1a_next};
use crate::paper::{Language, Paper, is_hangul};
use crate::terms::{in_english, korean_words, tokens};

/// A part of what is known of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// The embedding.
    Meaning,
    /// Words and pairs of words.
    Terms,
    /// Who wrote it.
    Authors,
    /// Where it was filed.
    Categories,
    /// How many voted for it.
    Votes,
    /// The interest that it belongs to.
    Interest,
    /// Whether a page that picks papers of the day has it.
    Page,
}

impl Block {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Meaning,
        Self::Terms,
        Self::Authors,
        Self::Categories,
        Self::Votes,
        Self::Interest,
        Self::Page,
    ];
}

/// What a paper may have or lack of its sparse features. Each part has one length, so that a paper with a
/// Korean summary and one with an English abstract say as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The words of the English text, title included; of a paper that is known in Korean alone, what a
    /// dictionary makes of that.
    Text,
    /// The words of the title alone.
    Title,
    /// The words of the Korean text.
    Korean,
    Authors,
    Categories,
    Votes,
}

impl Part {
    /// All of them, in the order of their columns.
    pub const ALL: [Self; 6] =
        [Self::Text, Self::Title, Self::Korean, Self::Authors, Self::Categories, Self::Votes];

    /// The block that it is shown under.
    pub fn block(self) -> Block {
        match self {
            Self::Text | Self::Title | Self::Korean => Block::Terms,
            Self::Authors => Block::Authors,
            Self::Categories => Block::Categories,
            Self::Votes => Block::Votes,
        }
    }
}

/// Authors and categories are numbered by their hash; there are far more places than names in the
/// ratings of one reader, so that two names seldom share one.
const AUTHOR_PLACES: u32 = 1 << 18;
const CATEGORY_PLACES: u32 = 1 << 12;

/// A term must stand in so many papers of the sample to be counted at all: with these and 20,000 papers
/// the replays of `data/evaluation.md` were measured...
const LEAST_PAPERS: u32 = 4;

/// ...and at most in this part of them: what one paper of ten says tells none apart.
const MOST_PAPERS: f64 = 0.1;

/// English words that only hold a sentence together: in a small library they would not be common
/// enough to be seen for what they are.
static FUNCTION_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("../../data/function-words.txt").split_whitespace().collect());

/// What follows a word that stands in the title.
pub const IN_TITLE: &str = " (title)";

/// How many times a word of the title counts among those of the text. Chosen with the scales of the
/// blocks, on all four public replays together...
const TITLE_WEIGHT: f32 = 2.0;

/// ...and so the length of the title's own features, where the text's are 1.
const TITLE_LENGTH: f32 = 0.45;

/// The length of what a dictionary makes of a Korean text, which leaves much out.
const TRANSLATED_LENGTH: f32 = 0.85;

/// In how many papers of a sample each term stands: the numbering of all sparse features.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Lexicon {
    /// Hashes of the terms, sorted.
    hashes: Vec<u32>,
    /// The inverse document frequency of each, as scikit-learn smooths it.
    rarity: Vec<f32>,
}

impl Lexicon {
    /// Counts the terms of a sample of papers; their order changes nothing.
    pub fn count<'a>(papers: impl IntoIterator<Item = &'a Paper>) -> Self {
        let papers: Vec<&Paper> = papers.into_iter().collect();
        let hashes = |paper: &&Paper| -> Vec<u32> {
            let mut hashes = Vec::new();
            each_term(paper, |words, _| hashes.push(hash(words.iter().copied())));
            hashes.sort_unstable();
            hashes.dedup();
            hashes
        };
        let mut all: Vec<u32> = papers.par_iter().map(hashes).flatten().collect();
        all.par_sort_unstable();
        let n = papers.len() as f64;
        // A handful of papers says nothing about what is common.
        let most = (MOST_PAPERS * n).max(20.0);
        let least = if papers.len() < 500 { 1 } else { LEAST_PAPERS };
        let mut lexicon = Self::default();
        for run in all.chunk_by(|a, b| a == b) {
            let count = run.len() as u32;
            if count >= least && f64::from(count) <= most {
                lexicon.hashes.push(run[0]);
                lexicon.rarity.push(((1.0 + n) / (1.0 + f64::from(count))).ln() as f32 + 1.0);
            }
        }
        lexicon
    }

    /// How many terms it knows.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether it knows no term.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The known terms of a paper in words, by number. A pair of Korean syllables is called by the first word
    /// that it stands in.
    fn words(&self, paper: &Paper) -> HashMap<u32, String> {
        let mut words = HashMap::new();
        let korean = [Some(&paper.title), paper.summaries.get(&Language::Ko)];
        for (word, tokens) in korean.into_iter().flatten().flat_map(|text| korean_words(text)) {
            for number in tokens.iter().filter_map(|token| self.find(hash([token.as_str()]))) {
                words.entry(number).or_insert_with(|| word.to_owned());
            }
        }
        each_term(paper, |term, _| {
            if let Some(number) = self.find(hash(term.iter().copied())) {
                words.entry(number).or_insert_with(|| term.join(" "));
            }
        });
        words
    }

    /// What the sparse features of a paper are called, by column.
    pub fn names(&self, paper: &Paper) -> HashMap<u32, String> {
        let mut names = HashMap::new();
        for (number, word) in self.words(paper) {
            names.insert(self.columns(Part::Title).start + number, format!("{word}{IN_TITLE}"));
            names.insert(self.columns(Part::Korean).start + number, word.clone());
            names.insert(number, word);
        }
        for (part, list) in [(Part::Authors, &paper.authors), (Part::Categories, &paper.categories)] {
            names.extend(list.iter().map(|name| (self.name_column(part, name), name.clone())));
        }
        names
    }

    fn find(&self, hash: u32) -> Option<u32> {
        // Hashes are spread evenly, so one of n lies near its share of the way; mostly within a few roots of n.
        let n = self.hashes.len();
        let near = ((u64::from(hash) * n as u64) >> 32) as usize;
        let (from, to) = (near.saturating_sub(512), (near + 512).min(n));
        let is_within = self.hashes.get(from).is_some_and(|least| *least <= hash)
            && to.checked_sub(1).is_some_and(|last| self.hashes[last] >= hash);
        let (from, to) = if is_within { (from, to) } else { (0, n) };
        self.hashes[from..to].binary_search(&hash).ok().map(|at| (from + at) as u32)
    }

    /// How many sparse columns there are.
    pub(super) fn n_columns(&self) -> usize {
        self.columns(Part::Votes).end as usize
    }

    /// The columns of a part.
    pub(super) fn columns(&self, part: Part) -> Range<u32> {
        let terms = self.len() as u32;
        let (authors, categories) = (3 * terms + AUTHOR_PLACES, 3 * terms + AUTHOR_PLACES + CATEGORY_PLACES);
        match part {
            Part::Text => 0..terms,
            Part::Title => terms..2 * terms,
            Part::Korean => 2 * terms..3 * terms,
            Part::Authors => 3 * terms..authors,
            Part::Categories => authors..categories,
            Part::Votes => categories..categories + 1,
        }
    }

    /// The sparse features of a paper, by column.
    pub(super) fn sparse(&self, paper: &Paper) -> Vec<(u32, f32)> {
        let mut row = self.terms(paper);
        row.extend(self.listed(Part::Authors, &paper.authors));
        row.extend(self.listed(Part::Categories, &paper.categories));
        // 100 votes or more are all that votes can say.
        let votes = paper.top_votes().map(|votes| ((1.0 + votes as f32).ln() / 101_f32.ln()).min(1.0));
        row.extend(votes.map(|votes| (self.columns(Part::Votes).start, votes)));
        row
    }

    /// The terms of text, title and Korean. A text that is not known has none, whatever the title.
    fn terms(&self, paper: &Paper) -> Vec<(u32, f32)> {
        let mut uses: Vec<(u32, f32)> = Vec::new();
        let (title, korean) = (self.columns(Part::Title).start, self.columns(Part::Korean).start);
        let mut has_text = false;
        each_term(paper, |words, part| {
            let Some(number) = self.find(hash(words.iter().copied())) else { return };
            has_text |= part == Part::Text;
            match part {
                Part::Title => uses.extend([(number, TITLE_WEIGHT), (title + number, 1.0)]),
                Part::Korean => uses.push((korean + number, 1.0)),
                _ => uses.push((number, 1.0)),
            }
        });
        uses.sort_unstable_by_key(|entry| entry.0);
        let rarity = |column: u32| self.rarity[column as usize % self.len()];
        let weighed = |same: &[(u32, f32)]| {
            // A title says a word once.
            let is_title = (title..korean).contains(&same[0].0);
            let uses: f32 = if is_title { 1.0 } else { same.iter().map(|entry| entry.1).sum() };
            (same[0].0, (1.0 + uses.ln()) * rarity(same[0].0))
        };
        let known = uses.chunk_by(|a, b| a.0 == b.0).filter(|same| has_text || same[0].0 >= title);
        let mut row: Vec<(u32, f32)> = known.map(weighed).collect();
        let text_end = row.partition_point(|entry| entry.0 < title);
        let title_end = row.partition_point(|entry| entry.0 < korean);
        scale_to(&mut row[..text_end], if english(paper).is_none() { TRANSLATED_LENGTH } else { 1.0 });
        scale_to(&mut row[text_end..title_end], TITLE_LENGTH);
        scale_to(&mut row[title_end..], 1.0);
        row
    }

    /// The column of an author or a category.
    fn name_column(&self, part: Part, name: &str) -> u32 {
        let places = if part == Part::Authors { AUTHOR_PLACES } else { CATEGORY_PLACES };
        self.columns(part).start + place(name, places)
    }

    /// One feature a name; many names share the length of one.
    fn listed(&self, part: Part, names: &[String]) -> Vec<(u32, f32)> {
        let mut row: Vec<(u32, f32)> = names.iter().map(|name| (self.name_column(part, name), 1.0)).collect();
        row.sort_unstable_by_key(|entry| entry.0);
        row.dedup_by_key(|entry| entry.0);
        scale_to(&mut row, 1.0);
        row
    }
}

fn place(name: &str, places: u32) -> u32 {
    hash([name.to_lowercase().as_str()]) % places
}

fn scale_to(row: &mut [(u32, f32)], wanted: f32) {
    let length = row.iter().map(|e| e.1 * e.1).sum::<f32>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|e| e.1 *= wanted / length);
    }
}

/// 32 bits of FNV-1a over words with a space between them.
fn hash<'a>(words: impl IntoIterator<Item = &'a str>) -> u32 {
    let mut hash = fnv1a([]);
    for (i, word) in words.into_iter().enumerate() {
        hash = word.bytes().fold(if i > 0 { fnv1a_next(hash, b' ') } else { hash }, fnv1a_next);
    }
    (hash ^ (hash >> 32)) as u32
}

/// The text of a paper in English, if it is known in English.
fn english(paper: &Paper) -> Option<&str> {
    let own = Some(&paper.abstract_text).filter(|text| !text.is_empty());
    own.or_else(|| paper.summaries.get(&Language::En)).map(String::as_str)
}

/// Whether a paper is known in Korean alone.
pub(super) fn is_korean(paper: &Paper) -> bool {
    english(paper).is_none() && paper.summaries.contains_key(&Language::Ko)
}

/// The terms of a paper: words, and pairs of neighbouring ones where neither is Korean (whose
/// tokens are pairs of syllables already). `visit` gets the words of each, and the part that it stands in.
fn each_term(paper: &Paper, mut visit: impl FnMut(&[&str], Part)) {
    let korean = paper.summaries.get(&Language::Ko);
    let translated = korean.filter(|_| english(paper).is_none()).map(|korean| in_english(korean));
    let title = (Some(paper.title.as_str()), Part::Title);
    let text = (english(paper).or(translated.as_deref()), Part::Text);
    for (text, part) in [title, text, (korean.map(String::as_str), Part::Korean)] {
        let Some(text) = text else { continue };
        let tokens = tokens(text);
        let says_something = |word: &&str| word.chars().nth(1).is_some() && !FUNCTION_WORDS.contains(word);
        let words: Vec<&str> = tokens.iter().map(String::as_str).filter(says_something).collect();
        words.iter().for_each(|word| visit(&[word], part));
        for pair in words.windows(2).filter(|pair| !pair.iter().any(|word| word.starts_with(is_hangul))) {
            visit(pair, part);
        }
    }
}
