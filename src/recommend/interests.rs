//! The several interests of one reader: groups of likes.

use serde::{Deserialize, Serialize};

use super::solve::dot;

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

/// Groups likes by average linkage over cosines: the two nearest groups are joined as long as their
/// mean cosine reaches `cut`. Likes of one `fixed` number stay together, and two different numbers
/// are never joined.
///
/// `likes` are unit vectors of one length. The groups are lists of places in `likes`, the largest
/// first, ties by the first member.
pub fn group(likes: &[&[f32]], fixed: &[Option<usize>], cut: f32) -> Vec<Vec<usize>> {
    let mut groups: Vec<Group> = Vec::new();
    for (i, like) in likes.iter().enumerate() {
        let number = fixed.get(i).copied().flatten();
        match groups.iter_mut().find(|group| number.is_some() && group.number == number) {
            Some(group) => group.join(Group { members: vec![i], number, sum: like.to_vec() }),
            None => groups.push(Group { members: vec![i], number, sum: like.to_vec() }),
        }
    }
    // Each group's nearest other one, so that a join costs one pass and not a pass of passes.
    let mut nearest: Vec<Option<(usize, f32)>> =
        (0..groups.len()).map(|i| find_nearest(&groups, i)).collect();
    loop {
        let best = nearest.iter().enumerate().filter_map(|(i, near)| near.map(|(j, cosine)| (i, j, cosine)));
        let Some((i, j, cosine)) = best.max_by(|a, b| a.2.total_cmp(&b.2).then(b.0.cmp(&a.0))) else { break };
        if cosine < cut {
            break;
        }
        let (keep, gone) = (i.min(j), i.max(j));
        let joined = groups.remove(gone);
        groups[keep].join(joined);
        nearest.remove(gone);
        for k in 0..groups.len() {
            match nearest[k] {
                Some((at, _)) if k == keep || at == keep || at == gone => {
                    nearest[k] = find_nearest(&groups, k)
                }
                Some((at, cosine)) if at > gone => nearest[k] = Some((at - 1, cosine)),
                _ => {}
            }
            // The joined group may now be nearer than what was nearest.
            if k != keep {
                let cosine = groups[k].cosine(&groups[keep]);
                if cosine.is_some_and(|c| nearest[k].is_none_or(|(_, best)| c > best)) {
                    nearest[k] = cosine.map(|c| (keep, c));
                }
            }
        }
    }
    let mut all: Vec<Vec<usize>> = groups.into_iter().map(|group| group.members).collect();
    all.iter_mut().for_each(|members| members.sort_unstable());
    all.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    all
}

/// Cuts one group in two: the last join that [`group`] would have made of it.
pub fn split(likes: &[&[f32]]) -> Option<[Vec<usize>; 2]> {
    // Cosines lie in -1..1, and the number of groups only grows with the cut.
    let (mut low, mut high) = (-1.0_f32, 1.01_f32);
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        let mut groups = group(likes, &[], middle);
        match groups.len() {
            0 | 1 => low = middle,
            2 => return Some([std::mem::take(&mut groups[0]), std::mem::take(&mut groups[1])]),
            _ => high = middle,
        }
    }
    None
}

struct Group {
    members: Vec<usize>,
    number: Option<usize>,
    /// Of the members' vectors: the mean cosine of two groups is the cosine of their sums over
    /// their sizes.
    sum: Vec<f32>,
}

impl Group {
    fn join(&mut self, other: Self) {
        self.members.extend(other.members);
        self.number = self.number.or(other.number);
        add(&mut self.sum, &other.sum);
    }

    /// `None` where they may not be joined.
    fn cosine(&self, other: &Self) -> Option<f32> {
        let free = self.number.is_none() || other.number.is_none();
        let size = (self.members.len() * other.members.len()) as f32;
        free.then(|| dot(&self.sum, &other.sum) / size)
    }
}

fn find_nearest(groups: &[Group], i: usize) -> Option<(usize, f32)> {
    let others = (0..groups.len()).filter(|&j| j != i);
    let cosines = others.filter_map(|j| groups[i].cosine(&groups[j]).map(|cosine| (j, cosine)));
    cosines.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
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
}
