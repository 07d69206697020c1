//! OAI-PMH 2.0, ListRecords and GetRecord, with arXiv's formats `arXiv` and `arXivRaw` and the
//! common `oai_dc`.

use std::io::BufRead;

use jiff::civil::Date;

use super::reference::spoken;
use super::xml::{Element, Entries};
use super::{Parsed, Place, authors, leading_day, mail_day, parse_day};
use crate::paper::{Paper, PaperId, latex, one_line};

/// One answer, whole.
#[derive(Debug, Default)]
pub struct Harvest {
    /// The records that are there, with the day of their last change.
    pub records: Vec<(Date, Paper)>,
    /// Records that were taken away.
    pub deleted: Vec<PaperId>,
    /// What could not be read.
    pub problems: Vec<(Place, String)>,
    /// What to ask for next; absent at the end.
    pub token: Option<String>,
    /// The code and text of the protocol's own error, such as `badResumptionToken`.
    pub error: Option<(String, String)>,
}

enum OaiRecord {
    There(Date, Box<Paper>),
    Deleted(Option<PaperId>),
}

/// Reads an answer.
pub(super) fn page(input: impl BufRead) -> Harvest {
    let mut page = Harvest::default();
    let mut entries = Entries::new(input, "record");
    for (n, entry) in entries.by_ref().enumerate() {
        match entry.and_then(|bytes| record(&bytes)) {
            Ok(OaiRecord::There(day, paper)) => page.records.push((day, *paper)),
            Ok(OaiRecord::Deleted(id)) => page.deleted.extend(id),
            Err(message) => page.problems.push((Place::Item(n + 1), message)),
        }
    }
    let around = entries.around();
    page.token = around.find("resumptionToken").map(|t| t.text().to_owned()).filter(|t| !t.is_empty());
    page.error = error(&around);
    page
}

/// The papers of an answer; deleted records are none.
pub(super) fn papers(input: impl BufRead) -> impl Iterator<Item = Parsed> {
    let mut entries = Entries::new(input, "record");
    let (mut n, mut over) = (0, false);
    std::iter::from_fn(move || {
        loop {
            let Some(entry) = entries.next() else {
                if std::mem::replace(&mut over, true) {
                    return None;
                }
                let refusal = error(&entries.around()).filter(|(code, _)| code != "noRecordsMatch");
                let message = |(code, text)| format!("the server answered with an error: {code}: {text}");
                return refusal.map(|refusal| Err((Place::Item(n + 1), message(refusal))));
            };
            n += 1;
            match entry.and_then(|bytes| record(&bytes)) {
                Ok(OaiRecord::There(_, paper)) => return Some(Ok(*paper)),
                Ok(OaiRecord::Deleted(_)) => {}
                Err(message) => return Some(Err((Place::Item(n), message))),
            }
        }
    })
}

fn error(around: &Element) -> Option<(String, String)> {
    let error = around.find("error")?;
    Some((error.attribute("code").unwrap_or("unknown").to_owned(), one_line(error.text())))
}

fn record(bytes: &[u8]) -> Result<OaiRecord, String> {
    let record = Element::parse(bytes)?;
    let header = record.all("header").next().ok_or("the record has no header")?;
    let identifier = header.text_of("identifier").unwrap_or_default();
    if header.attribute("status") == Some("deleted") {
        // What is gone need not have a name that means anything to us.
        return Ok(OaiRecord::Deleted(PaperId::parse(identifier).ok().map(|(id, _)| id)));
    }
    let stamp = header.text_of("datestamp").unwrap_or_default();
    let day = leading_day(stamp).ok_or_else(|| format!("the datestamp `{stamp}` is no day"))?;
    let metadata = record.all("metadata").next().ok_or("the record has no metadata")?;
    let body = ["arXiv", "arXivRaw", "dc"].iter().find_map(|name| metadata.all(name).next());
    let body = body.ok_or("expected metadata as arXiv, arXivRaw or oai_dc")?;
    Ok(OaiRecord::There(day, Box::new(paper(identifier, body)?)))
}

