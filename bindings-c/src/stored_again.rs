//! A stored object that a program gives back, to be compared with what the service stored.

use std::mem::size_of;
use std::ptr;

use dropoff::{Result, StoredObject};

use crate::caller_struct::CallerStruct;
use crate::fields::Fields;
use crate::generated::stored_object::{dropoff_storage_reply, dropoff_stored_object};

impl CallerStruct for dropoff_stored_object {
    const NAME: &'static str = "dropoff_stored_object";
    const INIT_MACRO: &'static str = "what dropoff_hcompany_upload gave";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        json: ptr::null(),
        bytes: 0,
        etag: ptr::null(),
        sha256: ptr::null(),
        md5: ptr::null(),
        verified: false,
        attempts: 0,
        warnings: ptr::null(),
        warnings_count: 0,
        verified_by: ptr::null(),
        crc64nvme: ptr::null(),
        parts: ptr::null(),
        parts_count: 0,
        reply: ptr::null(),
    };
    const FIRST_SIZE: usize = size_of::<Self>();
    fn size(&self) -> usize {
        self.size
    }
}

impl CallerStruct for dropoff_storage_reply {
    const NAME: &'static str = "dropoff_storage_reply";
    const INIT_MACRO: &'static str = "what an upload gave";
    const INIT: Self =
        Self { size: size_of::<Self>(), status: 0, headers_json: ptr::null(), body: ptr::null() };
    const FIRST_SIZE: usize = size_of::<Self>();
    fn size(&self) -> usize {
        self.size
    }
}

impl dropoff_stored_object {
    pub(crate) fn into_core(self, fields: &Fields<'_>) -> Result<StoredObject> {
        let text = |pointer, field| Ok::<_, dropoff::Error>(fields.text(pointer, field)?.map(str::to_owned));
        let warnings = fields.texts(self.warnings, self.warnings_count, "warnings")?;
        if let Some((reply, at)) = fields.structure::<dropoff_storage_reply>(self.reply, "reply")? {
            let fields = fields.within(&at);
            // Nobody compares it, and text that is none is a slip all the same.
            fields.json(reply.headers_json, "headers_json")?;
            fields.text(reply.body, "body")?;
        }
        Ok(StoredObject {
            bytes: self.bytes,
            etag: text(self.etag, "etag")?,
            sha256: text(self.sha256, "sha256")?,
            md5: text(self.md5, "md5")?,
            verified: self.verified,
            attempts: self.attempts,
            warnings: warnings.into_iter().map(str::to_owned).collect(),
            verified_by: text(self.verified_by, "verified_by")?,
            crc64nvme: text(self.crc64nvme, "crc64nvme")?,
            ..StoredObject::default()
        })
    }
}
