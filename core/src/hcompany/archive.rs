//! The archive that is sent: a zip of the caller's, or a folder that is packed here.

use std::path::Path;
use std::sync::Arc;

use super::request::ProfileDetails;
use super::ticket::{ProfileTicket, form};
use super::wire::CompleteBody;
use crate::error::Result;
use crate::job::JobContext;
use crate::logs;
use crate::profile::{Browser, Limit, Pack, PackReport, Packed, Room, pack_folder};
use crate::progress::Phase;
use crate::service::Service;
use crate::source::{Prepared, Spool};

/// The service documents "1 GB"; without a ticket that says more, the stricter reading counts.
pub(super) const DOCUMENTED: Limit = Limit { bytes: 1_000_000_000, by_ticket: false };

pub(super) fn limit_of(service: &Service, ticket: &ProfileTicket) -> Result<Limit> {
    let largest = form(service, ticket)?.largest();
    Ok(largest.map_or(DOCUMENTED, |bytes| Limit { bytes, by_ticket: true }))
}

/// What is sent, and what is known of it if it was packed here.
pub(super) struct Zip {
    pub(super) source: Prepared,
    pub(super) packed: Option<Contents>,
}

pub(super) struct Contents {
    pub(super) report: PackReport,
    browser: Browser,
    pub(super) largest: String,
}

impl Zip {
    /// The body of complete-upload. What the caller does not say about the browser, the folder does.
    pub(super) fn body(&mut self, details: &ProfileDetails, ctx: &JobContext) -> Result<CompleteBody> {
        let Some(contents) = &mut self.packed else { return CompleteBody::new(details, None) };
        let (name, version) = (details.browser_name.as_deref(), details.browser_version.as_deref());
        contents.report.browser_guessed = name.is_none() || version.is_none();
        let contradictions = contents.browser.contradicts(name, version);
        warn(&contradictions, ctx);
        contents.report.warnings.extend(contradictions);
        CompleteBody::new(details, Some(&contents.browser))
    }
}

pub(super) async fn packed(
    service: &Service,
    folder: &Path,
    pack: &Pack,
    limit: Limit,
    accepts: impl Fn(&Browser) -> Result<()> + Send + 'static,
    ctx: &JobContext,
) -> Result<Zip> {
    let options = &service.clients.options;
    let room = Room {
        spool: Spool::new(options.spool_dir.as_deref()),
        memory: options.memory_budget,
        patience: options.stall_timeout,
        accepts: Box::new(accepts),
        progress: Arc::clone(&ctx.progress),
    };
    let done = pack_folder(folder.to_owned(), pack.clone(), limit, room).await;
    ctx.progress.packed();
    ctx.progress.enter(Phase::Requesting);
    let Packed { spooled, report, browser, largest } = done?;
    warn(&report.warnings, ctx);
    let source = Prepared::spooled(spooled, options.stall_timeout);
    Ok(Zip { source, packed: Some(Contents { report, browser, largest }) })
}

fn warn(warnings: &[String], ctx: &JobContext) {
    for warning in warnings {
        tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), "{warning}");
    }
}
