//! Builds the shim, and runs a command of the binary under it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use super::disk::{self, Record};
use crate::shell::{Shell, words};

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing; the calls are recorded.
    Log,
    /// It fails, and the next one does not.
    Eio,
    /// The disk is gone from then on.
    Dead,
    /// The disk is full from then on; a write is half done.
    Full,
    /// The program is killed before it.
    Kill,
    /// It is killed half way through a write.
    Half,
}

impl Kind {
    /// Its name for the shim.
    fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Eio => "eio",
            Self::Dead => "dead",
            Self::Full => "enospc",
            Self::Kill => "kill",
            Self::Half => "half",
        }
    }

    /// Whether the program lives on, and is to say what went wrong.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Eio | Self::Dead | Self::Full)
    }
}

/// What a run under the shim came to.
pub struct Ran {
    pub output: Output,
    pub records: Vec<Record>,
}

impl Ran {
    /// Of a run that did not happen.
    pub fn none() -> Self {
        let output =
            Output { status: std::process::ExitStatus::default(), stdout: Vec::new(), stderr: Vec::new() };
        Self { output, records: Vec::new() }
    }

    /// Its calls.
    pub fn n_calls(&self) -> u32 {
        self.records.iter().map(|record| record.call).max().unwrap_or_default()
    }
}

/// The shim, compiled once.
static SHIM: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fault/shim.c");
    let flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"];
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let status = Command::new(cc).args(flags).arg(&library).arg(source).status().unwrap();
    assert!(status.success(), "the shim does not compile");
    (folder, library)
});

/// Runs a line in a shell, whose folder is the disk that fails; `> FILE` at its end is a redirection.
pub fn run(shell: &Shell, line: &str, clock: &str, kind: Kind, at: u32) -> Ran {
    let (line, to) = line.split_once(" > ").map_or((line, None), |(line, to)| (line, Some(to)));
    let log = tempfile::NamedTempFile::new().unwrap();
    let root = shell.path().canonicalize().unwrap();
    let mut command = shell.command(&words(line)[1..]);
    command.env("LD_PRELOAD", &SHIM.1).env("FAULT_UNDER", &root).env("FAULT_LOG", log.path());
    command.env("FAULT_KIND", kind.name()).env("FAULT_AT", at.to_string()).env("PAPERPICK_CLOCK", clock);
    command.stdin(Stdio::null());
    if let Some(to) = to {
        command.stdout(std::fs::File::create(root.join(to)).unwrap());
    }
    let output = command.output().unwrap();
    let records = disk::records(&std::fs::read(log.path()).unwrap(), &root);
    Ran { output, records }
}
