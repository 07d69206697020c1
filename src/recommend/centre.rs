//! What papers have in common: the mean that each part of a row is counted from.
//!
//! A part says how a paper differs from the others that have it, and nothing where it is lacking: likes of
//! which only a title is known, or a Korean summary, are no different for it. Vectors are counted from the
//! mean of their own language, so that the language of a text says nothing either.

use serde::{Deserialize, Serialize};

use super::corpus::Corpus;
use super::features::Part;

/// The mean of a language's vectors is drawn towards that of all as if so many more papers lay there: few say
/// little.
const FEW: f32 = 20.0;

/// The means over some rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Centre {
    /// Of the vectors of papers that are known in English, and of those that are known in Korean alone.
    dense: [Vec<f32>; 2],
    /// Of both.
    all: Vec<f32>,
    /// By column, over the rows that have the part.
    #[serde(with = "super::nonzero")]
    sparse: Vec<f32>,
    /// Each part's product with itself.
    squares: [f64; Part::ALL.len()],
}

impl Centre {
    /// The means over rows of a corpus.
    pub fn of(corpus: &Corpus, rows: &[usize]) -> Self {
        let mut dense = [vec![0.0_f32; corpus.dimensions()], vec![0.0; corpus.dimensions()]];
        let mut n_rows = [0.0_f32; 2];
        let mut sparse = vec![0.0_f32; corpus.lexicon().n_columns()];
        let mut n_with = [0.0_f32; Part::ALL.len()];
        for &row in rows {
            let language = usize::from(corpus.is_korean(row));
            n_rows[language] += 1.0;
            dense[language].iter_mut().zip(corpus.dense(row)).for_each(|(sum, x)| *sum += x);
            for (part, entries) in corpus.parts(row).filter(|(_, entries)| !entries.is_empty()) {
                n_with[part as usize] += 1.0;
                entries.iter().for_each(|&(column, x)| sparse[column as usize] += x);
            }
        }
        let mut squares = [0.0; Part::ALL.len()];
        for part in Part::ALL {
            let columns = corpus.lexicon().columns(part);
            let own = &mut sparse[columns.start as usize..columns.end as usize];
            // No author is on so many papers that their mean says anything.
            let n = if part == Part::Authors { f32::INFINITY } else { n_with[part as usize].max(1.0) };
            own.iter_mut().for_each(|x| *x /= n);
            squares[part as usize] = own.iter().map(|x| f64::from(x * x)).sum();
        }
        let n = n_rows[0] + n_rows[1];
        let all: Vec<f32> = dense[0].iter().zip(&dense[1]).map(|(a, b)| (a + b) / n.max(1.0)).collect();
        for (sum, n_rows) in dense.iter_mut().zip(n_rows) {
            sum.iter_mut().zip(&all).for_each(|(sum, mean)| *sum = (*sum + FEW * mean) / (n_rows + FEW));
        }
        Self { dense, all, sparse, squares }
    }

    /// A row's vector, counted from the mean of its language.
    pub fn counted<'a>(&'a self, corpus: &'a Corpus, row: usize) -> impl Iterator<Item = f32> + 'a {
        let mean = &self.dense[usize::from(corpus.is_korean(row))];
        corpus.dense(row).iter().zip(mean).map(|(x, mean)| x - mean)
    }

    /// A row's vector as a like: counted from the mean of its language, but with what all papers have in common,
    /// so that a paper is not the less like it for being like most.
    pub fn liked<'a>(&'a self, corpus: &'a Corpus, row: usize) -> impl Iterator<Item = f32> + 'a {
        self.counted(corpus, row).zip(&self.all).map(|(x, mean)| x + mean)
    }

    /// By column.
    pub fn sparse(&self) -> &[f32] {
        &self.sparse
    }

    /// A part's product with itself.
    pub fn square(&self, part: Part) -> f64 {
        self.squares[part as usize]
    }

    /// The product of a part's entries with its mean.
    pub fn along(&self, entries: &[(u32, f32)]) -> f64 {
        entries.iter().map(|&(column, x)| f64::from(x * self.sparse[column as usize])).sum()
    }
}
