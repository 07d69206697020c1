//! The HTTP API of `paperpick serve`.

use serde_json::Value;

use crate::browse::Server;
use crate::shell::{Shell, sample};

fn ids(papers: &Value) -> Vec<&str> {
    papers.as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap()).collect()
}

#[test]
fn every_verb_answers_as_on_the_command_line() {
    let shell = Shell::with_sample();
    assert!(shell.run("paperpick like 2404.15653 2512.00001").contains("liked"));
    let server = Server::of(&shell, "");
    for (typed, asked) in [
        ("today -n 10", "today"),
        ("today --date 2024-04-25 -n 3", "today?date=2024-04-25&limit=3"),
        ("similar 2404.15420 -n 10", "similar?id=arXiv:2404.15420v1"),
        ("similar --text camera -n 2", "similar?text=camera&limit=2"),
        ("topics", "topics"),
        ("today -n 4 --by-topic --no-variety", "today/by-topic?n=4&variety=false"),
        ("today --again --min-score 0.2", "today?min_score=0.2"),
        (
            "similar 2404.15420 -n 10 --category cs.CV --since 2024-04-01 --unrated",
            "similar?id=2404.15420&category=cs.CV&since=2024-04-01&rated=false",
        ),
        ("similar 2404.15420 -n 10 --unmuted", "similar?id=2404.15420&unmuted=true"),
        ("search --by-words 확산 모델", "search?by=words&words=%ED%99%95%EC%82%B0+%EB%AA%A8%EB%8D%B8"),
        ("search image matting", "search?words=image+matting"),
        ("topics --about CLIP", "topics?about=CLIP"),
        ("show 2404.15653", "show?id=https://arxiv.org/abs/2404.15653"),
        ("likes", "likes"),
        ("doctor", "doctor"),
    ] {
        let mut answered = server.json(&format!("/api/v1/{asked}"));
        answered.as_object_mut().unwrap().remove("next");
        assert_eq!(answered, shell.json(&format!("paperpick {typed} --json")), "{typed}");
    }
    let exported = server.get("/api/v1/export");
    let typed = shell.output("paperpick export");
    assert!(exported.body == typed.stdout, "{} bytes", exported.body.len());
    for (typed, asked) in [
        ("bibtex", "bibtex"),
        ("ris", "ris"),
        ("bibtex --likes", "bibtex&likes=true"),
        ("ris --likes", "ris&likes=true"),
    ] {
        let exported = server.get(&format!("/api/v1/export?as={asked}"));
        assert_eq!(exported.text(), shell.run(&format!("paperpick export --as {typed}")), "{typed}");
        let file = exported.header("content-disposition").unwrap();
        assert!(file.contains(if typed.starts_with("ris") { "papers.ris" } else { "papers.bib" }), "{file}");
    }
    assert_eq!(server.get("/api/v1/export?likes=true").status, 400);
    let svg = server.get("/api/v1/topics/map?format=svg");
    shell.run("paperpick topics --map map.svg");
    assert_eq!(svg.text(), std::fs::read_to_string(shell.path().join("map.svg")).unwrap());
    let png = server.get("/api/v1/topics/map?format=png");
    if cfg!(feature = "png") {
        assert!(png.body.starts_with(b"\x89PNG"));
    } else {
        assert_eq!(png.status, 400);
        assert!(png.text().contains("--features full"), "{}", png.text());
    }
}

#[test]
fn words_that_no_paper_has_are_near_nothing() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let refused = server.get("/api/v1/similar?text=qwrtz+zzyx");
    assert_eq!((refused.status, refused.header("content-type")), (404, Some("application/problem+json")));
    assert_eq!(refused.json()["type"], "/api#nothing-listed");
    assert_eq!(refused.json()["detail"], "no paper here has any of these words");
    for known in ["qwrtz+clip", "qwrtz+diffu", "%EC%9A%B0%EC%A3%BC%EC%84%A0"] {
        assert_eq!(
            server.json(&format!("/api/v1/similar?text={known}"))["neighbours"].as_array().unwrap().len(),
            10
        );
    }
    assert_eq!(server.json("/api/v1/search?words=qwrtz")["papers"], serde_json::json!([]));
    assert!(server.get("/search?q=qwrtz").text().contains("No paper in the library fits"));
}

