//! A library of 200,000 papers in SQLite with a graph, on one PostgreSQL, and on a coordinator with two shards: import,
//! `similar` and `today` for 1, 8 and 32 clients at once; the nearest papers by the server's index beside a query of
//! pgvector that is written by hand, and how many of the ten nearest both find; bytes of a paper.
//!
//! `PAPERPICK_TEST_SHARDS=2 .ci/postgres cargo bench --locked --features postgres --bench postgres -- 200000 FILE…`
//! with files of papers as `import` reads them. What it measured is in the guide (`at_scale`).

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a bench says what it measures")]

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

use paperpick::config::Neighbours;
use paperpick::embed::builtin::Builtin;
use paperpick::library::{Days, Library, Models};
use paperpick::paper::{PaperId, Rating, Row};
use paperpick::progress::Silent;
use paperpick::store::{self, Meant, Place, Server, Store};
use paperpick::verbs::import::Import;
use paperpick::verbs::likes::rate::Rate;
use paperpick::verbs::similar::FindSimilar;
use paperpick::verbs::today::RankDays;
use paperpick::verbs::{Count, Still, Verb};
use paperpick::{Embedder, Embedding};
use postgres::{Client, NoTls};

/// What `similar` asks for: ten papers, and as many again as it chooses from.
const WANTED: usize = 210;
const QUERIES: usize = 100;
const CLIENTS: [usize; 3] = [1, 8, 32];

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let papers: u64 = args.next().and_then(|n| n.parse().ok()).expect("how many papers, then their files");
    let files: Vec<String> = args.collect();
    let base = std::env::var("PAPERPICK_TEST_POSTGRES").expect("a server, as `.ci/postgres` starts one");
    let shards = std::env::var("PAPERPICK_TEST_SHARDS").unwrap_or_default();
    let shards: Vec<String> = shards.split_whitespace().map(str::to_owned).collect();
    let server = |schema: &str| Server::at(format!("{base}?schema={schema}"));
    let mut places = vec![
        ("SQLite, graph", Place::Folder, Neighbours::Graph),
        ("one server", Place::Server(server("bench_one")), Neighbours::Server),
    ];
    if !shards.is_empty() {
        let sharded = Server { shards: shards.clone(), ..server("bench_shards") };
        places.push(("two shards", Place::Server(sharded), Neighbours::Server));
    }
    println!("| store | papers | import | index | clients | similar p50 | p99 | today p50 | p99 |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for (name, place, neighbours) in &places {
        let folder = tempfile::tempdir().unwrap();
        measure(name, &Kept { folder: folder.path(), place, neighbours: *neighbours }, papers, &files);
        if let Place::Server(_) = place {
            nearest(name, &*store::open(folder.path(), place).unwrap());
        }
    }
    by_hand(&mut Client::connect(&base, NoTls).unwrap());
}

/// Where a library is, and who finds its neighbours.
#[derive(Clone, Copy)]
struct Kept<'a> {
    folder: &'a Path,
    place: &'a Place,
    neighbours: Neighbours,
}

impl Kept<'_> {
    fn open(self) -> Library {
        let models = |_: &_| Models { serving: Box::new(Builtin::new()), next: None, newest: None };
        Library::open_chosen(self.folder, self.place, models).unwrap().with_neighbours(self.neighbours)
    }
}

fn still() -> Still {
    Still::at("2026-01-01T09:00:00Z".parse().unwrap())
}

fn measure(name: &str, kept: &Kept<'_>, papers: u64, files: &[String]) {
    let (mut library, still) = (kept.open(), still());
    let began = Instant::now();
    for file in files {
        if library.size().unwrap().papers < papers {
            let input = BufReader::new(File::open(file).unwrap());
            let import = Import { name: file.clone(), day: None, input: Some(Box::new(input)) };
            import.run(&mut library, &still.context()).unwrap();
        }
    }
    let import = began.elapsed();
    let n = library.size().unwrap().papers;
    let began = Instant::now();
    library.optimize_index(2, &Silent).unwrap();
    let index = began.elapsed();
    let ids = some_papers(&*store::open(kept.folder, kept.place).unwrap());
    for (rating, ids) in [(Rating::Like, &ids[..20]), (Rating::Dislike, &ids[20..30])] {
        Rate { ids: ids.to_vec(), rating: Some(rating) }.run(&mut library, &still.context()).unwrap();
    }
    library.prepare().unwrap();
    for clients in CLIENTS {
        let similar = at_once(*kept, &library, clients, |library, n| {
            let id = ids[n % ids.len()].clone();
            FindSimilar::to(id, Count::new(10).unwrap()).run(library, &self::still().context()).unwrap();
        });
        let today = at_once(*kept, &library, clients, |library, _| {
            let request = RankDays::first(Days::Newest, Count::default());
            request.run(library, &self::still().context()).unwrap();
        });
        println!(
            "| {name} | {n} | {:.0} papers/s | {:.0} s | {clients} | {} | {} | {} | {} |",
            n as f64 / import.as_secs_f64(),
            index.as_secs_f64(),
            told(&similar, 50),
            told(&similar, 99),
            told(&today, 50),
            told(&today, 99),
        );
    }
}

/// Papers from everywhere in the library.
fn some_papers(store: &dyn Store) -> Vec<PaperId> {
    let last = store.last_row().unwrap();
    let rows: Vec<Row> = (0..400).map(|i| 1 + i * (last - 1) / 400).collect();
    store.papers(&rows).unwrap().into_iter().map(|stored| stored.paper.id).collect()
}

