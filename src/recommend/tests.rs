//! What the profile promises, on papers made of a few words.

use proptest::prelude::*;

use super::diversify::{Candidate, Variety, choose};
use super::floors::{Claim, Floor, floors};
use super::interests::{Interests, group};
use super::*;
use crate::embed::Embedding;
use crate::paper::{Paper, PaperId};

const WORDS: [&str; 12] = [
    "diffusion",
    "speech",
    "robot",
    "policy",
    "graph",
    "proof",
    "video",
    "protein",
    "agent",
    "cache",
    "token",
    "확산",
];

/// A paper of these words, with an embedding that follows them.
fn paper(n: usize, words: &[usize]) -> (Paper, Embedding) {
    let (id, _) = PaperId::parse(&format!("2401.{n:05}")).unwrap();
    let text = words.iter().map(|&w| WORDS[w]).collect::<Vec<_>>().join(" ");
    let line = serde_json::json!({
        "id": id, "title": text, "abstract": text,
        "authors": [format!("Author {}", n % 5)], "categories": [format!("cs.{}", n % 3)],
    });
    let mut vector = vec![0.1_f32; WORDS.len()];
    words.iter().for_each(|&w| vector[w] += 1.0);
    (serde_json::from_value(line).unwrap(), Embedding::normalized(vector).unwrap())
}

fn corpus(texts: &[Vec<usize>]) -> Corpus {
    let papers: Vec<(Paper, Embedding)> =
        texts.iter().enumerate().map(|(n, words)| paper(n, words)).collect();
    let mut corpus = Corpus::new(Lexicon::count(papers.iter().map(|p| &p.0)), WORDS.len());
    corpus.extend(&papers.iter().map(|(paper, vector)| (paper, vector)).collect::<Vec<_>>());
    corpus
}

fn example(row: usize, liked: bool) -> Example {
    Example { row, liked, age_days: 0.0, interest: None }
}

/// Texts of a few words, and which of the first papers are liked.
fn library() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<bool>)> {
    let texts = prop::collection::vec(prop::collection::vec(0..WORDS.len(), 1..5), 12..30);
    (texts, prop::collection::vec(any::<bool>(), 1..9))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_doubles_of_ratings_change_nothing((texts, liked) in library(), turn in 0..9_usize) {
        let corpus = corpus(&texts);
        let examples: Vec<Example> = liked.iter().enumerate().map(|(i, &l)| example(i, l)).collect();
        let background: Vec<usize> = (liked.len()..texts.len()).collect();
        let plain = Profile::learn(&corpus, &examples, &background, Interests::default(), &Options::default());
        let mut mixed = examples.clone();
        mixed.rotate_left(turn % examples.len());
        mixed.push(examples[0]);
        let reversed: Vec<usize> = (0..texts.len()).rev().collect();
        let again = Profile::learn(&corpus, &mixed, &reversed, Interests::default(), &Options::default());
        prop_assert_eq!(plain, again);
    }

    #[test]
    fn contributions_add_up((texts, liked) in library(), asked in 0..12_usize) {
        let corpus = corpus(&texts);
        let background: Vec<usize> = (liked.len()..texts.len()).collect();
        let (examples, interests) = in_interests(&corpus, &liked);
        let profile = Profile::learn(&corpus, &examples, &background, interests, &Options::default());
        let explanation = profile.explain(&corpus, asked, &corpus);
        let logit = profile.logit(&corpus, asked);
        prop_assert_eq!(explanation.logit, logit);
        let rated: f64 = explanation.rated.iter().map(|part| part.adds).sum();
        // Each of these is a sum of its own, and none the rest of another.
        prop_assert!((rated + explanation.background + explanation.constant - logit).abs() < 1e-4);
        let blocks: f64 = explanation.blocks.iter().map(|b| b.1).sum();
        prop_assert!((blocks + explanation.constant - logit).abs() < 1e-4);
    }
}

