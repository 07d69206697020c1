//! Both engines are told the same and asked the same, and must answer the same.

use std::collections::BTreeSet;
use std::fmt::Debug;

use jiff::civil::Date;

use super::{Lent, open};
use crate::embed::Embedding;
use crate::error::Result;
use crate::paper::{
    Announced, Language, Listing, ModelId, Paper, PaperId, Rating, ReaderId, Row, Votes, Within,
};
use crate::random::Random;
use crate::store::postgres::Postgres;
use crate::store::search::search;
use crate::store::sqlite::Sqlite;
use crate::store::tests::Fresh;
use crate::store::{Recent, Store, StoredPaper};

const PAPERS: usize = 2_000;
/// Fewer than there are, so that not all are ranked.
const MANY: usize = 150;

const WORDS: &[&str] = &[
    "attention",
    "attend",
    "network",
    "networks",
    "networking",
    "learning",
    "learned",
    "image",
    "imaging",
    "images",
    "diffusion",
    "transformer",
    "transformers",
    "language",
    "model",
    "models",
    "graph",
    "graphs",
    "neural",
    "deep",
    "contrastive",
    "pre-training",
    "CLIP",
    "BERT",
    "ResNet-50",
    "GPT-4",
    "naïve",
    "Schrödinger",
    "Ångström",
    "Δ-loss",
    "β-VAE",
    "ΔE",
    "x²",
    "ﬁne",
    "3D",
    "k-means",
    "l1",
    "l2-norm",
    "Müller's",
    "e.g.",
    "state-of-the-art",
    "the",
    "of",
    "and",
    "with",
    "relational",
    "relations",
    "hopping",
    "hoped",
    "conditional",
    "conditioned",
    "rational",
    "probes",
    "대조학습",
    "이미지",
    "이미지를",
    "생성",
    "모델",
    "모델을",
    "확산모델",
    "언어모델의",
    "图像分割",
    "深度学习",
    "言語モデル",
    "サンドボックス",
    "データ",
    "Обучение",
    "сетей",
    "ΕΛΛΗΝΙΚΆ",
    "हिन्दी",
    "עברית",
    "ﷺ",
    "𝔸𝔹",
    "①",
    "C++",
    "O(n log n)",
    "Ⅷ",
];

const NAMES: &[&str] =
    &["Ann Roy", "Bob Ito", "Cy Sand", "José Núñez", "김철수", "王小明", "Łukasz Żak", "D'Incà"];

fn text(random: &mut Random, n: usize) -> String {
    // Few words are in most papers, most are in few.
    let word = |random: &mut Random| WORDS[random.below(WORDS.len()).min(random.below(WORDS.len()))];
    (0..n).map(|_| word(random)).collect::<Vec<_>>().join([" ", " ", ", ", "-", "\n"][random.below(5)])
}

fn day(n: usize) -> Date {
    jiff::civil::date(2024, 1 + (n / 28 % 12) as i8, 1 + (n % 28) as i8)
}

/// A paper as files tell of it; names, titles and DOIs are shared by some.
fn paper(random: &mut Random) -> Paper {
    let n = random.below(PAPERS * 2 / 3);
    // What is told of one paper is much the same each time.
    let own = &mut Random::spread(n as u64);
    let n_words = 2 + own.below(9);
    let title = text(own, n_words);
    let authors: Vec<String> =
        (0..1 + own.below(3)).map(|_| NAMES[own.below(NAMES.len())].to_owned()).collect();
    let doi = format!("10.1000/{n}");
    let of_name = || PaperId::of_name(&format!("key{}", n % 200), &title);
    let id = match random.below(8) {
        0 => PaperId::parse(&format!("doi:{doi}")).unwrap().0,
        1 => of_name().unwrap(),
        2 => PaperId::of_title(&title, Some("Roy"), None).unwrap(),
        3 => PaperId::own(&format!("key{}", n % 200)).unwrap(),
        _ => PaperId::parse(&format!("24{:02}.{:05}", 1 + n % 12, n)).unwrap().0,
    };
    let mut paper = Paper::new(id, &title);
    paper.authors = authors;
    if random.below(3) > 0 {
        let n = 20 + random.below(60);
        paper.abstract_text = text(random, n);
    }
    if random.below(4) == 0 {
        paper.summaries.insert(Language::Ko, text(random, 30));
    }
    if random.below(9) == 0 {
        paper.summaries.insert(Language::En, text(random, 9));
    }
    paper.version = [None, Some(1), Some(2)][random.below(3)];
    paper.published = (random.below(3) > 0).then(|| day(n % 200));
    paper.categories =
        ["cs.CV", "cs.LG", "math.ST"][..random.below(4)].iter().map(|&c| c.to_owned()).collect();
    for _ in 0..random.below(3) {
        let kinds = [Announced::New, Announced::New, Announced::Cross, Announced::Replace];
        let source = ["arxiv:cs.CV", "hf", "digest"][random.below(3)].to_owned();
        paper.listings.push(Listing {
            day: day(random.below(90)),
            source,
            announced: kinds[random.below(4)],
        });
    }
    if random.below(3) == 0 {
        let at = (random.below(2) == 0).then(|| day(random.below(90)));
        paper.votes.push(Votes { source: "hf".into(), at, count: random.below(40) as u32 });
    }
    if random.below(3) == 0 {
        paper.facts.insert("doi".into(), ["https://doi.org/", ""][random.below(2)].to_owned() + &doi);
        paper.facts.insert("comment".into(), "ten \"pages\", \\ and a half".into());
    }
    paper
}

