//! Everything a hostile peer or a damaged file can hand us, as functions of bytes: for the fuzzer (`fuzz`)
//! and for the tests here that replay what it found. Each asserts what must hold for any input: no panic,
//! errors of one line, and no secret in them.

mod cookies;
mod journal;
mod plan;
mod profile_json;
mod retry_after;
mod storage_xml;
mod ticket;
mod transfer_json;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::error::{Error, ErrorKind};
use crate::http::api::ApiReply;

pub use cookies::fuzz_cookies;
pub use journal::fuzz_journal;
pub use plan::fuzz_plan;
pub use profile_json::fuzz_profile_json;
pub use retry_after::fuzz_retry_after;
pub use storage_xml::fuzz_storage_xml;
pub use ticket::fuzz_ticket;
pub use transfer_json::fuzz_transfer_json;

/// A reply with this body, and a status from its first byte.
fn api_reply(data: &[u8]) -> ApiReply {
    let (first, body) = data.split_first().unwrap_or((&0, &[]));
    let status = StatusCode::from_u16(400 + u16::from(*first % 200)).unwrap_or(StatusCode::BAD_REQUEST);
    ApiReply { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body), cut: false }
}

/// A secret that the functions put where peers might quote it back. It is made from the input, so that no
/// input can hold its own; the fuzzer finds any constant, and then it is the input that is printed.
fn secret(data: &[u8]) -> String {
    // FNV-1a, for want of any need of a better one.
    let hash = data.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}{:016x}", hash.rotate_left(32) ^ 0x005e_c2e7)
}

/// Holds for every error, whatever led to it.
fn check(error: &Error, secret: &str) {
    let (message, all) = (error.message(), format!("{error} {error:?} {}", error.to_json()));
    assert!(!message.is_empty() && !message.contains(['\n', '\r']), "one line: {message:?}");
    assert!(!all.contains(secret), "a secret in {all}");
    assert_ne!(error.kind(), ErrorKind::Internal, "{all}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Runs a function over the inputs that the fuzzer kept.
    fn replay(target: &str, function: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
        let inputs = std::fs::read_dir(&folder).expect("the corpus");
        let mut count = 0;
        for input in inputs {
            function(&std::fs::read(input.expect("an entry").path()).expect("a readable input"));
            count += 1;
        }
        assert!(count >= 3, "{target} has a corpus");
    }

    #[test]
    fn the_corpus_is_survived() {
        replay("ticket", super::fuzz_ticket);
        replay("storage_xml", super::fuzz_storage_xml);
        replay("transfer_json", super::fuzz_transfer_json);
        replay("profile_json", super::fuzz_profile_json);
        replay("retry_after", super::fuzz_retry_after);
        replay("journal", super::fuzz_journal);
        replay("cookies", super::fuzz_cookies);
        replay("plan", super::fuzz_plan);
    }
}
