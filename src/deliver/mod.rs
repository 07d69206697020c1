//! Digests on their way out of this machine: by mail, and to a webhook.
//!
//! Secrets are arguments and reach no message, no log and no error. Whether a day has gone out
//! already is not known here.

pub mod mail;
pub mod webhook;
