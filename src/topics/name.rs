//! A name for a group, out of its own papers' words.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use rayon::prelude::*;

use super::Document;
use super::background::{self, Background};
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

/// What a phrase counts that is half of another one where it stands, such as `video object` in "video
/// object detection".
const FRAGMENT: f32 = 0.3;

/// What a phrase counts that half of a day could be called.
const GENERIC: f32 = 0.4;

/// Such phrases, as keys.
const GENERICS: &[&str] = &[
    "deep learning",
    "machine learning",
    "neural network",
    "deep neural network",
    "artificial intelligence",
    "learning",
    "visual feature",
    "image feature",
    "latent space",
    "explicit 3D",
    "zero shot",
    "prediction accuracy",
    "empirical analysis",
    "generative model",
    "generation model",
    "neural model",
    "3D object",
    "3D scene",
    "2D image",
    "natural language",
    "agent",
    "RGB",
    "sampling",
    "training",
    "understanding",
    "generation",
    "language model",
    "reasoning model",
    "foundation model",
    "LLM",
    "MLLM",
    "VLM",
    "LVLM",
    "NLP",
    "AI",
];

/// A phrase that is in fewer titles than 1 in 20 papers that have it is as generic.
const LEAST_AS_NAME: f32 = 0.5;

/// So few papers may be named by a phrase of one of them that the field does not use.
const FEW_PAPERS: usize = 3;

/// Ends of words for what is done, which may follow an acronym: `CLIP pre-training`, but not `GPT
/// language`.
const DOING: &[&str] = &["ing", "ion", "ment", "ence", "sis"];

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
    /// Whether the field uses it.
    known: bool,
    /// Whether half of a day could be called so.
    generic: bool,
}

/// A place of a phrase: a stretch, and where in it the phrase begins and ends.
type Place<'r, 'a> = (&'r [(Word<'a>, Role, u64)], usize, usize);

/// A phrase's hash, the paper that has it, whether in its title, and where.
type Found<'r, 'a> = (u64, usize, bool, Place<'r, 'a>);

/// One name for each group, no two the same. `groups` hold positions in `documents`.
pub(super) fn names(documents: &[&Document<'_>], groups: &[Vec<usize>]) -> Vec<String> {
    let reads: Vec<Read<'_>> = documents.par_iter().map(|document| read(document)).collect();
    let phrases: Vec<Vec<Phrase>> = groups.par_iter().map(|group| phrases(group, &reads)).collect();
    let spread = day_frequencies(&phrases, &reads);
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(groups.len());
    for (group, phrases) in groups.iter().zip(&phrases) {
        let ranked = rank(group, phrases, &spread, documents.len());
        let own = compose(&ranked, group.len()).into_iter();
        // Where no phrase is left, the most typical paper's own names it, and at last its title.
        let typical = || {
            let phrases = self::phrases(&group[..1], &reads);
            compose(&rank(&group[..1], &phrases, &spread, documents.len()), 1)
        };
        let more = std::iter::once_with(typical).flatten().chain(titles(documents[group[0]].title));
        // What is left of a name that another group has is none: `thought`, where there is `chain of thought`.
        let is_rest = |words: &[String], taken: &BTreeSet<Vec<String>>| {
            words.len() == 1 && taken.iter().any(|other| other.contains(&words[0]))
        };
        let is_new = |name: &String| {
            let words = identity(name);
            !is_rest(&words, &taken) && taken.insert(words)
        };
        let name = own.chain(more).find(is_new);
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
            let role = role(&word);
            {
                let hash = background::hash(&word.key);
                (word, role, hash)
            }
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

fn words_of<'r, 'a>(&(stretch, from, to): &Place<'r, 'a>) -> &'r [(Word<'a>, Role, u64)] {
    &stretch[from..to]
}

/// Whether half of a day could be called so.
fn is_generic(key: &str) -> bool {
    static KEYS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        GENERICS.iter().map(|phrase| phrase.split(' ').map(self::key).collect::<Vec<_>>().join(" ")).collect()
    });
    KEYS.contains(key)
}

