//! The body of one attempt: bytes before the source, the source, bytes after it, as an HTTP body of
//! exactly known length. It can be held back (for `100 Continue`), paced (by the client's bandwidth limit),
//! stopped (an answer came early) and asked afterwards what it gave out.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::bandwidth::Bandwidth;
use crate::digest::{AlgorithmSet, DigestTap, PendingDigests};
use crate::error::{Error, Result};
use crate::progress::Counters;
use crate::source::{Prepared, Reading, SourceReader};

/// A payload, as a factory of bodies.
#[derive(Clone)]
pub(crate) struct Payload {
    /// Sent ahead of the source: the fields of a form.
    pub(crate) before: Bytes,
    pub(crate) source: Prepared,
    /// Sent behind it: the closing boundary.
    pub(crate) after: Bytes,
}

impl Payload {
    pub(crate) fn plain(source: Prepared) -> Self {
        Self { before: Bytes::new(), source, after: Bytes::new() }
    }
    /// Bytes that are nobody's source.
    pub(crate) fn framing(bytes: Bytes) -> Self {
        Self { before: bytes, source: Prepared::empty(), after: Bytes::new() }
    }
    pub(crate) fn len(&self) -> u64 {
        self.before.len() as u64 + self.source.len() + self.after.len() as u64
    }
}

/// How long a server may take to say `100 Continue`. Many never do, so the body is sent anyway.
pub(super) const CONTINUE_WAIT: Duration = Duration::from_secs(1);

/// Holds a body back until the server wants it.
pub(super) struct ContinueGate {
    opened: Option<oneshot::Receiver<()>>,
    wait: Pin<Box<Sleep>>,
}

impl ContinueGate {
    pub(super) fn new() -> (Self, oneshot::Sender<()>) {
        let (open, opened) = oneshot::channel();
        (Self { opened: Some(opened), wait: Box::pin(tokio::time::sleep(CONTINUE_WAIT)) }, open)
    }

    /// Ready when the body may go, with whether the server said so.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        match self.opened.as_mut().map(|opened| Pin::new(opened).poll(cx)) {
            Some(Poll::Ready(Ok(()))) => return Poll::Ready(true),
            // hyper lets go of the other end when the final answer is here; that is no "continue".
            Some(Poll::Ready(Err(_))) => self.opened = None,
            _ => {}
        }
        self.wait.as_mut().poll(cx).map(|()| false)
    }
}

/// The part of a body that the attempt can ask while hyper owns it.
pub(super) struct BodyState {
    complete: AtomicBool,
    stopped: AtomicBool,
    held_back: AtomicBool,
    sent_unasked: AtomicBool,
    reading: AtomicBool,
    paced: AtomicBool,
    source_bytes: AtomicU64,
    /// The file that is read, if it is one.
    pub(super) file: Option<Arc<Reading>>,
    failure: Mutex<Option<Error>>,
    progress: Arc<Counters>,
}

impl BodyState {
    /// Whether every declared byte was handed over.
    pub(super) fn is_complete(&self) -> bool {
        self.complete.load(Relaxed)
    }
    /// Whether the body still waits for `100 Continue`.
    pub(super) fn is_held_back(&self) -> bool {
        self.held_back.load(Relaxed)
    }
    /// Whether `100 Continue` was waited for in vain.
    pub(super) fn was_sent_unasked(&self) -> bool {
        self.sent_unasked.load(Relaxed)
    }
    /// The server said `100 Continue`, if late.
    pub(super) fn note_continue(&self) {
        self.sent_unasked.store(false, Relaxed);
    }
    /// Whether the client's own limit is what is waited for.
    pub(super) fn is_paced(&self) -> bool {
        self.paced.load(Relaxed)
    }
    /// Nothing gets through, since others fill the line.
    pub(super) fn waits_for_others(&self) {
        self.progress.crowded();
    }
    /// Whether the source is what is waited for.
    pub(super) fn is_reading(&self) -> bool {
        self.reading.load(Relaxed)
    }
    /// Hands over nothing more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }
    /// Why the source failed, if it did.
    pub(super) fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
    /// Source bytes given out.
    pub(super) fn source_bytes(&self) -> u64 {
        self.source_bytes.load(Relaxed)
    }
    /// Takes this attempt's bytes out of the progress.
    pub(super) fn undo_progress(&self) {
        self.progress.take_back(self.source_bytes.swap(0, Relaxed));
    }
}

