//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// A presigned "PUT".
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_put_request {
    pub size: usize,
    /// The presigned URL, exactly as it was handed out. Needed.
    pub url: *const c_char,
    /// Its path; a leading ~/ is the home folder. NULL if source is set.
    pub path: *const c_char,
    /// Any other source. A call that takes it empties it, also one that fails. NULL if path is set.
    pub source: *mut dropoff_source,
    /// The headers that were signed into the URL, sent as given.
    pub headers: *const dropoff_pair,
    pub headers_count: usize,
    /// A journal: a file that lets the same call go on where this one stopped, after its process was killed
    /// or it failed. It is for what goes in blocks (Azure) or in a session (Google), where storage keeps what
    /// it has; what goes whole begins anew, and makes no journal. The URL of the second call may have another
    /// signature. The file holds what opens a session, and is removed once the object is stored. No stream
    /// can be read again, so there is none with a journal. A leading ~/ is the home folder.
    pub journal: *const c_char,
    /// Bounds the whole call, retries included. Default: no limit.
    pub timeout_ms: u64,
    /// Who is told how far the call is.
    pub on_progress: dropoff_progress_fn,
    /// Handed to on_progress and to finalizer.
    pub user_data: *mut c_void,
    /// Called once by each call that takes this struct.
    pub finalizer: dropoff_finalizer,
}

impl CallerStruct for dropoff_put_request {
    const NAME: &'static str = "dropoff_put_request";
    const INIT_MACRO: &'static str = "DROPOFF_PUT_REQUEST_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        url: ptr::null(),
        path: ptr::null(),
        source: ptr::null_mut(),
        headers: ptr::null(),
        headers_count: 0,
        journal: ptr::null(),
        timeout_ms: 0,
        on_progress: None,
        user_data: ptr::null_mut(),
        finalizer: None,
    };
    const FIRST_SIZE: usize = offset_of!(Self, finalizer) + size_of::<dropoff_finalizer>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_put_request, finalizer) + size_of::<dropoff_finalizer>()
        == size_of::<dropoff_put_request>()
);

impl dropoff_put_request {
    /// The callback, which takes the caller's data from here on.
    pub(crate) fn progress(&self) -> Option<Callback> {
        Callback::given(self.on_progress, self.user_data, self.finalizer)
    }

    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::PutRequest> {
        let url = reader.needed_text(self.url, "url")?;
        let headers = reader.pairs(self.headers, self.headers_count, "headers")?;
        let journal = reader.path(self.journal, "journal")?;
        let source = reader.source(self.path, self.source)?;

        let mut request = dropoff::PutRequest::new(url, source);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(value) = journal {
            request = request.journal(value);
        }
        if self.timeout_ms > 0 {
            request = request.timeout(Duration::from_millis(self.timeout_ms));
        }

        Ok(request)
    }
}

/// A presigned "POST" form.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_post_form_request {
    pub size: usize,
    /// Where the form goes, exactly as it was handed out. Needed.
    pub url: *const c_char,
    /// Sent byte for byte in the order given; the file follows as the last field, which file_field names.
    pub fields: *const dropoff_pair,
    pub fields_count: usize,
    /// Its path; a leading ~/ is the home folder. NULL if source is set.
    pub path: *const c_char,
    /// Any other source. A call that takes it empties it, also one that fails. NULL if path is set.
    pub source: *mut dropoff_source,
    /// The name of the field that holds the file. Default "file", as S3 and Google have it.
    pub file_field: *const c_char,
    /// The file name told to storage. Default "file".
    pub file_name: *const c_char,
    /// Bounds the whole call, retries included. Default: no limit.
    pub timeout_ms: u64,
    /// Who is told how far the call is.
    pub on_progress: dropoff_progress_fn,
    /// Handed to on_progress and to finalizer.
    pub user_data: *mut c_void,
    /// Called once by each call that takes this struct.
    pub finalizer: dropoff_finalizer,
}

impl CallerStruct for dropoff_post_form_request {
    const NAME: &'static str = "dropoff_post_form_request";
    const INIT_MACRO: &'static str = "DROPOFF_POST_FORM_REQUEST_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        url: ptr::null(),
        fields: ptr::null(),
        fields_count: 0,
        path: ptr::null(),
        source: ptr::null_mut(),
        file_field: ptr::null(),
        file_name: ptr::null(),
        timeout_ms: 0,
        on_progress: None,
        user_data: ptr::null_mut(),
        finalizer: None,
    };
    const FIRST_SIZE: usize = offset_of!(Self, finalizer) + size_of::<dropoff_finalizer>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_post_form_request, finalizer) + size_of::<dropoff_finalizer>()
        == size_of::<dropoff_post_form_request>()
);

impl dropoff_post_form_request {
    /// The callback, which takes the caller's data from here on.
    pub(crate) fn progress(&self) -> Option<Callback> {
        Callback::given(self.on_progress, self.user_data, self.finalizer)
    }

    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::PostFormRequest> {
        let url = reader.needed_text(self.url, "url")?;
        let fields = reader.pairs(self.fields, self.fields_count, "fields")?;
        let file_field = reader.text(self.file_field, "file_field")?;
        let file_name = reader.text(self.file_name, "file_name")?;
        let source = reader.source(self.path, self.source)?;

        let mut request = dropoff::PostFormRequest::new(url, fields, source);
        if let Some(value) = file_field {
            request = request.file_field(value);
        }
        if let Some(value) = file_name {
            request = request.file_name(value);
        }
        if self.timeout_ms > 0 {
            request = request.timeout(Duration::from_millis(self.timeout_ms));
        }

        Ok(request)
    }
}

