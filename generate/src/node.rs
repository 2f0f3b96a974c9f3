//! The Node face: records, options and error codes of the declarations.

use std::path::Path;

use dropoff::{ErrorKind, OPTIONS, OptionKind, OptionSpec};

use crate::core_source::{Member, record, variants};
use crate::docs;
use crate::error_facts::{self, FactKind, facts, kind_docs, with_values};
use crate::faces::{RecordFace, SECTIONS, TEXTS_OF};
use crate::options::sentence;
use crate::progress;

const WIDTH: usize = 110;

/// The types of results: aliases, which fit `Record<string, unknown>` as interfaces do not.
pub fn results(root: &Path) -> String {
    let records = SECTIONS.iter().flat_map(|section| section.records);
    let all: Vec<String> = records.map(|face| result(root, face)).collect();
    all.join("\n")
}

fn result(root: &Path, face: &RecordFace) -> String {
    let found = record(root, face.file, face.name);
    let mut text = format!("{}export type {} = {{\n", comment(&found.docs, 0), face.name);
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

pub fn union<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = values.map(|value| format!("'{value}'")).collect();
    quoted.join(" | ")
}

pub fn comment(paragraphs: &[String], indent: usize) -> String {
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

/// The type of progress.
pub fn progress(root: &Path) -> String {
    let mut text = format!("{}export type Progress = {{\n", comment(&[progress::about(root)], 0));
    for member in progress::members(root) {
        let about = member.docs.join(" ");
        let (ty, about) = match member.ty.as_str() {
            "Phase" => (values_of(&progress::phases(root)), with_values(&about, &progress::phases(root))),
            "Duration" => ("number".to_owned(), format!("{about} In milliseconds.")),
            "Option<Duration>" => {
                ("number | null".to_owned(), format!("{about} In milliseconds; `null` if that is not known."))
            }
            "Option<String>" => ("string | null".to_owned(), format!("{about} `null` if there is none.")),
            "f64" | "u64" | "u32" => ("number".to_owned(), about),
            other => panic!("progress has a {other}"),
        };
        text.push_str(&comment(&[about], 2));
        text.push_str(&member_of("readonly ", &docs::camel(&member.name), &ty));
    }
    text + "}\n"
}

/// A member, as prettier wraps one that is too long for a line.
pub fn member_of(before: &str, name: &str, ty: &str) -> String {
    let line = format!("  {before}{name}: {ty}\n");
    if line.len() <= WIDTH { line } else { format!("  {before}{name}:\n    {ty}\n") }
}

fn values_of(members: &[Member]) -> String {
    let names: Vec<String> = members.iter().map(|value| docs::snake(&value.name)).collect();
    union(names.iter().map(String::as_str))
}

/// The facts of an error.
pub fn error_facts(root: &Path) -> String {
    let outcome = variants(root, "error/outcome.rs", "Outcome");
    let mut text = comment(&[with_values(&outcome.docs.join(" "), &outcome.members)], 0);
    text.push_str(&format!("export type Outcome = {}\n\n", values_of(&outcome.members)));
    text.push_str("/** The facts of a {@link DropoffError}. Those that are absent are `null`. */\n");
    text.push_str("export type ErrorFacts = {\n");
    for (name, about, ty) in all_facts(root) {
        text.push_str(&comment(&[about], 2));
        text.push_str(&member_of("readonly ", &name, &ty));
    }
    text + "}\n"
}

/// The same as members of the class, which has its message from JavaScript's own.
pub fn error_members(root: &Path) -> String {
    let facts = all_facts(root).into_iter().filter(|(name, ..)| name != "message");
    facts.map(|(name, ..)| format!("  readonly {name}: ErrorFacts['{name}']\n")).collect()
}

/// Names, sentences and types. The cause is whatever was thrown, and the class's alone.
fn all_facts(root: &Path) -> Vec<(String, String, String)> {
    let mut all = vec![
        ("code".to_owned(), kind_docs(root, "as_str"), "ErrorCode".to_owned()),
        ("number".to_owned(), kind_docs(root, "code"), "number".to_owned()),
    ];
    for fact in facts(root).into_iter().filter(|fact| fact.name != "cause") {
        let about = match fact.kind {
            FactKind::Enum("Outcome") => fact.docs,
            FactKind::Enum(of) => with_values(&fact.docs, &error_facts::values(root, of)),
            FactKind::Time => format!("{} In milliseconds.", fact.docs),
            _ => fact.docs,
        };
        let ty = match fact.kind {
            FactKind::Message => "string".to_owned(),
            FactKind::Text | FactKind::Path | FactKind::ResourceId => "string | null".to_owned(),
            FactKind::Flag => "boolean".to_owned(),
            FactKind::Time | FactKind::Number => "number | null".to_owned(),
            FactKind::Enum("Outcome") => "Outcome".to_owned(),
            FactKind::Enum(of) => values_of(&error_facts::values(root, of)),
            FactKind::Details => "readonly { readonly field: string; readonly message: string }[]".to_owned(),
            FactKind::Resource => "{ readonly kind: string; readonly id: string } | null".to_owned(),
        };
        all.push((docs::camel(&fact.name), about, ty));
    }
    all
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
