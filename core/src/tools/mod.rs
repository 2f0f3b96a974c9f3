//! Tools for agents: what all languages share of them. A binding makes them of its clients, and calls.

mod arguments;
mod description;
mod roots;

pub use arguments::checked_arguments;
pub use description::{DESCRIPTION, sentence};
pub use roots::{AllowedFile, Roots};
