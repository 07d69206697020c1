//! The profile of a library's reader, learned when something has changed, else read from its file.

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Library;
use crate::embed::{Embedder, Embedding};
use crate::error::{Error, Result};
use crate::files::{read_checked, write_checked};
use crate::hash::fnv1a;
use crate::paper::{InterestState, Paper, PaperId, Rating, Row};
use crate::recommend::interests::{Interests, group};
use crate::recommend::{Corpus, Example, Lexicon, Options, Profile};
use crate::store::{Rated, StoredPaper};

/// How many papers of the library stand for all that the reader did not rate.
const BACKGROUND: usize = 5_000;

/// Draws the background; any other number would do.
const SEED: u64 = 1;

/// Changes with everything that makes a written file worthless.
const FORMAT: u32 = 5;

/// The files within a library's folder.
const BACKGROUND_FILE: &str = "background.bin";
const PROFILE_FILE: &str = "profile.bin";

/// Over how many papers the words are counted by which papers are told apart.
const COUNTED: usize = 20_000;

/// Papers that the reader did not rate, as rows.
#[derive(Serialize, Deserialize)]
pub(crate) struct Background {
    key: u64,
    corpus: Corpus,
    /// The papers of the corpus.
    papers: Vec<Row>,
    /// How near two papers of one interest are at least, as a cosine.
    related: f32,
    pool: usize,
    /// How many papers a day lists.
    per_day: f64,
}

