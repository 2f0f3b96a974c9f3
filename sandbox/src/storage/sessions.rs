//! Sessions that are open, and the bytes they have. Knows no HTTP.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::lock::lock;

/// A session keeps whole pieces of this size until it has all.
const GRANULE: usize = 256 * 1024;

/// Sessions by id.
#[derive(Default)]
pub(crate) struct Sessions {
    open: Mutex<BTreeMap<String, Session>>,
}

#[derive(Default)]
struct Session {
    key: String,
    content_type: Option<String>,
    bytes: Vec<u8>,
    /// Facts of its object, once that is stored: whoever asks later is told the same.
    stored: Option<StoredFacts>,
}

/// Facts of a stored object, by their names.
pub(crate) type StoredFacts = Vec<(&'static str, String)>;

impl Sessions {
    pub fn begin(&self, key: &str, content_type: Option<String>) -> String {
        let id = format!("AD-{}", uuid::Uuid::new_v4().simple());
        let session = Session { key: key.to_string(), content_type, ..Session::default() };
        lock(&self.open).insert(id.clone(), session);
        id
    }

    /// How many bytes it keeps whatever becomes of a request, and its object if that is stored. `None`: it is
    /// unknown.
    pub fn has(&self, id: &str) -> Option<(usize, Option<StoredFacts>)> {
        let open = lock(&self.open);
        let session = open.get(id)?;
        Some((session.bytes.len() - session.bytes.len() % GRANULE, session.stored.clone()))
    }

    /// Bytes after the first `from` are to come anew.
    pub fn cut(&self, id: &str, from: usize) {
        if let Some(session) = lock(&self.open).get_mut(id) {
            session.bytes.truncate(from);
        }
    }

    pub fn append(&self, id: &str, data: &[u8]) {
        if let Some(session) = lock(&self.open).get_mut(id) {
            session.bytes.extend_from_slice(data);
        }
    }

    /// All of it, with its key and type, if it has `total` bytes.
    pub fn take(&self, id: &str, total: usize) -> Option<(String, Option<String>, Vec<u8>)> {
        let mut open = lock(&self.open);
        let session = open.get_mut(id).filter(|session| session.bytes.len() == total)?;
        Some((session.key.clone(), session.content_type.clone(), std::mem::take(&mut session.bytes)))
    }

    /// Its object is stored.
    pub fn finish(&self, id: &str, stored: StoredFacts) {
        if let Some(session) = lock(&self.open).get_mut(id) {
            session.stored = Some(stored);
        }
    }

    pub fn clear(&self) {
        lock(&self.open).clear();
    }
}
