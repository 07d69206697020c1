//! What is learned from, cut into tokens, and drawn into batches of pairs.

use std::collections::{BTreeMap, HashMap};

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::{Options, matrix, near};
use crate::embed::table::{TITLE, saturation, titled};
use crate::embed::vocabulary::{Scratch, UNKNOWN, Vocabulary};
use crate::paper::{Language, Paper, is_hangul};
use crate::random::Random;

/// Everything a run may learn from.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    /// Papers in one language.
    pub documents: Vec<Document>,
    /// The same thing said in two languages.
    pub parallel: Vec<Parallel>,
    /// Terms in Korean, each with one in English.
    pub terms: Vec<(String, String)>,
    /// Texts with a teacher's vectors, all of one length.
    pub taught: Vec<Taught>,
}

/// One paper.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The title.
    pub title: String,
    /// The abstract.
    pub body: String,
    /// Names, as far as papers of the same people are to be near.
    pub authors: Vec<String>,
    /// Categories, as far as the vector is to tell them.
    pub categories: Vec<String>,
}

/// A text and what it means in English.
#[derive(Debug, Clone, PartialEq)]
pub struct Parallel {
    /// In the other language, Korean for us.
    pub korean: String,
    /// The English title.
    pub title: String,
    /// The English text.
    pub english: String,
}

/// A text with the vector that another model gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taught {
    /// The text.
    pub text: String,
    /// The teacher's unit vector.
    pub vector: Vec<f32>,
}

impl Corpus {
    /// Takes a paper: its title and abstract, and with a Korean summary also the two languages as
    /// a pair. A paper without an abstract teaches nothing.
    pub fn add(&mut self, paper: &Paper) {
        if paper.abstract_text.is_empty() {
            return;
        }
        if let Some(korean) = paper.summaries.get(&Language::Ko) {
            self.parallel.push(Parallel {
                korean: korean.clone(),
                title: paper.title.clone(),
                english: paper.abstract_text.clone(),
            });
        }
        self.documents.push(Document {
            title: paper.title.clone(),
            body: paper.abstract_text.clone(),
            authors: paper.authors.clone(),
            categories: paper.categories.clone(),
        });
    }

    /// All texts once, for counting.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let documents = self.documents.iter().flat_map(|d| [d.title.as_str(), d.body.as_str()]);
        let parallel = self.parallel.iter().flat_map(|p| [p.korean.as_str(), p.english.as_str()]);
        documents.chain(parallel)
    }
}

/// Distinct tokens with what their uses count for.
pub type Bag = Vec<(u32, f32)>;

/// Pairs, or texts with a teacher's vectors.
#[derive(Default)]
pub struct Batch {
    pub left: Vec<Bag>,
    pub right: Vec<Bag>,
    /// The categories of what is on the left.
    pub labels: Vec<Vec<u32>>,
    pub teacher: Option<Array2<f32>>,
}

/// Which examples make up a batch.
pub enum Plan {
    /// Title and abstract.
    Titles(Vec<u32>),
    /// Two halves of one abstract.
    Halves(Vec<u32>),
    /// Two papers of the same people.
    Authors(Vec<(u32, u32)>),
    /// A Korean text and its English one.
    Korean(Vec<u32>),
    /// A Korean sentence and its English one.
    Sentences(Vec<u32>),
    /// Texts with a teacher's vectors.
    Taught(Vec<u32>),
}

/// Token numbers of a text, with where its sentences end.
struct Tokens {
    all: Vec<u32>,
    ends: Vec<u32>,
}

impl Tokens {
    fn new(text: &str, vocabulary: &Vocabulary, scratch: &mut Scratch) -> Self {
        let (mut all, mut ends) = (Vec::new(), Vec::new());
        for sentence in sentences(text) {
            vocabulary.tokens(sentence, scratch, &mut all);
            // Rows of unknown words are given, and would make the pairs easy to tell.
            all.retain(|token| token & UNKNOWN == 0);
            ends.push(all.len() as u32);
        }
        Self { all, ends }
    }

    fn sentences(&self) -> impl Iterator<Item = &[u32]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let sentence = &self.all[start..end as usize];
            start = end as usize;
            sentence
        })
    }
}

/// The corpus as numbers.
pub struct Encoded {
    documents: Vec<(Tokens, Tokens)>,
    labels: Vec<Vec<u32>>,
    n_labels: usize,
    authors: Vec<(u32, u32)>,
    /// Korean, English title, English text.
    parallel: Vec<(Tokens, Tokens, Tokens)>,
    sentences: Vec<(Vec<u32>, Vec<u32>)>,
    taught: Vec<(Tokens, Tokens)>,
    /// The teacher's vectors of these, one a row.
    lessons: Array2<f32>,
    /// Whether a token is Korean.
    korean: Vec<bool>,
}

