//! The same topic over stretches of days: a thread of groups, each matched to what went before it.
//!
//! Pure: the same groups give the same threads. What a reader said of a topic is matched to threads
//! in the same way, so it survives new names, new days and a new model.

use std::collections::BTreeSet;

use super::similarity::Scale;
use crate::embed::Embedding;
use crate::paper::PaperId;

/// How many deviations above unrelated papers those of two groups must be alike, on average, to be
/// the same topic, and what is added for a single pair. Without a day to stand out from, more is asked
/// than within one. Of the groups of ten listing days cut in halves, this ties 55 of 100 halves, and
/// one in a thousand of other groups; 2.4 for any number of pairs tied 53, and three in a thousand.
const SAME: f32 = 2.0;
const FEW: f32 = 1.0;

/// The overlap coefficient that is as good as likeness: the share of the smaller group's papers that both
/// have. Not measured.
const COMMON: f32 = 1.0 / 3.0;

/// Where a topic is in a model's space, and which papers it is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Core {
    /// The sum of its papers' unit vectors.
    sum: Vec<f32>,
    papers: BTreeSet<PaperId>,
}

impl Core {
    /// The core of some papers.
    pub fn of<'a>(papers: impl IntoIterator<Item = (&'a PaperId, &'a Embedding)>) -> Self {
        let mut core = Self::default();
        papers.into_iter().for_each(|(id, vector)| core.add(id, vector));
        core
    }

    fn add(&mut self, id: &PaperId, vector: &Embedding) {
        if self.papers.insert(id.clone()) {
            self.sum.resize(vector.as_slice().len(), 0.0);
            self.sum.iter_mut().zip(vector.as_slice()).for_each(|(s, x)| *s += x);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sum.resize(other.sum.len(), 0.0);
        self.sum.iter_mut().zip(&other.sum).for_each(|(s, x)| *s += x);
        self.papers.extend(other.papers.iter().cloned());
    }

    /// The sum of its papers' unit vectors: their common direction.
    pub fn sum(&self) -> &[f32] {
        &self.sum
    }

    /// The papers.
    pub fn papers(&self) -> &BTreeSet<PaperId> {
        &self.papers
    }

    /// The mean cosine of its papers with one more; 0 without any.
    pub fn mean_cosine(&self, vector: &Embedding) -> f32 {
        let sum = self.sum.iter().zip(vector.as_slice()).map(|(a, b)| a * b).sum::<f32>();
        sum / self.papers.len().max(1) as f32
    }

    /// How much a bare vector is of the topic, of a question or of a paper that is not in it:
    /// [`likeness`](Self::likeness) to a core of that one vector.
    pub fn likeness_of(&self, vector: &Embedding, scale: Scale) -> f32 {
        alike(self.mean_cosine(vector), self.papers.len() as f32, scale)
    }

    /// How much two topics are one, 1 or more for the same: by the mean cosine of their papers in
    /// spreads of unrelated ones, or by the papers that both have.
    pub fn likeness(&self, other: &Self, scale: Scale) -> f32 {
        let (n, m) = (self.papers.len() as f32, other.papers.len() as f32);
        if n == 0.0 || m == 0.0 {
            return 0.0;
        }
        let mean = self.sum.iter().zip(&other.sum).map(|(a, b)| a * b).sum::<f32>() / (n * m);
        let common = self.papers.intersection(&other.papers).count() as f32 / n.min(m);
        alike(mean, n * m, scale).max(common / COMMON)
    }
}

/// A mean cosine of so many pairs, in what it must be for one topic.
fn alike(mean: f32, pairs: f32, scale: Scale) -> f32 {
    (mean - scale.middle) / scale.spread / (SAME + FEW / pairs.sqrt())
}

/// A topic over stretches of days.
#[derive(Debug, Clone, PartialEq)]
pub struct Thread {
    /// The name of its largest group; of two as large the newer one's.
    pub name: String,
    /// All of its papers.
    pub core: Core,
    largest: usize,
}

