//! Tools for agents: what all languages share of them. A binding makes them of its clients, and calls.

mod arguments;
mod description;
mod facts;
mod find;
mod roots;

pub use arguments::checked_arguments;
pub use description::{DESCRIPTION, all, error_schema, not_allowed, refusal, sentence};
pub use facts::{described, failure};
pub use roots::{AllowedFile, Roots};
