"""The table of errors is complete: the shared vectors, the compiled half and the classes agree."""

from __future__ import annotations

import builtins
import copy
import errno
import inspect
import json
import pickle
from typing import Any

import dropoff
import pytest
from conftest import VECTORS
from dropoff import DropoffError, _errors, _native

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
    "transfer_id": "tr_1",
    "profile_id": "p-1",
    "path": "/tmp/caf\udce9",
    "errno": errno.EACCES,
}


def test_the_compiled_half_knows_the_same_kinds() -> None:
    assert _native._error_kinds() == [(row["kind"], row["code"]) for row in TABLE]


def test_no_class_is_missing_or_too_many() -> None:
    children = {c for _, c in inspect.getmembers(dropoff, inspect.isclass) if issubclass(c, DropoffError)}
    assert children == {DropoffError, dropoff.SourceNotFoundError, *CLASSES}
    assert {c.__name__ for c in children} <= set(dropoff.__all__)
    assert {c.__module__ for c in children} == {"dropoff"}
    assert sorted(dropoff.__all__, key=str.lower) == sorted(set(dropoff.__all__), key=str.lower)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["kind"])
def test_a_row_of_the_table(row: dict[str, Any]) -> None:
    made = _errors.make(row["kind"], "a message", **FACTS)
    cls = getattr(dropoff, row["python"])
    assert type(made) is cls
    assert (cls.kind, cls.code) == (row["kind"], row["code"])
    assert cls.__doc__
    also = tuple(getattr(builtins, name) for name in row["python_also"])
    assert cls.__bases__ == (DropoffError, *also)
    # A service's answer must not look like a local file's trouble.
    if not also:
        assert not issubclass(cls, (OSError, ValueError))


def test_only_a_missing_path_is_a_missing_file() -> None:
    for number, cls in [
        (errno.ENOENT, dropoff.SourceNotFoundError),
        (errno.EACCES, dropoff.SourceUnreadableError),
    ]:
        made = _errors.make("source_unreadable", "m", **FACTS | {"errno": number, "path": "/x"})
        assert type(made) is cls and isinstance(made, OSError)
        assert isinstance(made, FileNotFoundError) == (number == errno.ENOENT)
        assert (made.errno, made.filename) == (number, "/x") and made.strerror
        assert str(made) == "m"


def test_a_kind_of_a_later_version_is_still_caught() -> None:
    made = _errors.make("something_new", "m", **FACTS)
    assert type(made) is DropoffError


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
    made = _errors.make("rate_limited", "wait", **FACTS)
    facts = made.to_dict()
    assert facts == {"kind": "rate_limited", "code": 8, "message": "wait"} | FACTS
    for name, value in facts.items():
        assert getattr(made, name) == value
    json.dumps(facts)
    assert set(facts) == set(DropoffError.__annotations__)
