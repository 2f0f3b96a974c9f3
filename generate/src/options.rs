//! The options of all languages: the sentence of each, and the core's own setters.

use dropoff::{OPTIONS, OptionKind, OptionSpec};

use crate::docs;

/// The purpose of an option with its range and default, in the core's notation.
pub fn sentence(option: &OptionSpec) -> String {
    // A path or a URL is told by the sentence itself.
    let is_told = ["a ", "an ", "origins"].iter().any(|start| option.range.starts_with(start));
    let range =
        if is_told { "Default".to_owned() } else { format!("{}; default", first_upper(option.range)) };
    format!("{} {range} {}.", option.about, option.default)
}

fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// The module of typed setters.
pub fn setters() -> String {
    let all: String = OPTIONS.iter().filter_map(setter).collect();
    format!(
        "//! Typed setters, one per row of the table. Made by dropoff-generate from it. Do not edit.

use std::path::PathBuf;
use std::time::Duration;

use super::table::OptionValue;
use super::values::Options;
use crate::error::Result;

impl Options {{
{all}}}
"
    )
}

/// None for the one that has a type of its own.
fn setter(option: &OptionSpec) -> Option<String> {
    let (parameter, value) = match option.kind {
        OptionKind::Duration => ("limit: Duration", "Duration(limit)"),
        OptionKind::Number => ("number: u64", "Number(number)"),
        OptionKind::Text => ("text: &str", "Text(text.to_owned())"),
        OptionKind::Path => ("path: impl Into<PathBuf>", "Path(path.into())"),
        OptionKind::Texts => {
            ("texts: impl IntoIterator<Item = S>", "Texts(texts.into_iter().map(Into::into).collect())")
        }
        OptionKind::AutoOrBool => return None,
    };
    let generic = if option.kind == OptionKind::Texts { "<S: Into<String>>" } else { "" };
    let name = option.name;
    let about = docs::rust(&[format!("{} Default {}.", option.about, shown(option.default))], 4);
    let errors =
        docs::rust(&[format!("`invalid_input` for anything but {}.", addresses_as_code(option.range))], 4);
    Some(format!(
        "{about}    ///
    /// # Errors
{errors}    pub fn {name}{generic}(self, {parameter}) -> Result<Self> {{
        self.with(\"{name}\", OptionValue::{value})
    }}
"
    ))
}

/// rustdoc warns of an address that is neither a link nor code.
fn addresses_as_code(text: &str) -> String {
    let words: Vec<_> = text
        .split(' ')
        .map(|word| if word.contains("://") { format!("`{word}`") } else { word.to_owned() })
        .collect();
    words.join(" ")
}

/// rustdoc takes angle brackets for a tag.
fn shown(text: &str) -> String {
    if text.contains('<') { format!("`{text}`") } else { text.to_owned() }
}
