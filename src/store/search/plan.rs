//! Which of the papers that hold the words are ranked: while somebody types, not all can be.

use std::collections::HashSet;

use super::asked::{Term, phrase, terms};
use crate::error::Result;
use crate::paper::{Row, is_cjk};

/// So many of the papers that hold the words are ranked: each word in each of them costs a third of a
/// microsecond.
pub(in crate::store) const MANY: usize = 5_000;
/// A word of fewer letters may be the beginning of so many words that to gather them takes 100 ms
/// in a large library.
const BEGUN: usize = 5;
/// Whether a word is common is seen in so many pieces of the library, and so many papers of each.
const PIECES: usize = 8;
const PIECE: usize = 64;

/// Words of which a paper holds all.
pub(in crate::store) struct Query<'a> {
    /// Those that its title holds.
    pub in_title: &'a [Term],
    /// Those that the names of its authors hold.
    pub in_people: &'a [Term],
    /// Those that are anywhere in it.
    pub anywhere: [&'a [Term]; 2],
}

/// What an engine answers of the words of papers.
pub(in crate::store) trait Words {
    /// The highest row; 0 for an empty library.
    fn newest(&self) -> Result<Row>;

    /// The newest `n` rows that hold what is asked, of those that are meant.
    fn newest_with(&self, query: &Query<'_>, n: usize, meant: Option<&[Row]>) -> Result<Vec<Row>>;

    /// How many of the `n` rows after one hold a word.
    fn n_holding(&self, term: &Term, after: Row, n: Row) -> Result<Row>;

    /// The first `n` of these rows, all of which hold the words, by BM25 with a title counting four times and people
    /// twice; ties by row.
    fn ranked(&self, terms: &[Term], rows: &[Row], n: usize) -> Result<Vec<Row>>;
}

/// The words that are wanted.
#[derive(Clone, Default)]
struct Wanted {
    /// Those that order the papers.
    telling: Vec<Term>,
    /// Those that more than half of the papers hold: BM25 gives them no weight, and counting them
    /// through the library is what would take longest.
    common: Vec<Term>,
}

impl Wanted {
    /// All words.
    fn anywhere(&self) -> Query<'_> {
        Query { in_title: &[], in_people: &[], anywhere: [&self.telling, &self.common] }
    }

    /// All words, the telling ones in the title.
    fn in_title(&self) -> Query<'_> {
        match self.telling.is_empty() {
            true => Query { in_title: &self.common, in_people: &[], anywhere: [&[], &[]] },
            false => Query { in_title: &self.telling, in_people: &[], anywhere: [&self.common, &[]] },
        }
    }

    fn is_empty(&self) -> bool {
        self.telling.is_empty() && self.common.is_empty()
    }
}

