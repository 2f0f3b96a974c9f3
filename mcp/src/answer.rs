//! A call's end as a client sees it: facts that fit the tool's output schema, and text for those that show a
//! model nothing else.

use dropoff::{Error, tools};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

/// A success.
pub(crate) fn facts(facts: Value) -> CallToolResult {
    CallToolResult::structured(facts)
}

/// A failure: one line that a model can act on, and the facts behind it.
pub(crate) fn failed(error: &Error) -> CallToolResult {
    let facts = tools::failure(error);
    let line = line(&facts["error"]);
    let mut result = CallToolResult::structured_error(facts);
    result.content.insert(0, ContentBlock::text(line));
    result
}

/// The error's sentence, the next step, and the facts that decide about it.
fn line(error: &Value) -> String {
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let fact = |name: &&str| match &error[*name] {
        Value::Null => None,
        Value::String(text) => Some(format!("{name} {text}")),
        Value::Number(number) => Some(format!("{name} {}", number.as_f64().unwrap_or_default())),
        other => Some(format!("{name} {other}")),
    };
    let deciding = ["kind", "outcome", "retryable", "retry_after", "transfer_id", "profile_id"];
    let facts: Vec<String> = deciding.iter().filter_map(fact).collect();
    format!("{}. {} ({})", text("message").trim_end_matches('.'), text("next"), facts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_and_its_facts() {
        let result = failed(&Error::bad_argument("paths is missing"));
        assert_eq!(result.is_error, Some(true));
        let line = result.content[0].as_text().expect("text").text.clone();
        assert_eq!(
            line,
            "paths is missing. Nothing happened. Correct the arguments and call again. (kind invalid_input, outcome not_completed, retryable false)"
        );
        let facts = result.structured_content.expect("facts");
        assert_eq!(facts["error"]["kind"], "invalid_input");
    }
}
