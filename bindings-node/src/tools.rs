//! What tools for agents share with those of other languages. The tools themselves are JavaScript
//! (`lib/tools/`).

use std::path::PathBuf;

use dropoff::tools;
use napi::Either;
use napi_derive::napi;

use crate::errors::{Failed, guarded};

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

/// A file that a model may name.
#[napi(object, object_from_js = false)]
pub struct AllowedFile {
    /// The name that a recipient sees.
    pub name: String,
    /// Where it is.
    pub path: String,
}

/// Makes them of paths.
#[napi]
pub fn tool_roots(roots: Vec<String>) -> Either<ToolRoots, Failed> {
    guarded(|| tools::Roots::new(roots.into_iter().map(PathBuf::from)).map(ToolRoots))
}

#[napi]
impl ToolRoots {
    /// The file that a model named, if it may name it.
    #[napi]
    pub fn find(&self, given: String) -> Either<AllowedFile, Failed> {
        guarded(|| {
            let found = self.0.find(&given)?;
            Ok(AllowedFile { name: found.name, path: found.path.to_string_lossy().into_owned() })
        })
    }
}
