//! A source as it is once it is sealed: each block is read whole, checked against what was sealed before,
//! and only then given out.

use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::buffers::{Buffer, CHUNK};
use super::{Prepared, SourceReader};
use crate::error::{Error, ErrorKind, Result};
use crate::seal::{BlockSealer, Differs, FileSeal, Marker};

pub(super) struct SealedReader {
    plain: SourceReader,
    sealer: BlockSealer,
    /// Read already, and part of the next block.
    carried: Bytes,
    plain_ended: bool,
    path: Option<Arc<Path>>,
}

impl SealedReader {
    pub(super) fn new(plain: SourceReader, seal: Arc<FileSeal>, path: Option<Arc<Path>>) -> Result<Self> {
        let sealer = BlockSealer::new(seal)?;
        Ok(Self { plain, sealer, carried: Bytes::new(), plain_ended: false, path })
    }

    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            if let Some(plain) = self.sealer.next() {
                return Poll::Ready(Some(self.sealed(&plain)));
            }
            if self.plain_ended {
                let tag = self.sealer.tag().transpose();
                return Poll::Ready(tag.map(|tag| tag.map(|tag| Bytes::copy_from_slice(&tag))));
            }
            if let Err(error) = ready!(self.poll_block(cx)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    /// Gathers until something may be given out.
    fn poll_block(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let piece = match std::mem::take(&mut self.carried) {
            empty if empty.is_empty() => match ready!(self.plain.poll_chunk(cx)) {
                Some(piece) => piece?,
                None => {
                    self.plain_ended = true;
                    return Poll::Ready(self.sealer.end().map_err(|d| changed(self.path.as_deref(), d)));
                }
            },
            carried => carried,
        };
        self.carried = self.sealer.push(piece).map_err(|d| changed(self.path.as_deref(), d))?;
        Poll::Ready(Ok(()))
    }

    fn sealed(&mut self, plain: &Bytes) -> Result<Bytes> {
        debug_assert!(plain.len() <= CHUNK, "sources give chunks");
        let mut buffer = Buffer::take();
        self.sealer.seal(plain, &mut buffer.as_mut()[..plain.len()])?;
        Ok(buffer.freeze(plain.len()))
    }
}

/// Reads all of a source and notes or compares the mark of each block.
pub(super) async fn mark(plain: &Prepared, seal: &Arc<FileSeal>) -> Result<()> {
    let path = plain.path();
    let mut reader = plain.open().await?;
    let mut marker = Marker::new(Arc::clone(seal));
    let differs = |d| changed(path.as_deref(), d);
    while let Some(piece) = plain.within_patience(reader.chunk()).await? {
        let mut piece = piece?;
        while !piece.is_empty() {
            marker.add(&piece.split_to(piece.len().min(marker.room())));
            if marker.is_full() {
                marker.end_block().map_err(differs)?;
            }
        }
        // A file in the page cache never makes this wait, and other work is due too.
        tokio::task::consume_budget().await;
    }
    marker.end().map_err(differs)
}

pub(super) fn changed(path: Option<&Path>, differs: Differs) -> Error {
    let what = path.map_or_else(|| "the source".to_owned(), |path| path.display().to_string());
    let error = Error::new(
        ErrorKind::SourceChanged,
        format!(
            "{what} changed after it was first sealed (at byte {} or later), and other bytes under the same nonce would break the encryption; nothing of them was sent; send it again as a new transfer",
            differs.at
        ),
    );
    match path {
        Some(path) => error.about(path),
        None => error,
    }
}
