//! How good vectors are, judged without any user: by experts, by languages, by titles and by
//! categories.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use ndarray::Array2;
use rayon::prelude::*;

use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::hash::fnv1a;

/// A query's candidates with what experts said of them, 0 (unrelated) to 3.
pub type Judged = BTreeMap<String, u32>;

/// Queries by `paper_facet`, as CSFCube names them (Mysore et al., arXiv:2103.12906).
pub type Judgements = BTreeMap<String, Judged>;

/// The collection: papers as `title` and `abstract`, judgements, and the official two folds of
/// test queries.
#[derive(Debug, Clone, Default)]
pub struct CsfCube {
    /// The text of each paper, title and abstract.
    pub papers: BTreeMap<String, String>,
    /// What experts said.
    pub judgements: Judgements,
    /// Test queries of each fold.
    pub folds: Vec<Vec<String>>,
}

impl CsfCube {
    /// Reads `papers.jsonl`, `qrels.tsv` and `evaluation_splits.json`; without the last, all
    /// queries make one fold.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names the file and what was expected of it.
    pub fn read(papers: impl BufRead, qrels: impl BufRead, splits: Option<impl BufRead>) -> Result<Self> {
        Self::read_named(["papers.jsonl", "qrels.tsv", "evaluation_splits.json"], papers, qrels, splits)
    }

    /// The same of files with other names.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names the file and what was expected of it.
    pub fn read_named(
        [papers_name, qrels_name, splits_name]: [&str; 3],
        papers: impl BufRead,
        qrels: impl BufRead,
        splits: Option<impl BufRead>,
    ) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Row {
            id: String,
            title: String,
            #[serde(rename = "abstract")]
            abstract_text: String,
        }
        let broken = |file: &str, what: &dyn std::fmt::Display| Error::Invalid(format!("{file}: {what}"));
        let mut all = Self::default();
        for line in papers.lines() {
            let line = line.map_err(|e| broken(papers_name, &e))?;
            let row: Row = serde_json::from_str(&line).map_err(|e| broken(papers_name, &e))?;
            all.papers.insert(row.id, format!("{}\n{}", row.title, row.abstract_text));
        }
        for line in qrels.lines().skip(1) {
            let line = line.map_err(|e| broken(qrels_name, &e))?;
            let fields: Vec<&str> = line.split('\t').collect();
            let [query, facet, candidate, relevance] = fields[..] else {
                return Err(broken(qrels_name, &format!("four columns are expected, not `{line}`")));
            };
            if let Some(unknown) = [query, candidate].iter().find(|id| !all.papers.contains_key(**id)) {
                return Err(broken(qrels_name, &format!("there is no paper {unknown}")));
            }
            let relevance = relevance.parse().map_err(|e| broken(qrels_name, &e))?;
            all.judgements
                .entry(format!("{query}_{facet}"))
                .or_default()
                .insert(candidate.to_owned(), relevance);
        }
        let Some(splits) = splits else {
            all.folds.push(all.judgements.keys().cloned().collect());
            return Ok(all);
        };
        let splits: BTreeMap<String, BTreeMap<String, Vec<String>>> =
            serde_json::from_reader(splits).map_err(|e| broken(splits_name, &e))?;
        for fold in ["fold1_test", "fold2_test"] {
            let queries: BTreeSet<String> =
                splits.values().filter_map(|s| s.get(fold)).flatten().cloned().collect();
            all.folds.push(queries.into_iter().collect());
        }
        Ok(all)
    }

    /// Each query paper once, with all candidates that any of its facets has, in order.
    pub fn pools(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut pools: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (query, judged) in &self.judgements {
            if let Some((paper, _)) = query.rsplit_once('_') {
                pools.entry(paper).or_default().extend(judged.keys().map(String::as_str));
            }
        }
        pools.into_iter().map(|(query, pool)| (query, pool.into_iter().collect())).collect()
    }
}

/// Mean average precision, and nDCG at a fifth of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Ranked {
    /// Mean average precision; relevant is 2 or more.
    pub map: f64,
    /// Normalised discounted cumulative gain at 20 % of the pool, gains equal to the relevance.
    pub ndcg20: f64,
}

