//! The facts of an error: what can be asked of one in every language, with the core's sentences.

use std::path::Path;

use dropoff::RESOURCE_KINDS;

use crate::core_source::{Member, getters, method_docs, variants};
use crate::docs;

/// A fact by the type that the core gives it.
#[derive(Clone, Copy, PartialEq)]
pub enum FactKind {
    /// One line that every error has.
    Message,
    Text,
    Path,
    Flag,
    Time,
    Number,
    /// An enum of the core, by its name.
    Enum(&'static str),
    Details,
    Resource,
    /// The id of a resource of one kind.
    ResourceId,
}

pub struct Fact {
    pub name: String,
    pub kind: FactKind,
    pub docs: String,
}

/// Enums of the facts, and their file below `core/src/`.
pub const ENUMS: [(&str, &str); 3] =
    [("Side", "error/side.rs"), ("Outcome", "error/outcome.rs"), ("Cleanup", "error/outcome.rs")];

/// In the order of the core's methods.
pub fn facts(root: &Path) -> Vec<Fact> {
    let mut facts = Vec::new();
    for getter in getters(root, "error/value.rs", "Error") {
        let Some(kind) = kind_of(&getter) else { continue };
        let name = if getter.name == "cause_text" { "cause".to_owned() } else { getter.name };
        facts.push(Fact { name, kind, docs: getter.docs.join(" ") });
        if kind == FactKind::Resource {
            facts.extend(RESOURCE_KINDS.iter().map(|kind| Fact {
                name: kind.id_fact.to_owned(),
                kind: FactKind::ResourceId,
                docs: format!("The {} that was reserved before the failure.", kind.name),
            }));
        }
    }
    facts
}

/// None for the kind, which a class or an enum is.
fn kind_of(getter: &Member) -> Option<FactKind> {
    Some(match getter.ty.as_str() {
        "&str" => FactKind::Message,
        "Option<&str>" | "Option<&'staticstr>" => FactKind::Text,
        "Option<&Path>" => FactKind::Path,
        "bool" => FactKind::Flag,
        "Option<Duration>" => FactKind::Time,
        "Option<u16>" | "Option<i32>" => FactKind::Number,
        "&[Detail]" => FactKind::Details,
        "Option<&Resource>" => FactKind::Resource,
        "ErrorKind" | "Value" => return None,
        other => {
            let known = ENUMS.iter().find(|(name, _)| *name == other);
            FactKind::Enum(known.unwrap_or_else(|| panic!("{} gives {other}", getter.name)).0)
        }
    })
}

/// The sentences about a kind's name and number.
pub fn kind_docs(root: &Path, method: &str) -> String {
    method_docs(root, "error/kind.rs", "ErrorKind", method).expect("the core describes it").join(" ")
}

/// The variants of a fact's enum.
pub fn values(root: &Path, name: &str) -> Vec<Member> {
    let (_, file) = ENUMS.iter().find(|(known, _)| *known == name).expect("an enum of the facts");
    variants(root, file, name).members
}

/// A sentence and those of its values, for a language where they are texts.
pub fn with_values(about: &str, values: &[Member]) -> String {
    let mut text = about.to_owned();
    for value in values {
        text.push_str(&format!(
            " `{}`: {}",
            docs::snake(&value.name),
            docs::after_a_colon(&value.docs.join(" "))
        ));
    }
    text
}
