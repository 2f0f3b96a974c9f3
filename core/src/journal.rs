//! A file that lets the same call go on after its process was killed, or the machine lost power.
//!
//! Owns how records are kept; knows nothing of what they say. Version 1 of the format:
//!
//! ```text
//! dropoff-journal 1
//! 1f0c2ab9 {"begun": …}
//! 83bd0e11 {"part": …}
//! ```
//!
//! The first line names format and version. Each line after it is one record: eight hex digits, which are the
//! first four bytes of BLAKE3 of the JSON behind them, a space, JSON. Records are only ever appended. A last line
//! that is cut off or does not fit its digits was being written when the process ended; it is dropped. The file
//! is readable by its owner alone, and locked while a call uses it.

use std::fs::File;
use std::io::{ErrorKind as Io, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::room;
use crate::runtime::blocking;

pub(crate) const FIRST_LINE: &[u8] = b"dropoff-journal 1\n";
/// What the first line of any version begins with.
const NAME: &[u8] = b"dropoff-journal ";

/// An open journal, locked. Dropping the last handle unlocks it.
#[derive(Clone)]
pub(crate) struct Journal {
    locked: Arc<Mutex<Locked>>,
    path: Arc<Path>,
}

struct Locked {
    file: File,
    pid: u32,
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Said and not left to closing: a forked child has the file open too, and the lock would stay with it.
        if self.pid == std::process::id() {
            let _ = flock(&self.file, FlockOperation::Unlock);
        }
    }
}

/// A journal as it was found.
pub(crate) struct Opened {
    pub(crate) journal: Journal,
    pub(crate) records: Vec<Value>,
    /// Another call had it first. If that has ended it meanwhile, its last record is all there is, and the journal is of
    /// no more use.
    pub(crate) waited: bool,
}

/// How long a journal in use is waited for. A call that was cancelled a moment ago may be writing its last record.
const PATIENCE: Duration = Duration::from_secs(2);

impl Journal {
    /// Opens or makes the journal at `path`, and reads its records.
    pub(crate) async fn open(path: PathBuf) -> Result<Opened> {
        let path: Arc<Path> = path.into();
        blocking("writing the journal", move || {
            let (file, waited) = locked(&path, PATIENCE)?;
            let mut locked = Locked { file, pid: std::process::id() };
            let records = read(&mut locked.file, &path)?;
            let journal = Self { locked: Arc::new(Mutex::new(locked)), path };
            Ok(Opened { journal, records, waited })
        })
        .await
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a record. It outlives this process, but perhaps not a loss of power.
    pub(crate) async fn append(&self, record: Value) -> Result<()> {
        self.write(record, false).await
    }

    /// Appends a record that outlives a loss of power too.
    pub(crate) async fn append_for_good(&self, record: Value) -> Result<()> {
        self.write(record, true).await
    }

    async fn write(&self, record: Value, sync: bool) -> Result<()> {
        self.with(move |file, path| {
            append(file, &record, sync).map_err(|e| failed(path, "writing", &e))?;
            if sync {
                sync_folder(path);
            }
            Ok(())
        })
        .await
    }

    /// Does something with the file, after everything else that was begun with it.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut File, &Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let journal = self.clone();
        blocking("writing the journal", move || {
            let mut locked = journal.locked.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut locked.file, &journal.path)
        })
        .await
    }

    /// Forgets every record.
    pub(crate) async fn clear(&self) -> Result<()> {
        self.with(|file, path| begin(file).map_err(|e| failed(path, "writing", &e))).await
    }

    /// Appends a last record and removes the file, in one go: a cancel in between would leave it. The record stays in
    /// the file that has no name by then, for whoever waits with it open.
    pub(crate) async fn end(&self, record: Value) -> Result<()> {
        self.with(move |file, path| {
            // If it can be removed it does not matter that nothing could be said in it.
            let said = append(file, &record, false).map_err(|e| failed(path, "writing", &e));
            removed(file, path, Some(&record)).map_err(|e| said.err().unwrap_or(e))
        })
        .await
    }

    /// Removes the file: what it was for is done. It is emptied first, so that another name of it holds no live
    /// URLs; and what has its name by now, if that is another file, is left alone.
    pub(crate) async fn remove(&self) -> Result<()> {
        self.with(|file, path| removed(file, path, None)).await
    }
}

