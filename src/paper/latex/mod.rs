//! TeX accents to letters: names and titles reach us as `Andr\'e` and `Poincar\'{e}`.

mod prose;
mod readable;
mod tables;

use super::spelling::composed;

pub(crate) use prose::{plain, verbatim};
pub use readable::readable;
use tables::{LETTERS, MARKS, sign_mark};

/// Replaces TeX's accents and letters by the letters they print. Mathematics between `$` stays,
/// and so does every command that is not a letter.
pub(crate) fn decode(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (i, part) in text.split('$').enumerate() {
        if i > 0 {
            out.push('$');
        }
        // Every second part is mathematics, unless its closing `$` is missing.
        if i % 2 == 1 {
            out.push_str(part);
        } else {
            decode_prose(part, &mut out);
        }
    }
    out
}

fn decode_prose(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, command) = rest.split_at(at);
        match letter(&command[1..]) {
            Some((letter, after)) => {
                // `{\'e}`: the braces were there for TeX only.
                match (before.strip_suffix('{'), after.strip_prefix('}')) {
                    (Some(before), Some(after)) => {
                        out.push_str(before);
                        rest = after;
                    }
                    _ => {
                        out.push_str(before);
                        rest = after;
                    }
                }
                out.push_str(&letter);
            }
            None => {
                out.push_str(before);
                out.push('\\');
                rest = &command[1..];
            }
        }
    }
    out.push_str(rest);
}

/// The letter that a command without its backslash prints, and the text behind it.
fn letter(command: &str) -> Option<(String, &str)> {
    let name_end = command.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(command.len());
    let (name, after) = command.split_at(name_end);
    if name.is_empty() {
        let sign = command.chars().next()?;
        let (base, after) = base(&command[sign.len_utf8()..])?;
        return Some((composed(base, sign_mark(sign)?), after));
    }
    if let Some((_, printed)) = LETTERS.iter().find(|(command, _)| *command == name) {
        let after = after.strip_prefix("{}").unwrap_or_else(|| after.strip_prefix(' ').unwrap_or(after));
        return Some(((*printed).to_owned(), after));
    }
    let mark = MARKS.iter().find(|(command, _)| *command == name)?.1;
    // `\c{c}` and `\v s`; a command glued to its letter is another command.
    let (base, after) = base(if after.starts_with('{') { after } else { after.strip_prefix(' ')? })?;
    Some((composed(base, mark), after))
}

/// The letter that an accent stands on: `e`, `{e}`, `\i` or `{\i}`.
fn base(text: &str) -> Option<(char, &str)> {
    if let Some(inner) = text.strip_prefix('{') {
        let (base, after) = base(inner)?;
        return Some((base, after.strip_prefix('}')?));
    }
    if let Some(dotless) = text.strip_prefix("\\i").or_else(|| text.strip_prefix("\\j")) {
        let bare = !dotless.starts_with(|c: char| c.is_ascii_alphabetic());
        let after = dotless.strip_prefix("{}").unwrap_or(dotless);
        return bare.then_some((if text.starts_with("\\i") { 'i' } else { 'j' }, after));
    }
    let base = text.chars().next().filter(char::is_ascii_alphabetic)?;
    Some((base, &text[1..]))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn accents_become_letters() {
        for (tex, text) in [
            (r"Andr\'e", "André"),
            (r"Poincar\'{e}", "Poincaré"),
            (r#"G{\"o}del and G\"{o}del"#, "Gödel and Gödel"),
            (r"\c{C}elik, \v{S}koda, Ho\v s", "Çelik, Škoda, Hoš"),
            (r"Erd\H{o}s, Stanis{\l}aw, \L{}ukasz", "Erdős, Stanisław, Łukasz"),
            (r"Mart{\'\i}nez, D\'{\i}az", "Martínez, Díaz"),
            (r#"S{\o}ren \AA ngstr\"om"#, "Søren Ångström"),
            (r"l'\'Ecole Math\'ematiques", "l'École Mathématiques"),
        ] {
            assert_eq!(decode(tex), text);
        }
    }

    #[test]
    fn mathematics_and_other_commands_stay() {
        for text in
            [r"$\lambda$ and $\dot{x} \'e$", r"\textbf{bold} \cite{a} \vec x", r"50\% \", r"a \$5", "\\"]
        {
            assert_eq!(decode(text), text);
        }
    }
}
