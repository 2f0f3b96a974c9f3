"""Uploads in parts: raw ones, those of a transfer, what a plan tells, and going on with a journal."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from dropoff import (
    CancelledError,
    ConflictError,
    DropoffError,
    Encryption,
    File,
    InvalidInputError,
    KeyPair,
    NetworkError,
    Progress,
    StoredParts,
    TransferPlan,
    open_sealed,
)
from helpers import TERMS, BytesPath, async_child, child, digest, download, soon, stored, until
from sources import pattern

MIB = 1 << 20
CONTENT = pattern(12_000_000)
LOST = {"on": "put_part", "skip": 1, "times": -1, "do": {"reset_after": 0}}
STALL = {"on": "put_part", "skip": 1, "times": -1, "do": {"stall_after": 100_000}}

Call = Callable[..., Any]


def forms(sandbox: Sandbox, client: str, name: str, **options: Any) -> list[Call]:
    """A call of a client: waiting, as a job, and as a coroutine."""
    sync, asynchronous = getattr(sandbox, client)(**options), getattr(sandbox, f"async_{client}")(**options)
    return [
        getattr(sync, name),
        lambda *args, **kwargs: getattr(sync, f"start_{name}")(*args, **kwargs).wait(),
        lambda *args, **kwargs: asyncio.run(getattr(asynchronous, name)(*args, **kwargs), debug=True),
    ]


# -- raw parts


def begun(sandbox: Sandbox, content: bytes, part_size: int) -> tuple[dict[str, Any], list[str]]:
    """An upload that the service began, and its URLs."""
    d = sandbox.agentdrop(part_size=part_size)
    reply = d.presign([("raw.bin", content)], multipart=True, **TERMS).reveal()
    return reply, [part["upload_url"] for part in reply["files"][0]["part_urls"]]


def complete(sandbox: Sandbox, reply: dict[str, Any], stored_parts: StoredParts) -> None:
    """What is left to whoever began it."""
    file = reply["files"][0]
    parts = [{"part_number": part.part_number, "etag": part.etag} for part in stored_parts.parts]
    request = urllib.request.Request(
        f"{sandbox.api_url}/v1/transfers/{reply['id']}/files/{file['file_id']}/complete-multipart",
        json.dumps({"upload_id": file["upload_id"], "parts": parts}).encode(),
        {"Authorization": f"Bearer {sandbox.agentdrop_api_key}", "Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
        assert answer.status == 200
    assert sandbox.agentdrop().confirm(reply["id"]).status == "active"


def test_raw_parts_in_every_form(sandbox: Sandbox) -> None:
    shapes: list[Callable[[list[str]], Any]] = [list, tuple, iter]
    size = 5_600_000  # not what the number of URLs alone would make of it
    for call, shape in zip(forms(sandbox, "storage", "put_parts"), shapes, strict=True):
        seen: list[Progress] = []
        reply, urls = begun(sandbox, CONTENT, size)
        done = call(shape(urls), CONTENT, part_size=size, on_progress=seen.append, timeout=120)
        assert (done.bytes, done.part_size, done.verified) == (len(CONTENT), size, True)
        assert [p.part_number for p in done.parts] == [1, 2, 3]
        assert [p.bytes for p in done.parts] == [size, size, len(CONTENT) - 2 * size]
        assert all(p.etag == p.md5 and p.verified and p.attempts == 1 for p in done.parts)
        last = seen[-1]
        assert (last.phase, last.bytes_done, last.files_done) == ("done", len(CONTENT), 1)
        complete(sandbox, reply, done)
        assert not [e for e in sandbox.requests("put_part") if e["authorization"]]
    assert stored(sandbox) == {digest(CONTENT)}


def test_raw_parts_of_every_kind_of_source(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_bytes(CONTENT)
    for source in (path, str(path), bytearray(CONTENT), io.BytesIO(CONTENT)):
        # By the number of URLs alone.
        _, urls = begun(sandbox, CONTENT, 6 * MIB)
        done = sandbox.storage().put_parts(urls, source)
        assert done.verified and len(done.parts) == 2 and done.part_size >= len(CONTENT) // 2


@pytest.mark.parametrize(
    "urls", ["https://h/1?X-Amz-Signature=canary", b"https://h/1", {"https://h/1": 1}, None, 3, io.StringIO]
)
def test_what_is_no_list_of_urls(sandbox: Sandbox, urls: Any) -> None:
    for call in forms(sandbox, "storage", "put_parts"):
        with pytest.raises(InvalidInputError, match="^urls must be a list of presigned URLs") as caught:
            call(urls, b"1")
        assert "canary" not in str(caught.value.to_dict())


def test_urls_that_are_none(sandbox: Sandbox) -> None:
    s = sandbox.storage()
    for item in (3, b"https://h", {"part_number": 1, "upload_url": "https://h/canary"}, None):
        urls: Any = ["https://h/1?X-Amz-Signature=canary", item]
        with pytest.raises(InvalidInputError, match=r"^urls\[1\] must be text \(str\), not ") as caught:
            s.put_parts(urls, b"1")
        assert "canary" not in str(caught.value.to_dict())
    with pytest.raises(InvalidInputError, match="urls holds 0 presigned URLs"):
        s.put_parts([], b"1")

    def failing() -> Any:
        yield "https://h/1"
        raise RuntimeError("of the caller")

    with pytest.raises(RuntimeError, match="of the caller"):
        s.put_parts(failing(), b"1")


@pytest.mark.parametrize("size", ["5", True, -1, 1.5, 2**70, b"5"])
def test_a_part_size_that_is_none(sandbox: Sandbox, size: Any) -> None:
    with pytest.raises(InvalidInputError, match="part_size must be a whole number"):
        sandbox.storage().put_parts(["https://h/1"], b"1", part_size=size)


def test_ctrl_c_ends_raw_parts(sandbox: Sandbox) -> None:
    _, urls = begun(sandbox, CONTENT, 5 * MIB)
    sandbox.fault(STALL)
    body = f"""
        try:
            Storage(**options).put_parts({urls!r}, bytes({len(CONTENT)}), part_size={5 * MIB})
        except KeyboardInterrupt as interrupt:
            why = interrupt.__context__
            print(json.dumps([why.kind, why.operation, why.journal]))
    """
    with child(sandbox, body) as process:
        until(lambda: len(sandbox.requests("put_part")) >= 2)
        with soon():
            process.send_signal(signal.SIGINT)
            out, err = process.ended()
    assert json.loads(out or "null") == ["cancelled", "put_parts", None], err


# -- a plan


def test_a_plan_tells_what_would_be_sent_and_sends_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    path, pair = tmp_path / "report.pdf", KeyPair.generate()
    path.write_bytes(CONTENT)
    journal = tmp_path / "journal"
    args = {"encrypt": Encryption(pair), "multipart": True, "journal": journal, "message": "hello"}
    for call in forms(sandbox, "agentdrop", "plan", part_size=5 * MIB):
        plan = call([path, ("rows.csv", b"a,b\n")], **args, **TERMS)
        assert type(plan) is TransferPlan and (plan.multipart, plan.encrypted) == (True, True)
        assert [(f.name, f.bytes, f.parts, f.part_size) for f in plan.files] == [
            ("report.pdf", len(CONTENT) + 16, 3, 5 * MIB),
            ("rows.csv", 20, 1, 5 * MIB),
        ]
        assert plan.total_bytes == len(CONTENT) + 36 and plan.request["message"] == "hello"
        assert plan.request["encrypted_key"] == "[hidden]"
        assert [file["encryption_iv"] for file in plan.request["files"]] == ["[hidden]"] * 2
        plan = call([path], **TERMS)
        assert (plan.multipart, plan.encrypted, plan.files[0].parts) == (False, False, 0)
        assert plan.files[0].part_size is None and plan.files[0].content_type == "application/pdf"
        with pytest.raises(InvalidInputError, match="stream"):
            call([("a", io.BytesIO(b"1"))], **TERMS)
        with pytest.raises(FileNotFoundError):
            call([tmp_path / "nowhere"], **TERMS)
    assert not sandbox.requests() and not journal.exists()


def test_the_terms_of_a_transfer_are_refused_as_python_refuses_arguments(sandbox: Sandbox) -> None:
    d, files = sandbox.agentdrop(), [("a", b"1")]
    for call, name in ((d.send, "send"), (d.start_plan, "start_plan"), (d.presign, "presign")):
        start = rf"^AgentDrop\.{name}\(\) "
        with pytest.raises(TypeError, match=start + "got an unexpected keyword argument 'dry_run'$"):
            call(files, dry_run=True, **TERMS)  # type: ignore[call-arg]
        two = "missing 2 required keyword-only arguments: 'sender' and 'recipient'$"
        with pytest.raises(TypeError, match=start + two):
            call(files)  # type: ignore[call-arg]
        with pytest.raises(TypeError, match=start + "missing 1 required keyword-only argument: 'recipient'$"):
            call(files, sender="a")  # type: ignore[call-arg]
        with pytest.raises(TypeError, match=name):
            call(files, "a", "b")  # type: ignore[call-arg]
        with pytest.raises(InvalidInputError, match=r"^mode must be text \(str\), not "):
            call(files, mode=None, **TERMS)  # type: ignore[arg-type]
    assert not sandbox.requests()


# -- a journal


@pytest.mark.parametrize("value", [3, True, b"journal", io.BytesIO(), ["journal"]])
def test_what_is_no_journal(sandbox: Sandbox, value: Any) -> None:
    for call in forms(sandbox, "agentdrop", "send"):
        with pytest.raises(InvalidInputError, match=r"^journal must be a path \(str or os.PathLike\), not "):
            call([("a", b"1")], journal=value, **TERMS)
    assert not sandbox.requests()


def test_a_stream_cannot_be_resumed(sandbox: Sandbox, tmp_path: Path) -> None:
    path, journal = tmp_path / "f", tmp_path / "journal"
    path.write_bytes(b"1")
    with path.open("rb") as opened:
        for source in (opened, io.BytesIO(b"1"), File(opened, name="a")):
            for call in forms(sandbox, "agentdrop", "send"):
                files = [source if isinstance(source, File) else ("a", source)]
                with pytest.raises(InvalidInputError, match="a stream.*leave journal out") as caught:
                    call(files, journal=journal, **TERMS)
                assert caught.value.journal is None
    assert not sandbox.requests() and not journal.exists()


def test_a_journal_is_for_a_whole_send(sandbox: Sandbox, tmp_path: Path) -> None:
    d: Any = sandbox.agentdrop()
    with pytest.raises(TypeError, match="journal"):
        d.presign([("a", b"1")], journal=tmp_path / "journal", **TERMS)


def journals(tmp_path: Path) -> list[tuple[Any, Path]]:
    path = tmp_path / "path.journal"
    text, odd = f"{tmp_path}/text.journal", os.fsencode(tmp_path) + b"/caf\xe9.journal"
    return [
        (path, path),
        (text, Path(text)),
        (BytesPath(odd), Path(os.fsdecode(odd))),
        ("~/home.journal", Path.home() / "home.journal"),
    ]


def test_journals_of_every_kind_of_path(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(CONTENT)
    calls = forms(sandbox, "agentdrop", "send", part_size=5 * MIB, concurrency=1, max_attempts=1)
    for at, (given, journal) in enumerate(journals(tmp_path)):
        call = calls[at % len(calls)]
        sandbox.reset()
        sandbox.fault(LOST)
        with pytest.raises(NetworkError) as caught:
            call([path], multipart=True, journal=given, **TERMS)
        error = caught.value
        assert (error.journal, error.cleanup, error.to_dict()["journal"]) == (
            str(journal),
            "none",
            str(journal),
        )
        assert journal.stat().st_mode & 0o777 == 0o600 and not sandbox.requests("abort_multipart")
        sandbox.clear_faults()
        before = len(sandbox.requests("put_part"))
        sent = calls[(at + 1) % len(calls)]([path], multipart=True, journal=given, **TERMS)
        assert sent.id == error.transfer_id and sent.files[0].parts == 3
        assert len(sandbox.requests("put_part")) == before + 2 and not journal.exists()
        assert stored(sandbox) == {digest(CONTENT)}


def test_without_a_journal_nothing_is_left_behind(sandbox: Sandbox) -> None:
    sandbox.fault(LOST)
    options = {"part_size": 5 * MIB, "concurrency": 1, "max_attempts": 1}
    for call in forms(sandbox, "agentdrop", "send", **options):
        with pytest.raises(NetworkError) as caught:
            call([("a", CONTENT)], multipart=True, **TERMS)
        assert (caught.value.journal, caught.value.cleanup) == (None, "done")
    assert len(sandbox.requests("abort_multipart")) == 3


SYNC = """
    try:
        d.send(**args, **terms)
    except KeyboardInterrupt as interrupt:
        print(json.dumps(interrupt.__context__.to_dict()), flush=True)
        raise
