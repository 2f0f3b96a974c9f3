//! Python's exceptions: the class of each kind, and the facts of all of them.

use std::path::Path;

use dropoff::ErrorKind;

use crate::core_source::variants;
use crate::docs;
use crate::error_facts::{Fact, FactKind, facts, kind_docs, values, with_values};
use crate::faces::PYTHON_ERRORS;
use crate::python::{docstring, literal};

/// The name of a kind's class, its other base, and what is Python's own about it.
fn class_of(variant: &str) -> (String, &'static str, &'static str) {
    match PYTHON_ERRORS.iter().find(|error| error.kind == variant) {
        Some(error) => (error.class.to_owned(), error.also, error.more),
        None => (format!("{variant}Error"), "", ""),
    }
}

/// A class for each kind, in the order of the numbers.
pub fn classes(root: &Path) -> String {
    let found = variants(root, "error/kind.rs", "ErrorKind");
    let mut text = String::new();
    for (variant, kind) in found.members.iter().zip(ErrorKind::ALL) {
        let (class, also, more) = class_of(&variant.name);
        let also = if also.is_empty() { String::new() } else { format!(", {also}") };
        let about = format!("{} {more}", variant.docs.join(" "));
        text.push_str(&format!(
            "class {class}(DropoffError{also}):\n{}\n    kind, code = \"{}\", {}\n\n\n",
            docstring(&[about.trim_end().to_owned()], 4),
            kind.as_str(),
            kind.code()
        ));
    }
    text
}

/// The names of the kinds, one a line.
pub fn kinds() -> String {
    ErrorKind::ALL.iter().map(|kind| format!("    \"{}\",\n", kind.as_str())).collect()
}

/// The annotations of the facts.
pub fn attributes(root: &Path) -> String {
    let internal = ErrorKind::Internal;
    let mut text = format!("    kind: ClassVar[ErrorKind] = \"{}\"\n", internal.as_str());
    text.push_str(&docstring(&[kind_docs(root, "as_str")], 4));
    text.push_str(&format!("    code: ClassVar[int] = {}\n", internal.code()));
    text.push_str(&docstring(&[kind_docs(root, "code")], 4));
    for fact in facts(root) {
        text.push_str(&format!("    {}: {}\n", fact.name, type_of(root, &fact)));
        text.push_str(&docstring(&[sentences(root, &fact)], 4));
    }
    text
}

fn sentences(root: &Path, fact: &Fact) -> String {
    match fact.kind {
        FactKind::Enum(of) => with_values(&fact.docs, &values(root, of)),
        FactKind::Time => format!("{} In seconds.", fact.docs),
        _ => fact.docs.clone(),
    }
}

fn type_of(root: &Path, fact: &Fact) -> String {
    match fact.kind {
        FactKind::Message => "str".to_owned(),
        FactKind::Text | FactKind::Path | FactKind::ResourceId => "str | None".to_owned(),
        FactKind::Flag => "bool".to_owned(),
        FactKind::Time => "float | None".to_owned(),
        FactKind::Number => "int | None".to_owned(),
        FactKind::Enum(of) => texts(root, of),
        FactKind::Details => "list[dict[str, str]]".to_owned(),
        FactKind::Resource => "dict[str, str] | None".to_owned(),
    }
}

fn texts(root: &Path, of: &str) -> String {
    let names: Vec<String> = values(root, of).iter().map(|value| docs::snake(&value.name)).collect();
    literal(names.iter().map(String::as_str))
}

/// An argument of the constructor after the message.
fn argument(root: &Path, fact: &Fact) -> Option<String> {
    let name = &fact.name;
    Some(match fact.kind {
        FactKind::Message => return None,
        FactKind::Flag => format!("{name}: bool = False"),
        // As an error is that the core makes.
        FactKind::Enum(of) => {
            let default = match of {
                "Side" => "caller",
                "Outcome" => "not_completed",
                _ => "none",
            };
            format!("{name}: {} = \"{default}\"", texts(root, of))
        }
        FactKind::Details => format!("{name}: Sequence[Mapping[str, str]] = ()"),
        FactKind::Resource => format!("{name}: Mapping[str, str] | None = None"),
        FactKind::Text | FactKind::Path | FactKind::ResourceId | FactKind::Time | FactKind::Number => {
            format!("{name}: {} = None", type_of(root, fact))
        }
    })
}

/// The constructor, and the facts as a dict.
pub fn constructor(root: &Path) -> String {
    let all = facts(root);
    let (mut arguments, mut set, mut told) = (String::new(), String::new(), String::new());
    for fact in &all {
        let name = &fact.name;
        if let Some(argument) = argument(root, fact) {
            arguments.push_str(&format!("        {argument},\n"));
        }
        let (value, back) = match fact.kind {
            FactKind::Details => (
                format!("[dict(detail) for detail in {name}]"),
                format!("[dict(detail) for detail in self.{name}]"),
            ),
            FactKind::Resource => (
                format!("None if {name} is None else dict({name})"),
                format!("None if self.{name} is None else dict(self.{name})"),
            ),
            _ => (name.clone(), format!("self.{name}")),
        };
        set.push_str(&format!("        self.{name} = {value}\n"));
        told.push_str(&format!("            \"{name}\": {back},\n"));
    }
    format!(
        "    def __init__(
        self,
        message: str,
        *,
{arguments}    ) -> None:
        super().__init__(message)
{set}        if isinstance(self, OSError):
            _tell_as_os_error(self, path, message)

    def _facts(self) -> dict[str, Any]:
        return {{
{told}        }}

"
    )
}
