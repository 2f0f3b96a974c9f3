//! What a caller may choose. Owns the defaults; knows nothing of how they are used.

use serde_json::Value;
use time::OffsetDateTime;

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

/// The part of the configuration that may change while the sandbox runs.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub max_profile_bytes: u64,
    pub upload_expires_in: u64,
    pub max_file_bytes: u64,
    pub forced_part_size: Option<u64>,
    pub empty_file_parts: u64,
    pub connection_rate: u64,
    pub fields: Vec<(String, String)>,
    pub include_tagging: bool,
    /// Tickets point at storage behind a certificate of this kind.
    pub storage_over_tls: Option<Certificate>,
    /// How many seconds the clock that signs tickets is behind the one that storage judges them by.
    pub signed_ago: u64,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// Nobody knows its authority.
    Unknown,
    /// It ended in 2024, too.
    Expired,
    /// It begins in 2090, too.
    NotYetValid,
}

impl Certificate {
    fn of(value: &Value) -> Result<Option<Self>, String> {
        match (value.as_bool(), value.as_str()) {
            (Some(false), _) => Ok(None),
            (Some(true), _) => Ok(Some(Self::Unknown)),
            (_, Some("expired")) => Ok(Some(Self::Expired)),
            (_, Some("not_yet_valid")) => Ok(Some(Self::NotYetValid)),
            _ => Err("storage_over_tls: expected a boolean, \"expired\" or \"not_yet_valid\"".into()),
        }
    }
}

impl Settings {
    pub fn from_config(config: &Config) -> Self {
        Settings {
            max_profile_bytes: config.max_profile_bytes,
            upload_expires_in: config.upload_expires_in,
            max_file_bytes: config.max_file_bytes,
            forced_part_size: config.forced_part_size,
            empty_file_parts: config.empty_file_parts,
            connection_rate: config.connection_rate,
            fields: config.fields.clone(),
            include_tagging: config.include_tagging,
            storage_over_tls: None,
            signed_ago: 0,
        }
    }

    /// The time that tickets are signed with.
    pub fn signing_time(&self) -> OffsetDateTime {
        let ago = i64::try_from(self.signed_ago).unwrap_or(i64::MAX);
        OffsetDateTime::now_utc().saturating_sub(time::Duration::seconds(ago))
    }

    /// Applies `changes`, a JSON object; all or nothing.
    pub fn change(&mut self, changes: &Value) -> Result<(), String> {
        let changes = changes.as_object().ok_or("expected a JSON object")?;
        let mut next = self.clone();
        for (name, value) in changes {
            let number = || value.as_u64().ok_or(format!("{name}: expected an integer >= 0"));
            match name.as_str() {
                "max_profile_bytes" => next.max_profile_bytes = number()?,
                "upload_expires_in" => next.upload_expires_in = number()?,
                "signed_ago" => next.signed_ago = number()?,
                "max_file_bytes" => next.max_file_bytes = number()?,
                "connection_rate" => next.connection_rate = number()?,
                "forced_part_size" if value.is_null() => next.forced_part_size = None,
                "forced_part_size" => match number()? {
                    0 => return Err("forced_part_size: expected null or an integer above 0".into()),
                    size => next.forced_part_size = Some(size),
                },
                "empty_file_parts" => match number()? {
                    parts @ 0..=1 => next.empty_file_parts = parts,
                    _ => return Err("empty_file_parts: expected 0 or 1".into()),
                },
                "include_tagging" => {
                    next.include_tagging = value.as_bool().ok_or("include_tagging: expected a boolean")?;
                }
                "storage_over_tls" => next.storage_over_tls = Certificate::of(value)?,
                "fields" => next.fields = pairs(value)?,
                _ => return Err(format!("unknown setting {name:?}")),
            }
        }
        *self = next;
        Ok(())
    }
}

/// Reads `[[name, value], ...]` or `{name: value, ...}`.
fn pairs(value: &Value) -> Result<Vec<(String, String)>, String> {
    let wrong = || "fields: expected [[name, value], ...] of strings".to_string();
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| match item.as_array().map(Vec::as_slice) {
                Some([Value::String(name), Value::String(value)]) => Ok((name.clone(), value.clone())),
                _ => Err(wrong()),
            })
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(wrong)?.to_string())))
            .collect(),
        _ => Err(wrong()),
    }
}