/// A presigned "PUT" for each part of an object.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_put_parts_request {
    pub size: usize,
    /// The presigned URLs in order of their part numbers, from 1, exactly as they were handed out; 1 to
    /// 10,000 of them.
    pub urls: *const *const c_char,
    pub urls_count: usize,
    /// Its path; a leading ~/ is the home folder. NULL if source is set.
    pub path: *const c_char,
    /// Any other source. A call that takes it empties it, also one that fails. NULL if path is set.
    pub source: *mut dropoff_source,
    /// The headers that were signed into every URL, sent as given.
    pub headers: *const dropoff_pair,
    pub headers_count: usize,
    /// The headers of each part, in the order of the URLs, beside those of all; one of a part's own stands in
    /// the place of that of all.
    pub part_headers: *const dropoff_pairs,
    pub part_headers_count: usize,
    /// Bytes of each part but the last. Default: the option part_size, or 8 MiB, or what fits the number of
    /// URLs if those do not.
    pub part_size: u64,
    /// Bytes of each part, in the order of the URLs, where they are not equal.
    pub part_sizes: *const u64,
    pub part_sizes_count: usize,
    /// Bounds the whole call, retries included. Default: no limit.
    pub timeout_ms: u64,
    /// Who is told how far the call is.
    pub on_progress: dropoff_progress_fn,
    /// Handed to on_progress and to finalizer.
    pub user_data: *mut c_void,
    /// Called once by each call that takes this struct.
    pub finalizer: dropoff_finalizer,
}

impl CallerStruct for dropoff_put_parts_request {
    const NAME: &'static str = "dropoff_put_parts_request";
    const INIT_MACRO: &'static str = "DROPOFF_PUT_PARTS_REQUEST_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        urls: ptr::null(),
        urls_count: 0,
        path: ptr::null(),
        source: ptr::null_mut(),
        headers: ptr::null(),
        headers_count: 0,
        part_headers: ptr::null(),
        part_headers_count: 0,
        part_size: 0,
        part_sizes: ptr::null(),
        part_sizes_count: 0,
        timeout_ms: 0,
        on_progress: None,
        user_data: ptr::null_mut(),
        finalizer: None,
    };
    const FIRST_SIZE: usize = offset_of!(Self, finalizer) + size_of::<dropoff_finalizer>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_put_parts_request, finalizer) + size_of::<dropoff_finalizer>()
        == size_of::<dropoff_put_parts_request>()
);

impl dropoff_put_parts_request {
    /// The callback, which takes the caller's data from here on.
    pub(crate) fn progress(&self) -> Option<Callback> {
        Callback::given(self.on_progress, self.user_data, self.finalizer)
    }

    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::PutPartsRequest> {
        let urls = reader.texts(self.urls, self.urls_count, "urls")?;
        let headers = reader.pairs(self.headers, self.headers_count, "headers")?;
        let part_headers = reader.pair_lists(self.part_headers, self.part_headers_count, "part_headers")?;
        let part_sizes = reader.numbers(self.part_sizes, self.part_sizes_count, "part_sizes")?;
        let source = reader.source(self.path, self.source)?;

        let mut request = dropoff::PutPartsRequest::new(urls, source);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if !part_headers.is_empty() {
            request = request.part_headers(part_headers);
        }
        if self.part_size > 0 {
            request = request.part_size(self.part_size);
        }
        if !part_sizes.is_empty() {
            request = request.part_sizes(part_sizes);
        }
        if self.timeout_ms > 0 {
            request = request.timeout(Duration::from_millis(self.timeout_ms));
        }

        Ok(request)
    }
}

/// A plan, and what is to be sent by it.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_send_request {
    pub size: usize,
    /// What the backend handed out, as JSON or a bare URL. Needed.
    pub plan: *const c_char,
    /// Its path; a leading ~/ is the home folder. NULL if source is set.
    pub path: *const c_char,
    /// Any other source. A call that takes it empties it, also one that fails. NULL if path is set.
    pub source: *mut dropoff_source,
    /// Whether requests of the plan may carry "Authorization", each to its own URL alone: a Git LFS server
    /// hands out such tokens. Default: false, and such a plan is refused.
    pub allow_authorization: bool,
    /// Bounds the whole call, retries included. Default: no limit.
    pub timeout_ms: u64,
    /// Who is told how far the call is.
    pub on_progress: dropoff_progress_fn,
    /// Handed to on_progress and to finalizer.
    pub user_data: *mut c_void,
    /// Called once by each call that takes this struct.
    pub finalizer: dropoff_finalizer,
}

impl CallerStruct for dropoff_send_request {
    const NAME: &'static str = "dropoff_send_request";
    const INIT_MACRO: &'static str = "DROPOFF_SEND_REQUEST_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        plan: ptr::null(),
        path: ptr::null(),
        source: ptr::null_mut(),
        allow_authorization: false,
        timeout_ms: 0,
        on_progress: None,
        user_data: ptr::null_mut(),
        finalizer: None,
    };
    const FIRST_SIZE: usize = offset_of!(Self, finalizer) + size_of::<dropoff_finalizer>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_send_request, finalizer) + size_of::<dropoff_finalizer>()
        == size_of::<dropoff_send_request>()
);

impl dropoff_send_request {
    /// The callback, which takes the caller's data from here on.
    pub(crate) fn progress(&self) -> Option<Callback> {
        Callback::given(self.on_progress, self.user_data, self.finalizer)
    }

    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::SendRequest> {
        let plan = reader.needed_text(self.plan, "plan")?;
        let source = reader.source(self.path, self.source)?;

        let mut request = dropoff::SendRequest::new(plan, source);
        request = request.allow_authorization(self.allow_authorization);
        if self.timeout_ms > 0 {
            request = request.timeout(Duration::from_millis(self.timeout_ms));
        }

        Ok(request)
    }
}
