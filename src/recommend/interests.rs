//! The several interests of one reader: groups of likes.

use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::embed::dot;

/// What a paper has of an interest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The number of the interest.
    pub interest: usize,
    /// How near it is: 0 where an interest ends, 1 in its middle. An offset that is the same all over an
    /// interest, and ends at once, ranks worse than none.
    pub degree: f32,
}

/// The interests of one reader, by which papers are told apart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Interests {
    /// The sum of each one's likes, and how many they are.
    sums: Vec<(Vec<f32>, usize)>,
    /// The least mean cosine with the likes of one that makes a paper belong to it.
    related: f32,
}

impl Interests {
    /// `likes` are unit vectors, and a group is a list of places among them.
    pub fn new(likes: &[&[f32]], groups: &[Vec<usize>], related: f32) -> Self {
        let sum = |group: &Vec<usize>| {
            let mut sum = vec![0.0; likes.first().map_or(0, |like| like.len())];
            group.iter().for_each(|&i| add(&mut sum, likes[i]));
            (sum, group.len())
        };
        Self { sums: groups.iter().map(sum).collect(), related }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// The one that a unit vector belongs to, if it is near enough to any.
    pub fn of(&self, vector: &[f32]) -> Option<Member> {
        let all = self.sums.iter().map(|(sum, n)| dot(sum, vector) / (*n).max(1) as f32).enumerate();
        let (best, cosine) = all.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        // A like that is alone is not near itself, so nothing is learned of its interest.
        let alone = self.sums[best].1 < 2;
        self.member(best, cosine).map(|member| if alone { Member { degree: 0.0, ..member } } else { member })
    }

    /// The same for one of the likes, which is not counted among its own neighbours.
    pub fn of_like(&self, like: &[f32], own: usize) -> Option<Member> {
        let (sum, n) = self.sums.get(own)?;
        let others = n.checked_sub(1).filter(|&others| others > 0)?;
        self.member(own, (dot(sum, like) - 1.0) / others as f32)
    }

    fn member(&self, interest: usize, cosine: f32) -> Option<Member> {
        let degree = (cosine - self.related) / (1.0 - self.related).max(f32::EPSILON);
        (degree >= 0.0).then_some(Member { interest, degree })
    }
}

fn add(sum: &mut [f32], vector: &[f32]) {
    sum.iter_mut().zip(vector).for_each(|(a, b)| *a += b);
}

/// So many likes are grouped at once, by all their pairs: 2,000 take about as many cosines (two million)
/// as fit in a tenth of a second. More are grouped by a sample, to which the others are assigned.
const AT_ONCE: usize = 2_000;

/// How often what no group of a sample is near to is sampled again; what is then left stands alone.
const ROUNDS: usize = 4;

/// Groups likes by average linkage over cosines: the two nearest groups are joined as long as their
/// mean cosine reaches `cut`. Likes of one `fixed` number stay together, and two different numbers
/// are never joined.
///
/// Of more than 2,000 likes without a number an even sample of 2,000 is grouped; each of the others
/// joins the group whose mean cosine with it is greatest, if it reaches `cut`; and those that no group
/// is near to are grouped the same way among themselves, up to four times.
///
/// `likes` are unit vectors of one length. The groups are lists of places in `likes`, the largest
/// first, ties by the first member.
pub fn group(likes: &[&[f32]], fixed: &[Option<usize>], cut: f32) -> Vec<Vec<usize>> {
    group_by_samples(likes, fixed, cut, AT_ONCE)
}

fn group_by_samples(likes: &[&[f32]], fixed: &[Option<usize>], cut: f32, at_once: usize) -> Vec<Vec<usize>> {
    let number_of = |i: usize| fixed.get(i).copied().flatten();
    let mut open: Vec<usize> = (0..likes.len()).filter(|&i| number_of(i).is_none()).collect();
    let mut sampled = sample(&mut open, at_once);
    let mut at_first: Vec<usize> = (0..likes.len()).filter(|&i| number_of(i).is_some()).collect();
    at_first.append(&mut sampled);
    at_first.sort_unstable();

    let mut groups = assign(likes, link(singles(likes, &at_first, number_of), cut), &mut open, cut);
    for _ in 1..ROUNDS {
        if open.is_empty() {
            break;
        }
        let sampled = sample(&mut open, at_once);
        let more = link(singles(likes, &sampled, |_| None), cut);
        groups.extend(assign(likes, more, &mut open, cut));
    }
    groups.extend(singles(likes, &open, |_| None));

    let mut all: Vec<Vec<usize>> = groups.into_iter().map(|group| group.members).collect();
    all.iter_mut().for_each(|members| members.sort_unstable());
    all.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    all
}

/// Takes up to `n` of the places, evenly spread; the others stay.
fn sample(places: &mut Vec<usize>, n: usize) -> Vec<usize> {
    let n_places = places.len();
    if n_places <= n {
        return std::mem::take(places);
    }
    let (mut sample, mut rest) = (Vec::with_capacity(n), Vec::with_capacity(n_places - n));
    for (i, &place) in places.iter().enumerate() {
        // Every time that i · n / n_places reaches the next whole number.
        let is_drawn = i * n / n_places != (i + 1) * n / n_places;
        if is_drawn { sample.push(place) } else { rest.push(place) }
    }
    *places = rest;
    sample
}

/// A group for each like, or for all likes of one number, in the order of their first.
fn singles(likes: &[&[f32]], places: &[usize], number_of: impl Fn(usize) -> Option<usize>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut of_number: HashMap<usize, usize> = HashMap::new();
    for &i in places {
        let number = number_of(i);
        let single = Group { members: vec![i], number, sum: likes[i].to_vec() };
        match number.and_then(|number| of_number.get(&number)) {
            Some(&at) => groups[at].join(single),
            None => {
                of_number.extend(number.map(|number| (number, groups.len())));
                groups.push(single);
            }
        }
    }
    groups
}

/// Puts each open like into the group that it is nearest to, if its mean cosine reaches `cut`. The groups
/// are compared as they are before any like is put in, so that the order of likes changes nothing.
fn assign(likes: &[&[f32]], mut groups: Vec<Group>, open: &mut Vec<usize>, cut: f32) -> Vec<Group> {
    let nearest = |&i: &usize| {
        let cosine = |group: &Group| dot(&group.sum, likes[i]) / group.members.len() as f32;
        let all = groups.iter().map(cosine).enumerate().filter(|(_, cosine)| *cosine >= cut);
        all.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(group, _)| group)
    };
    let found: Vec<Option<usize>> = open.par_iter().map(nearest).collect();
    let mut left = Vec::new();
    for (&i, found) in open.iter().zip(found) {
        match found {
            Some(group) => {
                groups[group].join(Group { members: vec![i], number: None, sum: likes[i].to_vec() })
            }
            None => left.push(i),
        }
    }
    *open = left;
    groups
}

