//! Signing in and out, passwords and tokens.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Frame, html};
use crate::library::Library;
use crate::paper::{ReaderId, Right};
use crate::present::feed::Subscription;
use crate::serve::access::{COOKIE, Visitor, Who, hash, local, new_key, session};
use crate::serve::api::{Asked, Posted};
use crate::serve::feeds::addresses;
use crate::serve::problem::Problem;
use crate::serve::throttle::Rate;
use crate::serve::{Peer, Site, password};
use crate::store::NewKey;
use crate::verbs::feed::feeds;
use crate::verbs::{Context, account as accounts};

/// How long a browser stays signed in.
const SESSION_DAYS: i64 = 30;
/// One name from addresses where it never signed in: a hundred attempts, then one in ten seconds. Whoever guesses from
/// everywhere comes to 8,640 a day, and keeps nobody out who signed in before.
const ANYWHERE: Rate = Rate { burst: 100.0, seconds_each: 10.0 };
/// One name from one address: five attempts, then one each half minute.
const BY_NAME: Rate = Rate { burst: 5.0, seconds_each: 30.0 };
/// One address: twenty attempts, for a lab may share one, then one each three seconds.
const BY_ADDRESS: Rate = Rate { burst: 20.0, seconds_each: 3.0 };

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/serve/askama.toml")]
struct SignInPage {
    f: Frame,
    next: String,
    wrong: bool,
}

#[derive(Debug, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The form.
pub async fn form(f: Frame, Asked(query): Asked<Next>) -> Result<Html<String>, Problem> {
    html(&SignInPage { f, next: local(&query.next).to_owned(), wrong: false })
}

#[derive(Deserialize)]
pub struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Signs in.
pub async fn sign_in(
    f: Frame,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Posted(form): Posted<SignIn>,
) -> Result<Response, Problem> {
    let (site, now) = (f.site.clone(), f.site.now());
    let name: String = form.name.trim().chars().take(64).collect();
    let too_many = |seconds| Problem {
        retry_after: Some(seconds),
        ..Problem::new("too-many", format!("too many attempts to sign in; try again in {seconds} seconds"))
    };
    let client = site.client(peer, &headers);
    let who = format!("name {}", name.to_lowercase());
    let pair = format!("{who} at {client}");
    site.throttle.attempt(&format!("address {client}"), BY_ADDRESS, now).map_err(too_many)?;
    site.throttle.attempt(&pair, BY_NAME, now).map_err(too_many)?;
    if !site.throttle.knows(&pair) {
        site.throttle.attempt(&who, ANYWHERE, now).map_err(too_many)?;
    }
    let reader = check(&site, name, form.password).await?;
    let Some(reader) = reader else {
        let next = local(&form.next).to_owned();
        return Ok((StatusCode::FORBIDDEN, html(&SignInPage { f, next, wrong: true })?).into_response());
    };
    site.throttle.remember(pair);
    let key = new_key()?;
    let hash = hash(&key);
    let expires = now.checked_add(SignedDuration::from_hours(24 * SESSION_DAYS)).ok();
    let add = move |library: &mut Library, _: &Context<'_>| {
        accounts::add_key(library, NewKey { hash: &hash, purpose: None, at: now, expires, only_feeds: false })
    };
    site.work(Who::least(reader), add).await?;
    let seconds = SESSION_DAYS * 24 * 3600;
    // The browser names the scheme that it sees, also where another server ends TLS; so does a `--base` of https.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let is_secure = origin.starts_with("https:") || site.base(&headers).starts_with("https:");
    Ok(redirect_with_cookie(local(&form.next), &key, seconds, is_secure))
}

/// The reader, if name and password belong together. Only so many are checked at once: each check
/// takes 19 MiB and tens of milliseconds, on purpose.
async fn check(site: &Arc<Site>, name: String, given: String) -> Result<Option<ReaderId>, Problem> {
    let Ok(_turn) = site.hashing.try_acquire() else { return Err(Problem::busy()) };
    let known = site.glance(move |library| accounts::password(library, &name)).await?;
    let checked = tokio::task::spawn_blocking(move || {
        let right = password::is_right(&given, known.as_ref().map(|(_, hash)| hash.as_str()));
        known.filter(|_| right).map(|(reader, _)| reader)
    });
    checked.await.map_err(|panic| Problem::panicked(&panic))
}

