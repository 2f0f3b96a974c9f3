//! AgentDrop: what to send
//!
//! The request of dropoff_agentdrop_send, dropoff_agentdrop_plan and dropoff_agentdrop_presign. What is not set is left
//! to the service's own defaults, except auto_delete.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::time::Duration;

use dropoff::{Error, File, Result, Transfer};

use crate::callback::{UserData, dropoff_finalizer};
use crate::encryption::dropoff_encryption;
use crate::error::{dropoff_error, dropoff_status};
use crate::files;
use crate::guard;
use crate::handle::{LiveHandle, UseOnce, give, needed};
use crate::progress::{Callback, dropoff_progress_fn};
use crate::source::dropoff_source;
use crate::text::{optional_text, os_path, text};

/// What to send and to whom. The call that takes it uses it up, also if that fails; it is still yours to free.
///
/// Threads: one at a time.
pub struct dropoff_transfer {
    request: UseOnce<Request>,
    progress: Option<Callback>,
    _live: LiveHandle,
}

struct Request {
    transfer: Transfer,
    /// Apart, since C may still say more about one that was added.
    files: Vec<File>,
}

impl dropoff_transfer {
    pub(crate) fn take(&mut self) -> Result<(Transfer, Option<Callback>)> {
        let Request { transfer, files } = self.request.take()?;
        Ok((files.into_iter().fold(transfer, Transfer::file), self.progress.take()))
    }
    /// For the core's builders, which go in and come out by value.
    fn change(&mut self, change: impl FnOnce(Transfer) -> Transfer) -> Result<()> {
        self.request.change(|request| Request { transfer: change(request.transfer), ..request })
    }
}

/// Makes a request to send a transfer. `sender` and `recipient` are agent ids; the recipient is an e-mail address in mode
/// "agent-to-human".
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_new(
    sender: *const c_char,
    recipient: *const c_char,
    transfer: Option<&mut MaybeUninit<*mut dropoff_transfer>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (sender, recipient, place) = (text!(sender)?, text!(recipient)?, needed!(transfer)?);
        let request = Request { transfer: Transfer::new(sender, recipient), files: Vec::new() };
        let request = UseOnce::new("transfer", request);
        give(place, dropoff_transfer { request, progress: None, _live: LiveHandle::new() });
        Ok(())
    })
}

/// Adds a file, and empties `source`. Results come back in the order files were added. name: what the recipient sees, a
/// base name without folders; NULL for the last part of the path, while memory and streams need one. content_type: the
/// media type; NULL to guess it from the name.
///
/// May be NULL: name, content_type.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_add_file(
    transfer: Option<&mut dropoff_transfer>,
    source: Option<&mut dropoff_source>,
    name: *const c_char,
    content_type: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, source) = (needed!(transfer)?, needed!(source)?);
        let (name, content_type) = (optional_text!(name)?, optional_text!(content_type)?);
        let list = &mut transfer.request.get()?.files;
        list.push(files::file(source, name, content_type)?);
        Ok(())
    })
}

/// The nonce that a file was sealed with before it came here: base64 of 12 bytes. For dropoff_encryption_presealed alone;
/// each file needs its own. `index` counts the files from 0, in the order they were added; DROPOFF_INVALID_INPUT if there
/// is none.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_file_encryption_iv(
    transfer: Option<&mut dropoff_transfer>,
    index: usize,
    encryption_iv: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, encryption_iv) = (needed!(transfer)?, text!(encryption_iv)?);
        files::set_encryption_iv(&mut transfer.request.get()?.files, index, encryption_iv)
    })
}

/// "agent-to-agent" (default), "agent-to-human" or "human-to-agent".
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_mode(
    transfer: Option<&mut dropoff_transfer>,
    mode: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, mode) = (needed!(transfer)?, text!(mode)?);
        transfer.change(|transfer| transfer.mode(mode))
    })
}

/// How long the transfer lives, such as "12h" or "7d"; the plan decides how much is allowed.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_expires_in(
    transfer: Option<&mut dropoff_transfer>,
    expires_in: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, expires_in) = (needed!(transfer)?, text!(expires_in)?);
        transfer.change(|transfer| transfer.expires_in(expires_in))
    })
}

