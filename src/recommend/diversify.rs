//! Diversifies a ranked list: folds near-duplicates into one place, applies maximal marginal relevance
//! (MMR), and keeps places for every interest.

use super::floors::Floor;
use super::profile::Judged;

/// A paper that may be shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its row in the corpus.
    pub row: usize,
    /// The probability of a like, 0 to 1.
    pub probability: f64,
    /// The number of the interest that it belongs to.
    pub interest: Option<usize>,
}

impl From<&Judged> for Candidate {
    fn from(judged: &Judged) -> Self {
        Self { row: judged.row, probability: judged.probability, interest: judged.interest }
    }
}

/// A place in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The place of the paper among the candidates.
    pub candidate: usize,
    /// The candidates that say the same and are not shown.
    pub alike: Vec<usize>,
}

/// How varied a list is to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variety {
    /// Papers with this cosine or more are one.
    pub same: f32,
    /// How much of its probability a paper loses that is the same as one shown; 0: nothing.
    pub discount: f64,
    /// An interest keeps a place only for a paper that has at least this part of the probability of the one
    /// that it replaces, 0 to 1.
    pub enough: f64,
}

impl Variety {
    /// Nothing is folded, and nothing discounted.
    pub const NONE: Self = Self { same: f32::INFINITY, discount: 0.0, enough: 1.0 };
}

/// Chosen by eye; what the two cost together was measured: a list of ten loses .017 of nDCG@10 on the mean
/// of four public histories, interests' floors included (`learned-varied` in `data/evaluation.md`).
impl Default for Variety {
    fn default() -> Self {
        Self { same: 0.92, discount: 0.2, enough: 0.6 }
    }
}

/// A list, and what its variety costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// The places, the most probable first.
    pub places: Vec<Place>,
    /// The part of the sum of probabilities that the most probable papers would have had more,
    /// 0 to 1.
    pub cost: f64,
}

/// Only so many of the best candidates are compared with one another: twice the largest day of all of
/// arXiv (about 1,500 papers), so a day's list never meets the bound, and a year's list of 100,000
/// papers costs some 9 million cosines at most and not 5 billion.
pub const COMPARED: usize = 3_000;

/// Chooses `reach` places from the candidates (the best first), of which the first `n` are the short
/// list: near-duplicates share a place, what is like a paper shown is discounted (maximal marginal
/// relevance, MMR, Carbonell and Goldstein 1998, on probabilities), and every interest gets its floor
/// where it has candidates. The places after these hold what is left in its order, near-duplicates
/// again in one place.
///
/// A longer list begins with the shorter one: places do not depend on `reach`, only how many there are.
/// No candidate is in two places. `cosine` compares two rows; candidates beyond the first 3,000 are not
/// compared, and have places of their own.
///
/// A `reach` below `n` counts as `n`.
pub fn choose(
    candidates: &[Candidate],
    n: usize,
    reach: usize,
    floors: &[Floor],
    variety: &Variety,
    cosine: impl Fn(usize, usize) -> f32,
) -> Selection {
    let near = |a: usize, b: usize| cosine(candidates[a].row, candidates[b].row);
    let list = List { candidates, variety, near: &near, compared: COMPARED };
    list.choose(n, reach, floors)
}

/// Candidates with what compares them.
struct List<'a, F> {
    candidates: &'a [Candidate],
    variety: &'a Variety,
    /// The cosine of two candidates.
    near: &'a F,
    /// So many of the first candidates are compared.
    compared: usize,
}

