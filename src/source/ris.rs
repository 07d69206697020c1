//! RIS, which nearly every reference manager writes: `TY  - JOUR` to `ER  - `.

use std::io::BufRead;

use super::lines::Lines;
use super::reference::{Reference, spoken};
use super::{MAX_ENTRY_BYTES, Parsed, Place, leading_day};
use crate::paper::Paper;

/// The papers of a file.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    let mut lines = Lines::new(input);
    let mut open: Option<RisRecord> = None;
    std::iter::from_fn(move || {
        loop {
            let Some((number, line)) = lines.next() else {
                let record = open.take()?;
                return Some(Err((Place::Line(record.start), "the file ends before `ER  -`".to_owned())));
            };
            let line = match line {
                Ok(line) => line,
                Err(message) => {
                    open = None;
                    return Some(Err((Place::Line(number), message)));
                }
            };
            match tag(&line) {
                Some(("TY", _)) => {
                    let before = open.replace(RisRecord { start: number, ..RisRecord::default() });
                    if let Some(record) = before {
                        return Some(Err((Place::Line(record.start), "the entry has no `ER  -`".to_owned())));
                    }
                }
                Some(("ER", _)) => {
                    if let Some(record) = open.take() {
                        let start = record.start;
                        return Some(record.into_paper().map_err(|message| (Place::Line(start), message)));
                    }
                }
                Some((tag, value)) => {
                    if let Some(record) = &mut open {
                        record.add(tag, value);
                    }
                }
                // A long field goes on in the next line.
                None => {
                    if let Some(record) = &mut open {
                        record.go_on(line.trim());
                    }
                }
            }
        }
    })
}

/// `AU  - Doe, Jane`
fn tag(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (tag, rest) = line.split_at_checked(2)?;
    let value = rest.strip_prefix("  -")?;
    let is_tag = tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    is_tag.then(|| (tag, value.trim()))
}

/// Whether a line begins a record.
pub(super) fn begins_record(line: &str) -> bool {
    matches!(tag(line), Some(("TY", _)))
}

#[derive(Default)]
struct RisRecord {
    start: usize,
    fields: Vec<(String, String)>,
    n_bytes: usize,
}

impl RisRecord {
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

    fn into_paper(self) -> Result<Paper, String> {
        if self.n_bytes > MAX_ENTRY_BYTES {
            return Err(format!("the entry is longer than {MAX_ENTRY_BYTES} bytes"));
        }
        let all = |tags: &[&str]| -> Vec<String> {
            let wanted = |(tag, value): &&(String, String)| tags.contains(&tag.as_str()) && !value.is_empty();
            self.fields.iter().filter(wanted).map(|(_, value)| value.clone()).collect()
        };
        let first = |tags: &[&str]| tags.iter().find_map(|tag| all(&[tag]).into_iter().next());
        let day = first(&["DA", "Y1", "PY"]).map(|day| day.replace('/', "-"));
        let url = first(&["UR", "L1", "L2"]);
        let reference = Reference {
            identifiers: all(&["M1", "C1", "C7", "M3", "AN"]),
            hints: all(&["UR", "L1", "L2", "VL", "SP", "T2", "JO", "JF", "PB"]),
            remarks: all(&["N1"]),
            given: None,
            names: all(&["UR", "L1", "L2", "AN", "ID"]),
            link: url,
            title: first(&["TI", "T1", "CT", "BT"]).unwrap_or_default(),
            abstract_text: first(&["AB", "N2"]).unwrap_or_default(),
            authors: all(&["AU", "A1"]).iter().map(|name| spoken(name)).collect(),
            published: day.as_deref().and_then(leading_day),
            year: day,
            categories: Vec::new(),
            journal: first(&["T2", "JO", "JF", "JA"]),
            doi: first(&["DO"]),
        };
        reference.into_paper()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_whole_and_broken() {
        let text = "TY  - JOUR\r\nTI  - A title that\ngoes on\nAU  - Doe, Jane\nAU  - Roe, Ann, Jr.\nDA  - 2024/04/25/\n\
                    UR  - https://arxiv.org/abs/2404.15653v2\nDO  - 10.1000/1\nAB  - Words.\nER  - \n\n\
                    TY  - CONF\nTI  - Never ended\nTY  - CONF\nT1  - By DOI\nDO  - 10.1000/X\nER  -\nTY  - JOUR\nTI  - cut";
        let found: Vec<Parsed> = papers(text.as_bytes()).collect();
        let first = found[0].as_ref().unwrap();
        assert_eq!((first.id.as_str(), first.version), ("2404.15653", Some(2)));
        assert_eq!(first.title, "A title that goes on");
        assert_eq!(first.authors, ["Jane Doe", "Ann Roe Jr."]);
        assert_eq!((first.facts["doi"].as_str(), first.published.unwrap().day()), ("10.1000/1", 25));
        assert_eq!(found[1], Err((Place::Line(12), "the entry has no `ER  -`".into())));
        assert_eq!(found[2].as_ref().unwrap().id.as_str(), "doi:10.1000/x");
        assert_eq!(found[3], Err((Place::Line(18), "the file ends before `ER  -`".into())));
    }
}
