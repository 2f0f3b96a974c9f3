//! Skipping an upload whose archive the service has already: its own checksum of an earlier profile is
//! compared with ours before anything is sent.

use super::complete;
use super::profile::Profile;
use crate::digest::{Algorithm, AlgorithmSet, Hasher, same_sha256};
use crate::error::{ErrorKind, Result};
use crate::job::JobContext;
use crate::logs;
use crate::service::Service;
use crate::source::{Prepared, SequentialReader};

/// The profile to compare with, if it is still there. The upload goes on without one.
pub(super) async fn earlier(service: &Service, id: &str, ctx: &JobContext) -> Result<Option<Profile>> {
    match complete::get(service, id, ctx).await {
        Ok(profile) => Ok(Some(profile)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            tracing::warn!(target: logs::TARGET, job = ctx.progress.job(), profile_id = id, "the profile to compare with is not there, so the upload goes on");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the service says that this is what it stored.
pub(super) async fn is_the_same(profile: &Profile, source: &Prepared) -> Result<bool> {
    let Some(theirs) = profile.checksum.as_deref() else { return Ok(false) };
    if profile.file_size_bytes.is_some_and(|size| size != source.len()) {
        return Ok(false);
    }
    let mut hasher = Hasher::new(AlgorithmSet::of(Algorithm::Sha256));
    let mut reader = SequentialReader::new(source.clone());
    let mut remaining = source.len();
    while remaining > 0 {
        let piece = reader.piece(remaining).await?;
        remaining -= piece.len() as u64;
        hasher.update(&piece);
    }
    let ours = hasher.finish().hex(Algorithm::Sha256).unwrap_or_default();
    Ok(same_sha256(&ours, theirs) == Some(true))
}
