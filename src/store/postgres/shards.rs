//! Shards: other PostgreSQL servers that hold the papers of a library.
//!
//! A shard has a schema of the library's name with the tables of every library, of which those by a paper's row are
//! filled. The library's own server, the coordinator, has foreign tables (postgres_fdw) in the place of its partitions,
//! one for each shard; everything else stays with it. All that belongs to one paper lies on one shard, so that one
//! transaction there has all of it or none. Nobody but the coordinator asks a shard, but for its tables being made.

use postgres::config::Host;

use super::address::Address;
use super::connection::{Connection, Lasting};
use super::schema::{self, lacking, need_vectors, not_ours, steps_after, vectors_columns, vectors_table};
use crate::error::{Error, Result};
use crate::store::place::Server;

/// What the coordinator asks of a shard's session. A scan of a whole table is never meant where there is an index; the
/// rest is how pgvector walks, as on the coordinator.
const SESSION: &str = "-c enable_seqscan=off -c jit=off -c lock_timeout=30s -c hnsw.ef_search=300 \
                       -c hnsw.iterative_scan=relaxed_order -c hnsw.max_scan_tuples=1000000";

/// Rows of one answer, and of one writing, on a journey to a shard.
const FETCHED: usize = 2_000;
const WRITTEN: usize = 1_000;

/// Longer names of schemas leave no place for a shard's number in the name of its server.
const LONGEST_NAME: usize = 58;

/// What a shard has besides the tables of every library. A row of `vector_tables` is a table of vectors there: whoever
/// writes the row makes it, in the same transaction.
const ON_A_SHARD: &str = "
    CREATE TABLE vector_tables (
      number     bigint PRIMARY KEY,
      dimensions bigint NOT NULL,
      is_indexed boolean NOT NULL
    );
    CREATE FUNCTION keep_vector_table() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        EXECUTE replace(replace($make$MAKE$make$, 'MODEL', NEW.number::text), 'WIDTH', NEW.dimensions::text);
      ELSIF TG_OP = 'DELETE' THEN
        EXECUTE format('DROP TABLE vectors_%s', OLD.number);
        RETURN OLD;
      ELSIF NEW.is_indexed THEN
        EXECUTE format('CREATE INDEX IF NOT EXISTS vectors_%s_near ON vectors_%s USING hnsw (near halfvec_ip_ops)',
          NEW.number, NEW.number);
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON vector_tables
      FOR EACH ROW EXECUTE FUNCTION keep_vector_table();";

/// Tables without partitions: a row that the coordinator changes is found again by its place in a table, and places in
/// two partitions are called the same.
const IN_ONE_PIECE: &str = "
    DO $$
    DECLARE
      whole text;
    BEGIN
      FOR whole IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'p' LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO in_parts', whole);
        EXECUTE format('CREATE TABLE %I (LIKE in_parts INCLUDING ALL)', whole);
        DROP TABLE in_parts;
      END LOOP;
    END $$";

/// The addresses of a library's shards, where they are said.
///
/// # Errors
/// [`Error::Invalid`].
pub(super) fn addresses(library: &Address, server: &Server) -> Result<Vec<Address>> {
    if !server.shards.is_empty() && library.schema.len() > LONGEST_NAME {
        return Err(Error::Invalid(format!(
            "the schema of a library with shards has a name of up to {LONGEST_NAME} letters, not {}",
            library.schema.len()
        )));
    }
    let address = |shard: &String| {
        let shard = Server { address: shard.clone(), shards: Vec::new(), ..server.clone() };
        Ok(Address { schema: library.schema.clone(), ..Address::parse(&shard)? })
    };
    server.shards.iter().map(address).collect()
}

/// Sees that a library has as many shards as are said, if any are.
pub(super) fn agree(db: &Connection, addresses: &[Address]) -> Result<()> {
    let (said, n) = (addresses.len(), db.count_shards()?);
    match said == 0 || said == n {
        true => Ok(()),
        false => Err(Error::NotOfThisStore {
            what: format!(
                "the library at {} was made with {n} shards, and the settings name {said}",
                db.address.shown
            ),
            instead: "leave `shards` as it was, or make a library in another schema and import an export"
                .into(),
        }),
    }
}

