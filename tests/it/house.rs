//! One verb, one place: every verb is at every door that it is to be at, and all doors describe it alike.

use std::collections::BTreeSet;
use std::path::Path;

use paperpick::verbs::catalogue;
use serde_json::Value;

use crate::browse::Server;
use crate::shell::Shell;

/// Where a verb is: at an address of the API (`GET /today`), as an assistant's tool; or why it is not.
struct Doors {
    verb: &'static str,
    api: &'static str,
    tool: &'static str,
}

/// A verb missing at a door is a decision, and here it is written down.
const DOORS: &[(&str, &str, &str)] = &[
    ("import", "POST /import", "no: an assistant brings no files"),
    ("sync", "POST /sync", "no: it takes minutes and asks others"),
    ("days", "GET /days", "no: a person's affair"),
    ("today", "GET /today", "today"),
    ("today --by-topic", "GET /today/by-topic", "no: `today` and `topics` say it together"),
    ("why", "GET /why", "why"),
    ("interests", "GET /interests", "no: a person's affair"),
    ("interests edit", "POST /interests", "no: a person's affair"),
    ("start", "GET /start", "no: questions to a person"),
    ("similar", "GET /similar", "similar"),
    ("topics", "GET /topics", "topics"),
    ("topics --map", "GET /topics/map", "no: a picture"),
    ("topics --trend", "GET /topics/trend", "no: it takes seconds, and charts show it"),
    ("topics follow", "POST /topics", "no: a person's affair"),
    ("topics forget", "POST /topics/forget", "no: a person's affair"),
    ("topics marked", "GET /topics/marked", "no: a person's affair"),
    ("search", "GET /search", "search"),
    ("show", "GET /show", "show"),
    ("summarize", "POST /summarize", "no: an assistant writes its own"),
    ("digest", "GET /digest", "no: `today` says it in fewer words"),
    ("feed", "GET /feed", "no: for reader apps"),
    ("like", "POST /rate", "like"),
    ("likes", "GET /likes", "no: `show` tells the rating of a paper"),
    ("likes import", "POST /likes/import", "no: an assistant brings no files"),
    ("save", "POST /save", "no: a person's affair"),
    ("saved", "GET /saved", "no: a person's affair"),
    ("eval replay", "POST /eval", "no: it takes minutes"),
    ("eval start", "POST /eval/start", "no: it takes minutes"),
    ("eval summaries", "POST /eval/summaries", "no: it takes minutes"),
    ("eval topics", "POST /eval/topics", "no: it takes minutes"),
    ("index", "POST /index", "no: a machine's affair"),
    ("cluster-plan", "GET /cluster-plan", "no: a machine's affair"),
    ("doctor", "GET /doctor", "no: a machine's affair"),
    ("doctor --report", "GET /doctor/report", "no: a machine's affair"),
    ("backup", "no: it writes files of the machine", "no: a machine's affair"),
    ("model", "GET /model", "no: a machine's affair"),
    ("model use", "POST /model", "no: it takes hours"),
    ("account list", "no: names of others are the affair of the server's owner", "no: a machine's affair"),
];

fn doors() -> impl Iterator<Item = Doors> {
    DOORS.iter().map(|&(verb, api, tool)| Doors { verb, api, tool })
}

#[test]
fn every_verb_is_at_every_door_or_it_is_said_why_not() {
    let listed: Vec<&str> = doors().map(|doors| doors.verb).collect();
    let known: Vec<&str> = catalogue().iter().map(|verb| verb.name).collect();
    assert_eq!(listed, known, "the table above and the catalogue of verbs");

    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let document = server.json("/api/v1/openapi.json");
    let mut addresses = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            addresses.insert(format!("{} {}", method.to_uppercase(), path.trim_start_matches("/api/v1")));
        }
    }
    for doors in doors().filter(|doors| !doors.api.starts_with("no: ")) {
        assert!(addresses.contains(doors.api), "{} is not at {}", doors.verb, doors.api);
    }
    for doors in doors() {
        let words: Vec<&str> = doors.verb.split(' ').filter(|word| !word.starts_with("--")).collect();
        // `interests edit` is one of several words: `name`, `merge`, `split`.
        let typed = match words.as_slice() {
            ["interests", "edit"] => "interests name".to_owned(),
            words => words.join(" "),
        };
        let help = shell.run(&format!("paperpick {typed} --help"));
        assert!(help.contains("Usage: paperpick"), "{}: {help}", doors.verb);
    }
    let tools = crate::mcp::tools(&shell);
    let wanted: Vec<&str> =
        doors().map(|doors| doors.tool).filter(|tool| !tool.starts_with("no: ")).collect();
    for tool in wanted {
        assert!(tools.iter().any(|known| known == tool), "there is no tool {tool}: {tools:?}");
    }
}

