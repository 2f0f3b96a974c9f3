//! Makes the faces from the core's sources: `dropoff-generate` writes the generated files, `--check` names
//! those that are not what it would write.

mod c_error_facts;
mod c_progress;
mod c_requests;
mod c_results;
mod c_status;
mod core_source;
mod docs;
mod error_facts;
mod faces;
mod forms;
mod header;
mod markdown;
mod node;
mod node_arguments;
mod node_faces;
mod options;
mod output;
mod progress;
mod python;
mod python_arguments;
mod python_errors;
mod python_help;
mod requests;

use std::path::Path;
use std::process::ExitCode;

use output::Output;

fn main() -> ExitCode {
    let check = std::env::args().skip(1).any(|argument| argument == "--check");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut output = Output::new(&root, check);
    output.rust("core/src/options/setters.rs", &options::setters());
    for section in faces::SECTIONS {
        if let Some(code) = header::generated_module(&root, section) {
            output.rust(&format!("bindings-c/src/generated/{}.rs", section.name), &code);
        }
    }
    output.rust("bindings-c/src/generated/mod.rs", &header::generated_modules());
    // The header is made of these very files, so they come first.
    output.text("include/dropoff.h", &header::header(&root, &output));
    output.part("bindings-python/python/dropoff/_native.pyi", "results", &python::stubs(&root));
    output.part("bindings-python/python/dropoff/_native.pyi", "progress", &python::progress(&root));
    for file in ["_native.pyi", "_sealed.pyi", "_inspecting.pyi"] {
        let path = format!("bindings-python/python/dropoff/{file}");
        let text = python_arguments::with_parameters(&root, &output.read(&path));
        output.text(&path, &text);
    }
    // Everything below is made of the stubs as they are by now.
    let stubs = output.read("bindings-python/python/dropoff/_native.pyi");
    for client in faces::CLIENTS {
        let started = forms::starting(&stubs, client);
        output.part("bindings-python/python/dropoff/_native.pyi", &format!("start {client}"), &started);
        let calls = forms::asynchronous(&stubs, client);
        output.part("bindings-python/python/dropoff/_async.pyi", &format!("calls {client}"), &calls);
    }
    for (file, class) in faces::PYTHON_CLASSES {
        let path = format!("bindings-python/src/{file}");
        let code = python_help::with_help(&output.read(&path), &stubs, class);
        output.text(&path, &code);
    }
    let errors = "bindings-python/python/dropoff/_errors.py";
    output.part("bindings-python/python/dropoff/_kinds.py", "kinds", &python_errors::kinds());
    output.part(errors, "facts", &python_errors::attributes(&root));
    output.part(errors, "constructor", &python_errors::constructor(&root));
    output.part(errors, "classes", &python_errors::classes(&root));
    output.part("bindings-python/python/dropoff/_options.py", "options", &python::options());
    output.part("bindings-python/src/results.rs", "results", &python::compiled(&root));
    output.part("bindings-node/index.d.ts", "results", &node::results(&root));
    output.part("bindings-node/index.d.ts", "options", &node::options());
    output.part("bindings-node/index.d.ts", "error codes", &node::error_codes(&root));
    output.part("bindings-node/index.d.ts", "error facts", &node::error_facts(&root));
    output.part("bindings-node/index.d.ts", "error members", &node::error_members(&root));
    output.part("bindings-node/index.d.ts", "progress", &node::progress(&root));
    output.part("bindings-node/index.d.ts", "arguments", &node_arguments::interfaces(&root));
    output.part("bindings-node/index.d.ts", "file fields", &node_arguments::file_fields(&root));
    output.part("docs/options.md", "options", &markdown::options());
    output.end()
}
