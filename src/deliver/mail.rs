//! A digest as a mail (RFC 5322, MIME): plain text beside HTML, sent by SMTP.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport};

use crate::config::{Mail, Secret, Security};
use crate::error::{Error, Result};
use crate::hash::fnv1a_32;
use crate::octets::to_base64;
use crate::present::{html, subject, text};
use crate::verbs::digest::Digest;

/// How long the server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The mail of a digest, as bytes. It has the same `Message-ID` whenever the same day is sent to
/// the same people, so that a mail program shows a second copy as the first.
///
/// # Errors
/// [`Error::Invalid`] for an address that is none.
pub fn compose(digest: &Digest, mail: &Mail, at: Timestamp) -> Result<Vec<u8>> {
    Ok(message(digest, mail, at)?.formatted())
}

/// Sends a digest.
///
/// # Errors
/// [`Error::Delivery`] with what the server said; then nobody has the mail, unless the connection
/// broke after its last byte.
pub fn send(digest: &Digest, mail: &Mail, password: Option<&Secret>, at: Timestamp) -> Result<()> {
    let message = message(digest, mail, at)?;
    let transport = transport(mail, password)?;
    transport.send(&message).map(drop).map_err(|error| {
        let reason = without_secrets(&error.to_string(), mail, password);
        Error::Delivery { to: format!("the mail server {}:{}", mail.server, mail.port()), reason }
    })
}

fn message(digest: &Digest, mail: &Mail, at: Timestamp) -> Result<Message> {
    let from = mailbox(&mail.from, "from")?;
    let unsubscribe = match &mail.unsubscribe {
        Some(address) => address.clone(),
        None => format!("mailto:{}?subject=unsubscribe", from.email),
    };
    // So that two lists of receivers get two identities.
    let receivers = fnv1a_32(mail.to.iter().flat_map(|to| to.bytes()));
    let domain = from.email.domain().to_owned();
    let mut builder = Message::builder()
        .from(from)
        .subject(subject(digest))
        .date(SystemTime::from(at))
        .message_id(Some(format!("<paperpick.{}.{:08x}@{domain}>", digest.day, receivers)))
        .header(ListUnsubscribe(format!("<{unsubscribe}>")))
        // Answering machines stay quiet (RFC 3834).
        .header(AutoSubmitted("auto-generated".into()));
    for to in &mail.to {
        builder = builder.to(mailbox(to, "to")?);
    }
    let stop = format!("To stop these mails: {unsubscribe}");
    let plain = format!("{}\n-- \n{stop}\n", text::digest(digest));
    let parts = MultiPart::alternative_plain_html(plain, html::digest(digest, Some(&stop)));
    builder.multipart(parts).map_err(|error| Error::Invalid(format!("the mail cannot be written: {error}")))
}

fn mailbox(address: &str, setting: &str) -> Result<Mailbox> {
    let expected = "expected an address such as `me@example.org` or `Me <me@example.org>`";
    address
        .parse()
        .map_err(|error| Error::Invalid(format!("mail.{setting} is `{address}`: {expected} ({error})")))
}

fn transport(mail: &Mail, password: Option<&Secret>) -> Result<SmtpTransport> {
    let invalid = |reason: String| Error::Invalid(format!("mail: {reason}"));
    let parameters = || {
        let mut builder = TlsParameters::builder(mail.server.clone());
        if let Some(path) = &mail.ca_file {
            let pem = std::fs::read(path).map_err(Error::io(path))?;
            let certificate = Certificate::from_pem(&pem)
                .map_err(|error| invalid(format!("{} is no certificate in PEM: {error}", path.display())))?;
            builder = builder.add_root_certificate(certificate);
        }
        builder.build().map_err(|error| invalid(error.to_string()))
    };
    let tls = match mail.security {
        Security::Tls => Tls::Wrapper(parameters()?),
        Security::StartTls => Tls::Required(parameters()?),
        Security::None => Tls::None,
    };
    let mut builder =
        SmtpTransport::builder_dangerous(&mail.server).port(mail.port()).tls(tls).timeout(Some(PATIENCE));
    match (&mail.user, password) {
        (Some(_), Some(_)) if mail.security == Security::None && !is_here(&mail.server) => {
            return Err(invalid(format!(
                "security is \"none\", and a password is not sent to {} in the clear; use \"starttls\" or \"tls\"",
                mail.server
            )));
        }
        (Some(user), Some(password)) => {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        (Some(user), None) => {
            return Err(invalid(format!(
                "user is {user}, but there is no password: set PAPERPICK_MAIL_PASSWORD, or mail.password_file"
            )));
        }
        (None, _) => {}
    }
    Ok(builder.build())
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A server may repeat in its answer what it was sent.
fn without_secrets(answer: &str, mail: &Mail, password: Option<&Secret>) -> String {
    let mut answer = answer.replace(char::is_control, " ");
    if let (Some(user), Some(password)) = (&mail.user, password) {
        let password = password.expose();
        let forms = [password.to_owned(), to_base64(password), to_base64(format!("\0{user}\0{password}"))];
        for form in forms.iter().filter(|form| !form.is_empty()) {
            answer = answer.replace(form, "(secret)");
        }
    }
    answer.chars().take(500).collect()
}

/// Defines a header whose value is one text.
macro_rules! header {
    ($type:ident, $name:literal) => {
        #[derive(Clone)]
        struct $type(String);

        impl Header for $type {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self(text.to_owned()))
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), self.0.clone())
            }
        }
    };
}

header!(ListUnsubscribe, "List-Unsubscribe");
header!(AutoSubmitted, "Auto-Submitted");
