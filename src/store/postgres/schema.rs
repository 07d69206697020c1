//! The steps that build a library's schema. A released step never changes; a new one is appended, with the reason why.
//!
//! What there is of every paper lies in partitions by its row, so that they may be foreign tables of other servers: no
//! table refers to them by a foreign key, and nothing but the row is unique in them. Text is compared by its bytes, as
//! every engine does.

use std::path::PathBuf;

use super::connection::Connection;
use crate::error::{Error, Result};

/// Whoever builds a schema holds this lock of the database.
pub(super) const LOCK: i64 = 0x7070_696b;

const STEPS: &[&str] = &[
    // 1: what SQLite's engine holds in its schema 15.
    r#"
    CREATE TABLE counters (name text COLLATE "C" PRIMARY KEY, value bigint NOT NULL);
    -- `row` and `reader`: the last that was given away; `indexed` and `tokens`: papers in `words`, and words in all; the
    -- others change with what they count.
    INSERT INTO counters VALUES ('generation', 0), ('papers', 0), ('topics', 0), ('row', 0), ('reader', 0),
      ('indexed', 0), ('tokens', 0);
    -- What every transaction that writes raises; it is updated in place.
    CREATE TABLE changes (counter integer PRIMARY KEY, value bigint NOT NULL) WITH (fillfactor = 10);

    CREATE TABLE papers (
      row        bigint PRIMARY KEY,
      id         text COLLATE "C" NOT NULL,
      version    bigint,
      title      text COLLATE "C" NOT NULL,
      abstract   text COLLATE "C" NOT NULL,
      authors    text COLLATE "C" NOT NULL, -- JSON list
      categories text COLLATE "C" NOT NULL, -- JSON list, the primary one first
      published  text COLLATE "C",
      updated    text COLLATE "C",
      facts      text COLLATE "C" NOT NULL, -- JSON object
      text_hash  bigint NOT NULL,           -- of what is embedded: a vector with another hash is stale
      edition    bigint NOT NULL,           -- of the papers when it last changed
      doi        text COLLATE "C" GENERATED ALWAYS AS (lower((facts::jsonb ->> 'doi') COLLATE "C")) STORED
    ) PARTITION BY HASH (row);
    CREATE INDEX papers_by_doi ON papers (doi);
    CREATE INDEX papers_by_edition ON papers (edition);
    CREATE INDEX papers_by_day ON papers (published);
    -- Which paper an identifier is of: partitions by row cannot keep identifiers apart.
    CREATE TABLE ids (id text COLLATE "C" PRIMARY KEY, paper bigint NOT NULL);
    CREATE TABLE summaries (
      paper    bigint NOT NULL,
      language text COLLATE "C" NOT NULL,
      text     text COLLATE "C" NOT NULL,
      PRIMARY KEY (paper, language)
    ) PARTITION BY HASH (paper);
    CREATE TABLE listings (
      day       text COLLATE "C" NOT NULL,
      paper     bigint NOT NULL,
      source    text COLLATE "C" NOT NULL,
      announced text COLLATE "C" NOT NULL,
      PRIMARY KEY (day, paper, source, announced)
    ) PARTITION BY HASH (paper);
    CREATE INDEX listings_of_paper ON listings (paper);
    CREATE INDEX picks ON listings (day) WHERE source IN ('hf', 'digest');
    CREATE TABLE votes (
      paper  bigint NOT NULL,
      source text COLLATE "C" NOT NULL,
      at     text COLLATE "C" NOT NULL, -- a day, or empty where it is not known
      count  bigint NOT NULL,
      PRIMARY KEY (paper, source, at)
    ) PARTITION BY HASH (paper);
    -- Our own tokenizer's words: those of titles weigh A, of texts B, of people C.
    CREATE TABLE words (
      paper  bigint PRIMARY KEY,
      said   tsvector NOT NULL,
      length bigint NOT NULL -- words in all
    ) PARTITION BY HASH (paper);
    CREATE INDEX papers_by_words ON words USING gin (said);
    DO $$
    DECLARE
      whole text;
    BEGIN
      FOREACH whole IN ARRAY ARRAY['papers', 'summaries', 'listings', 'votes', 'words'] LOOP
        FOR i IN 0..3 LOOP
          EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 4, REMAINDER %s)', whole, i, whole, i);
        END LOOP;
      END LOOP;
    END $$;
    CREATE TABLE titles (
      hash  bigint NOT NULL, -- of what the spellings of one title share
      paper bigint NOT NULL,
      PRIMARY KEY (hash, paper)
    );
    CREATE INDEX titles_of_paper ON titles (paper);
    CREATE TABLE aliases (name text COLLATE "C" PRIMARY KEY, paper bigint NOT NULL);
    CREATE INDEX aliases_of_paper ON aliases (paper);
    CREATE TABLE gone (row bigint PRIMARY KEY, generation bigint NOT NULL);
    CREATE TABLE shared_names (paper bigint PRIMARY KEY, title text COLLATE "C" NOT NULL);
    CREATE INDEX shared_titles ON shared_names (lower(title));
    -- A model's vectors are in a table of their own: `vectors_` and its number.
    CREATE TABLE models (
      number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name       text COLLATE "C" NOT NULL UNIQUE,
      dimensions bigint NOT NULL
    );
    CREATE TABLE choices (name text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL);

    CREATE TABLE calendar (
      source    text COLLATE "C" NOT NULL,
      day       text COLLATE "C" NOT NULL,
      state     text COLLATE "C" NOT NULL CHECK (state IN ('announced', 'nothing', 'not-yet', 'failed', 'partly')),
      announced bigint, -- NULL where it is not known
      seen      bigint NOT NULL,
      note      text COLLATE "C" NOT NULL,
      at        text COLLATE "C" NOT NULL,
      PRIMARY KEY (source, day)
    );
    CREATE TABLE requests (
      service text COLLATE "C" PRIMARY KEY,
      at      text COLLATE "C" NOT NULL,
      done    boolean NOT NULL
    );
    CREATE TABLE validators (
      address  text COLLATE "C" PRIMARY KEY,
      etag     text COLLATE "C",
      modified text COLLATE "C"
    );
    CREATE TABLE feeds (url text COLLATE "C" PRIMARY KEY, name text COLLATE "C" NOT NULL);

    CREATE TABLE accounts (
      reader   bigint PRIMARY KEY,
      name     text COLLATE "C" NOT NULL,
      password text COLLATE "C" NOT NULL, -- argon2id, with its salt and costs
      made     text COLLATE "C" NOT NULL,
      role     text COLLATE "C" NOT NULL CHECK (role IN ('owner', 'member', 'guest'))
    );
    CREATE UNIQUE INDEX accounts_by_name ON accounts (lower(name));
    CREATE TABLE keys (
      number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      hash       bytea NOT NULL UNIQUE,    -- SHA-256 of 256 random bits
      reader     bigint NOT NULL REFERENCES accounts (reader),
      purpose    text COLLATE "C",         -- NULL: a browser's session
      made       text COLLATE "C" NOT NULL,
      expires    bigint,                   -- seconds since 1970; NULL: until it is revoked
      only_feeds boolean NOT NULL
    );
    CREATE TABLE brought (
      reader bigint NOT NULL,
      day    text COLLATE "C" NOT NULL,
      papers bigint NOT NULL,
      bytes  bigint NOT NULL,
      PRIMARY KEY (reader, day)
    );
    -- By identifier, not by row: a rating may come before its paper.
    CREATE TABLE ratings (
      reader bigint NOT NULL,
      id     text COLLATE "C" NOT NULL,
      rating bigint NOT NULL CHECK (rating IN (-1, 1)),
      at     text COLLATE "C" NOT NULL,
      PRIMARY KEY (reader, id)
    );
    CREATE INDEX ratings_of_paper ON ratings (id);
    CREATE TABLE saved (
      reader bigint NOT NULL,
      id     text COLLATE "C" NOT NULL,
      at     text COLLATE "C" NOT NULL,
      PRIMARY KEY (reader, id)
    );
    CREATE INDEX saved_of_paper ON saved (id);
    CREATE TABLE shown (
      reader bigint NOT NULL,
      paper  bigint NOT NULL,
      day    text COLLATE "C" NOT NULL, -- the first on which it was shown
      PRIMARY KEY (reader, paper)
    );
    CREATE INDEX shown_of_paper ON shown (paper);
    CREATE TABLE interests (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- a greater one came later
      reader bigint NOT NULL,
      name   text COLLATE "C" NOT NULL,
      state  text COLLATE "C" NOT NULL CHECK (state IN ('live', 'pinned', 'muted')),
      places bigint,                                          -- NULL: as its likes are
      at     text COLLATE "C" NOT NULL
    );
    CREATE INDEX interests_of_reader ON interests (reader);
    CREATE TABLE interest_papers (
      reader   bigint NOT NULL,
      id       text COLLATE "C" NOT NULL,
      interest bigint NOT NULL REFERENCES interests (number) ON DELETE CASCADE,
      PRIMARY KEY (reader, id)
    );
    CREATE INDEX interests_of_paper ON interest_papers (id);
    CREATE INDEX papers_of_interest ON interest_papers (interest);
    CREATE TABLE topic_marks (
      reader bigint NOT NULL,
      name   text COLLATE "C" NOT NULL,
      mark   text COLLATE "C" NOT NULL CHECK (mark IN ('follow', 'mute', 'like')),
      at     text COLLATE "C" NOT NULL,
      first  text COLLATE "C",          -- the first day of a paper of it, as far as is known
      papers text COLLATE "C" NOT NULL, -- JSON list of identifiers
      PRIMARY KEY (reader, name)
    );
    CREATE TABLE taken_back (
      reader bigint NOT NULL,
      kind   text COLLATE "C" NOT NULL CHECK (kind IN ('rating', 'saved', 'topic', 'interest')),
      name   text COLLATE "C" NOT NULL, -- a paper's identifier, or the name of the topic or the interest
      at     text COLLATE "C" NOT NULL,
      PRIMARY KEY (reader, kind, name)
    );
    CREATE INDEX taken_back_by_name ON taken_back (name);
    CREATE TABLE sent (
      door text COLLATE "C" NOT NULL,
      day  text COLLATE "C" NOT NULL,
      at   text COLLATE "C" NOT NULL, -- when it went out, or when a run began to send it
      done boolean NOT NULL,
      PRIMARY KEY (door, day)
    );
    "#,
    // 2: the lists of a day, and the queue of those that are to be made.
    r#"
    CREATE TABLE lists (
      day     text COLLATE "C" NOT NULL,
      reader  bigint NOT NULL,
      made_of text COLLATE "C" NOT NULL,
      worker  text COLLATE "C" NOT NULL DEFAULT '',
      taken   bigint NOT NULL DEFAULT 0,            -- milliseconds since 1970
      failed  text COLLATE "C" NOT NULL DEFAULT '', -- why it could not be made
      list    text COLLATE "C",                     -- JSON; NULL until it is made
      PRIMARY KEY (day, reader)
    );
    CREATE INDEX lists_to_make ON lists (day, reader) WHERE list IS NULL;
    "#,
    // 3: what language models wrote, and how often they were asked on a day.
    r#"
    CREATE TABLE made (
      id       text COLLATE "C" NOT NULL,
      language text COLLATE "C" NOT NULL,
      style    text COLLATE "C" NOT NULL CHECK (style IN ('bullets', 'sentence')),
      model    text COLLATE "C" NOT NULL,
      prompt   text COLLATE "C" NOT NULL, -- which one
      made_of  text COLLATE "C" NOT NULL, -- which text of the paper
      text     text COLLATE "C" NOT NULL,
      at       text COLLATE "C" NOT NULL,
      PRIMARY KEY (id, language, style, model, prompt, made_of)
    );
    CREATE TABLE asked (day text COLLATE "C" PRIMARY KEY, n bigint NOT NULL);
    "#,
];

