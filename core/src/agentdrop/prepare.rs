//! The files before anything is asked for: their sizes, their seals, and whether they go in parts.

use std::sync::Arc;

use serde_json::Value;

use super::checked::CheckedFile;
use super::sealing::TransferSealing;
use super::wire::FileEntry;
use crate::error::Result;
use crate::job::JobContext;
use crate::options::Options;
use crate::prepare_source::prepare_source;
use crate::progress::Phase;
use crate::seal::{FileSeal, MAX_SEALED_LEN, Nonce, TAG_LEN, encryption as cannot_seal};
use crate::service::Service;
use crate::source::{Prepared, Source, Spool};
use crate::storage::PartPlan;

/// A file that was looked at.
pub(super) struct PreparedFile {
    pub(super) entry: FileEntry,
    pub(super) source: Prepared,
    /// The facts that another process knows the file by, if a journal is kept.
    pub(super) identity: Option<Value>,
}

/// Notes what a later process needs to know of the files: which they are, and of sealed ones every block.
pub(super) async fn mark(files: &mut [PreparedFile]) -> Result<()> {
    for file in files {
        // First, so that a change while it is read is noticed.
        file.identity = file.source.lasting_identity().await?;
        file.source.mark_blocks().await?;
    }
    Ok(())
}

/// A new seal for each of so many files, if they are to be sealed here.
pub(super) fn new_seals(files: usize, sealing: &TransferSealing) -> Result<Vec<Option<Arc<FileSeal>>>> {
    let one = |_| match sealing.sealed() {
        Some(sealed) => Ok(Some(Arc::new(FileSeal::new(sealed.key.clone(), Nonce::random()?)))),
        None => Ok(None),
    };
    (0..files).map(one).collect()
}

/// Looks at the files, and seals those that have a seal.
pub(super) async fn open_files(
    service: &Service,
    files: Vec<CheckedFile>,
    seals: &[Option<Arc<FileSeal>>],
    ctx: &JobContext,
) -> Result<Vec<PreparedFile>> {
    ctx.progress.enter(Phase::Preparing);
    let mut ready = Vec::with_capacity(files.len());
    for (index, file) in files.into_iter().enumerate() {
        tell_if_not_portable(&file.name, ctx);
        let CheckedFile { source, name, content_type, encryption_iv } = file;
        let (source, encryption_iv) = match seals.get(index).and_then(Option::as_ref) {
            Some(seal) => {
                let nonce = seal.nonce().base64();
                (sealed(source, Arc::clone(seal), &service.clients.options, ctx).await?, Some(nonce))
            }
            None => (prepare_source(source, &service.clients.options, ctx).await?, encryption_iv),
        };
        check_sealed(&name, source.len(), encryption_iv.is_some())?;
        let entry = FileEntry { name, size: source.len(), content_type, encryption_iv, part_size: None };
        ready.push(PreparedFile { entry, source, identity: None });
    }
    ctx.progress.expect(ready.len(), ready.iter().map(|f| f.entry.size).sum());
    Ok(ready)
}

/// Whether a sealed file may have this size.
pub(super) fn check_sealed(name: &str, size: u64, sealed: bool) -> Result<()> {
    match size.checked_sub(TAG_LEN as u64) {
        _ if !sealed => Ok(()),
        None => Err(cannot_seal(&format!(
            "the file {name:?} has {size} bytes, and what is sealed has at least {TAG_LEN}; check that it is sealed"
        ))),
        Some(plain) if plain > MAX_SEALED_LEN => Err(cannot_seal(&format!(
            "the file {name:?} of {plain} bytes is more than AES-GCM seals with one nonce ({MAX_SEALED_LEN}); cut it into several"
        ))),
        Some(_) => Ok(()),
    }
}

async fn sealed(
    source: Source,
    seal: Arc<FileSeal>,
    options: &Options,
    ctx: &JobContext,
) -> Result<Prepared> {
    ctx.reset_on_failure(&source);
    let spool = Spool::new(options.spool_dir.as_deref());
    Prepared::sealed(source, seal, spool, options.stall_timeout).await
}

/// Warns of a name that Windows cannot save. The file is sent all the same: the recipient may run something
/// else.
fn tell_if_not_portable(name: &str, ctx: &JobContext) {
    if !is_portable(name) {
        tracing::warn!(
            target: crate::logs::TARGET,
            job = ctx.progress.job(),
            name,
            "the file's name cannot be saved on every system"
        );
    }
}

/// Whether every common system can save a file of this name. The rules are those of Windows, which are the
/// strictest: learn.microsoft.com, "Naming Files, Paths, and Namespaces".
fn is_portable(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || ["COM", "LPT"]
            .iter()
            .any(|d| stem.strip_prefix(d).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit()));
    let odd = name.contains(['<', '>', ':', '"', '|', '?', '*']) || name.ends_with(['.', ' ']);
    !device && !odd && name.len() <= 255
}

/// Decides whether the files go in parts, and says so in their entries.
pub(super) fn plan(files: &mut [PreparedFile], wanted: Option<bool>, options: &Options) -> bool {
    let large = |file: &PreparedFile| file.entry.size >= options.multipart_threshold;
    // The service's endpoint is for all files of a transfer or for none.
    let multipart = wanted.unwrap_or_else(|| files.iter().any(large));
    if multipart {
        for file in files {
            file.entry.part_size = Some(PartPlan::new(file.entry.size, options.part_size).part_size());
        }
    }
    multipart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_refuses_are_known() {
        for good in ["a.txt", "Bericht für März.pdf", "console.log", "com10.txt", ".env", "日本.csv"] {
            assert!(is_portable(good), "{good}");
        }
        for bad in ["con", "CON.txt", "lpt1.log", "a:b", "what?.txt", "trailing.", "trailing ", "a|b"] {
            assert!(!is_portable(bad), "{bad}");
        }
    }
}