/// How long each of some requests of clients took that ask at once.
fn at_once(
    kept: Kept<'_>,
    library: &Library,
    clients: usize,
    ask: impl Fn(&mut Library, usize) + Sync,
) -> Vec<Duration> {
    let each = (200 / clients).max(10);
    let mut opened: Vec<Library> = (0..clients).map(|_| kept.open()).collect();
    opened.iter_mut().for_each(|client| client.share(library));
    let run = |client: &mut Library, number: usize| {
        // Its connection has its statements then.
        ask(client, number);
        let timed = |n: usize| {
            let began = Instant::now();
            ask(client, 7 + number * 31 + n);
            began.elapsed()
        };
        (0..each).map(timed).collect::<Vec<_>>()
    };
    let mut took: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            opened.iter_mut().enumerate().map(|(i, client)| scope.spawn(move || run(client, i))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    took.sort_unstable();
    took
}

/// A percentile of sorted times.
fn told(took: &[Duration], percentile: usize) -> String {
    let at = (took.len() * percentile / 100).min(took.len() - 1);
    format!("{:.1} ms", took[at].as_secs_f64() * 1e3)
}

/// The nearest papers as the store finds them: how long it takes, and how many of the ten nearest it finds.
fn nearest(name: &str, store: &dyn Store) {
    let model = Builtin::new().model().clone();
    let (mut rows, mut vectors) = (Vec::new(), Vec::new());
    store
        .each_vector(&model, &mut |row, vector| {
            rows.push(row);
            vectors.extend_from_slice(vector);
            Ok(())
        })
        .unwrap();
    let dimensions = vectors.len() / rows.len();
    let (mut took, mut n_found) = (Vec::new(), 0);
    for i in 0..QUERIES {
        let at = i * rows.len() / QUERIES;
        let query = Embedding::normalized(vectors[at * dimensions..(at + 1) * dimensions].to_vec()).unwrap();
        let cosine =
            |vector: &[f32]| -> f32 { vector.iter().zip(query.as_slice()).map(|(a, b)| a * b).sum() };
        let began = Instant::now();
        let found =
            store.nearest(&model, &query, WANTED, Meant::Except(&[rows[at]]), &cosine).unwrap().unwrap();
        took.push(began.elapsed());
        let mut exact: Vec<(f32, Row)> =
            vectors.chunks(dimensions).zip(&rows).map(|(vector, row)| (cosine(vector), *row)).collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let exact = exact.iter().filter(|(_, row)| *row != rows[at]).take(10);
        n_found += exact.filter(|(_, row)| found.iter().take(10).any(|(found, _)| found == row)).count();
    }
    took.sort_unstable();
    println!(
        "{name}: the {WANTED} nearest: p50 {}, p99 {}; recall@10 {:.4}",
        told(&took, 50),
        told(&took, 99),
        n_found as f64 / (10 * QUERIES) as f64
    );
}

/// The same vectors in a plain table, asked with a statement as anybody would write it; and what a paper takes.
fn by_hand(client: &mut Client) {
    client
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS bench_one.plain AS SELECT row, near FROM bench_one.vectors_1;
             CREATE INDEX ON bench_one.plain USING hnsw (near halfvec_ip_ops);
             SET hnsw.ef_search = 300",
        )
        .unwrap();
    let statement = client
        .prepare("SELECT row FROM bench_one.plain ORDER BY near <#> (SELECT near FROM bench_one.plain WHERE row = $1) LIMIT $2")
        .unwrap();
    client.batch_execute("CREATE INDEX ON bench_one.plain (row)").unwrap();
    let last: Row = client.query_one("SELECT max(row) FROM bench_one.plain", &[]).unwrap().get(0);
    let mut took: Vec<Duration> = (0..QUERIES as Row)
        .map(|i| {
            let row = 1 + i * (last - 1) / QUERIES as Row;
            let began = Instant::now();
            client.query(&statement, &[&row, &(WANTED as i64)]).unwrap();
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    println!("pgvector by hand: the {WANTED} nearest: p50 {}, p99 {}", told(&took, 50), told(&took, 99));
    let sizes = "SELECT sum(pg_total_relation_size(oid))::float8 / $1,
                   pg_total_relation_size('bench_one.vectors_1')::float8 / $1,
                   pg_relation_size('bench_one.vectors_1_near')::float8 / $1
                 FROM pg_class WHERE relnamespace = 'bench_one'::regnamespace AND relkind = 'r' AND relname != 'plain'";
    let sizes = client.query_one(sizes, &[&(last as f64)]).unwrap();
    let [all, vectors, graph]: [f64; 3] = [0, 1, 2].map(|column| sizes.get(column));
    println!("bytes of a paper: {all:.0}, of which {vectors:.0} vectors, of which {graph:.0} their index");
    let rated = "CREATE TABLE bench_one.rated (LIKE bench_one.ratings INCLUDING ALL);
                 INSERT INTO bench_one.rated SELECT n / 30, '24' || n % 10 || '0.' || n, 1, '2026-01-01T00:00:00Z'
                 FROM generate_series(1, 300000) n";
    client.batch_execute(rated).unwrap();
    let rated =
        client.query_one("SELECT pg_total_relation_size('bench_one.rated') / 3e5::float8", &[]).unwrap();
    println!("bytes of a rating: {:.0}", rated.get::<_, f64>(0));
}
