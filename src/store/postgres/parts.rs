//! A library's tables on shards. PostgreSQL sends a condition to each shard, but no limit, count or order: those are
//! asked of each shard's part of a table by itself. On one server a table is its only part.

use super::connection::Connection;

impl Connection {
    /// The parts of a table that lies on the shards.
    pub fn parts(&self, table: &str) -> Vec<String> {
        match self.n_shards.get() {
            0 => vec![table.to_owned()],
            n => (0..n).map(|i| format!("{table}_{i}")).collect(),
        }
    }

    /// The rows that a question finds in each part of a table.
    pub fn of_parts(&self, table: &str, question: impl Fn(&str) -> String) -> String {
        let asked: Vec<String> =
            self.parts(table).iter().map(|part| format!("({})", question(part))).collect();
        format!("({})", asked.join(" UNION ALL "))
    }

    /// How many rows of a table fulfil a condition.
    pub fn count_of(&self, table: &str, condition: &str) -> String {
        let counts =
            self.of_parts(table, |part| format!("SELECT count(*) AS n FROM {part} WHERE {condition}"));
        format!("SELECT sum(n)::bigint FROM {counts} AS counted")
    }

    /// The condition that a column is among what a question finds. A shard is sent the list of them: it knows nothing
    /// but its own tables. Without shards it would be compared with each of the list, and a question is not.
    pub fn among(&self, column: &str, question: &str) -> String {
        match self.n_shards.get() {
            0 => format!("{column} IN ({question})"),
            _ => format!("{column} = ANY (ARRAY({question}))"),
        }
    }
}
