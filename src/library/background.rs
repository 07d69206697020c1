//! What all papers are like for which nothing is known of the reader: some of them as rows, and the terms
//! by which they are told apart. Both outlast most changes of a library.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Library;
use super::cache::{Cache, LEXICON};
use crate::embed::{Embedder, Embedding};
use crate::error::Result;
use crate::hash::fnv1a;
use crate::paper::{Announced, Paper, Row};
use crate::random::mix;
use crate::recommend::{Corpus, Lexicon, Pool};
use crate::store::StoredPaper;

/// Changes with everything that makes a written file worthless.
pub(super) const FORMAT: u32 = 11;

/// How many papers of the library stand for all that the reader did not rate.
const BACKGROUND: usize = 5_000;

/// From how many recently listed papers half of the background is drawn: those the reader has chosen
/// from.
const POOL: usize = 4 * BACKGROUND;

/// Draws the background; any other number would do.
const SEED: u64 = 1;

/// Over how many papers document frequencies are counted.
const COUNTED: usize = 20_000;

/// In a library up to this size every paper is counted...
const COUNT_ALL: Row = 2_000;

/// ...and a larger one is counted anew whenever it has grown by so much, as a replay does.
const GROWTH: f64 = 1.05;

/// Where more than so many papers changed, all is made anew.
const MOST_CHANGED: usize = 100_000;

/// Papers that the reader did not rate, as rows.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Background {
    key: u64,
    /// The editions of papers and vectors that the rows were made of.
    editions: (u64, u64),
    /// The key of the lexicon by which the rows were made.
    pub lexicon: u64,
    pub corpus: Corpus,
    /// The papers of the corpus, in order.
    pub papers: Vec<Row>,
    pub pool: Pool,
}

impl Background {
    /// Whether it was made of what this key tells.
    pub fn is_of(&self, key: u64) -> bool {
        self.key == key
    }
}

/// The terms, and what they were counted over.
#[derive(Serialize, Deserialize)]
struct Counted {
    /// The [`FORMAT`] it was written in.
    format: u32,
    key: u64,
    lexicon: Lexicon,
    /// The papers, in order.
    papers: Vec<Row>,
    /// The last row of those they were drawn from.
    step: Row,
    /// The editions of papers and vectors when they were looked at.
    editions: (u64, u64),
}

impl Library {
    /// Papers that stand for all that was not rated, read from its file, or mended where papers have changed since.
    pub(crate) fn background(&self, embedder: &dyn Embedder) -> Result<Arc<Background>> {
        let model = embedder.model();
        let key = key(&[model.as_str(), &self.contents()?, &FORMAT.to_string()]);
        if let Some(held) = self.held_background(key) {
            return Ok(held);
        }
        let name = format!("background-{:016x}.bin", model_key(embedder));
        let mut former = self.cache().read::<Background>(&name);
        if let Some(mut background) = former.take_if(|former| former.key == key)
            && let Some(lexicon) = self.kept_lexicon(background.lexicon)
        {
            background.corpus.set_lexicon(lexicon);
            return Ok(Arc::new(background));
        }
        let editions = self.editions()?;
        let (rows, pool) = self.background_rows(embedder, POOL, BACKGROUND)?;
        let (lexicon, terms) = self.lexicon()?;
        let (papers, corpus) = self.rows(embedder, &rows, (lexicon, terms), former)?;
        let background = Background { key, editions, lexicon, corpus, papers, pool };
        self.cache().write(&name, &background);
        Ok(Arc::new(background))
    }

