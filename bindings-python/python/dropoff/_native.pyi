# Lines of `:param` about arguments that the core describes are made by `make generate`; the rest is by hand.
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextvars import Context
from datetime import timedelta
from os import PathLike
from types import GenericAlias, TracebackType
from typing import Any, Generic, Literal, NoReturn, Protocol, Self, TypeAlias, TypeVar, final

from typing_extensions import Buffer, Unpack

from ._options import Options

__version__: str
_POLL_INTERVAL: float
_CANCEL_WAIT_LIMIT: float
_LOG_DRAIN_LIMIT: float

class _Readable(Protocol):
    def read(self, size: int, /) -> Buffer: ...

class _Chunks(Protocol):
    def __next__(self) -> Buffer: ...

class _AsyncReadable(Protocol):
    async def read(self, size: int, /) -> Buffer: ...

class _AsyncChunks(Protocol):
    def __aiter__(self) -> AsyncIterator[Buffer]: ...

_Source: TypeAlias = str | PathLike[str] | PathLike[bytes] | Buffer | _Readable | _Chunks
"""A path (a leading ``~/`` is the home folder), bytes in memory (``bytes`` are shared, anything else is
copied), a file object opened in binary mode, or an iterator of bytes. The last two are read from where
they stand to their end. If the call fails, a file object that can seek is set back to where it stood; the
error of a call that read one that cannot, or an iterator, is not ``retryable``. One that stands at the end
of something is refused."""
_AsyncSource: TypeAlias = _Source | _AsyncReadable | _AsyncChunks
"""Those, and for a call of an async client what is read in its loop: an async iterable of bytes, or a file
object whose ``read`` is a coroutine, such as those of ``aiofiles`` and the ``UploadFile`` of Starlette and
FastAPI."""
_Path: TypeAlias = str | PathLike[str] | PathLike[bytes]
"""A leading ``~/`` is the home folder."""
_File: TypeAlias = _Source | tuple[str, _Source] | File
_AsyncFile: TypeAlias = _AsyncSource | tuple[str, _AsyncSource] | File
_Pairs: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
_Seconds: TypeAlias = float | timedelta
_OnProgress: TypeAlias = Callable[[Progress], object]

_LogRecord: TypeAlias = tuple[int, str, int | None, int | None, Context | None]

_T_co = TypeVar("_T_co", covariant=True)

@final
class Job(Generic[_T_co]):
    """A call that was started and may still be running. May be used from any thread and any asyncio loop.

    Dropping it does not cancel the call. As a context manager it waits when the block ends well, and
    cancels when the block raises::

        with drop.start_send(files, sender="a", recipient="b") as job:
            ...
        sent = job.wait()

    In asyncio that is ``async with``, and ``await job`` instead of ``job.wait()``, which would block the
    loop.
    """

    def wait(self, timeout: _Seconds | None = None) -> _T_co:
        """Waits and gives the result, each time anew.

        Ctrl-C, or any signal handler that raises, cancels the call and waits for its end, at most 6 s.
        An exception that ``on_progress`` raised is raised here. Handlers of the logger ``dropoff`` have
        handled the call's records by then, unless one stands still for 2 s.

        :param timeout: seconds (0 to 10 000 000), or ``None`` for no limit.
        :raises TimeoutError: the built-in one, and not a :class:`DropoffError`: the time is over and the
            call runs on.
        :raises DropoffError: what the call failed with.
        """

    def cancel(self) -> None:
        """Asks the call to stop, and returns at once. It then ends with :class:`CancelledError` unless it
        was over already; :meth:`wait` says which."""

    @property
    def number(self) -> int:
        """Its number, which the records of the logger ``dropoff`` have as ``job``."""

    def progress(self) -> Progress:
        """How far it is."""

    def add_done_callback(
        self, fn: Callable[[Job[_T_co]], object], /, *, context: Context | None = None
    ) -> None:
        """Calls ``fn`` with the job when it is over, at once if it is already.

        In an asyncio loop it is called there, soon; anywhere else on a daemon thread, ``dropoff-done``. An
        exception that it raises is told to the loop's handler, or to the logger ``dropoff``.

        :param fn: a plain function, not async.
        :param context: the :mod:`contextvars` context to call it in, or a copy of it if that is entered.
            Default: a copy of the caller's.
        """

    def remove_done_callback(self, fn: Callable[[Job[_T_co]], object], /) -> int:
        """Takes back what :meth:`add_done_callback` was given, and says how often that was."""

    def future(self) -> Future[_T_co]:
        """A :class:`concurrent.futures.Future` of the result, a new one each time. Cancelling it cancels the
        call."""

    def done(self) -> bool:
        """Whether it is over, one way or the other, the last call of ``on_progress`` included."""

    def exception(self) -> BaseException | None:
        """What :meth:`wait` would raise now, or ``None`` if there is a result.

        :raises TimeoutError: the call is still running.
        """

    def cancelled(self) -> bool:
        """Whether it is over and was cancelled."""

    def __await__(self) -> Generator[Any, None, _T_co]:
        """The result, in a running asyncio loop; as often and in as many tasks as you like.

        A task that is cancelled while it awaits cancels the call, and waits for its end, at most 6 s. To
        leave it running, await ``asyncio.shield(job)``.

        :raises DropoffError: what the call failed with. After :meth:`cancel` that is :class:`CancelledError`
            of this package and not that of asyncio.
        :raises RuntimeError: there is no running asyncio loop.
        """

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def _wait(self, timeout: _Seconds | None = None) -> _T_co: ...
    def _limit(self, timeout: _Seconds | None) -> float | None: ...
    def _late(self, seconds: float) -> NoReturn: ...
    def _join(self) -> None: ...
    def _snapshots(self) -> Iterator[Progress]: ...
    def _stop(self, error: BaseException) -> None: ...
    def _notify(self, loop_waker: _LoopWaker, token: int) -> object: ...
    def _result(self) -> _T_co: ...
    def _explain(self, error: BaseException) -> None: ...
    @classmethod
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...

@final
class _LoopWaker:
    def __new__(cls) -> Self: ...
    def fileno(self) -> int | None: ...
    def wake(self) -> None: ...
    def take(self) -> list[int]: ...

@final
class _ToolRoots:
    def __new__(cls, roots: list[str | PathLike[str]]) -> Self: ...
    def start_find(self, given: list[str]) -> Job[list[tuple[str, str]]]: ...

