//! Digests of the user and of others.

use jiff::civil::date;

use super::*;
use crate::paper::Votes;

fn read(text: &str) -> Vec<Parsed> {
    Digest::new(text.as_bytes(), None).collect()
}

fn papers(text: &str) -> Vec<Paper> {
    read(text).into_iter().map(|found| found.unwrap()).collect()
}

#[test]
fn an_entry_with_everything() {
    let [paper] = &papers(
        "## Daily Papers (2024-04-25)\n\n\
         ### [CatLIP: CLIP-level Recognition](https://arxiv.org/abs/2404.15653)\n\n\
         ![](https://example.org/2404.15653.png)\n\nVote: 9\n\n\
         Authors: Sachin Mehta, Maxwell Horton\n\n\
         - 사전 훈련을 분류 문제로 바꾸었다.\n- 훈련이 더 빠르다.\n  - (1) 세부 사항.\n1) 번호.\n",
    )[..] else {
        panic!("one entry")
    };
    assert_eq!(paper.id.as_str(), "2404.15653");
    assert_eq!(paper.title, "CatLIP: CLIP-level Recognition");
    assert_eq!(paper.authors, ["Sachin Mehta", "Maxwell Horton"]);
    assert_eq!(paper.listings[0].day, date(2024, 4, 25));
    assert_eq!(paper.votes, [Votes { source: "digest".into(), at: Some(date(2024, 4, 25)), count: 9 }]);
    assert_eq!(paper.facts["image"], "https://example.org/2404.15653.png");
    assert_eq!(
        paper.summaries[&Language::Ko],
        "사전 훈련을 분류 문제로 바꾸었다.\n훈련이 더 빠르다.\n(1) 세부 사항.\n1) 번호."
    );
}

#[test]
fn titles_with_brackets_escapes_and_formulas() {
    let titles: Vec<String> = papers(
        "### [Not Sure: an [IDK] Token](https://arxiv.org/abs/2412.06676)\n\
         ### [GPT-[n] at [2](x)](https://arxiv.org/abs/2412.06677)\n\
         ### [Faster by $\\\\sim$20: $\\lambda$ and Poincar\\'e](https://arxiv.org/abs/2412.06678v2)\n",
    )
    .into_iter()
    .map(|paper| paper.title)
    .collect();
    assert_eq!(
        titles,
        ["Not Sure: an [IDK] Token", "GPT-[n] at [2](x)", "Faster by $\\sim$20: $\\lambda$ and Poincaré"]
    );
}

#[test]
fn an_unknown_vote_is_not_zero() {
    let votes: Vec<Option<u32>> = papers(
        "### [A](https://arxiv.org/abs/2404.00001)\nVote: 0\n### [B](https://arxiv.org/abs/2404.00002)\nVote: -\n\
         ### [C](https://arxiv.org/abs/2404.00003)\n",
    )
    .iter()
    .map(Paper::top_votes)
    .collect();
    assert_eq!(votes, [Some(0), None, None]);
}

#[test]
fn films_in_every_spelling() {
    for line in [
        "[Watch Video](https://example.org/a.mp4)",
        "[Watch Video]https://example.org/a.mp4",
        "<div><video controls src=\"https://example.org/a.mp4\" muted=\"false\"></video></div>",
        "<video src='https://example.org/a.mp4'></video>",
    ] {
        let found = papers(&format!("### [A](https://arxiv.org/abs/2404.00001)\n{line}\n- 글.\n"));
        assert_eq!(found[0].facts["video"], "https://example.org/a.mp4", "{line}");
        assert_eq!(found[0].summaries[&Language::Ko], "글.");
    }
}

#[test]
fn authors_as_a_python_list() {
    let found = papers(
        "### [A](https://arxiv.org/abs/2404.00001)\nAuthors: ['Ann Bee', \"Dan O'Neil\", 'Eve d'Arc']\n",
    );
    assert_eq!(found[0].authors, ["Ann Bee", "Dan O'Neil", "Eve d'Arc"]);
}

#[test]
fn english_bullets_go_to_the_english_summary() {
    let found = papers(
        "### [A](https://arxiv.org/abs/2404.00001)\n- ***What's New***: 새로운 방법이다.\n\
         - It is faster.\n- Transformer encoder decoder attention token embedding 사용.\n",
    );
    assert_eq!(found[0].summaries[&Language::En], "It is faster.");
    assert_eq!(
        found[0].summaries[&Language::Ko],
        "What's New: 새로운 방법이다.\nTransformer encoder decoder attention token embedding 사용."
    );
}

