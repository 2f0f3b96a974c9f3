//! All that this program asks of the operating system itself: its signals, paths by their bytes, where
//! programs keep what outlives them, and how its shell sets a variable.

use std::path::PathBuf;

#[cfg(unix)]
/// The signals that end a program.
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub fn new() -> std::io::Result<Self> {
        use std::os::unix::net::UnixStream;
        use tokio::signal::unix::{SignalKind, signal};
        // As many descriptors as tokio is about to take: it panics where it gets none.
        drop((UnixStream::pair()?, UnixStream::pair()?));
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }
    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
/// The signals that end a program: Ctrl-C, Ctrl-Break, and the end of the console or of the system, which
/// leave it some five seconds.
pub struct Signals {
    interrupted: tokio::signal::windows::CtrlC,
    broken: tokio::signal::windows::CtrlBreak,
    closed: tokio::signal::windows::CtrlClose,
    shut_down: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    pub fn new() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupted: ctrl_c()?,
            broken: ctrl_break()?,
            closed: ctrl_close()?,
            shut_down: ctrl_shutdown()?,
        })
    }
    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.broken.recv() => {}
            _ = self.closed.recv() => {}
            _ = self.shut_down.recv() => {}
        }
    }
}

/// The user's folder for what programs keep and nobody else needs (XDG Base Directory Specification), or none
/// without a home.
#[cfg(unix)]
pub fn state_folder() -> Option<PathBuf> {
    let set = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    set.or_else(|| Some(home()?.join(".local/state")))
}

/// The user's folder for what programs keep on this machine, or none without a home.
#[cfg(windows)]
pub fn state_folder() -> Option<PathBuf> {
    let set = std::env::var_os("LOCALAPPDATA").map(PathBuf::from).filter(|folder| folder.is_absolute());
    set.or_else(|| Some(home()?.join("AppData").join("Local")))
}

/// An empty one would be the current folder.
fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// The line that sets a variable of the environment in a shell; the value has no quote.
#[cfg(unix)]
pub fn assignment(name: &str, value: &str) -> String {
    format!("export {name}={value}")
}

/// The line that sets a variable of the environment in PowerShell; the value has no quote.
#[cfg(windows)]
pub fn assignment(name: &str, value: &str) -> String {
    format!("$env:{name} = '{value}'")
}

/// The paths of a list, a line each, as they are.
///
/// # Errors
/// Bytes that are no text, where paths are made of text.
#[cfg(unix)]
pub fn paths_of_lines(lines: &[u8]) -> Result<Vec<PathBuf>, std::str::Utf8Error> {
    use std::os::unix::ffi::OsStrExt;
    Ok(lines_of(lines).map(|line| PathBuf::from(std::ffi::OsStr::from_bytes(line))).collect())
}

/// The paths of a list, a line each, as they are.
///
/// # Errors
/// Bytes that are no text, where paths are made of text.
#[cfg(windows)]
pub fn paths_of_lines(lines: &[u8]) -> Result<Vec<PathBuf>, std::str::Utf8Error> {
    lines_of(lines).map(|line| std::str::from_utf8(line).map(PathBuf::from)).collect()
}

fn lines_of(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = lines.split(|byte| *byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty())
}
