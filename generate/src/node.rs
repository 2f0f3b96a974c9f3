//! The Node face: records, options and error codes of the declarations.

use std::path::Path;

use dropoff::{ErrorKind, OPTIONS, OptionKind, OptionSpec};

use crate::core_source::{Member, record, variants};
use crate::docs;
use crate::faces::{RecordFace, SECTIONS, TEXTS_OF};
use crate::options::sentence;

const WIDTH: usize = 110;

/// Interfaces of results.
pub fn interfaces(root: &Path) -> String {
    let records = SECTIONS.iter().flat_map(|section| section.records);
    let all: Vec<String> = records.map(|face| interface(root, face)).collect();
    all.join("\n")
}

fn interface(root: &Path, face: &RecordFace) -> String {
    let found = record(root, face.file, face.name);
    let mut text = format!("{}export interface {} {{\n", comment(&found.docs, 0), face.name);
    for field in &found.members {
        text.push_str(&comment(&field.docs, 2));
        text.push_str(&format!("  readonly {}: {}\n", docs::camel(&field.name), type_of(root, face, field)));
    }
    text + "}\n"
}

fn type_of(root: &Path, face: &RecordFace, field: &Member) -> String {
    let ty = field.ty.as_str();
    if field.name == "category" {
        return "FileCategory".to_owned();
    }
    if let Some((.., values)) = TEXTS_OF.iter().find(|(of, name, _)| *of == face.name && *name == field.name)
    {
        let optional = if ty.starts_with("Option<") { " | null" } else { "" };
        return union(values.iter().copied()) + optional;
    }
    let nested = |inner: &str| {
        let member = Member { name: String::new(), ty: inner.to_owned(), docs: Vec::new() };
        type_of(root, face, &member)
    };
    if let Some(inner) = ty.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("{} | null", nested(inner));
    }
    if let Some(inner) = ty.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("readonly {}[]", nested(inner));
    }
    match ty {
        "String" | "PathBuf" => "string".to_owned(),
        "u64" | "u32" | "i32" => "number".to_owned(),
        "bool" => "boolean".to_owned(),
        "Value" | "Map<String,Value>" => "Readonly<Record<string, unknown>>".to_owned(),
        "Consistency" | "LockState" | "Verdict" => {
            let found = variants(root, crate::faces::enum_file(ty), ty);
            let names: Vec<String> = found.members.iter().map(|variant| docs::snake(&variant.name)).collect();
            union(names.iter().map(String::as_str))
        }
        record => record.to_owned(),
    }
}

fn union<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = values.map(|value| format!("'{value}'")).collect();
    quoted.join(" | ")
}

fn comment(paragraphs: &[String], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let text: Vec<String> = paragraphs.iter().map(|text| docs::typescript(text)).collect();
    // Room for the end of the comment on the last line.
    let lines = docs::wrapped(&text.join(" "), WIDTH - indent - 7);
    format!("{margin}/** {} */\n", lines.join(&format!("\n{margin} * ")))
}

/// The options of every client.
pub fn options() -> String {
    let mut text = String::new();
    for option in OPTIONS {
        let ty = match option.kind {
            OptionKind::Duration | OptionKind::Number => "number",
            // A URL may be given as one.
            OptionKind::Text if option.name == "proxy" => "string | URL",
            OptionKind::Text => "string",
            OptionKind::Path => "string | URL",
            OptionKind::Texts => "readonly (string | URL)[]",
            OptionKind::AutoOrBool => "'auto' | boolean",
        };
        text.push_str(&comment(&[in_milliseconds(option)], 2));
        text.push_str(&format!("  {}?: {ty} | null | undefined\n", docs::camel(option.name)));
    }
    text
}

/// JavaScript counts time in milliseconds, and the table in seconds.
fn in_milliseconds(option: &OptionSpec) -> String {
    let text = sentence(option);
    if option.kind != OptionKind::Duration {
        return text;
    }
    let seconds = option.default.strip_suffix(" s").and_then(|number| number.parse::<f64>().ok());
    let ms = seconds.expect("a number of seconds") * 1000.0;
    let grouped =
        if ms < 1000.0 { format!("{ms}") } else { format!("{} {:03}", ms as u64 / 1000, ms as u64 % 1000) };
    text.replace("0.001 s", "1 ms")
        .replace(&format!("default {}", option.default), &format!("default {grouped} ms"))
}

/// The codes of errors.
pub fn error_codes(root: &Path) -> String {
    let found = variants(root, "error/kind.rs", "ErrorKind");
    let mut text = String::new();
    for (variant, kind) in found.members.iter().zip(ErrorKind::ALL) {
        text.push_str(&comment(&variant.docs, 2));
        text.push_str(&format!("  | '{}'\n", kind.as_str()));
    }
    text
}
