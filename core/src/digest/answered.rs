//! The digests that each host answered last, so that a client computes those and no others.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::algorithm::AlgorithmSet;

/// A client that meets more hosts computes for the others what it computes for one it does not know.
const MOST_HOSTS: usize = 1000;

/// The digests that each host answered last, by the kind of request: S3 answers a part with the digest that
/// its upload was begun with, and an object with another.
#[derive(Default)]
pub(crate) struct AnsweredDigests(Mutex<HashMap<&'static str, HashMap<String, AlgorithmSet>>>);

impl AnsweredDigests {
    /// Those that this host answered last, if it ever answered such a request.
    pub(crate) fn of(&self, kind: &str, host: &str) -> Option<AlgorithmSet> {
        self.lock().get(kind)?.get(host).copied()
    }

    pub(crate) fn note(&self, kind: &'static str, host: &str, answered: AlgorithmSet) {
        let mut all = self.lock();
        let hosts = all.entry(kind).or_default();
        if let Some(known) = hosts.get_mut(host) {
            *known = answered;
        } else if hosts.len() < MOST_HOSTS {
            hosts.insert(host.to_owned(), answered);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<&'static str, HashMap<String, AlgorithmSet>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
