//! A name for a group, out of its own papers' words.

use std::collections::{BTreeSet, HashMap};

use rayon::prelude::*;

use super::Document;
use super::candidate::{NameCandidate, Papers, candidates, holds};
use super::field::Fields;
use super::phrase::is_acronym;
use super::said::{ABOUT, OF_FIELD, Said, Stems};
use super::window::{Reading, hash_of};
use super::words::key;

/// Ends of words for what is done, which may follow an acronym: `CLIP pre-training`, but not `GPT
/// language`.
const DOING: &[&str] = &["ing", "ion", "ment", "ence", "sis"];

/// How many candidates of each kind become the head of a name.
const HEADS: usize = 8;

/// The share of the head's score that a companion must have. Not measured; they rise with how much the
/// companion changes what the name says: a longer phrase around the head, a word beside it, a phrase that the
/// papers share, another phrase, an acronym.
const LONGER: f32 = 0.15;
const WORD_BESIDE: f32 = 0.2;
const SHARED_PHRASE: f32 = 0.3;
const OTHER_PHRASE: f32 = 0.4;
const ACRONYM_BESIDE: f32 = 0.5;

/// What papers of no common name are called.
pub(super) const MIXED: &str = "mixed papers";

/// One name for each group, no two the same. `groups` hold positions in `documents`.
pub(super) fn names(documents: &[&Document<'_>], groups: &[Vec<usize>]) -> Vec<String> {
    let day = Day::read(documents, groups);
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(groups.len());
    for (group, candidates) in groups.iter().zip(&day.candidates) {
        let own = day.names_by(candidates, group);
        let more: Box<dyn Iterator<Item = String>> = match group[..] {
            [one] => Box::new(titles(documents[one].title)),
            _ => Box::new(mixed()),
        };
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

/// What papers are called together of which no name is true, or whose names other groups have.
fn mixed() -> impl Iterator<Item = String> {
    (1..).map(|n| if n == 1 { MIXED.to_owned() } else { format!("{MIXED} ({n})") })
}

/// The title of a paper none of whose phrases is left; identical titles are numbered.
fn titles(title: &str) -> impl Iterator<Item = String> + use<'_> {
    std::iter::once(title.to_owned()).chain((2..).map(move |n| format!("{title} ({n})")))
}

/// The papers of a day as read, and the candidates of its groups.
struct Day<'a> {
    papers: Papers<'a>,
    candidates: Vec<Vec<NameCandidate>>,
    /// How many of the day's papers have each candidate of any group: document frequencies.
    frequencies: HashMap<u64, usize>,
}

impl<'a> Day<'a> {
    fn read(documents: &[&Document<'a>], groups: &[Vec<usize>]) -> Self {
        let papers = Papers::read(documents);
        let candidates: Vec<Vec<NameCandidate>> =
            groups.par_iter().map(|group| candidates(group, &papers)).collect();
        let frequencies = frequencies(&candidates, &papers);
        Self { papers, candidates, frequencies }
    }

    /// Possible names of a group, the best first.
    fn names_by(&self, candidates: &[NameCandidate], group: &[usize]) -> Vec<String> {
        let said: Vec<&Said> = group.iter().map(|&paper| &self.papers.said[paper]).collect();
        compose(&self.rank(candidates, group.len()), &said)
    }

    /// A group's candidates, the best first, by class-based TF-IDF: what the rest of the day says too
    /// names nothing.
    fn rank<'c>(&self, candidates: &'c [NameCandidate], n_group: usize) -> Vec<Ranked<'c>> {
        let n_rest = (self.papers.said.len() - n_group) as f32;
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
fn frequencies(candidates: &[Vec<NameCandidate>], papers: &Papers<'_>) -> HashMap<u64, usize> {
    let mut counts: HashMap<u64, usize> =
        candidates.iter().flatten().map(|phrase| (phrase.hash, 0)).collect();
    let candidates_in = |reading: &Reading<'_>| -> BTreeSet<u64> {
        let hashes = reading.places().map(|place| hash_of(place.words()));
        hashes.filter(|hash| counts.contains_key(hash)).collect()
    };
    let of_each: Vec<BTreeSet<u64>> = papers.readings.par_iter().map(candidates_in).collect();
    for hash in of_each.into_iter().flatten() {
        *counts.entry(hash).or_default() += 1;
    }
    for (place, field) in Fields::shared().all.iter().enumerate() {
        if let Some(count) = counts.get_mut(&field.hash) {
            *count = papers.fields.iter().filter(|about| about[place] >= OF_FIELD).count();
        }
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
fn compose(ranked: &[Ranked<'_>], said: &[&Said]) -> Vec<String> {
    // A single word that is no acronym says too little: what has two comes before it, and words side by side
    // say no more than each.
    let (mut names, mut words) = (Vec::new(), Vec::new());
    for head in heads(ranked) {
        if head.phrase.field {
            let more = format!("more on {}", head.phrase.written);
            names.extend([head.phrase.written.clone(), more]);
            continue;
        }
        names.extend(with_acronym(head, ranked, said));
        let mut own: Vec<String> = Vec::new();
        if head.phrase.n_words == 1 {
            own.extend(with_companion(head, ranked, said));
        }
        own.push(head.phrase.written.clone());
        for name in own {
            let says_enough = name.contains(' ') && !name.contains(" and ") || is_acronym(&name);
            if says_enough { names.push(name) } else { words.push(name) }
        }
    }
    names.extend(words);
    names
}

/// The candidates that a name can be made around; one that half of a day could be called by is better than a
/// whole title.
fn heads<'r, 'c>(ranked: &'r [Ranked<'c>]) -> impl Iterator<Item = &'r Ranked<'c>> {
    let special = ranked.iter().filter(|head| !head.phrase.generic).take(HEADS);
    special.chain(ranked.iter().filter(|head| head.phrase.generic))
}

/// The best phrase that fits beside a head, with at least a share of the head's score, and is true of the same
/// papers.
fn best_beside<'c>(
    head: &Ranked<'_>,
    ranked: &[Ranked<'c>],
    least: f32,
    fits: impl Fn(&NameCandidate) -> bool,
) -> Option<&'c NameCandidate> {
    let is_companion = |other: &&Ranked<'c>| {
        let Ranked { phrase, score } = **other;
        let both = phrase.about.iter().zip(&head.phrase.about).map(|(a, b)| a.min(*b));
        !phrase.field
            && phrase.key != head.phrase.key
            && score > least * head.score
            && fits(phrase)
            && holds(&both.collect::<Vec<f32>>(), ABOUT)
    };
    ranked.iter().find(is_companion).map(|other| other.phrase)
}

/// The head with the acronym that most of the papers have: `object detection (DETR)`, `CLIP and LoRA`, `CLIP
/// pre-training`.
fn with_acronym(head: &Ranked<'_>, ranked: &[Ranked<'_>], said: &[&Said]) -> Option<String> {
    let Ranked { phrase, .. } = head;
    let fits = |other: &NameCandidate| {
        said.len() > 1 && other.acronym && !overlap(other, phrase) && !is_initials(other, phrase)
    };
    let acronym = best_beside(head, ranked, ACRONYM_BESIDE, fits)?;
    match phrase.n_words {
        1 if phrase.acronym => Some(format!("{} and {}", phrase.written, acronym.written)),
        1 => side_by_side(acronym, phrase, said),
        2 | 3 => Some(format!("{} ({})", phrase.written, acronym.written)),
        _ => None,
    }
}

