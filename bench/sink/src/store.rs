//! What was stored, without its bytes: uploads and their parts, blobs and their blocks, objects. Knows no
//! HTTP.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crc_fast::{CrcAlgorithm, checksum_combine};

/// Azure's bound.
const MOST_BLOCKS: usize = 50_000;

/// A part, a block or an object.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) length: u64,
    pub(crate) crc64: u64,
    pub(crate) etag: String,
}

/// Why something is not stored; what storage calls it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoSuchUpload,
    InvalidPart,
    InvalidPartOrder,
    /// Blocks of one blob have names of one length.
    InvalidBlobOrBlock,
    InvalidBlockList,
}

/// Shared by all connections.
#[derive(Default)]
pub(crate) struct Store(Mutex<All>);

#[derive(Default)]
struct All {
    begun: u64,
    uploads: HashMap<String, Upload>,
    /// Of each blob those that wait to be committed, and those that were.
    blocks: HashMap<String, HashMap<String, Stored>>,
    objects: HashMap<String, Stored>,
}

struct Upload {
    path: String,
    parts: BTreeMap<u32, Stored>,
}

impl Store {
    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an upload in parts, and gives its id.
    pub(crate) fn begin(&self, path: &str) -> String {
        let mut all = self.all();
        all.begun += 1;
        let id = format!("upload-{}", all.begun);
        all.uploads.insert(id.clone(), Upload { path: path.to_owned(), parts: BTreeMap::new() });
        id
    }

    pub(crate) fn put_part(&self, path: &str, id: &str, number: u32, part: Stored) -> Result<(), Refusal> {
        let mut all = self.all();
        let upload = all.uploads.get_mut(id).filter(|upload| upload.path == path);
        upload.ok_or(Refusal::NoSuchUpload)?.parts.insert(number, part);
        Ok(())
    }

    /// Makes an object of these parts, each of which has to be there by its ETag, and gives it.
    pub(crate) fn complete(&self, path: &str, id: &str, parts: &[(u32, String)]) -> Result<Stored, Refusal> {
        let mut all = self.all();
        let upload = all.uploads.get(id).filter(|upload| upload.path == path).ok_or(Refusal::NoSuchUpload)?;
        if parts.is_empty() || !parts.is_sorted_by(|(one, _), (next, _)| one < next) {
            return Err(Refusal::InvalidPartOrder);
        }
        let found = parts.iter().map(|(number, etag)| upload.parts.get(number).filter(|p| p.etag == *etag));
        let found: Option<Vec<&Stored>> = found.collect();
        let object = joined(found.ok_or(Refusal::InvalidPart)?.into_iter());
        all.uploads.remove(id);
        all.objects.insert(path.to_owned(), object.clone());
        Ok(object)
    }

    pub(crate) fn abort(&self, path: &str, id: &str) -> Result<(), Refusal> {
        let mut all = self.all();
        all.uploads.get(id).filter(|upload| upload.path == path).ok_or(Refusal::NoSuchUpload)?;
        all.uploads.remove(id);
        Ok(())
    }

    pub(crate) fn put_block(&self, path: &str, id: &str, block: Stored) -> Result<(), Refusal> {
        let mut all = self.all();
        let blocks = all.blocks.entry(path.to_owned()).or_default();
        if blocks.keys().any(|other| other.len() != id.len()) {
            return Err(Refusal::InvalidBlobOrBlock);
        }
        blocks.insert(id.to_owned(), block);
        Ok(())
    }

    /// Makes a blob of these blocks; every other one is gone after that.
    pub(crate) fn commit(&self, path: &str, ids: &[String]) -> Result<Stored, Refusal> {
        let mut all = self.all();
        let blocks = all.blocks.entry(path.to_owned()).or_default();
        let found: Option<Vec<&Stored>> = ids.iter().map(|id| blocks.get(id)).collect();
        let found = found.filter(|found| found.len() <= MOST_BLOCKS).ok_or(Refusal::InvalidBlockList)?;
        let blob = joined(found.into_iter());
        blocks.retain(|id, _| ids.contains(id));
        all.objects.insert(path.to_owned(), blob.clone());
        Ok(blob)
    }

