//! How well and how fast the index finds neighbours.
//!
//! ```text
//! cargo bench --bench index -- vectors OUT.npy LISTING.jsonl.gz…   real papers, by the built-in embedder
//! cargo bench --bench index -- grow IN.npy N OUT.npy               more vectors of the same kind
//! cargo bench --bench index -- build IN.npy INDEX [links=16] [candidates=40] [second-look=100] [threads=1]
//! cargo bench --bench index -- measure IN.npy INDEX               curves of an index that was built
//! cargo bench --bench index -- hnsw_rs IN.npy [links=16] [candidates=200] [threads=1]
//! cargo bench --bench index                                        a small synthetic run
//! ```
//! `benches/index.py` measures usearch, hnswlib and faiss on the same files. The last 1,000 vectors
//! of a file are the queries and are not indexed. Latencies are those of one thread: of each query
//! the fastest of three rounds, then the median and the 99th percentile over the queries. The
//! truth is a plain loop over the full vectors. The tables are in `data/index.md`.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::collections::BTreeSet;
use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use hnsw_rs::anndists::dist::distances::DistL2;
use hnsw_rs::hnsw::Hnsw;
use paperpick::embed::builtin::Builtin;
use paperpick::embed::{Embedder, Role};
use paperpick::index::exact::Exact;
use paperpick::index::{Allowed, Changes, Index, NearestPapers, Shape, Sink, Stamp, VectorSource, Way};
use paperpick::progress::Silent;
use paperpick::{Embedding, ModelId};
use rayon::prelude::*;

const N_QUERIES: usize = 1000;
const K: usize = 10;

/// Vectors of one length, one after the other.
struct Matrix {
    dimensions: usize,
    values: Vec<f32>,
}

impl Matrix {
    fn len(&self) -> usize {
        self.values.len() / self.dimensions
    }

    fn row(&self, i: usize) -> &[f32] {
        &self.values[i * self.dimensions..][..self.dimensions]
    }
}

/// The rows of a matrix as the store would give them.
struct Rows<'a>(&'a Matrix, usize);

impl VectorSource for Rows<'_> {
    fn stamp(&self) -> paperpick::Result<Stamp> {
        Ok(Stamp { model: ModelId::new("bench"), dimensions: self.0.dimensions, generation: 1 })
    }

    fn each(&self, sink: &mut Sink<'_>) -> paperpick::Result<()> {
        (0..self.1).try_for_each(|i| sink(i as i64, self.0.row(i)))
    }

    fn changes_since(&self, _: u64, _: usize) -> paperpick::Result<Option<paperpick::index::Changes>> {
        Ok(None)
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["vectors", out, listings @ ..] => vectors(out, listings),
        ["grow", input, n, out] => save(out, &grow(&load(input)?, n.parse()?)?),
        ["build", input, path, options @ ..] => build(&load(input)?, path.as_ref(), shape(options)?),
        ["measure", input, path] => measure(&load(input)?, path.as_ref()),
        ["hnsw_rs", input, options @ ..] => {
            hnsw_rs(&load(input)?, shape(&[&["candidates=200"], options].concat())?)
        }
        [] => {
            let matrix = grow(&synthetic(3000, 256), 20_000)?;
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("index");
            build(&matrix, &path, Shape::default())?;
            measure(&matrix, &path)
        }
        _ => bail!("see the head of benches/index.rs"),
    }
}

/// Embeds title and abstract of every paper once, in the order of the files.
fn vectors(out: &str, listings: &[&str]) -> Result<()> {
    let embedder = Builtin::default();
    let (mut seen, mut texts) = (BTreeSet::new(), Vec::new());
    for path in listings {
        for line in BufReader::new(flate2::read::GzDecoder::new(File::open(path)?)).lines() {
            let paper: serde_json::Value = serde_json::from_str(&line?)?;
            let field = |name: &str| paper[name].as_str().unwrap_or_default().to_owned();
            if seen.insert(field("id")) {
                texts.push(format!("{}\n{}", field("title"), field("abstract")));
            }
        }
    }
    let started = Instant::now();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embedded = embedder.embed(Role::Document, &texts, &Silent)?;
    println!("{} papers embedded by {} in {:.1?}", texts.len(), embedder.model(), started.elapsed());
    let mut values: Vec<f32> = Vec::new();
    // Files are by month: queries come from all of them.
    for i in shuffled(embedded.len()) {
        values.extend(embedded[i].as_slice());
    }
    save(out, &Matrix { dimensions: embedder.dimensions(), values })
}

