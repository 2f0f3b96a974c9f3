//! The forms of Python's calls. People write the waiting form of each, with its arguments and sentences, in
//! `_native.pyi`; the form that starts a job and those of the asynchronous clients follow from it.

/// A call as its waiting form is written.
struct Call<'a> {
    name: &'a str,
    /// From the bracket to the arrow.
    arguments: String,
    result: &'a str,
}

/// The waiting forms of a client.
fn calls<'a>(stubs: &'a str, client: &str) -> Vec<Call<'a>> {
    let begin = format!("\nclass {client}:\n");
    let from = stubs.find(&begin).unwrap_or_else(|| panic!("no class {client}")) + begin.len();
    // Up to whatever is no part of the class.
    let mut lines = stubs[from..].lines().take_while(|line| line.is_empty() || line.starts_with(' '));
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some((name, rest)) = line.strip_prefix("    def ").and_then(|def| def.split_once('(')) else {
            continue;
        };
        let waits = !matches!(name, "set_bandwidth_limit" | "close" | "restore_ticket");
        if name.starts_with('_') || name.starts_with("start_") || !waits {
            continue;
        }
        let (mut arguments, mut last) = (String::from("("), rest);
        while !last.contains(") -> ") {
            arguments.push_str(last);
            arguments.push('\n');
            last = lines.next().expect("a signature ends");
        }
        let (before, result) = last.rsplit_once(" -> ").expect("just seen");
        arguments.push_str(before);
        found.push(Call { name, arguments, result: result.trim_end_matches(':') });
    }
    found
}

/// The forms of a client that start a job.
pub fn starting(stubs: &str, client: &str) -> String {
    let mut text = String::new();
    for Call { name, arguments, result } in calls(stubs, client) {
        text.push_str(&format!("    def start_{name}{arguments} -> Job[{result}]:\n"));
        // Without arguments none can be wrong.
        let wrong = if arguments == "(self)" {
            ""
        } else {
            " Wrong arguments raise here, everything else in the job."
        };
        text.push_str(&format!("        \"\"\"Starts :meth:`{name}`.{wrong}\"\"\"\n\n"));
    }
    text
}

/// Both forms of an asynchronous client, which reads asynchronous sources too.
pub fn asynchronous(stubs: &str, client: &str) -> String {
    let mut text = String::new();
    for Call { name, arguments, result } in calls(stubs, client) {
        let arguments = arguments.replace(": _Source", ": _AsyncSource").replace("[_File]", "[_AsyncFile]");
        text.push_str(&format!("    async def {name}{arguments} -> {result}:\n"));
        text.push_str(&format!("        \"\"\"As :meth:`{client}.{name}`.\"\"\"\n\n"));
        text.push_str(&format!("    def start_{name}{arguments} -> Job[{result}]:\n"));
        text.push_str(&format!("        \"\"\"As :meth:`{client}.start_{name}`. Returns at once.\"\"\"\n\n"));
    }
    text
}
