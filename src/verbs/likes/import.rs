//! Likes from reference managers and lists, and feeds from a feed reader.

use std::collections::BTreeMap;
use std::io::{BufRead, Cursor, Read};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rate::rate;
use crate::config::FeedSource;
use crate::error::{Error, Result};
use crate::library::Library;
use crate::paper::{InterestState, Paper, PaperId, Rating, Right, Role};
use crate::progress::{Progress, Silent};
use crate::source::{self, Collection, Format, Hints, Item, Problem};
use crate::store::KeptInterest;
use crate::verbs::interests::keep_interest;
use crate::verbs::quota::Brought;
use crate::verbs::sync::{Fetched, SyncAsk, ZoteroLibrary, fetch, lacking};
use crate::verbs::{Context, Verb, import};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 30;

/// Like every paper of a file: BibTeX, RIS, JSON of Zotero or Semantic Scholar, or identifiers, one a line; the
/// feeds of an OPML are added to what `sync` reads.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImportLikes {
    /// What the file is called; only named in problems.
    #[schemars(length(max = 300))]
    pub name: Option<String>,
    /// Whether to ask arXiv at once for what the library lacks; else the next `sync` does, or nobody.
    pub fetch: bool,
    /// The file.
    #[serde(skip)]
    pub input: Option<Box<dyn BufRead + Send>>,
    /// What other files said already.
    #[serde(skip)]
    pub read: LikesIn,
}

impl Verb for ImportLikes {
    const NAME: &'static str = "likes import";
    const SHAPE: &'static str = "likes-import/1";
    const RIGHT: Right = Right::Bring;
    type Answer = LikesTaken;

    /// # Errors
    /// [`Error::Invalid`] for a file of which no line is an identifier; [`Error::Database`].
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<LikesTaken> {
        let mut likes = self.read;
        if let Some(input) = self.input {
            likes.read(self.name.as_deref().unwrap_or("the file sent"), input)?;
        }
        if context.quota.is_some() {
            likes.count(library, context)?;
        }
        let ask = SyncAsk::of(context);
        take_likes(library, likes, self.fetch.then_some(&ask), context.now(), context.progress)
    }
}

/// What taking likes over came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct LikesTaken {
    /// Papers that are liked now.
    pub liked: usize,
    /// Papers that were liked before.
    pub already: usize,
    /// Entries that could not be read.
    pub broken: usize,
    /// Feeds that are new.
    pub feeds: usize,
    /// Interests that collections became.
    pub interests: usize,
    /// What came from arXiv.
    pub fetched: Fetched,
    /// Papers of arXiv's that the library has no abstract of; `sync` asks for it.
    pub lacking: usize,
}

/// What files of likes hold.
#[derive(Default)]
pub struct LikesIn {
    papers: Vec<Paper>,
    ids: Vec<PaperId>,
    /// Papers by the key of the collection that they lie in.
    members: BTreeMap<String, Vec<PaperId>>,
    collections: Vec<Collection>,
    feeds: Vec<FeedSource>,
    /// Entries that could not be read.
    pub problems: Vec<Problem>,
}

