//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// Settings for dropoff_hcompany.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_hcompany_settings {
    pub size: usize,
    /// The API key. Default: the environment variable HAI_API_KEY, then the file that hai login writes
    /// (~/.config/hai/.env).
    pub api_key: *const c_char,
    /// The account's region, "eu" (default) or "us". Regions are separate: a profile lives in one.
    pub region: *const c_char,
    /// Another place for the API; https, or http on loopback. Default: the environment variable
    /// HAI_API_BASE_URL. Goes before region.
    pub base_url: *const c_char,
    /// Time limits, retries and the rest.
    pub options: *const dropoff_options,
}

impl CallerStruct for dropoff_hcompany_settings {
    const NAME: &'static str = "dropoff_hcompany_settings";
    const INIT_MACRO: &'static str = "DROPOFF_HCOMPANY_SETTINGS_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        api_key: ptr::null(),
        region: ptr::null(),
        base_url: ptr::null(),
        options: ptr::null(),
    };
    const FIRST_SIZE: usize = offset_of!(Self, options) + size_of::<*const dropoff_options>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_hcompany_settings, options) + size_of::<*const dropoff_options>()
        == size_of::<dropoff_hcompany_settings>()
);

impl dropoff_hcompany_settings {
    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::HCompanyBuilder> {
        let api_key = reader.text(self.api_key, "api_key")?;
        let region = reader.text(self.region, "region")?;
        let base_url = reader.text(self.base_url, "base_url")?;
        let options = match reader.structure(self.options, "options")? {
            Some((item, at)) => Some(item.into_core(&reader.within(&at))?),
            None => None,
        };

        let mut request = dropoff::HCompany::builder();
        if let Some(value) = api_key {
            request = request.api_key(value);
        }
        if let Some(value) = region {
            request = request.region(value);
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
