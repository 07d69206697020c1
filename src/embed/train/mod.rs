//! Makes a [`Table`] from papers: which tokens it has, and their rows.
//!
//! Contrastive learning: a title belongs to its abstract, one half of an abstract to the other,
//! a paper to another of the same authors, and each of them less to anything else in the batch (InfoNCE with in-batch negatives, van den Oord et al.,
//! arXiv:1807.03748, symmetric as in CLIP, arXiv:2103.00020). A teacher's vectors, where there are
//! some, add that texts near for the teacher be near here. Tables of several such trainings can be made one:
//! what they agree in is kept. Then Korean is put into the space that
//! English has made: first by least squares, then by the same contrast of summaries with their
//! English originals, in which only Korean moves. The same seed and input give the same
//! bytes on any number of threads.

mod join;
mod lessons;
mod loss;
mod near;
mod pairs;
mod select;
#[cfg(test)]
mod tests;
mod translate;

use ndarray::Array2;
use rayon::prelude::*;

pub use lessons::lessons;
pub use pairs::{Corpus, Document, Parallel, Taught};
pub use select::Sizes;

use super::table::Table;
use super::vocabulary::Vocabulary;
use crate::error::{Error, Result};
use crate::random::Random;
use pairs::{Bag, Batch, Encoded};

/// What a training run is free to choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The name that goes into the file.
    pub name: String,
    /// The length of a vector, 8 to 1,024.
    pub dimensions: usize,
    /// How many tokens of each kind, at most.
    pub sizes: Sizes,
    /// How often each paper is seen, from 1.
    pub epochs: usize,
    /// Pairs in a batch, from 2; every pair is compared with all others of its batch.
    pub batch: usize,
    /// What a cosine is multiplied by before the softmax: the inverse temperature.
    pub scale: f32,
    /// Adagrad's learning rate; falls linearly to a tenth over the run.
    pub rate: f32,
    /// How often the teacher's texts are seen an epoch: they are few.
    pub taught_repeats: usize,
    /// Whether the rows of Korean tokens are made anew from the pairs that there are.
    pub korean: bool,
    /// How much the rows of Korean tokens are held back where they are fitted to the English ones:
    /// so many uses of a token count as much as what it has in common with all.
    pub korean_ridge: f32,
    /// How often the Korean pairs are seen after that.
    pub korean_epochs: usize,
    /// Adagrad's learning rate for these.
    pub korean_rate: f32,
    /// The inverse temperature for these.
    pub korean_scale: f32,
    /// What telling a paper's categories from its vector counts for, beside the pairs' 1.
    pub category_weight: f32,
    /// From the second epoch a batch is made of groups of so many near papers; 0 for papers drawn at
    /// random.
    pub near: usize,
    /// Of everything that is drawn.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "table-1".into(),
            dimensions: 256,
            sizes: Sizes::default(),
            epochs: 3,
            batch: 2_048,
            scale: 20.0,
            rate: 0.3,
            taught_repeats: 2,
            korean: true,
            korean_ridge: 5.0,
            korean_epochs: 10,
            korean_rate: 0.03,
            korean_scale: 10.0,
            category_weight: 0.1,
            near: 0,
            seed: 1,
        }
    }
}

/// How a run is going; told once an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// The mean loss of a pair; chance is the logarithm of the batch.
    pub loss: f32,
    /// Batches so far.
    pub n_batches: usize,
}

/// Trains a table and returns the bytes of its file. With `starts` it goes on from there, with the tokens
/// of the first: a table for a field is made of the general one in minutes. Several are made one.
///
/// # Errors
/// [`Error::Invalid`] for options out of range, a corpus without two documents, tables of different
/// dimensions, or other dimensions than those of one table or more than several have together.
pub fn train(
    corpus: &Corpus,
    starts: &[&Table],
    options: &Options,
    mut heard: impl FnMut(Epoch),
) -> Result<Vec<u8>> {
    check(corpus, starts, options)?;
    let selected;
    let vocabulary = match starts.first() {
        Some(table) => table.vocabulary(),
        None => {
            selected = select::select(corpus, options.sizes);
            &selected
        }
    };
    let encoded = Encoded::new(corpus, vocabulary);
    let mut model = match starts {
        [] => Model::new(&encoded.document_frequencies(vocabulary.len()), encoded.n_labels(), options),
        [table] => Model::from_table(table, vocabulary, encoded.n_labels(), options),
        tables => {
            let of = |table: &&Table| Model::from_table(table, vocabulary, encoded.n_labels(), options);
            let rows = join::join(tables.iter().map(of).collect(), &encoded.whole(), options.dimensions);
            let random = Random::spread(options.seed);
            Model::with_rows(rows, options.dimensions, encoded.n_labels(), random)
        }
    };
    let n_expected = encoded.n_batches(options) * options.epochs;
    let mut n_batches = 0;
    for epoch in 1..=options.epochs {
        let (mut sum, mut n) = (0.0, 0);
        let groups = (options.near > 0 && epoch > 1).then(|| {
            let (vectors, _) = model.forward(&encoded.whole());
            near::grouped(&vectors, options.near, &mut Random::spread(options.seed ^ epoch as u64))
        });
        for plan in encoded.plan(epoch, groups.as_deref(), options) {
            let batch = encoded.batch(&plan, epoch, options);
            let progress = (n_batches as f32 / n_expected.max(1) as f32).min(1.0);
            sum += model.step(&batch, options.rate * (1.0 - 0.9 * progress), options);
            n += 1;
            n_batches += 1;
        }
        heard(Epoch { epoch, loss: sum / n.max(1) as f32, n_batches });
    }
    if options.korean && !corpus.parallel.is_empty() {
        model.learn_korean(&encoded, options);
    }
    Table::to_bytes(&options.name, vocabulary, &model.rows, model.unknown(encoded.korean()))
}

