"""Hands an agent's files to presigned object storage.

Three clients, safe to share between threads: :class:`HCompany` uploads browser profiles,
:class:`AgentDrop` sends transfers, and :class:`Storage` uploads to presigned targets that another
program asked for. Calls wait; each has a ``start_…`` twin that returns a :class:`Job`.
:class:`AsyncHCompany`, :class:`AsyncAgentDrop` and :class:`AsyncStorage` are the same for asyncio, their
calls coroutines; a job can be awaited too. A :class:`Pack` says how a browser's folder is packed, and
:func:`inspect_profile` (for asyncio :func:`async_inspect_profile`) looks at one before. :class:`Encryption`
seals a transfer's files with a :class:`KeyPair`, and :func:`open_sealed` (:func:`async_open_sealed`) opens
one. Every error is a :class:`DropoffError`. Logs go to the logger ``dropoff`` of :mod:`logging`.
"""

try:
    from . import _native
except ImportError as _cause:
    from ._load_error import load_error as _load_error

    raise _load_error(_cause) from _cause
from . import _threads as _threads  # at the first call, a fork or the program's end could come in the middle
from ._errors import (
    AuthenticationError,
    BrowserRunningError,
    CancelledError,
    ConflictError,
    DiskFullError,
    DropoffError,
    EncryptionError,
    ExpiredError,
    IntegrityError,
    InternalError,
    InvalidInputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    RejectedError,
    SourceChangedError,
    SourceNotFoundError,
    SourceUnreadableError,
    StorageRefusedError,
    TlsError,
    TooLargeError,
    TransferTimeoutError,
    UnavailableError,
    UnknownOptionError,
    UnknownOutcomeError,
    UnsafeTargetError,
)
from ._inspecting import inspect_profile, start_inspect_profile
from ._native import (
    AgentDrop,
    CategorySize,
    Confirmed,
    CookieKeys,
    Encryption,
    File,
    FileSize,
    HCompany,
    Job,
    KeyPair,
    LeftOut,
    OpenedFile,
    Pack,
    PackReport,
    PlannedFile,
    Profile,
    ProfileInspection,
    ProfileTicket,
    Progress,
    SentFile,
    SentTransfer,
    Storage,
    StorageReply,
    StoredObject,
    StoredPart,
    StoredParts,
    TransferInfo,
    TransferPlan,
    TransferTicket,
    __version__,
)
from ._sealed import open_sealed, start_open_sealed
from ._waiting import add_forms_of_waiting as _add_forms_of_waiting
from ._waiting import add_waiting_forms as _add_waiting_forms
from ._waiting import describe_class as _describe_class
from ._waiting import resolve_later as _resolve_later

for _client in (HCompany, AgentDrop, Storage):
    _add_waiting_forms(_client)
del _client
_add_forms_of_waiting(Job)
for _compiled in vars(_native).values():
    if isinstance(_compiled, type) and _compiled.__module__ == "dropoff":
        _describe_class(_compiled)
del _compiled
_resolve_later(DropoffError)
_resolve_later(DropoffError.to_dict)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._async import (
        AsyncAgentDrop,
        AsyncHCompany,
        AsyncStorage,
        async_inspect_profile,
        async_open_sealed,
    )
    from ._kinds import ErrorKind
    from ._native import _AsyncFile as AsyncFileLike
    from ._native import _AsyncSource as AsyncSource
    from ._native import _File as FileLike
    from ._native import _Source as Source
    from ._options import Options
    from ._progress_bar import progress_bar
else:
    # Imported when they are asked for. asyncio costs more than all the rest together, and so does
    # `typing`, which the options need only for type checkers.
    _LATER = {
        "AsyncAgentDrop": "_async",
        "AsyncHCompany": "_async",
        "AsyncStorage": "_async",
        "async_inspect_profile": "_async",
        "async_open_sealed": "_async",
        "Options": "_options",
        "AsyncFileLike": "_annotations",
        "AsyncSource": "_annotations",
        "ErrorKind": "_kinds",
        "FileLike": "_annotations",
        "Source": "_annotations",
        "progress_bar": "_progress_bar",
    }

    def __getattr__(name):
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f".{_LATER[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *_LATER})


__all__ = [
    "AgentDrop",
    "AsyncAgentDrop",
    "AsyncFileLike",
    "AsyncHCompany",
    "AsyncSource",
    "AsyncStorage",
    "AuthenticationError",
    "BrowserRunningError",
    "CancelledError",
    "Confirmed",
    "ConflictError",
    "CookieKeys",
    "DiskFullError",
    "DropoffError",
    "Encryption",
    "EncryptionError",
    "ErrorKind",
    "ExpiredError",
    "File",
    "FileLike",
    "FileSize",
    "HCompany",
    "IntegrityError",
    "InternalError",
    "InvalidInputError",
    "Job",
    "KeyPair",
    "LeftOut",
    "NetworkError",
    "NotFoundError",
    "OpenedFile",
    "Options",
    "Pack",
    "PackReport",
    "PermissionDeniedError",
    "PlannedFile",
    "Profile",
    "ProfileInspection",
    "ProfileTicket",
    "Progress",
    "RateLimitedError",
    "RejectedError",
    "SentFile",
    "SentTransfer",
    "CategorySize",
    "Source",
    "SourceChangedError",
    "SourceNotFoundError",
    "SourceUnreadableError",
    "Storage",
    "StorageRefusedError",
    "StorageReply",
    "StoredObject",
    "StoredPart",
    "StoredParts",
    "TlsError",
    "TooLargeError",
    "TransferInfo",
    "TransferPlan",
    "TransferTicket",
    "TransferTimeoutError",
    "UnavailableError",
    "UnknownOptionError",
    "UnknownOutcomeError",
    "UnsafeTargetError",
    "__version__",
    "async_inspect_profile",
    "async_open_sealed",
    "inspect_profile",
    "open_sealed",
    "progress_bar",
    "start_inspect_profile",
    "start_open_sealed",
]