#[test]
fn headings_of_other_digests() {
    for heading in [
        "### [1] [Goats at Sea](https://arxiv.org/abs/2404.16030)",
        "### 1. [Goats at Sea](https://arxiv.org/abs/2404.16030)",
        "### **[Goats at Sea](https://arxiv.org/abs/2404.16030)**",
        "### [**Goats at Sea**](https://arxiv.org/abs/2404.16030)",
        "## [Goats at Sea](<https://arxiv.org/abs/2404.16030>)",
        "#### [Goats at Sea](https://huggingface.co/papers/2404.16030) (12 votes)",
        "# 7) [Goats at Sea](https://arxiv.org/abs/2404.16030) [[PDF]](https://arxiv.org/pdf/2404.16030)",
        "### Goats at Sea ([arXiv](https://arxiv.org/abs/2404.16030))",
        "## 2. Goats at Sea\n**Link:** https://arxiv.org/abs/2404.16030",
        "#### Goats at Sea\n- **arXiv ID:** 2404.16030",
        "### Goats at Sea\n\n- **Paper**: [2404.16030](https://arxiv.org/abs/2404.16030)",
        "**Goats at Sea** [pdf](https://arxiv.org/pdf/2404.16030)",
    ] {
        assert!(heading.lines().next().is_some_and(begins_entry) || heading.contains('\n'), "{heading}");
        let found = papers(&format!("# Of 2024-04-25\n\n{heading}\n*Ann Abel, Carl Borg*\n"));
        assert_eq!(found.len(), 1, "{heading}");
        assert_eq!(
            (found[0].id.as_str(), found[0].title.as_str()),
            ("2404.16030", "Goats at Sea"),
            "{heading}"
        );
        assert_eq!(found[0].authors, ["Ann Abel", "Carl Borg"], "{heading}");
        assert_eq!(found[0].listings[0].day, date(2024, 4, 25));
    }
}

#[test]
fn lists_and_tables_of_links() {
    for line in [
        "- [Goats](https://arxiv.org/abs/2404.16030) (12 votes)",
        "* **[Goats](https://arxiv.org/abs/2404.16030)** - Ann Abel, Carl Borg · 👍 12",
        "1. Goats: https://arxiv.org/abs/2404.16030 👍 12",
        "1. **Goats** - Ann Abel, Carl Borg - [arXiv:2404.16030](https://arxiv.org/abs/2404.16030)\n   - Votes: 12",
        "- [Goats](https://arxiv.org/abs/2404.16030)\n  - Authors: Ann Abel\n  - Upvotes: 12",
        "- [ ] Goats [[arXiv]](https://arxiv.org/abs/2404.16030) 12 upvotes",
        "| n | Title | Authors | Votes | Link |\n|---|:--|---|---|---|\n| 1 | Goats | Ann Abel | 12 | [pdf](https://arxiv.org/pdf/2404.16030) |",
    ] {
        let found = papers(&format!(
            "## cs.CL\n\n{line}\n- [Sheep](https://doi.org/10.1000/sheep)\n  - about sheep and wool\n"
        ));
        let titles: Vec<&str> = found.iter().map(|paper| paper.title.as_str()).collect();
        assert_eq!(titles, ["Goats", "Sheep"], "{line}");
        assert_eq!(found[0].top_votes(), Some(12), "{line}");
        assert_eq!(found[0].authors.is_empty(), !line.contains("Ann"), "{line}");
        assert_eq!(found[1].summaries[&Language::En], "about sheep and wool");
    }
}

#[test]
fn fields_of_other_digests() {
    let found = papers(
        "### [1] [Goats](https://arxiv.org/abs/2404.16030)\n*Ann Abel*\n\nMain category: cs.CV\n\nTL;DR: They climb.\n\
         <details>\n  <summary>Details</summary>\nMotivation: Rocks.\n\nAbstract: We watch goats.\n\n</details>\n---\n\
         - **Upvotes:** 7\n- **Link**: https://arxiv.org/abs/2404.16030v2\n",
    );
    let goats = &found[0];
    assert_eq!(
        (goats.abstract_text.as_str(), &goats.categories[..]),
        ("We watch goats.", &["cs.CV".to_owned()][..])
    );
    assert_eq!(goats.summaries[&Language::En], "They climb.\nMotivation: Rocks.");
    assert_eq!(goats.top_votes(), Some(7));
}

#[test]
fn a_digest_of_which_nothing_was_read_says_so() {
    let found = read("# Papers of 2024-04-25\n\nNothing here links a paper.\n");
    assert!(
        matches!(&found[..], [Err((Place::Line(3), message))] if message.contains("looked for")),
        "{found:?}"
    );
    assert_eq!(read("## Daily Papers (2024-04-25)\n\n"), [], "a day without papers");
    let other =
        read("## [Goats](https://example.org/goats)\n\n## [Sheep](https://arxiv.org/abs/2404.16030)\n");
    assert!(other[0].is_err() && other[1].is_ok(), "{other:?}");
}

