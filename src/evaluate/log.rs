//! What readers did, in time order: papers by the day that listed them, and ratings.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::paper::{Announced, Language, Listing, PICKS, Paper, PaperId, Votes};

/// The history that a replay walks.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// The papers by day and identifier. What is known on a day is what stands before it.
    pub papers: Vec<Listed>,
    /// The readers by name.
    pub users: Vec<User>,
    /// Ratings of papers that are not among the papers.
    pub n_unknown: usize,
}

/// A paper and the first day that listed it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The day.
    pub day: Date,
    /// The paper.
    pub paper: Paper,
}

impl Listed {
    /// The identifier as files of papers write it.
    pub fn id(&self) -> &str {
        let id = self.paper.id.as_str();
        id.strip_prefix("own:").unwrap_or(id)
    }
}

/// A reader.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// The name, without white space, so that it can stand in a TREC file.
    pub name: String,
    /// All ratings by time, those of one moment by paper; a later one of the same paper replaces
    /// an earlier one.
    pub ratings: Vec<Rated>,
}

/// A rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated {
    /// When, in UTC; midnight where only the day is known.
    pub at: DateTime,
    /// The place among the log's papers.
    pub paper: usize,
    /// Whether it was liked or disliked.
    pub liked: bool,
}

/// A rating as a file or a library has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// Who rated.
    pub user: String,
    /// The paper.
    pub id: PaperId,
    /// Whether it was liked or disliked.
    pub liked: bool,
    /// When, in UTC.
    pub at: DateTime,
}

/// A line that was passed over.
pub type Problem = String;

impl Log {
    /// Puts papers and ratings in order. Of a paper that comes twice, its first day counts, and of
    /// two entries of that day the first.
    pub fn new(mut papers: Vec<Listed>, ratings: Vec<Rating>) -> Self {
        let key = |listed: &Listed| (listed.day, listed.paper.id.clone());
        papers.sort_by_cached_key(key);
        let mut places: HashMap<PaperId, usize> = HashMap::with_capacity(papers.len());
        let mut kept: Vec<Listed> = Vec::with_capacity(papers.len());
        for listed in papers {
            places.entry(listed.paper.id.clone()).or_insert_with(|| {
                kept.push(listed);
                kept.len() - 1
            });
        }
        let mut log = Self { papers: kept, ..Self::default() };
        let mut users: std::collections::BTreeMap<String, Vec<Rated>> = Default::default();
        for Rating { user, id, liked, at } in ratings {
            match places.get(&id) {
                Some(&paper) => users.entry(user).or_default().push(Rated { at, paper, liked }),
                None => log.n_unknown += 1,
            }
        }
        log.users = users.into_iter().map(|(name, ratings)| User::new(name, ratings)).collect();
        log
    }

    /// Reads papers as JSON lines `{id, title, abstract, authors, categories, listed, votes, picked}`, of
    /// which `id` and `listed` must be there (`picked` is the day on which Hugging Face's page had it), and
    /// ratings as CSV with the columns `user`, `id`, `rating` (1 or -1) and `at` (a day or a time) in any order.
    ///
    /// A line that cannot be read is a problem and does not hide the others.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a file stops in the middle, if the CSV has not these columns, or if
    /// not a single line is good.
    pub fn read(papers: impl BufRead, ratings: impl Read) -> Result<(Self, Vec<Problem>)> {
        let mut problems = Vec::new();
        let mut all = Vec::new();
        for (i, line) in papers.lines().enumerate() {
            let line = line.map_err(|e| Error::Invalid(format!("papers, line {}: {e}", i + 1)))?;
            if !line.trim().is_empty() {
                match serde_json::from_str(&line).map_err(|e| e.to_string()).and_then(listed) {
                    Ok(listed) => all.push(listed),
                    Err(problem) => problems.push(format!("papers, line {}: {problem}", i + 1)),
                }
            }
        }
        if all.is_empty() {
            let why = problems.first().map(|p| format!(": {p}")).unwrap_or_default();
            return Err(Error::Invalid(format!("the file of papers has no paper{why}")));
        }
        let ratings = read_ratings(ratings, &mut problems)?;
        Ok((Self::new(all, ratings), problems))
    }

    /// The places of the papers that were listed before a day.
    pub fn before(&self, day: Date) -> usize {
        self.papers.partition_point(|listed| listed.day < day)
    }
}

impl User {
    fn new(name: String, mut ratings: Vec<Rated>) -> Self {
        ratings.sort_by_key(|r| (r.at, r.paper, r.liked));
        ratings.dedup();
        Self { name, ratings }
    }

