//! The storage listener: what is refused before the S3 library sees it, and its errors in S3's own
//! words. Also the sink that checks nothing, and what the services ask of any of the stores.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::header::{ETAG, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use s3s::service::S3Service;
use serde_json::Value;
use time::OffsetDateTime;

use crate::http::form::{self, FormBody, MAX_PREAMBLE, Parsed, Preamble};
use crate::http::log::Entry;
use crate::http::reply::{self, BoxError, Reply, s3_error};
use crate::server::listener::{App, RequestBody};
use crate::storage::external::External;
use crate::storage::objects::{Digests, Object, Objects};
use crate::storage::uploads::{DISCARDED, NO_SUCH_UPLOAD, Refusal};

/// S3's limit for everything in a form but the file.
const MAX_PRE_DATA: usize = 20_480;

/// Where bytes go, and how to ask for them.
pub(crate) enum Storage {
    Embedded(S3Service),
    Discard,
    External(External),
}

impl Storage {
    /// What is stored under `key`. An external store is read through, since its word for size and
    /// digest is what is being tested.
    pub async fn find(&self, objects: &Objects, key: &str) -> Option<Object> {
        let Storage::External(external) = self else {
            return objects.get(key);
        };
        let object = external.find(key).await?;
        objects.put(key, object.clone());
        Some(object)
    }

    /// Stores a whole object that came through the API.
    pub async fn store(
        &self,
        objects: &Objects,
        key: &str,
        content: Bytes,
        content_type: &str,
    ) -> Result<(), Refusal> {
        match self {
            Storage::Embedded(_) => {
                let failed = |error: std::io::Error| Refusal::Failed(error.to_string());
                let mut incoming = objects.receive().map_err(failed)?;
                incoming.write(&content).map_err(failed)?;
                let digests: Digests = incoming.digests();
                objects.keep(key, incoming, &digests, Some(content_type.into()), None).map_err(failed)
            }
            Storage::Discard => {
                let size = content.len() as u64;
                objects.put(key, Object { size, etag: Some(DISCARDED.into()), ..Object::default() });
                Ok(())
            }
            Storage::External(external) => external.put(key, content, content_type).await,
        }
    }

    /// Begins an upload in parts; gives its id.
    pub async fn begin(&self, objects: &Objects, key: &str, content_type: &str) -> Result<String, Refusal> {
        match self {
            Storage::External(external) => external.begin(key, content_type).await,
            _ => Ok(objects.uploads.begin(key, content_type)),
        }
    }

    /// Makes one object of the listed parts.
    pub async fn complete(
        &self,
        objects: &Arc<Objects>,
        key: &str,
        id: &str,
        parts: Vec<(u64, String)>,
    ) -> Result<(), Refusal> {
        if let Storage::External(external) = self {
            return external.complete(key, id, &parts).await;
        }
        let (objects, id) = (objects.clone(), id.to_string());
        let joined = tokio::task::spawn_blocking(move || objects.uploads.complete(&objects, &id, &parts));
        joined.await.unwrap_or_else(|error| Err(Refusal::Failed(error.to_string())))
    }

    pub async fn abort(&self, objects: &Objects, key: &str, id: &str) -> Result<(), Refusal> {
        match self {
            Storage::External(external) => external.abort(key, id).await,
            _ => objects.uploads.abort(id),
        }
    }
}

/// Answers one request to storage.
pub(crate) async fn handle(app: &Arc<App>, request: Request<RequestBody>, entry: &Arc<Entry>) -> Reply {
    if let Some(refusal) = refuse_head(request.headers(), request.uri().query(), entry, request.method()) {
        return refusal;
    }
    let mut reply = match &app.storage {
        Storage::Discard => discard(app, request).await,
        Storage::Embedded(service) => embedded(service, request, entry).await,
        Storage::External(_) => reply::empty(StatusCode::NOT_FOUND),
    };
    if !reply.headers().contains_key("x-amz-request-id") {
        let id = reply::request_id();
        reply::stamp(&mut reply, &id);
    }
    reply
}

