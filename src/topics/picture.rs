//! A map as SVG, and that as PNG.

use std::fmt::Write as _;

#[cfg(feature = "png")]
use resvg::tiny_skia::{Pixmap, Transform};
#[cfg(feature = "png")]
use resvg::usvg::{Options, Tree};

use super::map::{Dot, Map};
use crate::error::{Error, Result};
use crate::paper;
#[cfg(feature = "png")]
use crate::paper::is_hangul;

/// Room for the heading above and the legend below the map.
const ABOVE: f32 = 56.0;
const BELOW: f32 = 44.0;

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
        for label in self.labels(1.0) {
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
