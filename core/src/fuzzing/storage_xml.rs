//! Refusals of storage, and of a server that a plan names, which are XML, JSON, a page or nothing.

use http::{HeaderMap, StatusCode};
use url::Url;

use crate::digest::Digests;
use crate::http::Reply;
use crate::secret::Mask;
use crate::storage::{reply, step_refusal};

/// Any refusal gives an error that can be shown, though it quote the ticket.
pub fn fuzz_storage_xml(data: &[u8]) {
    let secret = &super::secret(data);
    let [first, second, body @ ..] = data else { return };
    let number = 300 + (u16::from(*first) * 256 + u16::from(*second)) % 300;
    let mut mask = Mask::default();
    mask.hide("X-Amz-Signature", secret);
    // The marker stands for the place where storage quotes the signature.
    let quoted = String::from_utf8_lossy(body).replace("@@", secret);
    let reply = Reply {
        status: StatusCode::from_u16(number).unwrap_or(StatusCode::BAD_REQUEST),
        headers: HeaderMap::new(),
        body: quoted.into(),
        digests: Digests::default(),
        whole: true,
        lost: false,
        complete: true,
        last_may_have_left: true,
        ignores_expect: false,
        file: None,
        counted: 0,
        hides: None,
    };
    let url = Url::parse("https://storage.example/k").expect("a URL");
    for refusal in [reply::refusal, step_refusal::refusal] {
        let (error, _) = refusal(&reply, &url, &mask);
        super::check(&error, secret);
    }
}