/// Average linkage: joins the two nearest groups as long as their mean cosine reaches `cut`.
fn link(groups: Vec<Group>, cut: f32) -> Vec<Group> {
    let mut linkage = Linkage::new(groups);
    while let Some((keep, gone)) = linkage.nearest_pair(cut) {
        linkage.join(keep, gone);
    }
    linkage.groups.into_iter().flatten().collect()
}

/// Groups that are being joined. The sum of cosines between two groups is kept for every pair: it adds up
/// when groups are joined (Lance and Williams 1967), so each pair of likes is compared once.
struct Linkage {
    /// `None` for a group that was joined with an earlier one.
    groups: Vec<Option<Group>>,
    /// The sums of cosines, a row for each group.
    totals: Vec<f32>,
    /// Each group's nearest other one, and their mean cosine.
    nearest: Vec<Option<(usize, f32)>>,
}

impl Linkage {
    fn new(groups: Vec<Group>) -> Self {
        let n = groups.len();
        let row = |i: usize| {
            let groups = &groups;
            (0..n).map(move |j| dot(&groups[i].sum, &groups[j].sum))
        };
        let totals: Vec<f32> = (0..n).into_par_iter().flat_map_iter(row).collect();
        let mut linkage =
            Self { groups: groups.into_iter().map(Some).collect(), totals, nearest: Vec::new() };
        linkage.nearest = (0..n).into_par_iter().map(|i| linkage.find_nearest(i)).collect();
        linkage
    }

    /// The two nearest groups, the earlier one first.
    fn nearest_pair(&self, cut: f32) -> Option<(usize, usize)> {
        let all =
            self.nearest.iter().enumerate().filter_map(|(i, near)| near.map(|(j, cosine)| (i, j, cosine)));
        let (i, j, cosine) = all.max_by(|a, b| a.2.total_cmp(&b.2).then(b.0.cmp(&a.0)))?;
        (cosine >= cut).then_some((i.min(j), i.max(j)))
    }

