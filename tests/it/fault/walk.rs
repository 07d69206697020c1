//! Walks through the calls of a job, and looks at what each fault leaves.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use super::disk::{self, Disk, Loss, Tree};
use super::jobs::{self, Job, Promise, World};
use super::look;
use super::shim::{self, Kind, Ran};
use rusqlite::Connection;

use crate::server::mix;
use crate::shell::Shell;

const DATABASE: &str = "library.sqlite";

/// What a fault did to a library.
pub enum Alarm {
    /// Something that was there or acknowledged is not.
    Lost(String),
    /// Anything else that is not as it is without the fault.
    Wrong(String),
}

use Alarm::{Lost, Wrong};

type Checked = Result<(), Alarm>;

/// What there is to see of a library.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    exported: BTreeSet<String>,
    answers: Vec<String>,
    names: BTreeSet<PathBuf>,
}

/// How many ways to lose something are tried after the last call.
const N_AT_THE_END: usize = 3;

/// A job, and how it goes where nothing fails.
pub struct Walk {
    job: &'static Job,
    shell: Shell,
    _world: World,
    /// The folder before the job.
    before: Tree,
    exported_before: BTreeSet<String>,
    exported_after: BTreeSet<String>,
    made: Option<Vec<u8>>,
    /// After the job has been done again.
    seen: Seen,
    again_exits: Option<i32>,
    undisturbed: Ran,
}

/// How much of a walk is walked.
#[derive(Debug, Clone, Copy)]
pub enum Extent {
    /// Every call.
    Whole,
    /// So many calls for each kind of fault.
    Sample(usize),
}

/// What a walk came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub n_calls: u32,
    pub n_runs: usize,
    pub alarms: Vec<String>,
    pub n_lost: usize,
}

impl Walk {
    /// Prepares the library, and does the job undisturbed.
    pub fn new(job: &'static Job) -> Self {
        let shell = Shell::in_memory();
        let world = (job.prepare)(&shell);
        let mut before = disk::read(shell.path());
        if let Some((_, out)) = job.line.split_once(" > ") {
            before.insert(out.into(), Some(Arc::default()));
        }
        let mut walk = Self {
            job,
            shell,
            _world: world,
            before,
            exported_before: BTreeSet::new(),
            exported_after: BTreeSet::new(),
            made: None,
            seen: Seen::default(),
            again_exits: Some(0),
            undisturbed: Ran::none(),
        };
        walk.exported_before = walk.expected(Self::exported);
        disk::write(walk.shell.path(), &walk.before);
        walk.undisturbed = walk.run(Kind::Log, 0);
        let output = &walk.undisturbed.output;
        assert!(output.status.success(), "{}: {output:?}", job.name);
        walk.made = job.makes.map(|name| std::fs::read(walk.shell.path().join(name)).unwrap());
        walk.exported_after = walk.expected(Self::exported);
        walk.again_exits = walk.again().output.status.code();
        walk.seen = walk.expected(Self::seen);
        walk
    }

    /// What a look shows where nothing has failed.
    fn expected<T>(&self, look: impl FnOnce(&Self) -> Result<T, Alarm>) -> T {
        look(self).unwrap_or_else(|(Lost(what) | Wrong(what))| panic!("{}: {what}", self.job.name))
    }

    /// Runs the job under the shim.
    fn run(&self, kind: Kind, at: u32) -> Ran {
        let _other = self.job.is_beside.then(|| {
            let other = Connection::open(self.library().join(DATABASE)).unwrap();
            other.query_row("SELECT count(*) FROM papers", [], |row| row.get::<_, u64>(0)).unwrap();
            other
        });
        shim::run(&self.shell, &format!("paperpick {}", self.job.line), &jobs::now(), kind, at)
    }

    fn again(&self) -> Ran {
        shim::run(&self.shell, &format!("paperpick {}", self.job.line), &jobs::later(), Kind::Log, 0)
    }

