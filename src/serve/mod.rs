//! Servers. Asynchronous code stays in this room.

pub mod mcp;
