//! Addresses for a member's own account; others' are the affair of `paperpick account` on the server.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Failures, Sent, Shaped, Shared, Unfit};
use crate::serve::access::Visitor;
use crate::serve::pages::account::{Passwords, confirm, make_token, set_password};
use crate::serve::problem::Problem;
use crate::store::Key;

#[derive(Debug, Serialize)]
pub struct Account {
    name: Option<String>,
    tokens: Vec<Key>,
}

/// Your account and its tokens
///
/// Shape `member/1`; `name` is null where the library has no accounts.
#[utoipa::path(get, path = "/account", tag = "look",
    responses((status = 200, description = "`member/1`", body = Object), Failures))]
pub async fn account(State(site): Shared, visitor: Visitor) -> Result<Shaped<Account>, Problem> {
    let tokens = match visitor.name {
        Some(_) => site.work(visitor.reader, |app| app.tokens()).await?,
        None => Vec::new(),
    };
    Ok(Shaped::new("member/1", Account { name: visitor.name, tokens }))
}

#[derive(Debug, Serialize)]
pub struct Done {
    changed: bool,
}

/// Change your password
///
/// Shape `done/1`. Every session ends; tokens stay.
#[utoipa::path(post, path = "/account/password", tag = "change", request_body = Passwords,
    responses((status = 200, description = "`done/1`", body = Object), Failures, Unfit))]
pub async fn change_password(
    State(site): Shared,
    visitor: Visitor,
    Sent(passwords): Sent<Passwords>,
) -> Result<Shaped<Done>, Problem> {
    set_password(&site, &visitor, passwords).await?;
    Ok(Shaped::new("done/1", Done { changed: true }))
}

/// A token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Your password: a token that got about makes no other.
    #[schema(max_length = 1000)]
    password: String,
    /// What it is for.
    #[schema(min_length = 1, max_length = 64, example = "my notebook")]
    purpose: String,
    /// Whether it is to open feeds and nothing else.
    #[serde(default)]
    only_feeds: bool,
}

#[derive(Serialize)]
pub struct Token {
    token: String,
    purpose: String,
    only_feeds: bool,
}

/// Make a token for a program or for feeds
///
/// Shape `token/1`. The token is told this once: `Authorization: Bearer TOKEN`.
#[utoipa::path(post, path = "/account/tokens", tag = "change", request_body = NewToken,
    responses((status = 200, description = "`token/1`", body = Object), Failures, Unfit))]
pub async fn tokens(
    State(site): Shared,
    visitor: Visitor,
    Sent(wanted): Sent<NewToken>,
) -> Result<Shaped<Token>, Problem> {
    let NewToken { password, purpose, only_feeds } = wanted;
    confirm(&site, &visitor, password).await?;
    let token = make_token(&site, visitor.reader, purpose.clone(), only_feeds).await?;
    Ok(Shaped::new("token/1", Token { token, purpose, only_feeds }))
}

/// Which token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenNumber {
    /// Its number among yours.
    number: i64,
}

/// Revoke a token
///
/// Shape `done/1`: whether there was one of that number.
#[utoipa::path(post, path = "/account/tokens/revoke", tag = "change", request_body = TokenNumber,
    responses((status = 200, description = "`done/1`", body = Object), Failures, Unfit))]
pub async fn revoke(
    State(site): Shared,
    visitor: Visitor,
    Sent(TokenNumber { number }): Sent<TokenNumber>,
) -> Result<Shaped<Done>, Problem> {
    let changed = site.work(visitor.reader, move |app| app.revoke(number)).await?;
    Ok(Shaped::new("done/1", Done { changed }))
}
