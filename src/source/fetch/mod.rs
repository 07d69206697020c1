//! Asking the sources: the only place that opens a connection.
//!
//! Polite: one request at a time for each service, over all processes of a library; at least three
//! seconds from the end of one request to arXiv to the beginning of the next. Careful: no answer is
//! longer than the settings allow, packed or not, and no address is asked that is neither in the
//! settings nor public. Patient: what a server says about waiting is done.
//!
//! Knows nothing about papers. The clock, and what must outlive the process, are arguments.

mod address;
mod failed;
#[cfg(feature = "onnx")]
mod packages;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::time::Duration;

use flate2::bufread::MultiGzDecoder;
use jiff::{SignedDuration, Timestamp};
use ureq::http::Response;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body};
use url::Url;

#[cfg(feature = "onnx")]
pub use packages::{PYPI, PackageIndex};

use failed::{Connecting, Failed, broken, failed};

use crate::config::{Secrets, with_secrets, without_keys};
use crate::error::{Error, Result};
use crate::random::mix;

/// The time, and waiting.
pub trait Clock {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Comes back after so long.
    fn sleep(&self, span: Duration);
}

/// Who is asked: requests to all hosts of one service share one pace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// All hosts of arXiv together.
    Arxiv,
    /// Another host.
    Host(String),
}

impl Service {
    /// A name that is good for a file.
    pub fn name(&self) -> String {
        match self {
            Self::Arxiv => "arxiv".to_owned(),
            Self::Host(host) => host.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-"),
        }
    }

    /// arXiv asks for one request in three seconds; others deserve a second.
    fn gap(&self) -> SignedDuration {
        SignedDuration::from_secs(if *self == Self::Arxiv { 3 } else { 1 })
    }
}

/// When a service was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The moment.
    pub at: Timestamp,
    /// Whether the answer came, or the asking ended; if not, its process was killed.
    pub done: bool,
}

/// Rate limiting over processes: what must outlive one, and be seen by others.
pub trait Ledger {
    /// Waits until no one else asks the service; that lasts until the file is dropped.
    ///
    /// # Errors
    /// [`Error::Io`].
    fn turn(&self, service: &Service) -> Result<File>;
    /// When it was asked last.
    ///
    /// # Errors
    /// [`Error::Database`].
    fn asked(&self, service: &Service) -> Result<Option<Asked>>;
    /// Notes that it is being asked, or was.
    ///
    /// # Errors
    /// [`Error::Database`].
    fn note(&self, service: &Service, asked: Asked) -> Result<()>;
}

/// What a server said of a document, to ask later whether it changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub modified: Option<String>,
}

/// What may be asked, and how.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Name, version and contact.
    pub user_agent: String,
    /// `host:port` of everything in the settings; a redirect may lead nowhere else.
    pub hosts: BTreeSet<String>,
    /// `host:port` of arXiv's.
    pub arxiv_hosts: BTreeSet<String>,
    /// Hosts that may be in a private network.
    pub private_hosts: Vec<String>,
    /// What the addresses name.
    pub secrets: Secrets,
    /// The longest answer, unpacked.
    pub max_bytes: u64,
    /// The longest wait for one answer.
    pub timeout: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

/// One thing to ask for.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The address.
    pub url: &'a str,
    /// What is known of it from before.
    pub validators: Validators,
    /// Further headers, kept from every other host.
    pub headers: Vec<(String, String)>,
    /// Whether a body is whole; a server that breaks off need not say so.
    pub whole: fn(&[u8]) -> bool,
}

impl<'a> Ask<'a> {
    /// Asks for an address whose body can be anything.
    pub fn new(url: &'a str) -> Self {
        Self { url, validators: Validators::default(), headers: Vec::new(), whole: |_| true }
    }
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A document.
    Fresh(Answer),
    /// It is what it was.
    Unchanged,
    /// A status that asking again would not change, such as 400 or 404.
    Refused(u16, String),
}

/// A document, whole and unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The bytes.
    pub body: Vec<u8>,
    /// To ask later whether it changed.
    pub validators: Validators,
    /// The total that a paging service names.
    pub total: Option<usize>,
    /// How long the server wants to be left alone before the next request.
    pub back_off: Option<Duration>,
}

