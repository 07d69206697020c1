use super::*;
use crate::embed::builtin::Builtin;
use crate::embed::{Embedder, Role};
use crate::progress::Silent;

/// Papers of two fields that share no word of content, with a Korean line each.
fn corpus() -> Corpus {
    let fields = [
        ("graph node edge tree path vertex", "그래프 노드 간선 트리 경로 정점"),
        ("pixel image camera lens colour frame", "픽셀 이미지 카메라 렌즈 색상 프레임"),
    ];
    let mut corpus = Corpus::default();
    for i in 0..120 {
        let (english, korean) = fields[i % 2];
        let (english, korean): (Vec<&str>, Vec<&str>) =
            (english.split(' ').collect(), korean.split(' ').collect());
        let three =
            |words: &[&str], i: usize| [0, 1, 2].map(|k| words[(i / 2 + k * (1 + i % 3)) % 6]).join(" of ");
        let body = format!("We study {}. We show {}.", three(&english, i + 4), three(&english, i + 8));
        corpus.parallel.push(Parallel {
            korean: three(&korean, i + 4),
            title: three(&english, i + 4),
            english: body.clone(),
        });
        corpus.documents.push(Document { title: three(&english, i + 4), body, ..Document::default() });
    }
    corpus
}

fn options() -> Options {
    Options { dimensions: 16, epochs: 40, batch: 32, ..Options::default() }
}

fn bytes(corpus: &Corpus, options: &Options) -> Vec<u8> {
    train(corpus, &[], options, |_| {}).expect("a table")
}

#[test]
fn words_of_a_field_and_of_both_languages_come_together() {
    let builtin = Builtin::from_bytes(bytes(&corpus(), &options())).expect("whole");
    let texts = ["graph node edge", "tree path vertex", "pixel lens frame", "그래프 경로 정점"];
    let vectors = builtin.embed(Role::Document, &texts, &Silent).expect("vectors");
    for near in [&vectors[1], &vectors[3]] {
        let (same, other) = (vectors[0].cosine(near), vectors[2].cosine(near));
        assert!(same > other + 0.1, "{same} is not well above {other}");
    }
}

#[test]
fn the_seed_decides_and_the_threads_do_not() {
    let corpus = corpus();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| bytes(&corpus, &options()))
    };
    assert_eq!(on(1), on(3));
    assert_ne!(bytes(&corpus, &Options { seed: 2, ..options() }), bytes(&corpus, &options()));
}

#[test]
fn a_table_can_be_trained_on() {
    let corpus = corpus();
    let first = Builtin::from_bytes(bytes(&corpus, &options())).expect("whole");
    let more = Options { epochs: 1, rate: 0.01, name: "tuned-1".into(), ..options() };
    let second = train(&corpus, &[first.table()], &more, |_| {}).expect("a table");
    let second = Builtin::from_bytes(second).expect("whole");
    assert!(second.model().as_str().starts_with("tuned-1@"));
    assert_eq!(second.dimensions(), 16);
    let of = |b: &Builtin| b.embed(Role::Document, &["graph node"], &Silent).expect("vectors").remove(0);
    let cosine = of(&first).cosine(&of(&second));
    assert!(cosine > 0.8 && cosine < 0.999_999, "{cosine}");
}

#[test]
fn tables_are_made_one_of_as_many_numbers_as_is_asked_for() {
    let corpus = corpus();
    let of = |seed| Builtin::from_bytes(bytes(&corpus, &Options { seed, ..options() })).expect("whole");
    let tables = [of(1), of(2)];
    let joined = |tables: &[Builtin], dimensions| {
        let options = Options { dimensions, epochs: 0, ..options() };
        train(&corpus, &tables.iter().map(Builtin::table).collect::<Vec<_>>(), &options, |_| {})
    };
    let joint = Builtin::from_bytes(joined(&tables, 24).expect("a table")).expect("whole");
    assert_eq!(joint.dimensions(), 24);
    let texts = ["graph node edge", "tree path vertex", "pixel lens frame"];
    let vectors = joint.embed(Role::Document, &texts, &Silent).expect("vectors");
    let (same, other) = (vectors[0].cosine(&vectors[1]), vectors[0].cosine(&vectors[2]));
    assert!(same > other + 0.1, "{same} is not well above {other}");
    assert!(joined(&tables, 33).is_err(), "more than both have");
    assert!(joined(&tables[..1], 24).is_err(), "one table has the numbers that it has");
}

#[test]
fn options_out_of_range_are_refused() {
    let refuse = |options: Options, corpus: &Corpus| {
        assert!(matches!(train(corpus, &[], &options, |_| {}), Err(Error::Invalid(_))));
    };
    refuse(Options { dimensions: 7, ..options() }, &corpus());
    refuse(Options { batch: 1, ..options() }, &corpus());
    refuse(Options { rate: f32::NAN, ..options() }, &corpus());
    refuse(options(), &Corpus::default());
}

#[test]
fn a_term_is_a_token_and_stands_where_its_english_one_does() {
    let mut corpus = corpus();
    corpus.terms.push(("초해상도".into(), "camera".into()));
    let builtin = Builtin::from_bytes(bytes(&corpus, &options())).expect("whole");
    let vectors = builtin.embed(Role::Document, &["초해상도", "camera", "vertex"], &Silent).expect("vectors");
    let (same, other) = (vectors[0].cosine(&vectors[1]), vectors[0].cosine(&vectors[2]));
    assert!(same > other + 0.3, "{same} is not well above {other}");
}
