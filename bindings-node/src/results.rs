//! What calls result in, as JSON text. `lib/` freezes it into plain objects.

use dropoff::{
    Confirmed, OpenedFile, Profile, ProfileInspection, SentFile, SentTransfer, StoredObject, StoredParts,
    TransferInfo, TransferPlan,
};
use napi::bindgen_prelude::Either3;
use serde_json::json;

use crate::spelling::record;
use crate::tickets::{ProfileTicket, TransferTicket};

/// JSON text, or a ticket, which is an object that keeps its secrets.
pub(crate) type Value = Either3<String, ProfileTicket, TransferTicket>;

/// A result of the core as JavaScript has it.
pub(crate) trait ToJs {
    fn to_js(&self) -> Value;
}

macro_rules! records {
    ($($name:ty: $nested:expr),* $(,)?) => {$(
        impl ToJs for $name {
            fn to_js(&self) -> Value {
                Either3::A(record(self, &$nested).to_string())
            }
        }
    )*};
}

records! {
    StoredObject: [],
    Profile: ["upload", "packed"],
    ProfileInspection: ["sizes", "largest", "left_out", "cookies"],
    SentTransfer: ["files"],
    Vec<SentFile>: [],
    Confirmed: [],
    TransferInfo: [],
    TransferPlan: ["files"],
    StoredParts: ["parts"],
}

/// By hand: the home folder's name need not be UTF-8, and serde refuses such a path.
impl ToJs for OpenedFile {
    fn to_js(&self) -> Value {
        Either3::A(json!({ "path": self.path.to_string_lossy(), "bytes": self.bytes }).to_string())
    }
}

impl ToJs for dropoff::ProfileTicket {
    fn to_js(&self) -> Value {
        Either3::B(ProfileTicket(self.clone()))
    }
}

impl ToJs for dropoff::TransferTicket {
    fn to_js(&self) -> Value {
        Either3::C(TransferTicket(self.clone()))
    }
}
