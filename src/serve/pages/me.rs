//! Me: what I rated and saved, my account, and the library.

use askama::Template;
use axum::response::Html;

use super::{Frame, html};
use crate::app::{Interests, Likes, Saved};
use crate::serve::problem::Problem;
use crate::store::{InterestState, Key, Rating, Size};

#[derive(Template)]
#[template(path = "me.html", config = "src/serve/askama.toml")]
struct Page {
    f: Frame,
    likes: Likes,
    saved: Saved,
    size: Size,
    tokens: Vec<Key>,
    interests: Interests,
}

/// The page.
pub async fn page(f: Frame) -> Result<Html<String>, Problem> {
    let work = f.site.work(f.visitor.reader, |app| {
        Ok((app.likes(None)?, app.saved()?, app.size()?, app.tokens()?, app.interests()?))
    });
    let (likes, saved, size, tokens, interests) = work.await?;
    html(&Page { f, likes, saved, size, tokens, interests })
}