/// A like of something else stood above those that a paper is near to: each like also took its part of what every paper
/// gets, and one that stands alone is the heaviest.
#[test]
fn a_like_of_something_else_is_no_reason() {
    let mut texts: Vec<Vec<usize>> = (0..5).map(|n| vec![0, 6, [9, 10, 11, 5, 4][n]]).collect();
    texts.extend([vec![2, 3], vec![0, 6, 8]]);
    texts.extend((0..40).map(|n| vec![1 + n % 5, 7 + n % 4, 1 + n % 11]));
    let corpus = corpus(&texts);
    let likes: Vec<Example> = (0..6).map(|row| example(row, true)).collect();
    let background: Vec<usize> = (6..texts.len()).collect();
    let profile = Profile::learn(&corpus, &likes, &background, Interests::default(), &Options::default());
    let explanation = profile.explain(&corpus, 6, &corpus);
    let (near, other) = explanation.rated.split_at(5);
    assert_eq!(other[0].row, 5);
    let least = near.iter().map(|part| part.adds).fold(f64::INFINITY, f64::min);
    assert!(other[0].adds < 0.1 * least, "{:?}", explanation.rated);
}

/// The first rows as ratings, and the likes among them in interests.
fn in_interests(corpus: &Corpus, liked: &[bool]) -> (Vec<Example>, Interests) {
    let likes: Vec<usize> = (0..liked.len()).filter(|&row| liked[row]).collect();
    let vectors: Vec<&[f32]> = likes.iter().map(|&row| corpus.dense(row)).collect();
    let groups = group(&vectors, &[], 0.5);
    let interest = |row| {
        let place = likes.iter().position(|&like| like == row)?;
        groups.iter().position(|group| group.contains(&place))
    };
    let examples = liked.iter().enumerate();
    let examples = examples.map(|(row, &liked)| Example { interest: interest(row), ..example(row, liked) });
    (examples.collect(), Interests::new(&vectors, &groups, 0.5))
}

/// Rows and their logits by scikit-learn's solver.
const REFERENCE: [(usize, f64); 4] = [(0, 0.475554), (3, -0.496244), (5, -0.383013), (12, 0.475554)];

/// scikit-learn 1.9.1, `LogisticRegression(C=1, solver="newton-cholesky", fit_intercept=False,
/// tol=1e-12)` on the embeddings less the mean of the background, with a column of ones, weighted by the same
/// costs.
#[test]
fn a_known_solver_finds_the_same() {
    let texts: Vec<Vec<usize>> = (0..60).map(|n| vec![n % 12, (n * 5 + 1) % 12]).collect();
    let corpus = corpus(&texts);
    let examples = [example(0, true), example(12, true), example(24, true), example(3, false)];
    let scales =
        Scales { meaning: 1.0, terms: 0.0, authors: 0.0, categories: 0.0, votes: 0.0, interests: 0.0 };
    let options =
        Options { cost: 0.1, dislike: 4.0, scales, centroid: 0.0, neighbours: 0.0, ..Options::default() };
    let profile =
        Profile::learn(&corpus, &examples, &(30..60).collect::<Vec<_>>(), Interests::default(), &options);
    for (row, expected) in REFERENCE {
        let logit = profile.logit(&corpus, row);
        assert!((logit - expected).abs() < 1e-4, "row {row}: {logit}, not {expected}");
    }
}

#[test]
fn likes_rise_and_dislikes_sink() {
    let texts: Vec<Vec<usize>> = (0..60).map(|n| vec![n % 12, (n * 5 + 1) % 12]).collect();
    let corpus = corpus(&texts);
    let background: Vec<usize> = (24..60).collect();
    let examples = [example(0, true), example(12, true), example(3, false)];
    let profile = Profile::learn(&corpus, &examples, &background, Interests::default(), &Options::default());
    let by_logit = |row: &usize| profile.logit(&corpus, *row);
    let best = (24..60).max_by(|a, b| by_logit(a).total_cmp(&by_logit(b))).unwrap();
    assert_eq!(texts[best][0], 0, "the liked word leads");
    let without =
        Profile::learn(&corpus, &examples[..2], &background, Interests::default(), &Options::default());
    let fall = |row| without.logit(&corpus, row) - profile.logit(&corpus, row);
    // Row 27 holds the words of the disliked row 3, row 29 none of them.
    assert!(fall(27) > 0.17, "a dislike lowers its neighbour by {}", fall(27));
    assert!(fall(27) > 3.0 * fall(29).abs(), "and others hardly: {}", fall(29));
    assert!((0.0..=1.0).contains(&profile.probability(&corpus, best)));
}

