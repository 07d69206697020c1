//! What belongs to a topic that a few papers stand for: paper by paper, not group by group.

use std::collections::HashMap;

use super::field::Fields;
use super::name::{MIXED, names};
use super::said::{Said, Stems};
use super::similarity::{Calibration, term_vector};
use super::thread::Core;
use super::{Document, PaperId};

/// What counts: the mean cosine of vectors and of words, each in spreads of unrelated papers, and how much a
/// paper is about what the topic's papers are called.
const DENSE: f32 = 0.5;
const LEXICAL: f32 = 0.2;
const NAME: f32 = 2.0;

/// While only the given papers are known, their name counts more.
const NAME_AT_FIRST: f32 = 4.0;

/// From which score on a paper belongs, and from which one it is sure enough to stand for the topic too. Chosen
/// on two reading lists, to have a precision of .9 or more; `data/topics.md` says which, and reports others.
pub const BELONGS: f32 = 1.6;
const SURE: f32 = 3.0;

/// The most papers that stand for a topic.
pub const STAND_FOR: usize = 30;

/// Tells which papers belong to a topic.
pub struct Taste {
    core: Core,
    /// The sum of the unit TF-IDF vectors of its papers.
    words: HashMap<u64, f32>,
    name: Name,
    weight_of_name: f32,
    calibration: Calibration,
}

/// What the topic's papers are called, if anything is true of them.
enum Name {
    Nothing,
    Phrase(Stems),
    Field(usize),
}

impl Taste {
    /// The taste of a few papers of a topic, and of those among `near` that are surely of it too.
    pub fn of(given: &[Document<'_>], near: &[Document<'_>], calibration: Calibration) -> Self {
        let given: Vec<&Document<'_>> = given.iter().collect();
        let first = Self::of_papers(&given, NAME_AT_FIRST, calibration);
        let others = near.iter().filter(|paper| !first.stands_for(paper.id));
        let mut sure: Vec<(f32, &Document<'_>)> = others.map(|paper| (first.score(paper), paper)).collect();
        sure.retain(|(score, _)| *score >= SURE);
        sure.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(b.1.id)));
        let room = STAND_FOR.saturating_sub(given.len());
        let all: Vec<&Document<'_>> =
            given.into_iter().chain(sure.into_iter().take(room).map(|(_, paper)| paper)).collect();
        Self::of_papers(&all, NAME, calibration)
    }

    fn of_papers(papers: &[&Document<'_>], weight_of_name: f32, calibration: Calibration) -> Self {
        let mut words: HashMap<u64, f32> = HashMap::new();
        for paper in papers {
            term_vector(paper)
                .into_iter()
                .for_each(|(term, weight)| *words.entry(term).or_default() += weight);
        }
        let core = Core::of(papers.iter().map(|paper| (paper.id, paper.embedding)));
        let all: Vec<usize> = (0..papers.len()).collect();
        let name = if papers.is_empty() { None } else { names(papers, &[all]).pop() };
        let name = match name.filter(|name| !name.starts_with(MIXED)) {
            None => Name::Nothing,
            Some(name) => match Fields::shared().all.iter().position(|field| field.name == name) {
                Some(field) => Name::Field(field),
                None => Name::Phrase(Stems::cue(&name)),
            },
        };
        Self { core, words, name, weight_of_name, calibration }
    }

    /// Whether a paper is one of those that stand for the topic.
    pub fn stands_for(&self, paper: &PaperId) -> bool {
        self.core.papers().contains(paper)
    }

    /// How much a paper is of the topic; from [`BELONGS`] on it belongs.
    pub fn score(&self, paper: &Document<'_>) -> f32 {
        let Calibration { dense, lexical } = self.calibration;
        // A paper is not compared with itself.
        let own = f32::from(u8::from(self.stands_for(paper.id)));
        let n = self.core.papers().len() as f32;
        let others = (n - own).max(1.0);
        let cosine = (self.core.mean_cosine(paper.embedding) * n - own) / others;
        let shared = term_vector(paper)
            .into_iter()
            .map(|(term, weight)| weight * self.words.get(&term).unwrap_or(&0.0));
        let words = (shared.sum::<f32>() - own) / others;
        DENSE * (cosine - dense.middle) / dense.spread
            + LEXICAL * (words - lexical.middle) / lexical.spread
            + self.weight_of_name * self.about_name(paper)
    }

    fn about_name(&self, paper: &Document<'_>) -> f32 {
        match &self.name {
            Name::Nothing => 0.0,
            Name::Phrase(phrase) => Said::by(paper).about(phrase),
            // Half of all papers are of a broad field.
            Name::Field(field) => {
                let fields = Fields::shared();
                fields.of(&Said::by(paper))[*field] * (fields.all[*field].rarity / RAREST).min(1.0)
            }
        }
    }
}

/// The rarity of a field that says as much as a phrase: one in 3,000 papers is of it.
const RAREST: f32 = 8.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::Embedding;
    use crate::topics::Scale;

    /// A paper whose vector lies so many degrees from the first one's.
    fn paper(number: u32, title: &str, degrees: f32) -> (PaperId, String, Embedding) {
        let (y, x) = degrees.to_radians().sin_cos();
        let id = PaperId::parse(&format!("2404.{number:05}")).unwrap().0;
        (id, title.to_owned(), Embedding::normalized(vec![x, y]).unwrap())
    }

    fn document((id, title, embedding): &(PaperId, String, Embedding)) -> Document<'_> {
        Document { id, title, text: "", embedding, votes: None }
    }

    const CALIBRATION: Calibration = Calibration {
        dense: Scale { middle: 0.0, spread: 0.5 },
        lexical: Scale { middle: 0.0, spread: 0.1 },
    };

    /// `speculative decoding` took a diffusion model and an image editor, and missed two papers.
    #[test]
    fn what_says_the_subject_belongs_and_what_only_lies_near_does_not() {
        let given = [
            paper(1, "Speculative decoding with trees", 0.0),
            paper(2, "Lossless speculative decoding", 20.0),
            paper(3, "Speculative decoding of long text", 10.0),
        ];
        let given: Vec<Document<'_>> = given.iter().map(document).collect();
        let taste = Taste::of(&given, &[], CALIBRATION);
        let score = |title, degrees| taste.score(&document(&paper(9, title, degrees)));
        assert!(score("Drafting for speculative decoding", 60.0) >= BELONGS);
        assert!(score("Editing images with masks", 40.0) < BELONGS);
        assert!(given.iter().all(|paper| taste.stands_for(paper.id)));
    }

    #[test]
    fn what_is_surely_of_a_topic_stands_for_it_too() {
        let given = [paper(1, "Speculative decoding", 0.0)];
        let near =
            [paper(2, "Lossless speculative decoding", 5.0), paper(3, "Editing images with masks", 80.0)];
        let given: Vec<Document<'_>> = given.iter().map(document).collect();
        let near: Vec<Document<'_>> = near.iter().map(document).collect();
        let taste = Taste::of(&given, &near, CALIBRATION);
        assert!(taste.stands_for(near[0].id) && !taste.stands_for(near[1].id));
    }
}
