//! A day in named groups. Pure functions.
