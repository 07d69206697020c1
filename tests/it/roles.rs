//! What an owner, a member and a guest may do: at every address and with every tool.

use std::collections::BTreeSet;

use paperpick::paper::{Right, Role};
use paperpick::verbs::catalogue;
use serde_json::{Value, json};

use crate::browse::{Answer, Server};
use crate::serve::sign_in;
use crate::shell::Shell;

/// The role that each address takes. One that is not here fails the test: who may is decided here too, by hand.
const ADDRESSES: &[(&str, &str)] = &[
    ("GET /api/v1/account", "guest"),
    ("POST /api/v1/account/password", "guest"),
    ("POST /api/v1/account/tokens", "member"),
    ("POST /api/v1/account/tokens/revoke", "guest"),
    ("GET /api/v1/cluster-plan", "owner"),
    ("GET /api/v1/days", "guest"),
    ("GET /api/v1/digest", "guest"),
    ("GET /api/v1/doctor", "owner"),
    ("GET /api/v1/doctor/report", "owner"),
    ("POST /api/v1/eval", "member"),
    ("POST /api/v1/eval/embed", "owner"),
    ("POST /api/v1/eval/similar", "owner"),
    ("POST /api/v1/eval/start", "owner"),
    ("POST /api/v1/eval/summaries", "owner"),
    ("POST /api/v1/eval/topics", "owner"),
    ("GET /api/v1/export", "member"),
    ("GET /api/v1/feed", "guest"),
    ("POST /api/v1/import", "member"),
    ("POST /api/v1/index", "owner"),
    ("GET /api/v1/interests", "guest"),
    ("POST /api/v1/interests", "member"),
    ("GET /api/v1/jobs", "guest"),
    ("GET /api/v1/likes", "guest"),
    ("POST /api/v1/likes/import", "member"),
    ("GET /api/v1/model", "guest"),
    ("POST /api/v1/model", "owner"),
    ("GET /api/v1/models", "guest"),
    ("POST /api/v1/models/bench", "owner"),
    ("GET /api/v1/models/info", "owner"),
    ("POST /api/v1/models/tune", "owner"),
    ("POST /api/v1/rate", "guest"),
    ("POST /api/v1/save", "member"),
    ("GET /api/v1/saved", "guest"),
    ("GET /api/v1/search", "guest"),
    ("GET /api/v1/show", "guest"),
    ("GET /api/v1/similar", "guest"),
    ("GET /api/v1/start", "guest"),
    ("POST /api/v1/summarize", "member"),
    ("POST /api/v1/sync", "owner"),
    ("GET /api/v1/today", "guest"),
    ("GET /api/v1/today/by-topic", "guest"),
    ("GET /api/v1/topics", "guest"),
    ("POST /api/v1/topics", "member"),
    ("POST /api/v1/topics/forget", "member"),
    ("GET /api/v1/topics/map", "guest"),
    ("GET /api/v1/topics/marked", "guest"),
    ("GET /api/v1/topics/trend", "guest"),
    ("GET /api/v1/why", "guest"),
    // The pages and what they send.
    ("GET /", "guest"),
    ("GET /api", "guest"),
    ("POST /eval", "member"),
    ("GET /feeds.opml", "guest"),
    ("GET /feeds/{*name}", "guest"),
    ("POST /import", "member"),
    ("POST /interests", "member"),
    ("POST /language", "guest"),
    ("POST /list", "guest"),
    ("POST /likes", "member"),
    ("GET /me", "guest"),
    ("GET /paper/{*id}", "guest"),
    ("POST /password", "guest"),
    ("GET /picture/{*id}", "guest"),
    ("POST /rate", "guest"),
    ("POST /sample", "owner"),
    ("GET /search", "guest"),
    ("GET /sign-in", "guest"),
    ("POST /sign-in", "guest"),
    ("POST /sign-out", "guest"),
    ("GET /start", "guest"),
    ("POST /summarize", "member"),
    ("POST /sync", "owner"),
    ("POST /tokens", "guest"),
    ("GET /topics", "guest"),
    ("POST /topics", "member"),
    ("GET /topics/trend", "guest"),
    ("GET /work/{verb}", "guest"),
];

/// The role that each of an assistant's tools takes.
const TOOLS: &[(&str, &str)] = &[
    ("today", "guest"),
    ("similar", "guest"),
    ("topics", "guest"),
    ("search", "guest"),
    ("show", "guest"),
    ("why", "guest"),
    ("like", "guest"),
    ("dislike", "guest"),
];

fn may(role: &str, needs: &str) -> bool {
    let rank = |name| Role::ALL.iter().position(|role| role.name() == name).unwrap();
    rank(role) <= rank(needs)
}