    fn library(&self) -> PathBuf {
        self.shell.path().join("library")
    }

    /// The lines of an export; none of a library that is not there, which asking would make.
    fn exported(&self) -> Result<BTreeSet<String>, Alarm> {
        if !self.library().join(DATABASE).exists() {
            return Ok(BTreeSet::new());
        }
        let mut library = look::open(&self.library()).map_err(Wrong)?;
        look::examine(&mut library).map_err(Wrong)?;
        look::exported(&library).map_err(Wrong)
    }

    /// Settles what a killed run left, and looks at everything.
    fn seen(&self) -> Result<Seen, Alarm> {
        let mut library = look::open(&self.library()).map_err(Wrong)?;
        let answers = look::answers(&mut library, self.job.day);
        let exported = look::exported(&library).map_err(Wrong)?;
        drop(library);
        // Cached answers are named by what they were made of, and swept by their number.
        let is_cached = |name: &PathBuf| name.starts_with("library/cache");
        let names = disk::names(self.shell.path()).into_iter().filter(|name| !is_cached(name)).collect();
        Ok(Seen { exported, answers, names })
    }

    /// Checks what a fault left in the folder; `is_told`: the job has said that it is done.
    fn check(&self, is_told: bool) -> Checked {
        if let Some(made) = self.job.makes.filter(|_| is_told) {
            let found = std::fs::read(self.shell.path().join(made)).ok();
            if found != self.made {
                return Err(Lost(format!("{made} is not what was made")));
            }
        }
        self.check_exported(is_told)?;
        let again = self.again().output;
        let (said, code) = (said(&again), again.status.code());
        if code != Some(0) && code != self.again_exits && !said.contains("is there already") {
            return Err(Wrong(format!("the job does not go on: {code:?} {said}")));
        }
        self.check_seen()
    }

    fn check_exported(&self, is_told: bool) -> Checked {
        let exported = self.exported()?;
        let (before, after) = (&self.exported_before, &self.exported_after);
        let wanted: BTreeSet<String> = if is_told { after.clone() } else { before & after };
        if let Some(line) = wanted.difference(&exported).next() {
            return Err(Lost(format!("not there any more: {line}")));
        }
        if is_told && exported != *after {
            return Err(Wrong(format!("beside what was done: {:?}", (&exported - after).first())));
        }
        if self.job.is_atomic && exported != *before && exported != *after {
            return Err(Wrong(format!("half done: {exported:?}")));
        }
        Ok(())
    }

    fn check_seen(&self) -> Checked {
        let seen = self.seen()?;
        if let Some(line) = self.seen.exported.difference(&seen.exported).next() {
            return Err(Lost(format!("done again, and still not there: {line}")));
        }
        if seen.exported != self.seen.exported {
            return Err(Wrong(format!("more: {:?}", (&seen.exported - &self.seen.exported).first())));
        }
        if seen.names != self.seen.names {
            let (more, less) = (&seen.names - &self.seen.names, &self.seen.names - &seen.names);
            return Err(Wrong(format!("stray files: {more:?}, and without {less:?}")));
        }
        if let Some((now, then)) = seen.answers.iter().zip(&self.seen.answers).find(|(now, then)| now != then)
        {
            return Err(Wrong(format!("it answers {now}\n    instead of {then}")));
        }
        Ok(())
    }

    /// Does the job with a fault at a call, and checks what comes of it.
    fn fail(&self, kind: Kind, at: u32) -> Checked {
        disk::write(self.shell.path(), &self.before);
        let ran = self.run(kind, at);
        let said = said(&ran.output);
        let code = ran.output.status.code();
        let is_told = code == Some(0) && self.job.promise != Promise::Nothing;
        if !kind.is_failure() {
            // Threads may make fewer calls than before.
            return self.check(is_told);
        }
        if said.contains("panicked") || !matches!(code, Some(0 | 2)) {
            return Err(Wrong(format!("it ends with {code:?}: {said}")));
        }
        let reasons = ["disk", "Input/output error", "may not read", "no such file", "read-only"];
        if code == Some(2) && !reasons.iter().any(|reason| said.contains(reason)) {
            return Err(Wrong(format!("it does not say why: {said}")));
        }
        self.check(is_told)
    }

