//! Whether an answer is a summary of its paper, as far as can be seen without reading it.

use std::fmt;

use super::names::{bare, is_spoken_of, names};
use super::numbers::{Values, numbers};
use crate::config::{SummaryStyle, language};
use crate::paper::{Paper, is_cjk, is_hangul};
use crate::store::Recipe;

/// More points than these are no summary; fewer, none of a paper.
const POINTS: std::ops::RangeInclusive<usize> = 3..=7;
/// The longest point or sentence, in characters, and the shortest.
const LONGEST: usize = 500;
const SHORTEST: usize = 8;
/// This share of letters is of the language's own script at least; technical Korean is full of English terms.
const OWN_SCRIPT: f64 = 0.25;
/// In a language that is written in Latin letters, this share of them at least.
const LATIN: f64 = 0.8;
/// Of an English summary's longer words, this share stands in the paper at least: what shares nothing is about
/// something else, such as why the model would rather not answer.
const SHARED: f64 = 0.3;

/// Why an answer is not kept, as the model is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It has another number of points.
    Points(usize),
    /// A point is too long or too short, in characters.
    Length(usize),
    /// It is in another language.
    Language(String),
    /// A number that the paper does not have.
    Number(String),
    /// A name that the paper does not have.
    Name(String),
    /// An address or markup.
    Markup,
    /// Words of another subject.
    Subject,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(n) => {
                write!(f, "it has {n} points, but {} to {} were asked for", POINTS.start(), POINTS.end())
            }
            Self::Length(n) => {
                write!(f, "a point has {n} characters, but {SHORTEST} to {LONGEST} are taken")
            }
            Self::Language(name) => write!(f, "it is not in {name}"),
            Self::Number(number) => write!(f, "the number {number} does not stand in the paper"),
            Self::Name(name) => write!(f, "the name {name} does not stand in the paper"),
            Self::Markup => f.write_str("it holds a link or markup"),
            Self::Subject => f.write_str("it is not about the paper"),
        }
    }
}

/// The points of an answer, a line each, if it is a summary of the paper as far as can be seen.
///
/// # Errors
/// What is wrong with it.
pub fn check(answer: &str, recipe: &Recipe, paper: &Paper) -> Result<String, Wrong> {
    let points = points(answer, recipe.style);
    let n_expected = match recipe.style {
        SummaryStyle::Bullets => POINTS,
        SummaryStyle::Sentence => 1..=1,
    };
    if !n_expected.contains(&points.len()) {
        return Err(Wrong::Points(points.len()));
    }
    let length = |point: &&String| point.chars().count();
    if let Some(n) = points.iter().map(|point| length(&point)).find(|n| !(SHORTEST..=LONGEST).contains(n)) {
        return Err(Wrong::Length(n));
    }
    let text = points.join("\n");
    if has_markup(&text) {
        return Err(Wrong::Markup);
    }
    if !is_in(&recipe.language, &text) {
        return Err(Wrong::Language(language(&recipe.language).unwrap_or("that language").to_owned()));
    }
    let source = format!("{}\n{}", paper.title, paper.abstract_text);
    let values = Values::of(&source);
    if let Some(number) = numbers(&text).into_iter().find(|number| !values.hold(number)) {
        return Err(Wrong::Number(number.written));
    }
    let bare_source = bare(&source);
    let lower = source.to_lowercase();
    let words: Vec<String> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect();
    if let Some(name) = names(&text).into_iter().find(|name| !is_spoken_of(name, &bare_source, &words)) {
        return Err(Wrong::Name(name.to_owned()));
    }
    if recipe.language == "en" && !shares_words(&text, &words) {
        return Err(Wrong::Subject);
    }
    Ok(text)
}

