//! A day in two dimensions: papers that are alike lie near each other, each topic together.
//!
//! Nothing is drawn at random: classical scaling by power iteration from a fixed start, refined by
//! stress majorisation (SMACOF; Gansner, Koren & North, 2004) and then by pushing circles apart; so the
//! same day gives the same map. Stochastic neighbour embeddings are no help here: the crates that
//! were looked at give another map at each run.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView1, Axis};
use rayon::prelude::*;

use super::{Document, Topic};
use crate::paper::PaperId;

/// A map of a day. Coordinates run from 0 to `width` and 0 to `height`, y downwards.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Map {
    /// The width of the picture; it grows with the day.
    pub width: f32,
    /// The height of the picture.
    pub height: f32,
    /// The topics with two papers or more, in the order of the day.
    pub topics: Vec<Place>,
    /// The papers, those of a topic together.
    pub papers: Vec<Dot>,
}

/// Where a topic lies.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// How many papers it has.
    pub n_papers: usize,
    /// The middle of its papers.
    pub x: f32,
    /// The middle of its papers.
    pub y: f32,
    /// The distance from there that covers all of them.
    pub radius: f32,
}

/// Where a paper lies.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Dot {
    /// The paper.
    pub id: PaperId,
    /// Its title.
    pub title: String,
    /// The place in [`Map::topics`] of its topic; absent if it stands alone.
    pub topic: Option<usize>,
    /// Votes, where they are known.
    pub votes: Option<u32>,
    /// Whether the reader likes it.
    pub liked: bool,
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
    /// The radius of its circle: larger with votes.
    pub radius: f32,
}

impl Map {
    /// Lays out a day: `topics` as [`super::group`] made them of `documents`.
    pub fn of(documents: &[Document<'_>], topics: &[Topic], liked: impl Fn(&PaperId) -> bool) -> Self {
        let groups = groups(documents, topics);
        let canvas = Canvas::new(groups.iter().map(|(_, members)| members.len()).sum());
        let most_votes = documents.iter().filter_map(|d| d.votes).max().unwrap_or(0);
        let mut papers: Vec<Dot> = Vec::new();
        let mut bodies: Vec<Body> = Vec::with_capacity(groups.len());
        let mut n_topics = 0;
        for (_, members) in &groups {
            let radii: Vec<f32> = members.iter().map(|d| canvas.radius(d.votes, most_votes)).collect();
            let topic = (members.len() > 1).then_some(n_topics);
            n_topics += usize::from(topic.is_some());
            papers.extend(members.iter().zip(&radii).map(|(d, &radius)| Dot {
                id: d.id.clone(),
                title: d.title.to_owned(),
                topic,
                votes: d.votes,
                liked: liked(d.id),
                x: 0.0,
                y: 0.0,
                radius,
            }));
            bodies.push(Body::of(members, &radii, canvas.unit));
        }
        let centres = arranged(&bodies, canvas.unit, canvas.size);
        let mut dots = papers.iter_mut();
        let mut places = Vec::with_capacity(n_topics);
        for ((body, [x, y]), (topic, members)) in bodies.iter().zip(centres).zip(&groups) {
            for (offset, dot) in body.offsets.iter().zip(dots.by_ref()) {
                dot.x = x + offset[0];
                dot.y = y + offset[1];
            }
            if members.len() > 1 {
                let (name, n_papers) = (topic.name.clone(), members.len());
                places.push(Place { name, n_papers, x, y, radius: body.radius });
            }
        }
        Self { width: canvas.size[0], height: canvas.size[1], topics: places, papers }
    }
}

/// Each topic with its documents, without topics that have none.
fn groups<'t, 'd, 'a>(
    documents: &'d [Document<'a>],
    topics: &'t [Topic],
) -> Vec<(&'t Topic, Vec<&'d Document<'a>>)> {
    let by_id: BTreeMap<&PaperId, &Document<'a>> = documents.iter().map(|d| (d.id, d)).collect();
    let members = |topic: &Topic| topic.papers.iter().filter_map(|id| by_id.get(id).copied()).collect();
    let groups = topics.iter().map(|topic| (topic, members(topic)));
    groups.filter(|(_, members): &(_, Vec<_>)| !members.is_empty()).collect()
}

