//! Reads which files a file of Rust names, well enough for this crate: `use` trees, paths in bodies,
//! re-exports, `super`, inline modules. Comments, literals and tests are left out.
//!
//! Knows nothing about macros by example and names that only a type checker finds (methods).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The files of a crate as modules. The binary's own modules stand beside the library's: no name is in
/// both.
pub struct Modules {
    files: Vec<File>,
    /// Module paths, such as `store::schema`, to files.
    by_module: BTreeMap<Vec<String>, usize>,
    crates: BTreeSet<String>,
}

/// A file of the crate.
pub struct File {
    /// Its path within `src`.
    pub path: String,
    module: Vec<String>,
    uses: Vec<Use>,
    /// Paths of two names or more outside `use` lines, with the inline module that they stand in.
    paths: Vec<(Vec<String>, Vec<String>)>,
    /// Names that stand alone.
    alone: BTreeSet<String>,
    /// Functions with their lengths in lines.
    pub functions: Vec<(String, usize)>,
}

/// A leaf of a `use` tree.
struct Use {
    module: Vec<String>,
    path: Vec<String>,
    name: String,
    is_public: bool,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The file that defines it.
    File(usize),
    /// A crate outside.
    Crate(String),
}

impl Modules {
    /// Reads files, given by their paths within `src` and their texts; `crates` are those outside.
    pub fn read(files: impl IntoIterator<Item = (String, String)>, crates: BTreeSet<String>) -> Self {
        let files: Vec<File> = files.into_iter().map(|(path, text)| File::read(path, &text)).collect();
        let by_module = files.iter().enumerate().map(|(i, file)| (file.module.clone(), i)).collect();
        Self { files, by_module, crates }
    }

    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// What a file names, other than itself.
    pub fn named_by(&self, file: usize) -> Vec<Target> {
        let here = &self.files[file];
        let mut found = Vec::new();
        for used in &here.uses {
            let target = self.resolve(file, &used.module, &used.path, 0);
            let is_facade = used.is_public
                && matches!(&target, Some(Target::File(to)) if self.is_below(*to, file))
                && !here.alone.contains(&used.name)
                && !here.paths.iter().any(|(_, path)| path[0] == used.name);
            // Passing a child's names on is no use of them.
            if !is_facade {
                found.extend(target);
            }
        }
        for (module, path) in &here.paths {
            found.extend(self.resolve(file, module, path, 0));
        }
        found.retain(|target| *target != Target::File(file));
        found
    }

    /// Whether a file lies in the folder of another one, which is its face: `mod.rs`, or `cache.rs` of
    /// `cache/`.
    fn is_below(&self, file: usize, above: usize) -> bool {
        let (file, above) = (&self.files[file].module, &self.files[above].module);
        file.len() > above.len() && file.starts_with(above)
    }

    /// The file or crate that defines what `path` names in an inline or own module of `file`.
    fn resolve(&self, file: usize, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        if depth > 20 {
            return None;
        }
        let mut at = module.to_vec();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" | "paperpick" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                let used = self.files[file].uses.iter().find(|used| used.name == first && used.path != path);
                if let Some(used) = used {
                    let whole = [&used.path[..], &rest[1..]].concat();
                    return self.resolve(file, &used.module, &whole, depth + 1);
                }
                let child = [&at[..], &[first.to_owned()]].concat();
                if !self.by_module.contains_key(&child) {
                    return self.crates.contains(first).then(|| Target::Crate(first.to_owned()));
                }
            }
        }
        while let Some((name, after)) = rest.split_first() {
            let child = [&at[..], std::slice::from_ref(name)].concat();
            if self.by_module.contains_key(&child) {
                at = child;
                rest = after;
                continue;
            }
            let owner = self.owner(&at)?;
            let passed_on = self.files[owner].uses.iter().find(|used| used.name == *name);
            return match passed_on {
                Some(used) if !(owner == file && used.path == path) => {
                    let whole = [&used.path[..], after].concat();
                    let module = used.module.clone();
                    self.resolve(owner, &module, &whole, depth + 1).or(Some(Target::File(owner)))
                }
                _ => Some(Target::File(owner)),
            };
        }
        self.owner(&at).map(Target::File)
    }

    /// The file that a module is in: its own, or that of the module around it.
    fn owner(&self, module: &[String]) -> Option<usize> {
        (0..=module.len()).rev().find_map(|n| self.by_module.get(&module[..n])).copied()
    }

    /// The groups of files of which each leads to all others by what it names, sorted. A file may name
    /// what the face of its own folder defines, as any item names the module around it.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let n = self.files.len();
        let files_named_by = |file: usize| -> BTreeSet<usize> {
            let targets = self.named_by(file).into_iter();
            targets.filter_map(|target| if let Target::File(to) = target { Some(to) } else { None }).collect()
        };
        let named: Vec<BTreeSet<usize>> = (0..n).map(files_named_by).collect();
        let mut reach = vec![BTreeSet::new(); n];
        for (from, reached) in reach.iter_mut().enumerate() {
            let mut open = vec![from];
            while let Some(at) = open.pop() {
                for &to in &named[at] {
                    if !self.is_below(at, to) && reached.insert(to) {
                        open.push(to);
                    }
                }
            }
        }
        let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
        for i in 0..n {
            let mut circle: Vec<String> = (0..n)
                .filter(|&j| reach[i].contains(&j) && reach[j].contains(&i))
                .map(|j| self.files[j].path.clone())
                .collect();
            circle.sort();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }
}