    /// Papers as rows of a corpus. Those that a former background has are taken from there, if neither they nor
    /// the terms have changed since.
    fn rows(
        &self,
        embedder: &dyn Embedder,
        rows: &[Row],
        (lexicon, terms): (u64, Arc<Lexicon>),
        former: Option<Background>,
    ) -> Result<(Vec<Row>, Corpus)> {
        let empty = Corpus::new(terms.clone(), embedder.dimensions()).with_pick_days(self.store.pick_days()?);
        let mut kept: BTreeMap<Row, usize> = BTreeMap::new();
        let mut of_former = empty.clone();
        if let Some(mut former) = former.filter(|former| former.lexicon == lexicon)
            && let Some(vectors) =
                self.store.vectors_since(embedder.model(), former.editions.1, MOST_CHANGED)?
        {
            kept.extend(former.papers.iter().copied().zip(0..));
            for row in self.store.changed_since(former.editions.0)?.iter().chain(&vectors) {
                kept.remove(row);
            }
            former.corpus.set_lexicon(terms);
            of_former = former.corpus;
        }
        let others: Vec<Row> = rows.iter().copied().filter(|row| !kept.contains_key(row)).collect();
        let others = self.with_vectors_of(embedder, &others)?;
        let mut of_others = empty.clone();
        of_others.extend(&borrowed(&others));
        let place_of: BTreeMap<Row, usize> = others.iter().map(|(stored, _)| stored.row).zip(0..).collect();
        let (mut papers, mut corpus) = (Vec::with_capacity(rows.len()), empty);
        for row in rows {
            match (kept.get(row), place_of.get(row)) {
                (Some(&place), _) => corpus.push(&of_former, place),
                (None, Some(&place)) => corpus.push(&of_others, place),
                (None, None) => continue,
            }
            papers.push(*row);
        }
        Ok((papers, corpus))
    }

    /// The terms by which papers are told apart, and their key: a hash of the texts that are counted.
    ///
    /// They are counted over a sample of the first papers of the library, up to a step of its growth, so
    /// they outlast most changes of it; and since the key is made of the texts themselves, the same
    /// library has the same terms whatever came before.
    fn lexicon(&self) -> Result<(u64, Arc<Lexicon>)> {
        let step = step_of_growth(self.store.last_row()?);
        let mut kept = self.cache().read::<Counted>(LEXICON);
        if let Some(counted) = &kept
            && (counted.format, counted.step) == (FORMAT, step)
            && self.still_says_the_same(counted)?
            && let Some(counted) = kept.take()
        {
            return Ok((counted.key, Arc::new(counted.lexicon)));
        }
        let editions = self.editions()?;
        let papers = self.store.sample_up_to(step, COUNTED, SEED)?;
        let hashes = self.store.text_hashes(&papers)?;
        let key = fnv1a(hashes.iter().flat_map(|hash| hash.to_le_bytes()).chain(FORMAT.to_le_bytes()));
        let lexicon = match kept.filter(|kept| kept.key == key) {
            Some(kept) => kept.lexicon,
            None => Lexicon::count(self.store.papers(&papers)?.iter().map(|stored| &stored.paper)),
        };
        let counted = Counted { format: FORMAT, key, lexicon, papers, step, editions };
        self.cache().write(LEXICON, &counted);
        Ok((key, Arc::new(counted.lexicon)))
    }

    /// Whether none of the papers that were counted has changed since.
    fn still_says_the_same(&self, counted: &Counted) -> Result<bool> {
        let is_counted = |row: &Row| counted.papers.binary_search(row).is_ok();
        let (of_papers, of_vectors) = counted.editions;
        let Some(gone) = self.store.gone_since(of_vectors, MOST_CHANGED)? else { return Ok(false) };
        Ok(!self.store.changed_since(of_papers)?.iter().chain(&gone).any(is_counted))
    }

    fn editions(&self) -> Result<(u64, u64)> {
        Ok((self.store.papers_edition()?, self.store.generation()?))
    }

    pub(super) fn kept_lexicon(&self, key: u64) -> Option<Arc<Lexicon>> {
        let kept = self.cache().read::<Counted>(LEXICON)?;
        (kept.key == key).then(|| Arc::new(kept.lexicon))
    }

    /// Half of the background are papers listed of late, which are what the reader chooses from;
    /// the other half is spread over the whole library. The newest day is left out where there are
    /// other days: a paper must not be ranked by a model that was told it is of no interest.
    fn background_rows(&self, embedder: &dyn Embedder, pool: usize, n: usize) -> Result<(Vec<Row>, Pool)> {
        let newest = self.store.newest_day()?;
        let fresh = newest.map_or(Ok(Vec::new()), |day| self.store.listed(day, day))?;
        let (mut rows, pool) = self.recently_listed(pool, &fresh)?;
        // Drawn so that new papers change few of them: most need not be read again.
        if rows.len() > n / 2 {
            rows.select_nth_unstable_by_key(n / 2, |row| (mix(SEED ^ *row as u64), *row));
            rows.truncate(n / 2);
        }
        let spread = self.store.sample_up_to(step_of_growth(self.store.last_row()?), n - rows.len(), SEED)?;
        rows.extend(spread.into_iter().filter(|row| fresh.binary_search(row).is_err()));
        rows.sort_unstable();
        rows.dedup();
        if embedder.model() != self.embedder.model() {
            // The model for the newest papers has not read the others, and is too slow to do it now.
            let vectors = self.store.vectors(embedder.model(), &rows)?;
            let mut has = vectors.iter().map(Option::is_some);
            rows.retain(|_| has.next() == Some(true));
        }
        if pool.n_papers == 0 {
            // What no day lists may all be rated, such as the references that a reader began with.
            rows.extend(fresh);
            rows.sort_unstable();
        }
        Ok((rows, pool))
    }

