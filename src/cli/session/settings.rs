//! Where everything is: the only place that asks the environment, the clock and the user's folders.

use std::collections::HashMap;
use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, anyhow, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};
use jiff::Span;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use paperpick::config::{Config, Neighbours, Secrets, Way, secret_names, server, with_secrets};
use paperpick::embed::Embedder;
#[cfg(feature = "onnx")]
use paperpick::embed::onnx::{Hub, RuntimePlaces};
use paperpick::library::{Days, Library};
use paperpick::paper::Language;
use paperpick::progress::Progress;
use paperpick::source::fetch::Clock;
use paperpick::store::{Place, Server};
use paperpick::verbs::{Context as VerbContext, Count, Probability, Verb};
use tracing_subscriber::EnvFilter;

use super::super::Global;
use super::clock::clock;

/// What one run of the program works with.
#[derive(Clone)]
pub struct Session {
    /// The checked settings.
    pub config: Config,
    /// The folder of the library.
    pub library: PathBuf,
    /// The account whose ratings count; the first one where none is named.
    pub reader: Option<String>,
    /// Where it is kept.
    pub place: Place,
    /// The user's own folder, where libpq has its passwords.
    pub home: PathBuf,
    /// Where ONNX Runtime may be.
    #[cfg(feature = "onnx")]
    pub runtime: RuntimePlaces,
    /// Where models come from.
    #[cfg(feature = "onnx")]
    pub hub: Hub,
    /// The folder of installed models.
    #[cfg(feature = "onnx")]
    pub models: PathBuf,
    /// The models that were loaded, by name.
    pub loaded: Arc<Mutex<HashMap<String, Arc<dyn Embedder>>>>,
    /// The time.
    pub clock: Arc<dyn Clock + Send + Sync>,
    /// What is said in.
    pub language: Language,
    /// Whether answers are JSON.
    pub json: bool,
    /// Whether to talk on stderr.
    pub talk: bool,
    /// Whether to draw progress bars on stderr.
    pub bars: bool,
    /// Whether answers may have colour.
    pub colour: bool,
}

