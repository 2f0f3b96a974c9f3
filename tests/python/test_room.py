"""A machine that has no room: for threads, for descriptors, for system calls that a sandbox does not know.

Each program runs in a process of its own, under the limit, and must end by itself.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import ROOT, Sandbox
from control import until
from helpers import PROFILE, TERMS, digest, stored, user_data

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")

SAYS = """
def says(call):
    try:
        call()
        return None
    except dropoff.DropoffError as e:
        return [e.kind, e.side, e.retryable, e.outcome, e.errno, str(e)]
"""


def run(program: str, given: dict[str, Any], environment: dict[str, str] | None = None) -> Any:
    # Not as an argument: what a run that failed prints has its arguments, and a key is in it.
    command, told = [sys.executable, "-c", program], json.dumps(given).encode()
    done = subprocess.run(
        command, input=told, check=True, stdout=subprocess.PIPE, timeout=240, env=environment
    )
    return json.loads(done.stdout)


def of(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    return {
        "key": sandbox.agentdrop_api_key,
        "h_key": sandbox.h_api_key,
        "where": {"base_url": sandbox.api_url, **sandbox.options()},
        "terms": TERMS,
        **more,
    }


# -- threads

THREADS = (
    """
import io, json, os, sys
import dropoff
given = json.load(sys.stdin)
where, path = given["where"], given["path"]
by_name = {**where, "base_url": where["base_url"].replace("127.0.0.1", "localhost")}
drop = dropoff.AgentDrop(given["key"], **where)
with open(os.environ["REFUSE_THREADS"], "w") as file:
    file.write(str(given["room"]))
"""
    + SAYS
    + """
def send(source, drop=drop):
    return lambda: drop.send([("x.bin", source)], **given["terms"])
def profiles():
    return dropoff.HCompany(given["h_key"], **where)
print(json.dumps({
    "bytes": says(send(b"of memory")),
    "name": says(send(b"by a name", dropoff.AgentDrop(given["key"], **by_name))),
    "path": says(send(path)),
    "folder": says(lambda: profiles().upload_profile(given["folder"], **given["profile"])),
    "stream": says(send(io.BytesIO(b"of a stream"))),
    "again": says(send(b"and again")),
}))
"""
)


@pytest.fixture(scope="session")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("refusing") / "refuse_threads.so"
    source = ROOT / "tests" / "c" / "refuse_threads.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return made


@LINUX
@pytest.mark.parametrize("room", [0, 1, 2, 3, 5, 16])
def test_a_call_runs_on_the_threads_there_are(
    sandbox: Sandbox, tmp_path: Path, refusing: Path, room: int
) -> None:
    large = bytes(3_000_000)
    (tmp_path / "large").write_bytes(large)
    given = of(sandbox, room=room, path=str(tmp_path / "large"), profile=PROFILE)
    given["folder"] = str(user_data(tmp_path / "folder"))
    environment = {**os.environ, "LD_PRELOAD": str(refusing), "REFUSE_THREADS": str(tmp_path / "room")}
    said = run(THREADS, given, environment)
    refused = {name: error for name, error in said.items() if error is not None}
    for error in refused.values():
        kind, side, retryable, outcome, number, text = error
        assert (kind, side, retryable, outcome, number) == (
            "unavailable",
            "caller",
            False,
            "not_completed",
            11,
        )
        assert "ulimit -u" in text and "pids" in text, text
    # A stream is read on two threads of its own: the core's and Python's.
    if room == 0:
        assert refused.keys() == said.keys()
    else:
        assert refused.keys() <= {"stream"}
        assert room < 16 or not refused
        assert {digest(large), digest(b"and again"), digest(b"by a name")} <= stored(sandbox)


PYTHONS_THREAD = (
    """
import _thread, io, json, sys
import dropoff
given = json.load(sys.stdin)
drop = dropoff.AgentDrop(given["key"], **given["where"])
drop.send([("x", b"x")], **given["terms"])
def refuses(*_):
    raise RuntimeError("can't start new thread")
_thread.start_new_thread = refuses
"""
    + SAYS
    + """