/// What the head alone gives away.
fn refuse_head(
    headers: &hyper::HeaderMap,
    query: Option<&str>,
    entry: &Entry,
    method: &Method,
) -> Option<Reply> {
    if entry.authorization {
        // A key of either service has no business here, and a presigned request is signed already.
        return Some(s3_error(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "Only one auth mechanism allowed",
            &[],
        ));
    }
    let has_body = method == Method::PUT || method == Method::POST;
    if entry.chunked || (has_body && entry.content_length.is_none()) {
        return Some(s3_error(
            StatusCode::LENGTH_REQUIRED,
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
            &[],
        ));
    }
    // The library ignores unsigned x-amz- headers; S3 does not.
    let signed =
        query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("X-Amz-SignedHeaders="))?;
    let signed = signed.to_ascii_lowercase().replace("%3b", ";");
    let unsigned = headers.keys().find(|name| {
        name.as_str().starts_with("x-amz-")
            && name.as_str() != "x-amz-content-sha256"
            && !signed.split(';').any(|signed| signed == name.as_str())
    })?;
    Some(s3_error(
        StatusCode::FORBIDDEN,
        "AccessDenied",
        "There were headers present in the request which were not signed",
        &[("HeadersNotSigned", unsigned.to_string())],
    ))
}

async fn embedded(service: &S3Service, request: Request<RequestBody>, entry: &Entry) -> Reply {
    let expiry = query_expiry(request.uri().query());
    if request.method() != Method::POST {
        let request = request.map(s3s::Body::http_body_unsync);
        return in_s3_words(call(service, request).await, None, entry, expiry).await;
    }

    let (head, body) = request.into_parts();
    let opened = match open_form(&head, body).await {
        Ok(opened) => opened,
        Err(refusal) => return refusal,
    };
    if let Some(refusal) = refuse_fields(&opened.preamble) {
        return refusal;
    }
    let file_at = opened.preamble.file_at;
    let (body, verdict) = FormBody::new(opened.body, opened.read.freeze(), file_at, &opened.boundary);
    let request = Request::from_parts(head, s3s::Body::http_body_unsync(body));
    let reply = call(service, request).await;
    let verdict = verdict.lock().ok().and_then(|mut verdict| verdict.take());
    if let Some(why) = verdict {
        return malformed(why);
    }
    let form = Form { preamble: &opened.preamble, boundary: &opened.boundary };
    in_s3_words(reply, Some(form), entry, None).await
}

async fn call(service: &S3Service, request: Request<s3s::Body>) -> Reply {
    match service.call(request).await {
        Ok(reply) => reply.map(|body| body.map_err(BoxError::from).boxed_unsync()),
        Err(_) => s3_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
            &[],
        ),
    }
}

struct Opened {
    preamble: Preamble,
    boundary: String,
    /// The preamble, and what came along with it.
    read: BytesMut,
    body: RequestBody,
}

/// Reads a form up to its file.
async fn open_form(head: &Parts, mut body: RequestBody) -> Result<Opened, Reply> {
    let boundary = form::boundary(&head.headers).ok_or_else(|| {
        s3_error(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "Bucket POST must be of the enclosure-type multipart/form-data",
            &[],
        )
    })?;
    let mut read = BytesMut::new();
    loop {
        match form::parse(&read, &boundary) {
            Parsed::Done(preamble) => {
                return Ok(Opened { preamble, boundary, read, body });
            }
            Parsed::Broken(why) => return Err(malformed(why)),
            Parsed::NeedMore if read.len() > MAX_PREAMBLE => return Err(too_much_pre_data()),
            Parsed::NeedMore => {}
        }
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    read.extend_from_slice(data);
                }
            }
            Some(Err(_)) | None => {
                return Err(malformed("the form ends before its file"));
            }
        }
    }
}

fn refuse_fields(preamble: &Preamble) -> Option<Reply> {
    if preamble.file_at > MAX_PRE_DATA {
        return Some(too_much_pre_data());
    }
    // The library takes the last of several fields of one name; S3 refuses them.
    let mut names: Vec<String> = preamble.fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(s3_error(
        StatusCode::BAD_REQUEST,
        "InvalidArgument",
        &format!("The form field {} was sent more than once.", twice[0]),
        &[],
    ))
}

