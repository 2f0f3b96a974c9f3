//! Packing a browser's user-data folder into a zip. The folder is only read.
//!
//! Left out are what ties a profile to a running process or one machine's disk (locks, sockets,
//! symlinks) and the caches a browser makes again by itself. Everything else is kept, unknown names
//! too: a list of what to keep would lose data whenever a browser adds a file.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::{Error, ErrorKind, Result};
use crate::source::{Spool, Spooled};

/// What packing a folder did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct PackReport {
    /// Files in the archive.
    pub files: u64,
    /// Their size before packing.
    pub bytes: u64,
    /// Entries left out: locks, sockets, symlinks and caches; a folder counts once.
    pub left_out: u64,
}

/// Names that belong to a running browser or to this machine, wherever they are.
const RUNTIME: &[&str] = &[
    "SingletonLock",      // Chrome: symlink to host-pid
    "SingletonSocket",    // Chrome: symlink to a socket in a temporary folder
    "SingletonCookie",    // Chrome: symlink beside the two above
    "lockfile",           // Chrome on Windows
    "DevToolsActivePort", // Chrome: the port of this run
    "RunningChromeVersion",
    "chrome_debug.log",
    ".parentlock", // Firefox: fcntl lock
    "parent.lock", // Firefox on Windows
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
];

/// LevelDB's own lock and text logs. Only beside a `CURRENT`, and never `*.log`: `000123.log` is the
/// write-ahead log and holds the newest data.
const LEVELDB: &[&str] = &["LOCK", "LOG", "LOG.old"];

/// Folders a browser fills again, at the top of a user-data folder or of a profile in it. Deeper down
/// the same name may be a site's or an extension's.
const CACHES: &[&str] = &[
    "Cache",
    "Code Cache",
    "GPUCache",
    "ShaderCache",
    "GrShaderCache",
    "GraphiteDawnCache",
    "DawnCache",
    "DawnGraphiteCache",
    "DawnWebGPUCache",
    "Media Cache",
    "Application Cache",
    "Crashpad",
    "Crash Reports",
    "BrowserMetrics",
    "component_crx_cache",
    "extensions_crx_cache",
    "cache2",
    "startupCache",
    "shader-cache",
];
const CACHE_DEPTH: usize = 1;

/// Level 1 is a fifth of level 6's time for archives an eighth larger, and a profile is sent once.
const LEVEL: i64 = 1;

/// Packs on the blocking pool. Dropping the future stops the packing.
pub(super) async fn pack_folder(
    folder: PathBuf,
    spool_dir: Option<PathBuf>,
) -> Result<(Spooled, PackReport)> {
    struct StopOnDrop(Arc<AtomicBool>);
    impl Drop for StopOnDrop {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let guard = StopOnDrop(Arc::clone(&stop));
    let spool = Spool::new(spool_dir.as_deref());
    let packed = tokio::task::spawn_blocking(move || pack(&folder, &spool, &stop)).await;
    drop(guard);
    packed.unwrap_or_else(|e| Err(Error::internal("packing panicked").cause(&e)))
}

fn pack(folder: &Path, spool: &Spool, stop: &AtomicBool) -> Result<(Spooled, PackReport)> {
    let mut found = Found::default();
    walk(folder, &mut Vec::new(), &mut found)?;
    if found.files.is_empty() {
        let shown = folder.display();
        return Err(Error::invalid(format!(
            "{shown} holds no profile data; give the browser's user-data folder"
        )));
    }
    // By bytes of the name, so that the same folder always gives the same archive.
    found.files.sort();
    let mut zip = ZipWriter::new(io::BufWriter::with_capacity(256 * 1024, spool.create()?));
    let mut report = PackReport { files: 0, bytes: 0, left_out: found.left_out };
    for name in &found.files {
        if stop.load(Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, "cancelled by the caller"));
        }
        if let Some(bytes) = add(&mut zip, folder, name, spool)? {
            report.files += 1;
            report.bytes += bytes;
        }
    }
    let mut file = zip
        .finish()
        .and_then(|buffered| buffered.into_inner().map_err(|e| e.into_error().into()))
        .map_err(|e| writing(spool, e))?;
    let len = file.seek(io::SeekFrom::End(0)).map_err(|e| writing(spool, e.into()))?;
    Ok((spool.finished(file, len), report))
}

#[derive(Default)]
struct Found {
    /// Paths inside the folder, with `/`.
    files: Vec<String>,
    left_out: u64,
}

