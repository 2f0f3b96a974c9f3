//! The client's input, whose end is noticed at once: calls that still run then are for nobody.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::sync::CancellationToken;

pub(crate) struct Input<R> {
    read: R,
    ended: CancellationToken,
}

impl<R> Input<R> {
    /// `ended` is cancelled at the end of the input.
    pub(crate) fn new(read: R, ended: CancellationToken) -> Self {
        Self { read, ended }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        let (before, has_room) = (buf.filled().len(), buf.remaining() > 0);
        let result = ready!(Pin::new(&mut this.read).poll_read(cx, buf));
        if result.is_err() || (has_room && buf.filled().len() == before) {
            this.ended.cancel();
        }
        Poll::Ready(result)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn the_end_is_noticed_and_nothing_before_it() {
        let ended = CancellationToken::new();
        let mut input = Input::new(&b"ab"[..], ended.clone());
        let mut buffer = [0; 8];
        assert_eq!(input.read(&mut buffer).await.expect("read"), 2);
        assert!(!ended.is_cancelled());
        assert_eq!(input.read(&mut buffer).await.expect("read"), 0);
        assert!(ended.is_cancelled());
    }
}
