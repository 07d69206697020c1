//! Who asks, and whether they may.
//!
//! Without accounts, everybody who reaches the server is the library's one reader; so it is bound to
//! this machine, and answers only to this machine's names (another site's name that leads here is a
//! trick to read along). With accounts, a key lets in: a browser's session or a token.
//! A change is made only for this server's own pages: cookies are `SameSite`, and the `Origin` that
//! browsers name must be this server.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::Site;
use super::problem::Problem;
use super::words::{Language, cookie};
use crate::error::{Error, Result};
use crate::hash::{hex, sha256};
use crate::paper::{ReaderId, Right, Role};
use crate::store::KeyOwner;
use crate::verbs::account;

/// The cookie that holds a browser's session.
pub const COOKIE: &str = "paperpick";
/// What is open to everybody: they show nothing of the library.
const OPEN: [&str; 2] = ["/sign-in", "/language"];
/// Where feeds are.
const FEEDS: &str = "/feeds";

/// Who asks, and of which state of the library.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Whose ratings, and what that one may do.
    pub who: Who,
    /// The account's name, where there are accounts.
    pub name: Option<String>,
    /// Changes with every change in the library.
    pub version: i64,
    /// The language of pages.
    pub language: Language,
    /// Whether lists are short: titles without summaries.
    pub is_short: bool,
}

/// A reader and what that one may do.
#[derive(Debug, Clone, Copy)]
pub struct Who {
    /// Whose ratings; 0 for one who has not signed in.
    pub reader: ReaderId,
    /// What the account may do; everything where there are no accounts.
    pub role: Role,
}

impl Who {
    /// Whoever owns a library without accounts.
    const OWNER: Self = Self { reader: ReaderId::OWNER, role: Role::Owner };

    /// A reader whose work needs no more rights than anybody has.
    pub fn least(reader: ReaderId) -> Self {
        Self { reader, role: Role::Guest }
    }

    /// Refuses what this one has no right to: every door asks here.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub fn check(self, right: Right) -> Result<()> {
        match self.role.may(right) {
            true => Ok(()),
            false => {
                let (needs, role) = (right.least_role().name(), self.role.name());
                Err(Error::NotAllowed { what: "this", needs, role })
            }
        }
    }
}

/// What answers at an address, for those who have a right.
pub fn guarded(right: Right, handler: MethodRouter<Arc<Site>>) -> MethodRouter<Arc<Site>> {
    let check = move |visitor: Visitor, request: Request, next: Next| async move {
        match visitor.who.check(right) {
            Ok(()) => next.run(request).await,
            Err(error) => Problem::from(error).into_response(),
        }
    };
    handler.route_layer(from_fn(check))
}

/// A key that was shown, as it is looked up.
struct Shown {
    hash: Vec<u8>,
    is_token: bool,
}

/// Finds out who asks, and turns away who may not.
pub async fn enter(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let (headers, method) = (request.headers().clone(), request.method().clone());
    let uri = request.uri().clone();
    match admitted(&site, &headers, &method, &uri).await {
        Ok(visitor) => {
            request.extensions_mut().insert(visitor);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn admitted(
    site: &Arc<Site>,
    headers: &HeaderMap,
    method: &Method,
    uri: &Uri,
) -> Result<Visitor, Problem> {
    // Servers in front may believe the one, and this one the other (RFC 9112, section 3.2).
    if headers.get_all(header::HOST).iter().count() > 1 {
        return Err(Problem::new("bad-request", "the request names more than one host; expected one `Host`"));
    }
    let path = uri.path();
    let is_feed = path.starts_with(FEEDS);
    let shown = shown_key(headers).or_else(|| uri.query().filter(|_| is_feed).and_then(key_in_address));
    let is_token = shown.as_ref().is_some_and(|key| key.is_token);
    let now = site.now();
    let (version, has_accounts, owner) = site
        .glance(move |library| {
            let owner = shown.map(|key| account::key_owner(library, &key.hash, now)).transpose()?.flatten();
            Ok((library.version()?, account::has_accounts(library)?, owner))
        })
        .await?;
    if !has_accounts {
        if !site.is_local {
            return Err(Problem::new("not-signed-in", "this library has no accounts any more")
                .with_hint("on the server: `paperpick account add NAME`"));
        }
        check_host(headers)?;
    }
    let is_look = matches!(*method, Method::GET | Method::HEAD);
    if !is_token && !is_look {
        check_origin(headers, has_accounts)?;
    }
    // Any site can put a token of its own making into an address.
    if is_look && !(is_token && owner.is_some()) {
        check_site(headers, path)?;
    }
    let (language, is_short) = (Language::of(headers), lists_are_short(headers));
    match owner.filter(|owner| is_feed || !owner.only_feeds) {
        Some(KeyOwner { reader, name, role, .. }) if has_accounts => {
            Ok(Visitor { who: Who { reader, role }, name: Some(name), version, language, is_short })
        }
        _ if !has_accounts => Ok(Visitor { who: Who::OWNER, name: None, version, language, is_short }),
        _ if OPEN.contains(&path) => {
            Ok(Visitor { who: Who::least(ReaderId::NOBODY), name: None, version, language, is_short })
        }
        _ => Err(Problem::new("not-signed-in", "this library has accounts: show a session or a token")
            .with_hint("a program sends `Authorization: Bearer TOKEN`; a token is made on /me")),
    }
}

fn shown_key(headers: &HeaderMap) -> Option<Shown> {
    if let Some(token) = bearer(headers) {
        return Some(Shown { hash: hash(token), is_token: true });
    }
    cookie(headers, COOKIE).map(|key| Shown { hash: hash(key), is_token: false })
}

/// The token that a program shows.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    authorization.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim)
}

/// A reader app knows an address and no headers: there the key is in it, as `token`.
fn key_in_address(query: &str) -> Option<Shown> {
    let token = query.split('&').find_map(|pair| pair.strip_prefix("token="))?;
    Some(Shown { hash: hash(token), is_token: true })
}

/// What is kept of a key. Keys are 256 random bits, so a fast hash is enough.
pub fn hash(key: &str) -> Vec<u8> {
    sha256(key.as_bytes()).to_vec()
}

/// A key that nobody can guess.
pub fn new_key() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| Error::Invalid(format!("the system gives no random numbers: {e}")))?;
    Ok(hex(&bytes))
}

