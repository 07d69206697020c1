//! A map as SVG, and that as PNG.

use std::fmt::Write as _;

#[cfg(feature = "png")]
use resvg::tiny_skia::{Pixmap, Transform};
#[cfg(feature = "png")]
use resvg::usvg::{Options, Tree};

use super::map::{Dot, Map};
use crate::error::{Error, Result};
use crate::paper::{self, is_hangul};

/// Room for the heading above and the legend below the map.
const ABOVE: f32 = 56.0;
const BELOW: f32 = 44.0;

/// Sizes of letters: headings of topics by how many papers they have.
const SMALLEST: f32 = 13.0;
const LARGEST: f32 = 19.0;

/// So many papers alone still have room for their names.
const FEW: usize = 40;

impl Map {
    /// The map as an SVG document of its own, with `heading` over it. Each paper links to its page
    /// where it has one, and shows its title when pointed at.
    pub fn svg(&self, heading: &str) -> String {
        let (width, height) = (self.width, self.height + ABOVE + BELOW);
        let mut svg = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" viewBox="0 0 {width:.0} {height:.0}" font-family="'DejaVu Sans', Verdana, sans-serif">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="20" y="36" font-size="22" font-weight="bold" fill="#222">{}</text>
<g transform="translate(0 {ABOVE})">
"##,
            escaped(heading)
        );
        for (i, place) in self.topics.iter().enumerate() {
            let _ = writeln!(
                svg,
                r#"<circle class="topic" cx="{:.1}" cy="{:.1}" r="{:.1}" fill="{}" fill-opacity="0.16"><title>{}</title></circle>"#,
                place.x,
                place.y,
                place.radius,
                colour(i),
                escaped(&place.name)
            );
        }
        self.papers.iter().for_each(|dot| draw(&mut svg, dot));
        for label in self.labels() {
            let weight = if label.strong { r#" font-weight="bold""# } else { "" };
            let fill = if label.strong { "#222" } else { "#666" };
            for (line, text) in label.lines.iter().enumerate() {
                let y = label.y + line as f32 * label.size * 1.15;
                let _ = writeln!(
                    svg,
                    r##"<text x="{:.1}" y="{y:.1}" font-size="{:.1}"{weight} text-anchor="middle" fill="{fill}" stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke">{}</text>"##,
                    label.x,
                    label.size,
                    escaped(text)
                );
            }
        }
        svg.push_str("</g>\n");
        self.legend(&mut svg, height - 16.0);
        svg.push_str("</svg>\n");
        svg
    }

