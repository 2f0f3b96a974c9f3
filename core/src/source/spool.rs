//! Unnamed temporary files: for streams that can be read only once and for packed profiles. The file
//! has no name from the start, so nothing is left behind whatever happens to the process, and no
//! other user can open it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::stream::Stream;
use crate::error::{Error, Result};
use crate::runtime::spawn_foreign;
use crate::seal::{BlockSealer, FileSeal};
use crate::sys;

/// Where temporary files go.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
}

/// A temporary file that is complete.
#[derive(Clone)]
pub(crate) struct Spooled {
    file: Arc<File>,
    len: u64,
    folder: Arc<Path>,
}

impl Spool {
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self { folder: folder.map_or_else(std::env::temp_dir, Path::to_owned) }
    }

    pub(crate) fn place(&self) -> &Path {
        &self.folder
    }

    /// An empty unnamed file, readable by this user only.
    pub(crate) fn create(&self) -> Result<File> {
        tempfile::tempfile_in(&self.folder)
            .or_else(|e| if sys::may_lack_unnamed_files(&e) { self.removed_at_once() } else { Err(e) })
            .map_err(|e| self.failed("making", &e))
    }

    /// As before there were files without a name, whose refusals tempfile(3) does not all know. Made by a
    /// function of ours: an error of tempfile's own has the path of a file that nobody made, and no errno.
    fn removed_at_once(&self) -> std::io::Result<File> {
        let named = tempfile::Builder::new().make_in(&self.folder, sys::create_private)?;
        let (file, path) = named.into_parts();
        path.close()?;
        Ok(file)
    }

    /// A failure of the temporary folder, which no source is to blame for.
    pub(crate) fn failed(&self, doing: &str, error: &std::io::Error) -> Error {
        use std::io::ErrorKind as Io;
        let no_room = matches!(error.kind(), Io::StorageFull | Io::QuotaExceeded);
        if no_room || crate::os_limits::is_out_of_descriptors(error) {
            return Error::local_io(&self.folder, doing, error);
        }
        let shown = self.folder.display();
        Error::invalid(format!(
            "{doing} a temporary file in {shown} failed ({error}); set spool_dir to a folder that can be written to"
        ))
        .of_file(&self.folder, error)
    }

    /// A finished file of `create`.
    pub(crate) fn finished(&self, file: File, len: u64) -> Spooled {
        Spooled { file: Arc::new(file), len, folder: self.folder.as_path().into() }
    }

    /// Reads a stream to its end. A reader is the caller's code and may block for as long as it likes, so
    /// it gets a thread of its own.
    pub(super) async fn take(self, stream: Stream) -> Result<Spooled> {
        self.spool(stream, None).await
    }

    /// The same, but what is kept is sealed.
    pub(super) async fn take_sealed(self, stream: Stream, seal: Arc<FileSeal>) -> Result<Spooled> {
        let sealer = BlockSealer::new(seal)?;
        self.spool(stream, Some(sealer)).await
    }

    async fn spool(self, stream: Stream, sealer: Option<BlockSealer>) -> Result<Spooled> {
        let (result, spooled) = tokio::sync::oneshot::channel();
        let work = move || {
            // Nobody waits any more after a cancel, and the stream is then read no further.
            let wanted = || !result.is_closed();
            let spooled = self.read_to_end(&stream, sealer, &wanted);
            stream.is_read();
            let _ = result.send(spooled);
        };
        spawn_foreign("dropoff-source", work)
            .map_err(|e| e.context("reading a stream needs a thread of its own"))?;
        spooled.await.unwrap_or_else(|_| Err(stream_panicked()))
    }

    fn read_to_end(
        &self,
        stream: &Stream,
        sealer: Option<BlockSealer>,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Spooled> {
        let mut into = Writer { spool: self, file: self.create()?, len: 0, sealer };
        let mut buffer = vec![0; super::buffers::CHUNK_BYTES];
        let start = stream.stands_at();
        loop {
            if !wanted() {
                return Err(Error::new(crate::error::ErrorKind::Cancelled, "cancelled by the caller"));
            }
            match stream.read(&mut buffer) {
                Ok(0) if start > 0 && into.len == 0 => return Err(at_its_end()),
                Ok(0) => return into.end(),
                Ok(count) => into.take(&buffer[..count])?,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(stream_failed(&e)),
            }
        }
    }
}

/// A stream that is being spooled, sealed on its way if there is a sealer.
struct Writer<'a> {
    spool: &'a Spool,
    file: File,
    len: u64,
    sealer: Option<BlockSealer>,
}

impl Writer<'_> {
    fn take(&mut self, mut bytes: &[u8]) -> Result<()> {
        let Some(mut sealer) = self.sealer.take() else { return self.write(bytes) };
        while !bytes.is_empty() {
            let (plain, rest) = bytes.split_at(bytes.len().min(sealer.room()));
            let mut sealed = vec![0; plain.len()];
            sealer.seal(plain, &mut sealed)?;
            // Into a file of ours it may go before its block is checked; if that fails the file is gone.
            self.write(&sealed)?;
            if sealer.is_full() {
                sealer.end_block().map_err(|error| super::sealed::block_refused(None, error))?;
            }
            bytes = rest;
        }
        self.sealer = Some(sealer);
        Ok(())
    }

    fn end(mut self) -> Result<Spooled> {
        if let Some(mut sealer) = self.sealer.take() {
            sealer.end().map_err(|error| super::sealed::block_refused(None, error))?;
            self.write(&sealer.tag()?.unwrap_or_default())?;
        }
        Ok(self.spool.finished(self.file, self.len))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| self.spool.failed("writing", &e))?;
        self.len += bytes.len() as u64;
        Ok(())
    }
}

/// Sending nothing would be a lie: the program has written it, or read it, and forgot to go back.
fn at_its_end() -> Error {
    Error::invalid(
        "the stream stands at its end, so nothing of it would be sent; go back to its beginning first, as seek(0) does",
    )
}

fn stream_panicked() -> Error {
    Error::internal("the source's own reader panicked; its message is on the standard error stream")
}

fn stream_failed(error: &std::io::Error) -> Error {
    Error::new(
        crate::error::ErrorKind::SourceUnreadable,
        format!(
            "reading the stream failed ({}); check where it comes from",
            crate::secret::scrub(&error.to_string())
        ),
    )
    .by_system(error)
}

impl Spooled {
    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }
    pub(crate) fn len(&self) -> u64 {
        self.len
    }
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_takes_no_file_is_told_with_the_systems_number_and_no_name_of_a_file() {
        let place = tempfile::tempdir().expect("a folder");
        let missing = place.path().join("missing");
        let spool = Spool::new(Some(&missing));
        for refused in [spool.removed_at_once(), tempfile::tempfile_in(&missing)] {
            let error = spool.failed("making", &refused.expect_err("no folder"));
            assert!(error.errno().is_some(), "{error:?}");
            assert_eq!(error.message().matches("missing").count(), 1, "{error}");
        }
    }
}