struct Both {
    ours: Fresh,
    theirs: Fresh,
    sqlite: Sqlite,
    postgres: Postgres,
}

impl Both {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_path_buf();
        let again = move || -> Box<dyn Store> { Box::new(Sqlite::open(&path).unwrap()) };
        let sqlite = Sqlite::open(folder.path()).unwrap();
        let ours = Fresh { store: again(), again: Box::new(again), _place: Box::new(folder) };
        let theirs = open();
        let place: &(tempfile::TempDir, Lent) = theirs._place.downcast_ref().unwrap();
        let postgres = Postgres::open(place.0.path(), place.1.server()).unwrap();
        Self { ours, theirs, sqlite, postgres }
    }

    /// Does or asks the same of both; what they answer.
    fn same<T: PartialEq + Debug>(&mut self, what: &str, ask: impl Fn(&mut dyn Store) -> Result<T>) -> T {
        let [ours, theirs] =
            [&mut self.ours, &mut self.theirs].map(|fresh| ask(fresh.store.as_mut()).unwrap());
        assert_eq!(theirs, ours, "left: PostgreSQL; right: SQLite: {what}");
        ours
    }
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn both_engines_give_the_same_answers() {
    for seed in 0..2 {
        let (random, mut both) = (&mut Random::spread(seed), Both::open());
        let reader = ReaderId::OWNER;
        let mut n_put = 0;
        while n_put < PAPERS {
            let papers: Vec<Paper> = (0..1 + random.below(120)).map(|_| paper(random)).collect();
            let rated: Vec<PaperId> =
                papers.iter().filter(|_| random.below(6) == 0).map(|p| p.id.clone()).collect();
            n_put += papers.len();
            let at = jiff::Timestamp::from_second(n_put as i64).unwrap();
            let rating = [Rating::Like, Rating::Dislike][random.below(2)];
            both.same("rating", |store| store.rate(reader, &rated, Some(rating), at));
            both.same("putting", |store| store.put(papers.clone()));
            both.same("edition", |store| store.papers_edition());
        }
        same_papers(&mut both);
        same_days(&mut both);
        same_finds(&mut both, random);
        same_vectors(&mut both, random);
    }
}

fn same_papers(both: &mut Both) {
    let all = both.same("papers", |store| {
        let mut all: Vec<StoredPaper> = Vec::new();
        store.each_paper(&mut |paper| {
            all.push(paper);
            Ok(())
        })?;
        Ok(all)
    });
    assert!(all.len() > PAPERS / 4, "only {} papers", all.len());
    let rows: Vec<Row> = all.iter().rev().map(|paper| paper.row).chain([9_999_999]).collect();
    both.same("texts", |store| store.texts(&rows));
    both.same("what is said", |store| {
        Ok(store.said(&rows)?.into_iter().map(|said| format!("{said:?}")).collect::<Vec<_>>())
    });
    both.same("hashes", |store| store.text_hashes(&rows));
    both.same("samples", |store| store.sample(100, 7));
    both.same("what changed", |store| store.changed_since(9));
    both.same("what is gone", |store| store.gone_since(0, 9_999));
    both.same("ratings", |store| store.ratings(ReaderId::OWNER));
    both.same("size", |store| store.size());
    for paper in all.iter().step_by(7) {
        let bare = paper.paper.id.weak_name().and_then(PaperId::own);
        let doi = paper.paper.facts.get("doi").and_then(|doi| PaperId::parse(doi).ok()).map(|(id, _)| id);
        for id in [Some(paper.paper.id.clone()), bare, doi].into_iter().flatten() {
            both.same("names", |store| store.stored_as(&id));
        }
    }
}

