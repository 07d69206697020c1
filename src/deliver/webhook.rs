//! A digest as one POST, signed as Standard Webhooks does, so that receivers can check with a
//! library they have: `webhook-signature: v1,BASE64` is the HMAC-SHA256 of `ID.TIMESTAMP.BODY`.

use std::time::Duration;

use jiff::Timestamp;
use ring::hmac;
use serde::Serialize;

use crate::config::{Secret, Style, Webhook};
use crate::error::{Error, Result};
use crate::octets::{from_base64, to_base64};
use crate::present::chat;
use crate::source::post;
use crate::verbs::digest::Digest;

/// So much of an answer is read, in bytes.
const BEGINNING: u64 = 2_000;

/// What is posted.
///
/// # Errors
/// [`Error::Invalid`] if it cannot be written as JSON.
pub fn body(digest: &Digest, style: Style) -> Result<String> {
    #[derive(Serialize)]
    struct Shaped<'a> {
        shape: &'static str,
        #[serde(flatten)]
        digest: &'a Digest,
    }
    let written = match style {
        Style::Json => serde_json::to_string(&Shaped { shape: "digest/1", digest }),
        Style::Slack => serde_json::to_string(&chat::slack(digest)),
        Style::Discord => serde_json::to_string(&chat::discord(digest)),
    };
    written.map_err(|error| Error::Invalid(error.to_string()))
}

/// Posts a digest to `url`, signed if there is a key. A second try has the same `webhook-id`.
///
/// # Errors
/// [`Error::Delivery`] for every answer but one of 200 to 299, and for none.
pub fn send(
    digest: &Digest,
    webhook: &Webhook,
    url: &Secret,
    key: Option<&Secret>,
    at: Timestamp,
) -> Result<()> {
    let body = body(digest, webhook.style)?;
    let id = format!("paperpick.{}", digest.day);
    let seconds = at.as_second().to_string();
    let mut headers = vec![("webhook-id", id.clone()), ("webhook-timestamp", seconds.clone())];
    if let Some(key) = key {
        headers.push(("webhook-signature", signature(key, &format!("{id}.{seconds}.{body}"))?));
    }
    let failed = |reason: String| Error::Delivery { to: format!("the webhook at {}", host(url)), reason };
    let patience = Duration::from_secs(webhook.patience_seconds.into());
    let answer = post::post(url.expose(), &headers, &body, patience, BEGINNING).map_err(failed)?;
    match answer.status {
        200..=299 => Ok(()),
        300..=399 => Err(failed(format!(
            "it answered {} and pointed elsewhere, which is not followed; set the address that it points to, if you trust it",
            answer.status
        ))),
        status => {
            let text = without_secrets(&answer.text, url, key);
            Err(failed(format!("it answered {status}: {text}").trim_end_matches([':', ' ']).to_owned()))
        }
    }
}

fn signature(key: &Secret, signed: &str) -> Result<String> {
    let bytes = match key.expose().strip_prefix("whsec_") {
        Some(encoded) => from_base64(encoded)
            .ok_or_else(|| Error::Invalid("the webhook's key begins with whsec_, but is no base64".into()))?,
        None => key.expose().as_bytes().to_vec(),
    };
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &bytes), signed.as_bytes());
    Ok(format!("v1,{}", to_base64(tag)))
}

/// The host of an address: the rest of it may be a secret.
fn host(url: &Secret) -> &str {
    let rest = url.expose().split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// A server may repeat in its answer what it was sent.
fn without_secrets(answer: &str, url: &Secret, key: Option<&Secret>) -> String {
    let path = url.expose().split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let secrets = [Some(url.expose()), path.filter(|path| path.len() > 1), key.map(Secret::expose)];
    let mut answer = answer.replace(char::is_control, " ");
    for secret in secrets.into_iter().flatten() {
        answer = answer.replace(secret, "(secret)");
    }
    answer.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // The example in the specification of Standard Webhooks.
        let key = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let signed = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk.1649367553.{\"email\":\"test@example.com\",\"username\":\"test_user\"}";
        assert_eq!(signature(&key, signed).unwrap(), "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn only_the_host_of_an_address_is_told() {
        let host = |url| host(&Secret::new(url)).to_owned();
        assert_eq!(host("https://hooks.example.org/services/T0/SECRET?x#y"), "hooks.example.org");
        assert_eq!(host("http://me:password@127.0.0.1:8080"), "127.0.0.1:8080");
        assert_eq!(host("not an address with a secret"), "");
    }
}