/// The newest schema that this build knows.
pub(super) const NEWEST: i64 = STEPS.len() as i64;

/// The tables that speak of a paper by its row, and the column that does: what goes with it. Those of vectors are named
/// by their models.
pub(super) const OF_A_PAPER: &[(&str, &str)] = &[
    ("summaries", "paper"),
    ("listings", "paper"),
    ("votes", "paper"),
    ("words", "paper"),
    ("titles", "paper"),
    ("aliases", "paper"),
    ("shared_names", "paper"),
    ("shown", "paper"),
    ("ids", "paper"),
    ("papers", "row"),
];

/// The columns of a table of vectors: as they are, to the last bit, and beside it as half floats, for an index.
pub(super) fn vectors_columns(dimensions: &str) -> String {
    format!(
        "row        bigint NOT NULL,
         generation bigint NOT NULL,                 -- of the library when it was written
         text_hash  bigint NOT NULL,
         vector     bytea STORAGE EXTERNAL NOT NULL, -- little-endian f32, which no compression makes shorter
         near       halfvec({dimensions}) NOT NULL"
    )
}

/// The table of a model's vectors, in one piece: an index of neighbours in four takes four walks.
pub(super) fn vectors_table(model: &str, dimensions: &str) -> String {
    format!(
        "CREATE TABLE vectors_{model} ({}, PRIMARY KEY (row));
         CREATE INDEX vectors_{model}_by_generation ON vectors_{model} (generation);",
        vectors_columns(dimensions)
    )
}

