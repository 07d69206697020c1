//! Me: what I rated and saved, my account, and the library.

use askama::Template;
use axum::response::Html;
use jiff::Span;
use jiff::civil::Date;
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
    n_days: usize,
    /// The first day, the one in the middle of the time, and the last.
    dates: [Date; 3],
    /// The days in their true distances, 300 wide and 60 high.
    points: Vec<[String; 2]>,
}

impl Chart {
    /// Of what the last replay found.
    fn of(quality: &Value) -> Option<Self> {
        let measured = |day: &Value| Some((day["day"].as_str()?.parse().ok()?, day["ndcg_10"].as_f64()?));
        let mut days: Vec<(Date, f64)> = quality["days"].as_array()?.iter().filter_map(measured).collect();
        days.sort_by_key(|(day, _)| *day);
        let (first, last) = (days.first()?.0, days.last()?.0);
        let since = |day: Date| f64::from(first.until(day).map_or(0, |span| span.get_days()));
        let length = since(last).max(1.0);
        let point = |(day, value): &(Date, f64)| {
            [format!("{:.1}", 300.0 * since(*day) / length), format!("{:.1}", 59.0 - 58.0 * value)]
        };
        let middle = first.checked_add(Span::new().days((length / 2.0) as i64)).unwrap_or(first);
        Some(Self {
            mean: format!("{:.2}", days.iter().map(|(_, value)| value).sum::<f64>() / days.len() as f64),
            n_days: days.len(),
            dates: [first, middle, last],
            points: days.iter().map(point).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A week without papers was as wide as the night between two days.
    #[test]
    fn the_chart_has_days_in_their_true_distances() {
        let day = |day: &str, value: f64| serde_json::json!({"day": day, "ndcg_10": value});
        let days = [day("2024-04-01", 0.5), day("2024-04-02", 1.0), day("2024-04-11", 0.0)];
        let chart = Chart::of(&serde_json::json!({ "days": days })).unwrap();
        assert_eq!(chart.points, [["0.0", "30.0"], ["30.0", "1.0"], ["300.0", "59.0"]]);
        assert_eq!(chart.dates.map(|day| day.to_string()), ["2024-04-01", "2024-04-06", "2024-04-11"]);
        assert_eq!((chart.mean.as_str(), chart.n_days), ("0.50", 3));
        assert!(Chart::of(&serde_json::json!({"days": []})).is_none());
    }
}
