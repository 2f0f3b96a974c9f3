//! Makes browser profile folders with all that is odd in them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command};

use serde_json::{Map, Value};

use crate::sources::{from_hex, pattern};

/// A process that looks like a browser, ended with this.
#[derive(Debug)]
pub struct Browser(Child);

impl Browser {
    /// Starts one; its program lies in `folder`.
    pub fn start(folder: &Path) -> Self {
        let program = folder.join("chrome");
        std::fs::copy("/bin/sleep", &program).expect("a program");
        Self(Command::new(&program).arg("60").spawn().expect("a process"))
    }

    /// What its lock says.
    pub fn lock(&self) -> String {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        format!("{host}-{}", self.0.id())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Bytes that do not compress.
pub fn random(len: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(len).expect("a length")];
    fastrand::Rng::with_seed(len).fill(&mut bytes);
    bytes
}

/// Makes the folder at `root`; gives the process that its lock names, if it names one.
pub fn make(names: &Map<String, Value>, root: &Path) -> Option<Browser> {
    let mut browser = None;
    std::fs::create_dir_all(root).expect("a folder");
    for (name, what) in names {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        let number = |key: &str| what.get(key).and_then(Value::as_u64);
        let text = |key: &str| what.get(key).and_then(Value::as_str);
        if what.is_null() {
            std::fs::create_dir_all(&path).expect("a folder");
        } else if let Some(target) = text("symlink") {
            let mut target = target.to_owned();
            if target.contains("$live") {
                let started = browser.get_or_insert_with(|| Browser::start(root.parent().expect("a parent")));
                target = target.replace("$live", &started.lock());
            }
            // A second making finds it there.
            let _ = symlink(target, &path);
        } else if what.get("socket").is_some() {
            drop(UnixListener::bind(&path));
        } else if what.get("fifo").is_some() {
            Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        } else if let Some(hex) = text("raw_name") {
            std::fs::create_dir_all(&path).expect("a folder");
            std::fs::write(path.join(OsStr::from_bytes(&from_hex(hex))), "").expect("a file");
        } else {
            let bytes = what.as_u64().map(pattern).or_else(|| text("text").map(|t| t.as_bytes().to_vec()));
            let bytes = bytes.or_else(|| text("hex").map(from_hex)).or_else(|| number("random").map(random));
            std::fs::write(&path, bytes.expect("what a file holds")).expect("a file");
        }
    }
    browser
}
