//! A running job's record of its work: how far it is, and what to do and to say if the call fails.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::record::{CallRecord, RawUpload};
use crate::error::{Cleanup, Error, Outcome, Resource, ResourceKind};
use crate::progress::Counters;
use crate::runtime::PendingWork;
use crate::source::{Source, Stream};

/// A running job's own facts: its counters, and the facts an error should carry if it
/// ends from outside.
#[derive(Clone)]
pub(crate) struct JobContext {
    pub(crate) progress: Arc<Counters>,
    /// When the call's own time limit passes.
    pub(crate) deadline: Option<tokio::time::Instant>,
    record: Arc<Mutex<CallRecord>>,
    at_end: Arc<Mutex<AtEnd>>,
    streams: Arc<Mutex<Vec<Stream>>>,
}

/// The work that is left when the call ends before it is done.
#[derive(Default)]
struct AtEnd {
    cleanup: Option<CleanupTask>,
    /// What to do instead of the same call, if nothing more can be done with the caller's ticket after that.
    ends_ticket: Option<&'static str>,
    /// Is cancelled once the work that nothing interrupts has ended.
    uninterrupted: Option<CancellationToken>,
    /// Records on their way to the journal.
    journal_writes: PendingWork,
}

/// Removes what a call that did not complete leaves behind, and tells whether that worked.
type CleanupTask = Pin<Box<dyn Future<Output = Cleanup> + Send>>;

/// How long cleaning up may take, all tries together. A caller who cancelled waits for it.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(5);

