//! When to try again, and when to stop: full jitter between tries, on top of any pause that is the same for
//! all; and a `Retry-After` honoured in full or given back to the caller, never shortened.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use tokio::time::Instant;

use super::budget::Budget;
use crate::error::{Error, ErrorKind};
use crate::job::JobContext;
use crate::logs;
use crate::options::Options;
use crate::progress::{Counters, roughly};

/// The tries of one request.
pub(crate) struct Retry<'a> {
    attempts: u32,
    max: u32,
    base: Duration,
    cap: Duration,
    max_retry_after: Duration,
    /// The least pause between two tries; see [`Retry::same_key`].
    floor: Duration,
    /// A try after this moment would be in vain.
    until: Option<Instant>,
    progress: &'a Counters,
    budget: Arc<Budget>,
    /// The cost of the running try, if it is a retry.
    paid: Option<u32>,
}

impl<'a> Retry<'a> {
    pub(crate) fn new(options: &Options, ctx: &'a JobContext, budget: Arc<Budget>) -> Self {
        Self {
            attempts: 1,
            max: options.max_attempts,
            base: options.backoff_base,
            cap: options.backoff_cap,
            max_retry_after: options.max_retry_after,
            floor: Duration::ZERO,
            until: ctx.deadline,
            progress: &ctx.progress,
            budget,
            paid: None,
        }
    }

    /// For repeated writes to one storage key. R2 takes about one write per second per key and
    /// answers 429 to faster ones. The floor is 1 s at the default `backoff_base` of 0.5 s and scales
    /// with it, so that tests can be quick.
    pub(crate) fn same_key(mut self) -> Self {
        self.floor = self.base * 2;
        self
    }

    /// No try after `moment`: the ticket has run out then.
    pub(crate) fn until(mut self, moment: Option<Instant>) -> Self {
        self.until = [self.until, moment].into_iter().flatten().min();
        self
    }

    /// Tries made so far, the running one included.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether another try is due but cannot be before `end`.
    pub(crate) fn cannot_be_before(&self, end: Instant, error: &Error) -> bool {
        let asked = error.retry_after().unwrap_or_default();
        let due = self.attempts < self.max && asked <= self.max_retry_after;
        due && Instant::now() + asked.max(self.floor) >= end
    }

    /// Waits before the next try, or gives the error back if there is to be none. The caller has
    /// decided that repeating is safe.
    pub(crate) async fn again(&mut self, error: Error) -> Result<(), Error> {
        let Some(pause) = self.pause(&error) else { return Err(error) };
        let Some(price) = self.budget.pay(&error) else {
            let error = budget_exhausted(&error);
            tracing::warn!(target: logs::TARGET, job = self.progress.job(), reason = error.message(), "giving up");
            return Err(error);
        };
        self.paid = Some(price);
        self.attempts += 1;
        self.progress.retried();
        tracing::info!(
            target: logs::TARGET,
            job = self.progress.job(),
            attempt = self.attempts,
            pause_ms = pause.as_millis() as u64,
            kind = error.kind().as_str(),
            reason = error.message(),
            "trying again"
        );
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// The number of the job that it is for.
    pub(crate) fn job(&self) -> u64 {
        self.progress.job()
    }

    /// The running try succeeded.
    pub(crate) fn succeeded(&self) {
        self.budget.refill(self.paid);
    }

    fn pause(&self, error: &Error) -> Option<Duration> {
        if self.attempts >= self.max {
            return None;
        }
        let pause = match error.retry_after() {
            Some(asked) if asked > self.max_retry_after => return None,
            // Whoever was told the same would come back in the same instant.
            Some(asked) => asked.max(self.floor) + self.base.min(self.cap).mul_f64(fastrand::f64()),
            // On top of the floor: the first draws are all below it, so the larger of both would be the
            // floor.
            None => self.floor + self.jitter(error.kind()),
        };
        // Waiting for a moment that comes too late would only hide what happened.
        let fits = |pause| self.until.is_none_or(|until| Instant::now() + pause < until);
        let least = error.retry_after().unwrap_or_default().max(self.floor);
        [pause, least].into_iter().find(|pause| fits(*pause))
    }

    /// A random time up to base × 2ⁿ, at most the cap. Full jitter spreads a fleet that failed
    /// together. A peer that says it is overloaded is left alone for twice as long as one whose
    /// connection broke.
    fn jitter(&self, kind: ErrorKind) -> Duration {
        let overloaded = matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable);
        let doublings = (self.attempts - 1).min(20) + u32::from(overloaded);
        self.base.saturating_mul(1 << doublings).min(self.cap).mul_f64(fastrand::f64())
    }
}

/// The error of a try that is not repeated because too many others have failed.
fn budget_exhausted(error: &Error) -> Error {
    error.clone().with_note("it was not tried again, since too many requests to this host failed lately")
}

