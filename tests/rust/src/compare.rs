//! Compares what came out with what a scenario expects of it.

use serde_json::Value;

/// Panics with the path of the first difference.
pub fn expect(path: &str, wanted: &Value, got: &Value) {
    match wanted {
        Value::Object(map) if map.contains_key("contains") => {
            let text = got.as_str().unwrap_or_else(|| panic!("{path}: {got} is no text"));
            let needles = match &map["contains"] {
                Value::Array(many) => many.clone(),
                one => vec![one.clone()],
            };
            for needle in needles {
                let needle = needle.as_str().expect("contains takes text");
                assert!(text.contains(needle), "{path}: {text:?} does not contain {needle:?}");
            }
        }
        Value::Object(map) if map.contains_key("present") => {
            assert!(!got.is_null(), "{path}: nothing there");
        }
        Value::Object(map) => {
            for (name, wanted) in map {
                expect(&format!("{path}.{name}"), wanted, &got[name]);
            }
        }
        Value::Array(items) => {
            let got = got.as_array().unwrap_or_else(|| panic!("{path}: {got} is no list"));
            assert_eq!(items.len(), got.len(), "{path}: {got:?}");
            for (at, (wanted, got)) in items.iter().zip(got).enumerate() {
                expect(&format!("{path}[{at}]"), wanted, got);
            }
        }
        wanted => assert!(
            wanted == got || (wanted.is_number() && wanted.as_f64() == got.as_f64()),
            "{path}: wanted {wanted}, got {got}"
        ),
    }
}
