//! A name for a group, out of its own papers' words.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::Document;
use super::candidate::{NameCandidate, candidates};
use super::phrase::is_acronym;
use super::window::{Reading, hash_of, read_all};
use super::words::key;

/// Ends of words for what is done, which may follow an acronym: `CLIP pre-training`, but not `GPT
/// language`.
const DOING: &[&str] = &["ing", "ion", "ment", "ence", "sis"];

/// How many candidates of each kind become the head of a name.
const HEADS: usize = 8;
const HEADS_OF_SOME: usize = 4;

/// The share of the head's score that a companion must have. Not measured; they rise with how much the
/// companion changes what the name says: a longer phrase around the head, a word beside it, a phrase that the
/// papers share, another phrase, an acronym.
const LONGER: f32 = 0.15;
const WORD_BESIDE: f32 = 0.2;
const SHARED_PHRASE: f32 = 0.3;
const OTHER_PHRASE: f32 = 0.4;
const ACRONYM_BESIDE: f32 = 0.5;

/// One name for each group, no two the same. `groups` hold positions in `documents`.
pub(super) fn names(documents: &[&Document<'_>], groups: &[Vec<usize>]) -> Vec<String> {
    let day = Day::read(documents, groups);
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(groups.len());
    for (group, candidates) in groups.iter().zip(&day.candidates) {
        let own = day.names_by(candidates, group);
        // Where no phrase is left, the most typical paper's own names it, and at last its title.
        let typical = || day.names_by(&self::candidates(&group[..1], &day.readings), &group[..1]);
        let more = std::iter::once_with(typical).flatten().chain(titles(documents[group[0]].title));
        let name = own.into_iter().chain(more).find(|name| take(name, &mut taken));
        names.push(name.unwrap_or_default());
    }
    names
}

/// Takes a name if it is another than those that are taken.
fn take(name: &str, taken: &mut BTreeSet<Vec<String>>) -> bool {
    let words = identity(name);
    // What is left of a name that another group has is none: `thought`, where there is `chain of thought`.
    let is_rest = words.len() == 1 && taken.iter().any(|other| other.contains(&words[0]));
    !is_rest && taken.insert(words)
}

/// Names of the same words are the same name.
fn identity(name: &str) -> Vec<String> {
    let words =
        name.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|w| !w.is_empty() && *w != "and");
    let mut words: Vec<String> = words.map(key).collect();
    words.sort_unstable();
    words
}

/// The title of a paper none of whose phrases is left; identical titles are numbered.
fn titles(title: &str) -> impl Iterator<Item = String> + use<'_> {
    std::iter::once(title.to_owned()).chain((2..).map(move |n| format!("{title} ({n})")))
}

/// The papers of a day as read, and the candidates of its groups.
struct Day<'a> {
    readings: Vec<Reading<'a>>,
    candidates: Vec<Vec<NameCandidate>>,
    /// How many of the day's papers have each candidate of any group: document frequencies.
    frequencies: HashMap<u64, usize>,
}

impl<'a> Day<'a> {
    fn read(documents: &[&Document<'a>], groups: &[Vec<usize>]) -> Self {
        let readings = read_all(documents);
        let candidates: Vec<Vec<NameCandidate>> =
            groups.par_iter().map(|group| candidates(group, &readings)).collect();
        let frequencies = frequencies(&candidates, &readings);
        Self { readings, candidates, frequencies }
    }

    /// Possible names of a group, the best first.
    fn names_by(&self, candidates: &[NameCandidate], group: &[usize]) -> Vec<String> {
        compose(&self.rank(candidates, group.len()), group.len())
    }

    /// A group's candidates, the best first, by class-based TF-IDF: what the rest of the day says too
    /// names nothing.
    fn rank<'c>(&self, candidates: &'c [NameCandidate], n_group: usize) -> Vec<Ranked<'c>> {
        let n_rest = (self.readings.len() - n_group) as f32;
        let score = |phrase: &'c NameCandidate| {
            let everywhere = self.frequencies.get(&phrase.hash).copied().unwrap_or(0);
            let outside = everywhere.saturating_sub(phrase.inside) as f32;
            let distinct = ((2.0 + n_rest) / (1.0 + outside)).ln() / (2.0 + n_rest).ln();
            Ranked { phrase, score: phrase.weight * distinct }
        };
        let mut ranked: Vec<Ranked<'c>> = candidates.iter().map(score).collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.phrase.key.cmp(&b.phrase.key)));
        ranked
    }
}

/// How many papers have each candidate of any group.
fn frequencies(candidates: &[Vec<NameCandidate>], readings: &[Reading<'_>]) -> HashMap<u64, usize> {
    let mut counts: HashMap<u64, usize> =
        candidates.iter().flatten().map(|phrase| (phrase.hash, 0)).collect();
    let candidates_in = |reading: &Reading<'_>| -> BTreeSet<u64> {
        let hashes = reading.places().map(|place| hash_of(place.words()));
        hashes.filter(|hash| counts.contains_key(hash)).collect()
    };
    let of_each: Vec<BTreeSet<u64>> = readings.par_iter().map(candidates_in).collect();
    for hash in of_each.into_iter().flatten() {
        *counts.entry(hash).or_default() += 1;
    }
    counts
}

/// A candidate and its score within the day.
struct Ranked<'c> {
    phrase: &'c NameCandidate,
    score: f32,
}

