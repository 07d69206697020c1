//! One paper, whatever it came from.
//!
//! Knows nothing about files, vectors or SQL.

mod address;
mod arxiv;
mod brief;
mod id;
pub(crate) mod latex;
mod model;
mod reader;
mod role;
mod sentences;
mod spelling;
mod within;

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub(crate) use address::is_page;
pub(crate) use address::{decoded, encoded};
pub use brief::{Brief, Said};
pub use id::PaperId;
pub use latex::readable;
pub use model::ModelId;
pub use reader::{InterestState, Mark, Rating, ReaderId};
pub use role::{Right, Role};
pub(crate) use sentences::sentences;
pub use spelling::unaccented;
pub(crate) use spelling::{family, is_suffix, title_key, titles_agree};
pub use within::Within;

/// A number that stands for a paper within one database; never reused for another paper.
pub type Row = i64;

/// A paper with all that its sources have said of it.
///
/// Serialised, it is one line of paperpick's own JSON lines (`export`), and it reads back equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Paper {
    /// The identity, without a version.
    pub id: PaperId,
    /// The version that title and abstract belong to, where the source told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The title on one line, as its authors wrote it.
    pub title: String,
    /// The authors' abstract.
    #[serde(default, rename = "abstract", skip_serializing_if = "String::is_empty")]
    pub abstract_text: String,
    /// Summaries by others, one a language; bullets are lines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub summaries: BTreeMap<Language, String>,
    /// Authors' names in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Subject categories, the primary one first, such as `cs.CV`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Days on which a source listed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listings: Vec<Listing>,
    /// What each source last counted; no entry means unknown, not zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Votes>,
    /// First submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Date>,
    /// Last revised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Date>,
    /// Facts that are carried and shown but not computed with: `comment`, `doi`, `journal`,
    /// `code`, `project`, `image`, `video`, `submitter`, `keywords`, `organization`, `year`, and `link`, the page of a paper whose
    /// identifier has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

/// A language of summaries, and of what the program says.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English, and whatever is not told apart from it.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Language {
    /// Korean if that is what the name of a language or a locale begins with.
    pub fn named(name: &str) -> Self {
        if name.trim_start().starts_with("ko") { Self::Ko } else { Self::En }
    }

    /// Korean where one letter in ten is Hangul; technical Korean is full of English terms.
    pub fn of(text: &str) -> Self {
        let (mut letters, mut hangul) = (0_usize, 0_usize);
        for c in text.chars().filter(|c| c.is_alphabetic()) {
            letters += 1;
            hangul += usize::from(is_hangul(c));
        }
        if hangul * 10 > letters { Self::Ko } else { Self::En }
    }
}

/// Whether a letter is Korean.
pub fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣' | 'ㄱ'..='ㆎ' | '\u{1100}'..='\u{11ff}')
}

/// Whether a letter is Chinese, Japanese or Korean: Han, Hiragana, Katakana or Hangul.
pub fn is_cjk(c: char) -> bool {
    is_hangul(c)
        || matches!(c, '一'..='鿿' | '㐀'..='䶿' | '豈'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '々' | '〇')
        || matches!(c, 'ぁ'..='ゖ' | 'ゝ'..='ゟ' | 'ァ'..='ヺ' | 'ー'..='ヿ' | 'ㇰ'..='ㇿ' | 'ｦ'..='ﾟ')
}

/// That a source listed a paper on a day.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Listing {
    /// The day of the listing, in the source's own calendar.
    pub day: Date,
    /// The source: `arxiv`, `hf`, `digest`, `archive`, a feed's name, or `file` where only `import` was told
    /// the day.
    pub source: String,
    /// How it was announced.
    #[serde(default, skip_serializing_if = "Announced::is_new")]
    pub announced: Announced,
}

/// The sources that pick papers of the day and do not list all.
pub const PICKS: [&str; 2] = ["hf", "digest"];

impl Listing {
    /// Whether its source picks papers of the day.
    pub fn is_pick(&self) -> bool {
        PICKS.contains(&self.source.as_str())
    }
}

/// How a source announced a paper.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Announced {
    /// For the first time.
    #[default]
    New,
    /// In a further category.
    Cross,
    /// In a new version.
    Replace,
    /// In a new version, in a further category.
    ReplaceCross,
}

impl Announced {
    fn is_new(&self) -> bool {
        *self == Self::New
    }

    /// The word that arXiv's feeds use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Cross => "cross",
            Self::Replace => "replace",
            Self::ReplaceCross => "replace-cross",
        }
    }

    /// Reads the word that arXiv's feeds use.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::New, Self::Cross, Self::Replace, Self::ReplaceCross].into_iter().find(|a| a.as_str() == word)
    }
}

/// Votes as a source counted them.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Votes {
    /// Who counted: `hf`, `digest`.
    pub source: String,
    /// The day of the count, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Date>,
    /// How many.
    pub count: u32,
}

impl Paper {
    /// A paper of which only identity and title are known.
    pub fn new(id: PaperId, title: impl AsRef<str>) -> Self {
        Self {
            id,
            version: None,
            title: one_line(title.as_ref()),
            abstract_text: String::new(),
            summaries: BTreeMap::new(),
            authors: Vec::new(),
            categories: Vec::new(),
            listings: Vec::new(),
            votes: Vec::new(),
            published: None,
            updated: None,
            facts: BTreeMap::new(),
        }
    }

