//! `doctor --deep` names every kind of damage, and `doctor --mend` saves what can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use paperpick::embed::builtin::Builtin;
use paperpick::library::Library;
use paperpick::progress::Progress;
use paperpick::store::Stop;
use paperpick::verbs::doctor::Examine;
use paperpick::verbs::{Context, Still, Verb};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::browse::Server;
use crate::crash::listing;
use crate::kept::use_for_a_while;
use crate::shell::Shell;

const PAGE: usize = 8192;

/// The files of a library.
const FILE_NAMES: [&str; 2] = ["library.sqlite", "index.bin"];

/// A library with rows in every table, its log written back.
fn made() -> Shell {
    let shell = Shell::with_sample();
    let lines: Vec<String> = listing().lines().take(400).map(str::to_owned).collect();
    shell.write("listing.jsonl", lines.join("\n"));
    shell.run("paperpick import listing.jsonl");
    shell.run("paperpick dislike 2404.16035");
    use_for_a_while(&shell);
    let db = Connection::open(database(&shell)).unwrap();
    db.execute_batch(
        "INSERT INTO keys (hash, reader, purpose, made) VALUES (randomblob(32), 1, 'tablet', '2024-05-01T00:00:00Z');
         INSERT INTO keys (hash, reader, purpose, made) VALUES (randomblob(32), 1, 'lost', '2024-05-01T00:00:00Z');
         DELETE FROM keys WHERE purpose = 'lost';
         INSERT INTO sent VALUES ('mail', '2024-04-25', '2024-04-25T06:00:00Z', 1);
         INSERT INTO requests VALUES ('arxiv', '2024-04-25T06:00:00Z', 1);
         INSERT INTO validators VALUES ('https://example.org/feed', 'x', NULL);
         INSERT INTO feeds VALUES ('https://example.org/feed', 'example');
         INSERT INTO lists SELECT printf('2024-05-%02d', row), 2, 'edition 1', '', 0, '', iif(row % 2, '[]', NULL) FROM papers WHERE row < 32;
         INSERT INTO brought VALUES (2, '2024-05-01', 3, 999);
         INSERT INTO gone VALUES (100000, 2);
         INSERT INTO aliases SELECT 'own:once-' || row, row FROM papers;
         INSERT INTO choices VALUES ('other', '{}');
         INSERT INTO shared_names SELECT row, title FROM papers WHERE row < 40;
         WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
           INSERT INTO ratings SELECT 2, printf('2301.%05d', i), 1 - 2 * (i % 2), '2024-05-01T00:00:00Z' FROM n;
         INSERT INTO saved SELECT reader, id, at FROM ratings;
         INSERT INTO interests (reader, name, state) SELECT 2, 'number ' || row, 'pinned' FROM papers WHERE row <= 300;
         INSERT INTO interest_papers SELECT 2, printf('2301.%05d', number), number FROM interests WHERE reader = 2;
         PRAGMA wal_checkpoint(TRUNCATE)",
    )
    .unwrap();
    for table in tables(&db) {
        let n: u64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert!(n > 0, "nothing is in {table}");
    }
    drop(db);
    let said = shell.run("paperpick doctor --deep");
    assert!(is_good(&said), "{said}");
    shell
}

/// A copy of the library with rows in every table, which is made once.
fn filled() -> Shell {
    static FILES: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    let read = || {
        let shell = made();
        FILE_NAMES.map(|name| std::fs::read(shell.path().join("library").join(name)).unwrap())
    };
    let shell = Shell::new();
    for (name, bytes) in FILE_NAMES.iter().zip(FILES.get_or_init(read)) {
        shell.write(&format!("library/{name}"), bytes);
    }
    shell
}

/// Whether `doctor` finds nothing wrong; that names are shared is no damage.
fn is_good(said: &str) -> bool {
    !said.contains("BROKEN")
        && !said.replace("stale   names", "").contains("stale  ")
        && !said.contains("[exit")
}

fn database(shell: &Shell) -> PathBuf {
    shell.path().join("library/library.sqlite")
}

