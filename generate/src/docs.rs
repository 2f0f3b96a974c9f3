//! The core's sentences in a language's own notation.

use crate::faces;

/// The columns of comments, everywhere.
const WIDTH: usize = 110;

/// A cell of a table in Markdown: a sentence without its end.
pub fn markdown(text: &str) -> String {
    let cell = plain(text).replace('|', "\\|");
    cell.strip_suffix('.').map(str::to_owned).unwrap_or(cell)
}

/// Up to the first full stop.
pub fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

/// A sentence that follows a name and a colon. A word of capitals, or a value, stays as it is.
pub fn after_a_colon(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().to_string() + &text[first.len_utf8()..]
        }
        _ => text.to_owned(),
    }
}

/// A sentence as a C comment has it: bare names, values in quotes, ASCII.
pub fn c(text: &str) -> String {
    marked(text, c_name, c_code).replace('…', "...").replace('’', "'")
}

/// A sentence of Python's documentation: reStructuredText.
pub fn python(text: &str) -> String {
    marked(text, python_name, |code| format!("``{code}``"))
}

/// A sentence of a declaration in TypeScript: Markdown, names in camelCase.
pub fn typescript(text: &str) -> String {
    let name = |name: &str| match name.split_once("::") {
        _ if faces::value_of(name).is_some() => format!("`'{}'`", faces::value_of(name).expect("just seen")),
        Some((of, member)) => format!("{{@link {of}.{}}}", camel(member)),
        None => format!("{{@link {name}}}"),
    };
    let code = |code: &str| match code {
        "true" | "false" => format!("`{code}`"),
        _ if faces::is_name(code) => format!("`{}`", camel(code)),
        _ => format!("`{code}`"),
    };
    marked(text, name, code)
}

/// A sentence without links, for another crate's documentation.
pub fn plain(text: &str) -> String {
    marked(text, |name| format!("`{name}`"), |code| format!("`{code}`"))
}

fn python_name(name: &str) -> String {
    match name.split_once("::") {
        _ if faces::value_of(name).is_some() => {
            format!("``\"{}\"``", faces::value_of(name).expect("just seen"))
        }
        Some((of, member)) if faces::CLIENTS.contains(&of) || faces::METHODS.contains(&name) => {
            format!(":meth:`{of}.{member}`")
        }
        Some((of, member)) => format!(":attr:`{of}.{member}`"),
        None => format!(":class:`{name}`"),
    }
}

/// `max_attempts` as `maxAttempts`.
pub fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// A sentence with its links and its code in another notation.
fn marked(text: &str, name: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(['`', '[']) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        if let Some((shown, after)) = link(from) {
            out.push_str(&name(shown));
            rest = after;
        } else if let Some((inside, after)) = from.strip_prefix('`').and_then(|code| code.split_once('`')) {
            out.push_str(&code(inside));
            rest = after;
        } else {
            out.push_str(&from[..1]);
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    out
}

/// The name in a link such as [`Profile::unchanged`](crate::Profile::unchanged), and what follows it.
fn link(text: &str) -> Option<(&str, &str)> {
    let (shown, after) = text.strip_prefix("[`")?.split_once("`]")?;
    let after = match after.strip_prefix('(') {
        Some(target) => target.split_once(')')?.1,
        None => after,
    };
    Some((shown, after))
}

/// A core type, or a member of one, in C: a function of a client, or a field of a struct.
fn c_name(name: &str) -> String {
    if let Some((_, enumerator, _)) = faces::ENUMERATORS.iter().find(|(variant, ..)| *variant == name) {
        return (*enumerator).to_owned();
    }
    let (of, member) = name.split_once("::").unwrap_or((name, ""));
    let of_in_c = format!("dropoff_{}", snake(of));
    match member {
        "" => of_in_c,
        _ if faces::CLIENTS.contains(&of) => format!("{of_in_c}_{member}"),
        _ => format!("{of_in_c}.{}", faces::c_field(of, member)),
    }
}

fn c_code(code: &str) -> String {
    if let Some((_, getter)) = faces::ERROR_FACTS.iter().find(|(fact, _)| *fact == code) {
        return (*getter).to_owned();
    }
    let plain = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let is_name = faces::is_name(code);
    let spelled_out = code.bytes().any(|b| b.is_ascii_uppercase()) && code.contains(['_', '-']);
    if plain && !is_name && !spelled_out && code.len() > 1 { format!("\"{code}\"") } else { code.to_owned() }
}

/// `SentFile` as `sent_file`, and `HCompany` as `hcompany`, which is one word in C.
pub fn snake(name: &str) -> String {
    if let Some(word) = faces::CLIENTS.iter().find(|client| **client == name) {
        return word.to_ascii_lowercase();
    }
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// Paragraphs as Rust's `///`, wrapped. `indent` is that of the item.
pub fn rust(paragraphs: &[String], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut out = String::new();
    for (at, paragraph) in paragraphs.iter().enumerate() {
        if at > 0 {
            out.push_str(&format!("{margin}///\n"));
        }
        for line in wrapped(paragraph, WIDTH - indent - 4) {
            out.push_str(&format!("{margin}/// {line}\n"));
        }
    }
    out
}

/// The words of a line. Code and links are one word each.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in line.split_whitespace() {
        match words.last_mut().filter(|word| is_open(word)) {
            Some(word) => {
                word.push(' ');
                word.push_str(part);
            }
            None => words.push(part.to_owned()),
        }
    }
    words
}

/// Whether code or a link has begun in it that does not end in it.
fn is_open(word: &str) -> bool {
    let mark = if word.contains("``") { "``" } else { "`" };
    let link = word.rfind("{@link").is_some_and(|begin| !word[begin..].contains('}'));
    link || word.matches(mark).count() % 2 == 1
}

/// Lines of at most `width` characters; a line that was one stays one.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for given in text.split('\n') {
        let mut line = String::new();
        for word in words(given) {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        lines.push(line);
    }
    lines
}

/// "One of the headers that …" is about one; a list is about all of them.
pub fn of_a_list(text: &str) -> String {
    match text.strip_prefix("One of the ") {
        Some(rest) => format!("The {rest}"),
        None => text.to_owned(),
    }
}