"""
ASYNC = """
    async def main():
        try:
            await d.send(**args, **terms)
        except asyncio.CancelledError as cancelled:
            print(json.dumps(cancelled.__context__.to_dict()), flush=True)
            raise
    asyncio.run(main())
"""


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
@pytest.mark.parametrize("form", ["sync", "async"])
def test_ctrl_c_keeps_the_journal_and_says_so(
    sandbox: Sandbox, tmp_path: Path, form: str, sealed: bool
) -> None:
    path, journal, pairs = (
        tmp_path / "large.bin",
        tmp_path / "journal",
        (KeyPair.generate(), KeyPair.generate()),
    )
    path.write_bytes(CONTENT + CONTENT)  # three parts of the default size
    for agent, pair in zip(("sender", "recipient"), pairs, strict=True):
        sandbox.agents({"agent_id": TERMS[agent], "public_key": pair.public_key})
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"private_key": pairs[0].reveal_private_key()}))
    sandbox.fault(STALL)
    encrypt = f"Encryption(KeyPair.from_agentdrop_config({str(config)!r}))" if sealed else "None"
    args = (
        f"{{'files': [{str(path)!r}], 'multipart': True, 'journal': {str(journal)!r}, 'encrypt': {encrypt}}}"
    )
    start, body = (child, SYNC) if form == "sync" else (async_child, ASYNC)
    with start(sandbox, f"\n    args = {args}{body}") as process:
        until(lambda: journal.exists() and '{"part":' in journal.read_text())
        with soon():
            process.send_signal(signal.SIGINT)
            out, err = process.ended()
    assert process.returncode == -signal.SIGINT and err.rstrip().endswith("KeyboardInterrupt"), err
    facts = json.loads(out)
    assert (facts["kind"], facts["outcome"], facts["cleanup"]) == ("cancelled", "not_completed", "none")
    assert facts["journal"] == str(journal) and journal.exists()
    assert not sandbox.requests("abort_multipart")

    # Another process goes on.
    sandbox.clear_faults()
    begun_with = len(sandbox.requests("put_part"))
    encryption = Encryption(pairs[0]) if sealed else None
    sent = sandbox.agentdrop().send([path], multipart=True, journal=journal, encrypt=encryption, **TERMS)
    assert sent.id == facts["transfer_id"] and not journal.exists()
    assert len(sandbox.requests("put_part")) == begun_with + 2
    assert len(sandbox.requests("presign_multipart")) == 1
    if sealed:
        ((got, opens),) = download(sandbox, sent.id, tmp_path)
        open_sealed(got, to=tmp_path / "opened", key_pair=pairs[1], **opens)
        assert (tmp_path / "opened").read_bytes() == path.read_bytes()
    else:
        assert stored(sandbox) == {digest(path.read_bytes())}


@pytest.mark.parametrize("form", ["sync", "async"])
def test_ctrl_c_without_a_journal_removes_the_parts(sandbox: Sandbox, form: str) -> None:
    sandbox.fault(STALL)
    args = "{'files': [('a', bytes(24_000_000))], 'multipart': True}"
    start, body = (child, SYNC) if form == "sync" else (async_child, ASYNC)
    with start(sandbox, f"\n    args = {args}{body}") as process:
        until(lambda: len(sandbox.requests("put_part")) >= 3)
        with soon():
            process.send_signal(signal.SIGINT)
            out, err = process.ended()
    facts = json.loads(out or "null")
    assert (facts["kind"], facts["cleanup"], facts["journal"]) == ("cancelled", "done", None), err
    assert len(sandbox.requests("abort_multipart")) == 1


def test_a_kill_leaves_a_journal_to_go_on_from(sandbox: Sandbox, tmp_path: Path) -> None:
    path, journal = tmp_path / "large.bin", tmp_path / "journal"
    path.write_bytes(CONTENT + CONTENT)
    sandbox.fault(STALL)
    body = f"d.send([{str(path)!r}], multipart=True, journal={str(journal)!r}, **terms)"
    with child(sandbox, body) as process:
        until(lambda: journal.exists() and '{"part":' in journal.read_text())
        process.kill()
        process.ended()
    assert process.returncode == -signal.SIGKILL
    sandbox.clear_faults()
    begun_with = len(sandbox.requests("put_part"))
    sent = sandbox.agentdrop().send([path], multipart=True, journal=journal, **TERMS)
    assert sent.files[0].parts == 3 and len(sandbox.requests("put_part")) == begun_with + 2
    assert not journal.exists() and stored(sandbox) == {digest(path.read_bytes())}


def test_a_part_is_in_the_journal_before_the_next_one_is_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    """On a disk that takes its time, in a program that ends with the call."""
    path, journal = tmp_path / "large.bin", tmp_path / "journal"
    path.write_bytes(CONTENT)
    sandbox.fault({"on": "put_part", "skip": 2, "times": -1, "do": {"reply": {"status": 403}}})
    body = f"""