impl JobContext {
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        let deadline = timeout.and_then(|limit| tokio::time::Instant::now().checked_add(limit));
        Self {
            progress: Arc::new(Counters::new()),
            deadline,
            record: Arc::default(),
            at_end: Arc::default(),
            streams: Arc::default(),
        }
    }

    pub(super) fn record(&self) -> MutexGuard<'_, CallRecord> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The service keeps this for the call; an error names it.
    pub(crate) fn set_resource(&self, kind: &'static ResourceKind, id: &str) {
        self.record().resource = Some(Resource::new(kind, id));
    }

    /// From here on, being stopped from outside leaves this outcome behind; `None`: what a last byte that was
    /// sent, or not, leaves.
    pub(crate) fn outcome_if_stopped(&self, outcome: impl Into<Option<Outcome>>) {
        self.record().outcome = outcome.into();
    }

    /// An earlier call, which this one goes on with, may have done all of it. From here on until that is
    /// settled, no end of this one says that it is not done.
    pub(crate) fn left_open_by_earlier_call(&self) {
        let mut record = self.record();
        (record.left_open, record.outcome) = (true, Some(Outcome::Unknown));
    }

    /// What the earlier call left is known now, or in the errors of this one.
    pub(crate) fn earlier_call_is_settled(&self) {
        self.record().left_open = false;
    }

    /// For a raw upload: whatever was sent so far, storage says that it is no object.
    pub(crate) fn nothing_is_stored(&self) {
        self.record().outcome = None;
        self.progress.body_is_not_taken();
    }

    /// For a raw upload: once a last byte is sent, being stopped leaves it open whether storage has them.
    pub(crate) fn set_raw_upload(&self, raw: RawUpload) {
        self.record().raw = Some(raw);
    }

    /// For a raw upload that is not to be made again once a request of it may have been handled.
    pub(crate) fn set_not_again(&self, why: &'static str) {
        self.record().not_again = Some(why);
    }

    /// Storage said that it has an object. Being stopped does not change that.
    pub(crate) fn record_stored(&self, etag: Option<&str>) {
        let mut record = self.record();
        if record.raw == Some(RawUpload::Object) {
            record.outcome = Some(Outcome::Completed);
            record.etag = etag.map(str::to_owned);
        }
    }

    /// The journal from which the same call goes on. If this one fails, it ends once what it began to write
    /// is there: the program may end with it, and what storage has must be known.
    pub(crate) fn set_journal(&self, journal: PathBuf, writes: PendingWork) {
        self.record().journal = Some(journal);
        self.at_end().journal_writes = writes;
    }

    /// The journal is gone, or leads nowhere.
    pub(crate) fn unset_journal(&self) {
        self.record().journal = None;
    }

    /// The work to do if the call ends without having completed, by failure, cancel or deadline, once nothing
    /// of it runs any more. `None`: nothing is left behind, or something is kept on purpose.
    pub(crate) fn cleanup_on_failure(&self, task: Option<CleanupTask>) {
        let mut at_end = self.at_end();
        (at_end.cleanup, at_end.ends_ticket) = (task, None);
    }

    /// The same for what takes away what the caller's ticket is for, so that the same call cannot succeed.
    /// `note` says so, and what to do instead.
    pub(crate) fn cleanup_that_ends_ticket(&self, task: CleanupTask, note: &'static str) {
        let mut at_end = self.at_end();
        (at_end.cleanup, at_end.ends_ticket) = (Some(task), Some(note));
    }

    /// The same job for its clean-up, which would otherwise be held by what it holds.
    pub(crate) fn without_cleanup(&self) -> Self {
        Self { at_end: Arc::default(), ..self.clone() }
    }

    /// Removes what is left behind by a call that failed.
    pub(super) async fn clean_up(&self, error: Error) -> Error {
        let (task, ends_ticket) = {
            let mut at_end = self.at_end();
            (at_end.cleanup.take(), at_end.ends_ticket)
        };
        let Some(task) = task.filter(|_| error.outcome() == Outcome::NotCompleted) else { return error };
        let cleanup = tokio::time::timeout(CLEANUP_TIMEOUT, task).await.unwrap_or(Cleanup::Failed);
        let error = error.cleanup_is(cleanup);
        match ends_ticket {
            Some(note) => error.retryable_is(false).with_note(note),
            None => error,
        }
    }

    /// Does what a cancel or a deadline does not stop half-way: a call that is stopped meanwhile ends after
    /// it, so that what its caller does next finds it done.
    pub(crate) async fn uninterrupted(&self, work: impl Future<Output = ()> + Send + 'static) {
        let ended = CancellationToken::new();
        self.at_end().uninterrupted = Some(ended.clone());
        // Dropped by a panic too, which has nobody to tell: the call is over by then.
        let guard = ended.clone().drop_guard();
        tokio::spawn(async move {
            let _guard = guard;
            work.await;
        });
        ended.cancelled().await;
    }

    /// Waits for such work, as long as for cleaning up and no longer: it may hang with its file system.
    pub(super) async fn uninterrupted_ended(&self) {
        let work = self.at_end().uninterrupted.take();
        if let Some(work) = work {
            let _ = tokio::time::timeout(CLEANUP_TIMEOUT, work.cancelled()).await;
        }
    }

    /// Waits for records that were on their way when the call failed, as long as for cleaning up.
    pub(super) async fn journal_written(&self) {
        let writes = self.at_end().journal_writes.clone();
        let _ = tokio::time::timeout(CLEANUP_TIMEOUT, writes.ended()).await;
    }

    fn at_end(&self) -> MutexGuard<'_, AtEnd> {
        self.at_end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A source that the call begins to read. If the call fails, it is set back to where it stood.
    pub(crate) fn reset_on_failure(&self, source: &Source) {
        let stream = source.as_stream().cloned();
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).extend(stream);
    }

    pub(super) fn take_streams(&self) -> Vec<Stream> {
        std::mem::take(&mut self.streams.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::super::runner::start;
    use super::JobContext;
    use crate::error::{Error, ErrorKind, Outcome};
    use crate::runtime::PendingWork;

    #[test]
    fn a_job_that_is_cancelled_ends_after_what_is_not_interrupted() {
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (open, gate) = oneshot::channel::<()>();
        let (end, ended) = std::sync::mpsc::channel();
        let (alive, is_stopped) = std::sync::mpsc::channel::<()>();
        let job = start("send", None, |ctx| async move {
            let _alive = alive;
            ctx.uninterrupted(async move {
                begun.send(()).expect("heard");
                let _ = gate.await;
                end.send(()).expect("heard");
            })
            .await;
            Ok(())
        })
        .expect("started");
        has_begun.recv().expect("it begins");
        job.cancel();
        is_stopped.recv().expect_err("dropped with the work");
        open.send(()).expect("it waits for this");
        assert_eq!(job.wait().expect_err("cancelled").kind(), ErrorKind::Cancelled);
        ended.try_recv().expect("it was done first");
    }

    #[test]
    fn what_a_cancel_leaves_is_known_once_the_work_is_gone() {
        /// The last thing that the work does, after it was told to stop.
        struct LastStep(JobContext);
        impl Drop for LastStep {
            fn drop(&mut self) {
                self.0.outcome_if_stopped(Outcome::Unknown);
            }
        }
        let (begun, has_begun) = std::sync::mpsc::channel();
        let job = start::<(), _, _>("send", None, |ctx| async move {
            let _last = LastStep(ctx);
            begun.send(()).expect("heard");
            std::future::pending().await
        })
        .expect("started");
        has_begun.recv().expect("it begins");
        job.cancel();
        let error = job.wait().expect_err("cancelled");
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Unknown));
    }

    #[test]
    fn what_an_earlier_call_may_have_done_is_not_called_undone_until_that_is_settled() {
        for is_settled in [false, true] {
            let job = start::<(), _, _>("put", None, |ctx| async move {
                ctx.left_open_by_earlier_call();
                if is_settled {
                    ctx.earlier_call_is_settled();
                }
                Err(Error::internal("something local"))
            });
            let error = job.expect("started").wait().expect_err("failed");
            let outcome = if is_settled { Outcome::NotCompleted } else { Outcome::Unknown };
            assert_eq!(error.outcome(), outcome);
            assert_eq!(error.message().contains("an earlier call"), !is_settled, "{error}");
        }
    }

    #[test]
    fn a_job_that_fails_ends_after_its_journal_is_written() {
        let writes = PendingWork::default();
        let (record, of_the_job) = (writes.begin(), writes.clone());
        let job = start::<(), _, _>("send", None, |ctx| async move {
            ctx.set_journal("journal".into(), of_the_job);
            Err(Error::internal("a part failed"))
        });
        let is_written = Arc::new(AtomicBool::new(false));
        let written = Arc::clone(&is_written);
        let disk = std::thread::spawn(move || {
            // It fails meanwhile, and ends no sooner than this.
            std::thread::sleep(Duration::from_millis(200));
            written.store(true, Relaxed);
            drop(record);
        });
        let error = job.expect("started").wait().expect_err("failed");
        assert!(is_written.load(Relaxed));
        assert_eq!(error.journal(), Some(Path::new("journal")));
        disk.join().expect("no panic");
    }
}
