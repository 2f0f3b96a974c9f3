"""The waiting form of each `start_…` method: `put` for `start_put`, and so on. Also what makes a job
awaitable; the rest of that is in `_awaiting`, so that asyncio is imported only where it is used."""

from __future__ import annotations

import sys

from ._native import _is_callback, _start_into
from ._threads import tell_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from concurrent.futures import Future
    from contextvars import Context
    from types import ModuleType, TracebackType
    from typing import Any

    from ._native import Job, Progress, _Seconds


_STARTING: dict[type, list[tuple[str, Callable[..., Job[Any]]]]] = {}


def starting_methods(cls: type) -> Iterator[tuple[str, Callable[..., Job[Any]]]]:
    """The calls of a client: `put` and its compiled `start_put`, and so on. Every form derives from these."""
    yield from _STARTING[cls]


def add_waiting_forms(cls: type) -> None:
    """Gives a client `x(…)` for every `start_x(…)` it has."""
    methods = [(name, start) for name, start in vars(cls).items() if name.startswith("start_")]
    _STARTING[cls] = [(name.removeprefix("start_"), start) for name, start in methods]
    for name, start in starting_methods(cls):
        setattr(cls, name, waiting(name, start))
        setattr(cls, f"start_{name}", starting(start))
    for method in at_once_methods(cls):
        setattr(cls, method.__name__, annotated(method))
    _add_closing(cls)


