//! A reader's interests: found in the likes, and then named, joined, cut, pinned, muted.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::pick::floors;
use super::{Context, Verb};
use crate::error::{Error, Result};
use crate::library::{Interest, Learned, Library, names};
use crate::paper::{InterestState, PaperId, Right, Row};
use crate::recommend::interests::split;
use crate::store::KeptInterest;

/// Your interests, the largest first.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ListInterests {}

impl Verb for ListInterests {
    const NAME: &'static str = "interests";
    const SHAPE: &'static str = "interests/1";
    const RIGHT: Right = Right::Look;
    type Answer = Interests;

    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<Interests> {
        interests(library)
    }
}

/// Name an interest, join it with another, cut it, pin or mute it, or say how many places it keeps.
///
/// Exactly one change at a time.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "TypedEdit")]
pub struct EditInterest(pub Edit);

impl Verb for EditInterest {
    const NAME: &'static str = "interests edit";
    const SHAPE: &'static str = "interests/1";
    const RIGHT: Right = Right::Keep;
    type Answer = Interests;

    /// # Errors
    /// [`Error::Invalid`] for an interest that is not in the list, or that cannot be cut.
    fn run(self, library: &mut Library, context: &Context<'_>) -> Result<Interests> {
        edit_interests(library, &self.0, context.now())
    }
}

impl JsonSchema for EditInterest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EditInterest".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        TypedEdit::json_schema(generator)
    }
}

/// Name an interest, join it with another, cut it, pin or mute it, or say how many places it keeps.
///
/// Exactly one change at a time.
#[derive(Deserialize, JsonSchema)]
struct TypedEdit {
    /// Its number in the list, its name, or the identifier of one of its likes.
    #[schemars(length(max = 300), extend("example" = "1"))]
    interest: String,
    /// A name to give it.
    #[schemars(length(max = 300))]
    name: Option<String>,
    /// Another one to join with it.
    #[schemars(length(max = 300))]
    merge: Option<String>,
    /// Whether to cut it in two.
    #[serde(default)]
    split: bool,
    /// What becomes of its papers: `live`, `pinned` or `muted`.
    state: Option<InterestState>,
    /// How many places of a list it keeps, 0 to 1000; null: as its likes are.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<u32>", range(max = 1000))]
    places: Option<Option<u32>>,
}

/// A number that was given: by a form as a text, which may be empty.
fn given<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<Option<u32>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(u32),
        Text(String),
        Nothing,
    }
    Ok(Some(match Given::deserialize(from)? {
        Given::Number(number) => Some(number),
        Given::Text(text) if text.is_empty() => None,
        Given::Text(text) => Some(text.parse().map_err(serde::de::Error::custom)?),
        Given::Nothing => None,
    }))
}

impl TryFrom<TypedEdit> for EditInterest {
    type Error = Error;

    fn try_from(typed: TypedEdit) -> Result<Self> {
        let TypedEdit { interest, name, merge, split, state, places } = typed;
        Ok(Self(match (name, merge, split, state, places) {
            (Some(name), None, false, None, None) => Edit::Name(interest, name),
            (None, Some(other), false, None, None) => Edit::Merge(interest, other),
            (None, None, true, None, None) => Edit::Split(interest),
            (None, None, false, Some(state), None) => Edit::Set(interest, state),
            (None, None, false, None, Some(places)) => Edit::Places(interest, places),
            _ => {
                return Err(Error::Invalid(
                    "give exactly one of name, merge, split, state and places".into(),
                ));
            }
        }))
    }
}

/// A reader's interests, the largest first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Interests {
    /// The interests.
    pub interests: Vec<InterestShown>,
}

/// An interest as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct InterestShown {
    /// Its number in this list, from 1; another one when others have more likes.
    pub number: usize,
    /// The identifier of its first like in the library. It names the interest for as long as it is liked, as
    /// those of its other likes do, whatever becomes of name and number.
    pub address: PaperId,
    /// Its name.
    pub name: String,
    /// What becomes of its papers.
    pub state: InterestState,
    /// How many places of a list it keeps, if the reader has said so; else as its likes are.
    pub places: Option<u32>,
    /// Whether the reader has touched it: its likes then stay together.
    pub kept: bool,
    /// The likes that belong to it.
    pub likes: Vec<Like>,
}

