//! The profile of a library's reader, learned when something has changed, else read from its file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Library;
use super::cache::{Cache, LEXICON};
use super::grouped::names;
use crate::embed::{Embedder, Embedding};
use crate::error::Result;
use crate::hash::fnv1a;
use crate::paper::{Announced, InterestState, Paper, PaperId, Rating, Row};
use crate::recommend::{self, Corpus, Lexicon, Pool, Profile, RatedRow};
use crate::store::{KeptInterest, Rated, StoredPaper};

/// How many papers of the library stand for all that the reader did not rate.
const BACKGROUND: usize = 5_000;

/// From how many recently listed papers half of the background is drawn: those the reader has chosen
/// from.
const POOL: usize = 4 * BACKGROUND;

/// Draws the background; any other number would do.
const SEED: u64 = 1;

/// Changes with everything that makes a written file worthless.
const FORMAT: u32 = 7;

/// Over how many papers document frequencies are counted.
const COUNTED: usize = 20_000;

/// In a library up to this size every paper is counted...
const COUNT_ALL: Row = 2_000;

/// ...and a larger one is counted anew whenever it has grown by so much, as a replay does.
const GROWTH: f64 = 1.05;

/// Papers that the reader did not rate, as rows.
#[derive(Serialize, Deserialize)]
pub(crate) struct Background {
    key: u64,
    /// The key of the lexicon by which the rows were made.
    lexicon: u64,
    corpus: Corpus,
    /// The papers of the corpus, in order.
    papers: Vec<Row>,
    pool: Pool,
}

/// What was learned from the ratings.
#[derive(Serialize, Deserialize)]
pub(crate) struct Learned {
    key: u64,
    /// The key of the lexicon by which the rows were made.
    lexicon: u64,
    /// The rated papers as rows, in the order of `rated`; what is to be ranked is appended.
    pub corpus: Corpus,
    /// The rated papers in the order of their rows.
    pub rated: Vec<RatedPaper>,
    /// The model.
    pub profile: Profile,
    /// The interests, the largest first.
    pub interests: Vec<Interest>,
    /// How near two papers of one interest are at least, as a cosine.
    pub related: f32,
}

/// A rated paper as answers name it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RatedPaper {
    pub id: PaperId,
    pub title: String,
    pub liked: bool,
}

/// An interest: some of the likes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interest {
    /// Its number in the store, if the reader has touched it.
    pub number: Option<i64>,
    pub name: String,
    pub state: InterestState,
    /// How many places of a list it keeps, if the reader has said so.
    pub places: Option<u32>,
    /// Rows of its likes.
    pub likes: Vec<usize>,
}

impl Library {
    /// The model that compares the rated papers and these.
    pub(crate) fn profile_model(&self, rows: &[Row]) -> Result<&dyn Embedder> {
        let rated = self.store.ratings(self.reader)?;
        let involved: Vec<Row> = rows.iter().copied().chain(rated.iter().filter_map(|r| r.row)).collect();
        self.reader_of(&involved)
    }

    /// What is learned from the ratings, with the vectors of a model; `None` if no paper of the
    /// library is rated.
    pub(crate) fn learned(&self, embedder: &dyn Embedder) -> Result<Option<Learned>> {
        let ratings: Vec<Rated> =
            self.store.ratings(self.reader)?.into_iter().filter(|r| r.row.is_some()).collect();
        if ratings.is_empty() {
            return Ok(None);
        }
        let key = self.profile_key(embedder, &ratings)?;
        let name = format!("profile-{}-{:016x}.bin", self.reader, model_key(embedder));
        let kept = self.cache().read::<Learned>(&name).filter(|learned| learned.key == key);
        if let Some(mut learned) = kept
            && let Some(lexicon) = self.kept_lexicon(learned.lexicon)
        {
            learned.corpus.set_lexicon(lexicon);
            return Ok(Some(learned));
        }
        let learned = self.learn(embedder, key, &ratings, &[])?;
        self.cache().write(&name, &learned);
        Ok(Some(learned))
    }

