//! The objects behind the S3 server library, which has verified signature and policy by the time
//! it calls here. Owns digests and the rule that nothing partial or damaged is ever visible.

use std::sync::Arc;

use futures::StreamExt;
use hyper::HeaderMap;
use hyper::header::{ETAG, HeaderValue};
use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::dto::{
    ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, PutObjectInput,
    PutObjectOutput, StreamingBlob, UploadPartInput, UploadPartOutput,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use tokio_util::io::ReaderStream;

use super::answered_checksums;
use super::objects::{Digests, Incoming, Object, Objects, digest_matches};
use super::uploads::{MAX_PARTS, NO_SUCH_UPLOAD, Refusal, Uploads};
use crate::presign::{Signer, hex};

/// The embedded server, for the one bucket and key pair of `signer`.
pub(crate) fn service(objects: Arc<Objects>, uploads: Arc<Uploads>, signer: &Signer) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Bucket { objects, uploads, name: signer.bucket.clone() });
    builder.set_auth(SimpleAuth::from_single(signer.access_key.clone(), signer.secret_key.clone()));
    let mut config = S3Config::default();
    // The library also applies its clock skew limit to a form's date, which would end every form
    // after 15 minutes. A form lives as long as its policy says.
    config.presigned_url_max_skew_time_secs = 7 * 24 * 3600;
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.build()
}

struct Bucket {
    name: String,
    objects: Arc<Objects>,
    uploads: Arc<Uploads>,
}

impl Bucket {
    fn find(&self, bucket: &str, key: &str) -> S3Result<Object> {
        if bucket != self.name {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        self.objects.get(key).ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }
}

/// The claims of a body about itself.
struct Claims {
    content_length: Option<i64>,
    /// By the header that makes them.
    checksums: Vec<(&'static str, String)>,
}

/// Works for the inputs of both operations, which have the same fields and no common trait.
macro_rules! claims {
    ($input:expr, $headers:expr) => {{
        let claimed = [
            ("content-md5", $input.content_md5.take()),
            ("x-amz-checksum-crc32", $input.checksum_crc32.take()),
            ("x-amz-checksum-crc32c", $input.checksum_crc32c.take()),
            ("x-amz-checksum-crc64nvme", $input.checksum_crc64nvme.take()),
            ("x-amz-checksum-sha1", $input.checksum_sha1.take()),
            ("x-amz-checksum-sha256", $input.checksum_sha256.take()),
            // Google's, as far as it is one of these.
            ("x-amz-checksum-crc32c", google_crc32c(&$headers)),
        ];
        let checksums = claimed.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Claims { content_length: $input.content_length, checksums }
    }};
}

fn google_crc32c(headers: &HeaderMap) -> Option<String> {
    let list = headers.get("x-goog-hash")?.to_str().ok()?;
    list.split(',').find_map(|item| item.trim().strip_prefix("crc32c=")).map(str::to_string)
}

fn internal(error: std::io::Error) -> s3s::S3Error {
    s3_error!(InternalError, "cannot store: {error}")
}

impl Bucket {
    /// Reads a body to its end and holds it against what it claims.
    async fn receive(
        &self,
        bucket: &str,
        body: Option<StreamingBlob>,
        claims: Claims,
    ) -> S3Result<(Incoming, Digests)> {
        if bucket != self.name {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        let mut incoming = self.objects.receive().map_err(internal)?;
        if let Some(mut body) = body {
            while let Some(data) = body.next().await {
                let data = data.map_err(|error| s3_error!(IncompleteBody, "the body broke off: {error}"))?;
                incoming.write(&data).map_err(internal)?;
            }
        }
        let digests = incoming.digests();
        if claims.content_length.is_some_and(|length| u64::try_from(length) != Ok(digests.size)) {
            return Err(s3_error!(IncompleteBody, "The body is not as long as Content-Length says"));
        }
        let computed = digests.checksums();
        for (name, claimed) in claims.checksums {
            let actual = computed.iter().find(|(known, _)| *known == name);
            match actual.map(|(_, actual)| digest_matches(&claimed, actual)) {
                None | Some(Some(true)) => {}
                Some(Some(false)) => {
                    return Err(s3_error!(
                        BadDigest,
                        "The {name} you specified did not match the calculated checksum."
                    ));
                }
                Some(None) => {
                    return Err(s3_error!(InvalidDigest, "The {name} you specified is not valid."));
                }
            }
        }
        Ok((incoming, digests))
    }
}

#[async_trait::async_trait]
impl S3 for Bucket {
    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let mut input = req.input;
        let claims = claims!(input, req.headers);
        let (incoming, digests) = self.receive(&input.bucket, input.body, claims).await?;
        self.objects.keep(&input.key, incoming, &digests, input.content_type, None).map_err(internal)?;

        // As a header too: the library puts the output's ETag on a PUT reply, but not on a form's.
        let etag = hex(&digests.md5);
        let mut headers = answered_checksums::all(&digests);
        if let Ok(value) = HeaderValue::from_str(&format!("\"{etag}\"")) {
            headers.insert(ETAG, value);
        }
        let output = PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..PutObjectOutput::default() };
        Ok(S3Response::with_headers(output, headers))
    }

    /// An upload that is unknown is refused only after the body: a refusal in its middle is what faults
    /// are for.
    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let mut input = req.input;
        let number = u64::try_from(input.part_number).unwrap_or(0);
        if !(1..=MAX_PARTS).contains(&number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and {MAX_PARTS}, inclusive"
            ));
        }
        let claims = claims!(input, req.headers);
        let (incoming, digests) = self.receive(&input.bucket, input.body, claims).await?;
        let kept = self.uploads.put(&input.upload_id, &input.key, number, incoming, &digests);
        match kept {
            Ok(etag) => {
                let e_tag = Some(ETag::Strong(etag));
                let output = UploadPartOutput { e_tag, ..UploadPartOutput::default() };
                Ok(S3Response::with_headers(output, answered_checksums::all(&digests)))
            }
            Err(Refusal::NoSuchUpload) => Err(s3_error!(NoSuchUpload, "{NO_SUCH_UPLOAD}")),
            Err(other) => Err(s3_error!(InternalError, "{other:?}")),
        }
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let object = self.find(&req.input.bucket, &req.input.key)?;
        let path = object.path.ok_or_else(|| s3_error!(NoSuchKey, "The object has no content"))?;
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|error| s3_error!(InternalError, "cannot read: {error}"))?;
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::wrap(ReaderStream::with_capacity(file, 64 * 1024))),
            content_length: i64::try_from(object.size).ok(),
            content_type: object.content_type,
            e_tag: object.etag.map(ETag::Strong),
            ..GetObjectOutput::default()
        }))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let object = self.find(&req.input.bucket, &req.input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: i64::try_from(object.size).ok(),
            content_type: object.content_type,
            e_tag: object.etag.map(ETag::Strong),
            ..HeadObjectOutput::default()
        }))
    }
}
