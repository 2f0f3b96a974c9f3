//! The bytes that all storage connections of a client carry together. One that gets nothing through asks here
//! whether the others fill a slow line, or whether its own peer is gone.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

/// The bytes each of the others may carry while one waits for its turn. A connection whose segments a full
/// line drops waits twice as long each time, up to 120 s on Linux: 1 + 2 + 4 + … + 120 is some 250 s, in
/// which each of the others carries this much at 32 kbit/s. On a line that carries it sooner none goes
/// without for so long.
const TURN_BYTES: u64 = 1024 * 1024;

#[derive(Debug)]
pub(super) struct SharedLine {
    born: Instant,
    /// Bytes that peers have acknowledged.
    carried: AtomicU64,
    /// When anything moved, in milliseconds since `born`.
    moved_ms: AtomicU64,
    /// Connections that are being made, or that something is sent on.
    sharing: AtomicUsize,
}

/// A moment, as the bytes carried before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinePosition(u64);

impl SharedLine {
    pub(super) fn new() -> Self {
        Self {
            born: Instant::now(),
            carried: AtomicU64::new(0),
            moved_ms: AtomicU64::new(0),
            sharing: AtomicUsize::new(0),
        }
    }

    /// Something arrived, at either end.
    pub(super) fn moves(&self) {
        let ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(ms, Relaxed);
    }

    pub(super) fn carries(&self, bytes: u64) {
        self.carried.fetch_add(bytes, Relaxed);
        self.moves();
    }

    pub(super) fn last_moved(&self) -> Instant {
        self.born + Duration::from_millis(self.moved_ms.load(Relaxed))
    }

    pub(super) fn position(&self) -> LinePosition {
        LinePosition(self.carried.load(Relaxed))
    }

    /// One more shares it, until what is given is dropped.
    pub(super) fn share(&self) -> Share<'_> {
        self.sharing.fetch_add(1, Relaxed);
        Share(self)
    }

    pub(super) fn sharers(&self) -> u32 {
        u32::try_from(self.sharing.load(Relaxed)).unwrap_or(u32::MAX)
    }

    /// Whether one that has got nothing through since then may only not have had its turn. Somebody must
    /// have moved lately besides; that is for the caller to know, who knows how long it was looking.
    pub(super) fn is_crowded(&self, since: LinePosition) -> bool {
        let others = self.sharers().saturating_sub(1);
        others > 0 && self.position().0.saturating_sub(since.0) < TURN_BYTES.saturating_mul(u64::from(others))
    }
}

pub(super) struct Share<'a>(&'a SharedLine);

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.0.sharing.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_crowded_while_others_share_it_and_none_has_had_much_more() {
        let line = SharedLine::new();
        let own = line.share();
        let since = line.position();
        assert!(!line.is_crowded(since), "nobody else is there");
        let others = [line.share(), line.share()];
        assert!(line.is_crowded(since));
        line.carries(2 * TURN_BYTES - 1);
        assert!(line.is_crowded(since), "a turn of each");
        line.carries(1);
        assert!(!line.is_crowded(since), "a line as fast as that leaves nobody out");
        assert!(line.is_crowded(line.position()));
        drop(others);
        assert!(!line.is_crowded(line.position()));
        drop(own);
        assert_eq!(line.sharers(), 0);
    }
}
