//! The queue of tasks.

use std::sync::{Condvar, Mutex, PoisonError};

use super::read::EntryReader;
use super::tasks::PackTask;
use crate::profile::stall_guard::StallGuard;

/// Hands out tasks in their order, as long as there is memory for them.
pub(super) struct TaskQueue<'a> {
    tasks: &'a [PackTask<'a>],
    memory_limit: u64,
    state: Mutex<QueueState>,
    changed: Condvar,
    guard: &'a StallGuard,
}

struct QueueState {
    next: usize,
    /// Bytes that tasks hold.
    used: u64,
    closed: bool,
}

impl<'a> TaskQueue<'a> {
    pub(super) fn new(tasks: &'a [PackTask<'a>], memory_limit: u64, guard: &'a StallGuard) -> Self {
        let state = Mutex::new(QueueState { next: 0, used: 0, closed: false });
        Self { tasks, memory_limit, state, changed: Condvar::new(), guard }
    }

    /// The next task with its index; waits for memory. A task that needs more than the limit goes alone.
    pub(super) fn next(&self, reader: &EntryReader<'_>) -> Option<(usize, &'a PackTask<'a>)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let task = self.tasks.get(state.next).filter(|_| !state.closed && !self.guard.is_stopped())?;
            let needed = task.memory(reader);
            if state.used == 0 || state.used + needed <= self.memory_limit {
                state.used += needed;
                state.next += 1;
                return Some((state.next - 1, task));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives memory back that a task held.
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

/// Closes the queue if its thread panics, since the memory that it holds never comes back.
pub(super) struct CloseOnPanic<'a>(pub(super) &'a TaskQueue<'a>);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}
