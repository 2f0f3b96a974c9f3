//! Reads one file of a request for a transfer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::HeaderValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::encryption::Sealing;
use super::reader::{Reader, UploadKind};
use crate::state::TransferFile;
use crate::storage::{MAX_PART, MIN_PART};

impl Reader {
    pub fn file(
        &mut self,
        index: usize,
        value: &Value,
        transfer: &str,
        sealing: Option<Sealing>,
    ) -> Option<TransferFile> {
        let prefix = format!("files[{index}].");
        let Some(map) = value.as_object() else {
            self.reject(&format!("files[{index}]"), "expected an object");
            return None;
        };
        let parts: &[&str] = if self.kind == UploadKind::Multipart { &["part_size"] } else { &[] };
        self.only_known(map, &prefix, &[&["name", "size", "content_type", "encryption_iv"], parts].concat());
        let name = self.text(map, &prefix, "name");
        if name.len() > 255 || name.contains(['/', '\\', '\0']) {
            self.reject(&format!("{prefix}name"), "expected a file name, not a path");
        }
        let content_type = self.text(map, &prefix, "content_type");
        if HeaderValue::from_str(&content_type).is_err() {
            self.reject(&format!("{prefix}content_type"), "cannot be sent as a header");
        }
        let size = self.size(map, &prefix);
        let encryption_iv = self.encryption_iv(map, &prefix);
        if let Some(sealing) = sealing {
            if sealing.nonce_apart && encryption_iv.is_none() {
                self.reject(&format!("{prefix}encryption_iv"), "required when is_encrypted is true");
            }
            if size < sealing.adds {
                let least = format!("an encrypted file has at least {} bytes", sealing.adds);
                self.reject(&format!("{prefix}size"), &least);
            }
        }
        let part_size = (self.kind == UploadKind::Multipart).then(|| self.part_size(map, &prefix));
        let id = format!("file_{}", &Uuid::new_v4().simple().to_string()[..12]);
        let key = format!("uploads/{transfer}/{id}/{name}");
        Some(TransferFile { id, name, size, content_type, encryption_iv, key, part_size, upload: None })
    }

    fn size(&mut self, map: &Map<String, Value>, prefix: &str) -> u64 {
        let problem = match map.get("size").map(Value::as_u64) {
            Some(Some(size)) => return size,
            Some(None) => "expected an integer >= 0",
            None => "required",
        };
        self.reject(&format!("{prefix}size"), problem);
        0
    }

    fn encryption_iv(&mut self, map: &Map<String, Value>, prefix: &str) -> Option<String> {
        match map.get("encryption_iv") {
            None | Some(Value::Null) => None,
            Some(Value::String(iv)) => {
                if BASE64.decode(iv).map(|iv| iv.len()) != Ok(12) {
                    self.reject(&format!("{prefix}encryption_iv"), "expected base64 of 12 bytes");
                }
                Some(iv.clone())
            }
            Some(_) => {
                self.reject(&format!("{prefix}encryption_iv"), "expected a string or null");
                None
            }
        }
    }

    fn part_size(&mut self, map: &Map<String, Value>, prefix: &str) -> u64 {
        let field = format!("{prefix}part_size");
        match map.get("part_size").map(Value::as_u64) {
            Some(Some(size)) if (MIN_PART..=MAX_PART).contains(&size) => return size,
            Some(Some(_)) => self.reject(&field, &format!("expected {MIN_PART} to {MAX_PART} bytes")),
            Some(None) => self.reject(&field, "expected an integer"),
            None => self.reject(&field, "required"),
        }
        MIN_PART
    }
}
