"""Telling that a job is over: to callbacks, and to futures of `concurrent.futures`.

One daemon thread, `dropoff-done`, waits for all jobs of a process; it starts with the first callback and
stays. Where an asyncio loop runs, callbacks are called in it. A job ends on a thread that must not run Python
code, so it wakes the thread as it does a loop (see `_finishing`). Under gevent and eventlet it is a greenlet
of the hub where the callback was added that waits.
"""

from __future__ import annotations

import _thread
import itertools
import os
from contextvars import Context, copy_context
from typing import TYPE_CHECKING

from ._finishing import LOOK_INTERVAL
from ._native import _is_callback, _LoopWaker, _records_settle
from ._waiting import green

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any

    from ._native import Job

    _Callback = Callable[[Job[Any]], object]


class _Request:
    """A callback that waits for its job."""

    def __init__(
        self, job: Job[Any], fn: _Callback, context: Context, loop: AbstractEventLoop | None
    ) -> None:
        self.job, self.fn, self.loop, self.context = job, fn, loop, context
        self.wake: object = None

    def call(self) -> None:
        """Raises nothing that the callback or its context are the cause of."""
        try:
            if self.loop is not None:
                self._call_in_loop(self.loop)
                return
            try:
                self.context.run(self._call)
            except RuntimeError:
                # Another thread is in it, or this one.
                self.context.copy().run(self._call)
        except Exception:
            _tell("a callback of a job cannot be called")

    def _call_in_loop(self, loop: AbstractEventLoop) -> None:
        try:
            loop.call_soon_threadsafe(self.fn, self.job, context=self.context)
        except RuntimeError:
            if not loop.is_closed():  # if it is, as for a future of its own
                raise

    def _call(self) -> None:
        try:
            self.fn(self.job)
        except Exception:
            _tell("a callback of a job raised")


def _tell(text: str) -> None:
    """Logs what is being raised, which has no caller that it could go to."""
    import logging

    try:
        logging.getLogger("dropoff").exception(text)
    except Exception:  # of a filter: handlers see to theirs
        from ._threads import _told_wrong

        _told_wrong(logging.ERROR, text)


class _Process:
    """The callbacks that wait in one process, and its thread."""

    def __init__(self) -> None:
        self._waiting: dict[int, _Request] = {}
        self._tokens = itertools.count()
        # One that a signal handler may find taken by the code that it interrupts.
        self._starting = _thread.RLock()
        self._waker: _LoopWaker | None = None

    def add(self, request: _Request) -> None:
        token = next(self._tokens)
        self._waiting[token] = request
        try:
            other = green()
            if other is None or not other.when_over(request.job, lambda: self._on_wake(token)):
                request.wake = request.job._notify(self._waker_of_thread(), token)
        except BaseException:
            self._waiting.pop(token, None)
            raise

    def remove(self, job: Job[Any], fn: _Callback) -> int:
        found = [t for t, r in list(self._waiting.items()) if r.job is job and r.fn == fn]
        return sum(self._waiting.pop(token, None) is not None for token in found)

    def _waker_of_thread(self) -> _LoopWaker:
        with self._starting:
            if self._waker is None:
                waker = _LoopWaker()
                _start_thread(self._run, (waker,))
                self._waker = waker
            return self._waker

    def _run(self, waker: _LoopWaker) -> None:
        import threading

        threading.current_thread().name = "dropoff-done"
        wait = _woken(waker)
        while True:
            wait()
            # As whoever waits for a call sees its records handled before it returns.
            _records_settle()
            for token in waker.take():
                try:
                    self._on_wake(token)
                except BaseException:  # noqa: BLE001 - of one callback; others wait for this thread
                    _tell("a callback of a job raised")

    def _on_wake(self, token: int) -> None:
        request = self._waiting.get(token)
        # Woken at its end at least; what counts is what it says itself.
        if request is not None and request.job.done() and self._waiting.pop(token, None) is not None:
            request.call()


def _woken(waker: _LoopWaker) -> Callable[[], object]:
    """What waits until somebody woke it, or until it is time to look."""
    if (fd := waker.fileno()) is not None:
        try:
            import selectors

            # Of those that need no descriptor of their own; on Windows there is one kind.
            selector = getattr(selectors, "PollSelector", selectors.SelectSelector)()
            selector.register(fd, selectors.EVENT_READ)
            return selector.select
        except (OSError, ImportError):
            pass  # nothing is left to read the module with
    import time

    return lambda: time.sleep(LOOK_INTERVAL)


def _start_thread(function: Callable[..., None], args: tuple[Any, ...]) -> None:
    start = _thread.start_new_thread if (other := green()) is None else other._original_start()
    if start is None:
        raise RuntimeError("no original thread is left by gevent or eventlet; call it where a hub runs")
    start(function, args)


# A child of a fork has its own: it has none of its parent's threads, and of its locks those that were taken
# stay so.
_by_process: dict[int, _Process] = {}


def _process() -> _Process:
    return _by_process.get(os.getpid()) or _by_process.setdefault(os.getpid(), _Process())


def _running_loop() -> AbstractEventLoop | None:
    import sys

    if "asyncio" not in sys.modules:
        return None
    from asyncio import _get_running_loop

    return _get_running_loop()


def _serve(request: _Request) -> None:
    if request.job.done():
        if _running_loop() is None:  # which nothing may keep waiting
            _records_settle()
        request.call()
    else:
        _process().add(request)


def add(job: Job[Any], fn: _Callback, context: Context | None) -> None:
    """See `Job.add_done_callback`."""
    if not callable(fn):
        raise TypeError(f"a callback of a job must be callable with one argument, the job, not {fn!r}")
    if not _is_callback(fn):
        raise TypeError(f"a callback of a job must be a plain function, not async as {fn!r} is")
    if context is not None and not isinstance(context, Context):
        raise TypeError(f"context must be a contextvars.Context or None, not {context!r}")
    _serve(_Request(job, fn, copy_context() if context is None else context, _running_loop()))


def remove(job: Job[Any], fn: _Callback) -> int:
    """See `Job.remove_done_callback`."""
    return _process().remove(job, fn)


def future(job: Job[Any]) -> Future[Any]:
    """See `Job.future`."""
    from concurrent.futures import Future

    made: Future[Any] = Future()

    def settle(job: Job[Any]) -> None:
        if not made.set_running_or_notify_cancel():
            return
        try:
            result = job._result()
        except BaseException as error:  # noqa: BLE001 - it is whoever asks for the result who gets it
            made.set_exception(error)
        else:
            made.set_result(result)

    def cancel(made: Future[Any]) -> None:
        if made.cancelled():
            job.cancel()

    made.add_done_callback(cancel)
    # Not in a loop that may run here: whoever waits for such a future may keep it from running.
    _serve(_Request(job, settle, copy_context(), None))
    return made
