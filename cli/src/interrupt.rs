//! Ctrl-C and the request to terminate: the first cancels the call that runs, so that it cleans up; the
//! second ends the process at once. It owns the signals, and must not know what runs.

use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::exit::Exit;
use crate::screen::Screen;
use crate::sys::Signals;

type Cancel = Box<dyn Fn() + Send>;

/// What signals find.
enum State {
    /// No call was made yet, and so a signal ends the process.
    Idle,
    /// The first signal cancels it.
    Running(Cancel),
    /// What there is to tell of the calls is told before the process ends by itself.
    Over,
    /// The first signal came at this time.
    Asked(Instant),
}

static STATE: Mutex<State> = Mutex::new(State::Idle);

/// Two signals within this time are one: `timeout`, systemd and `kill -- -GROUP` tell a whole group, so that
/// a program that was told already is told again by a parent that passes on what it gets. No person presses
/// so fast.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Where standard error takes anything, it has it by then.
const SAID_WITHIN: Duration = Duration::from_millis(100);

/// Listens from now on. Where the system refuses a handler or a thread, a signal ends the process as ever.
pub fn listen(screen: &Screen) {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| start_listening(screen));
}

fn start_listening(screen: &Screen) {
    let screen = screen.clone();
    let (ready, is_ready) = mpsc::sync_channel(1);
    // The thread before the handlers: with these alone nobody would hear a signal.
    let listening = thread::Builder::new().name("dropoff-signals".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::new() else { return };
            let _ = ready.send(());
            loop {
                signals.next().await;
                interrupted(&screen);
            }
        });
    });
    if listening.is_ok() {
        // An error is that there are no handlers.
        let _ = is_ready.recv();
    }
}

/// What the first signal is to cancel from now on. If it came before, that is done at once.
pub fn set_running(cancel: Cancel) {
    let mut state = state();
    match &*state {
        State::Asked(_) => cancel(),
        _ => *state = State::Running(cancel),
    }
}

/// The call is over, and its result is still to be told.
pub fn set_over() {
    let mut state = state();
    if !matches!(*state, State::Asked(_)) {
        *state = State::Over;
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn interrupted(screen: &Screen) {
    let screen = screen.clone();
    let mut state = state();
    match &*state {
        State::Asked(at) if at.elapsed() < AT_ONCE => {}
        State::Idle | State::Asked(_) => {
            say(move || screen.set_bar(None));
            std::process::exit(Exit::Interrupted.code().into());
        }
        State::Over => *state = State::Asked(Instant::now()),
        State::Running(cancel) => {
            say(move || screen.line("cancelling and cleaning up; once more ends at once"));
            cancel();
            *state = State::Asked(Instant::now());
        }
    }
}

/// Whoever listens waits for nobody: standard error may be a pipe that nobody reads, or a terminal that was
/// stopped. Without a thread it is left unsaid.
fn say(what: impl FnOnce() + Send + 'static) {
    let (said, is_said) = mpsc::sync_channel(1);
    let say = move || {
        what();
        let _ = said.send(());
    };
    if thread::Builder::new().spawn(say).is_ok() {
        let _ = is_said.recv_timeout(SAID_WITHIN);
    }
}
