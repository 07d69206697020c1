//! RIS, which nearly every reference manager writes: `TY  - JOUR` to `ER  - `, in the dialects of those who
//! have not read the specification.

use std::io::BufRead;

use jiff::civil::Date;

use super::lines::Lines;
use super::reference::Reference;
use super::{MAX_ENTRY_BYTES, Parsed, Place, html, people};
use crate::paper::Paper;

/// The papers of a file.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    let mut records =
        Records { lines: Lines::new(input), open: RisRecord::default(), ready: Vec::new(), ended: false };
    std::iter::from_fn(move || records.next())
}

/// The records of a file, one at a time.
struct Records<R> {
    lines: Lines<R>,
    open: RisRecord,
    /// What was found and not given out yet, the next one last.
    ready: Vec<Parsed>,
    ended: bool,
}

impl<R: BufRead> Records<R> {
    fn next(&mut self) -> Option<Parsed> {
        loop {
            if let Some(found) = self.ready.pop() {
                return Some(found);
            }
            if self.ended {
                return None;
            }
            match self.lines.next() {
                None => self.end(),
                Some((number, Ok(line))) => self.line(number, &line),
                Some((number, Err(message))) => {
                    self.open = RisRecord::default();
                    return Some(Err((Place::Line(number), message)));
                }
            }
        }
    }

    fn line(&mut self, number: usize, line: &str) {
        let found = tag(line, self.open.is_tight);
        match found.as_ref().map(|(tag, value)| (tag.as_str(), *value)) {
            Some(("TY", _)) => {
                // Some write other fields before the type. A record that has its type already has lost its end.
                if self.open.has_type {
                    self.close();
                }
                self.open.begin(number);
                self.open.has_type = true;
                self.open.is_tight = !line.contains([' ', '\t']) || !line.contains("- ");
            }
            Some(("ER", _)) => self.close(),
            Some((tag, value)) => {
                self.open.begin(number);
                self.open.add(tag, value);
            }
            // A long field goes on in the next line.
            None if !line.trim().is_empty() => self.open.go_on(line.trim()),
            None => {}
        }
    }

    fn close(&mut self) {
        let record = std::mem::take(&mut self.open);
        let start = record.start;
        if record.has_type || record.fields.iter().any(|(tag, _)| TITLES.contains(&tag.as_str())) {
            self.ready.push(record.into_paper().map_err(|message| (Place::Line(start), message)));
        }
    }

    /// What a file that ends inside a record holds of it, and that it does.
    fn end(&mut self) {
        self.ended = true;
        if !self.open.has_type {
            return;
        }
        let start = self.open.start;
        // Half a title or half a DOI would be another paper's.
        if self.lines.is_cut() {
            self.open.fields.pop();
        }
        let record = std::mem::take(&mut self.open);
        self.ready.push(Err((Place::Line(start), "the file ends before `ER  -`".to_owned())));
        self.ready.extend(record.into_paper().ok().filter(|paper| !paper.title.is_empty()).map(Ok));
    }
}

/// Fields that hold the title. In a chapter `BT` is the book's.
const TITLES: [&str; 4] = ["TI", "T1", "CT", "BT"];

/// The tags of RIS, for where the sign behind one is not enough to tell it from a word.
const TAGS: &str = "A1 A2 A3 A4 A5 AB AD AN AU AV BT C1 C2 C3 C4 C5 C6 C7 C8 CA CN CP CR CT CY DA DB DI DO DP \
    ED EP ER ET FD ID IP IS J1 J2 JA JF JO K1 KW L1 L2 L3 L4 LA LB LK M1 M2 M3 N1 N2 NV OP PA PB PD PP PY RD RI \
    RN RP SE SN SP ST SV T1 T2 T3 TA TI TT TY U1 U2 U3 U4 U5 UN UR VL VO Y1 Y2";

