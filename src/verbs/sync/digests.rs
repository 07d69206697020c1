//! Digests: a folder of files, or an address with the day in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::hugging_face::is_over;
use super::{Run, bare, days, is_weekend, read};
use crate::config::{host_and_path, is_address};
use crate::error::{Error, Result};
use crate::source::fetch::{Ask, Reply, Validators};
use crate::source::{self, Hints};
use crate::store::DayState;

impl Run<'_> {
    /// Brings in a folder or an address.
    pub(super) fn digests(&mut self, written: &str) -> Result<()> {
        if !is_address(written) {
            return self.folder(Path::new(written));
        }
        let source = format!("digests:{}", host_and_path(written));
        if !written.contains('{') {
            return self.feed_of_digests(written, &source);
        }
        let (_, today) = self.today(&TimeZone::UTC);
        let first = self.first_day(&source, today, today)?;
        let known = self.known(&source, first, today)?;
        for day in days(first, today).filter(|day| !is_over(known.get(day))) {
            self.digest_of(&source, written, day, today)?;
        }
        Ok(())
    }

    fn digest_of(&mut self, source: &str, template: &str, day: Date, today: Date) -> Result<()> {
        let url = filled(template, day);
        let answer = match self.get(&Ask::new(&url))? {
            Ok(Reply::Fresh(answer)) => answer,
            Ok(Reply::Refused(404 | 410, _)) if day >= today && !is_weekend(day) => {
                return self.mark(source, day, DayState::NotYet, (None, 0), "no digest yet");
            }
            Ok(Reply::Refused(404 | 410, _)) => {
                let note = if is_weekend(day) { "weekend" } else { "no digest" };
                return self.mark(source, day, DayState::Nothing, (Some(0), 0), note);
            }
            Ok(Reply::Refused(status, _)) => {
                return self.mark_failed(source, day, &format!("{}: HTTP {status}", bare(&url)));
            }
            Ok(Reply::Unchanged) => return Ok(()),
            Err(reason) => return self.mark_failed(source, day, &reason),
        };
        let hints = Hints { day: Some(day), ..Hints::default() };
        let (papers, problems) = match read(&bare(&url), answer.body, &hints) {
            Ok(read) => read,
            Err(reason) => return self.mark_failed(source, day, &reason),
        };
        let (seen, n_broken) = (papers.len(), problems.len());
        let note = problems.first().map(ToString::to_string).unwrap_or_default();
        self.complain(problems);
        self.put(papers)?;
        let state = if n_broken == 0 { DayState::Announced } else { DayState::Partly };
        self.mark(source, day, state, (Some(seen + n_broken), seen), &note)
    }

    /// One address that always has the newest digests.
    fn feed_of_digests(&mut self, url: &str, source: &str) -> Result<()> {
        let (_, today) = self.today(&TimeZone::UTC);
        let validators = self.library.store.validators(url)?;
        let answer = match self.get(&Ask { validators, ..Ask::new(url) })? {
            Ok(Reply::Fresh(answer)) => answer,
            Ok(Reply::Unchanged) => return Ok(()),
            Ok(Reply::Refused(status, _)) => {
                return self.mark_failed(source, today, &format!("{}: HTTP {status}", bare(url)));
            }
            Err(reason) => return self.mark_failed(source, today, &reason),
        };
        let hints = Hints { day: Some(today), ..Hints::default() };
        match read(&bare(url), answer.body, &hints) {
            Ok((papers, problems)) => {
                self.listed_in(source, papers, problems)?;
                self.library.store.remember(url, &answer.validators)
            }
            Err(reason) => self.mark_failed(source, today, &reason),
        }
    }

    /// Every file of a folder that changed since it was read. What is no file of papers is passed
    /// over.
    fn folder(&mut self, folder: &Path) -> Result<()> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let source = format!("digests:{}", name.unwrap_or_else(|| folder.display().to_string()));
        let (_, today) = self.today(&TimeZone::UTC);
        let mut files = match files_in(folder) {
            Ok(files) => files,
            Err(error) => return self.mark_failed(&source, today, &error.to_string()),
        };
        files.sort();
        for file in files {
            let name = file.display().to_string();
            let seen = stamp(&file).map_err(Error::io(&file))?;
            if self.library.store.validators(&name)? == seen {
                continue;
            }
            let input = BufReader::with_capacity(1 << 16, File::open(&file).map_err(Error::io(&file))?);
            let hints = Hints { day: source::day_in_name(&name), ..Hints::default() };
            match source::read(&name, Box::new(input), &hints) {
                Ok(reader) => {
                    let (papers, problems): (Vec<_>, Vec<_>) = reader.partition(|entry| entry.is_ok());
                    let papers = papers.into_iter().flatten().collect();
                    self.listed_in(&source, papers, problems.into_iter().filter_map(Result::err).collect())?;
                }
                Err(Error::UnknownFormat { .. } | Error::Invalid(_)) => {}
                Err(error) => return Err(error),
            }
            self.library.store.remember(&name, &seen)?;
        }
        Ok(())
    }

    /// Stores what a document lists, and settles the days that it names.
    fn listed_in(
        &mut self,
        source: &str,
        papers: Vec<crate::Paper>,
        problems: Vec<source::Problem>,
    ) -> Result<()> {
        let mut n: BTreeMap<Date, usize> = BTreeMap::new();
        for day in papers.iter().filter_map(crate::Paper::first_listed) {
            *n.entry(day).or_default() += 1;
        }
        let problem = problems.first().map(ToString::to_string);
        let n_broken = problems.len();
        self.complain(problems);
        self.put(papers)?;
        let last = n.keys().next_back().copied();
        for (day, n) in n {
            match &problem {
                // A broken entry of a document belongs to its last day, as far as one can tell.
                Some(problem) if Some(day) == last => {
                    self.mark(source, day, DayState::Partly, (Some(n + n_broken), n), problem)?;
                }
                _ => self.mark(source, day, DayState::Announced, (Some(n), n), "")?,
            }
        }
        Ok(())
    }
}

fn files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files.extend(files_in(&entry.path())?);
        } else if entry.path().is_file() {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Length and time of a file, in the place of what a server says of a document.
fn stamp(file: &Path) -> std::io::Result<Validators> {
    let data = file.metadata()?;
    let since = data.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(Validators { etag: Some(data.len().to_string()), modified: Some(since.as_nanos().to_string()) })
}

fn filled(template: &str, day: Date) -> String {
    template
        .replace("{date}", &day.to_string())
        .replace("{year}", &format!("{:04}", day.year()))
        .replace("{month}", &format!("{:02}", day.month()))
        .replace("{day}", &format!("{:02}", day.day()))
}
