//! `include/dropoff.h`: the sections in their order, each with its heading, its types and its functions.
//! cbindgen writes those; by itself it would put all types first and all functions after them.

use std::collections::BTreeSet;
use std::path::Path;

use crate::faces::{SECTIONS, Section, Special};
use crate::output::Output;
use crate::{c_error_facts, c_progress, c_requests, c_results, c_status, docs};

/// The columns of the header.
const WIDTH: usize = 110;

const MARK: &str = "//! Made by dropoff-generate from the core's sources. Do not edit.\n\n";
const IMPORTS: &str = "use crate::generated::prelude::*;\n\n";

/// The generated half of a section, if it has one.
pub fn generated_module(root: &Path, section: &Section) -> Option<String> {
    if let Some(special) = section.special {
        let code = match special {
            Special::Status => c_status::module_part(root),
            Special::ErrorFacts => c_error_facts::module_part(root),
            Special::Progress => c_progress::module_part(root),
        };
        return Some(format!("{MARK}{code}"));
    }
    let mut code = String::new();
    for face in section.enums {
        code.push_str(&c_requests::enum_part(root, face));
    }
    if section.has_options {
        code.push_str(&c_requests::options_part());
    }
    for face in section.requests {
        code.push_str(&c_requests::module_part(root, face));
    }
    for face in section.records {
        code.push_str(&c_results::module_part(root, face));
    }
    (!code.is_empty()).then(|| format!("{MARK}{IMPORTS}{code}"))
}

fn is_generated(section: &Section) -> bool {
    section.has_options
        || section.special.is_some()
        || !(section.enums.is_empty() && section.requests.is_empty() && section.records.is_empty())
}

/// The list of generated modules.
pub fn generated_modules() -> String {
    let names: BTreeSet<&str> = SECTIONS.iter().filter(|s| is_generated(s)).map(|s| s.name).collect();
    let modules: String = names.iter().map(|name| format!("pub(crate) mod {name};\n")).collect();
    // Those whose types others hold.
    let shared = ["options", "stored_object"];
    let all: String = shared.iter().map(|name| format!("pub(crate) use super::{name}::*;\n")).collect();
    format!(
        "//! Made by dropoff-generate from the core's sources. Do not edit.

{modules}
/// What the modules use of each other and of the rest.
pub(crate) mod prelude {{
    pub(crate) use std::ffi::{{c_char, c_int, c_void}};
    pub(crate) use std::mem::{{MaybeUninit, offset_of, size_of}};
    pub(crate) use std::ptr;
    pub(crate) use std::time::Duration;

    pub(crate) use dropoff::Result;

    pub(crate) use crate::arena::{{self, Arena, Described}};
    pub(crate) use crate::callback::dropoff_finalizer;
    pub(crate) use crate::caller_struct::{{CallerStruct, dropoff_pair, dropoff_pairs}};
    pub(crate) use crate::error::{{dropoff_error, dropoff_status}};
    pub(crate) use crate::fields::Fields;
    pub(crate) use crate::given_options::GivenOptions;
    pub(crate) use crate::guard;
    pub(crate) use crate::handle::needed;
    pub(crate) use crate::job::{{self, Outcome, dropoff_job}};
    pub(crate) use crate::key_pair::dropoff_key_pair;
    pub(crate) use crate::progress::{{Callback, dropoff_progress_fn}};
    pub(crate) use crate::source::dropoff_source;
    {all}
}}
"
    )
}

/// The whole header.
pub fn header(root: &Path, output: &Output) -> String {
    let sections: Vec<String> = SECTIONS.iter().map(|section| section_text(root, output, section)).collect();
    let (major, minor, patch) =
        (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH"));
    let text = format!(
        "{manual}
/* Made by dropoff-generate from bindings-c/src and core/src. Do not edit. */

#ifndef DROPOFF_H
#define DROPOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header. dropoff_version() is that of the library. */
#define DROPOFF_VERSION \"{version}\"
#define DROPOFF_VERSION_MAJOR {major}
#define DROPOFF_VERSION_MINOR {minor}
#define DROPOFF_VERSION_PATCH {patch}

#ifdef __cplusplus
extern \"C\" {{
#endif

{sections}
#ifdef __cplusplus
}}
#endif

#endif /* DROPOFF_H */
",
        manual = heading(&own_text(root, "lib")),
        version = env!("CARGO_PKG_VERSION"),
        sections = sections.join("\n"),
    );
    assert!(text.is_ascii(), "not every C compiler is told which encoding a header has");
    text
}

