//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// Settings of a client, which copies them when it is made. A bad value is refused then, with its range.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_options {
    pub size: usize,
    /// How long connecting may take: name lookup, TCP, proxy and TLS together. It takes as many times as long
    /// where connections of the client share a slow line. 0.001 s to 10 min; default 10 s.
    pub connect_timeout_ms: u64,
    /// How long the peer may acknowledge nothing before an upload counts as stalled. A slow upload that moves
    /// is never ended, nor one that others of the client keep waiting on a slow line, and time in which the
    /// process is suspended does not count. 0.001 s to 1 h; default 30 s.
    pub stall_timeout_ms: u64,
    /// How long storage may take to answer after it acknowledged the last byte. 0.001 s to 1 h; default 120
    /// s.
    pub response_timeout_ms: u64,
    /// How often one request is tried in all. 1 to 100; default 5.
    pub max_attempts: u64,
    /// The first retry waits a random time up to this; each later one up to twice the one before. Uploads
    /// wait twice this besides, since storage takes about one write a second of one key. 0 to 10 min; default
    /// 0.5 s. 0 is 0; UINT64_MAX, as DROPOFF_OPTIONS_INIT has it, is the default.
    pub backoff_base_ms: u64,
    /// The most that the random part of a wait between two tries grows to. 0 to 1 h; default 30 s. 0 is 0;
    /// UINT64_MAX, as DROPOFF_OPTIONS_INIT has it, is the default.
    pub backoff_cap_ms: u64,
    /// A Retry-After up to this is waited for in full; a longer one ends the call at once, with the error's
    /// dropoff_error_retry_after_ms filled. 0 to 1 h; default 60 s. 0 is 0; UINT64_MAX, as
    /// DROPOFF_OPTIONS_INIT has it, is the default.
    pub max_retry_after_ms: u64,
    /// How many files and parts of one call are sent at once, over all its files. Without it there are more
    /// while more arrives per second that way, and fewer when storage or the network pushes back. 1 to 64;
    /// default found while sending: 4 at first, then 1 to 16.
    pub concurrency: u64,
    /// The most bytes a second that all uploads of the client send together. Each client's
    /// set_bandwidth_limit changes it while uploads are under way. Time in which an upload waits for its turn
    /// is no stall; API calls do not count. 1024 to 1099511627776 bytes per second; default none.
    pub bandwidth_limit: u64,
    /// The most bytes of memory that one call fills with sealed parts that wait to be sent; one part is held
    /// whatever it says. Parts that are not sealed need none of it. 8388608 to 1099511627776 bytes; default
    /// 67108864 (64 MiB).
    pub memory_budget: u64,
    /// Bytes of each part but the last of an upload in parts; enlarged where a file would need more than the
    /// 10,000 parts that storage allows. 5242880 to 5368709120 bytes (5 MiB to 5 GiB); default 8388608 (8
    /// MiB), more where a file would need over 10,000 parts.
    pub part_size: u64,
    /// A transfer with a file of at least this many bytes is sent in parts, and a blob of Azure's in blocks.
    /// 1 to 5368709120 bytes (5 GiB); default 524288000 (500 MiB).
    pub multipart_threshold: u64,
    /// Whether what storage has is compared with what was sent (DROPOFF_AUTO: by every CRC that storage
    /// answers with, at any size, or else by MD5 or SHA for up to 256 MiB; true: by whatever it answers, at
    /// any size; false: not at all). The service's SHA-256 of a profile is compared too, unless it is false.
    /// With true an answer that may not be storage's own is an error. A dropoff_choice; default DROPOFF_AUTO.
    pub integrity_check: c_int,
    /// The folder for packed profiles and streams while they are sent; they have no name there. Default the
    /// system's temporary folder.
    pub spool_dir: *const c_char,
    /// A PEM file of certificates to trust beside the operating system's: roots, or a server's own, which is
    /// then accepted whatever its CA flag and version, and good for itself alone. It is read at once. Default
    /// the operating system's roots only.
    pub ca_file: *const c_char,
    /// The proxy to use, whatever NO_PROXY says, such as http://user:password@host:3128; #, /, ?, @ and a
    /// blank in its user name and password are percent-encoded. Storage on this machine is reached through it
    /// too; a service on this machine never is. Default the environment's proxy variables.
    pub proxy: *const c_char,
    /// The User-Agent of API calls and uploads. 1 to 256 printable ASCII characters; default
    /// dropoff/<version>.
    pub user_agent: *const c_char,
    /// Origins such as https://minio.internal:9000 that may be private addresses; plain http only where the
    /// entry says so. Default those of the environment variable DROPOFF_TRUSTED_STORAGE, with commas between;
    /// else none: storage must be https on a public address.
    pub trusted_storage: *const *const c_char,
    pub trusted_storage_count: usize,
}

impl CallerStruct for dropoff_options {
    const NAME: &'static str = "dropoff_options";
    const INIT_MACRO: &'static str = "DROPOFF_OPTIONS_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        connect_timeout_ms: 0,
        stall_timeout_ms: 0,
        response_timeout_ms: 0,
        max_attempts: 0,
        backoff_base_ms: u64::MAX,
        backoff_cap_ms: u64::MAX,
        max_retry_after_ms: u64::MAX,
        concurrency: 0,
        bandwidth_limit: 0,
        memory_budget: 0,
        part_size: 0,
        multipart_threshold: 0,
        integrity_check: 0,
        spool_dir: ptr::null(),
        ca_file: ptr::null(),
        proxy: ptr::null(),
        user_agent: ptr::null(),
        trusted_storage: ptr::null(),
        trusted_storage_count: 0,
    };
    const FIRST_SIZE: usize = offset_of!(Self, trusted_storage_count) + size_of::<usize>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_options, trusted_storage_count) + size_of::<usize>() == size_of::<dropoff_options>()
);

impl dropoff_options {
    /// The core's options; the defaults where nothing is set.
    pub(crate) fn into_core(self, fields: &Fields<'_>) -> Result<dropoff::Options> {
        let mut given = GivenOptions::new(fields);
        given.time("connect_timeout", self.connect_timeout_ms, 0)?;
        given.time("stall_timeout", self.stall_timeout_ms, 0)?;
        given.time("response_timeout", self.response_timeout_ms, 0)?;
        given.number("max_attempts", self.max_attempts)?;
        given.time("backoff_base", self.backoff_base_ms, u64::MAX)?;
        given.time("backoff_cap", self.backoff_cap_ms, u64::MAX)?;
        given.time("max_retry_after", self.max_retry_after_ms, u64::MAX)?;
        given.number("concurrency", self.concurrency)?;
        given.number("bandwidth_limit", self.bandwidth_limit)?;
        given.number("memory_budget", self.memory_budget)?;
        given.number("part_size", self.part_size)?;
        given.number("multipart_threshold", self.multipart_threshold)?;
        given.choice("integrity_check", self.integrity_check)?;
        given.path("spool_dir", self.spool_dir)?;
        given.path("ca_file", self.ca_file)?;
        given.text("proxy", self.proxy)?;
        given.text("user_agent", self.user_agent)?;
        given.texts("trusted_storage", self.trusted_storage, self.trusted_storage_count)?;

        Ok(given.end())
    }
}
