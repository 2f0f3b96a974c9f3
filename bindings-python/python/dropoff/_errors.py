"""The exceptions of dropoff: one base, and a child for everything a caller can do about it.

Where Python already has a name for the trouble, the child is that exception too. Only *local*
trouble is: a service that answers 403 or 404 raises neither ``builtins.PermissionError`` nor
``FileNotFoundError``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, ClassVar, Literal

    from ._kinds import ErrorKind


class DropoffError(Exception):
    """What went wrong, as facts a program can act on. ``str()`` gives the message."""

    # <generated facts> by `make generate`, from the core's sources
    kind: ClassVar[ErrorKind] = "internal"
    """The stable name of the caller's remedy, such as ``rate_limited``."""
    code: ClassVar[int] = 24
    """The stable number of the kind, the same in all languages; never 0."""
    message: str
    """One line of plain English that ends with what to do. It holds no secret."""
    operation: str | None
    """The step that failed, such as ``put`` or ``complete_upload``."""
    side: Literal["caller", "network", "service", "storage"]
    """Whose side the trouble is on. ``caller``: this program or its files. ``network``: between here and
    there. ``service``: the service that handed out the ticket. ``storage``: object storage."""
    retryable: bool
    """Whether making the same call again now is safe and useful."""
    retry_after: float | None
    """How long the service asked to be left alone. In seconds."""
    http_status: int | None
    """The HTTP status, when there was a reply."""
    service_code: str | None
    """The service's or storage's own code, such as ``FILES_MISSING`` or ``AccessDenied``."""
    request_id: str | None
    """The id the service or storage logged the request under."""
    details: list[dict[str, str]]
    """The fields the service complained about, each with ``field`` and ``message``."""
    outcome: Literal["completed", "not_completed", "unknown"]
    """Whether what was asked for happened all the same. ``completed``: it happened: the profile is
    registered, the transfer is active, storage has what a raw upload or a step sent. ``not_completed``:
    it did not happen. Calling again cannot do it twice. ``unknown``: a reply was lost and asking did
    not settle it."""
    cause: str | None
    """A lower layer's words."""
    cleanup: Literal["none", "done", "failed"]
    """The fate of the parts that a failed call left with the service. ``none``: nothing was left to clean
    up, a journal keeps it, or the service removes it by itself. ``done``: the remains were removed.
    ``failed``: removing the remains failed too."""
    resource: dict[str, str] | None
    """The resource that the service reserved before the failure: its ``kind``, such as ``transfer``, and
    its ``id``."""
    transfer_id: str | None
    """The transfer that was reserved before the failure."""
    profile_id: str | None
    """The profile that was reserved before the failure."""
    path: str | None
    """The local file the error is about."""
    errno: int | None
    """The operating system's error number for a local file, or for what it had no room for."""
    journal: str | None
    """The journal from which the same call goes on where this one stopped."""
    etag: str | None
    """Storage's ETag, without quotes, of what it holds or of what was in the way; ``outcome`` says which."""
    # </generated facts>

    # <generated constructor> by `make generate`, from the core's sources
    def __init__(
        self,
        message: str,
        *,
        operation: str | None = None,
        side: Literal["caller", "network", "service", "storage"] = "caller",
        retryable: bool = False,
        retry_after: float | None = None,
        http_status: int | None = None,
        service_code: str | None = None,
        request_id: str | None = None,
        details: Sequence[Mapping[str, str]] = (),
        outcome: Literal["completed", "not_completed", "unknown"] = "not_completed",
        cause: str | None = None,
        cleanup: Literal["none", "done", "failed"] = "none",
        resource: Mapping[str, str] | None = None,
        transfer_id: str | None = None,
        profile_id: str | None = None,
        path: str | None = None,
        errno: int | None = None,
        journal: str | None = None,
        etag: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.side = side
        self.retryable = retryable
        self.retry_after = retry_after
        self.http_status = http_status
        self.service_code = service_code
        self.request_id = request_id
        self.details = [dict(detail) for detail in details]
        self.outcome = outcome
        self.cause = cause
        self.cleanup = cleanup
        self.resource = None if resource is None else dict(resource)
        self.transfer_id = transfer_id
        self.profile_id = profile_id
        self.path = path
        self.errno = errno
        self.journal = journal
        self.etag = etag
        if isinstance(self, OSError):
            _tell_as_os_error(self, path, message)

    def _facts(self) -> dict[str, Any]:
        return {
            "message": self.message,
            "operation": self.operation,
            "side": self.side,
            "retryable": self.retryable,
            "retry_after": self.retry_after,
            "http_status": self.http_status,
            "service_code": self.service_code,
            "request_id": self.request_id,
            "details": [dict(detail) for detail in self.details],
            "outcome": self.outcome,
            "cause": self.cause,
            "cleanup": self.cleanup,
            "resource": None if self.resource is None else dict(self.resource),
            "transfer_id": self.transfer_id,
            "profile_id": self.profile_id,
            "path": self.path,
            "errno": self.errno,
            "journal": self.journal,
            "etag": self.etag,
        }

    # </generated constructor>

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """Every fact, fit for JSON and for an agent's tool result."""
        return {"kind": self.kind, "code": self.code} | self._facts()

    # Exceptions are copied by calling the class with `args`, which would lose every fact.
    def __reduce__(self) -> tuple[Any, ...]:
        state = self.__dict__.copy()
        if isinstance(self, OSError):
            # Of the built-in class's own, not all follow from the facts.
            state["strerror"] = self.strerror
            if sys.platform == "win32":
                state["winerror"] = self.winerror
        return _restore, (type(self), self._facts()), state


def _tell_as_os_error(error: OSError, path: str | None, message: str) -> None:
    error.filename = path
    error.strerror = message if error.errno is None else os.strerror(error.errno)


def _restore(cls: type[DropoffError], facts: dict[str, Any]) -> DropoffError:
    return cls(**facts)


# <generated classes> by `make generate`, from the core's sources
class InvalidInputError(DropoffError, ValueError):
    """An argument or option is wrong. Nothing was sent. Correct the call."""

    kind, code = "invalid_input", 1


class AuthenticationError(DropoffError):
    """No API key, or the service does not accept it."""

    kind, code = "authentication", 2


class PermissionDeniedError(DropoffError):
    """The key is good but may not do this. Not the built-in of that name, which is about files."""

    kind, code = "permission", 3


class NotFoundError(DropoffError):
    """The service does not know the thing named, or hides it from this key."""

    kind, code = "not_found", 4


class ConflictError(DropoffError):
    """The request contradicts the state the service holds."""

    kind, code = "conflict", 5


class RejectedError(DropoffError):
    """The service understood and refused the request; ``details`` names the fields."""

    kind, code = "rejected", 6


class TooLargeError(DropoffError):
    """More bytes than the ticket, the plan or the service allows."""

    kind, code = "too_large", 7


class RateLimitedError(DropoffError):
    """Too many requests; ``retry_after`` says when to call again."""

    kind, code = "rate_limited", 8


class ExpiredError(DropoffError):
    """The presigned ticket ran out."""

    kind, code = "expired", 9


class StorageRefusedError(DropoffError):
    """Object storage refused the bytes; ``service_code`` is storage's own code."""

    kind, code = "storage_refused", 10


class UnavailableError(DropoffError):
    """The service or storage is failing or overloaded; or this machine has no more threads or descriptors,
    and then ``side`` is the caller's."""

    kind, code = "unavailable", 11


class NetworkError(DropoffError, ConnectionError):
    """The connection could not be made, or broke."""

    kind, code = "network", 12


class TransferTimeoutError(DropoffError, TimeoutError):
    """A time limit of the call or of an option passed. The call is over."""

    kind, code = "timeout", 13


class TlsError(DropoffError):
    """The peer's certificate or TLS handshake was not acceptable."""

    kind, code = "tls", 14


class SourceUnreadableError(DropoffError, OSError):
    """A local file or stream could not be read. The exception of a stream is the ``__cause__``."""

    kind, code = "source_unreadable", 15


class SourceChangedError(DropoffError, OSError):
    """A local file changed while it was being sent."""

    kind, code = "source_changed", 16


class IntegrityError(DropoffError):
    """Storage or the service holds other bytes than were sent."""

    kind, code = "integrity", 17


class EncryptionError(DropoffError):
    """Sealing was asked for and is not possible."""

    kind, code = "encryption", 18


class UnsafeTargetError(DropoffError):
    """The target's address or headers are not ones bytes may be sent to."""

    kind, code = "unsafe_target", 19


class BrowserRunningError(DropoffError):
    """The browser that owns the profile folder is running."""

    kind, code = "browser_running", 20


class DiskFullError(DropoffError, OSError):
    """The temporary folder is full."""

    kind, code = "disk_full", 21


class CancelledError(DropoffError):
    """The caller cancelled."""

    kind, code = "cancelled", 22


class UnknownOutcomeError(DropoffError):
    """A reply was lost and asking the service did not settle what happened."""

    kind, code = "unknown_outcome", 23


class InternalError(DropoffError):
    """A defect in dropoff."""

    kind, code = "internal", 24


# </generated classes>


class UnknownOptionError(InvalidInputError, TypeError):
    """A keyword argument that no client has, which Python itself would call a ``TypeError``."""


class SourceNotFoundError(SourceUnreadableError, FileNotFoundError):
    """There is no file at the path given."""


BY_KIND = {cls.kind: cls for cls in DropoffError.__subclasses__()}

# Tracebacks name a class where users import it from.
for _cls in (DropoffError, SourceNotFoundError, UnknownOptionError, *BY_KIND.values()):
    _cls.__module__ = "dropoff"
del _cls