/// Possible names, the best first: a phrase, or a word within a phrase or beside another word; with
/// the acronym that most of the papers have.
fn compose(ranked: &[Ranked<'_>], n_papers: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for head in heads(ranked, n_papers) {
        names.extend(with_acronym(head, ranked, n_papers));
        if head.phrase.n_words == 1 {
            names.extend(with_companion(head, ranked));
        }
        names.push(head.phrase.written.clone());
    }
    // A single word that is no acronym says too little: what has two comes before it.
    names.sort_by_key(|name| !name.contains(' ') && !is_acronym(name));
    names
}

/// The candidates that a name can be made around: what the group shares first; a phrase of some of the
/// papers is better than one that says nothing, or a whole title.
fn heads<'r, 'c>(ranked: &'r [Ranked<'c>], n_papers: usize) -> impl Iterator<Item = &'r Ranked<'c>> {
    let of_some = move |head: &NameCandidate| !head.shared && !head.generic && head.inside * 3 >= n_papers;
    let special = ranked.iter().filter(|head| head.phrase.shared && !head.phrase.generic).take(HEADS);
    let known = ranked.iter().filter(move |head| of_some(head.phrase) && head.phrase.known);
    let unknown = ranked.iter().filter(move |head| of_some(head.phrase) && !head.phrase.known);
    let generic = ranked.iter().filter(|head| head.phrase.shared && head.phrase.generic);
    special.chain(known.take(HEADS_OF_SOME)).chain(unknown.take(HEADS_OF_SOME)).chain(generic)
}

/// The best phrase that fits beside a head, with at least a share of the head's score.
fn best_beside<'c>(
    head: &Ranked<'_>,
    ranked: &[Ranked<'c>],
    least: f32,
    fits: impl Fn(&NameCandidate) -> bool,
) -> Option<&'c NameCandidate> {
    let is_companion = |other: &&Ranked<'c>| {
        let Ranked { phrase, score } = **other;
        (phrase.shared || phrase.known)
            && phrase.key != head.phrase.key
            && score > least * head.score
            && fits(phrase)
    };
    ranked.iter().find(is_companion).map(|other| other.phrase)
}

/// The head with the acronym that most of the papers have: `object detection (DETR)`, `CLIP and LoRA`, `CLIP
/// pre-training`.
fn with_acronym(head: &Ranked<'_>, ranked: &[Ranked<'_>], n_papers: usize) -> Option<String> {
    let Ranked { phrase, .. } = head;
    let fits = |other: &NameCandidate| {
        n_papers > 1 && other.acronym && !overlap(other, phrase) && !is_initials(other, phrase)
    };
    let acronym = best_beside(head, ranked, ACRONYM_BESIDE, fits)?;
    match phrase.n_words {
        1 if phrase.acronym => Some(format!("{} and {}", phrase.written, acronym.written)),
        1 => side_by_side(acronym, phrase),
        2 | 3 => Some(format!("{} ({})", phrase.written, acronym.written)),
        _ => None,
    }
}

/// A head of one word made longer: by a phrase around it, by another phrase, or by a word beside it.
fn with_companion(head: &Ranked<'_>, ranked: &[Ranked<'_>]) -> Option<String> {
    let Ranked { phrase, .. } = head;
    let around = |other: &NameCandidate| other.n_words > 1 && overlap(other, phrase);
    if let Some(longer) = best_beside(head, ranked, LONGER, around) {
        return Some(longer.written.clone());
    }
    let other = best_beside(head, ranked, SHARED_PHRASE, |other| other.shared && other.n_words > 1)
        .or_else(|| best_beside(head, ranked, OTHER_PHRASE, |other| !phrase.acronym && other.n_words > 1));
    if let Some(other) = other {
        return Some(match phrase.acronym {
            true => format!("{} ({})", other.written, phrase.written),
            false => other.written.clone(),
        });
    }
    let is_word = |other: &NameCandidate| {
        other.shared
            && other.n_words == 1
            && !other.key.contains(&phrase.key)
            && !phrase.key.contains(&other.key)
    };
    let word = best_beside(head, ranked, WORD_BESIDE, is_word)?;
    match phrase.acronym {
        true => side_by_side(phrase, word),
        false if phrase.generic || word.generic => None,
        false => Some(format!("{} and {}", phrase.written, word.written)),
    }
}

/// An acronym and what is done with it.
fn side_by_side(acronym: &NameCandidate, word: &NameCandidate) -> Option<String> {
    let fits = !word.generic && DOING.iter().any(|end| word.key.ends_with(end));
    fits.then(|| format!("{} {}", acronym.written, word.written))
}

/// Whether two phrases have a word in common.
fn overlap(a: &NameCandidate, b: &NameCandidate) -> bool {
    a.key.split(' ').any(|word| b.key.split(' ').any(|other| word == other))
}

/// Whether an acronym only abbreviates a phrase: MT beside machine translation.
fn is_initials(acronym: &NameCandidate, phrase: &NameCandidate) -> bool {
    let initials: String = phrase.key.split(' ').filter_map(|word| word.chars().next()).collect();
    let mut letters = phrase.key.chars().filter(|c| *c != ' ');
    let within = acronym.key.starts_with(&initials[..initials.chars().next().map_or(0, char::len_utf8)])
        && acronym.key.chars().all(|c| letters.any(|letter| letter == c));
    acronym.key.contains(&initials) || initials.contains(&acronym.key) || within
}
