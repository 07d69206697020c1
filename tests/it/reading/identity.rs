//! Two papers are never made one by a name that they happen to share.

use super::{field, papers, titles};

#[test]
fn a_shared_address_is_no_identity() {
    let found = papers(&[(
        "z.bib",
        b"@inproceedings{one, author={Ito, Mei}, title={Herons}, year={2020}, url={https://example.org/all/}}\n\
          @inproceedings{two, author={Roy, Sam}, title={Salt Marshes}, abstract={Where herons feed.}, year={2020}, url={https://example.org/all/}}",
    )]);
    assert_eq!(field(&found, "title"), ["Herons", "Salt Marshes"]);
    assert_eq!(field(&found, "authors"), ["Mei Ito", "Sam Roy"]);
    assert_eq!(field(&found, "abstract"), ["", "Where herons feed."]);
}

#[test]
fn a_citation_key_or_the_number_of_a_record_is_none_either() {
    let keys: [(&str, &[u8]); 2] = [
        ("a.bib", b"@article{roy2020, author={Roy, Sam}, title={Herons}, year=2020}"),
        (
            "b.bib",
            b"@article{roy2020, author={Roy, Ann}, title={Salt Marshes}, abstract={Of salt.}, year=2020}",
        ),
    ];
    let records: [(&str, &[u8]); 2] = [
        ("a.ris", b"TY  - JOUR\nID  - 7\nTI  - Herons\nAU  - Roy, Sam\nER  - \n"),
        ("b.ris", b"TY  - JOUR\nID  - 7\nTI  - Salt Marshes\nAU  - Roy, Ann\nAB  - Of salt.\nER  - \n"),
    ];
    for files in [keys, records] {
        let found = papers(&files);
        assert_eq!(field(&found, "title"), ["Herons", "Salt Marshes"]);
        assert_eq!(field(&found, "authors"), ["Sam Roy", "Ann Roy"]);
        assert_eq!(field(&found, "abstract"), ["", "Of salt."]);
        let (mut turned, mut back) = (papers(&[files[1], files[0]]), found);
        turned.iter_mut().chain(&mut back).for_each(|paper| paper["id"].take().as_str().map_or((), drop));
        assert_eq!(turned, back, "in any order");
    }
}

#[test]
fn what_has_a_title_has_an_identity() {
    for (name, text, expected) in [
        (
            "a.bib",
            "@article{roy, title={Herons}, url={https://example.org/Volume 9/Roy.pdf}}",
            vec!["Herons"],
        ),
        ("b.bib", "@article{,\n author = {Roy, Sam},\n title = {Herons}\n}", vec!["Herons"]),
        (
            "c.ris",
            "TY  - CONF\nAU  - Roy, Sam\nTI  - Herons\nPY  - 2019\nER  - \n\nTY  - JOUR\nT1  - Salt\nDO  - 10.1000/s\nER  - \n",
            vec!["Herons", "Salt"],
        ),
    ] {
        assert_eq!(titles(name, text), expected, "{name}");
    }
    let long = format!("@article{{roy, title={{Herons}}, url={{https://example.org/{}}}}}", "x".repeat(300));
    assert!(field(&papers(&[("d.bib", long.as_bytes())]), "id")[0].starts_with("own:roy~"));
}

#[test]
fn a_paper_that_is_only_mentioned_gives_no_identity() {
    let found = papers(&[
        ("a.bib", b"@article{roy2021, title={On Herons}, note={Comment on arXiv:2001.01234}}"),
        (
            "b.json",
            br#"[{"key": "K1", "data": {"key": "K1", "itemType": "journalArticle", "title": "Salt", "DOI": "10.1000/salt",
                "extra": "Comment: 9 pages; see also arXiv:2001.01234"}},
                {"key": "K2", "data": {"key": "K2", "itemType": "preprint", "title": "Tides", "extra": "arXiv:2404.15653 [cs]"}}]"#,
        ),
    ]);
    let ids = field(&found, "id");
    assert!(ids[0].starts_with("own:roy2021~"), "{ids:?}");
    assert_eq!(ids[1..], ["doi:10.1000/salt", "2404.15653"]);
}

#[test]
fn a_doi_is_found_in_addresses_and_without_what_tex_added() {
    let item = |n: usize, fields: &str| {
        format!(
            r#"{{"key": "K{n}", "data": {{"key": "K{n}", "itemType": "journalArticle", "title": "T", {fields}}}}}"#
        )
    };
    let items: Vec<String> = [
        r#""url": "https://www.biorxiv.org/content/10.1101/2023.01.02.522222v2.full.pdf""#,
        r#""DOI": "DOI 10.1101/2023.01.02.522222.""#,
        r#""extra": "DOI: 10.1101/2023.01.02.522222""#,
        r#""DOI": "http://dx.doi.org/10.1101/2023.01.02.522222""#,
        r#""url": "https://www.nature.com/articles/s41586-021-03819-2""#,
        r#""DOI": "10.1038/S41586-021-03819-2""#,
        r#""DOI": "10.48550/arXiv.2404.15653""#,
    ]
    .iter()
    .enumerate()
    .map(|(n, fields)| item(n, fields))
    .collect();
    let found = papers(&[
        ("z.json", format!("[{}]", items.join(",")).as_bytes()),
        ("t.bib", b"@article{x, title={U}, doi={10.1007/978-3-031-1\\_12}, url={https://doi.org/10.1007/978-3-031-1\\_12}}"),
    ]);
    let mut ids = field(&found, "id");
    ids.sort();
    assert_eq!(
        ids,
        [
            "2404.15653",
            "doi:10.1007/978-3-031-1_12",
            "doi:10.1038/s41586-021-03819-2",
            "doi:10.1101/2023.01.02.522222"
        ]
    );
}
