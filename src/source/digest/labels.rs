//! What the labels of fields are called, in English, Korean, Chinese and Japanese.

use super::super::markdown;

/// What a label says follows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Label {
    Title,
    Authors,
    Categories,
    Abstract,
    Summary,
    Published,
    Link,
    Votes,
}

const NAMES: [(Label, &[&str]); 8] = [
    (Label::Title, &["title", "제목", "논문 제목", "标题", "題目", "题目", "论文标题", "タイトル"]),
    (
        Label::Authors,
        &["authors", "author", "author(s)", "저자", "저자들", "作者", "论文作者", "著者", "著者名"],
    ),
    (Label::Categories, &["main category", "primary category", "category", "categories", "subjects"]),
    (Label::Abstract, &["abstract", "초록", "摘要", "论文摘要", "概要", "要旨"]),
    (Label::Summary, &["tl;dr", "tldr"]),
    (Label::Published, &["published", "submitted"]),
    (Label::Link, &["link", "links", "paper", "paper link", "url", "arxiv", "arxiv id", "pdf", "abs"]),
    (Label::Votes, &["추천", "추천수", "추천 수", "点赞", "点赞数", "投票"]),
];

/// What the label with this name says, in lower case.
pub(super) fn named(name: &str) -> Option<Label> {
    let found = NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(label, _)| *label);
    let is_link = || !name.is_ascii() && name.contains(char::is_alphabetic) && markdown::says_nothing(name);
    found.or_else(|| is_link().then_some(Label::Link))
}

/// The title of a block of labelled lines, which begins with it: `**Title:** Goats`.
pub(super) fn block_title(text: &str) -> Option<&str> {
    let (name, value) = markdown::label(text).filter(|_| text.starts_with("**"))?;
    (named(&name) == Some(Label::Title) && !value.is_empty()).then_some(value)
}

/// Whether a line of a digest labels the link to its paper: `- **Link**: https://arxiv.org/abs/2404.15653`.
pub(super) fn links_paper(line: &str) -> bool {
    let label = markdown::label(line).filter(|(name, _)| line.contains("**") || !name.is_ascii());
    label.is_some_and(|(name, _)| named(&name) == Some(Label::Link)) && markdown::link(line).is_some()
}