/// A like.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Like {
    /// The paper.
    pub id: PaperId,
    /// Its title.
    pub title: String,
}

/// What to do with interests; each is named by its number in the list, its name, or the identifier of one of
/// its likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Gives one a name.
    Name(String, String),
    /// Joins the second with the first.
    Merge(String, String),
    /// Cuts one in two.
    Split(String),
    /// Says what becomes of its papers.
    Set(String, InterestState),
    /// Says how many places of a list it keeps, 0 to 1,000; `None`: as its likes are.
    Places(String, Option<u32>),
}

/// The interests as they are.
///
/// # Errors
/// [`crate::Error::Database`], or [`crate::Error::Model`] if the model cannot run.
pub fn interests(library: &Library) -> Result<Interests> {
    let Some(learned) = library.learned(library.profile_model(&[])?)? else {
        return Ok(Interests { interests: Vec::new() });
    };
    let shown = |(i, interest): (usize, &Interest)| InterestShown {
        number: i + 1,
        address: learned.rated[interest.likes.iter().copied().min().unwrap_or(0)].id.clone(),
        name: interest.name.clone(),
        state: interest.state,
        places: interest.places,
        kept: interest.number.is_some(),
        likes: interest.likes.iter().map(|&row| like(&learned, row)).collect(),
    };
    Ok(Interests { interests: learned.interests.iter().enumerate().map(shown).collect() })
}

/// How many of `n` places of a list each interest keeps for its papers, in the order of
/// [`interests`].
///
/// # Errors
/// Those of [`interests`].
pub fn kept_places(library: &Library, n: usize) -> Result<Vec<usize>> {
    let learned = library.learned(library.profile_model(&[])?)?;
    let places = |learned: &Learned| floors(&learned.interests, n).iter().map(|floor| floor.places).collect();
    Ok(learned.as_ref().map_or_else(Vec::new, places))
}

/// Changes interests; the interests after it.
///
/// # Errors
/// [`Error::Invalid`] for an interest that is not in the list, or that cannot be cut.
fn edit_interests(library: &mut Library, edit: &Edit, at: Timestamp) -> Result<Interests> {
    let learned = library.learned(library.profile_model(&[])?)?.ok_or_else(|| {
        Error::Invalid("there are no interests yet: nothing is liked (`paperpick like ID`)".into())
    })?;
    let (gone, kept) = edited(library, &learned, edit)?;
    let gone: Vec<i64> = gone.into_iter().filter_map(|interest| interest.number).collect();
    library.store.replace_interests(library.reader, &gone, &kept, at)?;
    interests(library)
}

/// The interests that a change takes away, and what it puts in their place.
fn edited<'a>(
    library: &Library,
    learned: &'a Learned,
    edit: &Edit,
) -> Result<(Vec<&'a Interest>, Vec<KeptInterest>)> {
    match edit {
        Edit::Name(which, name) => {
            let interest = find(learned, which)?;
            check_name(learned, interest, name)?;
            Ok((vec![interest], vec![KeptInterest { name: name.clone(), ..as_kept(learned, interest) }]))
        }
        Edit::Set(which, state) => {
            let interest = find(learned, which)?;
            Ok((vec![interest], vec![KeptInterest { state: *state, ..as_kept(learned, interest) }]))
        }
        Edit::Places(_, Some(places)) if *places > 1_000 => {
            Err(Error::Invalid(format!("an interest keeps 0 to 1,000 places, not {places}")))
        }
        Edit::Places(which, places) => {
            let interest = find(learned, which)?;
            Ok((vec![interest], vec![KeptInterest { places: *places, ..as_kept(learned, interest) }]))
        }
        Edit::Merge(into, from) => {
            let (into, from) = (find(learned, into)?, find(learned, from)?);
            if into.likes == from.likes {
                return Err(Error::Invalid("an interest cannot be joined with itself".into()));
            }
            let mut joined = as_kept(learned, into);
            joined.papers.extend(as_kept(learned, from).papers);
            Ok((vec![into, from], vec![joined]))
        }
        Edit::Split(which) => {
            let interest = find(learned, which)?;
            Ok((vec![interest], halves(library, learned, interest)?))
        }
    }
}

/// An interest as the store keeps one that its reader has touched.
fn as_kept(learned: &Learned, interest: &Interest) -> KeptInterest {
    KeptInterest {
        name: interest.name.clone(),
        state: interest.state,
        places: interest.places,
        papers: interest.likes.iter().map(|&row| learned.rated[row].id.clone()).collect(),
    }
}

