//! How many uploads of a call go at once, found by trying. It sees only that uploads end and that something
//! pushed back; it knows no clock but the one it is given, no connection and no payload.
//!
//! More at once helps while each connection, or each round trip, is the limit; it costs memory and processor
//! time for nothing once the line is full. So the width grows while what arrives per second grows with it,
//! and shrinks when storage or the network pushes back.

use std::time::{Duration, Instant};

use crate::options::{AT_ONCE_AT_FIRST as FIRST, AT_ONCE_AT_MOST as MOST};

/// Of the growth in width, the share that must be seen in what arrives. Less could be met by chance, since a
/// round is short; all of it seldom is, since those that join have to connect first.
const MIN_GAIN: f64 = 0.4;
/// Rounds that pass before a width that did not pay is tried again: the line may have become free.
const SETTLED_ROUNDS: u32 = 16;

#[derive(Debug)]
pub(super) struct Pace {
    width: usize,
    most: usize,
    phase: PacePhase,
    round: Round,
    /// How often the width changed.
    changes: u32,
}

#[derive(Debug)]
enum PacePhase {
    /// The caller's own number.
    Fixed,
    /// To be compared with the narrower width `from`, if there is one.
    Trying { from: Option<WidthRate> },
    /// As wide as it pays, for some rounds more.
    Settled { rounds: u32, step: usize },
}

/// The uploads that a width carried.
#[derive(Debug, Clone, Copy)]
struct WidthRate {
    width: usize,
    /// Bytes per second.
    rate: f64,
}

/// As many uploads as go at once.
#[derive(Debug, Default)]
struct Round {
    uploads: usize,
    bytes: u64,
    /// Of all of them, one after another.
    time: Duration,
    /// Those that ended while no other waited for its turn.
    idle: usize,
}

/// An upload that begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct UploadStart {
    began: Instant,
    changes: u32,
}

/// The facts that are known when an upload ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct UploadEnd {
    pub(super) at: Instant,
    pub(super) bytes: u64,
    /// Whether another one was waiting for its turn.
    pub(super) waiting: bool,
}

impl Pace {
    pub(super) fn fixed(width: usize) -> Self {
        Self::with(width, width, PacePhase::Fixed)
    }

    pub(super) fn adaptive() -> Self {
        Self::with(FIRST, MOST, PacePhase::Trying { from: None })
    }

    fn with(width: usize, most: usize, phase: PacePhase) -> Self {
        Self { width, most, phase, round: Round::default(), changes: 0 }
    }

    /// How many may go at once.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn begin(&self, now: Instant) -> UploadStart {
        UploadStart { began: now, changes: self.changes }
    }

    /// An upload ended well.
    pub(super) fn ended(&mut self, turn: UploadStart, ended: UploadEnd) {
        if matches!(self.phase, PacePhase::Fixed) {
            return;
        }
        // One that began before the width changed tells nothing of this width.
        if turn.changes != self.changes {
            return;
        }
        self.round.uploads += 1;
        self.round.bytes += ended.bytes;
        self.round.time += ended.at.saturating_duration_since(turn.began);
        self.round.idle += usize::from(!ended.waiting);
        if self.round.uploads >= self.width {
            let round = std::mem::take(&mut self.round);
            self.turn(&round);
        }
    }

    /// A request of an upload has to be repeated, or others left it no room on the line. Half as many; and
    /// never again as many as were too many.
    pub(super) fn pushed_back(&mut self, turn: UploadStart) {
        // Of those that began at another width the trouble is that of the first to tell.
        if matches!(self.phase, PacePhase::Fixed) || turn.changes != self.changes {
            return;
        }
        self.most = self.width.saturating_sub(1).max(1);
        self.phase = PacePhase::Settled { rounds: 1, step: 1 };
        self.change(self.width / 2);
    }

    fn change(&mut self, width: usize) {
        self.width = width.clamp(1, self.most);
        self.changes += 1;
        self.round = Round::default();
    }

    fn turn(&mut self, round: &Round) {
        // Little's law: as many at once, each for as long. It needs uploads of one width alone, where
        // counting what arrives would need a round for the change to take effect.
        let each = round.time.as_secs_f64().max(1e-6) / round.bytes as f64;
        let here = WidthRate { width: self.width, rate: self.width as f64 / each };
        // With too little to do, width is not what limits. One that found nobody waiting says little: the
        // next in line may just not have lined up yet.
        let idle = round.idle * 2 > round.uploads;
        match self.phase {
            PacePhase::Fixed => {}
            PacePhase::Trying { from: Some(from) } if idle || !pays(from, here) => {
                self.phase = PacePhase::Settled { rounds: SETTLED_ROUNDS, step: (from.width / 2).max(1) };
                self.change(from.width);
            }
            _ if idle => {}
            PacePhase::Trying { .. } => self.widen(here, self.width),
            PacePhase::Settled { rounds: 0, step } => self.widen(here, step),
            PacePhase::Settled { rounds, step } => {
                self.phase = PacePhase::Settled { rounds: rounds - 1, step }
            }
        }
    }

    fn widen(&mut self, from: WidthRate, step: usize) {
        if self.width == self.most {
            self.phase = PacePhase::Settled { rounds: SETTLED_ROUNDS, step };
        } else {
            self.phase = PacePhase::Trying { from: Some(from) };
            self.change(self.width + step);
        }
    }
}

