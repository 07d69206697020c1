//! A day in named groups.
//!
//! Pure functions of documents: the same documents give the same bytes, in whatever order they
//! come and on however many threads. Knows nothing about the store, days or printing.

mod background;
mod candidate;
mod cluster;
mod field;
mod glossary;
mod label;
mod map;
mod name;
mod phrase;
mod picture;
mod said;
mod similarity;
pub mod taste;
mod terms;
pub mod thread;
mod window;
mod words;

use std::collections::BTreeSet;

use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::PaperId;

pub use label::Label;
pub use map::{Dot, Map, Place};
pub use picture::png;
pub use similarity::{Calibration, Scale};

/// What grouping needs of a paper.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// The paper.
    pub id: &'a PaperId,
    /// Its title.
    pub title: &'a str,
    /// Abstract and summaries, in any language, one after the other.
    pub text: &'a str,
    /// Its direction; all documents' vectors are of one model.
    pub embedding: &'a Embedding,
    /// The highest count of votes, where one is known.
    pub votes: Option<u32>,
}

/// A named group of papers that a person would have put together.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Topic {
    /// Two to five words of the group's own, different from every other name of the day.
    pub name: String,
    /// The paper most like all others of the group.
    pub representative: PaperId,
    /// The papers, the most typical first. A single one fits nowhere and stands alone.
    pub papers: Vec<PaperId>,
}

/// Where the dendrogram is cut: how many standard deviations above unrelated papers the halves of a group
/// are alike at least. The lowest, in
/// tenths, at which days of 15 papers and of 209 agree with themselves without one paper at .9 or more
/// (.913 and .960; at 1.1 .890 and .945). Below it, papers meet by chance.
const CUT: f32 = 1.2;

/// How much more is asked of few pairs on a long day: with the number of papers grows the best pair that
/// chance offers, and a mean of few pairs has a larger standard error. Two papers of 200 must be alike by
/// 1.95. Measured together with [`CUT`] only.
const FEW: f32 = 0.25;

/// The cut for two sets that make `n_pairs` pairs, on a day of `n` papers.
fn cut(n: usize, n_pairs: usize) -> f32 {
    CUT + FEW * (n as f32 / 10.0).ln().max(0.0) / (n_pairs as f32).sqrt()
}

