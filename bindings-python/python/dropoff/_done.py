"""Telling that a job is over: to callbacks, and to futures of `concurrent.futures`.

One daemon thread, `dropoff-done`, waits for all jobs of a process; it starts with the first callback and
stays. Where an asyncio loop runs, callbacks are called in it. A job ends on a thread that must not run Python
code, so it wakes the thread as it does a loop (see `_finishing`).
"""

from __future__ import annotations

import _thread
import itertools
import os
from contextvars import copy_context
from typing import TYPE_CHECKING

from ._native import _LoopWaker

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from concurrent.futures import Future
    from contextvars import Context
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
        if self.loop is None:
            self.context.run(self._call)
            return
        try:
            self.loop.call_soon_threadsafe(self.fn, self.job, context=self.context)
        except RuntimeError:
            pass  # the loop is closed, as for a future of its own

    def _call(self) -> None:
        try:
            self.fn(self.job)
        except BaseException:  # noqa: BLE001 - there is no caller it could go to
            import logging

            logging.getLogger("dropoff").exception("a callback of a job raised")


class _Thread:
    """The thread of one process, and the callbacks that wait."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._waker = _LoopWaker()
        self._waiting: dict[int, _Request] = {}
        self._tokens = itertools.count()
        _thread.start_new_thread(self._run, ())

    @property
    def is_ours(self) -> bool:
        return self._pid == os.getpid()

    def add(self, request: _Request) -> None:
        token = next(self._tokens)
        self._waiting[token] = request
        request.wake = request.job._notify(self._waker, token)

    def remove(self, job: Job[Any], fn: _Callback) -> int:
        found = [t for t, r in list(self._waiting.items()) if r.job is job and r.fn == fn]
        return sum(self._waiting.pop(token, None) is not None for token in found)

    def _run(self) -> None:
        import selectors
        import threading

        threading.current_thread().name = "dropoff-done"
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker.fileno(), selectors.EVENT_READ)
            while True:
                selector.select()
                for token in self._waker.take():
                    self._on_wake(token)

    def _on_wake(self, token: int) -> None:
        request = self._waiting.get(token)
        # Woken at its end at least; what counts is what it says itself.
        if request is not None and request.job.done() and self._waiting.pop(token, None) is not None:
            request.call()


_thread_of_process: _Thread | None = None


def _running_loop() -> AbstractEventLoop | None:
    import sys

    if "asyncio" not in sys.modules:
        return None
    from asyncio import _get_running_loop

    return _get_running_loop()


def _serve(request: _Request) -> None:
    global _thread_of_process

    if request.job.done():
        request.call()
        return
    if _thread_of_process is None or not _thread_of_process.is_ours:
        _thread_of_process = _Thread()
    _thread_of_process.add(request)


def add(job: Job[Any], fn: _Callback, context: Context | None) -> None:
    """See `Job.add_done_callback`."""
    if not callable(fn):
        raise TypeError(f"a callback of a job must be callable with one argument, the job, not {fn!r}")
    _serve(_Request(job, fn, copy_context() if context is None else context, _running_loop()))


def remove(job: Job[Any], fn: _Callback) -> int:
    """See `Job.remove_done_callback`."""
    return 0 if _thread_of_process is None else _thread_of_process.remove(job, fn)


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