#[test]
fn a_search_finds_what_says_it_and_what_means_it() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let found = |asked: &str| ids_of(&server.json(&format!("/api/v1/search?words={asked}"))["papers"]);
    let said = found("contrastive&by=words");
    let both = found("contrastive&limit=30");
    assert!(!said.is_empty() && both.len() > said.len(), "{said:?} {both:?}");
    assert!(said.iter().all(|id| both.contains(id)), "{said:?} {both:?}");
    let within = found("contrastive&limit=30&category=cs.CV");
    assert!(!within.is_empty());
    for id in &within {
        let paper = server.json(&format!("/api/v1/show?id={id}"));
        assert!(paper["categories"].as_array().unwrap().contains(&"cs.CV".into()), "{paper}");
    }
    let voted = server.json("/api/v1/search?words=contrastive&limit=30&votes=5");
    let votes: Vec<u64> =
        voted["papers"].as_array().unwrap().iter().filter_map(|p| p["votes"].as_u64()).collect();
    assert!(!votes.is_empty() && votes.iter().all(|&votes| votes >= 5), "{votes:?}");
    assert!(found("contrastive&until=1999-12-31").is_empty());
}

#[test]
fn an_option_that_an_address_does_not_know_is_refused_by_name() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let answer = server.get("/api/v1/today?date=2024-04-25&m=3");
    let problem = answer.json();
    assert_eq!((answer.status, &problem["type"]), (400, &"/api#bad-request".into()));
    assert_eq!(problem["detail"], "`m` is no option of /api/v1/today");
    assert_eq!(problem["hint"], "it has: date, days, n, min_score, category, variety, cursor, limit");
    assert_eq!(server.get("/api/v1/doctor?verbose").status, 400);
    assert_eq!(server.post_json("/api/v1/rate?id=1", "{}").status, 400);
}

#[test]
fn pieces_of_a_list_make_the_whole_list() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let mut path = "/api/v1/today?limit=4".to_owned();
    let mut all = Vec::new();
    loop {
        let piece = server.json(&path);
        all.extend(ids(&piece["picks"]).into_iter().map(str::to_owned));
        let Some(next) = piece["next"].as_str() else { break };
        path = format!("/api/v1/today?limit=4&cursor={next}");
    }
    assert_eq!(all, ids(&server.json("/api/v1/today?limit=100")["picks"]));
    assert_eq!(all.len(), 9);
}

