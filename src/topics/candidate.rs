//! Candidate phrases for the name of a group, and what each counts.
//!
//! The weights below were not measured one by one: there is no figure for how good a name is. They order
//! what is said beside each, and what they decide is only which of a group's own phrases comes first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rayon::prelude::*;

use super::Document;
use super::background::Background;
use super::field::{Field, Fields};
use super::phrase::{WordRole, is_acronym, may_name, written};
use super::said::{ABOUT, OF_FIELD, Said, Stems};
use super::window::{Annotated, Reading, Window, hash_of, read_all};
use super::words::key;
use crate::paper::is_hangul;

/// What a phrase counts that no paper of the group has in its title.
const TEXT_ONLY: f32 = 0.6;

/// What a phrase counts that the field does not use, beside one that it does.
const UNKNOWN: f32 = 0.75;

/// What a Korean phrase counts beside an English one: the terms of the field are written in
/// English in Korean summaries too, and a stem may be half a verb.
const KOREAN: f32 = 0.3;

/// What a single word counts: a name has two words or more where it can, and an acronym is one.
const SINGLE: f32 = 0.7;
const ACRONYM: f32 = 0.9;

/// How rare a word is at least that names papers alone: one in 30 papers has it, `hallucination`, and not
/// `content`.
const RARE_WORD: f32 = 3.4;

/// The longest acronym, in bytes; longer ones are names of systems.
const LONGEST_ACRONYM: usize = 8;

/// What a phrase counts that is half of another one where it stands.
const FRAGMENT: f32 = 0.3;

/// What a phrase counts that half of a day could be called.
const GENERIC: f32 = 0.4;

/// A phrase with a [`Background::phrase_as_name`] below this is as generic: it is in the title of fewer than 1
/// in 20 papers that have it.
const LEAST_AS_NAME: f32 = 0.5;

/// So few papers may be named by a phrase of one of them that the field does not use.
const FEW_PAPERS: usize = 3;

/// The rarest that a phrase can be which the field does not use, and what its other words add to the
/// rarest one.
const MOST_RARE: f32 = 8.0;
const OTHER_WORDS: f32 = 0.3;

/// The inverse of the share of a group's papers that must have a phrase for it to name them, and the
/// fewest of them in a group of several.
const SHARED_PART: usize = 6;
const LEAST_SHARED: usize = 2;

/// How many of a group's phrases are looked at twice.
const SHORTLIST: usize = 80;

/// Fields of one paper in ten or more are this rare at most.
const BROAD: f32 = 2.303;

/// What a field counts beside a phrase of the papers' own.
const FIELD: f32 = 0.6;

/// Whether a name is true of papers, by how much each is about it: two thirds of them are.
pub(super) fn holds(about: &[f32], least: f32) -> bool {
    about.iter().filter(|about| **about >= least).count() * 3 >= about.len() * 2
}

/// How much the two thirds of papers that are most about a phrase must be so on average: what each only
/// mentions names none of them.
const ON_AVERAGE: f32 = 0.65;

/// Whether a phrase is true of papers, and is what they are about.
fn is_subject(about: &[f32]) -> bool {
    let mut most = about.to_vec();
    most.sort_by(|a, b| b.total_cmp(a));
    most.truncate((about.len() * 2).div_ceil(3));
    holds(about, ABOUT) && mean(&most) >= ON_AVERAGE
}

/// Papers as naming reads them.
pub(super) struct Papers<'a> {
    pub readings: Vec<Reading<'a>>,
    pub said: Vec<Said>,
    /// How much each is of each field.
    pub fields: Vec<Vec<f32>>,
}

