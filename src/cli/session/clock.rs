//! The machine's clock, and one that runs faster from a day of one's choice, for tests.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use paperpick::source::fetch::Clock;

/// The machine's clock.
struct Machine;

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, span: Duration) {
        std::thread::sleep(span);
    }
}

/// A clock that always shows the same moment.
pub struct Stopped(pub Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn sleep(&self, span: Duration) {
        std::thread::sleep(span);
    }
}

/// A clock that showed `begin` when the machine's showed `anchor`, and runs `rate` times as fast.
struct Scaled {
    begin: Timestamp,
    anchor: Timestamp,
    rate: f64,
}

impl Clock for Scaled {
    fn now(&self) -> Timestamp {
        let passed = Timestamp::now().duration_since(self.anchor).as_secs_f64() * self.rate;
        let passed = SignedDuration::try_from_secs_f64(passed).unwrap_or_default();
        self.begin.checked_add(passed).unwrap_or(self.begin)
    }

    fn sleep(&self, span: Duration) {
        std::thread::sleep(span.div_f64(self.rate));
    }
}

/// The clock that `PAPERPICK_CLOCK` describes as `BEGIN@ANCHOR*RATE`, or the machine's.
pub fn clock() -> Result<Box<dyn Clock + Send + Sync>> {
    let Some(described) = std::env::var("PAPERPICK_CLOCK").ok().filter(|text| !text.is_empty()) else {
        return Ok(Box::new(Machine));
    };
    let scaled = || {
        let (begin, rest) = described.split_once('@')?;
        let (anchor, rate) = rest.split_once('*')?;
        let rate = rate.parse().ok().filter(|rate| *rate > 0.0)?;
        Some(Scaled { begin: begin.parse().ok()?, anchor: anchor.parse().ok()?, rate })
    };
    Ok(Box::new(scaled().context("PAPERPICK_CLOCK is not BEGIN@ANCHOR*RATE, two moments and a number")?))
}
