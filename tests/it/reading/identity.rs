//! Two papers are never made one by a name that they happen to share.

use std::io::Cursor;

use paperpick::Paper;
use paperpick::source::{self, Hints};
use paperpick::store::{self, Change};
use proptest::prelude::*;

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

/// What there is to know of a few papers; each field tells whose it is.
struct Truth {
    title: &'static str,
    family: &'static str,
    doi: &'static str,
    arxiv: &'static str,
}

const TRUTH: [Truth; 5] = [
    Truth { title: "Herons", family: "Roy", doi: "10.1000/herons", arxiv: "2404.00001" },
    Truth { title: "Salt Marshes", family: "Roy", doi: "10.1000/salt_1", arxiv: "2404.00002" },
    Truth { title: "Salt marshes: a survey", family: "Ito", doi: "10.1000/survey", arxiv: "2404.00003" },
    Truth { title: "On \u{d6}de", family: "Lima", doi: "10.1000/ode", arxiv: "math/0611800" },
    Truth { title: "Tides & Moons", family: "Sand", doi: "10.1000/tides", arxiv: "2404.00005" },
];

impl Truth {
    fn says(&self) -> String {
        format!("{} wrote about {}.", self.family, self.title)
    }
}

/// What an entry shows of its paper, and the names that it shares with others.
#[derive(Debug, Clone)]
struct Shown {
    of: usize,
    shows: [bool; 4],
    key: usize,
    address: usize,
    mentions: Option<usize>,
}

impl Shown {
    /// The fields by name, those that are not shown left out.
    fn fields(&self) -> Vec<(&'static str, String)> {
        const KEYS: [&str; 3] = ["roy2020", "7", ""];
        const ADDRESSES: [&str; 3] = ["https://example.org/all", "https://example.org/a long one", ""];
        let of = &TRUTH[self.of];
        let [doi, arxiv, people, text] = self.shows;
        let all = [
            ("key", true, KEYS[self.key].to_owned()),
            ("title", true, of.title.to_owned()),
            ("author", people, format!("{}, Ann", of.family)),
            ("abstract", text, of.says()),
            ("doi", doi, of.doi.to_owned()),
            ("arxiv", arxiv, format!("https://arxiv.org/abs/{}", of.arxiv)),
            ("url", true, ADDRESSES[self.address].to_owned()),
            (
                "note",
                true,
                self.mentions.map(|i| format!("Reply to arXiv:{}", TRUTH[i].arxiv)).unwrap_or_default(),
            ),
        ];
        let shown = all.into_iter().filter(|(_, shown, value)| *shown && !value.is_empty());
        shown.map(|(name, _, value)| (name, value)).collect()
    }
}