import os
from dropoff import AgentDrop, StorageRefusedError
d = AgentDrop({sandbox.agentdrop_api_key!r}, base_url={sandbox.api_url!r}, part_size={5 * MIB},
    concurrency=1, **{sandbox.options()!r})
try:
    d.send([{str(path)!r}], multipart=True, journal={str(journal)!r}, **{TERMS!r})
except StorageRefusedError:
    os._exit(3)
"""
    slow: list[str | Path] = ["-P", journal, "-e", "trace=write", "-e", "inject=write:delay_enter=300000"]
    strace: list[str | Path] = ["strace", "-f", "-qq", "-e", "signal=none", *slow, "-o", tmp_path / "calls"]
    ran = subprocess.run([*strace, sys.executable, "-c", body], capture_output=True, text=True, timeout=240)
    assert ran.returncode == 3, ran.stderr
    assert "DELAYED" in (tmp_path / "calls").read_text()
    assert journal.read_text().count('{"part":') == 2
    sandbox.clear_faults()
    sandbox.agentdrop().send([path], multipart=True, journal=journal, **TERMS)
    answers = [put["status"] for put in sandbox.requests("put_part")]
    assert answers == [200, 200, 403, 200] and stored(sandbox) == {digest(CONTENT)}


def test_a_job_and_a_callback_tell_of_the_journal(sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    args: dict[str, Any] = {"files": [("a", CONTENT)], "multipart": True, "journal": journal} | TERMS
    d = sandbox.agentdrop(part_size=5 * MIB)
    sandbox.fault(STALL)
    job = d.start_send(**args)
    until(lambda: journal.exists() and '{"part":' in journal.read_text())
    with pytest.raises(ConflictError, match="in use by another call") as busy:
        d.send(**args)
    assert busy.value.path == str(journal) and busy.value.journal is None and not job.done()
    job.cancel()
    with soon(), pytest.raises(CancelledError) as caught:
        job.wait()
    assert caught.value.journal == str(journal) and caught.value.cleanup == "none"

    def enough(progress: Progress) -> None:
        # What an earlier call sent counts.
        if progress.phase == "sending":
            assert progress.bytes_done >= len(CONTENT) - 10 * MIB
            raise RuntimeError("of the callback")

    with pytest.raises(RuntimeError, match="of the callback") as raised:
        d.send(on_progress=enough, **args)
    why = raised.value.__context__
    assert isinstance(why, DropoffError) and why.journal == str(journal) and journal.exists()
    sandbox.clear_faults()
    assert d.send(**args).status == "active" and not journal.exists()


def test_a_relative_journal_is_of_the_moment_of_the_call(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sandbox.fault({"on": "presign_multipart", "do": {"delay_ms": 200}}, LOST)
    d = sandbox.agentdrop(part_size=5 * MIB, max_attempts=1)
    job = d.start_send([("a", CONTENT)], multipart=True, journal="relative", **TERMS)
    monkeypatch.chdir("/")
    with pytest.raises(NetworkError) as caught:
        job.wait()
    assert caught.value.journal == str(tmp_path / "relative") and (tmp_path / "relative").exists()


def test_many_journals_at_once_in_a_loop(sandbox: Sandbox, tmp_path: Path) -> None:
    async def body() -> None:
        d = sandbox.async_agentdrop()
        calls = [
            d.send([(str(n), b"x" * n)], multipart=n % 2 == 0, journal=tmp_path / str(n), **TERMS)
            for n in range(1, 31)
        ]
        sent = await asyncio.gather(*calls)
        assert [s.files[0].bytes for s in sent] == list(range(1, 31))

    asyncio.run(body(), debug=True)
    assert [p for p in os.listdir(tmp_path) if p != "home"] == []


def test_memory_is_bounded_while_sealing_in_parts(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(256 * MIB)
    body = f"""
        from dropoff import *
        options |= {{"base_url": {sandbox.api_url!r}, "memory_budget": {16 * MIB}}}
        d = AgentDrop({sandbox.agentdrop_api_key!r}, **options)
        encryption = Encryption(KeyPair.generate(), KeyPair.generate().public_key)
        def kib(name):
            lines = open("/proc/self/status").read().splitlines()
            return int(next(line for line in lines if line.startswith(name)).split()[1])
        idle = kib("VmRSS")
        sent = d.send([{str(path)!r}], multipart=True, encrypt=encryption, **terms)
        print(json.dumps([sent.files[0].parts, kib("VmHWM") - idle]))
    """
    with child(sandbox, body) as process:
        out, err = process.ended()
    assert process.returncode == 0, err
    parts, over = json.loads(out)
    print(f"a sealed file in {parts} parts: peak {over} KiB over idle")
    # The budget, buffers, and what the allocator keeps.
    assert parts == 33 and over <= 64 * 1024
    sandbox.reset()
