//! Makes the faces from the core's sources: `dropoff-generate` writes the generated files, `--check` names those that
//! are not what it would write.

mod c_requests;
mod c_results;
mod c_status;
mod core_source;
mod docs;
mod faces;
mod forms;
mod header;
mod node;
mod options;
mod output;
mod python;

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
    let stubs = output.read("bindings-python/python/dropoff/_native.pyi");
    for client in faces::CLIENTS {
        let started = forms::starting(&stubs, client);
        output.part("bindings-python/python/dropoff/_native.pyi", &format!("start {client}"), &started);
        let calls = forms::asynchronous(&stubs, client);
        output.part("bindings-python/python/dropoff/_async.pyi", &format!("calls {client}"), &calls);
    }
    output.part("bindings-python/python/dropoff/_options.py", "options", &python::options());
    output.part("bindings-python/src/results.rs", "results", &python::compiled(&root));
    output.part("bindings-node/index.d.ts", "results", &node::interfaces(&root));
    output.part("bindings-node/index.d.ts", "options", &node::options());
    output.part("bindings-node/index.d.ts", "error codes", &node::error_codes(&root));
    output.end()
}
