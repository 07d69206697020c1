//! The only place where the rooms meet: what every door calls.
