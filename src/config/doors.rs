//! Where digests are sent: the settings of mail and of the webhook, and their secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};

/// A message about settings, without the values of those that may be secret.
pub(super) fn without_secrets(message: &str) -> String {
    let shown = |line: &str| match line.split_once('=') {
        Some((name, _)) if ["pass", "secret", "key", "token", "url"].iter().any(|s| name.contains(s)) => {
            format!("{name}= …")
        }
        _ => line.to_owned(),
    };
    message.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// A password, key or secret address: nothing prints it, neither for people nor for debugging.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret; white space around it is not part of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The secret of a file.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Invalid`] for an empty file.
    pub fn read(path: &Path) -> Result<Self> {
        let secret = Self::new(&std::fs::read_to_string(path).map_err(Error::io(path))?);
        match secret.0.is_empty() {
            true => Err(Error::Invalid(format!("{} is empty, but should hold a secret", path.display()))),
            false => Ok(secret),
        }
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Mail: where it goes and how.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The host of the server that takes the mail.
    pub server: String,
    /// Its port [default: 465 for `tls`, 587 for `starttls`, 25 for `none`].
    pub port: Option<u16>,
    /// How the connection is kept private.
    #[serde(default)]
    pub security: Security,
    /// A certificate in PEM to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
    /// The name to sign in with, if the server wants one.
    pub user: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// The sender, such as `paperpick <me@example.org>`.
    pub from: String,
    /// The receivers.
    pub to: Vec<String>,
    /// The receivers of the lists of other accounts than the first one, by the names of the accounts.
    #[serde(default)]
    pub accounts: BTreeMap<String, Vec<String>>,
    /// Where to ask for no more mail: a `mailto:` or `https:` address [default: mail to the sender].
    pub unsubscribe: Option<String>,
}

/// How a connection is kept private.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting in the clear; no mail is sent if the server does not offer it.
    #[default]
    StartTls,
    /// In the clear; without a password unless the server is this machine.
    None,
}

/// The webhook: where a digest is posted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// The address.
    pub url: Option<Secret>,
    /// The file that holds the address, where it is a secret.
    pub url_file: Option<PathBuf>,
    /// What is posted.
    #[serde(default)]
    pub style: Style,
    /// The file that holds the key of the signature.
    pub secret_file: Option<PathBuf>,
    /// How long an answer may take, 1 to 300 seconds [default: 30].
    #[serde(default = "patience")]
    pub patience_seconds: u16,
}

/// What is posted to a webhook.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// The digest as JSON, `digest/1`.
    #[default]
    Json,
    /// A message for Slack.
    Slack,
    /// A message for Discord.
    Discord,
}

fn patience() -> u16 {
    30
}

impl Webhook {
    /// Checks the settings and makes their paths relative to the file that holds them.
    pub(super) fn checked(mut self, folder: &Path) -> std::result::Result<Self, String> {
        if !(1..=300).contains(&self.patience_seconds) {
            return Err(format!(
                "webhook.patience_seconds is {}, but 1 to 300 are taken",
                self.patience_seconds
            ));
        }
        for path in [&mut self.url_file, &mut self.secret_file].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        Ok(self)
    }
}

/// The names of settings in these tables, for suggestions.
pub(super) const KEYS: [&str; 17] = [
    "mail",
    "server",
    "port",
    "security",
    "ca_file",
    "user",
    "password_file",
    "from",
    "to",
    "accounts",
    "unsubscribe",
    "webhook",
    "url",
    "url_file",
    "style",
    "secret_file",
    "patience_seconds",
];

impl Mail {
    /// Checks the settings and makes their paths relative to the file that holds them.
    pub(super) fn checked(mut self, folder: &Path) -> std::result::Result<Self, String> {
        if self.to.is_empty() {
            return Err("mail.to names nobody: expected a list such as [\"me@example.org\"]".into());
        }
        if let Some(address) = &self.unsubscribe {
            let known = address.starts_with("mailto:") || address.starts_with("https://");
            if !known || address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,".contains(c))
            {
                return Err(format!(
                    "mail.unsubscribe is `{address}`: expected one mailto: or https: address"
                ));
            }
        }
        for path in [&mut self.ca_file, &mut self.password_file].into_iter().flatten() {
            *path = folder.join(&*path);
        }
        Ok(self)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::None => 25,
        })
    }
}
