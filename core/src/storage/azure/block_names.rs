//! Blocks as Azure is told of them: each by a name in its URL, and all together by a list.

use bytes::Bytes;
use url::Url;

use crate::error::{Error, Result};

/// The names of the blocks of one upload, which no other has: two uploads to one name would be mixed
/// otherwise.
pub(in crate::storage) struct BlockNames {
    /// Hex digits of chance, [`PREFIX_LEN`] of them.
    pub(in crate::storage) prefix: String,
}

impl BlockNames {
    pub(in crate::storage) fn new() -> Result<Self> {
        let mut chance = [0; PREFIX_LEN / 2];
        let filled = aws_lc_rs::rand::fill(&mut chance);
        filled.map_err(|_| Error::internal("the system gave no random bytes"))?;
        Ok(Self { prefix: chance.iter().map(|byte| format!("{byte:02x}")).collect() })
    }

    /// Names one in the query of its URL.
    pub(in crate::storage) fn query(&self, number: u64) -> String {
        format!("comp=block&blockid={}", self.id(number))
    }

    /// All of one length, as Azure wants them, and such that base64 has no character that a URL must encode.
    fn id(&self, number: u64) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("{}{number:06}", self.prefix))
    }

    /// Each as it was sent last. A list that is sent again names the blocks that it committed.
    pub(in crate::storage) fn list(&self, count: u64) -> Bytes {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for number in 1..=count {
            xml.push_str(&format!("<Latest>{}</Latest>", self.id(number)));
        }
        xml.push_str("</BlockList>");
        xml.into()
    }
}

/// With six digits a multiple of three, so that base64 ends without padding.
const PREFIX_LEN: usize = 30;

/// What is added to a URL for the list of its blocks.
pub(in crate::storage) const BLOCK_LIST: &str = "comp=blocklist";

/// Whether a URL is for one block.
pub(in crate::storage) fn is_of_block(url: &Url) -> bool {
    url.query_pairs().any(|(name, value)| name == "comp" && value == "block")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_blocks_are_of_one_length_and_stand_in_a_url_as_they_are() {
        let names = BlockNames::new().expect("chance");
        let plain = |id: &str| id.bytes().all(|b| b.is_ascii_alphanumeric());
        for number in [1, 9, 49_999, 50_000] {
            let id = names.id(number);
            assert!(id.len() == 48 && plain(&id), "{id}");
        }
        assert_ne!(names.prefix, BlockNames::new().expect("chance").prefix);
        let list = String::from_utf8(names.list(2).to_vec()).expect("text");
        assert!(list.contains(&format!(
            "<Latest>{}</Latest><Latest>{}</Latest></Bl",
            names.id(1),
            names.id(2)
        )));
    }
}
