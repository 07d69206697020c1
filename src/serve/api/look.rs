//! Addresses that change nothing.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

use super::{Asked, Failures, Shaped, Shared, as_file, checked};
use crate::app::{
    App, Calendar, Days, Doctor, Found, Interests, Likes, Ranking, Saved, Shown, Similar, Subject, Today,
    TodayByTopic, Topics, Why,
};
use crate::error::{Error, Result as Known};
use crate::paper::{PaperId, Rating, Within};
use crate::present::references::Form;
use crate::serve::access::Visitor;
use crate::serve::paging::{Piece, cursor};
use crate::serve::problem::Problem;

/// Which days; the newest one in the library if none is given.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DayQuery {
    /// One day.
    pub date: Option<Date>,
    /// So many days up to the newest one, at least 1.
    #[param(minimum = 1)]
    pub days: Option<u32>,
}

impl DayQuery {
    /// The days that are meant.
    pub fn decided(&self) -> Result<Days, Problem> {
        match (self.date, self.days) {
            (Some(_), Some(_)) => Err(Problem::new("bad-request", "give either date or days")),
            (Some(day), None) => Ok(Days::One(day)),
            (None, Some(0)) => Err(Problem::new("bad-request", "days is 0, but it is at least 1")),
            (None, Some(n)) => Ok(Days::Last(n)),
            (None, None) => Ok(Days::Newest),
        }
    }
}

/// Which of the days' papers.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChoiceQuery {
    /// Only papers with at least this probability of a like, 0 to 1.
    #[param(minimum = 0, maximum = 1)]
    min_score: Option<f64>,
    /// Whether papers that say the same share a place and every interest keeps its places; true if not
    /// given.
    variety: Option<bool>,
}

impl ChoiceQuery {
    fn ranking(&self, n: usize) -> Result<Ranking, Problem> {
        let min_score = self.min_score.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&min_score) {
            let detail = format!("min_score is {min_score}, but a probability is 0 to 1");
            return Err(Problem::new("bad-request", detail));
        }
        Ok(Ranking { n, reach: n, min_score, variety: self.variety.unwrap_or(true) })
    }
}

/// A day's papers, the best first
///
/// Shape `today/1`, in pieces.
#[utoipa::path(get, path = "/today", tag = "look", params(DayQuery, ChoiceQuery, Piece),
    responses((status = 200, description = "`today/1`", body = Object), Failures))]
pub async fn today(
    State(site): Shared,
    visitor: Visitor,
    Asked(days): Asked<DayQuery>,
    Asked(choice): Asked<ChoiceQuery>,
    Asked(piece): Asked<Piece>,
) -> Result<Shaped<Today>, Problem> {
    let (days, cut) = (days.decided()?, piece.checked(site.n)?);
    // How many are asked for decides which: each interest keeps its places among them.
    let reach = if cut.is_first() { cut.limit } else { cut.reach() };
    let ranking = choice.ranking(reach)?;
    let mut today = site.work(visitor.reader, move |app| app.ranked(days, &ranking)).await?;
    let n_listed = today.n_listed;
    let (picks, next) = cut.cut(today.picks, |pick| pick.paper.id.clone());
    let last = picks.last().filter(|_| picks.len() == cut.limit && n_listed > reach);
    let next = next.or_else(|| last.filter(|_| cut.is_first()).map(|last| cursor(reach, &last.paper.id)));
    today.picks = picks;
    Ok(Shaped { next, ..Shaped::new("today/1", today) })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FirstQuery {
    /// How many papers in all, 1 to 1000; the server's own number if not given.
    #[param(minimum = 1, maximum = 1000)]
    n: Option<usize>,
}

/// A day's best papers under their topics
///
/// Shape `today-by-topic/1`: the topic with the best paper first, without those that you muted.
#[utoipa::path(get, path = "/today/by-topic", tag = "look", params(DayQuery, ChoiceQuery, FirstQuery),
    responses((status = 200, description = "`today-by-topic/1`", body = Object), Failures))]
