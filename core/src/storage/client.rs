//! Raw storage: uploads to targets that some other program asked for.

use std::path::PathBuf;
use std::sync::Arc;

use super::kept_reply::KeptReply;
use super::plan;
use super::post::post_now;
use super::post_form::FormTarget;
use super::put::PutTarget;
use super::put_journal::PutJournal;
use super::put_object::{ObjectUpload, put_object};
use super::put_parts::put_parts_now;
use super::request::{PostFormRequest, PostRequest, PutPartsRequest, PutRequest, SendRequest};
use super::result::{StoredObject, StoredParts};
use super::send::{Sender, with_earlier_tries};
use crate::error::{Error, ErrorKind, Result};
use crate::http::Clients;
use crate::job::{self, Job, JobContext, RawUpload};
use crate::options::Options;
use crate::prepare_source::prepare_source_in_turn;

/// Uploads to presigned targets that some other program asked for.
///
/// Cheap to clone; clones share connections. May be used from any thread.
#[derive(Clone)]
pub struct Storage {
    clients: Arc<Clients>,
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
    pub fn put(&self, request: PutRequest) -> Result<StoredObject> {
        self.start_put(request)?.wait()
    }

    /// Starts [`Storage::put`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_put(&self, request: PutRequest) -> Result<Job<StoredObject>> {
        let clients = Arc::clone(&self.clients);
        job::start("put", request.timeout, move |ctx| async move {
            put_now(&clients, request, &ctx).await.map_err(for_the_caller)
        })
    }

    /// Whether the target of a `PUT` can be used, as far as that is seen without a connection.
    ///
    /// # Errors
    /// `invalid_input`, `unsafe_target`.
    pub fn check_put(&self, request: &PutRequest) -> Result<()> {
        PutTarget::new(request.url.reveal(), &request.headers, &self.clients.options).map(drop)
    }

    /// Sends a source with a presigned `POST` form and waits.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub fn post_form(&self, request: PostFormRequest) -> Result<StoredObject> {
        self.start_post_form(request)?.wait()
    }

    /// Starts [`Storage::post_form`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_post_form(&self, request: PostFormRequest) -> Result<Job<StoredObject>> {
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
    pub fn put_parts(&self, request: PutPartsRequest) -> Result<StoredParts> {
        self.start_put_parts(request)?.wait()
    }

    /// Starts [`Storage::put_parts`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_put_parts(&self, request: PutPartsRequest) -> Result<Job<StoredParts>> {
        let clients = Arc::clone(&self.clients);
        job::start("put_parts", request.timeout, move |ctx| async move {
            put_parts_now(&clients, request, &ctx).await.map_err(for_the_caller)
        })
    }
}

impl Storage {
    /// Sends a source with a raw `POST` and waits: to a service that takes the body as something new, and
    /// says in the result's `reply` what it made of it. 200, 201, 202 and 204 are successes. A request that
    /// may have been handled is not sent again, since it might be taken twice; then the outcome is unknown.
    ///
    /// # Errors
    /// As [`Storage::put`].
    pub fn post(&self, request: PostRequest) -> Result<StoredObject> {
        self.start_post(request)?.wait()
    }

    /// Starts [`Storage::post`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_post(&self, request: PostRequest) -> Result<Job<StoredObject>> {
        let clients = Arc::clone(&self.clients);
        job::start("post", request.timeout, move |ctx| async move {
            post_now(&clients, request, &ctx).await.map_err(for_the_caller)
        })
    }

    /// Sends a source as a plan says, and waits. A plan is what a backend hands out, as JSON: in our own
    /// form, a bare presigned URL, the results of boto3's presigners, Uppy Companion's and OpenDAL's
    /// requests, or a Git LFS server's reply with its `actions`. Nothing is sent before all of it is
    /// understood, every URL of it has passed the guard, and its sizes are those of the source.
    ///
    /// # Errors
    /// As [`Storage::put`], and `invalid_input` or `rejected` for a plan that cannot work. The message begins
    /// with the JSON Pointer of what is wrong, which is the `field` of the error's details, too.
    pub fn send(&self, request: SendRequest) -> Result<StoredObject> {
        self.start_send(request)?.wait()
    }

    /// Starts [`Storage::send`].
    ///
    /// # Errors
    /// `invalid_input`; everything else ends the job.
    pub fn start_send(&self, request: SendRequest) -> Result<Job<StoredObject>> {
        let clients = Arc::clone(&self.clients);
        job::start("send", request.timeout, move |ctx| async move {
            plan::send_now(&clients, request, &ctx).await.map_err(for_the_caller)
        })
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Storage")
    }
}

async fn put_now(clients: &Clients, request: PutRequest, ctx: &JobContext) -> Result<StoredObject> {
    let journal = journal_of(&request)?;
    let target = PutTarget::new(request.url.reveal(), &request.headers, &clients.options)?;
    if let Some(path) = &journal {
        PutJournal::look(path.clone(), &target, ctx).await;
    }
    let http = clients.get()?;
    let source = prepare_source_in_turn(&http, request.source, &clients.options, ctx).await?;
    ctx.progress.expect(1, source.len());
    let sender = Sender::new(&http, &clients.options, ctx);
    let kept = KeptReply::default();
    let sender = sender.keeping(&kept);
    let upload = ObjectUpload { target: &target, source: &source, journal, is_all: true };
    let stored = put_object(upload, &sender, &clients.options, ctx).await?;
    ctx.progress.file_done();
    Ok(StoredObject { reply: kept.take(), ..stored })
}

/// A source that another process cannot have again has no use for a journal.
fn journal_of(request: &PutRequest) -> Result<Option<PathBuf>> {
    match request.journal.clone().transpose()? {
        Some(_) if request.source.is_stream() => Err(Error::invalid(
            "the source is a stream, which cannot be read again after a restart; give its path or its bytes, or leave journal out",
        )),
        Some(journal) if request.source.as_path() == Some(journal.as_path()) => {
            Err(Error::invalid("the journal is the source itself; give a path of its own"))
        }
        journal => Ok(journal),
    }
}

async fn post_form_now(
    clients: &Clients,
    request: PostFormRequest,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let http = clients.get()?;
    let (url, field) = (request.url.reveal(), &request.file_field);
    let target = FormTarget::with_file_field(url, request.fields.0, field, None, &clients.options)?
        .file_name(&request.file_name)?;
    let source = prepare_source_in_turn(&http, request.source, &clients.options, ctx).await?;
    ctx.progress.expect(1, source.len());
    ctx.set_raw_upload(RawUpload::Object);
    let sender = Sender::new(&http, &clients.options, ctx);
    let kept = KeptReply::default();
    let stored = sender.keeping(&kept).post_form(&target, &source, None).await?;
    ctx.progress.file_done();
    Ok(StoredObject { reply: kept.take(), ..stored })
}

/// The same call with the same ticket fails the same way once that has run out.
fn for_the_caller(error: Error) -> Error {
    let error = with_earlier_tries(error);
    if error.kind() == ErrorKind::Expired { error.retryable_is(false) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn a_journal_takes_no_stream_and_not_the_source_itself() {
        let storage = Storage::new(Options::new());
        let url = "https://bucket.s3.example/k";
        let stream = PutRequest::new(url, Source::reader(&b"x"[..])).journal("journal");
        let itself = PutRequest::new(url, "journal").journal("journal");
        for (put, why) in [(stream, "is a stream"), (itself, "the source itself")] {
            let error = storage.put(put).expect_err("refused");
            assert!(error.kind() == ErrorKind::InvalidInput && error.message().contains(why), "{error}");
        }
    }
}
