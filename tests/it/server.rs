//! The sources, on 127.0.0.1: arXiv's page of new papers, its feed, OAI-PMH and API, Hugging Face's
//! daily papers and digests, in the real formats, with faults on demand.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::civil::{Date, Weekday};

/// A paper and the days on which it was announced and replaced.
#[derive(Debug, Clone)]
pub struct Row {
    pub id: String,
    pub title: String,
    pub abstract_text: String,
    pub categories: Vec<String>,
    pub day: Date,
    pub replaced: BTreeSet<Date>,
}

impl Row {
    /// Submitted on the working day before it was announced.
    fn created(&self) -> Date {
        let mut day = self.day.yesterday().unwrap();
        while is_weekend(day) {
            day = day.yesterday().unwrap();
        }
        day
    }

    /// The last change up to a day.
    fn changed(&self, today: Date) -> Date {
        self.replaced.iter().rev().find(|day| **day <= today).copied().unwrap_or(self.day)
    }

    fn kind(&self, category: &str) -> Option<&'static str> {
        let at = self.categories.iter().position(|c| c == category)?;
        Some(if at == 0 { "new" } else { "cross" })
    }
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429 that says when to come back.
    BusyFor(u64),
    /// 429 that does not.
    Busy,
    Unavailable,
    /// The connection ends before the answer begins.
    Reset,
    /// The body ends in the middle, though its length was said.
    Truncated,
    /// The body ends in the middle, and nothing tells.
    CutOff,
    /// To an address of the inner network.
    Redirect,
    Endless,
    Slow,
    /// A small body that unpacks to a large one.
    Bomb,
    /// Yesterday's feed.
    Stale,
    /// An ordinary answer that says that something is wrong.
    ErrorFeed,
    EmptyPage,
    Duplicates,
    ExpiredToken,
}

const ANYWHERE: [Fault; 10] = [
    Fault::BusyFor(30),
    Fault::Busy,
    Fault::Unavailable,
    Fault::Reset,
    Fault::Truncated,
    Fault::CutOff,
    Fault::Redirect,
    Fault::Endless,
    Fault::Slow,
    Fault::Bomb,
];

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Instant,
    pub path: String,
    pub user_agent: String,
    pub authorization: Option<String>,
    pub conditional: bool,
    pub fault: Option<Fault>,
}

/// What the server knows and does.
#[derive(Default)]
pub struct World {
    pub rows: Vec<Row>,
    /// Picks of Hugging Face, with votes.
    pub picks: BTreeMap<Date, Vec<(String, u32)>>,
    /// Whether picks that are among the rows have all that Hugging Face tells.
    pub tells_all: bool,
    /// Digests by their path.
    pub files: BTreeMap<String, String>,
    /// The day on which it is asked.
    pub today: Option<Date>,
    /// Faults for requests whose path holds a text, each once.
    pub scripted: VecDeque<(&'static str, Fault)>,
    /// A seed, for a fault on a third of the requests.
    pub seed: Option<u64>,
    pub log: Vec<Asked>,
}

impl World {
    fn today(&self) -> Date {
        self.today.unwrap()
    }

    /// The newest day of announcements.
    fn newest(&self) -> Option<Date> {
        self.rows.iter().map(|row| row.day).filter(|day| *day <= self.today()).max()
    }

    fn fault(&mut self, path: &str) -> Option<Fault> {
        if let Some(at) = self.scripted.iter().position(|(part, _)| path.contains(part)) {
            return self.scripted.remove(at).map(|(_, fault)| fault);
        }
        let random = mix(self.seed? ^ (self.log.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        if !random.is_multiple_of(3) {
            return None;
        }
        let own: &[Fault] = match path {
            _ if path.starts_with("/rss") => &[Fault::Stale, Fault::ErrorFeed, Fault::Duplicates],
            _ if path.starts_with("/oai") => &[Fault::ExpiredToken, Fault::Duplicates],
            _ if path.starts_with("/api/query") => &[Fault::ErrorFeed, Fault::EmptyPage, Fault::Duplicates],
            _ => &[],
        };
        let all: Vec<Fault> = ANYWHERE.iter().chain(own).copied().collect();
        Some(all[(random / 3) as usize % all.len()])
    }
}

/// A running server; it ends when it is dropped.
pub struct Server {
    pub port: u16,
    world: Arc<Mutex<World>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub fn new(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (world, ended) = (Arc::new(Mutex::new(world)), Arc::new(AtomicBool::new(false)));
        let (shared, over) = (Arc::clone(&world), Arc::clone(&ended));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let (shared, over) = (Arc::clone(&shared), Arc::clone(&over));
                // A client that breaks off is no failure of the server.
                std::thread::spawn(move || stream.and_then(|stream| serve(stream, &shared, &over)));
            }
        });
        Self { port, world, ended }
    }