/// The given vectors, and as many more as are asked for. Each new one is the middle of a given one and
/// one of its ten nearest, moved by 0.6 in the direction of the difference of two other given ones. So
/// it is where papers are, spread as they are, and the space gets denser: among real papers the cosine
/// of the tenth neighbour rises by .03 with every doubling, and it goes on rising so.
fn grow(given: &Matrix, n: usize) -> Result<Matrix> {
    let d = given.dimensions;
    let near = ten_nearest(given)?;
    let mut random = Random(7);
    let mut values = given.values.clone();
    values.truncate(n * d);
    while values.len() < n * d {
        let [a, b, c] = [(); 3].map(|()| random.below(given.len()));
        let Some(&other) = near[a].get(random.below(10)) else { continue };
        let sum = |a: &[f32], b: &[f32], of_b: f32| -> paperpick::Result<Embedding> {
            Embedding::normalized(a.iter().zip(b).map(|(a, b)| a + of_b * b).collect())
        };
        let middle = sum(given.row(a), given.row(other), 1.0);
        let (Ok(middle), Ok(direction)) = (middle, sum(given.row(b), given.row(c), -1.0)) else { continue };
        values.extend(sum(middle.as_slice(), direction.as_slice(), 0.6)?.as_slice());
    }
    let order = shuffled(n);
    Ok(Matrix { dimensions: d, values: order.iter().flat_map(|&i| &values[i * d..][..d]).copied().collect() })
}

/// For each vector the ten nearest others, as a graph finds them.
fn ten_nearest(given: &Matrix) -> Result<Vec<Vec<usize>>> {
    let folder = tempfile::tempdir()?;
    let source = Rows(given, given.len());
    let index = Index::build_graph(&folder.path().join("index"), &source, Shape::default(), &Silent)?
        .with_way(Way::Graph { width: 64 });
    let near = |i: usize| -> Result<Vec<usize>> {
        let near = index.nearest(given.row(i), K + 1, Allowed::All)?;
        Ok(near.iter().map(|near| near.row as usize).filter(|&other| other != i).take(K).collect())
    };
    (0..given.len()).into_par_iter().map(near).collect()
}

/// Vectors around 50 centres, on axes that matter less and less.
fn synthetic(n: usize, dimensions: usize) -> Matrix {
    let mut random = Random(3);
    let mut draw = |scale: f32| -> Vec<f32> {
        let axis = |i: usize| scale * random.normal() * (i as f32 + 8.0).powf(-0.8);
        (0..dimensions).map(axis).collect()
    };
    let centres: Vec<Vec<f32>> = (0..50).map(|_| draw(1.0)).collect();
    let values = (0..n).flat_map(|i| {
        let moved = draw(0.7).iter().zip(&centres[i % 50]).map(|(x, c)| x + c).collect();
        Embedding::normalized(moved).map(|v| v.as_slice().to_vec()).unwrap_or_default()
    });
    Matrix { dimensions, values: values.collect() }
}

fn shape(options: &[&str]) -> Result<Shape> {
    let mut shape = Shape::default();
    for option in options {
        match option.split_once('=') {
            Some(("links", n)) => shape.links = n.parse()?,
            Some(("candidates", n)) => shape.candidates = n.parse()?,
            Some(("second-look", n)) => shape.second_look = n.parse()?,
            Some(("threads", n)) => shape.threads = n.parse()?,
            _ => bail!("no option `{option}`"),
        }
    }
    Ok(shape)
}

fn build(matrix: &Matrix, path: &Path, shape: Shape) -> Result<()> {
    let source = Rows(matrix, matrix.len() - N_QUERIES);
    let started = Instant::now();
    drop(Index::build(path, &source)?);
    println!("file without a graph: written in {:.1?}; peak memory {}", started.elapsed(), peak_memory());
    let (started, before) = (Instant::now(), cpu_seconds());
    let index = Index::build_graph(path, &source, shape, &Silent)?;
    let (time, cpu) = (started.elapsed(), cpu_seconds() - before);
    println!("graph {shape:?}: built in {time:.1?}, {cpu:.1} CPU s; peak memory {}", peak_memory());
    println!("{:?}", index.size());
    Ok(())
}

