//! An object that goes in a session: begun, sent, and gone on with from what storage has, after a break or in
//! another process. <https://cloud.google.com/storage/docs/resumable-uploads>

use std::sync::Arc;

use http::header::{CONTENT_RANGE, LOCATION, RANGE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::answer::{etag, is_success};
use super::error_codes::Action;
use super::google::{RESUMABLE, acknowledged, stored_resource};
use super::put::PutTarget;
use super::result::StoredObject;
use super::send::{Accepted, Sender, refused, stored_all_the_same};
use super::session_history::SessionHistory;
use super::upload::Upload;
use super::upload_history::UploadHistory;
use super::verification::{AnsweredChecksums, is_worth_its_cost, worth_another_reading};
use super::{middlebox, precondition, reply};
use crate::digest::{AlgorithmSet, Digests, Hasher};
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::http::Reply;
use crate::http::page::Page;
use crate::http::tries::Tries;
use crate::options::IntegrityCheck;
use crate::secret::Mask;
use crate::source::{Prepared, Reading, SentRange};

/// Begins a session with a signed POST, and gives its URL.
pub(super) async fn begin_session(
    target: &PutTarget,
    sender: &Sender<'_>,
    history: &mut SessionHistory,
) -> Result<String> {
    let mut headers = target.headers().clone();
    headers.insert(HeaderName::from_static(RESUMABLE), HeaderValue::from_static("start"));
    let post = target.with_method(Method::POST, headers);
    let upload = post.upload_framing(bytes::Bytes::new(), Default::default())?;
    let mut retry = sender.retry(&upload);
    let beside = sender.beside();
    let sender = sender.counting(&beside);
    loop {
        history.begin_request();
        // Nothing of the object is sent with it, so that it leaves nothing open.
        let begun = match sender.request(&upload, &mut Tries::new()).await {
            Ok(reply) if matches!(reply.status, StatusCode::OK | StatusCode::CREATED) => {
                location(&reply, target).map_err(|error| (error, Action::Fail))
            }
            Ok(reply) => Err(refused_to_begin(target, &upload, &reply, history.tries())),
            Err(failed) => Err(failed),
        };
        let (error, action) = match begun {
            Ok(url) => {
                retry.succeeded();
                return Ok(url);
            }
            Err((error, action)) => (error.context("beginning a session").with_operation("put"), action),
        };
        let error = history.add_outcome(error);
        match action {
            Action::Fail => return Err(error),
            Action::Retry => retry.again(error).await?,
        }
    }
}

fn refused_to_begin(
    target: &PutTarget,
    upload: &Upload<'_>,
    reply: &Reply,
    tries: &Tries,
) -> (Error, Action) {
    let mask = reply.masked_with(&upload.mask);
    let (error, action) = reply::refusal(reply, target.url(), &mask);
    if precondition::is_about(reply.status, error.service_code()) {
        let etag = etag(reply, upload.outgoing.handling);
        return (precondition::failed(upload, error, etag.as_deref(), tries, upload.host()), action);
    }
    (target.explained(error, &reply.headers), action)
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
    /// This one is no more, or what it made of the bytes is not what was sent. The action is whether a new
    /// one may do better.
    Lost(Error, Action),
}

/// A session and what is sent in it.
pub(super) struct Session<'a> {
    target: PutTarget,
    source: &'a Prepared,
    sender: &'a Sender<'a>,
    history: &'a mut SessionHistory,
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
    Lost(Error, Action),
}

fn told((error, action): (Error, Action)) -> Failure {
    Failure::Told(error, action)
}

fn fatal(error: Error) -> Failure {
    Failure::Told(error, Action::Fail)
}

impl<'a> Session<'a> {
    /// `target` is that of the session.
    pub(super) fn new(
        target: &PutTarget,
        source: &'a Prepared,
        sender: &'a Sender<'a>,
        history: &'a mut SessionHistory,
    ) -> Self {
        // Everything else was said when it was begun.
        let agent = target.headers().get(USER_AGENT).cloned();
        let headers = agent.map(|agent| (USER_AGENT, agent)).into_iter().collect();
        let target = target.with_method(Method::PUT, headers);
        Self { target, source, sender, history, shown: 0 }
    }

