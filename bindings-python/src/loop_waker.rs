//! How a job that ends on the core's threads wakes a loop in Python.
//!
//! A byte through a socket pair, because the core's threads must not enter the interpreter (see
//! `reader`), and `loop.call_soon_threadsafe` is Python code. The loop watches the other end. Where no socket
//! is to be had the loop looks by the clock: a call that runs is not given up because nobody could be woken.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use dropoff::WakePair;
use pyo3::prelude::*;

struct WakePipe {
    /// Nothing where the system refused one, as to a program that has no descriptor left.
    pair: Option<WakePair>,
    /// Who woke the loop since it last looked. A byte is on its way exactly while this is not empty.
    tokens: Mutex<Vec<u64>>,
}

impl WakePipe {
    fn notify(&self, token: u64) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.push(token);
        if tokens.len() == 1 {
            // The pair is empty, so there is room.
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(pair) = &self.pair {
            pair.wake();
        }
    }

    fn take(&self) -> Vec<u64> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = &self.pair {
            pair.clear();
        }
        std::mem::take(&mut tokens)
    }
}

/// Wakes the loop with a token of its own. It may be woken on any thread and only writes a byte.
struct TokenWaker {
    pipe: Arc<WakePipe>,
    token: u64,
}

impl Wake for TokenWaker {
    fn wake(self: Arc<Self>) {
        self.pipe.notify(self.token);
    }
}

/// Wakes one event loop.
#[pyclass(frozen, name = "_LoopWaker")]
pub(crate) struct LoopWaker(Arc<WakePipe>);

#[pymethods]
impl LoopWaker {
    #[new]
    fn new() -> Self {
        Self(Arc::new(WakePipe { pair: WakePair::never_waiting().ok(), tokens: Mutex::default() }))
    }

    /// What the loop watches, readable when somebody woke it; None where it has to look by itself.
    fn fileno(&self) -> Option<i32> {
        self.0.pair.as_ref().map(WakePair::descriptor)
    }

    /// Makes it readable, for nobody's sake.
    fn wake(&self) {
        self.0.wake();
    }

    /// The tokens of those who woke it since the last time.
    fn take(&self) -> Vec<u64> {
        self.0.take()
    }
}

impl LoopWaker {
    pub(crate) fn waker(&self, token: u64) -> Waker {
        Waker::from(Arc::new(TokenWaker { pipe: Arc::clone(&self.0), token }))
    }
}

/// Keeps a job's request to wake a loop; dropping it takes the request back.
#[pyclass(frozen)]
pub(crate) struct WakeRequest(
    #[expect(dead_code, reason = "held, never looked at")] Box<dyn Any + Send + Sync>,
);

impl WakeRequest {
    pub(crate) fn new(held: Box<dyn Any + Send + Sync>) -> Self {
        Self(held)
    }
}
