//! Settings: read once, checked, and then of another type.
