use super::*;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn sleep(&self, _: Duration) {}
}

fn client(seed: u64) -> Client<'static> {
    let policy = Policy {
        user_agent: "test".into(),
        hosts: BTreeSet::new(),
        arxiv_hosts: BTreeSet::new(),
        private_hosts: Vec::new(),
        secrets: Secrets::new(),
        max_bytes: 1000,
        timeout: Duration::from_secs(1),
        seed,
    };
    Client::new(policy, &Fixed)
}

#[test]
fn waits_double_are_spread_and_repeat_by_their_seed() {
    let waits = |seed| {
        let mut client = client(seed);
        (1..=12).map(|n| client.back_off(n).as_secs_f64()).collect::<Vec<_>>()
    };
    let first = waits(1);
    assert_eq!(first, waits(1));
    assert_ne!(first, waits(2));
    for (n, wait) in first.iter().enumerate() {
        let middle = (5.0 * 2_f64.powi(n as i32)).min(900.0);
        assert!((0.5..1.5).contains(&(wait / middle)), "wait {n} is {wait} s");
    }
}

#[test]
fn a_moment_to_come_back_is_read_in_both_forms() {
    let client = client(1);
    for (written, seconds) in [
        ("120", Some(120)),
        (" 7 ", Some(7)),
        ("Thu, 01 Jan 1970 00:00:30 GMT", Some(30)),
        ("Wed, 31 Dec 1969 00:00:00 GMT", Some(0)),
        ("soon", None),
    ] {
        assert_eq!(client.span(written).map(|span| span.as_secs()), seconds, "{written}");
    }
}
