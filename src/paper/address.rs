//! Identifiers inside the addresses of arXiv, its mirrors and readers, and of publishers.

use super::arxiv;

/// Sites whose paths name arXiv's papers, by the end of their host.
const READERS: [&str; 15] = [
    "arxiv.org",
    "arxiv-vanity.com",
    "xxx.lanl.gov",
    "lanl.gov",
    "alphaxiv.org",
    "ar5iv.org",
    "arxiv.dev",
    "huggingface.co",
    "hf.co",
    "hf-mirror.com",
    "scirate.com",
    "papers.cool",
    "emergentmind.com",
    "arxiv-sanity-lite.com",
    "deeplearn.org",
];

/// What publishers put behind a DOI in an address.
const ENDINGS: [&str; 18] = [
    "/full",
    "/fulltext",
    "/full-text",
    "/abstract",
    "/abs",
    "/pdf",
    "/epdf",
    "/epub",
    "/html",
    "/meta",
    "/references",
    "/summary",
    ".full.pdf",
    ".full",
    ".abstract",
    ".pdf",
    ".html",
    ".short",
];

/// The arXiv identifier or DOI in an address, without what stands around it; `None` if the text is no
/// address, or names neither.
pub(super) fn identifier_in(text: &str) -> Option<String> {
    let rest = ["https://", "http://", "//"].iter().find_map(|scheme| strip_ignoring_case(text, scheme));
    let (host, tail) = rest.unwrap_or(text).split_once('/')?;
    let is_host = host.contains('.') && !host.starts_with("10.") && !host.contains([' ', ':', '@']);
    if !is_host && rest.is_none() {
        return None;
    }
    let host = host.to_ascii_lowercase();
    if host.ends_with("doi.org") {
        // Whatever follows is the DOI, even what looks like an ending.
        let tail = tail.split_once("?").map_or(tail, |(doi, _)| doi).trim_end_matches('/');
        return Some(decoded(tail).unwrap_or_else(|| tail.to_owned())).filter(|doi| doi.starts_with("10."));
    }
    arxiv_in(&host, tail).or_else(|| wrapped(tail)).or_else(|| doi_in(&host, tail))
}

/// The identifier in an address of arXiv's inside another one: of an archive, a proxy, a search's answer.
fn wrapped(tail: &str) -> Option<String> {
    let tail = decoded(tail).unwrap_or_else(|| tail.to_owned());
    let (_, inner) = tail.split_once("://")?;
    let (host, path) = inner.split_once('/')?;
    let path = path.split('&').next().unwrap_or(path);
    arxiv_in(&host.to_ascii_lowercase(), path)
}

/// `abs/2404.15653v2`, `format/hep-th/9901001`, `papers/2404.15653`; on other sites behind `arxiv/` only.
fn arxiv_in(host: &str, tail: &str) -> Option<String> {
    let is_reader = READERS
        .iter()
        .any(|reader| host.strip_suffix(reader).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    let path = tail.split(['?', '#']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let whole = |name: &str| {
        let name = strip_ignoring_case(name, "arxiv:").unwrap_or(name);
        let name = name.strip_suffix(".pdf").unwrap_or(name);
        arxiv::parse(name).is_ok().then(|| name.to_owned())
    };
    (0..parts.len()).find_map(|i| {
        let named = i.checked_sub(1).is_some_and(|before| parts[before].eq_ignore_ascii_case("arxiv"))
            || strip_ignoring_case(parts[i], "arxiv:").is_some();
        let old_style = || whole(&format!("{}/{}", parts[i], parts.get(i + 1)?));
        (is_reader || named).then(|| whole(parts[i]).or_else(old_style)).flatten()
    })
}

/// `content/10.1101/2024.04.20.590001v1.full.pdf`, `article?id=10.1371/journal.pone.0000001`.
fn doi_in(host: &str, tail: &str) -> Option<String> {
    let tail = decoded(tail).unwrap_or_else(|| tail.to_owned());
    let starts = tail.match_indices("10.").map(|(at, _)| at);
    let mut starts = starts.filter(|&at| at == 0 || tail[..at].ends_with(['/', '=', ':']));
    let Some(at) = starts.find(|&at| is_doi(&tail[at..])) else { return of_nature(host, &tail) };
    let in_question = tail[..at].contains('?');
    let end = tail[at..].find(|c| if in_question { c == '&' } else { c == '?' || c == '#' });
    let mut doi = &tail[at..end.map_or(tail.len(), |end| at + end)];
    doi = doi.trim_end_matches('/');
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| doi.strip_suffix(ending)) {
        doi = shorter;
    }
    // Preprints of Cold Spring Harbor: `10.1101/2024.04.20.590001v1`.
    if doi.starts_with("10.1101/")
        && let Some((bare, version)) = doi.rsplit_once('v')
        && !version.is_empty()
        && version.bytes().all(|b| b.is_ascii_digit())
    {
        doi = bare;
    }
    is_doi(doi).then(|| doi.to_owned())
}

/// The addresses of Nature leave their DOI's registrant out.
fn of_nature(host: &str, tail: &str) -> Option<String> {
    let name = tail.strip_prefix("articles/").filter(|_| host.ends_with("nature.com"))?;
    let name = name.split(['?', '#', '/', '.']).next()?;
    let is_name = name.len() > 5 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name.then(|| format!("10.1038/{name}"))
}

fn is_doi(text: &str) -> bool {
    let Some((registrant, name)) = text.split_once('/') else { return false };
    let digits = registrant.strip_prefix("10.").unwrap_or_default();
    let fits = digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    fits && !name.is_empty() && !name.contains(char::is_whitespace)
}

/// Whether an address is of the web and holds nothing that ends an attribute of HTML, a link of Markdown or a
/// field of BibTeX, so that a page may link to it.
pub(crate) fn is_page(address: &str) -> bool {
    let web = address.starts_with("https://") || address.starts_with("http://");
    web && address.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>\"{}\\".contains(c))
}

