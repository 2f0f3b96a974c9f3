//! The places in object storage that the user has prepared, by the names that a model chooses by. It keeps
//! their URLs, which are secrets, from being shown.

use std::collections::BTreeMap;
use std::fmt;

use dropoff::{Error, PutRequest, Result, Source, Storage};
use serde::Deserialize;

/// Presigned URLs by name. Printing shows the names alone.
#[derive(Default, Clone)]
pub struct Targets(BTreeMap<String, Target>);

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Target {
    Url(String),
    Signed(SignedUrl),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedUrl {
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Targets {
    /// From JSON text: an object with a presigned URL for each name, or with `url` and the `headers` that
    /// were signed into it.
    ///
    /// # Errors
    /// `invalid_input` for anything else; the message quotes nothing of it.
    pub fn from_json(text: &str) -> Result<Self> {
        let wrong = |what: String| {
            Error::bad_argument(&format!(
                "the targets are no JSON such as {{\"reports\": \"https://…\", \"logs\": {{\"url\": \"https://…\", \"headers\": {{}}}}}} ({what}); correct the file"
            ))
        };
        let parsed: BTreeMap<String, serde_json::Value> = serde_json::from_str(text)
            .map_err(|e| wrong(format!("line {}, column {}", e.line(), e.column())))?;
        let read = |(name, value): (String, serde_json::Value)| match serde_json::from_value(value) {
            Ok(target) => Ok((name, target)),
            Err(_) => Err(wrong(format!("the one named {name:?} is neither"))),
        };
        parsed.into_iter().map(read).collect::<Result<_>>().map(Self)
    }

    /// So that whoever wrote them hears of a wrong one, and not the model that uses it.
    pub(crate) fn check(&self, storage: &Storage) -> Result<()> {
        for name in self.names() {
            let request = self.request(name, Source::memory(Vec::new()));
            request.map_or(Ok(()), |request| storage.check_put(&request)).map_err(|error| {
                let told = format!("the target named {name:?} cannot be used: {}", error.message());
                error.with_message(told)
            })?;
        }
        Ok(())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn request(&self, name: &str, source: Source) -> Option<PutRequest> {
        Some(match self.0.get(name)? {
            Target::Url(url) => PutRequest::new(url, source),
            Target::Signed(SignedUrl { url, headers }) => headers
                .iter()
                .fold(PutRequest::new(url, source), |request, (name, value)| request.header(name, value)),
        })
    }
}

impl fmt::Debug for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_and_never_shown() {
        let text = r#"{"reports": "https://b.example/k?X-Amz-Signature=secret",
            "logs": {"url": "https://b.example/l?sig=secret", "headers": {"Content-Type": "text/plain"}}}"#;
        let targets = Targets::from_json(text).expect("targets");
        assert_eq!(format!("{targets:?}"), r#"{"logs", "reports"}"#);
        assert!(targets.request("reports", Source::path("a")).is_some());
        assert!(targets.request("other", Source::path("a")).is_none());
        for wrong in [
            "",
            "[]",
            r#"{"a": 1}"#,
            r#"{"a": {"URL": "https://b.example/k?sig=secret"}}"#,
            r#"{"a": {"url": "https://b.example/k?sig=secret", "header": {"Content-Type": "text/plain"}}}"#,
        ] {
            let error = Targets::from_json(wrong).expect_err(wrong);
            assert!(!error.message().contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn a_target_that_storage_could_not_use_is_told_by_its_name_and_without_its_signature() {
        let storage = Storage::new(dropoff::Options::new());
        let of = |target: &str| Targets::from_json(&format!(r#"{{"logs": {target}}}"#)).expect("targets");
        of(r#""https://b.example/k?sig=secret""#).check(&storage).expect("a good one");
        for wrong in [
            r#""no URL""#,
            r#""http://b.example/k?sig=secret""#,
            r#"{"url": "https://b.example/k?sig=secret", "headers": {"no name": "x"}}"#,
        ] {
            let error = of(wrong).check(&storage).expect_err(wrong);
            assert!(error.message().contains(r#"named "logs""#), "{error:?}");
            assert!(!error.message().contains("secret"), "{error:?}");
        }
    }
}
