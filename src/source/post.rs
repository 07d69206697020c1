//! The one thing that paperpick sends by HTTP: a body to an address that its user has set.

use std::time::Duration;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status of the answer.
    pub status: u16,
    /// The beginning of its text.
    pub text: String,
}

/// Sends a body of JSON. No redirect is followed: where it points is another's choice, and may be
/// an address that only this machine can reach.
///
/// # Errors
/// Why there was no answer, in words that do not hold the address.
pub fn post(
    url: &str,
    headers: &[(&str, String)],
    body: &str,
    patience: Duration,
) -> Result<Answered, String> {
    const BEGINNING: u64 = 2_000;
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
    let text = response.body_mut().with_config().limit(BEGINNING).lossy_utf8(true).read_to_string();
    // An answer longer than its beginning is an answer as well.
    Ok(Answered { status: response.status().as_u16(), text: text.unwrap_or_default() })
}
