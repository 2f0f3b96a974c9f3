//! A source as it is once it is sealed: each block is sealed whole, checked against what was sealed before,
//! and only then given out.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::buffers::{Buffer, CHUNK_BYTES};
use super::plain_reader::PlainReader;
use crate::error::{Error, ErrorKind, Result};
use crate::seal::{BlockError, BlockSealer, FileSeal};

pub(super) struct SealedReader {
    plain: PlainReader,
    sealer: BlockSealer,
    /// Read already, and part of the next block.
    carried: Bytes,
    /// The block, sealed.
    block: VecDeque<Bytes>,
    /// Whether it may be given out.
    checked: bool,
    plain_ended: bool,
    path: Option<Arc<Path>>,
}

impl SealedReader {
    pub(super) fn new(plain: PlainReader, seal: Arc<FileSeal>, path: Option<Arc<Path>>) -> Result<Self> {
        Ok(Self {
            plain,
            sealer: BlockSealer::new(seal)?,
            carried: Bytes::new(),
            block: VecDeque::new(),
            checked: false,
            plain_ended: false,
            path,
        })
    }

    pub(super) fn plain(&self) -> &PlainReader {
        &self.plain
    }

    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            if self.checked {
                if let Some(sealed) = self.block.pop_front() {
                    return Poll::Ready(Some(Ok(sealed)));
                }
                self.checked = false;
            }
            if self.plain_ended {
                let tag = self.sealer.tag().transpose();
                return Poll::Ready(tag.map(|tag| tag.map(|tag| Bytes::copy_from_slice(&tag))));
            }
            if let Err(error) = ready!(self.poll_piece(cx)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    /// Adds a piece to the block.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if self.carried.is_empty() {
            match ready!(self.plain.poll_chunk(cx)) {
                Some(piece) => self.carried = piece?,
                None => {
                    let ended = self.sealer.end();
                    self.may_leave(ended)?;
                    self.plain_ended = true;
                    return Poll::Ready(Ok(()));
                }
            }
        }
        debug_assert!(self.carried.len() <= CHUNK_BYTES, "sources give chunks");
        let plain = self.carried.split_to(self.carried.len().min(self.sealer.room()));
        let mut buffer = Buffer::take();
        self.sealer.seal(&plain, &mut buffer.as_mut()[..plain.len()])?;
        self.block.push_back(buffer.freeze(plain.len()));
        if self.sealer.is_full() {
            let ended = self.sealer.end_block();
            return Poll::Ready(self.may_leave(ended));
        }
        Poll::Ready(Ok(()))
    }

    fn may_leave(&mut self, ended: Result<(), BlockError>) -> Result<()> {
        if let Err(error) = ended {
            self.block.clear();
            return Err(block_refused(self.path.as_deref(), error));
        }
        self.checked = true;
        Ok(())
    }
}

pub(super) fn block_refused(path: Option<&Path>, error: BlockError) -> Error {
    let at = match error {
        BlockError::Differs { at } => at,
        BlockError::Failed(error) => return error,
    };
    let what = path.map_or_else(|| "the source".to_owned(), |path| path.display().to_string());
    let error = Error::new(
        ErrorKind::SourceChanged,
        format!(
            "{what} changed after it was first sealed (at byte {at} or later), and other bytes under the same nonce would break the encryption; nothing of them was sent; send it again from the start"
        ),
    );
    match path {
        Some(path) => error.with_path(path),
        None => error,
    }
}