    fn join(&mut self, keep: usize, gone: usize) {
        let n = self.groups.len();
        let joined = self.groups[gone].take();
        if let (Some(group), Some(joined)) = (&mut self.groups[keep], joined) {
            group.join(joined);
        }
        for k in 0..n {
            self.totals[keep * n + k] += self.totals[gone * n + k];
            self.totals[k * n + keep] = self.totals[keep * n + k];
        }
        self.nearest[gone] = None;
        for k in 0..n {
            match self.nearest[k] {
                Some((at, _)) if k == keep || at == keep || at == gone => {
                    self.nearest[k] = self.find_nearest(k)
                }
                // The joined group may now be nearer than what was nearest.
                near if k != keep => {
                    let cosine = self.cosine(k, keep);
                    if cosine.is_some_and(|c| near.is_none_or(|(_, best)| c > best)) {
                        self.nearest[k] = cosine.map(|c| (keep, c));
                    }
                }
                _ => {}
            }
        }
    }

    fn find_nearest(&self, i: usize) -> Option<(usize, f32)> {
        let others = (0..self.groups.len()).filter(|&j| j != i);
        let cosines = others.filter_map(|j| self.cosine(i, j).map(|cosine| (j, cosine)));
        cosines.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    /// The mean cosine of two groups; `None` where one is gone, or they may not be joined.
    fn cosine(&self, i: usize, j: usize) -> Option<f32> {
        let (a, b) = (self.groups[i].as_ref()?, self.groups[j].as_ref()?);
        let free = a.number.is_none() || b.number.is_none();
        let size = (a.members.len() * b.members.len()) as f32;
        free.then(|| self.totals[i * self.groups.len() + j] / size)
    }
}

/// Cuts one group in two: the last join that [`group`] would have made of it. Of more than 2,000 likes an
/// even sample is cut, and the others go with the nearer half.
pub fn split(likes: &[&[f32]]) -> Option<[Vec<usize>; 2]> {
    split_by_sample(likes, AT_ONCE)
}

fn split_by_sample(likes: &[&[f32]], at_once: usize) -> Option<[Vec<usize>; 2]> {
    let mut open: Vec<usize> = (0..likes.len()).collect();
    let sampled = sample(&mut open, at_once);
    // Cosines lie in -1..1, and the number of groups only grows with the cut.
    let (mut low, mut high) = (-1.0_f32, 1.01_f32);
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        let halves = link(singles(likes, &sampled, |_| None), middle);
        match halves.len() {
            0 | 1 => low = middle,
            2 => {
                let halves = assign(likes, halves, &mut open, f32::NEG_INFINITY);
                let mut halves: Vec<Vec<usize>> = halves.into_iter().map(|half| half.members).collect();
                halves.iter_mut().for_each(|half| half.sort_unstable());
                halves.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
                return <[Vec<usize>; 2]>::try_from(halves).ok();
            }
            _ => high = middle,
        }
    }
    None
}

struct Group {
    members: Vec<usize>,
    number: Option<usize>,
    /// Of the members' vectors: a like's mean cosine with them is its product with this over their number.
    sum: Vec<f32>,
}

