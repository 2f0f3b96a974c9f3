//! The archive that is sent: a zip of the caller's, or a folder that is packed here.

use std::path::Path;
use std::sync::Arc;

use super::request::ProfileDetails;
use super::ticket::{ProfileTicket, form};
use super::wire::CompleteBody;
use crate::error::Result;
use crate::job::JobContext;
use crate::logs;
use crate::profile::{ArchiveLimit, Browser, Pack, PackContext, PackReport, PackedFolder, pack_folder};
use crate::progress::Phase;
use crate::service::Service;
use crate::source::{Prepared, Spool};

/// The service documents "1 GB"; without a ticket that says more, the stricter reading counts.
pub(super) const DOCUMENTED_LIMIT: ArchiveLimit = ArchiveLimit { bytes: 1_000_000_000, by_ticket: false };

/// How large an archive this ticket takes.
pub(super) fn archive_limit(service: &Service, ticket: &ProfileTicket) -> Result<ArchiveLimit> {
    let largest = form(service, ticket)?.largest();
    Ok(largest.map_or(DOCUMENTED_LIMIT, |bytes| ArchiveLimit { bytes, by_ticket: true }))
}

/// The bytes to send, and the contents if they were packed here.
pub(super) struct Archive {
    pub(super) source: Prepared,
    pub(super) packed: Option<PackedContents>,
}

pub(super) struct PackedContents {
    pub(super) report: PackReport,
    browser: Browser,
    /// The largest files in it, for an error that says it is too large.
    pub(super) largest: String,
}

impl Archive {
    /// The body of complete-upload. The folder names the browser where the caller does not.
    pub(super) fn complete_body(
        &mut self,
        details: &ProfileDetails,
        ctx: &JobContext,
    ) -> Result<CompleteBody> {
        let Some(contents) = &mut self.packed else { return CompleteBody::new(details, None) };
        let (name, version) = (details.browser_name.as_deref(), details.browser_version.as_deref());
        contents.report.browser_guessed = name.is_none() || version.is_none();
        let contradictions = contents.browser.contradicts(name, version);
        warn(&contradictions, ctx);
        contents.report.warnings.extend(contradictions);
        CompleteBody::new(details, Some(&contents.browser))
    }
}

pub(super) async fn pack_archive(
    service: &Service,
    folder: &Path,
    pack: &Pack,
    limit: ArchiveLimit,
    accepts: impl Fn(&Browser) -> Result<()> + Send + 'static,
    ctx: &JobContext,
) -> Result<Archive> {
    let options = &service.clients.options;
    let context = PackContext {
        spool: Spool::new(options.spool_dir.as_deref()),
        memory_limit: options.memory_budget,
        io_timeout: options.stall_timeout,
        accepts: Box::new(accepts),
        progress: Arc::clone(&ctx.progress),
    };
    let done = pack_folder(folder.to_owned(), pack.clone(), limit, context).await;
    ctx.progress.packed();
    ctx.progress.enter(Phase::Requesting);
    let PackedFolder { spooled, report, browser, largest } = done?;
    warn(&report.warnings, ctx);
    let source = Prepared::spooled(spooled, options.stall_timeout);
    Ok(Archive { source, packed: Some(PackedContents { report, browser, largest }) })
}

fn warn(warnings: &[String], ctx: &JobContext) {
    for warning in warnings {
        tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), "{warning}");
    }
}
