//! Four times the file is about four times the work, for every reader and every piece that a file may repeat.
//!
//! `cargo test` counts bytes that are asked of the allocator, which are the same on every machine.
//! `PAPERPICK_SCALE_BYTES=200000` counts the thread's time on a processor instead, for files of so many bytes and four
//! times as many, and prints what grows faster: the way to find a reader that goes through its text again and again.

use std::path::Path;

use crate::fuzz::{PARSERS, Parse, Random, WORDS, asked};

/// What four times the file may be of the work: a reader that compares each with each takes sixteen times.
const MOST: f64 = 7.0;

/// A file of a reader in which a piece is repeated.
struct Hostile<'a> {
    seed: &'a [u8],
    at: usize,
    piece: &'a [u8],
}

impl Hostile<'_> {
    fn of(&self, n_bytes: usize) -> Vec<u8> {
        let repeated = self.piece.repeat(n_bytes / self.piece.len() + 1);
        [&self.seed[..self.at], &repeated, &self.seed[self.at..]].concat()
    }
}

/// The files of one reader, of which each is tried: pieces of its own and of others, after a place of its seed.
fn all(seed: &[u8], n_places: usize, mut check: impl FnMut(&Hostile<'_>)) {
    let mut random = Random(7);
    for _ in 0..n_places {
        let at = random.below(seed.len() + 1);
        for word in WORDS {
            check(&Hostile { seed, at, piece: word.as_bytes() });
        }
        for longest in [3, 12, 60, 300] {
            let piece = random.piece(seed, longest);
            if !piece.is_empty() {
                check(&Hostile { seed, at, piece });
            }
        }
    }
}

/// The thread's time on a processor, in seconds.
fn on_processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(0.0, |ns| ns / 1e9)
}

fn seconds(parse: Parse, bytes: &[u8]) -> f64 {
    let before = on_processor();
    parse(bytes);
    on_processor() - before
}

#[test]
fn four_times_the_file_is_no_more_than_seven_times_the_work() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let n_timed = std::env::var("PAPERPICK_SCALE_BYTES").ok().and_then(|text| text.parse().ok());
    // What a packed file comes to is bounded by its own length, which a piece that is repeated does not change.
    for (name, parse, files) in PARSERS.iter().filter(|(name, ..)| *name != "gzip") {
        for file in *files {
            let seed = std::fs::read(fixtures.join(file)).unwrap();
            match n_timed {
                Some(n) => {
                    println!("{name}: {file}");
                    all(&seed, 4, |hostile| timed(*parse, hostile, n));
                }
                None => all(&seed, 1, |hostile| counted(*parse, hostile, name)),
            }
        }
    }
}

fn counted(parse: Parse, hostile: &Hostile<'_>, name: &str) {
    // Beside what every file takes, buffers above all.
    let base = asked(|| parse(hostile.seed));
    let grown = |n: usize| asked(|| parse(&hostile.of(n))).saturating_sub(base).max(32 << 10) as f64;
    let (one, four) = (grown(3 << 10), grown(12 << 10));
    let piece = String::from_utf8_lossy(hostile.piece);
    assert!(four <= MOST * one, "{name}: {one} bytes, then {four}: {piece:?} at {}", hostile.at);
}

#[expect(clippy::print_stdout, reason = "what grows too fast is to be read")]
fn timed(parse: Parse, hostile: &Hostile<'_>, n: usize) {
    let (one, four) = (seconds(parse, &hostile.of(n)), seconds(parse, &hostile.of(4 * n)));
    if four > 0.1 && four > MOST * one {
        let piece = String::from_utf8_lossy(hostile.piece);
        let before = String::from_utf8_lossy(&hostile.seed[hostile.at.saturating_sub(30)..hostile.at]);
        println!("  {one:.3} s, then {four:.3} s: {piece:?} after {before:?}");
    }
}