/// The oldest server that knows what the steps say (`STORAGE` of a new table's column).
const OLDEST_SERVER: i64 = 16;
/// The oldest pgvector that goes on searching where a filter leaves too few.
const OLDEST_VECTOR: [i64; 2] = [0, 8];

/// Sees that the server is new enough, and that there is the only extension that a library needs.
pub(super) fn need_vectors(db: &Connection) -> Result<()> {
    let row = db.row("SELECT current_setting('server_version_num')::bigint", &[])?;
    let major = row.try_get::<_, i64>(0)? / 10_000;
    if major < OLDEST_SERVER {
        return Err(lacking(db, &format!("is PostgreSQL {major}, but {OLDEST_SERVER} or newer is needed")));
    }
    let installed = "SELECT extversion FROM pg_extension WHERE extname = 'vector'";
    if db.find(installed, &[])?.is_none() {
        db.batch("CREATE EXTENSION vector SCHEMA public").map_err(|error| match error {
            Error::NoServer { .. } => error,
            Error::ReadOnly => lacking(db, "has no extension `vector`, and this user may not make it"),
            error => lacking(db, &format!("has no extension `vector`, and it could not be made: {error}")),
        })?;
    }
    let version: String = db.row(installed, &[])?.try_get(0)?;
    match is_new_enough(&version) {
        true => Ok(()),
        false => Err(lacking(db, &format!("has pgvector {version}, but 0.8 or newer is needed"))),
    }
}

