//! An object that goes in a session: begun, sent, and gone on with from what storage has, after a break or in
//! another process. <https://cloud.google.com/storage/docs/resumable-uploads>

use http::header::{CONTENT_RANGE, LOCATION, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::answer::{answer_cut, etag, lacks_store_signs, may_be_stored, object};
use super::error_codes::Action;
use super::google::{RESUMABLE, acknowledged, stored_resource};
use super::put::PutTarget;
use super::result::StoredObject;
use super::send::{Sender, stored_all_the_same};
use super::upload::Upload;
use super::verification::{AnsweredChecksums, Verification};
use super::{middlebox, reply};
use crate::digest::{AlgorithmSet, Digests, Hasher};
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::http::Reply;
use crate::http::tries::Tries;
use crate::options::IntegrityCheck;
use crate::source::{Prepared, SentRange};

/// Begins a session with a signed POST, and gives its URL.
pub(super) async fn begin_session(target: &PutTarget, sender: &Sender<'_>) -> Result<String> {
    let mut headers = target.headers().clone();
    headers.insert(HeaderName::from_static(RESUMABLE), HeaderValue::from_static("start"));
    let post = target.with_method(Method::POST, headers);
    let upload = post.upload_framing(bytes::Bytes::new(), Default::default())?;
    let mut retry = sender.retry(&upload);
    loop {
        let asked = sender.request(&upload, &mut Tries::new()).await;
        let (error, action) = match asked {
            Ok(reply) if matches!(reply.status, StatusCode::OK | StatusCode::CREATED) => {
                retry.succeeded();
                return location(&reply, target);
            }
            Ok(reply) => {
                let (error, action) = reply::refusal(&reply, target.url(), &upload.mask);
                (target.explained(error, &reply.headers), action)
            }
            Err(failed) => failed,
        };
        // Nothing of the object was sent.
        let error =
            error.outcome_is(Outcome::NotCompleted).context("beginning a session").with_operation("put");
        match action {
            Action::Fail => return Err(error),
            Action::Retry => retry.again(error).await?,
        }
    }
}

fn location(reply: &Reply, target: &PutTarget) -> Result<String> {
    let told = reply.headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let url = told.and_then(|told| target.url().join(told).ok()).ok_or_else(|| {
        Error::new(
            ErrorKind::StorageRefused,
            "storage began a session and did not say where (Location); check for a proxy that removes headers",
        )
        .side_is(Side::Storage)
    })?;
    // The answer of storage decides where the bytes go, so it may name no other place.
    if url.origin() != target.url().origin() {
        return Err(Error::new(
            ErrorKind::UnsafeTarget,
            format!(
                "storage began a session at another origin ({}), and nothing is sent there; check the URL and what stands in between",
                crate::secret::without_secrets(&url)
            ),
        ));
    }
    Ok(url.into())
}

/// How a session ended that has no object.
pub(super) enum SessionEnd {
    Failed(Error),
    /// A new session may do better: this one is no more, or what it made of the bytes is not what was sent.
    Lost(Error),
}

/// A session and what is sent in it.
pub(super) struct Session<'a> {
    target: PutTarget,
    source: &'a Prepared,
    sender: &'a Sender<'a>,
    tries: Tries,
    requests: u32,
    /// Bytes that the progress shows.
    shown: u64,
}

/// The answer to a request of a session.
enum Step {
    Stored(Box<StoredObject>),
    /// It has so many bytes.
    Has(u64),
}

enum Failure {
    Told(Error, Action),
    Lost(Error),
}

impl<'a> Session<'a> {
    /// `target` is that of the session.
    pub(super) fn new(target: &PutTarget, source: &'a Prepared, sender: &'a Sender<'a>) -> Self {
        // Everything else was said when it was begun.
        let agent = target.headers().get(USER_AGENT).cloned();
        let headers = agent.map(|agent| (USER_AGENT, agent)).into_iter().collect();
        let target = target.with_method(Method::PUT, headers);
        Self { target, source, sender, tries: Tries::new(), requests: 0, shown: 0 }
    }