    /// Takes over what another source says of the same paper; true if that changed anything.
    ///
    /// Nothing known is lost. Title, abstract, authors and facts follow the newer version, and a source that
    /// names a version is taken before one that does not; of one version the fuller text stays, the fuller
    /// name of an author, the longer list, so that of sources of one version the order does not matter.
    /// A summary is replaced only by a longer one of the same language. Listings add up, but of one source a
    /// paper is new on the first day only; votes keep the highest count of each source and day. The same paper again changes nothing.
    pub fn merge(&mut self, other: Self) -> bool {
        debug_assert_eq!(self.id, other.id);
        let before = self.clone();
        // Where titles disagree, as of a post about a paper, who names authors and categories knows better.
        let knows =
            |paper: &Self| usize::from(!paper.authors.is_empty()) + usize::from(!paper.categories.is_empty());
        let age =
            other.version.cmp(&self.version).then_with(|| match titles_agree(&self.title, &other.title) {
                true => Ordering::Equal,
                false if self.title.is_empty() || other.title.is_empty() => Ordering::Equal,
                false => knows(&other).cmp(&knows(self)),
            });
        take_text(&mut self.title, other.title, age);
        take_text(&mut self.abstract_text, other.abstract_text, age);
        let n_letters = |names: &[String]| names.iter().map(String::len).sum::<usize>();
        let rank = |names: &[String]| (names.len(), n_letters(names), names.to_vec());
        let takes = match age {
            _ if self.authors.is_empty() => true,
            Ordering::Greater => !other.authors.is_empty(),
            Ordering::Equal => rank(&other.authors) > rank(&self.authors),
            Ordering::Less => false,
        };
        if takes {
            self.authors = other.authors;
        }
        // The order with the primary category first belongs to the fuller list.
        let rank = |list: &[String]| (list.len(), Reverse(list.to_vec()));
        let (first, more) = match rank(&other.categories) > rank(&self.categories) {
            true => (other.categories, std::mem::take(&mut self.categories)),
            false => (std::mem::take(&mut self.categories), other.categories),
        };
        self.categories = first;
        extend_new(&mut self.categories, more);
        for (language, summary) in other.summaries {
            let ours = self.summaries.entry(language).or_default();
            take_text(ours, summary, Ordering::Equal);
        }
        extend_new(&mut self.listings, other.listings);
        self.list_once();
        for votes in other.votes {
            let same = |v: &&mut Votes| v.source == votes.source && v.at == votes.at;
            match self.votes.iter_mut().find(same) {
                Some(ours) => ours.count = ours.count.max(votes.count),
                None => self.votes.push(votes),
            }
        }
        self.votes.sort();
        self.version = self.version.max(other.version);
        self.published = earliest(self.published, other.published);
        self.updated = self.updated.max(other.updated);
        for (name, value) in other.facts {
            take_text(self.facts.entry(name).or_default(), value, age);
        }
        *self != before
    }

    /// In the order of days; what a source lists as new again on a later day is not new.
    pub(crate) fn list_once(&mut self) {
        self.listings.sort();
        let mut seen = BTreeSet::new();
        self.listings.retain(|l| !l.announced.is_new() || seen.insert(l.source.clone()));
    }

    /// The texts that its vector is made of, one a language: title with abstract, and title with
    /// Korean summary. An English summary stands in where there is no abstract.
    pub fn texts(&self) -> Vec<String> {
        let mut texts = Vec::with_capacity(2);
        let english = if self.abstract_text.is_empty() {
            self.summaries.get(&Language::En)
        } else {
            Some(&self.abstract_text)
        };
        let korean = self.summaries.get(&Language::Ko);
        if let Some(body) = english {
            texts.push(format!("{}\n{body}", self.title));
        }
        if let Some(body) = korean {
            texts.push(format!("{}\n{body}", self.title));
        }
        if texts.is_empty() {
            texts.push(self.title.clone());
        }
        texts
    }

    /// The page to read about it: of its identifier, or else the link that its source gave.
    pub fn url(&self) -> Option<String> {
        self.id.url().or_else(|| self.facts.get("link").filter(|link| is_page(link)).cloned())
    }

    /// The highest count of any source, if any source counted.
    pub fn top_votes(&self) -> Option<u32> {
        self.votes.iter().map(|v| v.count).max()
    }

    /// The first day on which it was picked: by Hugging Face, or by a digest.
    pub fn picked(&self) -> Option<Date> {
        self.listings.iter().filter(|l| l.is_pick()).map(|l| l.day).min()
    }

    /// The first day on which any source listed it.
    pub fn first_listed(&self) -> Option<Date> {
        self.listings.iter().map(|l| l.day).min()
    }
}

/// Folds every run of white space, so that a title wrapped by a feed is one line.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text on one line, without what is not seen: control characters, those that turn the
/// direction of writing, tags, and those that XML cannot hold.
pub fn plain(text: &str) -> String {
    let unseen = |c: char| {
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}')
            || c.is_control() && !c.is_whitespace()
    };
    one_line(&text.replace(unseen, ""))
}

/// A text that HTML and XML print as it is, also inside of quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Takes a text over if it is of a newer version, or of the same one and fuller; of two texts of one length,
/// the one with fewer capitals, which sort first.
fn take_text(ours: &mut String, theirs: String, age: Ordering) {
    let fuller = || (theirs.chars().count(), &theirs) > (ours.chars().count(), &*ours);
    let takes = match age {
        Ordering::Greater => !theirs.is_empty(),
        Ordering::Equal => fuller(),
        Ordering::Less => ours.is_empty(),
    };
    if takes {
        *ours = theirs;
    }
}

fn extend_new<T: PartialEq>(ours: &mut Vec<T>, theirs: Vec<T>) {
    for item in theirs {
        if !ours.contains(&item) {
            ours.push(item);
        }
    }
}

fn earliest(a: Option<Date>, b: Option<Date>) -> Option<Date> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
