//! How well chosen sentences of an abstract say what a person's summary in Korean says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::embed::{Embedding, Role};
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{Language, Paper, Right, Row, sentences};
use crate::progress::Silent;
use crate::random::mix;
use crate::summarize::{SENTENCES, extract};
use crate::verbs::summarize::Subjects;
use crate::verbs::{Context, Verb, Whole};

/// Judge the sentences that stand for an abstract, on the library's papers with a summary in Korean.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JudgeSummaries {
    /// So many papers at most, spread over the library.
    pub papers: JudgedPapers,
}

/// How many papers are judged.
pub type JudgedPapers = Whole<10, 20_000>;

impl Default for JudgeSummaries {
    fn default() -> Self {
        Self { papers: JudgedPapers::known(2_000) }
    }
}

/// What chosen sentences say of what people found worth saying.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SummaryTest {
    /// Papers with a summary in Korean of two points or more and an abstract of more than three sentences.
    pub papers: usize,
    /// Mean number of sentences of an abstract.
    pub sentences: f64,
    /// Mean number of points.
    pub points: f64,
    /// The ways to choose three sentences, the best first.
    pub methods: Vec<Chosen>,
    /// The share of summaries that are seen to be about their paper, 0 to 1.
    pub about_own: f64,
    /// The share that is taken to be about another paper, 0 to 1.
    pub about_another: f64,
}

/// A way to choose sentences.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Chosen {
    /// Which one: `chosen`, `first`, `random`, or `most`, three that no others are above.
    pub method: &'static str,
    /// How near each point's nearest sentence is, as a mean cosine, -1 to 1.
    pub coverage: f64,
    /// By how much it is above the first three, paper by paper.
    pub above_first: f64,
    /// The standard error of that.
    pub error: f64,
}

impl Verb for JudgeSummaries {
    const NAME: &'static str = "eval summaries";
    const SHAPE: &'static str = "eval-summaries/1";
    const RIGHT: Right = Right::Own;
    type Answer = SummaryTest;

    /// # Errors
    /// [`Error::Invalid`] without ten papers that can be judged, or with a model that is slow.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<SummaryTest> {
        let subjects = Subjects::of(library)?;
        let mut judged: Vec<Judged> = Vec::new();
        for row in library.store.sample(library.size()?.papers as usize, 0)? {
            if judged.len() == self.papers.get() as usize {
                break;
            }
            let before = judged.last().map(|before| before.korean.as_str());
            judged.extend(judge(library, row, &subjects, before)?);
            context.progress.advance(1);
        }
        if judged.len() < 10 {
            return Err(Error::Invalid(format!(
                "{} papers can be judged, but ten are needed: papers with an abstract and a summary in Korean",
                judged.len()
            )));
        }
        Ok(test(&judged))
    }
}

/// A paper's coverage by each method.
struct Judged {
    n_sentences: usize,
    n_points: usize,
    coverage: [f64; 4],
    korean: String,
    /// Whether its own summary is about it, and that of the paper before.
    is_about: [bool; 2],
}

const METHODS: [&str; 4] = ["chosen", "first", "random", "most"];

fn judge(library: &Library, row: Row, subjects: &Subjects, before: Option<&str>) -> Result<Option<Judged>> {
    let Some(stored) = library.store.papers(&[row])?.pop() else { return Ok(None) };
    let Paper { abstract_text, summaries, .. } = &stored.paper;
    let all = sentences(abstract_text);
    let points: Vec<&str> = summaries.get(&Language::Ko).into_iter().flat_map(|text| text.lines()).collect();
    if points.len() < 2 || all.len() <= SENTENCES {
        return Ok(None);
    }
    let embedder = library.embedder.as_ref();
    let sentences = embedder.embed(Role::Document, &all, &Silent)?;
    let points = embedder.embed(Role::Document, &points, &Silent)?;
    let covered = |places: &[usize]| coverage(&sentences, &points, places);
    let random = |draw: u64| {
        let mut places: Vec<usize> = (0..all.len()).collect();
        places.sort_by_key(|&place| {
            mix(draw.wrapping_mul(0x9e37).wrapping_add(row as u64 * 64 + place as u64))
        });
        covered(&places[..SENTENCES])
    };
    let coverage = [
        covered(&extract(&sentences, None, SENTENCES)),
        covered(&[0, 1, 2]),
        (0..16).map(random).sum::<f64>() / 16.0,
        most(&sentences, &points),
    ];
    let korean = summaries[&Language::Ko].clone();
    let is_about = [
        subjects.tell(library, &stored.paper, &korean)?,
        match before {
            Some(before) => subjects.tell(library, &stored.paper, before)?,
            None => false,
        },
    ];
    Ok(Some(Judged { n_sentences: all.len(), n_points: points.len(), coverage, korean, is_about }))
}

