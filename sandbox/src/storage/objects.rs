//! Stored objects, and bodies on their way to become one. Knows no HTTP.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::Md5;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use crate::lock::lock;
use crate::presign::hex;

/// A stored object. Digests are hexadecimal; they are missing when nothing was checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub size: u64,
    pub sha256: Option<String>,
    pub md5: Option<String>,
    /// Storage's name for the content: the MD5, unless the object came in parts.
    pub etag: Option<String>,
    pub content_type: Option<String>,
    pub path: Option<PathBuf>,
}

/// Objects by key, their bytes in files of one folder.
pub(crate) struct Objects {
    folder: PathBuf,
    next: AtomicU64,
    map: Mutex<BTreeMap<String, Object>>,
}

impl Objects {
    pub fn new(folder: PathBuf) -> Self {
        Objects { folder, next: AtomicU64::new(1), map: Mutex::default() }
    }

    pub fn get(&self, key: &str) -> Option<Object> {
        lock(&self.map).get(key).cloned()
    }

    /// Records an object, replacing the one under this key.
    pub fn put(&self, key: &str, object: Object) {
        let old = lock(&self.map).insert(key.to_string(), object);
        remove_file(old);
    }

    pub fn rename(&self, from: &str, to: &str) {
        let mut map = lock(&self.map);
        if let Some(object) = map.remove(from) {
            map.insert(to.to_string(), object);
        }
    }

    pub fn remove(&self, key: &str) {
        remove_file(lock(&self.map).remove(key));
    }

    pub fn clear(&self) {
        let map = std::mem::take(&mut *lock(&self.map));
        map.into_values().for_each(|object| remove_file(Some(object)));
    }

    pub fn to_json(&self) -> Value {
        lock(&self.map)
            .iter()
            .map(|(key, object)| {
                json!({
                    "key": key,
                    "size": object.size,
                    "sha256": object.sha256,
                    "md5": object.md5,
                    "etag": object.etag,
                    "content_type": object.content_type,
                })
            })
            .collect()
    }

    pub fn receive(&self) -> std::io::Result<Incoming> {
        Ok(Incoming {
            file: NamedTempFile::with_prefix_in("incoming-", &self.folder)?,
            size: 0,
            md5: Md5::new(),
            sha256: Sha256::new(),
            others: ChecksumHasher {
                crc32: Some(s3s::crypto::Crc32::new()),
                crc32c: Some(s3s::crypto::Crc32c::new()),
                crc64nvme: Some(s3s::crypto::Crc64Nvme::new()),
                sha1: Some(s3s::crypto::Sha1::new()),
                sha256: None,
            },
        })
    }

    /// Makes a complete body an object. The rename is the moment it becomes visible. Without an `etag`
    /// that is the MD5.
    pub fn keep(
        &self,
        key: &str,
        incoming: Incoming,
        digests: &Digests,
        content_type: Option<String>,
        etag: Option<String>,
    ) -> std::io::Result<()> {
        let name = format!("object-{}", self.next.fetch_add(1, Ordering::Relaxed));
        let path = self.folder.join(name);
        incoming.file.persist(&path).map_err(|error| error.error)?;
        self.put(
            key,
            Object {
                size: digests.size,
                sha256: Some(hex(&digests.sha256)),
                md5: Some(hex(&digests.md5)),
                etag: etag.or_else(|| Some(hex(&digests.md5))),
                content_type,
                path: Some(path),
            },
        );
        Ok(())
    }
}

fn remove_file(object: Option<Object>) {
    if let Some(path) = object.and_then(|object| object.path) {
        // The folder goes at the end anyway.
        let _ = std::fs::remove_file(path);
    }
}

/// A body being received. Dropping it leaves nothing behind.
pub(crate) struct Incoming {
    file: NamedTempFile,
    size: u64,
    md5: Md5,
    sha256: Sha256,
    others: ChecksumHasher,
}

/// Computed while receiving.
pub(crate) struct Digests {
    pub size: u64,
    pub md5: Vec<u8>,
    pub sha256: Vec<u8>,
    /// The others that S3 knows.
    others: s3s::dto::Checksum,
}

impl Digests {
    /// That of one header.
    pub fn checksum(&self, name: &str) -> Option<String> {
        self.checksums().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Each in base64, by the header that carries it.
    pub fn checksums(&self) -> Vec<(&'static str, String)> {
        let others = &self.others;
        let all = [
            ("content-md5", Some(BASE64.encode(&self.md5))),
            ("x-amz-checksum-sha256", Some(BASE64.encode(&self.sha256))),
            ("x-amz-checksum-sha1", others.checksum_sha1.clone()),
            ("x-amz-checksum-crc32", others.checksum_crc32.clone()),
            ("x-amz-checksum-crc32c", others.checksum_crc32c.clone()),
            ("x-amz-checksum-crc64nvme", others.checksum_crc64nvme.clone()),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

impl Incoming {
    /// Blocking on purpose: the page cache takes a frame in microseconds, and this is a test server.
    pub fn write(&mut self, data: &[u8]) -> std::io::Result<()> {
        self.file.as_file_mut().write_all(data)?;
        self.size += data.len() as u64;
        self.md5.update(data);
        self.sha256.update(data);
        self.others.update(data);
        Ok(())
    }

    /// How much came so far.
    pub fn len(&self) -> u64 {
        self.size
    }

    /// The file alone, which goes when its path is dropped.
    pub fn into_path(self) -> TempPath {
        self.file.into_temp_path()
    }

    /// Those of all that came. Nothing may come after it.
    pub fn digests(&mut self) -> Digests {
        Digests {
            size: self.size,
            md5: self.md5.clone().finalize().to_vec(),
            sha256: self.sha256.clone().finalize().to_vec(),
            others: std::mem::take(&mut self.others).finalize(),
        }
    }
}

/// Whether `claimed`, base64 as a header carries it, is `actual`. `None`: it is not a digest.
pub(crate) fn digest_matches(claimed: &str, actual: &str) -> Option<bool> {
    let (claimed, actual) = (BASE64.decode(claimed).ok()?, BASE64.decode(actual).ok()?);
    (claimed.len() == actual.len()).then(|| claimed == actual)
}
