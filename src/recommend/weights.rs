//! Weights of features, and the kernel that they come from.

use super::centre::Centre;
use super::corpus::Corpus;
use super::features::{Block, Part};
use super::interests::Member;

/// Weights of all features, and the constant. A row is counted from the centre.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Weights {
    pub dense: Vec<f64>,
    /// By column. Many columns stand in no row that was learned from, so a file holds only the others.
    #[serde(with = "super::nonzero")]
    pub sparse: Vec<f64>,
    /// One for each interest.
    pub interests: Vec<f64>,
    pub constant: f64,
    /// What the centre of each part would add.
    offsets: [f64; Part::ALL.len()],
}

/// The square of each block's scale, and of the constant's: the kernel of two rows is the sum of
/// their products by part, each times the square of its block.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Squares {
    pub blocks: [f64; Block::ALL.len()],
    pub constant: f64,
}

/// A row, and what it has of an interest.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Point {
    pub row: usize,
    pub member: Option<Member>,
}

impl Weights {
    /// No weight on anything.
    pub fn none(corpus: &Corpus, n_interests: usize) -> Self {
        Self {
            dense: vec![0.0; corpus.dimensions()],
            sparse: vec![0.0; corpus.lexicon().n_columns()],
            interests: vec![0.0; n_interests],
            constant: 0.0,
            offsets: [0.0; Part::ALL.len()],
        }
    }

    /// With the sum of rows times their multipliers added, seen through the kernel.
    pub fn plus(
        mut self,
        corpus: &Corpus,
        centre: &Centre,
        squares: &Squares,
        multipliers: &[(Point, f64)],
    ) -> Self {
        let mut taken = [0.0; Part::ALL.len()];
        for &(point, multiplier) in multipliers {
            self.constant += multiplier * squares.constant;
            self.add_vector(centre.counted(corpus, point.row), multiplier * squares.of(Block::Meaning));
            for (square, part, entries) in parts(corpus, point.row, squares) {
                let step = multiplier * square;
                entries.iter().for_each(|&(column, x)| self.sparse[column as usize] += step * f64::from(x));
                taken[part as usize] += step;
            }
            if let Some(Member { interest, degree }) = point.member {
                self.interests[interest] += multiplier * squares.of(Block::Interest) * f64::from(degree);
            }
        }
        for part in Part::ALL {
            let columns = corpus.lexicon().columns(part);
            let columns = columns.start as usize..columns.end as usize;
            let both = self.sparse[columns.clone()].iter_mut().zip(&centre.sparse()[columns]);
            self.offsets[part as usize] = both
                .map(|(weight, &mean)| {
                    *weight -= taken[part as usize] * f64::from(mean);
                    *weight * f64::from(mean)
                })
                .sum();
        }
        self
    }

    /// Adds a vector so many times.
    pub fn add_vector(&mut self, vector: impl Iterator<Item = f32>, times: f64) {
        self.dense.iter_mut().zip(vector).for_each(|(w, x)| *w += times * f64::from(x));
    }

    /// The logit of a row.
    pub fn dot(&self, corpus: &Corpus, centre: &Centre, point: Point) -> f64 {
        let sparse = corpus.parts(point.row).map(|(part, entries)| self.part(part, entries));
        self.constant + self.meaning(corpus, centre, point.row) + sparse.sum::<f64>() + self.interest(point)
    }

    fn interest(&self, point: Point) -> f64 {
        point.member.map_or(0.0, |member| self.interests[member.interest] * f64::from(member.degree))
    }

    fn meaning(&self, corpus: &Corpus, centre: &Centre, row: usize) -> f64 {
        self.dense.iter().zip(centre.counted(corpus, row)).map(|(w, x)| w * f64::from(x)).sum()
    }

    fn part(&self, part: Part, entries: &[(u32, f32)]) -> f64 {
        if entries.is_empty() {
            return 0.0;
        }
        let product = |&(column, x): &(u32, f32)| self.sparse[column as usize] * f64::from(x);
        entries.iter().map(product).sum::<f64>() - self.offsets[part as usize]
    }

    /// What each block adds to the logit of a row.
    pub fn by_block(
        &self,
        corpus: &Corpus,
        centre: &Centre,
        point: Point,
    ) -> [(Block, f64); Block::ALL.len()] {
        Block::ALL.map(|block| {
            let own = corpus.parts(point.row).filter(|(part, _)| part.block() == block);
            let adds = match block {
                Block::Meaning => self.meaning(corpus, centre, point.row),
                Block::Interest => self.interest(point),
                _ => own.map(|(part, entries)| self.part(part, entries)).sum(),
            };
            (block, adds)
        })
    }
}

impl Squares {
    pub fn of(&self, block: Block) -> f64 {
        self.blocks[block as usize]
    }
}

/// The sparse parts that a row has and that are switched on, each with its square.
pub(super) fn parts<'a>(
    corpus: &'a Corpus,
    row: usize,
    squares: &Squares,
) -> impl Iterator<Item = (f64, Part, &'a [(u32, f32)])> {
    let with_square = |(part, entries): (Part, &'a [(u32, f32)])| (squares.of(part.block()), part, entries);
    corpus.parts(row).map(with_square).filter(|(square, _, entries)| *square > 0.0 && !entries.is_empty())
}

/// The product of two vectors.
pub(super) fn product(a: impl Iterator<Item = f32>, b: impl Iterator<Item = f32>) -> f64 {
    a.zip(b).map(|(x, y)| f64::from(x) * f64::from(y)).sum()
}

/// The kernel of two rows, which may stand in two corpora of one lexicon.
pub(super) fn kernel(centre: &Centre, a: (&Corpus, Point), b: (&Corpus, Point), squares: &Squares) -> f64 {
    let dense = product(centre.counted(a.0, a.1.row), centre.counted(b.0, b.1.row));
    let mut sum = squares.constant + squares.of(Block::Meaning) * dense;
    if let (Some(x), Some(y)) = (a.1.member, b.1.member)
        && x.interest == y.interest
    {
        sum += squares.of(Block::Interest) * f64::from(x.degree) * f64::from(y.degree);
    }
    for ((part, x), (_, y)) in a.0.parts(a.1.row).zip(b.0.parts(b.1.row)) {
        if !x.is_empty() && !y.is_empty() {
            let product = sparse_product(x, y) - centre.along(x) - centre.along(y) + centre.square(part);
            sum += squares.of(part.block()) * product;
        }
    }
    sum
}

fn sparse_product(x: &[(u32, f32)], y: &[(u32, f32)]) -> f64 {
    let mut y = y.iter().peekable();
    let mut sum = 0.0;
    for &(column, value) in x {
        while y.next_if(|other| other.0 < column).is_some() {}
        if let Some(other) = y.next_if(|other| other.0 == column) {
            sum += f64::from(value) * f64::from(other.1);
        }
    }
    sum
}