pub async fn today_by_topic(
    State(site): Shared,
    visitor: Visitor,
    Asked(days): Asked<DayQuery>,
    Asked(choice): Asked<ChoiceQuery>,
    Asked(first): Asked<FirstQuery>,
) -> Result<Shaped<TodayByTopic>, Problem> {
    let (days, ranking) = (days.decided()?, choice.ranking(checked(first.n, site.n)?)?);
    let kept = site.clone();
    let work = site.work(visitor.reader, move |app| {
        let today = app.ranked(days, &ranking)?;
        Ok(today.by_topic(&*kept.topics_by(app, days)?))
    });
    Ok(Shaped::new("today-by-topic/1", work.await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SimilarQuery {
    /// A paper: `2404.15653`, or any address of it.
    #[param(max_length = 500)]
    id: Option<String>,
    /// A text to look around instead.
    #[param(max_length = 10_000)]
    text: Option<String>,
}

/// Which papers are meant; all of them if none of these is given.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WithinQuery {
    /// Listed on this day or later; a paper that was never listed counts by its publication.
    since: Option<Date>,
    /// Listed, or published, on this day or before.
    until: Option<Date>,
    /// In one of these categories, between commas.
    #[param(max_length = 300, example = "cs.CV,cs.LG")]
    category: Option<String>,
    /// Only papers that you rated (true), or did not rate (false).
    rated: Option<bool>,
    /// With so many votes or more.
    votes: Option<u32>,
    /// Only papers of no topic and no interest that you muted.
    #[serde(default)]
    unmuted: bool,
}

impl WithinQuery {
    fn decided(self) -> Within {
        let categories = self.category.unwrap_or_default();
        let categories = categories.split(',').map(str::trim).filter(|category| !category.is_empty());
        Within {
            since: self.since,
            until: self.until,
            categories: categories.map(str::to_owned).collect(),
            rated: self.rated,
            votes: self.votes,
            unmuted: self.unmuted,
        }
    }
}

impl SimilarQuery {
    fn subject(self) -> Result<Subject, Problem> {
        match (self.id, self.text) {
            (Some(id), None) => Ok(Subject::Paper(PaperId::parse(&id)?.0)),
            (None, Some(text)) if !text.trim().is_empty() => Ok(Subject::Text(text)),
            _ => Err(Problem::new("bad-request", "give either id or text to look around")),
        }
    }
}

/// The papers similar to a paper or a text
///
/// Shape `similar/1`, in pieces.
#[utoipa::path(get, path = "/similar", tag = "look", params(SimilarQuery, WithinQuery, Piece),
    responses((status = 200, description = "`similar/1`", body = Object), Failures))]
pub async fn similar(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<SimilarQuery>,
    Asked(within): Asked<WithinQuery>,
    Asked(piece): Asked<Piece>,
) -> Result<Shaped<Similar>, Problem> {
    let (subject, within, cut) = (query.subject()?, within.decided(), piece.checked(site.n)?);
    let reach = cut.reach();
    let work = site.work(visitor.reader, move |app| app.similar_within(&subject, reach, &within));
    let mut similar = work.await?;
    let (neighbours, next) = cut.cut(similar.neighbours, |neighbour| neighbour.paper.id.clone());
    similar.neighbours = neighbours;
    Ok(Shaped { next, ..Shaped::new("similar/1", similar) })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TopicsQuery {
    /// Only the groups about this: a paper, a name, words, or what is nearest to them in meaning.
    #[param(max_length = 300)]
    about: Option<String>,
}

/// A day in named groups
///
/// Shape `topics/1`.
#[utoipa::path(get, path = "/topics", tag = "look", params(DayQuery, TopicsQuery),
    responses((status = 200, description = "`topics/1`", body = Object), Failures))]
pub async fn topics(
    State(site): Shared,
    visitor: Visitor,
    Asked(days): Asked<DayQuery>,
    Asked(query): Asked<TopicsQuery>,
) -> Result<Shaped<Topics>, Problem> {
    let days = days.decided()?;
    if let Some(about) = query.about {
        let topics = site.work(visitor.reader, move |app| app.topics_about(days, &about)).await?;
        return Ok(Shaped::new("topics/1", topics));
    }
    let topics = site.topics(visitor.reader, days).await?;
    Ok(Shaped::new("topics/1", Topics::clone(&topics)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// The words; the last may be unfinished.
    #[param(max_length = 1_000)]
    words: String,
    /// Papers that say the words or mean them; or, with `words`, those that hold all of them.
    #[serde(default)]
    #[param(inline)]
    by: By,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum By {
    #[default]
    Both,
    Words,
}

/// Papers that hold the words, or mean them
///
/// Shape `search/1`, in pieces: the order of the page Search, or with `by=words` that of `paperpick search`.
#[utoipa::path(get, path = "/search", tag = "look", params(SearchQuery, WithinQuery, Piece),
    responses((status = 200, description = "`search/1`", body = Object), Failures))]
pub async fn search(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<SearchQuery>,
    Asked(within): Asked<WithinQuery>,
    Asked(piece): Asked<Piece>,
) -> Result<Shaped<Found>, Problem> {
    let (within, cut) = (within.decided(), piece.checked(site.n)?);
    let reach = cut.reach();
    let by_words = query.by == By::Words;
    let work = site.work(visitor.reader, move |app| app.find(&query.words, by_words, reach, &within));
    let mut found = work.await?;
    let (papers, next) = cut.cut(found.papers, |paper| paper.id.clone());
    found.papers = papers;
    Ok(Shaped { next, ..Shaped::new("search/1", found) })
}

/// Which paper.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OnePaper {
    /// The paper: `2404.15653`, or any address of it.
    #[param(max_length = 500, example = "2404.15653")]
    pub id: String,
}

