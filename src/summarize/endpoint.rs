//! The chat API: a message there, an answer back.

use std::time::Duration;

use serde::Deserialize;

use super::prompt;
use crate::config::{Secret, Summaries, host_and_path};
use crate::paper::Paper;
use crate::source::post::{Answered, post};
use crate::store::Recipe;

/// More than any summary has, with everything that endpoints put around it.
const LONGEST_ANSWER: u64 = 1 << 20;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// There may be one later: after this time, if the endpoint said so.
    Later(String, Option<Duration>),
    /// There is one that cannot be a summary; another may be better.
    Answer(String),
    /// There will be none.
    Never(String),
}

/// An endpoint of the chat API.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    /// Where it is, and what it is asked for.
    pub settings: &'a Summaries,
    /// The key, if it wants one.
    pub key: Option<&'a Secret>,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

impl Endpoint<'_> {
    /// What the model writes of a paper, as it comes; `wrong` tells what was wrong with its first answer.
    ///
    /// # Errors
    /// [`Failed`], in words that hold neither the key nor what the endpoint said.
    pub fn ask(&self, recipe: &Recipe, paper: &Paper, wrong: Option<&str>) -> Result<String, Failed> {
        let url = format!("{}/chat/completions", self.settings.url.trim_end_matches('/'));
        let body = prompt::request(recipe, paper, wrong).to_string();
        let key = self.key.map(|key| ("Authorization", format!("Bearer {}", key.expose())));
        let headers: Vec<_> = key.into_iter().collect();
        let patience = Duration::from_secs(self.settings.patience_seconds.into());
        let answered = post(&url, &headers, &body, patience, LONGEST_ANSWER);
        let answered = answered.map_err(|reason| Failed::Later(self.said(&reason), None))?;
        match answered.status {
            200..=299 => read(&answered),
            429 | 500 | 502..=504 | 529 => {
                let reason = self.said(&format!("it answered {}", answered.status));
                Err(Failed::Later(reason, answered.retry_after.map(Duration::from_secs)))
            }
            401 | 403 => Err(Failed::Never(self.said(&format!(
                "it answered {}: it wants a key, or another one (`key_file` under `[summaries]`)",
                answered.status
            )))),
            status => {
                let model = &recipe.model;
                Err(Failed::Never(
                    self.said(&format!("it answered {status}: see that it has the model `{model}`")),
                ))
            }
        }
    }

    fn said(&self, reason: &str) -> String {
        format!("{}: {reason}", host_and_path(&self.settings.url))
    }
}

fn read(answered: &Answered) -> Result<String, Failed> {
    let wrong = |reason: &str| Failed::Answer(reason.to_owned());
    let completion: Completion = serde_json::from_str(&answered.text)
        .map_err(|_| wrong("it was cut off, or is no answer of the chat API"))?;
    let choice = completion.choices.into_iter().next().ok_or_else(|| wrong("it was empty"))?;
    if choice.message.refusal.is_some_and(|refusal| !refusal.trim().is_empty()) {
        return Err(wrong("it was a refusal"));
    }
    if choice.finish_reason.as_deref() == Some("length") {
        return Err(wrong("it was too long and cut off"));
    }
    let text = choice.message.content.unwrap_or_default();
    // What some models think aloud before they answer.
    let text = text.rsplit_once("</think>").map_or(text.as_str(), |(_, answer)| answer).trim();
    match text.is_empty() {
        true => Err(wrong("it was empty")),
        false => Ok(text.to_owned()),
    }
}
