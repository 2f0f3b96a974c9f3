//! Windows.

mod files;
mod positional;

pub(crate) use files::{facts_at, facts_of, file_system_at, file_system_of};
pub(crate) use positional::{PositionalIo, read_cached};
