"""Ctrl-C and other signals end a call that waits."""

from __future__ import annotations

import json
import os
import signal
import threading

import pytest
from conftest import Sandbox
from dropoff import (
    CancelledError,
)
from helpers import (
    BIG,
    STALL,
    TERMS,
    child,
    soon,
    until,
)


@pytest.mark.parametrize("source", ["bytes(20_000_000)", "io.BytesIO(bytes(20_000_000))"])
@pytest.mark.parametrize("callback", ["None", "lambda p: None"])
def test_ctrl_c_cancels_and_joins(sandbox: Sandbox, source: str, callback: str) -> None:
    sandbox.fault(STALL)
    process = child(
        sandbox,
        f"""
        try:
            d.send([("a", {source})], on_progress={callback}, **terms)
        except KeyboardInterrupt as interrupt:
            why = interrupt.__context__
            def names():
                for task in os.listdir("/proc/self/task"):
                    try:
                        yield open(f"/proc/self/task/{{task}}/comm").read().strip()
                    except OSError:  # it just ended
                        pass

            # A thread that was told to end may take a moment. The runtime's own workers ("dropoff") stay for
            # the next call; nothing that belonged to this one does.
            until(lambda: not [name for name in names() if name.startswith("dropoff-")])
            print(json.dumps([why.kind, why.outcome, why.transfer_id, threading.active_count()]))
        """,
    )
    with process:
        until(lambda: sandbox.requests("put"))
        with soon():
            process.send_signal(signal.SIGINT)
            out, err = process.ended()
    assert process.returncode == 0, err
    kind, outcome, transfer_id, active = json.loads(out)
    assert (kind, outcome) == ("cancelled", "not_completed") and transfer_id.startswith("tr_")
    assert active == 1


def test_ctrl_c_unhandled_ends_the_program(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    with child(sandbox, 'd.start_send([("a", bytes(20_000_000))], **terms).wait()') as process:
        until(lambda: sandbox.requests("put"))
        with soon():
            process.send_signal(signal.SIGINT)
            _, err = process.ended()
    assert process.returncode == -signal.SIGINT and "KeyboardInterrupt" in err


def test_a_signal_handler_that_raises_ends_the_call(sandbox: Sandbox) -> None:
    class Alarm(Exception):
        pass

    def handler(*_: object) -> None:
        raise Alarm

    def send_signal() -> None:
        until(lambda: sandbox.requests("put"))
        os.kill(os.getpid(), signal.SIGUSR1)

    sandbox.fault(STALL)
    before = signal.signal(signal.SIGUSR1, handler)
    try:
        sender = threading.Thread(target=send_signal)
        sender.start()
        with soon(), pytest.raises(Alarm) as caught:
            sandbox.agentdrop().send([("a", BIG)], **TERMS)
        assert isinstance(caught.value.__context__, CancelledError)
        sender.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
