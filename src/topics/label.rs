//! Names on a map, where there is room for them: none touches another, and none is cut off.

use super::map::{Dot, Map};
use crate::paper::is_cjk;

/// The smallest letters that are read without effort, in pixels.
const ALONE: f32 = 11.2;

/// Sizes of letters in pixels: names of topics by how many papers they have.
const SMALLEST: f32 = 13.0;
const LARGEST: f32 = 19.0;

/// From one line to the next, in sizes of letters.
const LINE: f32 = 1.15;

/// Between two names at least, in sizes of letters.
const APART: f32 = 0.25;

/// So many papers alone still have room for their names.
const FEW: usize = 40;

/// A name on a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Its lines.
    pub lines: Vec<String>,
    /// The middle of the first line, from the left.
    pub x: f32,
    /// Where the first line stands, from the top.
    pub y: f32,
    /// The size of its letters.
    pub size: f32,
    /// A topic's, or else a paper's.
    pub strong: bool,
}

impl Label {
    /// What it covers: left, top, right and bottom.
    pub fn area(&self) -> [f32; 4] {
        // An average letter of DejaVu Sans, which is wider than most: .6 of its size, bold .68.
        let letter = if self.strong { 0.68 } else { 0.6 };
        let half = self.lines.iter().map(|line| width(line)).fold(0.0, f32::max) * self.size * letter / 2.0;
        let top = self.y - self.size;
        [self.x - half, top, self.x + half, top + self.lines.len() as f32 * self.size * LINE]
    }

    /// The same name in the map's bounds, if it fits there at all.
    fn inside(mut self, width: f32, height: f32) -> Option<Self> {
        let margin = self.size * APART;
        let [left, top, right, bottom] = self.area();
        if right - left > width - 2.0 * margin || bottom - top > height - 2.0 * margin {
            return None;
        }
        self.x += (margin - left).max(0.0) - (right - width + margin).max(0.0);
        self.y += (margin - top).max(0.0) - (bottom - height + margin).max(0.0);
        Some(self)
    }

    fn touches(&self, other: &Self) -> bool {
        let (a, b, apart) = (self.area(), other.area(), self.size.max(other.size) * APART);
        a[0] < b[2] + apart && b[0] < a[2] + apart && a[1] < b[3] + apart && b[1] < a[3] + apart
    }
}

impl Map {
    /// Names for a picture in which a pixel is so many units of the map: topics first, the largest first, then
    /// papers alone. Whatever has no room has none; its circle tells its name.
    pub fn labels(&self, units: f32) -> Vec<Label> {
        let mut labels = Vec::new();
        let biggest = self.topics.iter().map(|t| t.n_papers).max().unwrap_or(1) as f32;
        let mut order: Vec<usize> = (0..self.topics.len()).collect();
        order.sort_by(|&a, &b| self.topics[b].n_papers.cmp(&self.topics[a].n_papers).then(a.cmp(&b)));
        for place in order.into_iter().map(|i| &self.topics[i]) {
            let share = (place.n_papers as f32 / biggest).sqrt();
            let size = (SMALLEST + (LARGEST - SMALLEST) * share) * units;
            let at = [place.x, place.y, place.radius];
            // A name that is too wide for its place may still fit on more lines.
            let placed = [24, 14]
                .into_iter()
                .find_map(|most| self.placed(&labels, wrapped(&place.name, most), size, at, true));
            labels.extend(placed);
        }
        let alone: Vec<&Dot> = self.papers.iter().filter(|p| p.topic.is_none()).collect();
        if alone.len() <= FEW {
            for dot in alone {
                let short = dot.title.split(": ").next().unwrap_or_default();
                let mut lines = wrapped(short, 26);
                if lines.len() > 2 {
                    lines.truncate(2);
                    lines[1].push('…');
                }
                let at = [dot.x, dot.y, dot.radius];
                labels.extend(self.placed(&labels, lines, ALONE * units, at, false));
            }
        }
        labels
    }

