//! Generated files: written, or compared with what is committed.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The files of one run.
pub struct Output {
    root: PathBuf,
    check: bool,
    texts: HashMap<String, String>,
    differing: Vec<String>,
}

impl Output {
    /// With `check`, nothing is written.
    pub fn new(root: &Path, check: bool) -> Self {
        Self { root: root.to_owned(), check, texts: HashMap::new(), differing: Vec::new() }
    }

    /// A file as it is.
    pub fn text(&mut self, path: &str, text: &str) {
        let place = self.root.join(path);
        if std::fs::read_to_string(&place).ok().as_deref() != Some(text) {
            self.differing.push(path.to_owned());
            if !self.check {
                std::fs::create_dir_all(place.parent().expect("a folder"))
                    .expect("the folder of a generated file");
                std::fs::write(&place, text).unwrap_or_else(|e| panic!("{path}: {e}"));
            }
        }
        self.texts.insert(path.to_owned(), text.to_owned());
    }

    /// A file as this run leaves it so far.
    pub fn read(&self, path: &str) -> String {
        let made = self.texts.get(path).cloned();
        let read = || std::fs::read_to_string(self.root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        made.unwrap_or_else(read)
    }

    /// A part of a file that people write: what stands between the two lines that name it.
    pub fn part(&mut self, path: &str, name: &str, text: &str) {
        let whole = self.read(path);
        let (begin, end) = (format!("<generated {name}>"), format!("</generated {name}>"));
        let from = whole.find(&begin).unwrap_or_else(|| panic!("{path} has no {begin}"));
        let from = from + whole[from..].find('\n').expect("a line of its own") + 1;
        let to = whole[from..].find(&end).unwrap_or_else(|| panic!("{path} has no {end}")) + from;
        let to = whole[..to].rfind('\n').expect("a line of its own") + 1;
        self.text(path, &format!("{}{text}{}", &whole[..from], &whole[to..]));
    }

    /// A file of Rust, formatted as the rest of the project is.
    pub fn rust(&mut self, path: &str, code: &str) {
        let text = formatted(&self.root, code);
        self.text(path, &text);
    }

    /// A text of this run.
    pub fn made(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Tells how it went.
    pub fn end(self) -> ExitCode {
        match (self.check, self.differing.as_slice()) {
            (_, []) => ExitCode::SUCCESS,
            (true, differing) => {
                eprintln!("not what the core's sources make: {}; run make generate", differing.join(", "));
                ExitCode::FAILURE
            }
            (false, differing) => {
                println!("written: {}", differing.join(", "));
                ExitCode::SUCCESS
            }
        }
    }
}

fn formatted(root: &Path, code: &str) -> String {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt: run rustup component add rustfmt");
    rustfmt.stdin.take().expect("a pipe").write_all(code.as_bytes()).expect("rustfmt reads");
    let made = rustfmt.wait_with_output().expect("rustfmt ends");
    assert!(made.status.success(), "rustfmt refuses:\n{code}");
    String::from_utf8(made.stdout).expect("rustfmt writes text")
}