/// CSFCube's protocol: the mean over folds of the mean over each fold's test queries, all facets
/// together. `score` rates a candidate of a query paper; no facet is given to it.
///
/// Queries without judgements are left out.
pub fn csfcube(judgements: &Judgements, folds: &[Vec<String>], score: impl Fn(&str, &str) -> f32) -> Ranked {
    let mut total = Ranked::default();
    for fold in folds {
        let mut sum = Ranked::default();
        let mut n = 0.0_f64;
        for query in fold {
            let (Some(judged), Some((paper, _))) = (judgements.get(query), query.rsplit_once('_')) else {
                continue;
            };
            let mut ranked: Vec<(f32, &String, u32)> = judged
                .iter()
                .map(|(candidate, &relevance)| (score(paper, candidate), candidate, relevance))
                .collect();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            let relevances: Vec<u32> = ranked.iter().map(|r| r.2).collect();
            sum.map += average_precision(&relevances);
            sum.ndcg20 += ndcg(&relevances, relevances.len() / 5);
            n += 1.0;
        }
        total.map += sum.map / n.max(1.0) / folds.len() as f64;
        total.ndcg20 += sum.ndcg20 / n.max(1.0) / folds.len() as f64;
    }
    total
}

/// The mean, over relevant places (2 or more), of the share of relevant ones down to there.
fn average_precision(relevances: &[u32]) -> f64 {
    let (mut found, mut sum) = (0.0, 0.0);
    for (place, _) in relevances.iter().enumerate().filter(|(_, r)| **r >= 2) {
        found += 1.0;
        sum += found / (place + 1) as f64;
    }
    if found > 0.0 { sum / found } else { 0.0 }
}

/// As the official script: the second place is not discounted (Järvelin and Kekäläinen 2002).
fn ndcg(relevances: &[u32], depth: usize) -> f64 {
    let gain = |relevances: &[u32]| -> f64 {
        let top = relevances.iter().take(depth).enumerate();
        top.map(|(place, &r)| f64::from(r) / ((place + 1) as f64).log2().max(1.0)).sum()
    };
    let mut ideal = relevances.to_vec();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = gain(&ideal);
    if best > 0.0 { gain(relevances) / best } else { 0.0 }
}

/// How often the right one is found.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Found {
    /// How many were looked for.
    pub n: usize,
    /// Among how many.
    pub among: usize,
    /// The share that comes first.
    pub recall_at_1: f64,
    /// The mean of one over the place of the right one.
    pub mrr: f64,
}

/// Looks each of `queries` up among `answers`; the right answer has the same number, and further
/// answers may follow. An answer that is as near as the right one counts as nearer.
pub fn retrieval(queries: &[Embedding], answers: &[Embedding]) -> Found {
    let places = each_row(queries, answers, |number, cosines| {
        let right = cosines[number];
        cosines.iter().enumerate().filter(|(i, c)| *i != number && **c >= right).count() + 1
    });
    let n = places.len().max(1) as f64;
    Found {
        n: places.len(),
        among: answers.len(),
        recall_at_1: places.iter().filter(|p| **p == 1).count() as f64 / n,
        mrr: places.iter().map(|&p| 1.0 / p as f64).sum::<f64>() / n,
    }
}

/// The mean share of each paper's `k` nearest others that have its category; of equally near ones
/// the first count.
pub fn neighbours_share(vectors: &[Embedding], categories: &[&str], k: usize) -> f64 {
    let k = k.min(vectors.len().saturating_sub(1));
    if k == 0 {
        return 0.0;
    }
    let shares = each_row(vectors, vectors, |number, cosines| {
        let mut near: Vec<usize> = (0..cosines.len()).filter(|&i| i != number).collect();
        near.select_nth_unstable_by(k - 1, |&a, &b| cosines[b].total_cmp(&cosines[a]).then(a.cmp(&b)));
        near[..k].iter().filter(|&&i| categories[i] == categories[number]).count() as f64 / k as f64
    });
    shares.iter().sum::<f64>() / shares.len() as f64
}

/// Calls `judge` with the number of each row and its cosines with all columns.
fn each_row<T: Send>(
    rows: &[Embedding],
    columns: &[Embedding],
    judge: impl Fn(usize, &[f32]) -> T + Sync,
) -> Vec<T> {
    const BLOCK: usize = 256;
    let Some(dimensions) = columns.first().map(|c| c.as_slice().len()) else { return Vec::new() };
    let matrix = |vectors: &[Embedding]| {
        Array2::from_shape_fn((vectors.len(), dimensions), |(i, j)| vectors[i].as_slice()[j])
    };
    let all = matrix(columns);
    let blocks = rows.chunks(BLOCK).enumerate().map(|(block, vectors)| {
        let cosines = matrix(vectors).dot(&all.t());
        let numbered: Vec<_> = cosines.outer_iter().zip(block * BLOCK..).collect();
        let judged =
            numbered.par_iter().map(|(row, number)| judge(*number, row.as_slice().unwrap_or_default()));
        judged.collect::<Vec<T>>()
    });
    blocks.flatten().collect()
}

