//! What happens when an environment ends while calls run: a worker that is terminated, or the main
//! program after its last line. Calls are cancelled, since nobody is left to hear of them. Nothing of the
//! environment is waited for: no memory of JavaScript's is ever lent to a call.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::time::Duration;

use napi::Env;

use crate::job::AnyJob;
use crate::logs::LogListeners;

thread_local! {
    // Node has one environment per thread.
    static CURRENT: RefCell<Option<Rc<Teardown>>> = const { RefCell::new(None) };
}

/// The calls of one environment, and the logs it listens to.
#[derive(Default)]
pub(crate) struct Teardown {
    running: RefCell<Vec<Weak<AnyJob>>>,
    pub(crate) log_listeners: LogListeners,
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
    pub(crate) fn remember(&self, job: &Arc<AnyJob>) {
        let mut running = self.running.borrow_mut();
        running.retain(|job| job.upgrade().is_some_and(|job| job.wait_timeout(Duration::ZERO).is_none()));
        running.push(Arc::downgrade(job));
    }

    fn stop(&self) {
        for job in self.running.take() {
            if let Some(job) = job.upgrade() {
                job.cancel();
            }
        }
    }
}