fn walk(folder: &Path, inside: &mut Vec<String>, found: &mut Found) -> Result<()> {
    let here: PathBuf = folder.join(inside.join("/"));
    let reading = |e: io::Error| Error::local_io(&here, "listing", &e);
    let entries: Vec<fs::DirEntry> =
        fs::read_dir(&here).map_err(reading)?.collect::<io::Result<_>>().map_err(reading)?;
    let leveldb = entries.iter().any(|e| e.file_name() == "CURRENT");
    for entry in entries {
        let kind = entry.file_type().map_err(reading)?;
        let name = entry.file_name().into_string().map_err(|raw| {
            Error::invalid(format!(
                "the name {raw:?} in {} is not UTF-8, which a zip cannot hold; rename it",
                here.display()
            ))
        })?;
        let cache = kind.is_dir() && inside.len() <= CACHE_DEPTH && CACHES.contains(&name.as_str());
        let runtime = RUNTIME.contains(&name.as_str())
            || (leveldb && LEVELDB.contains(&name.as_str()))
            || name.ends_with("-shm"); // SQLite rebuilds it; -wal and -journal hold data and stay
        if cache || runtime || !(kind.is_dir() || kind.is_file()) {
            found.left_out += 1;
        } else if kind.is_dir() {
            inside.push(name);
            walk(folder, inside, found)?;
            inside.pop();
        } else {
            let mut path = inside.join("/");
            if !path.is_empty() {
                path.push('/');
            }
            found.files.push(path + &name);
        }
    }
    Ok(())
}

/// Adds one file; `None` if it vanished since the folder was listed, as volatile files do.
fn add<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    folder: &Path,
    name: &str,
    spool: &Spool,
) -> Result<Option<u64>> {
    let path = folder.join(name);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::local_io(&path, "opening", &e)),
    };
    let size = file.metadata().map_err(|e| Error::local_io(&path, "looking at", &e))?.len();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default()) // 1980-01-01: the archive tells no times
        .unix_permissions(0o644)
        .large_file(size >= u64::from(u32::MAX));
    zip.start_file(name, options).map_err(|e| writing(spool, e))?;
    let mut buffer = vec![0; 128 * 1024];
    let mut copied = 0;
    loop {
        let count = file.read(&mut buffer).map_err(|e| Error::local_io(&path, "reading", &e))?;
        if count == 0 {
            return Ok(Some(copied));
        }
        zip.write_all(&buffer[..count]).map_err(|e| writing(spool, e.into()))?;
        copied += count as u64;
    }
}

fn writing(spool: &Spool, error: zip::result::ZipError) -> Error {
    let error: io::Error = error.into();
    spool.failed("writing", &error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{FileExt, symlink};

    fn names(spooled: &Spooled) -> Vec<String> {
        let mut bytes = vec![0; usize::try_from(spooled.len()).expect("small")];
        spooled.file().read_exact_at(&mut bytes, 0).expect("read");
        let zip = zip::ZipArchive::new(io::Cursor::new(bytes)).expect("a zip");
        zip.file_names().map(|name| name.expect("a name").into_owned()).collect()
    }

    #[test]
    fn locks_sockets_symlinks_and_caches_stay_and_data_goes() {
        let dir = tempfile::tempdir().expect("dir");
        for path in [
            "Local State",
            "Default/Cookies",
            "Default/Cookies-wal",
            "Default/Cookies-shm",
            "Default/Cache/data_0",
            "Default/Local Storage/leveldb/CURRENT",
            "Default/Local Storage/leveldb/LOCK",
            "Default/Local Storage/leveldb/000003.log",
            "Default/Extensions/x/Cache/kept.js",
            "Default/LOCK", // not beside a CURRENT: unknown, so kept
            "GPUCache/index",
        ] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
            fs::write(path, b"x").expect("write");
        }
        symlink("host-1", dir.path().join("SingletonLock")).expect("symlink");
        symlink("Cookies", dir.path().join("Default/link")).expect("symlink");
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).expect("socket");
        let stop = AtomicBool::new(false);
        let (spooled, report) = pack(dir.path(), &Spool::new(None), &stop).expect("packed");
        assert_eq!(
            names(&spooled),
            [
                "Default/Cookies",
                "Default/Cookies-wal",
                "Default/Extensions/x/Cache/kept.js",
                "Default/LOCK",
                "Default/Local Storage/leveldb/000003.log",
                "Default/Local Storage/leveldb/CURRENT",
                "Local State",
            ]
        );
        assert_eq!(report, PackReport { files: 7, bytes: 7, left_out: 7 });
    }

    #[test]
    fn an_empty_folder_is_refused_and_a_stop_is_heeded() {
        let dir = tempfile::tempdir().expect("dir");
        let error = pack(dir.path(), &Spool::new(None), &AtomicBool::new(false)).err().expect("empty");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        fs::write(dir.path().join("a"), b"x").expect("write");
        let error = pack(dir.path(), &Spool::new(None), &AtomicBool::new(true)).err().expect("stopped");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
}
