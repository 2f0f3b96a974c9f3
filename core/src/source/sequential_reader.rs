//! Cuts a body that can only be read in order into parts, each held in memory while it is sent.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::identity::Reading;
use super::prepared::Prepared;
use super::reader::SourceReader;
use crate::error::{Error, Result};

pub(crate) struct SequentialReader {
    whole: Prepared,
    reader: Option<SourceReader>,
    /// Read already, and part of the next cut.
    carried: Bytes,
}

impl SequentialReader {
    pub(crate) fn new(whole: Prepared) -> Self {
        Self { whole, reader: None, carried: Bytes::new() }
    }

    /// The next `len` bytes, which take up what `permit` stands for until they are gone.
    pub(crate) async fn cut(&mut self, len: u64, permit: OwnedSemaphorePermit) -> Result<Prepared> {
        let mut pieces = Vec::new();
        self.walk(len, |piece| pieces.push(piece)).await?;
        Ok(Prepared::part_in_memory(pieces, permit, self.whole.io_timeout))
    }

    /// Goes past the next `len` bytes. They are read and sealed all the same: the tag at the end is over all.
    pub(crate) async fn skip(&mut self, len: u64) -> Result<()> {
        self.walk(len, drop).await
    }

    /// The next bytes, as many as come at once and at most `most`; never none.
    pub(crate) async fn piece(&mut self, most: u64) -> Result<Bytes> {
        if self.carried.is_empty() {
            self.carried = self.read().await?;
        }
        let count = usize::try_from(most).unwrap_or(usize::MAX).min(self.carried.len());
        Ok(self.carried.split_to(count))
    }

    /// The next few bytes, in one piece.
    pub(crate) async fn bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.walk(len, |piece| bytes.extend_from_slice(&piece)).await?;
        Ok(bytes)
    }

    /// The file that was read.
    pub(crate) fn reading(&self) -> Option<Arc<Reading>> {
        self.reader.as_ref()?.reading()
    }

    async fn walk(&mut self, len: u64, mut take: impl FnMut(Bytes)) -> Result<()> {
        let mut left = len;
        while left > 0 {
            let piece = self.piece(left).await?;
            left -= piece.len() as u64;
            take(piece);
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<Bytes> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            none => none.insert(self.whole.open().await?),
        };
        // A file in the page cache never makes this wait, and other parts' replies are due too.
        tokio::task::consume_budget().await;
        let chunk = self.whole.within_io_timeout(reader.chunk()).await?;
        chunk.unwrap_or_else(|| Err(Error::internal("a source was cut beyond its end")))
    }
}
