//! The digest that a plan wants to be told with a part, as giftless' `multipart-basic` has it: `contentMD5`,
//! or a list of names with how much each is wanted, which is the value of `Want-Digest`.
//! <https://www.rfc-editor.org/rfc/rfc3230#section-4.3.1>

use super::cursor::Cursor;
use super::model::PlannedRequest;
use crate::digest::Algorithm;
use crate::error::Result;
use crate::secret::Secret;
use crate::storage::checksums::{CONTENT_MD5, DIGEST, algorithm_of_http};

/// A digest, and the header that it goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WantedDigest {
    ContentMd5,
    Digest(Algorithm),
}

impl WantedDigest {
    fn of(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("contentMD5") {
            return Some(Self::ContentMd5);
        }
        algorithm_of_http(name).map(Self::Digest)
    }

    fn strength(self) -> usize {
        match self {
            Self::ContentMd5 => Algorithm::Md5.strength(),
            Self::Digest(algorithm) => algorithm.strength(),
        }
    }
}

/// Has the digest told that the plan wants there.
pub(super) fn take(at: &Cursor<'_>, request: &mut PlannedRequest) -> Result<()> {
    let listed = listed(at.text()?);
    let listed = listed.ok_or_else(|| at.wrong("is no list of digests, such as sha-256;q=1.0, md5;q=0.5"))?;
    let wanted = listed.into_iter().filter(|(_, wish)| *wish > 0);
    let best = wanted.max_by_key(|(wanted, wish)| (*wish, wanted.strength()));
    match best {
        Some((WantedDigest::Digest(algorithm), _)) => {
            // An empty one is filled in.
            request.headers.retain(|(name, value)| {
                !name.eq_ignore_ascii_case(DIGEST) || !value.reveal().trim().is_empty()
            });
            request.digest = Some(algorithm).filter(|_| !has(request, DIGEST));
        }
        // The plan tells it itself.
        Some((WantedDigest::ContentMd5, _)) if has(request, CONTENT_MD5) => {}
        // An empty one is filled in.
        Some((WantedDigest::ContentMd5, _)) => {
            request.headers.push(("Content-MD5".to_owned(), Secret::new("")));
        }
        None => {
            let what = "wants none of the digests that are known here (contentMD5, SHA-256, SHA, MD5)";
            return Err(at.wrong(what));
        }
    }
    Ok(())
}

fn has(request: &PlannedRequest, header: &str) -> bool {
    request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header))
}

/// The digests of a list that are known here, each with how much it is wanted, of a thousand; `None` for what
/// is no list.
fn listed(text: &str) -> Option<Vec<(WantedDigest, u16)>> {
    let mut known = Vec::new();
    for item in text.split(',') {
        let (name, wish) = item.split_once(';').map_or((item, None), |(name, wish)| (name, Some(wish)));
        // One that is not known may have parameters of its own.
        if let Some(wanted) = WantedDigest::of(name.trim()) {
            known.push((wanted, wish.map_or(Some(1000), quality)?));
        }
    }
    Some(known)
}

/// `q=0.5`, in thousandths; the least that is more than none is one.
fn quality(text: &str) -> Option<u16> {
    let (name, value) = text.split_once('=')?;
    let value: f64 = value.trim().parse().ok().filter(|_| name.trim().eq_ignore_ascii_case("q"))?;
    (0.0..=1.0).contains(&value).then_some((value * 1000.0).ceil() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use WantedDigest::{ContentMd5, Digest};
    use serde_json::{Value, json};

    fn taken(text: &str) -> Result<Option<WantedDigest>> {
        let value = Value::String(text.to_owned());
        let url = json!("https://h.example/k");
        let mut request =
            super::super::presigned::bare(&Cursor::root(&url), &http::Method::PUT).expect("a URL");
        take(&Cursor::root(&value), &mut request)?;
        let md5 = has(&request, CONTENT_MD5).then_some(ContentMd5);
        Ok(md5.or(request.digest.map(Digest)))
    }

    #[test]
    fn the_best_of_a_list_is_told() {
        use Algorithm::{Md5, Sha1, Sha256};
        for (text, wanted) in [
            ("contentMD5", ContentMd5),
            ("contentmd5", ContentMd5),
            ("sha-256;q=1.0, md5;q=0.5", Digest(Sha256)),
            ("SHA-256;q=0.5, MD5;q=1", Digest(Md5)),
            ("md5, sha-256", Digest(Sha256)),
            ("sha-512;q=1, sha;q=0.3, sha-256;q=0", Digest(Sha1)),
            ("sha-512, contentMD5 ; q = 0.1", ContentMd5),
            ("sha-512;v=1, md5;q=0.0001", Digest(Md5)),
        ] {
            assert_eq!(taken(text).expect(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn a_list_without_one_that_is_known_is_refused() {
        for text in ["sha-512", "unixsum;q=0.5, crc32c", "sha-256;q=0", ""] {
            let error = taken(text).expect_err(text);
            assert!(error.message().contains("(contentMD5, SHA-256, SHA, MD5)"), "{error}");
        }
        for text in ["sha-256;q=2", "sha-256;q=nan", "sha-256;q", "sha-256;p=1", "sha-256;q=-1"] {
            let error = taken(text).expect_err(text);
            assert!(error.message().contains("no list of digests"), "{text}: {error}");
        }
    }
}