/// The groups without names, as positions in `documents`, which must be of different papers. Each group is
/// in ascending order, the groups by their first document.
pub fn partition(documents: &[&Document<'_>], calibration: Calibration) -> Vec<Vec<usize>> {
    let n = documents.len();
    let likeness = similarity::likeness(documents, calibration);
    cluster::settle(n, &likeness, &cluster::groups(n, likeness.clone(), |n_pairs| cut(n, n_pairs)))
}

/// As [`partition`], with a given number of groups.
pub fn partition_into(
    documents: &[&Document<'_>],
    calibration: Calibration,
    n_groups: usize,
) -> Vec<Vec<usize>> {
    let n = documents.len();
    let likeness = similarity::likeness(documents, calibration);
    cluster::settle(n, &likeness, &cluster::n_groups(n, likeness.clone(), n_groups))
}

/// Whether a text says something: all of its terms, in any form, spelling or language known to the
/// glossary.
pub fn mentions(text: &str, what: &str) -> bool {
    let wanted = terms_of(what);
    !wanted.is_empty() && wanted.is_subset(&terms_of(text))
}

/// Whether one of two phrases has no other words than the other, in any form: `image`, `image generation`;
/// `generating`, `generation`.
pub fn repeats(one: &str, other: &str) -> bool {
    let (one, other) = (said::stems(one), said::stems(other));
    !one.is_empty() && !other.is_empty() && (one.is_subset(&other) || other.is_subset(&one))
}

fn terms_of(text: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    terms::each_term(text, |term| {
        all.insert(term.to_owned());
    });
    all
}

/// The most papers that are grouped at once, since each pair of them is compared: the likenesses of all
/// pairs are kept twice, 2 · n²/2 · 4 bytes, here 100 MB. 10,939 papers took 6.4 s in 660 MB with reading
/// them, so these take about 1.3 s. The largest single day that was measured has 1,500.
pub const MOST_PAPERS: usize = 5_000;

/// Whether so many papers can be grouped at once.
///
/// # Errors
/// [`Error::TooManyPapers`] above [`MOST_PAPERS`].
pub fn check_size(n_papers: usize) -> Result<()> {
    match n_papers <= MOST_PAPERS {
        true => Ok(()),
        false => Err(Error::TooManyPapers { n: n_papers, most: MOST_PAPERS }),
    }
}

/// One name for each group, no two the same: what its papers say and the others do not. `groups` hold
/// positions in `documents`.
///
/// # Panics
/// If a group is empty.
pub fn names(documents: &[&Document<'_>], groups: &[Vec<usize>]) -> Vec<String> {
    name::names(documents, groups)
}

/// Groups documents: larger groups first, then by votes; papers that stand alone come last.
pub fn group(documents: &[Document<'_>], calibration: Calibration) -> Vec<Topic> {
    let mut sorted: Vec<&Document<'_>> = documents.iter().collect();
    sorted.sort_by_key(|d| d.id);
    sorted.dedup_by_key(|d| d.id);
    let mut groups = partition(&sorted, calibration);
    for group in &mut groups {
        most_typical_first(&sorted, group);
    }
    let most_votes = |group: &[usize]| group.iter().filter_map(|&i| sorted[i].votes).max();
    groups.sort_by(|a, b| {
        let larger = b.len().cmp(&a.len());
        larger.then_with(|| most_votes(b).cmp(&most_votes(a))).then_with(|| a[0].cmp(&b[0]))
    });
    let names = name::names(&sorted, &groups);
    let topic = |(name, group): (String, Vec<usize>)| Topic {
        name,
        representative: sorted[group[0]].id.clone(),
        papers: group.iter().map(|&i| sorted[i].id.clone()).collect(),
    };
    names.into_iter().zip(groups).map(topic).collect()
}

/// Orders a group by the cosine with its own centre.
fn most_typical_first(documents: &[&Document<'_>], group: &mut Vec<usize>) {
    let mut centre = vec![0.0_f32; documents[group[0]].embedding.as_slice().len()];
    for &i in group.iter() {
        centre.iter_mut().zip(documents[i].embedding.as_slice()).for_each(|(c, x)| *c += x);
    }
    let mut order: Vec<(usize, f32)> = group
        .iter()
        .map(|&i| (i, centre.iter().zip(documents[i].embedding.as_slice()).map(|(c, x)| c * x).sum()))
        .collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    *group = order.into_iter().map(|(i, _)| i).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::{Embedder, Role, builtin::Builtin};
    use crate::progress::Silent;

    /// The papers of a real day with texts of our own.
    const DAY: &[(&str, &str, &str)] = &[
        (
            "2404.15653",
            "CatLIP: CLIP-level Visual Recognition Accuracy with 2.7x Faster Pre-training on Web-scale Image-Text Data",
            "이미지와 텍스트 쌍으로 시각 인코더를 사전 훈련할 때 대조 학습 대신 분류를 쓴다.",
        ),
        (
            "2404.16022",
            "PuLID: Pure and Lightning ID Customization via Contrastive Alignment",
            "텍스트에서 이미지를 만드는 확산 모델에 인물의 ID를 넣되 ID 충실도를 지킨다.",
        ),
        (
            "2404.15449",
            "ID-Aligner: Enhancing Identity-Preserving Text-to-Image Generation with Reward Feedback Learning",
            "인물의 ID 충실도를 지키는 이미지 생성 확산 모델을 보상 피드백으로 미세조정한다.",
        ),
        (
            "2404.16035",
            "MaGGIe: Masked Guided Gradual Human Instance Matting",
            "여러 사람의 알파 매트를 한 번에 예측한다.",
        ),
        (
            "2404.15420",
            "XC-Cache: Cross-Attending to Cached Context for Efficient LLM Inference",
            "긴 문맥을 캐시에 두고 교차 주의로 읽어 언어 모델의 추론 지연과 메모리를 줄인다.",
        ),
        (
            "2404.15778",
            "BASS: Batched Attention-optimized Speculative Sampling",
            "언어 모델의 추론 지연을 배치 추론 디코딩으로 줄인다.",
        ),
        (
            "2404.16030",
            "MoDE: CLIP Data Experts via Clustering",
            "이미지와 텍스트 쌍을 군집으로 나누어 CLIP 전문가를 따로 사전 훈련하는 대조 학습.",
        ),
    ];

    fn topics_of(rows: &[(&str, &str, &str)]) -> Vec<Topic> {
        let ids: Vec<PaperId> = rows.iter().map(|r| PaperId::parse(r.0).unwrap().0).collect();
        let texts: Vec<String> = rows.iter().map(|r| format!("{}\n{}", r.1, r.2)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = Builtin::new().embed(Role::Document, &texts, &Silent).unwrap();
        let documents: Vec<Document<'_>> = (0..rows.len())
            .map(|i| Document {
                id: &ids[i],
                title: rows[i].1,
                text: rows[i].2,
                embedding: &vectors[i],
                votes: None,
            })
            .collect();
        group(&documents, Calibration::measure(&documents))
    }

    fn topic_with<'t>(topics: &'t [Topic], id: &str) -> &'t Topic {
        topics.iter().find(|t| t.papers.iter().any(|p| p.as_str() == id)).unwrap()
    }

    #[test]
    fn papers_that_belong_together_meet() {
        let topics = topics_of(DAY);
        for (a, b) in
            [("2404.15653", "2404.16030"), ("2404.16022", "2404.15449"), ("2404.15420", "2404.15778")]
        {
            let topic = topic_with(&topics, a);
            assert!(topic.papers.iter().any(|p| p.as_str() == b), "{topics:#?}");
            assert!(topic.papers.iter().all(|p| p.as_str() != "2404.16035"), "{topics:#?}");
        }
        assert!(topic_with(&topics, "2404.15653").name.contains("CLIP"), "{topics:#?}");
        assert!(topic_with(&topics, "2404.16022").name.contains("identity"), "{topics:#?}");
    }

    #[test]
    fn every_paper_is_in_one_topic_and_every_name_is_its_own() {
        let topics = topics_of(DAY);
        let mut papers: Vec<&str> =
            topics.iter().flat_map(|t| t.papers.iter().map(PaperId::as_str)).collect();
        papers.sort_unstable();
        let mut expected: Vec<&str> = DAY.iter().map(|r| r.0).collect();
        expected.sort_unstable();
        assert_eq!(papers, expected);
        let names: std::collections::HashSet<String> = topics.iter().map(|t| t.name.to_lowercase()).collect();
        assert_eq!(names.len(), topics.len());
    }

    #[test]
    fn what_a_paper_does_names_nothing() {
        let mut day = DAY.to_vec();
        day.push(("2404.00001", "Verifying Robot Grasps by Hand", "Robot grasping in clutter."));
        day.push(("2404.00002", "Verifying Robot Hands by Hand", "Robot grasping by touch."));
        let topics = topics_of(&day);
        let topic = topic_with(&topics, "2404.00001");
        assert_eq!(topic.papers.len(), 2, "{topics:#?}");
        let name = topic.name.to_lowercase();
        assert!(name.contains("robot") && !name.contains("verifying"), "{name}");
    }

    #[test]
    fn neither_order_nor_threads_change_anything() {
        let whole = topics_of(DAY);
        let mut turned = DAY.to_vec();
        turned.reverse();
        assert_eq!(topics_of(&turned), whole);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| topics_of(DAY)), whole);
    }

    #[test]
    fn more_papers_than_memory_allows_are_refused_with_their_number() {
        assert!(check_size(MOST_PAPERS).is_ok());
        let error = check_size(MOST_PAPERS + 1).unwrap_err().to_string();
        assert_eq!(error, "5001 papers are too many at once: at most 5000 are taken");
    }

    #[test]
    fn tiny_days_are_days() {
        assert_eq!(topics_of(&[]), []);
        assert_eq!(topics_of(&DAY[..1]).len(), 1);
        assert_eq!(topics_of(&DAY[..2]).len(), 2);
    }
}