    pub(crate) fn put_object(&self, path: &str, object: Stored) {
        self.all().objects.insert(path.to_owned(), object);
    }

    pub(crate) fn object(&self, path: &str) -> Option<Stored> {
        self.all().objects.get(path).cloned()
    }

    /// How many objects there are, and the bytes that they have.
    pub(crate) fn objects(&self) -> (u64, u64) {
        let all = self.all();
        (all.objects.len() as u64, all.objects.values().map(|object| object.length).sum())
    }

    pub(crate) fn clear(&self) {
        let mut all = self.all();
        *all = All { begun: all.begun, ..All::default() };
    }
}

fn joined<'a>(pieces: impl ExactSizeIterator<Item = &'a Stored>) -> Stored {
    let count = pieces.len();
    let (length, crc64) = pieces.fold((0, 0), |(length, crc64), piece| {
        let crc64 = match length {
            0 => piece.crc64,
            _ => checksum_combine(CrcAlgorithm::Crc64Nvme, crc64, piece.crc64, piece.length),
        };
        (length + piece.length, crc64)
    });
    Stored { length, crc64, etag: format!("\"{crc64:016x}-{count}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crc_fast::checksum;

    fn stored(bytes: &[u8]) -> Stored {
        let crc64 = checksum(CrcAlgorithm::Crc64Nvme, bytes);
        Stored { length: bytes.len() as u64, crc64, etag: format!("\"{crc64:x}\"") }
    }

    #[test]
    fn an_object_is_made_of_the_parts_that_are_there() {
        let store = Store::default();
        let id = store.begin("/a");
        let (one, two) = (stored(b"hello "), stored(b"world"));
        let etags = [(1, one.etag.clone()), (2, two.etag.clone())];
        assert_eq!(store.put_part("/b", &id, 1, one.clone()), Err(Refusal::NoSuchUpload));
        assert_eq!(store.put_part("/a", "other", 1, one.clone()), Err(Refusal::NoSuchUpload));
        store.put_part("/a", &id, 1, one).expect("taken");
        let complete = |parts: &[(u32, String)]| store.complete("/a", &id, parts).map(|object| object.crc64);
        assert_eq!(complete(&etags), Err(Refusal::InvalidPart));
        store.put_part("/a", &id, 2, two).expect("taken");
        assert_eq!(complete(&[]), Err(Refusal::InvalidPartOrder));
        assert_eq!(complete(&[etags[1].clone(), etags[0].clone()]), Err(Refusal::InvalidPartOrder));
        assert_eq!(complete(&[(1, etags[1].1.clone())]), Err(Refusal::InvalidPart));
        assert_eq!(complete(&etags), Ok(stored(b"hello world").crc64));
        assert_eq!(store.objects(), (1, 11));
        assert_eq!(complete(&etags), Err(Refusal::NoSuchUpload));
    }

    #[test]
    fn a_blob_is_made_of_blocks_that_wait_or_were_committed() {
        let store = Store::default();
        let put = |id: &str, bytes: &[u8]| store.put_block("/a", id, stored(bytes));
        let commit = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            store.commit("/a", &ids).map(|blob| blob.length)
        };
        put("aa", b"one").expect("taken");
        assert_eq!(put("bbb", b"two"), Err(Refusal::InvalidBlobOrBlock));
        assert_eq!(commit(&["aa", "bb"]), Err(Refusal::InvalidBlockList));
        put("bb", b"three").expect("taken");
        assert_eq!(commit(&["bb", "aa", "bb"]), Ok(13));
        put("cc", b"x").expect("taken");
        assert_eq!(commit(&["aa"]), Ok(3));
        // It was not on the list.
        assert_eq!(commit(&["cc"]), Err(Refusal::InvalidBlockList));
        assert_eq!(store.objects(), (1, 3));
    }
}
