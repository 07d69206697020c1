//! How long it takes to learn a profile anew: 1,000 ratings and 5,000 background papers, with the
//! calibration, against plain gradient descent on the same sum (without calibration); the same with
//! 10,000 likes from a reference manager, interests and all; and how long it takes to choose a list
//! from a year's 100,000 papers.
//!
//! On two cores that were busy with other work: grouping 1,000 likes .19 s, 10,000 likes 1.0 s by a sample
//! (with every pair compared, 4,000 took 4.3 s, four times as long as 2,000), 9 s where no two of them are
//! alike; learning from 10,000 likes 3.0 s, grouping included; a list of 20 from 100,000 papers .9 s, with
//! all its further pages 1.8 s.
//!
//! The papers are drawn from topics: words by Zipf's law, a vector near the topic's. `cargo bench
//! --bench recommend` also says how far the two solutions are apart.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a bench says how exact what it measures is")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use paperpick::recommend::diversify::{Candidate, Variety, choose};
use paperpick::recommend::floors::Floor;
use paperpick::recommend::interests::{Interests, group};
use paperpick::recommend::{Corpus, Example, Lexicon, Options, Pool, Profile, RatedRow, Scales, learn};
use paperpick::{Embedding, Paper};

const RATINGS: usize = 1_000;
const LIKES: usize = 10_000;
const BACKGROUND: usize = 5_000;
const YEAR: usize = 100_000;
const DIMENSIONS: usize = 256;

/// A small generator (SplitMix64): the same papers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn paper(n: usize, topic: u64, random: &mut Random) -> (Paper, Embedding) {
    let mut word = |topical: f64| {
        let rank = (8_000_f64.powf(random.unit())) as u64;
        if random.unit() < topical { format!("t{topic}w{}", rank % 400) } else { format!("w{rank}") }
    };
    let title: Vec<String> = (0..10).map(|_| word(0.5)).collect();
    let text: Vec<String> = (0..160).map(|_| word(0.25)).collect();
    let line = serde_json::json!({
        "id": format!("24{:02}.{:05}", n / 90_000 + 1, n % 90_000 + 1),
        "title": title.join(" "), "abstract": text.join(" "),
        "authors": (0..5).map(|_| format!("Author {}", random.next() % 4_000)).collect::<Vec<_>>(),
        "categories": [format!("cs.{}", topic % 7)],
    });
    let mut own = Random(topic);
    let values = (0..DIMENSIONS).map(|_| (own.unit() - 0.5 + 1.2 * (random.unit() - 0.5)) as f32).collect();
    (serde_json::from_value(line).unwrap(), Embedding::normalized(values).unwrap())
}

/// Rows of `n_rated` papers on a tenth of the topics, and of the background on all.
fn rows(n_rated: usize, n_topics: u64) -> Corpus {
    let mut random = Random(7);
    let papers: Vec<(Paper, Embedding)> = (0..n_rated + BACKGROUND)
        .map(|n| {
            let topic = random.next() % if n < n_rated { n_topics / 10 } else { n_topics };
            paper(n, topic, &mut random)
        })
        .collect();
    let mut corpus = Corpus::new(Lexicon::count(papers.iter().map(|p| &p.0)), DIMENSIONS);
    corpus.extend(&papers.iter().map(|(paper, vector)| (paper, vector)).collect::<Vec<_>>());
    corpus
}

/// Every fifth rating is a dislike.
fn corpus() -> (Corpus, Vec<Example>, Vec<usize>) {
    let corpus = rows(RATINGS, 60);
    let ratings =
        (0..RATINGS).map(|row| Example { row, liked: row % 5 != 0, age_days: 0.0, interest: None }).collect();
    (corpus, ratings, (RATINGS..RATINGS + BACKGROUND).collect())
}

