//! What tools for agents share with those of other languages. The tools themselves are JavaScript
//! (`lib/tools/`).

use std::path::PathBuf;

use dropoff::tools;
use napi::{Either, Env};
use napi_derive::napi;
use serde_json::json;

use crate::errors::{Failed, guarded};
use crate::job::Job;
use crate::results::{ToJs, Value};

/// The description of all tools, as JSON text.
#[napi]
pub fn tools_description() -> &'static str {
    tools::DESCRIPTION
}

/// A model's arguments as JSON text, compared with the schema.
#[napi]
pub fn tool_arguments(tool: String, schema: String, given: String) -> Either<String, Failed> {
    guarded(|| tools::checked_arguments(&tool, &schema, &given))
}

/// One of the description's sentences.
#[napi]
pub fn tool_sentence(which: String, values: Vec<Vec<String>>) -> String {
    let values: Vec<_> = values
        .iter()
        .filter_map(|pair| match pair.as_slice() {
            [name, value] => Some((name.as_str(), value.as_str())),
            _ => None,
        })
        .collect();
    tools::sentence(&which, &values)
}

/// The folders and files that a model may name.
#[napi]
pub struct ToolRoots(tools::Roots);

/// Makes them of paths.
#[napi]
pub fn tool_roots(roots: Vec<String>) -> Either<ToolRoots, Failed> {
    guarded(|| tools::Roots::new(roots.into_iter().map(PathBuf::from)).map(ToolRoots))
}

#[napi]
impl ToolRoots {
    /// Looks for files that a model named, which a mount may keep waiting.
    #[napi]
    pub fn start_find(&self, env: &Env, given: Vec<String>) -> Either<Job, Failed> {
        Job::start(env, || self.0.start_find(given))
    }
}

/// By hand: a path need not be UTF-8, and serde refuses such a one.
impl ToJs for Vec<tools::AllowedFile> {
    fn to_js(&self) -> Value {
        let found = self.iter().map(|file| json!({ "name": file.name, "path": file.path.to_string_lossy() }));
        Value::A(found.collect::<serde_json::Value>().to_string())
    }
}