    /// Sends what the session has not. A `fresh` one has nothing and need not be asked; nor one of an empty
    /// object, which comes with the question itself.
    pub(super) async fn send(mut self, fresh: bool) -> Result<StoredObject, SessionEnd> {
        let mut retry = self.sender.retry(&self.ask().map_err(SessionEnd::Failed)?);
        let (mut at, mut best) = ((fresh || self.source.len() == 0).then_some(0), 0);
        loop {
            let step = match at {
                Some(from) => self.send_from(from).await,
                None => self.ask_how_far().await,
            };
            let (error, action) = match step {
                Ok(Step::Stored(stored)) => {
                    retry.succeeded();
                    let (bytes, attempts) = (self.source.len(), self.history.requests);
                    return Ok(StoredObject { bytes, attempts, ..*stored });
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
                Err(Failure::Lost(error, action)) => {
                    self.show(0);
                    let error = self.history.add_outcome(error.with_operation("put"));
                    return Err(SessionEnd::Lost(error, action));
                }
                Err(Failure::Told(error, action)) => (error, action),
            };
            let error = self.history.uploads.before_retry(error.with_operation("put"), action);
            let error = error.map_err(SessionEnd::Failed)?;
            retry.again(error).await.map_err(SessionEnd::Failed)?;
            at = None;
        }
    }

    fn ask(&self) -> Result<Upload<'_>> {
        self.target.upload_framing(bytes::Bytes::new(), Default::default())
    }

    async fn ask_how_far(&mut self) -> Result<Step, Failure> {
        let target = self.target.clone();
        let mut upload = target.upload_framing(bytes::Bytes::new(), Default::default()).map_err(fatal)?;
        let range = format!("bytes */{}", self.source.len());
        // Its body holds nothing of the object: it leaves nothing open, and its end is not the upload's.
        let (beside, mut aside) = (self.sender.beside(), UploadHistory::new(false));
        self.name_range(&mut upload, &range)?;
        let reply = self.sender.counting(&beside).request(&upload, &mut aside.tries).await.map_err(told)?;
        if let Some(step) = self.has(&reply) {
            return Ok(step);
        }
        if !says_stored(&upload, &reply) {
            return Err(refused_in_session(&upload, &reply, &mut aside).await);
        }
        let stored = self.stored(&mut upload, reply, None).await?;
        self.show(self.source.len());
        Ok(Step::Stored(Box::new(stored)))
    }

    async fn send_from(&mut self, from: u64) -> Result<Step, Failure> {
        let (len, target) = (self.source.len(), self.target.clone());
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
        self.name_range(&mut upload, &range)?;
        let reply = self.sender.request(&upload, &mut self.history.uploads.tries).await.map_err(told)?;
        if let Some(step) = self.has(&reply) {
            return Ok(step);
        }
        if !says_stored(&upload, &reply) {
            self.sender.take_back(reply.counted);
            return Err(refused_in_session(&upload, &reply, &mut self.history.uploads).await);
        }
        let stored = self.stored(&mut upload, reply, Some(&rest)).await?;
        Ok(Step::Stored(Box::new(stored)))
    }

    fn name_range(&mut self, upload: &mut Upload<'_>, range: &str) -> Result<(), Failure> {
        let value = HeaderValue::from_str(range)
            .map_err(|_| fatal(Error::internal("a range could not be made a header")))?;
        Arc::make_mut(&mut upload.outgoing.headers).insert(CONTENT_RANGE, value);
        self.history.begin_request();
        Ok(())
    }

    /// How much it has, if the answer is a session's that wants more.
    fn has(&mut self, reply: &Reply) -> Option<Step> {
        // Only a redirect has a place to go to, or a page.
        let redirects =
            reply.headers.contains_key(LOCATION) || Page::of(&reply.headers, &reply.body).is_some();
        if reply.status != StatusCode::PERMANENT_REDIRECT || redirects {
            return None;
        }
        self.sender.take_back(reply.counted);
        let is_storage = reply.headers.contains_key(RANGE) || middlebox::has_store_header(&reply.headers);
        if is_storage && self.history.session_has_no_object() {
            self.sender.nothing_is_stored();
        }
        Some(Step::Has(acknowledged(&reply.headers, self.source.len())))
    }

    /// The object that storage says it has, unless that is not what was sent. `sent` is what of the source
    /// this request sent.
    async fn stored(
        &mut self,
        upload: &mut Upload<'_>,
        reply: Reply,
        sent: Option<&Prepared>,
    ) -> Result<StoredObject, Failure> {
        let mask = reply.masked_with(&upload.mask).into_owned();
        match self.sender.accepted(upload, &reply, &mut self.history.uploads, &mask).map_err(told)? {
            Accepted::Doubted(stored) if sent.is_some() => return Ok(*stored),
            Accepted::Doubted(_) => return Err(fatal(unproved(upload.host(), reply.status))),
            Accepted::Stored => {}
        }
        let (etag, status, len) = (etag(&reply, upload.outgoing.handling), reply.status, self.source.len());
        let size = stored_resource::size(&reply);
        let is_answer_to_bytes = sent.is_some() || size == Some(len);
        if is_answer_to_bytes {
            self.is_stored(etag.as_deref());
        } else {
            // Whoever knows no sessions takes the question for an object, an empty one.
            self.history.uploads.tries.may_be_stored();
        }
        let Compared { stored, file, sent_digests } = self.compared(upload, reply, sent, &mask).await?;
        if let Some(theirs) = size.filter(|size| *size != len) {
            self.is_stored(etag.as_deref());
            let again = self.history.other_size.replace(theirs) == Some(theirs);
            let error = of_another_size(upload.host(), theirs, len, again);
            return Err(Failure::Lost(error, if again { Action::Fail } else { Action::Retry }));
        }
        if !is_answer_to_bytes && !stored.verified {
            return Err(fatal(unproved(upload.host(), status)));
        }
        self.is_stored(etag.as_deref());
        let proved = self.prove(sent, file.as_ref(), stored.verified, &sent_digests).await;
        proved.map_err(|error| fatal(stored_all_the_same(error).etag_is(etag.as_deref())))?;
        Ok(stored)
    }

