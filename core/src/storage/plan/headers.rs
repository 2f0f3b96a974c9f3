//! Headers and form fields, in the four shapes that people write them in: a map, `[{"name", "value"}]`,
//! `[{"key", "value"}]`, and `["Name: value"]`.

use serde_json::Value;

use super::cursor::Cursor;
use crate::error::Result;
use crate::secret::Secret;

/// More than any signer signs, and than any server takes.
const MOST: usize = 64;
const MOST_BYTES: usize = 16 * 1024;

/// The headers that stand at a place.
pub(super) fn headers(at: &Cursor<'_>) -> Result<Vec<(String, Secret)>> {
    let pairs = pairs(at)?;
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if pairs.len() > MOST || bytes > MOST_BYTES {
        return Err(at.wrong(&format!("holds more than {MOST} headers or {MOST_BYTES} bytes")));
    }
    Ok(pairs.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// Names and values in their order.
pub(super) fn pairs(at: &Cursor<'_>) -> Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    if at.value.is_array() {
        for item in at.items(1000)? {
            all.push(pair(&item)?);
        }
        return Ok(all);
    }
    for (name, value) in at.members()? {
        if name.is_empty() {
            return Err(value.wrong("has an empty name"));
        }
        // Go writes each header as a list.
        let values = if value.value.is_array() { value.items(MOST)? } else { vec![value] };
        for value in values.into_iter().filter(|value| !value.value.is_null()) {
            all.push((name.to_owned(), value.text()?.to_owned()));
        }
    }
    Ok(all)
}

fn pair(item: &Cursor<'_>) -> Result<(String, String)> {
    if let Value::String(line) = item.value {
        let Some((name, value)) = line.split_once(':') else {
            return Err(item.wrong("must be a header as \"Name: value\""));
        };
        return Ok((name.trim().to_owned(), value.trim().to_owned()));
    }
    item.knows_only(&["name", "key", "value"])?;
    let name = match item.get("key") {
        Some(name) => name,
        None => item.needed("name")?,
    };
    Ok((name.filled_text()?.to_owned(), item.needed("value")?.text()?.to_owned()))
}
