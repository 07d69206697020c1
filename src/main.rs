//! The command line of paperpick.

fn main() {}