/// `AU  - Doe, Jane`, `au  - Doe, Jane`, `AU - Doe, Jane`, `ER` alone; and `AU-Doe, Jane`, but only among
/// `tight` fields, for `IL-6` may begin the second line of an abstract.
fn tag(line: &str, tight: bool) -> Option<(String, &str)> {
    let line = line.trim_start_matches('\u{feff}');
    if line.trim_end() == "ER" {
        return Some(("ER".to_owned(), ""));
    }
    let (tag, rest) = line.trim_start().split_at_checked(2)?;
    let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let value = rest[gap..].strip_prefix(['-', '–', '—'])?;
    let is_wide = gap >= 2 || rest.starts_with('\t');
    let is_spaced = value.is_empty() || value.starts_with([' ', '\t']);
    let upper = tag.to_ascii_uppercase();
    let is_code = tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let is_known = TAGS.split(' ').any(|known| known == upper);
    let value = value.trim();
    let is_frame = upper == "TY" && is_type(value) || upper == "ER" && value.is_empty();
    let is_tag = match is_wide {
        true => is_spaced && (is_code || is_known) || is_code && is_known,
        false => is_code && is_known && (tight || is_frame || gap == 1 && is_spaced),
    };
    is_tag.then_some((upper, value))
}

/// `JOUR`, `CHAP`, `C2`
fn is_type(text: &str) -> bool {
    (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// Whether a line begins a record.
pub(super) fn begins_record(line: &str) -> bool {
    line.starts_with("TY  -")
        || tag(line, false).is_some_and(|(tag, value)| tag == "TY" && (value.is_empty() || is_type(value)))
}

#[derive(Default)]
struct RisRecord {
    /// The line of its first field; 0 before there is one.
    start: usize,
    has_type: bool,
    /// Whether its tags have no spaces behind them.
    is_tight: bool,
    fields: Vec<(String, String)>,
    n_bytes: usize,
}

impl RisRecord {
    fn begin(&mut self, number: usize) {
        if self.start == 0 {
            self.start = number;
        }
    }

    fn add(&mut self, tag: &str, value: &str) {
        self.n_bytes += tag.len() + value.len();
        if self.n_bytes <= MAX_ENTRY_BYTES {
            self.fields.push((tag.to_owned(), value.to_owned()));
        }
    }

    fn go_on(&mut self, text: &str) {
        self.n_bytes += 1 + text.len();
        if let Some((_, value)) = self.fields.last_mut()
            && self.n_bytes <= MAX_ENTRY_BYTES
        {
            value.push(' ');
            value.push_str(text);
        }
    }

    fn all(&self, tags: &[&str]) -> Vec<String> {
        let wanted = |(tag, value): &&(String, String)| tags.contains(&tag.as_str()) && !value.is_empty();
        self.fields.iter().filter(wanted).map(|(_, value)| value.clone()).collect()
    }

    /// The first value of the first of these tags that has one.
    fn first(&self, tags: &[&str]) -> Option<String> {
        tags.iter().find_map(|tag| self.all(&[tag]).into_iter().next())
    }

    fn authors(&self) -> Vec<String> {
        let people = |tags: &[&str]| -> Vec<String> {
            self.all(tags).iter().flat_map(|field| people::listed(&html::text(field))).collect()
        };
        // Editors, where nobody wrote the whole.
        [&["AU", "A1"][..], &["A2", "ED"], &["A3"], &["A4"]]
            .iter()
            .map(|tags| people(tags))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    fn into_paper(self) -> Result<Paper, String> {
        if self.n_bytes > MAX_ENTRY_BYTES {
            return Err(format!("the entry is longer than {MAX_ENTRY_BYTES} bytes"));
        }
        let text = |tags: &[&str]| self.first(tags).map(|text| html::text(&text));
        let addresses = self.all(&["UR", "LK", "L1", "L2"]);
        let addresses: Vec<String> = addresses.iter().flat_map(|field| addresses_in(field)).collect();
        let days = self.all(&["DA", "Y1", "PY"]);
        let years = self.all(&["PY", "Y1", "DA"]);
        let reference = Reference {
            identifiers: self.all(&["M1", "C1", "C7", "M3", "AN"]),
            hints: [addresses.clone(), self.all(&["VL", "SP", "T2", "JO", "JF", "PB"])].concat(),
            remarks: self.all(&["N1"]),
            given: None,
            link: addresses.iter().find(|address| address.contains("://")).cloned(),
            names: [addresses, self.all(&["AN", "ID"])].concat(),
            title: text(&TITLES).or_else(|| text(&["ST", "TT"])).unwrap_or_default(),
            abstract_text: text(&["AB", "N2"]).unwrap_or_default(),
            authors: self.authors(),
            published: days.iter().find_map(|day| whole_day(day)),
            year: years
                .into_iter()
                .find(|text| text.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() == 4)),
            categories: Vec::new(),
            journal: text(&["T2", "JO", "JF", "JA", "BT"]).filter(|_| self.first(&TITLES[..3]).is_some()),
            doi: self.first(&["DO", "DI"]),
        };
        reference.into_paper()
    }
}

/// `https://a.example.org/1; https://b.example.org`. A DOI or an address may hold a semicolon itself, so another
/// must follow it.
fn addresses_in(field: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let words = field.split(' ').map(|word| word.split_inclusive(';'));
    for (i, piece) in words.flat_map(Iterator::enumerate) {
        let begins = ["http", "10.", "doi:", "www."].iter().any(|start| {
            piece.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
        });
        match found.last_mut().filter(|_| i > 0 && !begins) {
            Some(last) => last.push_str(piece),
            None => found.push(piece.to_owned()),
        }
    }
    found.iter().map(|address| address.trim_end_matches(';').to_owned()).collect()
}

/// The day of `2019/05/03/`, `2019/5/3/Spring`, `2019-05-03` and `20190503`.
fn whole_day(text: &str) -> Option<Date> {
    let mut numbers = text.split(['/', '-', '.', ' ', 'T']);
    let first = numbers.next()?;
    let (year, month, day) = match first.len() {
        8 => (first.get(..4)?, first.get(4..6)?, first.get(6..)?),
        _ => (first, numbers.next()?, numbers.next()?),
    };
    (year.len() == 4)
        .then(|| Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str) -> Vec<Parsed> {
        papers(text.as_bytes()).collect()
    }

    fn titles(text: &str) -> Vec<String> {
        read(text).into_iter().map(|found| found.unwrap().title).collect()
    }

    #[test]
    fn records_whole_and_broken() {
        let found = read(
            "TY  - JOUR\r\nTI  - A title that\ngoes on\nAU  - Doe, Jane\nAU  - Roe, Ann, Jr.\nDA  - 2024/04/25/\n\
             UR  - https://arxiv.org/abs/2404.15653v2\nDO  - 10.1000/1\nAB  - Words.\nER  - \n\n\
             TY  - CONF\nTI  - Never ended\nTY  - CONF\nT1  - By DOI\nDO  - 10.1000/X\nER  -\n\
             TY  - JOUR\nKW  - no title\nER  - \nTY  - JOUR\nTI  - Whole\nDO  - 10.1000/cu",
        );
        let first = found[0].as_ref().unwrap();
        assert_eq!((first.id.as_str(), first.version), ("2404.15653", Some(2)));
        assert_eq!(first.title, "A title that goes on");
        assert_eq!(first.authors, ["Jane Doe", "Ann Roe Jr."]);
        assert_eq!((first.facts["doi"].as_str(), first.published.unwrap().day()), ("10.1000/1", 25));
        assert_eq!(found[1].as_ref().unwrap().title, "Never ended");
        assert_eq!(found[2].as_ref().unwrap().id.as_str(), "doi:10.1000/x");
        assert!(matches!(&found[3], Err((Place::Line(18), message)) if message.contains("title")));
        let cut = found[4].as_ref().unwrap();
        assert_eq!(
            (cut.title.as_str(), cut.facts.get("doi")),
            ("Whole", None),
            "half a DOI is another paper's"
        );
        assert_eq!(found[5], Err((Place::Line(21), "the file ends before `ER  -`".into())));
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn every_dialect_has_two_records() {
        for text in [
            "TY  - JOUR\nTI  - One\nER  - \nTY  - JOUR\nTI  - Two\nER  - \n",
            "TY - JOUR\nTI - One\nAB - So\nIL-6 - and\nER - \n\nTY - JOUR\nTI - Two\nER -\n",
            "TY-JOUR\nTI-One\nER-\nTY-JOUR\nTI-Two\nER-\n",
            "TY  -JOUR\nTI  -One\nER  -\nTY  -JOUR\nTI  -Two\nER  -\n",
            "TY\t-\tJOUR\nTI\t-\tOne\nER\t-\nTY\t-\tJOUR\nTI\t-\tTwo\nER\t-\n",
            "TY  - JOUR\nTI  - One\nER\n\nTY  - JOUR\nTI  - Two\nER",
            "Exported by a program\n\n1.\nTY  - JOUR\nTI  - One\nER  - \n\n2.\nTY  - JOUR\nTI  - Two\nER  - \nend\n",
            "DB  - X\nTI  - One\nTY  - JOUR\nER  - \n\nDB  - X\nTI  - Two\nTY  - JOUR\nER  - \n",
            "\u{feff}  TY  - JOUR\n  TI  - One\n  ER  - \n  TY  - JOUR\n  TI  - Two\n  ER  - \n",
            "TY  – JOUR\nTI  – One\nER  – \nTY  – JOUR\nTI  – Two\nER  – \n",
        ] {
            assert!(text.lines().any(|line| begins_record(line.trim_start())), "{text}");
            assert_eq!(titles(text), ["One", "Two"], "{text}");
        }
        assert_eq!(
            titles("TY  - JOUR\nTI  - Roles of\nIL-6 and\nMR-imaging\nER  - \n"),
            ["Roles of IL-6 and MR-imaging"]
        );
    }

    #[test]
    fn a_semicolon_parts_addresses_only() {
        for (field, addresses) in [
            ("https://a.org/1; https://b.org", vec!["https://a.org/1", "https://b.org"]),
            ("https://a.org/1;https://b.org;", vec!["https://a.org/1", "https://b.org"]),
            ("https://a.org; b/c", vec!["https://a.org", "b/c"]),
            ("https://a.org/?a=1;id=77", vec!["https://a.org/?a=1;id=77"]),
            ("10.1002/x:AID-ASI4>3.0.CO;2-O;10.1000/2", vec!["10.1002/x:AID-ASI4>3.0.CO;2-O", "10.1000/2"]),
        ] {
            assert_eq!(addresses_in(field), addresses);
        }
        let sici = "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O";
        let text = format!("TY  - JOUR\nTI  - T\nUR  - https://doi.org/{sici}\nER  - \n");
        assert_eq!(read(&text)[0].as_ref().unwrap().id.as_str(), format!("doi:{}", sici.to_lowercase()));
    }

    #[test]
    fn fields_by_their_meaning() {
        let paper = |fields: &str| read(&format!("TY  - CHAP\n{fields}\nER  - \n")).remove(0).unwrap();
        let chapter = paper(
            "BT  - The Book\nTI  - The <i>Chapter</i> &amp; More\nA2  - Edo, Ed\nAU  - Abel, Ann; Borg, Carl",
        );
        assert_eq!(
            (chapter.title.as_str(), chapter.facts["journal"].as_str()),
            ("The Chapter & More", "The Book")
        );
        assert_eq!(chapter.authors, ["Ann Abel", "Carl Borg"]);
        let book = paper(
            "BT  - The Book\nA2  - Edo, Ed\nPY  - 2019///\nUR  - https://a.example.org/1; https://b.example.org",
        );
        assert_eq!((book.title.as_str(), &book.authors[..]), ("The Book", &["Ed Edo".to_owned()][..]));
        assert_eq!((book.facts["year"].as_str(), book.facts.get("journal")), ("2019", None));
        assert_eq!(book.facts["link"], "https://a.example.org/1");
        for (field, id) in
            [("DO  - https://doi.org/10.1000/D", "doi:10.1000/d"), ("DO  - doi:10.1000/D", "doi:10.1000/d")]
        {
            assert_eq!(paper(&format!("TI  - T\n{field}")).id.as_str(), id);
        }
        for (field, day) in [
            ("Y1  - 2019/05/03/", Some(date(2019, 5, 3))),
            ("DA  - 2019/5/3", Some(date(2019, 5, 3))),
            ("DA  - 20190503", Some(date(2019, 5, 3))),
            ("PY  - 2019-05-03", Some(date(2019, 5, 3))),
            ("Y1  - 2019/05//", None),
            ("DA  - May 3\nPY  - 2019", None),
        ] {
            let found = paper(&format!("TI  - T\n{field}"));
            assert_eq!(found.published, day, "{field}");
            assert_eq!(
                found.facts.get("year").map(String::as_str),
                day.is_none().then_some("2019"),
                "{field}"
            );
        }
    }
}