impl<F: Fn(usize, usize) -> f32> List<'_, F> {
    fn choose(&self, n: usize, reach: usize, floors: &[Floor]) -> Selection {
        let mut heads = Vec::new();
        for candidate in 0..self.candidates.len() {
            if self.may_be_shown(candidate, heads.len(), n, floors) {
                self.fold(&mut heads, candidate);
            }
        }
        let mut shown = self.most_relevant(&heads, n);
        self.keep_floors(&heads, floors, &mut shown);
        shown.sort_by(|&a, &b| {
            self.probability(&heads[b]).total_cmp(&self.probability(&heads[a])).then(a.cmp(&b))
        });
        let mut places: Vec<Place> = shown.iter().map(|&head| heads[head].clone()).collect();

        let best: f64 = self.candidates.iter().take(places.len()).map(|c| c.probability).sum();
        let chosen: f64 = places.iter().map(|place| self.probability(place)).sum();
        let cost = if best > 0.0 { (1.0 - chosen / best).max(0.0) } else { 0.0 };
        if reach > places.len() {
            let mut rest = self.rest(&places);
            rest.truncate(reach - places.len());
            places.extend(rest);
        }
        Selection { places, cost }
    }

    /// Places for the candidates that have none yet, in their order.
    fn rest(&self, places: &[Place]) -> Vec<Place> {
        let mut has_place = vec![false; self.candidates.len()];
        for place in places {
            has_place[place.candidate] = true;
            place.alike.iter().for_each(|&candidate| has_place[candidate] = true);
        }
        let mut heads = Vec::new();
        for candidate in (0..self.candidates.len()).filter(|&candidate| !has_place[candidate]) {
            self.fold(&mut heads, candidate);
        }
        heads
    }

    /// Far down the list nothing is shown, unless an interest has nothing better.
    fn may_be_shown(&self, candidate: usize, n_heads: usize, n: usize, floors: &[Floor]) -> bool {
        n_heads < 4 * n + 20 || self.candidates[candidate].interest.is_some_and(|i| i < floors.len())
    }

    /// Puts a candidate under the first head that it is the same as, or makes it one.
    fn fold(&self, heads: &mut Vec<Place>, candidate: usize) {
        let can_fold = candidate < self.compared && self.variety.same.is_finite();
        let head = if can_fold {
            heads.iter_mut().find(|head| (self.near)(head.candidate, candidate) >= self.variety.same)
        } else {
            None
        };
        match head {
            Some(head) => head.alike.push(candidate),
            None => heads.push(Place { candidate, alike: Vec::new() }),
        }
    }

    /// Maximal marginal relevance: `n` of the heads, each the one of the greatest probability after the
    /// discount for what was taken before it.
    fn most_relevant(&self, heads: &[Place], n: usize) -> Vec<usize> {
        // Heads stand in the order of candidates, so those that are compared come first.
        let n_compared = heads.partition_point(|head| head.candidate < self.compared);
        if self.variety.discount == 0.0 || heads.len() <= n {
            return (0..n.min(heads.len())).collect();
        }
        let mut open: Vec<usize> = (0..n_compared).collect();
        let mut beyond = n_compared..heads.len();
        // How near each head is to what is shown, 0 to 1.
        let mut nearness = vec![0.0_f64; n_compared];
        let mut shown: Vec<usize> = Vec::with_capacity(n);
        while shown.len() < n {
            let value =
                |head: usize| self.probability(&heads[head]) * (1.0 - self.variety.discount * nearness[head]);
            let best = (0..open.len())
                .max_by(|&a, &b| value(open[a]).total_cmp(&value(open[b])).then(open[b].cmp(&open[a])));
            let next_beyond = beyond.clone().next();
            match (best, next_beyond) {
                (Some(place), next)
                    if next.is_none_or(|next| value(open[place]) >= self.probability(&heads[next])) =>
                {
                    let best = open.remove(place);
                    shown.push(best);
                    for &head in &open {
                        let cosine = f64::from((self.near)(heads[best].candidate, heads[head].candidate));
                        nearness[head] = nearness[head].max(cosine);
                    }
                }
                (_, Some(next)) => {
                    shown.push(next);
                    beyond.next();
                }
                _ => break,
            }
        }
        shown
    }

    /// Gives every interest its floor: its best heads take the places of those shown last whose interest
    /// has more than its own floor, where that does not cost too much.
    fn keep_floors(&self, heads: &[Place], floors: &[Floor], shown: &mut Vec<usize>) {
        let interest = |head: usize| self.candidates[heads[head].candidate].interest;
        let floor_of = |head: usize| interest(head).filter(|&i| i < floors.len());
        let mut counts = vec![0; floors.len()];
        let mut is_shown = flags(heads.len(), shown);
        shown.iter().filter_map(|&head| floor_of(head)).for_each(|interest| counts[interest] += 1);
        let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); floors.len()];
        for head in 0..heads.len() {
            if let Some(interest) = floor_of(head) {
                waiting[interest].push(head);
            }
        }
        for (number, floor) in floors.iter().enumerate() {
            let missing = floor.places.saturating_sub(counts[number]);
            let waiting: Vec<usize> =
                waiting[number].iter().copied().filter(|&h| !is_shown[h]).take(missing).collect();
            for head in waiting {
                let spare = |&out: &usize| match floor_of(out) {
                    Some(own) => own != number && counts[own] > floors[own].places,
                    None => true,
                };
                let Some(at) = shown.iter().rposition(spare) else { break };
                let least = self.variety.enough * self.probability(&heads[shown[at]]);
                if !floor.is_asked && self.probability(&heads[head]) < least {
                    break;
                }
                let out = shown.remove(at);
                if let Some(own) = floor_of(out) {
                    counts[own] -= 1;
                }
                shown.push(head);
                counts[number] += 1;
                (is_shown[out], is_shown[head]) = (false, true);
            }
        }
    }

    fn probability(&self, head: &Place) -> f64 {
        self.candidates[head.candidate].probability
    }
}

