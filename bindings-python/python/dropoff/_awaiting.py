"""The awaiting form of each `start_…` method, and `await job`, for asyncio. How a job wakes its loop is told
in `_finishing`; uvloop's is one too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import _finishing
from ._native import _start_into
from ._waiting import green, named_like, take_callback

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._native import Job, Progress


class _Waiter(_finishing.Waiter):
    """One coroutine that waits for one job in a running loop."""

    _loop: asyncio.AbstractEventLoop

    def __init__(self, job: Job[Any]) -> None:
        super().__init__(job, asyncio.get_running_loop())
        self._woken: asyncio.Future[None] | None = None

    def wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def woken_until(self, ends: float | None) -> None:
        self._woken = self._loop.create_future()
        timer = None if ends is None else self._loop.call_at(ends, self.wake)
        try:
            await self._woken
        finally:
            self._woken = None
            if timer is not None:
                timer.cancel()

    async def logged(self) -> None:
        if (other := green()) is not None:
            other.drain(None)
        await super().logged()


async def finish(job: Job[Any], on_progress: Callable[[Progress], object] | None = None) -> Any:
    """See `_finishing.finish`."""
    return await _finishing.finish(_Waiter(job), job, on_progress)


async def leave(job: Job[Any], error: BaseException | None) -> None:
    """See `_finishing.leave`."""
    await _finishing.leave(_Waiter(job), job, error)


def awaiting(
    name: str, start: Callable[..., Job[Any]], given: Callable[..., tuple[Any, ...]] = lambda *args: args
) -> Callable[..., Any]:
    """`x(…)` as a coroutine for `start_x(…)`. `given` makes of its positional arguments those of `start`."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        on_progress = take_callback(kwargs)
        loop = asyncio.get_running_loop()  # under another framework this raises, with nothing started
        jobs: list[Job[Any]] = []
        try:
            try:
                _start_into(jobs, start, given(*args), kwargs, call, loop)
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


def starting(
    start: Callable[..., Job[Any]], given: Callable[..., tuple[Any, ...]] = lambda *args: args
) -> Callable[..., Any]:
    """`start_x(…)` of an async client, which may be called outside of a loop. `given` as above."""

    def call(*args: Any, **kwargs: Any) -> Any:
        jobs: list[Job[Any]] = []
        try:
            _start_into(jobs, start, given(*args), kwargs, call, asyncio._get_running_loop())
        finally:
            del args, kwargs  # as above
        return jobs[0]

    return named_like(start, start.__name__, call)
