//! The headers of a blob that goes in blocks: each is one of the blob's, which are told with the list, or of
//! every request.

use http::{HeaderMap, HeaderName};

use super::sas::BLOB_TYPE;

/// The headers of a blob that goes in blocks.
pub(in crate::storage) struct BlobHeaders {
    pub(in crate::storage) block: HeaderMap,
    pub(in crate::storage) list: HeaderMap,
}

/// What describes the blob where it comes whole, and the list of blocks otherwise, in which HTTP's own names
/// are those of the list.
const RENAMED: [(&str, &str); 5] = [
    ("content-type", "x-ms-blob-content-type"),
    ("content-encoding", "x-ms-blob-content-encoding"),
    ("content-language", "x-ms-blob-content-language"),
    ("content-disposition", "x-ms-blob-content-disposition"),
    ("cache-control", "x-ms-blob-cache-control"),
];

/// The names, or the beginnings, of headers that every request has.
const OF_ALL: [&str; 6] = [
    "user-agent",
    "x-ms-version",
    "x-ms-client-request-id",
    "x-ms-lease-id",
    "x-ms-encryption-",
    "x-ms-date",
];

impl BlobHeaders {
    /// Of those that a blob would have that goes whole.
    pub(in crate::storage) fn of(given: &HeaderMap) -> Self {
        let (mut block, mut list) = (HeaderMap::new(), HeaderMap::new());
        for (name, value) in given {
            let text = name.as_str();
            if text == BLOB_TYPE {
                continue;
            }
            if OF_ALL.iter().any(|all| text == *all || (all.ends_with('-') && text.starts_with(all))) {
                block.append(name, value.clone());
            }
            match RENAMED.iter().find(|(known, _)| *known == text) {
                Some((_, renamed)) if given.contains_key(*renamed) => {}
                Some((_, renamed)) => drop(list.append(HeaderName::from_static(renamed), value.clone())),
                None => drop(list.append(name, value.clone())),
            }
        }
        Self { block, list }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_the_blob_is_told_with_the_list() {
        let given = [
            ("x-ms-blob-type", "BlockBlob"),
            ("content-type", "text/csv"),
            ("cache-control", "no-store"),
            ("x-ms-blob-cache-control", "private"),
            ("x-ms-meta-a", "1"),
            ("if-none-match", "*"),
            ("user-agent", "u"),
            ("x-ms-lease-id", "l"),
            ("x-ms-encryption-key", "k"),
        ];
        let given: HeaderMap = given
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect();
        let BlobHeaders { block, list } = BlobHeaders::of(&given);
        let names = |headers: &HeaderMap| {
            let mut all: Vec<String> =
                headers.iter().map(|(n, v)| format!("{n}: {}", v.to_str().expect("text"))).collect();
            all.sort();
            all
        };
        assert_eq!(names(&block), ["user-agent: u", "x-ms-encryption-key: k", "x-ms-lease-id: l"]);
        assert_eq!(
            names(&list),
            [
                "if-none-match: *",
                "user-agent: u",
                "x-ms-blob-cache-control: private",
                "x-ms-blob-content-type: text/csv",
                "x-ms-encryption-key: k",
                "x-ms-lease-id: l",
                "x-ms-meta-a: 1"
            ]
        );
    }
}
