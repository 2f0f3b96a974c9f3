//! One runtime per process generation.
//!
//! A `fork` copies memory but not threads: the child inherits a runtime whose workers do not exist,
//! and both using and dropping it hang. So everything that owns threads or sockets belongs to a
//! *generation*, which is over when the process id changes. The child makes a new one and leaks the
//! old one on purpose.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{oneshot, watch};

use crate::error::{Error, Result};
use crate::sys;
use crate::threads::{IdleThread, ThreadPool, Work, panic_text};

const MAX_WORKERS: usize = 4;
/// Those of an epoll instance, twice, its waker and, if any crate of the program asked for tokio's signals, a
/// socket pair and one more of its ends: refused the pair, tokio panics.
const DESCRIPTORS: usize = 6;
/// Cold file reads, packing and name lookup run here, on threads that exist only while they are needed.
/// A dead network mount keeps each thread that waits for it, so there are many more than a disk needs:
/// with 32, that many stuck reads stopped every name lookup as well. Most of what they do holds a descriptor.
fn max_blocking() -> usize {
    (sys::max_descriptors() / 4).clamp(4, 256)
}

/// Never dropped: a child would wait for workers that it does not have.
struct Generation {
    pid: u32,
    handle: Handle,
    pool: Arc<ThreadPool>,
    /// Kept for its workers; with room for few threads one of ours drives it, and has it.
    _workers: Option<Runtime>,
}

// Lock-free on purpose: a mutex held by another thread at the moment of a fork stays locked for
// ever in the child.
static CURRENT: ArcSwapOption<Generation> = ArcSwapOption::const_empty();
/// The process in which a generation is being made; 0 for none. Two at once would take each other's room.
static MAKING: AtomicU32 = AtomicU32::new(0);

/// The runtime of this process, made on first use.
pub(crate) fn handle() -> Result<Handle> {
    Ok(current()?.handle.clone())
}

/// Whether a call has to make this process's runtime first.
pub fn is_due() -> bool {
    found(std::process::id()).is_none()
}

/// Makes this process's runtime, which takes a moment; a call made afterwards is started at once.
pub fn prepare() -> Result<()> {
    current().map(drop)
}

fn found(pid: u32) -> Option<Arc<Generation>> {
    CURRENT.load().as_ref().filter(|g| g.pid == pid).cloned()
}

fn current() -> Result<Arc<Generation>> {
    let pid = std::process::id();
    loop {
        if let Some(generation) = found(pid) {
            return Ok(generation);
        }
        let Some(_making) = MakingGuard::begun(pid) else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        if found(pid).is_none() {
            let made = Arc::new(make(pid)?);
            std::mem::forget(CURRENT.swap(Some(made)));
        }
    }
}

struct MakingGuard(u32);

impl MakingGuard {
    /// `None` while another thread of this process makes one. Work that a parent had begun at a fork goes on
    /// nowhere.
    fn begun(pid: u32) -> Option<Self> {
        let maker = MAKING.load(Ordering::Acquire);
        let free =
            maker != pid && MAKING.compare_exchange(maker, pid, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        free.then_some(Self(pid))
    }
}

impl Drop for MakingGuard {
    fn drop(&mut self) {
        let _ = MAKING.compare_exchange(self.0, 0, Ordering::AcqRel, Ordering::Relaxed);
    }
}

/// Threads are tried before tokio gets to start any: refused one, it panics, and waits for ever for those it
/// has started.
fn make(pid: u32) -> Result<Generation> {
    if let Some(refused) = sys::descriptors_refused_now(DESCRIPTORS) {
        return Err(Error::no_descriptor("setting up input and output", &refused));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = cores.min(MAX_WORKERS);
    // One is for the pool, and one more for a stream.
    let (mut ready, refused) = IdleThread::up_to(workers + 2);
    let Some(first) = ready.pop() else {
        return Err(refused.map_or_else(|| Error::internal("no thread was tried"), |e| Error::no_thread(&e)));
    };
    // With room for few, one drives everything, and one waits for disks for as long as the process lives.
    let few = refused.is_some();
    let pool = ThreadPool::new(max_blocking(), usize::from(few));
    if few && let Some(second) = ready.pop() {
        pool.add(second);
    }
    drop(ready);
    let (made, arriving) = mpsc::channel();
    let pool_of_driver = Arc::clone(&pool);
    first.run(move || match few {
        true => drive(&made),
        false => match with_workers(workers) {
            // Somebody else took the room in between.
            None => drive(&made),
            Some(built) => {
                let _ = made.send(built.map(|runtime| (runtime.handle().clone(), Some(runtime))));
                pool_of_driver.join();
            }
        },
    });
    let built = arriving.recv().map_err(|_| Error::internal("the runtime's thread ended"))?;
    let (handle, workers) = built.map_err(|e| Error::no_descriptor("setting up input and output", &e))?;
    Ok(Generation { pid, handle, pool, _workers: workers })
}

type Built = std::io::Result<(Handle, Option<Runtime>)>;

/// `None` if a thread was refused.
fn with_workers(count: usize) -> Option<std::io::Result<Runtime>> {
    let build = || {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(count).thread_name("dropoff").enable_io().enable_time().build()
    };
    // tokio panics when it is refused a thread, and what unwinds then waits for the workers that run already,
    // which nobody tells to end; but not where it sees that it may not wait, as in a task.
    let here = match Builder::new_current_thread().build() {
        Ok(here) => here,
        Err(e) => return Some(Err(e)),
    };
    catch_unwind(AssertUnwindSafe(|| here.block_on(async { build() }))).ok()
}

/// Runs everything on this thread, for ever.
fn drive(made: &mpsc::Sender<Built>) {
    match Builder::new_current_thread().enable_io().enable_time().build() {
        Ok(runtime) => {
            let _ = made.send(Ok((runtime.handle().clone(), None)));
            runtime.block_on(std::future::pending::<()>());
        }
        Err(e) => {
            let _ = made.send(Err(e));
        }
    }
}

/// Does `work`, which may wait for a disk or a name server, on a thread that may. It goes on if nobody waits
/// for it any more.
pub(crate) fn spawn_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> oneshot::Receiver<T> {
    let (done, arriving) = oneshot::channel();
    let work: Work = Box::new(move || {
        let _ = done.send(work());
    });
    // Who asks nearly always runs on it, and then it need not be asked whose process this is: that is a
    // system call.
    let here = Handle::try_current().ok();
    let ours = here.and_then(|here| CURRENT.load_full().filter(|g| g.handle.id() == here.id()));
    let generation = ours.or_else(|| current().ok());
    match generation {
        Some(generation) => generation.pool.run(work),
        None => work(),
    }
    arriving
}

/// Does `work`, which is somebody else's code and may take as long as it likes, on a thread of its own.
pub(crate) fn spawn_foreign(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let Err(work) = current()?.pool.lend(Box::new(work)) else { return Ok(()) };
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map(drop).map_err(|e| Error::no_thread(&e))
}

/// The same as [`spawn_blocking`], awaited.
pub(crate) async fn blocking<T: Send + 'static>(
    doing: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = spawn_blocking(move || catch_unwind(AssertUnwindSafe(work))).await;
    let panicked = || Error::internal(&format!("{doing} panicked"));
    done.map_err(|_| panicked())?.unwrap_or_else(|payload| Err(panicked().cause(&panic_text(&*payload))))
}

/// Counts work that was begun by somebody who may be gone before it is done.
#[derive(Clone, Default)]
pub(crate) struct PendingWork(Arc<watch::Sender<usize>>);

impl PendingWork {
    /// It is pending until what is given back is dropped.
    pub(crate) fn begin(&self) -> PendingGuard {
        self.0.send_modify(|pending| *pending += 1);
        PendingGuard(self.clone())
    }

