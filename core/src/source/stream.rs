//! A stream of the caller's: read once, and set back to where it stood if the call that read it fails, so
//! that the same call again sends the same bytes.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::runtime::{spawn_blocking, spawn_foreign};

/// How long setting back may take. A read that is under way has to end first, and that is the caller's code.
const REWIND_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) trait SeekingReader: Read + Seek + Send {}
impl<T: Read + Seek + Send> SeekingReader for T {}

enum Input {
    Once(Box<dyn Read + Send>),
    Seeking(Box<dyn SeekingReader>),
}

/// Shared by the thread that reads it and the end of the call.
#[derive(Clone)]
pub(crate) struct Stream(Arc<Shared>);

struct Shared {
    /// `READ` and `CLOSED`, as bits.
    reading: AtomicU8,
    /// Where it stood before the first read; unset if it cannot go back there.
    start: OnceLock<u64>,
    state: Mutex<StreamInput>,
}

/// Something of it was read, or is being read.
const READ: u8 = 1;
/// The call is over: what was not read until now is not read any more.
const CLOSED: u8 = 2;

struct StreamInput {
    /// `None` once nobody needs it any more.
    input: Option<Input>,
    /// The call is over, so its thread reads no more.
    over: bool,
}

impl Stream {
    pub(super) fn once(reader: Box<dyn Read + Send>) -> Self {
        Self::new(Input::Once(reader))
    }

    pub(super) fn seeking(reader: Box<dyn SeekingReader>) -> Self {
        Self::new(Input::Seeking(reader))
    }

    fn new(input: Input) -> Self {
        let state = Mutex::new(StreamInput { input: Some(input), over: false });
        Self(Arc::new(Shared { reading: AtomicU8::new(0), start: OnceLock::new(), state }))
    }

    /// Held while the caller's code runs, so not for long on a runtime's thread: see [`StreamState::of`].
    fn state(&self) -> MutexGuard<'_, StreamInput> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it stands before the first read; 0 if it cannot say. That is no error: many a stream cannot
    /// seek.
    pub(super) fn stands_at(&self) -> u64 {
        if let Some(Input::Seeking(reader)) = &mut self.state().input
            && let Ok(start) = reader.stream_position()
        {
            return *self.0.start.get_or_init(|| start);
        }
        0
    }

    pub(super) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        // Said before it is read, since nobody can tell how far a read is that a cancel leaves alone.
        let before = self.0.reading.fetch_or(READ, SeqCst);
        if state.over || before & CLOSED != 0 {
            return Err(io::Error::other("the call that reads it is over"));
        }
        let read = match &mut state.input {
            Some(Input::Once(reader)) => reader.read(into),
            Some(Input::Seeking(reader)) => reader.read(into),
            None => Ok(0),
        };
        if matches!(read, Ok(0)) {
            self.0.reading.fetch_and(!READ | before, SeqCst);
        }
        read
    }

    /// It was read to its end, or will not be read on: one that cannot go back is let go.
    pub(super) fn is_read(&self) {
        if self.0.start.get().is_none() {
            // Dropped here, on the thread that reads it: that, too, is the caller's code.
            self.state().input = None;
        }
    }

    /// How it stands, as far as that is known without running the caller's code.
    fn known(&self) -> Option<StreamState> {
        match self.0.start.get() {
            _ if self.0.reading.fetch_or(CLOSED, SeqCst) & READ == 0 => Some(StreamState::AsBefore),
            None => Some(StreamState::Consumed),
            Some(_) => None,
        }
    }

    /// Sets it back to where it stood, after a read that is under way.
    fn set_back(&self) -> StreamState {
        let mut state = self.state();
        state.over = true;
        let back = match (&mut state.input, self.0.start.get()) {
            (Some(Input::Seeking(reader)), Some(start)) => reader.seek(SeekFrom::Start(*start)).is_ok(),
            _ => false,
        };
        if back { StreamState::AsBefore } else { StreamState::Stuck }
    }
}

/// How the streams of a call that failed stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StreamState {
    /// Where they stood before.
    AsBefore,
    /// One should have gone back and did not.
    Stuck,
    /// One was read and cannot go back.
    Consumed,
}

impl StreamState {
    /// Sets the streams back, and tells how they stand after that.
    pub(crate) async fn of(streams: Vec<Stream>) -> Self {
        let (mut standing, mut seeking) = (Self::AsBefore, Vec::new());
        for stream in streams {
            match stream.known() {
                Some(known) => standing = standing.max(known),
                None => seeking.push(stream),
            }
        }
        if seeking.is_empty() { standing } else { standing.max(Self::set_back(seeking).await) }
    }

    /// On a thread of its own, as for reading: it may stand still for as long as the caller's code does.
    async fn set_back(streams: Vec<Stream>) -> Self {
        let (told, standing) = tokio::sync::oneshot::channel();
        let work = move || {
            let _ = told.send(streams.iter().map(Stream::set_back).max().unwrap_or(Self::AsBefore));
        };
        let thread = spawn_foreign("dropoff-source", work);
        let done = tokio::time::timeout(REWIND_TIMEOUT, standing);
        if thread.is_ok() { done.await.ok().and_then(Result::ok).unwrap_or(Self::Stuck) } else { Self::Stuck }
    }

    /// The error of the call, which says whether the same call can be made again.
    pub(crate) fn told(self, error: Error) -> Error {
        match self {
            Self::AsBefore => error,
            Self::Stuck => error.stream_is_lost("the stream could not be set back to where it stood"),
            Self::Consumed => error.stream_is_lost("the stream has been read and cannot go back"),
        }
    }
}

/// Lets streams go where the caller's code may run.
pub(crate) fn drop_streams(streams: Vec<Stream>) {
    if !streams.is_empty() {
        // Nobody waits for it.
        drop(spawn_blocking(move || drop(streams)));
    }
}
