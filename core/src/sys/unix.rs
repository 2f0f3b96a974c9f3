//! Linux and macOS alike.

pub(crate) use std::os::unix::fs::FileExt as PositionalIo;

pub(crate) use super::kernel::read_cached;
