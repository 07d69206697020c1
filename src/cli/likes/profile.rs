//! `why`, `interests`, `start`.

use std::io::BufRead;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use paperpick::PaperId;
use paperpick::paper::{InterestState, Rating};
use paperpick::present::probability;
use paperpick::progress::Silent;
use paperpick::source::{self, Hints};
use paperpick::verbs::interests::{self, Edit, EditInterest, ListInterests};
use paperpick::verbs::likes::rate::Rate;
use paperpick::verbs::start;
use paperpick::verbs::why::{self, Explain};
use serde::Serialize;

use super::super::Outcome;
use super::super::session::lists::facts;
use super::super::session::print::{TerminalPage, answer, clean, counted, shaped, talk};
use super::super::session::settings::{Session, number};

/// Say why a paper has its score: what each like, each dislike and each part of it adds.
#[derive(Debug, Args)]
pub struct Why {
    /// The paper: 2404.15653, or any address of it
    id: String,
}

/// Show your interests, which are found in your likes; name, join, cut, pin or mute them.
#[derive(Debug, Args)]
pub struct Interests {
    #[command(subcommand)]
    what: Option<InterestVerb>,
}

#[derive(Debug, Subcommand)]
enum InterestVerb {
    /// List them, the largest first
    List,
    /// Give one a name
    Name {
        /// Its number in the list, its name, or the identifier of a like that belongs to it
        interest: String,
        /// The new name
        name: String,
    },
    /// Join the second with the first
    Merge {
        /// The number or name of the one that stays
        interest: String,
        /// The number or name of the other
        with: String,
    },
    /// Cut one in two
    Split {
        /// Its number in the list, its name, or the identifier of a like that belongs to it
        interest: String,
    },
    /// Give its papers more places
    Pin {
        /// Its number in the list, its name, or the identifier of a like that belongs to it
        interest: String,
    },
    /// Do not show its papers
    Mute {
        /// Its number in the list, its name, or the identifier of a like that belongs to it
        interest: String,
    },
    /// Say how many places of a list it keeps
    Places {
        /// Its number in the list, its name, or the identifier of a like that belongs to it
        interest: String,
        /// How many; as its likes are, if not given
        n: Option<u32>,
    },
    /// Take back a pin or a mute
    Free {
        /// Its number in the list, its name, or the identifier of a like that belongs to it
        interest: String,
    },
}

/// Answer a few questions, and the order of papers becomes yours.
///
/// Asks about papers one by one; answers are read from stdin, one a line: y, n, s to skip, q to end.
#[derive(Debug, Args)]
pub struct Start {
    /// What you work on, in a sentence
    #[arg(long, value_name = "WORDS")]
    about: Option<String>,
    /// Like every paper of a file that `import` can read, such as your bibliography
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
    /// How many questions
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = number, allow_negative_numbers = true)]
    n: usize,
}

impl Why {
    /// Says it.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let why = session.ask(Explain { id: PaperId::parse(&self.id)?.0 }, &Silent)?;
        answer::<Explain>(session, &why, &why_page(session, &why))?;
        Ok(Outcome::Done)
    }
}

/// What the reader said of a paper, and what speaks for it, by likes and by words, and against it.
fn sentences(said: &why::Said, rated: Option<Rating>) -> Vec<String> {
    let quoted =
        |names: &[String]| names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    let likes = match said.near.as_slice() {
        [] => "None of your likes that is near it says much for it.".to_owned(),
        near => format!("It is near what you liked: {}.", quoted(near)),
    };
    let names =
        if said.names.is_empty() { String::new() } else { format!(", and so do {}", said.names.join(", ")) };
    let words = match said.words.as_slice() {
        [] if said.names.is_empty() => "No word says much for it.".to_owned(),
        [] => format!("These names speak for it: {}.", said.names.join(", ")),
        words => format!("These words speak for it: {}{names}.", words.join(", ")),
    };
    let against = [
        (!said.near_dislikes.is_empty()).then(|| format!("your dislike of {}", quoted(&said.near_dislikes))),
        (!said.against.is_empty()).then(|| said.against.join(", ")),
    ];
    let against = match against.into_iter().flatten().collect::<Vec<_>>().join("; ") {
        nothing if nothing.is_empty() => "Little speaks against it.".to_owned(),
        against => format!("Against it: {against}."),
    };
    let own = rated.map(|rating| match rating {
        Rating::Like => "You liked it.".to_owned(),
        Rating::Dislike => "You disliked it: it comes last in every list.".to_owned(),
    });
    own.into_iter().chain([likes, words, against]).collect()
}

