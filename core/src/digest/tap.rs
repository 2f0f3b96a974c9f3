//! Digests of bytes in flight. CRCs are computed where the bytes are, which their cost does not show. SHA-256
//! and MD5 cost more CPU than the upload itself (1 s and 2.3 s a GiB), so of anything large they are computed
//! on a thread of their own while the sending thread goes on; small bodies are not worth a thread.

use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;

use super::algorithm::AlgorithmSet;
use super::hasher::Hasher;
use super::value::Digests;

/// Above this a thread pays for itself.
const INLINE_LIMIT: u64 = 1024 * 1024;
/// Chunks that may wait for the hashing thread.
const QUEUED_CHUNKS: usize = 4;

/// Listens to the chunks of one body.
pub(crate) struct DigestTap {
    inline: Hasher,
    result: oneshot::Sender<Digests>,
    thread: Option<PollSender<Bytes>>,
}

/// Where the digests arrive.
pub(crate) struct PendingDigests {
    inline: oneshot::Receiver<Digests>,
    thread: Option<oneshot::Receiver<Digests>>,
}

impl PendingDigests {
    /// The digests of a body that was read to its end. Of one that was not, they are of what was read, or
    /// none: ask only after a success.
    pub(crate) async fn digests(self) -> Digests {
        let mut digests = self.inline.await.unwrap_or_default();
        if let Some(thread) = self.thread {
            digests.complete_with(&thread.await.unwrap_or_default());
        }
        digests
    }
}

impl DigestTap {
    /// A tap for a body of `len` bytes.
    pub(crate) fn new(algorithms: AlgorithmSet, len: u64) -> (Self, PendingDigests) {
        let slow = algorithms.without(AlgorithmSet::CRCS);
        let thread = (len > INLINE_LIMIT && !slow.is_empty()).then(|| on_a_thread(slow)).flatten();
        // Without a thread it is slower, and as right.
        let inline = if thread.is_some() { algorithms.without(slow) } else { algorithms };
        let (result, arriving) = oneshot::channel();
        let (sender, thread) = thread.unzip();
        let tap = Self { inline: Hasher::new(inline), result, thread: sender };
        (tap, PendingDigests { inline: arriving, thread })
    }

    /// Ready when the next chunk may be fed.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.thread {
            None => Poll::Ready(()),
            Some(sender) => sender.poll_reserve(cx).map(drop),
        }
    }

    pub(crate) fn feed(&mut self, chunk: &Bytes) {
        self.inline.update(chunk);
        if let Some(sender) = &mut self.thread {
            // Fails only if the thread is gone, and then no digest of its arrives either.
            drop(sender.send_item(chunk.clone()));
        }
    }

    /// The body is at its end.
    pub(crate) fn finish(self) {
        // Nobody may be waiting any more.
        let _ = self.result.send(self.inline.finish());
    }
}

/// Where chunks go, and where their digests come from; `None` if no thread could be started.
fn on_a_thread(algorithms: AlgorithmSet) -> Option<(PollSender<Bytes>, oneshot::Receiver<Digests>)> {
    let (result, arriving) = oneshot::channel();
    let (sender, mut chunks) = mpsc::channel::<Bytes>(QUEUED_CHUNKS);
    let hash = move || {
        let mut hasher = Hasher::new(algorithms);
        while let Some(chunk) = chunks.blocking_recv() {
            hasher.update(&chunk);
        }
        // Nobody may be waiting any more.
        let _ = result.send(hasher.finish());
    };
    std::thread::Builder::new().name("dropoff-hash".to_owned()).spawn(hash).ok()?;
    Some((PollSender::new(sender), arriving))
}
