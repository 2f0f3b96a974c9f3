//! The budget of retries. One host that fails for everybody must not be stormed by everybody's retries:
//! each retry takes tokens from a bucket that only successes refill, so a client whose uploads nearly all
//! succeed retries freely, and one whose uploads all fail soon stops adding to the trouble.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, ErrorKind};

/// The figures of the AWS SDKs' standard retry mode, which storage services are built to meet: 500 tokens,
/// 5 for a retry, 10 for one after a timeout, 1 back for a success and its own cost for a retried one.
const CAPACITY: u32 = 500;
const COST: u32 = 5;
const COST_OF_TIMEOUT: u32 = 10;
const REWARD: u32 = 1;

/// The bucket of one host.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Budget {
    fn full() -> Self {
        Self(AtomicU32::new(CAPACITY))
    }

    /// Pays for a retry after `error`; tells the price, or `None` if the bucket holds too little.
    pub(crate) fn pay(&self, error: &Error) -> Option<u32> {
        let price = if error.kind() == ErrorKind::Timeout { COST_OF_TIMEOUT } else { COST };
        let paid = self.0.fetch_update(Relaxed, Relaxed, |held| held.checked_sub(price));
        paid.is_ok().then_some(price)
    }

    /// A request succeeded; `paid` is the price of the retry that did it, if it was one.
    pub(crate) fn refill(&self, paid: Option<u32>) {
        let more = |held: u32| Some(held.saturating_add(paid.unwrap_or(REWARD)).min(CAPACITY));
        // The closure always gives a value, so this cannot fail.
        let _ = self.0.fetch_update(Relaxed, Relaxed, more);
    }
}

/// The buckets of one client, by host and port.
#[derive(Debug, Default)]
pub(crate) struct Budgets(Mutex<HashMap<String, Arc<Budget>>>);

impl Budgets {
    /// The bucket of the host a URL names.
    pub(crate) fn of(&self, url: &url::Url) -> Arc<Budget> {
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(budget) = all.get(host) {
            return Arc::clone(budget);
        }
        // A client that meets very many hosts is no fleet against any one of them.
        if all.len() >= 1000 {
            all.clear();
        }
        Arc::clone(all.entry(host.to_owned()).or_insert_with(|| Arc::new(Budget::full())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_empty_the_bucket_and_successes_fill_it() {
        let budgets = Budgets::default();
        let url = |text: &str| url::Url::parse(text).expect("a URL");
        let budget = budgets.of(&url("https://s.example/a?b"));
        let error = Error::new(ErrorKind::Network, "x");
        for _ in 0..100 {
            assert_eq!(budget.pay(&error), Some(5));
        }
        assert_eq!(budgets.of(&url("https://s.example/other")).pay(&error), None, "one bucket per host");
        assert_eq!(
            budgets.of(&url("https://s.example:444/a")).pay(&error),
            Some(5),
            "the port is part of it"
        );
        for _ in 0..9 {
            budget.refill(None);
        }
        assert_eq!(budget.pay(&Error::new(ErrorKind::Timeout, "x")), None, "a timeout costs ten");
        budget.refill(None);
        assert_eq!(budget.pay(&Error::new(ErrorKind::Timeout, "x")), Some(10));
        budget.refill(Some(10));
        assert_eq!(budget.pay(&error), Some(5), "a retry that worked gives its price back");
        for _ in 0..1000 {
            budget.refill(None);
        }
        assert_eq!(budget.0.load(Relaxed), CAPACITY);
    }
}
