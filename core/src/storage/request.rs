//! The requests to raw storage: a presigned `PUT`, a presigned form, or a presigned `PUT` for each part.

use std::path::PathBuf;
use std::time::Duration;

use super::form::Fields;
use crate::error::Result;
use crate::secret::Secret;
use crate::source::Source;

/// A presigned `PUT`.
#[derive(Debug)]
pub struct PutRequest {
    pub(super) url: Secret,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) source: Source,
    pub(super) timeout: Option<Duration>,
    pub(super) journal: Option<Result<PathBuf>>,
}

impl PutRequest {
    /// * `url`: the presigned URL, exactly as it was handed out.
    pub fn new(url: impl Into<String>, source: impl Into<Source>) -> Self {
        Self {
            url: Secret::new(url),
            headers: Vec::new(),
            source: source.into(),
            timeout: None,
            journal: None,
        }
    }
    /// One of the headers that were signed into the URL, sent as given.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Secret::new(value)));
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
    /// A journal: a file that lets the same call go on where this one stopped, after its process was killed
    /// or it failed. It is for what goes in blocks (Azure) or in a session (Google), where storage keeps what
    /// it has; what goes whole begins anew, and makes no journal. The URL of the second call may have another
    /// signature. The file holds what opens a session, and is removed once the object is stored. No stream can
    /// be read again, so there is none with a journal.
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(crate::paths::local_path(path.into(), "journal"));
        self
    }
}

/// A presigned `POST` form.
#[derive(Debug)]
pub struct PostFormRequest {
    pub(super) url: Secret,
    pub(super) fields: Fields,
    pub(super) file_name: String,
    pub(super) source: Source,
    pub(super) timeout: Option<Duration>,
}

impl PostFormRequest {
    /// * `url`: where the form goes, exactly as it was handed out.
    /// * `fields`: sent byte for byte in the order given; the file follows as the field `file`.
    pub fn new<N: Into<String>, V: Into<String>>(
        url: impl Into<String>,
        fields: impl IntoIterator<Item = (N, V)>,
        source: impl Into<Source>,
    ) -> Self {
        let fields = fields.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
        Self {
            url: Secret::new(url),
            fields: Fields(fields),
            file_name: "file".to_owned(),
            source: source.into(),
            timeout: None,
        }
    }
    /// The file name told to storage. Default `file`.
    #[must_use]
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = name.into();
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

/// A presigned `PUT` for each part of an object.
#[derive(Debug)]
pub struct PutPartsRequest {
    pub(super) urls: Vec<Secret>,
    pub(super) source: Source,
    pub(super) part_size: Option<u64>,
    pub(super) timeout: Option<Duration>,
}

impl PutPartsRequest {
    /// * `urls`: the presigned URLs in order of their part numbers, from 1, exactly as they were handed out; 1
    ///   to 10,000 of them.
    pub fn new<U: Into<String>>(urls: impl IntoIterator<Item = U>, source: impl Into<Source>) -> Self {
        let urls = urls.into_iter().map(Secret::new).collect();
        Self { urls, source: source.into(), part_size: None, timeout: None }
    }
    /// Bytes of each part but the last. Default: the option `part_size`, or 8 MiB, or what fits the number of
    /// URLs if those do not.
    #[must_use]
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}
