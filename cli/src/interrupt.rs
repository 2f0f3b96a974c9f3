//! Ctrl-C and the request to terminate: the first cancels the call that runs, so that it cleans up; the
//! second ends the process at once. It owns the signals, and must not know what runs.

use std::sync::{Mutex, Once, PoisonError};

use crate::exit::Exit;
use crate::screen::Screen;
use crate::sys::Signals;

type Cancel = Box<dyn Fn() + Send>;

/// What the first signal cancels; with nothing to cancel it ends the process.
static RUNNING: Mutex<Option<Cancel>> = Mutex::new(None);

/// Listens from now on. Where the system refuses a handler, a signal ends the process as ever.
pub fn listen(screen: &Screen) {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| start_listening(screen));
}

fn start_listening(screen: &Screen) {
    let screen = screen.clone();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
    let signals = {
        let _entered = runtime.enter();
        Signals::new()
    };
    let Ok(mut signals) = signals else { return };
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                signals.next().await;
                interrupted(&screen);
            }
        });
    });
}

/// What a signal is to cancel from now on.
pub fn set_running(cancel: Option<Cancel>) {
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = cancel;
}

fn interrupted(screen: &Screen) {
    let cancel = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take();
    match cancel {
        Some(cancel) => {
            cancel();
            screen.line("cancelling and cleaning up; once more ends at once");
        }
        None => {
            screen.set_bar(None);
            std::process::exit(Exit::Interrupted.code().into());
        }
    }
}