fn malformed(why: &str) -> Reply {
    s3_error(
        StatusCode::BAD_REQUEST,
        "MalformedPOSTRequest",
        &format!("The body of your POST request is not well-formed multipart/form-data: {why}."),
        &[],
    )
}

fn too_much_pre_data() -> Reply {
    s3_error(
        StatusCode::BAD_REQUEST,
        "MaxPostPreDataLengthExceeded",
        "Your POST request fields preceding the upload file were too large.",
        &[("MaxPostPreDataLengthBytes", MAX_PRE_DATA.to_string())],
    )
}

/// A form as far as its errors need it.
struct Form<'a> {
    preamble: &'a Preamble,
    boundary: &'a str,
}

impl Form<'_> {
    fn policy(&self) -> Option<Value> {
        let (_, policy) =
            self.preamble.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("policy"))?;
        serde_json::from_slice(&BASE64.decode(policy).ok()?).ok()
    }

    /// The first condition about `field`, as JSON text.
    fn condition(&self, field: &str) -> String {
        let policy = self.policy();
        let conditions = policy.as_ref().and_then(|policy| policy["conditions"].as_array());
        let named = format!("${field}");
        conditions
            .into_iter()
            .flatten()
            .find(|condition| condition[1].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&named)))
            .map_or_else(|| format!("[\"eq\", \"{named}\", ...]"), Value::to_string)
    }

    /// Size of the file, from the length of the whole.
    fn file_size(&self, content_length: Option<u64>) -> u64 {
        file_size(content_length, self.preamble.file_at, self.boundary)
    }

    fn range(&self) -> [String; 2] {
        let policy = self.policy().unwrap_or_default();
        let range = policy["conditions"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|condition| condition[0] == "content-length-range");
        [1, 2].map(|at| range.map_or_else(String::new, |range| range[at].to_string()))
    }
}

fn file_size(content_length: Option<u64>, file_at: usize, boundary: &str) -> u64 {
    let closing = "\r\n----\r\n".len() + boundary.len();
    content_length.unwrap_or(0).saturating_sub((file_at + closing) as u64)
}

fn query_expiry(query: Option<&str>) -> Option<String> {
    query?.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Expires=")).map(str::to_string)
}

/// The library's refusals with the status, code and message that S3 gives. They differ most for
/// forms, where a client must tell an expired policy from a wrong field by the message.
async fn in_s3_words(reply: Reply, form: Option<Form<'_>>, entry: &Entry, expires: Option<String>) -> Reply {
    if reply.status().is_success() {
        return reply;
    }
    let (head, body) = reply::collect(reply).await;
    let text = String::from_utf8_lossy(&body);
    let code = element(&text, "Code");
    let message = element(&text, "Message");
    let denied = |message: &str| s3_error(StatusCode::FORBIDDEN, "AccessDenied", message, &[]);
    let now = crate::presign::rfc3339(OffsetDateTime::now_utc());

    match (code.as_str(), &form) {
        ("AccessDenied", Some(_)) if message == "Request has expired" => {
            denied("Invalid according to Policy: Policy expired.")
        }
        ("AccessDenied", None) if message == "Request has expired" => s3_error(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "Request has expired",
            &[("X-Amz-Expires", expires.unwrap_or_default()), ("ServerTime", now)],
        ),
        ("AccessDenied", Some(_)) if message.contains("not specified in the policy") => {
            let field = message.rsplit('"').nth(1).unwrap_or_default();
            denied(&format!("Invalid according to Policy: Extra input fields: {field}"))
        }
        ("InvalidPolicyDocument", Some(form)) if !message.starts_with("failed to parse") => {
            // "Policy condition 'eq' for field 'tagging' failed: ...", "x-amz-date does not ...",
            // "Bucket in form field ...".
            let field = match message.split("for field '").nth(1) {
                Some(rest) => rest.split('\'').next().unwrap_or_default().to_string(),
                None => message.split(' ').next().unwrap_or_default().to_ascii_lowercase(),
            };
            denied(&format!(
                "Invalid according to Policy: Policy Condition failed: {}",
                form.condition(&field)
            ))
        }
        ("EntityTooLarge" | "EntityTooSmall", Some(form)) => {
            let [min, max] = form.range();
            let limit =
                if code == "EntityTooLarge" { ("MaxSizeAllowed", max) } else { ("MinSizeAllowed", min) };
            let size = form.file_size(entry.content_length).to_string();
            s3_error(head.status, &code, &message, &[("ProposedSize", size), limit])
        }
        ("NotSignedUp", _) => s3_error(
            StatusCode::FORBIDDEN,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            &[],
        ),
        ("SignatureDoesNotMatch", _) => s3_error(
            StatusCode::FORBIDDEN,
            &code,
            "The request signature we calculated does not match the signature you provided. \
             Check your key and signing method.",
            &[],
        ),
        ("", _) => Reply::from_parts(head, reply::body(body)),
        _ => s3_error(head.status, &code, &message, &[]),
    }
}