/// How near each point's nearest sentence is, on average.
fn coverage(sentences: &[Embedding], points: &[Embedding], places: &[usize]) -> f64 {
    let nearest = |point: &Embedding| {
        places.iter().map(|&place| f64::from(sentences[place].cosine(point))).fold(-1.0, f64::max)
    };
    points.iter().map(nearest).sum::<f64>() / points.len() as f64
}

/// The coverage of the three sentences with the greatest.
fn most(sentences: &[Embedding], points: &[Embedding]) -> f64 {
    let n = sentences.len().min(30);
    let mut best = -1.0_f64;
    for a in 0..n {
        for b in a + 1..n {
            for c in b + 1..n {
                best = best.max(coverage(sentences, points, &[a, b, c]));
            }
        }
    }
    best
}

fn test(judged: &[Judged]) -> SummaryTest {
    let n = judged.len() as f64;
    let mean = |of: &dyn Fn(&Judged) -> f64| judged.iter().map(of).sum::<f64>() / n;
    let method = |(i, method): (usize, &'static str)| {
        let above = |one: &Judged| one.coverage[i] - one.coverage[1];
        let above_first = mean(&above);
        let variance = mean(&|one| (above(one) - above_first).powi(2)) / (n - 1.0);
        Chosen { method, coverage: mean(&|one| one.coverage[i]), above_first, error: variance.sqrt() }
    };
    let mut methods: Vec<Chosen> = METHODS.into_iter().enumerate().map(method).collect();
    methods.sort_by(|a, b| b.coverage.total_cmp(&a.coverage));
    SummaryTest {
        papers: judged.len(),
        sentences: mean(&|one| one.n_sentences as f64),
        points: mean(&|one| one.n_points as f64),
        methods,
        about_own: mean(&|one| f64::from(one.is_about[0])),
        about_another: mean(&|one| f64::from(one.is_about[1])),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::embed::builtin::Builtin;
    use crate::verbs::Still;
    use crate::verbs::import::Import;

    #[test]
    fn what_is_chosen_says_more_of_what_people_say_than_the_beginning_does() {
        let line = |n: usize| {
            let text = "Vision is a large field. It has a long history. Many people work on it. We train a language \
                model to segment images by words. Our model segments images twice as fast. Weather is nice.";
            json!({"listed": "2026-01-05", "id": format!("2601.{n:05}"), "title": "Segmenting images by words", "abstract": text,
                "ko": "단어로 이미지를 분할하는 언어 모델을 학습합니다.\n이미지 분할이 두 배 빠릅니다."})
            .to_string()
        };
        let lines = (1..=12).map(line).collect::<Vec<_>>().join("\n");
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
        let still = Still::at("2026-01-06T09:00:00Z".parse().unwrap());
        let few = JudgeSummaries::default().run(&mut library, &still.context()).unwrap_err().to_string();
        assert!(few.starts_with("0 papers can be judged"), "{few}");
        let input = Some(Box::new(std::io::Cursor::new(lines.into_bytes())) as Box<_>);
        Import { name: "l".into(), day: None, input }.run(&mut library, &still.context()).unwrap();
        let test = JudgeSummaries::default().run(&mut library, &still.context()).unwrap();
        assert_eq!((test.papers, test.points, test.sentences), (12, 2.0, 6.0));
        let of = |name| test.methods.iter().find(|method| method.method == name).unwrap().coverage;
        assert!(of("most") >= of("chosen") && of("chosen") > of("first") && of("most") >= of("random"));
    }
}