impl File {
    fn read(path: String, text: &str) -> Self {
        let inside = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let module: Vec<String> = match inside {
            "lib" => Vec::new(),
            _ => inside.split('/').map(str::to_owned).collect(),
        };
        let tokens = without_tests(tokens(&blanked(text)));
        let mut file = Self {
            path,
            module,
            uses: Vec::new(),
            paths: Vec::new(),
            alone: BTreeSet::new(),
            functions: Vec::new(),
        };
        file.read_names(&tokens);
        file.read_functions(&tokens);
        file
    }

    fn read_names(&mut self, tokens: &[Token]) {
        // Inline modules, each with the depth of braces at which it ends.
        let mut inline: Vec<(String, usize)> = Vec::new();
        let mut depth = 0;
        let mut i = 0;
        while i < tokens.len() {
            let word = tokens[i].text.as_str();
            let next = tokens.get(i + 1).map_or("", |token| token.text.as_str());
            let before = i.checked_sub(1).map_or("", |i| tokens[i].text.as_str());
            let mut module = self.module.clone();
            module.extend(inline.iter().map(|(name, _)| name.clone()));
            match word {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    inline.retain(|(_, end)| *end < depth);
                }
                "mod" if tokens.get(i + 2).is_some_and(|token| token.text == "{") => {
                    inline.push((next.to_owned(), depth));
                }
                "use" if next != "<" => {
                    let is_public = before == "pub" || before == ")";
                    let mut tree = Tree { tokens, at: i + 1, module, is_public, uses: &mut self.uses };
                    tree.read(&mut Vec::new());
                    i = tree.at;
                    continue;
                }
                _ if is_name(word) && before != "::" && before != "." => {
                    let mut path = vec![word.to_owned()];
                    while tokens.get(i + 1).is_some_and(|token| token.text == "::")
                        && tokens.get(i + 2).is_some_and(|token| is_name(&token.text))
                    {
                        path.push(tokens[i + 2].text.clone());
                        i += 2;
                    }
                    match path.len() {
                        1 => _ = self.alone.insert(path.remove(0)),
                        _ => self.paths.push((module, path)),
                    }
                }
                _ => {}
            }
            i += 1;
        }
    }

    fn read_functions(&mut self, tokens: &[Token]) {
        for (i, pair) in tokens.windows(2).enumerate() {
            if pair[0].text != "fn" || !is_name(&pair[1].text) {
                continue;
            }
            let ends = |token: &&Token| token.text == "{" || token.text == ";";
            let Some(open) = tokens[i..].iter().find(ends) else { continue };
            if open.text == ";" {
                continue;
            }
            let mut depth = 0;
            for token in tokens[i..].iter().skip_while(|token| !std::ptr::eq(*token, open)) {
                depth += match token.text.as_str() {
                    "{" => 1,
                    "}" => -1,
                    _ => 0,
                };
                if depth == 0 {
                    self.functions.push((pair[1].text.clone(), token.line - pair[0].line + 1));
                    break;
                }
            }
        }
    }
}

/// Reads one `use` tree.
struct Tree<'a> {
    tokens: &'a [Token],
    at: usize,
    module: Vec<String>,
    is_public: bool,
    uses: &'a mut Vec<Use>,
}

impl Tree<'_> {
    fn take(&mut self) -> &str {
        self.at += 1;
        self.tokens.get(self.at - 1).map_or(";", |token| &token.text)
    }

    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or(";", |token| &token.text)
    }

    /// Reads a branch that stands after `above`, up to the `,`, `}` or `;` behind it.
    fn read(&mut self, above: &mut Vec<String>) {
        let n_above = above.len();
        let mut name = None;
        loop {
            match self.take().to_owned().as_str() {
                "{" => {
                    while self.peek() != "}" && self.peek() != ";" {
                        self.read(above);
                        if self.peek() == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    above.truncate(n_above);
                    return;
                }
                "::" => {}
                "*" => name = Some("*".to_owned()),
                "as" => name = Some(self.take().to_owned()),
                "self" if above.len() > n_above || n_above > 0 => {}
                word => above.push(word.to_owned()),
            }
            if matches!(self.peek(), "," | "}" | ";") {
                break;
            }
        }
        if let Some(name) = name.or_else(|| above.last().cloned()) {
            let (module, path) = (self.module.clone(), above.clone());
            self.uses.push(Use { module, path, name, is_public: self.is_public });
        }
        above.truncate(n_above);
    }
}

