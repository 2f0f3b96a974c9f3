"""A call while it runs: its progress, its cancellation, and a client that goes away."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from served import Raw, Sandbox, Server, success, until

PART = 5 << 20
PARTS = ["--multipart-threshold", str(PART), "--part-size", str(PART)]


@pytest.fixture
def sending(sandbox: Sandbox, outbox: Path) -> Server:
    """Sends `large.bin` in parts."""
    (outbox / "large.bin").write_bytes(bytes(PART + 1))
    return Server(sandbox, "--allow-root", str(outbox), "--allow-to", "b", "--ask", "never", *PARTS)


SEND_LARGE = {"name": "send_files", "arguments": {"paths": ["large.bin"], "recipient": "b"}}


def test_progress_grows_to_the_end(sandbox: Sandbox, sending: Server, mode: str) -> None:
    # Of the two parts the second is sent once the first is answered. An SDK may pass over what is told with
    # the result.
    sending.arguments += ["--concurrency", "1"]
    sandbox.fault(*({"on": operation, "do": {"hold": True}} for operation in ("put_part", "confirm")))
    told: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))
        if done > 0:
            sandbox.clear_faults("put_part" if done <= PART else "confirm")

    async def called() -> dict[str, Any]:
        async with sending.client(mode) as client:
            return success(await client.call_tool(**SEND_LARGE, progress_callback=progress))

    assert asyncio.run(called())["files"][0]["parts"] == 2
    numbers = [done for done, _, _ in told]
    assert 0 < numbers[-2] <= PART and numbers == sorted(set(numbers)), told
    assert told[-1][:2] == (PART + 1, PART + 1), told
    assert any("sending" in (message or "") for _, _, message in told)


def test_calls_run_at_the_same_time(sandbox: Sandbox, server: Server, mode: str) -> None:
    # Nothing is answered before all are there.
    sandbox.fault({"on": "put", "times": 8, "do": {"hold": True}})
    given = {"paths": ["report.pdf"], "recipient": "b"}

    async def called() -> list[dict[str, Any]]:
        async with server.client(mode) as client:
            calls = [asyncio.create_task(client.call_tool("send_files", given)) for _ in range(8)]
            await asyncio.to_thread(until, lambda: len(sandbox.requests("put")) == 8)
            sandbox.clear_faults()
            return [success(await call) for call in calls]

    assert len({sent["id"] for sent in asyncio.run(called())}) == 8


def test_no_progress_is_told_to_who_did_not_ask(sandbox: Sandbox, server: Server) -> None:
    raw = server.start()
    raw.begin()
    arguments = {"paths": ["report.pdf"], "recipient": "b"}
    answer = raw.ask(1, "tools/call", name="send_files", arguments=arguments)
    assert answer["id"] == 1 and answer["result"]["isError"] is False, answer
    raw.end()


def held(sandbox: Sandbox, sending: Server) -> Raw:
    """A call of `send_files` whose parts storage does not answer."""
    sandbox.fault({"on": "put_part", "times": -1, "do": {"hold": True}})
    raw = sending.start()
    raw.begin()
    raw.send({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": SEND_LARGE})
    until(lambda: sandbox.requests("put_part"))
    return raw


def test_a_call_that_the_client_cancels_leaves_nothing(sandbox: Sandbox, sending: Server, mode: str) -> None:
    sandbox.fault({"on": "put_part", "times": -1, "do": {"hold": True}})

    async def cancelled() -> None:
        async with sending.client(mode) as client:
            call = asyncio.create_task(client.call_tool(**SEND_LARGE))
            await asyncio.to_thread(until, lambda: sandbox.requests("put_part"))
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.to_thread(until, lambda: sandbox.requests("abort_multipart"))
            # The server serves on.
            given = {"paths": ["report.pdf"], "recipient": "b"}
            success(await client.call_tool("send_files", given))

    asyncio.run(cancelled())


def test_a_cancelled_call_has_no_answer(sandbox: Sandbox, sending: Server) -> None:
    raw = held(sandbox, sending)
    raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}})
    until(lambda: sandbox.requests("abort_multipart"))
    assert raw.ask(8, "ping")["id"] == 8
    raw.stdin.close()
    assert raw.stdout.read() == ""
    assert raw.end()[0] == 0


def test_the_end_of_the_input_ends_the_server_and_cleans_up(sandbox: Sandbox, sending: Server) -> None:
    raw = held(sandbox, sending)
    code, _ = raw.end()
    assert code == 0 and len(sandbox.requests("abort_multipart")) == 1


@pytest.mark.parametrize("before", ["", "[1]\n"], ids=["messages alone", "a line that is no message"])
@pytest.mark.parametrize("how", ["the end of the input", "a signal"])
def test_a_client_that_reads_nothing_keeps_no_server(
    sandbox: Sandbox, sending: Server, how: str, before: str
) -> None:
    raw = held(sandbox, sending)
    # More than the pipe and the server's own room take.
    listing = {"jsonrpc": "2.0", "method": "tools/list"}
    for number in range(100, 140):
        raw.send({**listing, "id": number})
    raw.stdin.write(before)
    raw.stdin.flush()
    if how == "a signal":
        raw.process.send_signal(signal.SIGTERM)
    else:
        raw.stdin.close()
    assert raw.process.wait(60) == 0
    assert len(sandbox.requests("abort_multipart")) == 1
    raw.end()


def test_a_signal_ends_the_server_and_cleans_up(sandbox: Sandbox, sending: Server) -> None:
    raw = held(sandbox, sending)
    raw.process.send_signal(signal.SIGTERM)
    code = raw.process.wait(60)
    assert len(sandbox.requests("abort_multipart")) == 1
    assert code == 0
    raw.end()


def test_the_user_goes_away_while_a_client_asks_them(sandbox: Sandbox, outbox: Path) -> None:
    raw = Server(sandbox, "--allow-root", str(outbox), "--allow-to", "b").start()
    about = {"name": "test", "version": "1"}
    can = {"elicitation": {}}
    raw.ask(0, "initialize", protocolVersion="2025-11-25", capabilities=can, clientInfo=about)
    arguments = {"paths": ["report.pdf"], "recipient": "b"}
    question = raw.ask(1, "tools/call", name="send_files", arguments=arguments)
    assert question["method"] == "elicitation/create" and "report.pdf" in json.dumps(question), question
    assert raw.end()[0] == 0 and sandbox.requests() == []
