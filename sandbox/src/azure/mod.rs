//! Azure's dialect of storage, over the objects of the embedded store: shared access signatures, blobs whole
//! and in blocks, refusals in Azure's words. Knows no service.

mod blobs;
mod refusals;
mod sas;

pub(crate) use blobs::handle;
pub(crate) use sas::{is_signed, url};
