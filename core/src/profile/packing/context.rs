//! How a folder is packed: what the caller wants, and within which limits.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::profile::inspection::Browser;
use crate::profile::pack_options::Pack;
use crate::profile::stall_guard::StallGuard;
use crate::progress::Counters;
use crate::source::Spool;

/// How large an archive may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArchiveLimit {
    pub(crate) bytes: u64,
    /// The ticket says so; otherwise it is what the service documents.
    pub(crate) by_ticket: bool,
}

pub(crate) type AcceptsBrowser = Box<dyn Fn(&Browser) -> Result<()> + Send>;

/// The surroundings of one packing: where the archive goes, and the limits that hold.
pub(crate) struct PackContext {
    pub(crate) spool: Spool,
    /// Bytes in memory at once, at most.
    pub(crate) memory_limit: u64,
    /// The disk may take this long to answer.
    pub(crate) io_timeout: Duration,
    /// Refuses a folder by its browser, before it is packed.
    pub(crate) accepts: AcceptsBrowser,
    pub(crate) progress: Arc<Counters>,
}

pub(super) struct FolderPacking<'a> {
    pub(super) pack: &'a Pack,
    pub(super) limit: ArchiveLimit,
    pub(super) context: &'a PackContext,
    pub(super) guard: &'a StallGuard,
}
