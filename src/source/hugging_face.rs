//! Hugging Face daily papers: the answer of `/api/daily_papers`, as JSON.

use std::io::BufRead;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::json::Items;
use super::{Parsed, Place, authors, excerpt, leading_day};
use crate::paper::{Language, Listing, Paper, PaperId, Votes, latex, one_line};

/// The source's name in listings and votes.
const SOURCE: &str = "hf";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HubEntry {
    paper: HubPaper,
    title: Option<String>,
    summary: Option<String>,
    media_urls: Option<Vec<String>>,
    thumbnail: Option<String>,
    submitted_by: Option<Person>,
    organization: Option<Person>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HubPaper {
    id: String,
    title: Option<String>,
    summary: Option<String>,
    authors: Option<Vec<Person>>,
    upvotes: Option<u32>,
    published_at: Option<String>,
    submitted_on_daily_at: Option<String>,
    submitted_on_daily_by: Option<Person>,
    media_urls: Option<Vec<String>>,
    project_page: Option<String>,
    github_repo: Option<String>,
    #[serde(rename = "ai_summary")]
    ai_summary: Option<String>,
    #[serde(rename = "ai_keywords")]
    ai_keywords: Option<Vec<String>>,
    organization: Option<Person>,
}

/// A person or an organization.
#[derive(Deserialize)]
struct Person {
    fullname: Option<String>,
    name: Option<String>,
}

impl Person {
    fn into_name(self) -> Option<String> {
        self.fullname.or(self.name).map(|name| one_line(&name)).filter(|name| !name.is_empty())
    }
}

/// The papers of one answer. The list is the whole answer, or stands under `data` in it.
pub(super) fn papers(input: impl BufRead, hint: Option<Date>) -> impl Iterator<Item = Parsed> {
    Items::new(input, &["data"]).enumerate().map(move |(i, item)| {
        item.and_then(|bytes| row(&bytes, hint)).map_err(|message| {
            let day = hint.map(|day| format!("{day}: ")).unwrap_or_default();
            (Place::Item(i + 1), day + &message)
        })
    })
}

fn row(bytes: &[u8], hint: Option<Date>) -> Result<Paper, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if let Value::String(text) = &value {
        // A crawl that printed its rows instead of writing them as JSON.
        let id = text.split("'id': '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("unknown");
        return Err(format!("expected an object, but the row is a text; it is about {}", excerpt(id)));
    }
    HubEntry::deserialize(value).map_err(|error| error.to_string()).and_then(|row| paper(row, hint))
}

fn paper(row: HubEntry, hint: Option<Date>) -> Result<Paper, String> {
    let core = row.paper;
    let (id, version) = PaperId::parse(&core.id).map_err(|error| error.to_string())?;
    let title = core.title.or(row.title).unwrap_or_default();
    let mut paper = Paper::new(id, latex::decode(&title));
    paper.version = version;
    paper.abstract_text = one_line(&latex::decode(&core.summary.or(row.summary).unwrap_or_default()));
    paper.authors = core
        .authors
        .into_iter()
        .flatten()
        .filter_map(|person| Some(authors::clean(&person.name.or(person.fullname)?)))
        .filter(|name| !name.is_empty())
        .collect();
    paper.published = core.published_at.as_deref().and_then(leading_day);
    let day = core.submitted_on_daily_at.as_deref().and_then(leading_day).or(hint);
    paper.listings.extend(day.map(|day| Listing {
        day,
        source: SOURCE.to_owned(),
        announced: Default::default(),
    }));
    // The count belongs to the moment of the request, which the answer does not tell.
    paper.votes.extend(core.upvotes.map(|count| Votes { source: SOURCE.to_owned(), at: None, count }));
    if let Some(summary) = core.ai_summary.map(|s| one_line(&s)).filter(|s| !s.is_empty()) {
        paper.summaries.insert(Language::En, summary);
    }
    let shown = core.media_urls.or(row.media_urls).and_then(|urls| urls.into_iter().next());
    let (video, image) = if shown.as_deref().is_some_and(is_film) { (shown, None) } else { (None, shown) };
    let facts = [
        ("code", core.github_repo),
        ("project", core.project_page),
        ("keywords", core.ai_keywords.map(|words| words.join(", "))),
        ("organization", core.organization.or(row.organization).and_then(Person::into_name)),
        ("submitter", core.submitted_on_daily_by.or(row.submitted_by).and_then(Person::into_name)),
        ("video", video),
        ("image", image.or(row.thumbnail)),
    ];
    for (name, value) in facts {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            paper.facts.insert(name.to_owned(), value);
        }
    }
    Ok(paper)
}

