"""Being told that a job is over: callbacks, and futures of `concurrent.futures`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
import logging
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import CancelledError, Job, NotFoundError, SentTransfer
from helpers import BIG, HELD, STALL, TERMS, child, until

REQUEST = contextvars.ContextVar("request", default="none")


def held(sandbox: Sandbox) -> Job[SentTransfer]:
    sandbox.fault(HELD)
    return sandbox.agentdrop().start_send([("a", b"1")], **TERMS)


def test_a_callback_is_called_with_the_job_once_it_is_over(sandbox: Sandbox) -> None:
    job = held(sandbox)
    told: list[tuple[Job[SentTransfer], bool, str, str]] = []
    REQUEST.set("r1")

    def on_done(over: Job[SentTransfer]) -> None:
        told.append((over, over.done(), threading.current_thread().name, REQUEST.get()))

    job.add_done_callback(on_done)
    assert not told
    sandbox.clear_faults()
    until(lambda: told)
    assert told == [(job, True, "dropoff-done", "r1")]
    job.add_done_callback(on_done)  # over already: at once, and here
    assert told[1][:3] == (job, True, "MainThread") and len(told) == 2


def test_a_callback_can_be_taken_back(sandbox: Sandbox) -> None:
    job = held(sandbox)
    told: list[Job[SentTransfer]] = []
    job.add_done_callback(told.append)
    job.add_done_callback(told.append)
    assert job.remove_done_callback(told.append) == 2
    assert job.remove_done_callback(told.append) == 0
    other: list[Any] = []
    job.add_done_callback(other.append)
    sandbox.clear_faults()
    until(lambda: other)
    assert told == []


def test_what_a_callback_raises_is_logged(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    job = held(sandbox)
    job.add_done_callback(lambda _: 1 / 0)
    sandbox.clear_faults()
    until(lambda: [r for r in caplog.records if r.levelno == logging.ERROR])
    assert "ZeroDivisionError" in caplog.text


def test_what_is_no_callback_is_refused(sandbox: Sandbox) -> None:
    async def asynchronous(_: object) -> None: ...

    job = held(sandbox)
    wrong: list[tuple[Any, str]] = [(None, "must be callable"), (asynchronous, "plain function, not async")]
    wrong.append((functools.partial(asynchronous), "plain function, not async"))
    for fn, words in wrong:
        with pytest.raises(TypeError, match=words):
            job.add_done_callback(fn)
    with pytest.raises(TypeError, match="must be a contextvars.Context"):
        job.add_done_callback(print, context="x")  # type: ignore[arg-type]
    sandbox.clear_faults()
    job.wait()


@contextlib.contextmanager
def entered_elsewhere() -> Iterator[contextvars.Context]:
    context, entered, leave = contextvars.copy_context(), threading.Event(), threading.Event()

    def stay() -> None:
        entered.set()
        leave.wait(HANGS)

    thread = threading.Thread(target=context.run, args=(stay,))
    thread.start()
    entered.wait(HANGS)
    try:
        yield context
    finally:
        leave.set()
        thread.join()


class Refusing(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == logging.ERROR:
            raise OSError("the filter is broken")
        return True


@pytest.mark.parametrize("kind", ["context", "exit", "filter"])
def test_a_bad_callback_keeps_nothing_else_from_being_told(
    sandbox: Sandbox, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = held(sandbox)
    told: list[object] = []
    refusing, logger = Refusing(), logging.getLogger("dropoff")

    def leaves(_: object) -> None:
        sys.exit(3)

    with entered_elsewhere() as context:
        if kind == "context":
            bad.add_done_callback(told.append, context=context)
        elif kind == "exit":
            bad.add_done_callback(leaves)
        else:
            logger.addFilter(refusing)
            bad.add_done_callback(lambda _: 1 / 0)
        try:
            sandbox.clear_faults()
            until(bad.done)
            future = held(sandbox).future()
            sandbox.clear_faults()
            assert future.result(HANGS).status == "active"
        finally:
            logger.removeFilter(refusing)
    assert told == ([bad] if kind == "context" else [])
    assert ("the filter is broken" in capsys.readouterr().err) == (kind == "filter")


def test_two_first_callers_share_a_thread(sandbox: Sandbox) -> None:
    body = """
        import dropoff._done as done
        sandbox.fault({"on": "put", "times": -1, "do": {"hold": True}})
        made, futures = [], []
        def start():
            futures.append(d.start_send([("a", b"1")], **terms).future())
        second = threading.Thread(target=start)
        waker = done._LoopWaker
        def slow():
            made.append(waker())
            if len(made) == 1:
                second.start()
                second.join(0.5)  # which does not end before this one is done
            return made[-1]
        done._LoopWaker = slow
        start()
        second.join()
        sandbox.clear_faults()
        print(len(made), [future.result().status for future in futures])
    """
    with child(sandbox, body) as process:
        assert process.ended() == ("1 ['active', 'active']\n", "")


def test_futures_are_waited_for_together(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    jobs = [d.start_send([("a", b"1")], **TERMS) for _ in range(20)]
    futures = [job.future() for job in jobs]
    done, pending = concurrent.futures.wait(futures, timeout=HANGS)
    assert not pending and {future.result().status for future in done} == {"active"}
    assert {f.result().id for f in futures} == {job.wait().id for job in jobs}
    [failed] = concurrent.futures.as_completed([d.start_get_transfer("tr_nothing").future()], timeout=HANGS)
    with pytest.raises(NotFoundError):
        failed.result()


def test_a_future_that_is_cancelled_cancels_the_call(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    job = sandbox.agentdrop().start_send([("a", BIG)], **TERMS)
    future = job.future()
    assert future.cancel() and future.cancelled()
    with pytest.raises(CancelledError):
        job.wait(timeout=HANGS)
    with pytest.raises(concurrent.futures.CancelledError):
        future.result()


def test_asyncio_waits_for_jobs_as_for_its_own(sandbox: Sandbox) -> None:
    async def body() -> None:
        d = sandbox.async_agentdrop()
        jobs: list[Any] = [d.start_send([("a", b"1")], **TERMS) for _ in range(5)]
        done, pending = await asyncio.wait(jobs, timeout=HANGS)
        assert done == set(jobs) and not pending
        threads: list[str] = []
        jobs[0].add_done_callback(lambda _: threads.append(threading.current_thread().name))
        job = d.start_send([("a", b"1")], **TERMS)
        called = asyncio.Event()
        job.add_done_callback(lambda _: called.set())
        await asyncio.wait_for(called.wait(), HANGS)
        assert threads == ["MainThread"]
        wrapped = await asyncio.wrap_future(d.start_send([("a", b"1")], **TERMS).future())
        assert wrapped.status == "active"

    asyncio.run(body(), debug=True)


def test_asyncio_waits_for_the_first_exception(sandbox: Sandbox) -> None:
    async def body() -> None:
        sandbox.fault({"on": "put", "times": -1, "do": {"hold": True}})
        d = sandbox.async_agentdrop()
        jobs: list[Any] = [d.start_send([("a", b"1")], **TERMS) for _ in range(2)]
        cancelled = d.start_send([("a", b"1")], **TERMS)
        cancelled.cancel()
        failed = d.start_get_transfer("tr_nothing")
        jobs += [cancelled, failed]
        done, pending = await asyncio.wait(jobs, timeout=HANGS, return_when=asyncio.FIRST_EXCEPTION)
        assert done and set(jobs[:2]) <= pending
        ended: list[Any] = [cancelled, failed]
        await asyncio.wait(ended)
        assert isinstance(failed.exception(), NotFoundError) and not failed.cancelled()
        assert isinstance(cancelled.exception(), CancelledError) and cancelled.cancelled()
        with pytest.raises(TimeoutError, match="still running"):
            jobs[0].exception()
        assert not jobs[0].cancelled()
        sandbox.clear_faults()
        await asyncio.wait(jobs)
        assert jobs[0].exception() is None and not jobs[0].cancelled()

    told: list[Any] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        await body()

    asyncio.run(watched())
    assert not told


def test_a_child_of_a_fork_has_a_thread_of_its_own(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    d.start_send([("a", b"1")], **TERMS).future().result(HANGS)
    if not (child := os.fork()):
        status = 1
        try:
            future = sandbox.agentdrop().start_send([("a", b"1")], **TERMS).future()
            status = int(future.result(HANGS).status != "active")
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
