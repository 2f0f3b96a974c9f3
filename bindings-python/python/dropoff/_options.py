"""The options of all clients, for type checkers. Names, defaults and ranges are the core's."""

from __future__ import annotations

# Not for type checkers alone: programs ask for these at run time.
import os
from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, TypedDict


class Options(TypedDict, total=False):
    """Keyword arguments of :class:`HCompany`, :class:`AgentDrop` and :class:`Storage`.

    A length of time is seconds or a ``timedelta``. ``None`` is the default. A value out of range, and
    a name that is not here, raises :class:`InvalidInputError` with the range or the names.
    """

    # <generated options> by `make generate`, from the core's sources
    connect_timeout: float | timedelta | None
    """How long connecting may take: name lookup, TCP, proxy and TLS together. It takes as many times as
    long where connections of the client share a slow line. 0.001 s to 10 min; default 10 s."""
    stall_timeout: float | timedelta | None
    """How long the peer may acknowledge nothing before an upload counts as stalled. A slow upload that
    moves is never ended, nor one that others of the client keep waiting on a slow line, and time in
    which the process is suspended does not count. 0.001 s to 1 h; default 30 s."""
    response_timeout: float | timedelta | None
    """How long storage may take to answer after it acknowledged the last byte. 0.001 s to 1 h; default 120
    s."""
    max_attempts: int | None
    """How often one request is tried in all. 1 to 100; default 5."""
    backoff_base: float | timedelta | None
    """The first retry waits a random time up to this; each later one up to twice the one before. Uploads
    wait twice this besides, since storage takes about one write a second of one key. 0 to 10 min;
    default 0.5 s."""
    backoff_cap: float | timedelta | None
    """The most that the random part of a wait between two tries grows to. 0 to 1 h; default 30 s."""
    max_retry_after: float | timedelta | None
    """A ``Retry-After`` up to this is waited for in full; a longer one ends the call at once, with the
    error's ``retry_after`` filled. 0 to 1 h; default 60 s."""
    concurrency: int | None
    """How many files and parts of one call are sent at once, over all its files. Without it there are more
    while more arrives per second that way, and fewer when storage or the network pushes back. 1 to 64;
    default found while sending: 4 at first, then 1 to 16."""
    bandwidth_limit: int | None
    """The most bytes a second that all uploads of the client send together. Each client's
    ``set_bandwidth_limit`` changes it while uploads are under way. Time in which an upload waits for
    its turn is no stall; API calls do not count. 1024 to 1099511627776 bytes per second; default none."""
    memory_budget: int | None
    """The most bytes of memory that one call fills with sealed parts that wait to be sent; one part is
    held whatever it says. Parts that are not sealed need none of it. 8388608 to 1099511627776 bytes;
    default 67108864 (64 MiB)."""
    part_size: int | None
    """Bytes of each part but the last of an upload in parts; enlarged where a file would need more than
    the 10,000 parts that storage allows. 5242880 to 5368709120 bytes (5 MiB to 5 GiB); default 8388608
    (8 MiB), more where a file would need over 10,000 parts."""
    multipart_threshold: int | None
    """A transfer with a file of at least this many bytes is sent in parts, and a blob of Azure's in
    blocks. 1 to 5368709120 bytes (5 GiB); default 524288000 (500 MiB)."""
    integrity_check: Literal["auto"] | bool | None
    """Whether what storage has is compared with what was sent (``auto``: by every CRC that storage answers
    with, at any size, or else by MD5 or SHA for up to 256 MiB; true: by whatever it answers, at any
    size; false: not at all). The service's SHA-256 of a profile is compared too, unless it is false.
    With true an answer that may not be storage's own is an error. "auto", true or false; default
    "auto"."""
    spool_dir: str | os.PathLike[str] | None
    """The folder for packed profiles and streams while they are sent; they have no name there. Default the
    system's temporary folder."""
    ca_file: str | os.PathLike[str] | None
    """A PEM file of certificates to trust beside the operating system's: roots, or a server's own, which
    is then accepted whatever its CA flag and version, and good for itself alone. It is read at once.
    Default the operating system's roots only."""
    proxy: str | None
    """The proxy to use, whatever ``NO_PROXY`` says, such as ``http://user:password@host:3128``; ``#``,
    ``/``, ``?``, ``@`` and a blank in its user name and password are percent-encoded. Storage on this
    machine is reached through it too; a service on this machine never is. Default the environment's
    proxy variables."""
    user_agent: str | None
    """The ``User-Agent`` of API calls and uploads. 1 to 256 printable ASCII characters; default
    dropoff/<version>."""
    trusted_storage: Iterable[str] | None
    """Origins such as ``https://minio.internal:9000`` that may be private addresses; plain http only where
    the entry says so. Default those of the environment variable ``DROPOFF_TRUSTED_STORAGE``, with
    commas between; else none: storage must be https on a public address."""
    # </generated options>