fn is_film(address: &str) -> bool {
    [".mp4", ".mov", ".qt", ".webm"].iter().any(|end| address.to_ascii_lowercase().ends_with(end))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const DAY: Date = date(2024, 12, 11);

    fn read(text: &str) -> Vec<Parsed> {
        papers(text.as_bytes(), Some(DAY)).collect()
    }

    #[test]
    fn a_full_row_and_a_bare_one() {
        let found = read(
            r#"[{"paper": {"id": "2404.15653", "title": "A title\n  in two lines", "summary": "What it\nis about.",
                "authors": [{"name": "Ann Bee", "hidden": false}, {"name": "", "hidden": true}], "upvotes": 12,
                "publishedAt": "2024-04-24T17:00:00.000Z", "submittedOnDailyAt": "2024-04-25T03:00:00.000Z",
                "submittedOnDailyBy": {"fullname": "Carl Dee"}, "githubRepo": "https://example.org/code",
                "ai_summary": "In short.", "ai_keywords": ["one", "two"], "organization": {"name": "lab", "fullname": "The Lab"}},
              "title": "another", "mediaUrls": ["https://example.org/a.MP4"], "thumbnail": "https://example.org/a.png"},
             {"paper": {"id": "2404.15654", "title": "Bare"}}]"#,
        );
        let full = found[0].as_ref().unwrap();
        assert_eq!(full.title, "A title in two lines");
        assert_eq!(full.abstract_text, "What it is about.");
        assert_eq!(full.authors, ["Ann Bee"]);
        assert_eq!(full.summaries[&Language::En], "In short.");
        assert_eq!(full.listings[0].day, date(2024, 4, 25));
        assert_eq!((full.top_votes(), full.published), (Some(12), Some(date(2024, 4, 24))));
        let facts: Vec<_> = full.facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            facts,
            [
                "code=https://example.org/code",
                "image=https://example.org/a.png",
                "keywords=one, two",
                "organization=The Lab",
                "submitter=Carl Dee",
                "video=https://example.org/a.MP4",
            ]
        );
        let bare = found[1].as_ref().unwrap();
        assert_eq!((bare.listings[0].day, bare.top_votes()), (DAY, None));
    }

    #[test]
    fn a_row_that_is_a_text_is_a_problem_of_its_day() {
        let found = read(
            r#"["{'paper': {'id': '2412.07730', 'title': 'x'}}", {"paper": {"id": "2412.07731"}}, {"paper": {}}]"#,
        );
        assert_eq!(
            found[0],
            Err((
                Place::Item(1),
                "2024-12-11: expected an object, but the row is a text; it is about 2412.07730".into()
            ))
        );
        assert_eq!(found[1].as_ref().unwrap().id.as_str(), "2412.07731");
        assert_eq!(found[2], Err((Place::Item(3), "2024-12-11: missing field `id`".into())));
    }

    #[test]
    fn a_list_under_data_and_an_empty_day() {
        let wrapped = r#"{"status": "success", "data": [{"paper": {"id": "2412.07730"}}]}"#;
        assert_eq!(read(wrapped).len(), 1);
        assert_eq!(read("[]"), []);
    }
}
