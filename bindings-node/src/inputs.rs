//! What `lib/` hands over, as what the core takes: sources, files, pairs and lengths of time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use dropoff::Error;
use napi::Either;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;

use crate::errors::{Failed, guarded};
use crate::stream::Stream;

/// What to upload. A call takes it out, so it serves one.
#[napi]
pub struct Source(Mutex<Option<dropoff::Source>>);

#[napi]
impl Source {
    /// A file or folder.
    #[napi]
    pub fn path(path: String) -> Self {
        Self::new(dropoff::Source::path(path))
    }

    /// A copy of these bytes.
    #[napi]
    pub fn copy(bytes: BufferSlice<'_>) -> Self {
        Self::new(dropoff::Source::memory(Bytes::copy_from_slice(&bytes)))
    }

    /// What is pushed into a stream. `again`: the same call makes another such stream, of a Blob or of
    /// memory.
    #[napi]
    pub fn stream(stream: &Stream, again: bool) -> Self {
        Self::new(match again {
            true => dropoff::Source::seekable(stream.reader()),
            false => dropoff::Source::reader(stream.reader()),
        })
    }
}

impl Source {
    fn new(source: dropoff::Source) -> Self {
        Self(Mutex::new(Some(source)))
    }

    pub(crate) fn take(&self) -> Result<dropoff::Source, Error> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.ok_or_else(|| Error::internal("a source was used twice"))
    }
}

/// The files of one call.
#[napi]
pub struct Files(Mutex<Vec<dropoff::File>>);

#[napi]
impl Files {
    /// No file yet.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// One more.
    #[napi]
    pub fn add(
        &self,
        source: &Source,
        name: Option<String>,
        content_type: Option<String>,
        encryption_iv: Option<String>,
    ) -> Either<(), Failed> {
        guarded(|| {
            let mut file = dropoff::File::new(source.take()?);
            if let Some(name) = name {
                file = file.name(name);
            }
            if let Some(media_type) = content_type {
                file = file.content_type(media_type);
            }
            if let Some(nonce) = encryption_iv {
                file = file.encryption_iv(nonce);
            }
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(file);
            Ok(())
        })
    }
}

impl Files {
    pub(crate) fn take(&self) -> Vec<dropoff::File> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// About four months: longer waits are slips, and clocks overflow on the longest ones.
const LONGEST: Duration = Duration::from_secs(10_000_000);

/// A number of milliseconds, if it is a length of time.
pub(crate) fn milliseconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number / 1000.0).ok().filter(|d| *d <= LONGEST)
}

/// A whole number that a JavaScript number holds exactly.
pub(crate) fn whole(number: f64) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_991.0; // Number.MAX_SAFE_INTEGER
    ((0.0..=EXACT).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// A per-call limit.
pub(crate) fn timeout(number: Option<f64>) -> Result<Option<Duration>, Error> {
    let read = |number| {
        milliseconds(number).ok_or_else(|| {
            Error::bad_argument("timeout must be more than 0 and at most 10 000 000 000, in milliseconds")
        })
    };
    number.map(read).transpose()
}

/// Lists of two, as names and values.
pub(crate) fn pairs(given: Vec<Vec<String>>) -> Result<Vec<(String, String)>, Error> {
    let pair = |item: Vec<String>| {
        <[String; 2]>::try_from(item)
            .map(|[name, value]| (name, value))
            .map_err(|_| Error::internal("a pair is not one"))
    };
    given.into_iter().map(pair).collect()
}