/// A library with an account of each role, and its server.
struct Shared {
    _shell: Shell,
    server: Server,
    /// The header that signs each role in, in a browser.
    sessions: Vec<(&'static str, String)>,
    /// The same with a token; the guest's is one that was made as a member.
    tokens: Vec<(&'static str, String)>,
    origin: String,
}

impl Shared {
    fn new(settings: &str) -> Self {
        let shell = Shell::with_sample();
        shell.write("settings.toml", settings);
        for (name, role) in [("owner", "owner"), ("member", "member"), ("guest", "member")] {
            let said =
                shell.run_given(&format!("paperpick account add {name} --role {role}"), "correct horse\n");
            assert_eq!(said, format!("added: {name}\n"));
        }
        let server = Server::of(&shell, "--config settings.toml");
        let origin = format!("origin: http://{}", server.address);
        let session = |role: &'static str| (role, sign_in(&server, role, "correct+horse").unwrap());
        let sessions = vec![session("owner"), session("member"), session("guest")];
        let token = |(role, session): &(&'static str, String)| {
            let headers = [session.as_str(), &origin, "content-type: application/json"];
            let body = r#"{"password": "correct horse", "purpose": "test"}"#;
            let made = server.post("/api/v1/account/tokens", &headers, body).json();
            (*role, format!("authorization: Bearer {}", made["token"].as_str().unwrap()))
        };
        let tokens = sessions.iter().map(token).collect();
        assert_eq!(shell.run("paperpick account role guest guest"), "guest: guest\n");
        Self { _shell: shell, server, sessions, tokens, origin }
    }
}

/// The addresses of the API as it describes itself, and those of pages and feeds as they stand in the code.
fn addresses(server: &Server, key: &str) -> BTreeSet<String> {
    let document = server.send("GET", "/api/v1/openapi.json", &[key], b"").json();
    let mut all = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        all.extend(methods.as_object().unwrap().keys().map(|m| format!("{} {path}", m.to_uppercase())));
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["src/serve/pages/mod.rs", "src/serve/feeds.rs"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        for chunk in text.split("\"/").skip(1) {
            let is_look = chunk.contains(" get(");
            if is_look || chunk.contains(" post(") {
                let method = if is_look { "GET" } else { "POST" };
                all.insert(format!("{method} /{}", chunk.split('"').next().unwrap()));
            }
        }
    }
    all
}

/// Whether an answer says that the role is not the right one.
fn is_refused(answer: &Answer) -> bool {
    answer.status == 403 && answer.text().contains("not-allowed")
}

#[test]
fn no_address_lets_in_a_role_that_it_does_not_take() {
    let shared = Shared::new("");
    let Shared { server, sessions, tokens, origin, .. } = &shared;
    let listed: BTreeSet<String> = ADDRESSES.iter().map(|(address, _)| (*address).to_owned()).collect();
    assert_eq!(listed, addresses(server, &sessions[0].1), "the table above and the server's addresses");
    for (address, needs) in ADDRESSES {
        let (method, path) = address.split_once(' ').unwrap();
        let path =
            path.replace("{*name}", "none.atom").replace("{*id}", "2404.15653").replace("{verb}", "none");
        for (role, key) in sessions.iter().chain(tokens) {
            if path == "/sign-out" || path == "/sign-in" {
                continue;
            }
            // Nothing that could be done: whoever is let in is told so.
            let json = ["content-type: application/json", key, origin];
            let answer = server.send(method, &path, &json, b"{\"nonsense\": 1}");
            assert_eq!(
                is_refused(&answer),
                !may(role, needs),
                "{role}: {address}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
}

#[test]
fn no_tool_lets_in_a_role_that_it_does_not_take() {
    let shared = Shared::new("");
    let Shared { server, tokens, .. } = &shared;
    for (role, token) in tokens {
        let ask = |method: &str, params: Value| {
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
            let headers = [
                token,
                "content-type: application/json",
                "accept: application/json, text/event-stream",
                "mcp-protocol-version: 2025-06-18",
            ];
            server.post("/mcp", &headers, &body).json()
        };
        let listed = ask("tools/list", json!({}));
        let named: Vec<&str> = listed["result"]["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["name"].as_str().unwrap())
            .collect();
        let taken: Vec<&str> =
            TOOLS.iter().filter(|(_, needs)| may(role, needs)).map(|(name, _)| *name).collect();
        assert_eq!(named, taken, "{role}");
        for (tool, needs) in TOOLS {
            let answer =
                ask("tools/call", json!({"name": tool, "arguments": {"id": "2404.15653"}})).to_string();
            assert_eq!(answer.contains("takes the role of"), !may(role, needs), "{role}: {tool}: {answer}");
        }
    }
}

#[test]
fn every_verb_says_what_it_takes() {
    let of = |right| {
        catalogue().iter().filter(|verb| verb.right == right).map(|verb| verb.name).collect::<Vec<_>>()
    };
    assert_eq!(of(Right::Rate), ["like"]);
    assert_eq!(
        of(Right::Keep),
        ["interests edit", "topics follow", "topics forget", "save", "eval replay"],
        "a guest looks and rates"
    );
    assert_eq!(of(Right::Bring), ["import", "summarize", "likes import"]);
    assert_eq!(
        of(Right::Own),
        [
            "sync",
            "eval start",
            "eval summaries",
            "eval topics",
            "index",
            "cluster-plan",
            "doctor",
            "doctor --report",
            "backup",
            "model use",
            "account list"
        ]
    );
}

#[test]
fn pages_offer_only_what_a_role_may_do() {
    let shared = Shared::new("");
    let Shared { server, sessions, .. } = &shared;
    for (role, session) in sessions {
        for path in ["/", "/me", "/paper/2404.15653", "/topics", "/topics/trend", "/search?q=clip", "/start"]
        {
            let page = server.send("GET", path, &[session], b"").text();
            for (address, needs) in ADDRESSES {
                let Some(sent) = address.strip_prefix("POST ").filter(|path| !path.starts_with("/api"))
                else {
                    continue;
                };
                let offers = page.contains(&format!("action=\"{sent}\""));
                assert!(!offers || may(role, needs), "{role}: {path} offers {sent}");
            }
            assert!(role != &"guest" || !page.contains("name=\"save\""), "{path}");
            assert!(role != &"guest" || !page.contains("/api/v1/export"), "{path}");
        }
    }
    let me = server.send("GET", "/me", &[&sessions[1].1], b"").text();
    assert!(me.contains("action=\"/import\"") && !me.contains("action=\"/sync\""), "{me}");
}

#[test]
fn a_member_brings_in_what_the_quota_lets_and_nothing_of_a_file_that_is_more() {
    let shared = Shared::new("[members]\npapers_per_day = 3\nmegabytes_per_day = 1\n");
    let Shared { server, sessions, origin, .. } = &shared;
    let post = |role: usize, path: &str, body: &str| server.post(path, &[&sessions[role].1, origin], body);
    let line = |n: u32, text: &str| {
        json!({"id": format!("2601.{n:05}"), "title": format!("Herons {n}"), "abstract": text}).to_string()
            + "\n"
    };
    let papers = |range: std::ops::Range<u32>| range.map(|n| line(n, "Of herons.")).collect::<String>();
    let n_papers =
        || server.send("GET", "/api/v1/doctor", &[&sessions[0].1], b"").json()["size"]["papers"].clone();
    let before = n_papers().as_u64().unwrap();

    let over = post(1, "/api/v1/import", &papers(0..4));
    assert_eq!(over.status, 429, "{}", over.text());
    assert!(over.text().contains("up to 3 papers a day; 3 are left today"), "{}", over.text());
    assert_eq!(n_papers(), before, "nothing of the file");
    assert_eq!(post(1, "/api/v1/import", &papers(0..2)).json()["added"], 2);
    let over = post(1, "/api/v1/import", &papers(2..4)).text();
    assert!(over.contains("1 are left today"), "{over}");
    let long = post(1, "/api/v1/import", &line(9, &"heron ".repeat(200_000)));
    assert!(long.status == 429 && long.text().contains("bytes a day"), "{}", long.text());
    assert_eq!(post(0, "/api/v1/import", &papers(2..9)).json()["added"], 7, "an owner has no quota");

    let feeds =
        r#"<opml version="2.0"><body><outline type="rss" xmlUrl="https://example.org/feed"/></body></opml>"#;
    assert_eq!(post(1, "/api/v1/likes/import", feeds).status, 202);
    let job = || server.send("GET", "/work/likes-import", &[&sessions[1].1, "accept: text/html"], b"").text();
    while job().contains("data-again") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(job().contains("takes the role of owner"), "{}", job());
}

#[test]
fn a_library_has_an_owner_as_long_as_it_has_accounts() {
    let shell = Shell::new();
    let add = |line: &str| shell.run_given(&format!("paperpick account add {line}"), "correct horse\n");
    assert!(add("ada --role guest").contains("nobody with an account would own the library"));
    assert_eq!(add("ada"), "added: ada\n");
    assert_eq!(add("bob"), "added: bob\n");
    for line in ["role ada member", "remove ada"] {
        let said = shell.run(&format!("paperpick account {line}"));
        assert!(
            said.contains("nobody with an account would own") && said.contains("[exit"),
            "{line}: {said}"
        );
    }
    let list = shell.run("paperpick account list");
    assert!(list.contains("owner   ada") && list.contains("member  bob"), "{list}");
    assert_eq!(shell.run("paperpick account role BOB owner"), "owner: BOB\n");
    assert_eq!(shell.run("paperpick account role ada guest"), "guest: ada\n");
    assert_eq!(shell.json("paperpick account list --json")["accounts"][0]["role"], "guest");
    assert!(shell.run("paperpick account role bob king").contains("expected owner, member or guest"));
    assert_eq!(shell.run("paperpick account remove ada"), "removed: ada\n");
    assert_eq!(shell.run("paperpick account remove bob"), "removed: bob\n", "the last account may go");
}