@final
class File:
    """One file of a transfer. It may be used again, and pickled, unless its source is a file object."""

    def __new__(
        cls,
        source: _AsyncSource,
        *,
        name: str | None = None,
        content_type: str | None = None,
        encryption_iv: str | None = None,
    ) -> Self:
        """
        :param source: a path, bytes-like, a file object opened in binary mode, or an iterator of bytes.
        :param name: the name that the recipient sees, without folders. Default: the last part of the
            path; memory and streams need one. A file object that was opened from a file brings its own.
        :param content_type: the media type. Default: guessed from the name, and
            ``application/octet-stream`` for a sealed file.
        :param encryption_iv: the nonce that the file was sealed with before it came here: base64 of 12
            bytes. For :meth:`Encryption.presealed` alone; each file needs its own.
        """

    @staticmethod
    def described(
        name: str, size: int, *, content_type: str | None = None, encryption_iv: str | None = None
    ) -> File:
        """A file of which only the name and the size are known: for :meth:`AgentDrop.presign` and
        :meth:`AgentDrop.plan`, where somebody else has the bytes. Everything else refuses it."""

    @property
    def source(self) -> _AsyncSource:
        """As it was given; ``None`` if it is only described."""

    @property
    def size(self) -> int | None:
        """The size, if that is all that is known of the bytes."""

    @property
    def name(self) -> str | None:
        """As it was given."""

    @property
    def content_type(self) -> str | None:
        """As it was given."""

    @property
    def encryption_iv(self) -> str | None:
        """As it was given."""

@final
class KeyPair:
    """An agent's long-term key pair on Curve25519. May be shared between threads.

    Printing shows the public half alone, and it cannot be pickled. It has no constructor: use one of the
    three methods.
    """

    @staticmethod
    def generate() -> KeyPair:
        """A new pair, from the operating system's randomness."""

    @staticmethod
    def from_private_key(private_key: str) -> KeyPair:
        """The pair of a private key: standard base64 of 32 raw bytes, as :meth:`reveal_private_key` gives it.

        :raises EncryptionError: it is none. The message does not hold it.
        """

    @staticmethod
    def from_agentdrop_config(path: _Path) -> KeyPair:
        """The pair that the official SDK keeps. Reads the file now.

        :param path: its folder ``.agentdrop``, or the ``config.json`` in it.
        :raises SourceUnreadableError: it cannot be read.
        :raises EncryptionError: it holds no key.
        """

    @property
    def public_key(self) -> str:
        """The public key: standard base64 of 32 raw bytes. Not a secret."""

    def reveal_private_key(self) -> str:
        """The private key in the same form. Keep it secret; do not log it."""

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object) -> Self: ...

@final
class Encryption:
    """How a transfer's files are sealed, so that only the recipient can read them.

    File names, sizes and their order are not sealed, and nothing binds a sealed file to its transfer. May be
    used for many transfers, and in any thread. Printing shows public keys alone, and it cannot be pickled.
    """

    def __new__(
        cls, key_pair: KeyPair, recipient_public_key: str | None = None, *, algorithm: str | None = None
    ) -> Self:
        """
        :param key_pair: the sender's.
        :param recipient_public_key: the recipient's public key, known from elsewhere: standard base64 of
            32 raw bytes. Default: the one that the service names, which trusts the service to name the right
            one; compare :attr:`SentTransfer.recipient_key_fingerprint`.
        :param algorithm: another name for the scheme in the field ``encryption_algorithm``. The scheme
            stays the same. Default ``X25519-HKDF-AES-256-GCM``.
        :raises EncryptionError: the public key is none.
        """

    @staticmethod
    def presealed(encrypted_key: str, *, algorithm: str | None = None) -> Encryption:
        """For files that are sealed already, all with one key. They are sent as they are, and each must be a
        :class:`File` with its ``encryption_iv``.

        :param encrypted_key: that key, wrapped for the recipient: base64 of 60 bytes.
        """

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object) -> Self: ...

@final
class Pack:
    """How a browser's folder is packed. The default is right for a folder whose browser is closed.

    May be used for many calls and in any thread, compared, hashed and pickled.
    """

    def __new__(
        cls,
        level: Literal["default", "minimal", "full"] = "default",
        *,
        profile: str | None = None,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        if_running: Literal["error", "snapshot", "force"] = "error",
        prefix: str = "",
    ) -> Self:
        """
        A glob is about a path inside the folder, such as ``Default/Code Cache``: ``*`` and ``?`` do not cross
        a ``/``, ``**`` does, and a folder stands for all that is in it.

        :param level: how much goes. Default: ``"default"``. ``"default"``: everything but caches and what
            belongs to a run or a machine. Data that sites put into Chromium's Cache API is a cache; a warning
            says how much there is. ``"minimal"``: files that sign in: cookies, data that sites store,
            settings and extensions. No history, saved passwords, bookmarks, addresses or web apps, and not
            the browser's own account. Files that belong together go together, so two private things go. If
            the profile opens its last tabs again, these do, since what sites keep for a session comes back
            with them; a warning says so. And Firefox's ``key4.db`` does, which has the keys of client
            certificates, and that of the saved passwords, though not the passwords. ``"full"``: caches too.
        :param profile: only this one of the profiles, by the name of its folder: ``Default``,
            ``Profile 2``. Files that all profiles share go too. Default: all.
        :param include: the globs of what is packed although the level leaves it out. A glob is about a
            path inside the folder, such as ``Default/Code Cache``: ``*`` and ``?`` do not cross a ``/``,
            ``**`` does, and a folder stands for all that is in it. Locks, sockets and symlinks stay out
            whatever it says. Default: none.
        :param exclude: the globs of what is left out; goes before ``include``. Default: none.
        :param if_running: how to treat a folder that a browser is using. Default: ``"error"``.
            ``"error"``: fail with ``browser_running``. ``"snapshot"``: pack consistent copies of its
            databases, each with the files it names. Data that the browser has not written to disk yet is not
            in them: Chromium writes cookies up to 30 s late and local storage 5 s or more, Firefox local
            storage up to 5 s. A store that kept changing is named in a warning, or is a ``browser_running``
            that may be tried again. ``"force"``: pack as it is. Databases that are written meanwhile may be
            damaged in the archive.
        :param prefix: a folder that everything in the archive is in. Default: none, the archive's top is
            the folder's.
        :raises InvalidInputError: there is no such ``level`` or ``if_running``. Globs and ``prefix`` are
            looked at by the call that gets this, and ``profile`` when the folder is.
        """

    @property
    def level(self) -> Literal["default", "minimal", "full"]:
        """As it was given."""

    @property
    def profile(self) -> str | None:
        """As it was given."""

    @property
    def include(self) -> tuple[str, ...]:
        """As they were given."""

    @property
    def exclude(self) -> tuple[str, ...]:
        """As they were given."""

    @property
    def if_running(self) -> Literal["error", "snapshot", "force"]:
        """As it was given."""

    @property
    def prefix(self) -> str:
        """As it was given."""

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Progress:
    # <generated progress> by `make generate`, from the core's sources
    """A snapshot of a call on its way."""

    @property
    def phase(
        self,
    ) -> Literal[
        "preparing", "packing", "requesting", "sending", "completing", "done", "opening", "inspecting"
    ]:
        """The step that the call is at. ``preparing``: looking at the sources. ``packing``: packing a
        profile folder. ``requesting``: asking the service for a presigned target. ``sending``: sending
        bytes to storage. ``completing``: telling the service, and asking it what happened. ``done``:
        over, one way or the other. ``opening``: opening a sealed file. ``inspecting``: looking at a
        profile folder."""

    @property
    def bytes_done(self) -> int:
        """Source bytes handed to the network in attempts that still count; goes back when one fails. While
        a folder is packed: bytes of it that are packed."""

    @property
    def bytes_total(self) -> int:
        """Source bytes to send in all, or to pack while a folder is packed; 0 until known."""

    @property
    def files_done(self) -> int:
        """Files storage has accepted."""

    @property
    def files_total(self) -> int:
        """Files in all; 0 until known."""

    @property
    def retries(self) -> int:
        """Requests that were repeated so far."""

    @property
    def elapsed(self) -> float:
        """Time since the call started. In seconds."""

    @property
    def active_for(self) -> float:
        """How long the bytes have been counted: since packing began, and later since sending began; 0
        before. In seconds."""

    @property
    def ticket_left(self) -> float | None:
        """How long uploads may still start with the presigned ticket in use, while sending. One that has
        started may finish. In seconds; ``None`` if that is not known."""

    @property
    def time_needed(self) -> float | None:
        """How long sending the rest takes at the rate so far, after 2 s of sending. In seconds; ``None``
        if that is not known."""

    @property
    def warning(self) -> str | None:
        """A likely failure if it goes on like this, as a sentence: sending needs more time than the ticket
        has, so uploads that have to start over or have not started by then fail. ``None`` if there is
        none."""

    @property
    def bytes_per_second(self) -> float:
        """Average rate of packing or sending, in bytes per second; 0 before."""

    # </generated progress>
    def to_dict(self) -> dict[str, Any]:
        """Every value, fit for JSON; lengths of time in seconds."""

