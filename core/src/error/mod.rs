//! A failure, as facts a program can act on. [`ErrorKind`] is the table that every binding derives
//! from.

mod build;
mod json;
mod kind;
mod make;
mod outcome;
mod resource;
mod side;
mod text;
mod value;

pub use kind::ErrorKind;
pub use outcome::{Cleanup, Outcome};
pub use resource::{Resource, ResourceKind};
pub use side::Side;
pub use value::{Detail, Error};

/// The result of every fallible call in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