/// Builds the shards of a library whose own steps were just run, and puts its empty partitions there.
pub(super) fn build(db: &Connection, addresses: &[Address], is_new: bool) -> Result<()> {
    let n = if is_new { addresses.len() } else { db.count_shards()? };
    if n == 0 {
        return Ok(());
    }
    if n != addresses.len() {
        return Err(Error::NotOfThisStore {
            what: format!("the library at {} has {n} shards of an older schema", db.address.shown),
            instead: "name all of them as `shards` in the settings once, in their order".into(),
        });
    }
    if db.find("SELECT 1 FROM pg_extension WHERE extname = 'postgres_fdw'", &[])?.is_none() {
        db.batch("CREATE EXTENSION postgres_fdw SCHEMA public").map_err(|error| match error {
            Error::NoServer { .. } => error,
            error => lacking(db, &format!("has no extension `postgres_fdw`, which shards need: {error}")),
        })?;
    }
    let id: String = db.row("SELECT id::text FROM meta", &[])?.try_get(0)?;
    for (number, address) in addresses.iter().enumerate() {
        build_one(address, &id, number, n)?;
        if is_new {
            db.batch(&server(address, number))?;
        }
    }
    db.batch(&partitions(&db.address.schema, n))
}

/// Makes what a shard holds, or brings it to the newest schema. One that was begun for a library that was never made is
/// begun anew.
fn build_one(address: &Address, id: &str, number: usize, of: usize) -> Result<()> {
    let db = Connection::open(address.clone())?;
    let schema = &address.schema;
    db.transaction(Lasting::AtOnce, |db| {
        need_vectors(db)?;
        let done = found(db, id)?;
        if done == 0 {
            db.batch(&format!(
                "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};
                 CREATE TABLE meta (schema bigint NOT NULL, id uuid NOT NULL);
                 CREATE TABLE shard (number bigint NOT NULL, of bigint NOT NULL)"
            ))?;
            db.run("INSERT INTO shard VALUES ($1, $2)", &[&(number as i64), &(of as i64)])?;
            db.run("INSERT INTO meta VALUES (0, $1::text::uuid)", &[&id])?;
        }
        for sql in steps_after(db, done)? {
            db.batch(sql)?;
        }
        if done == 0 {
            db.batch(&ON_A_SHARD.replace("MAKE", &vectors_table("MODEL", "WIDTH")))?;
        }
        db.batch(IN_ONE_PIECE)?;
        db.run("UPDATE meta SET schema = $1", &[&schema::NEWEST]).map(drop)
    })
}

/// The schema of a shard of the library with this id; 0 where nothing is yet that anybody needs.
fn found(db: &Connection, id: &str) -> Result<i64> {
    let schema = &db.address.schema;
    let sql = "SELECT count(*), count(*) FILTER (WHERE c.relname = 'shard') FROM pg_class c
               JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')";
    let tables = db.row(sql, &[schema])?;
    let (n_tables, is_shard): (i64, i64) = (tables.try_get(0)?, tables.try_get(1)?);
    if n_tables == 0 {
        return Ok(0);
    }
    if is_shard > 0 {
        let meta = db.row(&format!("SELECT schema, id::text FROM {schema}.meta"), &[])?;
        if meta.try_get::<_, &str>(1)? == id {
            return Ok(meta.try_get(0)?);
        }
        if db.find(&format!("SELECT 1 FROM {schema}.papers LIMIT 1"), &[])?.is_none() {
            return Ok(0);
        }
    }
    Err(not_ours(db, "its schema holds something already, and a new shard is empty".into()))
}

/// Tells the coordinator of a shard.
fn server(address: &Address, number: usize) -> String {
    let Address { config, schema, certificate, .. } = address;
    let name = format!("{schema}_{number}");
    let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    let mut options = vec![
        ("host", host),
        ("port", port.to_string()),
        ("dbname", database.to_owned()),
        ("extensions", "vector".to_owned()),
        ("application_name", schema.clone()),
        ("fetch_size", FETCHED.to_string()),
        ("batch_size", WRITTEN.to_string()),
        ("async_capable", "true".to_owned()),
        ("options", SESSION.to_owned()),
    ];
    match config.get_ssl_mode() {
        postgres::config::SslMode::Disable => options.push(("sslmode", "disable".to_owned())),
        _ => {
            options.push(("sslmode", "verify-full".to_owned()));
            options.push(("sslrootcert", certificate.clone().unwrap_or_else(|| "system".to_owned())));
        }
    }
    let password = String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned();
    let user = vec![("user", config.get_user().unwrap_or_default().to_owned()), ("password", password)];
    format!(
        "DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER {name}; DROP SERVER IF EXISTS {name};
         CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({});
         CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS ({});
         CREATE FOREIGN TABLE vector_tables_{number} (number bigint NOT NULL, dimensions bigint NOT NULL,
           is_indexed boolean NOT NULL) SERVER {name} OPTIONS (schema_name '{schema}', table_name 'vector_tables')",
        quoted(options),
        quoted(user),
    )
}

