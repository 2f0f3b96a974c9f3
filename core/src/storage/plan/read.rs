//! Which form a plan is in.

use http::Method;
use serde_json::Value;

use super::cursor::Cursor;
use super::model::{Delivery, Plan};
use super::{git_lfs, own, presigned};
use crate::error::{Error, Result};

/// 10,000 part URLs of a long signature are half of that.
const PLAN_LIMIT: usize = 32 * 1024 * 1024;

/// A plan from its text: JSON, or a bare URL.
pub(crate) fn read(text: &str) -> Result<Plan> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(Error::invalid("the plan is empty; give what the backend handed out"));
    }
    if text.len() > PLAN_LIMIT {
        return Err(Error::invalid(format!(
            "the plan has {} bytes and may have {PLAN_LIMIT}; give what the backend handed out",
            text.len()
        )));
    }
    let value = if text.starts_with(['{', '[', '"']) {
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Error::invalid(format!(
                "the plan is not JSON (line {line}, column {column}); give it as it was handed out"
            ))
        })?
    } else {
        Value::String(text.to_owned())
    };
    plan(&Cursor::root(&value))
}

fn plan(root: &Cursor<'_>) -> Result<Plan> {
    if root.value.is_string() {
        let delivery = Delivery::Whole(presigned::bare(root, &Method::PUT)?);
        let (size, sha256) = (None, None);
        return Ok(Plan { delivery, size, sha256, init: None, commit: None, abort: None, verify: None });
    }
    root.object()?;
    if git_lfs::is_it(root) { git_lfs::plan(root) } else { own::plan(root) }
}