/// A text without the brackets and quotes around it, and the punctuation of a sentence behind it.
pub(super) fn unbracketed(text: &str) -> &str {
    // `[title](address)` of Markdown.
    let target = text.split_once("](").map(|(_, rest)| rest.split([')', ' ']).next().unwrap_or(rest));
    let mut bare = target.unwrap_or(text).trim();
    loop {
        let inner = bare
            .trim_end_matches(['.', ',', ';', ':', '!', '"', '\'', '`', '’', '”', '»', '。', '，', '、'])
            .trim();
        let inner = inner.trim_start_matches(['"', '\'', '`', '“', '‘', '«']).trim_start();
        let around =
            [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}'), ('「', '」'), ('（', '）'), ('【', '】')]
                .iter()
                .find_map(|(open, close)| {
                    inner.strip_prefix(*open).map(|rest| rest.strip_suffix(*close).unwrap_or(rest)).or_else(
                        || {
                            // `(see 2404.15653)` gives up its last bracket only.
                            let alone = inner.ends_with(*close) && !inner.contains(*open);
                            inner.strip_suffix(*close).filter(|_| alone)
                        },
                    )
                });
        let inner = around.unwrap_or(inner).trim();
        if inner == bare {
            return bare;
        }
        bare = inner;
    }
}

/// A DOI in lower case, without what TeX, XML and sentences add to it.
pub(super) fn plain_doi(text: &str) -> String {
    const WRITTEN: [(&str, &str); 7] = [
        ("\\_", "_"),
        ("\\%", "%"),
        ("\\&", "&"),
        ("\\#", "#"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let mut doi = text.to_lowercase();
    // Until nothing is left to take off, so that it reads back as itself.
    loop {
        let undone = WRITTEN.iter().fold(doi.clone(), |doi, (written, meant)| doi.replace(written, meant));
        let bare = unbracketed(&undone).trim_end_matches('/').to_owned();
        if bare == doi {
            return doi;
        }
        doi = bare;
    }
}

/// Percent-encodes all but letters, digits and the signs given.
pub(crate) fn encoded(text: &str, signs: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, b| {
        match b.is_ascii_alphanumeric() || signs.contains(&b) {
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

pub(super) fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use crate::paper::PaperId;

    #[test]
    fn every_address_of_a_paper() {
        for address in [
            "https://www.alphaxiv.org/zh/overview/2404.15653v1",
            "alphaxiv.org/abs/2404.15653",
            "https://ar5iv.org/abs/2404.15653",
            "https://ar5iv.labs.arxiv.org/html/2404.15653v2",
            "https://arxiv.org/src/2404.15653",
            "https://arxiv.org/e-print/2404.15653v1",
            "https://arxiv.org/format/2404.15653/",
            "https://arxiv.org/ftp/arxiv/papers/2404/2404.15653.pdf",
            "https://arxiv.org/abs/2404.15653?context=cs.CV",
            "https://arxiv.org/pdf/2404.15653v2.pdf#page=3",
            "http://cn.arxiv.org/abs/2404.15653",
            "http://lanl.arxiv.org/abs/2404.15653",
            "http://xxx.lanl.gov/abs/2404.15653",
            "https://papers.cool/arxiv/2404.15653",
            "https://scirate.com/arxiv/2404.15653",
            "https://hf-mirror.com/papers/2404.15653",
            "https://huggingface.co/papers/2404.15653#community",
            "https://www.semanticscholar.org/arxiv/2404.15653",
            "https://api.semanticscholar.org/arXiv:2404.15653",
            "https://api.semanticscholar.org/graph/v1/paper/ARXIV:2404.15653?fields=title",
            "https://ui.adsabs.harvard.edu/abs/arXiv:2404.15653",
            "https://inspirehep.net/api/arxiv/2404.15653",
            "https://www.arxiv-vanity.com/papers/2404.15653/",
            "https://web.archive.org/web/2024/https://arxiv.org/abs/2404.15653",
            "https://www.google.com/url?q=https%3A%2F%2Farxiv.org%2Fabs%2F2404.15653&sa=D",
            "[CatLIP](https://arxiv.org/abs/2404.15653)",
            "- [x](<https://arxiv.org/abs/2404.15653>),",
            "<https://arxiv.org/abs/2404.15653>.",
            "https://arxiv.org/abs/2404.15653),",
            "(arXiv:2404.15653)",
            "[2404.15653]",
            "“2404.15653”",
            "`2404.15653`;",
            "（2404.15653）",
            "arXiv 2404.15653",
            "arXiv: 2404.15653",
            "arXiv.2404.15653",
        ] {
            let found = PaperId::parse(address).map(|(id, _)| id.to_string());
            assert_eq!(found.ok().as_deref(), Some("2404.15653"), "{address}");
        }
        for other in
            ["https://example.org/2404.15653", "https://arxiv.org/list/cs.CV/new", "https://arxiv.org/a/2404"]
        {
            assert!(PaperId::parse(other).is_err(), "{other}");
        }
    }
}
