"""Options and keys of a client, and the time limit of a call."""

from __future__ import annotations

import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import (
    AgentDrop,
    HCompany,
    InvalidInputError,
    Storage,
)
from helpers import (
    TERMS,
)


def test_options_are_those_of_the_core() -> None:
    with pytest.raises(InvalidInputError) as caught:
        Storage(max_atempts=3)  # type: ignore[call-arg]
    listed = caught.value.message.partition("the options are ")[2].split(", ")
    assert set(listed) == set(dropoff.Options.__annotations__)


@pytest.mark.parametrize(
    "options",
    [
        {"stall_timeout": 1},
        {"stall_timeout": 0.5, "connect_timeout": timedelta(seconds=2)},
        {"max_attempts": 3, "concurrency": 64},
        {"integrity_check": "auto"},
        {"integrity_check": True},
        {"spool_dir": Path("/tmp"), "ca_file": None, "proxy": None},
        {"trusted_storage": ("https://minio.internal:9000",)},
    ],
)
def test_good_options(options: Any) -> None:
    assert repr(Storage(**options)) == "Storage"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"stall_timeout": float("nan")}, "0.001 s to 1 h"),
        ({"stall_timeout": -1}, "0.001 s to 1 h"),
        ({"stall_timeout": float("inf")}, "0.001 s to 1 h"),
        ({"stall_timeout": 1e300}, "0.001 s to 1 h"),
        ({"stall_timeout": 10**400}, "0.001 s to 1 h"),
        ({"stall_timeout": timedelta(days=-1)}, "0.001 s to 1 h"),
        ({"stall_timeout": timedelta(days=99999)}, "0.001 s to 1 h"),
        ({"stall_timeout": "30"}, "0.001 s to 1 h"),
        ({"stall_timeout": True}, "0.001 s to 1 h"),
        ({"stall_timeout": 0}, "0.001 s to 1 h"),
        ({"max_attempts": True}, "1 to 100"),
        ({"max_attempts": 1.5}, "1 to 100"),
        ({"max_attempts": -1}, "1 to 100"),
        ({"max_attempts": 2**70}, "1 to 100"),
        ({"integrity_check": 1}, "auto"),
        ({"integrity_check": "sometimes"}, "auto"),
        ({"spool_dir": b"/tmp"}, "a folder"),
        ({"spool_dir": "/nowhere"}, "a folder"),
        ({"ca_file": "/nowhere"}, "a PEM file"),
        ({"ca_file": "/dev/null"}, "holds no certificate"),
        ({"user_agent": 3}, "printable"),
        ({"trusted_storage": "https://h"}, "takes a list"),
        ({"trusted_storage": [3]}, "origins"),
        ({"trusted_storage": 3}, "origins"),
    ],
)
def test_bad_options(options: Any, text: str) -> None:
    (name,) = options
    for client in (Storage, lambda **o: HCompany("k", **o), lambda **o: AgentDrop("k", **o)):
        with pytest.raises(InvalidInputError, match=text) as caught:
            client(**options)
        assert name in caught.value.message


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e300, timedelta(days=-1), "1", True])
def test_bad_timeouts(sandbox: Sandbox, timeout: Any) -> None:
    with pytest.raises(InvalidInputError, match="timeout"):
        sandbox.agentdrop().send([("a", b"1")], timeout=timeout, **TERMS)
    assert not sandbox.requests()


def test_a_key_that_cannot_be_had_is_not_printed() -> None:
    for call in (
        lambda: AgentDrop("agd_canary\udcff"),
        lambda: HCompany("hk_canary\udcff"),
        lambda: Storage().put("https://h/k?X-Amz-Signature=canary\udcff", b""),
    ):
        with pytest.raises(InvalidInputError, match="UTF-8") as raised:
            call()
        assert "canary" not in "".join(traceback.format_exception(raised.value)).split("\n")[-2]
        assert "canary" not in f"{raised.value!r}"


def test_a_key_is_looked_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for client, variable in ((HCompany, "HAI_API_KEY"), (AgentDrop, "AGENTDROP_API_KEY")):
        with pytest.raises(dropoff.AuthenticationError, match=variable):
            client()
        monkeypatch.setenv(variable, "a-key")
        client()
