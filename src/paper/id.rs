//! A paper's identity: an arXiv identifier without its version, a DOI, or a name of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The canonical identity of a paper: `2404.15653`, `hep-th/9901001`, `doi:10.1145/3292500` or
/// `own:some-name`. Equal papers have equal identities, however they were written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct PaperId(String);

impl PaperId {
    /// Reads an identifier in any form in which people write it, and the version if it names one.
    ///
    /// ```
    /// use paperpick::PaperId;
    /// let (id, version) = PaperId::parse("https://arxiv.org/pdf/2404.15653v2.pdf")?;
    /// assert_eq!((id.as_str(), version), ("2404.15653", Some(2)));
    /// # Ok::<(), paperpick::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadId`] with the rule that the text breaks.
    pub fn parse(text: &str) -> Result<(Self, Option<u32>)> {
        let bad = |reason| Error::BadId { text: shorten(text), reason };
        let trimmed = text.trim();
        if let Some(own) = strip_ignoring_case(trimmed, "own:") {
            return Self::own(own)
                .map(|id| (id, None))
                .ok_or_else(|| bad("an own name is 1 to 200 letters without spaces"));
        }
        let rest = strip_wrappings(trimmed);
        let decoded = if trimmed.contains("://") { decoded(rest) } else { None };
        let rest = decoded.as_deref().unwrap_or(rest);
        if rest.starts_with("10.") && rest.contains('/') {
            return Self::doi(rest).map(|id| (id, None)).ok_or_else(|| bad("a DOI is 10.NNNN/NAME"));
        }
        arxiv(rest).map_err(bad)
    }

    /// An identity for a paper that has neither an arXiv identifier nor a DOI.
    pub fn own(name: &str) -> Option<Self> {
        let fits = !name.is_empty()
            && name.len() <= 200
            && !name.contains(|c: char| c.is_whitespace() || c.is_control());
        fits.then(|| Self(format!("own:{name}")))
    }

    fn doi(text: &str) -> Option<Self> {
        let (registrant, name) = text.split_once('/')?;
        let digits = registrant.strip_prefix("10.")?;
        let fits = digits.len() >= 4
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && !name.is_empty()
            && text.len() <= 300
            && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        // DOIs are case-insensitive (ISO 26324), so one spelling is kept.
        fits.then(|| Self(format!("doi:{}", text.to_lowercase())))
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an arXiv identifier.
    pub fn is_arxiv(&self) -> bool {
        !self.0.starts_with("doi:") && !self.0.starts_with("own:")
    }

    /// The page to read about it, if it has one.
    pub fn url(&self) -> Option<String> {
        match self.0.split_once(':') {
            None => Some(format!("https://arxiv.org/abs/{}", self.0)),
            Some(("doi", doi)) => Some(format!("https://doi.org/{}", encoded(doi))),
            Some(_) => None,
        }
    }
}

impl fmt::Display for PaperId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for PaperId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The canonical `doi:` form reads back as itself.
        Self::parse(&text).map(|(id, _)| id).map_err(serde::de::Error::custom)
    }
}

/// Takes off everything that may stand around an identifier: schemes, hosts, prefixes.
fn strip_wrappings(text: &str) -> &str {
    let mut rest = text;
    const WRAPPINGS: [&str; 21] = [
        "arxiv preprint ",
        "https://",
        "http://",
        "www.",
        "export.",
        "m.",
        "dx.",
        "doi.org/",
        "arxiv.org/",
        "huggingface.co/papers/",
        "hf.co/papers/",
        "alphaxiv.org/",
        "ar5iv.org/",
        "oai:arxiv.org:",
        "arxiv:",
        "doi:",
        "10.48550/",
        "arxiv.",
        "abs/",
        "pdf/",
        "html/",
    ];
    'again: loop {
        for wrapping in WRAPPINGS {
            if let Some(inner) = strip_ignoring_case(rest, wrapping) {
                rest = inner.trim_start();
                continue 'again;
            }
        }
        break;
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let rest = rest[..end].trim_end_matches('/');
    let rest = rest.strip_suffix(".pdf").or_else(|| rest.strip_suffix(".PDF")).unwrap_or(rest);
    // The stamp on a PDF's margin: `0706.0001v1 [q-bio.CB] 1 Jun 2007`.
    rest.split(" [").next().unwrap_or(rest).trim()
}

/// A DOI may hold every printable sign, an address few of them.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        match b.is_ascii_alphanumeric() || b"-._:/".contains(&b) {
            true => out.push(char::from(b)),
            false => out.push_str(&format!("%{b:02X}")),
        }
        out
    })
}

/// Undoes the percent signs of an address; none if there are none, or if they do not make a text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok().filter(|decoded| decoded != text)
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn arxiv(text: &str) -> Result<(PaperId, Option<u32>), &'static str> {
    let (name, version) = split_version(text)?;
    let id = match name.split_once('/') {
        Some((archive, number)) => old_style(archive, number)?,
        None => new_style(name)?,
    };
    Ok((PaperId(id), version))
}

fn split_version(text: &str) -> Result<(&str, Option<u32>), &'static str> {
    let Some(at) = text.rfind(['v', 'V']) else { return Ok((text, None)) };
    let digits = &text[at + 1..];
    if at == 0 || digits.is_empty() || !all_digits(digits) {
        return Ok((text, None));
    }
    match digits.parse() {
        Ok(version) if version > 0 && digits.len() <= 4 => Ok((&text[..at], Some(version))),
        _ => Err("a version is v1 to v9999"),
    }
}

