//! The part of the configuration that may change while the sandbox runs.

use serde_json::Value;
use time::OffsetDateTime;

use crate::config::Config;
use crate::storage::AnsweredChecksums;

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
    /// Signed into URLs for a PUT, and told with them.
    pub signed_headers: Vec<(String, String)>,
    /// The same, and not told.
    pub withheld_headers: Vec<(String, String)>,
    pub answered_checksums: AnsweredChecksums,
    /// The kind of URL that a ticket for one PUT has.
    pub dialect: Dialect,
    /// How much of each request a session of Google's keeps.
    pub session_keeps: Option<u64>,
    /// Those that Azure's URLs give.
    pub sas_permissions: String,
    /// How many seconds the clock that signs tickets is behind the one that storage judges them by.
    pub signed_ago: u64,
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
            signed_headers: Vec::new(),
            withheld_headers: Vec::new(),
            answered_checksums: AnsweredChecksums::default(),
            dialect: Dialect::S3,
            session_keeps: None,
            sas_permissions: "cw".into(),
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
                "dialect" => next.dialect = Dialect::of(value)?,
                "session_keeps" if value.is_null() => next.session_keeps = None,
                "session_keeps" => next.session_keeps = Some(number()?),
                "sas_permissions" => {
                    next.sas_permissions = value.as_str().ok_or("sas_permissions: expected a text")?.into();
                }
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
                "fields" => next.fields = pairs(name, value)?,
                "signed_headers" => next.signed_headers = pairs(name, value)?,
                "withheld_headers" => next.withheld_headers = pairs(name, value)?,
                "answered_checksums" => next.answered_checksums.names = header_names(value)?,
                "md5_etags" => {
                    next.answered_checksums.md5_etags =
                        value.as_bool().ok_or("md5_etags: expected a boolean")?;
                }
                _ => return Err(format!("unknown setting {name:?}")),
            }
        }
        *self = next;
        Ok(())
    }
}

/// Whose URLs a ticket for one PUT has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    S3,
    Azure,
    Google,
    /// That begins a session.
    GoogleSession,
}

impl Dialect {
    fn of(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("s3") => Ok(Self::S3),
            Some("azure") => Ok(Self::Azure),
            Some("google") => Ok(Self::Google),
            Some("google_session") => Ok(Self::GoogleSession),
            _ => Err("dialect: expected \"s3\", \"azure\", \"google\" or \"google_session\"".into()),
        }
    }
}

/// A certificate that a client must refuse.
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

fn header_names(value: &Value) -> Result<Vec<&'static str>, String> {
    let items = value.as_array().ok_or("answered_checksums: expected a list of names of headers")?;
    items.iter().map(|item| AnsweredChecksums::named(item.as_str().unwrap_or_default())).collect()
}

/// Reads `[[name, value], ...]` or `{name: value, ...}`.
fn pairs(setting: &str, value: &Value) -> Result<Vec<(String, String)>, String> {
    let wrong = || format!("{setting}: expected [[name, value], ...] of strings");
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