# <generated results> by `make generate`, from the core's sources
@final
class StoredPart:
    """One part that storage has."""

    @property
    def part_number(self) -> int:
        """Its number, from 1."""

    @property
    def bytes(self) -> int:
        """Bytes of it."""

    @property
    def etag(self) -> str:
        """Storage's ETag of it, without quotes: completing the upload needs it. Empty where storage gives
        none and needs none, as for Azure's blocks."""

    @property
    def md5(self) -> str | None:
        """MD5 of what was sent, in hex, if it was computed."""

    @property
    def verified(self) -> bool:
        """Whether storage answered with a digest that equals that of what was sent."""

    @property
    def attempts(self) -> int:
        """Requests it took, the successful one included."""

    @property
    def verified_by(self) -> str | None:
        """The digest that verified it, as in :class:`StoredObject`."""

    @property
    def crc64nvme(self) -> str | None:
        """CRC-64/NVME of what was sent, in base64: completing an upload that was begun with this checksum
        needs it. Unless ``integrity_check`` is false."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class StorageReply:
    """Storage's reply to a success. What the ticket held is hidden in it."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> dict[str, Any]:
        """The headers about the object and the exchange, by their names in lower case."""

    @property
    def body(self) -> str:
        """The body as text, at most 64 KiB of it."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class StoredObject:
    """An object that storage has after an upload."""

    @property
    def bytes(self) -> int:
        """Bytes of the source that storage took."""

    @property
    def etag(self) -> str | None:
        """Storage's ETag, without quotes, if it sent one."""

    @property
    def sha256(self) -> str | None:
        """SHA-256 of what was sent, in hex, if it was computed."""

    @property
    def md5(self) -> str | None:
        """MD5 of what was sent, in hex, if it was computed."""

    @property
    def verified(self) -> bool:
        """Whether storage answered with a digest that equals that of what was sent."""

    @property
    def attempts(self) -> int:
        """Requests it took, the successful one included."""

    @property
    def warnings(self) -> list[str]:
        """Doubts that are left all the same, each a sentence: a success that bears no sign of being
        storage's own."""

    @property
    def verified_by(self) -> str | None:
        """The digest that verified it: ``crc32``, ``crc32c``, ``crc64nvme``, ``md5``, ``sha1`` or
        ``sha256``. A CRC finds damage on the way, and is no proof against somebody who means to
        deceive."""

    @property
    def crc64nvme(self) -> str | None:
        """CRC-64/NVME of what was sent, in base64, as S3 takes it as ``x-amz-checksum-crc64nvme``; unless
        ``integrity_check`` is false."""

    @property
    def parts(self) -> list[StoredPart]:
        """The parts that it was sent in, by number; none of an object that went whole."""

    @property
    def reply(self) -> StorageReply | None:
        """Storage's reply, in which some services say what they made of the bytes. That of the commit,
        where a plan has one."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class PackReport:
    """The result of packing a folder."""

    @property
    def files(self) -> int:
        """Files in the archive."""

    @property
    def bytes(self) -> int:
        """Their size before packing."""

    @property
    def archive_bytes(self) -> int:
        """Size of the archive."""

    @property
    def left_out(self) -> int:
        """Files and folders left out: locks, sockets, symlinks, caches, and those that the level or a
        pattern excludes; a folder counts once."""

    @property
    def consistency(self) -> Literal["clean", "snapshot", "forced"]:
        """Whether the files belong together. ``clean``: nothing changed while they were packed.
        ``snapshot``: a browser was using them, and its databases were copied at one moment each.
        ``forced``: a browser was using them, or they changed, and they were packed as they were."""

    @property
    def browser_guessed(self) -> bool:
        """Whether the browser's name or version was taken from the folder, because the caller did not give
        it."""

    @property
    def unknown(self) -> list[str]:
        """Names that no rule knows; they are in the archive."""

    @property
    def warnings(self) -> list[str]:
        """Warnings about the profile elsewhere, and about files that could not be packed, a sentence each."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class Profile:
    """A browser profile as the service reports it, and what was proved about it."""

    @property
    def id(self) -> str:
        """The profile's id, a UUID."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def browser_name(self) -> str:
        """The browser it belongs to."""

    @property
    def browser_version(self) -> str:
        """That browser's version."""

    @property
    def description(self) -> str | None:
        """A text for people."""

    @property
    def labels(self) -> dict[str, Any] | None:
        """Labels; the service types their values freely."""

    @property
    def s3_path(self) -> str | None:
        """The service's internal place of the archive."""

    @property
    def file_size_bytes(self) -> int | None:
        """Size of the stored archive in bytes."""

    @property
    def checksum(self) -> str | None:
        """SHA-256 of the stored archive, in hex or base64."""

    @property
    def usage_count(self) -> int:
        """How often it was used."""

    @property
    def last_used_at(self) -> str | None:
        """When it was last used, RFC 3339."""

    @property
    def is_default(self) -> bool:
        """Whether it is the default for its browser."""

    @property
    def user_id(self) -> str | None:
        """The user it belongs to."""

    @property
    def org_id(self) -> str | None:
        """The organization it belongs to."""

    @property
    def created_at(self) -> str | None:
        """When it was made, RFC 3339."""

    @property
    def updated_at(self) -> str | None:
        """When it was last changed, RFC 3339."""

    @property
    def verified(self) -> bool:
        """Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it
        were not ``unchanged``. False also when the service reports none, or this call had nothing to
        compare."""

    @property
    def unchanged(self) -> bool:
        """Nothing was sent: this is the earlier profile, which the archive equals."""

    @property
    def upload(self) -> StoredObject | None:
        """The object that this call sent to storage."""

    @property
    def packed(self) -> PackReport | None:
        """The report on packing, if a folder was given."""

    @property
    def abandoned_profile_ids(self) -> list[str]:
        """Ids that were reserved and given up because their ticket ran out; the service removes them."""

    @property
    def verified_by(self) -> str | None:
        """The digest that verified it: ``sha256``, or none."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class CategorySize:
    """One kind of file in a folder."""

    @property
    def category(self) -> str:
        """``login`` (cookies and what sites store), ``settings``, ``extensions``, ``apps`` (installed web
        apps), ``passwords``, ``autofill``, ``bookmarks``, ``history``, ``cache``, ``runtime``,
        ``other_profile`` or ``unknown``."""

    @property
    def files(self) -> int:
        """How many files."""

    @property
    def bytes(self) -> int:
        """Their size."""

    @property
    def packed(self) -> bool:
        """Whether this kind is packed at the level asked for."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class FileSize:
    """A file and its size."""

    @property
    def path(self) -> str:
        """Inside the folder; what names a site is not shown."""

    @property
    def bytes(self) -> int:
        """Its size."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class LeftOut:
    """Something that would not be packed."""

    @property
    def path(self) -> str:
        """Inside the folder; what names a site is not shown."""

    @property
    def category(self) -> str:
        """Its category, as in :class:`CategorySize`."""

    @property
    def reason(self) -> str:
        """Why it is left out."""

    @property
    def files(self) -> int:
        """How many files are in it."""

    @property
    def bytes(self) -> int:
        """Their size."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class CookieKeys:
    """How a profile's cookies are encrypted."""

    @property
    def system(self) -> Literal["linux", "macos", "windows", "unknown"]:
        """The system they were written on, if the folder shows it: ``linux``, ``macos``, ``windows``,
        otherwise ``unknown``."""

    @property
    def key_versions(self) -> list[str]:
        """Prefixes of those of the profile that opens: ``v10``, ``v11``, ``v12``, ``v20``, ``plain``,
        ``other``; the most frequent first."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class ProfileInspection:
    """The contents of a browser's folder, and whether it will sign in elsewhere."""

    @property
    def family(self) -> Literal["chrome", "firefox"]:
        """``chrome`` (Chrome, Chromium, Edge, Brave and the like) or ``firefox``."""

    @property
    def product(self) -> str:
        """The browser that wrote it, as far as the folder tells: ``Chromium``, ``Google Chrome``,
        ``Firefox``, …"""

    @property
    def browser_name(self) -> str:
        """The name a profile of it is registered under by default: ``chromium`` or ``firefox``."""

    @property
    def browser_version(self) -> str | None:
        """Its version, if the folder tells."""

    @property
    def profiles(self) -> list[str]:
        """Names of the profiles in it."""

    @property
    def files(self) -> int:
        """Files that would be packed."""

    @property
    def bytes(self) -> int:
        """Their size."""

    @property
    def sizes(self) -> list[CategorySize]:
        """Everything in the folder by what it is."""

    @property
    def largest(self) -> list[FileSize]:
        """The ten largest files that would be packed."""

    @property
    def left_out(self) -> list[LeftOut]:
        """Files and folders that would be left out, the largest first; a folder counts once."""

    @property
    def unknown(self) -> list[str]:
        """Names that no rule knows; they would be packed."""

    @property
    def lock(self) -> Literal["none", "live", "stale", "foreign"]:
        """Whether a browser is using it, by its lock and those on its databases. ``none``: no lock was
        seen, which proves nothing. ``live``: a browser is, or another program has one of its databases
        locked. ``stale``: the browser is gone and left its lock. ``foreign``: the lock is from another
        machine or container, where its process cannot be looked for."""

    @property
    def lock_process(self) -> int | None:
        """The process that holds the lock, if that is known: not of one in another container."""

    @property
    def cookies(self) -> CookieKeys:
        """How cookies are encrypted."""

    @property
    def verdict(self) -> Literal["likely", "unlikely", "unknown"]:
        """Whether it will sign in on Linux. ``likely``: its cookies can be read there. ``unlikely``: they
        cannot. ``unknown``: there are none, or they tell nothing."""

    @property
    def advice(self) -> str:
        """The same as a sentence, with the reason and what to do."""

    @property
    def warnings(self) -> list[str]:
        """Warnings, a sentence each."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class SentFile:
    """One file of a :class:`SentTransfer`."""

    @property
    def file_id(self) -> str:
        """The service's id of it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def bytes(self) -> int:
        """Bytes sent: 16 more than the file has if it was sealed here."""

    @property
    def etag(self) -> str | None:
        """Storage's ETag; for a file in parts the one that S3 and R2 make of the parts' ETags."""

    @property
    def md5(self) -> str | None:
        """MD5 of what was sent, in hex, if it was computed. A file in parts has none."""

    @property
    def sha256(self) -> str | None:
        """SHA-256 of what was sent, in hex, if it was computed. A file in parts has none."""

    @property
    def verified(self) -> bool:
        """Whether storage answered with a digest, for every part if it went in parts, that equals that of
        what was sent."""

    @property
    def attempts(self) -> int:
        """Requests it took, over all its parts."""

    @property
    def parts(self) -> int:
        """How many parts it was sent in; 0 if it went whole."""

    @property
    def verified_by(self) -> str | None:
        """The digest that verified it, ``crc32``, ``crc32c``, ``crc64nvme``, ``md5``, ``sha1`` or
        ``sha256``; for a file in parts the weakest of theirs. A CRC finds damage on the way, and is no
        proof against somebody who means to deceive."""

    @property
    def crc64nvme(self) -> str | None:
        """CRC-64/NVME of what was sent, in base64, unless ``integrity_check`` is false."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class SentTransfer:
    """A transfer that is active, file by file."""

    @property
    def id(self) -> str:
        """The transfer's id."""

    @property
    def status(self) -> str:
        """``active``, as the service reported it."""

    @property
    def encrypted(self) -> bool:
        """Whether its files were sealed before they left."""

    @property
    def expires_at(self) -> str | None:
        """When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents
        disagree."""

    @property
    def recipient_key_fingerprint(self) -> str | None:
        """SHA-256, in hex, of the public key that files were sealed for, if they were sealed here; compare
        it with the recipient's."""

    @property
    def recipient_key_source(self) -> Literal["caller", "service"] | None:
        """Whose word it is that this key is the recipient's, ``caller`` or ``service``, if files were
        sealed here."""

    @property
    def files(self) -> list[SentFile]:
        """The files, in the order given."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class PlannedFile:
    """One file of a :class:`TransferPlan`."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def bytes(self) -> int:
        """Bytes that would be sent: 16 more than the file has if it is sealed here."""

    @property
    def content_type(self) -> str:
        """Its media type."""

    @property
    def parts(self) -> int:
        """How many parts it would be sent in; 0 if it goes whole."""

    @property
    def part_size(self) -> int | None:
        """Bytes of each part but the last, if it goes in parts."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class TransferPlan:
    """The files and the first request that :meth:`AgentDrop.send` would send."""

    @property
    def multipart(self) -> bool:
        """Whether its files go in parts."""

    @property
    def encrypted(self) -> bool:
        """Whether they are sealed."""

    @property
    def total_bytes(self) -> int:
        """Bytes that would be sent in all."""

    @property
    def files(self) -> list[PlannedFile]:
        """The files, in the order given."""

    @property
    def request(self) -> dict[str, Any]:
        """The body of the first request. Secret and random values in it are ``[hidden]``."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class Confirmed:
    """The service's answer to a confirm."""

    @property
    def id(self) -> str:
        """The transfer's id."""

    @property
    def status(self) -> str:
        """``active``, as the service reported it."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class TransferInfo:
    """A transfer as the service reports it."""

    @property
    def id(self) -> str:
        """The transfer's id."""

    @property
    def status(self) -> str:
        """``pending``, ``active``, ``expired``, ``deleted``, ``downloaded``, and whatever the service
        adds."""

    @property
    def fields(self) -> dict[str, Any]:
        """Every field of the reply, these two included."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class OpenedFile:
    """A file that was opened."""

    @property
    def path(self) -> str:
        """Where it is."""

    @property
    def bytes(self) -> int:
        """Bytes of it."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