    /// Walks, and says what was wrong.
    pub fn walk(&self, extent: Extent, seed: u64) -> Tally {
        let n_calls = self.undisturbed.n_calls();
        let mut tally = Tally { n_calls, ..Tally::default() };
        let writes: BTreeSet<u32> =
            self.undisturbed.records.iter().filter(|r| r.op == b'w').map(|r| r.call).collect();
        for kind in [Kind::Eio, Kind::Dead, Kind::Full, Kind::Kill, Kind::Half] {
            let calls: Vec<u32> =
                (1..=n_calls).filter(|call| kind != Kind::Half || writes.contains(call)).collect();
            for at in extent.of(calls, mix(seed ^ kind as u64)) {
                tally.take(&format!("{kind:?} at {at}, {}", self.call(at)), self.fail(kind, at));
            }
        }
        let mut losses = self.losses(seed);
        // What was done is safe then: this is never left out.
        let at_the_end = losses.split_off(losses.len() - N_AT_THE_END.min(losses.len()));
        for (why, is_told, tree) in extent.of(losses, seed).into_iter().chain(at_the_end) {
            disk::write(self.shell.path(), &tree);
            tally.take(&why, self.check(is_told));
        }
        tally
    }

    /// What a call was, for those who look into an alarm.
    fn call(&self, at: u32) -> String {
        let found = self.undisturbed.records.iter().find(|record| record.call == at);
        found.map_or_else(String::new, |r| format!("{} {}", char::from(r.op), r.path.display()))
    }

    /// What the disk may hold when the power is cut before each call and after the last, each state once.
    fn losses(&self, seed: u64) -> Vec<(String, bool, Tree)> {
        let (mut disk, mut known, mut states) = (Disk::new(&self.before), HashSet::new(), Vec::new());
        let mut is_told = false;
        let mut look = |disk: &Disk, at: u32, is_told: bool| {
            for loss in [Loss::Everything, Loss::Bytes, Loss::Some(mix(seed ^ u64::from(at)))] {
                let tree = disk.after(loss);
                let mut hasher = DefaultHasher::new();
                (&tree, is_told).hash(&mut hasher);
                if known.insert(hasher.finish()) {
                    let why = format!("power cut after call {at}, {}: {loss:?} lost", self.call(at));
                    states.push((why, is_told, tree));
                }
            }
        };
        for record in &self.undisturbed.records {
            disk.take(record);
            is_told |= record.op == b'a' && self.job.promise == Promise::Said;
            look(&disk, record.call, is_told);
        }
        // A file that the shell made for the output is the shell's.
        look(&disk, self.undisturbed.n_calls(), self.job.promise != Promise::Nothing);
        states
    }
}

impl Extent {
    /// The whole, or what is drawn of it.
    fn of<T>(self, mut all: Vec<T>, seed: u64) -> Vec<T> {
        if let Self::Sample(n) = self {
            let mut state = seed;
            while all.len() > n {
                state = mix(state);
                all.swap_remove(state as usize % all.len());
            }
        }
        all
    }
}

impl Tally {
    fn take(&mut self, why: &str, checked: Checked) {
        self.n_runs += 1;
        if let Err(alarm) = checked {
            let (kind, what) = match alarm {
                Lost(what) => ("lost", what),
                Wrong(what) => ("wrong", what),
            };
            self.n_lost += usize::from(kind == "lost");
            self.alarms.push(format!("{why}: {kind}: {what}"));
        }
    }

    /// Alarms that are no losses.
    pub fn n_wrong(&self) -> usize {
        self.alarms.len() - self.n_lost
    }
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}