impl<'a> Papers<'a> {
    /// Reads them, on all cores.
    pub fn read(documents: &[&Document<'a>]) -> Self {
        let said: Vec<Said> = documents.par_iter().map(|document| Said::by(document)).collect();
        let fields = said.par_iter().map(|said| Fields::shared().of(said)).collect();
        Self { readings: read_all(documents), said, fields }
    }
}

/// A phrase of a group that may name it.
pub(super) struct NameCandidate {
    /// Its words' keys, joined by spaces.
    pub key: String,
    pub n_words: usize,
    pub hash: u64,
    /// Papers of the group that have it.
    pub inside: usize,
    /// What it counts in the group, before the rest of the day is asked.
    pub weight: f32,
    /// As a name writes it.
    pub written: String,
    /// One acronym that most of the group has.
    pub acronym: bool,
    /// Whether half of a day could be called so.
    pub generic: bool,
    /// Whether it is a field, and no phrase of the papers.
    pub field: bool,
    /// How much each paper of the group is about it.
    pub about: Vec<f32>,
}

/// An occurrence of a phrase in the paper at a position.
struct Occurrence<'r, 'a> {
    hash: u64,
    paper: usize,
    place: Window<'r, 'a>,
}

/// The group's candidates that are true of it, those that count most first. `group` holds positions in
/// `papers`.
pub(super) fn candidates(group: &[usize], papers: &Papers<'_>) -> Vec<NameCandidate> {
    let mut occurrences = occurrences(group, &papers.readings);
    // The occurrences of a phrase side by side, paper by paper, those in titles first: the sort is stable.
    occurrences.sort_by_key(|occurrence| occurrence.hash);
    let phrases = occurrences.chunk_by(|a, b| a.hash == b.hash).map(|same| Phrase::of(same, group.len()));
    let mut candidates: Vec<NameCandidate> =
        phrases.filter(Phrase::may_name).map(|phrase| phrase.candidate(group, papers)).collect();
    candidates.retain(|phrase| is_subject(&phrase.about));
    if group.len() > 1 {
        candidates.extend(fields(group, papers));
    }
    candidates.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.key.cmp(&b.key)));
    candidates.truncate(SHORTLIST);
    for candidate in candidates.iter_mut().filter(|candidate| !candidate.field) {
        let from = occurrences.partition_point(|occurrence| occurrence.hash < candidate.hash);
        let same = occurrences[from..].iter().take_while(|occurrence| occurrence.hash == candidate.hash);
        candidate.written = usual_writing(same.map(|occurrence| &occurrence.place));
    }
    candidates
}

/// The fields that are true of a group.
fn fields(group: &[usize], papers: &Papers<'_>) -> Vec<NameCandidate> {
    let fields = &Fields::shared().all;
    let about = |field: usize| group.iter().map(|&paper| papers.fields[paper][field]).collect::<Vec<f32>>();
    let of_group = fields.iter().enumerate().map(|(place, field)| (field, about(place)));
    // Papers of all computer vision need not say it twice.
    let least = |field: &Field| if field.rarity < BROAD { ABOUT } else { OF_FIELD };
    let true_ones = of_group.filter(|(field, about)| holds(about, least(field)));
    let candidate = |(field, about): (&Field, Vec<f32>)| NameCandidate {
        n_words: field.key.split(' ').count(),
        hash: field.hash,
        inside: about.iter().filter(|about| **about >= OF_FIELD).count(),
        weight: mean(&about) * field.rarity * FIELD,
        written: field.name.to_owned(),
        acronym: false,
        generic: false,
        field: true,
        key: field.key.clone(),
        about,
    };
    true_ones.map(candidate).collect()
}

fn mean(about: &[f32]) -> f32 {
    about.iter().sum::<f32>() / about.len().max(1) as f32
}

/// Every occurrence in the group; a paper alone is named by its title.
fn occurrences<'r, 'a>(group: &[usize], readings: &'r [Reading<'a>]) -> Vec<Occurrence<'r, 'a>> {
    let mut all = Vec::new();
    for &paper in group {
        let places = readings[paper].places().take_while(|place| place.in_title || group.len() > 1);
        all.extend(places.map(|place| Occurrence { hash: hash_of(place.words()), paper, place }));
    }
    all
}

