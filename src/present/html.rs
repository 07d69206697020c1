//! A digest as one page of HTML that mail programs show well: a table for the width, styles on
//! the elements, one column, and no picture, so that it looks the same with pictures off and
//! opening it tells nobody. Only the dark colours need a style sheet, and may be lost.

use super::text::{facts, reason};
use super::{LONGEST_LINE, LONGEST_TITLE, basis, cut, heading, said, section_name};
use crate::paper::{Language, escaped, is_hangul, plain};
use crate::verbs::digest::{Digest, Entry};

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans KR','Apple SD Gothic Neo','Malgun Gothic',Helvetica,Arial,sans-serif";

const DARK: &str = "@media (prefers-color-scheme:dark){body,.page{background:#15181c!important}\
.card{background:#1e2227!important;border-color:#343a42!important}.title,.head{color:#f0f2f4!important}\
.title a{color:#9cc4ff!important}.line{color:#d5d9de!important}.meta{color:#a3abb5!important}}";

/// A day's digest. `footer` is one more line at the end, such as how to stop it.
pub fn digest(digest: &Digest, footer: Option<&str>) -> String {
    let heading = heading(digest);
    let language = digest.language;
    let code = if language == Language::Ko { "ko" } else { "en" };
    let mut rows = String::new();
    let named = digest.sections.iter().any(|section| section.name.is_some());
    for section in &digest.sections {
        if named {
            let name = section_name(digest, section);
            rows.push_str(&format!(
                "<tr><td style=\"padding:20px 4px 0\"><h2 class=\"head\" style=\"margin:0;{FONT};font-size:17px;\
                 line-height:24px;color:#1c1f23\">{}</h2></td></tr>\n",
                escaped(&cut(&name, LONGEST_TITLE))
            ));
        }
        section.entries.iter().for_each(|entry| rows.push_str(&card(entry, language)));
    }
    // What a mailbox shows behind the subject.
    let titles: Vec<String> =
        digest.entries().take(3).map(|entry| cut(&plain(&entry.paper().title), 60)).collect();
    let footer = footer.map(|line| format!("<br>{}", escaped(&plain(line)))).unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{heading}</title>\n<style>{DARK}</style>\n</head>\n\
         <body class=\"page\" style=\"margin:0;padding:0;background:#f2f4f6\">\n\
         <div style=\"display:none;max-height:0;overflow:hidden\">{}</div>\n\
         <table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"background:#f2f4f6\">\n\
         <tr><td align=\"center\" style=\"padding:16px 12px\">\n\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:640px;table-layout:fixed;text-align:left\">\n\
         <tr><td style=\"padding:4px\"><h1 class=\"head\" style=\"margin:0;{FONT};font-size:22px;line-height:30px;color:#1c1f23\">{heading}</h1>\n\
         <p class=\"meta\" style=\"margin:2px 0 0;{FONT};font-size:14px;line-height:20px;color:#5c6570\">{}</p></td></tr>\n\
         {rows}<tr><td class=\"meta\" style=\"padding:20px 4px;{FONT};font-size:13px;line-height:19px;color:#5c6570\">\
         {}{footer}</td></tr>\n</table>\n</td></tr>\n</table>\n</body>\n</html>\n",
        escaped(&titles.join(" · ")),
        escaped(&basis(digest)),
        said(language, "Written by paperpick on your own machine."),
    )
}

fn card(entry: &Entry, language: Language) -> String {
    let paper = entry.paper();
    let title = escaped(&cut(&plain(&paper.title), LONGEST_TITLE));
    let title = match &paper.url {
        Some(url) => {
            format!("<a href=\"{}\" style=\"color:#0b57c2;text-decoration:none\">{title}</a>", escaped(url))
        }
        None => title,
    };
    format!(
        "<tr><td style=\"padding:10px 0 0\"><table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" \
         style=\"table-layout:fixed\"><tr><td class=\"card\" style=\"padding:14px 16px;background:#ffffff;border:1px solid #dfe3e8;\
         border-radius:10px;overflow-wrap:anywhere;word-break:keep-all\">\n\
         <h3 class=\"title\" style=\"margin:0;{FONT};font-size:17px;line-height:24px;color:#1c1f23\">{}. {title}</h3>\n\
         {}</td></tr></table></td></tr>\n",
        entry.pick.rank,
        about(entry, language, FONT),
    )
}

/// What stands below a title: facts, the reason, and the lines to read.
pub(super) fn about(entry: &Entry, language: Language, font: &str) -> String {
    let mut out = String::new();
    for meta in [facts(entry, language), reason(entry, language)].iter().filter(|meta| !meta.is_empty()) {
        out.push_str(&format!(
            "<p class=\"meta\" style=\"margin:4px 0 0;{font};font-size:14px;line-height:20px;color:#5c6570\">{}</p>\n",
            escaped(&cut(meta, LONGEST_TITLE * 2))
        ));
    }
    for line in entry.lines().map(plain).filter(|line| !line.is_empty()) {
        let language =
            if line.contains(is_hangul) && Language::of(&line) == Language::Ko { " lang=\"ko\"" } else { "" };
        out.push_str(&format!(
            "<p class=\"line\"{language} style=\"margin:8px 0 0;{font};font-size:15px;line-height:23px;color:#2b3036\">{}</p>\n",
            escaped(&cut(&line, LONGEST_LINE))
        ));
    }
    out
}
