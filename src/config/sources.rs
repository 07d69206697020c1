//! Which sources to ask, and where they are.

use std::path::Path;

use serde::Deserialize;

use super::secrets::{Secrets, secret_names};

/// The sources, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Sources {
    /// arXiv categories, such as `cs.CV`.
    pub arxiv: Vec<String>,
    /// Whether to ask Hugging Face for its daily papers.
    pub hugging_face: bool,
    /// RSS and Atom feeds.
    pub feeds: Vec<FeedSource>,
    /// Folders of digests, and addresses of digests with `{date}`, `{year}`, `{month}`, `{day}`.
    pub digests: Vec<String>,
    /// An address at which a service can reach who runs this.
    pub contact: String,
    /// Hosts that may be in a private network.
    pub private_hosts: Vec<String>,
    /// Where the services are.
    pub hosts: Hosts,
    /// How far back gaps are repaired, 0 to 365 days.
    pub catch_up_days: u32,
    /// The longest wait for one answer, 1 to 600 seconds.
    pub timeout_seconds: u64,
    /// The longest answer, unpacked, 1 to 1,000 MB.
    pub max_answer_megabytes: u64,
    /// Whether to fetch small pictures of the newest papers.
    pub pictures: bool,
    /// The secrets that addresses of feeds and digests name.
    pub secrets: Secrets,
}

/// A feed and the name under which its entries are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedSource {
    /// The name.
    pub name: String,
    /// The address.
    pub url: String,
}

/// Where the services are: the beginnings of their addresses, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hosts {
    /// arXiv's pages, with `/list`.
    pub list: String,
    /// arXiv's feeds, with `/rss`.
    pub rss: String,
    /// arXiv's OAI-PMH.
    pub oai: String,
    /// arXiv's API, with `/api/query`.
    pub api: String,
    /// Hugging Face, with `/api/daily_papers`.
    pub hugging_face: String,
    /// Zotero's web API.
    pub zotero: String,
}

impl Default for Hosts {
    fn default() -> Self {
        Self {
            list: "https://arxiv.org".into(),
            rss: "https://rss.arxiv.org".into(),
            oai: "https://oaipmh.arxiv.org/oai".into(),
            api: "https://export.arxiv.org".into(),
            hugging_face: "https://huggingface.co".into(),
            zotero: "https://api.zotero.org".into(),
        }
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            arxiv: Vec::new(),
            hugging_face: false,
            feeds: Vec::new(),
            digests: Vec::new(),
            contact: "no contact given".into(),
            private_hosts: Vec::new(),
            hosts: Hosts::default(),
            catch_up_days: 30,
            timeout_seconds: 60,
            max_answer_megabytes: 64,
            pictures: false,
            secrets: Secrets::new(),
        }
    }
}

impl Sources {
    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.arxiv.is_empty() && !self.hugging_face && self.feeds.is_empty() && self.digests.is_empty()
    }

    /// Takes the secrets that the addresses name from where they are known.
    pub fn learn_secrets(&mut self, known: impl Fn(&str) -> Option<String>) {
        let addresses = self.feeds.iter().map(|feed| &feed.url).chain(&self.digests);
        let names = addresses.flat_map(|address| secret_names(address));
        self.secrets = names.filter_map(|name| Some((name.to_owned(), known(name)?))).collect();
    }
}

/// Sources as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WrittenSources {
    arxiv: Vec<String>,
    hugging_face: bool,
    feeds: Vec<WrittenFeed>,
    digests: Vec<String>,
    contact: Option<String>,
    private_hosts: Vec<String>,
    hosts: Hosts,
    catch_up_days: Option<u32>,
    timeout_seconds: Option<u64>,
    max_answer_megabytes: Option<u64>,
    pictures: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WrittenFeed {
    Url(String),
    Named { name: String, url: String },
}

pub(super) const KEYS: [&str; 17] = [
    "arxiv",
    "hugging_face",
    "feeds",
    "digests",
    "contact",
    "private_hosts",
    "hosts",
    "catch_up_days",
    "timeout_seconds",
    "max_answer_megabytes",
    "list",
    "rss",
    "oai",
    "api",
    "zotero",
    "sync",
    "pictures",
];

impl WrittenSources {
    /// Checks them; folders are relative to `folder`.
    pub(super) fn checked(self, folder: &Path) -> Result<Sources, String> {
        let default = Sources::default();
        for category in &self.arxiv {
            let (archive, class) = category.split_once('.').unwrap_or((category, "x"));
            let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
            if !word(archive) || !word(class) {
                return Err(format!("`{category}` is no category of arXiv, such as cs.CV or hep-th"));
            }
        }
        let range = |name: &str, value: Option<u64>, default: u64, min: u64, max: u64| {
            let value = value.unwrap_or(default);
            let fits = (min..=max).contains(&value);
            if fits { Ok(value) } else { Err(format!("{name} is {value}, but it can be {min} to {max}")) }
        };
        let catch_up = self.catch_up_days.map(u64::from);
        let catch_up = range("catch_up_days", catch_up, u64::from(default.catch_up_days), 0, 365)?;
        let timeout_seconds =
            range("timeout_seconds", self.timeout_seconds, default.timeout_seconds, 1, 600)?;
        let max_answer_megabytes =
            range("max_answer_megabytes", self.max_answer_megabytes, default.max_answer_megabytes, 1, 1000)?;
        let digest = |written: String| {
            if is_address(&written) { written } else { folder.join(written).display().to_string() }
        };
        let feed = |feed| match feed {
            WrittenFeed::Url(url) => FeedSource { name: host_and_path(&url), url },
            WrittenFeed::Named { name, url } => FeedSource { name, url },
        };
        let hosts = self.hosts;
        let bare = |text: String| text.trim_end_matches('/').to_owned();
        Ok(Sources {
            arxiv: self.arxiv,
            hugging_face: self.hugging_face,
            feeds: self.feeds.into_iter().map(feed).collect(),
            digests: self.digests.into_iter().map(digest).collect(),
            contact: self.contact.unwrap_or(default.contact),
            private_hosts: self.private_hosts,
            hosts: Hosts {
                list: bare(hosts.list),
                rss: bare(hosts.rss),
                oai: bare(hosts.oai),
                api: bare(hosts.api),
                hugging_face: bare(hosts.hugging_face),
                zotero: bare(hosts.zotero),
            },
            catch_up_days: catch_up as u32,
            timeout_seconds,
            max_answer_megabytes,
            pictures: self.pictures,
            secrets: default.secrets,
        })
    }
}

/// Options of addresses whose values let somebody in.
const ADDRESS_KEYS: [&str; 12] = [
    "token",
    "key",
    "apikey",
    "api_key",
    "access_token",
    "auth",
    "password",
    "pwd",
    "secret",
    "sig",
    "signature",
    "private_token",
];

/// An address without what lets its reader in, to be shown: neither name and password before the host, nor options
/// that hold keys.
pub fn without_keys(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (path, question) = rest.split_once('?').map_or((rest, None), |(path, rest)| (path, Some(rest)));
    let is_key = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        ADDRESS_KEYS.contains(&name.as_str()) || name.ends_with("_token")
    };
    let kept: Vec<&str> =
        question.into_iter().flat_map(|question| question.split('&')).filter(|pair| !is_key(pair)).collect();
    let question = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    format!("{scheme}://{host}{path}{question}")
}

/// Whether a text is an address on the network, not a path.
pub fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// What names a feed that has no name: its address without scheme and query.
pub fn host_and_path(url: &str) -> String {
    let url = without_keys(url);
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    rest.split(['?', '#']).next().unwrap_or(rest).trim_end_matches('/').to_owned()
}
