"""The awaiting form of each `start_…` method, and `await job`.

A job ends on a thread of the compiled half. That thread must not run Python code: while the program
ends, CPython kills such a thread by unwinding its stack, and unwinding through Rust aborts the process.
`loop.call_soon_threadsafe` is Python code, so a job wakes a loop through a socket that the loop watches
(`loop.add_reader`), which any asyncio loop on Unix can, uvloop's included.

There is one such bell for a loop, and only while something waits there: a loop that is closed, or a
process that makes thousands of them, leaves no descriptor behind.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from ._native import _JOIN, _STILL, _TICK, _Bell, _records_handled, _records_owed, _start_into
from ._waiting import named_like, take_callback

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._native import Job, Progress


class _Ear:
    """Hears the bell of one loop, for all who wait there."""

    # Weak, and by process: a loop that is gone takes its ear along, and a child of a fork must not listen
    # at a socket that its parent listens at.
    _by_loop: WeakValueDictionary[tuple[int, int], _Ear] = WeakValueDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop, key: tuple[int, int]) -> None:
        self.bell = _Bell()
        self._loop = loop
        self._key = key
        self._waiting: dict[int, _Waiter] = {}
        self._last_token = 0
        loop.add_reader(self.bell.fileno(), self._rung)
        _Ear._by_loop[key] = self

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> _Ear:
        key = os.getpid(), id(loop)
        return cls._by_loop.get(key) or cls(loop, key)

    def _rung(self) -> None:
        for token in self.bell.take():
            if waiter := self._waiting.get(token):
                waiter.wake()

    def add(self, waiter: _Waiter) -> int:
        self._last_token += 1
        self._waiting[self._last_token] = waiter
        return self._last_token

    def remove(self, token: int) -> None:
        del self._waiting[token]
        if not self._waiting:
            _Ear._by_loop.pop(self._key, None)
            # What waited in a loop that was closed under it is collected at any time later.
            if not self._loop.is_closed():
                self._loop.remove_reader(self.bell.fileno())


class _Waiter:
    """One coroutine that waits for one job. Use as a context manager in a running loop."""

    def __init__(self, job: Job[Any]) -> None:
        self._job = job
        self._loop = asyncio.get_running_loop()
        self._woken: asyncio.Future[None] | None = None

    def __enter__(self) -> _Waiter:
        self._ear = _Ear.of(self._loop)
        self._token = self._ear.add(self)
        self._wish = self._job._ring(self._ear.bell, self._token)
        return self

    def __exit__(self, *_: object) -> None:
        self._ear.remove(self._token)
        # The traceback of an exception may keep this object, which must not keep the bell's descriptors.
        del self._wish, self._ear

    def wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def over_within(self, seconds: float | None) -> bool:
        """Whether the job is over, at the latest after so many seconds."""
        ends = None if seconds is None else self._loop.time() + seconds
        # It rings at its end at least; what counts is what the job says.
        while not (over := self._job.done()) and (ends is None or self._loop.time() < ends):
            await self._rung_until(ends)
        return over

    async def logged(self) -> None:
        """Waits until the log records so far are handled; for ones that stand still 2 s at most."""
        upto, handled, ends = _records_owed(), -1, 0.0
        while upto is not None and (now := _records_handled(upto, self._ear.bell, self._token)) < upto:
            if now > handled:
                handled, ends = now, self._loop.time() + _STILL
            elif self._loop.time() >= ends:
                return
            await self._rung_until(ends)

    async def _rung_until(self, ends: float | None) -> None:
        self._woken = self._loop.create_future()
        timer = None if ends is None else self._loop.call_at(ends, self.wake)
        try:
            await self._woken
        finally:
            self._woken = None
            if timer is not None:
                timer.cancel()


async def finish(job: Job[Any], on_progress: Callable[[Progress], object] | None = None) -> Any:
    """Waits for the result, telling progress meanwhile. If it ends by an exception, the job is cancelled."""
    with _Waiter(job) as waiter:
        try:
            over = False
            while not over:
                over = await waiter.over_within(None if on_progress is None else _TICK)
                if on_progress is not None:
                    now = job.progress()
                    # It may have ended after the tick, and then this is the last one.
                    over = over or now.phase == "done"
                    on_progress(now)
            await waiter.logged()
        except BaseException as error:
            job.cancel()
            try:
                # In a coroutine that is thrown away nothing can be awaited.
                if not isinstance(error, GeneratorExit):
                    await waiter.over_within(_JOIN)
                    await waiter.logged()
            finally:
                job._explain(error)
            raise
    return job._result()


async def leave(job: Job[Any], error: BaseException | None) -> None:
    """The end of an `async with`: waits if its block ended well; cancels and waits if it raised `error`."""
    if error is None:
        await finish(job)
        return
    job.cancel()
    with _Waiter(job) as waiter:
        await waiter.over_within(_JOIN)
        await waiter.logged()


def awaiting(
    name: str, start: Callable[..., Job[Any]], given: Callable[..., tuple[Any, ...]] = lambda *args: args
) -> Callable[..., Any]:
    """`x(…)` as a coroutine for `start_x(…)`. `given` makes of its positional arguments those of `start`."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        on_progress = take_callback(kwargs)
        asyncio.get_running_loop()  # under another framework this raises, with nothing started
        jobs: list[Job[Any]] = []
        try:
            try:
                _start_into(jobs, start, given(*args), kwargs)
            finally:
                # A traceback that shows locals must not show a presigned URL.
                del args, kwargs
            return await finish(jobs[0], on_progress)
        except BaseException:
            # For an interrupt between the two; otherwise it is over already, or told to stop.
            for job in jobs:
                job.cancel()
            raise

    return named_like(start, name, call)


def starting(name: str, start: Callable[..., Job[Any]]) -> Callable[..., Any]:
    """`start_x(…)` of such a client."""

    def call(self: Any, /, *args: Any, **kwargs: Any) -> Job[Any]:
        try:
            return start(self._client, *args, **kwargs)
        finally:
            del args, kwargs  # as above

    return named_like(start, f"start_{name}", call)
