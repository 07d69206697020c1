//! Backups: made in use, compared, and never over anything.

use std::process::Stdio;

use rusqlite::Connection;

use crate::crash::listing;
use crate::shell::Shell;

fn names(shell: &Shell, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(shell.path().join(folder)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_made_while_others_write_is_the_library_of_one_moment() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030");
    shell.write("listing.jsonl", listing());
    let words = ["import", "listing.jsonl", "--quiet"].map(str::to_owned);
    let mut import = shell.command(&words).stderr(Stdio::null()).spawn().unwrap();
    // The listing comes in batches of 512, and a backup holds whole ones.
    for n in 0..4 {
        let made = shell.json(&format!("paperpick backup {n}.sqlite --json"));
        let restored = shell.json(&format!("paperpick --library copy{n} restore {n}.sqlite --json"));
        assert_eq!(made["size"], restored["size"]);
        let n_listed = made["size"]["papers"].as_u64().unwrap() - 80;
        assert!(n_listed.is_multiple_of(512) || n_listed == 6_000, "{n_listed}");
        assert_eq!(made["size"]["likes"], 1);
        let report = shell.run(&format!("paperpick --library copy{n} doctor"));
        assert!(report.contains("good    database"), "{report}");
    }
    assert!(import.wait().unwrap().success());
    shell.run("paperpick backup whole.sqlite");
    shell.run("paperpick --library copy restore whole.sqlite");
    for line in ["export", "today -n 3 --again --json", "similar 2404.15653 --json", "search clip --json"] {
        let words = |library: &str| format!("paperpick --library {library} {line}");
        assert_eq!(shell.run(&words("copy")), shell.run(&words("library")), "{line}");
    }
    let left: Vec<String> = names(&shell, "").into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn nothing_is_replaced_and_nothing_but_a_whole_backup_is_restored() {
    let shell = Shell::with_sample();
    shell.run("paperpick backup whole.sqlite");
    let whole = std::fs::read(shell.path().join("whole.sqlite")).unwrap();
    assert!(shell.run("paperpick backup whole.sqlite").contains("is there already"));
    assert!(shell.run("paperpick restore whole.sqlite").contains("is there already"));
    assert_eq!(std::fs::read(shell.path().join("whole.sqlite")).unwrap(), whole);

    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 20_000].fill(0xa5);
    shell.write("torn", torn);
    shell.write("cut", &whole[..whole.len() / 2]);
    shell.write("notes", "these are my notes, not a database; they are longer than a header of SQLite is");
    shell.write("empty", "");
    shell.write("newer", &whole);
    let newer = Connection::open(shell.path().join("newer")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    for (file, reason) in [
        ("torn", "is damaged"),
        ("cut", "damaged"),
        ("notes", "is not a paperpick library"),
        ("empty", "is not a paperpick library"),
        ("newer", "has schema 99"),
        ("missing", "there is no such file"),
    ] {
        let said = shell.run(&format!("paperpick --library new restore {file}"));
        assert!(said.contains(reason) && said.ends_with("[exit 2]\n"), "{file}: {said}");
        assert_eq!(names(&shell, "new"), Vec::<String>::new(), "{file}");
    }
}

/// A rating that stood in the log was in the library that was restored from a backup made before it.
#[test]
fn the_log_of_a_database_that_went_is_not_played_into_its_backup() {
    let shell = Shell::with_sample();
    shell.run("paperpick backup whole.sqlite");
    let library = shell.path().join("library");
    // Somebody else holds the library open, so the log outlives what is rated.
    let other = Connection::open(library.join("library.sqlite")).unwrap();
    other.query_row("SELECT count(*) FROM papers", [], |row| row.get::<_, i64>(0)).unwrap();
    shell.run("paperpick like 2404.16030");
    let log = std::fs::read(library.join("library.sqlite-wal")).unwrap();
    drop(other);
    std::fs::remove_file(library.join("library.sqlite")).unwrap();
    shell.write("library/library.sqlite-wal", log);
    let said = shell.run("paperpick restore whole.sqlite");
    assert!(said.contains("library.sqlite-wal is there already") && said.ends_with("[exit 2]\n"), "{said}");
    std::fs::remove_file(library.join("library.sqlite-wal")).unwrap();
    shell.run("paperpick restore whole.sqlite");
    assert_eq!(shell.json("paperpick likes --json")["ratings"], serde_json::json!([]));
}

#[test]
fn doctor_goes_on_behind_a_damaged_page_and_says_what_is_lost() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16030");
    let path = shell.path().join("library/library.sqlite");
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let page = |table: &str| -> u64 {
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        db.query_row(sql, [table], |row| row.get(0)).unwrap()
    };
    let mut bytes = std::fs::read(&path).unwrap();
    for table in ["vectors", "calendar"] {
        let at = (page(table) as usize - 1) * 8192;
        bytes[at..at + 8192].fill(0xa5);
    }
    drop(db);
    std::fs::write(&path, bytes).unwrap();
    let said = shell.run("paperpick doctor");
    for line in [
        "80 papers",
        "1 like",
        "BROKEN  database",
        "vectors: 0 rows can be read",
        "calendar: 0 rows can be read",
        "mend: paperpick restore",
        "BROKEN  vectors",
        "good    names",
        "good    files",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(said.ends_with("[exit 2]\n"), "{said}");
}
