"""Waiting for a job in a loop that runs other code meanwhile: asyncio's, or the hub of gevent or eventlet.

A job ends on a thread of the compiled half. That thread must not run Python code: while the program
ends, CPython kills such a thread by unwinding its stack, and unwinding through Rust aborts the process.
`loop.call_soon_threadsafe` is Python code, so a job wakes a loop through a socket that the loop watches
(`loop.add_reader`), which any loop on Unix can; for one on Windows that cannot, a thread of Python's own does
(`_receiving`). Where the system refuses any of these the loop looks by itself, now and then: whoever waits
must hear of the end of a call that runs.

There is one such socket pair for a loop, and only while something waits there: a loop that is closed, or a
process that makes thousands of them, leaves no descriptor behind.
"""

from __future__ import annotations

import os
from weakref import WeakValueDictionary

from ._native import (
    _CANCEL_WAIT_LIMIT,
    _LOG_DRAIN_LIMIT,
    _POLL_INTERVAL,
    _LoopWaker,
    _records_handled,
    _records_owed,
)
from ._threads import close_bar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from ._native import Job, Progress
    from ._receiving import Receiver

    class _Loop(Protocol):
        def add_reader(self, fd: int, callback: Callable[[], object], /) -> object: ...
        def remove_reader(self, fd: int, /) -> object: ...
        def call_later(self, delay: float, callback: Callable[[], object], /) -> object: ...
        def is_closed(self) -> bool: ...
        def time(self) -> float: ...

    class _Waited(Protocol):
        """What wakes a loop at its end: a job, or what a callback is told of."""

        def done(self) -> bool: ...
        def _notify(self, loop_waker: _LoopWaker, token: int) -> object: ...

    class _Told(_Waited, Protocol):
        def progress(self) -> Progress: ...


# Seconds. How often a loop looks by itself.
LOOK_INTERVAL = 0.05


class LoopListener:
    """Wakes one loop, for all who wait there."""

    # Weak, and by process: a loop that is gone takes its listener along, and a child of a fork must not
    # listen at a socket that its parent listens at.
    _by_loop: WeakValueDictionary[tuple[int, int], LoopListener] = WeakValueDictionary()

    def __init__(self, loop: _Loop, key: tuple[int, int]) -> None:
        self.loop_waker = _LoopWaker()
        self._loop = loop
        self._key = key
        self._waiting: dict[int, Waiter] = {}
        # Those of them that leave a source of this loop with the call that reads it.
        self._leaving: dict[int, Waiter] = {}
        self._last_token = 0
        self._watched: int | None = None
        self._receiver: Receiver | None = None
        self._listen()
        LoopListener._by_loop[key] = self

    @classmethod
    def of(cls, loop: _Loop) -> LoopListener:
        key = os.getpid(), id(loop)
        return cls._by_loop.get(key) or cls(loop, key)

    def _listen(self) -> None:
        try:
            if (fd := self.loop_waker.fileno()) is None:
                self._look_later()
                return
            try:
                self._loop.add_reader(fd, self._on_wake)
                self._watched = fd
            except NotImplementedError:
                from ._receiving import Receiver

                self._receiver = Receiver(self._loop, self.loop_waker, fd, self._on_wake, self._look)
        # No descriptor, or no thread for it. Of a loop that is closed the timer says so too.
        except (OSError, RuntimeError):
            self._look_later()

    def _look_later(self) -> None:
        self._loop.call_later(LOOK_INTERVAL, self._look)

    def _look(self) -> None:
        if self._waiting:
            self._on_wake()
            self._look_later()

    def _on_wake(self) -> None:
        for token in self.loop_waker.take():
            if waiter := self._waiting.get(token):
                waiter.wake()

    def add(self, waiter: Waiter) -> int:
        self._last_token += 1
        self._waiting[self._last_token] = waiter
        if waiter.leaves_source:
            self._leaving[self._last_token] = waiter
        return self._last_token

    def leave_sources(self) -> None:
        """Those of calls that are over, whether or not their wakes have come: whoever waits for a call may
        use its source at once."""
        for waiter in list(self._leaving.values()):
            waiter.wake()

    def remove(self, token: int) -> None:
        del self._waiting[token]
        self._leaving.pop(token, None)
        if not self._waiting:
            LoopListener._by_loop.pop(self._key, None)
            if self._receiver is not None:
                self._receiver.stop()
            # What waited in a loop that was closed under it is collected at any time later.
            elif self._watched is not None and not self._loop.is_closed():
                self._loop.remove_reader(self._watched)


