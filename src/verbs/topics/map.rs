//! Some days in two dimensions.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::library::{Days, Library, documents};
use crate::paper::{PaperId, Rating, Right};
use crate::topics::Map;
use crate::verbs::{Context, Verb};

/// Some days in two dimensions: papers that are alike lie near each other.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DrawMap {
    /// Which days.
    #[serde(flatten)]
    pub days: Days,
}

impl Verb for DrawMap {
    const NAME: &'static str = "topics --map";
    const SHAPE: &'static str = "map/1";
    const RIGHT: Right = Right::Look;
    type Answer = DayMap;

    /// # Errors
    /// Those of [`GroupDays`](super::GroupDays).
    fn run(self, library: &mut Library, _: &Context<'_>) -> Result<DayMap> {
        let mut map = DayMap::clone(&*topic_map(library, self.days)?);
        // What is kept does not know of likes that came since.
        let liked = liked(library)?;
        map.map.papers.iter_mut().for_each(|dot| dot.liked = liked.contains(&dot.id));
        Ok(map)
    }
}

/// Some days in two dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DayMap {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// Where papers and topics lie.
    #[serde(flatten)]
    pub map: Map,
}

impl DayMap {
    /// A picture of it.
    pub fn svg(&self) -> String {
        let counted = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        let days = match self.first == self.last {
            true => self.first.to_string(),
            false => format!("{} to {}", self.first, self.last),
        };
        let (papers, topics) = (self.map.papers.len(), self.map.topics.len());
        self.map.svg(&format!("{days}: {}, {}", counted(papers, "paper"), counted(topics, "topic")))
    }
}

/// The days in two dimensions, kept until papers or marks change: whose likes are shown there may be out of
/// date.
///
/// # Errors
/// Those of [`DrawMap`].
pub(crate) fn topic_map(library: &Library, days: Days) -> Result<Arc<DayMap>> {
    library.kept.of::<DayMap>().get(library, days, || {
        let span = library.resolve(days)?;
        library.check_groupable(span)?;
        let grouped = library.grouped(span, library.calibration()?)?;
        let texts = vec![String::new(); grouped.listed.len()];
        let liked = liked(library)?;
        let map = Map::of(&documents(&grouped.listed, &texts), &grouped.topics, |id| liked.contains(id));
        Ok(DayMap { first: grouped.first, last: grouped.last, map })
    })
}

fn liked(library: &Library) -> Result<BTreeSet<PaperId>> {
    let rated = library.store.ratings(library.reader)?.into_iter();
    Ok(rated.filter(|rated| rated.rating == Rating::Like).map(|rated| rated.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::builtin::Builtin;
    use crate::store::Whose;
    use crate::verbs::Still;
    use crate::verbs::import::file;
    use crate::verbs::likes::rate::Rate;

    /// The API made the map anew for each request, while the page kept it.
    #[test]
    fn a_map_is_kept_and_shows_likes_that_came_since() {
        let folder = tempfile::tempdir().unwrap();
        let mut library = Library::open(folder.path(), Box::new(Builtin::new())).unwrap();
        let line =
            |n: u32| format!(r#"{{"listed": "2024-04-25", "id": "2404.0000{n}", "title": "Paper {n}"}}"#);
        let lines: Vec<String> = (1..=5).map(line).collect();
        let input = Box::new(std::io::Cursor::new(lines.join("\n")));
        file(&mut library, Whose::Own, "lines", input, None, &crate::progress::Silent).unwrap();
        let still = Still::at("2024-04-25T09:00:00Z".parse().unwrap());
        let context = still.context();
        let first = topic_map(&library, Days::Newest).unwrap();
        assert!(Arc::ptr_eq(&first, &topic_map(&library, Days::Newest).unwrap()));
        let id = PaperId::parse("2404.00002").unwrap().0;
        Rate { ids: vec![id.clone()], rating: Some(Rating::Like) }.run(&mut library, &context).unwrap();
        let map = DrawMap::default().run(&mut library, &context).unwrap().map;
        let liked: Vec<&PaperId> = map.papers.iter().filter(|dot| dot.liked).map(|dot| &dot.id).collect();
        assert_eq!(liked, [&id]);
    }
}