#[test]
fn a_broken_heading_costs_only_its_own_entry() {
    let found = read(
        "## Daily Papers (2024-04-25)\n### no link\n- lost\n### [Odd](https://example.org/1)\n\
         ### [B](https://arxiv.org/abs/2404.00002)\n## Daily Papers (2024-04-25)\n",
    );
    let problem = |i: usize| found[i].as_ref().unwrap_err();
    assert_eq!(problem(0).0, Place::Line(2));
    assert_eq!(problem(1).0, Place::Line(4));
    let last = found[2].as_ref().unwrap();
    assert_eq!((last.id.as_str(), last.summaries.len()), ("2404.00002", 0));
    assert_eq!(found.len(), 3);
}

#[test]
fn the_hint_counts_only_where_the_heading_names_no_day() {
    let text =
        "### [A](https://arxiv.org/abs/2404.00001)\n## 2024-04-26\n### [B](https://arxiv.org/abs/2404.00002)";
    let days: Vec<Date> = Digest::new(text.as_bytes(), Some(date(2024, 4, 1)))
        .map(|found| found.unwrap().listings[0].day)
        .collect();
    assert_eq!(days, [date(2024, 4, 1), date(2024, 4, 26)]);
}

#[test]
fn a_paper_of_another_place_is_not_mixed_into_the_one_before_it() {
    let found = read(
        "- [Goats](https://arxiv.org/abs/2404.16030) - Ann Abel\n  - [Code](https://example.org/goats)\n\
         - [Sheep at ACL](https://aclanthology.org/2024.acl-long.1/) - Cy Roe\n  - about wool\n\
         - **[Hens](https://example.org/hens)** - Di Poe\n- [Salt](https://arxiv.org/abs/2404.16031)\n",
    );
    let lines: Vec<Option<&Place>> = found.iter().map(|found| found.as_ref().err().map(|e| &e.0)).collect();
    assert_eq!(lines, [None, Some(&Place::Line(3)), Some(&Place::Line(5)), None]);
    let goats = found[0].as_ref().unwrap();
    assert_eq!(goats.authors, ["Ann Abel"]);
    assert_eq!(goats.summaries[&Language::En], "[Code](https://example.org/goats)");
    // A link of the list to the same paper is of it; one to another paper is not.
    let found = read(
        "- [Goats](https://arxiv.org/abs/2404.16030)\n- [pdf](https://arxiv.org/pdf/2404.16030)\n- Ann Abel's first.\n\
         - Link: https://arxiv.org/abs/2404.16031\n- about sheep\n",
    );
    assert!(found[0].as_ref().unwrap().summaries[&Language::En].ends_with("\nAnn Abel's first."));
    assert_eq!(found[1].as_ref().unwrap_err().0, Place::Line(4));
    assert_eq!(found.len(), 2);
    // The bullets of an entry with a heading are its own.
    let found = papers("### [Goats](https://arxiv.org/abs/2404.16030)\n- [Sheep](https://example.org/)\n");
    assert_eq!(found[0].summaries[&Language::En], "[Sheep](https://example.org/)");
}

#[test]
fn titles_behind_the_links_of_an_item() {
    for item in [
        "* [Paper](https://arxiv.org/abs/2404.16030) | [Code](https://github.com/c/d) | Goats at Sea",
        "* [![arXiv](https://img.example.org/a.svg)](https://arxiv.org/abs/2404.16030) Goats at Sea [[Code](https://github.com/c/d)]",
    ] {
        let found = papers(&format!("- [Salt](https://arxiv.org/abs/2404.16031)\n{item}\n"));
        assert_eq!((found.len(), found[1].title.as_str()), (2, "Goats at Sea"), "{item}");
        assert!(found[0].summaries.is_empty(), "{item}");
    }
}

/// A line of 200,000 bytes took minutes: each of its brackets went through what stands behind it.
#[test]
fn a_long_line_is_gone_through_a_few_times() {
    let n = 100_000;
    for piece in ["](", "a: ", "* ", "[a](https://arxiv.org/abs/…", "[", "]: ", "[a](http", "⭐ 1,"] {
        for begin in ["- ", "### ", "### [A](https://arxiv.org/abs/2404.16030)\n- ", "## A\n"] {
            let text = format!("{begin}{}\n", piece.repeat(n / piece.len()));
            let work = markdown::gone_through(|| drop((begins_entry(&text), read(&text))));
            assert!(work <= 200 * n, "{begin}{piece}…: {work}");
        }
    }
}

