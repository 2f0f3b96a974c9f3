//! Blocks that wait to be committed, and those that were. Knows no HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tempfile::TempPath;

use super::objects::{Incoming, Objects};
use super::uploads::join_files;
use crate::lock::lock;

/// Why blocks are not taken.
pub(crate) enum BlockRefusal {
    /// Ids are of another length.
    OtherIds,
    /// One of the list is not there.
    Missing,
    /// Storage itself failed.
    Failed(String),
}

/// Blocks of Azure's by key and id. A committed one stays, so that a list may name it again.
#[derive(Default)]
pub(crate) struct Blocks {
    of_blobs: Mutex<BTreeMap<String, OfBlob>>,
}

#[derive(Default)]
struct OfBlob {
    waiting: BTreeMap<String, Arc<TempPath>>,
    committed: BTreeMap<String, Arc<TempPath>>,
}

/// Azure's bound.
const MOST_BLOCKS: usize = 50_000;

impl Blocks {
    /// Takes a block, in place of the one that had its id.
    pub fn put(&self, key: &str, id: &str, incoming: Incoming) -> Result<(), BlockRefusal> {
        let mut of_blobs = lock(&self.of_blobs);
        let waiting = &mut of_blobs.entry(key.to_string()).or_default().waiting;
        if waiting.keys().any(|other| other.len() != id.len()) {
            return Err(BlockRefusal::OtherIds);
        }
        waiting.insert(id.to_string(), Arc::new(incoming.into_path()));
        Ok(())
    }

    /// Joins the blocks of a list; every other one is gone after that. Blocking: it copies everything.
    pub fn commit(&self, objects: &Objects, key: &str, ids: &[String]) -> Result<Incoming, BlockRefusal> {
        let mut of_blobs = lock(&self.of_blobs);
        let of_blob = of_blobs.entry(key.to_string()).or_default();
        let find = |id: &String| of_blob.waiting.get(id).or_else(|| of_blob.committed.get(id)).cloned();
        let found: Option<Vec<Arc<TempPath>>> = ids.iter().map(find).collect();
        let files = found.filter(|files| files.len() <= MOST_BLOCKS).ok_or(BlockRefusal::Missing)?;
        let whole = join_files(objects, files.iter().map(|file| &***file));
        let whole = whole.map_err(|error| BlockRefusal::Failed(error.to_string()))?;
        *of_blob = OfBlob { waiting: BTreeMap::new(), committed: ids.iter().cloned().zip(files).collect() };
        Ok(whole)
    }

    /// A blob that came whole has no blocks.
    pub fn forget(&self, key: &str) {
        lock(&self.of_blobs).remove(key);
    }

    pub fn clear(&self) {
        lock(&self.of_blobs).clear();
    }
}
