//! One typed error for the library: what was expected, what came, what to do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A result of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong and that a user can do something about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each field is named in its variant's message")]
pub enum Error {
    /// A text that is no identifier of a paper.
    #[error("`{text}` is not a paper's identifier: {reason}")]
    BadId { text: String, reason: &'static str },

    /// An identifier of a paper that the library does not hold.
    #[error("{id} is not in the library")]
    UnknownPaper { id: String },

    /// A file or stream that no reader recognises.
    #[error("{name}: not recognised: expected {expected}, but it begins with {begins}")]
    UnknownFormat { name: String, expected: &'static str, begins: String },

    /// Days on which no source listed a paper, words that no paper has: nothing to show, and no failure.
    #[error("{0}")]
    NothingListed(String),

    /// A vector whose length is not that of its model.
    #[error("the vector has {received} dimensions, but `{model}` makes {expected}")]
    DimensionMismatch { model: String, expected: usize, received: usize },

    /// A vector with no direction: zero, infinite or not a number.
    #[error("a vector must be finite and not zero")]
    NoDirection,

    /// A model that cannot be loaded or run.
    #[error("model `{model}`: {reason}")]
    Model { model: String, reason: String },

    /// No library of ONNX Runtime that a transformer could run on.
    #[error("transformer models need ONNX Runtime {version} or newer: {reason}")]
    NoRuntime { version: String, reason: String, command: String },

    /// Files on the network that are needed and cannot be had.
    #[error("{what} is not here and cannot be fetched: {reason}")]
    Unreachable { what: String, reason: String },

    /// A file from the network that is not the one that is meant.
    #[error("{file} is not the one that is meant: its SHA-256 is {received}, but {expected} is expected")]
    WrongChecksum { file: String, expected: String, received: String },

    /// A database that a newer paperpick has written.
    #[error("{path} has schema {found}, but this paperpick knows up to {known}")]
    NewerDatabase { path: PathBuf, found: i64, known: i64 },

    /// A database of another program, or a damaged one.
    #[error("{path} is not a paperpick library: {reason}")]
    NotALibrary { path: PathBuf, reason: String },

    /// A folder that holds no library, for those who only read one or say something of its papers.
    #[error("there is no library in {path}")]
    NoLibrary { path: PathBuf },

    /// A database that is not whole.
    #[error("{path} is damaged: {damage}")]
    Damaged { path: PathBuf, damage: String },

    /// A file that is there already, and would be replaced.
    #[error("{path} is there already, and nothing is replaced")]
    Exists { path: PathBuf },

    /// A change of a library that may only be read.
    #[error("the library is read-only, and this would change it")]
    ReadOnly,

    /// A library whose file is not there any more, or is another one.
    #[error("{path} was removed or replaced while it was in use")]
    Gone { path: PathBuf },

    /// A change for which the disk has no room.
    #[error("the disk is full, and nothing was changed")]
    DiskFull,

    /// Work that was ended because nobody waits for it.
    #[error("nobody waits for the answer any more")]
    GivenUp,

    /// The store's engine failed.
    #[error("the library's database failed: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),

    /// A server with the library that cannot be reached, refuses, or broke off.
    #[error("the database at {server} does not answer: {reason}")]
    NoServer { server: String, reason: String },

    /// What an engine of the store cannot do, or this build.
    #[error("{what}")]
    NotOfThisStore { what: String, instead: String },

    /// A file could not be read or written.
    #[error("{path}: {}", in_words(source))]
    Io { path: PathBuf, source: std::io::Error },

    /// A file of the index that is not what it says it is.
    #[error("{path} is not a usable index: {reason}")]
    DamagedIndex { path: PathBuf, reason: String },

    /// A digest that could not be handed over.
    #[error("{to} did not take it: {reason}")]
    Delivery { to: String, reason: String },

    /// A request with a field that its verb does not know: it would be answered as if it had not been asked.
    #[error("`{name}` is no option of {verb}")]
    UnknownField { verb: &'static str, name: String, takes: String },

    /// A request that names more papers than one may.
    #[error("{n} papers, but at most {most} are taken at once")]
    TooMany { n: usize, most: usize },

    /// More papers than one answer can be made of: grouping compares each with each, ranking reads them all.
    #[error("{n} papers are too many at once: at most {most} are taken")]
    TooManyPapers { n: usize, most: usize },

    /// A file of settings, or one that it names, that does not say what it should.
    #[error("{path}: {reason}", path = path.display())]
    BadSettings { path: PathBuf, reason: String },

    /// The name of an account that somebody has.
    #[error("there is an account `{name}` already")]
    AccountExists { name: String },

    /// The only account of an owner, which is to be removed or to have another role.
    #[error("without `{name}` as an owner, nobody with an account would own the library")]
    LastOwner { name: String },

    /// What whoever asks has no right to.
    #[error("{what} takes the role of {needs}, and this account is a {role}'s")]
    NotAllowed { what: &'static str, needs: &'static str, role: &'static str },

    /// More than a member may bring in on one day.
    #[error("a member brings in up to {most} {what} a day; {left} are left today, and this is more")]
    OverQuota { what: &'static str, most: u64, left: u64 },

    /// A setting, option or request that cannot be met.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// Ties an input or output error to the path it happened on.
    pub fn io(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io { path, source }
    }

    /// What the user can do about it, if there is one thing to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::BadId { .. } => Some(
                "write it as 2404.15653, hep-th/9901001, an arxiv.org or huggingface.co/papers address, or a DOI".into(),
            ),
            Self::UnknownPaper { .. } => Some(
                "import a listing or digest that has it (`paperpick import FILE`), or find it by words: `paperpick search`".into(),
            ),
            Self::UnknownFormat { name, begins, .. } if begins_with_an_id(begins) => {
                Some(format!("a list of identifiers is liked: `paperpick like {name}`"))
            }
            Self::LastOwner { .. } => Some("an account is an owner's first: `paperpick account add NAME`, `paperpick account role NAME owner`".into()),
            Self::NotAllowed { .. } => Some("an owner can, or `paperpick account role NAME ROLE` on the server gives it".into()),
            Self::OverQuota { .. } => Some("send less, wait until tomorrow (UTC), or ask an owner to import it".into()),
            Self::UnknownField { takes, .. } => Some(format!("it has: {takes}")),
            Self::NoRuntime { command, .. } => Some(format!("`paperpick model install` brings it; so does `{command}`")),
            Self::Unreachable { .. } => Some(
                "go online once, or name a folder that holds the files; what is already here works offline".into(),
            ),
            Self::WrongChecksum { .. } => {
                Some("nothing of it was kept; try again, or name another index with --index URL".into())
            }
            Self::NewerDatabase { .. } => Some("update paperpick; nothing in the database was touched".into()),
            Self::NotALibrary { .. } => Some("name another one, with --library DIR or `store` in the settings; it was left as it is".into()),
            Self::NoLibrary { .. } => Some(
                "`paperpick import FILE`, `sync` or `start` makes one there; --library DIR names another".into(),
            ),
            Self::TooManyPapers { .. } => Some(
                "`--days N` with a smaller N, or one day with `--date`; `paperpick topics --trend` looks at any number of days".into(),
            ),
            Self::ReadOnly => {
                Some("let yourself write to its folder and the files in it, or, on a server, to its schema; or name another one with --library DIR".into())
            }
            Self::Gone { .. } => Some("put it back, or start the program again on the library that is there now".into()),
            Self::NoServer { .. } => Some(
                "see that it runs, can be reached from here and knows the user; `store` in the settings names it".into(),
            ),
            Self::NotOfThisStore { instead, .. } => Some(instead.clone()),
            Self::DiskFull => Some("make room, and try again; what is there can be read meanwhile".into()),
            Self::Damaged { .. } => Some("nothing was written; `paperpick doctor --mend NEWFOLDER` saves what can be read of a library".into()),
            Self::Exists { .. } => Some("name a file or a folder (--library DIR) that is not there yet".into()),
            Self::DamagedIndex { .. } => {
                Some("it is only a cache: delete it, or run `paperpick index`, and it is made again".into())
            }
            Self::Delivery { .. } => {
                Some("nothing is marked as sent: the same command tries again".into())
            }
            Self::DimensionMismatch { .. } => Some("`paperpick doctor` shows what the library holds".into()),
            _ => None,
        }
    }
}

/// What the system refused, as people say it, without its number.
pub fn in_words(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "you may not read or write it".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk may only be read".to_owned(),
        _ => {
            let text = error.to_string();
            let end = [" (os error", " at path \""].iter().filter_map(|part| text.find(part)).min();
            text[..end.unwrap_or(text.len())].to_owned()
        }
    }
}

/// `2404.15653`, as most lists begin.
fn begins_with_an_id(begins: &str) -> bool {
    let word = begins.trim_matches('`').split_whitespace().next().unwrap_or_default();
    let digits = |text: &str| text.len() > 3 && text.bytes().all(|b| b.is_ascii_digit());
    word.split_once('.').is_some_and(|(month, number)| digits(month) && digits(number))
}