    /// Sends what the session has not. A `fresh` one has nothing and need not be asked.
    pub(super) async fn send(mut self, fresh: bool) -> Result<StoredObject, SessionEnd> {
        let mut retry = self.sender.retry(&self.ask().map_err(SessionEnd::Failed)?);
        let (mut at, mut best) = (fresh.then_some(0), 0);
        loop {
            let step = match at {
                Some(from) => self.send_from(from).await,
                None => self.ask_how_far().await,
            };
            let (error, action) = match step {
                Ok(Step::Stored(stored)) => {
                    retry.succeeded();
                    return Ok(StoredObject { attempts: self.requests, ..*stored });
                }
                Ok(Step::Has(bytes)) => {
                    self.show(bytes);
                    if bytes > best {
                        // It gets on, so what went wrong before is over.
                        (best, retry) = (bytes, self.sender.retry(&self.ask().map_err(SessionEnd::Failed)?));
                    }
                    if at.is_none_or(|from| bytes > from) {
                        at = Some(bytes);
                        continue;
                    }
                    (took_nothing(self.target.url()), Action::Retry)
                }
                Err(Failure::Lost(error)) => return Err(SessionEnd::Lost(error.with_operation("put"))),
                Err(Failure::Told(error, action)) => (error, action),
            };
            let error = self.tries.add_outcome(error.with_operation("put"));
            match action {
                Action::Fail => return Err(SessionEnd::Failed(error)),
                Action::Retry => retry.again(error).await.map_err(SessionEnd::Failed)?,
            }
            at = None;
        }
    }

