"""Hands an agent's files to presigned object storage.

Three clients, safe to share between threads: :class:`HCompany` uploads browser profiles,
:class:`AgentDrop` sends transfers, and :class:`Storage` uploads to presigned targets that another
program asked for. Calls wait; each has a ``start_…`` twin that returns a :class:`Job`.
Every error is a :class:`DropoffError`.
"""

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
    UnknownOutcomeError,
    UnsafeTargetError,
)
from ._native import (
    AgentDrop,
    Confirmed,
    File,
    HCompany,
    Job,
    PackReport,
    Profile,
    ProfileTicket,
    Progress,
    SentFile,
    SentTransfer,
    Storage,
    StoredObject,
    TransferInfo,
    TransferTicket,
    __version__,
)
from ._waiting import add_waiting_forms as _add_waiting_forms

for _client in (HCompany, AgentDrop, Storage):
    _add_waiting_forms(_client)
del _client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._options import Options
else:

    def __getattr__(name):
        # The name is for type checkers, and `typing` costs more to import than all the rest.
        if name == "Options":
            from ._options import Options

            return Options
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "AgentDrop",
    "AuthenticationError",
    "BrowserRunningError",
    "CancelledError",
    "Confirmed",
    "ConflictError",
    "DiskFullError",
    "DropoffError",
    "EncryptionError",
    "ExpiredError",
    "File",
    "HCompany",
    "IntegrityError",
    "InternalError",
    "InvalidInputError",
    "Job",
    "NetworkError",
    "NotFoundError",
    "Options",
    "PackReport",
    "PermissionDeniedError",
    "Profile",
    "ProfileTicket",
    "Progress",
    "RateLimitedError",
    "RejectedError",
    "SentFile",
    "SentTransfer",
    "SourceChangedError",
    "SourceNotFoundError",
    "SourceUnreadableError",
    "Storage",
    "StorageRefusedError",
    "StoredObject",
    "TlsError",
    "TooLargeError",
    "TransferInfo",
    "TransferTicket",
    "TransferTimeoutError",
    "UnavailableError",
    "UnknownOutcomeError",
    "UnsafeTargetError",
    "__version__",
]
