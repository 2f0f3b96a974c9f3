"""Progress: what is told, on which thread, and what a callback that raises does."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import (
    CancelledError,
    InvalidInputError,
    Progress,
    StorageRefusedError,
    progress_bar,
)
from helpers import (
    BIG,
    STALL,
    TERMS,
    Enough,
    raising,
    soon,
    until,
)
from sources import pattern


def test_progress_is_told_on_the_calling_thread_and_at_the_end(sandbox: Sandbox) -> None:
    # Held until enough was told, and slow after that.
    sandbox.fault({"on": "put", "do": {"hold": True, "slow": 4_000_000}})
    seen: list[tuple[int, Progress]] = []
    content = pattern(2_000_000)

    def on_progress(progress: Progress) -> None:
        seen.append((threading.get_ident(), progress))
        if len(seen) == 3:
            sandbox.clear_faults()

    sandbox.agentdrop().send([("a", content)], on_progress=on_progress, **TERMS)
    assert {thread for thread, _ in seen} == {threading.get_ident()}
    steps = [progress for _, progress in seen]
    assert 3 <= len(steps) <= steps[-1].elapsed / 0.1 + 2
    assert all(p.phase in ("preparing", "requesting", "sending", "completing") for p in steps[:-1])
    last = steps[-1]
    assert (last.phase, last.bytes_done, last.bytes_total) == ("done", len(content), len(content))
    assert (last.files_done, last.files_total, last.retries) == (1, 1, 0)
    assert 0.3 < last.active_for <= last.elapsed
    assert last.bytes_per_second == pytest.approx(last.bytes_done / last.active_for)
    assert repr(last).startswith("Progress(phase='done', bytes_done=2000000,")


def test_progress_foresees_a_ticket_that_is_too_short(sandbox: Sandbox) -> None:
    sandbox.settings(upload_expires_in=60)
    sandbox.fault({"on": "put", "times": -1, "do": {"slow": 50_000}})
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if progress.warning:
            raise Enough

    with pytest.raises(Enough), soon():
        sandbox.agentdrop().send([("a", BIG)], on_progress=watch, **TERMS)
    first, last = seen[0], seen[-1]
    assert (first.ticket_left, first.time_needed, first.warning) == (
        None,
        None,
        None,
    ) or first.phase == "sending"
    assert last.phase == "sending" and last.ticket_left is not None and last.time_needed is not None
    assert 0 <= last.ticket_left < 60 and last.ticket_left < last.time_needed
    assert last.warning and "the upload ticket lasts" in last.warning
    assert f"ticket_left={last.ticket_left:.3f}, time_needed={last.time_needed:.3f})" in repr(last)


def test_the_final_call_comes_after_a_failure_too(sandbox: Sandbox) -> None:
    seen: list[Progress] = []
    with pytest.raises(dropoff.SourceUnreadableError):
        sandbox.agentdrop().send(["/nowhere"], on_progress=seen.append, **TERMS)
    assert [p.phase for p in seen] == ["done"]


def test_a_callback_that_raises_cancels_and_passes_through(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    with soon(), pytest.raises(Enough) as caught:
        sandbox.agentdrop().send([("a", BIG)], on_progress=raising, **TERMS)
    assert isinstance(caught.value.__context__, CancelledError)
    assert not sandbox.requests("confirm")


def test_a_callback_that_raises_after_success_says_so(sandbox: Sandbox) -> None:
    with pytest.raises(Enough) as caught:
        sandbox.agentdrop().send([("a", b"1")], on_progress=raising, **TERMS)
    assert caught.value.__notes__ == ["the call had completed before it could be stopped"]


def test_a_started_job_tells_progress_on_another_thread(sandbox: Sandbox) -> None:
    seen: list[tuple[int, str]] = []
    job = sandbox.agentdrop().start_send(
        [("a", b"1")], on_progress=lambda p: seen.append((threading.get_ident(), p.phase)), **TERMS
    )
    job.wait()
    # The last call is over when wait returns.
    assert seen[-1][1] == "done" and threading.get_ident() not in {thread for thread, _ in seen}
    count = len(seen)
    time.sleep(0.25)
    assert len(seen) == count


def test_a_started_jobs_callback_that_raises_cancels_and_is_raised_by_wait(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    job = sandbox.agentdrop().start_send([("a", BIG)], on_progress=raising, **TERMS)
    with soon(), pytest.raises(Enough) as caught:
        job.wait()
    assert isinstance(caught.value.__context__, CancelledError)
    assert job.done()
    with pytest.raises(Enough):
        job.wait()


def test_a_job_whose_callback_raised_is_collected(sandbox: Sandbox) -> None:
    class Callback:
        """Keeps its job, and raises."""

        def __call__(self, progress: Progress) -> None:
            until(lambda: hasattr(self, "job"))
            raise Enough

    def make() -> list[weakref.ref[Any]]:
        callback = Callback()
        callback.job = job = sandbox.agentdrop().start_send(  # type: ignore[attr-defined]
            [("a", b"1")], on_progress=callback, **TERMS
        )
        with pytest.raises(Enough):
            job.wait()
        return [weakref.ref(job), weakref.ref(callback)]

    held = make()
    # The thread that told it may take a moment to end.
    until(lambda: gc.collect() >= 0 and [ref() for ref in held] == [None, None])


def test_a_callback_may_use_its_own_job(sandbox: Sandbox) -> None:
    box: list[dropoff.Job[Any]] = []
    results: list[Any] = []

    def callback(progress: Progress) -> None:
        until(lambda: box)
        box[0].progress()
        if progress.phase == "done" and not results:
            results.append(box[0].wait())

    box.append(sandbox.agentdrop().start_send([("a", b"1")], on_progress=callback, **TERMS))
    assert box[0].wait() == results[0]


def test_a_callback_that_is_none(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    for send in (d.send, d.start_send):
        with pytest.raises(InvalidInputError, match="on_progress must be callable"):
            send([("a", b"1")], on_progress=3, **TERMS)  # type: ignore[arg-type]
    assert not sandbox.requests()


# -- bars


class Bar:
    """As tqdm makes them."""

    made: list[Bar]

    def __init__(self, **_: object) -> None:
        self.closed = 0
        Bar.made.append(self)

    def set_description_str(self, text: str, refresh: bool) -> None: ...
    def set_postfix_str(self, text: str, refresh: bool) -> None: ...
    def refresh(self) -> None:
        assert not self.closed

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    Bar.made = []
    drawing = types.ModuleType("tqdm.auto")
    drawing.tqdm = Bar  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", drawing)
    return Bar.made


def ways(sandbox: Sandbox) -> Iterator[Callable[..., object]]:
    """To make a call that is waited for."""
    d, a = sandbox.agentdrop(), sandbox.async_agentdrop()
    yield d.send
    yield lambda *given, **more: d.start_send(*given, **more).wait()
    yield lambda *given, **more: asyncio.run(a.send(*given, **more))


def test_a_bar_is_closed_when_the_call_fails(sandbox: Sandbox, bars: list[Bar]) -> None:
    sandbox.fault({"on": "put", "times": -1, "do": {"reply": {"status": 403}}})
    for number, way in enumerate(ways(sandbox), 1):
        with pytest.raises(StorageRefusedError):
            way([("a", b"1")], on_progress=progress_bar(using="tqdm"), **TERMS)
        assert [bar.closed for bar in bars] == [1] * number


def test_no_bar_is_drawn_for_a_call_that_is_none(sandbox: Sandbox, bars: list[Bar]) -> None:
    for way in ways(sandbox):
        with pytest.raises(InvalidInputError):
            way([], on_progress=progress_bar(using="tqdm"), **TERMS)
    assert not bars


def test_a_bar_is_closed_when_the_call_is_stopped(sandbox: Sandbox, bars: list[Bar]) -> None:
    sandbox.fault(STALL)

    async def body() -> None:
        d = sandbox.async_agentdrop()
        task = asyncio.ensure_future(d.send([("a", BIG)], on_progress=progress_bar(using="tqdm"), **TERMS))
        while not bars:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(body())
    assert [bar.closed for bar in bars] == [1]
    job = sandbox.agentdrop().start_send([("a", BIG)], on_progress=progress_bar(using="tqdm"), **TERMS)
    until(lambda: len(bars) == 2)
    job.cancel()
    until(job.done)
    assert [bar.closed for bar in bars] == [1, 1]
