//! Cuts text into words, the way papers write them.
//!
//! Deterministic and one pass: LaTeX markup falls away (`$\beta$-VAE` and `β-VAE` are the same
//! two words), Korean and Latin letters part where they meet (`GPT를` is `gpt` and `를`), and a
//! word of capitals is offered both ways, since `RAG` is not a rag.

use crate::paper::{is_cjk, is_hangul};

/// One thing that [`words`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// Letters and digits in lower case. `capitals` is the singular in capitals where the text
    /// has an acronym: `LLMs` is `llm` and `LLM`.
    Word {
        /// The word in lower case.
        lower: &'a str,
        /// The same in capitals if it was written so.
        capitals: Option<&'a str>,
    },
    /// A run of Korean syllables, particles and all.
    Korean(&'a str),
    /// The end of a phrase: punctuation other than a hyphen, or a line's end.
    Break,
}

/// Commands that only change how a formula or a word looks.
const MARKUP: [&str; 16] = [
    "bf", "big", "em", "emph", "it", "left", "mathbb", "mathbf", "mathcal", "mathrm", "right", "rm", "text",
    "textbf", "textit", "texttt",
];

const GREEK: [(char, &str); 24] = [
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('ο', "omicron"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
];

/// The word that is being read.
#[derive(Default)]
struct Word {
    lower: String,
    capitals: String,
    n_upper: usize,
    /// Small letters; an acronym may have one, the `s` at its end.
    n_small: usize,
    korean: bool,
    /// Whether it is Chinese, Japanese or Korean: `BERT模型` is two words.
    signs: bool,
    digits_only: bool,
}

impl Word {
    fn push(&mut self, c: char, emit: &mut impl FnMut(Found<'_>)) {
        let (korean, signs) = (is_hangul(c), is_cjk(c));
        if (korean, signs) != (self.korean, self.signs) {
            self.end(emit);
            (self.korean, self.signs) = (korean, signs);
        }
        if self.lower.is_empty() {
            self.digits_only = true;
        }
        self.digits_only &= c.is_ascii_digit();
        if c.is_ascii() {
            self.n_upper += usize::from(c.is_ascii_uppercase());
            self.n_small += usize::from(c.is_ascii_lowercase());
            self.lower.push(c.to_ascii_lowercase());
        } else if let Some((_, name)) = GREEK.iter().find(|(letter, _)| *letter == c) {
            self.n_small += 2;
            self.lower.push_str(name);
        } else {
            self.n_small += 2;
            self.lower.extend(c.to_lowercase());
        }
    }

    fn end(&mut self, emit: &mut impl FnMut(Found<'_>)) {
        if self.korean {
            if !self.lower.is_empty() {
                emit(Found::Korean(&self.lower));
            }
        } else if !self.lower.is_empty() && !self.digits_only {
            let plural = self.n_small == 1 && self.lower.ends_with('s');
            if self.n_upper >= 2 && (self.n_small == 0 || plural) {
                let singular = if plural { &self.lower[..self.lower.len() - 1] } else { &self.lower };
                self.capitals.clear();
                self.capitals.push_str(singular);
                self.capitals.make_ascii_uppercase();
                emit(Found::Word { lower: singular, capitals: Some(&self.capitals) });
            } else {
                emit(Found::Word { lower: &self.lower, capitals: None });
            }
        }
        self.lower.clear();
        self.n_upper = 0;
        self.n_small = 0;
        (self.korean, self.signs) = (false, false);
    }
}

/// Calls `emit` with each word of `text` in order. Numbers alone are left out.
pub fn words(text: &str, mut emit: impl FnMut(Found<'_>)) {
    let mut word = Word::default();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let command = rest.as_str();
                let length = command.bytes().take_while(u8::is_ascii_alphabetic).count();
                if length == 0 {
                    // An accent, as in Schr\"odinger, or an escaped sign: the word goes on.
                    rest.next();
                } else {
                    word.end(&mut emit);
                    if MARKUP.contains(&&command[..length]) {
                        rest = command[length..].chars();
                    }
                }
            }
            '{' | '}' => {}
            c if c.is_alphanumeric() => word.push(c, &mut emit),
            _ => {
                word.end(&mut emit);
                if !matches!(c, ' ' | '-' | '$' | '_' | '^' | '\n' | '\r' | '\t' | '\u{a0}') {
                    emit(Found::Break);
                }
            }
        }
    }
    word.end(&mut emit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut out = Vec::new();
        words(text, |found| {
            out.push(match found {
                Found::Word { lower, capitals: None } => lower.to_owned(),
                Found::Word { lower, capitals: Some(capitals) } => format!("{lower}={capitals}"),
                Found::Korean(run) => format!("<{run}>"),
                Found::Break => "|".to_owned(),
            });
        });
        out.join(" ")
    }

    #[test]
    fn papers_write_words_in_many_ways() {
        assert_eq!(read("Low-rank LLMs, in 2024"), "low rank llm=LLM | in");
        assert_eq!(read(r"$\beta$-VAE and β-VAE"), "beta vae=VAE and beta vae=VAE");
        assert_eq!(read(r#"Schr\"odinger {\em et al.} $\mathcal{O}(n)$"#), "schrodinger et al | o | n |");
        assert_eq!(read("GPT-4를 3D로 확장"), "gpt=GPT <를> 3d <로> <확장>");
        assert_eq!(read("BERT模型 нейронные"), "bert=BERT 模型 нейронные");
        assert_eq!(read("ViT-B/16 wAs"), "vit b | was");
    }

    #[test]
    fn odd_input_is_no_trouble() {
        for text in ["", "\\", "\\\\", "{}{}", "\u{0}", "ㅋㅋ\\", "İ", "a\u{301}"] {
            words(text, |_| {});
        }
    }
}