impl LikesIn {
    /// Reads a file: papers in any format, Zotero's items and collections, feeds, or a list of
    /// identifiers. `name` is only named in problems.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Invalid`] for a file of which no line is an identifier.
    pub fn read(&mut self, name: &str, input: Box<dyn BufRead + Send>) -> Result<()> {
        // A list of identifiers is no format of its own, so the text must be at hand twice.
        let mut bytes = Vec::new();
        let unpacked = source::unpacked(name, input)?;
        unpacked.take(LONGEST).read_to_end(&mut bytes).map_err(Error::io(name))?;
        let again = || Box::new(Cursor::new(bytes.clone()));
        match source::recognise(name, again()) {
            Ok((Format::Opml, input)) => {
                let feeds = source::feeds(name, input)?.into_iter();
                self.feeds.extend(feeds.map(|feed| FeedSource { name: feed.name, url: feed.url }));
            }
            Ok((Format::Zotero, input)) => {
                for item in source::items(name, input) {
                    match item {
                        Ok(item) => self.item(item),
                        Err(problem) => self.problems.push(problem),
                    }
                }
            }
            Ok((Format::ZoteroCollections, input)) => {
                for found in source::collections(name, input) {
                    found.map_or_else(|problem| self.problems.push(problem), |c| self.collections.push(c));
                }
            }
            Ok((format, _)) => {
                let entries = source::read(name, again(), &Hints::default())?;
                let (papers, problems): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.is_ok());
                // A remark with a day in it, or one link with a title, makes a list look like a digest.
                if format == Format::Digest
                    && let Ok((ids, problems)) = source::identifiers(name, &String::from_utf8_lossy(&bytes))
                    && ids.len() > papers.len()
                {
                    self.ids.extend(ids);
                    self.problems.extend(problems);
                    return Ok(());
                }
                self.papers.extend(papers.into_iter().flatten());
                self.problems.extend(problems.into_iter().filter_map(std::result::Result::err));
            }
            Err(Error::UnknownFormat { .. }) => {
                let (ids, problems) = source::identifiers(name, &String::from_utf8_lossy(&bytes))?;
                self.ids.extend(ids);
                self.problems.extend(problems);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes what a library of Zotero's holds.
    pub fn zotero(&mut self, found: ZoteroLibrary) {
        self.problems.extend(found.problems);
        found.items.into_iter().for_each(|item| self.item(item));
        self.collections.extend(found.collections);
    }

    fn item(&mut self, item: Item) {
        for key in item.collections {
            self.members.entry(key).or_default().push(item.paper.id.clone());
        }
        self.papers.push(item.paper);
    }

    /// Counts it as what a member brings in.
    fn count(&self, library: &mut Library, context: &Context<'_>) -> Result<()> {
        if !self.feeds.is_empty() {
            let (needs, role) = (Role::Owner.name(), Role::Member.name());
            return Err(Error::NotAllowed { what: "adding feeds that `sync` reads for all", needs, role });
        }
        let mut brought = Brought::by(library, context)?;
        self.papers.iter().try_for_each(|paper| brought.add(1, paper))?;
        self.ids.iter().try_for_each(|id| brought.add(1, id))?;
        brought.note(library)
    }

    /// The interests that collections with names become: `parent / name`.
    fn interests(&self) -> Vec<KeptInterest> {
        let named = |key: &str| self.collections.iter().find(|collection| collection.key == key);
        let name = |collection: &Collection| match collection.parent.as_deref().and_then(named) {
            Some(parent) => format!("{} / {}", parent.name, collection.name),
            None => collection.name.clone(),
        };
        let interest = |collection: &Collection| {
            let papers = self.members.get(&collection.key)?.clone();
            Some(KeptInterest { name: name(collection), state: InterestState::Live, places: None, papers })
        };
        self.collections.iter().filter_map(interest).collect()
    }
}

/// Likes everything that was read and keeps its collections and feeds. What the library lacks
/// comes from arXiv, if it may be asked.
///
/// # Errors
/// [`Error::Database`], or [`Error::Model`] if the model cannot run.
fn take_likes(
    library: &mut Library,
    likes: LikesIn,
    ask: Option<&SyncAsk<'_>>,
    at: Timestamp,
    progress: &dyn Progress,
) -> Result<LikesTaken> {
    let interests = likes.interests();
    let LikesIn { papers, mut ids, feeds, problems, .. } = likes;
    ids.extend(papers.iter().map(|paper| paper.id.clone()));
    ids.sort();
    ids.dedup();
    // A list of likes is no announcement.
    let papers = papers.into_iter().map(|paper| Paper { listings: Vec::new(), ..paper });
    import::store(library, papers.map(Ok), &Silent)?;
    // What the reader said is kept before anybody else is asked, which may take minutes.
    let rated = rate(library, &ids, Some(Rating::Like), at)?;
    let liked = rated.papers.iter().filter(|paper| paper.changed).count();
    let (feeds, n_interests) = (library.store.add_feeds(&feeds)?, interests.len());
    for interest in interests {
        keep_interest(library, interest, at)?;
    }
    let lack = lacking(library, &ids)?;
    let fetched = ask.map(|ask| fetch(library, ask, &lack, progress)).transpose()?;
    let n_lacking = fetched.as_ref().map_or(lack.len(), |fetched| fetched.missing.len());
    library.embed_pending(progress)?;
    Ok(LikesTaken {
        liked,
        already: rated.papers.len() - liked,
        broken: problems.len(),
        feeds,
        interests: n_interests,
        fetched: fetched.unwrap_or_default(),
        lacking: n_lacking,
    })
}
