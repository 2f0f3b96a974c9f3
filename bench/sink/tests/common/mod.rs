//! A sink as a process, and what the tests ask of it.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::NamedTempFile;

const PATIENCE: Duration = Duration::from_secs(30);

/// Ends with this.
pub struct Sink {
    pub child: Child,
    pub url: String,
    pub ca_file: Option<String>,
    control_url: String,
    _stdout: BufReader<ChildStdout>,
}

impl Sink {
    pub fn start(options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dropoff-sink"))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            url: ready["url"].as_str().unwrap().to_owned(),
            ca_file: ready["ca_file"].as_str().map(str::to_owned),
            control_url: ready["control_url"].as_str().unwrap().to_owned(),
            _stdout: stdout,
        }
    }

    /// What it has counted.
    pub fn counts(&self) -> Value {
        self.control("GET")
    }

    /// Forgets it.
    pub fn reset(&self) -> Value {
        self.control("DELETE")
    }

    fn control(&self, method: &str) -> Value {
        let mut control = connect(&self.control_url);
        write!(control, "{method} / HTTP/1.1\r\nHost: sink\r\nConnection: close\r\n\r\n").unwrap();
        let answer = all_of(&mut control);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// A bare connection to the port for uploads.
    pub fn connect(&self) -> TcpStream {
        connect(&self.url)
    }

    /// Runs curl with these arguments, and the authority if there is one, and gives what it printed.
    pub fn curl(&self, arguments: &[&str]) -> String {
        let output = self.curl_command(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, to be started by the caller.
    pub fn curl_command(&self, arguments: &[&str]) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "30"]);
        if let Some(file) = &self.ca_file {
            curl.args(["--cacert", file]);
        }
        curl.args(arguments);
        curl
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn connect(url: &str) -> TcpStream {
    let (_, address) = url.split_once("://").unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Everything until the end of the connection.
pub fn all_of(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// One answer without a body.
pub fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

/// A file of that size.
pub fn file(bytes: usize) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(&vec![b'x'; bytes]).unwrap();
    file
}

/// As an argument.
pub fn text(path: &impl AsRef<Path>) -> &str {
    path.as_ref().to_str().unwrap()
}
