//! What every engine must do, in one suite: an engine runs it by saying how to open an empty store.
//!
//! A test that is not in the list of [`every_engine`] is dead code, and clippy says so.

pub(super) mod accounts;
pub(super) mod calendar;
pub(super) mod days;
pub(super) mod fetched;
pub(super) mod identity;
pub(super) mod lists;
pub(super) mod papers;
pub(super) mod ratings;
pub(super) mod said;
pub(super) mod search;
pub(super) mod sent;
pub(super) mod twins;
pub(super) mod upkeep;
pub(super) mod vectors;

use std::any::Any;
use std::ops::{Deref, DerefMut};

use super::Store;
use crate::paper::{Paper, PaperId};

/// Opens an empty store of an engine.
pub(super) type Open = fn() -> Fresh;

/// A store that was empty when it was opened, and is gone when this is dropped.
pub(super) struct Fresh {
    /// The connection that most tests need.
    pub store: Box<dyn Store>,
    /// Makes another connection to the same store.
    pub again: Box<dyn Fn() -> Box<dyn Store>>,
    /// The folder or the server that the store is in.
    pub _place: Box<dyn Any>,
}

impl Deref for Fresh {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        self.store.as_ref()
    }
}

impl DerefMut for Fresh {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.store.as_mut()
    }
}

fn paper(id: &str, title: &str) -> Paper {
    Paper::new(PaperId::parse(id).unwrap().0, title)
}

/// The tests of the suite, each for the engine that `$open` opens, with attributes of their own.
macro_rules! every_engine {
    ($open:path $(, #[$attribute:meta])*) => {
        $crate::store::tests::tests! { $open, { $(#[$attribute])* },
            accounts: [
                a_key_opens_while_it_holds_and_sessions_end_with_the_password,
                somebody_always_owns_the_library,
                what_a_member_brought_in_is_counted_by_the_day,
            ]
            calendar: [
                what_is_known_of_a_day_gets_better_and_not_worse,
                the_calendar_is_in_the_order_of_sources_and_days,
                what_a_source_announced_of_papers_is_known_and_can_be_taken_back,
                a_feed_is_added_once_by_its_address,
            ]
            days: [
                of_many_papers_those_with_the_most_votes_stay,
                a_newest_day_that_has_only_new_versions_is_no_day_with_papers,
                what_a_source_lists_as_new_again_is_not_new,
                all_questions_about_days_agree_with_what_was_listed_on_them,
            ]
            fetched: [
                validators_are_those_of_the_last_time,
                one_at_a_time_asks_a_service_and_all_know_when,
            ]
            identity: [
                a_preprint_and_its_published_version_are_one_with_what_was_said_of_both,
                a_volume_is_not_taken_for_one_of_its_papers,
                chapters_with_the_identifier_of_their_book_stay_apart,
                the_order_of_files_does_not_matter,
            ]
            lists: [
                each_list_is_taken_once_until_its_worker_is_given_up,
                a_list_is_made_again_when_something_else_is_to_be_said,
                workers_at_once_take_every_list_once,
            ]
            papers: [
                a_paper_reads_back_whole,
                a_sample_is_spread_over_the_library,
                importing_again_changes_nothing_and_loses_nothing,
            ]
            ratings: [
                a_rating_waits_for_its_paper,
                likes_that_are_known_in_part_are_told_whoever_gave_them,
            ]
            said: [
                an_older_export_changes_nothing,
                two_libraries_that_take_over_what_the_other_says_agree,
                a_part_of_a_second_is_later_than_none,
                what_is_said_of_a_paper_by_its_other_name_is_of_the_same_paper,
                an_earlier_day_on_which_a_paper_was_shown_is_news_and_a_later_one_is_not,
                everybodys_statements_come_back_under_their_names_and_a_member_brings_only_own_ones,
            ]
            search: [
                words_are_found_in_english_and_korean,
                conditions_choose_papers_word_by_word,
                a_summary_that_comes_later_is_found,
                chinese_and_japanese_are_found_inside_of_words,
                papers_are_meant_by_what_is_known_of_them,
            ]
            sent: [a_day_goes_out_once_through_each_door]
            twins: [
                a_paper_of_three_names_is_one_in_any_order_and_keeps_what_was_said_of_each,
                titles_that_tell_nothing_and_other_authors_make_no_twins,
                a_paper_is_found_by_the_title_that_it_has_now,
            ]
            upkeep: [
                what_another_connection_changed_is_noticed_and_what_this_one_did_is_not,
                changes_that_nobody_waits_for_are_noticed_too,
                counters_tell_what_is_stale,
                a_choice_is_changed_where_it_is_read,
                work_that_is_given_up_ends_and_the_next_does_not,
                what_is_refused_changes_nothing,
                a_whole_library_is_found_whole,
                the_time_that_the_database_took_is_its_threads,
            ]
            vectors: [
                a_changed_text_makes_its_vector_stale_and_nothing_else_does,
                a_vector_of_a_text_that_changed_while_it_was_read_is_not_kept,
                the_papers_that_were_listed_last_are_read_first,
                a_vector_of_another_length_is_refused_whole,
                vectors_come_in_the_order_of_rows_and_those_of_papers_that_went_are_told,
            ]
        }
    };
}

macro_rules! tests {
    ($open:path, $attributes:tt, $($area:ident: [$($test:ident),* $(,)?])*) => {
        $($(
            $crate::store::tests::test! { $open, $attributes, $area, $test }
        )*)*
    };
}

macro_rules! test {
    ($open:path, { $(#[$attribute:meta])* }, $area:ident, $test:ident) => {
        #[test]
        $(#[$attribute])*
        fn $test() {
            $crate::store::tests::$area::$test($open);
        }
    };
}

pub(super) use {every_engine, test, tests};
