//! Azure's dialect of a presigned upload: a URL with a shared access signature (SAS). Owns what such a URL
//! and its codes say, the headers that Azure wants beside it, which blobs go in blocks, and how those are
//! named. Knows no service, and not how bytes are sent.

mod blob_headers;
mod block_names;
mod block_plan;
mod codes;
mod sas;

pub(super) use blob_headers::BlobHeaders;
pub(super) use block_names::{BLOCK_LIST, BlockNames, is_of_block};
pub(super) use block_plan::block_plan;
pub(super) use codes::{CODES, is_in_the_way, lost_its_blocks};
pub(super) use sas::{BLOB_TYPE, SILENT, is_sas, lacks_blob_type};
