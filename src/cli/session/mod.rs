//! What every page of the command line needs: the settings, the clock, the models, and how to print.

pub mod clock;
pub mod lists;
pub mod models;
pub mod print;
pub mod settings;
