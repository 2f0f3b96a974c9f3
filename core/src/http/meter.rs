//! The socket of a storage connection, with three additions to plain TCP:
//!
//! * It counts bytes really written. Handing bytes to an HTTP library is not progress:
//!   megabytes vanish into buffers while the peer reads nothing.
//! * It can be asked what the peer has acknowledged. A slow line drains a kernel's buffer for a minute
//!   before it takes the next write, and moves all the time.
//! * When a write fails because the peer closed, it *parks* the write for a while and keeps reading.
//!   A server that refuses a large upload early answers and closes at once, so our next write fails
//!   while the reply that explains why waits unread in our own receive buffer. Reporting the failed
//!   write would turn "signature does not match" into "broken pipe".

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::line::SharedLine;
use crate::sys::{self, WatchedSocket};

/// How long a failed write waits for the reply that explains it.
const PARKED_WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// The socket's counters, readable while hyper owns the socket.
#[derive(Debug)]
pub(super) struct Meter {
    born: Instant,
    written: AtomicU64,
    /// Of the bytes written, as many as the peer is known to have acknowledged.
    acknowledged: AtomicU64,
    reply_bytes: AtomicU64,
    /// The first bytes that came, which tell what the other side speaks if it is not HTTP.
    first_bytes: AtomicU64,
    last_progress_ms: AtomicU64,
    blocked: AtomicBool,
    socket: WatchedSocket,
    line: Arc<SharedLine>,
}

impl Meter {
    fn new(socket: WatchedSocket, line: Arc<SharedLine>) -> Self {
        Self {
            born: Instant::now(),
            written: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            reply_bytes: AtomicU64::new(0),
            first_bytes: AtomicU64::new(0),
            last_progress_ms: AtomicU64::new(0),
            blocked: AtomicBool::new(false),
            socket,
            line,
        }
    }
    /// Marks this moment as progress.
    pub(super) fn touch(&self) {
        let ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_progress_ms.store(ms, Relaxed);
    }
    /// When bytes were last written, or seen to be acknowledged.
    pub(super) fn last_progress(&self) -> Instant {
        self.born + Duration::from_millis(self.last_progress_ms.load(Relaxed))
    }
    /// Asks the kernel what the peer has acknowledged since the last look, which is progress too. Tells how
    /// many bytes it has not; none where that cannot be known.
    pub(super) fn ask_kernel(&self) -> u64 {
        // Before the kernel is asked: a write in between must not count as acknowledged.
        let written = self.bytes_written();
        let Some(waiting) = self.socket.unacknowledged() else { return 0 };
        if self.has_acknowledged(written.saturating_sub(waiting)) {
            self.touch();
        }
        waiting
    }
    /// The peer answered, so it has everything.
    pub(super) fn answered(&self) {
        self.has_acknowledged(self.bytes_written());
    }
    /// Whether that is more than was known.
    fn has_acknowledged(&self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.acknowledged.fetch_max(bytes, Relaxed));
        if more > 0 {
            self.line.carries(more);
        }
        more > 0
    }
    pub(super) fn line(&self) -> &SharedLine {
        &self.line
    }
    /// Whether the kernel would take no more when it was last asked.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.load(Relaxed)
    }
    /// Bytes the kernel took.
    pub(super) fn bytes_written(&self) -> u64 {
        self.written.load(Relaxed)
    }
    /// Bytes of replies, as [`ReplyMeter`] saw them.
    pub(super) fn reply_bytes(&self) -> u64 {
        self.reply_bytes.load(Relaxed)
    }
    /// The first of them on this connection.
    pub(super) fn first_bytes(&self) -> [u8; 8] {
        self.first_bytes.load(Relaxed).to_be_bytes()
    }
    fn read(&self, bytes: &[u8]) {
        if self.reply_bytes.fetch_add(bytes.len() as u64, Relaxed) == 0 {
            let mut first = [0; 8];
            let count = bytes.len().min(first.len());
            first[..count].copy_from_slice(&bytes[..count]);
            self.first_bytes.store(u64::from_be_bytes(first), Relaxed);
        }
    }
}

pub(super) struct MeteredTcp {
    tcp: TcpStream,
    meter: Arc<Meter>,
    parked: Option<Parked>,
}

struct Parked {
    error: Option<io::Error>,
    until: Pin<Box<Sleep>>,
}

impl MeteredTcp {
    pub(super) fn new(tcp: TcpStream, line: Arc<SharedLine>) -> Self {
        let meter = Arc::new(Meter::new(WatchedSocket::of(&tcp), line));
        Self { tcp, meter, parked: None }
    }
    pub(super) fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    fn poll_parked(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(parked) = &mut self.parked else { return Poll::Pending };
        ready!(parked.until.as_mut().poll(cx));
        let error = parked.error.take();
        Poll::Ready(Err(error.unwrap_or_else(|| io::ErrorKind::BrokenPipe.into())))
    }

    fn written(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Pending => {
                self.meter.blocked.store(true, Relaxed);
                Poll::Pending
            }
            Poll::Ready(Ok(count)) => {
                self.meter.blocked.store(false, Relaxed);
                self.meter.written.fetch_add(count as u64, Relaxed);
                self.meter.touch();
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) if peer_closed(&error) => {
                let until = Box::pin(tokio::time::sleep(PARKED_WRITE_TIMEOUT));
                self.parked = Some(Parked { error: Some(error), until });
                self.poll_parked(cx)
            }
            failed => failed,
        }
    }
}

/// Whether an error of a connection says that the other side has closed it.
pub(super) fn peer_closed(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::BrokenPipe | K::ConnectionReset | K::ConnectionAborted)
        || sys::is_closed_by_peer(error)
}

impl AsyncWrite for MeteredTcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.parked.is_some() {
            return self.poll_parked(cx);
        }
        let result = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.written(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.parked.is_some() {
            return self.poll_parked(cx);
        }
        let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
        self.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl AsyncRead for MeteredTcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.meter.line.moves();
        }
        read
    }
}

impl Drop for MeteredTcp {
    fn drop(&mut self) {
        self.meter.socket.closes();
        if self.meter.is_blocked() {
            // The kernel still holds bytes of an attempt that was given up. On a slow line it would be in
            // the way of the next one for a minute.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

/// Counts bytes of replies above TLS, whose own goodbye on a dying connection is no reply.
pub(super) struct ReplyMeter<S> {
    inner: S,
    meter: Arc<Meter>,
}

impl<S> ReplyMeter<S> {
    pub(super) fn new(inner: S, meter: Arc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReplyMeter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        self.meter.read(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReplyMeter<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
