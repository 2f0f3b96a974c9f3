//! Made by dropoff-generate from the core's sources. Do not edit.

use crate::generated::prelude::*;

/// How a transfer's files are sealed, so that only the recipient can read them. File names, sizes and their
/// order are not sealed, and nothing binds a sealed file to its transfer. Either key_pair is set or
/// encrypted_key.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_encryption {
    pub size: usize,
    /// The sender's key pair.
    pub key_pair: *const dropoff_key_pair,
    /// The recipient's public key, known from elsewhere: standard base64 of 32 raw bytes. Default: the one
    /// that the service names, which trusts the service to name the right one; compare
    /// dropoff_sent_transfer.recipient_key_fingerprint.
    pub recipient_public_key: *const c_char,
    /// The files are sealed already, all with the key in encrypted_key, and pass through as they are. Each
    /// needs its dropoff_file.encryption_iv.
    pub encrypted_key: *const c_char,
    /// Another name for the scheme in the field "encryption_algorithm". The scheme stays the same. Default
    /// X25519-HKDF-AES-256-GCM.
    pub algorithm: *const c_char,
}

impl CallerStruct for dropoff_encryption {
    const NAME: &'static str = "dropoff_encryption";
    const INIT_MACRO: &'static str = "DROPOFF_ENCRYPTION_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        key_pair: ptr::null(),
        recipient_public_key: ptr::null(),
        encrypted_key: ptr::null(),
        algorithm: ptr::null(),
    };
    const FIRST_SIZE: usize = offset_of!(Self, algorithm) + size_of::<*const c_char>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_encryption, algorithm) + size_of::<*const c_char>() == size_of::<dropoff_encryption>()
);

impl dropoff_encryption {
    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::Encryption> {
        let key_pair = reader.encryption(self.key_pair, self.encrypted_key)?;
        let recipient_public_key = reader.text(self.recipient_public_key, "recipient_public_key")?;
        let algorithm = reader.text(self.algorithm, "algorithm")?;

        let mut request = key_pair;
        if let Some(value) = recipient_public_key {
            request = request.recipient_public_key(value)?;
        }
        if let Some(value) = algorithm {
            request = request.algorithm(value);
        }

        Ok(request)
    }
}

/// One file of a transfer.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_file {
    pub size: usize,
    /// Its path; a leading ~/ is the home folder. NULL if source is set.
    pub path: *const c_char,
    /// Any other source. A call that takes it empties it, also one that fails. NULL if path is set.
    pub source: *mut dropoff_source,
    /// The name that the recipient sees, without folders. Default: the last part of the path; memory and
    /// streams need one.
    pub name: *const c_char,
    /// The media type. Default: guessed from the name, and "application/octet-stream" for a sealed file.
    pub content_type: *const c_char,
    /// The nonce that the file was sealed with before it came here: base64 of 12 bytes. For
    /// dropoff_encryption.encrypted_key alone; each file needs its own.
    pub encryption_iv: *const c_char,
}

impl CallerStruct for dropoff_file {
    const NAME: &'static str = "dropoff_file";
    const INIT_MACRO: &'static str = "DROPOFF_FILE_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        path: ptr::null(),
        source: ptr::null_mut(),
        name: ptr::null(),
        content_type: ptr::null(),
        encryption_iv: ptr::null(),
    };
    const FIRST_SIZE: usize = offset_of!(Self, encryption_iv) + size_of::<*const c_char>();
    fn size(&self) -> usize {
        self.size
    }
}

// A field of a later version would hide in padding at the end.
const _: () = assert!(
    offset_of!(dropoff_file, encryption_iv) + size_of::<*const c_char>() == size_of::<dropoff_file>()
);

impl dropoff_file {
    /// Refuses what `into_core` would refuse, and takes nothing.
    pub(crate) fn check(&self, reader: &Fields<'_>) -> Result<()> {
        reader.text(self.name, "name")?;
        reader.text(self.content_type, "content_type")?;
        reader.text(self.encryption_iv, "encryption_iv")?;

        reader.check_source(self.path, self.source)
    }

    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::File> {
        let name = reader.text(self.name, "name")?;
        let content_type = reader.text(self.content_type, "content_type")?;
        let encryption_iv = reader.text(self.encryption_iv, "encryption_iv")?;
        let source = reader.source(self.path, self.source)?;

        let mut request = dropoff::File::new(source);
        if let Some(value) = name {
            request = request.name(value);
        }
        if let Some(value) = content_type {
            request = request.content_type(value);
        }
        if let Some(value) = encryption_iv {
            request = request.encryption_iv(value);
        }

        Ok(request)
    }
}