/// A dislike once cost four background papers, and a like as much as hundreds.
#[test]
fn a_no_among_the_likes_is_heard() {
    // Likes are about word 0 and one of the words 1 to 3, and so is what is disliked; others about 0 and more.
    let text = |n: usize| match n {
        0..6 => vec![0, 1 + n % 3],
        6 => vec![0, 1, 2],
        7..11 => vec![0, n - 3],
        _ => vec![1 + n % 11, 1 + n / 11 % 11],
    };
    let texts: Vec<Vec<usize>> = (0..620).map(text).collect();
    let corpus = corpus(&texts);
    let background: Vec<usize> = (20..620).collect();
    let mut examples: Vec<Example> = (0..6).map(|row| example(row, true)).collect();
    examples.push(example(6, false));
    let learned = |examples: &[Example]| {
        Profile::learn(&corpus, examples, &background, Interests::default(), &Options::default())
    };
    let (before, after) = (learned(&examples[..6]), learned(&examples));
    let gap = |profile: &Profile, row| profile.logit(&corpus, row) - profile.logit(&corpus, 6);
    for row in 7..11 {
        let wider = gap(&after, row) - gap(&before, row);
        assert!(wider > 0.5, "the disliked row falls by {wider:.2} against row {row}, which is not disliked");
    }
}

#[test]
fn a_block_that_is_switched_off_says_nothing() {
    let texts: Vec<Vec<usize>> = (0..40).map(|n| vec![n % 12]).collect();
    let corpus = corpus(&texts);
    let off = Scales { meaning: 0.0, terms: 0.0, authors: 0.0, categories: 0.0, votes: 0.0, interests: 0.0 };
    let options = Options { scales: off, ..Options::default() };
    let profile = Profile::learn(
        &corpus,
        &[example(0, true)],
        &(20..40).collect::<Vec<_>>(),
        Interests::default(),
        &options,
    );
    assert_eq!(profile.logit(&corpus, 1), profile.logit(&corpus, 2));
}

/// Ninety likes of one field and ten of another: with an offset of its own, the small one's papers
/// stand above those of fields that nobody likes, and a list keeps its places.
#[test]
fn with_nine_tenths_of_one_field_the_other_keeps_its_places() {
    // Field f is about word 3f, and now one of its neighbours, now the other.
    let text = |n: usize, field: usize| vec![3 * field, 3 * field, 3 * field + 1 + n % 2];
    let mut texts: Vec<Vec<usize>> = (0..90).map(|n| text(n, 0)).collect();
    texts.extend((0..10).map(|n| text(n, 1)));
    let n_rated = texts.len();
    texts.extend((0..400).map(|n| text(n / 4, n % 4)));
    let n_known = texts.len();
    texts.extend((0..160).map(|n| text(n / 4 + 1, n % 4)));
    let corpus = corpus(&texts);
    let (examples, interests) = in_interests(&corpus, &vec![true; n_rated]);
    assert_eq!(interests.len(), 2);
    let background: Vec<usize> = (n_rated..n_known).collect();
    let learn = |scale| {
        let scales = Scales { interests: scale, ..Scales::default() };
        let options = Options { scales, ..Options::default() };
        Profile::learn(&corpus, &examples, &background, interests.clone(), &options)
    };
    let profile = learn(Scales::default().interests);
    let best = |profile: &Profile, field: usize| {
        let rows = (n_known..texts.len()).filter(|row| (row - n_known) % 4 == field);
        rows.map(|row| profile.logit(&corpus, row)).fold(f64::MIN, f64::max)
    };
    let ahead = |profile: &Profile| best(profile, 1) - best(profile, 2).max(best(profile, 3));
    assert!(ahead(&profile) > 0.2, "the small field is {} above others", ahead(&profile));
    let without = ahead(&learn(0.0));
    assert!(ahead(&profile) > without + 0.05, "its offset adds to {without}");

    let mut candidates: Vec<Candidate> = (n_known..texts.len())
        .map(|row| Candidate {
            row,
            probability: profile.probability(&corpus, row),
            interest: profile.interest(&corpus, row),
        })
        .collect();
    candidates.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.row.cmp(&b.row)));
    let small = Claim { is_asked: true, ..Claim::live(10) };
    let kept = floors(&[Claim::live(90), small], 20);
    assert_eq!(kept.iter().map(|floor| floor.places).collect::<Vec<_>>(), [9, 1]);
    // Papers of three words are often the same: nothing is collapsed here.
    let variety = Variety { same: f32::INFINITY, ..Variety::default() };
    let of_small = |floors: &[Floor]| {
        let chosen = choose(&candidates, 20, 20, floors, &variety, |a, b| corpus.cosine(a, b));
        chosen.places.iter().filter(|place| candidates[place.candidate].interest == Some(1)).count()
    };
    assert_eq!(of_small(&[]), 0, "by probability alone there is no place for it");
    assert!(of_small(&kept) >= 1);
}

