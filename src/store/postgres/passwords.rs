//! Passwords in a file, one a line, as libpq reads them: `host:port:database:user:password`. `*` is any, and a backslash
//! stands before a colon or a backslash that is meant.

use postgres::config::{Config, Host};

use crate::store::place::Server;

/// The password for what is connected to, from the first line that fits.
pub(super) fn find(config: &Config, server: &Server) -> Option<String> {
    let host = match config.get_hosts().first()? {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(_) => "localhost".to_owned(),
    };
    let port = config.get_ports().first().unwrap_or(&5432).to_string();
    let user = config.get_user()?;
    let asked = [&host, &port, config.get_dbname().unwrap_or(user), user];
    server.passwords.as_deref()?.lines().find_map(|line| password(line, &asked))
}

fn password(line: &str, asked: &[&str; 4]) -> Option<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.strip_prefix('#').map_or(line, |_| "").chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => fields.last_mut()?.extend(letters.next()),
            ':' if fields.len() <= asked.len() => fields.push(String::new()),
            letter => fields.last_mut()?.push(letter),
        }
    }
    let password = fields.pop().filter(|_| fields.len() == asked.len())?;
    let fits = fields.iter().zip(asked).all(|(field, asked)| field == "*" || field == asked);
    fits.then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_tells_the_password() {
        let file = "# db.example.org:5432:lab:ann:no\n\
                    db.example.org:6000:lab:ann:other port\n\
                    db.example.org:5432:*:ann:a\\:b\\\\c:d\n\
                    *:*:*:*:any\n";
        let password = |address: &str| {
            let server = Server { passwords: Some(file.into()), ..Server::at(address) };
            find(&address.parse().unwrap(), &server)
        };
        assert_eq!(password("postgres://ann@db.example.org/lab").as_deref(), Some("a:b\\c:d"));
        assert_eq!(password("postgres://ann@db.example.org:6000/lab").as_deref(), Some("other port"));
        assert_eq!(password("postgres://bob@db.example.org/lab").as_deref(), Some("any"));
        let none = Server::at("");
        assert_eq!(find(&"postgres://ann@db.example.org/lab".parse().unwrap(), &none), None);
    }
}
