//! How many connections a client has at once, over all its calls. Without a bound a thousand calls at once
//! are a thousand sockets, and as many files as are being sent, and a program may have 1024 of both together.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::sys;

/// Of the descriptors that the process may have, the share that connections to storage may take: each may
/// have a file open besides, a program has several clients, and files of its own.
const DESCRIPTORS_PER_CONNECTION: usize = 8;
/// More never made anything faster.
const MAX_CONNECTIONS: usize = 256;

/// The most connections to storage.
pub(crate) fn max_connections() -> usize {
    (sys::max_descriptors() / DESCRIPTORS_PER_CONNECTION).clamp(1, MAX_CONNECTIONS)
}

/// Turns at having a connection. Those to a service are apart: its calls are short, and one that removes what
/// is left behind must not wait for uploads that take hours.
pub(crate) struct Connections {
    storage: Semaphore,
    api: Semaphore,
    /// Turns that are taken, of both kinds.
    taken: AtomicUsize,
    ended: Notify,
}

/// One that is taken. It is waited for by nobody who has one already.
pub(crate) struct ConnectionTurn<'a> {
    of: &'a Connections,
    _permit: Option<SemaphorePermit<'a>>,
    given_up: bool,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            storage: Semaphore::new(most),
            api: Semaphore::new((most / 2).max(1)),
            taken: AtomicUsize::new(0),
            ended: Notify::new(),
        }
    }

    pub(crate) async fn to_storage(&self) -> ConnectionTurn<'_> {
        self.turn(&self.storage).await
    }

    pub(crate) async fn to_service(&self) -> ConnectionTurn<'_> {
        self.turn(&self.api).await
    }

    async fn turn<'a>(&'a self, kind: &'a Semaphore) -> ConnectionTurn<'a> {
        // It is never closed.
        let permit = kind.acquire().await.ok();
        self.taken.fetch_add(1, SeqCst);
        ConnectionTurn { of: self, _permit: permit, given_up: false }
    }
}

impl ConnectionTurn<'_> {
    /// Gives it up, since the process has no descriptor for it. Whether another one has ended since, and it
    /// may be tried again; false if there is no other that could end.
    pub(crate) async fn after_another(mut self) -> bool {
        let of = self.of;
        let ended = of.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        // All at once: of two that give up, the last is told that there is no other.
        self.given_up = true;
        let others = of.taken.fetch_sub(1, SeqCst) - 1;
        drop(self);
        if others == 0 {
            of.ended.notify_one();
            return false;
        }
        ended.await;
        true
    }
}

impl Drop for ConnectionTurn<'_> {
    fn drop(&mut self) {
        if !self.given_up {
            self.of.taken.fetch_sub(1, SeqCst);
            self.of.ended.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    #[test]
    fn as_many_as_there_are_and_those_to_a_service_apart() {
        let all = Connections::new(2);
        let first = now(all.to_storage()).expect("a turn");
        let _second = now(all.to_storage()).expect("a turn");
        assert!(now(all.to_storage()).is_none(), "no third");
        let _other = now(all.to_service()).expect("the other kind");
        drop(first);
        now(all.to_storage()).expect("a turn again");
    }

    #[test]
    fn one_without_a_descriptor_waits_for_another_and_never_for_itself() {
        let all = Connections::new(4);
        let (alone, other) = (now(all.to_storage()).expect("one"), now(all.to_service()).expect("two"));
        let mut waiting = pin!(alone.after_another());
        let mut poll = || waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(poll(), Poll::Pending);
        assert_eq!(now(other.after_another()), Some(false), "the last has nobody to wait for");
        assert_eq!(poll(), Poll::Ready(true), "and the first may try again");
    }
}
