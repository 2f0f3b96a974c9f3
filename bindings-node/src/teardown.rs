//! What happens when an environment ends while calls run: a worker that is terminated, or the main
//! program after its last line. Calls are cancelled, since nobody is left to hear of them, and memory of
//! the environment is waited for, since it is gone right after.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};

use napi::Env;

use crate::job::Work;

thread_local! {
    // Node has one environment per thread.
    static CURRENT: RefCell<Option<Rc<Teardown>>> = const { RefCell::new(None) };
}

/// The calls of one environment.
#[derive(Default)]
pub(crate) struct Teardown {
    running: RefCell<Vec<Weak<dyn Work>>>,
    lent: Arc<Lent>,
}

/// That of the environment that is running.
pub(crate) fn of(env: &Env) -> napi::Result<Rc<Teardown>> {
    if let Some(teardown) = CURRENT.with_borrow(Clone::clone) {
        return Ok(teardown);
    }
    let teardown = Rc::<Teardown>::default();
    env.add_env_cleanup_hook(Rc::clone(&teardown), |teardown| {
        CURRENT.take();
        teardown.stop();
    })?;
    CURRENT.set(Some(Rc::clone(&teardown)));
    Ok(teardown)
}

impl Teardown {
    pub(crate) fn remember(&self, work: &Arc<dyn Work>) {
        let mut running = self.running.borrow_mut();
        running.retain(|work| work.upgrade().is_some_and(|work| !work.is_over()));
        running.push(Arc::downgrade(work));
    }

    pub(crate) fn lent(&self) -> Arc<Lent> {
        Arc::clone(&self.lent)
    }

    fn stop(&self) {
        for work in self.running.take() {
            if let Some(work) = work.upgrade() {
                work.cancel();
            }
        }
        self.lent.wait();
    }
}

/// How many pieces of the environment's memory are in use elsewhere.
#[derive(Default)]
pub(crate) struct Lent {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Lent {
    pub(crate) fn more(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    pub(crate) fn less(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.changed.notify_all();
    }

    /// Without a limit: going on would let a thread read freed memory. A cancelled job gives back at once.
    fn wait(&self) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let none = self.changed.wait_while(count, |count| *count > 0);
        drop(none.unwrap_or_else(PoisonError::into_inner));
    }
}