    /// Waits until nothing is pending.
    pub(crate) async fn ended(&self) {
        // Fails if all senders are gone, and one is held here.
        let _ = self.0.subscribe().wait_for(|pending| *pending == 0).await;
    }
}

pub(crate) struct PendingGuard(PendingWork);

impl Drop for PendingGuard {
    fn drop(&mut self) {
        self.0.0.send_modify(|pending| *pending -= 1);
    }
}

/// A value that belongs to a generation, such as a connection pool. A child of a fork makes its own.
pub(crate) struct PerGeneration<T> {
    held: ArcSwapOption<(u32, Arc<T>)>,
}

impl<T> PerGeneration<T> {
    pub(crate) const fn new() -> Self {
        Self { held: ArcSwapOption::const_empty() }
    }

    /// The value of this process, made by `make` if there is none yet. Of several made at once the first that
    /// is there is everybody's: what is counted in it must be counted in one.
    pub(crate) fn get(&self, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let pid = std::process::id();
        let of_this_process = |held: &Option<Arc<(u32, Arc<T>)>>| {
            held.as_ref().filter(|held| held.0 == pid).map(|held| Arc::clone(&held.1))
        };
        let current = self.held.load_full();
        if let Some(held) = of_this_process(&current) {
            return Ok(held);
        }
        let made = Arc::new(make()?);
        let ours = Some(Arc::new((pid, Arc::clone(&made))));
        let before = Guard::into_inner(self.held.compare_and_swap(&current, ours));
        let first = of_this_process(&before);
        if first.is_none() {
            // Closing an inherited socket is harmless, but waking a runtime that does not exist is not.
            std::mem::forget(before);
        }
        std::mem::forget(current);
        Ok(first.unwrap_or(made))
    }
}

impl<T> Drop for PerGeneration<T> {
    fn drop(&mut self) {
        if let Some(held) = self.held.swap(None)
            && held.0 != std::process::id()
        {
            std::mem::forget(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn what_several_make_at_once_is_one() {
        const SEVERAL: usize = 4;
        let held = PerGeneration::new();
        let all_make = Barrier::new(SEVERAL);
        let make = || {
            all_make.wait();
            Ok(String::new())
        };
        let made: Vec<Arc<String>> = std::thread::scope(|scope| {
            let each: Vec<_> = (0..SEVERAL).map(|_| scope.spawn(|| held.get(make).expect("made"))).collect();
            each.into_iter().map(|one| one.join().expect("no panic")).collect()
        });
        assert!(made.iter().all(|one| Arc::ptr_eq(one, &made[0])));
        let again = held.get(|| Err(Error::internal("made again"))).expect("it is there");
        assert!(Arc::ptr_eq(&again, &made[0]));
        drop((again, held));
        assert_eq!(Arc::strong_count(&made[0]), SEVERAL, "nothing else holds it");
    }

    #[test]
    fn what_another_process_left_is_made_anew_and_never_dropped() {
        struct Inherited;
        impl Drop for Inherited {
            fn drop(&mut self) {
                panic!("dropped what belongs to another process");
            }
        }
        let other = std::process::id().wrapping_add(1);
        let held = PerGeneration { held: ArcSwapOption::from_pointee((other, Arc::new(Some(Inherited)))) };
        assert!(held.get(|| Ok(None)).expect("made").is_none());
        assert!(held.get(|| Err(Error::internal("made again"))).expect("it is there").is_none());
        drop(held);
    }
}