/// The hash of words in a row.
fn hash_of(words: &[(Word<'_>, Role, u64)]) -> u64 {
    background::hash_of(words.iter().map(|(.., hash)| *hash))
}

/// Whether a phrase is half of a better known one at its place.
fn is_fragment(&(stretch, from, to): &Place<'_, '_>) -> bool {
    let rarity = |at: usize| {
        let pair = stretch.get(at..at + 2)?;
        Background::shared().phrase_rarity(hash_of(pair))
    };
    let is_better = |across: Option<f32>, within: Option<f32>| {
        across.is_some_and(|across| within.is_none_or(|within| across < within))
    };
    let before = from.checked_sub(1).and_then(rarity);
    to - from > 1 && (is_better(before, rarity(from)) || is_better(rarity(to - 1), rarity(to - 2)))
}

/// The places of phrases that might be names, with the number of the stretch.
fn windows<'r, 'a>(read: &'r Read<'a>) -> impl Iterator<Item = (usize, Place<'r, 'a>)> {
    read.stretches.iter().enumerate().flat_map(|(number, stretch)| {
        (0..stretch.len()).flat_map(move |from| {
            let most = LONGEST_PHRASE.min(stretch.len() - from);
            let can_start = matches!(stretch[from].1, Role::Noun | Role::Adjective);
            let lengths = 1..=if can_start { most } else { 0 };
            // A phrase ends at the latest before a word that no phrase has.
            lengths
                .map(move |n| (&stretch[..], from, from + n))
                .take_while(|(stretch, _, to)| stretch[to - 1].1 != Role::Never)
                .filter(|(stretch, _, to)| matches!(stretch[to - 1].1, Role::Noun | Role::Weak))
                .map(move |place| (number, place))
        })
    })
}

/// The group's phrases, those that count most first.
fn phrases(group: &[usize], reads: &[Read<'_>]) -> Vec<Phrase> {
    let mut found: Vec<Found<'_, '_>> = Vec::new();
    for &i in group {
        for (number, place) in windows(&reads[i]) {
            let in_title = number < reads[i].n_title;
            if group.len() == 1 && !in_title {
                break;
            }
            found.push((hash_of(words_of(&place)), i, in_title, place));
        }
    }
    // The places of a phrase side by side, paper by paper, those in titles first.
    found.sort_by_key(|(hash, ..)| *hash);
    let least = if group.len() == 1 { 1 } else { 2.max(group.len().div_ceil(6)) };
    let background = Background::shared();
    let phrase = |places: &[Found<'_, '_>]| {
        let (hash, .., first) = &places[0];
        let words = words_of(first);
        let papers = || places.chunk_by(|a, b| a.1 == b.1);
        let n_papers = papers().count();
        let shared = n_papers >= least;
        if !shared && words.len() == 1 {
            return None;
        }
        let known = background.phrase_rarity(*hash);
        let in_title = places.iter().any(|(_, _, in_title, _)| *in_title);
        // What the field does not say is a phrase where a title says it, and papers have it in common.
        if known.is_none()
            && words.len() > 1
            && !(in_title && (shared || group.len() <= FEW_PAPERS && words.len() < 4))
        {
            return None;
        }
        let roles: Vec<Role> = words.iter().map(|(_, role, _)| *role).collect();
        // `pathology foundation models`: the field knows its end.
        let end = hash_of(&words[words.len().saturating_sub(2)..]);
        if !may_name(&roles, known.is_some(), background.phrase_rarity(end).is_some()) {
            return None;
        }
        let (last, _, last_hash) = &words[words.len() - 1];
        let begins = words.len() == 1 && !last.key.ends_with("ing") && background.begins_phrases(*last_hash);
        let is_thing =
            last.korean || is_acronym(last.surface) || begins || background.ends_phrases(*last_hash);
        // "Verifying multimodal reasoning" says what a paper does, `scaling law` what it is about.
        let is_deed = words[0].0.key.ends_with("ing") && !background.begins_phrases(words[0].2);
        if known.is_none() && (!is_thing || words.len() > 1 && is_deed) {
            return None;
        }
        let key = words.iter().map(|(w, ..)| w.key.as_str()).collect::<Vec<_>>().join(" ");
        let rarities = words.iter().map(|(w, ..)| background.rarity(&w.key));
        let most = rarities.clone().fold(0.0, f32::max);
        let rarity = known.unwrap_or_else(|| (most + 0.3 * (rarities.sum::<f32>() - most)).min(MOST_RARE));
        // Longer ones are names of systems.
        let acronym = words.len() == 1 && is_acronym(words[0].0.surface) && words[0].0.surface.len() <= 8;
        let length = match words.len() {
            1 if acronym => ACRONYM,
            1 => SINGLE,
            _ if known.is_some() => 1.0,
            _ => UNKNOWN,
        };
        let language = if key.contains(is_hangul) { KOREAN } else { 1.0 };
        let in_title = if in_title { 1.0 } else { TEXT_ONLY };
        let weight = |places: &[Found<'_, '_>]| match places {
            [(_, _, true, _), ..] => TITLE,
            [_] => ONCE,
            _ => OFTEN,
        };
        let share = papers().map(weight).sum::<f32>() / group.len() as f32;
        let n_fragments = places.iter().filter(|(.., place)| is_fragment(place)).count();
        let whole = if n_fragments * 2 > places.len() { FRAGMENT } else { 1.0 };
        let as_name = background.phrase_as_name(*hash);
        let generic = as_name.is_some_and(|good| good < LEAST_AS_NAME) || is_generic(&key);
        let special = as_name.unwrap_or(1.0) * if generic { GENERIC } else { 1.0 };
        Some(Phrase {
            n_words: words.len(),
            hash: *hash,
            inside: n_papers,
            weight: share * rarity * length * language * in_title * whole * special,
            written: String::new(),
            acronym: acronym
                && n_papers * 5 >= group.len() * 3
                && !generic
                && !words[0].0.surface.contains(['-', '3', '2', '4']),
            shared,
            known: known.is_some(),
            generic,
            key,
        })
    };
    let mut phrases: Vec<Phrase> = found.chunk_by(|a, b| a.0 == b.0).filter_map(phrase).collect();
    phrases.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.key.cmp(&b.key)));
    phrases.truncate(SHORTLIST);
    for phrase in &mut phrases {
        let from = found.partition_point(|(hash, ..)| *hash < phrase.hash);
        let places = found[from..].iter().take_while(|(hash, ..)| *hash == phrase.hash);
        phrase.written = usual(places.map(|(.., place)| place));
    }
    phrases
}

/// The most usual way of writing among the places of a phrase.
fn usual<'p, 'r: 'p, 'a: 'r>(places: impl Iterator<Item = &'p Place<'r, 'a>>) -> String {
    let mut ways: BTreeMap<String, usize> = BTreeMap::new();
    for place in places {
        let way = words_of(place).iter().map(|(word, ..)| written(word)).collect::<Vec<_>>().join(" ");
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
        windows(read)
            .map(|(_, place)| hash_of(words_of(&place)))
            .filter(|hash| wanted.contains_key(hash))
            .collect()
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
fn compose(ranked: &[(&Phrase, f32)], n_papers: usize) -> Vec<String> {
    let mut names = Vec::new();
    let special = ranked.iter().filter(|(head, _)| head.shared && !head.generic).take(8);
    // A phrase of some of them is better than one that says nothing, or a whole title.
    let of_some = |head: &Phrase| !head.shared && !head.generic && head.inside * 3 >= n_papers;
    let known = ranked.iter().filter(|(head, _)| of_some(head) && head.known).take(4);
    let unknown = ranked.iter().filter(|(head, _)| of_some(head) && !head.known).take(4);
    let generic = ranked.iter().filter(|(head, _)| head.shared && head.generic);
    for &(head, score) in special.chain(known).chain(unknown).chain(generic) {
        // The best one of those that stay over a share of the head's score.
        let best = |least: f32, fits: &dyn Fn(&Phrase) -> bool| {
            let found = ranked
                .iter()
                .find(|(o, s)| (o.shared || o.known) && o.key != head.key && *s > least * score && fits(o));
            found.map(|(phrase, _)| *phrase)
        };
        let side_by_side = |acronym: &Phrase, word: &Phrase| {
            let fits = !word.generic && DOING.iter().any(|end| word.key.ends_with(end));
            fits.then(|| format!("{} {}", acronym.written, word.written))
        };
        let acronym = best(0.5, &|o| n_papers > 1 && o.acronym && !overlap(o, head) && !is_initials(o, head));
        match acronym {
            Some(acronym) if head.n_words == 1 && head.acronym => {
                names.push(format!("{} and {}", head.written, acronym.written));
            }
            Some(acronym) if head.n_words == 1 => names.extend(side_by_side(acronym, head)),
            Some(acronym) if head.n_words < 4 => {
                names.push(format!("{} ({})", head.written, acronym.written))
            }
            _ => {}
        }
        if head.n_words == 1 {
            let longer = best(0.15, &|o| o.n_words > 1 && overlap(o, head));
            let other = best(0.3, &|o| o.shared && o.n_words > 1)
                .or_else(|| best(0.4, &|o| !head.acronym && o.n_words > 1));
            let word = best(0.2, &|o| {
                o.shared && o.n_words == 1 && !o.key.contains(&head.key) && !head.key.contains(&o.key)
            });
            match (longer, other, word) {
                (Some(longer), ..) => names.push(longer.written.clone()),
                (_, Some(other), _) if head.acronym => {
                    names.push(format!("{} ({})", other.written, head.written))
                }
                (_, Some(other), _) => names.push(other.written.clone()),
                (.., Some(word)) if head.acronym => names.extend(side_by_side(head, word)),
                (.., Some(word)) if !head.generic && !word.generic => {
                    names.push(format!("{} and {}", head.written, word.written));
                }
                _ => {}
            }
        }
        names.push(head.written.clone());
    }
    // A single word that is no acronym says too little: what has two comes before it.
    names.sort_by_key(|name| !name.contains(' ') && !is_acronym(name));
    names
}

/// Whether two phrases have a word in common.
fn overlap(a: &Phrase, b: &Phrase) -> bool {
    a.key.split(' ').any(|word| b.key.split(' ').any(|other| word == other))
}

/// Whether an acronym only abbreviates a phrase: MT beside machine translation.
fn is_initials(acronym: &Phrase, phrase: &Phrase) -> bool {
    let initials: String = phrase.key.split(' ').filter_map(|word| word.chars().next()).collect();
    let mut letters = phrase.key.chars().filter(|c| *c != ' ');
    let within = acronym.key.starts_with(&initials[..initials.chars().next().map_or(0, char::len_utf8)])
        && acronym.key.chars().all(|c| letters.any(|letter| letter == c));
    acronym.key.contains(&initials) || initials.contains(&acronym.key) || within
}
