//! Typed setters, one per row of the table. Made by dropoff-generate from it. Do not edit.

use std::path::PathBuf;
use std::time::Duration;

use super::table::OptionValue;
use super::values::Options;
use crate::error::Result;

impl Options {
    /// How long connecting may take: name lookup, TCP, proxy and TLS together. It takes as many times as long
    /// where connections of the client share a slow line. Default 10 s.
    ///
    /// # Errors
    /// `invalid_input` for anything but 0.001 s to 10 min.
    pub fn connect_timeout(self, limit: Duration) -> Result<Self> {
        self.with("connect_timeout", OptionValue::Duration(limit))
    }
    /// How long the peer may acknowledge nothing before an upload counts as stalled. A slow upload that moves
    /// is never ended, nor one that others of the client keep waiting on a slow line, and time in which the
    /// process is suspended does not count. Default 30 s.
    ///
    /// # Errors
    /// `invalid_input` for anything but 0.001 s to 1 h.
    pub fn stall_timeout(self, limit: Duration) -> Result<Self> {
        self.with("stall_timeout", OptionValue::Duration(limit))
    }
    /// How long storage may take to answer after it acknowledged the last byte. Default 120 s.
    ///
    /// # Errors
    /// `invalid_input` for anything but 0.001 s to 1 h.
    pub fn response_timeout(self, limit: Duration) -> Result<Self> {
        self.with("response_timeout", OptionValue::Duration(limit))
    }
    /// How often one request is tried in all. Default 5.
    ///
    /// # Errors
    /// `invalid_input` for anything but 1 to 100.
    pub fn max_attempts(self, number: u64) -> Result<Self> {
        self.with("max_attempts", OptionValue::Number(number))
    }
    /// The first retry waits a random time up to this; each later one up to twice the one before. Uploads
    /// wait twice this besides, since storage takes about one write a second of one key. Default 0.5 s.
    ///
    /// # Errors
    /// `invalid_input` for anything but 0 to 10 min.
    pub fn backoff_base(self, limit: Duration) -> Result<Self> {
        self.with("backoff_base", OptionValue::Duration(limit))
    }
    /// The most that the random part of a wait between two tries grows to. Default 30 s.
    ///
    /// # Errors
    /// `invalid_input` for anything but 0 to 1 h.
    pub fn backoff_cap(self, limit: Duration) -> Result<Self> {
        self.with("backoff_cap", OptionValue::Duration(limit))
    }
    /// A `Retry-After` up to this is waited for in full; a longer one ends the call at once, with the error's
    /// `retry_after` filled. Default 60 s.
    ///
    /// # Errors
    /// `invalid_input` for anything but 0 to 1 h.
    pub fn max_retry_after(self, limit: Duration) -> Result<Self> {
        self.with("max_retry_after", OptionValue::Duration(limit))
    }
    /// How many files and parts of one call are sent at once, over all its files. Without it there are more
    /// while more arrives per second that way, and fewer when storage or the network pushes back. Default
    /// found while sending: 4 at first, then 1 to 16.
    ///
    /// # Errors
    /// `invalid_input` for anything but 1 to 64.
    pub fn concurrency(self, number: u64) -> Result<Self> {
        self.with("concurrency", OptionValue::Number(number))
    }
    /// The most bytes a second that all uploads of the client send together. Each client's
    /// `set_bandwidth_limit` changes it while uploads are under way. Time in which an upload waits for its
    /// turn is no stall; API calls do not count. Default none.
    ///
    /// # Errors
    /// `invalid_input` for anything but 1024 to 1099511627776 bytes per second.
    pub fn bandwidth_limit(self, number: u64) -> Result<Self> {
        self.with("bandwidth_limit", OptionValue::Number(number))
    }
    /// The most bytes of memory that one call fills with sealed parts that wait to be sent; one part is held
    /// whatever it says. Parts that are not sealed need none of it. Default 67108864 (64 MiB).
    ///
    /// # Errors
    /// `invalid_input` for anything but 8388608 to 1099511627776 bytes.
    pub fn memory_budget(self, number: u64) -> Result<Self> {
        self.with("memory_budget", OptionValue::Number(number))
    }
    /// Bytes of each part but the last of an upload in parts; enlarged where a file would need more than the
    /// 10,000 parts that storage allows. Default 8388608 (8 MiB), more where a file would need over 10,000
    /// parts.
    ///
    /// # Errors
    /// `invalid_input` for anything but 5242880 to 5368709120 bytes (5 MiB to 5 GiB).
    pub fn part_size(self, number: u64) -> Result<Self> {
        self.with("part_size", OptionValue::Number(number))
    }
    /// A transfer with a file of at least this many bytes is sent in parts, and a blob of Azure's in blocks.
    /// Default 524288000 (500 MiB).
    ///
    /// # Errors
    /// `invalid_input` for anything but 1 to 5368709120 bytes (5 GiB).
    pub fn multipart_threshold(self, number: u64) -> Result<Self> {
        self.with("multipart_threshold", OptionValue::Number(number))
    }
    /// The folder for packed profiles and streams while they are sent; they have no name there. Default the
    /// system's temporary folder.
    ///
    /// # Errors
    /// `invalid_input` for anything but a folder that can be written to.
    pub fn spool_dir(self, path: impl Into<PathBuf>) -> Result<Self> {
        self.with("spool_dir", OptionValue::Path(path.into()))
    }
    /// A PEM file of certificates to trust beside the operating system's: roots, or a server's own, which is
    /// then accepted whatever its CA flag and version, and good for itself alone. It is read at once. Default
    /// the operating system's roots only.
    ///
    /// # Errors
    /// `invalid_input` for anything but a PEM file.
    pub fn ca_file(self, path: impl Into<PathBuf>) -> Result<Self> {
        self.with("ca_file", OptionValue::Path(path.into()))
    }
    /// The proxy to use, whatever `NO_PROXY` says, such as `http://user:password@host:3128`; `#`, `/`, `?`,
    /// `@` and a blank in its user name and password are percent-encoded. Storage on this machine is reached
    /// through it too; a service on this machine never is. Default the environment's proxy variables.
    ///
    /// # Errors
    /// `invalid_input` for anything but an `http://` URL.
    pub fn proxy(self, text: &str) -> Result<Self> {
        self.with("proxy", OptionValue::Text(text.to_owned()))
    }
    /// The `User-Agent` of API calls and uploads. Default `dropoff/<version>`.
    ///
    /// # Errors
    /// `invalid_input` for anything but 1 to 256 printable ASCII characters.
    pub fn user_agent(self, text: &str) -> Result<Self> {
        self.with("user_agent", OptionValue::Text(text.to_owned()))
    }
    /// Origins such as `https://minio.internal:9000` that may be private addresses; plain http only where the
    /// entry says so. Default those of the environment variable `DROPOFF_TRUSTED_STORAGE`, with commas
    /// between; else none: storage must be https on a public address.
    ///
    /// # Errors
    /// `invalid_input` for anything but origins such as `https://minio.internal:9000`.
    pub fn trusted_storage<S: Into<String>>(self, texts: impl IntoIterator<Item = S>) -> Result<Self> {
        self.with("trusted_storage", OptionValue::Texts(texts.into_iter().map(Into::into).collect()))
    }
}
