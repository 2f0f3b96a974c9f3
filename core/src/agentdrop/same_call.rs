//! Tells whether two calls are the same, so that the second may go on where the first one stopped: by all
//! that the service is asked for. Derived from the request as it is, so that no argument can be forgotten
//! here.

use serde::Serialize;
use serde_json::{Map, Value};

use super::checked::{CheckedFile, CheckedTransfer};
use super::request::Terms;
use crate::error::{Error, Result};
use crate::journal::Journal;

#[derive(Serialize)]
struct Call<'a> {
    base_url: String,
    #[serde(flatten)]
    terms: &'a Terms,
    files: &'a [CheckedFile],
}

/// A call's arguments by their names, for its journal.
pub(super) fn arguments(base_url: String, transfer: &CheckedTransfer) -> Result<Map<String, Value>> {
    let CheckedTransfer { terms, files, journal: _, timeout: _ } = transfer;
    match serde_json::to_value(Call { base_url, terms, files }) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Error::internal("arguments are an object")),
        Err(e) => Err(Error::internal("a call's arguments could not be written").cause(&e)),
    }
}

/// Refuses a call that is not the journal's.
pub(super) fn check(then: &Map<String, Value>, now: &Map<String, Value>, journal: &Journal) -> Result<()> {
    let differs = now.iter().find(|(name, value)| then.get(name.as_str()) != Some(value));
    let Some((name, _)) = differs else { return Ok(()) };
    Err(Error::invalid(format!(
        "the journal {} is of another call, whose {name} differs; give the same arguments, or another journal",
        journal.path().display()
    ))
    .with_path(journal.path()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::encryption::Encryption;
    use super::super::request::{File, Transfer};
    use super::*;
    use crate::source::Source;

    /// The fields of a struct, as its source has them: one that is new is looked for without being named
    /// here.
    fn fields(source: &str, name: &str) -> BTreeSet<String> {
        let (_, rest) = source.split_once(&format!("struct {name} {{")).expect("the struct");
        let (body, _) = rest.split_once("\n}").expect("its end");
        let fields = body.lines().filter_map(|line| line.trim().strip_prefix("pub(super) "));
        fields.map(|field| field.split(':').next().expect("a name").to_owned()).collect()
    }

    fn file() -> File {
        File::new(Source::memory("x")).name("a.txt")
    }

    fn of(transfer: Transfer) -> Map<String, Value> {
        let checked = CheckedTransfer::of(transfer).expect("checked");
        arguments("https://api.example".to_owned(), &checked).expect("arguments")
    }

    fn given() -> Transfer {
        Transfer::new("s", "r").file(file())
    }

    #[test]
    fn no_argument_of_a_transfer_can_be_forgotten() {
        type Change = fn(Transfer) -> Transfer;
        let changes: &[(&str, Change)] = &[
            ("sender", |_| Transfer::new("other", "r").file(file())),
            ("recipient", |_| Transfer::new("s", "other").file(file())),
            ("mode", |t| t.mode("human-to-agent")),
            ("expires_in", |t| t.expires_in("12h")),
            ("max_downloads", |t| t.max_downloads(2)),
            ("message", |t| t.message("m")),
            ("metadata", |t| t.metadata(Map::from_iter([("a".to_owned(), Value::Null)]))),
            ("auto_delete", |t| t.auto_delete(true)),
            ("recipient_account", |t| t.recipient_account("a")),
            ("multipart", |t| t.multipart(true)),
            ("encryption", |t| t.encrypt(Encryption::new(crate::seal::KeyPair::generate().expect("a pair")))),
        ];
        let known: BTreeSet<String> = changes.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(known, fields(include_str!("request.rs"), "Terms"), "give the new argument a change here");
        let before = of(given());
        for (name, change) in changes {
            let after = of(change(given()));
            assert_ne!(before.get(*name), after.get(*name), "{name} is not part of the call");
        }
    }

    #[test]
    fn no_fact_of_a_file_can_be_forgotten() {
        let before = of(given());
        let mut known: BTreeSet<String> =
            before["files"][0].as_object().expect("a file").keys().cloned().collect();
        // Compared by itself: of another size or content it is a file that changed.
        known.insert("source".to_owned());
        assert_eq!(known, fields(include_str!("checked.rs"), "CheckedFile"));
        for changed in [file().name("b.txt"), file().content_type("text/csv")] {
            let after = of(Transfer::new("s", "r").file(changed));
            assert_ne!(before["files"], after["files"]);
        }
    }
}