/// Whether what arrives grew with the width.
fn pays(from: WidthRate, here: WidthRate) -> bool {
    let wider = here.width as f64 / from.width as f64 - 1.0;
    here.rate >= from.rate * (1.0 + MIN_GAIN * wider)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit of a simulated store.
    #[derive(Clone, Copy)]
    struct Link {
        /// Seconds that a request takes, whatever it carries.
        latency: f64,
        /// Bytes per second of one connection.
        each: f64,
        /// Bytes per second of all together.
        total: f64,
        /// More at once than this are sent away, and come back a second later.
        busy_above: usize,
    }

    const FREE: Link =
        Link { latency: 0.0, each: f64::INFINITY, total: f64::INFINITY, busy_above: usize::MAX };

    /// Sends `count` uploads of `bytes`; tells the seconds it took, the widest it went, and what was
    /// repeated.
    fn simulate(mut pace: Pace, link: Link, count: usize, bytes: u64) -> (f64, usize, u32) {
        let start = Instant::now();
        let at = |clock: f64| start + Duration::from_secs_f64(clock);
        let (mut clock, mut left, mut retries, mut widest) = (0.0_f64, count, 0, 0);
        // When each one under way ends; and those that wait after they were sent away.
        let mut under_way: Vec<(f64, UploadStart)> = Vec::new();
        let mut away = under_way.clone();
        let mut line_free = 0.0_f64;
        loop {
            while left > 0 && under_way.len() + away.len() < pace.width() {
                left -= 1;
                let turn = pace.begin(at(clock));
                if under_way.len() >= link.busy_above {
                    retries += 1;
                    pace.pushed_back(turn);
                    away.push((clock + 1.0, turn));
                    continue;
                }
                line_free = line_free.max(clock) + bytes as f64 / link.total;
                let own = clock + link.latency + bytes as f64 / link.each;
                under_way.push((own.max(line_free + link.latency), turn));
            }
            widest = widest.max(pace.width());
            let next = |ends: &[(f64, UploadStart)]| {
                let all = ends.iter().map(|(end, _)| *end).enumerate();
                all.min_by(|a, b| a.1.total_cmp(&b.1))
            };
            match (next(&under_way), next(&away)) {
                (None, None) => return (clock, widest, retries),
                (Some((which, end)), other) if other.is_none_or(|(_, back)| end <= back) => {
                    clock = end;
                    let (_, turn) = under_way.swap_remove(which);
                    pace.ended(turn, UploadEnd { at: at(clock), bytes, waiting: left > 0 });
                }
                (_, Some((which, back))) => {
                    clock = back;
                    let (_, turn) = away.swap_remove(which);
                    under_way.push((clock + link.latency + bytes as f64 / link.each, turn));
                }
                (Some(_), None) => unreachable!("the arm before takes it"),
            }
        }
    }

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn a_slow_connection_is_helped_by_more_of_them() {
        let link = Link { each: 20e6, ..FREE };
        let (adaptive, widest, _) = simulate(Pace::adaptive(), link, 256, 8 * MIB);
        let (four, _, _) = simulate(Pace::fixed(4), link, 256, 8 * MIB);
        let (most, _, _) = simulate(Pace::fixed(MOST), link, 256, 8 * MIB);
        assert_eq!(widest, MOST);
        assert!(adaptive < 1.2 * most && adaptive < 0.5 * four, "{adaptive:.1} s; {four:.1} s with 4");
    }

    #[test]
    fn latency_is_helped_too() {
        let link = Link { latency: 0.1, ..FREE };
        let (adaptive, widest, _) = simulate(Pace::adaptive(), link, 200, 16 * 1024);
        let (four, _, _) = simulate(Pace::fixed(4), link, 200, 16 * 1024);
        assert_eq!(widest, MOST);
        assert!(adaptive < 0.5 * four, "{adaptive:.2} s; {four:.2} s with 4");
    }

    #[test]
    fn a_full_line_is_not_helped_and_stays_as_it_was() {
        let link = Link { total: 100e6, latency: 0.02, ..FREE };
        let (adaptive, widest, _) = simulate(Pace::adaptive(), link, 256, 8 * MIB);
        let (four, _, _) = simulate(Pace::fixed(4), link, 256, 8 * MIB);
        assert!(adaptive < 1.02 * four, "{adaptive:.1} s; {four:.1} s with 4");
        assert_eq!(widest, 2 * FIRST, "one look beyond, no more");
    }

    #[test]
    fn storage_that_pushes_back_is_left_alone() {
        let link = Link { each: 20e6, busy_above: 6, ..FREE };
        let (adaptive, _, retries) = simulate(Pace::adaptive(), link, 256, 8 * MIB);
        let (sixteen, _, many) = simulate(Pace::fixed(MOST), link, 256, 8 * MIB);
        assert!(retries <= 8 && retries * 4 < many, "{retries} repeated, {many} with 16");
        let (six, _, _) = simulate(Pace::fixed(6), link, 256, 8 * MIB);
        assert!(adaptive < 1.4 * six, "{adaptive:.1} s; {six:.1} s with 6, {sixteen:.1} s with 16");
    }

    #[test]
    fn uploads_that_failed_together_push_back_once() {
        let mut pace = Pace::adaptive();
        let turn = pace.begin(Instant::now());
        for _ in 0..FIRST {
            pace.pushed_back(turn);
        }
        assert_eq!(pace.width(), FIRST / 2);
        pace.pushed_back(pace.begin(Instant::now()));
        assert_eq!(pace.width(), 1, "it was still too much");
        pace.pushed_back(pace.begin(Instant::now()));
        assert_eq!(pace.width(), 1, "one goes at least");
    }

    #[test]
    fn a_number_of_the_callers_is_kept() {
        let link = Link { each: 20e6, busy_above: 6, ..FREE };
        for width in [1, 4, 64] {
            assert_eq!(simulate(Pace::fixed(width), link, 100, MIB).1, width);
        }
    }

    /// As many uploads as one round has, of which some find nobody waiting.
    fn round(pace: &mut Pace, idle: usize) {
        let turn = pace.begin(Instant::now());
        for n in 0..pace.width() {
            let at = turn.began + Duration::from_millis(100);
            pace.ended(turn, UploadEnd { at, bytes: 1000, waiting: n >= idle });
        }
    }

    #[test]
    fn too_little_to_do_tells_nothing() {
        let mut pace = Pace::adaptive();
        (0..20).for_each(|_| round(&mut pace, 4));
        assert_eq!(pace.width(), FIRST);
        // Who has not lined up yet is not missing.
        round(&mut pace, 1);
        assert_eq!(pace.width(), 2 * FIRST);
        round(&mut pace, 8);
        assert_eq!(pace.width(), FIRST, "at the wider one there was nothing to do");
    }
}
