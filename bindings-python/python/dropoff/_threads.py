"""Threads that run the caller's code: reading file objects, telling progress of started jobs, and logging.

They are Python's own daemon threads, and the loops are Python, because a thread that is in the
interpreter when the program ends is killed by unwinding its stack, which only Python's own frames
survive. Nothing of the compiled half may be below the caller's code on such a thread.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from ._native import Progress

    class _Order(Protocol):
        """A read that the compiled half waits for."""

        @property
        def file(self) -> _Readable: ...
        @property
        def size(self) -> int: ...
        def fill(self, chunk: object, /) -> None: ...
        def fail(self, error: BaseException, /) -> None: ...

    class _Readable(Protocol):
        def read(self, size: int, /) -> object: ...

    class _Telling(Protocol):
        """The state of telling, for those who wait."""

        def begin(self) -> None: ...
        def fail(self, error: BaseException, /) -> None: ...
        def end(self) -> None: ...


def read(orders: Iterable[_Order]) -> None:
    """Reads the file objects of one call until the compiled half wants no more."""
    for order in orders:
        try:
            order.fill(order.file.read(order.size))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits gets it
            order.fail(error)
        # What was raised keeps this frame (by way of `f_back`, too), and the order keeps what was raised.
        del order
    del orders


def tell(snapshots: Iterable[Progress], telling: _Telling, on_progress: Callable[[Progress], object]) -> None:
    """Calls `on_progress` until the job is over or the callback raises."""
    telling.begin()
    try:
        for progress in snapshots:
            on_progress(progress)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits gets it
        telling.fail(error)
    telling.end()


def log(records: Iterable[tuple[int, str]]) -> None:
    """Hands what the compiled half tells to the logger `dropoff`, for as long as the program lives."""
    import logging
    import threading

    # Which shows in the records, and would be "Dummy-1".
    threading.current_thread().name = "dropoff-logs"
    null = logging.NullHandler()
    for level, text in records:
        try:
            logger = logging.getLogger("dropoff")
            if not logger.handlers:
                # As libraries do: without any handler `logging` would print warnings on stderr.
                logger.addHandler(null)
            if logger.isEnabledFor(level):
                logger.handle(logger.makeRecord(logger.name, level, "(unknown file)", 0, text, (), None))
        except BaseException:  # noqa: BLE001 - there is no caller it could go to, so it is told as in any handler
            null.handleError(logging.LogRecord("dropoff", level, "(unknown file)", 0, text, (), None))
