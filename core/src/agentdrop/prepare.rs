//! Everything before the first byte: which key, which files, and the pending transfer they go to.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::encryption::{self, Cover};
use super::flow::Kept;
use super::multipart::OpenUploads;
use super::request::{File, Terms, Transfer};
use super::ticket::{Asked, Ticket};
use super::wire::{self, FileEntry, PresignBody};
use crate::error::{Error, Result};
use crate::http::api::{Failure, REPLY_LIMIT, Repeat};
use crate::job::Ctx;
use crate::options::Options;
use crate::progress::Phase;
use crate::seal::{FileSeal, LONGEST, Nonce, TAG_LEN, encryption as cannot_seal};
use crate::service::{self, Service};
use crate::source::{Prepared, Spool};
use crate::storage::{self, Age, PartPlan};

/// A file that was looked at.
pub(super) struct Ready {
    pub(super) entry: FileEntry,
    pub(super) source: Prepared,
    /// What tells it apart in another process, if there may be one.
    pub(super) identity: Option<Value>,
}

/// Notes what a later process needs to know of the files: which they are, and of sealed ones every block.
pub(super) async fn mark(files: &mut [Ready]) -> Result<()> {
    for file in files {
        // First, so that a change while it is read is noticed.
        file.identity = file.source.lasting_identity().await?;
        file.source.mark().await?;
    }
    Ok(())
}

/// What can be refused without looking at a file.
pub(super) fn check(transfer: &Transfer) -> Result<()> {
    let filled = |value: &str, what: &str| match value.trim() {
        "" => Err(Error::invalid(format!("{what} is empty; every transfer needs one"))),
        _ => Ok(()),
    };
    filled(&transfer.terms.sender, "sender")?;
    filled(&transfer.terms.recipient, "recipient")?;
    filled(&transfer.terms.mode, "mode")?;
    if transfer.files.is_empty() {
        return Err(Error::invalid("the list of files is empty; give at least one"));
    }
    if let Some(text) = &transfer.terms.expires_in {
        let number = text.strip_suffix(['h', 'd']).unwrap_or("");
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::invalid(format!(
                "expires_in must be a number of hours or days such as \"12h\" or \"7d\", not {text:?}"
            )));
        }
    }
    if let Some(Err(error)) = &transfer.resume {
        return Err(error.clone());
    }
    for file in &transfer.files {
        file.resolved_type(&file.resolved_name()?)?;
    }
    encryption::check(transfer)
}

/// A new seal for each file that is to be sealed here.
pub(super) fn seals(files: &[File], cover: &Cover) -> Result<Vec<Option<Arc<FileSeal>>>> {
    let one = |_: &File| match cover.seals() {
        Some(sealed) => Ok(Some(Arc::new(FileSeal::new(sealed.key.clone(), Nonce::random()?)))),
        None => Ok(None),
    };
    files.iter().map(one).collect()
}

/// Looks at the files, and seals those that have a seal.
pub(super) async fn look_at(
    service: &Service,
    files: Vec<File>,
    seals: &[Option<Arc<FileSeal>>],
    ctx: &Ctx,
) -> Result<Vec<Ready>> {
    ctx.progress.enter(Phase::Preparing);
    let mut ready = Vec::with_capacity(files.len());
    for (at, file) in files.into_iter().enumerate() {
        let name = file.resolved_name()?;
        tell_if_not_portable(&name, ctx);
        let seal = seals.get(at).and_then(Option::as_ref);
        let content_type = file.type_to_send(&name, seal.is_some())?;
        let encryption_iv = match seal {
            Some(seal) => Some(seal.nonce().base64()),
            None => file.encryption_iv.clone(),
        };
        let source = match seal {
            Some(seal) => sealed(file, Arc::clone(seal), &service.clients.options, ctx).await?,
            None => storage::prepare(file.source, &service.clients.options, ctx).await?,
        };
        check_sealed(&name, source.len(), encryption_iv.is_some())?;
        let entry = FileEntry { name, size: source.len(), content_type, encryption_iv, part_size: None };
        ready.push(Ready { entry, source, identity: None });
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
        Some(plain) if plain > LONGEST => Err(cannot_seal(&format!(
            "the file {name:?} of {plain} bytes is more than AES-GCM seals with one nonce ({LONGEST}); cut it into several"
        ))),
        Some(_) => Ok(()),
    }
}

