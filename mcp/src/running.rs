//! A job while it runs for a call: its progress is told, and it is cancelled when the client says so or is
//! gone. The job's own clean-up is waited for in both cases.

use std::time::Duration;

use dropoff::{Job, Result};
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::progress::Meter;

/// How often progress is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// Waits for the job.
pub(crate) async fn finished<T: Clone + Send + 'static>(
    mut job: Job<T>,
    context: &RequestContext<RoleServer>,
    ended: &CancellationToken,
) -> Result<T> {
    let mut telling = Telling::new(context);
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            result = &mut job => {
                telling.look(&job);
                let told = telling.finished();
                tokio::select! {
                    () = told => {}
                    () = context.ct.cancelled() => {}
                    () = ended.cancelled() => {}
                }
                return result;
            }
            () = context.ct.cancelled() => break,
            () = ended.cancelled() => break,
            _ = looks.tick() => telling.look(&job),
        }
    }
    job.cancel();
    job.await
}

/// Waits for a look at files, of which nothing is told.
pub(crate) async fn found<T: Clone + Send + 'static>(
    mut job: Job<T>,
    context: &RequestContext<RoleServer>,
    ended: &CancellationToken,
) -> Result<T> {
    tokio::select! {
        biased;
        result = &mut job => return result,
        () = context.ct.cancelled() => {}
        () = ended.cancelled() => {}
    }
    job.cancel();
    job.await
}

/// Tells progress to a client that asked for it. A client that reads nothing holds back what is told, and
/// never the call.
struct Telling {
    to: Option<(Peer<RoleServer>, Meter)>,
    on_its_way: Option<JoinHandle<()>>,
}

impl Telling {
    fn new(context: &RequestContext<RoleServer>) -> Self {
        let token = context.meta.get_progress_token();
        Self { to: token.map(|token| (context.peer.clone(), Meter::new(token))), on_its_way: None }
    }

    fn look<T: Clone + Send + 'static>(&mut self, job: &Job<T>) {
        if self.on_its_way.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let Some((peer, meter)) = &mut self.to else { return };
        if let Some(told) = meter.look(&job.progress()) {
            self.on_its_way = Some(tokio::spawn(tell(peer.clone(), told)));
        }
    }

    /// What was told is sent: after the answer it would be about nothing.
    async fn finished(self) {
        if let Some(task) = self.on_its_way {
            // It has no way to fail but a client that is gone.
            let _ = task.await;
        }
    }
}

async fn tell(peer: Peer<RoleServer>, told: ProgressNotificationParam) {
    // A client that is gone is noticed by the end of its input.
    let _ = peer.notify_progress(told).await;
}
