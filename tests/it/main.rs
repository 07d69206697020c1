//! What a user would miss: the binary as it is used, its crash safety, and the plan of the house.

mod commands;
mod crash;
mod layers;
mod readme;
mod shell;
