//! A mail server of our own on this machine, which can be as unhelpful as real ones.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    /// Takes everything, with or without a password.
    Takes,
    /// Knows no such receiver.
    Refuses,
    /// Is busy for now.
    Busy,
    /// Breaks off in the middle of the mail.
    HangsUp,
    /// Takes nothing before TLS, which it does not speak.
    WantsTls,
    /// Refuses the password and repeats it.
    RepeatsPassword,
    /// Says nothing at all until it behaves otherwise, and then hangs up.
    Stalls,
    /// Takes the mail, and says so only when it behaves otherwise.
    Keeps,
}

/// What reached a server.
#[derive(Default)]
pub struct Received {
    /// The mails as they came, with dots undone.
    pub mails: Vec<String>,
    /// Everything that was said to it, without the mails.
    pub said: String,
}

/// A running server.
pub struct Smtp {
    /// Its port on 127.0.0.1.
    pub port: u16,
    manner: Arc<Mutex<Manner>>,
    received: Arc<Mutex<Received>>,
    waiting: Arc<AtomicUsize>,
}

impl Smtp {
    /// Starts one; it ends with the tests.
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            manner: Arc::new(Mutex::new(manner)),
            received: Arc::default(),
            waiting: Arc::default(),
        };
        let (manner, received) = (server.manner.clone(), server.received.clone());
        let waiting = server.waiting.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                waiting.fetch_add(1, Ordering::SeqCst);
                let now = *manner.lock().unwrap();
                let change = || {
                    while *manner.lock().unwrap() == now {
                        std::thread::sleep(std::time::Duration::from_millis(5));
                    }
                };
                // A client that breaks off is part of the play.
                let _ = talk(stream.unwrap(), now, &received, &change);
                waiting.fetch_sub(1, Ordering::SeqCst);
            }
        });
        server
    }

    /// How many clients it talks to.
    #[cfg(feature = "postgres")]
    pub fn n_waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// From now on it behaves so.
    pub fn now(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// The mails that it took.
    pub fn mails(&self) -> Vec<String> {
        self.received.lock().unwrap().mails.clone()
    }

    /// What clients said.
    pub fn said(&self) -> String {
        self.received.lock().unwrap().said.clone()
    }
}

/// Talks to a client; `change` waits until the server is to behave otherwise.
fn talk(
    stream: TcpStream,
    manner: Manner,
    received: &Mutex<Received>,
    change: &dyn Fn(),
) -> std::io::Result<()> {
    if manner == Manner::Stalls {
        change();
        return Ok(());
    }
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    out.write_all(b"220 test ESMTP\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        received.lock().unwrap().said.push_str(&format!("{line}\n"));
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match (verb.as_str(), manner) {
            ("EHLO", Manner::WantsTls) => "250 test\r\n".into(),
            ("EHLO", _) => "250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n".into(),
            ("AUTH", Manner::RepeatsPassword) => format!("535 5.7.8 cannot take {line}\r\n"),
            ("AUTH", _) => "235 ok\r\n".into(),
            ("MAIL", Manner::WantsTls) => "530 5.7.0 Must issue a STARTTLS command first\r\n".into(),
            ("RCPT", Manner::Refuses) => "550 5.1.1 no such person\r\n".into(),
            ("RCPT", Manner::Busy) => "451 4.7.1 come back later\r\n".into(),
            ("DATA", Manner::HangsUp) => {
                out.write_all(b"354 go on\r\n")?;
                lines.next();
                return Ok(());
            }
            ("DATA", _) => {
                out.write_all(b"354 go on\r\n")?;
                let mut mail = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push('\n');
                }
                received.lock().unwrap().mails.push(mail);
                if manner == Manner::Keeps {
                    change();
                }
                "250 taken\r\n".into()
            }
            ("QUIT", _) => "221 bye\r\n".into(),
            _ => "250 ok\r\n".to_owned(),
        };
        out.write_all(answer.as_bytes())?;
    }
    Ok(())
}
