//! RIS, the JSON of reference managers, digests of others, lists of identifiers, and words of three scripts.

use super::{field, papers, titles};
use crate::shell::Shell;

#[test]
fn ris_in_its_dialects() {
    for (dialect, text) in [
        (
            "the type comes late",
            "DB  - X\nTI  - Herons\nAU  - Roy, Sam\nTY  - JOUR\nER  - \n\nDB  - X\nTI  - Salt\nAU  - Ito, Mei\nTY  - JOUR\nER  - \n",
        ),
        (
            "the end is bare",
            "TY  - JOUR\nTI  - Herons\nAU  - Roy, Sam\nER\n\nTY  - JOUR\nTI  - Salt\nAU  - Ito, Mei\nER\n",
        ),
        (
            "one space",
            "TY - JOUR\nTI - Herons\nAU - Roy, Sam\nER - \nTY - CONF\nTI - Salt\nAU - Ito, Mei\nER - \n",
        ),
        ("no space", "TY-JOUR\nTI-Herons\nAU-Roy, Sam\nER-\nTY-CONF\nTI-Salt\nAU-Ito, Mei\nER-\n"),
        (
            "an end is missing",
            "TY  - JOUR\nTI  - Herons\nAU  - Roy, Sam\n\nTY  - JOUR\nTI  - Salt\nAU  - Ito, Mei\nER  - \n",
        ),
        (
            "the last end is missing",
            "TY  - JOUR\nTI  - Herons\nAU  - Roy, Sam\nER  - \nTY  - JOUR\nTI  - Salt\nAU  - Ito, Mei\n",
        ),
    ] {
        let found = papers(&[("a.ris", text.as_bytes())]);
        assert_eq!(field(&found, "title"), ["Herons", "Salt"], "{dialect}");
        assert_eq!(field(&found, "authors"), ["Sam Roy", "Mei Ito"], "{dialect}");
    }
}

#[test]
fn fields_of_ris_by_their_meaning() {
    let found = papers(&[(
        "a.ris",
        b"TY  - CHAP\nTI  - Herons of <i>Camargue</i> &amp; beyond\nBT  - All Birds\nAU  - Roy, Sam, Jr.; de la Cruz, Ana\nA2  - Edo, Ed\nY1  - 2019/05/03/\nER  - \n\
          TY  - BOOK\nBT  - Salt\nA2  - Edo, Ed\nER  - \n",
    )]);
    assert_eq!(field(&found, "title"), ["Herons of Camargue & beyond", "Salt"]);
    assert_eq!(field(&found, "authors"), ["Sam Roy Jr., Ana de la Cruz", "Ed Edo"]);
    assert_eq!(
        (&found[0]["facts"]["journal"], &found[0]["published"]),
        (&"All Birds".into(), &"2019-05-03".into())
    );
}

#[test]
fn rich_text_and_names_of_zotero_and_csl() {
    let zotero = r#"{"config": {"label": "BetterBibTeX JSON"}, "collections": {"C": {"name": "c"}}, "items": [
        {"itemType": "attachment", "title": "PDF"},
        {"citationKey": "roy2020", "itemType": "book", "title": "Flight of <i>Ardea</i> at CO<sub>2</sub> &lt; 5 %",
         "abstractNote": "<p>Words &amp; wings.</p>", "creators": [{"creatorType": "author", "firstName": "Sam, Jr.", "lastName": "Roy"}]}]}"#;
    let found = papers(&[("a.json", zotero.as_bytes())]);
    assert_eq!(field(&found, "title"), ["Flight of Ardea at CO2 < 5 %"]);
    assert_eq!(
        (field(&found, "abstract"), field(&found, "authors")),
        (vec!["Words & wings.".into()], vec!["Sam Roy Jr.".into()])
    );
    assert!(found[0]["id"].as_str().unwrap().starts_with("own:roy2020~"));

    let csl = r#"{"id": 7, "type": "book", "title": "Herons", "issued": {"raw": "2019-05-03"}, "author": [
        {"family": "Gogh", "given": "Vincent", "non-dropping-particle": "van"},
        {"family": "Roy", "given": "Sam", "suffix": "III"}, {"family": "山田", "given": "太郎"}]}"#;
    for text in [csl.to_owned(), format!("[{csl}]"), format!("{{\"items\": [{csl}]}}")] {
        let found = papers(&[("b.json", text.as_bytes())]);
        assert_eq!(field(&found, "authors"), ["Vincent van Gogh, Sam Roy III, 山田太郎"]);
        assert_eq!(field(&found, "published"), ["2019-05-03"]);
    }
}