/// A day as it is typed: `2025-02-20`, `today`, `yesterday`, `-1`, or a weekday, which is the last one before today.
pub fn day(text: &str) -> Result<Date, String> {
    let wrong = || "write a day as 2025-02-20, yesterday, -1 (so many days ago) or monday".to_owned();
    if let Ok(day) = text.parse() {
        return Ok(day);
    }
    let today = date_where_the_reader_is(clock().map_err(|error| error.to_string())?.as_ref());
    let weekday =
        |first| Weekday::Monday.cycle_forward().zip(WEEKDAYS).find(|(_, name)| name.starts_with(first));
    match text.to_lowercase().as_str() {
        "today" => Ok(today),
        "yesterday" => today.yesterday().map_err(|_| wrong()),
        ago if ago.starts_with('-') => {
            let span = Span::new().try_days(ago[1..].parse::<i32>().map_err(|_| wrong())?);
            span.and_then(|span| today.checked_sub(span)).map_err(|_| wrong())
        }
        name if name.len() >= 3 => {
            let (weekday, _) = weekday(name).ok_or_else(wrong)?;
            today.nth_weekday(-1, weekday).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// How long a list may be, as it is typed.
pub fn count(text: &str) -> Result<Count, String> {
    let n = text.parse::<usize>().map_err(|_| "write a number from 1 up, such as 10".to_owned())?;
    Count::new(n).map_err(|error| error.to_string())
}

/// A probability, as it is typed.
pub fn probability(text: &str) -> Result<Probability, String> {
    let p = text.parse::<f64>().map_err(|_| "write a number from 0 to 1, such as 0.5".to_owned())?;
    Probability::new(p).map_err(|error| error.to_string())
}

/// How many of something, as it is typed.
pub fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a number from 1 up, such as 10".to_owned())
}

/// How many days, as they are typed.
pub fn n_days(text: &str) -> Result<u32, String> {
    let n = text.parse().map_err(|_| "write a number of days from 1 up, such as 7".to_owned())?;
    Days::last(n).map(|_| n).map_err(|error| error.to_string())
}

impl Session {
    /// Finds the settings and the library's folder.
    pub fn new(global: &Global) -> Result<Self> {
        start_log(global)?;
        let folders = choose_app_strategy(AppStrategyArgs {
            top_level_domain: "org".into(),
            author: "paperpick".into(),
            app_name: "paperpick".into(),
        })
        .context("there is no home folder: set HOME, or give --library and --config")?;
        let mut config = match &global.config {
            Some(path) => read_config(path)?,
            None => {
                let path = folders.in_config_dir("config.toml");
                if path.exists() { read_config(&path)? } else { Config::default() }
            }
        };
        config.sync.learn_secrets(|name| std::env::var(name).ok());
        if let Some(summaries) = &mut config.summaries {
            summaries.learn_key(|name| std::env::var(name).ok());
        }
        let library = global.library.clone().or_else(|| config.library.clone());
        let (stdout, stderr) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Ok(Self {
            #[cfg(feature = "onnx")]
            runtime: runtime_places(&config, &folders),
            #[cfg(feature = "onnx")]
            hub: Hub {
                cache: folders.in_cache_dir("models"),
                endpoint: std::env::var("HF_ENDPOINT").ok().filter(|address| !address.is_empty()),
                token: std::env::var("HF_TOKEN").ok().filter(|token| !token.is_empty()),
            },
            #[cfg(feature = "onnx")]
            models: folders.in_data_dir("models"),
            library: library.unwrap_or_else(|| folders.data_dir()),
            reader: global.reader.clone(),
            place: place(&config, folders.home_dir())?,
            home: folders.home_dir().to_path_buf(),
            config,
            loaded: Arc::default(),
            clock: clock()?.into(),
            language: global.language(),
            json: global.json,
            talk: !global.quiet,
            bars: !global.quiet && stderr,
            colour: stdout && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        })
    }

    /// What verbs may use besides the library.
    pub fn context<'a>(&'a self, progress: &'a dyn Progress) -> VerbContext<'a> {
        VerbContext {
            clock: self.clock.as_ref(),
            progress,
            sources: &self.config.sync,
            models: self,
            summaries: self.config.summaries.as_ref(),
            quota: None,
        }
    }

    /// Opens the library and answers a request.
    pub fn ask<V: Verb>(&self, request: V, progress: &dyn Progress) -> Result<V::Answer> {
        self.ask_of(&mut self.open()?, request, progress)
    }

    /// Answers a request of an open library.
    pub fn ask_of<V: Verb>(
        &self,
        library: &mut Library,
        request: V,
        progress: &dyn Progress,
    ) -> Result<V::Answer> {
        Ok(request.run(library, &self.context(progress))?)
    }

    /// The place at an address, as `store` names it.
    pub fn place_at(&self, address: &str) -> Result<Place> {
        let address = server("store", address.to_owned()).map_err(|expected| anyhow!("--to: {expected}"))?;
        // Those of a library that is at a server already are not of another one.
        let shards = if self.place == Place::Folder { self.config.shards.as_slice() } else { &[] };
        at_server(&address, shards, &self.home)
    }

    /// How many papers a list shows: so many as are asked for, or as the settings say.
    pub fn count(&self, n: Option<Count>) -> Result<Count> {
        Ok(n.map_or_else(|| Count::new(self.config.n), Ok)?)
    }

    /// The day where the reader is.
    pub fn today(&self) -> Date {
        date_where_the_reader_is(self.clock.as_ref())
    }
}

fn date_where_the_reader_is(clock: &dyn Clock) -> Date {
    TimeZone::system().to_datetime(clock.now()).date()
}

/// Where the library is kept: as `PAPERPICK_STORE` or else the settings say, with the password where libpq has it.
fn place(config: &Config, home: &Path) -> Result<Place> {
    let of_environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let named = match of_environment("PAPERPICK_STORE") {
        Some(address) => {
            Some(server("store", address).map_err(|expected| anyhow!("PAPERPICK_STORE: {expected}"))?)
        }
        None => config.store.clone(),
    };
    let Some(address) = named else {
        if config.neighbours == Neighbours::Server {
            bail!("`neighbours = \"server\"` is for a library on a server: name it as `store`");
        }
        return Ok(Place::Folder);
    };
    match (at_server(&address, &config.shards, home)?, &config.replica) {
        (Place::Server(server), Some(replica)) => {
            Ok(Place::Server(Server { replica: Some(filled("replica", replica)?), ..server }))
        }
        (place, _) => Ok(place),
    }
}

/// The server at an address, with the secrets that it names and the password where libpq has it; and its shards.
fn at_server(address: &str, shards: &[String], home: &Path) -> Result<Place> {
    let of_environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let address = filled("store", address)?;
    let shards = shards.iter().map(|shard| filled("shards", shard)).collect::<Result<_>>()?;
    let file = of_environment("PGPASSFILE").map_or_else(|| home.join(".pgpass"), PathBuf::from);
    let (password, passwords) = (of_environment("PGPASSWORD"), passwords(&file));
    let server = Server { address, password, passwords, shards, replica: None };
    Ok(Place::Server(server))
}

/// An address in the settings with its secrets in their places.
fn filled(setting: &str, address: &str) -> Result<String> {
    let secrets: Secrets =
        secret_names(address).filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect();
    with_secrets(address, &secrets)
        .map_err(|name| anyhow!("`{setting}` needs `${{{name}}}`, but there is no variable {name}"))
}

/// The text of a file of passwords that nobody else can read; as libpq does, another one is left alone.
fn passwords(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(file).ok()?) & 0o077 != 0 {
        tracing::warn!("{} is not used: others can read it (chmod 600 mends that)", file.display());
        return None;
    }
    Some(text)
}

/// What the settings or `ORT_DYLIB_PATH` name, else beside the program and where pip puts it.
#[cfg(feature = "onnx")]
fn runtime_places(config: &Config, folders: &impl AppStrategy) -> RuntimePlaces {
    let of_environment = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let program = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
    let pythons = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(of_environment);
    let own = [folders.home_dir().join(".local"), "/usr/local".into(), "/usr".into(), "/opt/homebrew".into()];
    RuntimePlaces {
        named: config.runtime.clone().or_else(|| of_environment("ORT_DYLIB_PATH")),
        folders: program.into_iter().chain(pythons).chain(own).collect(),
        install: folders.in_data_dir("runtime"),
    }
}

/// Reads how near papers are looked for.
pub fn ways() -> impl TypedValueParser<Value = Way> {
    PossibleValuesParser::new(["auto", "exact", "signs", "graph"]).map(|named| match named.as_str() {
        "exact" => Way::Exact,
        "signs" => Way::Signs,
        "graph" => Way::Graph,
        _ => Way::Auto,
    })
}

fn read_config(path: &Path) -> Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| format!("the settings {}", path.display()))?;
    Ok(Config::parse(&text, path)?)
}

/// Begins to log: what `--log` says, on stderr or into a file.
fn start_log(global: &Global) -> Result<()> {
    let level = match global.verbose {
        0 => "warn",
        1 => "paperpick=info,warn",
        _ => "paperpick=debug,info",
    };
    let wanted = global.log.as_deref().unwrap_or(level);
    let filter = EnvFilter::try_new(wanted).map_err(|error| {
        anyhow!(
            "--log is `{wanted}`, but it is a level (error, warn, info, debug, trace) or a filter such as \
             paperpick::serve=debug,warn: {error}"
        )
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter);
    match &global.log_file {
        Some(path) => {
            let file = File::options().create(true).append(true).open(path);
            let file = file.with_context(|| format!("the log file {}", path.display()))?;
            log.with_ansi(false).with_writer(Mutex::new(file)).init();
        }
        None => log.with_writer(std::io::stderr).init(),
    }
    Ok(())
}
