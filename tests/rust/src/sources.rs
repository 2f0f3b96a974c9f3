//! Makes the sources a scenario names.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use dropoff::{File, Source};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// A source, and the bytes it holds where they are known before the call.
pub struct Made {
    /// The source.
    pub source: Source,
    /// Its name and type, as the scenario gave them.
    pub name: Option<String>,
    /// See `name`.
    pub content_type: Option<String>,
    /// See `name`.
    pub encryption_iv: Option<String>,
    /// What it will send.
    pub bytes: Option<Vec<u8>>,
    /// A process that a lock in it names.
    pub browser: Option<crate::profiles::Browser>,
}

impl Made {
    /// As a file of a transfer.
    pub fn into_file(self) -> File {
        let mut file = File::new(self.source);
        if let Some(name) = self.name {
            file = file.name(name);
        }
        if let Some(content_type) = self.content_type {
            file = file.content_type(content_type);
        }
        if let Some(iv) = self.encryption_iv {
            file = file.encryption_iv(iv);
        }
        file
    }
}

/// Byte i is (i * 31 + 7) mod 251.
pub fn pattern(len: u64) -> Vec<u8> {
    (0..len).map(|i| ((i * 31 + 7) % 251) as u8).collect()
}

/// Bytes of hex digits.
pub fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).expect("a hex digit") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Lower-case hex of a SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A zip with one stored file of `len` bytes.
pub fn zip(len: u64) -> Vec<u8> {
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("Default/Cookies", stored).expect("a zip entry");
    zip.write_all(&pattern(len)).expect("a zip entry");
    zip.finish().expect("a zip").into_inner()
}

fn path_of(spec: &Map<String, Value>, at: usize, folder: &Path) -> PathBuf {
    let name = spec.get("name").and_then(Value::as_str);
    folder.join(name.map_or_else(|| format!("file-{at}.bin"), str::to_owned))
}

/// Gives the file of a source another time.
pub fn touch(spec: &Map<String, Value>, at: usize, folder: &Path) {
    if let Ok(file) = std::fs::File::options().write(true).open(path_of(spec, at, folder)) {
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        file.set_modified(old).expect("a time");
    }
}

/// Removes the file of a source.
pub fn remove(spec: &Map<String, Value>, at: usize, folder: &Path) {
    std::fs::remove_file(path_of(spec, at, folder)).expect("a file of the scenario");
}

/// Writes other bytes of the same length into the file of a source.
pub fn rewrite(spec: &Map<String, Value>, at: usize, folder: &Path) {
    let path = path_of(spec, at, folder);
    if let Ok(mut bytes) = std::fs::read(&path) {
        bytes.iter_mut().for_each(|byte| *byte ^= 0xff);
        std::fs::write(&path, bytes).expect("a temporary file");
    }
}

/// Makes one; files go below `folder`.
pub fn make(spec: &Map<String, Value>, at: usize, folder: &Path) -> Made {
    let text = |name: &str| spec.get(name).and_then(Value::as_str).map(str::to_owned);
    let len = |name: &str| spec.get(name).and_then(Value::as_u64);
    let file_name = text("name").unwrap_or_else(|| format!("file-{at}.bin"));
    let path = folder.join(&file_name);
    // A second making must not make another file of it, by its inode or its time.
    let same = |bytes: &[u8]| std::fs::read(&path).is_ok_and(|held| held == bytes);
    let write = |bytes: &[u8]| {
        if !same(bytes) {
            std::fs::write(&path, bytes).expect("a temporary file");
        }
    };

    let mut browser = None;
    let (source, bytes) = if let Some(n) = len("memory") {
        (Source::memory(pattern(n)), Some(pattern(n)))
    } else if let Some(n) = len("path") {
        write(&pattern(n));
        (Source::path(&path), Some(pattern(n)))
    } else if let Some(n) = len("reader") {
        (Source::reader(std::io::Cursor::new(pattern(n))), Some(pattern(n)))
    } else if let Some(n) = len("rewindable") {
        (Source::seekable(std::io::Cursor::new(pattern(n))), Some(pattern(n)))
    } else if let Some(n) = len("zip") {
        (Source::memory(zip(n)), Some(zip(n)))
    } else if let Some(content) = text("text") {
        (Source::memory(content.clone().into_bytes()), Some(content.into_bytes()))
    } else if let Some(hex) = text("hex") {
        let bytes = from_hex(&hex);
        write(&bytes);
        (Source::path(&path), Some(bytes))
    } else if let Some(files) = spec.get("folder").and_then(Value::as_object) {
        for (name, len) in files {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
            std::fs::write(&file, pattern(len.as_u64().expect("a length"))).expect("a file");
        }
        (Source::path(&path), None)
    } else if let Some(files) = spec.get("profile").and_then(Value::as_object) {
        browser = crate::profiles::make(files, &path);
        (Source::path(&path), None)
    } else if spec.contains_key("directory") {
        std::fs::create_dir(&path).expect("a folder");
        (Source::path(&path), None)
    } else if spec.contains_key("unreadable") {
        // Permissions do not stop root; a link to itself stops everyone.
        std::os::unix::fs::symlink(&path, &path).expect("a link");
        (Source::path(&path), None)
    } else {
        assert!(spec.contains_key("missing"), "unknown source {spec:?}");
        (Source::path(&path), None)
    };
    Made {
        source,
        name: text("name"),
        content_type: text("content_type"),
        encryption_iv: text("encryption_iv"),
        bytes,
        browser,
    }
}
