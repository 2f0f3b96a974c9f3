//! A browser profile as the service reports it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Result;
use crate::profile::PackReport;
use crate::storage::StoredObject;

/// A browser profile as the service reports it, and what was proved about it.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Profile {
    /// The profile's id, a UUID.
    pub id: String,
    /// Its name.
    #[serde(default, deserialize_with = "null_is_default")]
    pub name: String,
    /// The browser it belongs to.
    #[serde(default, deserialize_with = "null_is_default")]
    pub browser_name: String,
    /// That browser's version.
    #[serde(default, deserialize_with = "null_is_default")]
    pub browser_version: String,
    /// A text for people.
    #[serde(default, deserialize_with = "null_is_default")]
    pub description: Option<String>,
    /// Labels; the service types their values freely.
    #[serde(default, deserialize_with = "null_is_default")]
    pub labels: Option<Map<String, Value>>,
    /// The service's internal place of the archive.
    #[serde(default, deserialize_with = "null_is_default")]
    pub s3_path: Option<String>,
    /// Size of the stored archive in bytes.
    #[serde(default, deserialize_with = "null_is_default")]
    pub file_size_bytes: Option<u64>,
    /// SHA-256 of the stored archive, in hex or base64.
    #[serde(default, deserialize_with = "null_is_default")]
    pub checksum: Option<String>,
    /// How often it was used.
    #[serde(default, deserialize_with = "null_is_default")]
    pub usage_count: u64,
    /// When it was last used, RFC 3339.
    #[serde(default, deserialize_with = "null_is_default")]
    pub last_used_at: Option<String>,
    /// Whether it is the default for its browser.
    #[serde(default, deserialize_with = "null_is_default")]
    pub is_default: bool,
    /// The user it belongs to.
    #[serde(default, deserialize_with = "null_is_default")]
    pub user_id: Option<String>,
    /// The organization it belongs to.
    #[serde(default, deserialize_with = "null_is_default")]
    pub org_id: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(default, deserialize_with = "null_is_default")]
    pub created_at: Option<String>,
    /// When it was last changed, RFC 3339.
    #[serde(default, deserialize_with = "null_is_default")]
    pub updated_at: Option<String>,

    /// Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it were not
    /// `unchanged`. False also when the service reports none, or this call had nothing to compare.
    #[serde(skip_deserializing)]
    pub verified: bool,
    /// Nothing was sent: this is the earlier profile, which the archive equals.
    #[serde(skip_deserializing)]
    pub unchanged: bool,
    /// The object that this call sent to storage.
    #[serde(skip_deserializing)]
    pub upload: Option<StoredObject>,
    /// The report on packing, if a folder was given.
    #[serde(skip_deserializing)]
    pub packed: Option<PackReport>,
    /// Ids that were reserved and given up because their ticket ran out; the service removes them.
    #[serde(skip_deserializing)]
    pub abandoned_profile_ids: Vec<String>,
    /// The digest that verified it: `sha256`, or none.
    #[serde(skip_deserializing)]
    pub verified_by: Option<String>,
}

/// Takes null, or another type than the documents say, for "not told". A reply whose id can be read is
/// the proof that the profile is registered; a detail beside it must not make it look lost.
fn null_is_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned + Default,
{
    let value = Value::deserialize(from)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}
