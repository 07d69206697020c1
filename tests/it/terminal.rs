//! Nothing from outside drives the terminal: whatever a file, its name or an address holds.

use crate::shell::Shell;

/// An escape of the terminal as C0 and as C1, a bell, and an override of the order of letters.
const HOSTILE: &str = "\u{1b}[2Jx\u{9b}31m\u{7}\u{202e}\u{2066}\u{7f}";

fn is_harmless(text: &str) -> bool {
    let bidi = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
    let bad: Vec<char> = bidi.chain(['\u{61c}', '\u{200e}', '\u{200f}']).collect();
    text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control() && !bad.contains(&c))
}

#[test]
fn nothing_from_outside_drives_the_terminal() {
    let shell = Shell::with_sample();
    let json = |value: &str| serde_json::to_string(&format!("{value}{HOSTILE}")).unwrap();
    let line = format!(
        "{{\"listed\":\"2024-04-26\",\"id\":\"2404.99001\",\"title\":{},\"abstract\":{},\"authors\":[{}],\"categories\":[\"cs.CV\"],\"comment\":{}}}",
        json("Herons"),
        json("Of herons."),
        json("Ann Roy"),
        json("ten pages")
    );
    let file = format!("day{HOSTILE}.jsonl");
    shell.write(
        &file,
        format!("{line}\n{{\"listed\":\"2024-04-26\",\"id\":{},\"title\":\"B\"}}\n", json("x")),
    );
    shell.write(&format!("odd{HOSTILE}"), format!("{HOSTILE} is no format"));
    let words = |line: &str| line.replace('%', HOSTILE);
    for line in [
        "import day%.jsonl",
        "import odd%",
        "import missing%",
        "like 2404.99001",
        "today --date 2024-04-26",
        "show 2404.99001",
        "search herons",
        "similar 2404.99001",
        "topics --days 7",
        "likes",
        "digest --date 2024-04-26",
        "digest --date 2024-04-26 --format text",
        "export",
        "export --as bibtex",
        "export --as ris",
        "show own:%",
        "search %",
        "topics follow %",
        "--library lib% import day%.jsonl",
        "--library lib% doctor",
        "--config no%.toml doctor",
        "backup no%/where",
        "restore no%where",
        "model use no%where",
    ] {
        for json in ["", " --json"] {
            if line.starts_with("export") && !json.is_empty() {
                continue;
            }
            let said = shell.run(&words(&format!("paperpick {line}{json}")));
            assert!(is_harmless(&said), "{line}{json}: {said:?}");
        }
    }
    let shown = shell.json("paperpick show 2404.99001 --json");
    assert!(shown.to_string().contains("Herons"), "{shown}");
}
