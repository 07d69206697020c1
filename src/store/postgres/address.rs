//! The address of a library in PostgreSQL: whom to ask, how, and for which schema.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Config, Host, SslMode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::passwords;
use crate::error::{Error, Result};
use crate::store::place::Server;

/// The schema of a library whose address names none.
const SCHEMA: &str = "paperpick";

/// Longer names are cut off by PostgreSQL.
const LONGEST_NAME: usize = 63;

/// A server that does not answer for so long is not there.
const PATIENCE: Duration = Duration::from_secs(10);

/// A checked address.
#[derive(Clone)]
pub(super) struct Address {
    pub config: Config,
    /// A name that needs no quotation marks.
    pub schema: String,
    pub tls: MakeRustlsConnect,
    /// A file of certificates that the address names.
    pub certificate: Option<String>,
    /// As it may be shown: without user and password.
    pub shown: String,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`Error::Invalid`], which does not repeat the address: it may hold a password.
    pub fn parse(server: &Server) -> Result<Self> {
        let Own { rest, schema, encryption, certificate } = Own::part(&server.address)?;
        let mut config: Config = rest.parse().map_err(|error: postgres::Error| {
            let why =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            invalid(&why)
        })?;
        if config.get_hosts().is_empty() {
            return Err(invalid("it names no host"));
        }
        if config.get_password().is_none()
            && let Some(password) = server.password.clone().or_else(|| passwords::find(&config, server))
        {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("paperpick");
        }
        let is_encrypted = encryption.unwrap_or_else(|| !config.get_hosts().iter().all(is_here));
        config.ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
        let (tls, shown) = (tls(certificate.as_deref())?, shown(&config, &schema));
        Ok(Self { tls, shown, certificate, config, schema })
    }
}

/// The parts of an address that are ours, and the rest.
struct Own {
    rest: String,
    schema: String,
    /// Whether the connection is to be encrypted, where the address says so.
    encryption: Option<bool>,
    certificate: Option<String>,
}

impl Own {
    fn part(address: &str) -> Result<Self> {
        let (before, options) = address.split_once('?').unwrap_or((address, ""));
        let mut own =
            Self { rest: before.to_owned(), schema: SCHEMA.into(), encryption: None, certificate: None };
        let mut others = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match name {
                "schema" => own.schema = value.to_owned(),
                "sslrootcert" => own.certificate = Some(value.to_owned()),
                "sslmode" => own.encryption = Some(is_encrypted(value)?),
                _ => others.push(option),
            }
        }
        if !is_plain(&own.schema) {
            return Err(invalid("`schema` is a name of a to z, 0 to 9 and _, such as `paperpick`"));
        }
        if !others.is_empty() {
            own.rest += &format!("?{}", others.join("&"));
        }
        Ok(own)
    }
}

/// Whether a mode encrypts. There is none that encrypts and believes any certificate: who can listen can answer, too.
fn is_encrypted(mode: &str) -> Result<bool> {
    match mode {
        "disable" => Ok(false),
        "require" | "verify-ca" | "verify-full" => Ok(true),
        _ => Err(invalid("`sslmode` is `disable`, or `require`, which checks the server's certificate, too")),
    }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.len() <= LONGEST_NAME
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with("pg_")
}

/// Whether a host is this machine, so that nobody is in between.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn tls(certificate: Option<&str>) -> Result<MakeRustlsConnect> {
    let Some(path) = certificate else { return Ok(MakeRustlsConnect::with_webpki_roots()) };
    let wrong = |why: String| invalid(&format!("the certificate {path} (`sslrootcert`) is of no use: {why}"));
    let mut roots = RootCertStore::empty();
    for found in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
        let found = found.map_err(|error| wrong(error.to_string()))?;
        roots.add(found).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("it holds none".into()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn shown(config: &Config, schema: &str) -> String {
    let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
        Host::Tcp(name) if name.contains(':') => format!("[{name}]"),
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().filter(|port| **port != 5432);
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let database = config.get_dbname().unwrap_or_default();
    let schema = if schema == SCHEMA { String::new() } else { format!("?schema={schema}") };
    format!("postgres://{host}{port}/{database}{schema}")
}

fn invalid(why: &str) -> Error {
    Error::Invalid(format!(
        "the address of the store is not understood: {why}; expected `postgres://USER@HOST/DATABASE?schema=NAME`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Result<Address> {
        Address::parse(&Server { password: Some("from outside".into()), ..Server::at(address) })
    }

    #[test]
    fn an_address_is_shown_without_its_password_and_keeps_it() {
        let address =
            parse("postgres://ann:p%40ss@db.example.org:6000/lab?schema=birds&connect_timeout=3").unwrap();
        assert_eq!(address.shown, "postgres://db.example.org:6000/lab?schema=birds");
        assert_eq!(
            (address.config.get_password(), address.config.get_user()),
            (Some(&b"p@ss"[..]), Some("ann"))
        );
        assert_eq!(address.config.get_connect_timeout(), Some(&Duration::from_secs(3)));
        let address = parse("postgresql://ann@localhost/lab").unwrap();
        assert_eq!(address.shown, "postgres://localhost/lab");
        assert_eq!(address.config.get_password(), Some(&b"from outside"[..]));
    }

    #[test]
    fn what_goes_over_a_network_is_encrypted_unless_that_is_declined() {
        for (address, mode) in [
            ("postgres://db.example.org/lab", SslMode::Require),
            ("postgres://db.example.org/lab?sslmode=disable", SslMode::Disable),
            ("postgres://localhost/lab", SslMode::Disable),
            ("postgres://[::1]/lab", SslMode::Disable),
            ("postgres://127.0.0.1/lab?sslmode=verify-full", SslMode::Require),
        ] {
            assert_eq!(parse(address).unwrap().config.get_ssl_mode(), mode, "{address}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_not_repeated() {
        for address in [
            "postgres://ann:secret@db.example.org/lab?schema=Birds",
            "postgres://ann:secret@db.example.org/lab?schema=pg_birds",
            "postgres://ann:secret@db.example.org/lab?sslmode=prefer",
            "postgres://ann:secret@db.example.org/lab?colour=secret2",
            "postgres://ann:secret@/lab",
            "mysql://ann:secret@db.example.org/lab",
            "postgres://ann:secret@db.example.org:port/lab",
            "postgres://ann:secret@db.example.org/lab?sslrootcert=/nowhere/ca.pem",
        ] {
            let error = parse(address).err().unwrap().to_string();
            assert!(error.starts_with("the address of the store") && !error.contains("secret"), "{error}");
        }
    }
}
