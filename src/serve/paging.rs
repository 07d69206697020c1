//! Lists in pieces. A cursor names the last paper of a piece and its place: the next piece begins
//! after that paper, wherever it stands by then, or after that place if it is gone.

use super::problem::Problem;

/// As deep as a list goes.
const DEEPEST: usize = 10_000;
/// By how many places a paper may move between two pieces and still be found.
const SLACK: usize = 50;

/// How many items a piece has at most.
pub const MOST: usize = 1_000;

/// A piece that can be asked for.
pub struct Cut {
    /// How many at most.
    pub n: usize,
    /// How many the first piece had: the places of a ranked list depend on how many it is to have.
    pub first: usize,
    after: Option<(usize, String)>,
}

impl Cut {
    /// The piece of `n` items after a cursor, or the first one.
    ///
    /// A cursor is `PLACE~ID` or `PLACE.FIRST~ID`.
    pub fn new(n: usize, cursor: Option<&str>) -> Result<Self, Problem> {
        if !(1..=MOST).contains(&n) {
            return Err(Problem::new("bad-request", format!("n is {n}, but a piece has 1 to {MOST}")));
        }
        let Some(cursor) = cursor else { return Ok(Self { n, first: n, after: None }) };
        let parts = cursor.split_once('~').and_then(|(places, id)| {
            let (place, first) = places.split_once('.').unwrap_or((places, ""));
            let first = if first.is_empty() { n } else { first.parse().ok()? };
            Some((place.parse::<usize>().ok()?, first, id.to_owned()))
        });
        match parts.filter(|(place, first, _)| *place <= DEEPEST && (1..=MOST).contains(first)) {
            Some((place, first, id)) => Ok(Self { n, first, after: Some((place, id)) }),
            None => Err(Problem::new("bad-request", "this cursor is of no list")
                .with_hint("use `next` of the piece before")),
        }
    }

    /// How many of the whole list are needed.
    pub fn reach(&self) -> usize {
        self.after.as_ref().map_or(self.n + 1, |(place, _)| place + self.n + SLACK)
    }

    /// The piece of a list, and the cursor of the next one.
    pub fn cut<T>(&self, list: Vec<T>, id: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let from = self.after.as_ref().map_or(0, |(place, last)| {
            list.iter().position(|item| id(item) == *last).map_or(*place, |at| at + 1)
        });
        let n = list.len();
        let piece: Vec<T> = list.into_iter().skip(from).take(self.n).collect();
        let to = from + piece.len();
        let last = piece.last().filter(|_| to < n && to <= DEEPEST).map(&id);
        (piece, last.map(|last| format!("{to}.{}~{last}", self.first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(limit: usize, cursor: Option<String>) -> Cut {
        Cut::new(limit, cursor.as_deref()).unwrap()
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
        for cursor in ["", "~", "x~y", "99999999999999999999~a", "20000~a", "10.0~a", "10.x~a"] {
            assert!(Cut::new(10, Some(cursor)).is_err(), "{cursor}");
        }
    }
}
