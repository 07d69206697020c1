//! A name for a group, out of its own papers' words.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use super::Document;
use super::background::Background;
use super::glossary::stretches;
use super::phrase::{LONGEST_PHRASE, Role, is_acronym, may_name, role, written};
use super::words::{Word, key};
use crate::paper::is_hangul;

/// What a phrase counts in a paper: in the title, several times in the text, once in the text.
const TITLE: f32 = 1.0;
const OFTEN: f32 = 0.75;
const ONCE: f32 = 0.5;

/// What a phrase counts that no paper of the group has in its title.
const TEXT_ONLY: f32 = 0.6;

/// What a phrase counts that the field does not use, beside one that it does.
const UNKNOWN: f32 = 0.75;

/// What a Korean phrase counts beside an English one: the terms of the field are written in
/// English in Korean summaries too, and a stem may be half a verb.
const KOREAN: f32 = 0.3;

/// What a single word counts: a name has two words or more where it can, and an acronym is one.
const SINGLE: f32 = 0.7;
const ACRONYM: f32 = 0.9;

/// The rarest that a phrase can be.
const MOST_RARE: f32 = 8.0;

/// How many of a group's phrases are looked at twice.
const SHORTLIST: usize = 40;

/// A paper's words with what each can do in a name.
struct Read<'a> {
    /// Stretches between punctuation; those of the title come first.
    stretches: Vec<Vec<(Word<'a>, Role, u64)>>,
    n_title: usize,
}

/// A phrase of a group.
struct Phrase {
    /// Its words' keys, joined by spaces.
    key: String,
    n_words: usize,
    hash: u64,
    /// Papers of the group that have it.
    inside: usize,
    /// What it counts in the group, before the rest of the day is asked.
    weight: f32,
    /// As a name writes it.
    written: String,
    /// One acronym that most of the group has.
    acronym: bool,
    /// Whether so many papers have it that it can name them; if not, it can make a word longer.
    shared: bool,
}

/// One name for each group, no two the same. `groups` hold positions in `documents`.
pub(super) fn names(documents: &[&Document<'_>], groups: &[Vec<usize>]) -> Vec<String> {
    let reads: Vec<Read<'_>> = documents.par_iter().map(|document| read(document)).collect();
    let phrases: Vec<Vec<Phrase>> = groups.par_iter().map(|group| phrases(group, &reads)).collect();
    let spread = day_frequencies(&phrases, &reads);
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(groups.len());
    for (group, phrases) in groups.iter().zip(&phrases) {
        let ranked = rank(group, phrases, &spread, documents.len());
        let own = compose(&ranked).into_iter();
        let name = own.chain(titles(documents[group[0]].title)).find(|name| taken.insert(identity(name)));
        names.push(name.unwrap_or_default());
    }
    names
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

fn read<'a>(document: &Document<'a>) -> Read<'a> {
    let annotated = |stretch: Vec<Word<'a>>| -> Vec<(Word<'a>, Role, u64)> {
        let word = |word: Word<'a>| {
            let mut hasher = DefaultHasher::new();
            word.key.hash(&mut hasher);
            let role = role(&word);
            (word, role, hasher.finish())
        };
        stretch.into_iter().flat_map(parted).map(word).collect()
    };
    let mut all: Vec<_> = stretches(document.title).into_iter().map(annotated).collect();
    let n_title = all.len();
    all.extend(stretches(document.text).into_iter().map(annotated));
    Read { stretches: all, n_title }
}

