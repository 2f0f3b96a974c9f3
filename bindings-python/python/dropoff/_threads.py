"""Threads that run the caller's code: reading file objects, telling progress of started jobs, and logging.

They are Python's own daemon threads, and the loops are Python, because a thread that is in the
interpreter when the program ends is killed by unwinding its stack, which only Python's own frames
survive. Nothing of the compiled half may be below the caller's code on such a thread.

Under gevent and eventlet the same runs in greenlets; see `_green`.
"""

from __future__ import annotations

import os
import stat
import sys

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextvars import Context
    from typing import Any, Protocol

    from ._native import Progress, _LogRecord, _LoopWaker

    class _Order(Protocol):
        """Something to be done with a file object, which the compiled half waits for."""

        @property
        def file(self) -> Any: ...
        @property
        def size(self) -> int | None: ...
        @property
        def back_to(self) -> int | None: ...
        def fill(self, chunk: object, /) -> None: ...
        def stands(self, at: int | None, /) -> None: ...
        def fail(self, error: BaseException, /) -> None: ...

    class _Orders(Protocol):
        """Those of one call."""

        @property
        def files(self) -> list[Any]: ...
        def __iter__(self) -> Iterator[_Order]: ...
        def poll(self) -> _Order | None: ...
        def done(self) -> bool: ...
        def _notify(self, loop_waker: _LoopWaker, token: int) -> object: ...

    class _Records(Protocol):
        """All that the compiled half tells."""

        def __iter__(self) -> Iterator[_LogRecord]: ...
        def ended(self) -> object: ...

    class _CallbackState(Protocol):
        """The state of telling, for those who wait."""

        def begin(self, greenlet: int | None = None, /) -> None: ...
        def fail(self, error: BaseException, /) -> None: ...
        def end(self) -> None: ...


def read(orders: _Orders) -> None:
    """Serves the file objects of one call until the compiled half wants no more."""
    for order in orders:
        serve(order)
        del order  # as in `serve`, whose frame keeps this one by way of `f_back`
    # Here, and not by the compiled half: what lets go of the last one may run code of the caller's, such as
    # the end of a generator.
    orders.files.clear()
    del orders


def serve(order: _Order) -> None:
    """Reads, says where the file object stands, or sets it back to there."""
    try:
        if order.size is not None:
            order.fill(order.file.read(order.size))
        elif order.back_to is None:
            order.stands(_position(order.file))
        else:
            order.file.seek(order.back_to)
            order.stands(order.back_to)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits gets it
        if order.size is not None:
            order.fail(error)
        else:
            order.stands(None)
    # What was raised keeps this frame, and the order keeps what was raised.
    del order


def _position(file: Any) -> int | None:
    """Where it stands, if it can be set back to there."""
    # Not all have `seekable`: what wraps or imitates a file often has the other two alone.
    if not hasattr(file, "seek") or not getattr(file, "seekable", lambda: True)():
        return None
    if sys.platform == "win32" and _is_pipe(file):
        return None
    at = file.tell()
    return at if type(at) is int else None


def _is_pipe(file: Any) -> bool:
    """Whether it is a pipe or a console, which Python says can be set back on Windows (python/cpython#86768).
    A second try of a call would send what is left of it, and say that all is well."""
    # Of a temporary file that is in memory it would be written to the disk by that question.
    if getattr(file, "_rolled", None) is False:
        return False
    try:
        number = file.fileno()
    except Exception:  # noqa: BLE001 - the caller's code; what is in memory or in an archive has none
        return False
    return type(number) is int and not stat.S_ISREG(os.fstat(number).st_mode)


def tell(
    snapshots: Iterable[Progress], state: _CallbackState, on_progress: Callable[[Progress], object]
) -> None:
    """Calls `on_progress` until the job is over or the callback raises."""
    state.begin()
    try:
        tell_all(snapshots, on_progress)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits gets it
        state.fail(error)
    state.end()


def tell_all(snapshots: Iterable[Progress], on_progress: Callable[[Progress], object]) -> None:
    """Calls `on_progress` with each, wherever that is done by a loop over them."""
    try:
        for progress in snapshots:
            on_progress(progress)
    finally:
        close_bar(on_progress)


def close_bar(on_progress: Callable[[Progress], object] | None) -> None:
    """Closes a `progress_bar` of a call that is over: of one that failed no snapshot says so."""
    module = sys.modules.get("dropoff._progress_bar")
    if module is not None and isinstance(on_progress, module.progress_bar):
        on_progress.close()


def log(records: _Records) -> None:
    """Hands what the compiled half tells to the logger `dropoff`, for as long as the program lives."""
    import threading

    # Which shows in the records, and would be "Dummy-1".
    threading.current_thread().name = "dropoff-logs"
    for record in records:
        try:
            handle(*record)
        except BaseException:  # noqa: BLE001 - there is no caller it could go to
            _told_wrong(*record[:2])
        del record  # it holds its caller's context
        # What is let go of here are contexts, whose values may have a `__del__`.
        records.ended()


def hand_over(upto: int) -> None:
    """Hands the records up to that one to the logger, on this thread."""
    while record := _native._records_take(upto):
        try:
            handle(*record)
        except Exception:  # noqa: BLE001 - what else ends a handler, such as a timeout, is meant for the caller
            _told_wrong(*record[:2])


def handle(level: int, text: str, job: int | None, attempt: int | None, context: Context | None) -> None:
    """In the context of whoever made the call: filters and handlers find its request id and its trace."""
    from contextvars import Context

    # A copy: on one thread a handler that makes a call may come here again.
    (Context() if context is None else context.copy()).run(_handle, level, text, job, attempt)


def _handle(level: int, text: str, job: int | None, attempt: int | None) -> None:
    import logging

    logger = logging.getLogger("dropoff")
    if not logger.handlers:
        # As libraries do: without any handler `logging` would print warnings on stderr.
        logger.addHandler(logging.NullHandler())
    if logger.isEnabledFor(level):
        facts = {"job": job, "attempt": attempt}
        record = logger.makeRecord(logger.name, level, "(unknown file)", 0, text, (), None, extra=facts)
        logger.handle(record)


def _told_wrong(level: int, text: str) -> None:
    """Tells on stderr that a handler raised, as any handler does."""
    import logging

    record = logging.LogRecord("dropoff", level, "(unknown file)", 0, text, (), None)
    logging.NullHandler().handleError(record)
