//! JSON that a browser wrote, or somebody else: as many values of it are kept as are of use, the rest is read
//! over, so that a file of nothing but zeros costs no more memory than its text.

use std::cell::Cell;
use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::open_nofollow::open_plain;

/// A text file that tells something is not longer than this; `Local State` of a browser in use for years has
/// 1 MB.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// A text file, if there is one; what cannot be read tells nothing.
pub(super) fn read_small_text(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let file = open_plain(path).ok()?;
    let mut text = Vec::new();
    file.take(MAX_TEXT_BYTES).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// The JSON of a file; null if it cannot be read, is cut or is longer than it should be. Chromium skips the
/// mark of UTF-8 too.
pub(super) fn read_json(path: &Path) -> Value {
    let whole = read_small_text(path).filter(|text| (text.len() as u64) < MAX_TEXT_BYTES);
    whole.and_then(|text| bounded(text.trim_start_matches('\u{feff}'))).unwrap_or(Value::Null)
}

/// Far more than a profile in use for years has.
const MAX_VALUES: u32 = 300_000;
/// No list that tells something is longer.
const MAX_LIST_LEN: usize = 10_000;

fn bounded(text: &str) -> Option<Value> {
    let left = Cell::new(MAX_VALUES);
    let mut from = serde_json::Deserializer::from_str(text);
    let value = Bounded(&left).deserialize(&mut from).ok()?;
    from.end().ok()?;
    Some(value)
}

struct Bounded<'a>(&'a Cell<u32>);

impl Bounded<'_> {
    /// Whether one more value is kept.
    fn keeps_one(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while list.len() < MAX_LIST_LEN && self.keeps_one() {
            match from.next_element_seed(Bounded(self.0))? {
                Some(value) => list.push(value),
                None => return Ok(list.into()),
            }
        }
        while from.next_element::<IgnoredAny>()?.is_some() {}
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            if self.keeps_one() {
                map.insert(name, from.next_value_seed(Bounded(self.0))?);
            } else {
                from.next_value::<IgnoredAny>()?;
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_serde_json_reads() {
        let text = r#"{"a":[1,-2,3.5,true,null,"x\n",[],{}],"b":{"c":{"d":"e"}},"f":18446744073709551615}"#;
        assert_eq!(bounded(text), serde_json::from_str(text).ok());
        for bad in ["", "{", "[1,]", "{} {}", "nul", &"[".repeat(10_000)] {
            assert_eq!(bounded(bad), None, "{bad:.9}");
        }
    }

    #[test]
    fn a_long_list_and_many_names_are_cut_and_read_to_their_end() {
        let zeros = format!(r#"{{"a":[0{}],"session":{{"restore_on_startup":1}}}}"#, ",0".repeat(500_000));
        let value = bounded(&zeros).expect("JSON");
        assert_eq!(value["a"].as_array().map(Vec::len), Some(MAX_LIST_LEN));
        assert_eq!(value["session"]["restore_on_startup"], 1);
        let names: Vec<String> = (0..400_000).map(|n| format!(r#""{n}":0"#)).collect();
        let value = bounded(&format!("{{{}}}", names.join(","))).expect("JSON");
        assert_eq!(value.as_object().map(Map::len), Some(MAX_VALUES as usize));
        let cut = format!("[{}", "[0],".repeat(400_000));
        assert_eq!(bounded(&cut), None);
    }
}