/// The same minimum by accelerated gradient descent (Nesterov 1983) in the weights, with every
/// block at the same scale; the logits of all rows.
fn plainly(corpus: &Corpus, ratings: &[Example], background: &[usize], options: &Options) -> Vec<f64> {
    let rows: Vec<(usize, f64, f64)> = (ratings.iter())
        .map(|r| {
            let likes = ratings.iter().filter(|r| r.liked).count() as f64;
            let cost = if r.liked { background.len() as f64 / likes } else { options.dislike };
            (r.row, if r.liked { 1.0 } else { -1.0 }, options.cost * cost)
        })
        .chain(background.iter().map(|&row| (row, -1.0, options.cost)))
        .collect();
    let n_sparse = rows.iter().filter_map(|r| corpus.sparse(r.0).last()).map(|e| e.0 as usize + 1).max();
    let n = DIMENSIONS + n_sparse.unwrap_or(0) + 1;
    let dot = |w: &[f64], row: usize| {
        let dense = corpus.dense(row).iter().zip(w).map(|(x, w)| f64::from(*x) * w).sum::<f64>();
        let sparse = corpus.sparse(row).iter().map(|e| f64::from(e.1) * w[DIMENSIONS + e.0 as usize]);
        dense + sparse.sum::<f64>() + w[n - 1]
    };
    let (mut w, mut ahead, mut momentum) = (vec![0.0; n], vec![0.0; n], 1.0_f64);
    // Half the sum of costs times the largest squared length bounds the curvature, loosely.
    let step = 1.0 / (1.0 + 0.25 * 5.0 * rows.iter().map(|r| r.2).sum::<f64>());
    for _ in 0..400 {
        let mut gradient = ahead.clone();
        for &(row, sign, cost) in &rows {
            let by = -sign * cost / (1.0 + (sign * dot(&ahead, row)).exp());
            gradient.iter_mut().zip(corpus.dense(row)).for_each(|(g, x)| *g += by * f64::from(*x));
            corpus
                .sparse(row)
                .iter()
                .for_each(|e| gradient[DIMENSIONS + e.0 as usize] += by * f64::from(e.1));
            gradient[n - 1] += by;
        }
        let next: Vec<f64> = ahead.iter().zip(&gradient).map(|(a, g)| a - step * g).collect();
        let grown = 0.5 * (1.0 + (1.0 + 4.0 * momentum * momentum).sqrt());
        let push = (momentum - 1.0) / grown;
        ahead = next.iter().zip(&w).map(|(new, old)| new + push * (new - old)).collect();
        (w, momentum) = (next, grown);
    }
    rows.iter().map(|r| dot(&w, r.0)).collect()
}

fn learning(c: &mut Criterion) {
    let (corpus, ratings, background) = corpus();
    let scales =
        Scales { meaning: 1.0, terms: 1.0, authors: 1.0, categories: 1.0, votes: 1.0, interests: 1.0 };
    let options = Options { scales, ..Options::default() };
    let profile = Profile::learn(&corpus, &ratings, &background, Interests::default(), &options);
    let plain = plainly(&corpus, &ratings, &background, &options);
    let apart = (0..plain.len()).map(|row| (profile.logit(&corpus, row) - plain[row]).abs());
    println!("largest difference of a logit: {:.4}", apart.fold(0.0, f64::max));

    let mut group = c.benchmark_group("learn 1,000 ratings and 5,000 background papers");
    group.sample_size(10);
    group.bench_function("as the program does", |b| {
        b.iter(|| {
            Profile::learn(
                black_box(&corpus),
                &ratings,
                &background,
                Interests::default(),
                &Options::default(),
            )
        })
    });
    group.bench_function("gradient descent, 400 steps", |b| {
        b.iter(|| plainly(black_box(&corpus), &ratings, &background, &options))
    });
    group.finish();
}

fn many_likes(c: &mut Criterion) {
    let corpus = rows(LIKES, 600);
    let background: Vec<usize> = (LIKES..LIKES + BACKGROUND).collect();
    let like = |row| RatedRow { row, liked: true, age_days: 0.0, kept: None };
    let likes: Vec<RatedRow> = (0..LIKES).map(like).collect();
    let vectors: Vec<&[f32]> = (0..LIKES).map(|row| corpus.dense(row)).collect();
    let related = corpus.related(&background);
    let groups = group(&vectors, &[], related);
    println!("10,000 likes of 60 topics: {} groups, the largest of {}", groups.len(), groups[0].len());

    let mut bench = c.benchmark_group("10,000 likes");
    bench.sample_size(10);
    bench.bench_function("group 1,000 of them", |b| {
        b.iter(|| group(black_box(&vectors[..RATINGS]), &[], related))
    });
    bench.bench_function("group them", |b| b.iter(|| group(black_box(&vectors), &[], related)));
    bench.bench_function("learn from them and 5,000 background papers", |b| {
        let pool = Pool { n_papers: 20_000, n_days: 40 };
        b.iter(|| learn(black_box(&corpus), &background, &likes, pool, &Options::default()))
    });
    bench.finish();
}

/// The papers of a year, each with one of the vectors of a small corpus.
fn a_year(c: &mut Criterion) {
    let corpus = rows(0, 60);
    let candidates: Vec<Candidate> = (0..YEAR)
        .map(|i| Candidate {
            row: i % corpus.len(),
            probability: 0.9 * (1.0 - i as f64 / YEAR as f64),
            interest: Some(i % 6),
        })
        .collect();
    let mut bench = c.benchmark_group("choose from 100,000 papers");
    bench.sample_size(10);
    let floor = Floor { places: 2, is_asked: true };
    for (name, reach) in [("20", 20), ("20, and all other pages", YEAR)] {
        bench.bench_function(name, |b| {
            b.iter(|| {
                let cosine = |a, b| corpus.cosine(a, b);
                choose(black_box(&candidates), 20, reach, &[floor; 6], &Variety::default(), cosine)
            })
        });
    }
    bench.finish();
}

criterion_group!(benches, learning, many_likes, a_year);
criterion_main!(benches);