/// Ties the groups of two papers or more of stretches of days, the oldest first, into threads. In each stretch
/// a thread goes on in one group at most and a group continues one thread at most, the most alike first.
pub fn threads(stretches: &[Vec<(String, Core)>], scale: Scale) -> Vec<Thread> {
    let mut threads: Vec<Thread> = Vec::new();
    for groups in stretches {
        let mut pairs = Vec::new();
        for (t, thread) in threads.iter().enumerate() {
            for (g, (name, core)) in groups.iter().enumerate() {
                // The same name tips the scales, but is not enough alone.
                let named = if *name == thread.name { 0.25 } else { 0.0 };
                let likeness = thread.core.likeness(core, scale) + named;
                if likeness >= 1.0 {
                    pairs.push((likeness, t, g));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let n_before = threads.len();
        let mut of_group = vec![None; groups.len()];
        let mut goes_on = vec![false; n_before];
        for (_, t, g) in pairs {
            if !goes_on[t] && of_group[g].is_none() {
                goes_on[t] = true;
                of_group[g] = Some(t);
            }
        }
        for ((name, core), thread) in groups.iter().zip(of_group) {
            let thread = match thread {
                Some(t) => &mut threads[t],
                None => {
                    threads.push(Thread { name: name.clone(), core: Core::default(), largest: 0 });
                    let last = threads.len() - 1;
                    &mut threads[last]
                }
            };
            if core.papers.len() >= thread.largest {
                thread.largest = core.papers.len();
                thread.name.clone_from(name);
            }
            thread.core.merge(core);
        }
    }
    threads
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale { middle: 0.0, spread: 0.2 };

    fn core(papers: &[(u32, f32)]) -> Core {
        let made: Vec<(PaperId, Embedding)> = papers
            .iter()
            .map(|(number, degrees)| {
                let id = PaperId::parse(&format!("2404.{number:05}")).expect("an identifier").0;
                let (y, x) = degrees.to_radians().sin_cos();
                (id, Embedding::normalized(vec![x, y]).expect("a direction"))
            })
            .collect();
        Core::of(made.iter().map(|(id, vector)| (id, vector)))
    }

    #[test]
    fn a_topic_goes_on_under_another_name() {
        let stretches = [
            vec![
                ("CLIP".to_owned(), core(&[(1, 0.0), (2, 5.0)])),
                ("video".into(), core(&[(3, 90.0), (4, 95.0)])),
            ],
            vec![("CLIP data".to_owned(), core(&[(2, 5.0), (5, 3.0), (6, 8.0)]))],
        ];
        let threads = threads(&stretches, SCALE);
        assert_eq!(threads.len(), 2);
        assert_eq!(threads[0].name, "CLIP data");
        assert_eq!(threads[0].core.papers().len(), 4, "a paper that comes again is not new");
        assert_eq!(threads[1].core.papers().len(), 2);
    }

    #[test]
    fn papers_in_common_are_enough() {
        // As unlike as can be, but for one paper of two.
        let (a, b) = (core(&[(1, 0.0), (2, 90.0)]), core(&[(2, 90.0), (3, 180.0)]));
        assert!(a.likeness(&b, SCALE) >= 1.0);
        assert!(a.likeness(&core(&[(4, 200.0), (5, 210.0)]), SCALE) < 1.0);
        assert_eq!(a.likeness(&Core::default(), SCALE), 0.0);
    }

    #[test]
    fn a_question_is_as_like_as_a_paper_with_its_vector() {
        let topic = core(&[(1, 0.0), (2, 20.0), (3, 50.0)]);
        for degrees in [0.0_f32, 30.0, 60.0, 90.0] {
            let (y, x) = degrees.to_radians().sin_cos();
            let question = Embedding::normalized(vec![x, y]).expect("a direction");
            let alone = topic.likeness(&core(&[(9, degrees)]), SCALE);
            assert_eq!(topic.likeness_of(&question, SCALE).max(0.0), alone, "{degrees}");
        }
        assert!(
            core(&[(1, 0.0)]).likeness_of(&Embedding::normalized(vec![1.0, 0.0]).expect("one"), SCALE) > 1.0
        );
    }

    #[test]
    fn two_groups_of_a_day_are_two_threads() {
        let twins = vec![
            ("a".to_owned(), core(&[(1, 0.0), (2, 1.0)])),
            ("b".to_owned(), core(&[(3, 2.0), (4, 3.0)])),
        ];
        assert_eq!(threads(&[twins], SCALE).len(), 2);
    }
}
