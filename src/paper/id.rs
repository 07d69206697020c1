//! A paper's identity: an arXiv identifier without its version, a DOI, or a name of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::{encoded, strip_ignoring_case};
use super::spelling::{title_key, unaccented};
use super::{address, arxiv};
use crate::error::{Error, Result};
use crate::hash::fnv1a_32;

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
        let bare = address::unbracketed(trimmed);
        if let Some(named) = address::identifier_in(bare) {
            return Self::bare(&named).map_err(bad);
        }
        let rest = strip_wrappings(bare);
        let decoded = if trimmed.contains("://") { address::decoded(rest) } else { None };
        Self::bare(decoded.as_deref().unwrap_or(rest)).map_err(bad)
    }

    /// Reads a DOI or an arXiv identifier that nothing stands around.
    fn bare(text: &str) -> Result<(Self, Option<u32>), &'static str> {
        // A DOI of arXiv's own is arXiv's identifier.
        if let Some(inner) = strip_ignoring_case(text, "10.48550/arxiv.") {
            return Self::arxiv(inner);
        }
        match text.starts_with("10.") && text.contains('/') {
            true => Self::doi(text).map(|id| (id, None)).ok_or("a DOI is 10.NNNN/NAME"),
            false => Self::arxiv(text),
        }
    }

    fn arxiv(text: &str) -> Result<(Self, Option<u32>), &'static str> {
        arxiv::parse(text).map(|(id, version)| (Self(id), version))
    }

    /// An identity for a paper that has neither an arXiv identifier nor a DOI.
    pub fn own(name: &str) -> Option<Self> {
        let fits = !name.is_empty()
            && name.len() <= 200
            && !name.contains(|c: char| c.is_whitespace() || c.is_control());
        fits.then(|| Self(format!("own:{name}")))
    }

    /// The identity of a paper that has only a weak name, which another paper may share: an address, a
    /// citation key. The title is part of it, so that two papers of one name stay two; `None` if the name
    /// says nothing, such as a number of a record or `N/A`.
    pub fn of_name(name: &str, title: &str) -> Option<Self> {
        let name = name.trim();
        let tells = name.chars().any(char::is_alphabetic)
            && !NO_NAMES.iter().any(|none| name.eq_ignore_ascii_case(none));
        tells.then(|| Self::own(&format!("{name}~{}", fingerprint(title)))).flatten()
    }

    /// The weak name in an identity that was made [of one](Self::of_name), without the fingerprint.
    pub fn weak_name(&self) -> Option<&str> {
        let (name, print) = self.0.strip_prefix("own:")?.rsplit_once('~')?;
        (print.len() == 8 && print.bytes().all(|b| b.is_ascii_hexdigit())).then_some(name)
    }

    /// The identity of last resort, of an entry without any name: the first author's family name, the year and
    /// the title; `None` without a title.
    pub fn of_title(title: &str, family: Option<&str>, year: Option<&str>) -> Option<Self> {
        let family = unaccented(family.unwrap_or_default()).to_lowercase();
        let family: String = family.chars().filter(|c| c.is_alphanumeric()).take(40).collect();
        let family = if family.is_empty() { "anonymous" } else { &family };
        let name = format!("{family}{}", year.unwrap_or_default());
        (!title.trim().is_empty()).then(|| Self::own(&format!("{name}~{}", fingerprint(title)))).flatten()
    }

    fn doi(text: &str) -> Option<Self> {
        let text = (text.len() <= 2 * LONGEST_DOI).then(|| address::plain_doi(text))?;
        let (registrant, name) = text.split_once('/')?;
        let digits = registrant.strip_prefix("10.")?;
        let fits = digits.len() >= 4
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && !name.is_empty()
            && text.len() <= LONGEST_DOI
            && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        // DOIs are case-insensitive (ISO 26324), so one spelling is kept.
        fits.then(|| Self(format!("doi:{text}")))
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
            Some(("doi", doi)) => Some(format!("https://doi.org/{}", encoded(doi, b"-._:/"))),
            Some(_) => None,
        }
    }
}

/// The longest DOI that is kept.
const LONGEST_DOI: usize = 300;

/// Names that stand where there is none.
const NO_NAMES: [&str; 8] = ["n/a", "na", "nan", "none", "null", "nil", "unknown", "undefined"];

/// Eight hexadecimal digits of what a title's spellings share.
fn fingerprint(title: &str) -> String {
    format!("{:08x}", fnv1a_32(title_key(title).bytes()))
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
        "arxiv e-prints ",
        "arxiv eprint ",
        "https://",
        "http://",
        "www.",
        "export.",
        "m.",
        "dx.",
        "doi.org/",
        "arxiv.org/",
        "oai:arxiv.org:",
        "arxiv:",
        "arxiv ",
        "doi:",
        "doi ",
        "10.48550/arxiv.",
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
    // A DOI may hold `#` and `?`, and end with `.pdf`; in an address of arXiv's they begin what is no identifier.
    if rest.starts_with("10.") {
        return rest;
    }
    let rest = rest[..rest.find(['?', '#']).unwrap_or(rest.len())].trim_end_matches('/');
    let rest = rest.strip_suffix(".pdf").or_else(|| rest.strip_suffix(".PDF")).unwrap_or(rest);
    // The stamp on a PDF's margin: `0706.0001v1 [q-bio.CB] 1 Jun 2007`.
    rest.split(" [").next().unwrap_or(rest).trim()
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

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

    proptest::proptest! {
        /// The store and exports keep the canonical text.
        #[test]
        fn an_identity_reads_back_as_itself(
            parts in proptest::collection::vec(proptest::sample::select(vec![
                "https://doi.org/", "doi:", "10.1000/", "10.48550/arXiv.",
                "10.48550/", "2404.15653", "arXiv:", "own:", "a", "B", "~", "%5D",
                "%2f", "/", ".", ".pdf", "]", ")", "(", "<", ">", "&lt;", "&amp;", "\\_", "?", "#", " [", "v2", "abs/", ";", "\"",
                "https://arxiv.org/", "hep-th/9901001", "https://example.org/",
            ]), 1..8),
        ) {
            if let Ok((id, _)) = PaperId::parse(&parts.concat()) {
                proptest::prop_assert_eq!(PaperId::parse(id.as_str()).ok(), Some((id, None)), "{:?}", parts);
            }
        }
    }
}