async fn sealed(file: File, seal: Arc<FileSeal>, options: &Options, ctx: &Ctx) -> Result<Prepared> {
    ctx.reads(&file.source);
    let spool = Spool::new(options.spool_dir.as_deref());
    Prepared::sealed(file.source, seal, spool, options.stall_timeout).await
}

/// What Windows cannot save is sent all the same, since the recipient may run something else.
fn tell_if_not_portable(name: &str, ctx: &Ctx) {
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
pub(super) fn plan(files: &mut [Ready], wanted: Option<bool>, options: &Options) -> bool {
    let large = |file: &Ready| file.entry.size >= options.multipart_threshold;
    // The service's endpoint is for all files of a transfer or for none.
    let multipart = wanted.unwrap_or_else(|| files.iter().any(large));
    if multipart {
        for file in files {
            file.entry.part_size = Some(PartPlan::new(file.entry.size, options.part_size).part_size());
        }
    }
    multipart
}

/// The body of a presign, as JSON.
pub(super) fn body(terms: &Terms, cover: &Cover, entries: &[FileEntry]) -> Result<Value> {
    let told = cover.told();
    let body = PresignBody {
        mode: &terms.mode,
        sender: &terms.sender,
        recipient: &terms.recipient,
        recipient_account: terms.recipient_account.as_deref(),
        files: entries,
        expires_in: terms.expires_in.as_deref(),
        max_downloads: terms.max_downloads,
        message: terms.message.as_deref(),
        metadata: terms.metadata.as_ref(),
        is_encrypted: !cover.is_open(),
        encrypted_key: told.map(|(key, _)| key.reveal()),
        encryption_algorithm: told.map(|(_, algorithm)| algorithm),
        auto_delete: terms.auto_delete,
    };
    serde_json::to_value(&body).map_err(|e| Error::internal("a request could not be written").cause(&e))
}

/// Makes the pending transfer.
pub(super) async fn presign(
    service: &Arc<Service>,
    terms: &Terms,
    (cover, seals): (Cover, Vec<Option<Arc<FileSeal>>>),
    files: &[Ready],
    kept: Kept,
    ctx: &Ctx,
) -> Result<Ticket> {
    ctx.progress.enter(Phase::Requesting);
    let made = service.clients.get()?;
    let promised: Vec<FileEntry> = files.iter().map(|f| f.entry.clone()).collect();
    let multipart = promised.iter().any(|entry| entry.part_size.is_some());
    let json = body(terms, &cover, &promised)?.to_string();
    let hidden = cover.told().map(|(key, _)| key.clone());
    let path: &[&str] =
        if multipart { &["transfers", "presigned", "multipart"] } else { &["transfers", "presigned"] };
    let mut call = service.call("presign", Method::POST, path, Some(json.into_bytes()))?;
    // A URL with a session token takes some 2 KiB.
    let parts = |entry: &FileEntry| entry.part_size.map_or(1, |p| PartPlan::fixed(entry.size, p).count());
    let urls: u64 = promised.iter().map(parts).sum();
    call.hides = hidden.iter().collect();
    call.reply_limit = REPLY_LIMIT + usize::try_from(urls).unwrap_or(usize::MAX / 8192) * 8 * 1024;
    let mut retry = service.retry(&made, ctx);
    // A repeat after a lost reply would make a second pending transfer.
    let reply =
        made.api.call(&call, Repeat::OnlyIfNotHandled, &mut retry).await.map_err(Failure::into_error)?;
    // Nobody will ask for it again, and of ten thousand files it is long.
    let text = if kept == Kept::Nothing { Bytes::new() } else { reply.body.clone() };
    let parsed: Value = service::parse("presign", &reply)?;
    drop(reply);
    let reply = parsed;
    if let Some(id) = reply["id"].as_str().and_then(|id| wire::checked_id(id).ok()) {
        ctx.reserved_transfer(&id);
        // If the reply does not fit, what it began is to be ended all the same.
        let (service, theirs) = (Arc::clone(service), ctx.without_remains());
        let open = OpenUploads::of_reply(&reply);
        ctx.if_not_completed(Some(Box::pin(async move { open.abort(service, id, theirs).await })));
    }
    let asked = Asked { promised, multipart, cover, seals };
    Ticket::read(reply, text, asked, Age::New, &service.clients.options).map_err(|e| e.during("presign"))
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
