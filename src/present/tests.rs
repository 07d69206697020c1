//! Hostile texts in every format, and digests that come back as they were.

use std::collections::BTreeMap;

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag};

use super::feed::{self, Served, Subscription};
use super::{chat, html, likelihood, markdown, text};
use crate::paper::{Brief, Language, Paper, plain};
use crate::recommend::Band;
use crate::source::{self, Hints};
use crate::verbs::digest::{Digest, Entry, Section};
use crate::verbs::feed::{Dated, Feed};
use crate::verbs::likes::RatingCounts;
use crate::verbs::pick::{Basis, Pick};
use crate::verbs::points::{By, Points};

/// Texts that try to be more than a text.
pub(super) const HOSTILE: &[&str] = &[
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![p](https://evil.example/p.png) <https://evil.example>",
    "</title></td></table>]]>--><!-- \"'onmouseover='x' &lt;b&gt; &amp;#60;",
    "**bold** *it* _it_ `code` ~~gone~~ # head > quote | a \\| b \\",
    "$\\lambda_{1}$ and $x_1*y_2$ \\textbf{bold} $\\{a\\}$ 100\\% R&D A&M",
    "](https://evil.example) [x][y] [IDK] GPT-[n]",
    "bell \u{7} escape \u{1b}[31m nul \u{0} right \u{202e}txt.exe tag \u{e0041} bom \u{feff} last \u{ffff}",
    "## Daily Papers (2001-01-01)",
    "Vote: 99 Authors: nobody",
    "@everyone <!channel> <@U1> https://evil.example",
    "다음 🙂 日本語 عربي",
];

pub(super) fn entry(rank: usize, id: &str, title: &str) -> Entry {
    let paper = Brief {
        id: id.into(),
        title: title.into(),
        url: crate::PaperId::parse(id).unwrap().0.url(),
        authors: vec!["Ann Bee".into(), "Cy Dee".into()],
        categories: vec!["cs.CV".into()],
        votes: Some(3),
        listed: Some(jiff::civil::date(2024, 4, 25)),
        summary: None,
    };
    let reason = crate::recommend::Reason::NearLike { title: title.into() };
    let (band, above) = (Some(Band::of(0.5)), Some(98));
    let pick = Pick { rank, score: Some(0.5), band, above, reason, interest: None, alike: Vec::new(), paper };
    let summaries = BTreeMap::from([(Language::Ko, "새로운 방법입니다.".to_owned())]);
    let points = Points {
        by: By::Source,
        model: None,
        language: "ko".into(),
        lines: summaries.values().cloned().collect(),
    };
    Entry { pick, points, abstract_text: String::new(), summaries, image: None, video: None }
}

pub(super) fn day_of(entries: Vec<Entry>) -> Digest {
    Digest {
        day: jiff::civil::date(2024, 4, 25),
        n_listed: entries.len(),
        basis: Basis::Ratings,
        ratings: RatingCounts { likes: 1, dislikes: 2 },
        sections: vec![Section { name: None, entries }],
        language: Language::En,
    }
}

/// One entry for each text, in the title, a name and a summary; the last is 10,000 letters long.
pub(super) fn hostile_day() -> Digest {
    let long = "<b>&".repeat(2_500);
    let texts = HOSTILE.iter().copied().chain([long.as_str()]);
    let entries = texts.enumerate().map(|(i, text)| {
        let mut entry = entry(i + 1, &format!("2404.{:05}", i + 1), text);
        entry.pick.paper.authors = vec![text.into(), "Ann Bee".into()];
        entry.summaries.insert(Language::En, text.to_owned());
        entry.points.lines.push(text.to_owned());
        entry
    });
    let mut day = day_of(entries.collect());
    day.sections[0].name = Some(HOSTILE[0].to_owned());
    day
}

fn read(markdown: &str) -> Vec<Paper> {
    let input = Box::new(std::io::Cursor::new(markdown.to_owned().into_bytes()));
    let reader = source::read("digest.md", input, &Hints::default()).unwrap();
    reader.map(|found| found.unwrap()).collect()
}

#[test]
fn hostile_texts_come_back_from_markdown_as_they_were() {
    let day = hostile_day();
    let papers = read(&markdown::digest(&day));
    assert_eq!(papers.len(), day.entries().count());
    for (paper, entry) in papers.iter().zip(day.entries()) {
        assert_eq!(paper.title, plain(&entry.paper().title));
        let line = plain(&entry.summaries[&Language::En]);
        if line.contains(crate::paper::is_hangul) {
            // Read as what it is, whatever it was filed under.
            assert_eq!(paper.summaries[&Language::Ko], format!("{}\n{line}", entry.summaries[&Language::Ko]));
        } else {
            assert_eq!(paper.summaries[&Language::En], line);
            assert_eq!(paper.summaries[&Language::Ko], entry.summaries[&Language::Ko]);
        }
        assert_eq!((paper.top_votes(), paper.authors.len()), (Some(3), 2), "{:?}", paper.authors);
        assert_eq!(paper.listings[0].day, day.day);
    }
}

#[test]
fn markdown_readers_see_titles_links_and_bullets_and_nothing_else() {
    let day = hostile_day();
    let written = markdown::digest(&day);
    let (mut links, mut titles, mut inside) = (Vec::new(), Vec::<String>::new(), false);
    for event in Parser::new(&written) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("HTML: {html}"),
            Event::Start(Tag::Image { dest_url, .. }) => panic!("a picture: {dest_url}"),
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::CodeBlock(_)) | Event::Code(_) => {
                panic!("{event:?}")
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                links.push(dest_url.to_string());
                titles.push(String::new());
                inside = true;
            }
            Event::End(pulldown_cmark::TagEnd::Link) => inside = false,
            Event::Text(text) if inside => titles.last_mut().unwrap().push_str(&text),
            _ => {}
        }
    }
    let expected: Vec<_> = day.entries().map(|e| e.paper().url.clone().unwrap()).collect();
    assert_eq!(links, expected);
    let expected: Vec<_> = day.entries().map(|e| plain(&e.paper().title)).collect();
    assert_eq!(titles, expected);
}