/// The `n` names of smallest hash, as a set: see [`drawn`].
pub fn kept_apart<'a>(names: impl IntoIterator<Item = &'a str>, n: usize) -> BTreeSet<&'a str> {
    drawn(names, n).into_iter().collect()
}

/// The `n` names of smallest hash (64-bit FNV-1a), in its order: a choice that depends on the names
/// alone, so that what trains and what judges agree on it, and more of them begin with the same ones.
pub fn drawn<'a>(names: impl IntoIterator<Item = &'a str>, n: usize) -> Vec<&'a str> {
    let mut hashed: Vec<(u64, &str)> = names.into_iter().map(|name| (fnv1a(name.bytes()), name)).collect();
    hashed.sort_unstable();
    hashed.dedup();
    hashed.into_iter().take(n).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(x: f32, y: f32) -> Embedding {
        Embedding::normalized(vec![x, y]).expect("a direction")
    }

    #[test]
    fn precision_and_gain_of_a_ranking_by_hand() {
        assert!((average_precision(&[3, 0, 2, 1]) - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(average_precision(&[1, 0]), 0.0);
        let expected = (1.0 + 3.0 + 2.0 / 3.0_f64.log2()) / (3.0 + 2.0 + 1.0 / 3.0_f64.log2());
        assert!((ndcg(&[1, 3, 2, 0], 3) - expected).abs() < 1e-12);
        assert_eq!(ndcg(&[0, 0], 1), 0.0);
    }

    #[test]
    fn the_mean_is_over_folds_not_over_queries() {
        let papers =
            "a b c d".split(' ').map(|id| format!(r#"{{"id":"{id}","title":"{id}","abstract":""}}"#));
        let papers = papers.collect::<Vec<_>>().join("\n");
        let qrels = "query\tfacet\tcandidate\trelevance\na\tx\tb\t3\na\tx\tc\t0\nb\tx\tc\t0\nb\tx\td\t2\nc\tx\ta\t2\n";
        let splits = r#"{"all":{"fold1_test":["a_x","b_x"],"fold2_test":["c_x"]}}"#;
        let cube =
            CsfCube::read(papers.as_bytes(), qrels.as_bytes(), Some(splits.as_bytes())).expect("whole");
        // Alphabetical: a finds b first, b finds d second, c finds a first.
        let ranked = csfcube(&cube.judgements, &cube.folds, |_, c| -(f32::from(c.as_bytes()[0])));
        assert!((ranked.map - ((1.0 + 0.5) / 2.0 + 1.0) / 2.0).abs() < 1e-12);
        // Without folds b_x, a_x and c_x count alike.
        let whole = CsfCube::read(papers.as_bytes(), qrels.as_bytes(), None::<&[u8]>).expect("whole");
        let ranked = csfcube(&whole.judgements, &whole.folds, |_, c| -(f32::from(c.as_bytes()[0])));
        assert!((ranked.map - (1.0 + 0.5 + 1.0) / 3.0).abs() < 1e-12);
        let unknown = CsfCube::read(papers.as_bytes(), "h\na\tx\tz\t1\n".as_bytes(), None::<&[u8]>);
        assert!(unknown.is_err_and(|e| e.to_string().contains("no paper z")));
    }

    #[test]
    fn a_tie_is_not_found() {
        let (a, b) = (unit(1.0, 0.0), unit(0.0, 1.0));
        let found = retrieval(&[a.clone(), b.clone()], &[a.clone(), a.clone()]);
        assert_eq!((found.n, found.recall_at_1, found.mrr), (2, 0.0, 0.5));
        assert_eq!(retrieval(&[a.clone(), b.clone()], &[a, b]).recall_at_1, 1.0);
    }

    #[test]
    fn neighbours_do_not_count_the_paper_itself() {
        let vectors = [unit(1.0, 0.0), unit(1.0, 0.1), unit(0.0, 1.0), unit(0.1, 1.0)];
        assert_eq!(neighbours_share(&vectors, &["x", "x", "y", "z"], 1), 0.5);
    }

    #[test]
    fn what_is_kept_apart_depends_on_names_alone() {
        let names = ["2404.15653", "math/0611800", "2404.15653", "1706.03762"];
        let apart = kept_apart(names, 2);
        assert_eq!(apart.len(), 2);
        assert_eq!(apart, kept_apart(names.into_iter().rev(), 2));
    }
}
