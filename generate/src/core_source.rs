//! The core's public types as its sources have them: their fields and setters, each with its sentences. It
//! knows no language but Rust.

use std::path::Path;

use quote::ToTokens as _;
use syn::{Attribute, Expr, Fields, File, ImplItem, Item, Lit, Meta, ReturnType, Visibility};

/// A field of a struct, or a variant of an enum.
pub struct Member {
    pub name: String,
    /// The type without blanks; empty for a variant.
    pub ty: String,
    /// Paragraphs without line ends.
    pub docs: Vec<String>,
}

/// A struct or an enum.
pub struct Described {
    pub docs: Vec<String>,
    pub members: Vec<Member>,
}

fn parsed(root: &Path, file: &str) -> File {
    let path = root.join("core/src").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The public fields of a struct.
pub fn record(root: &Path, file: &str, name: &str) -> Described {
    let Some(found) = parsed(root, file).items.into_iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(item),
        _ => None,
    }) else {
        panic!("{file} has no struct {name}")
    };
    let Fields::Named(fields) = found.fields else { panic!("{name} has no names for its fields") };
    let member = |field: syn::Field| Member {
        name: field.ident.expect("a named field").to_string(),
        ty: field.ty.to_token_stream().to_string().replace(' ', ""),
        docs: paragraphs(&field.attrs),
    };
    Described { docs: paragraphs(&found.attrs), members: fields.named.into_iter().map(member).collect() }
}

/// The variants of an enum.
pub fn variants(root: &Path, file: &str, name: &str) -> Described {
    let Some(found) = parsed(root, file).items.into_iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == name => Some(item),
        _ => None,
    }) else {
        panic!("{file} has no enum {name}")
    };
    let member = |variant: syn::Variant| Member {
        name: variant.ident.to_string(),
        ty: String::new(),
        docs: paragraphs(&variant.attrs),
    };
    Described { docs: paragraphs(&found.attrs), members: found.variants.into_iter().map(member).collect() }
}

/// The sentences about a type itself.
pub fn type_docs(root: &Path, file: &str, name: &str) -> Vec<String> {
    let docs = parsed(root, file).items.into_iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(paragraphs(&item.attrs)),
        _ => None,
    });
    docs.unwrap_or_else(|| panic!("{file} has no struct {name}"))
}

/// The sentences about a method, without its errors.
pub fn method_docs(root: &Path, file: &str, of: &str, method: &str) -> Option<Vec<String>> {
    parsed(root, file).items.into_iter().find_map(|item| {
        let Item::Impl(found) = item else { return None };
        if found.trait_.is_some() || found.self_ty.to_token_stream().to_string() != of {
            return None;
        }
        found.items.into_iter().find_map(|item| match item {
            ImplItem::Fn(function) if function.sig.ident == method => Some(paragraphs(&function.attrs)),
            _ => None,
        })
    })
}

/// The public methods that ask a value for something: their names, what they give, and their sentences.
pub fn getters(root: &Path, file: &str, of: &str) -> Vec<Member> {
    let mut found = Vec::new();
    for item in parsed(root, file).items {
        let Item::Impl(item) = item else { continue };
        if item.trait_.is_some() || item.self_ty.to_token_stream().to_string() != of {
            continue;
        }
        for item in item.items {
            let ImplItem::Fn(function) = item else { continue };
            let ReturnType::Type(_, ty) = &function.sig.output else { continue };
            if matches!(function.vis, Visibility::Public(_)) && function.sig.inputs.len() == 1 {
                found.push(Member {
                    name: function.sig.ident.to_string(),
                    ty: ty.to_token_stream().to_string().replace(' ', ""),
                    docs: paragraphs(&function.attrs),
                });
            }
        }
    }
    found
}

/// The sentences about one argument of a method, which its documentation lists as `* `name`: …`.
pub fn argument_docs(root: &Path, file: &str, of: &str, method: &str, argument: &str) -> Option<String> {
    let start = format!("* `{argument}`: ");
    let docs = method_docs(root, file, of, method)?;
    docs.iter().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
}

/// The text of `///`, up to a heading such as `# Errors`. An item of a list is a paragraph.
fn paragraphs(attributes: &[Attribute]) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in attributes.iter().filter_map(doc_line) {
        let line = line.trim();
        if line.starts_with("# ") {
            break;
        }
        if line.is_empty() {
            goes_on = false;
        } else if goes_on && !line.starts_with("* ") {
            let paragraph = paragraphs.last_mut().expect("the one that goes on");
            paragraph.push(' ');
            paragraph.push_str(line);
        } else {
            paragraphs.push(line.to_owned());
            goes_on = true;
        }
    }
    paragraphs
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else { return None };
    let Expr::Lit(value) = &meta.value else { return None };
    match &value.lit {
        Lit::Str(text) if meta.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}
