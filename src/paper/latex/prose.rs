//! A field of BibTeX as a reader of the printed page sees it.

use super::composed;
use super::tables::{GREEK, LETTERS, LOOKS, MARKS, SIGNS, SILENT, sign_mark};

/// The longest argument of an accent; a longer one is a text, and what stands before it no accent.
const LONGEST_ACCENTED: usize = 24;

/// The longest formula that is looked for.
pub(super) const LONGEST_FORMULA: usize = 4_000;

/// What TeX prints: accents and signs as characters, quotes and dashes as printers set them, simple markup
/// and grouping braces undone. Formulas stay as they were written, and so does a `$` that begins none.
pub(crate) fn plain(tex: &str) -> String {
    Printer { rest: tex, out: String::with_capacity(tex.len()), open: Vec::new(), closer: "", quoted: false }
        .print()
}

/// An address or an identifier, of which TeX needs some signs escaped.
pub(crate) fn verbatim(tex: &str) -> String {
    let bare =
        tex.replace("\\url", "").replace(['{', '}'], "").replace("\\~", "~").replace("\\textasciitilde", "~");
    let escapes = ["_", "%", "&", "#", "$"];
    escapes.iter().fold(bare, |text, sign| text.replace(&format!("\\{sign}"), sign)).trim().to_owned()
}

struct Printer<'a> {
    rest: &'a str,
    out: String,
    /// What is printed where each open group ends.
    open: Vec<&'static str>,
    /// The same for the group that begins next.
    closer: &'static str,
    /// Whether a single quotation mark is open.
    quoted: bool,
}

impl<'a> Printer<'a> {
    fn print(mut self) -> String {
        while let Some(c) = self.rest.chars().next() {
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                '{' => self.open.push(std::mem::take(&mut self.closer)),
                '}' => self.out.push_str(self.open.pop().unwrap_or_default()),
                '\\' => self.command(),
                '$' => self.formula(),
                '~' => self.out.push(' '),
                '`' if self.take("`") => self.out.push('“'),
                '`' => {
                    self.quoted = true;
                    self.out.push('‘');
                }
                '\'' if self.take("'") => self.out.push('”'),
                // Elsewhere it is an apostrophe.
                '\'' if std::mem::take(&mut self.quoted) => self.out.push('’'),
                '-' if self.take("--") => self.out.push('—'),
                '-' if self.take("-") => self.out.push('–'),
                c => self.out.push(c),
            }
        }
        self.out
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A `$`, and the formula behind it. As in Markdown, no formula begins or ends with a space: a stray `$`
    /// is a price.
    fn formula(&mut self) {
        self.out.push('$');
        let display = self.rest.strip_prefix('$').is_some();
        let inner = &self.rest[usize::from(display)..];
        let escaped = |at: usize| inner[..at].ends_with('\\');
        let mut near = inner.len().min(LONGEST_FORMULA);
        while !inner.is_char_boundary(near) {
            near -= 1;
        }
        let Some(end) = inner[..near].match_indices('$').map(|(at, _)| at).find(|&at| !escaped(at)) else {
            return;
        };
        let formula = &inner[..end];
        if formula.trim() != formula || formula.is_empty() {
            return;
        }
        let length = usize::from(display) + end + 1;
        self.out.push_str(&self.rest[..length]);
        self.rest = &self.rest[length..];
    }

    /// What follows a backslash.
    fn command(&mut self) {
        let length = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        if length == 0 {
            return self.sign();
        }
        let (name, after) = self.rest.split_at(length);
        let spaced = after.trim_start_matches([' ', '\t', '\n']);
        if let Some((_, mark)) = MARKS.iter().find(|(known, _)| *known == name)
            && let Some((accented, after)) = accented(*mark, after)
        {
            self.out.push_str(&accented);
            self.rest = after;
        } else if let Some(printed) = printed(name) {
            self.out.push_str(printed);
            // `\o{}` and `\o rgensen`: what ends the name is not printed.
            self.rest = spaced.strip_prefix("{}").unwrap_or(spaced);
        } else if LOOKS.contains(&name) {
            self.rest = spaced;
        } else if SILENT.contains(&name) {
            self.rest = group(spaced, LONGEST_FORMULA).map_or(spaced, |(_, after)| after);
        } else if matches!(name, "enquote" | "mkbibquote") && spaced.starts_with('{') {
            self.out.push('“');
            self.closer = "”";
            self.rest = spaced;
        } else if name == "ensuremath"
            && let Some((formula, after)) = group(spaced, LONGEST_FORMULA)
        {
            self.out.push_str(&format!("${formula}$"));
            self.rest = after;
        } else if spaced.starts_with('{') {
            // Of a command that nobody knows, the argument is what can be read.
            self.rest = spaced;
        } else {
            self.out.push('\\');
            self.out.push_str(name);
            self.rest = after;
        }
    }

