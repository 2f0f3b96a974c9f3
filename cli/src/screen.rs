//! Standard error, which bar, log and errors share. It owns that a line never lands within the bar.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;

/// Standard error. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    bar: Arc<Mutex<Option<ProgressBar>>>,
}

impl Screen {
    /// Prints a line, above the bar if there is one. Closed standard error is nobody's loss.
    pub fn line(&self, text: &str) {
        let print = || drop(writeln!(anstream::stderr().lock(), "{text}"));
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// The bar that lines are to stay above; `None` once it is gone.
    pub fn set_bar(&self, bar: Option<ProgressBar>) {
        let gone = std::mem::replace(&mut *self.bar.lock().unwrap_or_else(PoisonError::into_inner), bar);
        if let Some(bar) = gone {
            bar.finish_and_clear();
        }
    }
}
