//! Neighbours by the server's own index.

use super::{Postgres, Schema};
use crate::embed::{Embedding, dot};
use crate::paper::{ModelId, Row};
use crate::random::Random;
use crate::store::postgres::connection::Connection;
use crate::store::postgres::nearest::{FEW, build, is_built, nearest};
use crate::store::postgres::{Address, Server};
use crate::store::tests::identity;
use crate::store::{Meant, Papers, Vectors};

const PAPERS: usize = 3_000;
const DIMENSIONS: usize = 96;
const NEAREST: usize = 10;

/// Vectors lie in groups, as those of papers do.
fn vector(random: &mut Random) -> Embedding {
    let center = &mut Random::spread(random.below(40) as u64);
    Embedding::normalized((0..DIMENSIONS).map(|_| center.normal() + 2.0 * random.normal()).collect()).unwrap()
}

#[test]
#[ignore = "needs PAPERPICK_TEST_POSTGRES"]
fn the_servers_index_finds_99_of_100_neighbours_with_their_exact_similarities() {
    let (folder, schema) = (tempfile::tempdir().unwrap(), Schema::new());
    let mut store = Postgres::open(folder.path(), &schema.server).unwrap();
    let (model, random) = (ModelId::new("m"), &mut Random::new(1));
    let papers = |n: usize| identity::paper(&format!("2404.{n:05}"), &format!("Paper {n}"), &[], "");
    store.put((0..PAPERS).map(papers).collect()).unwrap();
    let rows: Vec<Row> = (1..=PAPERS as Row).collect();
    let hashes = store.text_hashes(&rows).unwrap();
    let vectors: Vec<(Row, i64, Embedding)> =
        rows.iter().zip(hashes).map(|(row, hash)| (*row, hash, vector(random))).collect();
    store.put_vectors(&model, &vectors).unwrap();
    assert!(!is_built(&store.db, &model).unwrap());
    build(&store.db, &model).unwrap();
    assert!(is_built(&store.db, &model).unwrap());
    build(&store.db, &model).unwrap();

    let third: Vec<Row> = rows.iter().copied().filter(|row| row % 3 == 0).collect();
    let (mut n_found, mut n_all) = (0, 0);
    for _ in 0..50 {
        let query = vector(random);
        let only = Meant::Only(&third);
        for (meant, few) in [(Meant::All, FEW), (only, FEW), (only, 9), (Meant::Except(&third), FEW)] {
            let is_meant = |row: &Row| match meant {
                Meant::All => true,
                Meant::Only(rows) => rows.contains(row),
                Meant::Except(rows) => !rows.contains(row),
            };
            let mut exact: Vec<(Row, f32)> = vectors
                .iter()
                .filter(|(row, ..)| is_meant(row))
                .map(|(row, _, vector)| (*row, query.cosine(vector)))
                .collect();
            exact.sort_by(|(a_row, a), (b_row, b)| b.total_cmp(a).then(a_row.cmp(b_row)));
            exact.truncate(NEAREST);
            let found = nearest(&store.db, &model, &query, NEAREST, (meant, few), &|near| {
                dot(query.as_slice(), near)
            })
            .unwrap();
            if matches!(meant, Meant::Only(_)) && few == FEW {
                assert_eq!(found, exact, "of few papers none is missed");
            }
            n_found += exact.iter().filter(|near| found.contains(near)).count();
            n_all += NEAREST;
        }
    }
    assert!(n_found * 100 >= n_all * 99, "{n_found} of {n_all}");
    // A shard decides by the settings of its sessions, which this one has, too.
    let shard = schema.shards.first().map(|shard| Server::at(format!("{shard}?schema={}", schema.name)));
    let db = Connection::open(Address::parse(shard.as_ref().unwrap_or(&schema.server)).unwrap()).unwrap();
    let plan =
        "EXPLAIN SELECT row FROM vectors_1 ORDER BY near <#> (SELECT near FROM vectors_1 LIMIT 1) LIMIT 9";
    db.batch("SET enable_seqscan = off").unwrap();
    let plan: Vec<String> = db.rows(plan, &[]).unwrap().iter().map(|row| row.try_get(0).unwrap()).collect();
    assert!(plan.join(" ").contains("vectors_1_near"), "the index is not used: {plan:#?}");
}
