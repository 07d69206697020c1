//! Titles and abstracts as they are read: `Mask$^2$DiT` is Mask²DiT, `$\mathcal{O}(T)$` is O(T).

use super::decode;
use super::prose::{LONGEST_FORMULA, group, printed};

/// Signs of mathematics that prose does not have.
const RELATIONS: [(&str, &str); 37] = [
    ("approx", "≈"),
    ("ast", "*"),
    ("cap", "∩"),
    ("cdot", "·"),
    ("cdots", "⋯"),
    ("circ", "°"),
    ("circledR", "®"),
    ("cup", "∪"),
    ("ell", "ℓ"),
    ("equiv", "≡"),
    ("exists", "∃"),
    ("forall", "∀"),
    ("ge", "≥"),
    ("geq", "≥"),
    ("geqslant", "≥"),
    ("gg", "≫"),
    ("gtrsim", "≳"),
    ("in", "∈"),
    ("int", "∫"),
    ("langle", "⟨"),
    ("le", "≤"),
    ("leftarrow", "←"),
    ("leftrightarrow", "↔"),
    ("leq", "≤"),
    ("leqslant", "≤"),
    ("lesssim", "≲"),
    ("ll", "≪"),
    ("mid", "|"),
    ("nabla", "∇"),
    ("ne", "≠"),
    ("neq", "≠"),
    ("partial", "∂"),
    ("prod", "∏"),
    ("propto", "∝"),
    ("rangle", "⟩"),
    ("sim", "~"),
    ("sum", "∑"),
];
const ARROWS: [(&str, &str); 6] = [
    ("to", "→"),
    ("rightarrow", "→"),
    ("Rightarrow", "⇒"),
    ("uparrow", "↑"),
    ("downarrow", "↓"),
    ("top", "ᵀ"),
];

/// How deep groups are followed.
const DEEPEST: usize = 12;

const RAISED: [(&str, &str); 2] = [("0123456789+-=()niTo", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀᵒ"), ("*°", "*°")];
const LOWERED: [(&str, &str); 1] = [("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")];

/// A text as it is read, with formulas in plain characters. What is no TeX stays as it is.
pub fn readable(text: &str) -> String {
    if !text.contains(['$', '\\']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        out.push_str(&rest[..at]);
        let here = &rest[at..];
        let opening = ["$$", "$", "\\(", "\\["].into_iter().find(|opening| here.starts_with(opening));
        let found = opening.and_then(|opening| formula(here, opening));
        let (printed, after) = found.unwrap_or_else(|| match here.strip_prefix('$') {
            Some(after) => ("$".into(), after),
            None => prose(here),
        });
        out.push_str(&printed);
        rest = after;
    }
    out.push_str(rest);
    decode(&out)
}

/// A formula that a text begins with, and what follows. As in Markdown, none begins or ends with a space.
fn formula<'a>(text: &'a str, opening: &str) -> Option<(String, &'a str)> {
    let closing = match opening {
        "\\(" => "\\)",
        "\\[" => "\\]",
        same => same,
    };
    let inner = &text[opening.len()..];
    let mut ends = inner.match_indices(closing).map(|(at, _)| at);
    let end = ends.find(|&at| closing.starts_with('\\') || !inner[..at].ends_with('\\'))?;
    let tex = &inner[..end];
    let is_price = opening == "$" && (tex.trim() != tex || tex.is_empty());
    (!is_price && tex.len() <= LONGEST_FORMULA).then(|| (mathematics(tex, 0), &inner[end + closing.len()..]))
}

/// A command of prose that a text begins with, and what follows.
fn prose(text: &str) -> (String, &str) {
    let (name, after) = command(&text[1..]);
    let argument = || group(after, LONGEST_FORMULA);
    match name {
        "" => match after.chars().next() {
            Some(sign @ ('%' | '&' | '_' | '$' | '#' | '{' | '}')) => (sign.to_string(), &after[1..]),
            _ => ("\\".into(), after),
        },
        "href" | "textcolor" | "hyperlink" => {
            match argument().and_then(|(_, after)| group(after, LONGEST_FORMULA)) {
                Some((shown, after)) => (readable(shown), after),
                None => ("\\".to_owned() + name, after),
            }
        }
        "cite" | "citep" | "citet" | "footnote" | "label" | "ref" => match argument() {
            Some((_, after)) => (String::new(), after),
            None => ("\\".to_owned() + name, after),
        },
        "eg" => ("e.g.".into(), after),
        "ie" => ("i.e.".into(), after),
        "etal" => ("et al.".into(), after),
        name => match argument() {
            Some((shown, after)) if !matches!(name, "begin" | "end") => (readable(shown), after),
            _ => (sign(name).map_or_else(|| format!("\\{name}"), str::to_owned), after),
        },
    }
}

/// What a formula prints, in one line of characters.
fn mathematics(tex: &str, depth: usize) -> String {
    if depth > DEEPEST {
        return tex.to_owned();
    }
    let mut out = String::new();
    let mut rest = tex;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '{' | '}' | '$' => {}
            '~' => out.push(' '),
            '^' | '_' => {
                let (index, after) = operand(rest, depth);
                out.push_str(&placed(c, index.trim()));
                rest = after;
            }
            '\\' => {
                let (name, after) = command(rest);
                let (printed, after) = named(name, after, depth);
                out.push_str(&printed);
                rest = after;
            }
            c => out.push(c),
        }
    }
    out
}

