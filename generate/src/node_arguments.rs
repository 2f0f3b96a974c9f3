//! The arguments of Node's calls, as interfaces of the declarations.

use std::path::Path;

use crate::core_source::{method_docs, variants};
use crate::docs;
use crate::faces::{EnumFace, Kind, RequestFace, RequestField, SECTIONS, value_texts};
use crate::node::{comment, member_of, union};
use crate::node_faces::{NODE_ARGUMENTS, NODE_MORE, NodeArguments, NodeField};
use crate::requests::{core_sentences, face, field};

/// All of them, in their order.
pub fn interfaces(root: &Path) -> String {
    let all: Vec<String> = NODE_ARGUMENTS.iter().map(|arguments| interface(root, arguments)).collect();
    all.join("\n")
}

fn interface(root: &Path, arguments: &NodeArguments) -> String {
    let extends =
        if arguments.extends.is_empty() { String::new() } else { format!(" extends {}", arguments.extends) };
    let mut text = comment(&[arguments.about.to_owned()], 0);
    text.push_str(&format!("export interface {}{extends} {{\n", arguments.name));
    for name in arguments.fields {
        text.push_str(&member(root, face(arguments.of), name, ""));
    }
    for NodeField { name, ty, file, of, setter } in arguments.more {
        let about = method_docs(root, file, of, setter);
        let about = about.unwrap_or_else(|| panic!("{of} has no setter {setter}")).join(" ");
        text.push_str(&comment(&[docs::of_a_list(&about)], 2));
        text.push_str(&member_of("", name, ty));
    }
    for (name, ty, about) in arguments.own {
        text.push_str(&comment(&[(*about).to_owned()], 2));
        text.push_str(&member_of("", name, ty));
    }
    text + "}\n"
}

/// The members of a file's plain form, after its source.
pub fn file_fields(root: &Path) -> String {
    let face = face("file");
    ["name", "content_type", "encryption_iv"].map(|name| member(root, face, name, "readonly ")).concat()
}

fn member(root: &Path, face: &RequestFace, name: &str, before: &str) -> String {
    let field = field(face, name);
    let about =
        core_sentences(root, face, field).unwrap_or_else(|| panic!("{}.{name} is not the core's", face.core));
    let more = NODE_MORE.iter().find(|(of, known, _)| *of == face.name && *known == name);
    let about = format!("{about}{}{}", of_kind(root, field), more.map_or("", |(.., text)| text));
    let needed = matches!(field.kind, Kind::NeededText | Kind::NeededPath);
    let (mark, or_absent) = if needed { ("", "") } else { ("?", " | null | undefined") };
    let ty = format!("{}{or_absent}", type_of(field));
    comment(&[about], 2) + &member_of(before, &format!("{}{mark}", docs::camel(name)), &ty)
}

fn of_kind(root: &Path, field: &RequestField) -> String {
    match field.kind {
        Kind::Time => " Above 0, at most 10 000 000 000 ms.".to_owned(),
        Kind::Path | Kind::NeededPath => {
            " A leading `~/` is the home folder; a relative path is of the moment of the call.".to_owned()
        }
        Kind::Enum(of) => {
            let face = enum_face(of);
            let all = variants(root, face.file, of).members;
            let told = all.iter().zip(value_texts(face)).map(|(variant, text)| {
                format!(" `'{text}'`: {}", docs::after_a_colon(&variant.docs.join(" ")))
            });
            told.collect()
        }
        _ => String::new(),
    }
}

fn enum_face(of: &str) -> &'static EnumFace {
    let mut faces = SECTIONS.iter().flat_map(|section| section.enums);
    faces.find(|face| face.name == of).expect("an enum of a request")
}

fn type_of(field: &RequestField) -> String {
    match field.kind {
        Kind::Text if field.name == "region" => union(["eu", "us"].into_iter()),
        Kind::Text if field.name == "base_url" => "string | URL".to_owned(),
        Kind::Path | Kind::NeededPath => "string | URL".to_owned(),
        Kind::Text | Kind::NeededText => "string".to_owned(),
        Kind::Number | Kind::Time => "number".to_owned(),
        Kind::Flag | Kind::Choice => "boolean".to_owned(),
        Kind::Json => "Readonly<Record<string, unknown>>".to_owned(),
        Kind::Pairs | Kind::NeededPairs => "Pairs".to_owned(),
        Kind::PairLists => "List<Pairs>".to_owned(),
        Kind::Numbers => "List<number>".to_owned(),
        Kind::Texts | Kind::NeededTexts => "List<string>".to_owned(),
        Kind::Enum(of) => union(value_texts(enum_face(of)).iter().map(String::as_str)),
        Kind::Struct("pack") => "Pack".to_owned(),
        Kind::Struct("encryption") => "Encryption".to_owned(),
        Kind::Struct("stored_object") => "StoredObject".to_owned(),
        _ => panic!("{} has no type in TypeScript", field.name),
    }
}
