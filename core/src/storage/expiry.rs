//! Until when an upload may start, by what a ticket says of its own time and by how old it is known to be.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// Until when an upload may *start*. Storage judges expiry when a request arrives; one that is under
/// way may finish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expiry {
    at: Instant,
    /// When it ends as far as is known; `None` if it is over by a clock that may be wrong.
    ends: Option<Instant>,
    /// How long it was when it was first seen.
    lifetime: Duration,
    period: Option<TicketPeriod>,
    /// Nothing but a clock tells how old it is.
    by_clock: bool,
}

/// A ticket's own time, by the clock of whoever signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TicketPeriod {
    pub(super) from: Option<OffsetDateTime>,
    pub(super) until: OffsetDateTime,
}

impl Expiry {
    /// `lifetime` from now, on a clock that nobody sets.
    pub(crate) fn lasts(lifetime: Duration) -> Self {
        let lifetime = lifetime.min(MAX_LIFETIME);
        let at = Instant::now() + lifetime;
        Self { at, ends: Some(at), lifetime, period: None, by_clock: false }
    }

    /// The same, with what the ticket says of itself, for what storage may answer.
    pub(crate) fn with_period(self, period: Option<TicketPeriod>) -> Self {
        Self { period, ..self }
    }

    /// By a moment that somebody else's clock told. Only used where no lifetime is known. A ticket is only
    /// given up when it is over by more than clocks err; until then storage has the last word.
    pub(super) fn by_clock(period: TicketPeriod) -> Self {
        let left =
            |moment: OffsetDateTime| Duration::try_from(moment - now()).unwrap_or_default().min(MAX_LIFETIME);
        let at = Instant::now() + left(period.until.saturating_add(CLOCK_ERROR));
        let lifetime = left(period.until);
        let ends = (!lifetime.is_zero()).then(|| Instant::now() + lifetime);
        Self { at, ends, lifetime, period: Some(period), by_clock: true }
    }

    /// The last moment an upload may start.
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// How long it was when it was first seen.
    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// How long an upload has, as far as is known.
    pub(crate) fn known_left(&self) -> Option<Duration> {
        Some(self.ends?.saturating_duration_since(Instant::now()))
    }

    /// Fails with `expired` if an upload can no longer start.
    pub(crate) fn check(&self, what: &str) -> Result<()> {
        if !self.left().is_zero() {
            return Ok(());
        }
        let sentence = match self.period.filter(|_| self.by_clock) {
            None => format!("{what} has run out; ask the service for a new one"),
            Some(period) => format!(
                "{what} ran out at {} by its own date, and this machine's clock says {}; ask for a new one, or set the clock if it is wrong",
                rfc3339(period.until),
                rfc3339(now())
            ),
        };
        Err(Error::new(ErrorKind::Expired, sentence))
    }

    /// A refusal of storage, said in times if the ticket's own time is the reason. Some stores say no more
    /// than that access is denied (Ceph, DigitalOcean, Azure). Storage's own clock judges, if it tells it.
    pub(crate) fn explain_refusal(&self, refused: Error, host: &str, headers: &HeaderMap) -> Error {
        let Some(period) = self.period.filter(|_| may_be_about_time(&refused)) else { return refused };
        let date = headers.get(http::header::DATE).and_then(|value| value.to_str().ok());
        let storage_now =
            date.and_then(|text| httpdate::parse_http_date(text).ok()).map(OffsetDateTime::from);
        let by = storage_now.unwrap_or_else(now);
        let mut clocks = match storage_now {
            Some(storage_now) => format!("storage's clock says {}", rfc3339(storage_now)),
            None => format!("this machine's clock says {}", rfc3339(by)),
        };
        if storage_now.is_some_and(|storage_now| (storage_now - now()).abs() > time::Duration::MINUTE) {
            clocks.push_str(&format!(" (this machine's says {})", rfc3339(now())));
        }
        let status = refused.http_status().unwrap_or_default();
        let code = refused.service_code().map(|code| format!(" {code}")).unwrap_or_default();
        let so = format!("storage at {host} refused the upload ({status}{code})");
        match period.from {
            _ if period.until <= by => refused.retold(
                ErrorKind::Expired,
                format!("{so}: the ticket ran out at {}, and {clocks}; ask for a new one", rfc3339(period.until)),
            ),
            Some(from) if from > by => refused.retold(
                ErrorKind::StorageRefused,
                format!(
                    "{so}: the ticket is good from {} on, and {clocks}, so the clock of whoever signed it is ahead; wait until then, or have that clock set",
                    rfc3339(from)
                ),
            ),
            _ => refused,
        }
    }
}

/// Whether a refusal is about the ticket's time, or says nothing of its reason.
fn may_be_about_time(refused: &Error) -> bool {
    if refused.kind() == ErrorKind::Expired {
        return true;
    }
    let denied = refused.kind() == ErrorKind::StorageRefused
        && matches!(refused.http_status(), Some(400 | 401 | 403))
        && match refused.service_code() {
            None => true,
            Some("RequestTimeTooSkewed") => return true,
            Some(code) => {
                let codes = [
                    "AccessDenied",
                    "AuthenticationFailed",
                    "AuthorizationFailure",
                    "Forbidden",
                    "InvalidRequest",
                ];
                codes.contains(&code)
            }
        };
    let said = refused.cause_text().unwrap_or_default().to_ascii_lowercase();
    let words = [
        "denied",
        "forbidden",
        "authenticat",
        "authoriz",
        "expire",
        "time frame",
        "too old",
        "not yet",
        "yet valid",
    ];
    denied && (said.is_empty() || words.iter().any(|word| said.contains(word)))
}

pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::now())
}

/// To the second, which is what tickets tell.
pub(super) fn rfc3339(moment: OffsetDateTime) -> String {
    moment.truncate_to_second().format(&Rfc3339).unwrap_or_else(|_| moment.to_string())
}

/// A clock set to local time, or to a wrong zone, is off by up to 14 hours (UTC+14 is the farthest), and one
/// that lost a day by a day. More than that, and the ticket is old.
const CLOCK_ERROR: time::Duration = time::Duration::DAY;

/// R2 and S3 sign for at most seven days; a longer figure is a mistake, not a reason to overflow.
pub(super) const MAX_LIFETIME: Duration = Duration::from_secs(366 * 24 * 3600);

#[cfg(test)]
#[path = "expiry_tests.rs"]
mod tests;