fn check(corpus: &Corpus, starts: &[&Table], options: &Options) -> Result<()> {
    let all: Vec<usize> = starts.iter().map(|table| table.dimensions()).collect();
    let complaint = if let Some(other) = all.iter().find(|own| **own != all[0]) {
        format!("all tables must have {} dimensions, but one has {other}", all[0])
    } else if all.len() == 1 && all[0] != options.dimensions
        || all.len() > 1 && all.iter().sum::<usize>() < options.dimensions
    {
        format!("{} dimensions cannot be made of {all:?}", options.dimensions)
    } else if !(8..=1_024).contains(&options.dimensions) {
        format!("dimensions must be 8 to 1024, not {}", options.dimensions)
    } else if options.batch < 2 {
        "a batch needs two pairs".into()
    } else if corpus.documents.len() < 2 {
        format!("{} documents are too few to learn from; give at least some thousand", corpus.documents.len())
    } else if !(options.scale > 0.0 && options.rate > 0.0 && options.category_weight >= 0.0) {
        "scale and rate must be above zero, weights not below".into()
    } else {
        return Ok(());
    };
    Err(Error::Invalid(complaint))
}

/// What is learned, with Adagrad's sums of squares (Duchi et al. 2011).
struct Model {
    dimensions: usize,
    rows: Vec<f32>,
    squares: Vec<f32>,
    /// The tokens whose rows may move; all of them if empty.
    movable: Vec<bool>,
    /// One direction a category.
    labels: Array2<f32>,
    label_squares: Array2<f32>,
}

impl Model {
    /// Random directions; a rare token's row is longer, as its inverse document frequency.
    fn new(document_frequencies: &[u32], n_labels: usize, options: &Options) -> Self {
        let dimensions = options.dimensions;
        let mut random = Random::spread(options.seed);
        let n = document_frequencies.iter().copied().max().unwrap_or(1) as f32;
        let mut rows = Vec::with_capacity(document_frequencies.len() * dimensions);
        for &df in document_frequencies {
            let length = (1.0 + n / (1.0 + df as f32)).ln() / (dimensions as f32).sqrt();
            rows.extend((0..dimensions).map(|_| random.normal() * length));
        }
        Self::with_rows(rows, dimensions, n_labels, random)
    }

    /// The rows of a trained table for the tokens of a vocabulary, zero for one that it does not have.
    fn from_table(table: &Table, vocabulary: &Vocabulary, n_labels: usize, options: &Options) -> Self {
        let row = |token: usize| match table.vocabulary().number(vocabulary.key(token)) {
            Some(own) => table.row(own as usize),
            None => vec![0.0; table.dimensions()],
        };
        let rows = (0..vocabulary.len()).flat_map(row).collect();
        Self::with_rows(rows, table.dimensions(), n_labels, Random::spread(options.seed))
    }

    fn with_rows(rows: Vec<f32>, dimensions: usize, n_labels: usize, mut random: Random) -> Self {
        let labels =
            Array2::from_shape_fn((n_labels, dimensions), |_| random.normal() / (dimensions as f32).sqrt());
        Self {
            dimensions,
            squares: vec![1e-8; rows.len()],
            rows,
            movable: Vec::new(),
            label_squares: Array2::from_elem(labels.dim(), 1e-8),
            labels,
        }
    }

    /// Puts Korean tokens where the English ones are that they stand for.
    fn learn_korean(&mut self, encoded: &Encoded, options: &Options) {
        let korean = encoded.korean();
        translate::fit(&mut self.rows, options.dimensions, korean, &encoded.meanings(), options.korean_ridge);
        // English stays as it is: a thousand pairs would bend what all papers have taught.
        self.restart(korean.to_vec());
        let korean_options = Options { scale: options.korean_scale, ..options.clone() };
        for epoch in 1..=options.korean_epochs {
            let rate = options.korean_rate * (1.0 - 0.9 * (epoch - 1) as f32 / options.korean_epochs as f32);
            for plan in encoded.korean_plan(epoch, options) {
                self.step(&encoded.batch(&plan, epoch, &korean_options), rate, &korean_options);
            }
        }
        translate::level(&mut self.rows, options.dimensions, korean, &encoded.meanings_of_texts());
    }

    /// Begins anew with the rows that there are; only the movable ones still move.
    fn restart(&mut self, movable: Vec<bool>) {
        self.squares.fill(1e-8);
        self.movable = movable;
    }