/// How often it may be downloaded; the service allows 1 to 1000.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_set_max_downloads(
    transfer: Option<&mut dropoff_transfer>,
    count: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || needed!(transfer)?.change(|transfer| transfer.max_downloads(count)))
}

/// A text for the recipient.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_message(
    transfer: Option<&mut dropoff_transfer>,
    message: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, message) = (needed!(transfer)?, text!(message)?);
        transfer.change(|transfer| transfer.message(message))
    })
}

/// Free data kept with the transfer: the text of one JSON object.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_metadata_json(
    transfer: Option<&mut dropoff_transfer>,
    json: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, json) = (needed!(transfer)?, text!(json)?);
        let data = serde_json::from_str(json).map_err(|e| {
            Error::bad_argument(&format!(
                "json is not a JSON object ({e}); pass one such as {{\"week\": 47}}"
            ))
        })?;
        transfer.change(|transfer| transfer.metadata(data))
    })
}

/// Whether the service deletes the transfer once it was downloaded. Default false, which is always sent: the
/// service's documents disagree on its own default.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_set_auto_delete(
    transfer: Option<&mut dropoff_transfer>,
    auto_delete: bool,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || needed!(transfer)?.change(|transfer| transfer.auto_delete(auto_delete)))
}

/// The recipient's account (e-mail, id or display name), where an agent id alone is ambiguous.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_recipient_account(
    transfer: Option<&mut dropoff_transfer>,
    recipient_account: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, recipient_account) = (needed!(transfer)?, text!(recipient_account)?);
        transfer.change(|transfer| transfer.recipient_account(recipient_account))
    })
}

/// Seals every file for the recipient; `encryption` is copied. Without it files are sent as they are.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_set_encryption(
    transfer: Option<&mut dropoff_transfer>,
    encryption: Option<&dropoff_encryption>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, encryption) = (needed!(transfer)?, needed!(encryption)?);
        transfer.change(|transfer| transfer.encrypt(encryption.encryption.clone()))
    })
}

/// Whether all files go in parts: true, false, or, if this is not called, if one of them has at least
/// multipart_threshold bytes (an option).
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_set_multipart(
    transfer: Option<&mut dropoff_transfer>,
    multipart: bool,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || needed!(transfer)?.change(|transfer| transfer.multipart(multipart)))
}

/// A journal: a file that lets the same call go on where this one stopped, after its process was killed or the network
/// failed. Make the same request again with the same journal; dropoff_error_journal says whether there is something to go
/// on from. The file is made if it is not there, readable by its owner alone, and removed once the transfer is active. It
/// holds live upload URLs, and never a key. A leading ~/ is the home folder. Streams cannot be resumed, and a presign has
/// no journal: DROPOFF_INVALID_INPUT from the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_journal(
    transfer: Option<&mut dropoff_transfer>,
    journal: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let (transfer, journal) = (needed!(transfer)?, os_path!(journal)?);
        transfer.change(|transfer| transfer.journal(journal))
    })
}

/// Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_set_timeout_ms(
    transfer: Option<&mut dropoff_transfer>,
    ms: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || needed!(transfer)?.change(|transfer| transfer.timeout(Duration::from_millis(ms))))
}

/// Who is told how far the call is. Setting another callback replaces the first.
///
/// May be NULL: user_data, finalizer.
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_transfer_set_progress(
    transfer: Option<&mut dropoff_transfer>,
    callback: dropoff_progress_fn,
    user_data: *mut c_void,
    finalizer: dropoff_finalizer,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    let user_data = UserData::new(user_data, finalizer);
    let mut former = None;
    let status = guard::run(error, || {
        let (transfer, callback) = (needed!(transfer)?, needed!(callback)?);
        transfer.request.get()?;
        former = transfer.progress.replace(Callback::new(callback, user_data));
        Ok(())
    });
    // Now, when the request is as it will be: the finalizer may use it.
    drop(former);
    status
}

/// Frees a request, used or not. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_transfer_free(transfer: Option<Box<dropoff_transfer>>) {
    guard::free(transfer);
}
