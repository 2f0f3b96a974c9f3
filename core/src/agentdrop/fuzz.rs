//! What a fuzzer runs of this folder: above everything in it, so that nothing below knows of a fuzzer.

use serde_json::Value;

use super::sealing::Cover;
use super::ticket::{Asked, Ticket, TransferTicket};
use super::transfer_journal::{Beginning, replayed};
use super::wire::{self, FileEntry, TransferInfo};
use crate::error::Error;
use crate::http::api::ApiReply;
use crate::service;
use crate::storage::SignedAt;

/// Any reply is read, or is an error that can be shown.
pub fn exercise(data: &[u8]) {
    let secret = crate::fuzzing::secret(data);
    let check = |error: &Error| crate::fuzzing::check(error, &secret);
    let reply = ApiReply::of(data);
    check(&wire::refusal(&reply));
    let file = |part_size| FileEntry {
        name: "a.bin".into(),
        size: 1,
        content_type: "a/b".into(),
        encryption_iv: None,
        part_size,
    };
    let options = crate::options::Options::new();
    match service::parse::<Value>("presign", &reply) {
        Ok(value) => {
            for part_size in [None, Some(5 << 20)] {
                let asked = Asked {
                    promised: vec![file(part_size)],
                    multipart: part_size.is_some(),
                    cover: Cover::Open,
                    seals: vec![None],
                };
                match Ticket::read(value.clone(), reply.body.clone(), asked, SignedAt::Now, &options) {
                    Ok(ticket) => {
                        let _ = format!("{:?}", TransferTicket(std::sync::Arc::new(ticket)));
                    }
                    Err(error) => check(&error),
                }
            }
        }
        Err(error) => check(&error),
    }
    if let Err(error) = service::parse::<wire::Agent>("resolve", &reply) {
        check(&error);
    }
    if let Err(error) = service::parse::<wire::ConfirmReply>("confirm", &reply) {
        check(&error);
    }
    if let Err(error) = TransferInfo::read("get_transfer", &reply) {
        check(&error);
    }
}

/// Any record is understood or not.
pub fn exercise_journal(record: &Value) {
    let _ = serde_json::from_value::<Beginning>(record["begun"].clone());
    let _ = replayed(2, vec![record.clone()]);
}
