//! The interfaces of Node's arguments: which fields of which request each has, and what is Node's own.

/// An interface of arguments.
pub struct NodeArguments {
    pub name: &'static str,
    pub extends: &'static str,
    pub about: &'static str,
    /// A request by its name in C.
    pub of: &'static str,
    pub fields: &'static [&'static str],
    /// Those that C has not, or has of another request.
    pub more: &'static [NodeField],
    /// Node's own: name, type and sentences.
    pub own: &'static [(&'static str, &'static str, &'static str)],
}

/// A field whose sentences are those of a setter of the core.
pub struct NodeField {
    pub name: &'static str,
    pub ty: &'static str,
    pub file: &'static str,
    pub of: &'static str,
    pub setter: &'static str,
}

const fn of_storage(
    name: &'static str,
    ty: &'static str,
    of: &'static str,
    setter: &'static str,
) -> NodeField {
    NodeField { name, ty, file: "storage/request.rs", of, setter }
}

const SIGNAL: &str = "Stops the call. Its promise then rejects with the signal's own `reason`, once nothing of the call \
    runs any more; if the call had succeeded before it could be stopped, it resolves. A reason that is an object gets a \
    property `dropoff` with what became of the call (the {@link DropoffError}, whose `outcome`, `transferId` and \
    `profileId` tell), unless it has one, as after the first of several calls with one signal. If the signal was \
    aborted before the call, nothing is started and nothing is added.";

/// In the order of the declarations.
pub const NODE_ARGUMENTS: &[NodeArguments] = &[
    NodeArguments {
        name: "HCompanyOptions",
        extends: "Options",
        about: "How to make an {@link HCompany}.",
        of: "hcompany_settings",
        fields: &["api_key", "region", "base_url"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "AgentDropOptions",
        extends: "Options",
        about: "How to make an {@link AgentDrop}.",
        of: "agentdrop_settings",
        fields: &["api_key", "base_url"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "CallArguments",
        extends: "",
        about: "The arguments of every call.",
        of: "transfer",
        fields: &[],
        more: &[],
        own: &[("signal?", "AbortSignal | null | undefined", SIGNAL)],
    },
    NodeArguments {
        name: "UploadArguments",
        extends: "CallArguments",
        about: "The arguments of every call that sends bytes.",
        of: "transfer",
        fields: &[],
        more: &[],
        own: &[(
            "onProgress?",
            "OnProgress | null | undefined",
            "Called while a folder is packed and while bytes are sent.",
        )],
    },
    NodeArguments {
        name: "BoundedArguments",
        extends: "UploadArguments",
        about: "The arguments of every call that can be bounded.",
        of: "transfer",
        fields: &["timeout"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "ProfileDetails",
        extends: "",
        about: "The name of a profile, and what belongs to it.",
        of: "profile_upload",
        fields: &["name", "browser_name", "browser_version", "description", "labels"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "Pack",
        extends: "",
        about: "How a browser's folder is packed. The defaults are right for a folder whose browser is closed.",
        of: "pack",
        fields: &["level", "profile", "include", "exclude", "if_running", "prefix"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "UploadProfileArguments",
        extends: "ProfileDetails, BoundedArguments",
        about: "Arguments of {@link HCompany.uploadProfile}.",
        of: "profile_upload",
        fields: &["pack", "if_changed_from"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "UploadArchiveArguments",
        extends: "UploadArguments",
        about: "Arguments of {@link HCompany.upload}.",
        of: "profile_upload",
        fields: &["pack"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "InspectProfileArguments",
        extends: "CallArguments",
        about: "Arguments of {@link inspectProfile}.",
        of: "profile_upload",
        fields: &[],
        more: &[],
        own: &[(
            "pack?",
            "Pack | null | undefined",
            "How it would be packed. `ifRunning` and `prefix` make no difference.",
        )],
    },
    NodeArguments {
        name: "CompleteUploadArguments",
        extends: "ProfileDetails, CallArguments",
        about: "Arguments of {@link HCompany.completeUpload}.",
        of: "profile_details",
        fields: &["uploaded"],
        more: &[],
        own: &[
            ("browserName", "string", "The browser it belongs to; there is no folder here to tell it."),
            ("browserVersion", "string", "That browser's version."),
        ],
    },
    NodeArguments {
        name: "PresignArguments",
        extends: "BoundedArguments",
        about: "Arguments of {@link AgentDrop.presign}.",
        of: "transfer",
        fields: &[
            "sender",
            "recipient",
            "mode",
            "expires_in",
            "max_downloads",
            "message",
            "metadata",
            "auto_delete",
            "recipient_account",
            "encrypt",
            "multipart",
        ],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "SendArguments",
        extends: "PresignArguments",
        about: "Arguments of {@link AgentDrop.send} and {@link AgentDrop.plan}.",
        of: "transfer",
        fields: &["journal"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "EncryptionArguments",
        extends: "",
        about: "Arguments of {@link Encryption}.",
        of: "encryption",
        fields: &["recipient_public_key", "algorithm"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "OpenSealedArguments",
        extends: "CallArguments",
        about: "Arguments of {@link openSealed}. The texts are those of the transfer's download reply, `null` included: \
            files sent through presigned URLs have an `encryptedKey`; the official SDK seals small files with a key \
            that follows from a salt, and files for a person with one that tells no sender.",
        of: "sealed_file",
        fields: &["sender_public_key", "encrypted_key", "encryption_iv", "encryption_salt"],
        more: &[],
        own: &[
            (
                "to",
                "string | URL",
                "Where the opened file goes: a path where nothing is yet. A leading `~/` is the home folder; a relative \
                 path is of the moment of the call.",
            ),
            ("keyPair", "KeyPair", "The recipient's key pair."),
            ("onProgress?", "OnProgress | null | undefined", "Called while the file is opened."),
        ],
    },
    NodeArguments {
        name: "PutArguments",
        extends: "BoundedArguments",
        about: "Arguments of {@link Storage.put}.",
        of: "put_request",
        fields: &["headers", "journal"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "PostFormArguments",
        extends: "BoundedArguments",
        about: "Arguments of {@link Storage.postForm}.",
        of: "post_form_request",
        fields: &["file_name", "file_field"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "PutPartsArguments",
        extends: "BoundedArguments",
        about: "Arguments of {@link Storage.putParts}.",
        of: "put_parts_request",
        fields: &["part_size", "headers", "part_sizes", "part_headers"],
        more: &[],
        own: &[],
    },
    NodeArguments {
        name: "PostArguments",
        extends: "BoundedArguments",
        about: "Arguments of {@link Storage.post}.",
        of: "put_request",
        fields: &[],
        more: &[of_storage("headers?", "Pairs | null | undefined", "PostRequest", "header")],
        own: &[],
    },
    NodeArguments {
        name: "SendPlanArguments",
        extends: "BoundedArguments",
        about: "Arguments of {@link Storage.send}.",
        of: "send_request",
        fields: &["allow_authorization"],
        more: &[],
        own: &[],
    },
];

/// What is Node's own about a field, after the core's sentences.
pub const NODE_MORE: &[(&str, &str, &str)] = &[
    (
        "transfer",
        "metadata",
        " It is told as `JSON.stringify` tells it; numbers that are not finite, functions, symbols, maps and sets are \
         refused.",
    ),
    ("file", "content_type", " A `Blob` brings its own."),
];