#[test]
fn answers_of_semantic_scholar() {
    let paper = r#"{"paperId": "b1", "externalIds": {"ArXiv": "2404.15653"}, "title": "Herons", "authors": [{"name": "Sam Roy"}]}"#;
    for text in [
        paper.to_owned(),
        format!("[null, {paper}]"),
        format!(r#"{{"offset": 0, "data": [{{"contexts": [], "citingPaper": {paper}}}]}}"#),
        format!(r#"{{"data": [{{"isInfluential": true, "citedPaper": {paper}}}]}}"#),
        format!(r#"{{"total": 1, "data": [{paper}]}}"#),
        format!(r#"{{"data": [{{"snippet": {{"text": "x"}}, "paper": {paper}}}]}}"#),
    ] {
        let found = papers(&[("s2.json", text.as_bytes())]);
        assert_eq!(
            (field(&found, "id"), field(&found, "authors")),
            (vec!["2404.15653".into()], vec!["Sam Roy".into()]),
            "{text}"
        );
    }
    let shell = Shell::new();
    shell.write("s2.json", format!("[{paper}, null]"));
    assert!(shell.run("paperpick import s2.json").contains("paper 2 of the list was not found"));
}

#[test]
fn digests_of_other_shapes() {
    for text in [
        "### [1] [Herons](https://arxiv.org/abs/2404.15653)\n*Sam Roy*\n\nMain category: cs.CV\n\n### [2] [Salt](https://arxiv.org/abs/2404.16030)\n",
        "# Of 2024-04-25\n\n- [Herons](https://arxiv.org/abs/2404.15653) (5 votes)\n- **[Salt](https://arxiv.org/abs/2404.16030)** - Mei Ito\n",
        "# Of 2024-04-25\n\n## 1. Herons\nPaper: <https://arxiv.org/abs/2404.15653>\n\n## 2. [Salt](https://arxiv.org/abs/2404.16030)\n",
        "# Of 2024-04-25\n\n| Title | Link |\n|---|---|\n| Herons | [abs](https://arxiv.org/abs/2404.15653) |\n| Salt | [abs](https://arxiv.org/abs/2404.16030) |\n",
        "**标题：** Herons\n**作者：** 赵六\n**链接：** https://arxiv.org/abs/2404.15653\n\n---\n\n**标题：** Salt\n**链接：** https://arxiv.org/abs/2404.16030\n",
        "## Herons\n- **논문 링크**：https://arxiv.org/abs/2404.15653\n\n## Salt\n- **论文链接**: https://arxiv.org/abs/2404.16030\n",
    ] {
        let found = papers(&[("d.md", text.as_bytes())]);
        assert_eq!(field(&found, "id"), ["2404.15653", "2404.16030"], "{text}");
        assert_eq!(field(&found, "title"), ["Herons", "Salt"], "{text}");
    }
}

#[test]
fn a_file_of_which_nothing_was_read_says_what_was_looked_for() {
    let shell = Shell::new();
    shell.write("d.md", "# Notes of 2024-04-25\n\nBirds all day.\n");
    shell.write("s.bib", "@string{jj = \"Journal\"}\n");
    shell.write("n.json", r#"[{"data": {"itemType": "note", "note": "x"}}]"#);
    shell.write("empty.md", "\n");
    for name in ["d.md", "s.bib", "n.json"] {
        let said = shell.run(&format!("paperpick import {name}"));
        assert!(said.contains("looked for") && said.contains("[exit 1]"), "{said}");
    }
    assert!(!shell.run("paperpick import empty.md").contains("looked for"));
}

#[test]
fn a_list_with_remarks_likes_the_rest() {
    let list = "2404.15653\n# mine\n\n- [x](https://arxiv.org/abs/2404.16030).\nask Mei\n2404.16022 Salt\n";
    for command in ["like", "likes import"] {
        let shell = Shell::without_papers();
        shell.write("list.txt", list);
        let said = shell.run(&format!("paperpick {command} list.txt"));
        assert!(said.contains("list.txt:5: ") && said.contains("[exit 2]"), "{said}");
        assert_eq!(shell.run("paperpick likes").matches("+ ").count(), 3);
        shell.write("words.txt", "nothing\nbut words\n");
        let said = shell.run(&format!("paperpick {command} words.txt"));
        assert!(said.contains("looked for identifiers") && said.contains("[exit 2]"), "{said}");
    }
}

#[test]
fn words_without_spaces_between_them_are_found() {
    let shell = Shell::new();
    let item = |n: usize, title: &str| {
        format!(r#"{{"key": "K{n}", "data": {{"key": "K{n}", "itemType": "book", "title": "{title}"}}}}"#)
    };
    let items =
        [item(1, "湿地鸟类的飞行方式研究"), item(2, "水鳥モデルの評価"), item(3, "왜가리의 비행방식")];
    shell.write("a.json", format!("[{}]", items.join(",")));
    shell.run("paperpick import a.json");
    for (words, title) in
        [("飞行方式", "湿地鸟类"), ("鸟", "湿地鸟类"), ("モデル", "水鳥"), ("비행", "왜가리")]
    {
        let said = shell.run(&format!("paperpick search {words}"));
        assert!(said.contains(title), "{words}: {said}");
    }
}

#[test]
fn what_reads_a_bibliography_also_tells_one_paper() {
    assert_eq!(titles("a.ris", "TY  - JOUR\nT1  - Herons\nDO  - doi:10.1000/h\nER  - \n"), ["Herons"]);
}
