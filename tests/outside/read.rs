//! What paperpick reads in each file, one line of JSON a file: the side of `reading.py` that is ours.
//!
//! Paths are arguments, or lines of standard input behind `-`.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::fs::File;
use std::io::{BufReader, stdin};

use paperpick::Error;
use paperpick::source::{self, Format, Hints, Place};
use serde_json::{Value, json};

fn main() {
    let named: Vec<String> = std::env::args().skip(1).collect();
    if named != ["-"] {
        return named.iter().for_each(|path| answer(path));
    }
    // Each line is answered before the next one is read.
    stdin().lines().map_while(Result::ok).for_each(|path| answer(&path));
}

fn answer(path: &str) {
    let refused = |error: Error| json!({"file": path, "error": error.to_string(), "entries": []});
    println!("{}", read(path).unwrap_or_else(refused));
}

fn read(path: &str) -> Result<Value, Error> {
    let input = File::open(path).map_err(|source| Error::Io { path: path.into(), source })?;
    let reader = source::read(path, Box::new(BufReader::new(input)), &Hints::default())?;
    let format: Format = reader.format();
    let entries: Vec<Value> = reader.map(entry).collect();
    Ok(json!({"file": path, "format": format, "error": null, "entries": entries}))
}

fn entry(entry: source::Entry) -> Value {
    match entry {
        Ok(paper) => json!({
            "id": paper.id,
            "title": paper.title,
            "authors": paper.authors,
            "abstract": paper.abstract_text,
            "day": paper.first_listed().or(paper.published),
            "year": paper.facts.get("year"),
        }),
        Err(problem) => {
            let place = match problem.place {
                Place::Line(n) => format!("line {n}"),
                Place::Item(n) => format!("item {n}"),
            };
            json!({"place": place, "problem": problem.message})
        }
    }
}