/// How many rated papers of each kind are shown.
const SHOWN: usize = 3;

fn why_page(session: &Session, why::Why { reasons: why, if_liked, if_disliked }: &why::Why) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    page.line(format!("{}: {}", why.band, page.bold(&clean(&why.paper.title))));
    page.line(facts(&why.paper));
    let interest = why.interest.as_deref().map_or("no interest of yours".to_owned(), clean);
    let above =
        why.above.map(|above| format!("above {above} of 100 that you did not rate; ")).unwrap_or_default();
    page.line(page.dim(&format!("{above}belongs to {interest}")));
    page.line("");
    sentences(&why.said, why.rated).iter().for_each(|sentence| page.line(clean(sentence)));
    page.line("");
    page.line(page.bold("Details"));
    page.line("Told twice, each time adding up to the same sum. Every paper gets a constant. Papers that you did not");
    page.line("rate stand for what is of no interest to you: a paper that is like most of them loses by it.");
    page.line("The sum becomes a probability by how often papers with such a sum were liked.");
    let mut part = |title: &str, rows: Vec<(f64, String)>| {
        page.line("");
        page.line(page.bold(title));
        for (adds, name) in &rows {
            // What rounds to nothing has no sign of its own.
            let adds = (adds * 100.0).round() / 100.0 + 0.0;
            page.line(format!("  {adds:+.2}  {name}"));
        }
    };
    let rated = |all: &[why::RatedAdds], kind: &str| -> Vec<(f64, String)> {
        let name = |r: &why::RatedAdds| (r.adds, format!("your {kind}: {} {}", r.id, clean(&r.title)));
        let mut rows: Vec<(f64, String)> = all.iter().take(SHOWN).map(name).collect();
        if all.len() > SHOWN {
            let rest: f64 = all[SHOWN..].iter().map(|r| r.adds).sum();
            rows.push((rest, format!("{} more", counted(all.len() - SHOWN, kind))));
        }
        rows
    };
    let mut by_papers = rated(&why.likes, "like");
    by_papers.extend(rated(&why.dislikes, "dislike"));
    by_papers.push((why.background, "the papers that you did not rate".to_owned()));
    if why.page != 0.0 {
        by_papers.push((why.page, "Hugging Face's page, or a digest".to_owned()));
    }
    by_papers.push((why.constant, "what every paper gets".to_owned()));
    let sum = format!("By papers, which add up to {:+.2}: calibrated, {}", why.logit, probability(why.score));
    part(&sum, by_papers);
    let mut by_blocks: Vec<(f64, String)> = why.blocks.iter().map(|b| (b.adds, b.name.clone())).collect();
    by_blocks.push((why.constant, "what every paper gets".to_owned()));
    part("By parts, which add up to the same", by_blocks);
    let shown = why.features.iter().filter(|feature| feature.adds.abs() >= 0.005);
    part("Words and names that matter", shown.map(|f| (f.adds, clean(&f.name))).collect());
    page.line("");
    page.line(format!(
        "If you liked it: {}; if you disliked it: {}",
        probability(*if_liked),
        probability(*if_disliked)
    ));
    match why.carried_by.as_slice() {
        [] => {}
        few if few.len() <= 5 => page.line(format!("Without these likes it would fall: {}", few.join(", "))),
        many => page.line(format!("It would take {} fewer to let it fall", counted(many.len(), "like"))),
    }
    page
}

impl Interests {
    /// Lists or changes them.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let edit = match self.what {
            None | Some(InterestVerb::List) => None,
            Some(InterestVerb::Name { interest, name }) => Some(Edit::Name(interest, name)),
            Some(InterestVerb::Merge { interest, with }) => Some(Edit::Merge(interest, with)),
            Some(InterestVerb::Split { interest }) => Some(Edit::Split(interest)),
            Some(InterestVerb::Pin { interest }) => Some(Edit::Set(interest, InterestState::Pinned)),
            Some(InterestVerb::Mute { interest }) => Some(Edit::Set(interest, InterestState::Muted)),
            Some(InterestVerb::Places { interest, n }) => Some(Edit::Places(interest, n)),
            Some(InterestVerb::Free { interest }) => Some(Edit::Set(interest, InterestState::Live)),
        };
        let interests = match edit {
            Some(edit) => session.ask(EditInterest(edit), &Silent)?,
            None => session.ask(ListInterests {}, &Silent)?,
        };
        answer::<ListInterests>(session, &interests, &interests_page(session, &interests))?;
        Ok(Outcome::of(!interests.interests.is_empty()))
    }
}

