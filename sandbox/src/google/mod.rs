//! Google's dialect of storage, over the objects of the embedded store: V4 signatures, objects whole and in
//! sessions. Knows no service.

mod objects;
mod signature;

pub(crate) use objects::{handle, is_for};
pub(crate) use signature::{Signed, url};
