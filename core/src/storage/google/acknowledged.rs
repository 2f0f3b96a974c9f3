//! How much of an object a session has, as its answers tell.
//! <https://cloud.google.com/storage/docs/performing-resumable-uploads#status-check>

use http::HeaderMap;
use http::header::RANGE;

/// Sessions keep whole pieces of this size until the last one has come.
pub(super) const GRANULE: u64 = 256 * 1024;

/// The bytes from the beginning on that need not be sent again, of an object of `len` bytes. Anything beyond
/// whole pieces is a claim that no session of Google's makes (an emulator says `bytes=0-0` when it has
/// nothing), and a session ignores what it has already. The last byte is sent again in any case, since it is
/// that which ends the session.
pub(in crate::storage) fn acknowledged(headers: &HeaderMap, len: u64) -> u64 {
    let text = headers.get(RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let last = text.trim().strip_prefix("bytes=").unwrap_or(text).strip_prefix("0-");
    let claimed = last.and_then(|last| last.parse::<u64>().ok()).map_or(0, |last| last.saturating_add(1));
    let most = claimed.min(len.saturating_sub(1));
    most - most % GRANULE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_believed_than_a_session_can_have() {
        let said = |range: Option<&'static str>, len| {
            let headers = range.map(|range| (RANGE, http::HeaderValue::from_static(range)));
            acknowledged(&headers.into_iter().collect(), len)
        };
        let len = 1_000_000;
        assert_eq!(said(None, len), 0);
        assert_eq!(said(Some("bytes=0-0"), len), 0, "an emulator that has nothing");
        assert_eq!(said(Some("bytes=0-262143"), len), GRANULE);
        assert_eq!(said(Some("0-524287"), len), 2 * GRANULE, "as some proxies and stores write it");
        assert_eq!(said(Some("bytes=0-600000"), len), 2 * GRANULE);
        for all in ["bytes=0-999999", "bytes=0-1048575", "bytes=0-18446744073709551615"] {
            assert_eq!(said(Some(all), len), 3 * GRANULE, "{all}");
        }
        for odd in ["bytes=5-262143", "bytes=0-", "bytes=0--1", "what", ""] {
            assert_eq!(said(Some(odd), len), 0, "{odd}");
        }
        assert_eq!(said(Some("bytes=0-262143"), GRANULE), 0, "the last piece ends it");
        assert_eq!(said(Some("bytes=0-0"), 0), 0);
    }
}
