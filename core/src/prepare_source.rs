//! Makes a source ready to be sent: looks at it, or reads it into a temporary file, and waits where the
//! process has no descriptor left for that.

use std::path::Path;

use crate::error::Result;
use crate::http::HttpClients;
use crate::job::JobContext;
use crate::options::Options;
use crate::source::{Prepared, Source, Spool};

/// Looks at a source, or reads it into a temporary file.
pub(crate) async fn prepare_source(source: Source, options: &Options, ctx: &JobContext) -> Result<Prepared> {
    ctx.reset_on_failure(&source);
    let spool = Spool::new(options.spool_dir.as_deref());
    Prepared::new(source, spool, options.stall_timeout).await
}

/// The same. A file that cannot be opened for want of a descriptor waits for its turn, and for what is under
/// way to give one back, as a try to send it would.
pub(crate) async fn prepare_source_in_turn(
    clients: &HttpClients,
    source: Source,
    options: &Options,
    ctx: &JobContext,
) -> Result<Prepared> {
    let path = source.as_path().map(Path::to_owned);
    match (prepare_source(source, options, ctx).await, path) {
        (Err(error), Some(path)) if error.is_out_of_descriptors() => {
            Box::pin(look_again_in_turn(clients, &path, options, ctx)).await
        }
        (looked, _) => looked,
    }
}

async fn look_again_in_turn(
    clients: &HttpClients,
    path: &Path,
    options: &Options,
    ctx: &JobContext,
) -> Result<Prepared> {
    loop {
        let turn = clients.turn().await;
        let refused = match prepare_source(Source::path(path), options, ctx).await {
            Err(error) if error.is_out_of_descriptors() => error,
            looked => return looked,
        };
        if !(clients.storage.close_idle().await || turn.after_another().await) {
            return Err(refused);
        }
    }
}