    /// The same, if its digests are those of all that was sent.
    async fn compared(
        &mut self,
        upload: &mut Upload<'_>,
        mut reply: Reply,
        sent: Option<&Prepared>,
        mask: &Mask,
    ) -> Result<Compared, Failure> {
        let (etag, mut sent_digests) = (etag(&reply, upload.outgoing.handling), reply.digests.clone());
        stored_resource::add_digests(&mut reply.headers, &reply.body);
        let whole = sent.is_some_and(|sent| sent.len() == self.source.len());
        if !whole {
            let answered = AnsweredChecksums::of(&reply, etag.as_deref()).kinds();
            reply.digests = self.digests_of_all(answered).await.map_err(fatal)?;
            upload.costly_check = false;
        }
        let verified = self.sender.verified(upload, reply, etag, &mut self.history.uploads, mask).await;
        // It made an object of what it has, and is over.
        let (stored, file) = verified.map_err(|(error, action)| Failure::Lost(error, action))?;
        if whole {
            sent_digests = stored.digests();
        }
        Ok(Compared { stored, file, sent_digests })
    }

    fn is_stored(&mut self, etag: Option<&str>) {
        self.sender.stored(&mut self.history.uploads.tries, etag);
    }

    /// The cheapest of those that storage answers, of all that was sent in however many requests.
    async fn digests_of_all(&self, answered: AlgorithmSet) -> Result<Digests> {
        let check = self.sender.options.integrity_check;
        let wanted = worth_another_reading(answered, is_worth_its_cost(check, self.source.len()));
        if check == IntegrityCheck::Off || wanted.is_empty() {
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
        file: Option<&Arc<Reading>>,
        verified: bool,
        digests: &Digests,
    ) -> Result<()> {
        match sent {
            Some(sent) if sent.len() == self.source.len() => sent.prove(file, digests).await,
            _ if verified => Ok(()),
            Some(sent) => {
                sent.prove(file, digests).await?;
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

/// What storage has, the file it was read from, and the digests of this request's part of it.
struct Compared {
    stored: StoredObject,
    file: Option<Arc<Reading>>,
    sent_digests: Digests,
}

fn says_stored(upload: &Upload<'_>, reply: &Reply) -> bool {
    matches!(reply.status, StatusCode::OK | StatusCode::CREATED) && is_success(&upload.outgoing, reply)
}

async fn refused_in_session(upload: &Upload<'_>, reply: &Reply, uploads: &mut UploadHistory) -> Failure {
    let mask = reply.masked_with(&upload.mask);
    let (error, action) = refused(upload, reply, uploads, &mask).await;
    match reply.status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Failure::Lost(gone(error, upload.host()), Action::Retry),
        _ => Failure::Told(error, action),
    }
}

fn took_nothing(url: &url::Url) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("storage at {} kept nothing of what was sent last; try again", url.host_str().unwrap_or("")),
    )
    .side_is(Side::Storage)
}

fn gone(refusal: Error, host: &str) -> Error {
    let status = refusal.http_status().unwrap_or_default();
    let text = format!(
        "storage at {host} does not know the session any more ({status}): it ended, was given up, or is older than a week; begin a new one"
    );
    refusal.retold(ErrorKind::StorageRefused, text)
}

/// A 200 to the question how much there is, which says nothing of that.
fn unproved(host: &str, status: StatusCode) -> Error {
    let status = status.as_u16();
    Error::new(
        ErrorKind::Integrity,
        format!(
            "storage at {host} was asked how much the session has, and answered {status} with neither a size nor a digest of it, so nothing shows that all of it is there; look at what is there, and whether the URL is that of a session"
        ),
    )
    .side_is(Side::Storage)
    .status_is(status)
    .retryable_is(false)
    .outcome_is(Outcome::Unknown)
}

fn of_another_size(host: &str, theirs: u64, ours: u64, again: bool) -> Error {
    let text = match again {
        false => format!(
            "storage at {host} took it, and says that it has {theirs} bytes of the {ours} that were sent; send it again"
        ),
        true => format!(
            "storage at {host} took it twice, and says each time that it has {theirs} bytes of the {ours} that were sent; compare what is stored with the source"
        ),
    };
    Error::new(ErrorKind::Integrity, text).side_is(Side::Storage).retryable_is(!again)
}