struct Token {
    text: String,
    line: usize,
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            ':' if rest.starts_with("::") => 2,
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        line += usize::from(first == '\n');
        if !first.is_whitespace() {
            tokens.push(Token { text: rest[..length].to_owned(), line });
        }
        rest = &rest[length..];
    }
    tokens
}

/// Takes out what `#[cfg(test)]` stands before: up to the end of its braces, or its semicolon.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        kept.push(token);
        if !kept.iter().rev().zip(MARK.iter().rev()).all(|(token, mark)| token.text == *mark)
            || kept.len() < MARK.len()
        {
            continue;
        }
        kept.truncate(kept.len() - MARK.len());
        let mut depth = 0;
        for token in tokens.by_ref() {
            depth += match token.text.as_str() {
                "{" => 1,
                "}" => -1,
                _ => 0,
            };
            if depth == 0 && (token.text == "}" || token.text == ";") {
                break;
            }
        }
    }
    kept
}

/// The text with blanks for comments, strings and characters; lines stay where they are.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = literal(rest).filter(|_| !out.ends_with(word)) {
            length
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    out
}

/// The length of the string or character that a text begins with.
fn literal(text: &str) -> Option<usize> {
    let bare = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let prefix = text.len() - bare.len();
    if let Some(raw) = bare.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(prefix + 1 + hashes + 1 + body.find(&end)? + end.len());
    }
    let quote = bare.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let mut chars = bare.char_indices().skip(1).peekable();
    if quote == '\'' {
        // `'a` without a second mark is a lifetime.
        let (_, first) = *chars.peek()?;
        let second = bare.chars().nth(2);
        if first != '\\' && second != Some('\'') {
            return None;
        }
    }
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            _ if c == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    None
}

/// The crates that a manifest depends on, as code writes them.
pub fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
    let names = manifest["dependencies"].as_table().unwrap().keys();
    names.map(|name| name.replace('-', "_")).collect()
}

fn modules(files: &[(&str, &str)]) -> Modules {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Modules::read(files, BTreeSet::from(["outside".to_owned()]))
}

#[test]
fn every_way_to_name_a_file_is_seen() {
    for (way, text) in [
        ("a path from the root", "fn f() { crate::b::g(); }"),
        ("a module by `use`", "use crate::b; fn f() { b::g(); }"),
        ("a tree", "use crate::{c, b::{self, H}};"),
        ("the binary's name for the library", "use paperpick::b::g;"),
        ("a re-export of the root", "use crate::B;"),
        ("a re-export below", "use crate::c::B;"),
        ("a type", "fn f(_: &'static crate::b::H) {}"),
        ("beside it", "use super::b::g;"),
        ("an inline module", "mod inner { use super::super::b::g; }"),
    ] {
        let read = modules(&[
            ("a.rs", text),
            ("b.rs", "pub struct H;"),
            ("c/mod.rs", "pub use crate::b::H as B;"),
            ("lib.rs", "pub use b::H as B;"),
        ]);
        assert!(read.named_by(0).contains(&Target::File(1)), "{way}: {:?}", read.named_by(0));
    }
    for (way, text) in [
        ("a comment", "// crate::b::g"),
        ("a string", "const S: &str = \"\\\" crate::b::g\"; const R: &str = r#\"crate::b::g\"#;"),
        ("a test", "#[cfg(test)] mod tests { use crate::b::g; }"),
        ("a name of its own", "fn f() { b.g(); c::b::g(); }"),
    ] {
        let read = modules(&[("a.rs", text), ("b.rs", "")]);
        assert_eq!(read.named_by(0), [], "{way}");
    }
}

#[test]
fn crates_are_seen_by_path_and_by_use() {
    for text in ["use outside::X;", "fn f() { outside::x(); }", "fn f() { let x: &outside::X<'_>; }"] {
        assert_eq!(modules(&[("a.rs", text)]).named_by(0), [Target::Crate("outside".into())], "{text}");
    }
}

#[test]
fn circles_of_any_length_are_seen_and_passing_on_is_none() {
    let read = modules(&[
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "use crate::c::C;"),
        ("c.rs", "use crate::a::A;"),
        ("d/mod.rs", "mod e; pub use e::E; pub struct D;"),
        ("d/e.rs", "use super::D;"),
    ]);
    assert_eq!(read.circles(), [["a.rs", "b.rs", "c.rs"]]);
    let read = modules(&[
        ("a.rs", "fn f() { crate::d::D; }"),
        ("d/mod.rs", "mod e; pub use e::E; pub struct D(E);"),
        ("d/e.rs", "use crate::a::A; use super::D;"),
    ]);
    assert_eq!(read.circles(), [["a.rs", "d/e.rs", "d/mod.rs"]], "through the face of a folder");
}

#[test]
fn functions_are_measured_from_their_name_to_their_end() {
    let text = "trait T { fn none(); }\nfn long(\n) {\n if a { b }\n}\nfn short() {}";
    let read = modules(&[("a.rs", text)]);
    assert_eq!(read.files()[0].functions, [("long".to_owned(), 4), ("short".to_owned(), 1)]);
}