fn measure(matrix: &Matrix, path: &Path) -> Result<()> {
    let n = matrix.len() - N_QUERIES;
    let d = matrix.dimensions;
    let queries: Vec<&[f32]> = (n..matrix.len()).map(|i| matrix.row(i)).collect();
    println!("{n} vectors of {d} dimensions, {N_QUERIES} queries, k = {K}");
    let truth = truth(matrix, path)?;
    let open = |way| -> Result<Index> { Ok(Index::open(path)?.context("no index")?.with_way(way)) };
    let by = |name: &str, way| -> Result<()> {
        let index = open(way)?;
        report(name, &truth, &queries, |query| Ok(found(index.nearest(query, K, Allowed::All)?)))
    };
    let size = open(Way::Fastest)?.size();
    println!("{:.1} bytes a vector beside the vectors; {size:?}", size.search_bytes as f64 / n as f64);
    let mut openings: Vec<f64> = (0..20).map(|_| timed(|| open(Way::Fastest)).1).collect();
    openings.sort_by(f64::total_cmp);
    println!("open: median {:.2} ms", openings[10] / 1000.0);
    by("codes", Way::Codes)?;
    for candidates in [100, 200, 400, 1000, 2000] {
        by(&format!("signs, {candidates} candidates"), Way::Signs { candidates })?;
    }
    for width in [16, 32, 64, 96, 128, 192, 256, 320, 384, 512, 768] {
        by(&format!("graph, width {width}"), Way::Graph { width })?;
    }
    by("fastest", Way::Fastest)?;

    let index = open(Way::Fastest)?;
    for one_in in [2, 10, 100, 1000] {
        let allowed: BTreeSet<i64> = shuffled(n).into_iter().take(n / one_in).map(|i| i as i64).collect();
        let allowed: Vec<i64> = allowed.into_iter().collect();
        let codes = open(Way::Codes)?;
        let truth: Vec<Vec<i64>> = queries
            .iter()
            .map(|query| Ok(found(codes.nearest(query, K, Allowed::Only(&allowed))?)))
            .collect::<Result<_>>()?;
        report(&format!("filter, one in {one_in}"), &truth, &queries, |query| {
            Ok(found(index.nearest(query, K, Allowed::Only(&allowed))?))
        })?;
    }
    report("all but the nearest", &without_first(&open(Way::Codes)?, &queries)?, &queries, |query| {
        let nearest = index.nearest(query, 1, Allowed::All)?[0].row;
        Ok(found(index.nearest(query, K, Allowed::Except(&[nearest]))?))
    })?;

    // One more paper: open, take it in, find it.
    let mut added: Vec<f64> = Vec::new();
    for query in &queries[..20] {
        let (answer, time) = timed(|| -> Result<Vec<i64>> {
            let mut index = open(Way::Fastest)?;
            index.grow(Changes { rows: vec![n as i64], matrix: query.to_vec(), gone: Vec::new() }, 2)?;
            Ok(found(index.nearest(query, K, Allowed::All)?))
        });
        anyhow::ensure!(answer?[0] == n as i64, "the new paper was not found");
        added.push(time);
    }
    added.sort_by(f64::total_cmp);
    println!("one paper added and found, opening included: median {:.2} ms", added[10] / 1000.0);
    Ok(())
}

/// The true neighbours; kept beside the index, since a million vectors take a while.
fn truth(matrix: &Matrix, path: &Path) -> Result<Vec<Vec<i64>>> {
    let kept = path.with_extension("truth");
    if let Ok(text) = std::fs::read_to_string(&kept) {
        return Ok(serde_json::from_str(&text)?);
    }
    let (n, d) = (matrix.len() - N_QUERIES, matrix.dimensions);
    let exact =
        Exact::new(ModelId::new("bench"), d, (0..n as i64).collect(), matrix.values[..n * d].to_vec())?;
    let queries: Vec<&[f32]> = (n..matrix.len()).map(|i| matrix.row(i)).collect();
    let by_loop = |query: &&[f32]| Ok(found(exact.nearest(query, K, Allowed::All)?));
    let truth: Vec<Vec<i64>> = queries.par_iter().map(by_loop).collect::<Result<_>>()?;
    report("plain loop over f32", &truth, &queries[..100], |query| by_loop(&query))?;
    std::fs::write(&kept, serde_json::to_string(&truth)?)?;
    Ok(truth)
}

/// hnsw_rs alone: its graph of the full vectors and its own search.
fn hnsw_rs(matrix: &Matrix, shape: Shape) -> Result<()> {
    let n = matrix.len() - N_QUERIES;
    let queries: Vec<&[f32]> = (n..matrix.len()).map(|i| matrix.row(i)).collect();
    let folder = tempfile::tempdir()?;
    let truth = truth(matrix, &folder.path().join("index"))?;
    let (started, before) = (Instant::now(), cpu_seconds());
    let own = Hnsw::<f32, DistL2>::new(shape.links, n, 16, shape.candidates, DistL2 {});
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..shape.threads {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= n {
                        break;
                    }
                    own.insert_slice((matrix.row(i), i));
                }
            });
        }
    });
    let (time, cpu) = (started.elapsed(), cpu_seconds() - before);
    println!("hnsw_rs: built in {time:.1?}, {cpu:.1} CPU s; peak memory {}", peak_memory());
    for width in [16, 24, 32, 48, 64, 96, 128, 192, 256] {
        report(&format!("hnsw_rs, ef {width}"), &truth, &queries, |query| {
            Ok(own.search(query, K, width).iter().map(|n| n.d_id as i64).collect())
        })?;
    }
    Ok(())
}