/// A head of one word made longer: by a phrase around it, by another phrase, or by a word beside it.
fn with_companion(head: &Ranked<'_>, ranked: &[Ranked<'_>], said: &[&Said]) -> Option<String> {
    let Ranked { phrase, .. } = head;
    let around = |other: &NameCandidate| other.n_words > 1 && overlap(other, phrase);
    if let Some(longer) = best_beside(head, ranked, LONGER, around) {
        return Some(longer.written.clone());
    }
    let other = best_beside(head, ranked, SHARED_PHRASE, |other| other.n_words > 1)
        .or_else(|| best_beside(head, ranked, OTHER_PHRASE, |other| !phrase.acronym && other.n_words > 1));
    if let Some(other) = other {
        return Some(match phrase.acronym {
            true => format!("{} ({})", other.written, phrase.written),
            false => other.written.clone(),
        });
    }
    let is_word = |other: &NameCandidate| {
        other.n_words == 1 && !other.key.contains(&phrase.key) && !phrase.key.contains(&other.key)
    };
    let word = best_beside(head, ranked, WORD_BESIDE, is_word)?;
    match phrase.acronym {
        true => side_by_side(phrase, word, said),
        false if phrase.generic || word.generic => None,
        false => Some(format!("{} and {}", phrase.written, word.written)),
    }
}

