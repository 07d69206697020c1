//! What paperpick sends by HTTP: a body to an address that its user has set.

use std::time::Duration;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status of the answer.
    pub status: u16,
    /// Its text, as far as it was to be read.
    pub text: String,
    /// After how many seconds it asks to be asked again.
    pub retry_after: Option<u64>,
}

/// Sends a body of JSON, and reads so many bytes of the answer at most. No redirect is followed: where it points is another's choice, and may be
/// an address that only this machine can reach.
///
/// # Errors
/// Why there was no answer, in words that do not hold the address.
pub fn post(
    url: &str,
    headers: &[(&str, String)],
    body: &str,
    patience: Duration,
    most_bytes: u64,
) -> Result<Answered, String> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(patience))
        .user_agent(concat!("paperpick/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut request = agent.post(url).header("Content-Type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut response = request.send(body).map_err(|error| match error {
        ureq::Error::Timeout(_) => format!("no answer within {} seconds", patience.as_secs()),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "the address is not one of the web".into(),
        error => error.to_string().replace(url, "(address)"),
    })?;
    let retry_after =
        response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let text = response.body_mut().with_config().limit(most_bytes).lossy_utf8(true).read_to_string();
    // One that is longer, or breaks off, is an answer as well.
    Ok(Answered { status: response.status().as_u16(), text: text.unwrap_or_default(), retry_after })
}
