//! The choices of a caller. Owns the defaults; knows nothing of how they are used.

/// How a [`crate::Sandbox`] is set up. Start from `Config::default()` and change what matters.
#[derive(Debug, Clone)]
pub struct Config {
    /// Serve storage over https with a certificate authority made for this run. The API stays http.
    pub tls: bool,
    /// Upper end of the `content-length-range` in the form policy, in bytes.
    pub max_profile_bytes: u64,
    /// Life of the tickets of both services, in seconds.
    pub upload_expires_in: u64,
    /// A declared file above this many bytes is refused with `FILE_TOO_LARGE`.
    pub max_file_bytes: u64,
    /// Uploads in parts are cut by this many bytes, whatever part size was asked for.
    pub forced_part_size: Option<u64>,
    /// How many part URLs an empty file gets: 1, or 0.
    pub empty_file_parts: u64,
    /// How many bytes per second are read from each connection to storage; 0 is as many as come. Kept
    /// over all requests of a connection, so that several connections are worth having.
    pub connection_rate: u64,
    /// Where uploaded bytes go.
    pub storage: StorageConfig,
    /// Further form fields, put both in the ticket and in its policy.
    pub fields: Vec<(String, String)>,
    /// Put a `tagging` field in the form ticket. Some S3 servers refuse a policy that names it.
    pub include_tagging: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            tls: false,
            // "At most 1 GB": the decimal reading, the smaller of the two.
            max_profile_bytes: 1_000_000_000,
            upload_expires_in: 3600,
            max_file_bytes: 10 * 1024 * 1024 * 1024,
            forced_part_size: None,
            empty_file_parts: 1,
            connection_rate: 0,
            storage: StorageConfig::Embedded,
            fields: Vec::new(),
            include_tagging: true,
        }
    }
}

/// Where uploaded bytes go.
#[derive(Clone)]
pub enum StorageConfig {
    /// An S3 server in this process: signatures and policies are verified, objects are kept in a
    /// temporary folder.
    Embedded,
    /// Read and drop every body without checking anything, to measure a client.
    Discard,
    /// Any S3 endpoint. Tickets are signed for it; nothing of the upload passes through the sandbox,
    /// so faults on `put`, `put_part` and `post_form` do not apply.
    External {
        /// Origin, such as `http://127.0.0.1:8333`.
        endpoint: String,
        /// Bucket that exists there.
        bucket: String,
        /// Access key id.
        access_key: String,
        /// Secret key; never part of any reply.
        secret_key: String,
        /// Region of the credential scope.
        region: String,
    },
}

impl std::fmt::Debug for StorageConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StorageConfig::Embedded => f.write_str("Embedded"),
            StorageConfig::Discard => f.write_str("Discard"),
            StorageConfig::External { endpoint, bucket, .. } => f
                .debug_struct("External")
                .field("endpoint", endpoint)
                .field("bucket", bucket)
                .finish_non_exhaustive(),
        }
    }
}
