//! Reading a request for a transfer, in whichever of its three ways it comes: everything that is wrong
//! with it, or the transfer. Knows neither storage nor HTTP beyond what may be a header.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::HeaderValue;
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::storage::objects::{Transfer, TransferFile};
use crate::storage::uploads::{MAX_PART, MIN_PART};

const MODES: [&str; 3] = ["agent-to-agent", "agent-to-human", "human-to-agent"];
/// The documents name this one, the official SDK sends the others.
const DOCUMENTED: &str = "AES-256-GCM";
const WRAPPED: &str = "X25519-HKDF-AES-256-GCM";
const TO_HUMAN: &str = "X25519-HKDF-AES-256-GCM-A2H";
/// Kept by the form endpoint alone, which stores what it needs.
pub(crate) const CHANNEL: &str = "X25519-CHANNEL-HKDF-AES-256-GCM";
/// A nonce, a key of 32 bytes and a tag.
const WRAPPED_KEY: usize = 60;
/// Bytes that sealing adds: the tag of AES-GCM.
const TAG: u64 = 16;
const NONCE: u64 = 12;

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

/// How the bytes will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Each file with one PUT.
    Single,
    /// Each file in parts.
    Multipart,
    /// With the request.
    Form,
}

/// What sealing does to each file.
#[derive(Clone, Copy)]
struct Sealed {
    nonce_apart: bool,
    adds: u64,
}

/// Collects everything that is wrong with a request, as the service does, not only the first thing.
pub(crate) struct Reader {
    kind: Kind,
    problems: Vec<Value>,
}

impl Reader {
    pub fn new(kind: Kind) -> Self {
        Reader { kind, problems: Vec::new() }
    }

    fn wrong(&mut self, field: &str, message: &str) {
        self.problems.push(problem(field, message));
    }

    fn known(&mut self, map: &Map<String, Value>, prefix: &str, names: &[&str]) {
        for name in map.keys() {
            if !names.contains(&name.as_str()) {
                self.wrong(&format!("{prefix}{name}"), "unrecognized field");
            }
        }
    }

