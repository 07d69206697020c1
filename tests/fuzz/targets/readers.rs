//! Whatever a file says, its reader ends without a panic, and what it took for a paper reads back from its own export.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use paperpick::PaperId;
use paperpick::source::{self, Hints};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    drop(source::items("items", bytes).count());
    drop(source::collections("collections", bytes).count());
    drop(source::feeds("feeds", bytes));
    drop(source::harvest(bytes));
    drop(source::identifiers("list", &text));
    drop(source::announcement(&text));
    drop(source::is_cut_off(bytes));
    let Ok(mut reader) = source::read("file", Box::new(Cursor::new(bytes.to_vec())), &Hints::default()) else { return };
    while let Some(entry) = reader.next() {
        drop(reader.beside());
        let Ok(paper) = entry else { continue };
        assert_eq!(PaperId::parse(paper.id.as_str()).unwrap().0, paper.id);
        let line = serde_json::to_string(&paper).unwrap();
        let mut again = source::read("export", Box::new(Cursor::new(line)), &Hints::default()).unwrap();
        assert_eq!(again.next().unwrap().unwrap(), paper);
    }
});
