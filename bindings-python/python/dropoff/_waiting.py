"""The waiting form of each `start_…` method: `put` for `start_put`, and so on. Also what makes a job
awaitable; the rest of that is in `_awaiting`, so that asyncio is imported only where it is used."""

from __future__ import annotations

from ._native import _is_callback, _start_into

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import TracebackType
    from typing import Any

    from ._native import Job, Progress


def starting_methods(cls: type) -> Iterator[tuple[str, Callable[..., Job[Any]]]]:
    """The calls of a client: `put` and its method `start_put`, and so on. Every form derives from these."""
    for name, start in list(vars(cls).items()):
        if name.startswith("start_"):
            yield name.removeprefix("start_"), start


def add_waiting_forms(cls: type) -> None:
    """Gives a client `x(…)` for every `start_x(…)` it has."""
    for name, start in starting_methods(cls):
        setattr(cls, name, waiting(name, start))


def add_awaiting_forms(cls: type[Job[Any]]) -> None:
    """Gives a job `await job` and `async with job`."""

    def __await__(self: Job[Any], /) -> Generator[Any, None, Any]:
        """Waits for the result in a running asyncio loop. A task that is cancelled here cancels the job."""
        from ._awaiting import finish

        return finish(self).__await__()

    async def __aenter__(self: Job[Any], /) -> Job[Any]:
        return self

    async def __aexit__(
        self: Job[Any],
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        from ._awaiting import leave

        await leave(self, exc_value)

    for method in (__await__, __aenter__, __aexit__):
        method.__module__, method.__qualname__ = "dropoff", f"Job.{method.__name__}"
        setattr(cls, method.__name__, method)


def waiting(name: str, start: Callable[..., Job[Any]]) -> Callable[..., Any]:
    """`x(…)` for `start_x(…)`, a method or a function."""

    def call(*args: Any, **kwargs: Any) -> Any:
        on_progress = take_callback(kwargs)
        jobs: list[Job[Any]] = []
        try:
            try:
                _start_into(jobs, start, args, kwargs)
            finally:
                # A traceback that shows locals must not show a presigned URL.
                del args, kwargs
            if on_progress is not None:
                for progress in jobs[0]._snapshots():
                    on_progress(progress)
        except BaseException as error:
            for job in jobs:
                job._stop(error)
            raise
        return jobs[0].wait()

    return named_like(start, name, call)


def take_callback(kwargs: dict[str, Any]) -> Callable[[Progress], object] | None:
    """The progress callback, which the form itself calls. One that is none is left for `start` to refuse."""
    on_progress = kwargs.get("on_progress")
    if on_progress is None or not _is_callback(on_progress):
        return None
    # Passed on as None, so that a method without it says so.
    kwargs["on_progress"] = None
    taken: Callable[[Progress], object] = on_progress
    return taken


def named_like(start: Callable[..., Any], name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Makes `call` look like the form `name` of `start`."""
    call.__name__, call.__qualname__ = name, start.__qualname__.replace(start.__name__, name)
    call.__doc__, call.__module__ = start.__doc__, "dropoff"
    call.__wrapped__ = start  # type: ignore[attr-defined]  # where inspect finds the signature
    return call
