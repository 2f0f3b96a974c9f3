//! Replies of the transfer endpoints.

use serde_json::Value;

use crate::agentdrop::sealing::TransferSealing;
use crate::agentdrop::ticket::{PresignRequest, Ticket, TransferTicket};
use crate::agentdrop::wire::{self, FileEntry, TransferInfo};
use crate::error::Error;
use crate::options::Options;
use crate::service;
use crate::storage::SignedAt;

/// Any reply is read, or is an error that can be shown.
pub fn fuzz_transfer_json(data: &[u8]) {
    let secret = super::secret(data);
    let check = |error: &Error| super::check(error, &secret);
    let reply = super::api_reply(data);
    check(&wire::refusal(&reply));
    let file = |part_size| FileEntry {
        name: "a.bin".into(),
        size: 1,
        content_type: "a/b".into(),
        encryption_iv: None,
        part_size,
    };
    let options = Options::new();
    match service::parse::<Value>("presign", &reply) {
        Ok(value) => {
            for part_size in [None, Some(5 << 20)] {
                let request = PresignRequest {
                    promised: vec![file(part_size)],
                    multipart: part_size.is_some(),
                    sealing: TransferSealing::Open,
                    seals: vec![None],
                };
                match Ticket::read(value.clone(), reply.body.clone(), request, SignedAt::Now, &options) {
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