    fn optional_text(&mut self, map: &Map<String, Value>, prefix: &str, name: &str) -> Option<String> {
        match map.get(name)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong(&format!("{prefix}{name}"), "expected a string");
                None
            }
        }
    }

    fn text(&mut self, map: &Map<String, Value>, prefix: &str, name: &str) -> String {
        let field = format!("{prefix}{name}");
        match map.get(name) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            Some(Value::String(_)) => {
                self.wrong(&field, "must not be empty");
                String::new()
            }
            Some(_) => {
                self.wrong(&field, "expected a string");
                String::new()
            }
            None => {
                self.wrong(&field, "required");
                String::new()
            }
        }
    }

    fn flag(&mut self, map: &Map<String, Value>, name: &str) -> bool {
        match map.get(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.wrong(name, "expected a boolean");
                false
            }
        }
    }

    pub fn transfer(mut self, map: &Map<String, Value>, now: OffsetDateTime) -> Result<Transfer, Vec<Value>> {
        let of_channels: &[&str] =
            if self.kind == Kind::Form { &["channel_id", "encryption_salt"] } else { &[] };
        self.known(map, "", &[FIELDS, of_channels].concat());
        let id = format!("tr_{}", Uuid::new_v4());
        let mode = self.text(map, "", "mode");
        if !mode.is_empty() && !MODES.contains(&mode.as_str()) {
            self.wrong("mode", &format!("expected one of {}", MODES.join(", ")));
        }
        let sender = self.text(map, "", "sender");
        let recipient = self.text(map, "", "recipient");
        let recipient_account = self.optional_text(map, "", "recipient_account");
        let message = self.optional_text(map, "", "message");
        let expires_in = self.optional_text(map, "", "expires_in").unwrap_or_else(|| "24h".into());
        let life = parse_life(&expires_in).unwrap_or_else(|| {
            self.wrong("expires_in", "expected <number>h or <number>d");
            Duration::HOUR
        });
        let max_downloads = match map.get("max_downloads") {
            None => 10,
            Some(value) => value.as_u64().filter(|count| (1..=1000).contains(count)).unwrap_or_else(|| {
                self.wrong("max_downloads", "expected an integer from 1 to 1000");
                0
            }),
        };
        let metadata = map.get("metadata").cloned();
        if metadata.as_ref().is_some_and(|value| !value.is_object()) {
            self.wrong("metadata", "expected an object");
        }
        let auto_delete = self.flag(map, "auto_delete");
        let is_encrypted = self.flag(map, "is_encrypted");
        let encrypted_key = self.optional_text(map, "", "encrypted_key");
        let encryption_algorithm = self.optional_text(map, "", "encryption_algorithm");
        let channel_id = self.optional_text(map, "", "channel_id");
        let encryption_salt = self.optional_text(map, "", "encryption_salt");
        let scheme = encryption_algorithm.as_deref().unwrap_or(DOCUMENTED);
        let supported = match scheme {
            DOCUMENTED | WRAPPED | TO_HUMAN => true,
            CHANNEL => self.kind == Kind::Form,
            _ => false,
        };
        if !supported {
            self.wrong("encryption_algorithm", "not supported");
        }
        if is_encrypted {
            self.sealing(scheme, encrypted_key.as_deref(), channel_id.as_deref(), encryption_salt.as_deref());
        } else if encrypted_key.as_ref().is_some_and(|key| key.is_empty() || BASE64.decode(key).is_err()) {
            self.wrong("encrypted_key", "expected base64");
        }
        // A person's browser finds the nonce at the start of the file.
        let sealed = is_encrypted.then_some(if self.kind == Kind::Form && scheme == TO_HUMAN {
            Sealed { nonce_apart: false, adds: NONCE + TAG }
        } else {
            Sealed { nonce_apart: true, adds: TAG }
        });
        let files = match map.get("files") {
            Some(Value::Array(files)) if !files.is_empty() => {
                files.iter().enumerate().filter_map(|(at, file)| self.file(at, file, &id, sealed)).collect()
            }
            Some(Value::Array(_)) => {
                self.wrong("files", "expected at least one file");
                Vec::new()
            }
            Some(_) => {
                self.wrong("files", "expected an array");
                Vec::new()
            }
            None => {
                self.wrong("files", "required");
                Vec::new()
            }
        };

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
            is_encrypted,
            encrypted_key,
            encryption_algorithm,
            channel_id,
            encryption_salt,
            created_at: now,
            expires_at: now + life,
        })
    }

    /// What each scheme needs to be opened again.
    fn sealing(&mut self, scheme: &str, key: Option<&str>, channel: Option<&str>, salt: Option<&str>) {
        let bytes =
            |text: Option<&str>| text.and_then(|text| BASE64.decode(text).ok()).map(|bytes| bytes.len());
        if scheme == CHANNEL {
            if channel.is_none_or(str::is_empty) {
                self.wrong("channel_id", "required for this encryption_algorithm");
            }
            if key.is_some() {
                self.wrong("encrypted_key", "a channel has its key already");
            }
        } else {
            match (key, bytes(key)) {
                (None, _) => self.wrong("encrypted_key", "required when is_encrypted is true"),
                (_, None | Some(0)) => self.wrong("encrypted_key", "expected base64"),
                (_, Some(length)) if scheme == WRAPPED && length != WRAPPED_KEY => {
                    self.wrong("encrypted_key", "expected base64 of 60 bytes");
                }
                (_, Some(length)) if scheme == TO_HUMAN && self.kind == Kind::Form && length != 32 => {
                    self.wrong("encrypted_key", "expected base64 of 32 bytes");
                }
                _ => {}
            }
        }
        let salted = self.kind == Kind::Form && [CHANNEL, TO_HUMAN].contains(&scheme);
        if salted && bytes(salt) != Some(32) {
            self.wrong("encryption_salt", "expected base64 of 32 bytes");
        }
    }

    fn file(
        &mut self,
        at: usize,
        value: &Value,
        transfer: &str,
        sealed: Option<Sealed>,
    ) -> Option<TransferFile> {
        let prefix = format!("files[{at}].");
        let Some(map) = value.as_object() else {
            self.wrong(&format!("files[{at}]"), "expected an object");
            return None;
        };
        let parts: &[&str] = if self.kind == Kind::Multipart { &["part_size"] } else { &[] };
        self.known(map, &prefix, &[&["name", "size", "content_type", "encryption_iv"], parts].concat());
        let name = self.text(map, &prefix, "name");
        if name.len() > 255 || name.contains(['/', '\\', '\0']) {
            self.wrong(&format!("{prefix}name"), "expected a file name, not a path");
        }
        let content_type = self.text(map, &prefix, "content_type");
        if HeaderValue::from_str(&content_type).is_err() {
            self.wrong(&format!("{prefix}content_type"), "cannot be sent as a header");
        }
        let size = match map.get("size") {
            None => {
                self.wrong(&format!("{prefix}size"), "required");
                0
            }
            Some(size) => size.as_u64().unwrap_or_else(|| {
                self.wrong(&format!("{prefix}size"), "expected an integer >= 0");
                0
            }),
        };
        let encryption_iv = match map.get("encryption_iv") {
            None | Some(Value::Null) => None,
            Some(Value::String(iv)) => {
                if BASE64.decode(iv).map(|iv| iv.len()) != Ok(12) {
                    self.wrong(&format!("{prefix}encryption_iv"), "expected base64 of 12 bytes");
                }
                Some(iv.clone())
            }
            Some(_) => {
                self.wrong(&format!("{prefix}encryption_iv"), "expected a string or null");
                None
            }
        };
        if let Some(sealed) = sealed {
            if sealed.nonce_apart && encryption_iv.is_none() {
                self.wrong(&format!("{prefix}encryption_iv"), "required when is_encrypted is true");
            }
            if size < sealed.adds {
                let least = format!("an encrypted file has at least {} bytes", sealed.adds);
                self.wrong(&format!("{prefix}size"), &least);
            }
        }
        let part_size = (self.kind == Kind::Multipart).then(|| self.part_size(map, &prefix));
        let id = format!("file_{}", &Uuid::new_v4().simple().to_string()[..12]);
        let key = format!("uploads/{transfer}/{id}/{name}");
        Some(TransferFile { id, name, size, content_type, encryption_iv, key, part_size, upload: None })
    }

    fn part_size(&mut self, map: &Map<String, Value>, prefix: &str) -> u64 {
        let field = format!("{prefix}part_size");
        match map.get("part_size").map(Value::as_u64) {
            Some(Some(size)) if (MIN_PART..=MAX_PART).contains(&size) => return size,
            Some(Some(_)) => self.wrong(&field, &format!("expected {MIN_PART} to {MAX_PART} bytes")),
            Some(None) => self.wrong(&field, "expected an integer"),
            None => self.wrong(&field, "required"),
        }
        MIN_PART
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

/// One entry of an error's `details`.
pub(crate) fn problem(field: &str, message: &str) -> Value {
    json!({ "field": field, "message": message })
}