    pub fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().unwrap())
    }

    /// Settings whose every host is this server.
    pub fn settings(&self, sources: &str) -> String {
        let host = format!("http://127.0.0.1:{}", self.port);
        format!(
            "[sync]\n{sources}\ncontact = \"mailto:reader@example.org\"\nprivate_hosts = [\"127.0.0.1\"]\n\
             timeout_seconds = 1\nmax_answer_megabytes = 2\n\
             [sync.hosts]\nlist = \"{host}\"\nrss = \"{host}\"\noai = \"{host}/oai\"\napi = \"{host}\"\nhugging_face = \"{host}\"\n"
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn serve(mut stream: TcpStream, world: &Mutex<World>, over: &AtomicBool) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let at = Instant::now();
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().replace("%7C", "|").replace("%3A", ":");
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned()).next()
    };
    let (fault, status, body, etag) = {
        let mut world = world.lock().unwrap();
        let fault = world.fault(&path);
        world.log.push(Asked {
            at,
            path: path.clone(),
            user_agent: header("user-agent").unwrap_or_default(),
            authorization: header("authorization"),
            conditional: header("if-none-match").is_some(),
            fault,
        });
        let (status, body) = answer(&world, &path, fault);
        (fault, status, body, format!("\"{:x}\"", mix(world.today().to_string().len() as u64 ^ hash(&path))))
    };
    let etag = format!("{}{:x}\"", &etag[..etag.len() - 1], hash(&body));
    let simple = |status: &str, more: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{more}\r\n")
    };
    match fault {
        Some(Fault::BusyFor(seconds)) => {
            return stream.write_all(
                simple("429 Too Many Requests", &format!("Retry-After: {seconds}\r\n")).as_bytes(),
            );
        }
        Some(Fault::Busy) => return stream.write_all(simple("429 Too Many Requests", "").as_bytes()),
        Some(Fault::Unavailable) => {
            return stream.write_all(simple("503 Service Unavailable", "").as_bytes());
        }
        Some(Fault::Reset) => return Ok(()),
        Some(Fault::Redirect) => {
            return stream
                .write_all(simple("302 Found", "Location: http://169.254.169.254/latest/\r\n").as_bytes());
        }
        Some(Fault::Endless) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            while !over.load(Ordering::Relaxed) {
                stream.write_all(&[b'x'; 1 << 16])?;
            }
            return Ok(());
        }
        Some(Fault::Slow) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            for byte in body.bytes().take(40) {
                stream.write_all(&[byte])?;
                std::thread::sleep(Duration::from_millis(50));
            }
            return Ok(());
        }
        Some(Fault::Bomb) => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            for _ in 0..64 {
                packed.write_all(&[b'x'; 1 << 16])?;
            }
            let packed = packed.finish()?;
            let n = packed.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {n}\r\nConnection: close\r\n\r\n"
            )?;
            return stream.write_all(&packed);
        }
        _ => {}
    }
    if header("if-none-match").is_some_and(|known| known == etag) {
        return stream.write_all(simple("304 Not Modified", "").as_bytes());
    }
    let sent = match fault {
        Some(Fault::Truncated | Fault::CutOff) => &body.as_bytes()[..body.len() / 2],
        _ => body.as_bytes(),
    };
    let length = match fault {
        Some(Fault::CutOff) => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nETag: {etag}\r\n{length}Connection: close\r\n\r\n")?;
    stream.write_all(sent)
}

fn answer(world: &World, path: &str, fault: Option<Fault>) -> (&'static str, String) {
    let (place, query) = path.split_once('?').unwrap_or((path, ""));
    let query: BTreeMap<&str, &str> = query.split('&').filter_map(|part| part.split_once('=')).collect();
    match place.split('/').collect::<Vec<_>>()[..] {
        ["", "list", category, "new"] => ("200 OK", list(world, category)),
        ["", "rss", category] => match fault {
            Some(Fault::ErrorFeed) => (
                "400 Bad Request",
                format!(
                    "<rss version=\"2.0\"><channel><title>Feed error for query: {category}</title></channel></rss>"
                ),
            ),
            _ => ("200 OK", rss(world, category, fault)),
        },
        ["", "oai"] => ("200 OK", oai(world, &query, fault)),
        ["", "api", "query"] => ("200 OK", api(world, &query, fault)),
        ["", "api", "daily_papers"] => picks(world, query.get("date").unwrap().parse().unwrap()),
        _ => match world.files.get(place) {
            Some(text) => ("200 OK", text.clone()),
            None => ("404 Not Found", "no such page".to_owned()),
        },
    }
}

