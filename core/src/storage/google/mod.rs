//! Google's dialect of a presigned upload. Owns what its codes and headers mean, and which uploads go in a
//! session. Knows no service, and not how bytes are sent.

mod acknowledged;
mod codes;
mod length_range;
mod likely_checksums;
mod session_url;
pub(super) mod stored_resource;

pub(super) use acknowledged::acknowledged;
pub(super) use codes::CODES;
pub(super) use length_range::check_length;
pub(super) use likely_checksums::likely_checksums;
pub(super) use session_url::{RESUMABLE, SessionKind, session_kind};