    /// What the row of an unknown word should have for its length: half as much as a rare word's, the median
    /// of the longer half. With more of it titles find their abstracts more often, and papers of one reading
    /// list each other less often.
    fn unknown(&self, korean: &[bool]) -> f32 {
        let rows = self.rows.chunks_exact(self.dimensions).zip(korean).filter(|(_, korean)| !**korean);
        let mut lengths: Vec<f32> =
            rows.map(|(row, _)| row.iter().map(|x| x * x).sum::<f32>().sqrt()).collect();
        lengths.sort_unstable_by(f32::total_cmp);
        0.5 * lengths.get(lengths.len() * 3 / 4).copied().unwrap_or(0.0)
    }

    /// The unit vectors of bags, and what their lengths were.
    fn forward(&self, bags: &[Bag]) -> (Array2<f32>, Vec<f32>) {
        let d = self.dimensions;
        let mut values = vec![0.0_f32; bags.len() * d];
        let lengths = values
            .par_chunks_mut(d)
            .zip(bags)
            .map(|(vector, bag)| {
                for &(token, count) in bag {
                    let row = &self.rows[token as usize * d..][..d];
                    vector.iter_mut().zip(row).for_each(|(x, r)| *x += r * count);
                }
                let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
                vector.iter_mut().for_each(|x| *x /= length);
                length
            })
            .collect();
        (matrix(bags.len(), d, values), lengths)
    }

    /// One step down the gradient of a batch; the loss before it.
    fn step(&mut self, batch: &Batch, rate: f32, options: &Options) -> f32 {
        let (left, left_lengths) = self.forward(&batch.left);
        let loss;
        if let Some(teacher) = &batch.teacher {
            let (value, gradient) = loss::imitate(&left, teacher, options.scale);
            loss = value;
            self.descend(&batch.left, &left, &left_lengths, gradient, rate);
        } else {
            let (right, right_lengths) = self.forward(&batch.right);
            let (value, mut left_gradient, right_gradient) = loss::contrast(&left, &right, options.scale);
            loss = value;
            if options.category_weight > 0.0 && batch.labels.iter().any(|l| !l.is_empty()) {
                let (to_left, to_labels) = loss::classify(&left, &self.labels, &batch.labels, options.scale);
                left_gradient.scaled_add(options.category_weight, &to_left);
                ndarray::Zip::from(&mut self.labels).and(&mut self.label_squares).and(&to_labels).for_each(
                    |x, square, &g| {
                        *square += g * g;
                        *x -= rate * g / square.sqrt();
                    },
                );
            }
            self.descend(&batch.left, &left, &left_lengths, left_gradient, rate);
            self.descend(&batch.right, &right, &right_lengths, right_gradient, rate);
        }
        loss
    }

    /// Carries gradients of unit vectors back to the rows of their tokens.
    fn descend(
        &mut self,
        bags: &[Bag],
        units: &Array2<f32>,
        lengths: &[f32],
        mut gradient: Array2<f32>,
        rate: f32,
    ) {
        let d = self.dimensions;
        for ((mut g, unit), &length) in gradient.outer_iter_mut().zip(units.outer_iter()).zip(lengths) {
            let along = g.dot(&unit);
            g.zip_mut_with(&unit, |g, u| *g = (*g - along * u) / length);
        }
        let mut uses: Vec<(u32, u32, f32)> = Vec::with_capacity(bags.iter().map(Vec::len).sum());
        for (bag, number) in bags.iter().zip(0..) {
            let movable = bag.iter().filter(|(t, _)| self.movable.get(*t as usize).is_none_or(|&m| m));
            uses.extend(movable.map(|&(token, count)| (token, number, count)));
        }
        uses.par_sort_unstable_by_key(|u| (u.0, u.1));
        // Shards of tokens keep their rows to themselves, and each token's sum has one order, so
        // the result does not depend on the threads.
        const SHARD: usize = 256;
        self.rows.par_chunks_mut(SHARD * d).zip(self.squares.par_chunks_mut(SHARD * d)).enumerate().for_each(
            |(shard, (rows, squares))| {
                let first = (shard * SHARD) as u32;
                let from = uses.partition_point(|u| u.0 < first);
                let to = from + uses[from..].partition_point(|u| u.0 < first + SHARD as u32);
                let mut sum = vec![0.0_f32; d];
                for same in uses[from..to].chunk_by(|a, b| a.0 == b.0) {
                    sum.fill(0.0);
                    for &(_, number, count) in same {
                        let g = gradient.row(number as usize);
                        sum.iter_mut().zip(g).for_each(|(s, g)| *s += g * count);
                    }
                    let at = (same[0].0 - first) as usize * d;
                    for ((x, square), g) in
                        rows[at..at + d].iter_mut().zip(&mut squares[at..at + d]).zip(&sum)
                    {
                        *square += g * g;
                        *x -= rate * g / square.sqrt();
                    }
                }
            },
        );
    }
}

fn matrix(n_rows: usize, n_columns: usize, values: Vec<f32>) -> Array2<f32> {
    Array2::from_shape_vec((n_rows, n_columns), values).expect("as many values as the shape has")
}