/// A file of entries in one of four formats.
fn file(format: usize, entries: &[Shown]) -> String {
    let one = |entry: &Shown| {
        let fields = entry.fields();
        let value =
            |name: &str| fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        let tagged = |names: &[(&str, &str)], write: fn(&str, &str) -> String| {
            let known =
                names.iter().map(|(name, tag)| (tag, value(name))).filter(|(_, value)| !value.is_empty());
            known.map(|(tag, value)| write(tag, value)).collect::<String>()
        };
        let names = ["title", "author", "abstract", "doi", "url", "note"];
        match format {
            0 => {
                let rest = tagged(&names.map(|name| (name, name)), |tag, value| {
                    format!(", {tag} = {{{}}}", value.replace('&', "\\&"))
                });
                let eprint = tagged(&[("arxiv", "eprint")], |tag, value| {
                    format!(", {tag} = {{{value}}}, archivePrefix={{arXiv}}")
                });
                format!("@article{{{}{rest}{eprint}}}\n", value("key"))
            }
            1 => {
                let tags = ["TI", "AU", "AB", "DO", "UR", "N1"];
                let pairs: Vec<_> =
                    names.into_iter().zip(tags).chain([("key", "ID"), ("arxiv", "M1")]).collect();
                format!(
                    "TY  - JOUR\n{}ER  - \n\n",
                    tagged(&pairs, |tag, value| format!("{tag}  - {value}\n"))
                )
            }
            2 => {
                let csl = ["title", "", "abstract", "DOI", "URL", "note"];
                let pairs: Vec<_> = names
                    .into_iter()
                    .zip(csl)
                    .filter(|(_, tag)| !tag.is_empty())
                    .chain([("key", "id"), ("arxiv", "number")])
                    .collect();
                let fields = tagged(&pairs, |tag, value| format!(", {tag:?}: {value:?}"));
                let people = value("author")
                    .split_once(',')
                    .map(|(family, _)| format!(r#", "author": [{{"family": "{family}", "given": "Ann"}}]"#));
                format!(r#"{{"type": "article"{fields}{}}},"#, people.unwrap_or_default())
            }
            _ => {
                let dc = ["title", "dc:creator", "description", "dc:identifier", "", "comments"];
                let pairs: Vec<_> = names.into_iter().zip(dc).filter(|(_, tag)| !tag.is_empty()).collect();
                let link = if value("arxiv").is_empty() { value("url") } else { value("arxiv") };
                let fields =
                    tagged(&pairs, |tag, value| format!("<{tag}>{}</{tag}>", value.replace('&', "&amp;")));
                format!(
                    "<item>{fields}<link>{link}</link><guid isPermaLink=\"false\">{}</guid></item>\n",
                    value("key")
                )
            }
        }
    };
    let entries = entries.iter().map(one).collect::<String>();
    match format {
        2 => format!("[{}]", entries.trim_end_matches(',')),
        3 => format!("<rss version=\"2.0\"><channel><title>T</title>{entries}</channel></rss>"),
        _ => entries,
    }
}

fn any_file() -> impl Strategy<Value = (String, usize)> {
    let shown =
        (0..TRUTH.len(), any::<[bool; 4]>(), 0..3_usize, 0..3_usize, prop::option::of(0..TRUTH.len()));
    let shown =
        shown.prop_map(|(of, shows, key, address, mentions)| Shown { of, shows, key, address, mentions });
    let entries = prop::collection::vec(shown, 1..7);
    (0..4_usize, entries).prop_map(|(format, entries)| (file(format, &entries), entries.len()))
}

fn read(text: &str) -> Vec<Paper> {
    let reader = source::read("file", Box::new(Cursor::new(text.to_owned())), &Hints::default()).unwrap();
    reader.map(|entry| entry.unwrap_or_else(|problem| panic!("{problem}\n{text}"))).collect()
}

fn stored(files: [&str; 2]) -> Vec<Paper> {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store::open(folder.path(), &store::Place::Folder).unwrap();
    files.iter().for_each(|text| drop(store.put(read(text)).unwrap()));
    let again = files.iter().flat_map(|text| store.put(read(text)).unwrap()).collect::<Vec<_>>();
    assert!(again.iter().all(|change| *change == Change::Unchanged), "twice is once");
    let mut papers = Vec::new();
    let mut keep = |stored: paperpick::store::StoredPaper| -> paperpick::Result<()> {
        papers.push(stored.paper);
        Ok(())
    };
    store.each_paper(&mut keep).unwrap();
    papers.sort_by(|a, b| a.id.cmp(&b.id));
    papers
}

/// What says no author by a name that means another paper became a paper of its own when it was read again.
#[test]
fn a_name_without_authors_means_what_it_meant() {
    let entry =
        "TY  - JOUR\nTI  - Salt marshes: a survey\nUR  - https://example.org/a long one\nID  - roy2020\n";
    let ris = format!("{entry}ER  - \n\n{entry}AU  - Ito, Ann\nER  - \n\n");
    let bibtex = "@article{roy2020, title = {Salt marshes: a survey}, author = {Ito, Ann}, \
                  eprint = {https://arxiv.org/abs/2404.00003}, archivePrefix={arXiv}}\n";
    for files in [[ris.as_str(), bibtex], [bibtex, ris.as_str()]] {
        let papers = stored(files);
        assert_eq!(papers.len(), 1, "{papers:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever two files say of a few papers, in whatever order they are read.
    #[test]
    fn any_two_files_in_any_order_give_the_same_papers_unmixed((one, n) in any_file(), (two, m) in any_file()) {
        prop_assert_eq!((read(&one).len(), read(&two).len()), (n, m), "{}\n{}", one, two);
        let papers = stored([&one, &two]);
        prop_assert_eq!(&papers, &stored([&two, &one]), "{}\n{}", one, two);
        for paper in papers {
            let of = TRUTH.iter().find(|of| of.title == paper.title);
            prop_assert!(of.is_some(), "{:?}", paper);
            let of = of.unwrap();
            let id = paper.id.as_str();
            prop_assert!([of.arxiv, &format!("doi:{}", of.doi)].contains(&id) || id.starts_with("own:"), "{:?}", paper);
            prop_assert!(paper.abstract_text.is_empty() || paper.abstract_text == of.says(), "{:?}", paper);
            prop_assert!(paper.authors.is_empty() || paper.authors == [format!("Ann {}", of.family)], "{:?}", paper);
            prop_assert!(paper.facts.get("doi").is_none_or(|doi| doi == of.doi), "{:?}", paper);
        }
    }
}
