//! Runs the binary in a library of its own, as a shell would.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder to work in, with a library in it.
pub struct Shell {
    folder: TempDir,
}

impl Shell {
    /// No library yet.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// An empty library that lives in memory where the system has such a folder: syncs cost nothing there.
    #[cfg(target_os = "linux")]
    pub fn in_memory() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { folder: folder.unwrap() }
    }

    /// A library that is there and has no papers.
    pub fn without_papers() -> Self {
        let shell = Self::new();
        shell.write("nothing.txt", "");
        shell.run("paperpick import nothing.txt");
        shell
    }

    /// A library that holds the sample.
    pub fn with_sample() -> Self {
        let shell = Self::new();
        shell.run(&format!("paperpick import {}", sample("")));
        shell
    }

    /// The folder that commands run in.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file into the folder.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command with this shell's folder, library and settings, and nothing else of the user's.
    pub fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_paperpick"));
        command.args(words).current_dir(self.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PAPERPICK_")) {
            command.env_remove(name);
        }
        command.env("HOME", self.path()).env("PAPERPICK_LIBRARY", self.path().join("library"));
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env_remove("LANG");
        command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME").env_remove("XDG_CACHE_HOME");
        command
    }

    /// Runs a line as a user would type it; quotes hold words together.
    pub fn output(&self, line: &str) -> Output {
        self.output_with(line, &[])
    }

    fn output_with(&self, line: &str, environment: &[(&str, &str)]) -> Output {
        let words = words(line);
        assert_eq!(words[0], "paperpick", "{line}");
        let mut command = self.command(&words[1..]);
        command.envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap()
    }

    /// What a line prints, on stdout and then on stderr, and its exit code if that is not 0.
    pub fn run(&self, line: &str) -> String {
        self.run_with(line, &[])
    }

    /// The same with more in the environment.
    pub fn run_with(&self, line: &str, environment: &[(&str, &str)]) -> String {
        let output = self.output_with(line, environment);
        let mut text = String::from_utf8(output.stdout).unwrap();
        text.push_str(&String::from_utf8(output.stderr).unwrap());
        match output.status.code() {
            Some(0) => {}
            code => writeln!(text, "[exit {}]", code.unwrap()).unwrap(),
        }
        text
    }

    /// What a line prints on stdout and stderr when it is given `input`.
    pub fn run_given(&self, line: &str, input: &str) -> String {
        self.run_given_with(line, input, &[])
    }

    /// The same with more in the environment.
    pub fn run_given_with(&self, line: &str, input: &str, environment: &[(&str, &str)]) -> String {
        let mut command = self.command(&words(line)[1..]);
        command.envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    /// The JSON that a line prints.
    pub fn json(&self, line: &str) -> serde_json::Value {
        let output = self.output(line);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{line}: {e}\n{stderr}"))
    }
}

/// The path of a file of the sample.
pub fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample").join(name).display().to_string()
}

pub fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match c {
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            ' ' if quote.is_none() => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