fn paper(identifier: &str, body: &Element) -> Result<Paper, String> {
    let (id, _) = PaperId::parse(body.text_of("id").unwrap_or(identifier)).map_err(|e| e.to_string())?;
    let mut paper = Paper::new(id, latex::decode(body.text_of("title").unwrap_or_default()));
    let abstract_text = body.text_of("abstract").or(body.text_of("description")).unwrap_or_default();
    paper.abstract_text = one_line(&latex::decode(abstract_text));
    let people = body.all("authors").next();
    let listed = people.into_iter().flat_map(|people| people.all("author")).map(|author| {
        let part = |name| author.text_of(name).unwrap_or_default();
        authors::clean(&format!("{} {} {}", part("forenames"), part("keyname"), part("suffix")))
    });
    paper.authors = listed.collect();
    if let Some(people) = people.filter(|_| paper.authors.is_empty()) {
        paper.authors = authors::split(people.text());
    }
    paper.authors.extend(body.all("creator").map(|creator| authors::clean(&spoken(creator.text()))));
    paper.authors.retain(|name| !name.is_empty());
    let categories = body.text_of("categories").unwrap_or_default();
    paper.categories = categories.split_whitespace().map(str::to_owned).collect();
    let versions: Vec<&Element> = body.all("version").collect();
    let number = |version: &&Element| version.attribute("version")?.strip_prefix('v')?.parse().ok();
    paper.version = versions.iter().filter_map(number).max();
    let moment = |version: Option<&&Element>| version.and_then(|v| mail_day(v.text_of("date")?));
    let dates = || body.all("date").filter_map(|date| parse_day(date.text()));
    let created = body.text_of("created").and_then(leading_day);
    paper.published = created.or_else(|| moment(versions.first())).or_else(|| dates().min());
    let updated = body.text_of("updated").and_then(leading_day);
    let last = moment(versions.last()).or_else(|| dates().max());
    paper.updated = updated.or(last.filter(|last| Some(*last) != paper.published));
    for (name, element) in
        [("comment", "comments"), ("journal", "journal-ref"), ("doi", "doi"), ("submitter", "submitter")]
    {
        if let Some(value) = body.text_of(element) {
            paper.facts.insert(name.to_owned(), one_line(&latex::decode(value)));
        }
    }
    Ok(paper)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const RAW: &str = "<OAI-PMH><ListRecords>
        <record><header><identifier>oai:arXiv.org:0704.0001</identifier><datestamp>2008-11-26</datestamp></header>
        <metadata><arXivRaw><id>0704.0001</id><submitter>Ann Bee</submitter>
        <version version=\"v1\"><date>Mon, 2 Apr 2007 19:18:42 GMT</date></version>
        <version version=\"v2\"><date>Tue, 24 Jul 2007 20:10:27 GMT</date></version>
        <title>T</title><authors>C. Dee, E. Eff (Lab, Town)</authors><categories>hep-ph math.CO</categories><abstract> A. </abstract></arXivRaw></metadata></record>
        <record><header status=\"deleted\"><identifier>oai:arXiv.org:0704.0002</identifier><datestamp>2008-11-26</datestamp></header></record>
        <record><header><identifier>oai:arXiv.org:0704.0003</identifier><datestamp>2008-11-27</datestamp></header>
        <metadata><oai_dc:dc><dc:title>D</dc:title><dc:creator>Bee, Ann</dc:creator><dc:creator>Dee, Carl</dc:creator>
        <dc:description>Words.</dc:description><dc:date>2007-04-02</dc:date><dc:date>2007-05-02</dc:date>
        <dc:identifier>http://arxiv.org/abs/0704.0003</dc:identifier></oai_dc:dc></metadata></record>
        <record><header><identifier>oai:arXiv.org:0704.0004</identifier></header></record>
        <resumptionToken cursor=\"0\" completeListSize=\"9\">6|1001</resumptionToken></ListRecords></OAI-PMH>";

    #[test]
    fn a_page_with_every_kind_of_record() {
        let page = page(RAW.as_bytes());
        let (day, raw) = &page.records[0];
        assert_eq!((*day, raw.id.as_str(), raw.version), (date(2008, 11, 26), "0704.0001", Some(2)));
        assert_eq!(raw.authors, ["C. Dee", "E. Eff"]);
        assert_eq!((raw.published, raw.updated), (Some(date(2007, 4, 2)), Some(date(2007, 7, 24))));
        assert_eq!(raw.categories, ["hep-ph", "math.CO"]);
        let (_, dc) = &page.records[1];
        assert_eq!(
            (dc.authors.as_slice(), dc.updated),
            (&["Ann Bee".to_owned(), "Carl Dee".into()][..], Some(date(2007, 5, 2)))
        );
        assert_eq!(page.deleted[0].as_str(), "0704.0002");
        assert_eq!(page.problems, [(Place::Item(4), "the datestamp `` is no day".to_owned())]);
        assert_eq!(page.token.as_deref(), Some("6|1001"));
    }

    #[test]
    fn an_error_of_the_protocol() {
        let text = "<OAI-PMH><error code=\"badResumptionToken\">it has expired</error></OAI-PMH>";
        assert_eq!(page(text.as_bytes()).error, Some(("badResumptionToken".into(), "it has expired".into())));
        assert_eq!(papers(text.as_bytes()).count(), 1);
        let none = "<OAI-PMH><error code=\"noRecordsMatch\"/></OAI-PMH>";
        assert_eq!(papers(none.as_bytes()).count(), 0);
    }
}