impl Encoded {
    pub fn new(corpus: &Corpus, vocabulary: &Vocabulary) -> Self {
        let encode = |text: &str, scratch: &mut Scratch| Tokens::new(text, vocabulary, scratch);
        let documents = corpus
            .documents
            .par_iter()
            .map_init(Scratch::default, |s, d| (encode(&d.title, s), encode(&d.body, s)))
            .collect();
        let parallel: Vec<_> = corpus
            .parallel
            .par_iter()
            .map_init(Scratch::default, |s, p| {
                (encode(&p.korean, s), encode(&p.title, s), encode(&p.english, s))
            })
            .collect();
        let taught = corpus.taught.par_iter().map_init(Scratch::default, |s, t| {
            let (title, body) = titled(&t.text);
            (encode(title, s), encode(body, s))
        });
        let taught = taught.collect();
        let lessons: Vec<f32> = corpus.taught.iter().flat_map(|t| t.vector.iter().copied()).collect();
        let lessons = matrix(corpus.taught.len(), lessons.len() / corpus.taught.len().max(1), lessons);
        let (labels, n_labels) = labels(&corpus.documents);
        let mut scratch = Scratch::default();
        let mut sentences = aligned(&parallel);
        sentences.extend(
            corpus.terms.iter().map(|(k, e)| (encode(k, &mut scratch).all, encode(e, &mut scratch).all)),
        );
        sentences.retain(|(korean, english)| !korean.is_empty() && !english.is_empty());
        Self {
            documents,
            labels,
            n_labels,
            authors: same_authors(&corpus.documents),
            sentences,
            parallel,
            taught,
            lessons,
            korean: (0..vocabulary.len())
                .map(|n| std::str::from_utf8(vocabulary.key(n)).is_ok_and(|k| k.chars().any(is_hangul)))
                .collect(),
        }
    }

    /// How many categories there are.
    pub fn n_labels(&self) -> usize {
        self.n_labels
    }

    /// In how many documents each token stands.
    pub fn document_frequencies(&self, n_tokens: usize) -> Vec<u32> {
        let mut frequencies = vec![0; n_tokens];
        let documents =
            self.documents.iter().map(|(title, body)| [title, body].map(|t| t.all.as_slice()).concat());
        for mut all in documents.chain(self.parallel.iter().map(|p| p.0.all.clone())) {
            all.sort_unstable();
            all.dedup();
            all.iter().for_each(|&token| frequencies[token as usize] += 1);
        }
        frequencies
    }

    /// How many batches an epoch has.
    pub fn n_batches(&self, options: &Options) -> usize {
        self.plan(1, None, options).len()
    }

    /// The batches of an epoch of Korean texts and sentences.
    pub fn korean_plan(&self, epoch: usize, options: &Options) -> Vec<Plan> {
        let mut random = Random::spread(options.seed.wrapping_mul(2_000).wrapping_add(epoch as u64));
        let texts =
            chunks(self.parallel.len(), options.batch, &mut random).map(Plan::Korean).collect::<Vec<_>>();
        let sentences = chunks(self.sentences.len(), options.batch, &mut random).map(Plan::Sentences);
        texts.into_iter().chain(sentences).collect()
    }

    /// What Korean texts mean: their tokens, and those of the English ones.
    pub fn meanings_of_texts(&self) -> Vec<(Bag, Bag)> {
        let texts = self
            .parallel
            .iter()
            .map(|(korean, title, english)| (bag([korean.all.as_slice()]), whole(title, english)));
        // One without a token says nothing, and has no length to be divided by.
        texts.filter(|(korean, english)| !korean.is_empty() && !english.is_empty()).collect()
    }

    /// The same of texts and sentences.
    pub fn meanings(&self) -> Vec<(Bag, Bag)> {
        let sentences = self
            .sentences
            .iter()
            .map(|(korean, english)| (bag([korean.as_slice()]), bag([english.as_slice()])));
        self.meanings_of_texts().into_iter().chain(sentences).collect()
    }

    /// Whether each token is Korean.
    pub fn korean(&self) -> &[bool] {
        &self.korean
    }

    /// All that each document has: title and abstract.
    pub fn whole(&self) -> Vec<Bag> {
        self.documents.par_iter().map(|(title, body)| whole(title, body)).collect()
    }