fn list(world: &World, category: &str) -> String {
    let Some(day) = world.newest() else { return "<html>nothing yet</html>".to_owned() };
    let mut page =
        format!("<html><body><h3>Showing new listings for {}</h3>\n", day.strftime("%A, %-d %B %Y"));
    let section = |name: &str, ids: Vec<&str>| {
        let n = ids.len();
        let mut text = format!("<h3>{name} submissions (showing {n} of {n} entries)</h3>\n");
        for id in ids {
            write!(text, "<dt><a href =\"/abs/{id}\" title=\"Abstract\">arXiv:{id}</a></dt>").unwrap();
        }
        text
    };
    let of = |kind| {
        world.rows.iter().filter(|r| r.day == day && r.kind(category) == Some(kind)).map(|r| &*r.id).collect()
    };
    let replaced = world.rows.iter().filter(|r| r.replaced.contains(&day) && r.kind(category).is_some());
    page += &section("New", of("new"));
    page += &section("Cross", of("cross"));
    page += &section("Replacement", replaced.map(|r| &*r.id).collect());
    page + "</body></html>\n"
}

fn rss(world: &World, category: &str, fault: Option<Fault>) -> String {
    let today = world.today();
    let newest = world.newest().unwrap_or(today);
    let day = match fault {
        // Two days old, and it looks healthy.
        Some(Fault::Stale) => {
            world.rows.iter().map(|r| r.day).filter(|d| *d < newest).max().unwrap_or(newest)
        }
        _ => newest,
    };
    let date = day.strftime("%a, %d %b %Y 00:00:00 -0400");
    let mut feed = format!(
        "<?xml version='1.0'?><rss xmlns:arxiv=\"a\" xmlns:dc=\"d\" version=\"2.0\"><channel><title>{category} updates on arXiv.org</title><pubDate>{date}</pubDate>"
    );
    // Nothing on weekends and holidays.
    if day == today || fault == Some(Fault::Stale) {
        for row in &world.rows {
            let kind = match row.kind(category) {
                Some(kind) if row.day == day => kind,
                Some(_) if row.replaced.contains(&day) => "replace",
                _ => continue,
            };
            let item = format!(
                "<item><title>{}</title><link>https://arxiv.org/abs/{id}</link><description>arXiv:{id}v1 Announce Type: {kind} \nAbstract: {}</description>\
                 <guid isPermaLink=\"false\">oai:arXiv.org:{id}v1</guid>{}<pubDate>{date}</pubDate><arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>Ann Bee, Carl Dee</dc:creator></item>",
                xml(&row.title),
                xml(&row.abstract_text),
                row.categories.iter().map(|c| format!("<category>{c}</category>")).collect::<String>(),
                id = row.id,
            );
            feed += &item;
            if fault == Some(Fault::Duplicates) {
                feed += &item;
            }
        }
    }
    feed + "</channel></rss>"
}

const OAI_PAGE: usize = 60;

fn oai(world: &World, query: &BTreeMap<&str, &str>, fault: Option<Fault>) -> String {
    let error = |code: &str| format!("<OAI-PMH><error code=\"{code}\">no</error></OAI-PMH>");
    let (set, from, start) = match query.get("resumptionToken") {
        Some(_) if fault == Some(Fault::ExpiredToken) => return error("badResumptionToken"),
        Some(token) => {
            let parts: Vec<&str> = token.split('|').collect();
            (parts[0], parts[1].parse().unwrap(), parts[2].parse().unwrap())
        }
        None => (query["set"], query["from"].parse::<Date>().unwrap(), 0_usize),
    };
    let category =
        set.rsplit(':').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(".");
    let today = world.today();
    let mut rows: Vec<&Row> =
        world.rows.iter().filter(|r| r.day <= today && r.kind(&category).is_some()).collect();
    rows.retain(|row| row.changed(today) >= from);
    rows.sort_by_key(|row| (row.changed(today), &row.id));
    if rows.is_empty() {
        return error("noRecordsMatch");
    }
    let mut page = "<?xml version=\"1.0\"?><OAI-PMH><ListRecords>".to_owned();
    for row in rows.iter().skip(start).take(OAI_PAGE) {
        let changed = row.changed(today);
        let updated = match changed > row.day {
            true => format!("<updated>{}</updated>", changed.yesterday().unwrap()),
            false => String::new(),
        };
        let record = format!(
            "<record><header><identifier>oai:arXiv.org:{id}</identifier><datestamp>{changed}</datestamp><setSpec>{set}</setSpec></header>\
             <metadata><arXiv><id>{id}</id><created>{}</created>{updated}<authors><author><keyname>Bee</keyname><forenames>Ann</forenames></author></authors>\
             <title>{}</title><categories>{}</categories><abstract>{}</abstract></arXiv></metadata></record>",
            row.created(),
            xml(&row.title),
            row.categories.join(" "),
            xml(&row.abstract_text),
            id = row.id,
        );
        page += &record;
        if fault == Some(Fault::Duplicates) {
            page += &record;
        }
    }
    page += "<record><header status=\"deleted\"><identifier>oai:arXiv.org:2401.00001</identifier><datestamp>2024-01-03</datestamp></header></record>";
    if start + OAI_PAGE < rows.len() {
        write!(page, "<resumptionToken>{set}|{from}|{}</resumptionToken>", start + OAI_PAGE).unwrap();
    }
    page + "</ListRecords></OAI-PMH>"
}