/// All that is known of a paper
///
/// Shape `show/1`.
#[utoipa::path(get, path = "/show", tag = "look", params(OnePaper),
    responses((status = 200, description = "`show/1`", body = Object), Failures))]
pub async fn show(
    State(site): Shared,
    visitor: Visitor,
    Asked(paper): Asked<OnePaper>,
) -> Result<Shaped<Shown>, Problem> {
    let id = PaperId::parse(&paper.id)?.0;
    Ok(Shaped::new("show/1", site.work(visitor.reader, move |app| app.show(&id)).await?))
}

/// Why a paper has its score
///
/// Shape `why/1`.
#[utoipa::path(get, path = "/why", tag = "look", params(OnePaper),
    responses((status = 200, description = "`why/1`", body = Object), Failures))]
pub async fn why(
    State(site): Shared,
    visitor: Visitor,
    Asked(paper): Asked<OnePaper>,
) -> Result<Shaped<Why>, Problem> {
    let id = PaperId::parse(&paper.id)?.0;
    Ok(Shaped::new("why/1", site.work(visitor.reader, move |app| app.why(&id)).await?))
}

/// Your interests, the largest first
///
/// Shape `interests/1`.
#[utoipa::path(get, path = "/interests", tag = "look",
    responses((status = 200, description = "`interests/1`", body = Object), Failures))]
pub async fn interests(State(site): Shared, visitor: Visitor) -> Result<Shaped<Interests>, Problem> {
    Ok(Shaped::new("interests/1", site.work(visitor.reader, |app| app.interests()).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LikesQuery {
    /// Only these: `like` or `dislike`.
    #[param(value_type = Option<String>, pattern = "^(dis)?like$")]
    only: Option<Rating>,
}

/// What you have rated, the newest first
///
/// Shape `likes/1`, in pieces.
#[utoipa::path(get, path = "/likes", tag = "look", params(LikesQuery, Piece),
    responses((status = 200, description = "`likes/1`", body = Object), Failures))]
pub async fn likes(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<LikesQuery>,
    Asked(piece): Asked<Piece>,
) -> Result<Shaped<Likes>, Problem> {
    let cut = piece.checked(site.n)?;
    let mut likes = site.work(visitor.reader, move |app| app.likes(query.only)).await?;
    let (ratings, next) = cut.cut(likes.ratings, |rated| rated.id.to_string());
    likes.ratings = ratings;
    Ok(Shaped { next, ..Shaped::new("likes/1", likes) })
}

/// What you keep for later, the newest first
///
/// Shape `saved/1`, in pieces.
#[utoipa::path(get, path = "/saved", tag = "look", params(Piece),
    responses((status = 200, description = "`saved/1`", body = Object), Failures))]
pub async fn saved(
    State(site): Shared,
    visitor: Visitor,
    Asked(piece): Asked<Piece>,
) -> Result<Shaped<Saved>, Problem> {
    let cut = piece.checked(site.n)?;
    let mut saved = site.work(visitor.reader, |app| app.saved()).await?;
    let (papers, next) = cut.cut(saved.papers, |paper| paper.id.to_string());
    saved.papers = papers;
    Ok(Shaped { next, ..Shaped::new("saved/1", saved) })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CalendarQuery {
    /// So many weeks up to the newest day, 1 to 520; 5 if not given.
    #[param(minimum = 1, maximum = 520)]
    weeks: Option<u32>,
    /// Only this source, such as `arxiv:cs.CV` or `hf`.
    #[param(max_length = 300)]
    source: Option<String>,
}

/// Which days each source announced, and what is missing
///
/// Shape `days/1`.
#[utoipa::path(get, path = "/days", tag = "look", params(CalendarQuery),
    responses((status = 200, description = "`days/1`", body = Object), Failures))]