/// The advice of a peer that is asked too often, as the end of a sentence.
pub(crate) fn wait_and_try(asked: Option<Duration>) -> String {
    match asked.map(|asked| asked.as_secs() + u64::from(asked.subsec_nanos() > 0)) {
        None | Some(0) => "wait and try again".to_owned(),
        Some(seconds @ 1..120) => format!("wait {seconds} s and try again"),
        Some(seconds) => {
            let roughly = roughly(Duration::from_secs(seconds));
            format!("wait {seconds} s (some {roughly}) and try again")
        }
    }
}

/// `Retry-After` as seconds or as an HTTP date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        // A number of seconds beyond any clock is a very long time all the same.
        return Some(Duration::from_secs(seconds.min(u64::from(u32::MAX))));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().expect("value"))])
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(retry_after(&header("120")), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(&header("0")), Some(Duration::ZERO));
        assert_eq!(retry_after(&header("soon")), None);
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(90));
        let read = retry_after(&header(&later)).expect("a date");
        assert!(read > Duration::from_secs(85) && read <= Duration::from_secs(90), "{read:?}");
        assert_eq!(retry_after(&header("Thu, 01 Jan 1970 00:00:00 GMT")), Some(Duration::ZERO));
    }

    #[test]
    fn the_time_to_wait_is_said() {
        let said = |seconds| wait_and_try(Some(Duration::from_secs_f64(seconds)));
        assert_eq!(said(30.0), "wait 30 s and try again");
        assert_eq!(said(0.2), "wait 1 s and try again");
        assert_eq!(said(86_400.0), "wait 86400 s (some 24 h) and try again");
        assert_eq!((said(0.0), wait_and_try(None)), (wait_and_try(None), "wait and try again".to_owned()));
    }

    fn tries<'a>(options: &Options, ctx: &'a JobContext) -> Retry<'a> {
        let url = url::Url::parse("https://s.example").expect("a URL");
        Retry::new(options, ctx, super::super::budget::Budgets::default().of(&url))
    }

    #[test]
    fn pauses_double_up_to_the_cap_and_retry_after_is_never_shortened() {
        let options = Options::new();
        let ctx = JobContext::new(None);
        let mut retry = tries(&options, &ctx);
        let error = Error::new(ErrorKind::Network, "x");
        for (attempts, most) in [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0)] {
            retry.attempts = attempts;
            for _ in 0..50 {
                let pause = retry.pause(&error).expect("another try");
                assert!(pause.as_secs_f64() <= most, "{attempts}: {pause:?}");
            }
        }
        let overloaded = Error::new(ErrorKind::Unavailable, "x");
        retry.attempts = 1;
        let longest = (0..200).filter_map(|_| retry.pause(&overloaded)).max().expect("pauses").as_secs_f64();
        assert!(longest > 0.5 && longest <= 1.0, "twice as long: {longest}");
        retry.attempts = 5;
        assert!(retry.pause(&error).is_none(), "five tries are all");
        retry.attempts = 1;
        let asked = |s| error.clone().retry_after_is(Some(Duration::from_secs(s)));
        assert!(retry.pause(&asked(60)).expect("another try") >= Duration::from_secs(60));
        assert!(retry.pause(&asked(61)).is_none(), "longer than max_retry_after goes to the caller");
        let soon = Instant::now() + Duration::from_secs(30);
        let short = tries(&options, &ctx).until(Some(soon));
        assert!(short.pause(&asked(29)).is_some() && short.pause(&asked(31)).is_none());
    }

    /// Where a fleet failed together, no pause may be one that all of it makes.
    #[test]
    fn every_pause_is_spread_and_none_is_below_its_least() {
        let options = Options::new();
        let ctx = JobContext::new(None);
        let network = Error::new(ErrorKind::Network, "x");
        let overloaded = Error::new(ErrorKind::Unavailable, "x");
        let asked = overloaded.clone().retry_after_is(Some(Duration::from_secs(3)));
        // The error, the tries attempts, and the least and the most seconds before the next.
        let rows = [
            (&network, 1, 1.0, 1.5),
            (&network, 2, 1.0, 2.0),
            (&overloaded, 1, 1.0, 2.0),
            (&overloaded, 4, 1.0, 9.0),
            (&asked, 1, 3.0, 3.5),
        ];
        for (error, attempts, least, most) in rows {
            let mut retry = tries(&options, &ctx).same_key();
            retry.attempts = attempts;
            let pauses: Vec<f64> =
                (0..200).filter_map(|_| retry.pause(error)).map(|p| p.as_secs_f64()).collect();
            let shortest = pauses.iter().copied().fold(f64::INFINITY, f64::min);
            let longest = pauses.iter().copied().fold(0.0, f64::max);
            assert!(shortest >= least && longest <= most, "{attempts}: {shortest} to {longest}");
            let spread = longest - shortest;
            assert!(spread > (most - least) / 2.0, "{attempts}: {shortest} to {longest}");
        }
    }
}
