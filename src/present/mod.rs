//! Data in, text out: Markdown, feeds, mail.
