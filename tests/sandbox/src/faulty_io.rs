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

/// Steps a second when pacing: small enough that no step looks like a stall.
const STEPS: u64 = 20;
const MAX_STEP: u64 = 16 * 1024;
/// Far below what loopback would grow to by itself (megabytes, which would hide any fault).
const NARROW_WINDOW: usize = 16 * 1024;

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
    /// Bytes per second; 0 is as fast as possible.
    rate: AtomicU64,
    narrow: AtomicBool,
}

impl Pace {
    /// Reads at most `rate` bytes per second from now on; 0 lifts the limit.
    pub fn slow(&self, rate: u64) {
        self.rate.store(rate, Ordering::Relaxed);
    }

    /// Keeps the kernel from taking in megabytes that nobody reads.
    pub fn narrow(&self) {
        self.narrow.store(true, Ordering::Relaxed);
    }
}

pub(crate) struct FaultyIo<S> {
    socket: S,
    pace: Arc<Pace>,
    rest: Pin<Box<Sleep>>,
    resting: bool,
    /// A short read lands here first: a part of hyper's buffer cannot be lent without unsafe code.
    scratch: Box<[u8]>,
}

impl<S: Socket> FaultyIo<S> {
    pub fn new(socket: S, pace: Arc<Pace>) -> Self {
        FaultyIo {
            socket,
            pace,
            rest: Box::pin(tokio::time::sleep(Duration::ZERO)),
            resting: false,
            scratch: vec![0; MAX_STEP as usize].into(),
        }
    }

    pub fn into_socket(self) -> S {
        self.socket
    }
}

impl<S: Socket> AsyncRead for FaultyIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.pace.narrow.swap(false, Ordering::Relaxed) {
            // Best effort: without it a fault only shows later.
            let _ = socket2::SockRef::from(this.socket.tcp()).set_recv_buffer_size(NARROW_WINDOW);
        }
        if this.resting {
            ready!(this.rest.as_mut().poll(cx));
            this.resting = false;
        }
        let rate = this.pace.rate.load(Ordering::Relaxed);
        if rate == 0 {
            return Pin::new(&mut this.socket).poll_read(cx, buf);
        }
        let step = (rate / STEPS).clamp(1, MAX_STEP) as usize;
        let step = step.min(buf.remaining());
        let mut part = ReadBuf::new(&mut this.scratch[..step]);
        ready!(Pin::new(&mut this.socket).poll_read(cx, &mut part))?;
        let read = part.filled();
        buf.put_slice(read);
        if !read.is_empty() {
            this.resting = true;
            let pause = Duration::from_secs_f64(read.len() as f64 / rate as f64);
            this.rest.as_mut().reset(Instant::now() + pause);
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