print(json.dumps([
    says(lambda: drop.send([("x", io.BytesIO(b"x"))], **given["terms"])),
    says(lambda: drop.start_send([("x", b"x")], **given["terms"], on_progress=print)),
]))
"""
)


def test_a_thread_that_python_cannot_start_is_told_as_any(sandbox: Sandbox) -> None:
    for error in run(PYTHONS_THREAD, of(sandbox)):
        assert error[:4] == ["unavailable", "caller", False, "not_completed"]
        assert "no thread could be started" in error[5] and "ulimit -u" in error[5]


@pytest.mark.parametrize("at", ["presign", "confirm"])
def test_a_job_whose_thread_is_refused_says_what_it_did_meanwhile(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def refuses(*_: object) -> None:
        until(lambda: sandbox.requests(at))
        raise RuntimeError("can't start new thread")

    drop = sandbox.agentdrop()
    drop.send([("x", b"x")], **TERMS)  # with the thread of log records, which is another
    sandbox.forget_requests()
    sandbox.fault({"on": at, "do": {"hold": True}})
    monkeypatch.setattr("_thread.start_new_thread", refuses)
    with pytest.raises(dropoff.DropoffError) as caught:
        drop.start_send([("x", b"x")], **TERMS, on_progress=print).wait()
    told = caught.value.kind, caught.value.outcome
    assert told == (("unavailable", "not_completed") if at == "presign" else ("cancelled", "unknown"))


# -- descriptors

FEW = (
    """
import asyncio, io, json, os, resource, sys
import dropoff
given = json.load(sys.stdin)
where = given["where"]
drop = dropoff.AgentDrop(given["key"], **where)
by_name = {**where, "base_url": where["base_url"].replace("127.0.0.1", "localhost")}
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
hogs = []
try:
    while True:
        hogs.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
for _ in range(given["free"]):
    os.close(hogs.pop())
"""
    + SAYS
    + """
def send(source, drop=drop):
    return lambda: drop.send([("x.bin", source)], **given["terms"])
said = {
    "bytes": says(send(b"of memory")),
    "name": says(send(b"by a name", dropoff.AgentDrop(given["key"], **by_name))),
    "path": says(send(given["path"])),
    "stream": says(send(io.BytesIO(b"of a stream"))),
    "journal": says(lambda: drop.send([("x", b"x")], **given["terms"], journal=given["journal"])),
}
for hog in hogs:
    os.close(hog)
said["later"] = says(send(b"later"))
print(json.dumps(said))
"""
)


@LINUX
@pytest.mark.parametrize("free", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
def test_no_descriptor_is_the_callers_side(sandbox: Sandbox, tmp_path: Path, free: int) -> None:
    (tmp_path / "file").write_bytes(b"of a path")
    journal = str(tmp_path / "journal")
    said = run(FEW, of(sandbox, free=free, path=str(tmp_path / "file"), journal=journal))
    assert said.pop("later") is None, "with descriptors again it goes on"
    if free == 0:
        assert all(said.values())
    for name, error in said.items():
        if error is None:
            continue
        kind, side, retryable, outcome, number, text = error
        files = {"path", "stream"}
        assert kind == "unavailable" or (kind == "source_unreadable" and name in files), (name, error)
        assert (side, retryable, outcome, number) == ("caller", False, "not_completed", 24), (name, error)
        assert "ulimit -n, now 64" in text, text


TAKE_ALL = """
hogs = []
def take_all():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    try:
        while True:
            hogs.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
"""
# What is connected and loaded before needs no descriptor, but for the socket that wakes whoever waits.
IN_A_LOOP = (
    """
import asyncio, json, os, resource, sys
import dropoff
given = json.load(sys.stdin)
"""
    + TAKE_ALL
    + """
async def all_forms():
    drop = dropoff.AsyncAgentDrop(given["key"], **given["where"])
    def start():
        return drop.start_send([("x", b"x")], **given["terms"])
    async def forms():
        told, over = [], asyncio.Event()
        yield await drop.send([("x", b"x")], **given["terms"], on_progress=told.append)
        assert told[-1].phase == "done"
        yield await start()
        async with start() as job:
            pass
        yield await job
        job = start()
        job.add_done_callback(lambda job: over.set())
        await over.wait()
        yield await job
        yield await asyncio.wrap_future(start().future())
    before = [sent.status async for sent in forms()]
    take_all()
    without = [sent.status async for sent in forms()]
    for hog in hogs:
        os.close(hog)
    return before, without, [sent.status async for sent in forms()]
