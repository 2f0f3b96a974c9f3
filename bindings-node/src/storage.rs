//! `Storage`: presigned targets that some other program asked for.

use dropoff::{Error, PostFormRequest, PostRequest, PutPartsRequest, PutRequest, SendRequest, StoredObject};
use napi::{Either, Env};
use napi_derive::napi;

use crate::errors::{Failed, guarded};
use crate::inputs::{self, Source};
use crate::job::Job;
use crate::options::{self, GivenOption};

/// Uploads to presigned targets.
#[napi]
pub struct Storage(dropoff::Storage);

/// The result of an upload, given back to be compared.
#[napi(object, object_to_js = false)]
pub struct Stored {
    /// Bytes that storage took.
    pub bytes: f64,
    /// Storage's ETag.
    pub etag: Option<String>,
    /// SHA-256 in hex.
    pub sha256: Option<String>,
    /// MD5 in hex.
    pub md5: Option<String>,
    /// Whether a digest of storage's and ours agreed.
    pub verified: bool,
    /// Requests it took.
    pub attempts: u32,
    /// What was not certain.
    pub warnings: Option<Vec<String>>,
    /// The digest that agreed.
    pub verified_by: Option<String>,
    /// CRC-64/NVME in base64.
    // Else napi would look for crc64Nvme.
    #[napi(js_name = "crc64nvme")]
    pub crc64nvme: Option<String>,
}

impl Stored {
    pub(crate) fn into_core(self) -> Result<StoredObject, Error> {
        let bytes = inputs::whole(self.bytes).ok_or_else(|| Error::internal("a size is none"))?;
        let Self { etag, sha256, md5, verified, attempts, warnings, verified_by, crc64nvme, .. } = self;
        let warnings = warnings.unwrap_or_default();
        Ok(StoredObject {
            bytes,
            etag,
            sha256,
            md5,
            verified,
            attempts,
            warnings,
            verified_by,
            crc64nvme,
            ..StoredObject::default()
        })
    }
}

/// A presigned PUT but for its source.
#[napi(object, object_to_js = false)]
pub struct PutArguments {
    /// The presigned URL.
    pub url: String,
    /// Names and values.
    pub headers: Option<Vec<Vec<String>>>,
    /// A limit for the whole call, in milliseconds.
    pub timeout: Option<f64>,
    /// The path of a journal.
    pub journal: Option<String>,
}

/// A presigned POST form but for its source.
#[napi(object, object_to_js = false)]
pub struct PostFormArguments {
    /// Where it goes.
    pub url: String,
    /// Names and values, in their order.
    pub fields: Vec<Vec<String>>,
    /// The file name told to storage.
    pub file_name: Option<String>,
    /// The name of the field that holds the file.
    pub file_field: Option<String>,
    /// A limit for the whole call, in milliseconds.
    pub timeout: Option<f64>,
}

/// A presigned PUT for each part, but for the source.
#[napi(object, object_to_js = false)]
pub struct PutPartsArguments {
    /// The presigned URLs in order of part number.
    pub urls: Vec<String>,
    /// Bytes of each part but the last.
    pub part_size: Option<f64>,
    /// Bytes of each part.
    pub part_sizes: Option<Vec<f64>>,
    /// Names and values, for every part.
    pub headers: Option<Vec<Vec<String>>>,
    /// The same for each part.
    pub part_headers: Option<Vec<Vec<Vec<String>>>>,
    /// A limit for the whole call, in milliseconds.
    pub timeout: Option<f64>,
}

/// A plan but for the source.
#[napi(object, object_to_js = false)]
pub struct SendPlanArguments {
    /// Its text.
    pub plan: String,
    /// Whether its requests may carry a token.
    pub allow_authorization: Option<bool>,
    /// A limit for the whole call, in milliseconds.
    pub timeout: Option<f64>,
}

/// Makes a client.
#[napi]
pub fn storage(options: Vec<GivenOption>) -> Either<Storage, Failed> {
    guarded(|| Ok(Storage(dropoff::Storage::new(options::options(options)?))))
}

