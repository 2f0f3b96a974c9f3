//! A look at the allowed folders before the server starts, for whoever starts it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::Builder;
use std::time::{Duration, Instant};

/// A mount that answers later is as good as dead, and clients wait for the server's first word.
const LOOK_TIME: Duration = Duration::from_secs(2);

/// Sentences about folders that are not there or do not answer.
pub(crate) fn notes(roots: &[PathBuf]) -> Vec<String> {
    notes_of(roots, LOOK_TIME, Path::exists)
}

fn notes_of(roots: &[PathBuf], limit: Duration, exists: fn(&Path) -> bool) -> Vec<String> {
    let (queue, answers) = mpsc::channel();
    // Of one that begins with `~` only the core knows where it is.
    let mut awaited: BTreeMap<usize, &Path> =
        roots.iter().map(PathBuf::as_path).enumerate().filter(|(_, root)| !root.starts_with("~")).collect();
    awaited.retain(|at, root| {
        let (at, root, queue) = (*at, root.to_path_buf(), queue.clone());
        // Whoever has no thread for a look learns nothing from it.
        let look = move || {
            // Nobody waits for a late one.
            let _ = queue.send((at, exists(&root)));
        };
        Builder::new().spawn(look).is_ok()
    });
    drop(queue);
    let (started, mut gone) = (Instant::now(), Vec::new());
    while let Ok((at, exists)) = answers.recv_timeout(limit.saturating_sub(started.elapsed())) {
        gone.extend(awaited.remove(&at).filter(|_| !exists));
    }
    let told = |root: &Path, how: &str| format!("{} is allowed and {how}", root.display());
    let gone = gone.into_iter().map(|root| told(root, "not there; check the path"));
    let silent = awaited.into_values().map(|root| told(root, "does not answer; check the mount it is on"));
    gone.chain(silent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_not_there_or_do_not_answer_are_told_and_no_others() {
        let exists = |root: &Path| match root.to_str() {
            Some("/dead") => loop {
                std::thread::park();
            },
            other => other == Some("/there"),
        };
        let roots = ["/there", "/gone", "/dead", "~/home"].map(PathBuf::from);
        let told = notes_of(&roots, Duration::from_millis(200), exists);
        assert!(
            told.iter().any(|note| note == "/dead is allowed and does not answer; check the mount it is on")
        );
        // A slow machine tells it of others as well.
        assert!(told.iter().all(|note| !note.contains("home")), "{told:?}");
        let roots = ["/there", "/gone"].map(PathBuf::from);
        let told = notes_of(&roots, Duration::from_secs(600), exists);
        assert_eq!(told, ["/gone is allowed and not there; check the path"]);
    }
}