    /// The batches of an epoch, all kinds mixed; of `groups` of near documents where there are some.
    pub fn plan(&self, epoch: usize, groups: Option<&[u32]>, options: &Options) -> Vec<Plan> {
        let mut random = Random::spread(options.seed.wrapping_mul(1_000).wrapping_add(epoch as u64));
        let order = |random: &mut Random| match groups {
            Some(groups) => near::shuffled(groups, options.near, random),
            None => drawn(self.documents.len(), random),
        };
        let mut plans: Vec<Plan> = batches(order(&mut random), options.batch).map(Plan::Titles).collect();
        plans.extend(batches(order(&mut random), options.batch).map(Plan::Halves));
        let pairs = |c: Vec<u32>| Plan::Authors(c.iter().map(|&i| self.authors[i as usize]).collect());
        plans.extend(chunks(self.authors.len(), options.batch, &mut random).map(pairs));
        for _ in 0..options.taught_repeats {
            plans.extend(chunks(self.taught.len(), options.batch, &mut random).map(Plan::Taught));
        }
        random.shuffle(&mut plans);
        plans
    }

    /// Draws what a plan leaves open: halves, and what of a Korean text is hidden.
    pub fn batch(&self, plan: &Plan, epoch: usize, options: &Options) -> Batch {
        let random = |i: u32| Random::spread(options.seed ^ (u64::from(i) << 20) ^ (epoch as u64) << 52);
        let pairs = |items: &[u32], pair: &(dyn Fn(usize, Random) -> (Bag, Bag) + Sync)| {
            items.par_iter().map(|&i| pair(i as usize, random(i))).unzip()
        };
        let mut batch = Batch::default();
        match plan {
            Plan::Titles(items) => {
                (batch.right, batch.left) = pairs(items, &|i, _| {
                    let (title, body) = &self.documents[i];
                    (bag([title.all.as_slice()]), bag([body.all.as_slice()]))
                });
                batch.labels = items.iter().map(|&i| self.labels[i as usize].clone()).collect();
            }
            Plan::Halves(items) => {
                (batch.left, batch.right) = pairs(items, &|i, random| halves(&self.documents[i], random));
                batch.labels = items.iter().map(|&i| self.labels[i as usize].clone()).collect();
            }
            Plan::Authors(items) => {
                let whole = |i: u32| {
                    let (title, body) = &self.documents[i as usize];
                    whole(title, body)
                };
                (batch.left, batch.right) = items.par_iter().map(|&(a, b)| (whole(a), whole(b))).unzip();
                batch.labels = items.iter().map(|&(a, _)| self.labels[a as usize].clone()).collect();
            }
            Plan::Korean(items) => {
                (batch.left, batch.right) = pairs(items, &|i, mut random| {
                    let (korean, title, english) = &self.parallel[i];
                    let english = match random.below(4) {
                        0 => bag([title.all.as_slice()]),
                        _ => whole(title, english),
                    };
                    (self.korean_bag(&korean.all, &mut random), english)
                });
            }
            Plan::Sentences(items) => {
                (batch.left, batch.right) = pairs(items, &|i, mut random| {
                    let (korean, english) = &self.sentences[i];
                    (self.korean_bag(korean, &mut random), bag([english.as_slice()]))
                });
            }
            Plan::Taught(items) => {
                let read = items.par_iter().map(|&i| &self.taught[i as usize]);
                batch.left = read.map(|(title, body)| whole(title, body)).collect();
                let rows: Vec<usize> = items.iter().map(|&i| i as usize).collect();
                batch.teacher = Some(self.lessons.select(Axis(0), &rows));
            }
        }
        batch
    }

    /// A Korean text, half of the time without its English words: those find the pair by
    /// themselves, and the Korean ones would learn nothing.
    fn korean_bag(&self, tokens: &[u32], random: &mut Random) -> Bag {
        if random.below(2) == 0 {
            return bag([tokens]);
        }
        let only: Vec<u32> = tokens.iter().copied().filter(|&t| self.korean[t as usize]).collect();
        bag([if only.is_empty() { tokens } else { &only }])
    }
}

/// The numbers below `n` in a random order, in batches.
fn chunks(n: usize, size: usize, random: &mut Random) -> impl Iterator<Item = Vec<u32>> + use<> {
    batches(drawn(n, random), size)
}

/// The numbers below `n` in a random order.
fn drawn(n: usize, random: &mut Random) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    random.shuffle(&mut order);
    order
}

