//! The parts of each face, in their order: names and kinds, and not one sentence that the core has. It knows
//! the core's types by name.

use dropoff::OPTIONS;

/// Types whose members are functions in C.
pub const CLIENTS: [&str; 3] = ["HCompany", "AgentDrop", "Storage"];

/// Functions that sentences name beside those of the clients.
pub const METHODS: [&str; 1] = ["Encryption::presealed"];

/// Variants that sentences name, their enumerators in C, and their texts elsewhere.
pub const ENUMERATORS: [(&str, &str, &str); 2] = [
    ("Level::Default", "DROPOFF_LEVEL_DEFAULT", "default"),
    ("IfRunning::Refuse", "DROPOFF_IF_RUNNING_ERROR", "error"),
];

/// The text of a variant that a sentence names.
pub fn value_of(variant: &str) -> Option<&'static str> {
    ENUMERATORS.iter().find(|(name, ..)| *name == variant).map(|(.., value)| *value)
}

/// Facts of an error that sentences name, and how C asks for them.
pub const ERROR_FACTS: [(&str, &str); 5] = [
    ("retry_after", "dropoff_error_retry_after_ms"),
    ("service_code", "dropoff_error_service_code"),
    ("details", "dropoff_error_details_field"),
    ("side", "dropoff_error_side"),
    ("outcome", "dropoff_error_outcome"),
];

/// A result type of the core.
pub struct RecordFace {
    pub name: &'static str,
    /// Below `core/src/`.
    pub file: &'static str,
    /// Whether a call results in it; otherwise it is a part of one that does.
    pub is_result: bool,
    /// The name in C, without `dropoff_`, of a list of them that a call results in.
    pub list: Option<&'static str>,
}

