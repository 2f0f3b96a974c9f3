"""The interpreter lock, and one client in many threads."""

from __future__ import annotations

import io
import threading

import dropoff
from conftest import Sandbox
from dropoff import (
    DropoffError,
)
from helpers import (
    BIG,
    PROFILE,
    STALL,
    TERMS,
)
from sources import pattern, zipped


def test_other_threads_run_while_a_call_waits(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    job_over = threading.Event()
    failures: list[BaseException] = []

    def call() -> None:
        try:
            sandbox.agentdrop().send([("a", BIG)], timeout=1, **TERMS)
        except DropoffError as error:
            failures.append(error)
        job_over.set()

    thread = threading.Thread(target=call)
    thread.start()
    count = 0
    while not job_over.is_set():
        count += 1
    thread.join()
    assert isinstance(failures[0], dropoff.TransferTimeoutError) and isinstance(failures[0], TimeoutError)
    assert count > 100_000


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
