//! The requests to raw storage: a presigned `PUT`, a raw `POST`, a presigned form, a presigned `PUT` for each
//! part, or a plan.

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
    /// signature. The file holds what opens a session, and is removed once the object is stored. No stream
    /// can be read again, so there is none with a journal.
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(crate::paths::local_path(path.into(), "journal"));
        self
    }
}

/// A raw `POST`.
#[derive(Debug)]
pub struct PostRequest {
    pub(super) url: Secret,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) source: Source,
    pub(super) timeout: Option<Duration>,
}

impl PostRequest {
    /// * `url`: where the bytes go, exactly as it was handed out.
    pub fn new(url: impl Into<String>, source: impl Into<Source>) -> Self {
        Self { url: Secret::new(url), headers: Vec::new(), source: source.into(), timeout: None }
    }
    /// One of the headers that the service wants, sent as given.
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
}

/// A `PUT` of the same with another method, and without its journal: a body that goes by POST goes whole, and
/// begins anew.
impl From<PutRequest> for PostRequest {
    fn from(put: PutRequest) -> Self {
        let PutRequest { url, headers, source, timeout, journal: _ } = put;
        Self { url, headers, source, timeout }
    }
}

/// A plan, and what is to be sent by it.
#[derive(Debug)]
pub struct SendRequest {
    pub(super) plan: Secret,
    pub(super) source: Source,
    pub(super) allow_authorization: bool,
    pub(super) timeout: Option<Duration>,
}

impl SendRequest {
    /// * `plan`: what the backend handed out, as JSON or a bare URL.
    pub fn new(plan: impl Into<String>, source: impl Into<Source>) -> Self {
        Self { plan: Secret::new(plan), source: source.into(), allow_authorization: false, timeout: None }
    }
    /// Whether requests of the plan may carry `Authorization`, each to its own URL alone: a Git LFS server
    /// hands out such tokens. Default: false, and such a plan is refused.
    #[must_use]
    pub fn allow_authorization(mut self, allow: bool) -> Self {
        self.allow_authorization = allow;
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

/// A presigned `POST` form.
#[derive(Debug)]
pub struct PostFormRequest {
    pub(super) url: Secret,
    pub(super) fields: Fields,
    pub(super) file_name: String,
    pub(super) file_field: String,
    pub(super) source: Source,
    pub(super) timeout: Option<Duration>,
}

impl PostFormRequest {
    /// * `url`: where the form goes, exactly as it was handed out.
    /// * `fields`: sent byte for byte in the order given; the file follows as the last
    ///   field, which `file_field` names.
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
            file_field: "file".to_owned(),
            source: source.into(),
            timeout: None,
        }
    }
    /// The name of the field that holds the file. Default `file`, as S3 and Google have it.
    #[must_use]
    pub fn file_field(mut self, name: impl Into<String>) -> Self {
        self.file_field = name.into();
        self
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
    pub(super) part_sizes: Option<Vec<u64>>,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) part_headers: Option<Vec<Vec<(String, Secret)>>>,
    pub(super) timeout: Option<Duration>,
}

impl PutPartsRequest {
    /// * `urls`: the presigned URLs in order of their part numbers, from 1, exactly as they were handed out;
    ///   1 to 10,000 of them.
    pub fn new<U: Into<String>>(urls: impl IntoIterator<Item = U>, source: impl Into<Source>) -> Self {
        let urls = urls.into_iter().map(Secret::new).collect();
        Self {
            urls,
            source: source.into(),
            part_size: None,
            part_sizes: None,
            headers: Vec::new(),
            part_headers: None,
            timeout: None,
        }
    }
    /// Bytes of each part but the last. Default: the option `part_size`, or 8 MiB, or what fits the number of
    /// URLs if those do not.
    #[must_use]
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }
    /// Bytes of each part, in the order of the URLs, where they are not equal.
    #[must_use]
    pub fn part_sizes(mut self, bytes: impl IntoIterator<Item = u64>) -> Self {
        self.part_sizes = Some(bytes.into_iter().collect());
        self
    }
    /// One of the headers that were signed into every URL, sent as given.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Secret::new(value)));
        self
    }
    /// The headers of each part, in the order of the URLs, beside those of all; one of a part's own stands in
    /// the place of that of all.
    #[must_use]
    pub fn part_headers(mut self, headers: impl IntoIterator<Item = Vec<(String, String)>>) -> Self {
        let secret = |(name, value): (String, String)| (name, Secret::new(value));
        let all = headers.into_iter().map(|part: Vec<_>| part.into_iter().map(secret).collect());
        self.part_headers = Some(all.collect());
        self
    }
    /// Bounds the whole call, retries included. Default: no limit.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}
