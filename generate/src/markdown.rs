//! Tables of the documentation.

use dropoff::{OPTIONS, OptionSpec};

use crate::docs;

/// The options of all languages, a row for each.
pub fn options() -> String {
    let rows: String = OPTIONS.iter().map(option).collect();
    format!("| option | default | range | |\n|---|---|---|---|\n{rows}")
}

fn option(option: &OptionSpec) -> String {
    let [default, range] = [option.default, option.range].map(cell);
    let about = docs::markdown(docs::first_sentence(option.about));
    format!("| `{}` | {default} | {range} | {about} |\n", option.name)
}

/// Markdown takes angle brackets for a tag, and quotes are those of a value.
fn cell(text: &str) -> String {
    if text.starts_with('"') && text.ends_with('"') || text.contains('<') {
        format!("`{text}`")
    } else {
        text.to_owned()
    }
}
