//! Addresses for a member's own account; others' are the affair of `paperpick account` on the server.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::route::{Nothing, Route, Sent};
use super::{Shared, read, shaped};
use crate::paper::{Right, Role};
use crate::serve::access::Visitor;
use crate::serve::pages::account::{Passwords, confirm, make_token, set_password};
use crate::serve::problem::Problem;
use crate::store::Key;
use crate::verbs::account;

/// The addresses.
pub fn table() -> Vec<Route> {
    let look = ("look", "Your account and its tokens. `name` is null where the library has no accounts.");
    let password = ("change", "Change your password. Every session ends; tokens stay.");
    let token = (
        "change",
        "Make a token for a program or for feeds. The token is told this once: `Authorization: Bearer TOKEN`.",
    );
    let revoke = ("change", "Revoke a token. Tells whether there was one of that number.");
    vec![
        Route::special::<Nothing, Account>("/account", look, Sent::Options, "member/1", get(member))
            .needs(Right::Look),
        Route::special::<Passwords, Done>(
            "/account/password",
            password,
            Sent::Json,
            "done/1",
            post(change_password),
        )
        .needs(Right::Look),
        Route::special::<NewToken, Token>("/account/tokens", token, Sent::Json, "token/1", post(tokens))
            .needs(Right::Keep),
        Route::special::<TokenNumber, Done>(
            "/account/tokens/revoke",
            revoke,
            Sent::Json,
            "done/1",
            post(revoke_one),
        )
        .needs(Right::Look),
    ]
}

#[derive(Debug, Serialize, JsonSchema)]
struct Account {
    /// The name to sign in with.
    name: Option<String>,
    /// What the account may do; an owner's everything where there are no accounts.
    role: Role,
    /// The tokens, the newest first.
    tokens: Vec<Key>,
}

async fn member(State(site): Shared, visitor: Visitor) -> Result<Response, Problem> {
    let tokens = match visitor.name {
        Some(_) => site.look(visitor.who, |library, _| account::tokens(library)).await?,
        None => Vec::new(),
    };
    Ok(shaped("member/1", Account { name: visitor.name, role: visitor.who.role, tokens }))
}

#[derive(Debug, Serialize, JsonSchema)]
struct Done {
    /// Whether anything changed.
    changed: bool,
}

async fn change_password(
    State(site): Shared,
    visitor: Visitor,
    headers: HeaderMap,
    read::Sent(body): read::Sent,
) -> Result<Response, Problem> {
    set_password(&site, &visitor, read::body(&headers, &body)?).await?;
    Ok(shaped("done/1", Done { changed: true }))
}

/// A token to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewToken {
    /// Your password: a token that got about makes no other.
    #[schemars(length(max = 1000))]
    password: String,
    /// What it is for.
    #[schemars(length(min = 1, max = 64), extend("example" = "my notebook"))]
    purpose: String,
    /// Whether it is to open feeds and nothing else.
    #[serde(default)]
    only_feeds: bool,
}

#[derive(Serialize, JsonSchema)]
struct Token {
    /// The token, told this once.
    token: String,
    /// What it is for.
    purpose: String,
    /// Whether it opens feeds and nothing else.
    only_feeds: bool,
}

async fn tokens(
    State(site): Shared,
    visitor: Visitor,
    headers: HeaderMap,
    read::Sent(body): read::Sent,
) -> Result<Response, Problem> {
    let NewToken { password, purpose, only_feeds } = read::body(&headers, &body)?;
    confirm(&site, &visitor, password).await?;
    let token = make_token(&site, visitor.who, purpose.clone(), only_feeds).await?;
    Ok(shaped("token/1", Token { token, purpose, only_feeds }))
}

/// Which token.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenNumber {
    /// Its number among yours.
    number: i64,
}

async fn revoke_one(
    State(site): Shared,
    visitor: Visitor,
    headers: HeaderMap,
    read::Sent(body): read::Sent,
) -> Result<Response, Problem> {
    let TokenNumber { number } = read::body(&headers, &body)?;
    let changed = site.work(visitor.who, move |library, _| account::revoke(library, number)).await?;
    Ok(shaped("done/1", Done { changed }))
}