@final
class StoredParts:
    """The parts that storage has after :meth:`Storage.put_parts`."""

    @property
    def bytes(self) -> int:
        """Bytes of the source that storage took."""

    @property
    def part_size(self) -> int:
        """Bytes of each part but the last."""

    @property
    def parts(self) -> list[StoredPart]:
        """The parts, by number. Completing the upload needs their ETags."""

    @property
    def verified(self) -> bool:
        """Whether every part is verified."""

    @property
    def verified_by(self) -> str | None:
        """The weakest digest that verified a part, if every part is verified."""

    @property
    def crc64nvme(self) -> str | None:
        """CRC-64/NVME of the whole, in base64: completing the upload with it as
        ``x-amz-checksum-crc64nvme`` has S3 compare it. Unless ``integrity_check`` is false."""

    @property
    def warnings(self) -> list[str]:
        """Doubts that are left all the same, each a sentence: a part that was taken without any sign of
        storage's own."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, fit for JSON."""

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """The object that :meth:`to_dict` told, as a dict or as JSON has it.

        :raises InvalidInputError: the fields are not those of such an object.
        """

    def __eq__(self, other: object, /) -> bool: ...

# </generated results>

@final
class ProfileTicket:
    """A reserved profile and the presigned form to send its archive with.

    Printing shows no secret, and it cannot be pickled.
    """

    @property
    def profile_id(self) -> str:
        """The reserved id; give it to :meth:`HCompany.complete_upload`."""

    @property
    def expires_in(self) -> float:
        """Seconds in which an upload may still start."""

    def reveal(self) -> dict[str, Any]:
        """The service's reply, secrets included. Do not log it."""

