//! Values in the query of a URL.

/// The value of one name in a query, decoded.
pub(crate) fn query_value(query: Option<&str>, name: &str) -> Option<String> {
    let value = query?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let value = value.replace('+', " ");
    Some(percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned())
}

/// The number of the part that a PUT uploads, if it uploads one.
pub(crate) fn part_number(query: Option<&str>) -> Option<u64> {
    query_value(query, "partNumber")?.parse().ok()
}