fn api(world: &World, query: &BTreeMap<&str, &str>, fault: Option<Fault>) -> String {
    let feed = |total: usize, entries: &str| {
        format!(
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>ArXiv Query</title><opensearch:totalResults xmlns:opensearch=\"o\">{total}</opensearch:totalResults>{entries}</feed>"
        )
    };
    if fault == Some(Fault::ErrorFeed) {
        return feed(
            1,
            "<entry><id>http://arxiv.org/api/errors#internal</id><title>Error</title><summary>try later</summary></entry>",
        );
    }
    let found: Vec<&Row> = match query.get("id_list") {
        Some(ids) => {
            let ids: Vec<&str> = ids.split(',').collect();
            world.rows.iter().filter(|row| ids.contains(&&*row.id)).collect()
        }
        None => {
            // `cat:cs.CV+AND+submittedDate:[202404231800+TO+202404241800]`
            let search = query["search_query"];
            let category = search["cat:".len()..].split('+').next().unwrap();
            let to = search.rsplit("TO+").next().unwrap();
            let to: Date = format!("{}-{}-{}", &to[..4], &to[4..6], &to[6..8]).parse().unwrap();
            world.rows.iter().filter(|r| r.created() == to && r.kind(category).is_some()).collect()
        }
    };
    if fault == Some(Fault::EmptyPage) {
        return feed(found.len(), "");
    }
    let mut entries = String::new();
    for row in &found {
        let entry = format!(
            "<entry><id>http://arxiv.org/abs/{id}v1</id><published>{created}T12:00:00Z</published><updated>{created}T12:00:00Z</updated>\
             <title>{}</title><summary>{}</summary><author><name>Ann Bee</name></author>{}</entry>",
            xml(&row.title),
            xml(&row.abstract_text),
            row.categories.iter().map(|c| format!("<category term=\"{c}\"/>")).collect::<String>(),
            id = row.id,
            created = row.created(),
        );
        entries += &entry;
        if fault == Some(Fault::Duplicates) {
            entries += &entry;
        }
    }
    feed(found.len(), &entries)
}

fn picks(world: &World, day: Date) -> (&'static str, String) {
    if day > world.today() {
        return ("400 Bad Request", "{\"error\": \"not open\"}".to_owned());
    }
    let rows = world.picks.get(&day).into_iter().flatten();
    let rows: Vec<String> = rows
        .map(|(id, votes)| {
            let row = world.rows.iter().find(|row| world.tells_all && row.id == *id);
            if let Some(row) = row {
                let paper = serde_json::json!({
                    "id": id, "title": row.title, "summary": row.abstract_text, "upvotes": votes,
                    "authors": [{"name": "Ann Roy"}, {"name": "Kim Min"}],
                    "submittedOnDailyAt": format!("{day}T01:00:00.000Z"),
                });
                let thumbnail = format!("https://cdn.example.org/{id}.png");
                return serde_json::json!({"paper": paper, "thumbnail": thumbnail, "numComments": 1}).to_string();
            }
            format!(
                "{{\"paper\": {{\"id\": \"{id}\", \"title\": \"Picked {id}\", \"upvotes\": {votes}, \"submittedOnDailyAt\": \"{day}T01:00:00.000Z\"}}, \"numComments\": 0}}"
            )
        })
        .collect();
    ("200 OK", format!("[{}]", rows.join(",")))
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// SplitMix64.
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
