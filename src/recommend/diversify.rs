//! A short list that is not ten times the same.

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
}

impl Default for Variety {
    fn default() -> Self {
        Self { same: 0.92, discount: 0.2 }
    }
}

/// What an interest claims of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// How many likes are of it.
    pub n_likes: usize,
    /// The part of its share of the likes that it keeps of the places, 0 to 1.
    pub share: f64,
    /// At least so many places.
    pub least: usize,
}

impl Claim {
    /// Half of its share, and one place at least; what rests on a single like claims none.
    pub fn live(n_likes: usize) -> Self {
        if n_likes < 2 {
            Self { n_likes, share: 0.0, least: 0 }
        } else {
            Self { n_likes, share: 0.5, least: 1 }
        }
    }
}

/// How many of `n` places each interest keeps. The first come first; no more is promised than there
/// is.
pub fn floors(claims: &[Claim], n: usize) -> Vec<usize> {
    let total = claims.iter().map(|claim| claim.n_likes).sum::<usize>().max(1) as f64;
    let mut left = n;
    let floor = |claim: &Claim| {
        let places = claim.share * n as f64 * claim.n_likes as f64 / total;
        // All of a share is rounded up, a part of it down.
        let places = if claim.share < 1.0 { places.floor() } else { places.ceil() };
        let kept = (places as usize).max(claim.least).min(left);
        left -= kept;
        kept
    };
    claims.iter().map(floor).collect()
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

/// Chooses `n` of the candidates (the best first): near-duplicates share a place, what is like a
/// paper shown is discounted (maximal marginal relevance, Carbonell and Goldstein 1998, on
/// probabilities), and every interest gets its floor where it has candidates.
pub fn choose(
    candidates: &[Candidate],
    n: usize,
    floors: &[usize],
    variety: &Variety,
    cosine: impl Fn(usize, usize) -> f32,
) -> Selection {
    let near = |a: usize, b: usize| cosine(candidates[a].row, candidates[b].row);
    let mut heads: Vec<Place> = Vec::new();
    for (candidate, paper) in candidates.iter().enumerate() {
        // Far down the list nothing is shown, unless an interest has nothing better.
        let wanted = heads.len() < 4 * n + 20 || paper.interest.is_some_and(|i| i < floors.len());
        if !wanted {
            continue;
        }
        match heads.iter_mut().find(|head| near(head.candidate, candidate) >= variety.same) {
            Some(head) => head.alike.push(candidate),
            None => heads.push(Place { candidate, alike: Vec::new() }),
        }
    }
    let probability = |head: usize| candidates[heads[head].candidate].probability;
    let mut shown: Vec<usize> = Vec::new();
    // How near each head is to what is shown, 0 to 1.
    let mut nearness = vec![0.0_f64; heads.len()];
    while shown.len() < n.min(heads.len()) {
        let value = |&head: &usize| probability(head) * (1.0 - variety.discount * nearness[head]);
        let rest = (0..heads.len()).filter(|head| !shown.contains(head));
        let Some(best) = rest.max_by(|a, b| value(a).total_cmp(&value(b)).then(b.cmp(a))) else { break };
        shown.push(best);
        for (head, nearness) in nearness.iter_mut().enumerate() {
            *nearness = nearness.max(f64::from(near(heads[best].candidate, heads[head].candidate)));
        }
    }
    let interest = |head: usize| candidates[heads[head].candidate].interest;
    for (number, &floor) in floors.iter().enumerate() {
        let count = |shown: &[usize], i| shown.iter().filter(|&&head| interest(head) == i).count();
        let waiting: Vec<usize> = (0..heads.len())
            .filter(|head| interest(*head) == Some(number) && !shown.contains(head))
            .collect();
        let missing = floor.saturating_sub(count(&shown, Some(number)));
        for head in waiting.into_iter().take(missing) {
            // The last one shown makes room whose interest keeps its own floor.
            let spare = |&&out: &&usize| {
                let own = interest(out).and_then(|i| floors.get(i)).copied().unwrap_or(0);
                interest(out) != Some(number) && count(&shown, interest(out)) > own
            };
            let Some(&out) = shown.iter().rev().find(spare) else { break };
            shown.retain(|&head| head != out);
            shown.push(head);
        }
    }
    shown.sort_by(|a, b| probability(*b).total_cmp(&probability(*a)).then(a.cmp(b)));
    let sum = |heads: &mut dyn Iterator<Item = f64>| heads.sum::<f64>();
    let best = sum(&mut candidates.iter().take(shown.len()).map(|c| c.probability));
    let chosen = sum(&mut shown.iter().map(|&head| probability(head)));
    let places = shown.iter().map(|&head| heads[head].clone()).collect();
    Selection { places, cost: if best > 0.0 { (1.0 - chosen / best).max(0.0) } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(row: usize, probability: f64, interest: usize) -> Candidate {
        Candidate { row, probability, interest: Some(interest) }
    }

    fn rows(selection: &Selection) -> Vec<usize> {
        selection.places.iter().map(|place| place.candidate).collect()
    }

    #[test]
    fn near_duplicates_share_a_place() {
        let all: Vec<Candidate> = (0..5).map(|i| candidate(i, 0.9 - 0.1 * i as f64, 0)).collect();
        let same = |a: usize, b: usize| if a.min(b) == 0 && a.max(b) < 3 { 0.95 } else { 0.0 };
        let chosen = choose(&all, 2, &[], &Variety::default(), same);
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
        assert_eq!(rows(&choose(&all, 2, &[], &Variety::default(), like)), [0, 2]);
        assert_eq!(rows(&choose(&all, 3, &[], &Variety::default(), like)), [0, 1, 2]);
        let none = Variety { discount: 0.0, ..Variety::default() };
        assert_eq!(choose(&all, 2, &[], &none, like).cost, 0.0);
    }

    #[test]
    fn with_nine_tenths_of_one_field_the_other_keeps_its_places() {
        let mut all: Vec<Candidate> = (0..40).map(|i| candidate(i, 0.9 - 0.01 * i as f64, 0)).collect();
        all.extend((40..60).map(|i| candidate(i, 0.3 - 0.01 * (i - 40) as f64, 1)));
        let places = |floors: &[usize]| rows(&choose(&all, 10, floors, &Variety::default(), |_, _| 0.0));
        assert_eq!(places(&[1, 0]).iter().filter(|&&c| c >= 40).count(), 0);
        assert_eq!(places(&[5, 2])[8..], [40, 41]);
        assert_eq!(places(&[5, 2])[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
