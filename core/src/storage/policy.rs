//! The policy of a presigned form, read before a byte is sent: it is plain base64 JSON, so an upload that
//! cannot succeed fails in a millisecond, with numbers, instead of after the last byte.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::expiry::{Expiry, TicketPeriod};
use super::form::Fields;
use super::ticket_origin::{TicketOrigin, broken_ticket};
use crate::error::{Error, ErrorKind, Result};

/// A decoded POST policy. The form carries it unaltered; this copy is for reading only.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) period: Option<TicketPeriod>,
    size: Option<(u64, u64)>,
    /// Field names (lower case) a condition speaks of.
    named: Vec<String>,
    /// Conditions that demand an exact value.
    exact: Vec<(String, String)>,
}

impl Policy {
    /// `None` if the form has no policy, or one this library cannot read: storage has the last word.
    pub(crate) fn decode(fields: &Fields) -> Option<Self> {
        let text = fields.get("policy")?.trim();
        let json =
            STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text.trim_end_matches('='))).ok()?;
        let policy: Value = serde_json::from_slice(&json).ok()?;
        let period = policy["expiration"]
            .as_str()
            .and_then(|t| OffsetDateTime::parse(t, &Rfc3339).ok())
            .map(|until| TicketPeriod { from: None, until });
        let mut read = Self { period, ..Self::default() };
        for condition in policy["conditions"].as_array().map(Vec::as_slice).unwrap_or_default() {
            read.take_condition(condition);
        }
        Some(read)
    }

    fn take_condition(&mut self, condition: &Value) {
        match condition {
            Value::Object(map) => {
                for (name, value) in map {
                    self.take_match("eq", name, value);
                }
            }
            Value::Array(items) => match items.as_slice() {
                [Value::String(op), low, high] if op == "content-length-range" => {
                    self.size = whole(low).zip(whole(high));
                }
                [Value::String(op), Value::String(name), value] => {
                    self.take_match(op, name.trim_start_matches('$'), value);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn take_match(&mut self, op: &str, name: &str, value: &Value) {
        let name = name.to_ascii_lowercase();
        if let (true, Some(value)) = (op.eq_ignore_ascii_case("eq"), value.as_str()) {
            self.exact.push((name.clone(), value.to_owned()));
        }
        self.named.push(name);
    }

    /// Refuses what storage would refuse: a size out of range, or a field that the policy demands
    /// and the form lacks.
    pub(crate) fn check(
        &self,
        fields: &Fields,
        file_name: &str,
        size: u64,
        from: TicketOrigin,
    ) -> Result<()> {
        self.check_size(size)?;
        for (name, value) in &self.exact {
            // The bucket is part of the URL and may be left out of the form.
            if name == "bucket" {
                continue;
            }
            match fields.get(name) {
                None => {
                    return Err(broken_ticket(
                        from,
                        format!("its policy demands the field {name:?}, which the form lacks"),
                    ));
                }
                // Storage puts the file's name in before it compares.
                Some(given) if given.replace("${filename}", file_name) != *value && given != value => {
                    return Err(broken_ticket(
                        from,
                        format!("the field {name:?} is not what its policy demands"),
                    ));
                }
                Some(_) => {}
            }
        }
        if !is_signed_for_aws(fields) {
            // Other stores (GCS, OSS) have other rules about fields outside the policy.
            return Ok(());
        }
        for (name, _) in &fields.0 {
            let lower = name.to_ascii_lowercase();
            let exempt = lower == "policy"
                || lower == "x-amz-signature"
                || lower == "signature"
                || lower == "awsaccesskeyid"
                || lower.starts_with("x-ignore-");
            if !exempt && !self.named.contains(&lower) {
                return Err(broken_ticket(
                    from,
                    format!(
                        "the field {name:?} is in the form but not in its policy, and storage refuses such fields"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Whether the field is to be there, with a value that the form's sender may choose.
    pub(crate) fn leaves_open(&self, name: &str) -> bool {
        self.named.iter().any(|named| named == name) && !self.exact.iter().any(|(exact, _)| exact == name)
    }

    /// For a form of unknown age: by its own date and this machine's clock.
    pub(crate) fn expiry_by_date(&self) -> Option<Expiry> {
        self.period.map(Expiry::by_clock)
    }

    pub(crate) fn largest(&self) -> Option<u64> {
        self.size.map(|(_, high)| high)
    }

    fn check_size(&self, size: u64) -> Result<()> {
        let Some((low, high)) = self.size else { return Ok(()) };
        if size > high {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the upload is {size} bytes and the ticket allows {high}; make it {} bytes smaller",
                    size - high
                ),
            ));
        }
        if size < low {
            return Err(Error::invalid(format!(
                "the upload is {size} bytes and the ticket demands at least {low}; check that it is the right file"
            )));
        }
        Ok(())
    }
}

/// AWS refuses fields its policy does not name.
fn is_signed_for_aws(fields: &Fields) -> bool {
    fields.get("x-amz-signature").is_some() || fields.get("AWSAccessKeyId").is_some()
}

/// S3 reads numbers in a policy whether they are quoted or not.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(policy: &str, extra: &[(&str, &str)]) -> Fields {
        let mut fields = vec![("policy".to_owned(), STANDARD.encode(policy))];
        fields.extend(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        Fields(fields)
    }

    #[test]
    fn a_policy_gives_size_range_and_demanded_fields() {
        let fields = form(
            r#"{"expiration":"2999-01-01T00:00:00Z","conditions":[
                {"bucket":"b"},["eq","$Content-Type","application/zip"],
                ["content-length-range",1,"1000"],["starts-with","$key","up/"]]}"#,
            &[("key", "up/1"), ("content-type", "application/zip")],
        );
        let policy = Policy::decode(&fields).expect("readable");
        policy.check(&fields, "a.txt", 1000, TicketOrigin::Service).expect("in range");
        let error = policy.check(&fields, "a.txt", 1001, TicketOrigin::Service).expect_err("over");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.message().contains("1001") && error.message().contains("1000"), "{error}");
        policy.check(&fields, "a.txt", 0, TicketOrigin::Service).expect_err("under");
        policy.expiry_by_date().expect("has one").check("it").expect("in the year 2999");

        let named = form(r#"{"conditions":[["eq","$key","u/a.txt"]]}"#, &[("key", "u/${filename}")]);
        let policy = Policy::decode(&named).expect("readable");
        policy.check(&named, "a.txt", 1, TicketOrigin::Service).expect("storage puts the name in");
        policy.check(&named, "b.txt", 1, TicketOrigin::Service).expect_err("another name");
        let google = form(r#"{"conditions":[]}"#, &[("x-goog-signature", "s"), ("x-goog-date", "d")]);
        let policy = Policy::decode(&google).expect("readable");
        policy.check(&google, "f", 1, TicketOrigin::Service).expect("not AWS's rule");

        let lacking = form(r#"{"conditions":[["eq","$x-a","1"]]}"#, &[]);
        Policy::decode(&lacking)
            .expect("readable")
            .check(&lacking, "a.txt", 1, TicketOrigin::Service)
            .expect_err("lacks x-a");
        let extra =
            form(r#"{"conditions":[]}"#, &[("x-b", "1"), ("x-ignore-c", "1"), ("x-amz-signature", "s")]);
        let error = Policy::decode(&extra)
            .expect("readable")
            .check(&extra, "a.txt", 1, TicketOrigin::Service)
            .expect_err("x-b");
        assert!(error.message().contains("x-b"), "{error}");
    }

    #[test]
    fn an_unreadable_policy_is_left_to_storage() {
        let fields = Fields(vec![("policy".into(), "eyJ...".into())]);
        assert!(Policy::decode(&fields).is_none());
    }
}
