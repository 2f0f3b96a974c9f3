//! Logs: the core emits `tracing` events and installs nothing. A Rust program that has a `tracing`
//! subscriber sees them with the target `dropoff`. Programs in other languages have none, so [`forward`]
//! hands each event to a function.
//!
//! No event holds a secret: URLs appear as scheme, host and path, and peers' words are masked as they are
//! in errors.

use std::fmt::{self, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Metadata, Subscriber, span};

/// The target of every event.
pub(crate) const TARGET: &str = "dropoff";

/// How much an event matters, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LogLevel {
    /// Something is lost or about to be, such as a ticket that had to be replaced.
    Warn = 1,
    /// An event that a user may want to know of afterwards, such as a request that was tried again.
    Info = 2,
    /// Each step and each attempt.
    Debug = 3,
}

impl LogLevel {
    /// `warn`, `info` or `debug`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    fn of(level: tracing::Level) -> Self {
        match level {
            tracing::Level::ERROR | tracing::Level::WARN => Self::Warn,
            tracing::Level::INFO => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// One line: what happened, then its facts as `name=value`.
    pub message: String,
    /// The number of the call it is about, which [`Job::number`](crate::Job::number) tells too.
    pub job: Option<u64>,
    /// Which try of a request is about to be made, if it is about one that is repeated; the first is 1.
    pub attempt: Option<u32>,
}

type Sink = Box<dyn Fn(LogRecord) + Send + Sync>;

/// The level forwarded now; 0 is none.
static MIN_LEVEL: AtomicU8 = AtomicU8::new(0);
static SINK: OnceLock<Sink> = OnceLock::new();
/// Whether events come here: a program has one subscriber, and it may have been first.
static IS_SUBSCRIBED: OnceLock<bool> = OnceLock::new();

/// Hands every event of at least `least` to `sink`, from now on and for the whole process; `None` stops it.
/// For programs that have none: one in Rust installs its own `tracing` subscriber instead.
///
/// `sink` is called on the library's own threads, several at a time, in the middle of its work: it must
/// return at once and call nothing of this library. The first one stays, so a later call changes only the
/// level. False if the program has a `tracing` subscriber already, which then gets the events.
pub fn forward(least: Option<LogLevel>, sink: impl Fn(LogRecord) + Send + Sync + 'static) -> bool {
    MIN_LEVEL.store(least.map_or(0, |level| level as u8), Relaxed);
    SINK.get_or_init(|| Box::new(sink));
    let subscribed =
        *IS_SUBSCRIBED.get_or_init(|| tracing::subscriber::set_global_default(Forwarder).is_ok());
    tracing::callsite::rebuild_interest_cache();
    subscribed
}

struct Forwarder;

impl Forwarder {
    fn wants(metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && LogLevel::of(*metadata.level()) as u8 <= MIN_LEVEL.load(Relaxed)
    }
}

impl Subscriber for Forwarder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Self::wants(metadata)
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match MIN_LEVEL.load(Relaxed) {
            0 => LevelFilter::OFF,
            1 => LevelFilter::WARN,
            2 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        })
    }
    fn event(&self, event: &Event<'_>) {
        if let (true, Some(sink)) = (Self::wants(event.metadata()), SINK.get()) {
            let mut line = EventText::default();
            event.record(&mut line);
            let level = LogLevel::of(*event.metadata().level());
            let EventText { message, facts, job, attempt } = line;
            sink(LogRecord { level, message: message + &facts, job, attempt });
        }
    }
    // The core makes no spans; those of other libraries are of no interest here.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct EventText {
    message: String,
    facts: String,
    job: Option<u64>,
    attempt: Option<u32>,
}

impl Visit for EventText {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "job" => self.job = Some(value),
            "attempt" => self.attempt = u32::try_from(value).ok(),
            _ => {}
        }
        self.record_debug(field, &value);
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.facts, " {name}={value:?}"),
        };
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value}"),
            name if value.contains(' ') => write!(self.facts, " {name}={value:?}"),
            name => write!(self.facts, " {name}={value}"),
        };
    }
}