/// Whether a version of pgvector is one that is needed, or newer.
fn is_new_enough(version: &str) -> bool {
    let numbers: Vec<i64> = version.split('.').map_while(|part| part.parse().ok()).collect();
    numbers.as_slice() >= &OLDEST_VECTOR[..]
}

/// What a server lacks.
pub(super) fn lacking(db: &Connection, what: &str) -> Error {
    Error::NotOfThisStore {
        what: format!("the database at {} {what}", db.address.shown),
        instead: "install PostgreSQL and pgvector on the server, and let an administrator run `CREATE EXTENSION vector`"
            .into(),
    }
}

/// The schema of a library, 0 where there is none.
///
/// # Errors
/// [`Error::NotALibrary`].
pub(super) fn found(db: &Connection) -> Result<i64> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE c.relname = 'meta'), count(*) FILTER (WHERE c.relname = 'shard')
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')";
    let row = db.row(sql, &[&db.address.schema])?;
    match (row.try_get(0)?, row.try_get(1)?) {
        (0_i64, _) => Ok(0),
        _ if row.try_get::<_, i64>(2)? > 0 => Err(not_ours(db, "it is a shard of another library".into())),
        (_, 0_i64) => Err(not_ours(db, "its schema holds tables of another program".into())),
        _ => {
            let sql = format!("SELECT schema FROM {}.meta", db.address.schema);
            let rows = db.rows(&sql, &[]).map_err(|error| not_ours(db, error.to_string()))?;
            rows.first()
                .map_or_else(|| Err(not_ours(db, "it has no number".into())), |row| Ok(row.try_get(0)?))
        }
    }
}

pub(super) fn not_ours(db: &Connection, reason: String) -> Error {
    Error::NotALibrary { path: db.address.shown.clone().into(), reason }
}

/// The steps that a library of schema `found` still lacks.
///
/// # Errors
/// [`Error::NewerDatabase`] above the newest step, [`Error::NotALibrary`] below the first.
pub(super) fn steps_after(db: &Connection, found: i64) -> Result<&'static [&'static str]> {
    let n_done =
        usize::try_from(found).map_err(|_| not_ours(db, format!("its schema has the number {found}")))?;
    let newer = || Error::NewerDatabase { path: PathBuf::from(&db.address.shown), found, known: NEWEST };
    STEPS.get(n_done..).ok_or_else(newer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, is_enough) in
            [("0.8.5", true), ("0.8", true), ("0.10.0", true), ("1.0", true), ("0.7.4", false), ("", false)]
        {
            assert_eq!(is_new_enough(version), is_enough, "{version}");
        }
    }
}