fn quoted(options: Vec<(&str, String)>) -> String {
    let option = |(name, value): (&str, String)| format!("{name} '{}'", value.replace('\'', "''"));
    options.into_iter().filter(|(_, value)| !value.is_empty()).map(option).collect::<Vec<_>>().join(", ")
}

/// Foreign tables in the place of all partitions. Nothing is unique in a table that has them.
fn partitions(schema: &str, of: usize) -> String {
    format!(
        "DO $$
         DECLARE
           whole text;
           part regclass;
           rule text;
         BEGIN
           FOR whole IN SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace AND relkind = 'p'
               AND NOT EXISTS (SELECT 1 FROM pg_inherits i JOIN pg_foreign_table f ON f.ftrelid = i.inhrelid
                               WHERE i.inhparent = pg_class.oid) LOOP
             FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = whole::regclass LOOP
               EXECUTE format('DROP TABLE %s', part);
             END LOOP;
             FOR rule IN SELECT conname FROM pg_constraint WHERE conrelid = whole::regclass AND contype IN ('p', 'u') LOOP
               EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', whole, rule);
             END LOOP;
             FOR i IN 0..{of} - 1 LOOP
               EXECUTE format('CREATE FOREIGN TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS {of}, REMAINDER %s)
                               SERVER {schema}_%s OPTIONS (schema_name ''{schema}'', table_name %L)',
                              whole || '_' || i, whole, i, i, whole);
             END LOOP;
           END LOOP;
         END $$"
    )
}

/// Makes the table of a model's vectors.
pub(super) fn make_vectors(db: &Connection, model: i64, dimensions: usize) -> Result<()> {
    let n = db.n_shards.get();
    if n == 0 {
        return db.batch(&vectors_table(&model.to_string(), &dimensions.to_string()));
    }
    let schema = &db.address.schema;
    let mut sql = format!(
        "CREATE TABLE vectors_{model} ({}) PARTITION BY HASH (row);",
        vectors_columns(&dimensions.to_string())
    );
    for i in 0..n {
        sql += &format!(
            "INSERT INTO vector_tables_{i} VALUES ({model}, {dimensions}, false);
             CREATE FOREIGN TABLE vectors_{model}_{i} PARTITION OF vectors_{model}
               FOR VALUES WITH (MODULUS {n}, REMAINDER {i})
               SERVER {schema}_{i} OPTIONS (schema_name '{schema}', table_name 'vectors_{model}');"
        );
    }
    db.batch(&sql)
}

/// Drops the table of a model's vectors.
pub(super) fn drop_vectors(db: &Connection, model: i64) -> Result<()> {
    let of_shard = |i| format!("DELETE FROM vector_tables_{i} WHERE number = {model};");
    let on_shards: String = (0..db.n_shards.get()).map(of_shard).collect();
    db.batch(&format!("DROP TABLE vectors_{model}; {on_shards}"))
}

/// Whether each part of a model's vectors has its index of neighbours.
pub(super) fn are_vectors_indexed(db: &Connection, model: i64) -> Result<bool> {
    let of_shard = |i| format!("(SELECT bool_and(is_indexed) FROM vector_tables_{i} WHERE number = {model})");
    let sql = match db.n_shards.get() {
        0 => format!("SELECT to_regclass('vectors_{model}_near') IS NOT NULL"),
        n => format!("SELECT coalesce({}, false)", (0..n).map(of_shard).collect::<Vec<_>>().join(" AND ")),
    };
    Ok(db.row(&sql, &[])?.try_get(0)?)
}

/// Builds the index of neighbours of a model's vectors.
pub(super) fn index_vectors(db: &Connection, model: i64) -> Result<()> {
    let of_shard = |i| format!("UPDATE vector_tables_{i} SET is_indexed = true WHERE number = {model};");
    match db.n_shards.get() {
        0 => db.batch(&format!(
            "CREATE INDEX IF NOT EXISTS vectors_{model}_near ON vectors_{model} USING hnsw (near halfvec_ip_ops)"
        )),
        n => db.batch(&(0..n).map(of_shard).collect::<String>()),
    }
}
