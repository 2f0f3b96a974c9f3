//! The stream under hyper. It can slow down and stop growing the kernel's receive window, so that
//! a slow or silent server is felt by the sender. Knows no HTTP.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::server::TlsStream;

/// How far ahead of its time a paced stream may be before it rests: about a tick of the timer.
const TIMER_SLACK: Duration = Duration::from_millis(1);
/// The most that is made up for after a pause: what a timer is late by, not what a client left unused.
const LONGEST_CATCH_UP: Duration = Duration::from_millis(2);
/// Reads a second when pacing: with fewer the last one would end a body well before its time,
const READS_PER_SECOND: u64 = 500;
/// but a read is not made smaller than this,
const SMALLEST_READ: u64 = 256;
/// unless there would be so few a second that each looks like a stall.
const LEAST_READS_PER_SECOND: u64 = 20;
/// Far below what loopback would grow to by itself (megabytes, which would hide any fault).
const SMALL_RECEIVE_WINDOW: usize = 16 * 1024;

/// A TCP stream, bare or under TLS.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// How the stream behaves now; shared with the request handler.
#[derive(Default)]
pub(crate) struct Pace {
    /// Bytes per second; 0 is as fast as possible. Both are limits.
    fault_rate: AtomicU64,
    connection_rate: AtomicU64,
    is_window_small: AtomicBool,
}

impl Pace {
    /// Reads at most `rate` bytes per second from now on, as a fault; 0 lifts the limit.
    pub fn set_fault_rate(&self, rate: u64) {
        self.fault_rate.store(rate, Ordering::Relaxed);
    }

    /// The same as a property of every connection.
    pub fn set_connection_rate(&self, rate: u64) {
        self.connection_rate.store(rate, Ordering::Relaxed);
    }

    /// Keeps the kernel from taking in megabytes that nobody reads; or no longer does. Through a small window
    /// a connection without any fault may go on at a few kilobytes per 100 ms, which is the sender's timer.
    pub fn set_small_window(&self, small: bool) {
        self.is_window_small.store(small, Ordering::Relaxed);
    }

    fn rate(&self) -> u64 {
        match (self.fault_rate.load(Ordering::Relaxed), self.connection_rate.load(Ordering::Relaxed)) {
            (0, rate) | (rate, 0) => rate,
            (one, other) => one.min(other),
        }
    }
}

pub(crate) struct FaultyIo<S> {
    socket: S,
    pace: Arc<Pace>,
    timer: Pin<Box<Sleep>>,
    waiting: bool,
    /// The kernel's receive buffer before it was made small, in bytes.
    usual_buffer: Option<usize>,
    /// When all that was read would have arrived at the rate that is set.
    due: Instant,
    /// How far behind its time the stream was when there was nothing to read any more. The time that
    /// passes after that is nobody's credit.
    idle: Option<Duration>,
}

impl<S: Socket> FaultyIo<S> {
    pub fn new(socket: S, pace: Arc<Pace>) -> Self {
        FaultyIo {
            socket,
            pace,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            waiting: false,
            usual_buffer: None,
            due: Instant::now(),
            idle: None,
        }
    }

    pub fn into_socket(self) -> S {
        self.socket
    }

    /// Best effort: without it a fault only shows later.
    fn set_window(&mut self, small: bool) {
        let socket = socket2::SockRef::from(self.socket.tcp());
        if small {
            // Linux answers with twice of what it is given: the half is for its own records.
            self.usual_buffer = socket.recv_buffer_size().ok().map(|bytes| bytes / 2);
            let _ = socket.set_recv_buffer_size(SMALL_RECEIVE_WINDOW);
        } else if let Some(bytes) = self.usual_buffer.take() {
            let _ = socket.set_recv_buffer_size(bytes);
        }
    }
}

impl<S: Socket> AsyncRead for FaultyIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let small = this.pace.is_window_small.load(Ordering::Relaxed);
        if small != this.usual_buffer.is_some() {
            this.set_window(small);
        }
        if this.waiting {
            ready!(this.timer.as_mut().poll(cx));
            this.waiting = false;
        }
        let rate = this.pace.rate();
        if rate == 0 {
            this.due = Instant::now();
            return Pin::new(&mut this.socket).poll_read(cx, buf);
        }
        let step = (rate / READS_PER_SECOND).max(SMALLEST_READ).min(rate / LEAST_READS_PER_SECOND).max(1);
        let step = usize::try_from(step).unwrap_or(usize::MAX).min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(step));
        let Poll::Ready(read) = Pin::new(&mut this.socket).poll_read(cx, &mut part) else {
            let behind = this.due.elapsed().min(LONGEST_CATCH_UP);
            this.idle.get_or_insert(behind);
            return Poll::Pending;
        };
        read?;
        let read = part.filled().len();
        buf.advance(read);
        let now = Instant::now();
        if let Some(behind) = this.idle.take() {
            this.due = this.due.max(now - behind);
        }
        // From when it was due and not from now: a timer that fires late costs nothing in the end.
        this.due += Duration::from_secs_f64(read as f64 / rate as f64);
        if read > 0 && this.due > now + TIMER_SLACK {
            this.waiting = true;
            this.timer.as_mut().reset(this.due);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Socket> AsyncWrite for FaultyIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }
}
