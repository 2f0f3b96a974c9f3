//! Standard input and output, each on a thread of its own. The end of the input is noticed although nobody
//! reads what came before it, and a client that reads nothing keeps nobody from leaving. Not tokio's: its
//! threads come and go, and it panics when one is refused.

use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread::Builder;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc::{self, Receiver};
use tokio_util::sync::{CancellationToken, PollSender};

/// As many bytes are read at once as a pipe of Linux holds.
const CHUNK: usize = 64 << 10;
/// Chunks that are read before anybody wants them.
const READ_AHEAD: usize = 64;
/// Messages that wait for the client.
const WRITE_AHEAD: usize = 4;

/// What a client has written.
pub(crate) struct Input {
    chunks: Receiver<Vec<u8>>,
    chunk: Vec<u8>,
    taken: usize,
}

impl Input {
    /// `ended` is cancelled at the end of what there is to read.
    ///
    /// # Errors
    /// A thread that the operating system refuses.
    pub(crate) fn start(mut read: impl Read + Send + 'static, ended: CancellationToken) -> io::Result<Self> {
        let (queue, chunks) = mpsc::channel(READ_AHEAD);
        Builder::new().name("dropoff-input".to_owned()).spawn(move || {
            let _ended = ended.drop_guard();
            let mut buffer = vec![0; CHUNK];
            loop {
                match read.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(count) if queue.blocking_send(buffer[..count].to_vec()).is_err() => return,
                    Ok(_) => {}
                    Err(e) if e.kind() == ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        })?;
        Ok(Self { chunks, chunk: Vec::new(), taken: 0 })
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.taken == self.chunk.len() {
            let Some(chunk) = ready!(self.chunks.poll_recv(cx)) else { return Poll::Ready(Ok(())) };
            (self.chunk, self.taken) = (chunk, 0);
        }
        let count = buf.remaining().min(self.chunk.len() - self.taken);
        buf.put_slice(&self.chunk[self.taken..self.taken + count]);
        self.taken += count;
        Poll::Ready(Ok(()))
    }
}

/// What a client is to read. It is written in order, by the time that `written` is cancelled.
pub(crate) struct Output(PollSender<Vec<u8>>);

impl Output {
    /// `written` is cancelled once all of it was written, or can no longer be.
    ///
    /// # Errors
    /// A thread that the operating system refuses.
    pub(crate) fn start(
        mut write: impl Write + Send + 'static,
        written: CancellationToken,
    ) -> io::Result<Self> {
        let (queue, messages) = mpsc::channel::<Vec<u8>>(WRITE_AHEAD);
        Builder::new().name("dropoff-output".to_owned()).spawn(move || {
            let _written = written.drop_guard();
            // What a closure holds outlives its locals: no message may be taken after `written`.
            let mut messages = messages;
            while let Some(message) = messages.blocking_recv() {
                if write.write_all(&message).and_then(|()| write.flush()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self(PollSender::new(queue)))
    }
}

fn is_gone<T>(_: T) -> io::Error {
    io::Error::new(ErrorKind::BrokenPipe, "the client reads no more")
}

impl AsyncWrite for Output {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.0.poll_reserve(cx)).map_err(is_gone)?;
        self.0.send_item(buf.to_vec()).map_err(is_gone)?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.close();
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn the_end_is_noticed_before_anybody_reads_what_came_before_it() {
        let ended = CancellationToken::new();
        let mut input = Input::start(&b"abc"[..], ended.clone()).expect("a thread");
        ended.cancelled().await;
        let mut start = [0; 2];
        assert_eq!(input.read(&mut start).await.expect("read"), 2);
        let mut rest = String::new();
        input.read_to_string(&mut rest).await.expect("read");
        assert_eq!((&start, rest.as_str()), (b"ab", "c"));
    }

    #[tokio::test]
    async fn an_input_that_lasts_has_no_end() {
        let (read, write) = io::pipe().expect("a pipe");
        let ended = CancellationToken::new();
        let mut input = Input::start(read, ended.clone()).expect("a thread");
        (&write).write_all(b"ab").expect("written");
        assert_eq!(input.read(&mut [0; 8]).await.expect("read"), 2);
        assert!(!ended.is_cancelled());
        drop(write);
        ended.cancelled().await;
    }

    #[tokio::test]
    async fn all_is_written_before_the_output_says_so() {
        let (mut read, write) = io::pipe().expect("a pipe");
        let written = CancellationToken::new();
        let mut output = Output::start(write, written.clone()).expect("a thread");
        for part in [&b"a"[..], b"bc"] {
            output.write_all(part).await.expect("room");
        }
        drop(output);
        written.cancelled().await;
        let mut all = String::new();
        read.read_to_string(&mut all).expect("read");
        assert_eq!(all, "abc");
    }

    #[tokio::test]
    async fn a_client_that_is_gone_is_noticed() {
        let (read, write) = io::pipe().expect("a pipe");
        drop(read);
        let written = CancellationToken::new();
        let mut output = Output::start(write, written.clone()).expect("a thread");
        output.write_all(b"a").await.expect("room");
        written.cancelled().await;
        output.write_all(b"b").await.expect_err("nobody reads it");
    }
}