fn removed(file: &mut File, path: &Path, last: Option<&Value>) -> Result<()> {
    let removed = begin(file).and_then(|()| {
        if let Some(last) = last {
            // Not worth a failure: it is for those who wait.
            let _ = append(file, last, false);
        }
        match is_at(file, path)? {
            true => std::fs::remove_file(path),
            false => Ok(()),
        }
    });
    removed.map_err(|e| failed(path, "removing", &e))
}

/// The file, made if there is none, and nobody else's for as long as it is open; and whether another call had it.
fn locked(path: &Path, patience: Duration) -> Result<(File, bool)> {
    let until = Instant::now() + patience;
    let mut waited = false;
    loop {
        let mut file = opened(path)?;
        // The file itself is waited for, and not its name: what the call that has it writes last is read from there.
        while !is_locked(&file, path)? {
            if Instant::now() >= until {
                return Err(in_use(path));
            }
            waited = true;
            std::thread::sleep(Duration::from_millis(20));
        }
        if is_at(&file, path).unwrap_or(false) {
            return Ok((file, waited));
        }
        // Whoever held it has removed it since it was opened here: because it was done, or because it came to nothing.
        if is_ended(&mut file) {
            return Ok((file, true));
        }
        if Instant::now() >= until {
            return Err(in_use(path));
        }
    }
}

/// Whether a file that was removed says why.
fn is_ended(file: &mut File) -> bool {
    let said = file.metadata().is_ok_and(|meta| meta.len() > FIRST_LINE.len() as u64);
    said && file.rewind().is_ok()
}

fn is_locked(file: &File, path: &Path) -> Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
        Err(e) => Err(failed(path, "locking", &e.into())),
    }
}

fn opened(path: &Path) -> Result<File> {
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32)
        .open(path)
        .map_err(|e| failed(path, "opening", &e))?;
    let meta = file.metadata().map_err(|e| failed(path, "looking at", &e))?;
    let refused = |why: &str, errno| {
        let shown = path.display();
        let error = Error::invalid(format!("the journal {shown} {why}; give another path"));
        Err(error.with_path(path).errno_of(errno))
    };
    if !meta.is_file() {
        return refused("is no regular file", rustix::io::Errno::INVAL);
    }
    // Its owner could read the URLs, whatever its permissions.
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return refused("belongs to another user", rustix::io::Errno::PERM);
    }
    Ok(file)
}

/// Whether it is this file that has the name.
fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    let (ours, there) = (file.metadata()?, std::fs::metadata(path));
    match there {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(e) if e.kind() == Io::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

pub(crate) fn read(file: &mut File, path: &Path) -> Result<Vec<Value>> {
    let unreadable = |e: std::io::Error| failed(path, "reading", &e);
    let mut start = Vec::new();
    file.take(FIRST_LINE.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    if start != FIRST_LINE {
        if FIRST_LINE.starts_with(&start) {
            return begin(file).map_err(|e| failed(path, "writing", &e)).map(|()| Vec::new());
        }
        let what = if start.starts_with(NAME) { "was written by another version" } else { "is not one" };
        return Err(Error::invalid(format!(
            "the journal {} {what} and was left as it is; give another path",
            path.display()
        ))
        .with_path(path));
    }
    // Anybody who could read it while it was open to them has seen its URLs; nobody else is to.
    private(file, path)?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).map_err(unreadable)?;
    let mut records = Vec::new();
    let mut end = FIRST_LINE.len();
    let mut lines = rest.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        match record(line) {
            Some(record) => records.push(record),
            None if lines.peek().is_none() => break,
            None => return Err(damaged(path, at + 2)),
        }
        end += line.len();
    }
    file.set_len(end as u64).map_err(|e| failed(path, "writing", &e))?;
    file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    Ok(records)
}

/// An empty file, or one whose first line was being written.
fn begin(file: &mut File) -> std::io::Result<()> {
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(FIRST_LINE)
}

fn private(file: &File, path: &Path) -> Result<()> {
    let meta = file.metadata().map_err(|e| failed(path, "looking at", &e))?;
    if meta.mode() & 0o077 == 0 {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
        .map_err(|e| failed(path, "keeping others from", &e))
}

/// The name of a new file is in its folder, which is written on its own. Where that cannot be asked for, the file
/// system does it in its own time.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

fn append(file: &mut File, record: &Value, sync: bool) -> std::io::Result<()> {
    let json = record.to_string();
    let line = format!("{} {json}\n", check(json.as_bytes()));
    // In one write: a torn line can only be the last.
    let before = file.stream_position()?;
    if let Err(e) = file.write_all(line.as_bytes()) {
        // A half line in the middle would make the journal unreadable.
        let _ = file.set_len(before).and_then(|()| file.seek(SeekFrom::Start(before)));
        return Err(e);
    }
    if sync { file.sync_data() } else { Ok(()) }
}

fn record(line: &[u8]) -> Option<Value> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (digits, json) = line.split_once(' ')?;
    if digits != check(json.as_bytes()) {
        return None;
    }
    serde_json::from_str(json).ok()
}

