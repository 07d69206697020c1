//! Libraries that take over what others say.

use proptest::prelude::*;

use super::*;
use crate::paper::{InterestState, Mark, Paper};
use crate::store::DayState;

const READER: ReaderId = ReaderId::OWNER;

fn open() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn texts(store: &Store, sql: &str) -> Vec<String> {
    let mut query = store.db.prepare(sql).unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn id(n: usize) -> PaperId {
    PaperId::parse(&format!("2404.0000{n}")).unwrap().0
}

fn at(minute: usize) -> Timestamp {
    Timestamp::from_second(1_714_000_000 + 60 * minute as i64).unwrap()
}

fn statements(store: &Store, whose: Whose) -> Vec<Statement> {
    let mut all = Vec::new();
    let keep = |statement: &Statement| {
        all.push(statement.clone());
        Ok(())
    };
    store.each_statement(READER, whose, keep).unwrap();
    all
}

/// What is left of it when it goes through an export.
fn exported(store: &Store) -> Vec<Statement> {
    let line = |statement| serde_json::to_string(statement).unwrap();
    let lines: Vec<String> = statements(store, Whose::Everybodys).iter().map(line).collect();
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What one can say, and take back.
#[derive(Debug, Clone, Copy)]
enum Act {
    Rate(Option<Rating>),
    Save(bool),
    Topic(Option<Mark>),
    Interest(Option<InterestState>),
    Day(DayState),
}

fn act(store: &mut Store, act: Act, n: usize, at: Timestamp) {
    let name = format!("of {n}");
    match act {
        Act::Rate(rating) => drop(store.rate(READER, &[id(n)], rating, at).unwrap()),
        Act::Save(keep) => drop(store.save(READER, &[id(n)], keep, at).unwrap()),
        Act::Topic(Some(mark)) => {
            store
                .mark_topic(READER, &MarkedTopic { name, mark, at, first: None, papers: vec![id(n)] })
                .unwrap();
        }
        Act::Topic(None) => drop(store.unmark_topic(READER, &name, at).unwrap()),
        Act::Interest(state) => {
            let known = store.interests(READER).unwrap().into_iter();
            let gone: Vec<i64> =
                known.filter(|(_, known)| known.name == name).map(|(number, _)| number).collect();
            let kept = state.map(|state| KeptInterest { name, state, places: None, papers: vec![id(n)] });
            let kept: Vec<KeptInterest> = kept.into_iter().collect();
            store.replace_interests(READER, &gone, &kept, at).unwrap();
        }
        Act::Day(state) => {
            let day = jiff::civil::date(2024, 4, 1 + n as i8);
            let seen = at.as_second() as usize % 7;
            let day =
                SourceDay { source: "hf".into(), day, state, announced: None, seen, note: "".into(), at };
            store.mark(&day).unwrap();
        }
    }
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        prop::option::of(prop::sample::select(vec![Rating::Like, Rating::Dislike])).prop_map(Act::Rate),
        any::<bool>().prop_map(Act::Save),
        prop::option::of(prop::sample::select(vec![Mark::Follow, Mark::Mute])).prop_map(Act::Topic),
        prop::option::of(prop::sample::select(vec![InterestState::Pinned, InterestState::Muted]))
            .prop_map(Act::Interest),
        prop::sample::select(vec![DayState::Announced, DayState::Failed, DayState::Nothing])
            .prop_map(Act::Day),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_older_export_changes_nothing(
        before in prop::collection::vec((any_act(), 0..2_usize), 0..8),
        after in prop::collection::vec((any_act(), 0..2_usize), 0..8),
    ) {
        let (_folder, mut store) = open();
        let n = before.len();
        for (minute, (done, n)) in before.into_iter().enumerate() {
            act(&mut store, done, n, at(minute));
        }
        let older = exported(&store);
        for (minute, (done, n_thing)) in after.into_iter().enumerate() {
            act(&mut store, done, n_thing, at(n + minute));
        }
        let now = statements(&store, Whose::Everybodys);
        let taken = store.take_over(READER, Whose::Everybodys, older).unwrap();
        prop_assert_eq!(statements(&store, Whose::Everybodys), now);
        prop_assert_eq!(taken.n_new, 0);
    }

    #[test]
    fn two_libraries_that_take_over_what_the_other_says_agree(
        acts in prop::collection::vec((any_act(), 0..2_usize, any::<bool>()), 0..16),
    ) {
        let mut stores = [open(), open()];
        for (minute, (done, n, which)) in acts.into_iter().enumerate() {
            act(&mut stores[usize::from(which)].1, done, n, at(minute));
        }
        let [(_a, mut one), (_b, mut two)] = stores;
        let (said, other) = (exported(&one), exported(&two));
        one.take_over(READER, Whose::Everybodys, other).unwrap();
        two.take_over(READER, Whose::Everybodys, said).unwrap();
        // The order of interests is that of their coming.
        let sorted = |store: &Store| {
            let mut all: Vec<String> = statements(store, Whose::Everybodys)
                .iter()
                .map(|statement| serde_json::to_string(statement).unwrap())
                .collect();
            all.sort();
            all
        };
        prop_assert_eq!(sorted(&one), sorted(&two));
    }
}

#[test]
fn a_part_of_a_second_is_later_than_none() {
    let (_folder, mut store) = open();
    store.rate(READER, &[id(1)], Some(Rating::Like), at(0)).unwrap();
    let later = at(0) + jiff::SignedDuration::from_millis(500);
    let said = Said::Rating { id: id(1), rating: Rating::Dislike, at: later };
    let statement = Statement { said, reader: None };
    assert_eq!(store.take_over(READER, Whose::Own, vec![statement]).unwrap().n_new, 1);
    assert_eq!(store.ratings(READER).unwrap()[0].rating, Rating::Dislike);
}

#[test]
fn what_is_said_of_a_paper_by_its_other_name_is_of_the_same_paper() {
    let (_folder, mut store) = open();
    let mut paper = Paper::new(id(1), "Herons");
    paper.facts.insert("doi".into(), "10.1000/h".into());
    store.put(vec![paper]).unwrap();
    store.rate(READER, &[id(1)], Some(Rating::Dislike), at(5)).unwrap();
    let doi = PaperId::parse("doi:10.1000/h").unwrap().0;
    let said = Said::Rating { id: doi, rating: Rating::Like, at: at(1) };
    store.take_over(READER, Whose::Own, vec![Statement { said, reader: None }]).unwrap();
    assert_eq!(store.ratings(READER).unwrap()[0].rating, Rating::Dislike, "the newer one stays");
}

#[test]
fn an_earlier_day_on_which_a_paper_was_shown_is_news_and_a_later_one_is_not() {
    let (_folder, mut store) = open();
    store.put(vec![Paper::new(id(1), "Herons")]).unwrap();
    let day = |n| jiff::civil::date(2024, 4, n);
    store.note_shown(READER, &[1], day(9)).unwrap();
    for n in [12, 7, 8] {
        let said = Said::Shown { id: id(1), day: day(n) };
        store.take_over(READER, Whose::Own, vec![Statement { said, reader: None }]).unwrap();
    }
    assert_eq!(store.all_shown(READER).unwrap(), [(id(1), day(7))]);
}

#[test]
fn everybodys_statements_come_back_under_their_names_and_a_member_brings_only_own_ones() {
    let (_folder, mut store) = open();
    store.rate(READER, &[id(1)], Some(Rating::Like), at(0)).unwrap();
    let ann = store.add_account("ann", None, "secret", at(1)).unwrap().reader;
    let bob = store.add_account("bob", Some(Role::Guest), "secret", at(2)).unwrap().reader;
    assert_eq!(ann, READER, "the first account takes the ratings over");
    store.rate(bob, &[id(2)], Some(Rating::Dislike), at(3)).unwrap();
    let said = exported(&store);
    assert!(!serde_json::to_string(&said).unwrap().contains("secret"), "no hash of a password goes out");

    let (_folder, mut copy) = open();
    assert_eq!(copy.take_over(READER, Whose::Everybodys, said.clone()).unwrap().n_new, 4);
    assert_eq!(exported(&copy), said, "roles too");
    assert_eq!(copy.take_over(READER, Whose::Everybodys, said.clone()).unwrap().n_new, 0);
    let without_roles = said.iter().map(|one| match &one.said {
        Said::Account { number, made, .. } => {
            Statement { said: Said::Account { number: *number, made: *made, role: None }, ..one.clone() }
        }
        _ => one.clone(),
    });
    let (_folder, mut copy) = open();
    copy.take_over(READER, Whose::Everybodys, without_roles.collect()).unwrap();
    let roles: Vec<Role> = copy.accounts().unwrap().iter().map(|account| account.role).collect();
    assert_eq!(roles, [Role::Owner, Role::Member], "an export of a version that knew none");

    let (_folder, mut copy) = open();
    let taken = copy.take_over(READER, Whose::Own, said).unwrap();
    assert_eq!((taken.n_new, taken.n_others, copy.accounts().unwrap().len()), (0, 4, 0));

    let feed = Said::Feed { name: "n".into(), url: "https://example.org/feed".into() };
    let feed = || vec![Statement { said: feed.clone(), reader: None }];
    let (_folder, mut copy) = open();
    assert_eq!(copy.take_over(READER, Whose::OwnAlone, feed()).unwrap().n_new, 0);
    assert_eq!(copy.feeds().unwrap().len(), 0, "a member's file adds no feed for all");
    assert_eq!(copy.take_over(READER, Whose::Own, feed()).unwrap().n_new, 1);
}

#[test]
fn a_removed_account_leaves_nothing_behind() {
    let (_folder, mut store) = open();
    let reader = store.add_account("ann", None, "secret", at(0)).unwrap().reader;
    for done in [
        Act::Rate(Some(Rating::Like)),
        Act::Rate(None),
        Act::Rate(Some(Rating::Like)),
        Act::Save(true),
        Act::Topic(Some(Mark::Follow)),
        Act::Interest(Some(InterestState::Pinned)),
    ] {
        act(&mut store, done, 1, at(1));
    }
    store.put(vec![Paper::new(id(1), "Herons")]).unwrap();
    store.note_shown(reader, &[1], jiff::civil::date(2024, 4, 9)).unwrap();
    let brought = crate::config::Quota { papers: 1, bytes: 1 };
    store.note_brought(reader, jiff::civil::date(2024, 4, 9), brought).unwrap();
    let key = crate::store::NewKey { hash: b"h", purpose: None, at: at(1), expires: None, only_feeds: false };
    store.add_key(reader, key).unwrap();
    let sql = "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'reader'";
    let tables = texts(&store, sql);
    let n_rows = |store: &Store| {
        let n = |table: &String| {
            let sql = format!("SELECT count(*) FROM {table} WHERE reader = 1");
            (table.clone(), store.db.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap())
        };
        tables.iter().map(n).collect::<Vec<_>>()
    };
    assert!(n_rows(&store).iter().all(|(_, n)| *n > 0), "a table is not tried: {:?}", n_rows(&store));
    assert!(store.remove_account("ann").unwrap());
    assert!(n_rows(&store).iter().all(|(_, n)| *n == 0), "{:?}", n_rows(&store));
}

/// Tables that a program fills, which can do so again.
const NOT_SAID: &[&str] = &[
    "papers",
    "summaries",
    "listings",
    "votes",
    "models",
    "vectors",
    "counters",
    "calendar",
    "requests",
    "validators",
    "shown",
    "gone",
    "shared_names",
    "titles",
    "aliases",
];

/// With `synchronous = NORMAL` a power cut took the newest ratings along.
#[test]
fn what_people_say_is_synced_before_it_is_acknowledged() {
    let (_folder, mut store) = open();
    store.put(vec![Paper::new(id(1), "Herons")]).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'words%'";
    let mut tables = texts(&store, sql);
    tables.retain(|table| !NOT_SAID.contains(&table.as_str()));
    store.db.execute_batch("CREATE TEMP TABLE written (name, level)").unwrap();
    for table in &tables {
        for event in ["INSERT", "UPDATE", "DELETE"] {
            let sql = format!(
                "CREATE TEMP TRIGGER {table}_{event} AFTER {event} ON main.{table} BEGIN
                   INSERT INTO written SELECT '{table} {event}', synchronous FROM pragma_synchronous; END"
            );
            store.db.execute_batch(&sql).unwrap();
        }
    }
    let reader = store.add_account("ann", None, "secret", at(0)).unwrap().reader;
    for done in [
        Act::Rate(Some(Rating::Like)),
        Act::Rate(Some(Rating::Dislike)),
        Act::Rate(None),
        Act::Save(true),
        Act::Save(false),
        Act::Topic(Some(Mark::Follow)),
        Act::Topic(None),
        Act::Interest(Some(InterestState::Pinned)),
        Act::Interest(None),
    ] {
        act(&mut store, done, 1, at(1));
    }
    let key =
        crate::store::NewKey { hash: b"h", purpose: Some("p"), at: at(1), expires: None, only_feeds: false };
    store.add_key(reader, key).unwrap();
    store.revoke(reader, 1).unwrap();
    store.set_password(reader, "other").unwrap();
    store.rechoose("models", None, |_| Some("{}".into())).unwrap();
    store.add_feeds(&[FeedSource { name: "n".into(), url: "u".into() }]).unwrap();
    let day = jiff::civil::date(2024, 4, 9);
    store.take_turn("mail", day, at(1), at(0)).unwrap();
    store.end_turn("mail", day, at(1), true).unwrap();
    store.note_brought(reader, day, crate::config::Quota { papers: 1, bytes: 1 }).unwrap();
    let said = exported(&store);
    store.remove_account("ann").unwrap();
    store.take_over(READER, Whose::Everybodys, said).unwrap();

    let full = 2;
    let not_synced = texts(&store, &format!("SELECT name FROM written WHERE level != {full}"));
    assert!(not_synced.is_empty(), "{not_synced:?}");
    let tried =
        texts(&store, "SELECT DISTINCT substr(name, 1, instr(name, ' ') - 1) FROM written ORDER BY 1");
    tables.sort();
    assert_eq!(
        tried, tables,
        "left: the tables that this test writes to; right: those that hold what people say"
    );
}
