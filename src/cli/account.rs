//! `account`: who may use the library together.

use std::io::IsTerminal;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use paperpick::paper::Role;
use paperpick::progress::Silent;
use paperpick::serve::password;
use paperpick::verbs::account::{self as accounts, ListAccounts};
use serde::Serialize;

use super::Outcome;
use super::session::print::{TerminalPage, answer, clean, counted, shaped};
use super::session::settings::Session;

/// Make accounts, so that several people can use one library through `paperpick serve`.
///
/// Each has own ratings and saved papers. The first account takes over the library's ratings so far.
/// From then on the server asks everybody to sign in, and may be bound to any address.
#[derive(Debug, Args)]
pub struct Account {
    #[command(subcommand)]
    what: AccountVerb,
}

#[derive(Debug, Subcommand)]
enum AccountVerb {
    /// Make an account; the password is asked for, or read from stdin
    Add {
        /// The name to sign in with
        name: String,
        /// What it may do: owner, member or guest [default: member; the first account is an owner's]
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Option<Role>,
    },
    /// Give an account another role: owner, member or guest
    Role {
        /// The account's name
        name: String,
        /// What it may do from now on
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Put another password in place; browsers must sign in again
    Password {
        /// The account's name
        name: String,
    },
    /// Remove an account with its ratings and saved papers
    Remove {
        /// The account's name
        name: String,
        /// Also where ratings or saved papers go with it
        #[arg(long)]
        with_ratings: bool,
    },
    /// List the accounts
    List,
}

#[derive(Serialize)]
struct Done<'a> {
    name: &'a str,
    done: &'a str,
}

impl Account {
    /// Does it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut library = session.open_or_make()?;
        let (name, done) = match &self.what {
            AccountVerb::Add { name, role } => {
                let password = password::hashed(&ask()?)?;
                let now = session.clock.now();
                accounts::add_account(&mut library, name, *role, &password, now)?;
                (name, "added")
            }
            AccountVerb::Role { name, role } => {
                if !accounts::set_role(&mut library, name, *role)? {
                    bail!("there is no account `{name}`");
                }
                (name, role.name())
            }
            AccountVerb::Password { name } => {
                let Some((reader, _)) = accounts::password(&library, name)? else {
                    bail!("there is no account `{name}`")
                };
                library.set_reader(reader);
                accounts::set_password(&mut library, &password::hashed(&ask()?)?)?;
                (name, "changed")
            }
            AccountVerb::Remove { name, with_ratings } => {
                let Some((rated, saved)) = accounts::would_lose(&library, name)? else {
                    bail!("there is no account `{name}`")
                };
                if rated + saved > 0 && !with_ratings {
                    let (rated, saved) = (counted(rated, "rating"), counted(saved, "saved paper"));
                    bail!(
                        "{rated} and {saved} of `{name}` would go with the account for good: `paperpick export` keeps \
                         them in a file; then say --with-ratings"
                    );
                }
                accounts::remove_account(&mut library, name)?;
                (name, "removed")
            }
            AccountVerb::List => {
                let accounts = session.ask_of(&mut library, ListAccounts {}, &Silent)?;
                let mut page = TerminalPage::new(session);
                for account in &accounts.accounts {
                    let (made, role) = (account.made.strftime("%Y-%m-%d"), account.role.name());
                    page.line(format!("{made}  {role:<6}  {}", clean(&account.name)));
                }
                page.line(counted(accounts.accounts.len(), "account"));
                answer::<ListAccounts>(session, &accounts, &page)?;
                return Ok(Outcome::of(!accounts.accounts.is_empty()));
            }
        };
        let mut page = TerminalPage::new(session);
        page.line(format!("{done}: {}", clean(name)));
        shaped(session, "account/1", &Done { name, done }, &page)?;
        Ok(Outcome::Done)
    }
}

/// The role of a name that was typed.
fn role(name: &str) -> std::result::Result<Role, String> {
    Role::named(name).ok_or_else(|| "expected owner, member or guest".to_owned())
}

/// A password, without showing it.
fn ask() -> Result<String> {
    if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").context("the terminal")?;
        if rpassword::prompt_password("Again: ").context("the terminal")? != password {
            bail!("the two passwords are not the same");
        }
        return Ok(password);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("stdin")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