    fn legend(&self, svg: &mut String, y: f32) {
        let mut x = 20.0;
        let mut entry = |mark: String, text: &str| {
            let _ = writeln!(
                svg,
                r##"{mark}<text x="{:.0}" y="{y:.0}" font-size="13" fill="#444">{text}</text>"##,
                x + 22.0
            );
            x += 50.0 + 7.4 * text.len() as f32;
        };
        let circle = |x: f32, r: f32, rest: &str| {
            format!(r#"<circle cx="{:.0}" cy="{:.0}" r="{r}" {rest}/>"#, x + 8.0, y - 5.0)
        };
        entry(circle(20.0, 6.0, &format!(r#"fill="{}""#, colour(0))), "a paper in a topic");
        let alone = 20.0 + 50.0 + 7.4 * 18.0;
        entry(circle(alone, 6.0, r##"fill="#b5b5b5""##), "a paper on its own");
        let votes = alone + 50.0 + 7.4 * 18.0;
        if self.papers.iter().any(|p| p.votes.is_some()) {
            entry(circle(votes, 8.0, r##"fill="none" stroke="#777""##), "larger: more votes");
        }
        if self.papers.iter().any(|p| p.liked) {
            let x =
                votes + if self.papers.iter().any(|p| p.votes.is_some()) { 50.0 + 7.4 * 18.0 } else { 0.0 };
            entry(star(x + 8.0, y - 5.0, 8.0), "you like it");
        }
    }

    /// Names where there is room for them: topics first, the largest first, then papers alone.
    pub fn labels(&self) -> Vec<Label> {
        let mut taken: Vec<[f32; 4]> = Vec::new();
        let mut labels = Vec::new();
        let biggest = self.topics.iter().map(|t| t.n_papers).max().unwrap_or(1) as f32;
        let mut order: Vec<usize> = (0..self.topics.len()).collect();
        order.sort_by(|&a, &b| self.topics[b].n_papers.cmp(&self.topics[a].n_papers).then(a.cmp(&b)));
        for i in order {
            let place = &self.topics[i];
            let size = SMALLEST + (LARGEST - SMALLEST) * (place.n_papers as f32 / biggest).sqrt();
            let lines = wrapped(&place.name, 24);
            let tall = lines.len() as f32 * size * 1.15;
            let ys = [
                place.y - place.radius - tall + size * 0.9,
                place.y + place.radius + size,
                place.y - tall / 2.0 + size * 0.8,
            ];
            labels.extend(self.placed(&mut taken, lines, size, place.x, &ys, true));
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
                let tall = lines.len() as f32 * 11.0 * 1.15;
                let ys = [dot.y + dot.radius + 13.0, dot.y - dot.radius - tall + 8.0];
                labels.extend(self.placed(&mut taken, lines, 11.0, dot.x, &ys, false));
            }
        }
        labels
    }

    /// The first of the heights at which the lines cover no other name.
    fn placed(
        &self,
        taken: &mut Vec<[f32; 4]>,
        lines: Vec<String>,
        size: f32,
        x: f32,
        ys: &[f32],
        strong: bool,
    ) -> Option<Label> {
        let wide =
            lines.iter().map(|l| width(l)).fold(0.0, f32::max) * size * if strong { 0.68 } else { 0.6 };
        let tall = lines.len() as f32 * size * 1.15;
        let x = if wide < self.width { x.clamp(wide / 2.0 + 4.0, self.width - wide / 2.0 - 4.0) } else { x };
        for &y in ys {
            let y = y.clamp(size, self.height - tall + size);
            let area = [x - wide / 2.0, y - size, x + wide / 2.0, y - size + tall];
            let free =
                |t: &[f32; 4]| area[0] >= t[2] || t[0] >= area[2] || area[1] >= t[3] || t[1] >= area[3];
            if taken.iter().all(free) {
                taken.push(area);
                return Some(Label { lines, x, y, size, strong });
            }
        }
        None
    }
}

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

fn draw(svg: &mut String, dot: &Dot) {
    let fill = dot.topic.map_or("#b5b5b5".to_owned(), colour);
    let votes = match dot.votes {
        Some(1) => ", 1 vote".to_owned(),
        Some(n) => format!(", {n} votes"),
        None => String::new(),
    };
    let url = dot.id.url();
    if let Some(url) = &url {
        let _ = write!(svg, r#"<a href="{}" target="_blank">"#, escaped(url));
    }
    let _ = write!(
        svg,
        r##"<circle class="paper" data-id="{}" cx="{:.1}" cy="{:.1}" r="{:.1}" fill="{fill}" stroke="#fff" stroke-width="1"><title>{}{votes}</title></circle>"##,
        escaped(dot.id.as_str()),
        dot.x,
        dot.y,
        dot.radius,
        escaped(&dot.title)
    );
    if dot.liked {
        svg.push_str(&star(dot.x, dot.y, dot.radius.max(7.0)));
    }
    svg.push_str(if url.is_some() { "</a>\n" } else { "\n" });
}

/// A five-pointed star.
fn star(x: f32, y: f32, radius: f32) -> String {
    let point = |i: usize| {
        let (sin, cos) = (std::f32::consts::PI * i as f32 / 5.0).sin_cos();
        let r = if i.is_multiple_of(2) { radius } else { radius * 0.42 };
        format!("{:.1},{:.1}", x + r * sin, y - r * cos)
    };
    let points = (0..10).map(point).collect::<Vec<_>>().join(" ");
    format!(
        r##"<polygon points="{points}" fill="#ffd21f" stroke="#5a4500" stroke-width="1" pointer-events="none"/>"##
    )
}

/// Colours that neighbours in the list do not share: the hue turns by the golden angle.
fn colour(i: usize) -> String {
    let hue = (i as f32 * 137.508 + 210.0) % 360.0;
    let (saturation, lightness) = [(0.62, 0.46), (0.70, 0.36), (0.48, 0.55)][i % 3];
    let spread = saturation * (1.0 - (2.0 * lightness - 1.0_f32).abs());
    let channel = |n: f32| {
        let k = (n + hue / 30.0) % 12.0;
        ((lightness - spread / 2.0 * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)) * 255.0).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(0.0), channel(8.0), channel(4.0))
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
    text.chars().map(|c| if is_hangul(c) { 1.7 } else { 1.0 }).sum()
}

/// Text that stands in XML, which holds no control character.
fn escaped(text: &str) -> String {
    paper::escaped(&paper::plain(text))
}

/// An SVG of [`Map::svg`] as PNG, `zoom` pixels a unit. Latin letters come from a typeface in the
/// program; Korean ones from the machine's, where it has one.
///
/// # Errors
/// [`Error::Invalid`] if the picture cannot be drawn: no SVG, or larger than memory allows.
#[cfg(feature = "png")]
pub fn png(svg: &str, zoom: f32) -> Result<Vec<u8>> {
    let failed =
        |what: &dyn std::fmt::Display| Error::Invalid(format!("the picture cannot be drawn: {what}"));
    let mut options = Options { font_family: "DejaVu Sans".into(), ..Options::default() };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.load_font_data(dejavu::sans::bold().to_vec());
    if svg.contains(is_hangul) {
        fonts.load_system_fonts();
    }
    let tree = Tree::from_str(svg, &options).map_err(|e| failed(&e))?;
    let size = tree.size();
    let (width, height) = ((size.width() * zoom).ceil() as u32, (size.height() * zoom).ceil() as u32);
    let mut pixels =
        Pixmap::new(width, height).ok_or_else(|| failed(&format!("{width} by {height} pixels")))?;
    resvg::render(&tree, Transform::from_scale(zoom, zoom), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| failed(&e))
}

/// No picture: this was built without them.
///
/// # Errors
/// [`Error::Invalid`], always.
#[cfg(not(feature = "png"))]
pub fn png(_svg: &str, _zoom: f32) -> Result<Vec<u8>> {
    let reason = "this paperpick was built without PNG (its feature `png`): ask for SVG, \
                  or build it with `--features full`";
    Err(Error::Invalid(reason.into()))
}
