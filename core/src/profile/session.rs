//! The session that a browser goes on with when it opens its last tabs again (`tabs`): whether cookies come
//! with it.

use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::open_nofollow::open_plain;

/// After a crash Chromium asks whether to open the tabs again, and keeps the session's cookies without
/// asking: `ShouldRestoreOldSessionCookies` in chrome/browser/profiles/profile_impl.cc.
pub(super) fn chrome_crashed(preferences: &Value) -> bool {
    preferences["profile"]["exit_type"] == "Crashed"
}

/// Where a Firefox that opens its tabs again has them: the first is written when it is closed, the others
/// while it runs. From browser/components/sessionstore/SessionFile.sys.mjs.
pub(super) const FIREFOX: [&str; 3] =
    ["sessionstore.jsonlz4", "sessionstore-backups/recovery.jsonlz4", "sessionstore-backups/recovery.baklz4"];

/// How many cookies are in a session that Firefox stored. None if it cannot be read.
pub(super) fn firefox_cookies(path: &Path) -> Option<usize> {
    let mut packed = Vec::new();
    open_plain(path).ok()?.take(LONGEST as u64 + 1).read_to_end(&mut packed).ok()?;
    cookies_in(&packed)
}

/// A session with a thousand tabs has some megabytes.
const LONGEST: usize = 32 << 20;

pub(crate) fn cookies_in(packed: &[u8]) -> Option<usize> {
    #[derive(Deserialize)]
    struct Session {
        #[serde(default)]
        cookies: Vec<IgnoredAny>,
    }
    let text = unpacked(packed)?;
    Some(serde_json::from_slice::<Session>(&text).ok()?.cookies.len())
}

/// Mozilla's frame around one block of LZ4: `mozLz40`, a zero and the length (dom/system/IOUtils.cpp).
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let (len, block) = packed.strip_prefix(b"mozLz40\0")?.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    if len > LONGEST || packed.len() > LONGEST {
        return None;
    }
    let text = lz4(block, len)?;
    (text.len() == len).then_some(text)
}

/// One block (lz4_Block_format.md), of which no more than `most` bytes come.
pub(crate) fn lz4(mut block: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    while let [token, rest @ ..] = block {
        block = rest;
        let literals = length(usize::from(token >> 4), &mut block)?;
        let (plain, rest) = block.split_at_checked(literals)?;
        if out.len() + literals > most {
            return None;
        }
        out.extend_from_slice(plain);
        // The last sequence has no copy.
        let [low, high, rest @ ..] = rest else { return rest.is_empty().then_some(out) };
        block = rest;
        let back = usize::from(u16::from_le_bytes([*low, *high]));
        let copied = length(usize::from(token & 15), &mut block)? + 4;
        let start = out.len().checked_sub(back).filter(|_| back > 0)?;
        if out.len() + copied > most {
            return None;
        }
        // It may reach into what it makes.
        for at in start..start + copied {
            out.push(out[at]);
        }
    }
    None
}

/// Four bits of a token, and further bytes as long as they are full.
fn length(start: usize, block: &mut &[u8]) -> Option<usize> {
    let mut length = start;
    let mut more = start == 15;
    while more {
        let (byte, rest) = block.split_first()?;
        *block = rest;
        length += usize::from(*byte);
        more = *byte == 255;
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One literal run after the other, as a packer may write them.
    fn packed(text: &[u8]) -> Vec<u8> {
        let mut out = b"mozLz40\0".to_vec();
        out.extend(u32::try_from(text.len()).expect("short").to_le_bytes());
        out.push(0xf0);
        let mut left = text.len() - 15;
        while left >= 255 {
            out.push(255);
            left -= 255;
        }
        out.push(u8::try_from(left).expect("below 255"));
        out.extend_from_slice(text);
        out
    }

    #[test]
    fn cookies_of_a_stored_session_are_counted() {
        let two = br#"{"version":["sessionrestore",1],"windows":[],"cookies":[{"name":"a"},{"name":"b"}]}"#;
        assert_eq!(cookies_in(&packed(two)), Some(2));
        assert_eq!(cookies_in(&packed(br#"{"version":["sessionrestore",1]}"#)), Some(0));
        let mut longer = packed(two);
        longer[8] += 1;
        assert_eq!(cookies_in(&longer), None, "it is not as long as it says");
        assert_eq!(cookies_in(&packed(two)[..40]), None);
        assert_eq!(cookies_in(&packed("[".repeat(10_000).as_bytes())), None);
    }

    #[test]
    fn a_copy_may_reach_into_what_it_makes() {
        // `ab`, then 10 from 2 back, then `c`.
        assert_eq!(lz4(&[0x26, b'a', b'b', 2, 0, 0x10, b'c'], 100).as_deref(), Some(&b"ababababababc"[..]));
        assert_eq!(lz4(&[0x26, b'a', b'b', 2, 0, 0x10, b'c'], 12), None, "more than was told");
        for bad in [&[0x26, b'a', b'b', 3, 0, 0x10, b'c'][..], &[0x26, b'a', b'b', 0, 0, 0], &[0xf0], &[]] {
            assert_eq!(lz4(bad, 100), None, "{bad:?}");
        }
    }
}
