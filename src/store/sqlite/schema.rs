//! The steps that build the schema. A released step never changes; a new one is appended, with
//! the reason why.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{search, titles};
use crate::error::{Error, Result};

/// `ppik`, in the field that SQLite keeps for telling applications apart.
const APPLICATION_ID: i64 = 0x7070_696b;

const STEPS: &[&str] = &[
    // 1: papers, what was said of them, their vectors, and what their reader thinks of them.
    "CREATE TABLE papers (
       row        INTEGER PRIMARY KEY AUTOINCREMENT, -- an index may still name a row that is gone
       id         TEXT NOT NULL UNIQUE,
       version    INTEGER,
       title      TEXT NOT NULL,
       abstract   TEXT NOT NULL,
       authors    TEXT NOT NULL,   -- JSON list
       categories TEXT NOT NULL,   -- JSON list, the primary one first
       published  TEXT,
       updated    TEXT,
       facts      TEXT NOT NULL,   -- JSON object
       text_hash  INTEGER NOT NULL -- of what is embedded: a vector with another hash is stale
     ) STRICT;
     CREATE TABLE summaries (
       paper    INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
       language TEXT NOT NULL,
       text     TEXT NOT NULL,
       UNIQUE (paper, language)
     ) STRICT;
     CREATE TABLE listings (
       day       TEXT NOT NULL,
       paper     INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
       source    TEXT NOT NULL,
       announced TEXT NOT NULL,
       PRIMARY KEY (day, paper, source, announced)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX listings_of_paper ON listings (paper);
     CREATE TABLE votes (
       paper  INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
       source TEXT NOT NULL,
       at     TEXT NOT NULL,       -- a day, or empty where it is not known
       count  INTEGER NOT NULL,
       PRIMARY KEY (paper, source, at)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE models (
       number     INTEGER PRIMARY KEY,
       name       TEXT NOT NULL UNIQUE,
       dimensions INTEGER NOT NULL
     ) STRICT;
     -- The key is number * 2^40 + row: vectors of one model lie side by side in the order of
     -- rows, in leaves of a rowid table, where a kilobyte needs no overflow page.
     CREATE TABLE vectors (
       key        INTEGER PRIMARY KEY,
       generation INTEGER NOT NULL, -- of the library when it was written
       text_hash  INTEGER NOT NULL,
       vector     BLOB NOT NULL     -- little-endian f32
     ) STRICT;
     CREATE INDEX vectors_by_generation ON vectors (generation);
     -- By identifier, not by row: a rating may come before its paper.
     CREATE TABLE ratings (
       reader INTEGER NOT NULL,
       id     TEXT NOT NULL,
       rating INTEGER NOT NULL CHECK (rating IN (-1, 1)),
       at     TEXT NOT NULL,
       PRIMARY KEY (reader, id)
     ) STRICT, WITHOUT ROWID;
     CREATE VIRTUAL TABLE words USING fts5 (
       title, body, people,
       content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
     );
     -- Counters; `generation` changes with every vector.
     CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
     INSERT INTO counters VALUES ('generation', 0);",
    // What the user has chosen for this library, such as its models: it goes with the vectors.
    "CREATE TABLE choices (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
    // The sources: what each day came to, whom to ask again when, what changed since; and what a
    // reader was shown, so that it is not shown twice.
    "CREATE TABLE calendar (
       source    TEXT NOT NULL,
       day       TEXT NOT NULL,
       state     TEXT NOT NULL CHECK (state IN ('announced', 'nothing', 'not-yet', 'failed', 'partly')),
       announced INTEGER,          -- NULL where it is not known
       seen      INTEGER NOT NULL,
       note      TEXT NOT NULL,
       at        TEXT NOT NULL,
       PRIMARY KEY (source, day)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE requests (
       service TEXT PRIMARY KEY,
       at      TEXT NOT NULL,
       done    INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE validators (address TEXT PRIMARY KEY, etag TEXT, modified TEXT) STRICT, WITHOUT ROWID;
     CREATE TABLE feeds (url TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE shown (
       reader INTEGER NOT NULL,
       paper  INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
       day    TEXT NOT NULL,       -- the first on which it was shown
       PRIMARY KEY (reader, paper)
     ) STRICT, WITHOUT ROWID;",
    // What a reader has said of his or her interests. Interests are found by themselves; a row is
    // one that was touched, and holds its likes together from then on.
    "CREATE TABLE interests (
       number INTEGER PRIMARY KEY AUTOINCREMENT,
       reader INTEGER NOT NULL,
       name   TEXT NOT NULL,
       state  TEXT NOT NULL CHECK (state IN ('live', 'pinned', 'muted'))
     ) STRICT;
     CREATE TABLE interest_papers (
       reader   INTEGER NOT NULL,
       id       TEXT NOT NULL,
       interest INTEGER NOT NULL REFERENCES interests (number) ON DELETE CASCADE,
       PRIMARY KEY (reader, id)
     ) STRICT, WITHOUT ROWID;",
    // What has gone out by mail or webhook, so that a day goes out once.
    "CREATE TABLE sent (
       door TEXT NOT NULL,
       day  TEXT NOT NULL,
       at   TEXT NOT NULL,    -- when it went out, or when a run began to send it
       done INTEGER NOT NULL,
       PRIMARY KEY (door, day)
     ) STRICT, WITHOUT ROWID;",
    // For several people with one library, and for what a reader keeps for later. AUTOINCREMENT:
    // what a removed account left anywhere never falls to a later one.
    "CREATE TABLE accounts (
       reader   INTEGER PRIMARY KEY AUTOINCREMENT,
       name     TEXT NOT NULL UNIQUE COLLATE NOCASE,
       password TEXT NOT NULL,           -- argon2id, with its salt and costs
       made     TEXT NOT NULL
     ) STRICT;
     CREATE TABLE keys (
       number  INTEGER PRIMARY KEY AUTOINCREMENT,
       hash    BLOB NOT NULL UNIQUE,     -- SHA-256 of 256 random bits
       reader  INTEGER NOT NULL REFERENCES accounts (reader),
       purpose TEXT,                     -- NULL: a browser's session
       made    TEXT NOT NULL,
       expires INTEGER                   -- seconds since 1970; NULL: until it is revoked
     ) STRICT;
     CREATE TABLE saved (
       reader INTEGER NOT NULL,
       id     TEXT NOT NULL,
       at     TEXT NOT NULL,
       PRIMARY KEY (reader, id)
     ) STRICT, WITHOUT ROWID;
     -- `papers` changes with every paper: what is made of papers alone holds until then.
     INSERT INTO counters VALUES ('papers', 0);",
    // What a reader wants of topics. A topic is the papers that stand for it: its name changes with
    // the day and its place with the model.
    "CREATE TABLE topic_marks (
       reader INTEGER NOT NULL,
       name   TEXT NOT NULL,
       mark   TEXT NOT NULL CHECK (mark IN ('follow', 'mute', 'like')),
       at     TEXT NOT NULL,
       first  TEXT,                -- the first day of a paper of it, as far as is known
       papers TEXT NOT NULL,       -- JSON list of identifiers
       PRIMARY KEY (reader, name)
     ) STRICT, WITHOUT ROWID;",
    // All that decides whether a paper is meant, without the text in between.
    "CREATE INDEX papers_within ON papers (published, categories, id);",
    // The address of a feed holds its key, and addresses get about: such a key opens nothing else.
    "ALTER TABLE keys ADD COLUMN only_feeds INTEGER NOT NULL DEFAULT 0;",
    // How many places of a list an interest keeps; NULL: as its likes are.
    "ALTER TABLE interests ADD COLUMN places INTEGER;",
    // A source names the DOI of a preprint's published version, and then the two are one paper. The row of the
    // one that goes is told to the index. Names of an own kind were trusted over files up to here, so each of
    // these papers may be two in one until its file is read again; Zotero's and Semantic Scholar's are no such names.
    "CREATE INDEX papers_by_doi ON papers (lower(json_extract(facts, '$.doi')));
     CREATE INDEX ratings_of_paper ON ratings (id);
     CREATE INDEX saved_of_paper ON saved (id);
     CREATE INDEX interests_of_paper ON interest_papers (id);
     CREATE TABLE gone (row INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
     CREATE TABLE shared_names (
       paper INTEGER PRIMARY KEY REFERENCES papers (row) ON DELETE CASCADE,
       title TEXT NOT NULL COLLATE NOCASE
     ) STRICT;
     CREATE INDEX shared_titles ON shared_names (title);
     INSERT INTO shared_names SELECT row, title FROM papers
       WHERE id LIKE 'own:%' AND id NOT LIKE 'own:zotero:%' AND id NOT LIKE 'own:s2:%'
         AND (abstract != '' OR authors != '[]');",
    // The days on which Hugging Face or a digest picked papers, found without reading all listings; and the
    // edition of the library in which a paper last changed, so that what is made of many papers is mended.
    "CREATE INDEX picks ON listings (day) WHERE source IN ('hf', 'digest');
     ALTER TABLE papers ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
     CREATE INDEX papers_by_edition ON papers (edition);",
    // An older export brought back what its reader had taken back since, for nothing was left to tell; and nobody
    // could say which of two states of an interest was the newer one.
    "CREATE TABLE taken_back (
       reader INTEGER NOT NULL,
       kind   TEXT NOT NULL CHECK (kind IN ('rating', 'saved', 'topic', 'interest')),
       name   TEXT NOT NULL,       -- a paper's identifier, or the name of the topic or the interest
       at     TEXT NOT NULL,
       PRIMARY KEY (reader, kind, name)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX taken_back_by_name ON taken_back (name);
     ALTER TABLE interests ADD COLUMN at TEXT NOT NULL DEFAULT '1970-01-01T00:00:00Z';",
    // Any member could change the model for all and fill the disk: what one may do is by role now, and what one
    // brings in is counted by the day (UTC).
    "ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'member', 'guest'));
     UPDATE accounts SET role = 'owner' WHERE reader = (SELECT min(reader) FROM accounts);
     CREATE TABLE brought (
       reader INTEGER NOT NULL,
       day    TEXT NOT NULL,
       papers INTEGER NOT NULL,
       bytes  INTEGER NOT NULL,
       PRIMARY KEY (reader, day)
     ) STRICT, WITHOUT ROWID;",
    // A bibliography without identifiers names a paper by its title and authors alone, and its likes were of a twin of
    // what a listing showed. Papers are found by their titles now, and by every name that they once had.
    "CREATE TABLE titles (
       hash  INTEGER NOT NULL,     -- of what the spellings of one title share
       paper INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE,
       PRIMARY KEY (hash, paper)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX titles_of_paper ON titles (paper);
     CREATE TABLE aliases (
       name  TEXT PRIMARY KEY,
       paper INTEGER NOT NULL REFERENCES papers (row) ON DELETE CASCADE
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX aliases_of_paper ON aliases (paper);",
    // A site makes the lists of all its readers by workers that share a queue: what is to be made, who has taken it
    // when (milliseconds since 1970), and what came of it. Lists are made again from what was said.
    "CREATE TABLE lists (
       day     TEXT NOT NULL,
       reader  INTEGER NOT NULL,
       made_of TEXT NOT NULL,
       worker  TEXT NOT NULL DEFAULT '',
       taken   INTEGER NOT NULL DEFAULT 0,
       failed  TEXT NOT NULL DEFAULT '', -- why it could not be made
       list    TEXT,                     -- JSON; NULL until it is made
       PRIMARY KEY (day, reader)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX lists_to_make ON lists (day, reader) WHERE list IS NULL;",
];

/// From this schema on, the words of Chinese and Japanese stand in the index as pairs of letters.
const PAIRS_OF_CHINESE: i64 = 11;

/// From this schema on, papers are found by their titles.
const TITLES: i64 = 15;

/// The newest schema that this build knows.
pub(super) const NEWEST: i64 = STEPS.len() as i64;

/// Brings a database to the newest schema; a database of a newer paperpick or of another program
/// is refused untouched.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<()> {
    if steps_after(found(db, path)?, path)?.is_empty() {
        return Ok(());
    }
    // Two first runs at once: the second waits here, and then finds the work done. The other may have been
    // a newer paperpick, so what is found is checked again.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = pragma(&transaction, "user_version")?;
    for sql in steps_after(found, path)? {
        transaction.execute_batch(sql)?;
    }
    if found < PAIRS_OF_CHINESE {
        search::reindex_cjk(&transaction)?;
    }
    if found < TITLES {
        titles::note_all(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", NEWEST)?;
    transaction.commit()?;
    Ok(())
}

/// Makes the tables of schema `version` in an empty database, without a row in any.
pub(super) fn build(db: &Connection, version: i64, path: &Path) -> Result<()> {
    let lacking = steps_after(version, path)?.len();
    for sql in &STEPS[..STEPS.len() - lacking] {
        db.execute_batch(sql)?;
    }
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", version)?;
    Ok(db.execute_batch("DELETE FROM counters")?)
}

/// The schema of a database of which no more than the first page need be readable.
///
/// # Errors
/// [`Error::NotALibrary`] for one of another program or without a schema, [`Error::NewerDatabase`].
pub(super) fn written(db: &Connection, path: &Path) -> Result<i64> {
    let read = |name| pragma(db, name).map_err(|error| unreadable(error, path));
    let (version, application) = (read("user_version")?, read("application_id")?);
    if application != APPLICATION_ID || version == 0 {
        let reason = "it is a database of another program, or holds nothing".to_owned();
        return Err(Error::NotALibrary { path: path.to_path_buf(), reason });
    }
    steps_after(version, path)?;
    Ok(version)
}

fn pragma(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, name, |row| row.get(0))
}

/// The schema of a database, 0 for an empty one.
///
/// # Errors
/// [`Error::NotALibrary`].
pub(super) fn found(db: &Connection, path: &Path) -> Result<i64> {
    let not_ours = |reason: String| Error::NotALibrary { path: path.to_path_buf(), reason };
    let found = pragma(db, "user_version").map_err(|error| unreadable(error, path))?;
    let application = pragma(db, "application_id").map_err(|error| unreadable(error, path))?;
    let n_tables = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    // The list of tables may be what is damaged.
    let n_tables = n_tables.map_err(|error| unreadable(error, path))?;
    if application != APPLICATION_ID && (application != 0 || found != 0 || n_tables != 0) {
        return Err(not_ours("it is a database of another program".into()));
    }
    Ok(found)
}

/// What kept SQLite from reading a file: it is none of its own, or was one.
pub(super) fn unreadable(error: rusqlite::Error, path: &Path) -> Error {
    let path = path.to_path_buf();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Error::NotALibrary { path, reason: error.to_string() },
        Some(ErrorCode::DatabaseCorrupt) => Error::Damaged { path, damage: error.to_string() },
        _ => error.into(),
    }
}

/// The steps that a database of schema `found` still lacks.
///
/// # Errors
/// [`Error::NewerDatabase`] above the newest step, [`Error::NotALibrary`] below the first.
pub(super) fn steps_after(found: i64, path: &Path) -> Result<&'static [&'static str]> {
    let path = || path.to_path_buf();
    let n_done = usize::try_from(found).map_err(|_| Error::NotALibrary {
        path: path(),
        reason: format!("its schema has the number {found}"),
    })?;
    STEPS.get(n_done..).ok_or_else(|| Error::NewerDatabase { path: path(), found, known: NEWEST })
}

/// The steps up to the version that knew no shared names.
#[cfg(test)]
pub(super) fn before_shared_names(path: &Path) -> &'static [&'static str] {
    let all = steps_after(0, path).unwrap_or_default();
    let first = all.iter().position(|step| step.contains("shared_names")).unwrap_or_default();
    &all[..first]
}
