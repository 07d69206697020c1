//! What verbs take and give: checked fields, and schemas derived from their types.

pub(super) mod fields;
mod schema;

pub(crate) use fields::check_bounds;
pub use fields::{Count, Filter, Probability, Text, Whole};
pub use schema::{Shape, Shaped, fields_of, schema_of, schema_whole, shaped_schema};