print(json.dumps(asyncio.run(all_forms())))
"""
)


@LINUX
def test_a_loop_that_no_descriptor_can_wake_looks_by_itself(sandbox: Sandbox) -> None:
    assert run(IN_A_LOOP, of(sandbox)) == [["active"] * 5] * 3


# The first callback of a process, and with it its thread, comes when nothing is left. What is imported by
# then needs no descriptor.
CALLBACK = (
    """
import concurrent.futures, json, os, resource, sys
import dropoff, dropoff._done
given = json.load(sys.stdin)
drop = dropoff.AgentDrop(given["key"], **given["where"])
drop.send([("x", b"x")], **given["terms"])
"""
    + TAKE_ALL
    + """
take_all()
for _ in range(given["free"]):
    os.close(hogs.pop())
futures = [drop.start_send([("x", b"x")], **given["terms"]).future() for _ in range(3)]
print(json.dumps([future.result().status for future in futures]))
"""
)


@LINUX
@pytest.mark.parametrize("free", [0, 1, 2, 3, 4])
def test_a_callback_that_no_descriptor_can_wake_is_called(sandbox: Sandbox, free: int) -> None:
    assert run(CALLBACK, of(sandbox, free=free)) == ["active"] * 3


MANY = """
import asyncio, collections, json, resource, sys
import dropoff
given = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_NOFILE, (given["limit"], given["limit"]))
drop = dropoff.AsyncAgentDrop(given["key"], **given["where"])
async def one(number):
    try:
        source = given["path"] if number % 2 else b"%d" % number
        return (await drop.send([("x", source)], **given["terms"])).status
    except dropoff.DropoffError as e:
        return str(e)
async def all_at_once():
    return collections.Counter(await asyncio.gather(*map(one, range(given["count"]))))
print(json.dumps(asyncio.run(all_at_once())))
"""


@LINUX
def test_more_sends_at_once_than_descriptors_all_arrive(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"of a path")
    given = of(sandbox, limit=128, count=300, path=str(tmp_path / "file"))
    assert run(MANY, given) == {"active": 300}


# -- system calls

# By name: the number on x86-64 and on arm64.
CALLS = {"preadv2": (327, 286), "statx": (332, 291), "fstatfs": (138, 44), "setsockopt": (54, 208)}
SANDBOXED = (
    """
import ctypes, json, struct, sys
import dropoff
given = json.load(sys.stdin)
# Classic BPF: load the number of the call; one that is refused gives the error, all others go on.
filters = [struct.pack("<HBBI", 0x20, 0, 0, 0)]
for number in given["numbers"]:
    filters.append(struct.pack("<HBBI", 0x15, 0, 1, number))
    filters.append(struct.pack("<HBBI", 6, 0, 0, 0x50000 | given["errno"]))
filters.append(struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000))
code = ctypes.create_string_buffer(b"".join(filters))
class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
assert libc.prctl(22, 2, ctypes.byref(Program(len(filters), ctypes.addressof(code))), 0, 0) == 0  # seccomp
"""
    + SAYS
    + """
drop = dropoff.AgentDrop(given["key"], **given["where"])
send = lambda source: lambda: drop.send([("x", source)], **given["terms"])
print(json.dumps([says(send(given["path"])), says(send(open(given["path"], "rb")))]))
"""
)


@LINUX
@pytest.mark.parametrize("errno", [1, 13, 22, 38, 95])
def test_a_call_that_a_sandbox_refuses_is_done_without(sandbox: Sandbox, tmp_path: Path, errno: int) -> None:
    column = {"x86_64": 0, "aarch64": 1}[platform.machine()]
    numbers = [both[column] for both in CALLS.values()]
    content = bytes(range(256)) * 4000
    # Not below /tmp, which may be in memory, where the call in question is not made.
    path = ROOT / "target" / f"sandboxed-{errno}"
    path.write_bytes(content)
    try:
        assert run(SANDBOXED, of(sandbox, numbers=numbers, errno=errno, path=str(path))) == [None, None]
    finally:
        path.unlink()
    assert digest(content) in stored(sandbox)