fn same_days(both: &mut Both) {
    let all = both.same("days", |store| store.papers_by_day(Date::ZERO, Date::MAX));
    both.same("last days", |store| store.last_days(9));
    both.same("pick days", |store| store.pick_days());
    both.same("recently listed", |store| store.recently_listed(70));
    for n in 0..100 {
        both.same("listed", |store| store.listed(day(n), day(n + 3)));
        both.same("replaced", |store| store.replaced(day(n), day(n)));
        both.same("nearest", |store| store.nearest_day(day(n)));
        both.same("beside", |store| store.days_beside(day(n)));
    }
    let rows = both.same("all listed", |store| store.listed(all[0].0, all[all.len() - 1].0));
    both.same("most voted", |store| store.most_voted(&rows, 50));
}

fn same_finds(both: &mut Both, random: &mut Random) {
    let mut n_found = 0;
    for i in 0..400 {
        let n = 1 + random.below(3);
        let mut words = text(random, n);
        if random.below(3) == 0 {
            words = words.chars().take(1 + random.below(words.chars().count())).collect();
        }
        let meant: BTreeSet<Row> = (0..300).map(|_| 1 + random.below(PAPERS) as Row).collect();
        let meant: Vec<Row> = meant.into_iter().collect();
        let meant = (i % 3 == 0).then_some(meant.as_slice());
        n_found += both.same(&words, |store| store.search(&words, 25, meant)).len();
        both.same(&words, |store| store.has_any(&words));
        let among = search(&both.postgres.db, &words, 25, meant, MANY).unwrap();
        assert_eq!(among, both.sqlite.search_among(&words, 25, meant, MANY).unwrap(), "{words}");
    }
    assert!(n_found > 1_000, "too little was found: {n_found}");
    let within = |random: &mut Random| Within {
        since: (random.below(2) == 0).then(|| day(random.below(60))),
        until: (random.below(2) == 0).then(|| day(40 + random.below(60))),
        categories: ["CS.cv", "math.ST"][..random.below(3)].iter().map(|&c| c.to_owned()).collect(),
        rated: [None, Some(true), Some(false)][random.below(3)],
        votes: (random.below(3) == 0).then_some(20),
        unmuted: false,
    };
    for _ in 0..60 {
        let within = within(random);
        both.same("who is meant", |store| store.rows_within(&within, ReaderId::OWNER));
    }
}

fn same_vectors(both: &mut Both, random: &mut Random) {
    let model = ModelId::new("m");
    let recent = Recent { since: day(60) };
    let lacking = both.same("lacking", |store| store.without_vector(&model, None));
    both.same("lacking of late", |store| store.without_vector(&model, Some(&recent)));
    let hashes = both.same("hashes", |store| store.text_hashes(&lacking));
    let vectors: Vec<(Row, i64, Embedding)> = lacking
        .iter()
        .zip(hashes)
        .step_by(2)
        .map(|(row, hash)| {
            let values = (0..16).map(|_| random.normal()).collect();
            (*row, hash, Embedding::normalized(values).unwrap())
        })
        .collect();
    for block in vectors.chunks(97) {
        both.same("vectors", |store| store.put_vectors(&model, block));
    }
    both.same("lacking yet", |store| store.n_without_vector(&model, Some(&recent)));
    both.same("all vectors", |store| {
        let mut all = Vec::new();
        store.each_vector(&model, &mut |row, vector| {
            all.push((row, vector.to_vec()));
            Ok(())
        })?;
        Ok(all)
    });
    both.same("some vectors", |store| store.vectors(&model, &lacking));
    both.same("new vectors", |store| store.vectors_since(&model, 3, 9_999));
    both.same("models", |store| store.models());
}