@final
class TransferTicket:
    """A pending transfer and its presigned URLs. Printing shows no secret, and it cannot be pickled."""

    @property
    def id(self) -> str:
        """The transfer's id; give it to :meth:`AgentDrop.confirm`."""

    @property
    def expires_at(self) -> str | None:
        """When the service says its URLs expire, RFC 3339."""

    def reveal(self) -> dict[str, Any]:
        """The service's reply, secrets included, for :meth:`AgentDrop.restore_ticket` elsewhere; its member
        ``dropoff`` is ours: the files as they were promised. Do not log it."""

@final
class HCompany:
    """A client of H Company's browser profiles. May be shared between threads, and pickled if its key came
    from the environment: it is made anew where it is unpickled.

    Each call has a ``start_…`` twin that takes the same arguments, returns a :class:`Job` at once, and
    calls ``on_progress`` on a thread of its own instead of the caller's.
    """

    def __new__(
        cls,
        api_key: str | None = None,
        *,
        region: str = "eu",
        base_url: str | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """
        :param api_key: the API key. Default: the environment variable ``HAI_API_KEY``, then the file that
            ``hai login`` writes (``~/.config/hai/.env``).
        :param region: the account's region, ``eu`` (default) or ``us``. Regions are separate: a profile
            lives in one.
        :param base_url: another place for the API; https, or http on loopback. Default: the environment
            variable ``HAI_API_BASE_URL``. Goes before ``region``.
        :param options: see :class:`Options`.
        :raises AuthenticationError: there is no key.
        :raises InvalidInputError: a region, URL or option is not one.
        """

    def set_bandwidth_limit(self, bytes_per_second: int | None) -> None:
        """From now on all uploads of this client together send at most so many bytes a second, those under
        way too.

        :param bytes_per_second: 1024 to 1099511627776 (1 TiB), or ``None`` for no limit.
        :raises InvalidInputError: it is neither.
        """

    def close(self) -> None:
        """Stops the calls that run, and waits for their end, at most 6 s for one that cannot be stopped.
        Calls from then on are refused with :class:`InvalidInputError`. As a context manager it does so at
        the end."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def _close(self) -> list[Job[Any]]: ...
    def upload_profile(
        self,
        source: _Source,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        pack: Pack | None = None,
        if_changed_from: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Profile:
        """Uploads a profile and waits until the service has registered it and its checksum is compared.

        :param source: a browser's user-data folder, which is packed, or a zip of one, sent as it is.
        :param name: what the profile is called.
        :param browser_name: the browser it belongs to, such as ``chromium`` or ``firefox``; the service
            decides which there are. Default, for a folder that is packed: what the folder tells, and
            :attr:`PackReport.browser_guessed` is then true.
        :param browser_version: that browser's version, such as ``131``. Default: as the browser's name.
        :param description: a text for people. Default: none.
        :param labels: the labels, a name and its value; their order is kept.
        :param pack: how a folder is packed. A zip is sent as it is, whatever this says.
        :param if_changed_from: the id of an earlier profile. If the archive equals that one's by the
            service's own checksum, nothing is sent, and the result is that profile with
            :attr:`Profile.unchanged` set. A profile that is not there any more equals nothing. Default: it is
            sent.
        :param timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a
            ``timedelta``, above 0 and at most 10 000 000 s.
        :param on_progress: a plain function, called on this thread with a :class:`Progress`, every 0.1 s
            at most and once at the end. If it raises, the upload is cancelled and the exception passes
            through.
        :raises InvalidInputError: an argument is missing or wrong; nothing was sent.
        :raises BrowserRunningError: a browser is using the folder; close it, or see ``if_running`` of
            :class:`Pack`.
        :raises TooLargeError: the archive is larger than the service takes; the message names the largest
            files.
        :raises SourceChangedError: a file changed while it was packed.
        :raises IntegrityError: the profile is registered, ``outcome`` is ``completed``, and is not what
            was sent.
        :raises UnknownOutcomeError: ask :meth:`get_profile` for its ``profile_id`` later.
        :raises DropoffError: any other kind.
        """

    def initiate_upload(self) -> ProfileTicket:
        """Step one: reserves a profile id and asks for a presigned form.

        Safe to repeat; a reserved id that is not used is removed by the service within a day.

        :raises AuthenticationError, PermissionDeniedError, RateLimitedError, UnavailableError, NetworkError,
            TransferTimeoutError, TlsError: as their names say.
        """

    def upload(
        self,
        ticket: ProfileTicket,
        source: _Source,
        *,
        pack: Pack | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """Step two: sends the archive to storage with a ticket. Safe to repeat until the ticket expires.

        :param source: as in :meth:`upload_profile`.
        :param pack: as in :meth:`upload_profile`.
        :param on_progress: as in :meth:`upload_profile`.
        :raises BrowserRunningError, SourceChangedError, TooLargeError: as :meth:`upload_profile`.
        :raises DropoffError: as :meth:`Storage.post_form`.
        """

    def complete_upload(
        self,
        profile_id: str,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        uploaded: StoredObject | None = None,
    ) -> Profile:
        """Step three: registers the uploaded archive as a profile, within a day of step one.

        :param profile_id: :attr:`ProfileTicket.profile_id`.
        :param name: what the profile is called.
        :param browser_name: the browser it belongs to; there is no folder here to tell it.
        :param browser_version: that browser's version.
        :param description: a text for people. Default: none.
        :param labels: the labels, a name and its value; their order is kept.
        :param uploaded: the result of :meth:`HCompany.upload`, to be compared with what the service
            stored.
        :raises RejectedError: ``details`` names the fields.
        :raises NotFoundError, IntegrityError, UnknownOutcomeError: and those of :meth:`initiate_upload`.
        """

    def get_profile(self, profile_id: str) -> Profile:
        """The profile as the service has it now. ``verified`` is false: nothing was sent to compare with.

        :raises NotFoundError: also for a profile that was never completed.
        """

    # <generated start HCompany> by `make generate`, from the forms above
    def start_upload_profile(
        self,
        source: _Source,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        pack: Pack | None = None,
        if_changed_from: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[Profile]:
        """Starts :meth:`upload_profile`. Wrong arguments raise here, everything else in the job."""

    def start_initiate_upload(self) -> Job[ProfileTicket]:
        """Starts :meth:`initiate_upload`."""

    def start_upload(
        self,
        ticket: ProfileTicket,
        source: _Source,
        *,
        pack: Pack | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """Starts :meth:`upload`. Wrong arguments raise here, everything else in the job."""

    def start_complete_upload(
        self,
        profile_id: str,
        *,
        name: str,
        browser_name: str | None = None,
        browser_version: str | None = None,
        description: str | None = None,
        labels: _Pairs | None = None,
        uploaded: StoredObject | None = None,
    ) -> Job[Profile]:
        """Starts :meth:`complete_upload`. Wrong arguments raise here, everything else in the job."""

    def start_get_profile(self, profile_id: str) -> Job[Profile]:
        """Starts :meth:`get_profile`. Wrong arguments raise here, everything else in the job."""

    # </generated start HCompany>

@final
class AgentDrop:
    """A client of AgentDrop transfers. May be shared between threads, and pickled if its key came from the
    environment: it is made anew where it is unpickled.

    Each call has a ``start_…`` twin that takes the same arguments, returns a :class:`Job` at once, and
    calls ``on_progress`` on a thread of its own instead of the caller's.
    """

    def __new__(
        cls, api_key: str | None = None, *, base_url: str | None = None, **options: Unpack[Options]
    ) -> Self:
        """
        :param api_key: the API key (``agd_…`` or ``ada_…``). Default: the environment variable
            ``AGENTDROP_API_KEY``.
        :param base_url: another place for the API; https, or http on loopback. Default: the environment
            variable ``AGENTDROP_BASE_URL``.
        :param options: see :class:`Options`.
        :raises AuthenticationError: there is no key.
        :raises InvalidInputError: a URL or option is not one.
        """

    def set_bandwidth_limit(self, bytes_per_second: int | None) -> None:
        """From now on all uploads of this client together send at most so many bytes a second, those under
        way too.

        :param bytes_per_second: 1024 to 1099511627776 (1 TiB), or ``None`` for no limit.
        :raises InvalidInputError: it is neither.
        """

    def close(self) -> None:
        """Stops the calls that run, and waits for their end, at most 6 s for one that cannot be stopped.
        Calls from then on are refused with :class:`InvalidInputError`. As a context manager it does so at
        the end."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def _close(self) -> list[Job[Any]]: ...
    def send(
        self,
        files: Iterable[_File],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> SentTransfer:
        """Sends files and waits until the transfer is active.

        :param files: the files to send; results come in their order. Paths, ``(name, source)`` pairs or
            :class:`File` objects.
        :param sender: the id of the agent that sends.
        :param recipient: the id of the agent that receives; an e-mail address in mode ``agent-to-human``.
        :param mode: who sends to whom: ``agent-to-agent`` (default), ``agent-to-human`` or
            ``human-to-agent``.
        :param expires_in: how long the transfer lives, such as ``12h`` or ``7d``; the account's plan
            decides how much is allowed. Default: the service's.
        :param max_downloads: how often it may be downloaded; the service allows 1 to 1000. Default: the
            service's.
        :param message: a text for the recipient.
        :param metadata: free data kept with the transfer, as a JSON object.
        :param auto_delete: whether the service deletes the transfer once it was downloaded. Default
            false.
        :param recipient_account: the recipient's account (e-mail, id or display name), where an agent's
            id alone is ambiguous.
        :param encrypt: seals every file for the recipient before it leaves. Default: files are sent as
            they are.
        :param multipart: whether all files go in parts. Default: if one of them has at least
            ``multipart_threshold`` bytes.
        :param journal: a journal: a file that lets the same call go on where this one stopped, after its
            process was killed or the network failed. It is made if it is not there, readable by its owner
            alone, and removed once the transfer is active. It holds live upload URLs, and never a key. The
            second call takes the same arguments and sources, on a client of the same service; options may
            differ. Streams cannot be resumed. A leading ``~/`` is the home folder.
        :param timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a
            ``timedelta``, above 0 and at most 10 000 000 s.
        :param on_progress: a plain function, called on this thread with a :class:`Progress`, every 0.1 s
            at most and once at the end. If it raises, the transfer is cancelled and the exception passes on.
        :raises InvalidInputError: an argument is missing or wrong; nothing was sent.
        :raises EncryptionError: sealing was asked for and is not possible; nothing was sent.
        :raises RejectedError: the service refused; ``service_code`` and ``details`` say why.
        :raises DropoffError: any other kind. ``transfer_id`` names the pending transfer if one was made; it
            is not delivered unless ``outcome`` says so, and calling again is safe. ``journal`` is the journal
            from which the same call goes on.
        """

    def plan(
        self,
        files: Iterable[_File],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> TransferPlan:
        """What :meth:`send` would send. The files are looked at, and nothing is sent.

        Arguments and errors as in :meth:`send`; the journal is left alone.

        :raises InvalidInputError: also for a file object, which telling its size would use up.
        """

    def presign(
        self,
        files: Iterable[_File],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> TransferTicket:
        """Step one: makes a pending transfer and asks for a presigned URL per file.

        The sources are looked at for their sizes, and a file object is read to its end: give the same
        files to :meth:`upload`, file objects rewound. Arguments and errors as in :meth:`send`.
        """

    def restore_ticket(self, revealed: Mapping[str, Any]) -> TransferTicket:
        """The ticket of what :meth:`TransferTicket.reveal` gave, also in another process and on another
        machine: there it is uploaded to, and whoever has its id confirms it. Nothing is sent.

        :param revealed: whole, as JSON has it. It holds secrets.
        :raises InvalidInputError: it is not what a ticket revealed, or the files are sealed, whose key stays
            where the ticket was asked for.
        """

    def upload(
        self, ticket: TransferTicket, files: Iterable[_File], *, on_progress: _OnProgress | None = None
    ) -> list[SentFile]:
        """Step two: sends the files to storage, several at once.

        :param files: those that were presigned, in the same order, with the same names and sizes.
        :param on_progress: as in :meth:`send`.
        :raises DropoffError: as :meth:`Storage.put`, with the file's name in the message.
        """

    def confirm(self, transfer_id: str) -> Confirmed:
        """Step three: makes the transfer active.

        :raises RejectedError: with ``service_code`` ``FILES_MISSING`` if storage lacks a file.
        :raises ConflictError: somebody else confirmed it.
        :raises NotFoundError, UnknownOutcomeError: as their names say.
        """

    def get_transfer(self, transfer_id: str) -> TransferInfo:
        """The transfer as the service has it now.

        :raises NotFoundError: the service does not know it, or hides it from this key.
        """

    # <generated start AgentDrop> by `make generate`, from the forms above
    def start_send(
        self,
        files: Iterable[_File],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[SentTransfer]:
        """Starts :meth:`send`. Wrong arguments raise here, everything else in the job."""

    def start_plan(
        self,
        files: Iterable[_File],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[TransferPlan]:
        """Starts :meth:`plan`. Wrong arguments raise here, everything else in the job."""

    def start_presign(
        self,
        files: Iterable[_File],
        *,
        sender: str,
        recipient: str,
        mode: str = "agent-to-agent",
        expires_in: str | None = None,
        max_downloads: int | None = None,
        message: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        auto_delete: bool = False,
        recipient_account: str | None = None,
        encrypt: Encryption | None = None,
        multipart: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[TransferTicket]:
        """Starts :meth:`presign`. Wrong arguments raise here, everything else in the job."""

    def start_upload(
        self, ticket: TransferTicket, files: Iterable[_File], *, on_progress: _OnProgress | None = None
    ) -> Job[list[SentFile]]:
        """Starts :meth:`upload`. Wrong arguments raise here, everything else in the job."""

    def start_confirm(self, transfer_id: str) -> Job[Confirmed]:
        """Starts :meth:`confirm`. Wrong arguments raise here, everything else in the job."""

    def start_get_transfer(self, transfer_id: str) -> Job[TransferInfo]:
        """Starts :meth:`get_transfer`. Wrong arguments raise here, everything else in the job."""

    # </generated start AgentDrop>

@final
class Storage:
    """Uploads to presigned targets that some other program asked for. May be shared between threads, and
    pickled: it is made anew where it is unpickled.

    Each call has a ``start_…`` twin that takes the same arguments, returns a :class:`Job` at once, and
    calls ``on_progress`` on a thread of its own instead of the caller's.
    """

    def __new__(cls, **options: Unpack[Options]) -> Self:
        """
        :param options: see :class:`Options`.
        :raises InvalidInputError: an option is not one.
        """

    def set_bandwidth_limit(self, bytes_per_second: int | None) -> None:
        """From now on all uploads of this client together send at most so many bytes a second, those under
        way too.

        :param bytes_per_second: 1024 to 1099511627776 (1 TiB), or ``None`` for no limit.
        :raises InvalidInputError: it is neither.
        """

    def close(self) -> None:
        """Stops the calls that run, and waits for their end, at most 6 s for one that cannot be stopped.
        Calls from then on are refused with :class:`InvalidInputError`. As a context manager it does so at
        the end."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def _close(self) -> list[Job[Any]]: ...
    def put(
        self,
        url: str,
        source: _Source,
        *,
        headers: _Pairs | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """Sends a source with a presigned PUT and waits until storage has it.

        Safe to repeat: the object is replaced as a whole or not at all.

        :param url: the presigned URL, exactly as it was handed out.
        :param headers: the headers that were signed into the URL, sent as given.
        :param journal: a journal: a file that lets the same call go on where this one stopped, after its
            process was killed or it failed. It is for what goes in blocks (Azure) or in a session (Google),
            where storage keeps what it has; what goes whole begins anew, and makes no journal. The URL of the
            second call may have another signature. The file holds what opens a session, and is removed once
            the object is stored. No stream can be read again, so there is none with a journal. A leading
            ``~/`` is the home folder.
        :param timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a
            ``timedelta``, above 0 and at most 10 000 000 s.
        :param on_progress: a plain function, called on this thread with a :class:`Progress`, every 0.1 s
            at most and once at the end. If it raises, the upload is cancelled and the exception passes
            through.
        :raises UnsafeTargetError: the address is private or not https, or a header is not one to send;
            see ``trusted_storage`` in :class:`Options`.
        :raises ExpiredError, StorageRefusedError, TooLargeError: storage, or the ticket itself, says no.
        :raises SourceUnreadableError, SourceChangedError: the source fails. What a file object raised is
            the ``__cause__``.
        :raises IntegrityError, NetworkError, TransferTimeoutError, TlsError, UnavailableError,
            RateLimitedError: as their names say.
        """

    def post_form(
        self,
        url: str,
        fields: _Pairs,
        source: _Source,
        *,
        file_name: str = "file",
        file_field: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """Sends a source with a presigned POST form and waits until storage has it.

        :param url: where the form goes, exactly as it was handed out.
        :param fields: sent byte for byte in the order given; the file follows as the last field, which
            ``file_field`` names.
        :param file_name: the file name told to storage. Default ``file``.
        :param file_field: the name of the field that holds the file. Default ``file``, as S3 and Google
            have it.
        :param timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a
            ``timedelta``, above 0 and at most 10 000 000 s.
        :param on_progress: as in :meth:`put`.
        :raises DropoffError: as :meth:`put`.
        """

    def put_parts(
        self,
        urls: Iterable[str],
        source: _Source,
        *,
        part_size: int | None = None,
        part_sizes: Iterable[int] | None = None,
        headers: _Pairs | None = None,
        part_headers: Iterable[_Pairs] | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredParts:
        """Sends a source in parts, with a presigned PUT for each, and waits until storage has them all.

        Several are under way at once. Completing the upload with the parts' ETags, or aborting it, is left to
        whoever began it. Safe to repeat: a part that is sent again replaces itself.

        :param urls: the presigned URLs in order of their part numbers, from 1, exactly as they were
            handed out; 1 to 10,000 of them.
        :param part_size: bytes of each part but the last. Default: the option ``part_size``, or 8 MiB, or
            what fits the number of URLs if those do not.
        :param part_sizes: bytes of each part, in the order of the URLs, where they are not equal.
        :param headers: the headers that were signed into every URL, sent as given.
        :param part_headers: the headers of each part, in the order of the URLs, beside those of all; one
            of a part's own stands in the place of that of all.
        :param timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a
            ``timedelta``, above 0 and at most 10 000 000 s.
        :param on_progress: as in :meth:`put`.
        :raises InvalidInputError: the source does not fit the number of URLs, or those are in another order.
        :raises DropoffError: as :meth:`put`, with the number of the part in the message.
        """

    def post(
        self,
        url: str,
        source: _Source,
        *,
        headers: _Pairs | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """Sends a source with a raw POST, to a service that takes the body as something new, and waits for
        its answer, which is the result's ``reply``.

        200, 201, 202 and 204 are successes. A request that may have been handled is not sent again, since it
        might be taken twice; then the error's ``outcome`` is ``unknown``.

        :param url: the presigned URL, exactly as it was handed out.
        :param headers: the headers that were signed into the URL, sent as given.
        :param timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a
            ``timedelta``, above 0 and at most 10 000 000 s.
        :param on_progress: as in :meth:`put`.
        :raises DropoffError: as :meth:`put`.
        """

    def send(
        self,
        plan: str | Mapping[str, object],
        source: _Source,
        *,
        allow_authorization: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> StoredObject:
        """Sends a source as a plan says, and waits until storage has it.

        A plan is what a backend hands out: a mapping or its JSON, in our own form, a bare presigned URL, the
        results of boto3's presigners, Uppy Companion's and OpenDAL's requests, or a Git LFS server's reply.
        Nothing is sent before all of it is understood, every URL of it has passed the guard, and its sizes
        are those of the source. Parts that a failed call leaves are removed where the plan says how.

        :param plan: what the backend handed out, as JSON or a bare URL.
        :param allow_authorization: whether requests of the plan may carry ``Authorization``, each to its
            own URL alone: a Git LFS server hands out such tokens. Default: false, and such a plan is refused.
        :param timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a
            ``timedelta``, above 0 and at most 10 000 000 s.
        :param on_progress: as in :meth:`put`.
        :raises InvalidInputError: the plan cannot work. The ``field`` of the error's ``details`` is the JSON
            Pointer of what is wrong.
        :raises RejectedError: a Git LFS server refuses the object.
        :raises DropoffError: as :meth:`put`.
        """

    # <generated start Storage> by `make generate`, from the forms above
    def start_put(
        self,
        url: str,
        source: _Source,
        *,
        headers: _Pairs | None = None,
        journal: _Path | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """Starts :meth:`put`. Wrong arguments raise here, everything else in the job."""

    def start_post_form(
        self,
        url: str,
        fields: _Pairs,
        source: _Source,
        *,
        file_name: str = "file",
        file_field: str | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """Starts :meth:`post_form`. Wrong arguments raise here, everything else in the job."""

    def start_put_parts(
        self,
        urls: Iterable[str],
        source: _Source,
        *,
        part_size: int | None = None,
        part_sizes: Iterable[int] | None = None,
        headers: _Pairs | None = None,
        part_headers: Iterable[_Pairs] | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredParts]:
        """Starts :meth:`put_parts`. Wrong arguments raise here, everything else in the job."""

    def start_post(
        self,
        url: str,
        source: _Source,
        *,
        headers: _Pairs | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """Starts :meth:`post`. Wrong arguments raise here, everything else in the job."""

    def start_send(
        self,
        plan: str | Mapping[str, object],
        source: _Source,
        *,
        allow_authorization: bool | None = None,
        timeout: _Seconds | None = None,
        on_progress: _OnProgress | None = None,
    ) -> Job[StoredObject]:
        """Starts :meth:`send`. Wrong arguments raise here, everything else in the job."""

    # </generated start Storage>

def start_inspect_profile(path: _Path, *, pack: Pack | None = None) -> Job[ProfileInspection]:
    """Starts :func:`inspect_profile`. Wrong arguments raise here, everything else in the job."""

def start_open_sealed(
    path: _Path,
    *,
    to: _Path,
    key_pair: KeyPair,
    sender_public_key: str | None = None,
    encrypted_key: str | None = None,
    encryption_iv: str | None = None,
    encryption_salt: str | None = None,
    on_progress: _OnProgress | None = None,
) -> Job[OpenedFile]:
    """Starts :func:`open_sealed`. Wrong arguments and keys raise here, everything else in the job."""

def _is_callback(value: object) -> bool: ...
def _tools_description() -> str: ...
def _tool_arguments(tool: str, schema: str, given: str) -> str: ...
def _tool_sentence(which: str, values: list[tuple[str, str]]) -> str: ...
def _records_owed() -> int | None: ...
def _records_settle() -> None: ...
def _records_queued() -> int | None: ...
def _records_take(upto: int) -> _LogRecord | None: ...
def _records_handled(upto: int, loop_waker: _LoopWaker, token: int) -> int: ...
def _panic(point: str) -> None: ...
def _error_kinds() -> list[tuple[str, int]]: ...
def _start_into(
    jobs: list[Job[Any]],
    start: Callable[..., Job[Any]],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    called: Callable[..., Any],
    running: AbstractEventLoop | None = None,
) -> object: ...