fn interests_page(session: &Session, interests: &interests::Interests) -> TerminalPage {
    let mut page = TerminalPage::new(session);
    for interest in &interests.interests {
        let state = match interest.state {
            InterestState::Live => "",
            InterestState::Pinned => ", pinned",
            InterestState::Muted => ", muted",
        };
        let likes = counted(interest.likes.len(), "like");
        let places = interest.places.map(|n| format!(", keeps {}", counted(n as usize, "place")));
        let places = places.unwrap_or_default();
        page.line(format!(
            "{:>3}. {} ({likes}{state}{places})",
            interest.number,
            page.bold(&clean(&interest.name))
        ));
        for like in interest.likes.iter().take(SHOWN) {
            page.line(format!("     {:<11} {}", like.id, clean(&like.title)));
        }
    }
    if interests.interests.is_empty() {
        page.line("no interests yet: they are found in what you like (`paperpick like ID`)");
    }
    page
}

#[derive(Serialize)]
struct Started {
    liked: Vec<PaperId>,
    disliked: Vec<PaperId>,
}

impl Start {
    /// Asks.
    pub fn run(self, session: &Session) -> Result<Outcome> {
        let mut library = session.open_or_make()?;
        let mut started = Started { liked: Vec::new(), disliked: Vec::new() };
        if let Some(path) = &self.like {
            let file = std::fs::File::open(path).with_context(|| path.display().to_string())?;
            let file = Box::new(std::io::BufReader::new(file));
            for read in source::read(&path.display().to_string(), file, &Hints::default())? {
                started.liked.extend(read.ok().map(|paper| paper.id));
            }
            let liked = Rate { ids: started.liked.clone(), rating: Some(Rating::Like) };
            session.ask_of(&mut library, liked, &Silent)?;
            talk(session, format!("liked {} of {}", counted(started.liked.len(), "paper"), path.display()));
        }
        let mut start = start::start(&library, self.about.as_deref())?;
        let mut lines = std::io::stdin().lock().lines();
        for i in 0..self.n {
            let Some(question) = start.question() else { break };
            talk(session, format!("\n{}/{}  {}", i + 1, self.n, clean(&question.title)));
            talk(session, format!("      {}", facts(&question)));
            talk(session, "      do you want more like this? y, n, s to skip, q to end");
            let liked = loop {
                let Some(line) = lines.next().transpose()? else { break None };
                match line.trim().to_lowercase().as_str() {
                    // A Korean keyboard has ㅛ, ㅜ, ㄴ, ㅂ where others have y, n, s, q.
                    "y" | "yes" | "예" | "네" | "ㅛ" => break Some(Some(true)),
                    "n" | "no" | "아니요" | "아니오" | "ㅜ" => break Some(Some(false)),
                    "s" | "skip" | "건너뛰기" | "ㄴ" => break Some(None),
                    "q" | "quit" | "끝" | "ㅂ" => break None,
                    other => talk(session, format!("      `{}` is none of y, n, s, q", clean(other))),
                }
            };
            let Some(liked) = liked else { break };
            start.answer(liked);
            // Kept at once: who leaves in the middle loses nothing.
            let Some(liked) = liked else { continue };
            let id = PaperId::parse(&question.id)?.0;
            let rating = if liked { Rating::Like } else { Rating::Dislike };
            session.ask_of(&mut library, Rate { ids: vec![id.clone()], rating: Some(rating) }, &Silent)?;
            if liked { started.liked.push(id) } else { started.disliked.push(id) }
        }
        let mut page = TerminalPage::new(session);
        let (likes, dislikes) = (started.liked.len(), started.disliked.len());
        let so_far = format!("{} and {} kept", counted(likes, "like"), counted(dislikes, "dislike"));
        page.line(format!("{so_far}; `paperpick today` shows what they are good for"));
        shaped(session, "start/1", &started, &page)?;
        Ok(Outcome::of(likes + dislikes > 0))
    }
}