/// The session that a browser shows.
pub fn session(headers: &HeaderMap) -> Option<Vec<u8>> {
    cookie(headers, COOKIE).map(hash)
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|value| value.to_str().ok())
}

fn check_host(headers: &HeaderMap) -> Result<(), Problem> {
    let host = host(headers).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let is_local = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if is_local {
        return Ok(());
    }
    Err(Problem::new("foreign-host", "without accounts, this server answers only as localhost")
        .with_hint("open http://localhost with the server's port"))
}

/// A browser says which site a change is asked from. Programs say nothing; without accounts there is
/// no session that they could ride on, so they may.
fn check_origin(headers: &HeaderMap, has_accounts: bool) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own = match (text("origin"), text("sec-fetch-site")) {
        (Some(origin), _) => origin.split_once("://").map(|(_, at)| at) == host(headers),
        (None, Some(site)) => matches!(site, "same-origin" | "none"),
        (None, None) => !has_accounts || cookie(headers, COOKIE).is_none(),
    };
    if is_own {
        return Ok(());
    }
    Err(Problem::new("foreign-origin", "changes are made only from this server's own pages, or with a token"))
}

/// Another site's page may lead here, and nothing more: what it asks for beside (a picture, a frame, a script) is
/// computed for nobody. A token in the request is no other site's.
fn check_site(headers: &HeaderMap, path: &str) -> Result<(), Problem> {
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|header| header == value);
    let leads = is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document");
    let is_program = path.starts_with("/api/v1") || path == "/metrics" || path.starts_with("/mcp");
    match is("sec-fetch-site", "cross-site") && (!leads || is_program) {
        true => Err(Problem::new(
            "foreign-origin",
            "another site's page asked for this, and may only link to pages",
        )
        .with_hint("open it from this server's pages, or send a token")),
        false => Ok(()),
    }
}

/// An address on this server, or `/`: nobody is led elsewhere.
pub fn local(address: &str) -> &str {
    let mut letters = address.chars();
    let good = letters.next() == Some('/')
        && !matches!(letters.next(), Some('/' | '\\'))
        && address.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    if good { address } else { "/" }
}

/// What the reader chose for lists.
fn lists_are_short(headers: &HeaderMap) -> bool {
    cookie(headers, "list") == Some("short")
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().cloned();
        // Only what shows nothing of the library is answered to a stranger.
        let stranger = || Self {
            who: Who::least(ReaderId::NOBODY),
            name: None,
            version: 0,
            language: Language::of(&parts.headers),
            is_short: lists_are_short(&parts.headers),
        };
        Ok(known.unwrap_or_else(stranger))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for address in
            ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\nb", "/\t/evil"]
        {
            assert_eq!(local(address), "/", "{address}");
        }
        assert_eq!(local("/?date=2024-04-25&by=topic#p-1"), "/?date=2024-04-25&by=topic#p-1");
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_this_machines_names_are_answered_to() {
        for (host, good) in [
            ("localhost:8404", true),
            ("127.0.0.1:1", true),
            ("[::1]:8404", true),
            ("127.9.9.9", true),
            ("evil.example:8404", false),
            ("localhost.evil.example", false),
            ("192.168.1.4", false),
            ("", false),
        ] {
            assert_eq!(check_host(&headers(&[("host", host)])).is_ok(), good, "{host}");
        }
    }

    #[test]
    fn another_site_leads_to_pages_and_asks_for_nothing_else() {
        for (site, mode, dest, path, good) in [
            ("cross-site", "navigate", "document", "/", true),
            ("cross-site", "navigate", "document", "/paper/2404.15653", true),
            ("cross-site", "navigate", "document", "/feeds/picks.atom", true),
            ("cross-site", "navigate", "iframe", "/topics", false),
            ("cross-site", "no-cors", "image", "/topics?days=3650", false),
            ("cross-site", "cors", "empty", "/feeds/picks.atom", false),
            ("cross-site", "navigate", "document", "/api/v1/topics/map", false),
            ("same-origin", "cors", "empty", "/api/v1/today", true),
            ("none", "navigate", "document", "/api/v1/today", true),
            ("same-site", "navigate", "document", "/", true),
        ] {
            let pairs = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
            assert_eq!(check_site(&headers(&pairs), path).is_ok(), good, "{pairs:?} {path}");
        }
        assert!(check_site(&headers(&[]), "/api/v1/topics/map").is_ok(), "a program says nothing");
    }

    #[test]
    fn another_site_changes_nothing() {
        let host = ("host", "papers.example:8404");
        for (pairs, good) in [
            (vec![host, ("origin", "https://papers.example:8404")], true),
            (vec![host, ("origin", "http://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("cookie", "a=b; paperpick=key")], false),
            (vec![host], true),
        ] {
            assert_eq!(check_origin(&headers(&pairs), true).is_ok(), good, "{pairs:?}");
        }
    }
}