/// What was learned from the ratings.
#[derive(Serialize, Deserialize)]
pub(crate) struct Learned {
    key: u64,
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
        let path = self.folder.join(PROFILE_FILE);
        if let Some(learned) = read::<Learned>(&path).filter(|learned| learned.key == key) {
            return Ok(Some(learned));
        }
        let learned = self.learn(embedder, key, &ratings, &[])?;
        write(&path, &learned)?;
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
        let mut signs: Vec<(Row, bool)> =
            ratings.iter().filter_map(|r| Some((r.row?, r.rating == Rating::Like))).collect();
        signs.retain(|(row, _)| changed.iter().all(|(other, _)| other != row));
        signs.extend(changed);
        // The order of rows, so that the order of ratings changes nothing.
        signs.sort_unstable();
        let rows: Vec<Row> = signs.iter().map(|sign| sign.0).collect();
        let papers = self.with_vectors_of(embedder, &rows)?;
        let newest = ratings.iter().map(|r| r.at).max();
        let age = |row: Row| {
            let at = ratings.iter().find(|r| r.row == Some(row)).map(|r| r.at);
            newest.zip(at).map_or(0.0, |(newest, at)| newest.duration_since(at).as_secs_f64() / 86_400.0)
        };
        let mut rows = Corpus::new(background.corpus.lexicon().clone(), background.corpus.dimensions());
        rows.extend(&borrowed(&papers));
        let rated = papers.iter().zip(&signs).map(|((stored, _), &(_, liked))| RatedPaper {
            id: stored.paper.id.clone(),
            title: stored.paper.title.clone(),
            liked,
        });
        let rated: Vec<RatedPaper> = rated.collect();
        let interests = self.find_interests(&rows, &rated, &papers, background.related)?;
        let interest_of = |row: usize| interests.iter().position(|interest| interest.likes.contains(&row));
        let n_background = background.corpus.len();
        let mut corpus = background.corpus;
        corpus.extend(&borrowed(&papers));
        let example = |(i, &(row, liked)): (usize, &(Row, bool))| Example {
            row: n_background + i,
            liked,
            age_days: age(row),
            interest: interest_of(i),
        };
        let examples: Vec<Example> = signs.iter().enumerate().map(example).collect();
        let options = Options { pool: background.pool, per_day: background.per_day, ..self.options };
        // A rated paper has a row of its own, and must not stand for the others as well.
        let is_rated = |row: Row| signs.binary_search_by_key(&row, |sign| sign.0).is_ok();
        let others: Vec<usize> = (0..n_background).filter(|&i| !is_rated(background.papers[i])).collect();
        let vectors: Vec<&[f32]> = (0..rows.len()).map(|row| rows.dense(row)).collect();
        let groups: Vec<Vec<usize>> = interests.iter().map(|interest| interest.likes.clone()).collect();
        let offsets = Interests::new(&vectors, &groups, background.related);
        let profile = Profile::learn(&corpus, &examples, &others, offsets, &options);
        let profile = profile.moved_down(n_background);
        Ok(Learned { key, corpus: rows, rated, profile, interests, related: background.related })
    }

    fn find_interests(
        &self,
        corpus: &Corpus,
        rated: &[RatedPaper],
        papers: &[(StoredPaper, Embedding)],
        related: f32,
    ) -> Result<Vec<Interest>> {
        let kept = self.store.interests(self.reader)?;
        let number_of =
            |id: &PaperId| kept.iter().find(|(_, interest)| interest.papers.contains(id)).map(|(n, _)| *n);
        let likes: Vec<usize> = (0..rated.len()).filter(|&row| rated[row].liked).collect();
        let numbers: Vec<Option<i64>> = likes.iter().map(|&row| number_of(&rated[row].id)).collect();
        let fixed: Vec<Option<usize>> = numbers.iter().map(|n| n.map(|n| n as usize)).collect();
        let vectors: Vec<&[f32]> = likes.iter().map(|&row| corpus.dense(row)).collect();
        let groups = group(&vectors, &fixed, related);
        let mut interests: Vec<Interest> = Vec::new();
        for members in groups {
            let number = members.iter().find_map(|&i| numbers[i]);
            let likes: Vec<usize> = members.iter().map(|&i| likes[i]).collect();
            let known = number.and_then(|n| kept.get(&n));
            let name = match known {
                Some(known) => known.name.clone(),
                None => {
                    let papers: Vec<&Paper> = likes.iter().map(|&row| &papers[row].0.paper).collect();
                    corpus.lexicon().name(&papers)
                }
            };
            let state = known.map_or(InterestState::Live, |known| known.state);
            let places = known.and_then(|known| known.places);
            interests.push(Interest { number, name, state, places, likes });
        }
        Ok(interests)
    }

    pub(crate) fn background(&self, embedder: &dyn Embedder) -> Result<Background> {
        let model = embedder.model();
        let key = key(&[model.as_str(), &self.store.generation()?.to_string(), &FORMAT.to_string()]);
        let path = self.folder.join(BACKGROUND_FILE);
        if let Some(background) = read::<Background>(&path).filter(|background| background.key == key) {
            return Ok(background);
        }
        let (rows, pool) = self.background_rows(embedder)?;
        let papers = self.with_vectors_of(embedder, &rows)?;
        let counted = self.store.papers(&self.store.sample(COUNTED, SEED)?)?;
        let lexicon = Lexicon::count(counted.iter().map(|stored| &stored.paper));
        let mut corpus = Corpus::new(lexicon, embedder.dimensions());
        corpus.extend(&borrowed(&papers));
        let related = corpus.related(&(0..corpus.len()).collect::<Vec<_>>());
        // The newest are half of these, spread evenly, so hardly a day is without one.
        let days: BTreeSet<_> = papers.iter().filter_map(|(stored, _)| stored.paper.first_listed()).collect();
        let per_day = pool as f64 / days.len().max(1) as f64;
        let papers = papers.iter().map(|(stored, _)| stored.row).collect();
        let background = Background { key, corpus, papers, related, pool, per_day };
        write(&path, &background)?;
        Ok(background)
    }

    /// Half of the background are papers listed of late, which are what the reader chooses from;
    /// the other half is spread over the whole library. The newest day is left out where there are
    /// others: a paper must not be ranked by a model that was told it is of no interest.
    fn background_rows(&self, embedder: &dyn Embedder) -> Result<(Vec<Row>, usize)> {
        let newest = self.store.newest_day()?;
        let fresh = newest.map_or(Ok(Vec::new()), |day| self.store.listed(day, day))?;
        let mut rows: Vec<Row> = self.store.recently_listed(4 * BACKGROUND)?;
        rows.retain(|row| fresh.binary_search(row).is_err());
        let pool = rows.len();
        let step = (rows.len() / (BACKGROUND / 2)).max(1);
        let mut rows: Vec<Row> = rows.into_iter().step_by(step).take(BACKGROUND / 2).collect();
        let spread = self.store.sample(BACKGROUND - rows.len(), SEED)?;
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

    fn profile_key(&self, embedder: &dyn Embedder, ratings: &[Rated]) -> Result<u64> {
        let mut parts: Vec<String> = vec![
            format!("{FORMAT} {} {}", embedder.model(), self.store.generation()?),
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
}

/// Papers and vectors as the corpus takes them.
pub(crate) fn borrowed(papers: &[(StoredPaper, Embedding)]) -> Vec<(&Paper, &Embedding)> {
    papers.iter().map(|(stored, vector)| (&stored.paper, vector)).collect()
}

/// 64 bits of FNV-1a over parts.
fn key(parts: &[&str]) -> u64 {
    fnv1a(parts.iter().flat_map(|part| part.bytes().chain([0])))
}

/// A file that is missing, old or damaged is made again.
fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    postcard::from_bytes(&read_checked(path)?).ok()
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let body = postcard::to_stdvec(value).map_err(|e| Error::Invalid(format!("{}: {e}", path.display())))?;
    write_checked(path, &body)
}
