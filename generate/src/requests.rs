//! The sentences about the fields of requests, in the core's notation.

use std::path::Path;

use crate::core_source::{argument_docs, method_docs};
use crate::docs;
use crate::faces::{Docs, RequestFace, RequestField, SECTIONS};

/// A request by its name in C.
pub fn face(name: &str) -> &'static RequestFace {
    let mut all = SECTIONS.iter().flat_map(|section| section.requests);
    all.find(|face| face.name == name).unwrap_or_else(|| panic!("no request {name}"))
}

pub fn field(of: &RequestFace, name: &str) -> &'static RequestField {
    let found = face(of.name).fields.iter().find(|field| field.name == name);
    found.unwrap_or_else(|| panic!("{} has no field {name}", of.name))
}

/// The sentences about a field, which may be C's own.
pub fn sentences(root: &Path, face: &RequestFace, field: &RequestField) -> String {
    let found = match &field.docs {
        Docs::Own(text) => Some((*text).to_owned()),
        _ => core_sentences(root, face, field),
    };
    docs::of_a_list(&found.unwrap_or_else(|| panic!("the core says nothing of {}.{}", face.core, field.name)))
}

/// The core's sentences about a field; none for one that is C's own.
pub fn core_sentences(root: &Path, face: &RequestFace, field: &RequestField) -> Option<String> {
    let found = match &field.docs {
        Docs::Setter => method_docs(root, face.file, face.core, field.name)?.join(" "),
        Docs::SetterOf { file, of, name } => method_docs(root, file, of, name)?.join(" "),
        Docs::Argument { file, of, name } => argument_docs(root, file, of, "new", name)?,
        Docs::Own(_) => return None,
    };
    let mut letters = found.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    Some(docs::of_a_list(&(first + letters.as_str())))
}