fn new_style(name: &str) -> Result<String, &'static str> {
    let (year_month, number) = name.split_once('.').ok_or("expected YYMM.NNNNN or archive/YYMMNNN")?;
    if year_month.len() != 4 || !all_digits(year_month) || !all_digits(number) {
        return Err("expected YYMM.NNNNN or archive/YYMMNNN");
    }
    check_month(&year_month[2..])?;
    match (year_month, number.len()) {
        (ym, _) if ym < "0704" => Err("identifiers before April 2007 are written archive/YYMMNNN"),
        (ym, 4) if ym < "1501" => Ok(name.to_owned()),
        (ym, 5) if ym >= "1501" => Ok(name.to_owned()),
        (ym, _) if ym < "1501" => Err("before 2015 the number has four digits"),
        _ => Err("from 2015 on the number has five digits"),
    }
}

fn old_style(archive: &str, number: &str) -> Result<String, &'static str> {
    // `math.CA/0611800`: the subject class is not part of the identity.
    let archive = archive.split('.').next().unwrap_or(archive).to_ascii_lowercase();
    if !ARCHIVES.contains(&archive.as_str()) {
        return Err("no such archive");
    }
    if number.len() != 7 || !all_digits(number) {
        return Err("an old identifier is archive/YYMMNNN with seven digits");
    }
    check_month(&number[2..4])?;
    let year_month = &number[..4];
    // arXiv began in August 1991 and left this scheme in March 2007.
    if ("0704".."9108").contains(&year_month) {
        return Err("old identifiers run from August 1991 to March 2007");
    }
    Ok(format!("{archive}/{number}"))
}

fn check_month(month: &str) -> Result<(), &'static str> {
    if ("01"..="12").contains(&month) { Ok(()) } else { Err("the month is not 01 to 12") }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The archives of identifiers before April 2007.
const ARCHIVES: [&str; 38] = [
    "acc-phys", "adap-org", "alg-geom", "ao-sci", "astro-ph", "atom-ph", "bayes-an", "chao-dyn", "chem-ph",
    "cmp-lg", "comp-gas", "cond-mat", "cs", "dg-ga", "funct-an", "gr-qc", "hep-ex", "hep-lat", "hep-ph",
    "hep-th", "math", "math-ph", "mtrl-th", "nlin", "nucl-ex", "nucl-th", "patt-sol", "physics", "plasm-ph",
    "q-alg", "q-bio", "quant-ph", "solv-int", "supr-con", "stat", "eess", "econ", "q-fin",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_identifier() {
        let cases = [
            ("2404.15653", "2404.15653", None),
            ("  arXiv:2404.15653v2 ", "2404.15653", Some(2)),
            ("https://arxiv.org/abs/2404.15653", "2404.15653", None),
            ("https://arxiv.org/pdf/2404.15653v1.pdf", "2404.15653", Some(1)),
            ("https://arxiv.org/html/2502.19918v2#S1", "2502.19918", Some(2)),
            ("https://huggingface.co/papers/2309.12307", "2309.12307", None),
            ("https://www.alphaxiv.org/abs/2404.15653", "2404.15653", None),
            ("oai:arXiv.org:2508.13426v1", "2508.13426", Some(1)),
            ("10.48550/arXiv.1706.03762", "1706.03762", None),
            ("https://doi.org/10.48550/arXiv.1706.03762", "1706.03762", None),
            ("arXiv:0706.0001v1 [q-bio.CB] 1 Jun 2007", "0706.0001", Some(1)),
            ("arXiv:hep-th/9901001v1", "hep-th/9901001", Some(1)),
            ("math.CA/0611800v2", "math/0611800", Some(2)),
            ("abs/1705.05363", "1705.05363", None),
            ("arXiv preprint arXiv:2606.07454", "2606.07454", None),
            ("9912.12345v2", "9912.12345", Some(2)),
            ("https://doi.org/10.1145/3292500.3330701", "doi:10.1145/3292500.3330701", None),
            ("doi:10.1038/S41586-021-03819-2", "doi:10.1038/s41586-021-03819-2", None),
            ("own:my-note", "own:my-note", None),
        ];
        for (text, id, version) in cases {
            let (parsed, parsed_version) = PaperId::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((parsed.as_str(), parsed_version), (id, version), "{text}");
            assert_eq!(PaperId::parse(id).unwrap(), (parsed, None), "{text} reads back");
        }
    }

    #[test]
    fn what_is_no_identifier_says_why() {
        for (text, reason) in [
            ("1234.12345", "the month is not 01 to 12"),
            ("1412.12345", "before 2015 the number has four digits"),
            ("1501.0001", "from 2015 on the number has five digits"),
            ("2413.00001", "the month is not 01 to 12"),
            ("hep-th/01001", "an old identifier is archive/YYMMNNN with seven digits"),
            ("0613.0001", "the month is not 01 to 12"),
            ("2404.15653v0", "a version is v1 to v9999"),
            ("nothing/9901001", "no such archive"),
            ("", "expected YYMM.NNNNN or archive/YYMMNNN"),
        ] {
            match PaperId::parse(text) {
                Err(Error::BadId { reason: got, .. }) => assert_eq!(got, reason, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