    /// Learns from ratings, with some of them changed or added for the sake of the argument.
    pub(crate) fn learn_as_if(&self, embedder: &dyn Embedder, changed: &[(Row, bool)]) -> Result<Learned> {
        let ratings: Vec<Rated> =
            self.store.ratings(self.reader)?.into_iter().filter(|r| r.row.is_some()).collect();
        self.learn(embedder, 0, &ratings, changed)
    }

    fn learn(
        &self,
        embedder: &dyn Embedder,
        key: u64,
        ratings: &[Rated],
        changed: &[(Row, bool)],
    ) -> Result<Learned> {
        let background = self.background(embedder)?;
        let signs = signs(ratings, changed);
        let rows: Vec<Row> = signs.keys().copied().collect();
        let papers = self.with_vectors_of(embedder, &rows)?;
        let rated: Vec<RatedPaper> = papers.iter().map(|(stored, _)| rated_paper(stored, &signs)).collect();
        let kept = self.store.interests(self.reader)?;
        let numbers = kept_numbers(&kept, &rated);

        // A rated paper that is among the background has its row there.
        let n_background = background.corpus.len();
        let mut corpus = background.corpus;
        let mut row_of: Vec<usize> = Vec::with_capacity(papers.len());
        let mut added: Vec<(&Paper, &Embedding)> = Vec::new();
        for (stored, vector) in &papers {
            row_of.push(background.papers.binary_search(&stored.row).unwrap_or_else(|_| {
                added.push((&stored.paper, vector));
                n_background + added.len() - 1
            }));
        }
        corpus.extend(&added);

        let ages = ages(ratings);
        let rated_rows: Vec<RatedRow> = (papers.iter().zip(&row_of))
            .zip(rated.iter().zip(&numbers))
            .map(|(((stored, _), &row), (rated, number))| RatedRow {
                row,
                liked: rated.liked,
                age_days: ages.get(&stored.row).copied().unwrap_or(0.0),
                kept: number.map(|number| number as usize),
            })
            .collect();
        let all: Vec<usize> = (0..n_background).collect();
        let learned = recommend::learn(&corpus, &all, &rated_rows, background.pool, &self.options);

        let place_of: HashMap<usize, usize> = row_of.into_iter().zip(0..).collect();
        let profile = learned.profile.renumbered(|row| place_of[&row]);
        let mut rows = Corpus::new(corpus.shared_lexicon(), corpus.dimensions());
        rows.extend(&borrowed(&papers));
        let names = match changed {
            [] => names(&papers, &learned.interests),
            _ => vec![String::new(); learned.interests.len()], // nobody reads them
        };
        let interests = learned.interests.into_iter().zip(names);
        let interests = interests.map(|(likes, name)| interest(likes, name, &numbers, &kept)).collect();
        let (lexicon, related) = (background.lexicon, learned.related);
        Ok(Learned { key, lexicon, corpus: rows, rated, profile, interests, related })
    }

    pub(crate) fn background(&self, embedder: &dyn Embedder) -> Result<Background> {
        let model = embedder.model();
        let key = key(&[model.as_str(), &self.contents()?, &FORMAT.to_string()]);
        let name = format!("background-{:016x}.bin", model_key(embedder));
        let kept = self.cache().read::<Background>(&name).filter(|background| background.key == key);
        if let Some(mut background) = kept
            && let Some(lexicon) = self.kept_lexicon(background.lexicon)
        {
            background.corpus.set_lexicon(lexicon);
            return Ok(background);
        }
        let (rows, pool) = self.background_rows(embedder, POOL, BACKGROUND)?;
        let papers = self.with_vectors_of(embedder, &rows)?;
        let (lexicon, terms) = self.lexicon()?;
        let mut corpus = Corpus::new(terms, embedder.dimensions());
        corpus.extend(&borrowed(&papers));
        let papers = papers.iter().map(|(stored, _)| stored.row).collect();
        let background = Background { key, lexicon, corpus, papers, pool };
        self.cache().write(&name, &background);
        Ok(background)
    }

