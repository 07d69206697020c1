//! `digest` and `feed`: a day's picks for whoever or whatever reads them elsewhere.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use paperpick::config::{Mail, Secret, Webhook};
use paperpick::deliver::{mail, webhook};
use paperpick::library::Library;
use paperpick::present::feed::{self, Served, Subscription, encoded};
use paperpick::present::korean::said;
use paperpick::present::{html, markdown, text};
use paperpick::progress::Silent;
use paperpick::verbs::Count;
use paperpick::verbs::account::has_accounts;
use paperpick::verbs::digest::{self, MakeDigest};
use paperpick::verbs::feed::{FeedDays, FeedOf, MakeFeed, Offered, feeds as feed_list};
use paperpick::verbs::send::{Sent, send_once};

use super::Outcome;
use super::session::print::{TerminalPage, answer, shaped, talk};
use super::session::settings::{Session, count, day};
use super::summarize::before_a_digest;

/// Write a day's picks as Markdown, HTML, JSON or plain text, or send them.
#[derive(Debug, Args)]
pub struct Digest {
    /// As what; Markdown is in the shape that `import` reads
    #[arg(long, default_value = "markdown")]
    format: Format,
    /// Put the papers under the topics of the day
    #[arg(long, alias = "topics")]
    by_topic: bool,
    /// The day [default: the newest one in the library]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, allow_negative_numbers = true)]
    date: Option<Date>,
    /// How many papers [default: 10]
    #[arg(short, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    n: Option<Count>,
    /// Mail it as the settings say, once a day however often this runs
    #[arg(long, conflicts_with = "format")]
    mail: bool,
    /// Post it to the webhook of the settings, once a day
    #[arg(long, conflicts_with_all = ["format", "mail"])]
    webhook: bool,
    /// Send it even if the day has gone out already
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Markdown,
    Html,
    Json,
    Text,
}

/// Write a feed of the last days' picks for a reader app.
#[derive(Debug, Args)]
pub struct Feed {
    /// Of what: picks, interests/NAME, interests/ID with the identifier of a like, or topics/NAME, where NAME is
    /// a topic that you follow
    #[arg(value_name = "WHAT", default_value = "picks")]
    what: String,
    /// As what; opml lists the feeds that are served below --base
    #[arg(long, default_value = "atom")]
    format: FeedFormat,
    /// How many days
    #[arg(long, value_name = "N", default_value = "7", value_parser = clap::value_parser!(u16).range(1..=366), allow_negative_numbers = true)]
    days: u16,
    /// How many papers a day [default: 10]
    #[arg(short, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    n: Option<Count>,
    /// Where the feeds are served, such as https://papers.example.org
    #[arg(long, value_name = "URL", required_if_eq("format", "opml"))]
    base: Option<String>,
    /// Lets a reader app in, where the library has accounts; made on the server's page Me
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FeedFormat {
    Atom,
    Json,
    Opml,
}

impl Digest {
    /// Writes or sends it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut library = session.open()?;
        let n = session.count(self.n)?;
        let request = MakeDigest {
            date: self.date,
            n,
            by_topic: self.by_topic,
            topics: false,
            language: session.language,
        };
        before_a_digest(session, &mut library, self.date, n);
        let digest = session.ask_of(&mut library, request, &Silent)?;
        if (self.mail || self.webhook) && digest.is_empty() {
            talk(session, "no picks, nothing is sent");
            return Ok(Outcome::Nothing);
        } else if self.mail {
            return self.mail(session, &mut library, &digest);
        } else if self.webhook {
            return self.webhook(session, &mut library, &digest);
        }
        let text = match self.format {
            Format::Markdown => markdown::digest(&digest),
            Format::Html => html::digest(&digest, None),
            Format::Text | Format::Json => text::digest(&digest),
        };
        let mut page = TerminalPage::new(session);
        page.line(text.trim_end());
        let session = Session { json: session.json || self.format == Format::Json, ..session.clone() };
        answer::<MakeDigest>(&session, &digest, &page)?;
        Ok(Outcome::of(!digest.is_empty()))
    }

    fn mail(&self, session: &Session, library: &mut Library, digest: &digest::Digest) -> Result<Outcome> {
        let (settings, password) = mail_settings(session)?;
        let at = session.clock.now();
        let sent = send_once(library, "mail", digest.day, at, self.again, || {
            mail::send(digest, settings, password.as_ref(), at)
        })?;
        sent_page(session, &sent, &format!(" to {}", settings.to.join(", ")))
    }

