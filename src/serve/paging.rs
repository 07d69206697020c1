//! Lists in pieces. A cursor names the last paper of a piece and its place: the next piece begins
//! after that paper, wherever it stands by then, or after that place if it is gone.

use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;

/// As deep as a list goes.
const DEEPEST: usize = 10_000;
/// By how many places a paper may move between two pieces and still be found.
const SLACK: usize = 50;

/// Which piece of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Piece {
    /// How many at most, 1 to 1000; the server's own number if not given.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// The `next` of the piece before.
    #[param(max_length = 300)]
    pub cursor: Option<String>,
}

/// A piece that can be asked for.
pub struct Cut {
    /// How many at most.
    pub limit: usize,
    after: Option<(usize, String)>,
}

impl Piece {
    /// Checks it.
    pub fn checked(&self, default: usize) -> Result<Cut, Problem> {
        let limit = self.limit.unwrap_or(default);
        if !(1..=1_000).contains(&limit) {
            return Err(Problem::new("bad-request", format!("limit is {limit}, but a piece has 1 to 1000")));
        }
        let after = self.cursor.as_deref().map(|cursor| {
            let parts = cursor.split_once('~');
            let parts = parts.and_then(|(place, id)| Some((place.parse::<usize>().ok()?, id.to_owned())));
            let known = parts.filter(|(place, _)| *place <= DEEPEST);
            known.ok_or_else(|| {
                Problem::new("bad-request", "this cursor is of no list")
                    .with_hint("use `next` of the piece before")
            })
        });
        Ok(Cut { limit, after: after.transpose()? })
    }
}

impl Cut {
    /// Whether it is the first one.
    pub fn is_first(&self) -> bool {
        self.after.is_none()
    }

    /// How many of the whole list are needed.
    pub fn reach(&self) -> usize {
        self.after.as_ref().map_or(self.limit + 1, |(place, _)| place + self.limit + SLACK)
    }

    /// The piece of a list, and the cursor of the next one.
    pub fn cut<T>(&self, list: Vec<T>, id: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let from = self.after.as_ref().map_or(0, |(place, last)| {
            list.iter().position(|item| id(item) == *last).map_or(*place, |at| at + 1)
        });
        let n = list.len();
        let piece: Vec<T> = list.into_iter().skip(from).take(self.limit).collect();
        let to = from + piece.len();
        let last = piece.last().filter(|_| to < n && to <= DEEPEST).map(&id);
        (piece, last.map(|last| cursor(to, &last)))
    }
}

/// The cursor of what follows this paper at this place, counted from 1.
pub fn cursor(place: usize, id: &str) -> String {
    format!("{place}~{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(limit: usize, cursor: Option<String>) -> Cut {
        Piece { limit: Some(limit), cursor }.checked(10).unwrap()
    }

    #[test]
    fn pieces_make_the_whole_list() {
        let all: Vec<usize> = (0..23).collect();
        let (mut got, mut cursor) = (Vec::new(), None);
        loop {
            let cut = cut(5, cursor);
            let listed: Vec<usize> = all.iter().copied().take(cut.reach()).collect();
            let (piece, next) = cut.cut(listed, ToString::to_string);
            got.extend(piece);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(got, all);
    }

    #[test]
    fn a_list_that_moved_goes_on_after_the_last_paper() {
        let (_, next) = cut(2, None).cut(vec!["a", "b", "c"], ToString::to_string);
        let moved = vec!["new", "a", "b", "c"];
        assert_eq!(cut(2, next.clone()).cut(moved, ToString::to_string).0, ["c"]);
        assert_eq!(cut(2, next).cut(vec!["x", "y", "z"], ToString::to_string).0, ["z"], "b is gone");
    }

    #[test]
    fn strange_cursors_are_refused() {
        for cursor in ["", "~", "x~y", "99999999999999999999~a", "20000~a"] {
            assert!(Piece { limit: None, cursor: Some(cursor.into()) }.checked(10).is_err(), "{cursor}");
        }
    }
}
