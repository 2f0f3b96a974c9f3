//! All that this program asks of the operating system itself: its signals, and paths by their bytes.

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
/// The signals that end a program.
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    pub fn new() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }
    /// Waits for the next one.
    pub async fn next(&mut self) {
        self.0.recv().await;
    }
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
