//! Styles, script and icon, in the binary.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::hash::fnv1a_32;

const STYLE: &str = include_str!("static/style.css");
const SCRIPT: &str = include_str!("static/paperpick.js");
const ICON: &str = include_str!("static/icon.svg");

/// The addresses of the files. They change with the content, so that a browser may keep what it has
/// for ever and still never shows an old one.
#[derive(Debug)]
pub struct Addresses {
    pub style: String,
    pub script: String,
    pub icon: String,
}

impl Addresses {
    /// Of the files in this binary.
    pub fn new() -> Self {
        let address = |name: &str, text: &str| format!("/static/{:08x}/{name}", fnv1a_32(text.bytes()));
        Self {
            style: address("style.css", STYLE),
            script: address("paperpick.js", SCRIPT),
            icon: address("icon.svg", ICON),
        }
    }
}

/// A file; whatever version is asked for, the one in this binary comes.
pub async fn file(Path((_, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "paperpick.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return Err(Problem::new("not-found", "there is no such file")),
    };
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, text).into_response())
}
