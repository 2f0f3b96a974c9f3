//! A source told apart: a browser's folder, or a zip of one.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::job::JobContext;
use crate::options::Options;
use crate::prepare_source::prepare_source_in_turn;
use crate::service::Service;
use crate::source::{Prepared, Source, blocking_with_timeout};

/// A source that can become a profile.
pub(super) enum ProfileSource {
    Folder(PathBuf),
    Zip(Prepared),
}

impl ProfileSource {
    /// Looks whether a source is a folder, or begins as a zip does.
    pub(super) async fn of(service: &Service, source: Source, ctx: &JobContext) -> Result<Self> {
        let options = &service.clients.options;
        if let Some(folder) = folder_at(source.as_path(), options).await? {
            return Ok(Self::Folder(folder));
        }
        let shown = source.as_path().map_or_else(|| "the source".to_owned(), |p| p.display().to_string());
        let clients = service.clients.get()?;
        let prepared = prepare_source_in_turn(&clients, source, options, ctx).await?;
        let start = prepared.peek(4).await?;
        // PK\x03\x04 starts a zip with entries, PK\x05\x06 is one without any.
        if !matches!(start.as_slice(), b"PK\x03\x04") {
            return Err(Error::invalid(format!(
                "{shown} is neither a folder nor a zip file with something in it; give a browser's user-data folder or a zip of one"
            )));
        }
        Ok(Self::Zip(prepared))
    }
}

/// The path of a source that is a folder.
async fn folder_at(path: Option<&Path>, options: &Options) -> Result<Option<PathBuf>> {
    let Some(path) = path.map(Path::to_owned) else { return Ok(None) };
    let looked_at = path.clone();
    blocking_with_timeout(options.stall_timeout, &path, move || Ok(looked_at.is_dir().then_some(looked_at)))
        .await
}