/// All occurrences of one phrase in a group, with what the decisions about it need.
struct Phrase<'o, 'r, 'a> {
    occurrences: &'o [Occurrence<'r, 'a>],
    words: &'r [Annotated<'a>],
    n_group: usize,
    /// How many papers of the group have it.
    n_papers: usize,
    /// Whether they are enough for it to name the group.
    shared: bool,
    /// Its rarity, if the field uses it.
    known: Option<f32>,
    in_title: bool,
}

impl<'o, 'r, 'a> Phrase<'o, 'r, 'a> {
    fn of(occurrences: &'o [Occurrence<'r, 'a>], n_group: usize) -> Self {
        let first = &occurrences[0];
        let n_papers = occurrences.chunk_by(|a, b| a.paper == b.paper).count();
        let least = if n_group == 1 { 1 } else { LEAST_SHARED.max(n_group.div_ceil(SHARED_PART)) };
        Self {
            occurrences,
            words: first.place.words(),
            n_group,
            n_papers,
            shared: n_papers >= least,
            known: Background::shared().phrase_rarity(first.hash),
            in_title: occurrences.iter().any(|occurrence| occurrence.place.in_title),
        }
    }

    /// Whether it can stand in a name at all.
    fn may_name(&self) -> bool {
        if self.words.len() == 1 && !self.shared {
            return false;
        }
        let n_titles = self.occurrences.iter().filter(|occurrence| occurrence.place.in_title).count();
        let surface = self.words[0].word.surface;
        let plain = Background::shared().rarity(&self.words[0].word.key) < RARE_WORD;
        let system = self.words.len() == 1 && is_acronym(surface) && !self.is_acronym();
        // `place`, `details`: a word alone says what papers are about where their titles have it.
        if self.n_group > 1
            && self.words.len() == 1
            && (system || !self.is_acronym() && (plain || n_titles * 2 < self.n_group))
        {
            return false;
        }
        // Stems of Korean sentences may be half a verb, or filler; a title names.
        if !self.in_title && self.words.iter().any(|word| word.word.korean) {
            return false;
        }
        let is_of_the_field = self.known.is_some();
        if !is_of_the_field && self.words.len() > 1 && !self.is_said_by_titles() {
            return false;
        }
        let roles: Vec<WordRole> = self.words.iter().map(|word| word.role).collect();
        // `pathology foundation models`: the field knows its end.
        let end = hash_of(&self.words[self.words.len().saturating_sub(2)..]);
        may_name(&roles, is_of_the_field, Background::shared().phrase_rarity(end).is_some())
            && (is_of_the_field || self.is_thing() && (self.words.len() == 1 || !self.is_deed()))
    }

    /// What the field does not say is a phrase where a title says it, and papers have it in common.
    fn is_said_by_titles(&self) -> bool {
        self.in_title && (self.shared || self.n_group <= FEW_PAPERS && self.words.len() < 4)
    }

    /// Whether it ends as phrases for things do.
    fn is_thing(&self) -> bool {
        let background = Background::shared();
        let Annotated { word, hash, .. } = &self.words[self.words.len() - 1];
        let begins = self.words.len() == 1 && !word.key.ends_with("ing") && background.begins_phrases(*hash);
        word.korean || is_acronym(word.surface) || begins || background.ends_phrases(*hash)
    }

    /// "Verifying multimodal reasoning" says what a paper does, `scaling law` what it is about.
    fn is_deed(&self) -> bool {
        let first = &self.words[0];
        first.word.key.ends_with("ing") && !Background::shared().begins_phrases(first.hash)
    }