/// An acronym and what hangs on it: a `CLIP-level` result is about CLIP, an `LLM-based` agent about
/// an LLM. Other words are whole.
fn parted(word: Word<'_>) -> Vec<Word<'_>> {
    match word.surface.split_once('-') {
        Some((head, rest)) if is_acronym(head) && rest.chars().all(|c| c.is_lowercase() || c == '-') => {
            let part = |surface| Word { surface, key: key(surface), korean: false };
            // What hangs on it ends the phrase: its key is of an empty word.
            vec![part(head), Word { surface: rest, key: "based".into(), korean: false }]
        }
        _ => vec![word],
    }
}

/// The hash of words in a row.
fn hash_of(words: &[(Word<'_>, Role, u64)]) -> u64 {
    words
        .iter()
        .fold(0, |hash, (_, _, word)| (hash.rotate_left(7) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The places of phrases that might be names: number of the stretch, words.
fn windows<'r, 'a>(read: &'r Read<'a>) -> impl Iterator<Item = (usize, &'r [(Word<'a>, Role, u64)])> {
    read.stretches.iter().enumerate().flat_map(|(number, stretch)| {
        (0..stretch.len()).flat_map(move |from| {
            let most = LONGEST_PHRASE.min(stretch.len() - from);
            let can_start = matches!(stretch[from].1, Role::Noun | Role::Adjective);
            let lengths = 1..=if can_start { most } else { 0 };
            // A phrase ends at the latest before a word that no phrase has.
            lengths
                .map(move |n| &stretch[from..from + n])
                .take_while(|words| words[words.len() - 1].1 != Role::Never)
                .filter(|words| matches!(words[words.len() - 1].1, Role::Noun | Role::Weak))
                .map(move |words| (number, words))
        })
    })
}

/// The group's phrases, those that count most first.
fn phrases(group: &[usize], reads: &[Read<'_>]) -> Vec<Phrase> {
    type Place<'r, 'a> = &'r [(Word<'a>, Role, u64)];
    let mut found: HashMap<u64, (BTreeMap<usize, f32>, Vec<Place<'_, '_>>)> = HashMap::new();
    for &i in group {
        for (number, words) in windows(&reads[i]) {
            if group.len() == 1 && number >= reads[i].n_title {
                break;
            }
            let entry = found.entry(hash_of(words)).or_default();
            let here = entry.0.entry(i).or_insert(0.0);
            let weight = if number < reads[i].n_title {
                TITLE
            } else if *here > 0.0 {
                OFTEN
            } else {
                ONCE
            };
            *here = here.max(weight);
            entry.1.push(words);
        }
    }
    let least = if group.len() == 1 { 1 } else { 2.max(group.len().div_ceil(6)) };
    let background = Background::shared();
    let phrase = |(hash, (papers, places)): (u64, (BTreeMap<usize, f32>, Vec<Place<'_, '_>>))| {
        let words = places[0];
        let shared = papers.len() >= least;
        if !shared && (words.len() == 1 || group.len() > 4) {
            return None;
        }
        let key = words.iter().map(|(w, ..)| w.key.as_str()).collect::<Vec<_>>().join(" ");
        let known = background.phrase_rarity(&key);
        let roles: Vec<Role> = words.iter().map(|(_, role, _)| *role).collect();
        if !may_name(&roles, known.is_some()) || !shared && known.is_none() {
            return None;
        }
        let rarities = words.iter().map(|(w, ..)| background.rarity(&w.key));
        let most = rarities.clone().fold(0.0, f32::max);
        let rarity = known.unwrap_or_else(|| (most + 0.3 * (rarities.sum::<f32>() - most)).min(MOST_RARE));
        let acronym = words.len() == 1 && is_acronym(words[0].0.surface);
        let length = match words.len() {
            1 if acronym => ACRONYM,
            1 => SINGLE,
            _ if known.is_some() => 1.0,
            _ => UNKNOWN,
        };
        let language = if key.contains(is_hangul) { KOREAN } else { 1.0 };
        let in_title = if papers.values().any(|&w| w == TITLE) { 1.0 } else { TEXT_ONLY };
        let share = papers.values().sum::<f32>() / group.len() as f32;
        Some(Phrase {
            n_words: words.len(),
            hash,
            inside: papers.len(),
            weight: share * rarity * length * language * in_title,
            written: usual(&places),
            acronym: acronym && papers.len() * 5 >= group.len() * 3 && !words[0].0.surface.contains('-'),
            shared,
            key,
        })
    };
    let mut phrases: Vec<Phrase> = found.into_iter().filter_map(phrase).collect();
    phrases.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.key.cmp(&b.key)));
    phrases.truncate(SHORTLIST);
    phrases
}

/// The most usual way of writing among the places of a phrase.
fn usual(places: &[&[(Word<'_>, Role, u64)]]) -> String {
    let mut ways: BTreeMap<String, usize> = BTreeMap::new();
    for words in places {
        let way = words.iter().map(|(word, ..)| written(word)).collect::<Vec<_>>().join(" ");
        *ways.entry(way).or_default() += 1;
    }
    ways.into_iter()
        .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))
        .map(|(way, _)| way)
        .unwrap_or_default()
}

/// How many of the day's papers have each phrase of any group.
fn day_frequencies(phrases: &[Vec<Phrase>], reads: &[Read<'_>]) -> HashMap<u64, usize> {
    let wanted: HashMap<u64, usize> = phrases.iter().flatten().map(|phrase| (phrase.hash, 0)).collect();
    let has = |read: &Read<'_>| -> BTreeSet<u64> {
        windows(read).map(|(_, words)| hash_of(words)).filter(|hash| wanted.contains_key(hash)).collect()
    };
    let each: Vec<BTreeSet<u64>> = reads.par_iter().map(has).collect();
    let mut counts = wanted;
    for hash in each.into_iter().flatten() {
        *counts.entry(hash).or_default() += 1;
    }
    counts
}

/// The group's phrases with their scores, the best first: class-based TF-IDF, as what the rest of
/// the day says too names nothing.
fn rank<'p>(
    group: &[usize],
    phrases: &'p [Phrase],
    spread: &HashMap<u64, usize>,
    n_documents: usize,
) -> Vec<(&'p Phrase, f32)> {
    let rest = (n_documents - group.len()) as f32;
    let score = |phrase: &'p Phrase| {
        let outside = spread.get(&phrase.hash).copied().unwrap_or(0).saturating_sub(phrase.inside) as f32;
        let distinct = ((2.0 + rest) / (1.0 + outside)).ln() / (2.0 + rest).ln();
        (phrase, phrase.weight * distinct)
    };
    let mut ranked: Vec<(&Phrase, f32)> = phrases.iter().map(score).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.key.cmp(&b.0.key)));
    ranked
}