pub(super) struct AttemptBody {
    state: Arc<BodyState>,
    gate: Option<ContinueGate>,
    stage: Stage,
    before: Bytes,
    reader: SourceReader,
    after: Bytes,
    tap: Option<Box<DigestTap>>,
    left: u64,
    /// Read, and not given out yet.
    pending: PendingChunk,
    bandwidth: Arc<Bandwidth>,
    /// Its turn under the limit.
    turn: Option<Pin<Box<dyn Future<Output = usize> + Send>>>,
}

#[derive(Default)]
struct PendingChunk {
    bytes: Bytes,
    of_source: bool,
}

enum Stage {
    Before,
    Source,
    After,
}

impl AttemptBody {
    /// Opens a fresh body. The receiver of the digests is there if any were asked for.
    pub(super) async fn open(
        payload: &Payload,
        digests: AlgorithmSet,
        gate: Option<ContinueGate>,
        bandwidth: &Arc<Bandwidth>,
        progress: &Arc<Counters>,
    ) -> Result<(Self, Arc<BodyState>, Option<PendingDigests>)> {
        let digested = !digests.is_empty();
        let (tap, pending) = digested.then(|| DigestTap::new(digests, payload.source.len())).unzip();
        let left = payload.len();
        let reader = payload.source.open_to_be_proved(digested).await?;
        let state = Arc::new(BodyState {
            complete: AtomicBool::new(left == 0),
            stopped: AtomicBool::new(false),
            held_back: AtomicBool::new(gate.is_some()),
            sent_unasked: AtomicBool::new(false),
            reading: AtomicBool::new(false),
            paced: AtomicBool::new(false),
            source_bytes: AtomicU64::new(0),
            file: reader.reading(),
            failure: Mutex::new(None),
            progress: Arc::clone(progress),
        });
        let mut body = Self {
            state: Arc::clone(&state),
            gate,
            stage: Stage::Before,
            before: payload.before.clone(),
            reader,
            after: payload.after.clone(),
            tap: tap.map(Box::new),
            left,
            pending: PendingChunk::default(),
            bandwidth: Arc::clone(bandwidth),
            turn: None,
        };
        if left == 0 {
            body.finish_digest();
            body.state.progress.body_sent();
        }
        Ok((body, state, pending))
    }

    /// As much of what comes next as may go now.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        if self.pending.bytes.is_empty() {
            match ready!(self.poll_next(cx)) {
                Some(Ok(next)) => self.pending = next,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let count = ready!(self.poll_turn(cx));
        let piece = self.pending.bytes.split_to(count);
        if self.pending.of_source {
            self.state.source_bytes.fetch_add(count as u64, Relaxed);
            self.state.progress.add_bytes(count as u64);
        }
        Poll::Ready(Some(Ok(piece)))
    }