#[test]
fn a_rating_changes_the_order_and_the_name_of_the_answer() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let before = server.get("/api/v1/today");
    let name = format!("if-none-match: {}", before.header("etag").unwrap());
    let again = |name: &str| server.send("GET", "/api/v1/today", &[name], b"");
    assert_eq!((again(&name).status, again(&name).body.len()), (304, 0));

    let rated = server.post_json("/api/v1/rate", r#"{"ids": ["2404.16035"], "rating": "like"}"#);
    assert_eq!(rated.json()["papers"][0]["changed"], true);
    let after = again(&name);
    assert_eq!((after.status, *ids(&after.json()["picks"]).last().unwrap()), (200, "2404.16035"));
    server.post_json("/api/v1/rate", r#"{"ids": ["2404.16035"], "rating": null}"#);
    assert_eq!(server.json("/api/v1/today")["basis"], "votes");

    shell.run("paperpick like 2404.16022");
    let last = server.json("/api/v1/today?n=50")["picks"].as_array().unwrap().last().unwrap()["id"].clone();
    assert_eq!(last, "2404.16022", "the command line's change");
}

#[test]
fn problems_say_what_came_and_what_to_do() {
    let shell = Shell::new();
    let server = Server::of(&shell, "");
    for (method, path, body, status, kind) in [
        ("GET", "/api/v1/show?id=2404.15653", "", 404, "/api#unknown-paper"),
        ("GET", "/api/v1/show?id=nonsense", "", 400, "/api#bad-identifier"),
        ("GET", "/api/v1/today", "", 404, "/api#nothing-listed"),
        ("GET", "/api/v1/today?date=yesterday", "", 400, "/api#bad-request"),
        ("GET", "/api/v1/today?limit=0", "", 400, "/api#bad-request"),
        ("GET", "/api/v1/similar", "", 400, "/api#bad-request"),
        ("GET", "/api/v1/nowhere", "", 404, "/api#not-found"),
        ("DELETE", "/api/v1/today", "", 405, "/api#method-not-allowed"),
        ("POST", "/api/v1/import", "Dear diary", 422, "/api#unrecognised-file"),
    ] {
        let answer = server.send(method, path, &[], body.as_bytes());
        let problem = answer.json();
        assert_eq!((answer.status, problem["type"].as_str().unwrap()), (status, kind), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        assert_eq!(problem["status"], status);
        assert!(
            !problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty()
        );
    }
    let bad = server.post_json("/api/v1/rate", r#"{"ids": ["2404.15653", "nonsense"], "rating": "like"}"#);
    assert_eq!(bad.status, 400);
    assert!(server.json("/api/v1/likes")["ratings"].as_array().unwrap().is_empty(), "none of them is rated");
    assert_eq!(server.post_json("/api/v1/rate", r#"{"ids": [], "rating": "love"}"#).status, 422);
}

#[test]
fn a_file_is_imported_and_one_too_large_is_refused() {
    let shell = Shell::new();
    let server = Server::of(&shell, "");
    let digest = std::fs::read_to_string(sample("2024-04-25.md")).unwrap();
    let imported = server.post("/api/v1/import?name=2024-04-25.md", &[], &digest).json();
    assert_eq!(
        (&imported["shape"], &imported["added"], &imported["embedded"]),
        (&"import/1".into(), &9.into(), &9.into())
    );
    assert_eq!(server.json("/api/v1/today")["n_listed"], 9);

    let refused = server.send("POST", "/api/v1/import", &["content-length: 1073741824"], &[b'x'; 1 << 16]);
    assert_eq!(refused.status, 413);
    let rates = format!(r#"{{"ids": ["{}"], "rating": "like"}}"#, "x".repeat(1 << 20));
    assert_eq!(server.post_json("/api/v1/rate", &rates).status, 413);
    assert_eq!(server.get("/healthz").text(), "ok\n");
}

#[test]
fn the_server_describes_itself_and_ends_well() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let document = server.json("/api/v1/openapi.json");
    assert_eq!(document["openapi"], "3.1.0");
    for path in
        ["today", "similar", "topics", "search", "show", "likes", "doctor", "export", "rate", "import"]
    {
        assert!(document["paths"].get(format!("/api/v1/{path}")).is_some(), "{path}");
    }
    server.get("/api/v1/today");
    let metrics = server.get("/metrics").text();
    assert!(
        metrics.contains(r#"paperpick_requests_total{method="GET",route="/api/v1/today",status="200"} 1"#),
        "{metrics}"
    );
    assert!(metrics.contains("paperpick_papers 80"), "{metrics}");
    let answer = server.get("/healthz");
    assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    #[cfg(unix)]
    assert!(server.end());
}

#[test]
fn clients_that_say_nothing_keep_nobody_out() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let silent: Vec<_> = (0..200).map(|_| std::net::TcpStream::connect(&server.address).unwrap()).collect();
    assert_eq!(server.json("/api/v1/today")["n_listed"], 9);
    drop(silent);
}

const HOSTILE: &str = r#"{"listed":"2024-04-25","id":"2404.00001","title":"<script>alert(1)</script> $\\alpha < \\beta$ & \"quotes\" '\"><img src=x onerror=alert(2)>","abstract":"</p><svg onload=alert(3)>","authors":["<b>Ada</b>"],"categories":["cs.<i>"],"code":"javascript:alert(4)"}"#;

#[test]
fn pages_are_whole_without_a_script_and_escape_everything() {
    let shell = Shell::with_sample();
    shell.write("hostile.jsonl", HOSTILE);
    shell.run("paperpick import hostile.jsonl");
    let server = Server::of(&shell, "");
    let pages = [
        "/",
        "/?by=topic",
        "/?days=30",
        "/?date=2024-04-25&n=3",
        "/paper/2404.00001",
        "/paper/2404.15653",
        "/topics",
        "/search",
        "/search?q=%3Cscript%3E",
        "/search?q=alpha&category=cs.%3Ci%3E&from=2024-01-01&to=&votes=",
        "/me",
        "/api",
        "/paper/2404.99999",
        "/nowhere",
        "/?date=1999-01-01",
    ];
    for path in pages {
        for language in ["en", "ko"] {
            let headers = ["accept: text/html", &format!("accept-language: {language}")];
            let answer = server.send("GET", path, &headers, b"");
            let text = answer.text();
            assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
            assert!(text.contains(&format!("<html lang=\"{language}\">")), "{path}");
            for hostile in [
                "<script>",
                "<img",
                "<svg onload",
                "<b>Ada",
                "<i>",
                "javascript:",
                " onerror=alert(2)>",
                "style=",
            ] {
                assert!(
                    !text.contains(hostile) || hostile == " onerror=alert(2)>" && !text.contains("<img"),
                    "{path}: {hostile}"
                );
            }
        }
    }
    let text = server.get("/paper/2404.00001").text();
    assert!(
        text.contains("alpha &#60; \\beta") || text.contains("alpha &lt; \\beta"),
        "LaTeX stays as it is"
    );
}

#[test]
fn a_form_rates_and_leads_back() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let form = |body: &str| server.post("/rate", &["content-type: application/x-www-form-urlencoded"], body);
    let done = form("id=2404.16035&rating=like&next=%2F%3Fby%3Dtopic");
    assert_eq!((done.status, done.header("location")), (303, Some("/?by=topic")));
    assert_eq!(form("id=2404.16022&save=true&next=https://evil.example").header("location"), Some("/"));
    assert_eq!(ids(&server.json("/api/v1/saved")["papers"]), ["2404.16022"]);
    assert_eq!(ids(&server.json("/api/v1/likes")["ratings"]), ["2404.16035"]);
    let today = server.get("/").text();
    let first = today.find("id=\"p-2404-16035\"").unwrap();
    assert!(first > today.find("id=\"p-2404-16022\"").unwrap(), "the like comes behind what is new");
    form("id=2404.16035&rating=none&next=/");
    let done = form("id=2404.16022&rating=dislike&next=%2F%3Fby%3Dtopic%23p");
    let back = done.header("location").unwrap();
    assert_eq!(back, "/?by=topic&undo=dislike:2404.16022#p");
    let page = server.get(back.split('#').next().unwrap()).text();
    let undo = page.split("class=\"acts undo\"").nth(1).unwrap().split("</form>").next().unwrap();
    assert!(
        undo.contains("value=\"2404.16022\"") && undo.contains("name=\"rating\" value=\"none\""),
        "{undo}"
    );
    let taken_back = form("id=2404.16022&rating=none&next=%2F%3Fby%3Dtopic%26undo%3Ddislike%3A2404.16022");
    assert_eq!(taken_back.header("location"), Some("/?by=topic"), "the line goes with it");
    let hidden = server.post(
        "/topics",
        &["content-type: application/x-www-form-urlencoded"],
        "id=2404.15653&mark=mute&next=/topics",
    );
    let back = hidden.header("location").unwrap();
    assert!(back.starts_with("/topics?undo=topic:"), "{back}");
    assert!(server.get(back).text().contains("name=\"mark\" value=\"none\"><span></span>Undo"));
    assert!(server.json("/api/v1/likes")["ratings"].as_array().unwrap().is_empty());
    let korean = server.post(
        "/language",
        &["content-type: application/x-www-form-urlencoded"],
        "language=ko&next=/me",
    );
    assert!(korean.header("set-cookie").unwrap().starts_with("language=ko;"));
}

#[test]
fn an_empty_library_is_filled_from_its_first_page() {
    let shell = Shell::new();
    let server = Server::of(&shell, "");
    assert!(server.get("/").text().contains("action=\"/sample\""));
    assert_eq!(server.post("/sample", &[], "").header("location"), Some("/"));
    assert!(server.get("/").text().contains("CatLIP"));
    let form = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"more.jsonl\"\r\n\r\n\
                {\"listed\":\"2024-05-01\",\"id\":\"2405.00001\",\"title\":\"A newer one\"}\r\n--x--\r\n";
    let done = server.post("/import", &["content-type: multipart/form-data; boundary=x"], form);
    assert!(done.text().contains("added 1"), "{}", done.text());
    assert!(server.get("/").text().contains("A newer one"));
}

#[test]
fn a_paper_is_shown_before_its_day_is_grouped_and_with_its_topic_after() {
    let shell = Shell::with_sample();
    let server = Server::of(&shell, "");
    let page = || server.get("/paper/2404.16022").text();
    let first = page();
    assert!(first.contains("data-again=") && first.contains("/topics?date=2024-04-25\""), "{first}");
    let begin = std::time::Instant::now();
    while page().contains("data-again=") {
        assert!(begin.elapsed() < std::time::Duration::from_secs(120));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(page().contains("/topics?date=2024-04-25#t-"), "{}", page());
}

/// Signs in; the header that shows the session.
pub fn sign_in(server: &Server, name: &str, password: &str) -> Option<String> {
    let form = format!("name={name}&password={password}&next=/");
    let done = server.post("/sign-in", &["content-type: application/x-www-form-urlencoded"], &form);
    let cookie = done.header("set-cookie").map(|line| line.split(';').next().unwrap().to_owned());
    assert_eq!(done.status, if cookie.is_some() { 303 } else { 403 });
    cookie.map(|cookie| format!("cookie: {cookie}"))
}

#[test]
fn two_readers_do_not_see_each_other() {
    let shell = Shell::with_sample();
    shell.run("paperpick like 2404.16035");
    assert_eq!(shell.run_given("paperpick account add Ada", "correct horse\n"), "added: Ada\n");
    assert_eq!(shell.run_given("paperpick account add bob", "battery staple\n"), "added: bob\n");
    assert!(
        shell
            .run_given("paperpick account add ada", "correct horse\n")
            .contains("there is an account `ada` already")
    );
    let server = Server::of(&shell, "");
    assert_eq!(server.get("/api/v1/today").status, 401);
    assert_eq!(server.get("/metrics").status, 401);
    let page = server.send("GET", "/me", &["accept: text/html"], b"");
    assert_eq!((page.status, page.header("location")), (303, Some("/sign-in?next=/me")));
    assert_eq!(sign_in(&server, "ada", "wrong password"), None);
    assert_eq!(sign_in(&server, "eve", "correct horse"), None);

    let ada = sign_in(&server, "ada", "correct+horse").unwrap();
    let bob = sign_in(&server, "bob", "battery+staple").unwrap();
    let likes = |who: &str| ids_of(&server.send("GET", "/api/v1/likes", &[who], b"").json()["ratings"]);
    assert_eq!((likes(&ada), likes(&bob)), (vec!["2404.16035".to_owned()], vec![]), "the first takes over");
    let origin = format!("origin: http://{}", server.address);
    let rate = |who: &str, origin: &str| {
        let headers = [who, origin, "content-type: application/json"];
        server.post("/api/v1/rate", &headers, r#"{"ids": ["2404.15653"], "rating": "like"}"#).status
    };
    assert_eq!(rate(&bob, "origin: http://evil.example"), 403);
    assert_eq!(rate(&bob, "x: y"), 403, "a session without an origin");
    assert_eq!(rate(&bob, &origin), 200);
    assert_eq!((likes(&ada).len(), likes(&bob)), (1, vec!["2404.15653".to_owned()]));

    let made = server.post(
        "/tokens",
        &[&bob, &origin, "content-type: application/x-www-form-urlencoded"],
        "purpose=cron",
    );
    let token = made.text().split("tabindex=\"0\">").nth(1).unwrap()[..64].to_owned();
    let bearer = format!("authorization: Bearer {token}");
    assert_eq!((likes(&bearer), rate(&bearer, "x: y")), (likes(&bob), 200));
    let opml = |who: &str| server.send("GET", "/feeds.opml", &[who], b"");
    assert!(
        opml(&bearer).text().contains(&format!("picks.atom?token={token}")),
        "a reader app shows the address"
    );
    assert_eq!(opml(&bob).status, 400, "an address without a token would not be answered");
    let me = server.send("GET", "/me", &[&bob], b"").text();
    let number = me.split("name=\"revoke\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    server.post(
        "/tokens",
        &[&bob, &origin, "content-type: application/x-www-form-urlencoded"],
        &format!("revoke={number}"),
    );
    assert_eq!(server.send("GET", "/api/v1/likes", &[&bearer], b"").status, 401);

    let json = "content-type: application/json";
    let post = |who: &str, path: &str, body: &str| {
        server.post(&format!("/api/v1/account/{path}"), &[who, &origin, json], body)
    };
    let account = |who: &str| server.send("GET", "/api/v1/account", &[who], b"").json();
    assert_eq!((&account(&ada)["name"], &account(&bob)["name"]), (&"Ada".into(), &"bob".into()));
    let wrong = post(&bob, "tokens", r#"{"password": "correct horse", "purpose": "notebook"}"#);
    assert_eq!(wrong.status, 400, "another one's password makes no token");
    let made = post(&bob, "tokens", r#"{"password": "battery staple", "purpose": "notebook"}"#).json();
    let bearer = format!("authorization: Bearer {}", made["token"].as_str().unwrap());
    assert_eq!(likes(&bearer), likes(&bob));
    let token = &account(&bearer)["tokens"][0];
    assert_eq!(
        (&token["purpose"], account(&ada)["tokens"].as_array().unwrap().len()),
        (&"notebook".into(), 0)
    );
    let number = format!(r#"{{"number": {}}}"#, token["number"]);
    assert_eq!(post(&ada, "tokens/revoke", &number).json()["changed"], false, "it is not hers");
    assert_eq!(post(&bob, "tokens/revoke", &number).json()["changed"], true);
    assert_eq!(server.send("GET", "/api/v1/likes", &[&bearer], b"").status, 401);
    let passwords = r#"{"old": "battery staple", "new": "stapled battery"}"#;
    assert_eq!(post(&bob, "password", passwords).status, 200);
    assert_eq!(server.send("GET", "/api/v1/likes", &[&bob], b"").status, 401, "every session ends");
    let bob = sign_in(&server, "bob", "stapled+battery").unwrap();

    server.post("/sign-out", &[&ada, &origin], "");
    assert_eq!(server.send("GET", "/api/v1/likes", &[&ada], b"").status, 401);
    let said = shell.run("paperpick account remove bob");
    assert!(
        said.contains("1 rating and 0 saved papers of `bob` would go") && said.contains("[exit 2]"),
        "{said}"
    );
    assert_eq!(server.send("GET", "/api/v1/likes", &[&bob], b"").status, 200, "nothing is gone");
    shell.run("paperpick account remove bob --with-ratings");
    assert_eq!(server.send("GET", "/api/v1/likes", &[&bob], b"").status, 401);
}

fn ids_of(papers: &Value) -> Vec<String> {
    ids(papers).into_iter().map(str::to_owned).collect()
}

#[test]
fn guessing_a_password_is_slowed_down() {
    let shell = Shell::new();
    shell.run_given("paperpick account add ada", "correct horse\n");
    let server = Server::of(&shell, "");
    let form = ["content-type: application/x-www-form-urlencoded"];
    let tries: Vec<u16> =
        (0..8).map(|_| server.post("/sign-in", &form, "name=Ada&password=guessed+wrong").status).collect();
    assert_eq!(tries, [403, 403, 403, 403, 403, 429, 429, 429]);
    let refused = server.post("/sign-in", &form, "name=ada&password=correct+horse");
    assert!(refused.status == 429 && refused.header("retry-after").unwrap().parse::<u64>().unwrap() <= 30);
}

#[test]
fn a_session_stays_on_https_where_the_server_is_known_by_it() {
    let shell = Shell::new();
    shell.run_given("paperpick account add ada", "correct horse\n");
    for (options, secure) in [("--base https://papers.example.org", true), ("", false)] {
        let server = Server::of(&shell, options);
        let form = ["content-type: application/x-www-form-urlencoded"];
        let done = server.post("/sign-in", &form, "name=ada&password=correct+horse");
        assert_eq!(done.header("set-cookie").unwrap().ends_with("; Secure"), secure, "{options}");
    }
}

#[test]
fn another_address_needs_accounts_and_another_name_is_not_answered() {
    let shell = Shell::with_sample();
    let refused = shell.run("paperpick serve --address 0.0.0.0 --port 0");
    assert!(
        !refused.contains("serving http")
            && refused.contains("can be reached by others")
            && refused.contains("account add")
            && refused.ends_with("[exit 2]\n"),
        "{refused}"
    );
    let server = Server::of(&shell, "");
    let twice = ["host: localhost", "host: evil.example"];
    assert_eq!(server.send("GET", "/api/v1/today", &twice, b"").status, 400);
    assert_eq!(server.send("GET", "/api/v1/today", &["host: evil.example"], b"").status, 421);
    let foreign = ["origin: http://evil.example", "content-type: application/json"];
    assert_eq!(server.post("/api/v1/rate", &foreign, r#"{"ids": [], "rating": null}"#).status, 403);
}
