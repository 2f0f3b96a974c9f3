"""Results travel to other processes; tickets and clients, which hold secrets, do not."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import File
from helpers import PROFILE, TERMS
from sources import zipped


def folder(at: Path) -> Path:
    (at / "profile").mkdir()
    (at / "profile" / "Local State").write_text("{}")
    return at / "profile"


def results(sandbox: Sandbox, tmp_path: Path) -> list[Any]:
    h, d = sandbox.hcompany(), sandbox.agentdrop()
    packed = h.upload_profile(folder(tmp_path), labels={"team": "qa"}, description="ü", **PROFILE)
    plain = h.get_profile(packed.id)
    sent = d.send([("a", b"1"), ("b", b"")], metadata={"n": [1.5, None, 2**60]}, **TERMS)
    pending = d.presign([("a", b"1")], **TERMS)
    d.upload(pending, [("a", b"1")])
    confirmed = d.confirm(pending.id)
    return [
        packed,
        plain,
        packed.upload,
        packed.packed,
        sent,
        sent.files[1],
        confirmed,
        d.get_transfer(sent.id),
    ]


def test_results_survive_pickling_and_copying(sandbox: Sandbox, tmp_path: Path) -> None:
    originals = results(sandbox, tmp_path)
    kinds = {"Profile", "StoredObject", "PackReport", "SentTransfer", "SentFile", "Confirmed", "TransferInfo"}
    assert {type(original).__name__ for original in originals} == kinds
    assert originals[0].verified and originals[0].upload and originals[0].packed
    for original in originals:
        twins = [pickle.loads(pickle.dumps(original, p)) for p in range(2, pickle.HIGHEST_PROTOCOL + 1)]
        for twin in (*twins, copy.copy(original), copy.deepcopy(original)):
            assert type(twin) is type(original) and twin == original
            assert repr(twin) == repr(original) and twin.to_dict() == original.to_dict()


def test_a_pickle_of_another_version_is_refused() -> None:
    wrong: list[Any] = [{}, {"id": "x"}, {"id": "x", "status": 3}, []]
    for fields in wrong:
        with pytest.raises(dropoff.InvalidInputError):
            dropoff.Confirmed._restore(fields)  # type: ignore[attr-defined]


def test_files_survive_too(tmp_path: Path) -> None:
    for original in (File("report.pdf"), File(b"x", name="a"), File(tmp_path / "x", content_type="a/b")):
        for twin in (pickle.loads(pickle.dumps(original)), copy.copy(original), copy.deepcopy(original)):
            assert repr(twin) == repr(original)
            assert (twin.source, twin.name, twin.content_type) == (
                original.source,
                original.name,
                original.content_type,
            )


def test_what_holds_secrets_is_not_pickled(sandbox: Sandbox) -> None:
    h, d = sandbox.hcompany(), sandbox.agentdrop()
    tickets = [h.initiate_upload(), d.presign([("a", b"1")], **TERMS)]
    clients = [h, d, sandbox.async_hcompany(), sandbox.async_agentdrop()]
    for what, kind in [(t, "ticket") for t in tickets] + [(c, "client") for c in clients]:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match=f"a {kind} holds .*cannot be pickled"):
                pickle.dumps(what, protocol)
        with pytest.raises(TypeError, match="or copied"):
            copy.copy(what)
    for storage in (sandbox.storage(), sandbox.async_storage()):
        with pytest.raises(TypeError, match="cannot pickle"):
            copy.copy(storage)


def test_a_dict_of_a_result_is_plain(sandbox: Sandbox) -> None:
    profile = sandbox.hcompany().upload_profile(zipped(10), **PROFILE)
    assert json.loads(json.dumps(profile.to_dict())) == profile.to_dict()
