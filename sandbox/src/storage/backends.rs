//! The three places that bytes can go, and what the services ask of any of them.

use std::sync::Arc;

use bytes::Bytes;
use s3s::service::S3Service;

use super::blocks::Blocks;
use super::external::External;
use super::objects::{Digests, Object, Objects};
use super::sessions::Sessions;
use super::uploads::{DISCARDED, Refusal, Uploads};

/// Where bytes go, and how to ask for them.
pub(crate) struct Storage {
    pub backend: Backend,
    pub objects: Arc<Objects>,
    pub uploads: Arc<Uploads>,
    pub blocks: Blocks,
    pub sessions: Sessions,
}

pub(crate) enum Backend {
    Embedded(S3Service),
    Discard { bucket: String },
    External(External),
}

impl Storage {
    pub fn new(backend: Backend, objects: Arc<Objects>, uploads: Arc<Uploads>) -> Self {
        Storage { backend, objects, uploads, blocks: Blocks::default(), sessions: Sessions::default() }
    }

    pub fn is_external(&self) -> bool {
        matches!(self.backend, Backend::External(_))
    }

    pub fn clear(&self) {
        self.objects.clear();
        self.uploads.clear();
        self.blocks.clear();
        self.sessions.clear();
    }

    /// The object under `key`. An external store is read through, since its word for size and
    /// digest is what is being tested.
    pub async fn find(&self, key: &str) -> Option<Object> {
        let Backend::External(external) = &self.backend else {
            return self.objects.get(key);
        };
        let object = external.find(key).await?;
        self.objects.put(key, object.clone());
        Some(object)
    }

    /// Stores a whole object that came through the API.
    pub async fn store(&self, key: &str, content: Bytes, content_type: &str) -> Result<(), Refusal> {
        match &self.backend {
            Backend::Embedded(_) => {
                let failed = |error: std::io::Error| Refusal::Failed(error.to_string());
                let mut incoming = self.objects.receive().map_err(failed)?;
                incoming.write(&content).map_err(failed)?;
                let digests: Digests = incoming.digests();
                self.objects.keep(key, incoming, &digests, Some(content_type.into()), None).map_err(failed)
            }
            Backend::Discard { .. } => {
                let size = content.len() as u64;
                self.objects.put(key, Object { size, etag: Some(DISCARDED.into()), ..Object::default() });
                Ok(())
            }
            Backend::External(external) => external.put(key, content, content_type).await,
        }
    }

    /// Begins an upload in parts; gives its id.
    pub async fn begin(&self, key: &str, content_type: &str) -> Result<String, Refusal> {
        match &self.backend {
            Backend::External(external) => external.begin(key, content_type).await,
            _ => Ok(self.uploads.begin(key, content_type)),
        }
    }

    /// Makes one object of the listed parts.
    pub async fn complete(&self, key: &str, id: &str, parts: Vec<(u64, String)>) -> Result<(), Refusal> {
        if let Backend::External(external) = &self.backend {
            return external.complete(key, id, &parts).await;
        }
        let (objects, uploads, id) = (self.objects.clone(), self.uploads.clone(), id.to_string());
        let joined = tokio::task::spawn_blocking(move || uploads.complete(&objects, &id, &parts));
        joined.await.unwrap_or_else(|error| Err(Refusal::Failed(error.to_string())))
    }

    pub async fn abort(&self, key: &str, id: &str) -> Result<(), Refusal> {
        match &self.backend {
            Backend::External(external) => external.abort(key, id).await,
            _ => self.uploads.abort(id),
        }
    }
}