#[test]
fn a_paper_that_is_unlikely_and_above_most_is_no_contradiction() {
    let told = |score, above| {
        let mut pick = entry(1, "2404.00001", "A").pick;
        (pick.band, pick.above) = (Some(Band::of(score)), Some(above));
        likelihood(&pick).unwrap()
    };
    assert_eq!(told(0.1, 99), "maybe · above 99 of 100");
    assert_eq!(told(0.01, 99), "unlikely, yet above 99 of 100");
    assert_eq!(told(0.01, 30), "unlikely · above 30 of 100");
}

#[test]
fn hostile_texts_are_only_texts_in_html() {
    let page = html::digest(&hostile_day(), Some(HOSTILE[0]));
    // Every `<` is one of ours, and nothing of theirs stands unquoted.
    for tag in page.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split([' ', '>', '\n']).next().unwrap();
        let known = [
            "!doctype", "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "h1",
            "h2", "h3", "p", "a", "br",
        ];
        assert!(known.contains(&name), "<{name}");
        assert!(!tag.split('>').next().unwrap().contains("onerror"), "{tag}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(page.len() < 100_000, "a title of 10,000 letters fills {} bytes", page.len());
    assert!(!page.chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn hostile_texts_cannot_drive_a_terminal() {
    let page = text::digest(&hostile_day());
    assert!(!page.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)));
    assert!(page.lines().all(|line| line.chars().count() < 1_500));
}

#[test]
fn a_reference_has_an_address_that_ends_where_it_ends() {
    for id in [
        "10.1016/S0140-6736(20)30183-5",
        "10.1002/(SICI)1097<1::AID>3.0;2-#",
        "own:odd)[name](x%20)",
        "hep-th/9901001",
    ] {
        let written = markdown::digest(&day_of(vec![entry(1, id, "T")]));
        let [paper] = &read(&written)[..] else { panic!("one paper: {written}") };
        assert_eq!(paper.id, crate::PaperId::parse(id).unwrap().0, "{written}");
    }
}

#[test]
fn a_page_and_the_name_of_its_paper_both_come_back() {
    let mut entry = entry(1, "own:tag:example.org,2024:post-1~0123abcd", "T");
    entry.pick.paper.url = Some("https://example.org/post?a=1&b=(2)".into());
    let written = markdown::digest(&day_of(vec![entry.clone()]));
    let heading =
        "### [T](https://example.org/post?a=1&b=%282%29 \"own:tag:example.org%2C2024:post-1~0123abcd\")";
    assert!(written.contains(heading), "{written}");
    let [paper] = &read(&written)[..] else { panic!("one paper: {written}") };
    assert_eq!(paper.id.as_str(), entry.pick.paper.id);
    assert_eq!(paper.url().as_deref(), Some("https://example.org/post?a=1&b=%282%29"));
}

#[test]
fn names_that_hold_commas_stay_whole() {
    let mut entry = entry(1, "2404.00001", "T");
    entry.pick.paper.authors =
        ["Team A, B and C", "Dan O'Neil (MIT)", "Q \"Q\" Z", "Ann Bee"].map(str::to_owned).to_vec();
    let papers = read(&markdown::digest(&day_of(vec![entry])));
    assert_eq!(papers[0].authors, ["Team A, B and C", "Dan O'Neil (MIT)", "Q \"Q\" Z", "Ann Bee"]);
}

#[test]
fn pictures_and_films_come_back_and_odd_addresses_are_left_out() {
    let mut entry = entry(1, "2404.00001", "T");
    entry.image = Some("https://example.org/a.png".into());
    entry.video = Some("https://example.org/a.mp4?x=1&y=2".into());
    let papers = read(&markdown::digest(&day_of(vec![entry.clone()])));
    assert_eq!(papers[0].facts["image"], "https://example.org/a.png");
    assert_eq!(papers[0].facts["video"], "https://example.org/a.mp4?x=1&y=2");
    for odd in ["javascript:alert(1)", "https://a.example/)<script>", "data:image/png;base64,AA"] {
        entry.image = Some(odd.into());
        assert!(!markdown::digest(&day_of(vec![entry.clone()])).contains(odd));
    }
}

proptest! {
    /// Few letters, so that the pairs that mean something to Markdown, TeX and HTML come up.
    #[test]
    fn any_title_and_summary_come_back(title in "[a1 \\\\\\[\\]()*_`~<>&#!$|.'\"-]{1,24}", line in "[가a1 \\\\\\[\\]()*_`~<>&#!$|:+-]{1,24}") {
        let mut entry = entry(1, "2404.00001", &title);
        entry.summaries = BTreeMap::from([(Language::Ko, format!("{line} 가나다라마바사아자차카타파하"))]);
        entry.points.lines = entry.summaries.values().cloned().collect();
        let written = markdown::digest(&day_of(vec![entry.clone()]));
        let papers = read(&written);
        // A TeX accent is read as the letter that it prints, wherever it comes from.
        let tex = |text: &str| text.contains('\\');
        if !tex(&title) {
            prop_assert_eq!(&papers[0].title, &plain(&title), "{}", written);
        }
        prop_assert_eq!(&papers[0].summaries[&Language::Ko], &plain(&entry.summaries[&Language::Ko]), "{}", written);
        for event in Parser::new(&written) {
            prop_assert!(!matches!(event, Event::Html(_) | Event::InlineHtml(_) | Event::Code(_)), "{}", written);
        }
    }
}

fn hostile_feed() -> Feed {
    let day = hostile_day();
    let entries: Vec<Dated> =
        day.entries().map(|entry| Dated { day: day.day, entry: entry.clone() }).collect();
    Feed {
        name: "picks".into(),
        title: format!("picks {}", HOSTILE[0]),
        updated: day.day,
        entries,
        language: Language::En,
    }
}

fn served() -> Served {
    let at = |path: &str| Some(format!("https://papers.example/{path}"));
    Served { feed: at("feeds/picks.atom?a=1&b=2"), page: at("") }
}

#[test]
fn feeds_are_read_back_whole() {
    let feed = hostile_feed();
    for written in [feed::atom(&feed, &served()), feed::json(&feed, &served())] {
        let read = feed_rs::parser::parse(written.as_bytes()).unwrap();
        assert_eq!(read.entries.len(), feed.entries.len());
        for (entry, dated) in read.entries.iter().zip(&feed.entries) {
            assert_eq!(Some(&entry.id), dated.entry.paper().url.as_ref());
            let title = &entry.title.as_ref().unwrap().content;
            let expected = plain(&dated.entry.paper().title);
            assert!(
                title.trim_end_matches('…').chars().zip(expected.chars()).all(|(a, b)| a == b),
                "{title}"
            );
            assert!(title.chars().count() <= 301);
            assert_eq!(entry.authors[1].name.as_deref(), Some("Ann Bee"));
            assert_eq!(entry.categories[0].term, "cs.CV");
            let body = entry.content.as_ref().unwrap().body.as_ref().unwrap();
            assert!(body.contains("새로운 방법입니다.") && !body.contains("<script"), "{body}");
        }
        assert!(written.len() < 100_000);
    }
    let read = feed_rs::parser::parse(feed::atom(&feed, &served()).as_bytes()).unwrap();
    assert_eq!(read.updated.unwrap().to_rfc3339(), "2024-04-25T00:00:00+00:00");
    assert_eq!(read.id, "tag:paperpick.invalid,2026:picks");
    assert_eq!(read.links[0].href, "https://papers.example/feeds/picks.atom?a=1&b=2");
}

#[test]
fn a_list_of_feeds_quotes_titles_and_addresses() {
    let feed = "https://papers.example/feeds/topic?name=\"a\"&b=<c>".to_owned();
    let opml = feed::opml(&[Subscription { title: HOSTILE[2].into(), feed }]);
    assert!(
        opml.contains("xmlUrl=\"https://papers.example/feeds/topic?name=&quot;a&quot;&amp;b=&lt;c&gt;\"/>")
    );
    assert_eq!(opml.matches('<').count(), 10, "{opml}");
}

#[test]
fn messages_for_channels_are_harmless_and_within_limits() {
    let mut day = hostile_day();
    let more = (100..160).map(|i| entry(i, &format!("2404.{i:05}"), HOSTILE[1]));
    day.sections[0].entries.extend(more);
    let slack = chat::slack(&day);
    let blocks = slack["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    for block in &blocks[2..] {
        let text = block["text"]["text"].as_str().unwrap();
        assert!(text.chars().count() <= 3_000);
        // The only `<` is that of our link.
        assert!(text.matches('<').count() <= 1 && !text.contains("<!"), "{text}");
        assert_eq!(block["text"]["verbatim"], true);
    }
    let discord = chat::discord(&day);
    let embeds = discord["embeds"].as_array().unwrap();
    let letters =
        |name: &str| -> usize { embeds.iter().map(|e| e[name].as_str().unwrap().chars().count()).sum() };
    assert!(embeds.len() <= 10 && letters("title") + letters("description") <= 6_000);
    assert!(embeds.iter().all(|e| e["title"].as_str().unwrap().chars().count() <= 256));
    // Whatever Discord would take as its own stands behind a backslash.
    for embed in embeds {
        let about = embed["description"].as_str().unwrap();
        assert!(about.replace("\\<", "").matches('<').count() == 0 && !about.contains("]("), "{about}");
    }
}
