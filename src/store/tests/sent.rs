//! What has gone out.

use super::Open;
use super::said::at;
use crate::store::Turn;

pub(in crate::store) fn a_day_goes_out_once_through_each_door(open: Open) {
    let mut store = open();
    let mut other = (store.again)();
    let day = jiff::civil::date(2024, 4, 25);
    assert_eq!(store.take_turn("mail", day, at(1), at(0)).unwrap(), Turn::Ours);
    assert_eq!(other.take_turn("mail", day, at(2), at(0)).unwrap(), Turn::Theirs(at(1)));
    assert_eq!(other.take_turn("webhook", day, at(2), at(0)).unwrap(), Turn::Ours, "through another door");
    assert_eq!(other.take_turn("mail", day, at(3), at(2)).unwrap(), Turn::Ours, "who took it was killed");
    other.end_turn("mail", day, at(4), true).unwrap();
    assert_eq!(store.take_turn("mail", day, at(5), at(4)).unwrap(), Turn::Sent(at(4)));
    other.end_turn("webhook", day, at(4), false).unwrap();
    assert_eq!(store.all_sent().unwrap(), [("mail".to_owned(), day, at(4))]);
    assert_eq!(store.take_turn("webhook", day, at(5), at(4)).unwrap(), Turn::Ours, "it failed before");
}
