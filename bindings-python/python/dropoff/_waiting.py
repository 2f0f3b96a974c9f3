"""The waiting form of each `start_…` method: `put` for `start_put`, and so on."""

from __future__ import annotations

from ._native import _start_into

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._native import Job


def add_waiting_forms(cls: type) -> None:
    """Gives a client `x(…)` for every `start_x(…)` it has."""
    for name, start in list(vars(cls).items()):
        if name.startswith("start_"):
            setattr(cls, name.removeprefix("start_"), _waiting(start))


def _waiting(start: Callable[..., Job[Any]]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        on_progress = kwargs.get("on_progress")
        if callable(on_progress):
            # Told from here, on the caller's own thread. Passed on as None, so that a method without
            # it says so.
            kwargs["on_progress"] = None
        else:
            on_progress = None  # not given, or something that `start` refuses
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

    name = start.__name__.removeprefix("start_")
    call.__name__, call.__qualname__ = name, start.__qualname__.replace(start.__name__, name)
    call.__doc__, call.__module__ = start.__doc__, "dropoff"
    call.__wrapped__ = start  # type: ignore[attr-defined]  # where inspect finds the signature
    return call
