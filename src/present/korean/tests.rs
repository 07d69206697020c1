use super::*;

/// The text of a source file, its strings as they are printed.
fn source(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    std::fs::read_to_string(path).unwrap()
}

/// All source files of the program, but for this room's catalogue and tests.
fn every_source() -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = walk(&root).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let files = files.filter(|path| !path.ends_with("present/korean/tests.rs"));
    let text: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    // A long string goes on behind a backslash at the end of a line.
    let parts: Vec<&str> = text.split("\\\n").collect();
    parts.iter().enumerate().map(|(i, part)| if i == 0 { part } else { part.trim_start() }).collect()
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// A message of the source with something in its holes.
fn filled(message: &str) -> String {
    let mut filled = String::new();
    let mut rest = message;
    while let Some((before, (_, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        filled.push_str(before);
        filled.push('7');
        rest = after;
    }
    filled + rest
}

#[test]
fn every_error_and_what_to_do_about_it_is_in_the_catalogue() {
    let text = source("error.rs");
    let messages = text.split("#[error(\"").skip(1).map(|rest| rest.split("\")]").next().unwrap());
    let messages: Vec<&str> = messages
        .map(|message| message.split("\", ").next().unwrap())
        // What stands for a text of somebody else.
        .filter(|message| !["{0}", "{what}", "{path}: {reason}", "{path}: {}"].contains(message))
        .collect();
    assert!(messages.len() > 25, "{messages:?}");
    let (_, hints) = text.split_once("pub fn hint(").unwrap();
    let (hints, _) = hints.split_once("\n    }\n").unwrap();
    let hints: Vec<&str> = hints.split('"').skip(1).step_by(2).collect();
    assert!(hints.len() > 20, "{hints:?}");
    let missing: Vec<&str> =
        messages.into_iter().chain(hints).filter(|message| in_korean(&filled(message)).is_none()).collect();
    assert!(missing.is_empty(), "no Korean for {missing:#?}");
}

#[test]
fn nothing_in_the_catalogue_is_said_by_nobody_and_both_sides_have_the_same_holes() {
    let sources = every_source();
    for (english, korean) in lines() {
        let names = |text: &'static str| {
            let holes = pieces(text).into_iter().filter_map(|piece| match piece {
                Piece::Hole { name, .. } => Some(name),
                Piece::Text(_) => None,
            });
            holes.collect::<std::collections::BTreeSet<_>>()
        };
        assert!(names(korean).is_subset(&names(english)), "{english}\n{korean}");
        let texts = pieces(english).into_iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Hole { .. } => None,
        });
        for text in texts {
            for word in text.split(['`', '"']).filter(|part| part.trim().len() > 3) {
                // Bands are padded where they are printed, and nouns get their number there.
                assert!(
                    sources.contains(word.trim().trim_matches([':', ';', ',', '.'])),
                    "nobody says `{text}` of `{english}`"
                );
            }
        }
    }
}

#[test]
fn what_is_said_keeps_its_names_and_numbers_and_what_is_not_ours_stays() {
    for (english, korean) in [
        ("2404.15653 is not in the library", "2404.15653은(는) 서재에 없습니다"),
        ("notes.md: there is no such file or folder", "notes.md: 그런 파일이나 폴더가 없습니다"),
        (
            "2024-04-25, 1,234 papers, by 5 likes and 1 dislike",
            "2024-04-25, 논문 1,234편, 좋아요 5개와 별로예요 1개 기준",
        ),
        (
            "   maybe · above 98 of 100 · 1 vote · Ann Bee, Cy Dee and 6 more",
            "   어쩌면 · 100편 중 98편보다 위 · 추천 1 · Ann Bee, Cy Dee 외 6명",
        ),
        (
            "above 97 of 100; near your like: Maybe; or not",
            "100편 중 97편보다 위; 좋아요한 논문과 비슷: Maybe; or not",
        ),
        ("9 entries: 7 added, 1 updated, 1 unchanged", "9건: 7 추가, 1 갱신, 1 변경 없음"),
    ] {
        assert_eq!(in_korean(english).as_deref(), Some(korean));
        assert_eq!(said(Language::En, english), english);
    }
    for title in [
        "CatLIP: CLIP-level Visual Recognition",
        "A note: on birds",
        "Scaling CLIP to 18 Billion Parameters",
        "Cats, dogs and more",
        "Attention is all you need",
        "",
    ] {
        assert_eq!(in_korean(title), None, "{title}");
    }
}
