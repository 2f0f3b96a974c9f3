"""The table of errors is complete: the shared vectors, the compiled half and the classes agree."""

from __future__ import annotations

import builtins
import copy
import errno
import inspect
import json
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import ROOT, VECTORS, Sandbox
from dropoff import DropoffError, _errors, _native
from helpers import TERMS, child, until

TABLE: list[dict[str, Any]] = json.loads((VECTORS / "errors.json").read_text())
CLASSES = [getattr(dropoff, row["python"]) for row in TABLE]
FACTS: dict[str, Any] = {
    "operation": "put",
    "side": "storage",
    "retryable": True,
    "retry_after": 1.5,
    "http_status": 503,
    "service_code": "SlowDown",
    "request_id": "r-1",
    "details": [{"field": "files.0.name", "message": "too long"}],
    "outcome": "unknown",
    "cause": "reset",
    "cleanup": "failed",
    "resource": {"kind": "transfer", "id": "tr_1"},
    "transfer_id": "tr_1",
    "profile_id": "p-1",
    "path": "/tmp/caf\udce9",
    "errno": errno.EACCES,
    "journal": "/tmp/caf\udce9.journal",
    "etag": "abc-1",
}


def test_the_compiled_half_knows_the_same_kinds() -> None:
    assert _native._error_kinds() == [(row["kind"], row["code"]) for row in TABLE]


def test_no_class_is_missing_or_too_many() -> None:
    children = {c for _, c in inspect.getmembers(dropoff, inspect.isclass) if issubclass(c, DropoffError)}
    special = {dropoff.SourceNotFoundError, dropoff.UnknownOptionError}
    assert children == {DropoffError, *special, *CLASSES}
    assert {c.__name__ for c in children} <= set(dropoff.__all__)
    assert {c.__module__ for c in children} == {"dropoff"}
    assert sorted(dropoff.__all__, key=str.lower) == sorted(set(dropoff.__all__), key=str.lower)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["kind"])
def test_a_row_of_the_table(row: dict[str, Any]) -> None:
    made = _errors.BY_KIND[row["kind"]]("a message", **FACTS)
    cls = getattr(dropoff, row["python"])
    assert type(made) is cls
    assert (cls.kind, cls.code) == (row["kind"], row["code"])
    assert cls.__doc__
    also = tuple(getattr(builtins, name) for name in row["python_also"])
    assert cls.__bases__ == (DropoffError, *also)
    # A service's answer must not look like a local file's trouble.
    if not also:
        assert not issubclass(cls, (OSError, ValueError))


def test_only_a_missing_path_is_a_missing_file(tmp_path: Path) -> None:
    missing, loop = tmp_path / "missing", tmp_path / "loop"
    loop.symlink_to(loop)
    d = dropoff.AgentDrop("k", base_url="http://127.0.0.1:1")
    for path, number, cls in [
        (missing, errno.ENOENT, dropoff.SourceNotFoundError),
        (loop, errno.ELOOP, dropoff.SourceUnreadableError),
    ]:
        with pytest.raises(DropoffError) as raised:
            d.send([path], sender="a", recipient="b")
        made = raised.value
        assert type(made) is cls and isinstance(made, OSError)
        assert isinstance(made, FileNotFoundError) == (number == errno.ENOENT)
        assert (made.errno, made.filename) == (number, str(path))
        assert made.strerror == os.strerror(number)
        assert str(made) == made.message and made.args == (made.message,)
        told = pickle.loads(pickle.dumps(made))
        assert told.to_dict() == made.to_dict() and told.strerror == made.strerror


@pytest.mark.parametrize("cls", [*CLASSES, dropoff.SourceNotFoundError, DropoffError])
def test_errors_survive_pickling_and_copying(cls: type[DropoffError]) -> None:
    original = cls("one line", **FACTS)
    original.add_note("seen by a worker")
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        for twin in (
            pickle.loads(pickle.dumps(original, protocol)),
            copy.copy(original),
            copy.deepcopy(original),
        ):
            assert type(twin) is cls
            assert twin.to_dict() == original.to_dict()
            assert (str(twin), twin.args) == ("one line", ("one line",))
            assert twin.__notes__ == ["seen by a worker"]
            assert getattr(twin, "filename", None) == getattr(original, "filename", None)


def test_every_fact_is_an_attribute_and_in_the_dict() -> None:
    made = _errors.BY_KIND["rate_limited"]("wait", **FACTS)
    facts = made.to_dict()
    assert facts == {"kind": "rate_limited", "code": 8, "message": "wait"} | FACTS
    for name, value in facts.items():
        assert getattr(made, name) == value
    json.dumps(facts)
    assert set(facts) == set(DropoffError.__annotations__)


# The scenarios raise nearly all kinds for real; these two need more than a call.


def test_a_full_disk(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "full_disk.so"
    source = ROOT / "tests" / "c" / "full_disk.c"
    subprocess.run(["cc", "-shared", "-fPIC", source, "-o", shim, "-ldl"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(shim))
    program = child(
        sandbox,
        """
        try:
            d.send([("a", io.BytesIO(b"bytes"))], **terms)
        except DiskFullError as error:
            print(error.errno, isinstance(error, OSError), error)
        """,
    )
    out, err = program.ended()
    assert out.startswith(f"{errno.ENOSPC} True no room left") and "spool_dir" in out, err


def test_a_file_that_changes(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "rewritten"
    path.write_bytes(b"before")
    sandbox.fault({"on": "presign", "do": {"hold": True}})
    job = sandbox.agentdrop().start_send([path], **TERMS)
    until(lambda: sandbox.requests("presign"))
    path.write_bytes(b"after")
    sandbox.clear_faults()
    with pytest.raises(dropoff.SourceChangedError) as caught:
        job.wait()
    assert caught.value.path == str(path)
