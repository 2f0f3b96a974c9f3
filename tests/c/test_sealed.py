"""Sealed transfers from one end to the other: what storage holds of them opens with the recipient's key,
and with no other; and a send that is killed goes on from its journal."""

from __future__ import annotations

import hashlib
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from conftest import Programs, Sandbox, is_private, until
from scenarios import Source, pattern
from test_scenarios import Driver, Line, written

SENDER = ("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=")
RECIPIENT = ("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A=", "ZLEBsdC+WocEvQePmJUAH8A+jp+VIvGI3RKNmEbUhGY=")
SEALS: list[Line] = [("arg", "encrypt", "yes"), ("arg", "encrypt.private_key", SENDER[0])]
PARTS: dict[str, Any] = {"part_size": 5 * 1024 * 1024}


def opened(
    driver: Driver, path: Path, to: Path, pair: tuple[str, str], facts: dict[str, Any]
) -> dict[str, Any]:
    lines: list[Line] = [
        ("arg", "to", to),
        ("arg", "private_key", pair[0]),
        ("arg", "sender_public_key", SENDER[1]),
        ("arg", "encrypted_key", facts["encrypted_key"]),
        ("arg", "encryption_iv", facts["encryption_iv"]),
    ]
    return driver.call("open_sealed", {}, [Source("path", path, None, None, None)], *lines)


@pytest.mark.parametrize("multipart", ["false", "true"])
@pytest.mark.parametrize("kind", ["path", "memory", "reader"])
def test_what_is_sealed_here_opens_there(
    programs: Programs, sandbox: Sandbox, tmp_path: Path, kind: str, multipart: str
) -> None:
    sandbox.agents({"agent_id": "recipient-agent", "public_key": RECIPIENT[1]})
    driver = Driver([programs["scenario"]], sandbox)
    contents = [pattern(length) for length in (0, 1, 100_000, 11_000_000)]
    sources = []
    for at, content in enumerate(contents):
        path = tmp_path / f"{at}.bin"
        path.write_bytes(content)
        sources.append(Source(kind, path, path.name, None, content))
    sent = driver.call("agentdrop.send", PARTS, sources, *SEALS, ("arg", "multipart", multipart))["result"]
    assert sent["recipient_key_source"] == "service"
    assert sent["recipient_key_fingerprint"] == hashlib.sha256(b64decode(RECIPIENT[1])).hexdigest()

    [transfer] = sandbox.transfers()
    nonces = {file["encryption_iv"] for file in transfer["files"]}
    assert len(nonces) == len(contents)
    for content, told, file in zip(contents, sent["files"], transfer["files"], strict=True):
        sealed, to = tmp_path / f"sealed-{file['name']}", tmp_path / f"opened-{file['name']}"
        sealed.write_bytes(sandbox.content(file["key"]))
        assert sealed.stat().st_size == told["bytes"] == len(content) + 16
        assert (told["parts"] > 0) == (multipart == "true")
        facts = transfer | file
        wrong = opened(driver, sealed, to, SENDER, facts)
        assert wrong["error"]["kind"] == "encryption" and not to.exists()
        assert opened(driver, sealed, to, RECIPIENT, facts)["result"]["bytes"] == len(content)
        assert to.read_bytes() == content


def test_a_send_that_was_killed_goes_on(programs: Programs, sandbox: Sandbox, tmp_path: Path) -> None:
    """Killed in the middle of the third part, as a machine that runs out of memory does it."""
    path, journal = tmp_path / "big.bin", tmp_path / "journal"
    path.write_bytes(pattern(26_000_000))
    sources = [Source("path", path, None, None, path.read_bytes())]
    alone: dict[str, Any] = PARTS | {"concurrency": 1}
    lines: list[Line] = [*SEALS, ("arg", "encrypt.recipient_public_key", RECIPIENT[1])]
    lines += [("arg", "multipart", "true"), ("arg", "journal", journal)]
    driver = Driver([programs["scenario"]], sandbox)
    sandbox.fault({"on": "put_part", "skip": 2, "do": {"stall_after": 100_000}})
    started = killable(driver, alone, sources, lines)
    until(lambda: len(sandbox.requests("put_part")) == 3, started)
    started.kill()
    started.communicate()
    assert is_private(journal)
    held = journal.read_text()
    for secret in (SENDER[0], sandbox.ready["agentdrop_api_key"]):
        assert secret not in held, "a journal holds no key"

    sandbox.clear_faults()
    sent = driver.call("agentdrop.send", alone, sources, *lines)["result"]
    assert sent["files"][0]["parts"] == 5 and not journal.exists()
    # Two that were there, one that was cut off, and the other three.
    assert len(sandbox.requests("put_part")) == 6
    assert len(sandbox.requests("presign_multipart")) == 1
    [transfer] = sandbox.transfers()
    sealed, to = tmp_path / "sealed", tmp_path / "opened"
    sealed.write_bytes(sandbox.content(transfer["files"][0]["key"]))
    assert (
        opened(driver, sealed, to, RECIPIENT, transfer | transfer["files"][0])["result"]["bytes"]
        == 26_000_000
    )
    assert to.read_bytes() == path.read_bytes()


def killable(
    driver: Driver, options: dict[str, Any], sources: list[Source], lines: list[Line]
) -> subprocess.Popen[str]:
    """A send that nobody waits for."""
    told = driver.told("agentdrop.send", options, sources, *lines)
    process = subprocess.Popen(
        driver.program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=driver.sandbox.environment,
    )
    assert process.stdin
    process.stdin.write("".join(written(line) + "\n" for line in told) + "\n")
    process.stdin.flush()
    return process