    /// The first day after the first half of the ratings.
    pub fn second_half(&self) -> Option<Date> {
        let middle = self.ratings.get(self.ratings.len().div_ceil(2).checked_sub(1)?)?;
        middle.at.date().tomorrow().ok()
    }
}

#[derive(Deserialize)]
struct PaperLine {
    id: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, rename = "abstract", alias = "summary")]
    abstract_text: Option<String>,
    #[serde(default)]
    ko: Option<String>,
    #[serde(default)]
    authors: Option<Words>,
    #[serde(default)]
    categories: Option<Words>,
    listed: Words,
    #[serde(default)]
    votes: Option<u32>,
    #[serde(default)]
    picked: Option<String>,
}

/// A list, or a text that holds one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Text(String),
}

impl Words {
    fn split(self, at: fn(char) -> bool) -> Vec<String> {
        let words = match self {
            Self::List(words) => words,
            Self::Text(text) => text.split(at).map(str::to_owned).collect(),
        };
        words.iter().map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect()
    }
}

fn listed(line: PaperLine) -> Result<Listed, Problem> {
    let mut paper = Paper::new(identity(&line.id)?, line.title.unwrap_or_default());
    paper.abstract_text = line.abstract_text.unwrap_or_default().trim().to_owned();
    paper.summaries.extend(line.ko.map(|korean| (Language::Ko, korean)));
    paper.authors = line.authors.map(|a| a.split(|c| c == ',' || c == ';')).unwrap_or_default();
    paper.categories =
        line.categories.map(|c| c.split(|c| c.is_whitespace() || c == ',')).unwrap_or_default();
    paper.votes.extend(line.votes.map(|count| Votes { source: "file".into(), at: None, count }));
    let days = line.listed.split(|c| c == ',');
    let days = days.iter().map(|day| moment(day).map(DateTime::date)).collect::<Result<Vec<_>, _>>()?;
    let day = days.into_iter().min().ok_or("`listed` names no day")?;
    let listing = |day, source: &str| Listing { day, source: source.into(), announced: Announced::New };
    paper.listings.push(listing(day, "file"));
    if let Some(picked) = &line.picked {
        paper.listings.push(listing(moment(picked)?.date(), PICKS[0]));
    }
    Ok(Listed { day, paper })
}

/// An identifier in any form, or else a name of its own.
fn identity(text: &str) -> Result<PaperId, Problem> {
    match PaperId::parse(text) {
        Ok((id, _)) => Ok(id),
        Err(_) => PaperId::own(text.trim()).ok_or_else(|| format!("`{text}` is no identifier")),
    }
}

/// A day, or a time; a time with a zone in UTC.
fn moment(text: &str) -> Result<DateTime, Problem> {
    let text = text.trim();
    let day = || text.parse::<Date>().ok().map(|day| day.to_datetime(Default::default()));
    let zoned = || text.parse::<Timestamp>().ok().map(|at| at.to_zoned(TimeZone::UTC).datetime());
    let found = zoned().or_else(|| text.parse::<DateTime>().ok()).or_else(day);
    found.ok_or_else(|| format!("expected a day such as 2025-03-18, not `{text}`"))
}

fn read_ratings(mut input: impl Read, problems: &mut Vec<Problem>) -> Result<Vec<Rating>> {
    let invalid = |why: String| Error::Invalid(format!("the file of ratings {why}"));
    let mut text = String::new();
    input.read_to_string(&mut text).map_err(|e| invalid(format!("cannot be read: {e}")))?;
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let header = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    let column = |name: &str| {
        let found = header.iter().position(|cell| cell.eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            invalid(format!("wants the columns user,id,rating,at, but begins `{}`", header.join(",")))
        })
    };
    let columns = [column("user")?, column("id")?, column("rating")?, column("at")?];
    let mut ratings = Vec::new();
    for (i, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match rating(&cells(line), columns) {
            Ok(rating) => ratings.push(rating),
            Err(problem) => problems.push(format!("ratings, line {}: {problem}", i + 1)),
        }
    }
    if ratings.is_empty() {
        return Err(invalid("has no rating".into()));
    }
    Ok(ratings)
}

