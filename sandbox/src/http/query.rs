//! Values in the query of a URL.

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