/// The tables that hold what is told of by no other table.
fn tables(db: &Connection) -> Vec<String> {
    let sql = r"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
                AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name";
    let mut query = db.prepare(sql).unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A library of a shell again, in another folder of it.
fn copied(shell: &Shell, name: &str) -> PathBuf {
    let folder = shell.path().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    for file in FILE_NAMES {
        std::fs::copy(shell.path().join("library").join(file), folder.join(file)).unwrap();
    }
    folder.join("library.sqlite")
}

/// Damage by SQL, the check that names it, and what it says.
const DAMAGE: &[(&str, &str, &str)] = &[
    (
        "UPDATE vectors SET vector = {flipped} WHERE key % (1 << 40) = 7",
        "embeddings",
        "1 row with another vector than their text has, the first row 7",
    ),
    (
        "UPDATE vectors SET vector = {flipped} WHERE key % (1 << 40) = 7",
        "index file",
        "1 vector unlike the library's",
    ),
    (
        "UPDATE vectors SET vector = substr(vector, 1, 1000) WHERE key % (1 << 40) = 7",
        "embeddings",
        "vectors: 1 row with a vector that is not as long as its model's, the first row 7",
    ),
    (
        "UPDATE vectors SET vector = {infinite} WHERE key % (1 << 40) = 7",
        "embeddings",
        "vectors: 1 row with a vector that is not finite, the first row 7",
    ),
    (
        "UPDATE vectors SET vector = {long} WHERE key % (1 << 40) = 7",
        "embeddings",
        "vectors: 1 row with a vector that is not of length 1",
    ),
    (
        "INSERT INTO vectors SELECT key + 50000, generation, text_hash, vector FROM vectors LIMIT 1",
        "embeddings",
        "vectors: 1 row of a paper or a model that is gone",
    ),
    ("DELETE FROM vectors WHERE key % (1 << 40) = 9", "index file", "1 vector more than the library has"),
    ("DELETE FROM words WHERE rowid = 1", "words", "words: 1 row missing: search does not know these papers"),
    (
        "INSERT INTO words (rowid, title, body, people) VALUES (99999, 'one', 'too', 'many')",
        "words",
        "words: 1 row too many: their papers are gone, the first row 99999",
    ),
    (
        "INSERT OR REPLACE INTO words (rowid, title, body, people) VALUES (1, 'other', 'words', '')",
        "words",
        "words: 1 row with other words than their papers",
    ),
    (
        "INSERT INTO votes VALUES (99999, 'hf', '', 3)",
        "foreign keys",
        "votes: 1 row with nothing in papers that they refer to",
    ),
    (
        "UPDATE ratings SET at = 'nonsense' WHERE id = '2404.16030'",
        "rows",
        "ratings: 1 row with a `at` that is not a time, the first 1 2404.16030",
    ),
    (
        "UPDATE ratings SET id = 'nonsense at all' WHERE id = '2404.16030'",
        "rows",
        "ratings: 1 row with a `id` that is not a paper's identifier",
    ),
    ("UPDATE choices SET value = '{'", "rows", "choices: 1 row with a `value` that is not JSON"),
    (
        "UPDATE topic_marks SET papers = '[\"nothing\"]'",
        "rows",
        "topic_marks: 1 row with a `papers` that is not a list of identifiers",
    ),
    (
        "UPDATE papers SET authors = '[' WHERE row = 5",
        "papers",
        "papers: 1 row with a `authors` that is not a list",
    ),
    (
        "UPDATE papers SET facts = '[]' WHERE row = 5",
        "papers",
        "papers: 1 row with a `facts` that is not texts",
    ),
    (
        "UPDATE papers SET abstract = 'Another one.' WHERE id = '2404.16030'",
        "papers",
        "papers: 1 row with another text than was stored, the first 2404.16030",
    ),
];

/// The SQL with the vector of row 7 in it, altered: the sign of one component is another, which keeps its length; one
/// is infinite; one is 1.
fn with_vector(db: &Connection, sql: &str) -> String {
    let blob: Vec<u8> =
        db.query_row("SELECT vector FROM vectors WHERE key % (1 << 40) = 7", [], |row| row.get(0)).unwrap();
    let altered = |value: &dyn Fn(f32) -> f32| {
        let mut blob = blob.clone();
        let old = f32::from_le_bytes(blob[40..44].try_into().unwrap());
        blob[40..44].copy_from_slice(&value(old).to_le_bytes());
        format!("X'{}'", blob.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    sql.replace("{flipped}", &altered(&|x| -x))
        .replace("{infinite}", &altered(&|_| f32::INFINITY))
        .replace("{long}", &altered(&|_| 1.0))
}

#[test]
fn each_kind_of_damage_is_named_and_mended() {
    let shell = filled();
    let mut missed = Vec::new();
    for (sql, name, found) in DAMAGE {
        let path = copied(&shell, "damaged");
        let db = Connection::open(&path).unwrap();
        db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        assert!(db.execute(&with_vector(&db, sql), []).unwrap() > 0, "{sql}");
        drop(db);
        let said = shell.run("paperpick --library damaged doctor --deep");
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("BROKEN")).collect();
        let told = lines.iter().find(|line| line.starts_with(&format!("BROKEN  {name}: ")));
        if !told.is_some_and(|line| line.contains(found)) || !said.ends_with("[exit 2]\n") {
            missed.push(format!("{sql}: {said}"));
        }
        mended(&shell, "damaged", sql);
    }
    assert!(missed.is_empty(), "{} of {}: {}", missed.len(), DAMAGE.len(), missed.join("\n"));
}

#[test]
fn an_altered_byte_of_the_index_is_found() {
    let shell = filled();
    copied(&shell, "damaged");
    let path = shell.path().join("damaged/index.bin");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[5000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(
        shell.run("paperpick --library damaged doctor").contains("good    index"),
        "not looked at so closely"
    );
    let said = shell.run("paperpick --library damaged doctor --deep");
    assert!(said.contains("BROKEN  index file") && said.contains("a page of it is damaged"), "{said}");
    std::fs::remove_file(&path).unwrap();
    shell.run("paperpick --library damaged index");
    let said = shell.run("paperpick --library damaged doctor --deep");
    assert!(said.contains("good    index file: 480 vectors, each the same"), "{said}");
}

/// Mends a library of a shell into `new`, which is whole then; what was said.
fn mended(shell: &Shell, library: &str, why: &str) -> String {
    let _ = std::fs::remove_dir_all(shell.path().join("new"));
    let before = std::fs::read(shell.path().join(library).join("library.sqlite")).unwrap();
    let said = shell.run(&format!("paperpick --library {library} doctor --mend new"));
    assert!(!said.contains("[exit"), "{why}: {said}");
    let after = std::fs::read(shell.path().join(library).join("library.sqlite")).unwrap();
    assert!(before == after, "{why}: the old library was written to");
    let deep = shell.run("paperpick --library new doctor --deep");
    assert!(is_good(&deep), "{why}: {deep}\n{said}");
    said
}

#[test]
fn a_folder_that_has_a_library_is_refused_and_what_cannot_be_completed_is_not_begun() {
    let shell = filled();
    let before = std::fs::read(database(&shell)).unwrap();
    for folder in ["library", "other"] {
        if folder == "other" {
            copied(&shell, folder);
        }
        let said = shell.run(&format!("paperpick doctor --mend {folder}"));
        assert!(said.contains("is there already") && said.ends_with("[exit 2]\n"), "{said}");
        assert!(std::fs::read(shell.path().join(folder).join("library.sqlite")).unwrap() == before);
    }
    let said = shell.run("paperpick --library nowhere doctor --mend new");
    assert!(said.contains("No such file") && !shell.path().join("new").exists(), "{said}");
    shell.write("first/library.sqlite", [vec![0xa5; PAGE], before[PAGE..].to_vec()].concat());
    let said = shell.run("paperpick --library first doctor --mend new");
    assert!(said.contains("first/library.sqlite is not a paperpick library"), "{said}");
    assert!(!shell.path().join("new").exists(), "nothing is begun");
}

/// The schema lies on three pages: without the one that names the papers there is nothing, and with it there are the
/// tables that it names.
#[test]
fn a_schema_that_is_damaged_in_part_gives_the_tables_that_it_names() {
    let shell = filled();
    let whole = std::fs::read(database(&shell)).unwrap();
    let pages: Vec<usize> = {
        let owners = owners(&Connection::open(database(&shell)).unwrap());
        owners
            .into_iter()
            .filter(|(page, name)| *page > 0 && name == "sqlite_schema")
            .map(|(page, _)| page)
            .collect()
    };
    let damage = |page: usize| {
        let mut bytes = whole.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xa5);
        shell.write("damaged/library.sqlite", bytes);
        shell.run("paperpick --library damaged doctor --mend new")
    };
    let said = damage(pages[0]);
    assert!(
        said.contains("the list of its tables is damaged") && said.contains("restore a backup"),
        "{said}"
    );
    assert!(!shell.path().join("new").exists());
    let said = damage(pages[1]);
    assert!(said.contains("480 papers, 302 likes") && !said.contains("[exit"), "{said}");
    assert!(said.contains("accounts: 0 rows saved; an unknown number of rows cannot be read"), "{said}");
    assert!(is_good(&shell.run("paperpick --library new doctor --deep")));
}

/// A disk that is full, as a limit on the length of files shows it.
#[cfg(unix)]
#[test]
fn on_a_full_disk_nothing_is_left_half_made() {
    let shell = filled();
    let program = env!("CARGO_BIN_EXE_paperpick");
    let script = format!("trap '' XFSZ; ulimit -f 400; exec {program} --library library doctor --mend new");
    let output =
        std::process::Command::new("sh").args(["-c", &script]).current_dir(shell.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("disk"), "{said}");
    assert!(!shell.path().join("new").exists(), "{said}");
    let left: Vec<_> =
        std::fs::read_dir(shell.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{left:?}");
}

/// Draws the same numbers for a seed.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

type Rows = BTreeMap<Vec<String>, Vec<String>>;

/// The rows of a table by its key, each value as SQL writes it; of a table that cannot be read whole, those that can be
/// read by the keys given.
fn rows(db: &Connection, table: &str, keys: Option<&Rows>) -> Rows {
    let sql = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid";
    let mut query = db.prepare(sql).unwrap();
    let columns: Vec<(String, usize)> =
        query.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    let has_rowid = db.prepare(&format!("SELECT rowid FROM {table}")).is_ok();
    let key: Vec<&str> = match has_rowid {
        true => vec!["rowid"],
        false => columns.iter().filter(|(_, pk)| *pk > 0).map(|(name, _)| name.as_str()).collect(),
    };
    let quoted =
        |names: &[&str]| names.iter().map(|name| format!("quote({name})")).collect::<Vec<_>>().join(", ");
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let all = format!("SELECT {}, {} FROM {table} NOT INDEXED", quoted(&key), quoted(&names));
    let read = |row: &rusqlite::Row<'_>| {
        let values: Vec<String> =
            (0..key.len() + names.len()).map(|i| row.get(i)).collect::<rusqlite::Result<_>>()?;
        Ok((values[..key.len()].to_vec(), values[key.len()..].to_vec()))
    };
    let Some(keys) = keys else {
        let mut query = db.prepare(&all).unwrap();
        return query.query_map([], read).unwrap().map(Result::unwrap).collect();
    };
    let mut found = Rows::new();
    for wanted in keys.keys() {
        let is = key.iter().zip(wanted).map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>();
        let sql = format!("{all} WHERE {}", is.join(" AND "));
        let Ok(mut query) = db.prepare(&sql) else { continue };
        found.extend(query.query_map([], read).into_iter().flatten().filter_map(Result::ok));
    }
    found
}

/// Overwrites whole pages: with noise, with nothing, or with another page.
fn overwrite(bytes: &mut [u8], pages: &BTreeSet<usize>, drawn: &mut Drawn) {
    let n = bytes.len() / PAGE;
    for page in pages {
        let at = page * PAGE;
        match drawn.below(3) {
            0 => bytes[at..at + PAGE].fill(0),
            1 => {
                let other = (1 + drawn.below(n - 1)) * PAGE;
                bytes.copy_within(other..other + PAGE, at);
            }
            _ => bytes[at..at + PAGE].iter_mut().for_each(|byte| *byte = drawn.below(256) as u8),
        }
    }
}

/// Which table each page belongs to; those of indexes are of no table.
fn owners(db: &Connection) -> BTreeMap<usize, String> {
    let mut query = db.prepare("SELECT pageno - 1, name FROM dbstat").unwrap();
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// Columns that say when something was written, or what of.
const COUNTED: &[&str] = &["counters", "vectors"];

/// Tables whose rows need another row: the column, and the table that has it as its rowid.
const CHILDREN: &[(&str, usize, &str)] = &[
    ("aliases", 1, "papers"),
    ("keys", 2, "accounts"),
    ("listings", 1, "papers"),
    ("shared_names", 0, "papers"),
    ("shown", 1, "papers"),
    ("summaries", 0, "papers"),
    ("titles", 1, "papers"),
    ("votes", 0, "papers"),
];

#[test]
fn whatever_pages_are_overwritten_all_other_rows_are_saved() {
    let shell = filled();
    let whole = std::fs::read(database(&shell)).unwrap();
    let original = Connection::open(database(&shell)).unwrap();
    let owners = owners(&original);
    let held: BTreeMap<String, Rows> =
        tables(&original).into_iter().map(|table| (table.clone(), rows(&original, &table, None))).collect();
    let (mut n_lost, mut n_mended) = (0, 0);
    // In the last two, a page of another table led the scan beyond rows that it had not met.
    for round in (0..20).chain([1037, 1207]) {
        let mut drawn = Drawn(round);
        let n = 1 + drawn.below(8);
        let pages: BTreeSet<usize> = (0..n).map(|_| 1 + drawn.below(whole.len() / PAGE - 1)).collect();
        let hit: BTreeSet<&str> =
            pages.iter().filter_map(|page| owners.get(page).map(String::as_str)).collect();
        let mut bytes = whole.clone();
        overwrite(&mut bytes, &pages, &mut drawn);
        shell.write("damaged/library.sqlite", &bytes);
        let why = format!("round {round}, pages {pages:?} of {hit:?}");
        // Said of whatever is damaged, and never a panic.
        let said = shell.run("paperpick --library damaged doctor --deep");
        assert!(!said.contains("panicked"), "{why}: {said}");
        for beside in ["library.sqlite-wal", "library.sqlite-shm"] {
            let _ = std::fs::remove_file(shell.path().join("damaged").join(beside));
        }
        shell.write("damaged/library.sqlite", &bytes);
        if hit.contains("sqlite_schema") {
            let _ = std::fs::remove_dir_all(shell.path().join("new"));
            let said = shell.run("paperpick --library damaged doctor --mend new");
            assert!(!said.contains("panicked"), "{why}: {said}");
            continue;
        }
        let said = mended(&shell, "damaged", &why);
        n_mended += 1;
        n_lost += compare(&shell, &held, &hit, &format!("{why}\n{said}"));
    }
    assert!(n_mended > 15 && n_lost > 100, "{n_mended} libraries were mended, {n_lost} rows lost");
}

/// Every row that lies on an untouched page, or that SQLite still reads by its key, is in the mended library; how many
/// others are lost.
fn compare(shell: &Shell, held: &BTreeMap<String, Rows>, hit: &BTreeSet<&str>, why: &str) -> usize {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let damaged = Connection::open_with_flags(shell.path().join("damaged/library.sqlite"), flags).unwrap();
    let new = Connection::open(shell.path().join("new/library.sqlite")).unwrap();
    let mut n_lost = 0;
    let saved: BTreeMap<&String, Rows> = held.keys().map(|table| (table, rows(&new, table, None))).collect();
    for (table, before) in held.iter().filter(|(table, _)| !COUNTED.contains(&table.as_str())) {
        let readable = match hit.contains(table.as_str()) {
            true => rows(&damaged, table, Some(before)),
            false => before.clone(),
        };
        let parent = CHILDREN.iter().find(|(child, ..)| child == table);
        for (key, row) in before {
            // What SQLite reads on a page that was overwritten with another one may be anything.
            let is_readable = readable.get(key) == Some(row);
            let is_orphan = parent.is_some_and(|(_, column, parent)| {
                let rowid = vec![row[*column].clone()];
                !saved[&(*parent).to_owned()].contains_key(&rowid)
            });
            let is_saved = match saved[table].get(key) {
                // A paper that lost a summary has another text.
                Some(now) if table == "papers" => now[..10] == row[..10],
                Some(now) => now == row,
                None => false,
            };
            n_lost += usize::from(!is_saved);
            assert!(is_saved || is_orphan || !is_readable, "{table} {key:?} is lost: {why}");
        }
    }
    n_lost
}

#[test]
fn what_is_mended_is_used_on() {
    let shell = filled();
    let said = mended(&shell, "library", "whole");
    for line in ["export", "today -n 3 --again --json", "similar 2404.15653 --json", "search clip --json"] {
        let words = |library: &str| format!("paperpick --library {library} {line}");
        assert_eq!(shell.run(&words("new")), shell.run(&words("library")), "{line}: {said}");
    }
    let db = Connection::open(shell.path().join("new/library.sqlite")).unwrap();
    let sequence = |db: &Connection| -> Vec<(String, Value)> {
        let mut query = db.prepare("SELECT name, seq FROM sqlite_sequence ORDER BY name").unwrap();
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(
        sequence(&db),
        sequence(&Connection::open(database(&shell)).unwrap()),
        "no number is given twice"
    );
}

#[test]
fn a_damaged_page_of_any_table_hides_none_of_the_others() {
    let shell = filled();
    let whole = std::fs::read(database(&shell)).unwrap();
    let db = Connection::open(database(&shell)).unwrap();
    let owners = owners(&db);
    for table in tables(&db) {
        let page = *owners.iter().find(|(_, name)| **name == table).unwrap().0;
        let mut bytes = whole.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xa5);
        let _ = std::fs::remove_dir_all(shell.path().join("damaged"));
        shell.write("damaged/library.sqlite", &bytes);
        let said = shell.run("paperpick --library damaged doctor --deep");
        assert!(said.contains(&format!("{table}: ")) && said.contains("are lost"), "{table}: {said}");
        for check in ["foreign keys", "rows", "papers", "words", "embeddings", "index file"] {
            assert!(said.contains(&format!("  {check}: ")), "{table}: {check} is missing: {said}");
        }
    }
}

/// Ends the work when so many rows were read.
struct EndsAt {
    stop: Stop,
    n_read: AtomicUsize,
}

impl Progress for EndsAt {
    fn advance(&self, n: usize) {
        if self.n_read.fetch_add(n, Ordering::Relaxed) + n == 1000 {
            self.stop.stop();
        }
    }
}

#[test]
fn it_ends_when_nobody_waits() {
    let shell = filled();
    let mut library = Library::open(&shell.path().join("library"), Box::new(Builtin::new())).unwrap();
    let ends = EndsAt { stop: library.stop(), n_read: AtomicUsize::new(0) };
    let outside = Still::at("2024-05-01T00:00:00Z".parse().unwrap());
    let context = Context { progress: &ends, ..outside.context() };
    let ended = Examine { deep: true }.run(&mut library, &context);
    assert!(matches!(ended, Err(paperpick::Error::GivenUp)), "{ended:?}");
    assert_eq!(ends.n_read.into_inner(), 1000, "and reads no row more");
}

#[test]
fn the_api_examines_as_closely() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let plain = server.json("/api/v1/doctor")["checks"].as_array().unwrap().len();
    let deep = server.json("/api/v1/doctor?deep=true");
    let names: Vec<&str> = deep["checks"].as_array().unwrap()[plain..]
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["foreign keys", "rows", "papers", "words", "embeddings", "index file"]);
}

#[test]
fn a_library_that_may_only_be_read_is_examined() {
    let shell = filled();
    copied(&shell, "readonly");
    let folder = shell.path().join("readonly");
    let write = |path: &Path, may: bool| {
        let mut rights = path.metadata().unwrap().permissions();
        rights.set_readonly(!may);
        std::fs::set_permissions(path, rights).unwrap();
    };
    write(&folder.join("library.sqlite"), false);
    write(&folder, false);
    let said = shell.run("paperpick --library readonly doctor --deep");
    write(&folder, true);
    assert!(said.contains("good    embeddings") && !said.contains("[exit"), "{said}");
}