fn own_text(root: &Path, module: &str) -> String {
    let path = root.join("bindings-c/src").join(module).with_extension("rs");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The `//!` lines of a file as a C comment.
fn heading(code: &str) -> String {
    let lines = code.lines().map_while(|line| line.strip_prefix("//!"));
    let comment: Vec<String> = lines.map(|line| format!(" *{line}\n")).collect();
    format!("/*\n{} */\n", comment.concat())
}

fn section_text(root: &Path, output: &Output, section: &Section) -> String {
    let mut parts = Vec::new();
    if section.has_module {
        parts.push(heading(&own_text(root, section.name)));
    } else {
        let lines: String =
            section.heading.lines().map(|l| format!(" * {l}").trim_end().to_owned() + "\n").collect();
        parts.push(format!("/*\n{lines} */\n"));
    }
    if is_generated(section) {
        let code =
            output.made(&format!("bindings-c/src/generated/{}.rs", section.name)).expect("made before");
        parts.push(with_macros(root, section, items(code)));
    }
    if section.has_module {
        parts.push(items(&own_text(root, section.name)));
    }
    parts.retain(|part| !part.trim().is_empty());
    parts.iter().map(|part| format!("{}\n", part.trim_end())).collect::<Vec<_>>().join("\n")
}

/// The types and functions of a file, in C.
fn items(code: &str) -> String {
    let folder = std::env::temp_dir().join(format!("dropoff-generate-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let file = folder.join("section.rs");
    std::fs::write(&file, code).expect("a temporary file");
    let mut config = cbindgen::Config::from_file(Path::new(env!("CARGO_MANIFEST_DIR")).join("cbindgen.toml"))
        .expect("cbindgen.toml");
    // No function of their own section names some of them.
    config.export.include = code
        .lines()
        .filter_map(|line| {
            line.strip_prefix("pub struct ")
                .or(line.strip_prefix("pub enum "))
                .or(line.strip_prefix("pub type "))
        })
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect();
    let made = cbindgen::Builder::new().with_config(config).with_src(&file).generate();
    let made = made.unwrap_or_else(|e| panic!("cbindgen: {e}\n{code}"));
    let mut text = Vec::new();
    made.write(&mut text);
    std::fs::remove_dir_all(&folder).expect("it is ours");
    compact(&String::from_utf8(text).expect("a header is text"))
}

/// Each struct that a caller fills is followed by its macro.
fn with_macros(root: &Path, section: &Section, mut text: String) -> String {
    let mut add = |name: &str, macro_text: String| {
        let end = format!("}} dropoff_{name};\n");
        let at = text.find(&end).unwrap_or_else(|| panic!("no struct {name}")) + end.len();
        text.insert_str(at, &macro_text);
    };
    if section.has_options {
        add("options", c_requests::options_init_macro());
    }
    for face in section.requests {
        add(face.name, c_requests::init_macro(root, face));
    }
    text
}

/// Comments and prototypes as they are read best: a short comment on one line, what it says of threads right
/// after it, and a prototype on as few lines as it needs.
fn compact(items: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = items.lines();
    while let Some(line) = rest.next() {
        if line.trim_start().starts_with("/**") && !line.contains("*/") {
            let margin = &line[..line.len() - line.trim_start().len()];
            let inside = rest.by_ref().take_while(|line| line.trim() != "*/");
            let said =
                inside.map(|line| line.trim().trim_start_matches('*').trim_start_matches(' ').to_owned());
            lines.extend(comment(margin, &said.collect::<Vec<_>>()));
        } else if line.ends_with(',') && line.contains('(') && !line.starts_with([' ', '#']) {
            let mut whole = line.to_owned();
            for more in rest.by_ref() {
                whole.push(' ');
                whole.push_str(more.trim());
                if more.ends_with(");") {
                    break;
                }
            }
            // Between two parameters alone.
            let joined = whole.replace(' ', "\u{1}").replace(",\u{1}", ", ");
            let wrapped =
                docs::wrapped(&joined, WIDTH - 4).into_iter().map(|line| line.replace('\u{1}', " "));
            lines.extend(
                wrapped.enumerate().map(|(at, line)| if at == 0 { line } else { format!("    {line}") }),
            );
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

fn comment(margin: &str, said: &[String]) -> Vec<String> {
    // The blank line before those words is for rustdoc.
    let is_rule = |line: &str| line.starts_with("Threads:") || line.starts_with("May be NULL:");
    let mut said: Vec<&str> = said.iter().map(String::as_str).collect();
    let mut at = 1;
    while at < said.len() {
        if is_rule(said[at]) && said[at - 1].is_empty() {
            said.remove(at - 1);
        }
        at += 1;
    }
    let whole = format!("{margin}/** {} */", said.join(" "));
    if whole.len() <= WIDTH && !said.contains(&"") {
        return vec![whole];
    }
    let mut lines: Vec<String> = Vec::new();
    let is_short = !said.contains(&"");
    let mut said = filled(&said, WIDTH - margin.len() - 4);
    // Of a comment of one paragraph the line about threads ends its last line, if it fits there.
    if let [.., before, last] = said.as_mut_slice()
        && is_short
        && last.starts_with("Threads:")
        && !is_rule(before)
        && margin.len() + 4 + before.len() + 1 + last.len() + 3 <= WIDTH
    {
        *before = format!("{before} {last}");
        said.pop();
    }
    for (at, line) in said.iter().enumerate() {
        let begin = if at == 0 { "/** " } else { " *  " };
        lines.push(format!("{margin}{begin}{line}").trim_end().to_owned());
    }
    // The end stands where it fits.
    match lines.last_mut().filter(|line| line.len() + 3 <= WIDTH) {
        Some(last) => last.push_str(" */"),
        None => lines.push(format!("{margin} */")),
    }
    lines
}

/// Paragraphs anew, if a line of them is too long. What is indented, an example or a table, stays as it is.
fn filled(said: &[&str], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let stands_alone = |line: &str| {
        line.is_empty()
            || line.starts_with(' ')
            || line.starts_with("Threads:")
            || line.starts_with("May be NULL:")
    };
    for part in said.chunk_by(|_, next| !stands_alone(next)) {
        if part[0].starts_with(' ') || part.iter().all(|line| line.len() <= width) {
            lines.extend(part.iter().map(|line| (*line).to_owned()));
        } else if part[0].is_empty() {
            lines.push(String::new());
            lines.extend(docs::wrapped(&part[1..].join(" "), width));
        } else {
            lines.extend(docs::wrapped(&part.join(" "), width));
        }
    }
    lines
}