impl Group {
    fn join(&mut self, other: Self) {
        self.members.extend(other.members);
        self.number = self.number.or(other.number);
        add(&mut self.sum, &other.sum);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit(angle: f32) -> [f32; 2] {
        [angle.cos(), angle.sin()]
    }

    fn groups(angles: &[f32], fixed: &[Option<usize>], cut: f32) -> Vec<Vec<usize>> {
        let vectors: Vec<[f32; 2]> = angles.iter().map(|&a| unit(a)).collect();
        group(&vectors.iter().map(|v| v.as_slice()).collect::<Vec<_>>(), fixed, cut)
    }

    /// The same, the slow and obvious way.
    fn slowly(angles: &[f32], cut: f32) -> usize {
        let mut all: Vec<Vec<f32>> = angles.iter().map(|&a| vec![a]).collect();
        loop {
            let mut best = (cut, None);
            for i in 0..all.len() {
                for j in 0..i {
                    let pairs = all[i].iter().flat_map(|a| all[j].iter().map(move |b| (a - b).cos()));
                    let mean = pairs.sum::<f32>() / (all[i].len() * all[j].len()) as f32;
                    if mean >= best.0 {
                        best = (mean, Some((i, j)));
                    }
                }
            }
            let Some((i, j)) = best.1 else { return all.len() };
            let gone = all.remove(i);
            all[j].extend(gone);
        }
    }

    proptest! {
        #[test]
        fn as_many_groups_as_the_slow_way(angles in prop::collection::vec(0.0_f32..6.3, 1..14), cut in 0.2_f32..0.95) {
            let found = groups(&angles, &[], cut);
            prop_assert_eq!(found.len(), slowly(&angles, cut));
            let mut members: Vec<usize> = found.into_iter().flatten().collect();
            members.sort_unstable();
            prop_assert_eq!(members, (0..angles.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_fixed_stays_together_and_apart() {
        let angles = [0.0, 0.05, 0.1, 3.0, 3.1];
        assert_eq!(groups(&angles, &[], 0.8), [vec![0, 1, 2], vec![3, 4]]);
        let fixed = [Some(7), Some(8), None, Some(7), None];
        let found = groups(&angles, &fixed, 0.8);
        let of = |i: usize| found.iter().position(|group| group.contains(&i)).unwrap();
        assert_eq!(of(0), of(3));
        assert_ne!(of(0), of(1));
    }

    #[test]
    fn a_group_is_split_where_it_is_widest() {
        let vectors: Vec<[f32; 2]> = [0.0, 0.1, 1.0, 1.1, 0.05].map(unit).to_vec();
        let likes: Vec<&[f32]> = vectors.iter().map(|v| v.as_slice()).collect();
        assert_eq!(split(&likes), Some([vec![0, 1, 4], vec![2, 3]]));
        assert_eq!(split(&likes[..1]), None);
        let interests = Interests::new(&likes, &[vec![0, 1, 4], vec![2, 3]], 0.9);
        let of = |angle| interests.of(&unit(angle)).map(|member| member.interest);
        assert_eq!([0.02, 1.05, 0.55, 3.0].map(of), [Some(0), Some(1), None, None]);
        let degree = |angle| interests.of(&unit(angle)).unwrap().degree;
        assert!(degree(0.05) > degree(0.3) && degree(0.3) > 0.0, "nearer is more");
        assert_eq!(interests.of_like(likes[0], 0).unwrap().interest, 0);
        assert_eq!(
            Interests::new(&likes, &[vec![2]], 0.9).of_like(likes[2], 0),
            None,
            "alone, it is near none"
        );
    }

    /// Three fields and one like apart, more of them than are grouped at once.
    #[test]
    fn many_likes_are_grouped_by_a_sample_as_few_are() {
        let field = |i: usize| i * 7 % 3;
        let mut angles: Vec<f32> =
            (0..600).map(|i| 2.0 * field(i) as f32 + 0.001 * (i % 100) as f32).collect();
        angles.push(5.5);
        let vectors: Vec<[f32; 2]> = angles.iter().map(|&a| unit(a)).collect();
        let likes: Vec<&[f32]> = vectors.iter().map(|v| v.as_slice()).collect();
        let all = group_by_samples(&likes, &[], 0.9, usize::MAX);
        assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [200, 200, 200, 1]);
        for at_once in [3, 10, 100, 599] {
            assert_eq!(group_by_samples(&likes, &[], 0.9, at_once), all, "{at_once} at once");
        }
        // What is kept in an interest stays there, and draws others to it.
        let fixed: Vec<Option<usize>> = (0..likes.len()).map(|i| (i < 6).then_some(field(i) / 2)).collect();
        let found = group_by_samples(&likes, &fixed, 0.9, 10);
        let of = |i: usize| found.iter().position(|group| group.contains(&i)).unwrap();
        assert!((0..6).all(|i| of(i) == of(if field(i) == 2 { 2 } else { 0 })), "{found:?}");
        assert_ne!(of(0), of(2));

        let two = &likes[..600]
            .iter()
            .copied()
            .enumerate()
            .filter(|(i, _)| field(*i) < 2)
            .map(|(_, l)| l)
            .collect::<Vec<_>>();
        let halves = split_by_sample(two, usize::MAX);
        assert_eq!(halves.as_ref().map(|[a, b]| (a.len(), b.len())), Some((200, 200)));
        assert_eq!(split_by_sample(two, 12), halves);
    }

    /// Likes that nothing is near to: the work stays bounded, and each stands alone.
    #[test]
    fn likes_without_likeness_stand_alone() {
        let n = 100;
        let vectors: Vec<Vec<f32>> =
            (0..n).map(|i| (0..n).map(|j| f32::from(u8::from(i == j))).collect()).collect();
        let likes: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let found = group_by_samples(&likes, &[], 0.5, 10);
        assert_eq!(found, (0..n).map(|i| vec![i]).collect::<Vec<_>>());
    }

    #[test]
    fn a_sample_is_even() {
        let mut places: Vec<usize> = (0..10).collect();
        assert_eq!((sample(&mut places, 3), &places[..]), (vec![3, 6, 9], &[0, 1, 2, 4, 5, 7, 8][..]));
        assert_eq!((sample(&mut places, 7).len(), places.len()), (7, 0));
    }
}
