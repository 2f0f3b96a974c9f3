//! The arguments of Python's calls: the lines of `:param` in the stubs whose arguments are the core's. People
//! write the signatures, and lines about what is Python's own.

use std::path::Path;

use crate::core_source::variants;
use crate::docs;
use crate::faces::{Docs, Kind, PYTHON_CALLS, PYTHON_MORE, RequestFace, SECTIONS, value_texts};
use crate::requests::{core_sentences, face};

const WIDTH: usize = 110;
const MARK: &str = ":param ";

/// The stubs with those lines as the core has them.
pub fn with_parameters(root: &Path, stubs: &str) -> String {
    let mut text = String::new();
    let (mut class, mut call) = ("", "");
    let mut lines = stubs.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(name) = name_after(line, "class ") {
            class = name;
        }
        if let Some(name) = name_after(line, "def ") {
            (class, call) = (if line.starts_with("def") { "" } else { class }, name);
        }
        let Some(mut given) = line.trim_start().strip_prefix(MARK).map(str::to_owned) else {
            text.push_str(&format!("{line}\n"));
            continue;
        };
        let margin = line.len() - line.trim_start().len();
        // A sentence goes on in lines that stand further in.
        while let Some(more) = lines.next_if(|next| next.len() - next.trim_start().len() > margin) {
            given.push_str(&format!(" {}", more.trim()));
        }
        let (name, words) = given.split_once(": ").expect("an argument and its sentence");
        let about = match words.starts_with("as in ") {
            true => None,
            false => described(root, class, call, name),
        };
        let sentence = about.unwrap_or_else(|| words.to_owned());
        for (at, part) in
            docs::wrapped(&format!("{MARK}{name}: {sentence}"), WIDTH - margin - 4).iter().enumerate()
        {
            let indent = if at == 0 { margin } else { margin + 4 };
            text.push_str(&format!("{}{part}\n", " ".repeat(indent)));
        }
    }
    text
}

fn name_after<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let rest = line.trim_start().strip_prefix(word)?;
    Some(rest.split(['(', ':']).next().unwrap_or(rest))
}

/// None where the core has no word about it.
fn described(root: &Path, class: &str, call: &str, argument: &str) -> Option<String> {
    let (.., request) = PYTHON_CALLS.iter().find(|(of, name, _)| *of == class && *name == call)?;
    let face = face(request);
    let field = face.fields.iter().find(|field| field.name == argument)?;
    // Python has keyword arguments for the one, and a method for the other.
    if matches!(field.kind, Kind::Options) || matches!(field.docs, Docs::SetterOf { name: "presealed", .. }) {
        return None;
    }
    let mut about = core_sentences(root, face, field)?;
    match field.kind {
        Kind::Time => about.push_str(" It is seconds or a `timedelta`, above 0 and at most 10 000 000 s."),
        Kind::Path | Kind::NeededPath => about.push_str(" A leading `~/` is the home folder."),
        Kind::Enum(of) => about.push_str(&choices(root, of)),
        _ => {}
    }
    about.push_str(more(face, argument));
    Some(docs::python(&docs::after_a_colon(&about)))
}

/// The values of an enum.
fn choices(root: &Path, of: &str) -> String {
    let mut faces = SECTIONS.iter().flat_map(|section| section.enums);
    let face = faces.find(|face| face.name == of).expect("an enum of a request");
    let all = variants(root, face.file, of).members;
    let told = all
        .iter()
        .zip(value_texts(face))
        .map(|(variant, text)| format!(" `\"{text}\"`: {}", docs::after_a_colon(&variant.docs.join(" "))));
    told.collect()
}

fn more(face: &RequestFace, argument: &str) -> &'static str {
    let found = PYTHON_MORE.iter().find(|(of, name, _)| *of == face.name && *name == argument);
    found.map_or("", |(.., text)| text)
}