    fn key(&self) -> String {
        self.words.iter().map(|word| word.word.key.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn candidate(&self, group: &[usize], papers: &Papers<'_>) -> NameCandidate {
        let hash = self.occurrences[0].hash;
        let stems = Stems::of(self.words.iter().map(|word| &word.word));
        let about: Vec<f32> = group.iter().map(|&paper| papers.said[paper].about(&stems)).collect();
        let key = self.key();
        let as_name = Background::shared().phrase_as_name(hash);
        let generic = as_name.is_some_and(|good| good < LEAST_AS_NAME) || is_generic(&key);
        let language = if key.contains(is_hangul) { KOREAN } else { 1.0 };
        let in_title = if self.in_title { 1.0 } else { TEXT_ONLY };
        let special = as_name.unwrap_or(1.0) * if generic { GENERIC } else { 1.0 };
        let weight = mean(&about)
            * self.rarity()
            * self.length_weight()
            * language
            * in_title
            * self.wholeness()
            * special;
        NameCandidate {
            n_words: self.words.len(),
            hash,
            inside: self.n_papers,
            weight,
            written: String::new(),
            acronym: self.is_acronym_of_most() && !generic,
            generic,
            field: false,
            key,
            about,
        }
    }

    /// How rare it is; where the field does not use it, by its rarest word and something for the others.
    fn rarity(&self) -> f32 {
        if let Some(rarity) = self.known {
            return rarity;
        }
        let rarities = self.words.iter().map(|word| Background::shared().rarity(&word.word.key));
        let most = rarities.clone().fold(0.0, f32::max);
        (most + OTHER_WORDS * (rarities.sum::<f32>() - most)).min(MOST_RARE)
    }

    fn length_weight(&self) -> f32 {
        match self.words.len() {
            1 if self.is_acronym() => ACRONYM,
            1 => SINGLE,
            _ if self.known.is_some() => 1.0,
            _ => UNKNOWN,
        }
    }

    /// Whether it is whole at half of its places or more.
    fn wholeness(&self) -> f32 {
        let n_fragments = self.occurrences.iter().filter(|occurrence| occurrence.place.is_fragment()).count();
        if n_fragments * 2 > self.occurrences.len() { FRAGMENT } else { 1.0 }
    }

    fn is_acronym(&self) -> bool {
        let surface = self.words[0].word.surface;
        self.words.len() == 1 && is_acronym(surface) && surface.len() <= LONGEST_ACRONYM
    }

    /// An acronym of three fifths of the papers or more, and not of one kind or version, such as `ViT-B`
    /// or `GPT4`.
    fn is_acronym_of_most(&self) -> bool {
        self.is_acronym()
            && self.n_papers * 5 >= self.n_group * 3
            && !self.words[0].word.surface.contains(['-', '3', '2', '4'])
    }
}

/// Phrases that half of a day could be called, as keys.
const GENERICS: &[&str] = &[
    "deep learning",
    "machine learning",
    "neural network",
    "deep neural network",
    "artificial intelligence",
    "learning",
    "visual feature",
    "image feature",
    "latent space",
    "explicit 3D",
    "zero shot",
    "prediction accuracy",
    "empirical analysis",
    "generative model",
    "generation model",
    "neural model",
    "3D object",
    "3D scene",
    "2D image",
    "natural language",
    "natural language processing",
    "computer vision",
    "vision language",
    "vision model",
    "multimodal",
    "generative AI",
    "AI model",
    "AI system",
    "GPU",
    "open source",
    "source code",
    "GPT",
    "agent",
    "RGB",
    "sampling",
    "training",
    "understanding",
    "generation",
    "language model",
    "reasoning model",
    "foundation model",
    "LLM",
    "MLLM",
    "VLM",
    "LVLM",
    "NLP",
    "AI",
];

fn is_generic(key: &str) -> bool {
    static KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        GENERICS.iter().map(|phrase| phrase.split(' ').map(self::key).collect::<Vec<_>>().join(" ")).collect()
    });
    KEYS.contains(key)
}

/// The most usual way of writing among the places of a phrase, of two as usual the first by letters.
fn usual_writing<'p, 'r: 'p, 'a: 'r>(places: impl Iterator<Item = &'p Window<'r, 'a>>) -> String {
    let mut ways: BTreeMap<String, usize> = BTreeMap::new();
    for place in places {
        let words: Vec<String> = place.words().iter().map(|word| written(&word.word)).collect();
        *ways.entry(words.join(" ")).or_default() += 1;
    }
    let most_usual = ways.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
    most_usual.map(|(way, _)| way).unwrap_or_default()
}
