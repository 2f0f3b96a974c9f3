//! A JavaScript stream as something the core reads. JavaScript pushes chunks into a bounded queue
//! (`lib/pump.js`) and is told when there is room; the core reads on a thread of its own.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes};
use napi::bindgen_prelude::{BufferSlice, Object};
use napi::{Either, Env, JsDeferred};
use napi_derive::napi;

/// Enough to keep the reader busy while JavaScript fetches more.
const QUEUE_BYTES: usize = 512 * 1024;

type Answer = Box<dyn FnOnce(Env) -> napi::Result<bool> + Send>;
type Waiting = JsDeferred<bool, Answer>;

/// The end that JavaScript pushes into.
#[napi]
pub struct Stream(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<StreamState>,
    arrived: Condvar,
}

#[derive(Default)]
struct StreamState {
    chunks: VecDeque<Bytes>,
    queued: usize,
    /// The core has asked for the first byte. Until then nothing is fetched: a call may have a thousand
    /// streams that wait their turn.
    wanted: bool,
    /// No more chunks come, or the words of what went wrong.
    end: Option<Result<(), String>>,
    /// Nobody reads any more.
    gone: bool,
    /// JavaScript, if it waits for room.
    waiting: Option<Waiting>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, StreamState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, end: Result<(), String>) {
        self.lock().end.get_or_insert(end);
        self.arrived.notify_all();
    }
}

impl StreamState {
    /// Whether a chunk may come, if that can be said yet.
    fn answer(&self) -> Option<bool> {
        match self.gone {
            true => Some(false),
            false => (self.wanted && self.queued < QUEUE_BYTES).then_some(true),
        }
    }

    fn answer_waiting(&mut self) {
        if let Some(answer) = self.answer()
            && let Some(waiting) = self.waiting.take()
        {
            waiting.resolve(Box::new(move |_| Ok(answer)));
        }
    }
}

#[napi]
impl Stream {
    /// Empty.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Whether a chunk may be pushed: true when there is room, false when nobody reads any more. A
    /// promise of that if it takes a while.
    #[napi(ts_return_type = "boolean | Promise<boolean>", catch_unwind)]
    pub fn ready<'env>(&self, env: &'env Env) -> napi::Result<Either<bool, Object<'env>>> {
        let mut state = self.0.lock();
        if let Some(answer) = state.answer() {
            return Ok(Either::A(answer));
        }
        let (waiting, promise) = env.create_deferred::<bool, Answer>()?;
        state.waiting = Some(waiting);
        Ok(Either::B(promise))
    }

    /// Adds a copy of a chunk.
    #[napi(catch_unwind)]
    pub fn push(&self, chunk: BufferSlice<'_>) {
        let chunk = Bytes::copy_from_slice(&chunk);
        let mut state = self.0.lock();
        state.queued += chunk.len();
        state.chunks.push_back(chunk);
        drop(state);
        self.0.arrived.notify_all();
    }

    /// There is no more.
    #[napi(catch_unwind)]
    pub fn end(&self) {
        self.0.finish(Ok(()));
    }

    /// There will be no more, for this reason.
    #[napi(catch_unwind)]
    pub fn fail(&self, why: String) {
        self.0.finish(Err(why));
    }
}

impl Stream {
    /// The other end. There is one: a source takes it.
    pub(crate) fn reader(&self) -> Reader {
        Reader(Arc::clone(&self.0))
    }
}

impl Drop for Stream {
    /// JavaScript forgot it, as it does when its promises can no longer be kept.
    fn drop(&mut self) {
        self.0.finish(Err("it was given up before its end".to_owned()));
    }
}

/// The end that the core reads.
pub(crate) struct Reader(Arc<Queue>);

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        state.wanted = true;
        state.answer_waiting();
        loop {
            if let Some(chunk) = state.chunks.front_mut() {
                let count = chunk.len().min(into.len());
                chunk.copy_to_slice(&mut into[..count]);
                let empty = chunk.is_empty();
                if empty {
                    state.chunks.pop_front();
                }
                state.queued -= count;
                state.answer_waiting();
                if count > 0 {
                    return Ok(count);
                }
                continue;
            }
            match &state.end {
                Some(Ok(())) => return Ok(0),
                Some(Err(why)) => return Err(io::Error::other(why.clone())),
                None => state = self.0.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Seek for Reader {
    /// Where it stands is the beginning, and nothing has to go back: the next call opens it anew.
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.gone = true;
        state.chunks.clear();
        state.answer_waiting();
    }
}