/// A name is some words that no other interest has.
fn check_name(learned: &Learned, interest: &Interest, name: &str) -> Result<()> {
    let taken = |other: &Interest| other.name == *name && other.likes != interest.likes;
    if name.trim().is_empty() || learned.interests.iter().any(taken) {
        return Err(Error::Invalid(format!(
            "an interest's name is some words that no other has, not `{name}`"
        )));
    }
    Ok(())
}

/// An interest cut in two. A name that the reader has chosen stays with the larger half.
fn halves(library: &Library, learned: &Learned, interest: &Interest) -> Result<Vec<KeptInterest>> {
    let vectors: Vec<&[f32]> = interest.likes.iter().map(|&row| learned.corpus.dense(row)).collect();
    let halves = split(&vectors)
        .ok_or_else(|| Error::Invalid(format!("`{}` has too few likes to cut it in two", interest.name)))?;
    let heir = usize::from(halves[1].len() > halves[0].len());
    let mut rows: Vec<Row> = Vec::with_capacity(interest.likes.len());
    for &like in &interest.likes {
        rows.push(library.store.paper(&learned.rated[like].id)?.row);
    }
    let names = names(&library.with_vectors(&rows)?, &halves);
    let mut kept = Vec::with_capacity(2);
    for (half, (members, name)) in halves.into_iter().zip(names).enumerate() {
        let ids: Vec<PaperId> =
            members.iter().map(|&i| learned.rated[interest.likes[i]].id.clone()).collect();
        let is_known = interest.number.is_some() && half == heir;
        let name = match is_known {
            true => interest.name.clone(),
            false if name == interest.name => format!("{name} (2)"),
            false => name,
        };
        kept.push(KeptInterest { name, state: interest.state, places: None, papers: ids });
    }
    Ok(kept)
}

/// Keeps likes together as an interest; one of the same name takes them in and stays as it is.
///
/// # Errors
/// [`Error::Database`].
pub fn keep_interest(library: &mut Library, mut interest: KeptInterest, at: Timestamp) -> Result<()> {
    let known = library.store.interests(library.reader)?;
    let same = known.into_iter().find(|(_, known)| known.name == interest.name);
    let gone: Vec<i64> = same.iter().map(|(number, _)| *number).collect();
    if let Some((_, known)) = same {
        if interest.papers.iter().all(|paper| known.papers.contains(paper)) {
            return Ok(());
        }
        (interest.state, interest.places) = (known.state, known.places);
        interest.papers.extend(known.papers);
        interest.papers.sort();
        interest.papers.dedup();
    }
    library.store.replace_interests(library.reader, &gone, &[interest], at)
}

fn like(learned: &Learned, row: usize) -> Like {
    Like { id: learned.rated[row].id.clone(), title: learned.rated[row].title.clone() }
}

fn find<'a>(learned: &'a Learned, which: &str) -> Result<&'a Interest> {
    let by_number = which.parse::<usize>().ok().and_then(|n| learned.interests.get(n.checked_sub(1)?));
    let by_name = || learned.interests.iter().find(|interest| interest.name.eq_ignore_ascii_case(which));
    let by_like = || {
        let (id, _) = PaperId::parse(which).ok()?;
        let has = |interest: &&Interest| interest.likes.iter().any(|&like| learned.rated[like].id == id);
        learned.interests.iter().find(has)
    };
    by_number.or_else(by_name).or_else(by_like).ok_or_else(|| {
        let names: Vec<&str> = learned.interests.iter().map(|interest| interest.name.as_str()).collect();
        Error::Invalid(format!(
            "there is no interest `{which}`; name it by its number, 1 to {}, its name, or the identifier of a paper \
             that you like; there are: {}",
            names.len(),
            names.join(", ")
        ))
    })
}

/// The present name of an interest that is named in any of the ways.
///
/// # Errors
/// [`Error::Invalid`] for one that is not there.
pub(super) fn interest_named(library: &Library, which: &str) -> Result<String> {
    let learned = library.learned(library.profile_model(&[])?)?;
    let learned = learned
        .ok_or_else(|| Error::Invalid(format!("there is no interest `{which}`: nothing is liked yet")))?;
    Ok(find(&learned, which)?.name.clone())
}
