//! So many requests at once, round after round: what comes is checked and kept before the next is asked.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::subject::Subjects;
use super::{LeftOut, NewSummary, Summarized};
use crate::error::Result;
use crate::library::Library;
use crate::paper::Paper;
use crate::store::{MadeSummary, Recipe};
use crate::summarize::{Endpoint, Failed, check, of};
use crate::verbs::Context;

/// So often a model is asked for one summary that can be used.
const ANSWERS: u32 = 2;
/// So often it is asked in vain before the rest is left for another day.
const IN_VAIN: u32 = 3;
/// The longest wait that an endpoint may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The first wait where it asks for none; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// What is asked of an endpoint for a library.
pub(super) struct Rounds<'a, 'c> {
    pub library: &'a mut Library,
    pub context: &'a Context<'c>,
    pub endpoint: Endpoint<'c>,
    pub recipe: Recipe,
    pub answer: Summarized,
}

/// A paper that is to have a summary.
struct Open {
    paper: Paper,
    /// What was wrong with the last answer.
    wrong: Option<String>,
    n_answers: u32,
    n_in_vain: u32,
}

impl Rounds<'_, '_> {
    /// Asks for all of them.
    ///
    /// # Errors
    /// Those of the library.
    pub fn all(mut self, papers: Vec<Paper>) -> Result<Summarized> {
        let mut open: VecDeque<Open> =
            papers.into_iter().map(|paper| Open { paper, wrong: None, n_answers: 0, n_in_vain: 0 }).collect();
        let subjects = if open.is_empty() { None } else { Some(Subjects::of(self.library)?) };
        while !open.is_empty() {
            self.library.store.still_wanted()?;
            let round = self.next(&mut open)?;
            let answers = self.ask(&round);
            let mut wait = Duration::ZERO;
            let mut end = None;
            for (mut asked, answer) in round.into_iter().zip(answers) {
                match self.judged(&asked.paper, answer, subjects.as_ref())? {
                    Outcome::Kept => self.context.progress.advance(1),
                    Outcome::Wrong(reason) => {
                        asked.n_answers += 1;
                        match asked.n_answers < ANSWERS {
                            true => open.push_back(Open { wrong: Some(reason), ..asked }),
                            false => self.leave(
                                &asked.paper,
                                format!("what the model wrote could not be used: {reason}"),
                            ),
                        }
                    }
                    Outcome::Later(reason, after) => {
                        asked.n_in_vain += 1;
                        let own = FIRST_WAIT * 2_u32.pow(asked.n_in_vain - 1);
                        wait = wait.max(after.unwrap_or(own));
                        match asked.n_in_vain < IN_VAIN && wait <= LONGEST_WAIT {
                            true => open.push_front(asked),
                            false => {
                                self.leave(&asked.paper, reason.clone());
                                end = Some(reason);
                            }
                        }
                    }
                    Outcome::Never(reason) => {
                        self.leave(&asked.paper, reason.clone());
                        end = Some(reason);
                    }
                }
            }
            if let Some(reason) = end {
                open.drain(..).for_each(|rest| self.leave(&rest.paper, reason.clone()));
            } else if !wait.is_zero() {
                self.context.clock.sleep(wait);
            }
        }
        Ok(self.answer)
    }

    /// The next papers to ask of, as far as the day's requests go.
    fn next(&mut self, open: &mut VecDeque<Open>) -> Result<Vec<Open>> {
        let settings = self.endpoint.settings;
        let day = self.context.now().to_zoned(TimeZone::UTC).date();
        let mut round = Vec::with_capacity(settings.at_once);
        while round.len() < settings.at_once && !open.is_empty() {
            if !self.library.store.take_request(day, settings.most_a_day)? {
                let reason = format!("the day's {} requests are used up (`most_a_day`)", settings.most_a_day);
                open.drain(..).for_each(|rest| self.leave(&rest.paper, reason.clone()));
                break;
            }
            round.extend(open.pop_front());
        }
        Ok(round)
    }

    /// Asks of all of them at once.
    fn ask(&self, round: &[Open]) -> Vec<std::result::Result<String, Failed>> {
        let (endpoint, recipe) = (self.endpoint, &self.recipe);
        std::thread::scope(|scope| {
            let asking: Vec<_> = round
                .iter()
                .map(|open| scope.spawn(move || endpoint.ask(recipe, &open.paper, open.wrong.as_deref())))
                .collect();
            let answer = |asked: std::thread::ScopedJoinHandle<'_, _>| {
                asked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            asking.into_iter().map(answer).collect()
        })
    }

    /// Keeps an answer that is a summary of its paper.
    fn judged(
        &mut self,
        paper: &Paper,
        answer: std::result::Result<String, Failed>,
        subjects: Option<&Subjects>,
    ) -> Result<Outcome> {
        let text = match answer {
            Ok(text) => text,
            Err(Failed::Answer(reason)) => return Ok(Outcome::Wrong(reason)),
            Err(Failed::Later(reason, wait)) => return Ok(Outcome::Later(reason, wait)),
            Err(Failed::Never(reason)) => return Ok(Outcome::Never(reason)),
        };
        let text = match check(&text, &self.recipe, paper) {
            Ok(text) => text,
            Err(wrong) => return Ok(Outcome::Wrong(wrong.to_string())),
        };
        if let Some(subjects) = subjects
            && !subjects.tell(self.library, paper, &text)?
        {
            return Ok(Outcome::Wrong("it is not about the paper".into()));
        }
        let summary =
            MadeSummary { recipe: self.recipe.clone(), of: of(paper), text, at: self.context.now() };
        self.library.store.keep_made(&paper.id, &summary)?;
        self.answer.made.push(NewSummary { id: paper.id.clone(), title: paper.title.clone(), summary });
        Ok(Outcome::Kept)
    }

    fn leave(&mut self, paper: &Paper, reason: impl Into<String>) {
        self.answer.left_out.push(LeftOut::of(paper, reason));
        self.context.progress.advance(1);
    }
}

/// What an answer came to.
enum Outcome {
    Kept,
    Wrong(String),
    Later(String, Option<Duration>),
    Never(String),
}