    fn ask(&self) -> Result<Upload<'_>> {
        self.target.upload_framing(bytes::Bytes::new(), Default::default())
    }

    async fn ask_how_far(&mut self) -> Result<Step, Failure> {
        let target = self.target.clone();
        let asking = target.upload_framing(bytes::Bytes::new(), Default::default());
        let mut upload = asking.map_err(|error| Failure::Told(error, Action::Fail))?;
        let range = format!("bytes */{}", self.source.len());
        self.request(&mut upload, &range, None).await
    }

    async fn send_from(&mut self, from: u64) -> Result<Step, Failure> {
        let (len, target) = (self.source.len(), self.target.clone());
        let fatal = |error: Error| Failure::Told(error, Action::Fail);
        let rest = self.source.part(from, len - from);
        let rest = rest.ok_or_else(|| fatal(Error::internal("a session was begun for what is sealed")))?;
        let mut upload = target.upload(&rest, false).await.map_err(fatal)?;
        upload.kind = "session";
        self.sender.choose_digests(&mut upload, len);
        let range = match len {
            0 => "bytes */0".to_owned(),
            _ => format!("bytes {from}-{}/{len}", len - 1),
        };
        self.shown = from;
        self.request(&mut upload, &range, Some(&rest)).await
    }

    /// One request. `sent` is what of the source is sent with it.
    async fn request(
        &mut self,
        upload: &mut Upload<'_>,
        range: &str,
        sent: Option<&Prepared>,
    ) -> Result<Step, Failure> {
        let value = HeaderValue::from_str(range).map_err(|_| {
            Failure::Told(Error::internal("a range could not be made a header"), Action::Fail)
        })?;
        std::sync::Arc::make_mut(&mut upload.outgoing.headers).insert(CONTENT_RANGE, value);
        self.requests += 1;
        let answered = self.sender.request(upload, &mut self.tries).await;
        let reply = answered.map_err(|(error, action)| Failure::Told(error, action))?;
        match reply.status {
            StatusCode::PERMANENT_REDIRECT => {
                self.sender.take_back(reply.counted);
                // Whatever a request before left open: the object is not there.
                self.tries = Tries::new();
                Ok(Step::Has(acknowledged(&reply.headers, self.source.len())))
            }
            StatusCode::OK | StatusCode::CREATED => {
                self.stored(upload, reply, sent).await.map(|stored| Step::Stored(Box::new(stored)))
            }
            status => {
                self.sender.take_back(reply.counted);
                let (error, action) = reply::refusal(&reply, self.target.url(), &upload.mask);
                if may_be_stored(&reply, error.service_code(), upload.outgoing.handling) {
                    self.tries.may_be_stored();
                }
                Err(match status {
                    StatusCode::NOT_FOUND | StatusCode::GONE => Failure::Lost(gone(error, self.target.url())),
                    _ => Failure::Told(error, action),
                })
            }
        }
    }

    /// The object that storage says it has, unless that is not what was sent.
    async fn stored(
        &mut self,
        upload: &Upload<'_>,
        reply: Reply,
        sent: Option<&Prepared>,
    ) -> Result<StoredObject, Failure> {
        let host = self.target.url().host_str().unwrap_or("").to_owned();
        if let Some(error) = middlebox::not_of_storage(&reply, &host, &upload.mask) {
            return Err(Failure::Told(error, Action::Fail));
        }
        let handling = upload.outgoing.handling;
        if reply.cut_error(handling) {
            return Err(Failure::Told(answer_cut(&host, handling), Action::Retry));
        }
        self.sender.keep(&reply, &upload.mask);
        let (etag, size) = (etag(&reply, handling), stored_resource::size(&reply.body));
        if size.is_none() && lacks_store_signs(upload, &reply, etag.as_deref()) {
            self.tries.may_be_stored();
            let doubted = self.sender.doubted(&upload.outgoing, reply, &host, &upload.mask);
            let stored = doubted.map_err(|(error, action)| Failure::Told(error, action))?;
            return Ok(StoredObject { bytes: self.source.len(), ..stored });
        }
        self.compared(upload, reply, etag, size, sent).await
    }

    /// The same of an answer that is storage's own.
    async fn compared(
        &mut self,
        upload: &Upload<'_>,
        mut reply: Reply,
        etag: Option<String>,
        size: Option<u64>,
        sent: Option<&Prepared>,
    ) -> Result<StoredObject, Failure> {
        let host = self.target.url().host_str().unwrap_or("").to_owned();
        self.sender.stored(&mut self.tries, etag.as_deref());
        if let Some(size) = size.filter(|size| *size != self.source.len()) {
            return Err(Failure::Lost(self.tries.add_outcome(of_another_size(
                &host,
                size,
                self.source.len(),
            ))));
        }
        stored_resource::add_digests(&mut reply.headers, &reply.body);
        let answered = AnsweredChecksums::of(&reply, etag.as_deref());
        self.sender.note_answered(upload, answered.kinds());
        let fail = |error: Error| Failure::Told(error, Action::Fail);
        let whole = sent.is_some_and(|sent| sent.len() == self.source.len());
        let ours = match whole {
            true => std::mem::take(&mut reply.digests),
            false => self.digests_of_all(answered.kinds()).await.map_err(fail)?,
        };
        let compared = match self.sender.wants_proof() {
            true => answered.compare(&ours),
            false => Verification::Unknown,
        };
        let verified_by = match compared {
            Verification::Same(algorithm) => Some(algorithm),
            Verification::Unknown => None,
            Verification::Differs(difference) => {
                let error = difference.error(&host, false);
                return Err(Failure::Lost(self.tries.add_outcome(error)));
            }
        };
        self.prove(sent, &reply, verified_by.is_some(), &ours).await.map_err(|error| {
            fail(self.tries.add_outcome(stored_all_the_same(error)).etag_is(etag.as_deref()))
        })?;
        let stored = object(&upload.outgoing, &ours, etag, verified_by);
        Ok(StoredObject { bytes: self.source.len(), ..stored })
    }

    /// The cheapest of those that storage answers, of all that was sent in however many requests.
    async fn digests_of_all(&self, answered: AlgorithmSet) -> Result<Digests> {
        let cheap = answered.in_common(AlgorithmSet::CRCS);
        let check = self.sender.options.integrity_check;
        let wanted = match cheap.is_empty() {
            _ if check == IntegrityCheck::Off => AlgorithmSet::NONE,
            false => cheap,
            true if super::verification::is_worth_its_cost(check, self.source.len()) => answered,
            true => AlgorithmSet::NONE,
        };
        if wanted.is_empty() {
            return Ok(Digests::default());
        }
        let mut hasher = Hasher::new(wanted);
        self.source.each_chunk(|chunk| hasher.update(chunk)).await?;
        Ok(hasher.finish())
    }

    /// Fails if the source changed while it was sent. Where storage's digest of all is that of the file as it
    /// is, nothing else counts.
    async fn prove(
        &self,
        sent: Option<&Prepared>,
        reply: &Reply,
        verified: bool,
        ours: &Digests,
    ) -> Result<()> {
        match sent {
            Some(sent) if sent.len() == self.source.len() => sent.prove(reply.file.as_ref(), ours).await,
            _ if verified => Ok(()),
            Some(sent) => {
                sent.prove(reply.file.as_ref(), &reply.digests).await?;
                let all = SentRange { start: 0, len: self.source.len(), digests: Digests::default() };
                self.source.prove_parts(&[all]).await
            }
            None => Ok(()),
        }
    }

    /// Has the progress show so many bytes.
    fn show(&mut self, bytes: u64) {
        self.sender.show(self.shown, bytes);
        self.shown = bytes;
    }
}

fn took_nothing(url: &url::Url) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("storage at {} kept nothing of what was sent last; try again", url.host_str().unwrap_or("")),
    )
    .side_is(Side::Storage)
}

fn gone(refusal: Error, url: &url::Url) -> Error {
    let status = refusal.http_status().unwrap_or_default();
    let text = format!(
        "storage at {} does not know the session any more ({status}): it ended, was given up, or is older than a week; begin a new one",
        url.host_str().unwrap_or("")
    );
    refusal.retold(ErrorKind::StorageRefused, text)
}

fn of_another_size(host: &str, theirs: u64, ours: u64) -> Error {
    Error::new(
        ErrorKind::Integrity,
        format!(
            "storage at {host} took it, and says that it has {theirs} bytes of the {ours} that were sent; send it again"
        ),
    )
    .side_is(Side::Storage)
}