    /// A backslash before a sign: an accent, a space, or the sign itself.
    fn sign(&mut self) {
        let Some(sign) = self.rest.chars().next() else { return self.out.push('\\') };
        let after = &self.rest[sign.len_utf8()..];
        if let Some(mark) = sign_mark(sign)
            && let Some((accented, after)) = accented(mark, after)
        {
            self.out.push_str(&accented);
            self.rest = after;
            return;
        }
        match sign {
            '(' | '[' | ')' | ']' => {
                self.out.push('\\');
                self.out.push(sign);
            }
            '\\' | ' ' | ',' | ';' | ':' | '\n' => self.out.push(' '),
            // A long mark that stands on nothing is not printed.
            '!' | '-' | '/' | '@' | '=' => {}
            // `\~{}` and `\^{}` are the signs.
            sign => self.out.push(sign),
        }
        self.rest = after;
    }
}

/// The sign or letter that a command prints.
pub(super) fn printed(name: &str) -> Option<&'static str> {
    let tables: [&[(&str, &str)]; 3] = [&LETTERS, &SIGNS, &GREEK];
    tables
        .iter()
        .flat_map(|table| table.iter())
        .find(|(known, _)| *known == name)
        .map(|(_, printed)| *printed)
}

/// The accent's argument with its mark, and what follows; `None` where it stands on nothing.
fn accented(mark: char, text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches(' ');
    let (base, after) = if text.starts_with('{') {
        let (inner, after) = group(text, LONGEST_ACCENTED)?;
        (plain(inner), after)
    } else if let Some(command) = text.strip_prefix('\\') {
        let length = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
        let after = &command[length..];
        let after = after.strip_prefix("{}").or(after.strip_prefix(' ')).unwrap_or(after);
        (printed(&command[..length])?.to_owned(), after)
    } else {
        let base = text.chars().next().filter(|c| c.is_alphanumeric())?;
        (base.to_string(), &text[base.len_utf8()..])
    };
    let mut letters = base.chars();
    let first = match letters.next()? {
        'ı' => 'i',
        'ȷ' => 'j',
        first => first,
    };
    Some((composed(first, mark) + letters.as_str(), after))
}

/// The group of at most `longest` bytes that a text begins with, without its braces, and what follows it.
pub(super) fn group(text: &str, longest: usize) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(longest + 2) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then(|| (&text[1..at], &text[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{plain, verbatim};

    #[test]
    fn what_is_printed() {
        for (tex, text) in [
            (
                r#"Mart{\'\i}nez, Beno{\^\i}t, Na{\"\i}m, M{\'{\i}}lagro, \'{I}"#,
                "Martínez, Benoît, Naïm, Mílagro, Í",
            ),
            (r"J\o{}rgensen, Troms{\o}, \O re, Stra\ss e", "Jørgensen, Tromsø, Øre, Straße"),
            (r"{\c{S}}tefan, \textcommabelow{t}, \k a, \v{\i}, \'{\ae}", "Ştefan, ț, ą, ǐ, ǽ"),
            (r"of {{Bose}}\textendash{{Einstein}} Gases", "of Bose–Einstein Gases"),
            (
                r"\emph{E. coli} in H\textsubscript{2}O: a {\it new} ``look'' with \textsc{Khoros}",
                "E. coli in H2O: a new “look” with Khoros",
            ),
            (r"{\em A} and {\bfseries B}, \enquote{C \emph{d}} e", "A and B, “C d” e"),
            (r"R\&D at 5\% -- or --- more~so: \$3, a\_b", "R&D at 5% – or — more so: $3, a_b"),
            (
                r"$\alpha_{1}$-rings and {$\dot{x}$}, {\alpha} rays",
                r"$\alpha_{1}$-rings and $\dot{x}$, α rays",
            ),
            ("Cu$ cells at US$5 per unit, so $3 less", "Cu$ cells at US$5 per unit, so $3 less"),
            (r"\href{https://example.org}{the page}, {\noopsort{1973b}}1981", "the page, 1981"),
            (r"by \cite{roy}, \unknown{words}, \nothing at all\", r"by roy, words, \nothing at all\"),
            (r"it's \~{}x \^{} `one'", "it's ~x ^ ‘one’"),
        ] {
            assert_eq!(plain(tex), text, "{tex}");
        }
        assert_eq!(verbatim(r"{https://doi.org/10.1000/a\_b}"), "https://doi.org/10.1000/a_b");
        assert_eq!(plain(&r"\'{".repeat(100_000)).chars().count(), 100_000, "and no stack is used up");
    }
}