/// How often one document is asked for before that is given up.
const TRIES: u32 = 6;

/// The most redirects that one request follows.
const MAX_REDIRECTS: usize = 5;

/// The first wait of the exponential back-off.
const BACK_OFF: Duration = Duration::from_secs(5);

/// No wait is longer; a server that asks for more is asked again at the next sync.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);

/// The wait before a connection that broke off is tried again while nobody has answered.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// Asks.
pub struct Client<'a> {
    agent: Agent,
    policy: Policy,
    clock: &'a dyn Clock,
    n_waits: u64,
    /// Hosts that never answered (a circuit breaker): one try for each document, not six.
    tired: BTreeSet<String>,
    /// Hosts and services that cannot be reached, and why: they are asked for nothing more.
    away: BTreeMap<String, String>,
    connecting: Connecting,
    n_requests: usize,
    /// Hears why something is asked for again.
    told: Box<dyn Fn(&str) + 'a>,
}

impl<'a> Client<'a> {
    /// A client that keeps to a policy.
    pub fn new(policy: Policy, clock: &'a dyn Clock) -> Self {
        let config = Agent::config_builder()
            .user_agent(policy.user_agent.clone())
            .timeout_global(Some(policy.timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // A proxy would resolve names out of sight of the guard.
            .proxy(None)
            .max_idle_connections(0)
            .build();
        let resolver = address::Guarded {
            private_hosts: policy.private_hosts.clone(),
            inner: DefaultResolver::default(),
        };
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self {
            agent,
            policy,
            clock,
            n_waits: 0,
            tired: BTreeSet::new(),
            away: BTreeMap::new(),
            connecting: Connecting::default(),
            n_requests: 0,
            told: Box::new(|_| ()),
        }
    }

    /// Says what failed, and how long it waits before it asks again.
    #[must_use]
    pub fn telling(mut self, told: impl Fn(&str) + 'a) -> Self {
        self.told = Box::new(told);
        self
    }

    /// How many requests went out.
    pub fn n_requests(&self) -> usize {
        self.n_requests
    }

    /// The present moment, by the client's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks until there is an answer, or until that is hopeless.
    ///
    /// # Errors
    /// [`Error::Unreachable`] with the last reason; [`Error::Database`] and [`Error::Io`] of the ledger.
    pub fn get(&mut self, ledger: &dyn Ledger, ask: &Ask<'_>) -> Result<Reply> {
        let unreachable = |reason: String| Error::Unreachable { what: without_keys(ask.url), reason };
        let address = with_secrets(ask.url, &self.policy.secrets).map_err(|name| {
            unreachable(format!("{name} is not in the environment, and the address needs it"))
        })?;
        let url = Url::parse(&address).map_err(|e| unreachable(e.to_string()))?;
        let host = endpoint(&url);
        if let Some(reason) = self.away.get(&host).or_else(|| self.away.get(&self.service(&host).name())) {
            return Err(unreachable(reason.clone()));
        }
        let patience = if self.tired.contains(&host) { 1 } else { TRIES };
        for n in 1.. {
            let mut tries = patience;
            let (reason, wait) = match self.follow(ledger, url.clone(), ask)? {
                Ok(reply) => {
                    if let Reply::Fresh(Answer { back_off: Some(wait), .. }) = &reply {
                        self.clock.sleep((*wait).min(MAX_WAIT));
                    }
                    return Ok(reply);
                }
                Err(Failed::Never(reason)) => return Err(unreachable(reason)),
                Err(Failed::NoHost(reason)) => {
                    self.away.insert(host, reason.clone());
                    return Err(unreachable(reason));
                }
                Err(Failed::Silent { reason, is_timeout }) if !self.connecting.is_answered => {
                    // Only the first one is asked twice: it speaks for those after it.
                    tries = if self.away.is_empty() && !is_timeout { 2 } else { 1 };
                    if n >= tries {
                        self.away.insert(self.service(&host).name(), reason.clone());
                    }
                    (reason, Some(SHORT_WAIT))
                }
                Err(Failed::Silent { reason, .. }) => (reason, None),
                Err(Failed::Later(reason, wait)) => (reason, wait),
            };
            tracing::info!("{}: {reason}, try {n} of {tries}", without_keys(ask.url));
            if let Some(wait) = wait.filter(|wait| *wait > MAX_WAIT) {
                let minutes = wait.as_secs() / 60;
                return Err(unreachable(format!("{reason}, and asks to come back after {minutes} minutes")));
            }
            if n >= tries {
                self.tired.insert(host);
                return Err(unreachable(format!("{reason}; tried {}", times(n))));
            }
            let wait = wait.unwrap_or_else(|| self.back_off(n));
            let seconds = wait.as_secs();
            (self.told)(&format!("{host}: {reason}; try {} of {tries} in {seconds} s", n + 1));
            self.clock.sleep(wait);
        }
        Err(unreachable("no try was left".to_owned()))
    }

    /// Exponential back-off with jitter: 5, 10, 20 … seconds, times 0.5 to 1.5.
    fn back_off(&mut self, n: u32) -> Duration {
        self.n_waits += 1;
        let x = mix(self.policy.seed.wrapping_add((self.n_waits - 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let jitter = 0.5 + (x >> 11) as f64 / (1_u64 << 53) as f64;
        (BACK_OFF * 2_u32.saturating_pow(n - 1)).min(MAX_WAIT).mul_f64(jitter)
    }

    /// One try, wherever it leads.
    fn follow(&mut self, ledger: &dyn Ledger, mut url: Url, ask: &Ask<'_>) -> Result<Result<Reply, Failed>> {
        let first = endpoint(&url);
        for _ in 0..=MAX_REDIRECTS {
            let here = endpoint(&url);
            if !self.policy.hosts.contains(&here) || !matches!(url.scheme(), "http" | "https") {
                let why = format!("it leads to {here}, which is not in the settings");
                return Ok(Err(Failed::Never(why)));
            }
            let headers = if here == first { &ask.headers[..] } else { &[] };
            match self.paced(ledger, &url, ask, headers)? {
                Ok(Step::Done(reply)) => return Ok(Ok(reply)),
                Ok(Step::Elsewhere(target)) => match url.join(&target) {
                    Ok(next) => url = next,
                    Err(error) => {
                        return Ok(Err(Failed::Never(format!("it leads to `{target}`: {error}"))));
                    }
                },
                Err(failed) => return Ok(Err(failed)),
            }
        }
        Ok(Err(Failed::Never(format!("it leads elsewhere more than {MAX_REDIRECTS} times"))))
    }

    /// Whom a host belongs to.
    fn service(&self, host: &str) -> Service {
        match self.policy.arxiv_hosts.contains(host) {
            true => Service::Arxiv,
            false => Service::Host(host.to_owned()),
        }
    }

    /// One request, when it is its turn.
    fn paced(
        &mut self,
        ledger: &dyn Ledger,
        url: &Url,
        ask: &Ask<'_>,
        headers: &[(String, String)],
    ) -> Result<Result<Step, Failed>> {
        let service = self.service(&endpoint(url));
        let _turn = ledger.turn(&service)?;
        let now = self.clock.now();
        let before = ledger.asked(&service)?;
        let free = match before {
            None => now,
            Some(Asked { at, done: true }) => at.saturating_add(service.gap()).unwrap_or(now),
            // Its process was killed, and no one knows when the request went out.
            Some(Asked { done: false, .. }) => now.saturating_add(service.gap()).unwrap_or(now),
        };
        // A clock that was set back must not stop everything.
        let wait = Duration::try_from(now.duration_until(free)).unwrap_or_default().min(MAX_WAIT);
        if !wait.is_zero() {
            self.clock.sleep(wait);
        }
        ledger.note(&service, Asked { at: self.clock.now(), done: false })?;
        self.n_requests += 1;
        let step = self.once(url, ask, headers);
        let mut at = self.clock.now();
        if let Err(Failed::NoHost(_)) = step {
            // Nobody was asked anything, so nobody must be left alone for a while.
            at = before.map_or(Timestamp::UNIX_EPOCH, |asked| asked.at);
        }
        if let Err(Failed::Later(_, Some(wait))) = &step
            && *wait <= MAX_WAIT
        {
            // Whoever asks next waits as long, in this process or another.
            at =
                SignedDuration::try_from(*wait).ok().and_then(|wait| at.checked_add(wait).ok()).unwrap_or(at);
        }
        ledger.note(&service, Asked { at, done: true })?;
        Ok(step)
    }

    /// One request, and what its answer means.
    fn once(&mut self, url: &Url, ask: &Ask<'_>, headers: &[(String, String)]) -> Result<Step, Failed> {
        let sent = self.send(url, ask, headers);
        self.connecting.note(sent.as_ref().err());
        let mut response = sent?;
        let status = response.status().as_u16();
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        match status {
            304 => return Ok(Step::Done(Reply::Unchanged)),
            301 | 302 | 303 | 307 | 308 => {
                let target = header("location");
                return target.map(Step::Elsewhere).ok_or_else(|| {
                    Failed::Never(format!("HTTP {status} without the address that it leads to"))
                });
            }
            408 | 429 | 500 | 502 | 503 | 504 => {
                let retry_after = header("retry-after").and_then(|value| self.span(&value));
                return Err(Failed::Later(format!("HTTP {status}"), retry_after));
            }
            _ => {}
        }
        let validators = Validators { etag: header("etag"), modified: header("last-modified") };
        let back_off = header("backoff").and_then(|value| self.span(&value));
        let total = header("total-results").and_then(|value| value.parse().ok());
        let body = self.unpacked(self.read_all(response.body_mut().as_reader())?)?;
        if !(200..300).contains(&status) {
            let text = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
            return Ok(Step::Done(Reply::Refused(status, text)));
        }
        if !(ask.whole)(&body) {
            return Err(Failed::Later("the answer was cut off".to_owned(), None));
        }
        Ok(Step::Done(Reply::Fresh(Answer { body, validators, total, back_off })))
    }

    fn send(&self, url: &Url, ask: &Ask<'_>, headers: &[(String, String)]) -> Result<Response<Body>, Failed> {
        let (url, signed_in) = address::signed_in(url);
        let connect = Some(self.policy.timeout.min(self.connecting.longest()));
        let request = self.agent.get(url.as_str()).config();
        let mut request = request.timeout_resolve(connect).timeout_connect(connect).build();
        if let Some(signed_in) = signed_in {
            request = request.header("Authorization", signed_in);
        }
        let Validators { etag, modified } = &ask.validators;
        for (name, value) in [("If-None-Match", etag), ("If-Modified-Since", modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.call().map_err(failed)
    }

    /// A body that some servers send as gzip without saying so.
    fn unpacked(&self, body: Vec<u8>) -> Result<Vec<u8>, Failed> {
        match body.starts_with(&[0x1f, 0x8b]) {
            true => self.read_all(MultiGzDecoder::new(&body[..])),
            false => Ok(body),
        }
    }

    /// All of a stream that is no longer than the policy allows.
    fn read_all(&self, stream: impl Read) -> Result<Vec<u8>, Failed> {
        let mut bytes = Vec::new();
        stream.take(self.policy.max_bytes + 1).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 > self.policy.max_bytes {
            let megabytes = self.policy.max_bytes as f64 / 1e6;
            return Err(Failed::Never(format!("the answer is longer than {megabytes:.0} MB")));
        }
        Ok(bytes)
    }

    /// `Retry-After`: seconds, or a moment.
    fn span(&self, value: &str) -> Option<Duration> {
        if let Ok(seconds) = value.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        let moment = jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp();
        Some(Duration::try_from(self.clock.now().duration_until(moment)).unwrap_or_default())
    }
}

enum Step {
    Done(Reply),
    Elsewhere(String),
}

/// `host:port` of an address.
pub fn endpoint(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0))
}

/// `host:port` of an address that is a text.
pub fn endpoint_of(url: &str) -> Option<String> {
    Url::parse(url).ok().filter(Url::has_host).map(|url| endpoint(&url))
}

fn times(n: u32) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}
