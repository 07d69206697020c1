//! Whatever a request says, it is refused or answered; the library stays whole. The first byte says which verb it is of.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use paperpick::embed::builtin::Builtin;
use paperpick::library::Library;
use paperpick::verbs::import::Import;
use paperpick::verbs::{self, Still, Verb};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample");

thread_local! {
    static LIBRARY: RefCell<Option<(tempfile::TempDir, Library)>> = const { RefCell::new(None) };
}

fn library() -> (tempfile::TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    let mut library = Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
    for file in std::fs::read_dir(SAMPLE).unwrap() {
        let path = file.unwrap().path();
        let name = path.display().to_string();
        let input = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        run(Import { name, day: None, input: Some(Box::new(input)) }, &mut library);
    }
    (folder, library)
}

fn run<V: Verb>(verb: V, library: &mut Library) {
    let still = Still::at("2024-04-26T00:00:00Z".parse().unwrap());
    if let Ok(answer) = verb.run(library, &still.context()) {
        serde_json::to_string(&answer).unwrap();
    }
}

fn ask<V: Verb>(bytes: &[u8], library: &mut Library) {
    if let Ok(verb) = serde_json::from_slice::<V>(bytes) {
        run(verb, library);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    LIBRARY.with_borrow_mut(|kept| {
        let (_, library) = kept.get_or_insert_with(library);
        match kind % 12 {
            0 => ask::<verbs::today::RankDays>(bytes, library),
            1 => ask::<verbs::similar::FindSimilar>(bytes, library),
            2 => ask::<verbs::search::Search>(bytes, library),
            3 => ask::<verbs::topics::GroupDays>(bytes, library),
            4 => ask::<verbs::topics::map::DrawMap>(bytes, library),
            5 => ask::<verbs::topics::mark::MarkTopic>(bytes, library),
            6 => ask::<verbs::likes::rate::Rate>(bytes, library),
            7 => ask::<verbs::interests::EditInterest>(bytes, library),
            8 => ask::<verbs::why::Explain>(bytes, library),
            9 => ask::<verbs::digest::MakeDigest>(bytes, library),
            10 => ask::<verbs::topics::trend::FollowTrend>(bytes, library),
            _ => ask::<verbs::likes::saved::Save>(bytes, library),
        }
    });
});
