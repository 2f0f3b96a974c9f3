//! The signals that end the program, which differ by system.

/// Ends with the first signal that asks for it; those are caught from the call on.
///
/// # Errors
/// The system takes no handler.
#[cfg(unix)]
pub fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut terminated, mut interrupted) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}

/// Ctrl-C, Ctrl-Break, and the end of the console.
///
/// # Errors
/// The system takes no handler.
#[cfg(windows)]
pub fn told_to_end() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};

    let (mut c, mut broken, mut closed) = (ctrl_c()?, ctrl_break()?, ctrl_close()?);
    Ok(async move {
        tokio::select! {
            _ = c.recv() => {}
            _ = broken.recv() => {}
            _ = closed.recv() => {}
        }
    })
}
