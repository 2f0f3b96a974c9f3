//! Threads whose start may be refused: by a limit of processes, a container's, or a sandbox's. None of these
//! is a reason to panic or to wait for ever, so everything here goes on with what there is.

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

pub(crate) type Work = Box<dyn FnOnce() + Send>;

const THREAD_NAME: &str = "dropoff";

/// A thread that runs, and waits for what it is to do. Dropping it ends it.
pub(crate) struct IdleThread {
    order: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl IdleThread {
    fn start() -> io::Result<Self> {
        let (order, orders) = mpsc::channel::<Work>();
        let obey = move || {
            if let Ok(work) = orders.recv() {
                work();
            }
        };
        let thread = Builder::new().name(THREAD_NAME.to_owned()).spawn(obey)?;
        Ok(Self { order: Some(order), thread: Some(thread) })
    }

    /// As many as can be had at once, up to `most`, and why there are no more.
    pub(crate) fn up_to(most: usize) -> (Vec<Self>, Option<io::Error>) {
        let mut ready = Vec::with_capacity(most);
        while ready.len() < most {
            match Self::start() {
                Ok(thread) => ready.push(thread),
                Err(e) => return (ready, Some(e)),
            }
        }
        (ready, None)
    }

    pub(crate) fn run(mut self, work: impl FnOnce() + Send + 'static) {
        // It waits for nothing else, so it is there.
        let _ = self.order.take().map(|order| order.send(Box::new(work)));
        self.thread = None;
    }
}

impl Drop for IdleThread {
    fn drop(&mut self) {
        self.order = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// For work that may wait for a disk or a name server, on threads that exist only while they are needed.
pub(crate) struct ThreadPool {
    most: usize,
    /// As many stay when there is nothing to do: whoever had room for few may not get one again.
    kept: usize,
    state: Mutex<PoolState>,
    filled: Condvar,
}

#[derive(Default)]
struct PoolState {
    waiting: VecDeque<Work>,
    /// See [`ThreadPool::lend`].
    lent: VecDeque<Work>,
    threads: usize,
    /// Those of them that wait for work.
    idle: usize,
}

/// How long a thread waits for work before it ends.
const IDLE_THREAD_TIMEOUT: Duration = Duration::from_secs(10);

impl ThreadPool {
    pub(crate) fn new(most: usize, kept: usize) -> Arc<Self> {
        Arc::new(Self { most, kept, state: Mutex::default(), filled: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` on an idle thread, on a new one, or if none can be started on the first that has done what
    /// it is at. Where there is none at all it is done here: late is better than never.
    pub(crate) fn run(self: &Arc<Self>, work: Work) {
        let mut state = self.lock();
        state.waiting.push_back(work);
        if state.waiting.len() + state.lent.len() <= state.idle {
            drop(state);
            self.filled.notify_one();
        } else if state.threads < self.most {
            state.threads += 1;
            drop(state);
            let pool = Arc::clone(self);
            if Builder::new().name(THREAD_NAME.to_owned()).spawn(move || pool.serve()).is_err() {
                self.one_less();
            }
        }
    }

    /// Gives an idle thread, if there is one, to work that may take as long as it likes; the pool does
    /// without it till then.
    pub(crate) fn lend(&self, work: Work) -> Result<(), Work> {
        let mut state = self.lock();
        if state.waiting.len() + state.lent.len() >= state.idle {
            return Err(work);
        }
        state.lent.push_back(work);
        state.threads -= 1;
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    fn one_less(&self) {
        let mut state = self.lock();
        state.threads -= 1;
        if state.threads > 0 {
            return;
        }
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(run_caught);
    }

    /// Makes a thread one of the pool's.
    pub(crate) fn add(self: &Arc<Self>, thread: IdleThread) {
        let pool = Arc::clone(self);
        thread.run(move || pool.join());
    }

    /// Makes this thread one of the pool's.
    pub(crate) fn join(&self) {
        self.lock().threads += 1;
        self.serve();
    }

    fn serve(&self) {
        let mut state = self.lock();
        loop {
            if let Some(work) = state.lent.pop_front() {
                drop(state);
                run_caught(work);
                state = self.lock();
                state.threads += 1;
                continue;
            }
            if let Some(work) = state.waiting.pop_front() {
                drop(state);
                run_caught(work);
                state = self.lock();
                continue;
            }
            state.idle += 1;
            let (woken, waited) =
                self.filled.wait_timeout(state, IDLE_THREAD_TIMEOUT).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            let nothing = state.waiting.is_empty() && state.lent.is_empty();
            if waited.timed_out() && nothing && state.threads > self.kept {
                state.threads -= 1;
                return;
            }
        }
    }
}

/// A panic was told on stderr, and who waits for a result sees that none comes.
fn run_caught(work: Work) {
    let _ = catch_unwind(AssertUnwindSafe(work));
}

/// The text of a panic.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_side_by_side_and_by_a_thread_that_is_there() {
        let pool = ThreadPool::new(2, 0);
        let (told, heard) = mpsc::channel();
        let (first, second) = (mpsc::channel::<()>(), mpsc::channel::<()>());
        for (number, waits) in [(1, first.1), (2, second.1)] {
            let told = told.clone();
            pool.run(Box::new(move || {
                told.send((number, "began")).expect("heard");
                let _ = waits.recv();
            }));
        }
        let mut began = [heard.recv().expect("told"), heard.recv().expect("told")];
        began.sort_unstable();
        assert_eq!(began, [(1, "began"), (2, "began")], "two at once");
        pool.run(Box::new(move || told.send((3, "began")).expect("heard")));
        assert_eq!(pool.lock().threads, 2, "no third");
        drop(first.0);
        assert_eq!(heard.recv().expect("told"), (3, "began"));
        drop(second.0);
    }

    #[test]
    fn a_thread_that_is_lent_is_no_longer_counted_on() {
        let pool = ThreadPool::new(4, 1);
        assert!(pool.lend(Box::new(|| {})).is_err(), "there is none");
        let (told, heard) = mpsc::channel();
        let tell = told.clone();
        pool.run(Box::new(move || tell.send("first").expect("heard")));
        assert_eq!(heard.recv(), Ok("first"));
        while pool.lock().idle == 0 {
            std::thread::yield_now();
        }
        let (back, gone) = mpsc::channel::<()>();
        let lent = pool.lend(Box::new(move || {
            let _ = gone.recv();
        }));
        assert!(lent.is_ok() && pool.lock().threads == 0);
        pool.run(Box::new(move || told.send("second").expect("heard")));
        assert_eq!(heard.recv(), Ok("second"), "by another one");
        drop(back);
        while pool.lock().threads < 2 {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_panic_ends_no_thread_of_the_pool() {
        let pool = ThreadPool::new(1, 0);
        pool.run(Box::new(|| panic!("on order")));
        let (told, heard) = mpsc::channel();
        pool.run(Box::new(move || told.send(()).expect("heard")));
        heard.recv().expect("the next one is done");
    }
}