#[napi]
impl Storage {
    /// Changes the limit of all uploads together.
    #[napi]
    pub fn set_bandwidth_limit(&self, limit: Option<GivenOption>) -> Either<(), Failed> {
        guarded(|| self.0.set_bandwidth_limit(options::bandwidth_limit(limit)?))
    }

    /// Sends a source with a PUT.
    #[napi]
    pub fn start_put(&self, env: &Env, source: &Source, request: PutArguments) -> Either<Job, Failed> {
        Job::start(env, || {
            let timeout = inputs::timeout(request.timeout)?;
            let mut put = PutRequest::new(request.url, source.take()?);
            for (name, value) in inputs::pairs(request.headers.unwrap_or_default())? {
                put = put.header(name, value);
            }
            if let Some(limit) = timeout {
                put = put.timeout(limit);
            }
            if let Some(journal) = request.journal {
                put = put.journal(journal);
            }
            self.0.start_put(put)
        })
    }

    /// Sends a source with a POST form.
    #[napi]
    pub fn start_post_form(
        &self,
        env: &Env,
        source: &Source,
        request: PostFormArguments,
    ) -> Either<Job, Failed> {
        Job::start(env, || {
            let timeout = inputs::timeout(request.timeout)?;
            let fields = inputs::pairs(request.fields)?;
            let mut form = PostFormRequest::new(request.url, fields, source.take()?);
            if let Some(name) = request.file_name {
                form = form.file_name(name);
            }
            if let Some(name) = request.file_field {
                form = form.file_field(name);
            }
            if let Some(limit) = timeout {
                form = form.timeout(limit);
            }
            self.0.start_post_form(form)
        })
    }

    /// Sends a source in parts.
    #[napi]
    pub fn start_put_parts(
        &self,
        env: &Env,
        source: &Source,
        request: PutPartsArguments,
    ) -> Either<Job, Failed> {
        Job::start(env, || {
            let timeout = inputs::timeout(request.timeout)?;
            let mut parts = PutPartsRequest::new(request.urls, source.take()?);
            if let Some(size) = request.part_size {
                let size = inputs::whole(size).ok_or_else(|| Error::internal("a size is none"))?;
                parts = parts.part_size(size);
            }
            if let Some(sizes) = request.part_sizes {
                let sizes: Option<Vec<u64>> = sizes.into_iter().map(inputs::whole).collect();
                parts = parts.part_sizes(sizes.ok_or_else(|| Error::internal("a size is none"))?);
            }
            for (name, value) in inputs::pairs(request.headers.unwrap_or_default())? {
                parts = parts.header(name, value);
            }
            if let Some(all) = request.part_headers {
                let all: Result<Vec<_>, Error> = all.into_iter().map(inputs::pairs).collect();
                parts = parts.part_headers(all?);
            }
            if let Some(limit) = timeout {
                parts = parts.timeout(limit);
            }
            self.0.start_put_parts(parts)
        })
    }

    /// Sends a source with a raw POST.
    #[napi]
    pub fn start_post(&self, env: &Env, source: &Source, request: PutArguments) -> Either<Job, Failed> {
        Job::start(env, || {
            let timeout = inputs::timeout(request.timeout)?;
            let mut post = PostRequest::new(request.url, source.take()?);
            for (name, value) in inputs::pairs(request.headers.unwrap_or_default())? {
                post = post.header(name, value);
            }
            if let Some(limit) = timeout {
                post = post.timeout(limit);
            }
            self.0.start_post(post)
        })
    }

    /// Sends a source by a plan.
    #[napi]
    pub fn start_send(&self, env: &Env, source: &Source, request: SendPlanArguments) -> Either<Job, Failed> {
        Job::start(env, || {
            let timeout = inputs::timeout(request.timeout)?;
            let allow = request.allow_authorization.unwrap_or_default();
            let mut send = SendRequest::new(request.plan, source.take()?).allow_authorization(allow);
            if let Some(limit) = timeout {
                send = send.timeout(limit);
            }
            self.0.start_send(send)
        })
    }

    /// As it may be printed.
    #[napi]
    pub fn shown(&self) -> String {
        format!("{:?}", self.0)
    }
}
