//! Reads the request for a transfer, in whichever of its three ways it comes: everything that is wrong with
//! it, or the transfer. Knows neither storage nor HTTP.

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::encryption::Sealing;
use super::reader::{Reader, UploadKind};
use crate::state::{Transfer, TransferFile};

const MODES: [&str; 3] = ["agent-to-agent", "agent-to-human", "human-to-agent"];

const FIELDS: &[&str] = &[
    "mode",
    "sender",
    "recipient",
    "recipient_account",
    "files",
    "expires_in",
    "max_downloads",
    "message",
    "metadata",
    "is_encrypted",
    "encrypted_key",
    "encryption_algorithm",
    "auto_delete",
];

const CHANNEL_FIELDS: &[&str] = &["channel_id", "encryption_salt"];

impl Reader {
    pub fn transfer(mut self, map: &Map<String, Value>, now: OffsetDateTime) -> Result<Transfer, Vec<Value>> {
        let of_channels = if self.kind == UploadKind::Form { CHANNEL_FIELDS } else { &[] };
        self.only_known(map, "", &[FIELDS, of_channels].concat());
        let id = format!("tr_{}", Uuid::new_v4());
        let mode = self.mode(map);
        let sender = self.text(map, "", "sender");
        let recipient = self.text(map, "", "recipient");
        let recipient_account = self.optional_text(map, "", "recipient_account");
        let message = self.optional_text(map, "", "message");
        let life = self.life(map);
        let max_downloads = self.max_downloads(map);
        let metadata = self.metadata(map);
        let auto_delete = self.flag(map, "auto_delete");
        let encryption = self.encryption(map);
        let files = self.files(map, &id, encryption.sealing);

        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        Ok(Transfer {
            id,
            confirmed: false,
            deleted: false,
            mode,
            sender,
            recipient,
            recipient_account,
            files,
            max_downloads,
            downloads: 0,
            message,
            metadata,
            auto_delete,
            is_encrypted: encryption.is_encrypted,
            encrypted_key: encryption.key,
            encryption_algorithm: encryption.algorithm,
            channel_id: encryption.channel_id,
            encryption_salt: encryption.salt,
            created_at: now,
            expires_at: now + life,
        })
    }

    fn mode(&mut self, map: &Map<String, Value>) -> String {
        let mode = self.text(map, "", "mode");
        if !mode.is_empty() && !MODES.contains(&mode.as_str()) {
            self.reject("mode", &format!("expected one of {}", MODES.join(", ")));
        }
        mode
    }

    fn life(&mut self, map: &Map<String, Value>) -> Duration {
        let expires_in = self.optional_text(map, "", "expires_in").unwrap_or_else(|| "24h".into());
        parse_life(&expires_in).unwrap_or_else(|| {
            self.reject("expires_in", "expected <number>h or <number>d");
            Duration::HOUR
        })
    }

    fn max_downloads(&mut self, map: &Map<String, Value>) -> u64 {
        let Some(value) = map.get("max_downloads") else { return 10 };
        value.as_u64().filter(|count| (1..=1000).contains(count)).unwrap_or_else(|| {
            self.reject("max_downloads", "expected an integer from 1 to 1000");
            0
        })
    }

    fn metadata(&mut self, map: &Map<String, Value>) -> Option<Value> {
        let metadata = map.get("metadata").cloned();
        if metadata.as_ref().is_some_and(|value| !value.is_object()) {
            self.reject("metadata", "expected an object");
        }
        metadata
    }

    fn files(&mut self, map: &Map<String, Value>, id: &str, sealing: Option<Sealing>) -> Vec<TransferFile> {
        let problem = match map.get("files") {
            Some(Value::Array(files)) if !files.is_empty() => {
                let files = files.iter().enumerate();
                return files.filter_map(|(index, file)| self.file(index, file, id, sealing)).collect();
            }
            Some(Value::Array(_)) => "expected at least one file",
            Some(_) => "expected an array",
            None => "required",
        };
        self.reject("files", problem);
        Vec::new()
    }
}

/// `<int>h` or `<int>d`, as the service takes it.
fn parse_life(text: &str) -> Option<Duration> {
    let unit = match text.as_bytes().last()? {
        b'h' => 1,
        b'd' => 24,
        _ => return None,
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: i64 = digits.parse().ok()?;
    (count > 0).then(|| Duration::hours(count * unit))
}