    /// The name above, below or on its circle, wherever it first touches no other.
    fn placed(
        &self,
        others: &[Label],
        lines: Vec<String>,
        size: f32,
        [x, y, radius]: [f32; 3],
        strong: bool,
    ) -> Option<Label> {
        let tall = lines.len() as f32 * size * LINE;
        let (above, below, on) =
            (y - radius - tall + size * 0.9, y + radius + size * 1.1, y - tall / 2.0 + size * 0.8);
        let ys = if strong { [above, below, on] } else { [below, above, on] };
        ys.into_iter().filter(|y| strong || *y != on).find_map(|y| {
            let label = Label { lines: lines.clone(), x, y, size, strong };
            let label = label.inside(self.width, self.height)?;
            (!others.iter().any(|other| label.touches(other))).then_some(label)
        })
    }
}

/// Lines of at most so many letters, where the words allow it.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1.0 + width(word) <= most as f32 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The width of a text in average Latin letters.
fn width(text: &str) -> f32 {
    text.chars().map(|c| if is_cjk(c) { 1.7 } else { 1.0 }).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::paper::PaperId;
    use crate::topics::map::Place;

    /// A map of so many papers in topics of a few each, wherever they come to lie, edges and corners too.
    fn map(n: usize, random: &mut impl FnMut(usize) -> usize) -> Map {
        let scale = (n as f32 / 120.0).sqrt().clamp(1.0, 3.0);
        let (width, height) = (1200.0 * scale, 840.0 * scale);
        let words = [
            "CLIP",
            "pre-training",
            "확산 모델",
            "Gaussian",
            "splatting",
            "of",
            "Multimodal",
            "推理",
            "agents",
        ];
        let mut topics = Vec::new();
        let mut papers: Vec<Dot> = Vec::new();
        while papers.len() < n {
            let n_papers = (1 + random(9)).min(n - papers.len());
            let [x, y] = [width, height].map(|most| random(most as usize + 1) as f32);
            let name: Vec<&str> = (0..1 + random(7)).map(|_| words[random(words.len())]).collect();
            let topic = (n_papers > 1).then_some(topics.len());
            for _ in 0..n_papers {
                let id = PaperId::parse(&format!("2404.{:05}", papers.len())).unwrap().0;
                papers.push(Dot {
                    id,
                    title: name.join(" "),
                    topic,
                    votes: None,
                    liked: false,
                    x,
                    y,
                    radius: 9.0,
                });
            }
            if topic.is_some() {
                topics.push(Place {
                    name: name.join(" "),
                    n_papers,
                    x,
                    y,
                    radius: 12.0 * (n_papers as f32).sqrt(),
                });
            }
        }
        Map { width, height, topics, papers }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        /// Of a day's 174 papers the names covered each other, and on a phone they were four pixels tall.
        #[test]
        fn no_two_names_touch_none_is_cut_off_and_all_can_be_read(
            n in prop::sample::select(vec![5, 60, 174, 1_000]), seed in 0_u64..1_000, pixels in 300_f32..1_600.0,
        ) {
            let mut random = crate::random::Random::spread(seed);
            let map = map(n, &mut |below| random.below(below));
            let units = map.width / pixels;
            let labels = map.labels(units);
            for (i, label) in labels.iter().enumerate() {
                let [left, top, right, bottom] = label.area();
                prop_assert!(label.size / units >= 11.0, "{} px: {label:?}", label.size / units);
                prop_assert!(left >= 0.0 && top >= 0.0 && right <= map.width && bottom <= map.height, "{label:?}");
                for other in &labels[..i] {
                    let o = other.area();
                    prop_assert!(right < o[0] || o[2] < left || bottom < o[1] || o[3] < top, "{label:?} and {other:?}");
                }
            }
            // Whoever comes first has room: the largest topic of a picture that is large enough has its name.
            let largest = map.topics.iter().map(|topic| topic.n_papers).max();
            prop_assert!(largest.is_none() || pixels < 900.0 || labels.iter().any(|label| label.strong));
        }
    }
}