/// For each of `n`, whether it is among some.
fn flags(n: usize, among: &[usize]) -> Vec<bool> {
    let mut flags = vec![false; n];
    among.iter().for_each(|&i| flags[i] = true);
    flags
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    fn candidate(row: usize, probability: f64, interest: usize) -> Candidate {
        Candidate { row, probability, interest: Some(interest) }
    }

    /// Floors that are kept whatever they cost.
    fn asked(places: &[usize]) -> Vec<Floor> {
        places.iter().map(|&places| Floor { places, is_asked: true }).collect()
    }

    fn rows(selection: &Selection) -> Vec<usize> {
        selection.places.iter().map(|place| place.candidate).collect()
    }

    #[test]
    fn near_duplicates_share_a_place() {
        let all: Vec<Candidate> = (0..5).map(|i| candidate(i, 0.9 - 0.1 * i as f64, 0)).collect();
        let same = |a: usize, b: usize| if a.min(b) == 0 && a.max(b) < 3 { 0.95 } else { 0.0 };
        let chosen = choose(&all, 2, 2, &[], &Variety::default(), same);
        assert_eq!(
            chosen.places,
            [Place { candidate: 0, alike: vec![1, 2] }, Place { candidate: 3, alike: vec![] }]
        );
        assert!((chosen.cost - (1.0 - 1.5 / 1.7)).abs() < 1e-12);
    }

    #[test]
    fn what_was_said_is_discounted_but_a_whole_list_keeps_its_order() {
        let all = [candidate(0, 0.9, 0), candidate(1, 0.8, 0), candidate(2, 0.75, 0)];
        let like = |a: usize, b: usize| if a + b == 1 { 0.8 } else { 0.0 };
        assert_eq!(rows(&choose(&all, 2, 2, &[], &Variety::default(), like)), [0, 2]);
        assert_eq!(rows(&choose(&all, 3, 3, &[], &Variety::default(), like)), [0, 1, 2]);
        let none = Variety { discount: 0.0, ..Variety::default() };
        assert_eq!(choose(&all, 2, 2, &[], &none, like).cost, 0.0);
    }

    #[test]
    fn with_nine_tenths_of_one_field_the_other_keeps_its_places() {
        let mut all: Vec<Candidate> = (0..40).map(|i| candidate(i, 0.9 - 0.01 * i as f64, 0)).collect();
        all.extend((40..60).map(|i| candidate(i, 0.3 - 0.01 * (i - 40) as f64, 1)));
        let places =
            |floors: &[usize]| rows(&choose(&all, 10, 10, &asked(floors), &Variety::default(), |_, _| 0.0));
        assert_eq!(places(&[1, 0]).iter().filter(|&&c| c >= 40).count(), 0);
        assert_eq!(places(&[5, 2])[8..], [40, 41]);
        assert_eq!(places(&[5, 2])[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    /// The short list the slow and obvious way: everything is compared with everything.
    fn slowly(
        candidates: &[Candidate],
        n: usize,
        floors: &[Floor],
        variety: &Variety,
        near: &dyn Fn(usize, usize) -> f32,
    ) -> Vec<Place> {
        let mut heads: Vec<Place> = Vec::new();
        for (candidate, paper) in candidates.iter().enumerate() {
            if heads.len() >= 4 * n + 20 && paper.interest.is_none_or(|i| i >= floors.len()) {
                continue;
            }
            match heads.iter_mut().find(|head| near(head.candidate, candidate) >= variety.same) {
                Some(head) => head.alike.push(candidate),
                None => heads.push(Place { candidate, alike: Vec::new() }),
            }
        }
        let of = |head: usize| candidates[heads[head].candidate];
        let mut shown: Vec<usize> = Vec::new();
        while shown.len() < n.min(heads.len()) {
            let value = |head: usize| {
                let near = |&other: &usize| f64::from(near(heads[other].candidate, heads[head].candidate));
                let nearness = shown.iter().map(near).fold(0.0, f64::max);
                of(head).probability * (1.0 - variety.discount * nearness)
            };
            let rest = (0..heads.len()).filter(|head| !shown.contains(head));
            shown.push(rest.max_by(|&a, &b| value(a).total_cmp(&value(b)).then(b.cmp(&a))).unwrap());
        }
        for (number, floor) in floors.iter().enumerate() {
            let count = |shown: &[usize], i| shown.iter().filter(|&&head| of(head).interest == i).count();
            let waiting = (0..heads.len()).filter(|&h| of(h).interest == Some(number) && !shown.contains(&h));
            let waiting: Vec<usize> = waiting.collect();
            let missing = floor.places.saturating_sub(count(&shown, Some(number)));
            for head in waiting.into_iter().take(missing) {
                let spare = |&&out: &&usize| {
                    let own = of(out).interest.and_then(|i| floors.get(i)).map_or(0, |floor| floor.places);
                    of(out).interest != Some(number) && count(&shown, of(out).interest) > own
                };
                let Some(&out) = shown.iter().rev().find(spare) else { break };
                if !floor.is_asked && of(head).probability < variety.enough * of(out).probability {
                    break;
                }
                shown.retain(|&head| head != out);
                shown.push(head);
            }
        }
        shown.sort_by(|&a, &b| of(b).probability.total_cmp(&of(a).probability).then(a.cmp(&b)));
        shown.iter().map(|&head| heads[head].clone()).collect()
    }

    /// What is left after a short list: in order, near-duplicates in one place.
    fn rest_slowly(
        candidates: &[Candidate],
        short: &[Place],
        variety: &Variety,
        near: &dyn Fn(usize, usize) -> f32,
    ) -> Vec<Place> {
        let is_in =
            |places: &[Place], c: &usize| places.iter().any(|p| p.candidate == *c || p.alike.contains(c));
        let mut rest: Vec<Place> = Vec::new();
        for candidate in (0..candidates.len()).filter(|c| !is_in(short, c)) {
            match rest.iter_mut().find(|place| near(place.candidate, candidate) >= variety.same) {
                Some(place) => place.alike.push(candidate),
                None => rest.push(Place { candidate, alike: Vec::new() }),
            }
        }
        rest
    }

    /// The cosine of two of sixty directions: those of one are the same paper.
    fn likeness(a: u8, b: u8) -> f32 {
        if a == b { 1.0 } else { 0.9 - 0.02 * f32::from(a.abs_diff(b)) }
    }

    /// Candidates of few distinct directions and probabilities, so that ties come up.
    fn lists() -> impl Strategy<Value = (Vec<Candidate>, Vec<u8>)> {
        let one = (0..60_u8, 0..6_u8, 0..4_usize);
        prop::collection::vec(one, 0..120).prop_map(|mut all| {
            all.sort_by_key(|one| std::cmp::Reverse(one.1));
            let candidate = |(row, &(_, tenths, interest)): (usize, &(u8, u8, usize))| Candidate {
                row,
                probability: f64::from(tenths) / 10.0,
                interest: (interest < 3).then_some(interest),
            };
            (all.iter().enumerate().map(candidate).collect(), all.iter().map(|one| one.0).collect())
        })
    }

    proptest! {
        #[test]
        fn as_the_slow_way_and_a_longer_list_begins_with_the_shorter(
            (candidates, directions) in lists(),
            n in 0..8_usize,
            more in 0..120_usize,
            floors in prop::collection::vec((0..4_usize, any::<bool>()), 0..3),
            varied in any::<bool>(),
        ) {
            let near = |a: usize, b: usize| likeness(directions[a], directions[b]);
            let floor = |&(places, is_asked): &(usize, bool)| Floor { places, is_asked };
            let floors: Vec<Floor> = floors.iter().map(floor).collect();
            let variety = if varied { Variety::default() } else { Variety::NONE };
            let short = choose(&candidates, n, n, &floors, &variety, near);
            prop_assert_eq!(&short.places, &slowly(&candidates, n, &floors, &variety, &near));
            let long = choose(&candidates, n, n + more, &floors, &variety, near);
            prop_assert_eq!(&long.places[..short.places.len()], &short.places[..]);
            prop_assert_eq!(long.cost, short.cost);
            let whole = choose(&candidates, n, usize::MAX, &floors, &variety, near);
            prop_assert_eq!(&long.places[..], &whole.places[..long.places.len()]);
            prop_assert_eq!(long.places.len(), whole.places.len().min(n + more));
            // No paper is in two places, and none in no place.
            let places = whole.places.iter().flat_map(|p| p.alike.iter().copied().chain([p.candidate]));
            let mut seen: Vec<usize> = places.collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..candidates.len()).collect::<Vec<_>>());
            let rest = rest_slowly(&candidates, &short.places, &variety, &near);
            prop_assert_eq!(&whole.places[short.places.len()..], &rest[..]);
        }

        /// Beyond the bound nothing is folded or discounted; before it nothing changes.
        #[test]
        fn what_is_not_compared_stands_alone((candidates, directions) in lists(), n in 0..8_usize, compared in 0..120_usize) {
            let near = |a: usize, b: usize| {
                assert!(a.max(b) < compared, "{a} and {b} are compared");
                likeness(directions[a], directions[b])
            };
            let variety = Variety::default();
            let list = List { candidates: &candidates, variety: &variety, near: &near, compared };
            let bounded = list.choose(n, usize::MAX, &asked(&[2, 1]));
            prop_assert!(bounded.places.iter().flat_map(|place| &place.alike).all(|&c| c < compared));
            let n_papers: usize = bounded.places.iter().map(|place| 1 + place.alike.len()).sum();
            prop_assert_eq!(n_papers, candidates.len());
        }
    }

    /// A year's list once compared every paper with every other.
    #[test]
    fn a_year_of_papers_is_chosen_from_in_bounded_time() {
        let n = 100_000;
        let all: Vec<Candidate> =
            (0..n).map(|i| candidate(i, 0.9 - 0.8 * i as f64 / n as f64, i % 7)).collect();
        let compared = Cell::new(0_usize);
        let cosine = |_, _| {
            compared.set(compared.get() + 1);
            0.1
        };
        let chosen = choose(&all, 20, n, &asked(&[3; 7]), &Variety::default(), cosine);
        assert_eq!(chosen.places.len(), n);
        let folded = COMPARED * COMPARED / 2;
        assert!(compared.get() < 2 * folded + 20 * COMPARED, "{} cosines", compared.get());
    }
}