/// The files to send and their recipient. Everything but sender, recipient and files is left to the service's
/// defaults unless set, except auto_delete, which is always sent because the service's documents disagree on
/// its default.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_transfer {
    pub size: usize,
    /// The id of the agent that sends. Needed.
    pub sender: *const c_char,
    /// The id of the agent that receives; an e-mail address in mode "agent-to-human". Needed.
    pub recipient: *const c_char,
    /// The files to send; results come in their order.
    pub files: *const dropoff_file,
    pub files_count: usize,
    /// Who sends to whom: "agent-to-agent" (default), "agent-to-human" or "human-to-agent".
    pub mode: *const c_char,
    /// How long the transfer lives, such as "12h" or "7d"; the account's plan decides how much is allowed.
    /// Default: the service's.
    pub expires_in: *const c_char,
    /// How often it may be downloaded; the service allows 1 to 1000. Default: the service's.
    pub max_downloads: u64,
    /// A text for the recipient.
    pub message: *const c_char,
    /// Free data kept with the transfer, as a JSON object.
    pub metadata_json: *const c_char,
    /// Whether the service deletes the transfer once it was downloaded. Default false.
    pub auto_delete: bool,
    /// The recipient's account (e-mail, id or display name), where an agent's id alone is ambiguous.
    pub recipient_account: *const c_char,
    /// Seals every file for the recipient before it leaves. Default: files are sent as they are.
    pub encrypt: *const dropoff_encryption,
    /// Whether all files go in parts. Default: if one of them has at least multipart_threshold bytes. A
    /// dropoff_choice.
    pub multipart: c_int,
    /// A journal: a file that lets the same call go on where this one stopped, after its process was killed
    /// or the network failed. It is made if it is not there, readable by its owner alone, and removed once
    /// the transfer is active. It holds live upload URLs, and never a key. The second call takes the same
    /// arguments and sources, on a client of the same service; options may differ. Streams cannot be resumed.
    /// A leading ~/ is the home folder.
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

impl CallerStruct for dropoff_transfer {
    const NAME: &'static str = "dropoff_transfer";
    const INIT_MACRO: &'static str = "DROPOFF_TRANSFER_INIT";
    const INIT: Self = Self {
        size: size_of::<Self>(),
        sender: ptr::null(),
        recipient: ptr::null(),
        files: ptr::null(),
        files_count: 0,
        mode: ptr::null(),
        expires_in: ptr::null(),
        max_downloads: 0,
        message: ptr::null(),
        metadata_json: ptr::null(),
        auto_delete: false,
        recipient_account: ptr::null(),
        encrypt: ptr::null(),
        multipart: 0,
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
    offset_of!(dropoff_transfer, finalizer) + size_of::<dropoff_finalizer>() == size_of::<dropoff_transfer>()
);

impl dropoff_transfer {
    /// The callback, which takes the caller's data from here on.
    pub(crate) fn progress(&self) -> Option<Callback> {
        Callback::given(self.on_progress, self.user_data, self.finalizer)
    }

    /// The core's request.
    pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::Transfer> {
        let sender = reader.needed_text(self.sender, "sender")?;
        let recipient = reader.needed_text(self.recipient, "recipient")?;
        let mode = reader.text(self.mode, "mode")?;
        let expires_in = reader.text(self.expires_in, "expires_in")?;
        let message = reader.text(self.message, "message")?;
        let metadata = reader.json(self.metadata_json, "metadata_json")?;
        let recipient_account = reader.text(self.recipient_account, "recipient_account")?;
        let encrypt = match reader.structure(self.encrypt, "encrypt")? {
            Some((item, at)) => Some(item.into_core(&reader.within(&at))?),
            None => None,
        };
        let multipart = reader.choice(self.multipart, "multipart")?;
        let journal = reader.path(self.journal, "journal")?;
        let files = {
            let items = reader.structs(self.files, self.files_count, "files")?;
            // All of them before the first source is taken.
            items.iter().try_for_each(|(item, at)| item.check(&reader.within(at)))?;
            let given = items.into_iter().map(|(item, at)| item.into_core(&reader.within(&at)));
            given.collect::<Result<Vec<_>>>()?
        };

        let mut request = dropoff::Transfer::new(sender, recipient);
        for value in files {
            request = request.file(value);
        }
        if let Some(value) = mode {
            request = request.mode(value);
        }
        if let Some(value) = expires_in {
            request = request.expires_in(value);
        }
        if self.max_downloads > 0 {
            request = request.max_downloads(self.max_downloads);
        }
        if let Some(value) = message {
            request = request.message(value);
        }
        if let Some(value) = metadata {
            request = request.metadata(value);
        }
        request = request.auto_delete(self.auto_delete);
        if let Some(value) = recipient_account {
            request = request.recipient_account(value);
        }
        if let Some(value) = encrypt {
            request = request.encrypt(value);
        }
        if let Some(value) = multipart {
            request = request.multipart(value);
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
