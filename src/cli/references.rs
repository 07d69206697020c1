//! `export`: everything as lines of JSON, or papers as reference managers read them.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;
use clap::{Args, ValueEnum};
use paperpick::{Error, Paper};

use super::Outcome;
use super::keep;
use super::settings::Session;

/// Write everything but vectors as lines of JSON, which `import` reads back.
#[derive(Debug, Args)]
pub struct Export {
    /// Write the papers alone, for a reference manager
    #[arg(long = "as", value_name = "FORMAT")]
    form: Option<Form>,
    /// Only papers that you like
    #[arg(long, requires = "form")]
    likes: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    Bibtex,
    Ris,
}

impl Export {
    /// Writes them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let Some(form) = self.form else { return keep::export(session) };
        let app = session.open()?;
        let liked = app.likes(Some(paperpick::store::Rating::Like))?;
        let liked: BTreeSet<_> = liked.ratings.into_iter().map(|rated| rated.id).collect();
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let mut n = 0;
        app.export(|paper| {
            if self.likes && !liked.contains(&paper.id) {
                return Ok(());
            }
            n += 1;
            let text = match form {
                Form::Bibtex => bibtex(paper),
                Form::Ris => ris(paper),
            };
            out.write_all(text.as_bytes()).map_err(Error::io("stdout"))
        })?;
        out.flush()?;
        Ok(Outcome::of(n > 0))
    }
}

/// An entry of BibTeX. Its key is the identifier, in letters that every processor takes.
fn bibtex(paper: &Paper) -> String {
    let key: String =
        paper.id.as_str().chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let mut fields = vec![
        ("title", format!("{{{}}}", tex(&paper.title))),
        ("author", paper.authors.iter().map(|name| tex(name)).collect::<Vec<_>>().join(" and ")),
        ("year", year(paper)),
        ("date", paper.published.map(|day| day.to_string()).unwrap_or_default()),
    ];
    if paper.id.is_arxiv() {
        fields.push(("eprint", paper.id.to_string()));
        fields.push(("archivePrefix", "arXiv".into()));
        fields.push(("primaryClass", paper.categories.first().cloned().unwrap_or_default()));
    }
    fields.push(("journal", tex(paper.facts.get("journal").map_or("", String::as_str))));
    fields.push(("doi", doi(paper)));
    fields.push(("url", paper.id.url().unwrap_or_default()));
    fields.push(("abstract", tex(&paper.abstract_text)));
    let written = fields.iter().filter(|(_, value)| !value.is_empty() && value != "{}");
    let lines: Vec<String> = written.map(|(name, value)| format!("  {name} = {{{value}}}")).collect();
    format!("@misc{{{key},\n{}\n}}\n", lines.join(",\n"))
}

/// Text for TeX: signs that mean something to it are escaped outside of mathematics, and braces
/// that do not match are left out.
fn tex(text: &str) -> String {
    let mut depth = 0_i32;
    let balanced = text.chars().all(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth >= 0
    }) && depth == 0;
    let text: String = text.chars().filter(|c| balanced || !matches!(c, '{' | '}')).collect();
    let is_math = text.matches('$').count().is_multiple_of(2);
    let parts = text.split('$').enumerate().map(|(i, part)| {
        if i % 2 == 1 && is_math {
            return part.to_owned();
        }
        let mut escaped = String::with_capacity(part.len());
        for c in part.chars() {
            if matches!(c, '&' | '%' | '#') && !escaped.ends_with('\\') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        escaped
    });
    parts.collect::<Vec<_>>().join(if is_math { "$" } else { "\\$" })
}

/// The year of a paper, also where its day is not known.
fn year(paper: &Paper) -> String {
    let told = || paper.facts.get("year").cloned();
    let day = paper.published.or_else(|| paper.first_listed());
    told().or_else(|| Some(day?.year().to_string())).unwrap_or_default()
}

fn doi(paper: &Paper) -> String {
    let own = paper.id.as_str().strip_prefix("doi:").map(str::to_owned);
    own.or_else(|| paper.facts.get("doi").cloned()).unwrap_or_default()
}

/// A record of RIS.
fn ris(paper: &Paper) -> String {
    let journal = paper.facts.get("journal").cloned().unwrap_or_default();
    let mut lines = vec![("TY", if journal.is_empty() { "UNPB" } else { "JOUR" }.to_owned())];
    lines.push(("TI", paper.title.clone()));
    for name in &paper.authors {
        // The last word is the family name, as far as one can tell.
        lines.push((
            "AU",
            name.rsplit_once(' ').map_or(name.clone(), |(given, family)| format!("{family}, {given}")),
        ));
    }
    lines.push(("PY", year(paper)));
    lines.push(("DA", paper.published.map(|day| day.strftime("%Y/%m/%d").to_string()).unwrap_or_default()));
    lines.push(("JO", journal));
    lines.push(("DO", doi(paper)));
    lines.push(("UR", paper.id.url().unwrap_or_default()));
    lines.push(("AB", paper.abstract_text.clone()));
    let mut text = String::new();
    for (tag, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{tag}  - {}\n", value.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    text + "ER  - \n\n"
}
