//! Hands out the work of packing in its order, within the memory that it may take.

use std::sync::{Condvar, Mutex, PoisonError};

use super::read::Reader;
use super::tasks::Work;
use crate::profile::stall_guard::Watch;

/// Hands out work in its order, as long as there is room for it.
pub(super) struct Queue<'a> {
    work: &'a [Work<'a>],
    most: u64,
    state: Mutex<State>,
    changed: Condvar,
    watch: &'a Watch,
}

struct State {
    next: usize,
    used: u64,
    closed: bool,
}

impl<'a> Queue<'a> {
    pub(super) fn new(work: &'a [Work<'a>], most: u64, watch: &'a Watch) -> Self {
        let state = Mutex::new(State { next: 0, used: 0, closed: false });
        Self { work, most, state, changed: Condvar::new(), watch }
    }

    /// The next, and its place; waits for room. What needs more than there is goes alone.
    pub(super) fn next(&self, reader: &Reader<'_>) -> Option<(usize, &'a Work<'a>)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let work = self.work.get(state.next).filter(|_| !state.closed && !self.watch.is_stopped())?;
            let needs = work.needs(reader);
            if state.used == 0 || state.used + needs <= self.most {
                state.used += needs;
                state.next += 1;
                return Some((state.next - 1, work));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn give_back(&self, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.used = state.used.saturating_sub(bytes);
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}

pub(super) struct CloseOnPanic<'a>(pub(super) &'a Queue<'a>);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}
