"""The interpreter lock, and one client in many threads."""

from __future__ import annotations

import io
import threading

import dropoff
import pytest
from conftest import Sandbox
from helpers import (
    BIG,
    HELD,
    PROFILE,
    STALL,
    TERMS,
    until,
)
from sources import pattern, zipped


def test_other_threads_run_while_a_call_waits(sandbox: Sandbox) -> None:
    sandbox.fault(HELD)
    sent: list[dropoff.SentTransfer] = []
    thread = threading.Thread(target=lambda: sent.append(sandbox.agentdrop().send([("a", b"1")], **TERMS)))
    thread.start()
    # The call ends only if this thread gets on.
    until(lambda: sandbox.requests("put"))
    assert not sent
    sandbox.clear_faults()
    thread.join()
    assert sent[0].status == "active"


def test_a_time_limit_is_a_timeout_error(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    with pytest.raises(dropoff.TransferTimeoutError) as caught:
        sandbox.agentdrop().send([("a", BIG)], timeout=0.5, **TERMS)
    assert isinstance(caught.value, TimeoutError)


def test_one_client_in_many_threads(sandbox: Sandbox) -> None:
    d, h = sandbox.agentdrop(), sandbox.hcompany()
    archive = zipped(1000)
    results: list[bool] = []

    def work(n: int) -> None:
        for round in range(5):
            sent = d.send([(f"{n}-{round}", pattern(1000 * n + round)), ("x", io.BytesIO(b"1"))], **TERMS)
            results.append(all(f.verified for f in sent.files))
            results.append(h.upload_profile(archive, **PROFILE).verified)

    threads = [threading.Thread(target=work, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 80