/// What is lacking says nothing: a like without authors, categories and text counts by what is left.
#[test]
fn what_a_like_lacks_is_not_different() {
    let texts: Vec<Vec<usize>> = (0..60).map(|n| vec![n % 12, (n * 5 + 1) % 12]).collect();
    let papers: Vec<(Paper, Embedding)> =
        texts.iter().enumerate().map(|(n, words)| paper(n, words)).collect();
    let mut bare = Paper::new(papers[0].0.id.clone(), papers[0].0.title.clone());
    bare.summaries.insert(crate::paper::Language::Ko, "확산".into());
    let mut corpus = Corpus::new(Lexicon::count(papers.iter().map(|p| &p.0)), WORDS.len());
    corpus.extend(&papers.iter().map(|(paper, vector)| (paper, vector)).collect::<Vec<_>>());
    let row = corpus.extend(&[(&bare, &papers[0].1)]);
    let background: Vec<usize> = (20..60).collect();
    let learn = |liked| {
        let examples = [example(liked, true)];
        Profile::learn(&corpus, &examples, &background, Interests::default(), &Options::default())
    };
    let profile = learn(row);
    let explained = profile.explain(&corpus, 36, &corpus);
    let of = |block| explained.blocks.iter().find(|part| part.0 == block).map_or(0.0, |part| part.1);
    // Papers that were not rated pull names down a little; the like, which has none, does nothing to them.
    let whole = learn(0).explain(&corpus, 36, &corpus);
    let named = whole.blocks.iter().find(|part| part.0 == Block::Categories).map_or(0.0, |part| part.1);
    assert!(of(Block::Categories).abs() < 0.02 && named.abs() > of(Block::Categories).abs(), "{explained:?}");
    let best = (20..60).max_by(|a, b| profile.logit(&corpus, *a).total_cmp(&profile.logit(&corpus, *b)));
    assert_eq!(texts[best.unwrap()][0], 0, "its title finds its like");
}

/// With one like the fit alone knows less than how near a paper is to it.
#[test]
fn the_mean_of_few_likes_counts_and_of_many_fades() {
    let texts: Vec<Vec<usize>> = (0..240).map(|n| vec![n % 12, (n * 5 + 1) % 12]).collect();
    let corpus = corpus(&texts);
    let background: Vec<usize> = (120..240).collect();
    let gain = |n_likes: usize| {
        let examples: Vec<Example> = (0..n_likes).map(|i| example(12 * i % 120 + i / 10, true)).collect();
        let learn = |centroid| {
            let options = Options { centroid, ..Options::default() };
            Profile::learn(&corpus, &examples, &background, Interests::default(), &options)
        };
        let (with, without) = (learn(2.0), learn(0.0));
        let moved = |row: &usize| (with.logit(&corpus, *row) - without.logit(&corpus, *row)).abs();
        background.iter().map(moved).sum::<f64>()
            / background.iter().map(|row| without.logit(&corpus, *row).abs()).sum::<f64>()
    };
    assert!(gain(1) > 5.0 * gain(60), "{} with one like, {} with sixty", gain(1), gain(60));
}

/// The share of pairs of a liked and another row that a profile puts in the right order.
fn auc(corpus: &Corpus, profile: &Profile, likes: impl Fn(usize) -> bool) -> f64 {
    let logits: Vec<f64> = (0..corpus.len()).map(|row| profile.logit(corpus, row)).collect();
    let (mut right, mut pairs) = (0.0, 0.0);
    for i in (0..corpus.len()).filter(|&i| likes(i)) {
        for j in (0..corpus.len()).filter(|&j| !likes(j)) {
            pairs += 1.0;
            right += f64::from(u8::from(logits[i] > logits[j]))
                + 0.5 * f64::from(u8::from(logits[i] == logits[j]));
        }
    }
    right / pairs
}

