//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// A sealed file and what opens it. The texts are those of the transfer's download reply.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_sealed_file {
    pub size: usize,
    /// The file as it was downloaded. A leading ~/ is the home folder. Needed.
    pub path: *const c_char,
    /// The sender's public key: standard base64 of 32 raw bytes. With it, only what that sender sealed opens.
    /// A file that is sealed for a person tells no sender, and opens without it alone.
    pub sender_public_key: *const c_char,
    /// The transfer's wrapped key: base64 of 60 bytes. A transfer without one has a salt.
    pub encrypted_key: *const c_char,
    /// The transfer's salt, where it has one: base64 of 32 bytes.
    pub encryption_salt: *const c_char,
    /// The file's nonce: base64 of 12 bytes. A file that is sealed for a person holds its own.
    pub encryption_iv: *const c_char,
}

impl CallerStruct for dropoff_sealed_file {
    const NAME: &'static str = "dropoff_sealed_file";
    const INIT_MACRO: &'static str = "DROPOFF_SEALED_FILE_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        path: ptr::null(),
        sender_public_key: ptr::null(),
        encrypted_key: ptr::null(),
        encryption_salt: ptr::null(),
        encryption_iv: ptr::null(),
    };
    const FIRST_SIZE: usize = offset_of!(Self, encryption_iv) + size_of::<*const c_char>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_sealed_file, encryption_iv) + size_of::<*const c_char>()
        == size_of::<dropoff_sealed_file>()
);

impl dropoff_sealed_file {
    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::SealedFile> {
        let path = reader.needed_path(self.path, "path")?;
        let sender_public_key = reader.text(self.sender_public_key, "sender_public_key")?;
        let encrypted_key = reader.text(self.encrypted_key, "encrypted_key")?;
        let encryption_salt = reader.text(self.encryption_salt, "encryption_salt")?;
        let encryption_iv = reader.text(self.encryption_iv, "encryption_iv")?;

        let mut request = dropoff::SealedFile::new(path);
        if let Some(value) = sender_public_key {
            request = request.sender_public_key(value);
        }
        if let Some(value) = encrypted_key {
            request = request.encrypted_key(value);
        }
        if let Some(value) = encryption_salt {
            request = request.encryption_salt(value);
        }
        if let Some(value) = encryption_iv {
            request = request.encryption_iv(value);
        }

        Ok(request)
    }
}

/// A file that was opened.
///
/// Threads: it never changes, so any number of threads may read it at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_opened_file {
    pub size: usize,
    /// Every field as one JSON object, the same in all languages.
    pub json: *const c_char,
    /// Where it is.
    pub path: *const c_char,
    /// Bytes of it.
    pub bytes: u64,
}

impl Described for dropoff::OpenedFile {
    type Facts = dropoff_opened_file;
    fn facts(&self, arena: &mut Arena) -> dropoff_opened_file {
        dropoff_opened_file {
            size: size_of::<dropoff_opened_file>(),
            json: arena.json(self),
            path: arena.path(&self.path),
            bytes: self.bytes,
        }
    }
}

impl Outcome for dropoff::OpenedFile {
    type Handle = dropoff_opened_file;
    const NAME: &'static str = "opened_file";
    fn handle(self) -> *mut dropoff_opened_file {
        arena::give(&self)
    }
}

/// Waits for a job that results in a dropoff_opened_file, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_job_opened_file(
    job: Option<&dropoff_job>,
    opened_file: Option<&mut MaybeUninit<*mut dropoff_opened_file>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || job::give_result::<dropoff::OpenedFile>(job, needed!(opened_file)))
}

/// Frees a dropoff_opened_file with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_opened_file_free(opened_file: *mut dropoff_opened_file) {
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe { arena::free(opened_file) }
}
