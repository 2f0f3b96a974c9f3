"""The environment's proxy and certificate variables, as a Python program meets them."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Sandbox
from dropoff import AgentDrop, DropoffError, InvalidInputError, Storage
from helpers import TERMS

KEY = "ad_canary_0123456789"
PUBLIC = "https://bucket.s3.example/k?X-Amz-Signature=canary0123456789"
BROKEN = [
    "http://alice:S3cret#Pw@127.0.0.1:9",
    "http://alice:S3cret/Pw@127.0.0.1:9",
    "http://alice:S3cret?Pw@127.0.0.1:9",
    "http://alice:12345#S3cret@127.0.0.1:9",
]


def refusals() -> list[DropoffError]:
    errors = []
    with pytest.raises(DropoffError) as caught:
        Storage(max_attempts=1).put(PUBLIC, b"x")
    errors.append(caught.value)
    with pytest.raises(DropoffError) as caught:
        AgentDrop(KEY, base_url="https://api.example", max_attempts=1).send([("a", b"x")], **TERMS)
    errors.append(caught.value)
    return errors


@pytest.mark.parametrize("value", BROKEN)
def test_a_proxy_that_its_password_breaks_is_refused_unread(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    value: str,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with caplog.at_level(logging.DEBUG):
        errors = refusals()
    with pytest.raises(InvalidInputError) as caught:
        Storage(proxy=value)
    for error in errors:
        assert isinstance(error, InvalidInputError)
        assert "HTTPS_PROXY" in str(error) and "%23" in str(error)
        assert error.outcome == "not_completed" and not error.retryable
    told = [*errors, caught.value]
    text = " ".join([f"{e} {e!r} {vars(e)}" for e in told] + [caplog.text])
    for part in ("alice", "S3cret", "12345", "Pw@"):
        assert part not in text


def test_a_proxy_of_another_kind_is_refused_and_not_passed_by(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "")
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:9")
    for error in refusals():
        assert isinstance(error, InvalidInputError)
        assert "ALL_PROXY" in str(error) and "socks5h" in str(error)


def test_a_proxy_that_is_down_is_told_with_the_variable_that_names_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://alice:S3cret@127.0.0.1:1")
    for error in refusals():
        assert "the proxy 127.0.0.1:1 of https_proxy: the connection was refused" in str(error)
        assert error.outcome == "not_completed" and "S3cret" not in repr(vars(error))


def test_this_machine_is_not_behind_a_proxy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert sandbox.agentdrop().send([("a", b"x")], **TERMS).status == "active"


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_roots_that_cannot_be_read_are_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    roots = tmp_path / "roots.pem"
    if content is not None:
        roots.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    for error in refusals():
        assert isinstance(error, InvalidInputError)
        assert "SSL_CERT_FILE" in str(error) and str(roots) in str(error)
    assert sandbox.agentdrop().send([("a", b"x")], **TERMS).status == "active", "nothing here is https"


def test_roots_of_an_empty_variable_are_the_systems(tmp_path: Path) -> None:
    body = """
from dropoff import DropoffError, Storage
try:
    Storage(trusted_storage=["https://127.0.0.1:1"], max_attempts=1).put("https://127.0.0.1:1/k", b"x")
except DropoffError as error:
    print(error.kind)
"""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT_")}

    def opened(**variables: str) -> set[str]:
        told = tmp_path / "opened"
        strace = ["strace", "-f", "-qq", "-e", "trace=open,openat", "-e", "signal=none", "-o", str(told)]
        program = [*strace, sys.executable, "-c", body]
        ran = subprocess.run(program, capture_output=True, text=True, timeout=240, env=bare | variables)
        assert ran.stdout == "network\n", ran.stdout + ran.stderr
        return set(
            re.findall(r'"([^"]*(?:/certs|/pki|ca-bundle|cert\.pem)[^"]*)"[^=]*= \d', told.read_text())
        )

    systems = opened()
    assert systems, "this machine has no roots: install ca-certificates"
    assert opened(SSL_CERT_FILE="") == systems
    assert opened(SSL_CERT_FILE="", SSL_CERT_DIR="") == systems
