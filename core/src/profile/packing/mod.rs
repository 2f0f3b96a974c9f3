//! A folder as a zip archive.

mod archive;
mod compress;
mod context;
mod pack;
mod queue;
mod read;
mod report;
mod tasks;
mod worker;
mod write;

pub(crate) use context::{ArchiveLimit, PackContext};
pub(crate) use pack::{PackedFolder, pack_folder};
pub use report::{Consistency, PackReport};
