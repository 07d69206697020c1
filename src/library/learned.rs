//! The profile of a library's reader, learned when something has changed, else read from its file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Library;
use super::background::{FORMAT, key, model_key};
use super::grouped::names;
use crate::embed::{Embedder, Embedding};
use crate::error::Result;
use crate::paper::{InterestState, Paper, PaperId, Rating, Row, readable};
use crate::recommend::{self, Corpus, Profile, RatedRow};
use crate::store::{KeptInterest, Rated, StoredPaper};

/// What was learned from the ratings.
#[derive(Serialize, Deserialize)]
pub(crate) struct Learned {
    key: u64,
    /// The key of the lexicon by which the rows were made.
    pub lexicon: u64,
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
        if self.held().is_some() {
            // To learn is as quick as to read megabytes, and a file for each of many readers is too much.
            return Ok(Some(self.learn(embedder, key, &ratings, &[])?));
        }
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
        let background = Arc::unwrap_or_clone(self.background(embedder)?);
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
        let mut rows = corpus.beside();
        row_of.iter().for_each(|&row| rows.push(&corpus, row));
        let place_of: HashMap<usize, usize> = row_of.into_iter().zip(0..).collect();
        let profile = learned.profile.renumbered(|row| place_of[&row]);
        let names = match changed {
            [] => names(&papers, &learned.interests),
            _ => vec![String::new(); learned.interests.len()], // nobody reads them
        };
        let interests = learned.interests.into_iter().zip(names);
        let interests = interests.map(|(likes, name)| interest(likes, name, &numbers, &kept)).collect();
        let (lexicon, related) = (background.lexicon, learned.related);
        Ok(Learned { key, lexicon, corpus: rows, rated, profile, interests, related })
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
        title: readable(&stored.paper.title),
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

#[cfg(test)]
mod tests {
    use super::super::background::tests::{library_of, like, written};
    use crate::paper::ReaderId;

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
}