    /// How many of the bytes held may go.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let all = self.pending.bytes.len();
        if self.turn.is_none() && !self.bandwidth.is_limited() {
            return Poll::Ready(all);
        }
        let bandwidth = &self.bandwidth;
        let turn = self.turn.get_or_insert_with(|| Box::pin(Arc::clone(bandwidth).take(all)));
        let count = turn.as_mut().poll(cx);
        self.state.paced.store(count.is_pending(), Relaxed);
        let count = ready!(count);
        self.turn = None;
        Poll::Ready(count)
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<PendingChunk>>> {
        let framing = |bytes| Poll::Ready(Some(Ok(PendingChunk { bytes, of_source: false })));
        loop {
            match self.stage {
                Stage::Before => {
                    self.stage = Stage::Source;
                    if !self.before.is_empty() {
                        return framing(std::mem::take(&mut self.before));
                    }
                }
                Stage::Source => {
                    if let Some(tap) = &mut self.tap {
                        ready!(tap.poll_ready(cx));
                    }
                    let chunk = self.reader.poll_chunk(cx);
                    self.state.reading.store(chunk.is_pending(), Relaxed);
                    match ready!(chunk) {
                        Some(Ok(chunk)) => {
                            if let Some(tap) = &mut self.tap {
                                tap.feed(&chunk);
                            }
                            return Poll::Ready(Some(Ok(PendingChunk { bytes: chunk, of_source: true })));
                        }
                        Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                        None => {
                            self.stage = Stage::After;
                            self.finish_digest();
                        }
                    }
                }
                Stage::After if self.after.is_empty() => return Poll::Ready(None),
                Stage::After => return framing(std::mem::take(&mut self.after)),
            }
        }
    }

    fn finish_digest(&mut self) {
        if let Some(tap) = self.tap.take() {
            tap.finish();
        }
    }
}

impl http_body::Body for AttemptBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        if self.state.stopped.load(Relaxed) {
            // The answer is already here; the connection is closed once it is read. Until then it stands in
            // nobody's way.
            self.turn = None;
            return Poll::Pending;
        }
        if let Some(gate) = &mut self.gate {
            let continue_seen = ready!(gate.poll_open(cx));
            self.state.sent_unasked.store(!continue_seen, Relaxed);
            self.gate = None;
            self.state.held_back.store(false, Relaxed);
        }
        match ready!(self.poll_piece(cx)) {
            Some(Ok(chunk)) => {
                self.left = self.left.saturating_sub(chunk.len() as u64);
                if self.left == 0 {
                    // hyper knows the length and does not ask again after the last byte.
                    self.finish_digest();
                    self.state.complete.store(true, Relaxed);
                    self.state.progress.body_sent();
                }
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Some(Err(error)) => {
                *self.state.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                Poll::Ready(Some(Err(error)))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bandwidth::BandwidthLimit;
    use super::*;
    use crate::source::{Source, Spool};
    use http_body::Body as _;

    async fn body(
        len: usize,
        limit: Option<u64>,
    ) -> (AttemptBody, Arc<BodyState>, Arc<Bandwidth>, Arc<Counters>) {
        let (source, spool) = (Source::memory(vec![7; len]), Spool::new(None));
        let source = Prepared::new(source, spool, Duration::from_secs(10)).await.expect("memory");
        let bandwidth = Arc::new(Bandwidth::new(BandwidthLimit::new(limit)));
        let progress = Arc::new(Counters::new());
        let opened =
            AttemptBody::open(&Payload::plain(source), AlgorithmSet::NONE, None, &bandwidth, &progress).await;
        let (body, state, _) = opened.expect("a body");
        (body, state, bandwidth, progress)
    }

    #[tokio::test]
    async fn one_that_is_stopped_gives_up_its_turn() {
        let (mut body, state, bandwidth, _) = body(100_000, Some(1024)).await;
        let mut poll = || Pin::new(&mut body).poll_frame(&mut Context::from_waker(std::task::Waker::noop()));
        assert!(poll().is_ready(), "the first piece");
        assert!(poll().is_pending(), "it waits for its turn");
        state.stop();
        assert!(poll().is_pending());
        let others = tokio::time::timeout(Duration::from_secs(60), bandwidth.take(1));
        assert_eq!(others.await, Ok(1), "another upload goes on");
    }

    #[tokio::test]
    async fn an_empty_one_is_sent_with_its_head() {
        for (len, sent) in [(0, true), (1, false)] {
            let (body, state, _, progress) = body(len, None).await;
            assert_eq!(
                (state.is_complete(), progress.was_body_sent(), body.is_end_stream()),
                (sent, sent, sent)
            );
        }
    }
}
