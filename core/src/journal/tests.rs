//! Tests of journals, on real files.

use std::fs::File;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::format::{FIRST_LINE, append, read};
use super::handle::remove_file;
use super::lock::{lock_file, lock_opened, open_file};
use crate::error::{ErrorKind, Result};
use crate::sys::testing::{is_private, open_to_all};

/// Unlocked before it is closed, as a `Journal` is: Windows unlocks a file that was closed when it gets to it.
#[derive(Debug)]
struct Locked(File);

impl Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for Locked {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.unlock().expect("unlocked");
    }
}

fn opened(path: &Path) -> Result<(Locked, Vec<Value>)> {
    let mut file = Locked(lock_file(path, Duration::from_millis(50))?.0);
    let records = read(&mut file, path)?;
    Ok((file, records))
}

/// The records that a waiting call finds after the call that had the journal ended it.
fn found_after_waiting(end: impl FnOnce(&mut File, &Path)) -> (Vec<Value>, bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("j");
    let (mut first, _) = opened(&path).expect("a journal");
    append(&mut first, &json!({"begun": "secret"}), false).expect("written");
    let (there, waiting) = (path.clone(), Duration::from_secs(600));
    let (told, has_opened) = std::sync::mpsc::channel();
    let second = std::thread::spawn(move || {
        let opened = open_file(&there).expect("a journal");
        told.send(()).expect("heard");
        let (mut file, waited) = lock_opened(opened, &there, waiting).expect("free at last");
        (read(&mut file, &there).expect("read"), waited)
    });
    has_opened.recv().expect("told");
    end(&mut first, &path);
    drop(first);
    second.join().expect("no panic")
}

#[test]
fn who_waited_is_told_how_the_other_ended() {
    let done = json!({"done": true, "transfer_id": "tr_1"});
    let ended = |file: &mut File, path: &Path| {
        std::fs::hard_link(path, path.with_extension("link")).expect("another name");
        remove_file(file, path, Some(&done)).expect("removed");
        let kept = std::fs::read_to_string(path.with_extension("link")).expect("read");
        assert!(!kept.contains("secret"), "{kept}");
    };
    assert_eq!(found_after_waiting(ended), (vec![done.clone()], true));
    // Another call has the name by then, which changes nothing.
    let replaced = |file: &mut File, path: &Path| {
        remove_file(file, path, Some(&done)).expect("removed");
        std::fs::write(path, FIRST_LINE).expect("a new one");
    };
    assert_eq!(found_after_waiting(replaced), (vec![done.clone()], true));
    let came_to_nothing = |file: &mut File, path: &Path| remove_file(file, path, None).expect("removed");
    assert_eq!(found_after_waiting(came_to_nothing).0, Vec::<Value>::new());
    assert_eq!(found_after_waiting(|_, _| {}).0, vec![json!({"begun": "secret"})]);
}

fn written(path: &Path, count: u64) {
    let (mut file, _) = opened(path).expect("a journal");
    for n in 0..count {
        append(&mut file, &json!({"n": n, "text": "a\nb"}), n == 0).expect("written");
    }
}

#[test]
fn records_are_read_back_and_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("j");
    written(&path, 2);
    assert!(is_private(&path));
    open_to_all(&path);
    written(&path, 1);
    let (_file, records) = opened(&path).expect("a journal");
    assert!(is_private(&path), "made private again");
    assert_eq!(records.len(), 3);
    assert_eq!(records[1], json!({"n": 1, "text": "a\nb"}));
}

#[test]
fn a_journal_cut_off_anywhere_keeps_its_whole_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("j");
    written(&path, 3);
    let whole = std::fs::read(&path).expect("read");
    let ends: Vec<usize> =
        whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    for len in 0..whole.len() {
        for tail in [&b""[..], &[0; 7]] {
            std::fs::write(&path, [&whole[..len], tail].concat()).expect("cut");
            let torn_first = len < FIRST_LINE.len() && !tail.is_empty();
            match opened(&path) {
                Ok((mut file, records)) => {
                    assert_eq!(records.len(), ends.iter().filter(|e| **e <= len).count().saturating_sub(1));
                    append(&mut file, &json!("next"), false).expect("goes on");
                    drop(file);
                    let (_, again) = opened(&path).expect("whole again");
                    assert_eq!(again.len(), records.len() + 1, "cut at {len}");
                }
                // Zeros where the name should be are not ours to overwrite.
                Err(_) => assert!(torn_first, "cut at {len}"),
            }
        }
    }
}

#[test]
fn what_is_no_journal_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("j");
    written(&path, 3);
    let good = std::fs::read(&path).expect("read");
    let mut damaged = good.clone();
    damaged[FIRST_LINE.len() + 12] ^= 1;
    for (content, what) in [
        (b"my shopping list\n".to_vec(), "is not one"),
        (b"x".to_vec(), "is not one"),
        (b"dropoff-journal 2\n".to_vec(), "another version"),
        (damaged, "damaged in line 2"),
    ] {
        std::fs::write(&path, &content).expect("written");
        let error = opened(&path).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains(what), "{error}");
        assert_eq!(std::fs::read(&path).expect("read"), content);
    }
    let error = opened(folder.path()).expect_err("a folder");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn only_one_call_at_a_time_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("j");
    let (first, _) = opened(&path).expect("a journal");
    assert_eq!(opened(&path).expect_err("in use").kind(), ErrorKind::Conflict);
    drop(first);
    opened(&path).expect("free again");
}
