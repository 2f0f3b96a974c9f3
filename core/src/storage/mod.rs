//! Sending bytes to a presigned target. Knows storage's own rules (tickets, forms, XML replies,
//! ETags) and no provider.

mod between;
mod condition;
pub(crate) mod form;
mod meaning;
mod pace;
mod part_plan;
mod parts;
mod post_form;
mod promised;
mod put;
mod put_parts;
pub(crate) mod reply;
mod send;
mod signed;
pub(crate) mod ticket;
mod window;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::http::{Clients, HttpClients};
use crate::job::{self, Job, JobContext, RawUpload};
use crate::options::Options;
use crate::room;
use crate::secret::Secret;
use crate::source::{Prepared, Source, Spool};

pub(crate) use part_plan::PartPlan;
pub use parts::StoredPart;
pub(crate) use parts::{PartUpload, send_parts, sent};
pub(crate) use post_form::FormTarget;
pub(crate) use put::{PutHeaders, PutTarget, SignedAt};
pub use put_parts::{PutParts, StoredParts};
pub(crate) use send::Sender;
pub(crate) use window::Window;

/// What storage has after an upload.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct StoredObject {
    /// Bytes of the source that storage took.
    pub bytes: u64,
    /// Storage's ETag, without quotes, if it sent one.
    pub etag: Option<String>,
    /// SHA-256 of what was sent, in hex, if it was computed.
    pub sha256: Option<String>,
    /// MD5 of what was sent, in hex, if it was computed.
    pub md5: Option<String>,
    /// Whether storage's ETag equals the MD5 of what was sent.
    pub verified: bool,
    /// Requests it took, the successful one included.
    pub attempts: u32,
    /// What is not certain all the same, each a sentence: a success that bears no sign of being storage's own.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Uploads to presigned targets that some other program asked for.
///
/// Cheap to clone; clones share connections. May be used from any thread.
#[derive(Clone)]
pub struct Storage {
    clients: Arc<Clients>,
}

/// A presigned `PUT`.
#[derive(Debug)]
pub struct Put {
    url: Secret,
    headers: Vec<(String, Secret)>,
    source: Source,
    timeout: Option<Duration>,
}

impl Put {
    /// `url` is the presigned URL, exactly as it was handed out.
    pub fn new(url: impl Into<String>, source: impl Into<Source>) -> Self {
        Self { url: Secret::new(url), headers: Vec::new(), source: source.into(), timeout: None }
    }
    /// A header that was signed into the URL, sent as given.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Secret::new(value)));
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

/// A presigned `POST` form.
#[derive(Debug)]
pub struct PostForm {
    url: Secret,
    fields: form::Fields,
    file_name: String,
    source: Source,
    timeout: Option<Duration>,
}

impl PostForm {
    /// `fields` are sent byte for byte in the order given, and the file after them, as the field
    /// named `file`.
    pub fn new<N: Into<String>, V: Into<String>>(
        url: impl Into<String>,
        fields: impl IntoIterator<Item = (N, V)>,
        source: impl Into<Source>,
    ) -> Self {
        let fields = fields.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
        Self {
            url: Secret::new(url),
            fields: form::Fields(fields),
            file_name: "file".to_owned(),
            source: source.into(),
            timeout: None,
        }
    }
    /// The file name told to storage. Default `file`.
    #[must_use]
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = name.into();
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

impl Storage {
    /// Makes no connection yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { clients: Arc::new(Clients::new(options)) }
    }

    /// From now on all uploads of this client and its clones together send at most so many bytes a second,
    /// those under way too; `None`: no limit. See [`Options::bandwidth_limit`].
    ///
    /// # Errors
    /// `invalid_input` outside 1 KiB to 1 TiB per second.
    pub fn set_bandwidth_limit(&self, bytes_per_second: Option<u64>) -> Result<()> {
        self.clients.set_bandwidth_limit(bytes_per_second)
    }

    /// Sends a source with a presigned `PUT` and waits. Safe to repeat: the object is replaced as a
    /// whole or not at all.
    ///
    /// # Errors
    /// `unsafe_target`, `expired`, `storage_refused`, `too_large`, `source_unreadable`,
    /// `source_changed`, `integrity`, `network`, `timeout`, `tls`, `unavailable`, `rate_limited`.
    pub fn put(&self, request: Put) -> Result<StoredObject> {
        self.start_put(request)?.wait()
    }

    /// Starts [`Storage::put`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_put(&self, request: Put) -> Result<Job<StoredObject>> {
        let clients = Arc::clone(&self.clients);
        job::start("put", request.timeout, move |ctx| async move {
            put_now(&clients, request, &ctx).await.map_err(for_the_caller)
        })
    }

