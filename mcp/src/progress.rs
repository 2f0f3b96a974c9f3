//! How far a call is, as the protocol tells it: one number that grows, although a job counts what is packed
//! and what is sent apart, and takes back what was sent in vain.

use dropoff::{Phase, Progress};
use rmcp::model::{ProgressNotificationParam, ProgressToken};

pub(crate) struct Meter {
    token: ProgressToken,
    /// Bytes that were packed before sending began.
    packed: u64,
    is_packing: bool,
    /// The number told last.
    told: Option<u64>,
}

impl Meter {
    pub(crate) fn new(token: ProgressToken) -> Self {
        Self { token, packed: 0, is_packing: false, told: None }
    }

    /// What is to be told now; nothing if nothing grew.
    pub(crate) fn look(&mut self, progress: &Progress) -> Option<ProgressNotificationParam> {
        match progress.phase {
            Phase::Packing => {
                self.is_packing = true;
                self.packed = self.packed.max(progress.bytes_done);
            }
            _ => self.is_packing = false,
        }
        let before = if self.is_packing { 0 } else { self.packed };
        let done = before + progress.bytes_done;
        if self.told.is_some_and(|told| done <= told) {
            return None;
        }
        self.told = Some(done);
        let told =
            ProgressNotificationParam::new(self.token.clone(), done as f64).with_message(words(progress));
        let total = before + progress.bytes_total;
        Some(if progress.bytes_total > 0 { told.with_total(total as f64) } else { told })
    }
}

fn words(progress: &Progress) -> String {
    let mut words = progress.phase.as_str().to_owned();
    if progress.files_total > 1 {
        words += &format!(", {} of {} files", progress.files_done, progress.files_total);
    }
    match progress.warning() {
        Some(warning) => format!("{words}; {warning}"),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_only_grows() {
        let mut meter = Meter::new(ProgressToken(rmcp::model::NumberOrString::Number(1)));
        let at = |phase, bytes_done| Progress { phase, bytes_done, bytes_total: 100, ..Progress::default() };
        let steps = [
            (Phase::Preparing, 0, Some((0.0, 100.0))),
            (Phase::Packing, 60, Some((60.0, 100.0))),
            (Phase::Packing, 100, Some((100.0, 100.0))),
            (Phase::Sending, 0, None),
            (Phase::Sending, 50, Some((150.0, 200.0))),
            (Phase::Sending, 10, None),
            (Phase::Sending, 100, Some((200.0, 200.0))),
            (Phase::Done, 100, None),
        ];
        for (phase, bytes, expected) in steps {
            let told = meter.look(&at(phase, bytes)).map(|told| (told.progress, told.total.unwrap_or(0.0)));
            assert_eq!(told, expected, "{phase:?} {bytes}");
        }
    }

    #[test]
    fn several_files_are_counted() {
        let progress =
            Progress { phase: Phase::Sending, files_done: 1, files_total: 3, ..Progress::default() };
        assert_eq!(words(&progress), "sending, 1 of 3 files");
        assert_eq!(words(&Progress::default()), "preparing");
    }
}