pub(crate) fn check(json: &[u8]) -> String {
    blake3::hash(json).to_hex()[..8].to_owned()
}

fn in_use(path: &Path) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!(
            "the journal {} is in use by another call; wait for it to end, or give another path",
            path.display()
        ),
    )
    .side_is(crate::error::Side::Caller)
    .with_path(path)
}

fn damaged(path: &Path, line: usize) -> Error {
    Error::invalid(format!(
        "the journal {} is damaged in line {line} and was left as it is; remove it to begin anew",
        path.display()
    ))
    .with_path(path)
}

fn failed(path: &Path, doing: &str, error: &std::io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => Error::new(
            ErrorKind::DiskFull,
            format!("no room left to write the journal {shown}; free some or give another path"),
        )
        .of_file(path, error),
        _ if room::is_out_of_files(error) => {
            room::no_files(&format!("{doing} the journal {shown}"), error).with_path(path)
        }
        _ => Error::invalid(format!(
            "{doing} the journal {shown} failed ({error}); give a path in a folder that can be written to"
        ))
        .of_file(path, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn opened(path: &Path) -> Result<(File, Vec<Value>)> {
        let (mut file, _) = locked(path, Duration::from_millis(50))?;
        let records = read(&mut file, path)?;
        Ok((file, records))
    }

    /// Waits until so many of this process's descriptors are of this file.
    fn open_by(path: &Path, count: usize) {
        let path = path.canonicalize().expect("there");
        let of_it = || {
            let all = std::fs::read_dir("/proc/self/fd").expect("descriptors").flatten();
            all.filter(|fd| std::fs::read_link(fd.path()).is_ok_and(|at| at == path)).count()
        };
        while of_it() < count {
            std::thread::yield_now();
        }
    }

    /// What a call that waits finds, if `end` is what the one that had the journal did last.
    fn found_after_waiting(end: impl FnOnce(&mut File, &Path)) -> (Vec<Value>, bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("j");
        let (mut first, _) = opened(&path).expect("a journal");
        append(&mut first, &json!({"begun": "secret"}), false).expect("written");
        let (there, waiting) = (path.clone(), Duration::from_secs(600));
        let second = std::thread::spawn(move || {
            let (mut file, waited) = locked(&there, waiting).expect("free at last");
            (read(&mut file, &there).expect("read"), waited)
        });
        open_by(&path, 2);
        end(&mut first, &path);
        drop(first);
        second.join().expect("no panic")
    }

    #[test]
    fn who_waited_is_told_how_the_other_ended() {
        let done = json!({"done": true, "transfer_id": "tr_1"});
        let ended = |file: &mut File, path: &Path| {
            std::fs::hard_link(path, path.with_extension("link")).expect("another name");
            removed(file, path, Some(&done)).expect("removed");
            let kept = std::fs::read_to_string(path.with_extension("link")).expect("read");
            assert!(!kept.contains("secret"), "{kept}");
        };
        assert_eq!(found_after_waiting(ended), (vec![done.clone()], true));
        // Another call has the name by then, which changes nothing.
        let replaced = |file: &mut File, path: &Path| {
            removed(file, path, Some(&done)).expect("removed");
            std::fs::write(path, FIRST_LINE).expect("a new one");
        };
        assert_eq!(found_after_waiting(replaced), (vec![done.clone()], true));
        let came_to_nothing = |file: &mut File, path: &Path| removed(file, path, None).expect("removed");
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
        let meta = std::fs::metadata(&path).expect("there");
        assert_eq!(meta.mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        written(&path, 1);
        let (_file, records) = opened(&path).expect("a journal");
        assert_eq!(std::fs::metadata(&path).expect("there").mode() & 0o777, 0o600, "made private again");
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
                        assert_eq!(
                            records.len(),
                            ends.iter().filter(|e| **e <= len).count().saturating_sub(1)
                        );
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
}
