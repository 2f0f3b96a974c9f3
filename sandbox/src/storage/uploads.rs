//! Multipart uploads that are not finished: their parts as files, and the rules for joining them,
//! which are R2's where they are stricter than S3's. Knows no HTTP.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Mutex;

use md5::Md5;
use sha2::Digest;
use tempfile::TempPath;

use super::objects::{Digests, Incoming, Object, Objects};
use crate::lock::lock;
use crate::presign::hex;

/// The smallest part, unless it is the last.
pub(crate) const MIN_PART: u64 = 5 * 1024 * 1024;
pub(crate) const MAX_PART: u64 = 5 * 1024 * 1024 * 1024;
pub(crate) const MAX_PARTS: u64 = 10_000;
/// Stands for the digest where nothing is kept. It does not look like one, so that nobody compares with it.
pub(crate) const DISCARDED: &str = "discarded";

pub(crate) const NO_SUCH_UPLOAD: &str =
    "The specified upload does not exist. It may have been aborted or completed.";

/// How much of a part is held in memory while it is joined to the others.
const COPY_BUFFER: usize = 1024 * 1024;

/// Why storage does not do what was asked, in S3's words.
#[derive(Debug)]
pub(crate) enum Refusal {
    NoSuchUpload,
    InvalidPart(String),
    EntityTooSmall(String),
    /// Storage itself failed.
    Failed(String),
}

/// Unfinished uploads by id.
#[derive(Default)]
pub(crate) struct Uploads {
    map: Mutex<BTreeMap<String, Upload>>,
}

struct Upload {
    key: String,
    content_type: Option<String>,
    parts: BTreeMap<u64, Part>,
}

struct Part {
    size: u64,
    etag: String,
    md5: Vec<u8>,
    /// Gone when this is dropped. None in the sink.
    file: Option<TempPath>,
}

impl Uploads {
    pub fn begin(&self, key: &str, content_type: &str) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let upload = Upload {
            key: key.to_string(),
            content_type: Some(content_type.to_string()),
            parts: BTreeMap::new(),
        };
        lock(&self.map).insert(id.clone(), upload);
        id
    }

    /// Takes a whole part, in place of the one that had its number. Gives its ETag.
    pub fn put(
        &self,
        id: &str,
        key: &str,
        number: u64,
        incoming: Incoming,
        digests: &Digests,
    ) -> Result<String, Refusal> {
        let etag = hex(&digests.md5);
        let part = Part {
            size: digests.size,
            etag: etag.clone(),
            md5: digests.md5.clone(),
            file: Some(incoming.into_path()),
        };
        self.insert(id, key, number, part).map(|()| etag)
    }

    /// Takes the size of a part whose bytes nobody keeps.
    pub fn put_size(&self, id: &str, key: &str, number: u64, size: u64) -> Result<(), Refusal> {
        self.insert(id, key, number, Part { size, etag: DISCARDED.into(), md5: Vec::new(), file: None })
    }

    fn insert(&self, id: &str, key: &str, number: u64, part: Part) -> Result<(), Refusal> {
        let mut map = lock(&self.map);
        let upload = map.get_mut(id).filter(|upload| upload.key == key).ok_or(Refusal::NoSuchUpload)?;
        upload.parts.insert(number, part);
        Ok(())
    }

    pub fn abort(&self, id: &str) -> Result<(), Refusal> {
        lock(&self.map).remove(id).map(drop).ok_or(Refusal::NoSuchUpload)
    }

    pub fn clear(&self) {
        lock(&self.map).clear();
    }

    /// Joins the listed parts to one object. A refused list leaves the upload as it was. Blocking: it
    /// copies and hashes everything.
    pub fn complete(&self, objects: &Objects, id: &str, listed: &[(u64, String)]) -> Result<(), Refusal> {
        let mut upload = {
            let mut map = lock(&self.map);
            check(map.get(id).ok_or(Refusal::NoSuchUpload)?, listed)?;
            map.remove(id).ok_or(Refusal::NoSuchUpload)?
        };
        let parts: Vec<Part> = listed.iter().filter_map(|(number, _)| upload.parts.remove(number)).collect();
        if parts.iter().any(|part| part.file.is_none()) {
            let size = parts.iter().map(|part| part.size).sum();
            let etag = Some(DISCARDED.to_string());
            objects.put(
                &upload.key,
                Object { size, etag, content_type: upload.content_type, ..Object::default() },
            );
            return Ok(());
        }
        let failed = |error: std::io::Error| Refusal::Failed(error.to_string());
        let etag = joined_etag(&parts);
        let mut whole = join(objects, parts).map_err(failed)?;
        let digests = whole.digests();
        objects.keep(&upload.key, whole, &digests, upload.content_type, Some(etag)).map_err(failed)
    }
}

fn check(upload: &Upload, listed: &[(u64, String)]) -> Result<(), Refusal> {
    let mut sizes = Vec::new();
    for (number, etag) in listed {
        match upload.parts.get(number) {
            None => return Err(Refusal::InvalidPart(format!("part {number} has not been uploaded"))),
            Some(part) if part.etag != *etag => {
                return Err(Refusal::InvalidPart(format!("the ETag of part {number} is another")));
            }
            Some(part) => sizes.push((*number, part.size)),
        }
    }
    let Some(((_, last), others)) = sizes.split_last() else {
        return Err(Refusal::InvalidPart("no parts were listed".into()));
    };
    if let Some((number, size)) = others.iter().find(|(_, size)| *size < MIN_PART) {
        return Err(Refusal::EntityTooSmall(format!(
            "part {number} has {size} bytes, all but the last need {MIN_PART}"
        )));
    }
    // R2's rule, which S3 does not have.
    if let Some((_, first)) = others.first()
        && (others.iter().any(|(_, size)| size != first) || last > first)
    {
        return Err(Refusal::InvalidPart(
            "all parts but the last must have the same length, the last one no more".into(),
        ));
    }
    Ok(())
}

/// MD5 of the parts' MD5s, and how many there are.
fn joined_etag(parts: &[Part]) -> String {
    let mut md5 = Md5::new();
    parts.iter().for_each(|part| md5.update(&part.md5));
    format!("{}-{}", hex(&md5.finalize()), parts.len())
}

/// One part after the other, each removed once it is copied: the folder never holds everything twice.
fn join(objects: &Objects, parts: Vec<Part>) -> std::io::Result<Incoming> {
    join_files(objects, parts.into_iter().filter_map(|part| part.file))
}

/// One file after the other.
pub(crate) fn join_files<P: AsRef<Path>>(
    objects: &Objects,
    files: impl Iterator<Item = P>,
) -> std::io::Result<Incoming> {
    let mut whole = objects.receive()?;
    let mut buffer = vec![0; COPY_BUFFER];
    for file in files {
        let mut from = std::fs::File::open(&file)?;
        loop {
            match from.read(&mut buffer)? {
                0 => break,
                read => whole.write(&buffer[..read])?,
            }
        }
    }
    Ok(whole)
}