/// Possible names, the best first: a phrase, or a word within a phrase or beside another word; with
/// the acronym that most of the papers have.
fn compose(ranked: &[(&Phrase, f32)]) -> Vec<String> {
    let mut names = Vec::new();
    for &(head, score) in ranked.iter().filter(|(head, _)| head.shared).take(8) {
        // The best one of those that stay over a share of the head's score.
        let best = |least: f32, fits: &dyn Fn(&Phrase) -> bool| {
            let found = ranked.iter().find(|(o, s)| o.key != head.key && *s > least * score && fits(o));
            found.map(|(phrase, _)| *phrase)
        };
        let acronym = best(0.5, &|o| o.acronym && !overlap(o, head) && !is_initials(o, head));
        match acronym {
            Some(acronym) if head.n_words == 1 && head.acronym => {
                names.push(format!("{} and {}", head.written, acronym.written));
            }
            Some(acronym) if head.n_words == 1 => names.push(format!("{} {}", acronym.written, head.written)),
            Some(acronym) if head.n_words < 4 => {
                names.push(format!("{} ({})", head.written, acronym.written))
            }
            _ => {}
        }
        if head.n_words == 1 {
            let longer = best(0.15, &|o| o.n_words > 1 && overlap(o, head));
            let other = best(0.3, &|o| o.shared && o.n_words > 1);
            let word = best(0.2, &|o| {
                o.shared && o.n_words == 1 && !o.key.contains(&head.key) && !head.key.contains(&o.key)
            });
            match (longer, other, word) {
                (Some(longer), ..) => names.push(longer.written.clone()),
                (_, Some(other), _) if head.acronym => {
                    names.push(format!("{} ({})", other.written, head.written))
                }
                (_, Some(other), _) => names.push(other.written.clone()),
                (.., Some(word)) if head.acronym => names.push(format!("{} {}", head.written, word.written)),
                (.., Some(word)) => names.push(format!("{} and {}", head.written, word.written)),
                _ => {}
            }
        }
        names.push(head.written.clone());
    }
    names
}

/// Whether two phrases have a word in common.
fn overlap(a: &Phrase, b: &Phrase) -> bool {
    a.key.split(' ').any(|word| b.key.split(' ').any(|other| word == other))
}

/// Whether an acronym only abbreviates a phrase: MT beside machine translation.
fn is_initials(acronym: &Phrase, phrase: &Phrase) -> bool {
    let initials: String = phrase.key.split(' ').filter_map(|word| word.chars().next()).collect();
    acronym.key.contains(&initials) || initials.contains(&acronym.key)
}