pub async fn days(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<CalendarQuery>,
) -> Result<Shaped<Calendar>, Problem> {
    let weeks = query.weeks.unwrap_or(5);
    if !(1..=520).contains(&weeks) {
        return Err(Problem::new("bad-request", format!("weeks is {weeks}, but a calendar has 1 to 520")));
    }
    let work = site.work(visitor.reader, move |app| app.calendar(query.source.as_deref(), weeks));
    Ok(Shaped::new("days/1", work.await?))
}

/// What is there and what is stale, and how to mend it
///
/// Shape `doctor/1`.
#[utoipa::path(get, path = "/doctor", tag = "look",
    responses((status = 200, description = "`doctor/1`", body = Object), Failures))]
pub async fn doctor(State(site): Shared, visitor: Visitor) -> Result<Shaped<Doctor>, Problem> {
    Ok(Shaped::new("doctor/1", site.work(visitor.reader, |app| app.doctor()).await?))
}

/// A long answer is sent in pieces of so many bytes.
const PIECE_BYTES: usize = 64 << 10;

#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// The papers alone, for a reference manager: `bibtex` or `ris`.
    #[serde(rename = "as")]
    #[param(value_type = Option<String>, pattern = "^(bibtex|ris)$")]
    form: Option<Form>,
    /// Of them, only the papers that you like.
    #[serde(default)]
    likes: bool,
}

/// Every paper, and what you said of them, as lines of JSON
///
/// The lines that `paperpick export` writes and `import` reads; or the papers as BibTeX or RIS. One at a time
/// for all readers.
#[utoipa::path(get, path = "/export", tag = "look", params(ExportQuery),
    responses((status = 200, description = "lines of JSON", content_type = "application/jsonl", body = String), Failures))]
pub async fn export(
    State(site): Shared,
    visitor: Visitor,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, Problem> {
    let (kind, file) = match (query.form, query.likes) {
        (None, true) => {
            let detail = "likes goes with as=bibtex or as=ris: the lines of JSON hold everything";
            return Err(Problem::new("bad-request", detail));
        }
        (None, false) => ("application/jsonl", "attachment; filename=\"papers.jsonl\""),
        (Some(Form::Bibtex), _) => {
            ("application/x-bibtex; charset=utf-8", "attachment; filename=\"papers.bib\"")
        }
        (Some(Form::Ris), _) => {
            ("application/x-research-info-systems; charset=utf-8", "attachment; filename=\"papers.ris\"")
        }
    };
    let turn = site.long_turn()?;
    let (pieces, received) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(4);
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let send = |piece: Vec<u8>| {
            let gone = |_| Error::Invalid("the client is gone".into());
            pieces.blocking_send(Ok(Bytes::from(piece))).map_err(gone)
        };
        let done = site.open().and_then(|mut app| {
            app.set_reader(visitor.reader);
            exported(&app, query, send)
        });
        if let Err(error) = done {
            // Cuts the answer off, so that half an export is not taken for a whole one.
            let _ = pieces.blocking_send(Err(std::io::Error::other(error)));
        }
    });
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(([kind, as_file(file)], Body::from_stream(ReceiverStream::new(received))).into_response())
}

/// Writes what was asked for, in pieces.
fn exported(app: &App, query: ExportQuery, send: impl Fn(Vec<u8>) -> Known<()>) -> Known<()> {
    let mut piece = Vec::new();
    let mut add = |text: &[u8]| {
        piece.extend(text);
        if piece.len() > PIECE_BYTES { send(std::mem::take(&mut piece)) } else { Ok(()) }
    };
    let line = |written: Result<Vec<u8>, serde_json::Error>| -> Known<Vec<u8>> {
        let mut line = written.map_err(|error| Error::Invalid(error.to_string()))?;
        line.push(b'\n');
        Ok(line)
    };
    match query.form {
        Some(form) => app.export_some(query.likes, |paper| add(form.entry(paper).as_bytes()))?,
        None => {
            app.export(|paper| add(&line(serde_json::to_vec(paper))?))?;
            app.export_beside(|beside| add(&line(serde_json::to_vec(beside))?))?;
        }
    }
    send(piece)
}
