//! One body as it is sent: bytes of a source from the first to the last, sealed on their way or not.

use std::path::Path;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::identity::Reading;
use super::plain_reader::PlainReader;
use super::sealed::SealedReader;
use crate::error::Result;
use crate::seal::FileSeal;

pub(crate) struct SourceReader(Inner);

enum Inner {
    Plain(PlainReader),
    Sealed(Box<SealedReader>),
}

impl SourceReader {
    pub(super) fn plain(reader: PlainReader) -> Self {
        Self(Inner::Plain(reader))
    }

    /// `path` is for messages.
    pub(super) fn sealed(plain: PlainReader, seal: Arc<FileSeal>, path: Option<Arc<Path>>) -> Result<Self> {
        SealedReader::new(plain, seal, path).map(|reader| Self(Inner::Sealed(Box::new(reader))))
    }

    /// The file it reads, if it reads one of the caller's.
    pub(crate) fn reading(&self) -> Option<Arc<Reading>> {
        match &self.0 {
            Inner::Plain(reader) => reader.reading(),
            Inner::Sealed(reader) => reader.plain().reading(),
        }
    }

    /// The next chunk; `None` after exactly the declared length. A file that ends early is
    /// `source_changed`.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match &mut self.0 {
            Inner::Plain(reader) => reader.poll_chunk(cx),
            Inner::Sealed(reader) => reader.poll_chunk(cx),
        }
    }

    /// The same, to be awaited.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }
}
