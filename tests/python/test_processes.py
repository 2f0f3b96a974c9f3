"""Processes: one that is suspended, how an async program ends, children of every kind beside a transfer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from conftest import Sandbox
from control import HANGS
from helpers import HELD, SHARED, STALL, TERMS, async_child, child, complaints, digest, soon, stored, until

# -- the end of an async program


def test_ctrl_c_in_asyncio_run_cancels_the_call(sandbox: Sandbox) -> None:
    sandbox.fault(STALL)
    process = async_child(
        sandbox,
        """
        async def main():
            try:
                await d.send([("a", bytes(20_000_000))], **terms)
            except asyncio.CancelledError as cancelled:
                why = cancelled.__context__
                print(json.dumps([why.kind, why.outcome, why.transfer_id]), flush=True)
                raise
        asyncio.run(main())
        """,
    )
    with process:
        until(lambda: sandbox.requests("put"))
        with soon():
            process.send_signal(signal.SIGINT)
            out, err = process.ended()
    assert process.returncode == -signal.SIGINT, err
    assert err.rstrip().endswith("KeyboardInterrupt")
    kind, outcome, transfer_id = json.loads(out)
    assert (kind, outcome) == ("cancelled", "not_completed") and transfer_id.startswith("tr_")


def test_a_suspended_program_has_not_stalled(sandbox: Sandbox) -> None:
    # As by Ctrl-Z, a paused container or a machine that has no time for it: the peer is there all along.
    sandbox.fault({"on": "put", "do": {"slow": 400_000}})
    body = f"""
        d = AgentDrop({sandbox.agentdrop_api_key!r}, base_url={sandbox.api_url!r}, stall_timeout=5, **options)
        print([file.attempts for file in d.send([("a", bytes(2_400_000))], **terms).files])
    """
    with child(sandbox, body) as process:
        until(lambda: sandbox.requests("put"))
        for _ in range(2):
            process.send_signal(signal.SIGSTOP)
            time.sleep(5.5)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.1)
        out, err = process.ended()
    assert (out.strip(), process.returncode) == ("[1]", 0), err


@pytest.mark.parametrize(
    ("ending", "code", "last"),
    [
        ("sys.exit(7)", 7, ""),
        ("raise RuntimeError('of the program')", 1, "RuntimeError: of the program"),
        ("return", 0, ""),
    ],
)
@pytest.mark.parametrize("source", ["bytes(20_000_000)", "Slow()"])
def test_an_async_program_ends_during_a_transfer(
    sandbox: Sandbox, ending: str, code: int, last: str, source: str
) -> None:
    sandbox.fault(STALL)
    body = f"""
        class Slow(io.RawIOBase):
            def read(self, size=-1):
                time.sleep(0.0005)
                return b"x"
        async def main():
            tasks = [asyncio.create_task(d.send([("a", {source})], on_progress=lambda p: None, **terms))
                     for _ in range(3)]
            jobs = [d.start_send([("a", {source})], on_progress=lambda p: None, **terms) for _ in range(3)]
            await asyncio.sleep(0.3)
            {ending}
        asyncio.run(main())
    """
    # By chance, as in test_program_end: a thread would have to be inside the caller's code.
    for _ in range(3):
        with soon(), async_child(sandbox, body) as process:
            _, err = process.ended()
        assert process.returncode == code, err
        assert (complaints(err).splitlines() or [""])[-1] == last


def test_a_program_may_end_while_other_threads_run_loops(sandbox: Sandbox) -> None:
    body = """
        async def main():
            while True:
                await asyncio.gather(*(d.send([("a", b"1")], on_progress=id, **terms) for _ in range(4)))
        def loop():
            asyncio.run(main())
        for _ in range(3):
            threading.Thread(target=loop, daemon=True).start()
        time.sleep(0.4)
    """
    for _ in range(8):
        with async_child(sandbox, body) as process:
            _, err = process.ended()
        assert (process.returncode, complaints(err)) == (0, "")


# -- children


SCRIPT = """
import asyncio
import json
import multiprocessing
import sys

import dropoff

where = json.loads(sys.argv[1])
KEY, TERMS = where.pop("key"), where.pop("terms")
sys.path.append(where.pop("shared"))
from control import Control, until

sandbox = Control(where.pop("control_url"))


def send(name):
    sent = dropoff.AgentDrop(KEY, **where).send([(name, name.encode())], timeout=120, **TERMS)
    return sent.files[0].verified


async def send_async(name):
    d = dropoff.AsyncAgentDrop(KEY, **where)
    sent = await asyncio.gather(*(d.send([(name, name.encode())], timeout=120, **TERMS) for _ in range(3)))
    return all(s.files[0].verified for s in sent)


def work(answers, name):
    answers.put([send(name), asyncio.run(send_async(name + "-async"))])


def children(method):
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    processes = [context.Process(target=work, args=(answers, f"child-{n}")) for n in range(2)]
    for process in processes:
        process.start()
    told = [answers.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(60)
    return told + [[process.exitcode for process in processes]]


def sync(method):
    job = dropoff.AgentDrop(KEY, **where).start_send([("parent", bytes(4_000_000))], **TERMS)
    until(lambda: sandbox.requests("put"))
    told = children(method)
    over = job.done()
    sandbox.clear_faults()
    return told, over, job.wait(60).files[0].verified


async def asynchronous(method):
    d = dropoff.AsyncAgentDrop(KEY, **where)
    task = asyncio.create_task(d.send([("parent", bytes(4_000_000))], **TERMS))
    while not sandbox.requests("put"):
        await asyncio.sleep(0.01)
    # On the loop's own thread, so that the fork comes in the middle of a running loop.
    told = children(method)
    over = task.done()
    sandbox.clear_faults()
    return told, over, (await task).files[0].verified


if __name__ == "__main__":
    _, _, method, kind = sys.argv
    result = sync(method) if kind == "sync" else asyncio.run(asynchronous(method))
    print(json.dumps(result))
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_send_while_the_parents_transfer_runs(
    sandbox: Sandbox, tmp_path: Path, method: str, kind: str
) -> None:
    # The parent's upload ends after the children.
    sandbox.fault(HELD)
    script = tmp_path / "parent.py"
    script.write_text(textwrap.dedent(SCRIPT))
    where = {"key": sandbox.agentdrop_api_key, "base_url": sandbox.api_url, "terms": TERMS}
    where |= sandbox.options() | {"control_url": sandbox.control_url, "shared": SHARED}
    flags = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
    command = [sys.executable, *flags, str(script), json.dumps(where), method, kind]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * HANGS, check=False)
    assert done.returncode == 0, done.stderr
    told, over_before, verified = json.loads(done.stdout)
    assert told == [[True, True], [True, True], [0, 0]]
    assert (over_before, verified) == (False, True)
    names = [f"child-{n}{kind}" for n in range(2) for kind in ("", "-async")]
    assert {digest(name.encode()) for name in names} | {digest(bytes(4_000_000))} == stored(sandbox)