    /// The terms by which papers are told apart, and their key: a hash of the texts that are counted.
    ///
    /// They are counted over a sample of the first papers of the library, up to a step of its growth, so
    /// they outlast most changes of it; and since the key is made of the texts themselves, the same
    /// library has the same terms whatever came before.
    fn lexicon(&self) -> Result<(u64, Arc<Lexicon>)> {
        let counted = self.store.sample_up_to(step_of_growth(self.store.last_row()?), COUNTED, SEED)?;
        let hashes = self.store.text_hashes(&counted)?;
        let key = fnv1a(hashes.iter().flat_map(|hash| hash.to_le_bytes()).chain(FORMAT.to_le_bytes()));
        if let Some(lexicon) = self.kept_lexicon(key) {
            return Ok((key, lexicon));
        }
        let counted = self.store.papers(&counted)?;
        let lexicon = Lexicon::count(counted.iter().map(|stored| &stored.paper));
        self.cache().write(LEXICON, &(key, &lexicon));
        Ok((key, Arc::new(lexicon)))
    }

    fn kept_lexicon(&self, key: u64) -> Option<Arc<Lexicon>> {
        let (kept, lexicon) = self.cache().read::<(u64, Lexicon)>(LEXICON)?;
        (kept == key).then(|| Arc::new(lexicon))
    }

