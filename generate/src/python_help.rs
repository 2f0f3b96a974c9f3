//! The texts of Python's `help()`: those of the stubs without their marks, as documentation of the compiled
//! classes and of the methods that start a job, from which the waiting forms have theirs.

use crate::docs;

const WIDTH: usize = 110;

/// The code with the documentation of a class and of its calls.
pub fn with_help(code: &str, stubs: &str, class: &str) -> String {
    let mut code = code.to_owned();
    let from = position(stubs, &format!("\nclass {class}:\n"));
    let to = stubs[from + 1..].find("\n@final\n").map_or(stubs.len(), |end| from + 1 + end);
    let body = &stubs[from..to];
    let mut about = help_of(&body[..body.find("    def ").unwrap_or(body.len())], 4);
    for part in body.split("\n    def ").skip(1) {
        let name = part.split('(').next().expect("a signature");
        // The forms that start a job are made of those that wait.
        if name.starts_with("start_") {
            continue;
        }
        if name == "__new__" {
            about.extend(help_of(part, 8));
        }
        let (starting, plain) = (format!("    fn start_{name}("), format!("    fn {name}("));
        let mut help = help_of(part, 8);
        let item = if code.contains(&starting) {
            help.insert(1, format!("start_{name}() gives a Job of it at once."));
            starting
        } else if code.contains(&plain) {
            plain
        } else {
            continue;
        };
        code = replaced(&code, &item, &help, 4);
    }
    replaced(&code, &format!("pub(crate) struct {class}"), &about, 0)
}

fn position(text: &str, part: &str) -> usize {
    text.find(part).unwrap_or_else(|| panic!("the stubs have no{part}"))
}

/// The paragraphs of the docstring in a part of the stubs; a line of `:param` begins one.
fn help_of(part: &str, indent: usize) -> Vec<String> {
    let mark = format!("\n{}\"\"\"", " ".repeat(indent));
    let Some((_, text)) = part.split_once(&mark) else { return Vec::new() };
    let text = text.split("\"\"\"").next().expect("a docstring ends");
    let mut paragraphs: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in text.lines().map(str::trim) {
        let begins = line.starts_with(":param ") || line.starts_with(":raises ");
        match paragraphs.last_mut() {
            _ if line.is_empty() => is_open = false,
            Some(last) if is_open && !begins => last.push_str(&format!(" {line}")),
            _ => {
                paragraphs.push(line.to_owned());
                is_open = true;
            }
        }
    }
    paragraphs.iter().map(|paragraph| plain(paragraph)).collect()
}

/// Without the marks of reStructuredText.
fn plain(text: &str) -> String {
    let text = text.replace(":param ", "").replace(":raises ", "Raises ").replace("``", "");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('`') {
        let (name, after) = after.split_once('`').expect("a mark ends");
        let before = before.trim_end_matches(':');
        let role = before.rfind(':').map_or(before.len(), |at| at);
        out.push_str(&before[..role]);
        out.push_str(name);
        rest = after;
    }
    out + rest
}

/// The lines of `///` above an item, anew.
fn replaced(code: &str, item: &str, help: &[String], indent: usize) -> String {
    let at = code.find(item).unwrap_or_else(|| panic!("no {item}"));
    // Attributes stand between the two.
    let begin = code[..at].rfind("\n\n").map_or(0, |end| end + 2);
    let mut before = code[..begin].to_owned();
    let margin = " ".repeat(indent);
    let mut last_was_argument = false;
    for (at, paragraph) in help.iter().enumerate() {
        let is_argument = paragraph.split_once(": ").is_some_and(|(name, _)| !name.contains(' '))
            || paragraph.starts_with("Raises ");
        if at > 0 && !(is_argument && last_was_argument) {
            before.push_str(&format!("{margin}///\n"));
        }
        last_was_argument = is_argument;
        for line in docs::wrapped(paragraph, WIDTH - indent - 4) {
            before.push_str(&format!("{margin}/// {line}\n"));
        }
    }
    let rest = code[begin..].split_inclusive('\n').skip_while(|line| line.trim_start().starts_with("///"));
    before + &rest.collect::<String>()
}
