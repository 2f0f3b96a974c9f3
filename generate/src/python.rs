//! The Python face: records and options of the stubs, and the list of records that are compiled.

use std::path::Path;

use dropoff::{OPTIONS, OptionKind};

use crate::core_source::{Member, record, variants};
use crate::docs;
use crate::error_facts::with_values;
use crate::faces::{RecordFace, SECTIONS, TEXTS_OF};
use crate::options::sentence;
use crate::progress;

const WIDTH: usize = 110;

fn records() -> impl Iterator<Item = &'static RecordFace> {
    SECTIONS.iter().flat_map(|section| section.records)
}

/// Classes of results, for type checkers.
pub fn stubs(root: &Path) -> String {
    let classes: Vec<String> = records().map(|face| class(root, face)).collect();
    // A blank line before whatever follows.
    classes.join("\n") + "\n"
}

fn class(root: &Path, face: &RecordFace) -> String {
    let found = record(root, face.file, face.name);
    let mut text = format!("@final\nclass {}:\n{}", face.name, docstring(&found.docs, 4));
    for field in &found.members {
        let ty = type_of(root, face, field);
        text.push_str(&format!("\n    @property\n    def {}(self) -> {ty}:\n", field.name));
        text.push_str(&docstring(&field.docs, 8));
    }
    text.push_str(
        "\n    def to_dict(self) -> dict[str, Any]:\n        \"\"\"Every field, fit for JSON.\"\"\"\n",
    );
    text.push_str("\n    @classmethod\n    def from_dict(cls, fields: Mapping[str, Any]) -> Self:\n");
    text.push_str("        \"\"\"The object that :meth:`to_dict` told, as a dict or as JSON has it.\n\n");
    text.push_str("        :raises InvalidInputError: the fields are not those of such an object.\n");
    text.push_str("        \"\"\"\n");
    text.push_str("\n    def __eq__(self, other: object, /) -> bool: ...\n");
    text
}

fn type_of(root: &Path, face: &RecordFace, field: &Member) -> String {
    let ty = field.ty.as_str();
    if let Some((.., values)) = TEXTS_OF.iter().find(|(of, name, _)| *of == face.name && *name == field.name)
    {
        let optional = if ty.starts_with("Option<") { " | None" } else { "" };
        return literal(values.iter().copied()) + optional;
    }
    if let Some(inner) = ty.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        let member = Member { name: String::new(), ty: inner.to_owned(), docs: Vec::new() };
        return format!("{} | None", type_of(root, face, &member));
    }
    if let Some(inner) = ty.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>')) {
        let member = Member { name: String::new(), ty: inner.to_owned(), docs: Vec::new() };
        return format!("list[{}]", type_of(root, face, &member));
    }
    match ty {
        "String" | "PathBuf" => "str".to_owned(),
        "u64" | "u32" | "i32" => "int".to_owned(),
        "bool" => "bool".to_owned(),
        "Value" | "Map<String,Value>" => "dict[str, Any]".to_owned(),
        "Consistency" | "LockState" | "Verdict" => {
            let file = crate::faces::enum_file(ty);
            let names: Vec<String> =
                variants(root, file, ty).members.iter().map(|variant| docs::snake(&variant.name)).collect();
            literal(names.iter().map(String::as_str))
        }
        record => record.to_owned(),
    }
}

pub fn literal<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = values.map(|value| format!("\"{value}\"")).collect();
    format!("Literal[{}]", quoted.join(", "))
}

pub fn docstring(paragraphs: &[String], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let text: Vec<String> = paragraphs.iter().map(|text| docs::python(text)).collect();
    // Room for the quotes on the first line and on the last.
    let lines = docs::wrapped(&text.join(" "), WIDTH - indent - 6);
    format!("{margin}\"\"\"{}\"\"\"\n", lines.join(&format!("\n{margin}")))
}

/// The compiled classes of results. That of an opened file is by hand: its path need not be UTF-8.
pub fn compiled(root: &Path) -> String {
    let mut text = String::new();
    for face in records().filter(|face| face.name != "OpenedFile") {
        let found = record(root, face.file, face.name);
        let about: Vec<String> = found.docs.iter().map(|text| docs::plain(text)).collect();
        let mut fields = format!("    {} {{\n", face.name);
        for field in &found.members {
            let about: Vec<String> = field.docs.iter().map(|text| docs::plain(text)).collect();
            fields.push_str(&docs::rust(&about, 8));
            fields.push_str(&format!("        {},\n", field.name));
        }
        fields.push_str("    }\n");
        text.push_str(&format!("record! {{\n{}{fields}}}\n\n", docs::rust(&about, 4)));
    }
    text.trim_end().to_owned() + "\n"
}

/// The properties of progress.
pub fn progress(root: &Path) -> String {
    let phases: Vec<String> = progress::phases(root).iter().map(|phase| docs::snake(&phase.name)).collect();
    let mut text = docstring(&[progress::about(root)], 4);
    for member in progress::members(root) {
        let about = member.docs.join(" ");
        let (ty, about) = match member.ty.as_str() {
            "Phase" => {
                (literal(phases.iter().map(String::as_str)), with_values(&about, &progress::phases(root)))
            }
            "Duration" => ("float".to_owned(), format!("{about} In seconds.")),
            "Option<Duration>" => {
                ("float | None".to_owned(), format!("{about} In seconds; `None` if that is not known."))
            }
            "Option<String>" => ("str | None".to_owned(), format!("{about} `None` if there is none.")),
            "f64" => ("float".to_owned(), about),
            "u64" | "u32" => ("int".to_owned(), about),
            other => panic!("progress has a {other}"),
        };
        let line = format!("    def {}(self) -> {ty}:\n", member.name);
        // As ruff wraps what is too long for a line.
        let line = match ty.strip_prefix("Literal[").and_then(|rest| rest.strip_suffix(']')) {
            Some(inside) if line.len() > WIDTH => format!(
                "    def {}(\n        self,\n    ) -> Literal[\n        {inside}\n    ]:\n",
                member.name
            ),
            _ => line,
        };
        text.push_str(&format!("\n    @property\n{line}{}", docstring(&[about], 8)));
    }
    text + "\n"
}

/// The options, as keyword arguments.
pub fn options() -> String {
    let mut text = String::new();
    for option in OPTIONS {
        let ty = match option.kind {
            OptionKind::Duration => "float | timedelta | None",
            OptionKind::Number => "int | None",
            OptionKind::Text => "str | None",
            OptionKind::Path => "str | os.PathLike[str] | None",
            OptionKind::Texts => "Iterable[str] | None",
            OptionKind::AutoOrBool => "Literal[\"auto\"] | bool | None",
        };
        text.push_str(&format!("    {}: {ty}\n", option.name));
        text.push_str(&docstring(&[sentence(option)], 4));
    }
    text
}