    /// Half of the background are papers listed of late, which are what the reader chooses from;
    /// the other half is spread over the whole library. The newest day is left out where there are
    /// others: a paper must not be ranked by a model that was told it is of no interest.
    fn background_rows(&self, embedder: &dyn Embedder, pool: usize, n: usize) -> Result<(Vec<Row>, Pool)> {
        let newest = self.store.newest_day()?;
        let fresh = newest.map_or(Ok(Vec::new()), |day| self.store.listed(day, day))?;
        let (recent, pool) = self.recently_listed(pool, &fresh)?;
        let step = (recent.len() / (n / 2)).max(1);
        let mut rows: Vec<Row> = recent.into_iter().step_by(step).take(n / 2).collect();
        let spread = self.store.sample(n - rows.len(), SEED)?;
        rows.extend(spread.into_iter().filter(|row| fresh.binary_search(row).is_err()));
        rows.sort_unstable();
        rows.dedup();
        if embedder.model() != self.embedder.model() {
            // The model for the newest papers has not read the others, and is too slow to do it now.
            let vectors = self.store.vectors(embedder.model(), &rows)?;
            let mut has = vectors.iter().map(Option::is_some);
            rows.retain(|_| has.next() == Some(true));
        }
        if rows.is_empty() {
            rows = fresh;
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

    fn profile_key(&self, embedder: &dyn Embedder, ratings: &[Rated]) -> Result<u64> {
        let mut parts: Vec<String> = vec![
            format!("{FORMAT} {} {}", embedder.model(), self.contents()?),
            format!("{:?}", self.options),
        ];
        let mut said: Vec<String> =
            ratings.iter().map(|r| format!("{} {:?} {}", r.id, r.rating, r.at)).collect();
        said.sort_unstable();
        parts.extend(said);
        parts.extend(
            self.store.interests(self.reader)?.iter().map(|(n, interest)| format!("{n} {interest:?}")),
        );
        Ok(key(&parts.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    fn cache(&self) -> Cache {
        Cache::of(&self.folder)
    }

    /// Changes with everything that the library says of papers, and with every vector.
    fn contents(&self) -> Result<String> {
        Ok(format!("{} {}", self.store.papers_edition()?, self.store.generation()?))
    }
}

/// What each rated row was rated, true for a like, with some ratings changed or added; in the order
/// of rows, so that the order of ratings changes nothing.
fn signs(ratings: &[Rated], changed: &[(Row, bool)]) -> BTreeMap<Row, bool> {
    let rated = ratings.iter().filter_map(|r| Some((r.row?, r.rating == Rating::Like)));
    rated.chain(changed.iter().copied()).collect()
}

fn rated_paper(stored: &StoredPaper, signs: &BTreeMap<Row, bool>) -> RatedPaper {
    RatedPaper {
        id: stored.paper.id.clone(),
        title: stored.paper.title.clone(),
        liked: signs.get(&stored.row).copied().unwrap_or(false),
    }
}

/// By how many days each row was rated before the last rating.
fn ages(ratings: &[Rated]) -> HashMap<Row, f64> {
    let Some(newest) = ratings.iter().map(|r| r.at).max() else { return HashMap::new() };
    let age = |r: &Rated| Some((r.row?, newest.duration_since(r.at).as_secs_f64() / 86_400.0));
    ratings.iter().filter_map(age).collect()
}

/// The number of the interest that the reader keeps each rated paper in, of likes only.
fn kept_numbers(kept: &BTreeMap<i64, KeptInterest>, rated: &[RatedPaper]) -> Vec<Option<i64>> {
    let mut number_of: HashMap<&PaperId, i64> = HashMap::new();
    for (number, interest) in kept {
        for id in &interest.papers {
            number_of.entry(id).or_insert(*number);
        }
    }
    rated.iter().map(|r| number_of.get(&r.id).copied().filter(|_| r.liked)).collect()
}

/// An interest by its likes, places among the rated papers: as the reader keeps it, or with the name that is
/// given.
fn interest(
    likes: Vec<usize>,
    name: String,
    numbers: &[Option<i64>],
    kept: &BTreeMap<i64, KeptInterest>,
) -> Interest {
    let number = likes.iter().find_map(|&like| numbers[like]);
    match number.and_then(|number| kept.get(&number)) {
        Some(known) => {
            Interest { number, name: known.name.clone(), state: known.state, places: known.places, likes }
        }
        None => {
            // A name that the reader chose is that interest's alone.
            let name = if kept.values().any(|k| k.name == name) { format!("{name} (2)") } else { name };
            Interest { number, name, state: InterestState::Live, places: None, likes }
        }
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
fn model_key(embedder: &dyn Embedder) -> u64 {
    key(&[embedder.model().as_str()])
}

/// 64 bits of FNV-1a over parts.
fn key(parts: &[&str]) -> u64 {
    fnv1a(parts.iter().flat_map(|part| part.bytes().chain([0])))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use jiff::civil::{Date, date};

    use super::*;
    use crate::embed::builtin::Builtin;
    use crate::paper::{Listing, ReaderId};

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
    fn library_of(n_days: usize, per_day: usize) -> (tempfile::TempDir, Library) {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
        let days = date(2022, 1, 1).series(jiff::Span::new().days(1)).take(n_days);
        let papers = days
            .enumerate()
            .flat_map(|(i, day)| (i * per_day..(i + 1) * per_day).map(move |n| paper(n, Some(day))));
        library.store.put(papers.collect()).unwrap();
        (folder, library)
    }

    fn like(library: &mut Library, n: usize) {
        let id = PaperId::own(&format!("p{n:05}")).unwrap();
        let at = "2024-01-01T00:00:00Z".parse().unwrap();
        library.store.rate(library.reader, &[id], Some(Rating::Like), at).unwrap();
    }

    fn written(library: &Library) -> BTreeMap<String, SystemTime> {
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
    fn two_readers_in_turn_learn_once_each() {
        let (_folder, mut library) = library_of(3, 20);
        let readers = [1, 2].map(ReaderId::new);
        for (reader, n) in readers.into_iter().zip([0, 1]) {
            library.set_reader(reader);
            like(&mut library, n);
        }
        let mut learned = |reader| {
            library.set_reader(reader);
            let learned = library.learned(library.embedder.as_ref()).unwrap().unwrap();
            (learned.rated[0].title.clone(), written(&library))
        };
        let (first, _) = learned(readers[0]);
        let (second, files) = learned(readers[1]);
        assert_ne!(first, second);
        assert_eq!(files.len(), 4, "terms, background and two profiles: {files:?}");
        for reader in readers {
            assert_eq!(learned(reader).1, files, "nothing is written again");
        }
        library.set_reader(readers[0]);
        like(&mut library, 2);
        library.learned(library.embedder.as_ref()).unwrap();
        let now = written(&library);
        assert_eq!(files.iter().filter(|(name, at)| now[*name] != **at).count(), 1, "one profile is new");
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
