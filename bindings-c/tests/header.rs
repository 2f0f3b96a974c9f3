//! include/dropoff.h is generated from the sources, committed, and compared here. `UPDATE=1 cargo test -p
//! dropoff-c` writes it anew.
//!
//! Each file of `src/` with exported functions is a section of the header: its `//!` text is the section's heading,
//! then come its types and functions. cbindgen alone would put all types first and all functions after them.

use std::path::{Path, PathBuf};

use dropoff::{OPTIONS, OptionKind};

/// The order for a reader. C wants a type before its first use, too.
const SECTIONS: &[&str] = &[
    "error",
    "callback",
    "options",
    "source",
    "progress",
    "job",
    "log",
    "stored_object",
    "pack",
    "profile_upload",
    "profile",
    "profile_ticket",
    "profile_details",
    "hcompany",
    "inspection",
    "key_pair",
    "encryption",
    "transfer",
    "sent_files",
    "sent_transfer",
    "transfer_ticket",
    "files",
    "confirmed",
    "transfer_info",
    "transfer_plan",
    "agentdrop",
    "opened_file",
    "sealed_file",
    "put",
    "post_form",
    "put_parts",
    "stored_parts",
    "storage",
    "library",
];

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn source(module: &str) -> String {
    let path = here().join("src").join(module).with_extension("rs");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The `//!` lines of a file as a C comment.
fn heading(module: &str) -> String {
    let text = source(module);
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let comment: Vec<String> = lines.map(|line| format!(" *{line}\n")).collect();
    format!("/*\n{} */\n", comment.concat())
}

fn section(module: &str) -> String {
    let config = cbindgen::Config::from_file(here().join("cbindgen.toml")).expect("cbindgen.toml");
    let made = cbindgen::Builder::new()
        .with_config(config)
        .with_src(here().join("src").join(module).with_extension("rs"))
        .generate()
        .unwrap_or_else(|e| panic!("{module}: {e}"));
    let mut items = Vec::new();
    made.write(&mut items);
    let items = compact(&String::from_utf8(items).expect("a header is text"));
    format!("{}\n{}\n", heading(module), items.trim())
}

/// A comment of one line on one line.
fn compact(items: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in items.lines() {
        let before = lines.len().checked_sub(2).map(|at| lines[at].trim_start());
        match lines.last() {
            Some(text) if line.trim() == "*/" && before == Some("/**") => {
                let text = text.trim_start().trim_start_matches("* ").to_owned();
                lines.pop();
                lines.last_mut().expect("the line that began it").push_str(&format!(" {text} */"));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

fn header() -> String {
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(|part| {
        let number = match part {
            "MAJOR" => env!("CARGO_PKG_VERSION_MAJOR"),
            "MINOR" => env!("CARGO_PKG_VERSION_MINOR"),
            _ => env!("CARGO_PKG_VERSION_PATCH"),
        };
        format!("#define DROPOFF_VERSION_{part} {number}")
    });
    let sections: Vec<String> = SECTIONS.iter().map(|module| section(module)).collect();
    format!(
        "{manual}
/* Generated from bindings-c/src by bindings-c/tests/header.rs. Do not edit. */

#ifndef DROPOFF_H
#define DROPOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header. dropoff_version() is that of the library. */
#define DROPOFF_VERSION \"{version}\"
{major}
{minor}
{patch}

#ifdef __cplusplus
extern \"C\" {{
#endif

{sections}
#ifdef __cplusplus
}}
#endif

#endif /* DROPOFF_H */
",
        manual = heading("lib"),
        version = env!("CARGO_PKG_VERSION"),
        sections = sections.join("\n"),
    )
}

#[test]
fn the_committed_header_is_that_of_the_sources() {
    let path = here().join("../include/dropoff.h");
    let made = header();
    assert!(made.is_ascii(), "not every C compiler is told which encoding a header has");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).expect("include/dropoff.h");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = committed.lines().zip(made.lines()).position(|(a, b)| a != b);
    assert!(
        committed == made,
        "include/dropoff.h is not what the sources make (line {}); run UPDATE=1 cargo test -p dropoff-c",
        differs.unwrap_or_else(|| committed.lines().count()) + 1
    );
}

#[test]
fn no_section_is_forgotten() {
    let mut forgotten = Vec::new();
    for entry in std::fs::read_dir(here().join("src")).expect("src") {
        let name =
            entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned();
        // The one export that is no part of the API.
        if name != "debug" && source(&name).contains("no_mangle") && !SECTIONS.contains(&name.as_str()) {
            forgotten.push(name);
        }
    }
    assert!(forgotten.is_empty(), "not in SECTIONS: {forgotten:?}");
}

#[test]
fn the_manual_lists_every_option_as_the_core_has_it() {
    let listed: Vec<String> = header()
        .lines()
        .filter_map(|line| line.strip_prefix(" *     "))
        .filter(|line| {
            ["set_ms", "set_number", "set_bool", "set_text", "add_text"].contains(&second_word(line))
        })
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let known: Vec<String> = OPTIONS
        .iter()
        .map(|option| {
            let setter = match option.kind {
                OptionKind::Duration => "set_ms",
                OptionKind::Number => "set_number",
                OptionKind::AutoOrBool => "set_bool",
                OptionKind::Text | OptionKind::Path => "set_text",
                OptionKind::Texts => "add_text",
            };
            format!("{} {setter} {}; default {}", option.name, option.range, option.default)
        })
        .collect();
    assert_eq!(listed, known);
}

fn second_word(line: &str) -> &str {
    line.split_whitespace().nth(1).unwrap_or_default()
}