fn without_first(codes: &Index, queries: &[&[f32]]) -> Result<Vec<Vec<i64>>> {
    let rest = |query: &&[f32]| Ok(found(codes.nearest(query, K + 1, Allowed::All)?)[1..].to_vec());
    queries.iter().map(rest).collect()
}

fn found(neighbours: Vec<paperpick::index::Neighbour>) -> Vec<i64> {
    neighbours.into_iter().map(|n| n.row).collect()
}

/// Prints recall and latency of one way to search.
fn report(
    name: &str,
    truth: &[Vec<i64>],
    queries: &[&[f32]],
    search: impl Fn(&[f32]) -> Result<Vec<i64>>,
) -> Result<()> {
    let mut micros = vec![f64::INFINITY; queries.len()];
    let mut hits = 0;
    for round in 0..3 {
        for (i, query) in queries.iter().enumerate() {
            let (answer, time) = timed(|| search(query));
            micros[i] = micros[i].min(time);
            if round == 0 {
                hits += answer?.iter().filter(|row| truth[i].contains(row)).count();
            }
        }
    }
    micros.sort_by(f64::total_cmp);
    let recall = hits as f64 / (queries.len() * K) as f64;
    let (median, p99) = (micros[micros.len() / 2], micros[micros.len() * 99 / 100]);
    println!("{name:<28} recall {recall:.4}   median {median:8.1} µs   p99 {p99:8.1} µs");
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed().as_secs_f64() * 1e6)
}

/// User and system time of this process, on Linux; elsewhere not a number.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.split(' ').skip(13).take(2).filter_map(|f| f.parse().ok()).collect();
    if fields.len() == 2 { (fields[0] + fields[1]) / 100.0 } else { f64::NAN }
}

/// The most memory that this process has had, with the matrix of the bench itself; Linux only.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".into(), |peak| peak.trim().to_owned())
}

fn shuffled(n: usize) -> Vec<usize> {
    let mut random = Random(11);
    let mut order: Vec<usize> = (0..n).collect();
    (1..n).rev().for_each(|i| order.swap(i, random.below(i + 1)));
    order
}

/// A small generator of its own, so that the same seed makes the same vectors for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Nearly normal: twelve uniform numbers.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32).sum::<f32>() - 6.0
    }
}

/// Writes a `.npy` of version 1, which NumPy opens by memory map.
fn save(path: &str, matrix: &Matrix) -> Result<()> {
    let shape = format!("({}, {})", matrix.len(), matrix.dimensions);
    let mut head = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    head.push_str(&" ".repeat(117 - head.len()));
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(b"\x93NUMPY\x01\x00")?;
    out.write_all(&118_u16.to_le_bytes())?;
    writeln!(out, "{head}")?;
    for value in &matrix.values {
        out.write_all(&value.to_le_bytes())?;
    }
    Ok(out.flush()?)
}

/// Reads what [`save`] wrote.
fn load(path: impl AsRef<Path>) -> Result<Matrix> {
    let mut file = BufReader::new(File::open(&path)?);
    let mut head = [0_u8; 128];
    file.read_exact(&mut head)?;
    let head = String::from_utf8_lossy(&head).into_owned();
    let shape = head.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')'));
    let (n, dimensions) = shape.and_then(|(shape, _)| shape.split_once(", ")).context("not such a file")?;
    let dimensions: usize = dimensions.parse()?;
    let mut values = Vec::with_capacity(n.parse::<usize>()? * dimensions);
    let mut bytes = vec![0_u8; 4 << 16];
    loop {
        let n_read = file.read(&mut bytes)?;
        if n_read == 0 {
            return Ok(Matrix { dimensions, values });
        }
        // A read may stop within a number.
        let missing = n_read.next_multiple_of(4) - n_read;
        file.read_exact(&mut bytes[n_read..n_read + missing])?;
        let (numbers, _) = bytes[..n_read + missing].as_chunks::<4>();
        values.extend(numbers.iter().map(|b| f32::from_le_bytes(*b)));
    }
}