/// Batches of an order; a rest too small to compare anything with is left to the next epoch.
fn batches(order: Vec<u32>, size: usize) -> impl Iterator<Item = Vec<u32>> {
    let least = size.min(order.len()).div_ceil(4).max(2);
    let batches: Vec<Vec<u32>> = order.chunks(size).map(<[u32]>::to_vec).collect();
    batches.into_iter().filter(move |batch| batch.len() >= least)
}

/// A title with what follows it, as the table reads both.
fn whole(title: &Tokens, body: &Tokens) -> Bag {
    bag([title.all.as_slice(); TITLE].into_iter().chain([body.all.as_slice()]))
}

fn bag<'a>(parts: impl IntoIterator<Item = &'a [u32]>) -> Bag {
    let mut tokens: Vec<u32> = parts.into_iter().flatten().copied().collect();
    tokens.sort_unstable();
    tokens.chunk_by(|a, b| a == b).map(|same| (same[0], saturation(same.len()))).collect()
}

/// Each sentence of an abstract goes to one of two sides; the title to one of them, half of the
/// time.
fn halves((title, body): &(Tokens, Tokens), mut random: Random) -> (Bag, Bag) {
    let n = body.ends.len();
    let mut order: Vec<usize> = (0..n).collect();
    random.shuffle(&mut order);
    let mut parts: [Vec<&[u32]>; 2] = Default::default();
    let sentences: Vec<&[u32]> = body.sentences().collect();
    if n < 2 {
        let (a, b) = body.all.split_at(body.all.len() / 2);
        parts = [vec![a], vec![b]];
    }
    for (place, &sentence) in order.iter().enumerate().filter(|_| n >= 2) {
        parts[usize::from(place * 2 >= n)].push(sentences[sentence]);
    }
    if random.below(2) == 0 {
        parts[0].extend([title.all.as_slice(); TITLE]);
    }
    let [a, b] = parts;
    (bag(a), bag(b))
}

/// Sentences end at a full stop, question or exclamation mark before a space, and at a line's
/// end in front of a bullet.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(". ").flat_map(|s| s.split_inclusive("? ")).flat_map(|s| s.split("\n- "))
}

/// Categories by number, in the order of their names.
fn labels(documents: &[Document]) -> (Vec<Vec<u32>>, usize) {
    let mut numbers: BTreeMap<&str, u32> =
        documents.iter().flat_map(|d| &d.categories).map(|c| (c.as_str(), 0)).collect();
    for (number, n) in numbers.values_mut().zip(0..) {
        *number = n;
    }
    let labels =
        documents.iter().map(|d| d.categories.iter().map(|c| numbers[c.as_str()]).collect()).collect();
    (labels, numbers.len())
}

/// A name on more papers than this is likely several people. Not measured.
const BUSIEST_AUTHOR: usize = 60;
/// A paper is in at most so many pairs. Not measured.
const MOST_PAIRS: usize = 2;

/// Pairs of papers with at least two authors in common, next to each other in the order given.
fn same_authors(documents: &[Document]) -> Vec<(u32, u32)> {
    let mut papers: HashMap<&str, Vec<u32>> = HashMap::new();
    for (d, number) in documents.iter().zip(0..) {
        d.authors.iter().filter(|a| a.contains(' ')).for_each(|a| papers.entry(a).or_default().push(number));
    }
    let mut pairs = Vec::new();
    let mut common: BTreeMap<u32, usize> = BTreeMap::new();
    for (d, number) in documents.iter().zip(0_u32..) {
        common.clear();
        for author in &d.authors {
            let Some(theirs) = papers.get(author.as_str()).filter(|p| p.len() <= BUSIEST_AUTHOR) else {
                continue;
            };
            theirs
                .iter()
                .filter(|&&other| other > number)
                .for_each(|&other| *common.entry(other).or_default() += 1);
        }
        pairs.extend(
            common.iter().filter(|(_, n)| **n >= 2).take(MOST_PAIRS).map(|(&other, _)| (number, other)),
        );
    }
    pairs
}

/// Sentences of parallel texts that have as many in Korean as in English.
fn aligned(parallel: &[(Tokens, Tokens, Tokens)]) -> Vec<(Vec<u32>, Vec<u32>)> {
    let mut pairs = Vec::new();
    for (korean, _, english) in parallel {
        if korean.ends.len() == english.ends.len() && korean.ends.len() > 1 {
            let both = korean.sentences().zip(english.sentences());
            pairs.extend(
                both.filter(|(a, b)| a.len() > 3 && b.len() > 3).map(|(a, b)| (a.to_vec(), b.to_vec())),
            );
        }
    }
    pairs
}