def _add_closing(cls: type) -> None:
    """Gives a client `close()` and `with client`."""

    def close(self: Any) -> None:
        for job in self._close():
            if (other := green()) is not None:
                other.end(job, CLOSING)
            else:
                job._join()

    def __enter__(self: Any, /) -> Any:
        return self

    def __exit__(
        self: Any,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.close()

    close.__doc__ = CLOSE
    for method in (close, __enter__, __exit__):
        method.__module__, method.__qualname__ = "dropoff", f"{cls.__name__}.{method.__name__}"
        annotate(method)
        setattr(cls, method.__name__, method)


CLOSE = """Stops the calls that run, and waits for their end, at most 6 s for one that cannot be stopped.
Calls from then on are refused with InvalidInputError."""
# What ends a job of a client that is closed.
CLOSING = InterruptedError()


def at_once_methods(cls: type) -> list[Callable[..., Any]]:
    """The methods of a client that wait for nothing, and so have one form."""
    names = ("set_bandwidth_limit", "restore_ticket")
    return [getattr(cls, name) for name in names if hasattr(cls, name)]


def green() -> ModuleType | None:
    """How to wait where gevent or eventlet has replaced threads and locks; see `_green`."""
    if "gevent.monkey" in sys.modules or "eventlet.patcher" in sys.modules:
        from . import _green

        if _green.is_patched():
            return _green
    return None


def add_forms_of_waiting(cls: type[Job[Any]]) -> None:
    """Gives a job `wait()` and `with job`, and in asyncio `await job` and `async with job`."""

    def wait(self: Job[Any], timeout: _Seconds | None = None) -> Any:
        return self._wait(timeout) if (other := green()) is None else other.wait(self, timeout)

    def __enter__(self: Job[Any], /) -> Job[Any]:
        return self

    def __exit__(
        self: Job[Any],
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Waits if the block ended well; cancels and waits if it raised."""
        if (other := green()) is not None:
            other.end(self, exc_value)
        elif exc_type is None:
            self._wait(None)
        else:
            self._join()

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

    def add_done_callback(
        self: Job[Any], fn: Callable[[Job[Any]], object], /, *, context: Context | None = None
    ) -> None:
        """Calls fn with the job when it is over, at once if it is already: in the running asyncio loop, or
        on a daemon thread, dropoff-done."""
        from . import _done

        _done.add(self, fn, context)

    def remove_done_callback(self: Job[Any], fn: Callable[[Job[Any]], object], /) -> int:
        """Takes back what add_done_callback was given, and says how often that was."""
        from . import _done

        return _done.remove(self, fn)

    def future(self: Job[Any]) -> Future[Any]:
        """A concurrent.futures.Future of the result, a new one each time. Cancelling it cancels the call."""
        from . import _done

        return _done.future(self)

    def exception(self: Job[Any]) -> BaseException | None:
        """What wait() raises of a job that is over, or None. TimeoutError while it runs."""
        if not self.done():
            self._late(0)
        try:
            self._result()
        except BaseException as error:  # noqa: BLE001 - given, not raised
            return error.with_traceback(None)
        return None

    def cancelled(self: Job[Any]) -> bool:
        """Whether it is over and was cancelled."""
        from ._errors import CancelledError

        return self.done() and isinstance(self.exception(), CancelledError)

    wait.__doc__ = cls._wait.__doc__
    for method in (
        cancelled,
        exception,
        add_done_callback,
        remove_done_callback,
        future,
        wait,
        __enter__,
        __exit__,
        __await__,
        __aenter__,
        __aexit__,
    ):
        method.__module__, method.__qualname__ = "dropoff", f"Job.{method.__name__}"
        annotate(method)
        setattr(cls, method.__name__, method)


def waiting(name: str, start: Callable[..., Job[Any]]) -> Callable[..., Any]:
    """`x(…)` for `start_x(…)`, a method or a function."""

    def call(*args: Any, **kwargs: Any) -> Any:
        on_progress, other = take_callback(kwargs), green()
        jobs: list[Job[Any]] = []
        try:
            try:
                _start_into(jobs, start, args, kwargs, call)
            finally:
                # A traceback that shows locals must not show a presigned URL.
                del args, kwargs
            if on_progress is not None and other is None:
                tell_all(jobs[0]._snapshots(), on_progress)
        except BaseException as error:
            for job in jobs:
                job._stop(error)
            raise
        return jobs[0]._wait() if other is None else other.call(jobs[0], on_progress)

    return named_like(start, name, call)


def starting(start: Callable[..., Job[Any]]) -> Callable[..., Any]:
    """A compiled `start_x(…)`, as a function that has annotations, and is a call of its client."""

    def call(*args: Any, **kwargs: Any) -> Any:
        jobs: list[Job[Any]] = []
        try:
            _start_into(jobs, start, args, kwargs, call)
        finally:
            del args, kwargs  # as above
        return jobs[0]

    return named_like(start, start.__name__, call)


def annotated(
    method: Callable[..., Any], given: Callable[..., tuple[Any, ...]] = lambda *args: args
) -> Callable[..., Any]:
    """A compiled method that waits for nothing, as a function that has annotations. `given` as in
    `_awaiting.awaiting`."""

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*given(*args), **kwargs)
        finally:
            del args, kwargs  # as above

    return named_like(method, method.__name__, call)


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
    call.__wrapped__ = _Shape(start, call)  # type: ignore[attr-defined]  # where inspect finds the signature
    annotate(call)
    return call


def annotate(call: Callable[..., Any]) -> None:
    def found() -> dict[str, Any]:
        from ._annotations import annotations_of

        return annotations_of(call.__qualname__)

    call.__annotations__ = Annotations(found)


class Annotations(dict):  # type: ignore[type-arg]
    """Annotations that are looked up when somebody asks: they cost more than all the rest of the package."""

    __slots__ = ("_find",)

    def __init__(self, find: Callable[[], dict[str, Any]]) -> None:
        self._find: Callable[[], dict[str, Any]] | None = find

    def _fill(self) -> None:
        if find := self._find:
            self.update(find())
            self._find = None


def _when_filled(name: str) -> Callable[..., Any]:
    method = getattr(dict, name)

    def call(self: Annotations, /, *args: Any, **kwargs: Any) -> Any:
        self._fill()
        return method(self, *args, **kwargs)

    return call


# `__iter__` also keeps `dict(…)` from copying it as it is.
for _name in "__contains__ __eq__ __getitem__ __iter__ __len__ __ne__ __or__ __repr__ __ror__".split():
    setattr(Annotations, _name, _when_filled(_name))
for _name in ("copy", "get", "items", "keys", "pop", "values"):
    setattr(Annotations, _name, _when_filled(_name))


class _Shape:
    """What a form is derived from, as `inspect` asks for it."""

    def __init__(self, start: Callable[..., Any], call: Callable[..., Any]) -> None:
        self._start, self._call = start, call

    @property
    def __signature__(self) -> Any:
        from ._annotations import signature

        return signature(self._start, self._call.__annotations__)


class _ClassSignature:
    """The signature of a compiled class."""

    _asking = False

    def __get__(self, instance: object, cls: type) -> Any:
        if self._asking:
            return None  # whereupon inspect reads the compiled text, which is what was asked for
        from ._annotations import annotations_of, signature

        self._asking = True
        try:
            found = annotations_of(f"{cls.__name__}.__new__")
            return signature(cls, {name: kind for name, kind in found.items() if name != "return"})
        finally:
            self._asking = False


def resolve_later(described: Any) -> None:
    """Makes objects of the annotations of a class or function of this package, when somebody asks."""
    texts = dict(described.__annotations__)

    def found() -> dict[str, Any]:
        from ._annotations import resolved

        return resolved(texts)

    described.__annotations__ = Annotations(found)


def _pydantic_schema(cls: type, _source: object, _handler: object) -> Any:
    from ._annotations import pydantic_schema

    return pydantic_schema(cls)


def _pydantic_json_schema(cls: type, schema: object, handler: object) -> Any:
    from ._annotations import json_schema

    return json_schema(cls, schema, handler)


def describe_class(cls: type) -> None:
    """Lets programs ask for the attributes and the constructor of a class, and pydantic take its objects."""

    def found() -> dict[str, Any]:
        from ._annotations import attributes_of

        return attributes_of(cls)

    if getattr(cls, "__text_signature__", None) is not None:
        cls.__annotations__ = Annotations(found)
        cls.__signature__ = _ClassSignature()  # type: ignore[attr-defined]
    cls.__get_pydantic_core_schema__ = classmethod(_pydantic_schema)  # type: ignore[attr-defined]
    cls.__get_pydantic_json_schema__ = classmethod(_pydantic_json_schema)  # type: ignore[attr-defined]