/// The points of an answer without their marks; of a sentence, all of it on one line.
fn points(answer: &str, style: SummaryStyle) -> Vec<String> {
    let clean = |line: &str| -> String {
        let shown = line.chars().filter(|c| !is_hidden(*c)).map(|c| if c.is_whitespace() { ' ' } else { c });
        shown.collect::<String>().split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let lines = answer.lines().map(clean).filter(|line| !line.is_empty());
    match style {
        SummaryStyle::Sentence => {
            let text = lines.collect::<Vec<_>>().join(" ");
            vec![unmarked(&text).to_owned()]
        }
        SummaryStyle::Bullets => {
            lines.map(|line| unmarked(&line).to_owned()).filter(|line| !line.is_empty()).collect()
        }
    }
}

/// What is not seen and may turn the text around: control characters, and those that set its direction.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A line without the mark of a list before it.
fn unmarked(line: &str) -> &str {
    let line = line.trim();
    let rest = line.strip_prefix(['-', '*', '•', '·', '–']).map(str::trim_start);
    let numbered = || {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let n_digits = line.len() - rest.len();
        (1..=2).contains(&n_digits).then(|| rest.strip_prefix(['.', ')'])?.strip_prefix(' ')).flatten()
    };
    rest.or_else(numbered).unwrap_or(line).trim()
}

fn has_markup(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["://", "www.", "](", "```", "<script", "</", "&lt;", "**", "<a ", "<img"]
        .iter()
        .any(|mark| lower.contains(mark))
}

/// Whether a text is in a language, as its script tells.
fn is_in(code: &str, text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    let share = |of: &dyn Fn(char) -> bool| {
        letters.iter().filter(|c| of(**c)).count() as f64 / letters.len().max(1) as f64
    };
    let kana = |c| matches!(c, 'ぁ'..='ヿ');
    match code {
        "ko" => share(&is_hangul) >= OWN_SCRIPT,
        "ja" => share(&kana) >= OWN_SCRIPT / 2.0 && share(&is_hangul) == 0.0,
        "zh" => {
            share(&|c| is_cjk(c) && !is_hangul(c) && !kana(c)) >= OWN_SCRIPT
                && share(&kana) < 0.02
                && share(&is_hangul) == 0.0
        }
        "ru" => share(&|c| matches!(c, 'Ѐ'..='ӿ')) >= OWN_SCRIPT,
        "ar" => share(&|c| matches!(c, '\u{600}'..='\u{6ff}')) >= OWN_SCRIPT,
        "hi" => share(&|c| matches!(c, '\u{900}'..='\u{97f}')) >= OWN_SCRIPT,
        _ => share(&|c| matches!(c, 'a'..='z' | 'A'..='Z' | 'À'..='ỹ')) >= LATIN,
    }
}

fn shares_words(text: &str, source: &[String]) -> bool {
    let lower = text.to_lowercase();
    let longer: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 4).collect();
    let stem = |word: &str| word.chars().take(5).collect::<String>();
    let known =
        longer.iter().filter(|word| source.iter().any(|other| other.starts_with(&stem(word)))).count();
    known as f64 >= SHARED * longer.len() as f64 && known > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    fn paper() -> Paper {
        let mut paper = Paper::new(PaperId::parse("2404.15653").unwrap().0, "CatLIP: fast pre-training");
        paper.abstract_text = "Contrastive learning aligns images and texts, at a high cost. We cast it as \
            classification of 1.3B pairs, which is 2.7 times faster than CLIP on ImageNet."
            .into();
        paper
    }

    fn recipe(language: &str, style: SummaryStyle) -> Recipe {
        Recipe { language: language.into(), style, model: "m".into(), prompt: "p".into() }
    }

    const KOREAN: &str = "- 대조 학습(contrastive learning)은 이미지와 텍스트를 정렬하지만 비용이 큽니다.\n\
        - 13억 쌍의 분류 문제로 바꿉니다.\n* CLIP보다 2.7배 빠릅니다.";

    #[test]
    fn a_good_summary_loses_its_marks_and_nothing_else() {
        let kept = check(KOREAN, &recipe("ko", SummaryStyle::Bullets), &paper()).unwrap();
        assert_eq!(kept.lines().count(), 3);
        assert!(kept.starts_with("대조 학습") && kept.ends_with("CLIP보다 2.7배 빠릅니다."), "{kept}");
        let sentence = "Casting contrastive learning as classification is 2.7 times faster than CLIP.";
        assert_eq!(check(sentence, &recipe("en", SummaryStyle::Sentence), &paper()).unwrap(), sentence);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let korean =
            |answer: &str| check(answer, &recipe("ko", SummaryStyle::Bullets), &paper()).unwrap_err();
        let add = |line: &str| korean(&format!("{KOREAN}\n- {line}"));
        assert_eq!(add("정확도는 93.1 % 입니다."), Wrong::Number("93.1".into()));
        assert_eq!(add("GPT-4o보다 뛰어난 결과를 보입니다."), Wrong::Number("4".into()));
        assert_eq!(add("Gemini보다 뛰어난 결과를 보입니다."), Wrong::Name("Gemini".into()));
        assert_eq!(add("코드는 [여기](x) 에 있습니다."), Wrong::Markup);
        assert_eq!(korean("- 하나입니다만 깁니다."), Wrong::Points(1));
        assert_eq!(add(&"가".repeat(501)), Wrong::Length(501));
        let english = "- It aligns images and texts.\n- It is 2.7 times faster.\n- It classifies pairs.";
        assert_eq!(korean(english), Wrong::Language("Korean".into()));
        let refusal = "I'm sorry, but requests about certain subjects cannot be answered here.";
        assert_eq!(check(refusal, &recipe("en", SummaryStyle::Sentence), &paper()), Err(Wrong::Subject));
        let japanese =
            "- 対照学習を分類に変えます。\n- それは速いですよ。とても速い。\n- とても良い方法です。";
        assert!(matches!(korean(japanese), Wrong::Language(_)));
    }

    #[test]
    fn nothing_hidden_is_kept() {
        let answer = KOREAN.replace("빠릅니다", "빠\u{202e}릅\u{1b}니\u{200b}다");
        let kept = check(&answer, &recipe("ko", SummaryStyle::Bullets), &paper()).unwrap();
        assert!(kept.ends_with("빠릅니다."), "{kept:?}");
    }
}