    /// Sends a source with a presigned `POST` form and waits.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub fn post_form(&self, request: PostForm) -> Result<StoredObject> {
        self.start_post_form(request)?.wait()
    }

    /// Starts [`Storage::post_form`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_post_form(&self, request: PostForm) -> Result<Job<StoredObject>> {
        let clients = Arc::clone(&self.clients);
        job::start("post_form", request.timeout, move |ctx| async move {
            post_form_now(&clients, request, &ctx).await.map_err(for_the_caller)
        })
    }
}

impl Storage {
    /// Sends a source in parts with a presigned `PUT` each, several at once, and waits. Completing the
    /// upload with the parts' ETags, or aborting it, is left to whoever began it. Safe to repeat: a part that
    /// is sent again replaces itself.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub fn put_parts(&self, request: PutParts) -> Result<StoredParts> {
        self.start_put_parts(request)?.wait()
    }

    /// Starts [`Storage::put_parts`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_put_parts(&self, request: PutParts) -> Result<Job<StoredParts>> {
        let clients = Arc::clone(&self.clients);
        job::start("put_parts", request.timeout, move |ctx| async move {
            put_parts::put_parts_now(&clients, request, &ctx).await.map_err(for_the_caller)
        })
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}

async fn put_now(clients: &Clients, request: Put, ctx: &JobContext) -> Result<StoredObject> {
    let http = clients.get()?;
    let target = PutTarget::new(request.url.reveal(), &request.headers, &clients.options)?;
    let source = prepare_in_turn(&http, request.source, &clients.options, ctx).await?;
    ctx.progress.expect(1, source.len());
    ctx.set_raw_upload(RawUpload::Object);
    let sender = Sender::new(&http, &clients.options, ctx);
    let digest = sender.digest_for_whole(source.len());
    let stored = target.send(&sender, &source, digest, true).await?;
    ctx.progress.file_done();
    Ok(stored)
}

async fn post_form_now(clients: &Clients, request: PostForm, ctx: &JobContext) -> Result<StoredObject> {
    let http = clients.get()?;
    let target = FormTarget::new(request.url.reveal(), request.fields.0, None, &clients.options)?
        .file_name(&request.file_name)?;
    let source = prepare_in_turn(&http, request.source, &clients.options, ctx).await?;
    ctx.progress.expect(1, source.len());
    ctx.set_raw_upload(RawUpload::Object);
    let sender = Sender::new(&http, &clients.options, ctx);
    let digest = sender.digest_for_whole(source.len());
    let stored = target.send(&sender, &source, digest).await?;
    ctx.progress.file_done();
    Ok(stored)
}

/// The same call with the same ticket fails the same way once that has run out.
fn for_the_caller(error: Error) -> Error {
    let error = with_earlier_tries(error);
    if error.kind() == ErrorKind::Expired { error.retryable_is(false) } else { error }
}

/// Says in the sentence what a request before the one it is about may have done. A 412 says it anyway.
pub(crate) fn with_earlier_tries(error: Error) -> Error {
    if !error.of_earlier_request() || error.http_status() == Some(412) {
        return error;
    }
    match error.outcome() {
        Outcome::NotCompleted => error,
        Outcome::Unknown => error.with_note(
            "an earlier try sent everything and got no clear answer, so look whether it is there before you send it again",
        ),
        Outcome::Completed => error.with_note(
            "an earlier try was stored, with an ETag that is not the MD5 of what was sent, so look at what is there",
        ),
    }
}

/// Looks at a source, or reads it into a temporary file.
pub(crate) async fn prepare(source: Source, options: &Options, ctx: &JobContext) -> Result<Prepared> {
    ctx.reset_on_failure(&source);
    let spool = Spool::new(options.spool_dir.as_deref());
    Prepared::new(source, spool, options.stall_timeout).await
}

/// The same. A file that cannot be opened for want of a descriptor waits for its turn, and for what is under
/// way to give one back, as a try to send it would.
pub(crate) async fn prepare_in_turn(
    clients: &HttpClients,
    source: Source,
    options: &Options,
    ctx: &JobContext,
) -> Result<Prepared> {
    let path = source.as_path().map(Path::to_owned);
    match (prepare(source, options, ctx).await, path) {
        (Err(error), Some(path)) if room::is_about_files(&error) => {
            Box::pin(looked_at_later(clients, &path, options, ctx)).await
        }
        (looked, _) => looked,
    }
}

async fn looked_at_later(
    clients: &HttpClients,
    path: &Path,
    options: &Options,
    ctx: &JobContext,
) -> Result<Prepared> {
    loop {
        let turn = clients.turn().await;
        let refused = match prepare(Source::path(path), options, ctx).await {
            Err(error) if room::is_about_files(&error) => error,
            looked => return looked,
        };
        if !(clients.storage.close_idle().await || turn.after_another().await) {
            return Err(refused);
        }
    }
}