#[test]
fn ten_chosen_questions_beat_ten_random_ones() {
    let mut random = 1_u64;
    let mut draw = |n: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % n
    };
    let texts: Vec<Vec<usize>> = (0..150).map(|_| (0..3).map(|_| draw(WORDS.len())).collect()).collect();
    let corpus = corpus(&texts);
    let pool: Vec<usize> = (0..texts.len()).collect();
    let options = Options::default();
    let (mut chosen, mut drawn) = (0.0, 0.0);
    // A reader for each word, who likes the papers that hold it.
    for word in 0..WORDS.len() {
        let likes = |row: usize| texts[row].contains(&word);
        let mut asked: Vec<Example> = Vec::new();
        for _ in 0..10 {
            let row = ask::next_question(&corpus, &pool, &asked, None, &options).unwrap();
            asked.push(example(row, likes(row)));
        }
        let any: Vec<Example> =
            (0..10).map(|_| draw(texts.len())).map(|row| example(row, likes(row))).collect();
        chosen +=
            auc(&corpus, &Profile::learn(&corpus, &asked, &pool, Interests::default(), &options), likes)
                / WORDS.len() as f64;
        drawn += auc(&corpus, &Profile::learn(&corpus, &any, &pool, Interests::default(), &options), likes)
            / WORDS.len() as f64;
    }
    assert!(chosen > drawn, "{chosen:.3} by choice, {drawn:.3} by chance");
}

/// Ratings in any mixture, of which some are kept in interests: places are those among all ratings.
#[test]
fn learning_finds_interests_among_the_likes_and_keeps_what_is_kept() {
    let mut texts: Vec<Vec<usize>> = (0..12).map(|n| vec![3 * (n % 3), 3 * (n % 3) + 1]).collect();
    texts.extend((0..60).map(|n| vec![n % 12, (n * 5 + 1) % 12]));
    let corpus = corpus(&texts);
    let rated = |kept: &dyn Fn(usize) -> Option<usize>| -> Vec<RatedRow> {
        let one =
            |row: usize| RatedRow { row, liked: !row.is_multiple_of(3), age_days: 0.0, kept: kept(row) };
        (0..12).map(one).collect()
    };
    // The first of the background is rated, and no background.
    let background: Vec<usize> = (0..72).collect();
    let pool = Pool { n_papers: 60, n_days: 4 };
    assert_eq!(pool.per_day(), 15.0);
    let free = learn(&corpus, &background, &rated(&|_| None), pool, &Options::default());
    assert_eq!(free.interests, [vec![1, 4, 7, 10], vec![2, 5, 8, 11]]);
    let apart =
        learn(&corpus, &background, &rated(&|row| (row < 6).then_some(row / 3)), pool, &Options::default());
    assert_eq!(apart.interests.iter().filter(|likes| likes.contains(&1) && likes.contains(&2)).count(), 1);
    assert!(apart.interests.iter().all(|likes| !(likes.contains(&1) && likes.contains(&4))));
    let best = |learned: &Learned| {
        (12..72)
            .max_by(|&a, &b| learned.profile.logit(&corpus, a).total_cmp(&learned.profile.logit(&corpus, b)))
    };
    assert!([3, 4, 6, 7].contains(&texts[best(&free).unwrap()][0]), "a liked word leads");
}

#[test]
fn a_profile_is_written_without_the_columns_that_say_nothing() {
    let texts: Vec<Vec<usize>> = (0..60).map(|n| vec![n % 12, (n * 5 + 1) % 12]).collect();
    let corpus = corpus(&texts);
    let background: Vec<usize> = (24..60).collect();
    let examples = [example(0, true), example(3, false)];
    let profile = Profile::learn(&corpus, &examples, &background, Interests::default(), &Options::default());
    let file = postcard::to_stdvec(&profile).unwrap();
    // 262,144 columns of authors alone are 2 MB, twice.
    assert!(file.len() < 10_000, "{} bytes", file.len());
    assert_eq!(postcard::from_bytes::<Profile>(&file).unwrap(), profile);
}
