//! The learned profile: which papers its reader will like, and why. Pure functions.