/// How a field of a request is given in C, and what becomes of it.
pub enum Kind {
    Text,
    /// One that has no default.
    NeededText,
    NeededPath,
    Path,
    /// 0 is "not given".
    Number,
    /// A length of time; 0 is "not given".
    Time,
    Flag,
    /// A truth value that may be left open.
    Choice,
    /// The text of a JSON object.
    Json,
    /// Names and values, each for one call of a setter.
    Pairs,
    /// The same for a constructor.
    NeededPairs,
    /// Names and values of each thing of a list.
    PairLists,
    Numbers,
    Texts,
    NeededTexts,
    /// Two fields: a path, or a source.
    Source,
    Structs(&'static str),
    Struct(&'static str),
    /// Boxed for C alone: see the constructor.
    KeyPair,
    Enum(&'static str),
    /// Three fields: the callback, its data and their finalizer.
    Progress,
    Options,
}

/// A field of a request.
pub struct RequestField {
    /// The name in C, without the unit.
    pub name: &'static str,
    pub kind: Kind,
    /// Where its sentences are: a setter of the core's type, or an argument of its constructor.
    pub docs: Docs,
}

pub enum Docs {
    /// A setter by the field's name.
    Setter,
    /// A setter by another name, or of another type.
    SetterOf { file: &'static str, of: &'static str, name: &'static str },
    /// An argument of a constructor.
    Argument { file: &'static str, of: &'static str, name: &'static str },
    /// What is C's own.
    Own(&'static str),
}

/// A request type of the core, as a struct that C fills.
pub struct RequestFace {
    /// The name in C, without `dropoff_`.
    pub name: &'static str,
    /// The core's type, and its file below `core/src/`.
    pub core: &'static str,
    pub file: &'static str,
    /// How the core's value begins, in Rust; `{name}` stands for a field that has no setter.
    pub begin: &'static str,
    pub fields: &'static [RequestField],
    /// What is C's own about it.
    pub more: &'static str,
    /// The last field in C of version 0.1: those after it were added.
    pub last_of_0_1: &'static str,
}

/// An enum of the core that C chooses from.
pub struct EnumFace {
    pub name: &'static str,
    pub file: &'static str,
    /// The enumerators in C, in the order of the variants.
    pub enumerators: &'static [&'static str],
}

/// A section of the header.
pub struct Section {
    pub name: &'static str,
    /// For one that has no module of its own, which would have it.
    pub heading: &'static str,
    /// Whether `bindings-c/src/` has a module of that name.
    pub has_module: bool,
    pub enums: &'static [EnumFace],
    pub records: &'static [RecordFace],
    pub requests: &'static [RequestFace],
    /// Whether the struct of options is here.
    pub has_options: bool,
    /// A module that the core's sources make in a way of its own.
    pub special: Option<Special>,
}

/// A generated module that is neither requests nor results.
#[derive(Clone, Copy)]
pub enum Special {
    Status,
    ErrorFacts,
    Progress,
}

const fn own(name: &'static str) -> Section {
    Section {
        name,
        heading: "",
        has_module: true,
        enums: &[],
        records: &[],
        requests: &[],
        has_options: false,
        special: None,
    }
}

const fn result(name: &'static str, file: &'static str) -> RecordFace {
    RecordFace { name, file, is_result: true, list: None }
}

const fn part(name: &'static str, file: &'static str) -> RecordFace {
    RecordFace { name, file, is_result: false, list: None }
}

const fn field(name: &'static str, kind: Kind) -> RequestField {
    RequestField { name, kind, docs: Docs::Setter }
}

const fn own_field(name: &'static str, kind: Kind, docs: &'static str) -> RequestField {
    RequestField { name, kind, docs: Docs::Own(docs) }
}

const fn argument(name: &'static str, kind: Kind, file: &'static str, of: &'static str) -> RequestField {
    RequestField { name, kind, docs: Docs::Argument { file, of, name } }
}

const PROGRESS: RequestField = own_field("on_progress", Kind::Progress, "");
const TIMEOUT: RequestField = field("timeout", Kind::Time);

const STORAGE: &str = "storage/request.rs";
const AGENTDROP: &str = "agentdrop/request.rs";
const HCOMPANY: &str = "hcompany/request.rs";

const fn detail(name: &'static str, kind: Kind) -> RequestField {
    RequestField { name, kind, docs: Docs::SetterOf { file: HCOMPANY, of: "ProfileDetails", name } }
}

const NAME: RequestField = argument("name", Kind::NeededText, HCOMPANY, "ProfileDetails");
const LABELS: RequestField = RequestField {
    name: "labels",
    kind: Kind::Pairs,
    docs: Docs::SetterOf { file: HCOMPANY, of: "ProfileDetails", name: "label" },
};

/// The header from its beginning to its end. C wants a type before its first use.
pub const SECTIONS: &[Section] = &[
    Section { special: Some(Special::Status), ..own("error") },
    Section {
        heading: "Errors: the facts\n\nText and paths live as long as the error. NULL is an error without facts.",
        has_module: false,
        special: Some(Special::ErrorFacts),
        ..own("error_facts")
    },
    own("callback"),
    own("caller_struct"),
    Section { has_options: true, ..own("options") },
    own("source"),
    Section { special: Some(Special::Progress), ..own("progress") },
    own("job"),
    own("log"),
    Section {
        heading: "Stored objects\n\nWhat storage has after an upload.",
        has_module: false,
        records: &[
            part("StoredPart", "storage/result.rs"),
            part("StorageReply", "storage/result.rs"),
            result("StoredObject", "storage/result.rs"),
        ],
        ..own("stored_object")
    },
    Section {
        heading: "H Company: what to upload",
        has_module: false,
        enums: &[
            EnumFace {
                name: "Level",
                file: "profile/pack_options.rs",
                enumerators: &["DROPOFF_LEVEL_DEFAULT", "DROPOFF_LEVEL_MINIMAL", "DROPOFF_LEVEL_FULL"],
            },
            EnumFace {
                name: "IfRunning",
                file: "profile/pack_options.rs",
                enumerators: &[
                    "DROPOFF_IF_RUNNING_ERROR",
                    "DROPOFF_IF_RUNNING_SNAPSHOT",
                    "DROPOFF_IF_RUNNING_FORCE",
                ],
            },
        ],
        requests: &[
            RequestFace {
                name: "pack",
                core: "Pack",
                file: "profile/pack_options.rs",
                begin: "dropoff::Pack::new()",
                fields: &[
                    field("level", Kind::Enum("Level")),
                    field("profile", Kind::Text),
                    field("include", Kind::Texts),
                    field("exclude", Kind::Texts),
                    field("if_running", Kind::Enum("IfRunning")),
                    field("prefix", Kind::Text),
                ],
                more: "",
                last_of_0_1: "prefix",
            },
            RequestFace {
                name: "profile_upload",
                core: "ProfileUpload",
                file: HCOMPANY,
                begin: "dropoff::ProfileUpload::new({source}, details)",
                fields: &[
                    argument("source", Kind::Source, HCOMPANY, "ProfileUpload"),
                    NAME,
                    detail("browser_name", Kind::Text),
                    detail("browser_version", Kind::Text),
                    detail("description", Kind::Text),
                    LABELS,
                    field("pack", Kind::Struct("pack")),
                    field("if_changed_from", Kind::Text),
                    TIMEOUT,
                    PROGRESS,
                ],
                more: "",
                last_of_0_1: "finalizer",
            },
            RequestFace {
                name: "profile_details",
                core: "ProfileDetails",
                file: HCOMPANY,
                begin: "dropoff::ProfileDetails::new({name})",
                fields: &[
                    NAME,
                    own_field(
                        "browser_name",
                        Kind::NeededText,
                        "The browser it belongs to, such as \"chromium\".",
                    ),
                    own_field(
                        "browser_version",
                        Kind::NeededText,
                        "That browser's version, such as \"131\".",
                    ),
                    detail("description", Kind::Text),
                    LABELS,
                    field("uploaded", Kind::Struct("stored_object")),
                ],
                more: "",
                last_of_0_1: "uploaded",
            },
        ],
        ..own("profile_upload")
    },
    Section {
        heading: "H Company: profiles",
        has_module: false,
        records: &[part("PackReport", "profile/packing/report.rs"), result("Profile", "hcompany/profile.rs")],
        ..own("profile")
    },
    own("profile_ticket"),
    Section {
        requests: &[RequestFace {
            name: "hcompany_settings",
            core: "HCompanyBuilder",
            file: "hcompany/client.rs",
            begin: "dropoff::HCompany::builder()",
            fields: &[
                field("api_key", Kind::Text),
                field("region", Kind::Text),
                field("base_url", Kind::Text),
                field("options", Kind::Options),
            ],
            more: "",
            last_of_0_1: "options",
        }],
        ..own("hcompany")
    },
    Section {
        records: &[
            part("CategorySize", "profile/inspection/report.rs"),
            part("FileSize", "profile/inspection/report.rs"),
            part("LeftOut", "profile/inspection/report.rs"),
            part("CookieKeys", "profile/inspection/report.rs"),
            result("ProfileInspection", "profile/inspection/report.rs"),
        ],
        ..own("inspection")
    },
    own("key_pair"),
    Section {
        heading: "AgentDrop: what to send",
        has_module: false,
        requests: &[
            RequestFace {
                name: "encryption",
                core: "Encryption",
                file: "agentdrop/encryption.rs",
                begin: "{key_pair}",
                fields: &[
                    own_field("key_pair", Kind::KeyPair, "The sender's key pair."),
                    field("recipient_public_key", Kind::Text),
                    RequestField {
                        name: "encrypted_key",
                        kind: Kind::Text,
                        docs: Docs::SetterOf {
                            file: "agentdrop/encryption.rs",
                            of: "Encryption",
                            name: "presealed",
                        },
                    },
                    field("algorithm", Kind::Text),
                ],
                more: "Either key_pair is set or encrypted_key.",
                last_of_0_1: "algorithm",
            },
            RequestFace {
                name: "file",
                core: "File",
                file: AGENTDROP,
                begin: "dropoff::File::new({source})",
                fields: &[
                    own_field("source", Kind::Source, ""),
                    field("name", Kind::Text),
                    field("content_type", Kind::Text),
                    field("encryption_iv", Kind::Text),
                ],
                more: "",
                last_of_0_1: "encryption_iv",
            },
            RequestFace {
                name: "transfer",
                core: "Transfer",
                file: AGENTDROP,
                begin: "dropoff::Transfer::new({sender}, {recipient})",
                fields: &[
                    argument("sender", Kind::NeededText, AGENTDROP, "Transfer"),
                    argument("recipient", Kind::NeededText, AGENTDROP, "Transfer"),
                    RequestField {
                        name: "files",
                        kind: Kind::Structs("file"),
                        docs: Docs::SetterOf { file: AGENTDROP, of: "Transfer", name: "file" },
                    },
                    field("mode", Kind::Text),
                    field("expires_in", Kind::Text),
                    field("max_downloads", Kind::Number),
                    field("message", Kind::Text),
                    field("metadata", Kind::Json),
                    field("auto_delete", Kind::Flag),
                    field("recipient_account", Kind::Text),
                    field("encrypt", Kind::Struct("encryption")),
                    field("multipart", Kind::Choice),
                    field("journal", Kind::Path),
                    TIMEOUT,
                    PROGRESS,
                ],
                more: "",
                last_of_0_1: "finalizer",
            },
        ],
        ..own("transfer")
    },
    Section {
        heading: "AgentDrop: what came of it",
        has_module: false,
        records: &[
            RecordFace { list: Some("sent_files"), ..part("SentFile", "agentdrop/result.rs") },
            result("SentTransfer", "agentdrop/result.rs"),
            part("PlannedFile", "agentdrop/plan.rs"),
            result("TransferPlan", "agentdrop/plan.rs"),
            result("Confirmed", "agentdrop/result.rs"),
            result("TransferInfo", "agentdrop/wire.rs"),
        ],
        ..own("sent")
    },
    own("transfer_ticket"),
    Section {
        requests: &[RequestFace {
            name: "agentdrop_settings",
            core: "AgentDropBuilder",
            file: "agentdrop/client.rs",
            begin: "dropoff::AgentDrop::builder()",
            fields: &[
                field("api_key", Kind::Text),
                field("base_url", Kind::Text),
                field("options", Kind::Options),
            ],
            more: "",
            last_of_0_1: "options",
        }],
        ..own("agentdrop")
    },
    Section {
        records: &[result("OpenedFile", "agentdrop/open.rs")],
        requests: &[RequestFace {
            name: "sealed_file",
            core: "SealedFile",
            file: "agentdrop/open.rs",
            begin: "dropoff::SealedFile::new({path})",
            fields: &[
                argument("path", Kind::NeededPath, "agentdrop/open.rs", "SealedFile"),
                field("sender_public_key", Kind::Text),
                field("encrypted_key", Kind::Text),
                field("encryption_salt", Kind::Text),
                field("encryption_iv", Kind::Text),
            ],
            more: "",
            last_of_0_1: "encryption_iv",
        }],
        ..own("sealed_file")
    },
    Section {
        heading: "Raw storage: requests",
        has_module: false,
        requests: &[
            RequestFace {
                name: "put_request",
                core: "PutRequest",
                file: STORAGE,
                begin: "dropoff::PutRequest::new({url}, {source})",
                fields: &[
                    argument("url", Kind::NeededText, STORAGE, "PutRequest"),
                    own_field("source", Kind::Source, ""),
                    RequestField {
                        name: "headers",
                        kind: Kind::Pairs,
                        docs: Docs::SetterOf { file: STORAGE, of: "PutRequest", name: "header" },
                    },
                    field("journal", Kind::Path),
                    TIMEOUT,
                    PROGRESS,
                ],
                more: "",
                last_of_0_1: "finalizer",
            },
            RequestFace {
                name: "post_form_request",
                core: "PostFormRequest",
                file: STORAGE,
                begin: "dropoff::PostFormRequest::new({url}, {fields}, {source})",
                fields: &[
                    argument("url", Kind::NeededText, STORAGE, "PostFormRequest"),
                    argument("fields", Kind::NeededPairs, STORAGE, "PostFormRequest"),
                    own_field("source", Kind::Source, ""),
                    field("file_field", Kind::Text),
                    field("file_name", Kind::Text),
                    TIMEOUT,
                    PROGRESS,
                ],
                more: "",
                last_of_0_1: "finalizer",
            },
            RequestFace {
                name: "put_parts_request",
                core: "PutPartsRequest",
                file: STORAGE,
                begin: "dropoff::PutPartsRequest::new({urls}, {source})",
                fields: &[
                    argument("urls", Kind::NeededTexts, STORAGE, "PutPartsRequest"),
                    own_field("source", Kind::Source, ""),
                    RequestField {
                        name: "headers",
                        kind: Kind::Pairs,
                        docs: Docs::SetterOf { file: STORAGE, of: "PutPartsRequest", name: "header" },
                    },
                    field("part_headers", Kind::PairLists),
                    field("part_size", Kind::Number),
                    field("part_sizes", Kind::Numbers),
                    TIMEOUT,
                    PROGRESS,
                ],
                more: "",
                last_of_0_1: "finalizer",
            },
            RequestFace {
                name: "send_request",
                core: "SendRequest",
                file: STORAGE,
                begin: "dropoff::SendRequest::new({plan}, {source})",
                fields: &[
                    argument("plan", Kind::NeededText, STORAGE, "SendRequest"),
                    own_field("source", Kind::Source, ""),
                    field("allow_authorization", Kind::Flag),
                    TIMEOUT,
                    PROGRESS,
                ],
                more: "",
                last_of_0_1: "finalizer",
            },
        ],
        ..own("storage_requests")
    },
    Section {
        heading: "Raw storage: stored parts",
        has_module: false,
        records: &[result("StoredParts", "storage/result.rs")],
        ..own("stored_parts")
    },
    own("storage"),
    own("library"),
];

/// A class of Python's for a kind of error, where its name, its bases or its sentences are not those of the
/// core alone.
pub struct PythonError {
    pub kind: &'static str,
    pub class: &'static str,
    /// The exception of Python's own that it is, too.
    pub also: &'static str,
    pub more: &'static str,
}

const fn python_error(
    kind: &'static str,
    class: &'static str,
    also: &'static str,
    more: &'static str,
) -> PythonError {
    PythonError { kind, class, also, more }
}

pub const PYTHON_ERRORS: &[PythonError] = &[
    python_error("InvalidInput", "InvalidInputError", "ValueError", ""),
    python_error(
        "Permission",
        "PermissionDeniedError",
        "",
        "Not the built-in of that name, which is about files.",
    ),
    python_error("Network", "NetworkError", "ConnectionError", ""),
    python_error("Timeout", "TransferTimeoutError", "TimeoutError", ""),
    python_error(
        "SourceUnreadable",
        "SourceUnreadableError",
        "OSError",
        "The exception of a stream is the `__cause__`.",
    ),
    python_error("SourceChanged", "SourceChangedError", "OSError", ""),
    python_error("DiskFull", "DiskFullError", "OSError", ""),
];

/// The fields of `dropoff_progress` after its size, by their names in the core, and what is C's own about
/// them; later ones stand at the end.
pub const C_PROGRESS: &[(&str, &str)] = &[
    ("bytes_done", ""),
    ("bytes_total", ""),
    ("elapsed", ""),
    ("phase", ""),
    ("files_done", ""),
    ("files_total", ""),
    ("retries", ""),
    ("ticket_left", ""),
    ("time_needed", ""),
    ("warning", ""),
    ("active_for", " bytes_done divided by it is the rate."),
];

/// Calls of Python whose arguments are those of a request: class, call, and the request by its name in C.
pub const PYTHON_CALLS: &[(&str, &str, &str)] = &[
    ("File", "__new__", "file"),
    ("Encryption", "__new__", "encryption"),
    ("Encryption", "presealed", "encryption"),
    ("Pack", "__new__", "pack"),
    ("HCompany", "__new__", "hcompany_settings"),
    ("HCompany", "upload_profile", "profile_upload"),
    ("HCompany", "complete_upload", "profile_details"),
    ("AgentDrop", "__new__", "agentdrop_settings"),
    ("AgentDrop", "send", "transfer"),
    ("Storage", "put", "put_request"),
    ("Storage", "post_form", "post_form_request"),
    ("Storage", "put_parts", "put_parts_request"),
    ("Storage", "post", "put_request"),
    ("Storage", "send", "send_request"),
    ("", "open_sealed", "sealed_file"),
];

/// Classes of Python whose help is that of the stubs, with their files below `bindings-python/src/`.
pub const PYTHON_CLASSES: &[(&str, &str)] = &[
    ("hcompany.rs", "HCompany"),
    ("agentdrop.rs", "AgentDrop"),
    ("storage.rs", "Storage"),
    ("progress.rs", "Progress"),
];

/// What is Python's own about an argument, after the core's sentences.
pub const PYTHON_MORE: &[(&str, &str, &str)] = &[
    ("transfer", "files", " Paths, `(name, source)` pairs or [`File`] objects."),
    ("file", "name", " A file object that was opened from a file brings its own."),
];

/// The texts of an enum's values, which are the last words of C's enumerators.
pub fn value_texts(face: &EnumFace) -> Vec<String> {
    let prefix = format!("DROPOFF_{}_", crate::docs::snake(face.name).to_uppercase());
    let text = |name: &&str| name.strip_prefix(&prefix).expect("an enumerator of it").to_lowercase();
    face.enumerators.iter().map(text).collect()
}

/// The last field in C of the options of version 0.1.
pub const LAST_OPTION_OF_0_1: &str = "trusted_storage_count";

/// Fields that are text in the core, and one of these.
pub const TEXTS_OF: &[(&str, &str, &[&str])] = &[
    ("ProfileInspection", "family", &["chrome", "firefox"]),
    ("CookieKeys", "system", &["linux", "macos", "windows", "unknown"]),
    ("SentTransfer", "recipient_key_source", &["caller", "service"]),
];

/// Where an enum of a result is, below `core/src/`.
pub fn enum_file(name: &str) -> &'static str {
    match name {
        "Consistency" => "profile/packing/report.rs",
        "LockState" => "profile/lock.rs",
        "Verdict" => "profile/inspection/report.rs",
        _ => panic!("where is the enum {name}?"),
    }
}

/// The name of a member in C, where it has another than in the core.
pub fn c_field<'a>(of: &str, member: &'a str) -> &'a str {
    match (of, member) {
        ("Encryption", "presealed") => "encrypted_key",
        _ => member,
    }
}

/// Whether a word is the name of an option or of a field, and no value.
pub fn is_name(word: &str) -> bool {
    let asked = |field: &RequestField| field.name == word;
    OPTIONS.iter().any(|option| option.name == word)
        || SECTIONS.iter().flat_map(|s| s.requests).any(|request| request.fields.iter().any(asked))
        || ERROR_FACTS.iter().any(|(fact, _)| *fact == word)
        || matches!(word, "unchanged" | "verified" | "set_bandwidth_limit" | "true" | "false")
}