#[test]
fn labels_in_other_languages() {
    for (heading, fields) in [
        (
            "## 山羊的研究",
            "- **论文链接**: https://arxiv.org/abs/2405.02002\n- **作者**: 赵六\n- **摘要**: 我们",
        ),
        ("## 山羊的研究", "**链接：**https://arxiv.org/abs/2405.02002\n**作者：** 赵六\n**摘要：** 我们"),
        ("## 山羊的研究", "链接：https://arxiv.org/abs/2405.02002\n作者：赵六\n摘要：我们"),
        (
            "## 염소",
            "- **논문 링크**: [바로가기](https://arxiv.org/abs/2405.02002)\n- **저자**: 赵六\n- **초록**: 我们",
        ),
        ("### 염소", "저자: 赵六\n추천: 1,204\n초록: 我们\n원문: https://arxiv.org/abs/2405.02002"),
        ("### [염소](https://arxiv.org/abs/2405.02002)", "저자: 赵六\n추천: 12\n초록: 我们"),
        ("## ヤギ", "- **リンク**: https://arxiv.org/abs/2405.02002\n- **著者**: 赵六\n- **概要**: 我们"),
    ] {
        let found = papers(&format!("{heading}\n{fields}\n"));
        assert_eq!(found.len(), 1, "{fields}");
        assert_eq!(found[0].id.as_str(), "2405.02002", "{fields}");
        assert!(heading.contains(&found[0].title), "{fields}");
        assert_eq!(
            (&found[0].authors[..], &*found[0].abstract_text),
            (&["赵六".to_owned()][..], "我们"),
            "{fields}"
        );
        assert!(found[0].summaries.is_empty(), "{fields}");
        assert_eq!(found[0].votes.is_empty(), !fields.contains("추천"), "{fields}");
    }
    // The user's own bullets stay bullets.
    let found = papers("### [Goats](https://arxiv.org/abs/2404.16030)\n- **초록**: 염소다.\n- 저자: 나\n");
    assert_eq!(found[0].summaries[&Language::Ko], "초록: 염소다.\n저자: 나");
}

#[test]
fn blocks_of_labelled_lines() {
    for [title, authors, link, said] in [
        ["**Title:**", "**Authors:**", "**Link:**", "**Abstract:**"],
        ["**标题：**", "**作者：**", "**链接：**", "**摘要：**"],
        ["**제목**:", "**저자**:", "**링크**:", "**초록**:"],
    ] {
        for rule in ["\n---\n\n", "", "\n## Paper 2\n\n"] {
            let text = format!(
                "{title} Goats\n{authors} Ann Abel\n{link} https://arxiv.org/abs/2406.00001\n{said} We watch.\n{rule}\
                 {title} Sheep\n{authors} Carl Borg\n{link} https://arxiv.org/abs/2406.00002\n{said} We shear.\n{rule}\
                 {title} Lost\n{authors} Di Poe\n"
            );
            assert!(text.lines().next().is_some_and(begins_entry));
            let found = read(&text);
            let of = |i: usize| {
                let paper = found[i].as_ref().unwrap();
                assert!(paper.summaries.is_empty(), "{text}");
                (paper.title.as_str(), paper.authors.join(", "), paper.abstract_text.as_str())
            };
            assert_eq!(of(0), ("Goats", "Ann Abel".to_owned(), "We watch."), "{text}");
            assert_eq!(of(1), ("Sheep", "Carl Borg".to_owned(), "We shear."), "{text}");
            assert!(found.len() == 3 && found[2].is_err(), "{text}");
        }
    }
}

#[test]
fn tables_and_items_whose_title_is_elsewhere() {
    for text in [
        "| 제목 | 저자 | 추천수 | 링크 |\n|---|---|---|---|\n| Goats | Ann Abel | 1,204 | [논문](https://arxiv.org/abs/2404.16030) |",
        "| 日期 | 标题 | 作者 | 链接 |\n|---|---|---|---|\n| 2024 | Goats | Ann Abel | https://arxiv.org/abs/2404.16030 |",
        "* [2024/05] **Goats** - *A herd of many* [[Paper](https://arxiv.org/abs/2404.16030)]",
    ] {
        let found = papers(text);
        assert_eq!((found.len(), found[0].title.as_str()), (1, "Goats"), "{text}");
        assert_eq!(found[0].authors.is_empty(), !text.contains("Ann"), "{text}");
        assert_eq!(found[0].top_votes(), text.contains("추천").then_some(1204), "{text}");
    }
}