/// What a command of mathematics prints, and what follows.
fn named<'a>(name: &str, after: &'a str, depth: usize) -> (String, &'a str) {
    match name {
        "frac" | "dfrac" | "tfrac" => {
            let (above, after) = operand(after, depth);
            let (below, after) = operand(after, depth);
            (format!("{}/{}", bracketed(above), bracketed(below)), after)
        }
        "sqrt" => {
            let (under, after) = operand(after, depth);
            (format!("√{}", bracketed(under)), after)
        }
        "left" | "right" | "big" | "Big" | "bigl" | "bigr" | "displaystyle" | "limits" => {
            (String::new(), after)
        }
        "" => match after.chars().next() {
            Some(space @ (',' | ';' | ':' | ' ' | '!')) => {
                (if space == '!' { "" } else { " " }.into(), &after[1..])
            }
            Some(sign) => (sign.to_string(), &after[sign.len_utf8()..]),
            None => (String::new(), after),
        },
        name => match (sign(name), after.starts_with('{')) {
            (Some(sign), _) => (sign.to_owned(), after),
            // `\mathcal{O}` and every look like it.
            (None, true) => operand(after, depth),
            // `\log n`, and what nobody knows.
            (None, false) => (name.to_owned(), after),
        },
    }
}

/// The name of a command whose backslash is taken, and what follows.
fn command(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len()))
}

/// What the group, the command or the character prints that a text begins with, and what follows.
fn operand(text: &str, depth: usize) -> (String, &str) {
    let text = text.trim_start();
    if let Some((inner, after)) = group(text, LONGEST_FORMULA) {
        return (mathematics(inner, depth + 1), after);
    }
    match text.chars().next() {
        Some('\\') if depth <= DEEPEST => {
            let (name, after) = command(&text[1..]);
            named(name, after, depth + 1)
        }
        Some(c) => (c.to_string(), &text[c.len_utf8()..]),
        None => (String::new(), text),
    }
}

fn sign(name: &str) -> Option<&'static str> {
    let tables: [&[(&str, &str)]; 2] = [&RELATIONS, &ARROWS];
    let found = tables.iter().flat_map(|table| table.iter()).find(|(known, _)| *known == name);
    found.map(|(_, printed)| *printed).or_else(|| printed(name))
}

/// An index or a power: in small characters where each has one, else after the sign that TeX has for it.
fn placed(place: char, text: &str) -> String {
    let small = |c: char| {
        let tables: &[(&str, &str)] = if place == '^' { &RAISED } else { &LOWERED };
        tables.iter().find_map(|(from, to)| {
            from.chars().zip(to.chars()).find(|(known, _)| *known == c).map(|(_, to)| to)
        })
    };
    match text.chars().map(small).collect::<Option<String>>() {
        Some(placed) => placed,
        None if text.chars().count() == 1 || text.chars().all(char::is_alphabetic) => {
            format!("{place}{text}")
        }
        None => format!("{place}({text})"),
    }
}

/// A part of a fraction, in brackets where it is more than one thing.
fn bracketed(text: String) -> String {
    if text.chars().all(char::is_alphanumeric) { text } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read_as_they_are_printed() {
        for (tex, read) in [
            ("Mask$^2$DiT: Dual", "Mask²DiT: Dual"),
            ("GSBAK$^K$: $top$-$K$ Attack", "GSBAK^K: top-K Attack"),
            ("Di$\\mathtt{[M]}$O", "Di[M]O"),
            ("the $\\ell_1$ norm", "the ℓ₁ norm"),
            ("X$^{2}$-Gaussian, H$^{\\mathbf{3}}$DP", "X²-Gaussian, H³DP"),
            ("$\\mathcal{O}(T)$ and $\\text{R}^2\\text{ec}$", "O(T) and R²ec"),
            ("360$^\\circ$ Scenes ($\\times$4)", "360° Scenes (×4)"),
            ("LLM$\\times$MapReduce", "LLM×MapReduce"),
            ("$\\textit{Agents Under Siege}$: x", "Agents Under Siege: x"),
            ("\\textit{Rule}sual, 5\\% \\& more, a\\_b", "Rulesual, 5% & more, a_b"),
            ("via $\\mathbf{\\texttt{D}}$ual", "via Dual"),
            ("see \\href{https://a.b/c_d}{our code} \\cite{x}.", "see our code ."),
            ("$\\frac{1}{n+1}$, $\\sqrt{d}$, $2^{10}$, $x_{ij}$, $e^{-x}$", "1/(n+1), √d, 2¹⁰, xᵢⱼ, e^(-x)"),
            ("$O(n \\log n)$, $10^{-3}$, $\\alpha \\to \\infty$", "O(n log n), 10⁻³, α → ∞"),
            ("It costs $5 and $6, not \\$7.", "It costs $5 and $6, not $7."),
            ("\\(x^2\\) and $$y$$", "x² and y"),
            ("Poincar\\'e", "Poincaré"),
            ("C:\\new {braces} stay_as_they ^are~10%", "C:\\new {braces} stay_as_they ^are~10%"),
        ] {
            assert_eq!(readable(tex), read, "{tex}");
        }
    }

    /// Titles come from anywhere: nothing breaks, and nothing grows without end.
    #[test]
    fn whatever_is_written_is_read_in_the_end() {
        let pieces = [
            "$", "\\", "{", "}", "^", "_", "\\frac", "\\text", "\\href", "a", " ", "é", "\\(", "\\)", "\\,",
            "$$", "확",
        ];
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = crate::random::mix(seed);
                text.push_str(pieces[(seed % pieces.len() as u64) as usize]);
            }
            let read = readable(&text);
            assert!(read.len() <= 3 * text.len() + 9, "{text}: {read}");
        }
        let deep =
            format!("$ {}x{} $", "^{".repeat(5_000), "}".repeat(5_000)).replace("$ ", "$").replace(" $", "$");
        assert!(readable(&deep).len() <= 3 * deep.len());
        assert!(readable(&"\\text{".repeat(2_000)).len() <= 20_000);
    }
}
