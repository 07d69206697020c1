//! A text sentence by sentence.

/// What ends with a full stop and no sentence does.
const SHORTENED: [&str; 18] = [
    "al", "approx", "cf", "dr", "eq", "eqs", "etc", "fig", "figs", "i.e", "e.g", "mr", "no", "prof", "resp",
    "sec", "vs", "w.r.t",
];

/// The sentences of a text on one line, none of them empty; together they are the text, but for the spaces between them.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut begin = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let after = &text[end..];
        let ends = match c {
            '。' | '！' | '？' => true,
            '.' | '!' | '?' => after.starts_with(' ') && ends_here(&text[begin..at], c, after.trim_start()),
            _ => false,
        };
        if ends {
            found.push(text[begin..end].trim());
            begin = end;
        }
    }
    found.push(text[begin..].trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Whether a sign after a space ends the sentence that it stands in.
fn ends_here(before: &str, sign: char, next: &str) -> bool {
    let is_begin = |c: char| !c.is_lowercase() && !matches!(c, ',' | ';' | ')' | ']');
    if !next.starts_with(is_begin) || inside_formula(before) {
        return false;
    }
    let word =
        before.rsplit(char::is_whitespace).next().unwrap_or_default().trim_start_matches(['(', '[', '"']);
    // `J. Doe`, but not `of type A. We`: a letter that stands alone is an initial after a capitalised word only.
    let is_initial =
        word.chars().count() == 1 && word.starts_with(char::is_uppercase) && begins_a_name(before);
    sign != '.' || !(is_initial || SHORTENED.contains(&word.to_lowercase().as_str()))
}

/// Whether what stands before an initial is another name or a title, or nothing.
fn begins_a_name(before: &str) -> bool {
    let mut words = before.split_whitespace().rev().skip(1);
    words.next().is_none_or(|word| matches!(word, "by" | "of" | "and" | "Dr." | "Prof."))
}

/// Whether a formula that was begun is still open.
fn inside_formula(text: &str) -> bool {
    text.bytes().filter(|&b| b == b'$').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_readers_end_them() {
        for (text, n) in [
            ("We propose A. It is fast! Is it? Yes.", 4),
            (
                "Following Vaswani et al. We train 3.5 B parameters, e.g. GPT-4, vs. BERT (cf. Fig. 3). Done.",
                2,
            ),
            ("It gains 2.1 points. 12 tasks improve.", 2),
            ("Code: https://example.org/a.b. We release it.", 2),
            ("$f(x) = 1. Y$ holds. We show it.", 2),
            ("모델을 제안합니다. 성능이 좋습니다.", 2),
            ("我们提出一种方法。它很快。", 2),
            ("no end", 1),
            ("", 0),
            ("...", 1),
            ("The method of J. Doe. Next.", 2),
        ] {
            let found = sentences(text);
            assert_eq!(found.len(), n, "{found:?}");
            let bare = |text: &str| text.replace(' ', "");
            assert_eq!(bare(&found.concat()), bare(text));
        }
    }
}