/// The picture's size, and the unit of length of its circles. The figures here and below were not
/// measured: they decide nothing but the look of the picture.
struct Canvas {
    size: [f32; 2],
    unit: f32,
}

impl Canvas {
    /// Names keep their size, so more papers need a larger picture; circles cover a fixed share of it.
    fn new(n_papers: usize) -> Self {
        let scale = (n_papers as f32 / 120.0).sqrt().clamp(1.0, 3.0);
        let size = [1200.0 * scale, 840.0 * scale];
        let area = size[0] * size[1] * 0.06 / std::f32::consts::PI / n_papers.max(1) as f32;
        Self { size, unit: area.sqrt().min(24.0) }
    }

    /// The radius of a paper's circle: its area grows with its share of the most votes.
    fn radius(&self, votes: Option<u32>, most_votes: u32) -> f32 {
        let share = votes.map_or(0.0, |votes| votes as f32 / (most_votes as f32).max(1.0));
        self.unit * (0.62 + 0.75 * share.sqrt())
    }
}

/// A topic as a body to be placed: its papers around its middle.
struct Body {
    /// The direction of its papers together.
    direction: Array1<f32>,
    offsets: Vec<[f32; 2]>,
    radius: f32,
}

impl Body {
    fn of(members: &[&Document<'_>], radii: &[f32], unit: f32) -> Self {
        let mut direction = Array1::zeros(members[0].embedding.as_slice().len());
        members.iter().for_each(|d| direction += &ArrayView1::from(d.embedding.as_slice()));
        let length = direction.dot(&direction).sqrt().max(1e-6);
        direction /= length;
        // The most typical paper in the middle, the others around it as seeds in a sunflower.
        let golden = std::f32::consts::PI * (3.0 - 5.0_f32.sqrt());
        let mut offsets: Vec<[f32; 2]> = (0..members.len())
            .map(|i| {
                let distance = unit * 1.5 * (i as f32).sqrt();
                [distance * (golden * i as f32).cos(), distance * (golden * i as f32).sin()]
            })
            .collect();
        push_apart(&mut offsets, radii, unit * 0.35, 60);
        let n = offsets.len() as f32;
        let middle = [0, 1].map(|axis| offsets.iter().map(|o| o[axis]).sum::<f32>() / n);
        offsets.iter_mut().for_each(|o| (0..2).for_each(|axis| o[axis] -= middle[axis]));
        let reach = offsets.iter().zip(radii).map(|(o, r)| o[0].hypot(o[1]) + r);
        let radius = reach.fold(0.0, f32::max) + unit * 0.5;
        Self { direction, offsets, radius }
    }
}

/// How often all pairs of `n` bodies are gone through, where a thousand bodies are `most` times: more of them are a
/// cloud that no sweep makes readable, and the time of a sweep grows with the square of their number.
fn sweeps(most: usize, n: usize) -> usize {
    most.min(most * 1_000_000 / (n * n).max(1)).max(2)
}

/// Where the bodies lie: by how alike they are, none over another, all within the picture.
fn arranged(bodies: &[Body], unit: f32, size: [f32; 2]) -> Vec<[f32; 2]> {
    let n = bodies.len();
    if n == 0 {
        return Vec::new();
    }
    let matrix = Array2::from_shape_fn((n, bodies[0].direction.len()), |(i, j)| bodies[i].direction[j]);
    let mut distances = matrix.dot(&matrix.t());
    distances.mapv_inplace(|cosine| (2.0 - 2.0 * cosine).max(0.0).sqrt());
    let mut places = classical_scaling(&distances);
    majorise(&mut places, &distances);
    // Room for a name above each topic.
    let named = |b: &Body| if b.offsets.len() > 1 { 14.0 } else { 0.0 };
    let radii: Vec<f32> = bodies.iter().map(|b| b.radius + named(b)).collect();
    fill(&mut places, &radii, size);
    for _ in 0..4 {
        push_apart(&mut places, &radii, unit * 0.3, 120);
        fill(&mut places, &radii, size);
    }
    push_apart(&mut places, &radii, unit * 0.3, 200);
    keep_inside(&mut places, &radii, size);
    places
}

/// Classical multidimensional scaling (Torgerson, 1952): the two leading eigenvectors of the centred squared
/// distances, by power iteration with deflation.
fn classical_scaling(distances: &Array2<f32>) -> Vec<[f32; 2]> {
    let n = distances.nrows();
    let mut gram = distances.mapv(|d| -0.5 * d * d);
    let rows = gram.mean_axis(Axis(1)).unwrap_or_default();
    let all = rows.mean().unwrap_or(0.0);
    gram.indexed_iter_mut().for_each(|((i, j), x)| *x += all - rows[i] - rows[j]);
    let mut found: Vec<Array1<f32>> = Vec::new();
    for axis in 0..2 {
        // Any fixed start that is no eigenvector will do.
        let mut v = Array1::from_shape_fn(n, |i| ((i * (axis + 1)) as f32 * 0.754_877_7).fract() - 0.45);
        for _ in 0..sweeps(200, n) {
            for before in &found {
                let along = v.dot(before);
                v.scaled_add(-along, before);
            }
            let next = gram.dot(&v);
            let length = next.dot(&next).sqrt();
            if length < 1e-9 {
                break;
            }
            v = next / length;
        }
        found.push(v);
    }
    let scaled = |axis: usize, i: usize| {
        let v = &found[axis];
        let value = v.dot(&gram.dot(v)).max(0.0).sqrt();
        v[i] * value
    };
    (0..n).map(|i| [scaled(0, i), scaled(1, i)]).collect()
}

/// Stress majorisation: moves every point to the weighted mean of where each other one wants it, with
/// weights of distance⁻⁴, so that near pairs count most.
fn majorise(places: &mut [[f32; 2]], distances: &Array2<f32>) {
    for _ in 0..sweeps(60, places.len()) {
        let next: Vec<[f32; 2]> = (0..places.len())
            .into_par_iter()
            .map(|i| {
                let (mut sum, mut total) = ([0.0_f32; 2], 0.0);
                for (j, other) in places.iter().enumerate().filter(|(j, _)| *j != i) {
                    let wanted = distances[(i, j)].max(0.05);
                    let weight = wanted.powi(-4);
                    let d = [places[i][0] - other[0], places[i][1] - other[1]];
                    let length = d[0].hypot(d[1]).max(1e-6);
                    (0..2).for_each(|a| sum[a] += weight * (other[a] + wanted * d[a] / length));
                    total += weight;
                }
                if total > 0.0 { sum.map(|s| s / total) } else { places[i] }
            })
            .collect();
        places.copy_from_slice(&next);
    }
}

/// Stretches each axis so that the points fill the picture, a part of the way by rank: so that a
/// crowd in the middle gets more room than an empty edge.
fn fill(places: &mut [[f32; 2]], radii: &[f32], size: [f32; 2]) {
    let n = places.len();
    for (axis, size) in size.into_iter().enumerate() {
        if n == 1 {
            places[0][axis] = size / 2.0;
            continue;
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| places[a][axis].total_cmp(&places[b][axis]).then(a.cmp(&b)));
        let (low, high) = (places[order[0]][axis], places[order[n - 1]][axis]);
        for (rank, &i) in order.iter().enumerate() {
            let by_value = (places[i][axis] - low) / (high - low).max(1e-6);
            let by_rank = rank as f32 / (n - 1) as f32;
            let share = 0.5 * by_value + 0.5 * by_rank;
            let margin = radii[i] + 8.0;
            places[i][axis] = margin + share * (size - 2.0 * margin);
        }
    }
}

fn keep_inside(places: &mut [[f32; 2]], radii: &[f32], size: [f32; 2]) {
    for (place, radius) in places.iter_mut().zip(radii) {
        for (axis, size) in size.into_iter().enumerate() {
            let margin = (radius + 4.0).min(size / 2.0);
            place[axis] = place[axis].clamp(margin, size - margin);
        }
    }
}

/// Parts circles that overlap, each by half of what is missing, in the order of their numbers.
fn push_apart(places: &mut [[f32; 2]], radii: &[f32], gap: f32, rounds: usize) {
    for _ in 0..sweeps(rounds, places.len()) {
        let mut moved = false;
        for (i, radius) in radii.iter().enumerate() {
            for (j, other) in radii.iter().enumerate().skip(i + 1) {
                let d = [places[j][0] - places[i][0], places[j][1] - places[i][1]];
                let wanted = radius + other + gap;
                if d[0].abs() >= wanted || d[1].abs() >= wanted {
                    continue;
                }
                let length = d[0].hypot(d[1]);
                if length + 1e-3 >= wanted {
                    continue;
                }
                // Two in one place part along a direction of their numbers.
                let along =
                    if length > 1e-4 { d.map(|x| x / length) } else { [(j as f32).cos(), (j as f32).sin()] };
                let push = (wanted - length) / 2.0;
                (0..2).for_each(|axis| {
                    places[i][axis] -= push * along[axis];
                    places[j][axis] += push * along[axis];
                });
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(n: usize, seed: u64) -> (Vec<PaperId>, Vec<crate::embed::Embedding>) {
        let number = |i: usize, j: usize| {
            let x = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add((i * 31 + j) as u64);
            (x.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let id = |i: usize| PaperId::parse(&format!("2404.{i:05}")).expect("an identifier").0;
        let vector = |i: usize| {
            let values = (0..8).map(|j| number(i, j)).collect();
            crate::embed::Embedding::normalized(values).expect("a direction")
        };
        ((0..n).map(id).collect(), (0..n).map(vector).collect())
    }

    /// A map of 3,000 papers took 8 seconds, and four of them held a server.
    #[test]
    fn the_pairs_that_a_map_goes_through_are_bounded() {
        for n in [1_000, 1_001, 2_000, 5_000] {
            let n_pairs: usize = [60, 120, 200, 400].iter().map(|most| sweeps(*most, n) * n * n).sum();
            assert!(n_pairs <= 780 * 1_000_000, "{n}: {n_pairs}");
        }
        assert_eq!((sweeps(120, 10), sweeps(120, 1_000)), (120, 120), "as often as it takes for a day");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn everything_is_inside_and_nothing_is_lost(n in 0_usize..60, size in 1_usize..6, seed in 0_u64..99) {
            let (ids, vectors) = day(n, seed);
            let documents: Vec<Document<'_>> = (0..n)
                .map(|i| Document { id: &ids[i], title: "A title", text: "", embedding: &vectors[i], votes: Some(i as u32) })
                .collect();
            let topics: Vec<Topic> = ids
                .chunks(size)
                .map(|papers| Topic { name: papers[0].to_string(), representative: papers[0].clone(), papers: papers.to_vec() })
                .collect();
            let map = Map::of(&documents, &topics, |_| false);
            prop_assert_eq!(map.papers.len(), n);
            prop_assert_eq!(map.topics.len(), topics.iter().filter(|t| t.papers.len() > 1).count());
            for dot in &map.papers {
                prop_assert!((0.0..=map.width).contains(&dot.x) && (0.0..=map.height).contains(&dot.y), "{:?}", dot);
            }
            prop_assert_eq!(&Map::of(&documents, &topics, |_| false), &map);
        }
    }
}