fn redirect_with_cookie(to: &str, key: &str, seconds: i64, is_secure: bool) -> Response {
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={key}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut response = Redirect::to(to).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Signs out.
pub async fn sign_out(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(session) = session(&headers) {
        site.work(visitor.who, move |library, _| accounts::end_session(library, &session)).await?;
    }
    Ok(redirect_with_cookie("/", "", 0, false))
}

/// A password, and the one to put in its place; every session ends.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    /// The present one.
    #[schemars(length(max = 1000))]
    old: String,
    /// The new one.
    #[schemars(length(min = 10, max = 1000))]
    new: String,
}

/// Changes the password; every session ends.
pub async fn change_password(
    State(site): State<Arc<Site>>,
    visitor: Visitor,
    Posted(form): Posted<Passwords>,
) -> Result<Redirect, Problem> {
    set_password(&site, &visitor, form).await?;
    Ok(Redirect::to("/"))
}

/// Changes the password of one who knows the present one.
pub async fn set_password(site: &Arc<Site>, visitor: &Visitor, form: Passwords) -> Result<(), Problem> {
    confirm(site, visitor, form.old).await?;
    let work = site
        .work(visitor.who, move |library, _| accounts::set_password(library, &password::hashed(&form.new)?));
    work.await
}

/// Sees that it is the member who asks: a session or a token may be in other hands.
pub async fn confirm(site: &Arc<Site>, visitor: &Visitor, given: String) -> Result<(), Problem> {
    let name = visitor.name.clone().ok_or_else(no_accounts)?;
    let who = format!("name {}", name.to_lowercase());
    let too_many =
        |seconds| Problem { retry_after: Some(seconds), ..Problem::new("too-many", "too many attempts") };
    site.throttle.attempt(&who, BY_NAME, site.now()).map_err(too_many)?;
    if check(site, name, given).await? != Some(visitor.who.reader) {
        return Err(Problem::new("bad-request", "the present password is another one"));
    }
    Ok(())
}

fn no_accounts() -> Problem {
    Problem::new(
        "bad-request",
        "this library has no accounts: there is no password and no token, and none is needed",
    )
}

#[derive(Debug, Deserialize)]
pub struct TokenForm {
    purpose: Option<String>,
    revoke: Option<i64>,
    /// Given, if it is to open feeds and nothing else.
    feeds: Option<String>,
}

#[derive(Template)]
#[template(path = "token.html", config = "src/serve/askama.toml")]
struct TokenPage {
    f: Frame,
    token: String,
    /// The addresses that it opens, where it opens feeds only.
    feeds: Vec<Subscription>,
}

/// Makes a token, or revokes one.
pub async fn tokens(
    f: Frame,
    headers: HeaderMap,
    Posted(form): Posted<TokenForm>,
) -> Result<Response, Problem> {
    if f.name.is_none() {
        return Err(no_accounts());
    }
    let (site, who) = (f.site.clone(), f.visitor.who);
    if let Some(number) = form.revoke {
        site.work(who, move |library, _| accounts::revoke(library, number)).await?;
        return Ok(Redirect::to("/me").into_response());
    }
    who.check(Right::Keep)?;
    let only_feeds = form.feeds.is_some();
    let token = make_token(&site, who, form.purpose.unwrap_or_default(), only_feeds).await?;
    let feeds = match only_feeds {
        true => site.work(who, |library, _| feeds(library)).await?,
        false => Vec::new(),
    };
    let feeds = addresses(&site.base(&headers), &feeds, Some(&token));
    Ok(html(&TokenPage { f, token, feeds })?.into_response())
}

/// Makes a token of a member's, which is told this once.
pub async fn make_token(
    site: &Arc<Site>,
    who: Who,
    purpose: String,
    only_feeds: bool,
) -> Result<String, Problem> {
    let purpose = purpose.trim().to_owned();
    if purpose.is_empty() || purpose.chars().count() > 64 {
        return Err(Problem::new("bad-request", "say in 1 to 64 letters what the token is for"));
    }
    let (token, now) = (new_key()?, site.now());
    let hash = hash(&token);
    let add = move |library: &mut Library, _: &Context<'_>| {
        accounts::add_key(
            library,
            NewKey { hash: &hash, purpose: Some(&purpose), at: now, expires: None, only_feeds },
        )
    };
    site.work(who, add).await?;
    Ok(token)
}
