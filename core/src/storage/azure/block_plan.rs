//! Whether a blob goes whole or in blocks, and in which.
//! <https://learn.microsoft.com/rest/api/storageservices/scalability-targets-for-blob-storage>

use http::HeaderMap;
use url::Url;

use super::sas::{BLOB_TYPE, Sas};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::storage::part_plan::PartPlan;

const MIB: u64 = 1024 * 1024;
const MOST_BLOCKS: u64 = 50_000;

/// The sizes that a version of the service takes, and the date it begins with.
const LIMITS: [(&str, Limits); 3] = [
    ("2019-12-12", Limits { whole: 5000 * MIB, block: 4000 * MIB }),
    ("2016-05-31", Limits { whole: 256 * MIB, block: 100 * MIB }),
    ("", Limits { whole: 64 * MIB, block: 4 * MIB }),
];

#[derive(Clone, Copy)]
struct Limits {
    whole: u64,
    block: u64,
}

/// Checksums of the whole, which Azure compares with a blob that comes whole, and with no other.
const OF_THE_WHOLE: [&str; 3] = ["content-md5", "x-ms-content-crc64", "x-ms-blob-content-md5"];

/// The blocks that an upload of `len` bytes goes in; `None` if it goes whole, or is none to Azure.
pub(in crate::storage) fn block_plan(
    url: &Url,
    headers: &HeaderMap,
    len: u64,
    options: &Options,
) -> Result<Option<PartPlan>> {
    let Some(sas) = Sas::of_whole_blob(url) else { return Ok(None) };
    let of_type = headers.get(BLOB_TYPE).map(http::HeaderValue::as_bytes);
    if of_type.is_some_and(|kind| !kind.eq_ignore_ascii_case(b"BlockBlob")) {
        return Ok(None);
    }
    let limits =
        LIMITS.iter().find(|(from, _)| *sas.version >= **from).map_or(LIMITS[2].1, |(_, limits)| *limits);
    let checked = OF_THE_WHOLE.iter().find(|name| headers.contains_key(**name));
    let may_write = sas.permissions.as_ref().is_none_or(|permissions| permissions.contains('w'));
    if len <= limits.whole && (len < options.multipart_threshold || checked.is_some() || !may_write) {
        return Ok(None);
    }
    let of_size = || format!("{len} bytes are more than Azure takes in one PUT ({} MiB)", limits.whole / MIB);
    if !may_write {
        return Err(Error::invalid(format!(
            "{}, and a URL that permits creating alone (sp without w) takes no blocks; have one signed with w",
            of_size()
        )));
    }
    if let Some(name) = checked {
        return Err(Error::invalid(format!(
            "{}, and in blocks Azure compares no {name} of the whole; leave that header out, each block is compared",
            of_size()
        )));
    }
    let least = len.div_ceil(MOST_BLOCKS).next_multiple_of(MIB);
    if least > limits.block {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "{len} bytes are more than a blob of {MOST_BLOCKS} blocks of {} MiB can hold; send less",
                limits.block / MIB
            ),
        ));
    }
    let wanted = options.part_size.unwrap_or(crate::storage::part_plan::DEFAULT_PART_SIZE);
    Ok(Some(PartPlan::fixed(len, wanted.max(least).min(limits.block))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * MIB;

    fn plan(
        query: &str,
        header: Option<(&'static str, &'static str)>,
        len: u64,
    ) -> Result<Option<(u64, u64)>> {
        let url = Url::parse(&format!("https://a.blob.core.windows.net/c/b?{query}")).expect("a URL");
        let headers = header.into_iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        let plan = block_plan(&url, &headers.collect(), len, &Options::new())?;
        Ok(plan.map(|plan| (plan.part_size() / MIB, plan.count())))
    }

    #[test]
    fn a_blob_goes_in_blocks_from_the_threshold_on() {
        let new = "sv=2025-01-05&sp=cw&sig=s";
        assert_eq!(plan(new, None, 500 * MIB - 1).expect("planned"), None);
        assert_eq!(plan(new, None, 500 * MIB).expect("planned"), Some((8, 63)));
        // 50,000 blocks at most.
        assert_eq!(plan(new, None, 500_000 * MIB).expect("planned"), Some((10, 50_000)));
        assert_eq!(plan(new, None, 500_000 * MIB + 1).expect("planned"), Some((11, 45_455)));
        assert_eq!(plan(new, None, 50_000 * 4000 * MIB).expect("planned"), Some((4000, 50_000)));
        let error = plan(new, None, 50_000 * 4000 * MIB + 1).expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        // Older versions take less.
        assert_eq!(plan("sv=2018-11-09&sp=w&sig=s", None, 257 * MIB).expect("planned"), Some((8, 33)));
        assert_eq!(plan("sv=2015-04-05&sp=w&sig=s", None, 65 * MIB).expect("planned"), Some((4, 17)));
    }

    #[test]
    fn a_blob_that_has_to_go_whole_does() {
        let new = "sv=2025-01-05&sp=cw&sig=s";
        let large = 5000 * MIB + 1;
        for (query, header) in [
            ("sv=2025-01-05&sp=c&sig=s", None),
            (new, Some(("content-md5", "o2BEXBwMDtVeYzjF9Ej6cg=="))),
            (new, Some(("x-ms-content-crc64", "YeJLfssylmU="))),
        ] {
            assert_eq!(plan(query, header, GIB).expect("planned"), None, "{query} {header:?}");
            let error = plan(query, header, large).expect_err("neither way");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
        for (query, header) in [
            (new, Some((BLOB_TYPE, "PageBlob"))),
            ("sv=2025-01-05&sp=cw&sig=s&comp=block&blockid=QQ==", None),
            ("X-Amz-Signature=s", None),
        ] {
            assert_eq!(plan(query, header, large).expect("planned"), None, "{query} {header:?}");
        }
        assert!(plan(new, Some((BLOB_TYPE, "BlockBlob")), large).expect("planned").is_some());
    }
}