    /// Up to `n` of the papers listed last, the newest day first, without the `fresh` ones of the newest
    /// day; and on how many days these were listed.
    fn recently_listed(&self, n: usize, fresh: &[Row]) -> Result<(Vec<Row>, Pool)> {
        let mut rows = self.store.recently_listed(n)?;
        rows.retain(|row| fresh.binary_search(row).is_err());
        let last = self.store.papers(&rows[rows.len().saturating_sub(1)..])?;
        let days_of_last = last.iter().flat_map(|stored| &stored.paper.listings);
        let oldest = days_of_last
            .filter(|l| matches!(l.announced, Announced::New | Announced::Cross))
            .map(|l| l.day)
            .max();
        let newest = self.store.newest_day()?;
        let n_days = match oldest.zip(newest) {
            Some((oldest, newest)) => {
                let days = self.store.papers_by_day(oldest, newest)?;
                days.iter().filter(|(day, _)| fresh.is_empty() || *day != newest).count()
            }
            None => 0,
        };
        let pool = Pool { n_papers: rows.len(), n_days };
        Ok((rows, pool))
    }

    pub(super) fn cache(&self) -> Cache {
        Cache::of(&self.folder)
    }

    /// Changes with everything that the library says of papers, and with every vector.
    pub(super) fn contents(&self) -> Result<String> {
        let (papers, vectors) = self.editions()?;
        Ok(format!("{papers} {vectors}"))
    }
}

/// The last row whose paper is counted in a library of so many: the greatest step of growth that it
/// has reached.
fn step_of_growth(last: Row) -> Row {
    let mut step = COUNT_ALL as f64;
    if last <= COUNT_ALL {
        return last;
    }
    while (step * GROWTH) as Row <= last {
        step *= GROWTH;
    }
    step as Row
}

/// Papers and vectors as the corpus takes them.
pub(crate) fn borrowed(papers: &[(StoredPaper, Embedding)]) -> Vec<(&Paper, &Embedding)> {
    papers.iter().map(|(stored, vector)| (&stored.paper, vector)).collect()
}

/// A model's name as part of a file's.
pub(super) fn model_key(embedder: &dyn Embedder) -> u64 {
    key(&[embedder.model().as_str()])
}

