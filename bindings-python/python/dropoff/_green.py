"""Calls under gevent and eventlet, which replace the threads and locks of Python by ones that switch.

A thread that waits in the compiled half keeps its hub from running anything else, and what the program
hands in (file objects, callbacks, log handlers) uses the replaced locks and sockets, which belong to a
hub. So under a hub a call waits by switching to it, and such code runs in greenlets of the hub where the
call was made. On a thread without a hub, such as that of a thread pool, everything is as without them,
by the original `start_new_thread`.

Imported only where one of the two has replaced something.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from time import monotonic
from types import BuiltinFunctionType
from weakref import WeakKeyDictionary

from . import _threads
from ._finishing import Waiter, finish, leave, tell
from ._native import _LOG_DRAIN_LIMIT, _POLL_INTERVAL, _records_queued

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Protocol

    from ._finishing import _Told, _Waited
    from ._native import Job, Progress, _Seconds

    class _Event(Protocol):
        def set(self) -> object: ...
        def wait(self, timeout: float | None, /) -> object: ...


def _module(name: str) -> Any:
    return import_module(name)


class Hub:
    """The loop of a thread: what a `Waiter` needs of it."""

    def __init__(self) -> None:
        self._watched: dict[int, Any] = {}

    def time(self) -> float:
        return monotonic()

    def is_closed(self) -> bool:
        return False

    def add_reader(self, fd: int, callback: Callable[[], object]) -> None:
        raise NotImplementedError

    def remove_reader(self, fd: int) -> None:
        raise NotImplementedError

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        raise NotImplementedError

    def event(self) -> _Event:
        raise NotImplementedError

    def spawn(self, function: Callable[..., object], *args: object) -> object:
        raise NotImplementedError


class _Gevent(Hub):
    def add_reader(self, fd: int, callback: Callable[[], object]) -> None:
        watcher = self._watched[fd] = _module("gevent").get_hub().loop.io(fd, 1)
        watcher.start(callback)

    def remove_reader(self, fd: int) -> None:
        watcher = self._watched.pop(fd)
        watcher.stop()
        watcher.close()

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        _module("gevent").spawn_later(delay, callback)

    def event(self) -> _Event:
        event: _Event = _module("gevent.event").Event()
        return event

    def spawn(self, function: Callable[..., object], *args: object) -> object:
        return _module("gevent").spawn(function, *args)


class _Eventlet(Hub):
    def add_reader(self, fd: int, callback: Callable[[], object]) -> None:
        def ignored(*_: object) -> None:
            pass

        hub = _module("eventlet.hubs").get_hub()
        self._watched[fd] = hub, hub.add(hub.READ, fd, lambda _: callback(), ignored, ignored)

    def remove_reader(self, fd: int) -> None:
        hub, listener = self._watched.pop(fd)
        hub.remove(listener)

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        _module("eventlet").spawn_after(delay, callback)

    def event(self) -> _Event:
        return _EventletEvent()

    def spawn(self, function: Callable[..., object], *args: object) -> object:
        return _module("eventlet").spawn(function, *args)


class _EventletEvent:
    """Eventlet's event under the names of gevent's; it cannot be sent twice."""

    def __init__(self) -> None:
        self._event = _module("eventlet.event").Event()

    def set(self) -> None:
        if not self._event.ready():
            self._event.send()

    def wait(self, timeout: float | None) -> None:
        self._event.wait(timeout)


# By the library's own hub, so that all who wait there share one socket pair. Nothing here keeps that alive.
_hubs: WeakKeyDictionary[Any, Hub] = WeakKeyDictionary()


def is_patched() -> bool:
    """Whether threads, locks or sockets of this process are replaced."""
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    # Some time while either is being imported, its names are not there yet.
    return bool(getattr(gevent, "saved", None) or getattr(eventlet, "already_patched", None))


def _on_main_thread() -> bool:
    """By the operating system's numbers: those of `threading` are of greenlets now."""
    from _thread import get_native_id
    from threading import main_thread

    # The process's own number on Linux, where a forked child's main thread may have its parent's in Python.
    return get_native_id() in (os.getpid(), main_thread().native_id)


def here() -> Hub | None:
    """The hub to wait in: that of this thread, if it has one. The main thread has one as soon as it waits."""
    kind: type[Hub]
    if getattr(sys.modules.get("gevent.monkey"), "saved", None):
        main, other = _module("gevent").get_hub, _module("gevent._hub_local").get_hub_if_exists
        hub, kind = (main if _on_main_thread() else other)(), _Gevent
    elif getattr(sys.modules.get("eventlet.patcher"), "already_patched", None):
        hubs = _module("eventlet.hubs")
        has_one = _on_main_thread() or hasattr(hubs._threadlocal, "hub")
        hub, kind = (hubs.get_hub() if has_one else None), _Eventlet
    else:
        return None
    if hub is None:
        return None
    return _hubs.get(hub) or _hubs.setdefault(hub, kind())


