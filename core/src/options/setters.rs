//! Typed setters, one per row of the table.

use std::path::PathBuf;
use std::time::Duration;

use super::table::OptionValue;
use super::values::{IntegrityCheck, Options};
use crate::error::Result;

impl Options {
    /// How long connecting may take: name lookup, TCP, proxy and TLS together. It takes as many times as long
    /// where connections of the client share a slow line. Default 10 s.
    ///
    /// # Errors
    /// `invalid_input` outside 1 ms to 10 min.
    pub fn connect_timeout(self, limit: Duration) -> Result<Self> {
        self.with("connect_timeout", OptionValue::Duration(limit))
    }
    /// How long the peer may acknowledge nothing before an upload counts as stalled. A slow upload that moves
    /// is never ended, nor one that others of the client keep waiting on a slow line, and time in which the
    /// process is suspended does not count. Default 30 s.
    ///
    /// # Errors
    /// `invalid_input` outside 1 ms to 1 h.
    pub fn stall_timeout(self, limit: Duration) -> Result<Self> {
        self.with("stall_timeout", OptionValue::Duration(limit))
    }
    /// How long storage may take to answer after it acknowledged the last byte. Default 120 s.
    ///
    /// # Errors
    /// `invalid_input` outside 1 ms to 1 h.
    pub fn response_timeout(self, limit: Duration) -> Result<Self> {
        self.with("response_timeout", OptionValue::Duration(limit))
    }
    /// How often one request is tried in all. Default 5.
    ///
    /// # Errors
    /// `invalid_input` outside 1 to 100.
    pub fn max_attempts(self, count: u32) -> Result<Self> {
        self.with("max_attempts", OptionValue::Number(count.into()))
    }
    /// The first retry waits a random time up to this; each later one up to twice the one before. Uploads
    /// wait twice this besides, since storage takes about one write a second of one key. Default 0.5 s.
    ///
    /// # Errors
    /// `invalid_input` above 10 min.
    pub fn backoff_base(self, base: Duration) -> Result<Self> {
        self.with("backoff_base", OptionValue::Duration(base))
    }
    /// The most that the random part of a wait between two tries grows to. Default 30 s.
    ///
    /// # Errors
    /// `invalid_input` above 1 h.
    pub fn backoff_cap(self, cap: Duration) -> Result<Self> {
        self.with("backoff_cap", OptionValue::Duration(cap))
    }
    /// A `Retry-After` up to this is waited for in full; a longer one ends the call at once, with the error's
    /// `retry_after` filled. Default 60 s.
    ///
    /// # Errors
    /// `invalid_input` above 1 h.
    pub fn max_retry_after(self, limit: Duration) -> Result<Self> {
        self.with("max_retry_after", OptionValue::Duration(limit))
    }
    /// How many files and parts of one call are sent at once, over all its files. Without it there are more
    /// while more arrives per second that way, and fewer when storage or the network pushes back. Default
    /// found while sending: 4 at first, then 1 to 16.
    ///
    /// # Errors
    /// `invalid_input` outside 1 to 64.
    pub fn concurrency(self, count: u32) -> Result<Self> {
        self.with("concurrency", OptionValue::Number(count.into()))
    }
    /// The most bytes a second that all uploads of the client send together. Each client's
    /// `set_bandwidth_limit` changes it while uploads are under way. Time in which an upload waits for its
    /// turn is no stall; API calls do not count. Default none.
    ///
    /// # Errors
    /// `invalid_input` outside 1 KiB to 1 TiB per second.
    pub fn bandwidth_limit(self, bytes_per_second: u64) -> Result<Self> {
        self.with("bandwidth_limit", OptionValue::Number(bytes_per_second))
    }
    /// The most bytes of memory that one call fills with sealed parts that wait to be sent; one part is held
    /// whatever it says. Parts that are not sealed need none of it. Default 64 MiB.
    ///
    /// # Errors
    /// `invalid_input` outside 8 MiB to 1 TiB.
    pub fn memory_budget(self, bytes: u64) -> Result<Self> {
        self.with("memory_budget", OptionValue::Number(bytes))
    }
    /// Bytes of each part but the last of an upload in parts; enlarged where a file would need more than the
    /// 10,000 parts that storage allows. Default 8 MiB.
    ///
    /// # Errors
    /// `invalid_input` outside 5 MiB to 5 GiB, which are storage's own limits.
    pub fn part_size(self, bytes: u64) -> Result<Self> {
        self.with("part_size", OptionValue::Number(bytes))
    }
    /// A transfer with a file of at least this many bytes is sent in parts. Default 500 MiB.
    ///
    /// # Errors
    /// `invalid_input` outside 1 byte to 5 GiB; storage takes no more in one request.
    pub fn multipart_threshold(self, bytes: u64) -> Result<Self> {
        self.with("multipart_threshold", OptionValue::Number(bytes))
    }
    /// When a digest is computed while sending. `auto`: SHA-256 for every profile, MD5 for a PUT, or a file in
    /// parts, of up to 256 MiB; true: for every upload; false: for none. Default [`IntegrityCheck::Auto`].
    #[must_use]
    pub fn integrity_check(mut self, check: IntegrityCheck) -> Self {
        self.integrity_check = check;
        self
    }
    /// The folder for packed profiles and streams while they are sent; they have no name there. Default the
    /// system's temporary folder.
    ///
    /// # Errors
    /// `invalid_input` unless it is a folder.
    pub fn spool_dir(self, folder: impl Into<PathBuf>) -> Result<Self> {
        self.with("spool_dir", OptionValue::Path(folder.into()))
    }
    /// A PEM file of certificates to trust beside the operating system's: roots, or a server's own, which is
    /// then accepted whatever its CA flag and version, and good for itself alone. It is read at once. Default
    /// none.
    ///
    /// # Errors
    /// `invalid_input` unless it holds at least one certificate. It is read now and not again.
    pub fn ca_file(self, file: impl Into<PathBuf>) -> Result<Self> {
        self.with("ca_file", OptionValue::Path(file.into()))
    }
    /// The proxy to use, whatever `NO_PROXY` says, such as `http://user:password@host:3128`; `#`, `/`, `?`,
    /// `@` and a blank in its user name and password are percent-encoded. Storage on this machine is reached
    /// through it too; a service on this machine never is. Default the environment's proxy variables.
    ///
    /// # Errors
    /// `invalid_input` unless it is an `http://` URL.
    pub fn proxy(self, url: &str) -> Result<Self> {
        self.with("proxy", OptionValue::Text(url.to_owned()))
    }
    /// The `User-Agent` of API calls and uploads. Default `dropoff/<version>`.
    ///
    /// # Errors
    /// `invalid_input` unless 1 to 256 printable ASCII characters.
    pub fn user_agent(self, text: &str) -> Result<Self> {
        self.with("user_agent", OptionValue::Text(text.to_owned()))
    }
    /// Origins such as `https://minio.internal:9000` that may be private addresses; plain http only where the
    /// entry says so. Default none: storage must be https on a public address.
    ///
    /// # Errors
    /// `invalid_input` for anything but `http[s]://host[:port]`.
    pub fn trusted_storage<S: Into<String>>(self, origins: impl IntoIterator<Item = S>) -> Result<Self> {
        let origins = origins.into_iter().map(Into::into).collect();
        self.with("trusted_storage", OptionValue::Texts(origins))
    }

    fn with(mut self, name: &str, value: OptionValue) -> Result<Self> {
        self.set(name, value)?;
        Ok(self)
    }
}