/// Text of the first element of this name, entities resolved.
pub(crate) fn element(xml: &str, name: &str) -> String {
    let open = format!("<{name}>");
    let text = xml
        .split_once(&open)
        .and_then(|(_, rest)| rest.split_once(&format!("</{name}>")))
        .map_or("", |(text, _)| text);
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&amp;", "&")
}

/// Reads to the end and forgets. Only the key is looked at, and which part of what it is, to know what
/// was "stored".
async fn discard(app: &App, request: Request<RequestBody>) -> Reply {
    let (head, mut body) = request.into_parts();
    let content_length = content_length(&head);
    let (key, size, status) = match head.method {
        Method::PUT => {
            let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
            let prefix = format!("/{}/", app.signer.bucket);
            let key = path.strip_prefix(&prefix).unwrap_or(&path).to_string();
            (key, content_length.unwrap_or(0), StatusCode::OK)
        }
        Method::POST => {
            let opened = match open_form(&head, body).await {
                Ok(opened) => opened,
                Err(refusal) => return refusal,
            };
            body = opened.body;
            let preamble = opened.preamble;
            let size = file_size(content_length, preamble.file_at, &opened.boundary);
            let key = preamble.fields.into_iter().find(|(name, _)| name == "key");
            let key = key.map(|(_, key)| key).unwrap_or_default();
            (key, size, StatusCode::NO_CONTENT)
        }
        _ => return reply::empty(StatusCode::METHOD_NOT_ALLOWED),
    };
    if !drain(&mut body).await {
        return reply::empty(StatusCode::BAD_REQUEST);
    }
    let query = head.uri.query();
    match (part_number(query), query_value(query, "uploadId")) {
        (Some(number), Some(id)) => {
            if app.objects.uploads.put_size(&id, &key, number, size).is_err() {
                return s3_error(StatusCode::NOT_FOUND, "NoSuchUpload", NO_SUCH_UPLOAD, &[]);
            }
        }
        _ => {
            let etag = Some(DISCARDED.to_string());
            app.objects.put(&key, Object { size, etag, ..Object::default() });
        }
    }
    let mut reply = reply::empty(status);
    // Not a digest by its looks, so that nobody compares with it.
    if let Ok(value) = HeaderValue::from_str(&format!("\"{DISCARDED}\"")) {
        reply.headers_mut().insert(ETAG, value);
    }
    reply
}

/// The value of one name in a query, decoded.
pub(crate) fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    let value = query?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let value = value.replace('+', " ");
    Some(percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned())
}

/// Which part a PUT is, if it is one.
pub(crate) fn part_number(query: Option<&str>) -> Option<u64> {
    query_value(query, "partNumber")?.parse().ok()
}

fn content_length(head: &Parts) -> Option<u64> {
    let value = head.headers.get("content-length")?;
    value.to_str().ok()?.parse().ok()
}

/// Reads the rest of a body; `false` if it broke off.
pub(crate) async fn drain(body: &mut RequestBody) -> bool {
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return false;
        }
    }
    true
}
