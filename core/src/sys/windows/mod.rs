//! Windows.

mod positional;

pub(crate) use positional::{PositionalIo, read_cached};
