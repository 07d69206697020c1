//! Me: what I rated and saved, my account, and the library.

use askama::Template;
use axum::response::Html;
use serde_json::Value;

use super::paper::Bar;
use super::{Frame, html};
use crate::paper::{InterestState, Rating, Right};
use crate::present::feed::Subscription;
use crate::serve::feeds::addresses;
use crate::serve::problem::Problem;
use crate::store::{Key, Size};
use crate::verbs::interests::Interests;
use crate::verbs::likes::saved::{self, Saved};
use crate::verbs::likes::{self, RatingList};
use crate::verbs::why::{Adds, LearnedWords};
use crate::verbs::{account, feed, interests, why};

#[derive(Template)]
#[template(path = "me.html", config = "src/serve/askama.toml")]
struct MePage {
    f: Frame,
    likes: RatingList,
    saved: Saved,
    size: Size,
    tokens: Vec<Key>,
    interests: Interests,
    /// How many places each of them keeps.
    places: Vec<usize>,
    words: Vec<Bar>,
    names: Vec<Bar>,
    quality: Option<Chart>,
    /// Addresses of feeds; with accounts they need a token.
    feeds: Vec<Subscription>,
}

/// The order's quality over time.
struct Chart {
    mean: String,
    days: Vec<String>,
    /// The line, 300 wide and 60 high.
    points: String,
}

impl Chart {
    /// Of what the last replay found.
    fn of(quality: &Value) -> Option<Self> {
        let days = quality["days"].as_array().filter(|days| !days.is_empty())?;
        let values: Vec<f64> = days.iter().filter_map(|day| day["ndcg_10"].as_f64()).collect();
        let step = 300.0 / (values.len().max(2) - 1) as f64;
        let point = |(i, value): (usize, &f64)| format!("{:.1},{:.1}", i as f64 * step, 59.0 - 58.0 * value);
        Some(Self {
            mean: format!("{:.2}", values.iter().sum::<f64>() / values.len() as f64),
            days: days.iter().map(|day| day["day"].as_str().unwrap_or_default().to_owned()).collect(),
            points: values.iter().enumerate().map(point).collect::<Vec<_>>().join(" "),
        })
    }
}

/// What of the page comes from the library.
struct MeParts {
    likes: RatingList,
    saved: Saved,
    size: Size,
    tokens: Vec<Key>,
    interests: Interests,
    places: Vec<usize>,
    learned: LearnedWords,
    feeds: Vec<Subscription>,
}

/// How many learned words are shown.
const WORDS: usize = 16;

/// The page.
pub async fn page(f: Frame) -> Result<Html<String>, Problem> {
    let n = f.site.n;
    let work = f.site.look(f.visitor.who, move |library, _| {
        let feeds = addresses("", &feed::feeds(library)?, None);
        Ok(MeParts {
            likes: RatingList { ratings: likes::ratings(library, None)? },
            saved: Saved { papers: saved::saved(library)? },
            size: library.size()?,
            tokens: account::tokens(library)?,
            interests: interests::interests(library)?,
            places: interests::kept_places(library, n)?,
            learned: why::learned_words(library, WORDS)?,
            feeds,
        })
    });
    let MeParts { likes, saved, size, tokens, interests, places, learned, feeds } = work.await?;
    let quality = f.site.job(f.visitor.who.reader, "eval-replay").and_then(|job| Chart::of(&job.answer?));
    let bars = |all: Vec<Adds>| Bar::all(all.into_iter().map(|one| (one.name, None, one.adds)));
    let (words, names) = (bars(learned.words), bars(learned.names));
    html(&MePage { f, likes, saved, size, tokens, interests, places, words, names, quality, feeds })
}
