//! Sends one payload until storage has it: attempts, retries, the expiry clock, and the checks that
//! make a success one.

use std::sync::Arc;

use http::HeaderMap;

use super::StoredObject;
use super::reply::{self, Action};
use super::ticket::Expiry;
use crate::digest::{Algorithm, Digest, Digests};
use crate::error::{Error, ErrorKind, Outcome, Result, Side};
use crate::http::attempt::{Outgoing, Reply};
use crate::http::{Made, Target};
use crate::job::Ctx;
use crate::logs;
use crate::options::{AUTO_MD5_LIMIT, IntegrityCheck, Options};
use crate::progress::{Counters, roughly};
use crate::secret::Mask;

/// Everything an upload needs besides what is uploaded.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    made: &'a Made,
    pub(super) options: &'a Options,
    ctx: &'a Ctx,
    progress: &'a Arc<Counters>,
}

/// One upload: what goes where, and until when it may start.
pub(super) struct Upload<'a> {
    pub(super) operation: &'static str,
    pub(super) target: &'a Target,
    pub(super) outgoing: &'a Outgoing,
    pub(super) expiry: Option<Expiry>,
    /// Secrets of the ticket that storage may echo.
    pub(super) mask: Mask,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(made: &'a Made, options: &'a Options, ctx: &'a Ctx) -> Self {
        Self { made, options, ctx, progress: &ctx.progress }
    }

    /// The digest storage can confirm by its ETag, if it is worth its cost.
    pub(crate) fn digest_for_etag(&self, len: u64) -> Option<Algorithm> {
        self.is_worth_a_digest(len).then_some(Algorithm::Md5)
    }

    /// The same for an object that is sent whole. A caller who wants everything checked has a use for the
    /// SHA-256 too, though storage cannot confirm it.
    pub(crate) fn digest_for_whole(&self, len: u64) -> Option<Algorithm> {
        match self.options.integrity_check {
            IntegrityCheck::On => Some(Algorithm::Both),
            _ => self.digest_for_etag(len),
        }
    }

    fn is_worth_a_digest(&self, len: u64) -> bool {
        match self.options.integrity_check {
            IntegrityCheck::On => true,
            IntegrityCheck::Off => false,
            IntegrityCheck::Auto => len <= AUTO_MD5_LIMIT,
        }
    }

    /// Whether the caller wants what was sent compared with what arrived, where a service offers it.
    pub(crate) fn wants_proof(&self) -> bool {
        self.options.integrity_check != IntegrityCheck::Off
    }

    pub(super) async fn send(&self, upload: &Upload<'_>) -> Result<StoredObject> {
        let operation = upload.operation;
        self.progress.sending(upload.expiry.map(|e| e.left()));
        let until = upload.expiry.map(|e| e.at());
        let mut retry = self.made.retry(upload.target.url(), self.options, self.ctx).same_key().until(until);
        // Once the object may be there, no later refusal makes it unmade.
        let mut outcome = Outcome::NotCompleted;
        loop {
            if let Some(expiry) = upload.expiry {
                expiry
                    .check("the upload ticket")
                    .map_err(|e| self.too_slow_for(expiry, e).during(operation).outcome_is(outcome))?;
            }
            let error = match self.try_once(upload).await {
                Ok(stored) => {
                    retry.succeeded();
                    upload
                        .outgoing
                        .payload
                        .source
                        .verify_unchanged()
                        .await
                        .map_err(|e| e.during(operation))?;
                    return Ok(StoredObject { attempts: retry.made(), ..stored });
                }
                Err((error, action)) => {
                    if error.outcome() == Outcome::Unknown {
                        outcome = Outcome::Unknown;
                    }
                    let error = error.during(operation).outcome_is(outcome);
                    if action == Action::Fail {
                        return Err(error);
                    }
                    error
                }
            };
            let ended = until.is_some_and(|end| retry.cannot_be_before(end, &error));
            retry.again(error).await.map_err(|e| match upload.expiry {
                Some(expiry) if ended => self.too_slow_for(expiry, e).ticket_ended_is(true),
                _ => e,
            })?;
        }
    }

    /// Adds to the error of a ticket that ran out, if it could not have been enough.
    fn too_slow_for(&self, expiry: Expiry, error: Error) -> Error {
        match self.progress.time_for_all().filter(|needed| *needed > expiry.lifetime()) {
            Some(needed) => error.addition(&format!(
                "at the rate so far sending needs {} and the ticket lasted {}, so a faster connection or less to send is needed",
                roughly(needed),
                roughly(expiry.lifetime())
            )),
            None => error,
        }
    }

    async fn try_once(&self, upload: &Upload<'_>) -> Result<StoredObject, (Error, Action)> {
        let Upload { target, outgoing, .. } = *upload;
        let reply = self.made.storage.send(target, outgoing, self.progress).await.map_err(|error| {
            let again = matches!(error.kind(), ErrorKind::Network | ErrorKind::Timeout) && error.retryable();
            (error, if again { Action::Retry } else { Action::Fail })
        })?;
        let host = target.url().host_str().unwrap_or("");
        tracing::debug!(
            target: logs::TARGET,
            job = self.progress.job(),
            host,
            status = reply.status.as_u16(),
            bytes = outgoing.payload.source.len(),
            "storage answered"
        );
        if !is_success(outgoing, &reply) {
            self.progress.take_back(reply.counted);
            let (error, action) = reply::refusal(&reply, host, &upload.mask);
            return Err((error.outcome_is(after(&reply)), action));
        }
        if reply.cut_error() {
            self.progress.take_back(reply.counted);
            return Err((answer_cut(host), Action::Retry));
        }
        let etag = etag(&reply.headers);
        let verified = confirm(&reply, etag.as_deref(), host).map_err(|e| {
            self.progress.take_back(reply.counted);
            (e, Action::Retry)
        })?;
        let Digests { md5, sha256 } = reply.digests;
        Ok(StoredObject {
            bytes: outgoing.payload.source.len(),
            sha256: sha256.as_ref().map(Digest::hex),
            md5: md5.as_ref().map(Digest::hex),
            etag,
            verified,
            attempts: 0,
        })
    }
}