def start(function: Callable[..., None], args: tuple[Any, ...]) -> bool:
    """Runs a function of `_threads` beside the caller; False if nothing here can."""
    if hub := here():
        hub.spawn(_IN_A_HUB[function], hub, *args)
        return True
    start_thread = _original_start()
    if start_thread is None:
        return False
    start_thread(function, args)
    return True


def _original_start() -> Callable[..., object] | None:
    """What starts a thread of the operating system, as it was before it was replaced."""
    import _thread

    start = _thread.start_new_thread
    if monkey := sys.modules.get("gevent.monkey"):
        start = monkey.get_original("_thread", "start_new_thread")
    elif patcher := sys.modules.get("eventlet.patcher"):
        start = patcher.original("_thread").start_new_thread
    return start if isinstance(start, BuiltinFunctionType) else None


class _Waiter(Waiter):
    """One greenlet that waits for one job, or runs a part of it."""

    _loop: Hub

    def __init__(self, waited: _Waited, hub: Hub) -> None:
        super().__init__(waited, hub)
        self._woken: _Event | None = None

    def wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    async def woken_until(self, ends: float | None) -> None:
        now = monotonic()
        if _records_queued() is not None:
            # They wait for whoever waits, so a long call looks now and then.
            ends = now + _POLL_INTERVAL if ends is None else min(ends, now + _POLL_INTERVAL)
        self._woken = self._loop.event()
        try:
            self._woken.wait(None if ends is None else max(0.0, ends - now))
        finally:
            self._woken = None
        drain(self._loop)

    async def logged(self) -> None:
        drain(self._loop)


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What is shared with asyncio, run to its end: here waiting switches, and nothing is ever suspended."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a greenlet's coroutine was suspended")


def wait(job: Job[Any], timeout: _Seconds | None) -> Any:
    """`job.wait(timeout)`."""
    hub = here()
    if hub is None:
        try:
            return job._wait(timeout)
        finally:
            drain(None)
    return _run(finish(_Waiter(job, hub), job, limit=job._limit(timeout)))


def call(job: Job[Any], on_progress: Callable[[Progress], object] | None) -> Any:
    """Waits for a call that was just started."""
    if hub := here():
        return _run(finish(_Waiter(job, hub), job, on_progress))
    if on_progress is not None:
        _threads.tell_all(job._snapshots(), on_progress)
    return wait(job, None)


def end(job: Job[Any], error: BaseException | None) -> None:
    """The end of a `with`."""
    if hub := here():
        _run(leave(_Waiter(job, hub), job, error))
    elif error is None:
        wait(job, None)
    else:
        job._join()
        drain(None)


def when_over(job: Job[Any], then: Callable[[], object]) -> bool:
    """Calls `then` in a greenlet of this thread's hub once the job is over; False on a thread without one."""
    hub = here()
    if hub is None:
        return False

    def wait_for_it() -> None:
        _run(_over(_Waiter(job, hub)))
        then()

    hub.spawn(wait_for_it)
    return True


async def _over(waiting: _Waiter) -> None:
    with waiting as waiter:
        await waiter.over_within(None)


# -- code of the caller's, in a greenlet


def _read(hub: Hub, orders: _threads._Orders) -> None:
    _run(_serve(_Waiter(orders, hub), orders))


async def _serve(waiting: _Waiter, orders: _threads._Orders) -> None:
    with waiting as waiter:
        while not orders.done():
            if order := orders.poll():
                _threads.serve(order)
            elif not orders.done():
                await waiter.woken_until(None)
            del order  # as in `_threads.read`
    orders.files.clear()  # as there


def _tell(
    hub: Hub, told: _Told, state: _threads._CallbackState, on_progress: Callable[[Progress], object]
) -> None:
    from _thread import get_ident

    state.begin(get_ident())
    try:
        _run(_telling(_Waiter(told, hub), told, on_progress))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the one who waits gets it
        state.fail(error)
    finally:
        _threads.close_bar(on_progress)
    state.end()


async def _telling(waiting: _Waiter, told: _Told, on_progress: Callable[[Progress], object]) -> None:
    with waiting as waiter:
        await tell(waiter, told, on_progress)


_IN_A_HUB: dict[Callable[..., None], Callable[..., None]] = {_threads.read: _read, _threads.tell: _tell}

# The greenlet or thread that hands records to the logger, by its number.
_draining: int | None = None


def drain(hub: Hub | None) -> None:
    """Hands the records so far to the logger. No thread does it here: a handler's locks are a hub's."""
    global _draining
    from _thread import get_ident

    me, upto, ends = get_ident(), _records_queued(), monotonic() + _LOG_DRAIN_LIMIT
    if upto is None:
        return
    # One at a time, so that records keep their order. A handler that calls this package is not waited for.
    while hub is not None and _draining not in (None, me) and monotonic() < ends:
        hub.event().wait(0.01)
    if _draining is not None:
        return
    _draining = me
    try:
        _threads.hand_over(upto)
    finally:
        _draining = None
