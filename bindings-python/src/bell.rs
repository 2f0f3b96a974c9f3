//! The bell of an event loop: how a job that ends on the core's threads wakes a loop in Python.
//!
//! A byte through a socket pair, because the core's threads must not enter the interpreter (see
//! `reader`), and `loop.call_soon_threadsafe` is Python code. The loop watches the other end.

use std::any::Any;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use dropoff::Error;
use pyo3::prelude::*;

use crate::errors::guarded;

/// Both ends live as long as anybody may ring: a write to a closed pair would raise `SIGPIPE`, which
/// programs may have set back to its deadly default.
struct Wire {
    heard: UnixStream,
    rung: UnixStream,
    /// Who rang since the loop last listened. A byte is on its way exactly while this is not empty.
    tokens: Mutex<Vec<u64>>,
}

impl Wire {
    fn ring(&self, token: u64) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.push(token);
        if tokens.len() == 1 {
            // The pair is empty, so there is room.
            let _ = (&self.rung).write(&[1]);
        }
    }

    fn take(&self) -> Vec<u64> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = (&self.heard).read(&mut [0; 8]);
        std::mem::take(&mut tokens)
    }
}

/// Rings with a token of its own. It may be woken on any thread and only writes a byte.
struct Ringer {
    wire: Arc<Wire>,
    token: u64,
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.wire.ring(self.token);
    }
}

/// The bell of one event loop.
#[pyclass(frozen, name = "_Bell")]
pub(crate) struct Bell(Arc<Wire>);

#[pymethods]
impl Bell {
    #[new]
    fn new() -> PyResult<Self> {
        guarded(|| {
            let pair = UnixStream::pair().and_then(|(heard, rung)| {
                heard.set_nonblocking(true)?;
                rung.set_nonblocking(true)?;
                Ok((heard, rung))
            });
            match pair {
                Ok((heard, rung)) => Ok(Self(Arc::new(Wire { heard, rung, tokens: Mutex::default() }))),
                Err(e) => Err(Error::no_descriptor("waiting for the call", &e).into()),
            }
        })
    }

    /// What the loop watches; readable when somebody rang.
    fn fileno(&self) -> i32 {
        self.0.heard.as_raw_fd()
    }

    /// The tokens of those who rang since the last time.
    fn take(&self) -> Vec<u64> {
        self.0.take()
    }
}

impl Bell {
    pub(crate) fn waker(&self, token: u64) -> Waker {
        Waker::from(Arc::new(Ringer { wire: Arc::clone(&self.0), token }))
    }
}

/// Keeps a job's wish to ring; dropping it takes the wish back.
#[pyclass(frozen)]
pub(crate) struct Wish(#[expect(dead_code, reason = "held, never looked at")] Box<dyn Any + Send + Sync>);

impl Wish {
    pub(crate) fn new(held: Box<dyn Any + Send + Sync>) -> Self {
        Self(held)
    }
}