/// 64 bits of FNV-1a over parts.
pub(super) fn key(parts: &[&str]) -> u64 {
    fnv1a(parts.iter().flat_map(|part| part.bytes().chain([0])))
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::SystemTime;

    use jiff::civil::{Date, date};

    use super::*;
    use crate::embed::builtin::Builtin;
    use crate::paper::{Listing, PaperId, Rating};

    const WORDS: [&str; 8] = ["coral", "bridge", "glacier", "song", "map", "engine", "cell", "orbit"];

    fn paper(n: usize, day: Option<Date>) -> Paper {
        let (a, b) = (WORDS[n % 8], WORDS[(n / 8 + 3 * n) % 8]);
        let mut paper = Paper::new(PaperId::own(&format!("p{n:05}")).unwrap(), format!("The {a} and {b}"));
        paper.abstract_text = format!("Part {n} of the {a} that met a {b}.");
        let listing = |day| Listing { day, source: "file".into(), announced: Announced::New };
        paper.listings.extend(day.map(listing));
        paper
    }

    /// A library of papers, as many a day from 2022 on.
    pub fn library_of(n_days: usize, per_day: usize) -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
        let days = date(2022, 1, 1).series(jiff::Span::new().days(1)).take(n_days);
        let papers = days
            .enumerate()
            .flat_map(|(i, day)| (i * per_day..(i + 1) * per_day).map(move |n| paper(n, Some(day))));
        library.store.put(papers.collect()).unwrap();
        (folder, library)
    }

    pub fn like(library: &mut Library, n: usize) {
        let id = PaperId::own(&format!("p{n:05}")).unwrap();
        let at = "2024-01-01T00:00:00Z".parse().unwrap();
        library.store.rate(library.reader, &[id], Some(Rating::Like), at).unwrap();
    }

    pub fn written(library: &Library) -> BTreeMap<String, SystemTime> {
        let files = std::fs::read_dir(library.folder.join("cache")).unwrap().map(|entry| entry.unwrap());
        let name = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        files.map(|entry| (name(&entry), entry.metadata().unwrap().modified().unwrap())).collect()
    }

    /// Three years with five papers a day were once taken for days of less than one: the days of a sample
    /// of all years were counted, and the papers of the newest weeks.
    #[test]
    fn a_day_lists_as_many_papers_as_the_days_of_the_pool_did() {
        let (_folder, library) = library_of(3 * 365, 5);
        let (_, pool) = library.background_rows(library.embedder.as_ref(), 100, 60).unwrap();
        assert_eq!(pool, Pool { n_papers: 95, n_days: 19 }, "the newest of the twenty days is left out");
        assert_eq!(pool.per_day(), 5.0);
        let (_folder, library) = library_of(1, 5);
        let (rows, pool) = library.background_rows(library.embedder.as_ref(), 100, 60).unwrap();
        assert_eq!((rows.len(), pool), (5, Pool::default()), "a single day is its own background");
    }

    #[test]
    fn a_new_paper_does_not_count_the_terms_of_all_again() {
        let n = COUNT_ALL as usize + 20;
        let (_folder, mut library) = library_of(1, n);
        let before = library.lexicon().unwrap();
        let files = written(&library);
        library.store.put(vec![paper(n, None)]).unwrap();
        assert_eq!(library.lexicon().unwrap(), before);
        assert_eq!(written(&library), files);

        // A text that is counted changes them, and then they are what a library has that never knew another.
        let mut other = paper(7, None);
        (other.title, other.version) = ("A volcano".into(), Some(2));
        library.store.put(vec![other.clone()]).unwrap();
        let after = library.lexicon().unwrap();
        assert_ne!(after, before);
        let folder = tempfile::tempdir().unwrap();
        let mut fresh = Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
        let papers = (0..n).map(|n| if n == 7 { other.clone() } else { paper(n, None) });
        fresh.store.put(papers.collect()).unwrap();
        assert_eq!(fresh.lexicon().unwrap(), after);
    }

    /// A background is mended where papers changed, and is then what one that is made anew is.
    #[test]
    fn a_mended_background_is_as_one_made_anew() {
        let (folder, mut library) = library_of(30, 20);
        let of = |library: &Library| {
            let background = library.background(library.embedder.as_ref()).unwrap();
            let rows = (0..background.corpus.len())
                .map(|row| (background.corpus.dense(row).to_vec(), background.corpus.sparse(row).to_vec()));
            (background.papers.clone(), rows.collect::<Vec<_>>(), background.lexicon)
        };
        let first = of(&library);
        let mut changed = paper(100, None);
        changed.authors = vec!["A. Reader".into()];
        let mut reworded = paper(101, None);
        (reworded.abstract_text, reworded.version) = ("On volcanoes and the sea.".into(), Some(2));
        let next = date(2022, 2, 1);
        let more = (600..640).map(|n| paper(n, Some(next)));
        library.store.put([changed, reworded].into_iter().chain(more).collect()).unwrap();
        let mended = of(&library);
        assert_ne!(mended, first);
        std::fs::remove_dir_all(folder.path().join("cache")).unwrap();
        assert_eq!(of(&library), mended);
    }

    #[test]
    fn terms_are_counted_in_steps_of_growth() {
        assert_eq!([0, 5, COUNT_ALL].map(step_of_growth), [0, 5, COUNT_ALL]);
        for last in [2_001, 2_099, 2_100, 2_101, 19_999, 1_000_000] {
            let step = step_of_growth(last);
            assert!(step <= last && last as f64 <= step as f64 * GROWTH + 1.0, "{last}: {step}");
            assert_eq!(step_of_growth(step.max(COUNT_ALL + 1)), step);
        }
    }
}
