//! A plan that anybody may have written.

use serde_json::Value;

use crate::options::Options;
use crate::storage::plan::{PlanTargets, read_plan};

/// Any plan is refused or understood, with its secrets in no error; what is understood has requests that passed
/// the guard.
pub fn fuzz_plan(data: &[u8]) {
    let secret = &super::secret(data);
    let text = String::from_utf8_lossy(data).into_owned();
    let planted = match serde_json::from_str(&text) {
        Ok(mut plan) => {
            plant(&mut plan, secret);
            Value::to_string(&plan)
        }
        Err(_) if text.starts_with("https://") => with_secret(&text, secret),
        Err(_) => text,
    };
    for allow_authorization in [false, true] {
        let checked = read_plan(&planted).and_then(|plan| {
            assert!(!format!("{plan:?}").contains(secret.as_str()), "a secret in a plan that is shown");
            PlanTargets::check(plan, allow_authorization, &Options::new()).map(|_| ())
        });
        if let Err(error) = checked {
            super::check(&error, secret);
        }
    }
}

/// Puts the secret where plans have theirs: into URLs, tokens and policies. Names, and a server's words of
/// refusal, are none, and are quoted.
fn plant(value: &mut Value, secret: &str) {
    const QUOTED: [&str; 7] = ["name", "key", "file_field", "file_name", "method", "format", "message"];
    match value {
        Value::String(text) if text.starts_with("https://") => *text = with_secret(text, secret),
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, secret)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut().filter(|(name, _)| !QUOTED.contains(&name.as_str())) {
                match member {
                    Value::String(text) if name == "Authorization" || name == "policy" => {
                        *text = secret.to_owned();
                    }
                    other => plant(other, secret),
                }
            }
        }
        _ => {}
    }
}

fn with_secret(url: &str, secret: &str) -> String {
    let and = if url.contains('?') { '&' } else { '?' };
    format!("{url}{and}X-Amz-Signature={secret}")
}
