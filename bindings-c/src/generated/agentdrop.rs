//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// Settings for dropoff_agentdrop.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_agentdrop_settings {
    pub size: usize,
    /// The API key (agd_... or ada_...). Default: the environment variable AGENTDROP_API_KEY.
    pub api_key: *const c_char,
    /// Another place for the API; https, or http on loopback. Default: the environment variable
    /// AGENTDROP_BASE_URL.
    pub base_url: *const c_char,
    /// Time limits, retries and the rest.
    pub options: *const dropoff_options,
}

impl CallerStruct for dropoff_agentdrop_settings {
    const NAME: &'static str = "dropoff_agentdrop_settings";
    const INIT_MACRO: &'static str = "DROPOFF_AGENTDROP_SETTINGS_INIT";
    const INIT: Self =
        Self { size: size_of::<Self>(), api_key: ptr::null(), base_url: ptr::null(), options: ptr::null() };
    const FIRST_SIZE: usize = offset_of!(Self, options) + size_of::<*const dropoff_options>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_agentdrop_settings, options) + size_of::<*const dropoff_options>()
        == size_of::<dropoff_agentdrop_settings>()
);

impl dropoff_agentdrop_settings {
    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::AgentDropBuilder> {
        let api_key = reader.text(self.api_key, "api_key")?;
        let base_url = reader.text(self.base_url, "base_url")?;
        let options = match reader.structure(self.options, "options")? {
            Some((item, at)) => Some(item.into_core(&reader.within(&at))?),
            None => None,
        };

        let mut request = dropoff::AgentDrop::builder();
        if let Some(value) = api_key {
            request = request.api_key(value);
        }
        if let Some(value) = base_url {
            request = request.base_url(value);
        }
        if let Some(value) = options {
            request = request.options(value);
        }

        Ok(request)
    }
}
