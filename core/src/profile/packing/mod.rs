//! A folder as a zip archive.

mod archive;
mod compress;
mod pack;
mod queue;
mod read;
mod report;
mod tasks;
mod worker;
mod write;

pub(crate) use pack::{Limit, Packed, Room, pack_folder};
pub use report::{Consistency, PackReport};
