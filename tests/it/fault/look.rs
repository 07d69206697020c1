//! Looks at a library as the next run would, within this process: a look is taken after every fault.

use std::collections::BTreeSet;
use std::path::Path;

use paperpick::embed::builtin::Builtin;
use paperpick::library::{Chosen, Days, Library, Models};
use paperpick::store::{Place, Whose};
use paperpick::verbs::doctor::{Examine, State};
use paperpick::verbs::index::SettleIndex;
use paperpick::verbs::likes::ListLikes;
use paperpick::verbs::similar::FindSimilar;
use paperpick::verbs::today::RankDays;
use paperpick::verbs::{Count, Still, Verb, export};
use paperpick::{Embedder, PaperId};
use serde::Serialize;

/// Opens a library with the models that are chosen for it.
pub fn open(folder: &Path) -> Result<Library, String> {
    let load = |chosen: &Chosen| -> Box<dyn Embedder> {
        match chosen.name.as_str() {
            "builtin" => Box::new(Builtin::new()),
            table => Box::new(Builtin::from_bytes(std::fs::read(table).unwrap()).unwrap()),
        }
    };
    let opened = Library::open_chosen(folder, &Place::Folder, |choices| Models {
        serving: choices.serving.as_ref().map_or_else(|| Box::new(Builtin::new()) as _, load),
        next: choices.next.as_ref().map(load),
        newest: None,
    });
    opened.map_err(|error| format!("it does not open: {error}"))
}

/// The lines of an export, without moments.
pub fn exported(library: &Library) -> Result<BTreeSet<String>, String> {
    let mut text = Vec::new();
    let write = |line: &[u8]| {
        text.extend_from_slice(line);
        Ok(())
    };
    export::lines(library, Whose::Everybodys, write).map_err(|error| format!("no export: {error}"))?;
    Ok(without_moments(&String::from_utf8(text).unwrap()).lines().map(str::to_owned).collect())
}

/// Whether SQLite and `doctor` find everything whole.
pub fn examine(library: &mut Library) -> Result<(), String> {
    let still = Still::at(jiff::Timestamp::UNIX_EPOCH);
    let doctor = Examine::default().run(library, &still.context()).map_err(|error| error.to_string())?;
    let broken = doctor.checks.iter().find(|check| check.state == State::Broken);
    broken.map_or(Ok(()), |check| Err(format!("broken: {check:?}")))
}

/// Settles what a killed run left, and asks for everything; each answer as JSON.
pub fn answers(library: &mut Library, day: &str) -> Vec<String> {
    let still = Still::at("2024-05-02T13:00:00Z".parse().unwrap());
    let context = still.context();
    // It is here to sweep; how long the file is, is nothing to compare.
    SettleIndex::default().run(library, &context).map_err(|error| error.to_string()).unwrap();
    let known = PaperId::parse("2402.04252").unwrap().0;
    let day = Days::One(day.parse().unwrap());
    let doctor = Examine::default().run(library, &context);
    let answers = [
        shown("doctor", doctor.map(|doctor| (doctor.size, doctor.models, doctor.checks))),
        shown("likes", ListLikes::default().run(library, &context)),
        shown("similar", FindSimilar::to(known, Count::default()).run(library, &context)),
        shown("today", RankDays::first(day, Count::default()).run(library, &context)),
    ];
    answers.into()
}

fn shown(name: &str, answer: paperpick::Result<impl Serialize>) -> String {
    let answer = answer.map(|answer| serde_json::to_string(&answer).unwrap());
    without_moments(&format!("{name}: {}", answer.unwrap_or_else(|error| error.to_string())))
}

/// A text in which every moment is the same: `T13:00:00.5Z` becomes `T…Z`.
fn without_moments(text: &str) -> String {
    let mut parts = text.split('T');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push('T');
        let n = part.bytes().take_while(|byte| byte.is_ascii_digit() || b":.".contains(byte)).count();
        let is_moment = n >= 8 && part[n..].starts_with('Z');
        plain.push_str(if is_moment { "…" } else { &part[..n] });
        plain.push_str(&part[n..]);
    }
    plain
}
