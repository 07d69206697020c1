//! Accounts, their keys, and what their readers brought in.

use super::Open;
use super::said::at;
use crate::config::Quota;
use crate::error::Error;
use crate::paper::Role;
use crate::store::NewKey;

pub(in crate::store) fn a_key_opens_while_it_holds_and_sessions_end_with_the_password(open: Open) {
    let mut store = open();
    let ann = store.add_account("ann", None, "one", at(0)).unwrap().reader;
    let bob = store.add_account("Bob", None, "two", at(0)).unwrap().reader;
    let key =
        |hash, purpose, expires| NewKey { hash, purpose, at: at(1), expires, only_feeds: purpose.is_some() };
    store.add_key(ann, key(b"session", None, Some(at(9)))).unwrap();
    store.add_key(ann, key(b"token", Some("a feed"), None)).unwrap();
    let owner = store.key_owner(b"token", at(99)).unwrap().unwrap();
    assert_eq!(
        (owner.reader, owner.name.as_str(), owner.role, owner.only_feeds),
        (ann, "ann", Role::Owner, true)
    );
    assert!(store.key_owner(b"session", at(8)).unwrap().is_some());
    assert_eq!(store.key_owner(b"session", at(9)).unwrap(), None, "it has expired");
    assert_eq!(store.key_owner(b"other", at(1)).unwrap(), None);
    assert_eq!(store.password("BOB").unwrap(), Some((bob, "two".into())), "capitals do not matter");

    store.set_password(ann, "three").unwrap();
    assert_eq!(store.key_owner(b"session", at(2)).unwrap(), None, "a session ends with its password");
    let tokens = store.tokens(ann).unwrap();
    assert_eq!((tokens.len(), tokens[0].purpose.as_deref(), tokens[0].made), (1, Some("a feed"), at(1)));
    assert!(!store.revoke(bob, tokens[0].number).unwrap(), "of another reader");
    assert!(store.revoke(ann, tokens[0].number).unwrap());
    assert_eq!(store.key_owner(b"token", at(2)).unwrap(), None);
}

pub(in crate::store) fn somebody_always_owns_the_library(open: Open) {
    let mut store = open();
    assert!(!store.has_accounts().unwrap());
    assert!(matches!(store.add_account("ann", Some(Role::Guest), "", at(0)), Err(Error::LastOwner { .. })));
    store.add_account("ann", None, "", at(0)).unwrap();
    assert!(matches!(store.add_account("Ann", None, "", at(0)), Err(Error::AccountExists { .. })));
    let bob = store.add_account("bob", None, "", at(0)).unwrap();
    assert_eq!(bob.role, Role::Member);
    assert!(matches!(store.set_role("ann", Role::Member), Err(Error::LastOwner { .. })));
    assert!(matches!(store.remove_account("ann"), Err(Error::LastOwner { .. })));
    assert!(store.set_role("bob", Role::Owner).unwrap());
    assert!(store.remove_account("ann").unwrap());
    let left: Vec<_> =
        store.accounts().unwrap().into_iter().map(|account| (account.name, account.role)).collect();
    assert_eq!(left, [("bob".to_owned(), Role::Owner)], "what was refused changed nothing");
    let cy = store.add_account("cy", None, "", at(1)).unwrap();
    assert!(cy.reader > bob.reader, "the number of an account is not given away again");
}

pub(in crate::store) fn what_a_member_brought_in_is_counted_by_the_day(open: Open) {
    let mut store = open();
    let ann = store.add_account("ann", None, "", at(0)).unwrap().reader;
    let day = |n| jiff::civil::date(2024, 4, n);
    let more = Quota { papers: 2, bytes: 30 };
    assert_eq!(store.brought(ann, day(1)).unwrap(), Quota::NOTHING);
    store.note_brought(ann, day(1), more).unwrap();
    store.note_brought(ann, day(1), more).unwrap();
    assert_eq!(store.brought(ann, day(1)).unwrap(), Quota { papers: 4, bytes: 60 });
    store.note_brought(ann, day(2), more).unwrap();
    assert_eq!(store.brought(ann, day(2)).unwrap(), more);
    assert_eq!(store.brought(ann, day(1)).unwrap(), Quota::NOTHING, "days that are over are forgotten");
}