/// Whether any row holds any of the words; the last one may be unfinished.
pub(in crate::store) fn has_any(words: &impl Words, asked: &str) -> Result<bool> {
    let mut terms = terms(asked);
    terms.extend(terms.last().map(Term::begun));
    for term in &terms {
        if !holding(words, term, 1)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// See [`Search::n_saying`](super::Search::n_saying).
pub(in crate::store) fn n_saying(
    words: &impl Words,
    word: &str,
    is_begun: bool,
    most: usize,
) -> Result<usize> {
    let Some(term) = phrase(word) else { return Ok(0) };
    holding(words, &Term { is_begun, ..term }, most).map(|rows| rows.len())
}

/// See [`Search::rows_saying`](super::Search::rows_saying); `all` are the rows of the library, ascending.
pub(in crate::store) fn rows_saying(
    words: &impl Words,
    phrases: &[String],
    unwanted: &[String],
    people: &[String],
    all: impl FnOnce() -> Result<Vec<Row>>,
) -> Result<Vec<Row>> {
    let wanted: Vec<Term> = phrases.iter().filter_map(|text| phrase(text)).collect();
    let people: Vec<Term> = people.iter().flat_map(|name| terms(name)).collect();
    let mut rows = match wanted.is_empty() && people.is_empty() {
        true => all()?,
        false => {
            let query = Query { in_title: &[], in_people: &people, anywhere: [&wanted, &[]] };
            words.newest_with(&query, usize::MAX, None)?
        }
    };
    for term in unwanted.iter().filter_map(|text| phrase(text)) {
        let without: HashSet<Row> = holding(words, &term, usize::MAX)?.into_iter().collect();
        rows.retain(|row| !without.contains(row));
    }
    rows.sort_unstable();
    Ok(rows)
}

/// The newest `n` rows that hold a word or a phrase.
fn holding(words: &impl Words, term: &Term, n: usize) -> Result<Vec<Row>> {
    let query = Query { in_title: &[], in_people: &[], anywhere: [std::slice::from_ref(term), &[]] };
    words.newest_with(&query, n, None)
}

/// [`search`](super::Search::search) where `many` papers are too many to rank them all.
pub(in crate::store) fn search(
    words: &impl Words,
    asked: &str,
    n: usize,
    meant: Option<&[Row]>,
    many: usize,
) -> Result<Vec<Row>> {
    let mut terms = terms(asked);
    let Some(last) = terms.pop() else { return Ok(Vec::new()) };
    // Said twice is said once.
    let mut said = HashSet::from([last.clone()]);
    terms.retain(|term| said.insert(term.clone()));
    let newest = words.newest()?;
    let among = Among { words, meant, many };
    if newest <= many as Row {
        terms.push(last.begun());
        return among.best(&Wanted { telling: terms, ..Wanted::default() }, n);
    }
    let mut others = Wanted::default();
    for term in terms {
        let of = if is_common(words, &term, newest)? { &mut others.common } else { &mut others.telling };
        of.push(term);
    }
    let mut whole = others.clone();
    let is_common = is_common(words, &last, newest)?;
    if is_common { &mut whole.common } else { &mut whole.telling }.push(last.clone());
    let letters = || last.text.chars().filter(|c| c.is_alphanumeric());
    let is_short = letters().count() < BEGUN && !letters().any(is_cjk);
    if is_short || is_common {
        let mut found = among.best(&whole, n)?;
        if is_short && found.len() < n && !others.is_empty() {
            let mut more = among.best(&others, n)?;
            more.retain(|row| !found.contains(row));
            found.extend(more.into_iter().take(n - found.len()));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    } else {
        let holding = words.newest_with(&whole.anywhere(), many + 1, meant)?;
        if holding.len() > many {
            return among.ranked(&whole, holding, n);
        }
    }
    others.telling.push(last.begun());
    among.best(&others, n)
}

/// Among which papers, and how many of them.
struct Among<'a, W> {
    words: &'a W,
    meant: Option<&'a [Row]>,
    many: usize,
}

impl<W: Words> Among<'_, W> {
    /// The first `n` of those that hold what is wanted; of more than `many`, as many are ranked.
    fn best(&self, wanted: &Wanted, n: usize) -> Result<Vec<Row>> {
        let is_ranked = !wanted.telling.is_empty();
        let at_most = if is_ranked { self.many + 1 } else { n };
        let holding = self.words.newest_with(&wanted.anywhere(), at_most, self.meant)?;
        match is_ranked {
            true => self.ranked(wanted, holding, n),
            false => self.titles_first(wanted, holding, n),
        }
    }

    /// The first `n` of the newest `holding` what is wanted, of which there may be one too many.
    fn ranked(&self, wanted: &Wanted, mut holding: Vec<Row>, n: usize) -> Result<Vec<Row>> {
        if holding.len() > self.many {
            holding = self.titles_first(wanted, holding, self.many)?;
        }
        if holding.is_empty() { Ok(holding) } else { self.words.ranked(&wanted.telling, &holding, n) }
    }

    /// The newest that hold the telling words in the title, then the newest `holding` them: `n` in all.
    fn titles_first(&self, wanted: &Wanted, holding: Vec<Row>, n: usize) -> Result<Vec<Row>> {
        let mut found = self.words.newest_with(&wanted.in_title(), n, self.meant)?;
        let in_titles: HashSet<Row> = found.iter().copied().collect();
        let rest = holding.into_iter().filter(|row| !in_titles.contains(row));
        found.extend(rest.take(n - in_titles.len()));
        Ok(found)
    }
}

/// Whether more than half of the papers hold a word, by pieces spread evenly over the library.
pub(in crate::store) fn is_common(words: &impl Words, term: &Term, newest: Row) -> Result<bool> {
    // To find the words that begin so takes longer than to leave this out.
    if term.is_begun {
        return Ok(false);
    }
    let pieces = PIECES.min(newest as usize) as Row;
    let piece = (newest / pieces).min(PIECE as Row);
    let mut holding = 0;
    for i in 0..pieces {
        holding += words.n_holding(term, i * newest / pieces, piece)?;
    }
    Ok(2 * holding > pieces * piece)
}