/// The fields of an object in a line: words that a field may be stand in brackets, the fields of what it
/// holds after a colon, two levels deep.
fn fields(schema: &Value, depth: usize) -> String {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let told = fields.filter(|(name, _)| *name != "shape").map(|(name, schema)| field(name, schema, depth));
    told.collect::<Vec<_>>().join(", ")
}

fn field(name: &str, schema: &Value, depth: usize) -> String {
    let is_null = |schema: &Value| schema["type"] == "null";
    let of = schema["anyOf"].as_array().and_then(|any| any.iter().find(|of| !is_null(of))).unwrap_or(schema);
    let held = if of["items"].is_object() { &of["items"] } else { of };
    let mut words: Vec<&str> =
        held["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let constants = held["oneOf"].as_array().into_iter().flatten().filter_map(|of| of["const"].as_str());
    words.extend(constants);
    let nullable = schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"))
        || schema["anyOf"].as_array().is_some_and(|any| any.iter().any(is_null));
    let mut notes: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    notes.extend(nullable.then(|| "null".to_owned()));
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    match held["properties"].is_object() && depth > 0 {
        true => format!("`{name}`{notes}: {{{}}}", fields(held, depth - 1)),
        false => format!("`{name}`{notes}"),
    }
}

/// The shapes of all verbs' answers, as a table: made from the types.
fn table() -> String {
    let row = |verb: &paperpick::verbs::Described| {
        let typed = verb.name.replace(" edit", " …");
        format!("| `{}` | `{typed}` | {} |", verb.shape, fields(&verb.answer, 2))
    };
    let mut rows: Vec<(&str, String)> = catalogue().iter().map(|verb| (verb.shape, row(verb))).collect();
    rows.sort();
    rows.dedup_by_key(|(shape, _)| *shape);
    let rows: Vec<String> = rows.into_iter().map(|(_, row)| row).collect();
    format!("| shape | verb | fields |\n|---|---|---|\n{}\n", rows.join("\n"))
}

/// `UPDATE_README=1 cargo test house` writes the table.
#[test]
fn the_guide_has_the_shape_of_every_answer() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/json.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- shapes -->\n", "<!-- /shapes -->");
    let (before, rest) = text.split_once(begin).unwrap();
    let (shown, after) = rest.split_once(end).unwrap();
    let made = table();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{begin}{made}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(shown, made, "src/guide/json.md: UPDATE_README=1 writes the table anew");
}

#[test]
fn what_a_door_describes_is_what_it_answers() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.15653 2404.16030");
    for (verb, typed) in [
        ("today", "today"),
        ("similar", "similar 2404.15653"),
        ("topics", "topics"),
        ("why", "why 2404.16030"),
        ("show", "show 2404.15653"),
        ("doctor", "doctor"),
        ("likes", "likes"),
        ("interests", "interests"),
        ("digest", "digest"),
    ] {
        let described = catalogue().iter().find(|known| known.name == verb).unwrap();
        let answer = shell.json(&format!("paperpick {typed} --json"));
        fits(&answer, &described.answer, verb);
    }
}

/// Whether a value has the fields that its schema asks for, and no other, however deep.
fn fits(value: &Value, schema: &Value, at: &str) {
    match value {
        Value::Object(fields) if schema["properties"].is_object() => {
            for (name, field) in fields {
                let known = &schema["properties"][name];
                assert!(
                    !known.is_null() || schema["additionalProperties"].is_object(),
                    "{at}.{name} is not described"
                );
                fits(field, known, &format!("{at}.{name}"));
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(fields.contains_key(name.as_str().unwrap()), "{at} lacks {name}");
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| fits(item, &schema["items"], &format!("{at}[]")));
        }
        Value::Null => {
            let text = schema.to_string();
            assert!(text.contains("null") || schema.is_null() || text == "{}", "{at} is null: {text}");
        }
        _ => {}
    }
}