/// What storage answers an upload with that it took. A 200 with an error document inside is none.
fn is_success(outgoing: &Outgoing, reply: &Reply) -> bool {
    outgoing.is_done(reply.status, &reply.headers) && !reply::Document::parse(&reply.body).is_error()
}

/// What a refusal says of the object. After the last byte, a gateway's failure or storage's own may have
/// come too late to keep it out.
fn after(reply: &Reply) -> Outcome {
    match reply.status.as_u16() {
        500 | 502 | 504 if reply.complete => Outcome::Unknown,
        _ => Outcome::NotCompleted,
    }
}

fn answer_cut(host: &str) -> Error {
    Error::new(
        ErrorKind::Network,
        format!(
            "the answer of storage at {host} was cut off before it said whether the file is there; try again"
        ),
    )
    .side_is(Side::Storage)
    .outcome_is(Outcome::Unknown)
}

fn etag(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(http::header::ETAG)?.to_str().ok()?.trim();
    Some(text.trim_start_matches("W/").trim_matches('"').to_owned())
}

/// Compares our MD5 with an ETag that is one. It is not under KMS or customer keys, which storage
/// announces, nor when it does not look like an MD5.
fn confirm(reply: &Reply, etag: Option<&str>, host: &str) -> Result<bool> {
    let encrypted_there = reply
        .headers
        .get("x-amz-server-side-encryption")
        .is_some_and(|v| v.as_bytes().starts_with(b"aws:kms"))
        || reply.headers.contains_key("x-amz-server-side-encryption-customer-algorithm");
    let (Some(digest), Some(etag), false) = (&reply.digests.md5, etag, encrypted_there) else {
        return Ok(false);
    };
    if etag.len() != 32 {
        return Ok(false);
    }
    match digest.is_said_by(etag) {
        Some(false) => Err(Error::new(
            ErrorKind::Integrity,
            format!(
                "storage at {host} holds other bytes than were sent (its ETag is {etag}, ours {}); send it again",
                digest.hex()
            ),
        )
        .side_is(Side::Storage)
        .retryable_is(true)),
        Some(true) => Ok(true),
        None => Ok(false),
    }
}
