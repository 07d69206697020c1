//! The line that takes back what was just done: it stands in the address that a form leads back to, so it needs no
//! script, and is gone with the next page.

use axum::response::Redirect;

use crate::octets::from_percent;
use crate::paper::PaperId;
use crate::present::feed::encoded;
use crate::serve::access::local;

/// Something that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// A dislike of a paper.
    Dislike(String),
    /// A topic that is hidden now, by the name under which it is.
    Topic(String),
}

impl Undo {
    /// What an address says was done.
    pub fn of(address: &str) -> Option<Self> {
        let (_, query) = address.split_once('?')?;
        let said = query.split('&').find_map(|pair| pair.strip_prefix("undo="))?;
        let said = String::from_utf8(from_percent(said)).ok()?;
        match said.split_once(':')? {
            ("dislike", id) => Some(Self::Dislike(PaperId::parse(id).ok()?.0.to_string())),
            ("topic", name) if name.chars().count() <= 300 => Some(Self::Topic(name.to_owned())),
            _ => None,
        }
    }

    fn said(&self) -> String {
        match self {
            Self::Dislike(id) => format!("dislike:{}", encoded(id)),
            Self::Topic(name) => format!("topic:{}", encoded(name)),
        }
    }
}

/// Back to an address of this server, which offers to take back what was done.
pub fn back(next: &str, undo: Option<&Undo>) -> Redirect {
    Redirect::to(&with(local(next), undo))
}

/// The address with what was done in it, and without what was done before.
fn with(address: &str, undo: Option<&Undo>) -> String {
    let (page, anchor) = address.split_once('#').map_or((address, None), |(page, at)| (page, Some(at)));
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let kept =
        query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("undo=")).map(str::to_owned);
    let query: Vec<String> = kept.chain(undo.map(|undo| format!("undo={}", undo.said()))).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let anchor = anchor.map(|at| format!("#{at}")).unwrap_or_default();
    format!("{path}{query}{anchor}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_read_back_from_the_address_and_replaces_what_was_done_before() {
        for undo in [Undo::Dislike("2404.15653".into()), Undo::Topic("3D & 동작 + more".into())] {
            let address = with("/?date=2024-04-25&undo=topic:old#p-1", Some(&undo));
            assert!(address.starts_with("/?date=2024-04-25&undo=") && address.ends_with("#p-1"), "{address}");
            assert_eq!(Undo::of(address.split('#').next().unwrap()), Some(undo));
            assert_eq!(with(&address, None), "/?date=2024-04-25#p-1");
        }
        for nothing in ["/", "/?undo=", "/?undo=dislike:nobody", "/?undo=like:2404.15653", "/?q=undo=topic:x"]
        {
            assert_eq!(Undo::of(nothing), None, "{nothing}");
        }
    }
}
