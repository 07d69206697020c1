//! Mail, to servers that take it and to those that do not.

use crate::shell::Shell;
use crate::smtp::{Manner, Smtp};

const PASSWORD: &str = "correct horse battery staple";

/// `\0me\0` and the password in base64, as it is sent.
const SIGNED_IN: &str = "AG1lAGNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU=";

fn shell_with_mail(server: &Smtp, more: &str) -> Shell {
    let shell = Shell::with_sample();
    shell.write(
        "config.toml",
        format!(
            "[mail]\nserver = '127.0.0.1'\nport = {}\nfrom = 'paperpick <me@example.org>'\nto = ['me@example.org']\n{more}",
            server.port
        ),
    );
    shell
}

/// Runs `digest --mail` with these settings; everything that it prints.
fn mail(shell: &Shell, more: &str) -> String {
    shell.run(&format!("paperpick --config config.toml digest --mail{more}"))
}

#[test]
fn a_day_mailed_twice_is_one_mail() {
    let server = Smtp::start(Manner::Takes);
    let shell = shell_with_mail(&server, "security = 'none'\n");
    assert_eq!(mail(&shell, ""), "sent 2024-04-25 by mail to me@example.org\n");
    let again = mail(&shell, "");
    assert!(again.starts_with("2024-04-25 went out by mail at "), "{again}");
    assert_eq!(server.mails().len(), 1);
    mail(&shell, " --again");
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    // A second copy has the identity of the first.
    let identity = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned();
    assert_eq!(identity(&mails[0]), identity(&mails[1]));
    for header in [
        "Subject: Papers of 2024-04-25: CatLIP",
        "List-Unsubscribe: <mailto:me@example.org?subject=unsubscribe>",
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative",
    ] {
        assert!(mails[0].contains(header), "no `{header}` in\n{}", &mails[0][..800]);
    }
}

#[test]
fn two_runs_at_once_are_one_mail() {
    let server = Smtp::start(Manner::Takes);
    let shell = shell_with_mail(&server, "security = 'none'\n");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| mail(&shell, ""));
        }
    });
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn a_failure_is_explained_and_mended_by_the_next_run() {
    let server = Smtp::start(Manner::Takes);
    let shell = shell_with_mail(&server, "security = 'none'\n");
    for (manner, words) in [
        (Manner::Refuses, "no such person"),
        (Manner::Busy, "come back later"),
        (Manner::WantsTls, "STARTTLS"),
        (Manner::HangsUp, "did not take it"),
    ] {
        server.now(manner);
        let said = mail(&shell, "");
        assert!(said.contains(words) && said.contains("the same command tries again"), "{manner:?}: {said}");
        assert!(said.ends_with("[exit 2]\n"), "{said}");
    }
    server.now(Manner::Takes);
    assert_eq!(mail(&shell, ""), "sent 2024-04-25 by mail to me@example.org\n");
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn without_starttls_nothing_is_sent_in_the_clear() {
    let server = Smtp::start(Manner::Takes);
    let shell = shell_with_mail(&server, "user = 'me'\npassword_file = 'password'\n");
    shell.write("password", PASSWORD);
    let said = mail(&shell, "");
    assert!(said.ends_with("[exit 2]\n"), "{said}");
    assert!(!server.said().contains("AUTH") && !server.said().contains("MAIL"), "{}", server.said());
}

#[test]
fn no_secret_is_printed_or_logged() {
    let server = Smtp::start(Manner::RepeatsPassword);
    let shell = shell_with_mail(&server, "security = 'none'\nuser = 'me'\npassword_file = 'password'\n");
    shell.write("password", format!("{PASSWORD}\n"));
    let said = mail(&shell, " -vv");
    assert!(said.contains("cannot take AUTH PLAIN (secret)"), "{said}");
    assert!(!said.contains(PASSWORD) && !said.contains(SIGNED_IN), "{said}");
    // The server did get it, from the file, without the line's end.
    assert!(server.said().contains(SIGNED_IN), "{}", server.said());
    shell.write("config.toml", "[mail]\nserver = 'x'\nfrom = 'a@b'\nto = ['a@b']\npassword = 'p4ssw0rd'\n");
    let said = mail(&shell, "");
    assert!(said.contains("unknown field `password`") && !said.contains("p4ssw0rd"), "{said}");
}

#[test]
fn settings_that_cannot_work_are_explained() {
    let server = Smtp::start(Manner::Takes);
    let with = |settings: &str| {
        let shell = Shell::with_sample();
        shell.write("config.toml", settings);
        mail(&shell, "")
    };
    assert!(with("").contains("mail is not set up"));
    assert!(with("[mail]\nserver = 'x'\nfrom = 'a@b'\nto = []\n").contains("names nobody"));
    assert!(with("[mail]\nsever = 'x'\nfrom = 'a@b'\nto = ['a@b']\n").contains("Did you mean `server`?"));
    assert!(with("[mail]\nserver = 'x'\nfrom = 'nobody'\nto = ['a@b']\n").contains("expected an address"));
    let plain = "security = 'none'\nuser = 'me'\npassword_file = 'password'\n";
    let settings = format!("[mail]\nserver = 'mail.example'\nfrom = 'a@b'\nto = ['a@b']\n{plain}");
    let shell = Shell::with_sample();
    shell.write("config.toml", settings);
    shell.write("password", PASSWORD);
    assert!(mail(&shell, "").contains("not sent to mail.example in the clear"));
    let shell = shell_with_mail(&server, "security = 'none'\nuser = 'me'\n");
    assert!(mail(&shell, "").contains("PAPERPICK_MAIL_PASSWORD"));
}

#[test]
fn an_empty_library_sends_nothing() {
    let server = Smtp::start(Manner::Takes);
    let shell = Shell::without_papers();
    shell.write(
        "config.toml",
        format!(
            "[mail]\nserver = '127.0.0.1'\nport = {}\nsecurity = 'none'\nfrom = 'a@b'\nto = ['a@b']\n",
            server.port
        ),
    );
    assert!(mail(&shell, "").ends_with("[exit 1]\n"));
    assert_eq!(server.said(), "");
}