class Waiter:
    """One who waits in a loop for one thing to end. Use as a context manager, in that loop."""

    leaves_source = False

    def __init__(self, waited: _Waited, loop: _Loop) -> None:
        self._waited = waited
        self._loop = loop

    def __enter__(self) -> Waiter:
        self._listener = LoopListener.of(self._loop)
        self._token = self._listener.add(self)
        self._wake_request = self._waited._notify(self._listener.loop_waker, self._token)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.remove(self._token)
        # The traceback of an exception may keep this object, which must not keep the descriptors.
        del self._wake_request, self._listener

    def wake(self) -> None:
        """It was woken; called by the loop."""
        raise NotImplementedError

    async def woken_until(self, ends: float | None) -> None:
        """Waits until it is woken, at the latest until `ends`."""
        raise NotImplementedError

    async def over_within(self, seconds: float | None) -> bool:
        """Whether it is over, at the latest after so many seconds."""
        ends = None if seconds is None else self._loop.time() + seconds
        # It is woken at its end at least; what counts is what it says itself.
        while not (over := self._waited.done()) and (ends is None or self._loop.time() < ends):
            await self.woken_until(ends)
        if over:
            self._listener.leave_sources()
        return over

    async def logged(self) -> None:
        """Waits until the log records so far are handled; for ones that stand still 2 s at most."""
        upto, handled, ends = _records_owed(), -1, 0.0
        while (
            upto is not None
            and (now := _records_handled(upto, self._listener.loop_waker, self._token)) < upto
        ):
            if now > handled:
                handled, ends = now, self._loop.time() + _LOG_DRAIN_LIMIT
            elif self._loop.time() >= ends:
                return
            await self.woken_until(ends)


async def tell(waiter: Waiter, told: _Told, on_progress: Callable[[Progress], object]) -> None:
    """Calls `on_progress` every tick until `told`, for which `waiter` waits, is over."""
    over = False
    while not over:
        over = await waiter.over_within(_POLL_INTERVAL)
        now = told.progress()
        # It may have ended after the tick, and then this is the last one.
        over = over or now.phase == "done"
        on_progress(now)


async def finish(
    waiting: Waiter,
    job: Job[Any],
    on_progress: Callable[[Progress], object] | None = None,
    limit: float | None = None,
) -> Any:
    """Waits for the result, telling progress meanwhile; raises TimeoutError after `limit` seconds. Any other
    exception that ends it cancels the job."""
    with waiting as waiter:
        try:
            if on_progress is not None:
                await tell(waiter, job, on_progress)
            over = await waiter.over_within(limit)
            if over:
                await waiter.logged()
        except BaseException as error:
            job.cancel()
            try:
                # In a coroutine that is thrown away nothing can be awaited.
                if not isinstance(error, GeneratorExit):
                    await waiter.over_within(_CANCEL_WAIT_LIMIT)
                    await waiter.logged()
            finally:
                job._explain(error)
            raise
        finally:
            close_bar(on_progress)
    return job._result() if over or limit is None else job._late(limit)


async def leave(waiting: Waiter, job: Job[Any], error: BaseException | None) -> None:
    """The end of a `with`: waits if its block ended well; cancels and waits if it raised `error`."""
    if error is None:
        await finish(waiting, job)
        return
    job.cancel()
    with waiting as waiter:
        await waiter.over_within(_CANCEL_WAIT_LIMIT)
        await waiter.logged()