fn rating(cells: &[String], columns: [usize; 4]) -> Result<Rating, Problem> {
    let [user, id, rating, at] = columns.map(|column| cells.get(column).map_or("", String::as_str));
    let liked = match rating.parse::<f64>() {
        Ok(1.0) => true,
        Ok(-1.0) => false,
        _ => return Err(format!("a rating is 1 or -1, not `{rating}`")),
    };
    let user: Vec<&str> = user.split_whitespace().collect();
    if user.is_empty() {
        return Err("there is no user".into());
    }
    Ok(Rating { user: user.join("_"), id: identity(id)?, liked, at: moment(at)? })
}

/// The cells of a line of CSV; a cell in quotes may hold commas, and doubled quotes.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut before) = (false, None);
    for c in line.chars() {
        match c {
            '"' => {
                // A quote that closed and opens again is a quote.
                if !quoted && before == Some('"') {
                    cells.last_mut().into_iter().for_each(|cell| cell.push('"'));
                }
                quoted = !quoted;
            }
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().into_iter().for_each(|cell| cell.push(c)),
        }
        before = Some(c);
    }
    cells.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAPERS: &str = r#"{"id": "2501.00002v3", "title": "B", "abstract": "b", "authors": "X Y, Z", "categories": "cs.CV cs.CL", "listed": "2025-01-03"}
{"id": "https://arxiv.org/abs/2501.00002", "title": "B again", "listed": ["2025-01-05", "2025-01-02"]}
{"id": "note-1", "title": "N", "authors": ["X"], "categories": ["cs.CV"], "listed": "2025-01-02T10:00:00Z", "extra": 1}
{"id": "2501.00003", "title": "no day"}
"#;

    fn read(ratings: &str) -> Result<(Log, Vec<Problem>)> {
        Log::read(PAPERS.as_bytes(), ratings.as_bytes())
    }

    #[test]
    fn a_paper_counts_on_its_first_day_in_whatever_form_it_comes() {
        let (log, problems) = read("user,id,rating,at\nann,note-1,1,2025-01-02\n").unwrap();
        let papers: Vec<String> = log.papers.iter().map(|p| format!("{} {}", p.day, p.id())).collect();
        assert_eq!(papers, ["2025-01-02 2501.00002", "2025-01-02 note-1"]);
        assert_eq!(log.papers[0].paper.title, "B again");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("papers, line 4: missing field `listed`"), "{problems:?}");
    }

    #[test]
    fn ratings_are_in_time_order_and_bad_lines_are_reported() {
        let text = "id,at,user,rating\r\n2501.00002,2025-01-04T23:30:00-02:00,ann,1\r\nnote-1,2025-01-04,ann,-1\r\n\
                    note-1,2025-01-04,\"b, c\",5\r\n2501.99999,2025-01-04,ann,1\r\nnote-1,yesterday,ann,1\r\n";
        let (log, problems) = read(text).unwrap();
        let ann = &log.users[0];
        assert_eq!((log.users.len(), log.n_unknown), (1, 1));
        assert_eq!(
            ann.ratings.iter().map(|r| (r.paper, r.liked)).collect::<Vec<_>>(),
            [(1, false), (0, true)]
        );
        assert_eq!(ann.ratings[1].at, jiff::civil::date(2025, 1, 5).at(1, 30, 0, 0));
        assert!(problems[1].starts_with("ratings, line 4: a rating is 1 or -1, not `5`"), "{problems:?}");
        assert!(problems[2].starts_with("ratings, line 6: expected a day"), "{problems:?}");
    }

    #[test]
    fn a_file_without_the_columns_says_what_it_wants() {
        let error = read("paper;stars\n").unwrap_err().to_string();
        assert!(error.contains("user,id,rating,at") && error.contains("paper;stars"), "{error}");
    }

    #[test]
    fn the_second_half_begins_after_the_day_of_the_middle_rating() {
        let day = |d| jiff::civil::date(2025, 1, d).at(9, 0, 0, 0);
        let user = |days: &[i8]| {
            let ratings = days.iter().enumerate();
            User::new(
                "u".into(),
                ratings.map(|(paper, &d)| Rated { at: day(d), paper, liked: true }).collect(),
            )
        };
        assert_eq!(user(&[1, 2, 5, 9]).second_half(), Some(jiff::civil::date(2025, 1, 3)));
        assert_eq!(user(&[4, 1, 5]).second_half(), Some(jiff::civil::date(2025, 1, 5)));
        assert_eq!(user(&[]).second_half(), None);
    }

    #[test]
    fn cells_may_be_quoted() {
        assert_eq!(cells(r#"a,"b, ""c""",,d "#), ["a", r#"b, "c""#, "", "d"]);
    }
}