/// An acronym and what is done with it, where a paper says the two in a row.
fn side_by_side(acronym: &NameCandidate, word: &NameCandidate, said: &[&Said]) -> Option<String> {
    let fits = !word.generic && DOING.iter().any(|end| word.key.ends_with(end));
    let name = format!("{} {}", acronym.written, word.written);
    (fits && said.iter().any(|said| said.about(&Stems::cue(&name)) >= ABOUT)).then_some(name)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::Embedding;
    use crate::paper::PaperId;
    use crate::topics::terms_of;
    use proptest::prelude::*;

    /// Real titles, of many fields, with texts of our own; what groups look like that do not quite belong
    /// together.
    const PAPERS: &[(&str, &str)] = &[
        (
            "The Instruction Hierarchy: Training LLMs to Prioritize Privileged Instructions",
            "Prompt injection and jailbreaks overwrite instructions. At inference an LLM should rank them.",
        ),
        (
            "XC-Cache: Cross-Attending to Cached Context for Efficient LLM Inference",
            "Caching the context makes LLM inference cheaper.",
        ),
        (
            "BASS: Batched Attention-optimized Speculative Sampling",
            "Speculative sampling in batches for LLM inference on a GPU.",
        ),
        ("FinOps Agents for Multi-Cloud Billing", "An LLM agent reads bills. Source code is given."),
        (
            "Interactive3D: Create What You Want by Interactive 3D Generation",
            "Users drag parts of a Gaussian splatting model. Diffusion guides it.",
        ),
        (
            "ConsistentID: Portrait Generation with Multimodal Fine-Grained Identity Preserving",
            "Face identity in diffusion portraits.",
        ),
        (
            "PuLID: Pure and Lightning ID Customization via Contrastive Alignment",
            "Identity in text-to-image diffusion.",
        ),
        (
            "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena",
            "Open source models judge chat assistants. Human preferences agree.",
        ),
        (
            "Prometheus 2: An Open Source Language Model Specialized in Evaluating Other Language Models",
            "A judge model for evaluation that agrees with human preferences.",
        ),
        (
            "GollIE: Annotation Guidelines improve Zero-Shot Information-Extraction",
            "Named entity recognition and relation extraction with guidelines.",
        ),
        (
            "What If We Recaption Billions of Web Images with LLaMA-3?",
            "Recaptioning web images. Text rendering gets better.",
        ),
        ("VCR: Visual Caption Restoration", "Restoring hidden captions in images with a VLM."),
        ("한국어 법률 문서에 대한 검색 기반 질의응답", "법률 문서에 대한 질문에 검색을 통해 대답한다."),
        ("의료 기록에 대한 대규모 언어 모델의 평가", "의료 기록을 통해 언어 모델을 평가한다."),
        (
            "Deep Reinforcement Learning for Urban Air Quality Management",
            "A policy is trained in simulation.",
        ),
        ("Object Detection with Transformers on Aerial Images", "Detecting vehicles in satellite images."),
    ];

    fn names_of(texts: &[(&str, &str)], groups: &[Vec<usize>]) -> Vec<String> {
        let ids: Vec<PaperId> =
            (0..texts.len()).map(|n| PaperId::parse(&format!("2404.{n:05}")).unwrap().0).collect();
        let embedding = Embedding::normalized(vec![1.0]).unwrap();
        let documents: Vec<Document<'_>> = (ids.iter().zip(texts))
            .map(|(id, (title, text))| Document { id, title, text, embedding: &embedding, votes: None })
            .collect();
        names(&documents.iter().collect::<Vec<_>>(), groups)
    }

    /// Whether a text has every word of a name, or a word that begins as it does.
    fn stands_in(name: &str, text: &str) -> bool {
        let begin = |word: &str| word.chars().take(word.chars().count().clamp(1, 6) - 1).collect::<String>();
        let said: Vec<String> = terms_of(text).into_iter().collect();
        let has = |word: &String| said.iter().any(|other| other.starts_with(&begin(word)));
        terms_of(name).iter().all(has)
    }

    proptest! {
        /// "LLM inference" named two papers of which one had it in passing; `대한` named others.
        #[test]
        fn a_name_stands_in_two_thirds_of_its_papers(of in prop::collection::vec(0_usize..6, PAPERS.len())) {
            let mut groups = vec![Vec::new(); 6];
            of.iter().enumerate().for_each(|(paper, &group)| groups[group].push(paper));
            groups.retain(|group| !group.is_empty());
            let names = names_of(PAPERS, &groups);
            for (name, group) in names.iter().zip(&groups).filter(|(name, _)| !name.starts_with(MIXED)) {
                let field = name.strip_prefix("more on ").unwrap_or(name);
                let cues = Fields::shared().cues_of(field);
                let true_of = |&&paper: &&usize| {
                    let text = format!("{}\n{}", PAPERS[paper].0, PAPERS[paper].1);
                    stands_in(name, &text) || cues.iter().any(|cue| stands_in(cue, &text))
                };
                let n = group.iter().filter(true_of).count();
                prop_assert!(n * 3 >= group.len() * 2, "{name}: {n} of {}", group.len());
                prop_assert!(!["대한", "통해", "기반"].iter().any(|filler| name == filler), "{name}");
            }
            let distinct: BTreeSet<&String> = names.iter().collect();
            prop_assert_eq!(distinct.len(), names.len());
        }
    }

    #[test]
    fn names_that_were_wrong() {
        let cases: &[(&[usize], &str)] = &[
            (&[0, 1, 3], "LLM inference"),
            (&[0, 3], "source code"),
            (&[7, 8, 9], "open source"),
            (&[10, 11], "text rendering"),
            (&[4, 5, 6], "3D generation"),
            (&[8, 9], "named entity recognition"),
        ];
        for (group, wrong) in cases {
            let name = names_of(PAPERS, &[group.to_vec()]).remove(0);
            assert_ne!(name, *wrong, "{group:?}");
        }
    }
}