    fn webhook(&self, session: &Session, library: &mut Library, digest: &digest::Digest) -> Result<Outcome> {
        let Hook { settings, url, key } = hook(session)?;
        let at = session.clock.now();
        let sent = send_once(library, "webhook", digest.day, at, self.again, || {
            webhook::send(digest, settings, &url, key.as_ref(), at)
        })?;
        sent_page(session, &sent, "")
    }
}

/// The settings of mail, and its password.
pub fn mail_settings(session: &Session) -> Result<(&Mail, Option<Secret>)> {
    let settings = session.config.mail.as_ref().context(
        "mail is not set up: the settings need a table [mail] with server, from and to (see the guide)",
    )?;
    Ok((settings, secret("PAPERPICK_MAIL_PASSWORD", settings.password_file.as_deref())?))
}

/// The webhook with its secrets.
pub struct Hook<'a> {
    /// The settings.
    pub settings: &'a Webhook,
    /// The address.
    pub url: Secret,
    /// The key of the signature.
    pub key: Option<Secret>,
}

/// The webhook of the settings.
pub fn hook(session: &Session) -> Result<Hook<'_>> {
    let missing =
        "the webhook is not set up: the settings need a table [webhook] with url or url_file (see the guide)";
    let settings = session.config.webhook.as_ref().context(missing)?;
    let url = secret("PAPERPICK_WEBHOOK_URL", settings.url_file.as_deref())?;
    let url = url.or_else(|| settings.url.clone()).context(missing)?;
    Ok(Hook { settings, url, key: secret("PAPERPICK_WEBHOOK_SECRET", settings.secret_file.as_deref())? })
}

fn sent_page(session: &Session, sent: &Sent, to: &str) -> Result<Outcome> {
    let mut page = TerminalPage::new(session);
    page.line(match sent.now {
        true => format!("sent {} by {}{to}", sent.day, sent.door),
        false => format!("{} went out by {} at {:.0}; --again sends it again", sent.day, sent.door, sent.at),
    });
    shaped(session, "sent/1", sent, &page)?;
    Ok(Outcome::Done)
}

/// A secret of the environment, or else of a file.
fn secret(variable: &str, file: Option<&std::path::Path>) -> Result<Option<Secret>> {
    match (std::env::var(variable), file) {
        (Ok(value), _) if !value.trim().is_empty() => Ok(Some(Secret::new(&value))),
        (_, Some(file)) => Ok(Some(Secret::read(file)?)),
        _ => Ok(None),
    }
}

impl Feed {
    /// Writes it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let base = self.base.as_deref().map(|base| base.trim_end_matches('/'));
        let mut page = TerminalPage::new(session);
        if let (FeedFormat::Opml, Some(base)) = (self.format, base) {
            let library = session.open()?;
            if self.token.is_none() && has_accounts(&library)? {
                bail!(
                    "this library has accounts, so the addresses need --token TOKEN; the server's page Me makes one"
                );
            }
            let token = self.token.map(|token| format!("?token={}", encoded(&token))).unwrap_or_default();
            let subscription = |offered: Offered| Subscription {
                feed: format!("{base}/feeds/{}.atom{token}", encoded(&offered.of.name())),
                title: said(session.language, &offered.title),
            };
            let feeds: Vec<_> = feed_list(&library)?.into_iter().map(subscription).collect();
            page.line(feed::opml(&feeds).trim_end());
            shaped(&Session { json: false, ..session.clone() }, "", &(), &page)?;
            return Ok(Outcome::Done);
        }
        let of = FeedOf::parse(&self.what)?;
        let days = FeedDays::new(self.days.into())?;
        let request =
            MakeFeed { of: of.clone(), days, n: session.count(self.n)?, language: session.language };
        let made = session.ask(request, &Silent)?;
        let served = |kind: &str| Served {
            feed: base.map(|base| format!("{base}/feeds/{}.{kind}", encoded(&of.name()))),
            page: base.map(|base| format!("{base}/")),
        };
        let text = match self.format {
            FeedFormat::Json => feed::json(&made, &served("json")),
            _ => feed::atom(&made, &served("atom")),
        };
        page.line(text.trim_end());
        answer::<MakeFeed>(session, &made, &page)?;
        Ok(Outcome::of(!made.entries.is_empty()))
    }
}
