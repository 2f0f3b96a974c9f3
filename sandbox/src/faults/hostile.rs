//! Hostile mode: a share of all requests meets a fault drawn at random, so that an agent can be tried
//! against many faults without an order for each. The same seed draws the same sequence.

use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Value, json};

use super::action::{Fault, parse};
use crate::lock::lock;

/// The faults that the sandbox draws by itself.
#[derive(Debug, Default)]
pub(crate) struct Hostile(Mutex<Mode>);

#[derive(Debug)]
struct Mode {
    percent: u8,
    random: fastrand::Rng,
}

impl Default for Mode {
    fn default() -> Self {
        Self { percent: 0, random: fastrand::Rng::with_seed(0) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeFields {
    percent: u8,
    #[serde(default)]
    seed: u64,
}

impl Hostile {
    /// `{"percent": 20, "seed": 7}`; 0 % ends it.
    pub fn set(&self, wanted: Value) -> Result<(), String> {
        let wanted: ModeFields =
            serde_json::from_value(wanted).map_err(|error| format!("hostile: {error}"))?;
        if wanted.percent > 100 {
            return Err("hostile: percent: expected 0 to 100".into());
        }
        *lock(&self.0) = Mode { percent: wanted.percent, random: fastrand::Rng::with_seed(wanted.seed) };
        Ok(())
    }

    pub fn end(&self) {
        *lock(&self.0) = Mode::default();
    }

    /// The fault that is drawn for this request, if one is.
    pub fn draw(&self, op: &str) -> Option<Fault> {
        let mode = &mut *lock(&self.0);
        if mode.random.u8(0..100) >= mode.percent {
            return None;
        }
        let action = match op {
            "put" | "put_part" | "post_form" => random_storage_fault(&mut mode.random),
            _ => random_service_fault(&mut mode.random),
        };
        // The actions below are checked by a test.
        parse(&action).ok()
    }
}

fn xml(code: &str, message: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>HOSTILE</RequestId></Error>")
}

const STORAGE_FAULTS: usize = 16;

fn random_storage_fault(random: &mut fastrand::Rng) -> Value {
    let some = random.u64(0..100_000);
    storage_fault(random.usize(0..STORAGE_FAULTS), some)
}

fn storage_fault(which: usize, some: u64) -> Value {
    let reply = |status: u16, code: &str| json!({"reply": {"status": status, "body": xml(code, "")}});
    match which {
        0 => reply(503, "SlowDown"),
        1 => reply(500, "InternalError"),
        2 => reply(429, "TooManyRequests"),
        3 => reply(400, "RequestTimeout"),
        4 => reply(400, "BadDigest"),
        5 => json!({"reply": {"status": 200, "body": xml("InternalError", "")}}),
        6 => json!({"reply": {"status": 403, "body": xml("AccessDenied", "Request has expired")}}),
        7 => json!({"reply": {"status": 307, "headers": {"Location": "http://169.254.169.254/"}}}),
        8 => json!({"reply": {"status": 200}, "early": true}),
        9 => json!({"refuse_after": some}),
        10 => json!({"reset_after": some}),
        11 => json!({"stall_after": some}),
        12 => json!({"lose_reply": true}),
        13 => json!({"truncate_reply": some % 20}),
        14 => json!({"patch_headers": {"ETag": "\"00000000000000000000000000000000\""}}),
        _ => json!({"slow": 200_000 + some}),
    }
}

const SERVICE_FAULTS: usize = 11;

fn random_service_fault(random: &mut fastrand::Rng) -> Value {
    service_fault(random.usize(0..SERVICE_FAULTS))
}

fn service_fault(which: usize) -> Value {
    match which {
        0 => json!({"reply": {"status": 429, "headers": {"Retry-After": "0"}}}),
        1 => json!({"reply": {"status": 500}}),
        2 => json!({"reply": {"status": 502, "body": "<html>Bad Gateway</html>"}}),
        3 => json!({"reply": {"status": 503}}),
        4 => json!({"reply": {"status": 504}}),
        5 => json!({"lose_reply": true}),
        6 => json!({"reset_after": 0}),
        7 => json!({"truncate_reply": 20}),
        8 => json!({"reply": {"status": 302, "headers": {"Location": "http://169.254.169.254/"}}}),
        9 => json!({"reply": {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>"}}),
        _ => json!({"delay_ms": 200}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_carried_out() {
        for which in 0..STORAGE_FAULTS {
            parse(&storage_fault(which, 12_345)).expect("a good action");
        }
        for which in 0..SERVICE_FAULTS {
            parse(&service_fault(which)).expect("a good action");
        }
    }

    #[test]
    fn a_part_meets_what_a_file_meets() {
        let draws = |op: &str| {
            let hostile = Hostile::default();
            hostile.set(json!({"percent": 100, "seed": 7})).expect("good");
            (0..50).filter_map(|_| hostile.draw(op)).map(|fault| fault.ordered).collect::<Vec<_>>()
        };
        assert_eq!(draws("put_part"), draws("put"));
        for op in ["presign_multipart", "complete_multipart", "abort_multipart"] {
            assert_eq!(draws(op), draws("confirm"), "{op}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let draws = |seed: u64| {
            let hostile = Hostile::default();
            assert!(hostile.draw("put").is_none(), "no faults at first");
            hostile.set(json!({"percent": 20, "seed": seed})).expect("good");
            let drawn: Vec<Option<Value>> =
                (0..500).map(|_| hostile.draw("put").map(|fault| fault.ordered)).collect();
            drawn
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        let met = draws(7).iter().flatten().count();
        assert!((60..140).contains(&met), "about a fifth of 500: {met}");
        let hostile = Hostile::default();
        hostile.set(json!({"percent": 101})).expect_err("more than all");
        hostile.set(json!({"percent": 1, "other": 1})).expect_err("no such setting");
    }
}
