//! The call on its own.

use std::path::{Path, PathBuf};

use super::folder_scan::FolderScan;
use super::report::ProfileInspection;
use crate::error::Result;
use crate::job::{self, Job};
use crate::options::Options;
use crate::profile::pack_options::Pack;
use crate::profile::stall_guard::{StallGuard, StallLimit, run_guarded};
use crate::progress::Phase;

/// Looks at a browser's folder as [`HCompany::upload_profile`](crate::HCompany::upload_profile) would,
/// without packing or sending anything. The folder is only read.
///
/// # Errors
/// `invalid_input` for what is no browser's folder, `source_unreadable`.
pub fn inspect_profile(folder: impl Into<PathBuf>, pack: &Pack) -> Result<ProfileInspection> {
    start_inspect_profile(folder, pack)?.wait()
}

/// Starts [`inspect_profile`].
///
/// # Errors
/// `invalid_input` for patterns that are none.
pub fn start_inspect_profile(folder: impl Into<PathBuf>, pack: &Pack) -> Result<Job<ProfileInspection>> {
    pack.check()?;
    let (folder, pack) = (crate::paths::local_path(folder.into(), "the folder")?, pack.clone());
    job::start("inspect_profile", None, move |ctx| async move {
        ctx.progress.enter(Phase::Inspecting);
        let scan = move |folder: &Path, guard: &StallGuard| {
            Ok(FolderScan::of(folder, &pack, guard)?.inspection(&pack))
        };
        // The default of uploads; there is no client here that could have another.
        let limit = StallLimit { time: Options::new().stall_timeout, origin: "" };
        run_guarded(folder, limit, scan).await
    })
}
