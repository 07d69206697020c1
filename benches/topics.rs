//! A day of 1,500 papers into named topics, after embedding, beside HDBSCAN's labels alone; and the
//! map of it.
//!
//! The papers are made of a hundred subjects with their own words, so that groups are there to be
//! found; vectors are those of the built-in embedder. `cargo bench --features hdbscan --bench topics`

use criterion::{Criterion, criterion_group, criterion_main};
use paperpick::PaperId;
use paperpick::embed::builtin::Builtin;
use paperpick::embed::{Embedder, Role};
use paperpick::progress::Silent;
use paperpick::topics::{Calibration, Document, Map, group};

const N: usize = 1500;

/// Words of the field, of which each subject has some.
const WORDS: &str = "diffusion video speech robot protein retrieval segmentation attention cache decoding
    reasoning alignment reward policy graph translation medical privacy quantization pruning gaussian
    splatting camera motion identity clip caption benchmark agent tool memory planning safety jailbreak
    watermark federated causal bayesian optimization kernel sparse audio music gesture depth stereo pose
    tracking detection anomaly forecasting climate molecule catalyst fluid turbulence theorem proof code
    compiler debugging education dialogue emotion bias fairness legal finance traffic driving lidar
    satellite hyperspectral ultrasound radiology pathology genome neuron spiking hardware accelerator";

fn texts() -> Vec<(String, String)> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = 1_u64;
    let mut below = move |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    (0..N)
        .map(|i| {
            let subject = i % 100;
            let mut word = |near: usize| {
                let at = if near > 0 { subject * 7 + below(5) } else { below(words.len()) };
                words[at % words.len()]
            };
            let title = format!("System{i}: {} {} for {}", word(1), word(1), word(0));
            let body = (0..150).map(|j| word(j % 3)).collect::<Vec<_>>().join(" ");
            (title, body)
        })
        .collect()
}

fn day(c: &mut Criterion) {
    let texts = texts();
    let ids: Vec<PaperId> =
        (0..N).map(|i| PaperId::parse(&format!("2404.{i:05}")).expect("an identifier").0).collect();
    let whole: Vec<String> = texts.iter().map(|(title, body)| format!("{title}\n{body}")).collect();
    let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
    let vectors = Builtin::new().embed(Role::Document, &whole, &Silent).expect("vectors");
    let documents: Vec<Document<'_>> = (0..N)
        .map(|i| Document {
            id: &ids[i],
            title: &texts[i].0,
            text: &texts[i].1,
            embedding: &vectors[i],
            votes: None,
        })
        .collect();
    let calibration = Calibration::measure(&documents[..400]);
    let mut bench = c.benchmark_group("topics of 1,500 papers");
    bench.sample_size(10);
    bench.bench_function("group and name", |b| b.iter(|| group(&documents, calibration)));
    let topics = group(&documents, calibration);
    bench.bench_function("map", |b| b.iter(|| Map::of(&documents, &topics, |_| false)));
    #[cfg(feature = "hdbscan")]
    bench.bench_function("petal-clustering HDBSCAN, labels only", |b| {
        let vectors: Vec<_> = vectors.iter().collect();
        b.iter(|| paperpick::evaluate::hdbscan::labels(&vectors));
    });
    bench.finish();
}

criterion_group!(benches, day);
criterion_main!(benches);
