"""Results travel to other processes; tickets and clients, which hold secrets, do not."""

from __future__ import annotations

import copy
import json
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from dropoff import Encryption, File, KeyPair, Pack, Storage, inspect_profile, open_sealed
from helpers import PROFILE, TERMS, download, user_data
from sources import zipped


def results(sandbox: Sandbox, tmp_path: Path) -> list[Any]:
    h, d = sandbox.hcompany(), sandbox.agentdrop()
    folder = user_data(tmp_path / "profile")
    (folder / "SingletonLock").symlink_to("elsewhere-42")
    packed = h.upload_profile(folder, labels={"team": "qa"}, description="ü", **PROFILE)
    plain = h.get_profile(packed.id)
    unchanged = h.upload_profile(folder, if_changed_from=packed.id, **PROFILE)
    assert unchanged.unchanged and packed.packed and packed.packed.warnings
    seen = inspect_profile(folder)
    sent = d.send([("a", b"1"), ("b", b"")], metadata={"n": [1.5, None, 2**60]}, **TERMS)
    pending = d.presign([("a", b"1")], **TERMS)
    d.upload(pending, [("a", b"1")])
    confirmed = d.confirm(pending.id)
    pair, content = KeyPair.generate(), bytes(range(256)) * 50_000
    sealed = d.send(
        [("a", content)],
        encrypt=Encryption(pair, pair.public_key),
        multipart=True,
        **TERMS,
    )
    plan = d.plan([("a", content)], multipart=True, metadata={"n": [1.5, None]}, **TERMS)
    sandbox.agents({"agent_id": TERMS["sender"], "public_key": pair.public_key})
    small = d.send([("a", b"1")], encrypt=Encryption(pair, pair.public_key), **TERMS)
    [(path, opens)] = download(sandbox, small.id, tmp_path)
    opened = open_sealed(path, to=os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"), key_pair=pair, **opens)
    urls = d.presign([("a", content)], multipart=True, **TERMS).reveal()["files"][0]["part_urls"]
    parts = sandbox.storage().put_parts([part["upload_url"] for part in urls], content)
    assert sealed.files[0].parts == plan.files[0].parts == len(parts.parts) == 2
    return [
        sealed,
        plan,
        plan.files[0],
        opened,
        parts,
        parts.parts[1],
        packed,
        plain,
        packed.upload,
        packed.packed,
        unchanged,
        seen,
        seen.sizes[0],
        seen.largest[0],
        seen.left_out[0],
        seen.cookies,
        sent,
        sent.files[1],
        confirmed,
        d.get_transfer(sent.id),
    ]


def test_results_survive_pickling_and_copying(sandbox: Sandbox, tmp_path: Path) -> None:
    originals = results(sandbox, tmp_path)
    kinds = {"Profile", "StoredObject", "PackReport", "SentTransfer", "SentFile", "Confirmed", "TransferInfo"}
    kinds |= {"TransferPlan", "PlannedFile", "OpenedFile", "StoredParts", "StoredPart"}
    kinds |= {"ProfileInspection", "CategorySize", "FileSize", "LeftOut", "CookieKeys"}
    assert {type(original).__name__ for original in originals} == kinds
    profile = next(o for o in originals if isinstance(o, dropoff.Profile))
    assert profile.verified and profile.upload and profile.packed
    for original in originals:
        twins = [pickle.loads(pickle.dumps(original, p)) for p in range(2, pickle.HIGHEST_PROTOCOL + 1)]
        for twin in (*twins, copy.copy(original), copy.deepcopy(original)):
            assert type(twin) is type(original) and twin == original
            assert repr(twin) == repr(original) and twin.to_dict() == original.to_dict()
        as_json = json.loads(json.dumps(original.to_dict()))
        assert type(original).from_dict(as_json) == original
        stub = {name for name in dir(original) if not name.startswith("_")} - {"from_dict", "to_dict"}
        assert set(original.to_dict()) == stub or isinstance(original, dropoff.TransferInfo)
        assert json.loads(json.dumps(original.to_dict())) == original.to_dict()
        assert repr(original).startswith(f"{type(original).__name__}(") and original != object()


def test_a_pickle_of_another_version_is_refused() -> None:
    wrong: list[Any] = [{}, {"id": "x"}, {"id": "x", "status": 3}, []]
    for fields in wrong:
        with pytest.raises(dropoff.InvalidInputError):
            dropoff.Confirmed._restore(fields)  # type: ignore[attr-defined]
    wrong = [{}, {"path": "x", "bytes": -1}, {"path": None, "bytes": 1}, {"bytes": 1}, [], "path"]
    for fields in wrong:
        with pytest.raises(dropoff.InvalidInputError, match="what was pickled cannot be read"):
            dropoff.OpenedFile._restore(fields)  # type: ignore[attr-defined]
        with pytest.raises(dropoff.InvalidInputError, match="not the fields of a OpenedFile"):
            dropoff.OpenedFile.from_dict(fields)
    plan: dict[str, Any] = {
        "multipart": True,
        "encrypted": True,
        "total_bytes": 1,
        "files": [],
        "request": None,
    }
    assert dropoff.TransferPlan._restore(plan).files == []  # type: ignore[attr-defined]
    report = {"files": 1, "bytes": 1, "archive_bytes": 1, "left_out": 0, "consistency": "clean"}
    report |= {"browser_guessed": False, "unknown": [], "warnings": []}
    assert dropoff.PackReport._restore(report).consistency == "clean"  # type: ignore[attr-defined]
    for change in ({"consistency": "Clean"}, {"consistency": None}, {"unknown": [3]}, {"warnings": "one"}):
        with pytest.raises(dropoff.InvalidInputError, match=next(iter(change))):
            dropoff.PackReport._restore(report | change)  # type: ignore[attr-defined]
    lists: list[Any] = [None, {}, [3], [{"name": "a"}]]
    wrong = [plan | {"files": files} for files in lists]
    for fields in wrong:
        with pytest.raises(dropoff.InvalidInputError, match="files"):
            dropoff.TransferPlan._restore(fields)  # type: ignore[attr-defined]


def test_files_survive_too(tmp_path: Path) -> None:
    files: list[File] = [File("report.pdf"), File(b"x", name="a"), File(tmp_path / "x", content_type="a/b")]
    for original in (*files, File("sealed", encryption_iv="iv")):
        for twin in (pickle.loads(pickle.dumps(original)), copy.copy(original), copy.deepcopy(original)):
            assert repr(twin) == repr(original)
            for name in ("source", "name", "content_type", "encryption_iv"):
                assert getattr(twin, name) == getattr(original, name)


def test_a_choice_of_packing_survives_too() -> None:
    for original in (
        Pack(),
        Pack("full", profile="Profile 2", include=["a"], exclude=["b"]),
        Pack(prefix="p"),
    ):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            twin = pickle.loads(pickle.dumps(original, protocol))
            assert twin == original and hash(twin) == hash(original) and repr(twin) == repr(original)
        assert copy.copy(original) == copy.deepcopy(original) == original


def test_what_holds_secrets_is_not_pickled(sandbox: Sandbox) -> None:
    h, d = sandbox.hcompany(), sandbox.agentdrop()
    tickets = [h.initiate_upload(), d.presign([("a", b"1")], **TERMS)]
    clients = [h, d, sandbox.async_hcompany(), sandbox.async_agentdrop()]
    words = {"ticket": "a ticket holds .*cannot be pickled", "client": "given its key cannot be pickled"}
    proxied = Storage(proxy="http://user:hunter2@127.0.0.1:1")
    kinds = [(t, words["ticket"]) for t in tickets] + [(c, words["client"]) for c in clients]
    for what, words_of_it in [*kinds, (proxied, "proxy has a password cannot be pickled")]:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match=words_of_it) as caught:
                pickle.dumps(what, protocol)
            assert "hunter2" not in str(caught.value)
        with pytest.raises(TypeError, match="or copied"):
            copy.copy(what)


def test_storage_is_pickled_with_its_options(sandbox: Sandbox) -> None:
    [target] = sandbox.agentdrop().presign([("a", b"1")], **TERMS).reveal()["upload_urls"]
    origins = iter([sandbox.storage_url])
    made = Storage(trusted_storage=origins, max_attempts=1)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for twin in (pickle.loads(pickle.dumps(made, protocol)), copy.deepcopy(made)):
            sandbox.fault({"on": "put", "do": {"reply": {"status": 503}}})
            with pytest.raises(dropoff.UnavailableError):
                twin.put(target["upload_url"], b"1", headers=target["headers"])
            assert twin.put(target["upload_url"], b"1", headers=target["headers"]).attempts == 1
    twin = pickle.loads(pickle.dumps(sandbox.async_storage()))
    assert type(twin) is dropoff.AsyncStorage


def test_a_client_whose_key_is_in_the_environment_is_made_anew(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTDROP_API_KEY", sandbox.agentdrop_api_key)
    monkeypatch.setenv("HAI_API_KEY", sandbox.h_api_key)
    options = sandbox.options()
    d = dropoff.AgentDrop(base_url=sandbox.api_url, **options)
    h = dropoff.HCompany(base_url=sandbox.api_url, region="us", **options)
    a = dropoff.AsyncAgentDrop(base_url=sandbox.api_url, **options)
    pickles = [pickle.dumps(client) for client in (d, h, a)]
    assert not any(key.encode() in pickles[0] for key in (sandbox.agentdrop_api_key, sandbox.h_api_key))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(d.send, [("a", b"1")], **TERMS).result().status == "active"
    assert repr(pickle.loads(pickles[1])) == repr(h) and repr(pickle.loads(pickles[2])) == repr(a)
    monkeypatch.delenv("AGENTDROP_API_KEY")
    with pytest.raises(dropoff.AuthenticationError):
        pickle.loads(pickles[0])


def test_a_result_is_made_of_a_dict(sandbox: Sandbox) -> None:
    assert dropoff.Confirmed.from_dict({"id": "tr_1", "status": "active"}).status == "active"
    for wrong, words in (({"id": "x"}, "status"), ({"id": 3, "status": "a"}, "id")):
        with pytest.raises(dropoff.InvalidInputError, match=f"no.*fields of a Confirmed .{words}"):
            dropoff.Confirmed.from_dict(wrong)
    with pytest.raises(dropoff.InvalidInputError, match="mapping"):
        dropoff.Confirmed.from_dict([])  # type: ignore[arg-type]


def test_a_dict_of_a_result_is_plain(sandbox: Sandbox) -> None:
    profile = sandbox.hcompany().upload_profile(zipped(10), **PROFILE)
    assert json.loads(json.dumps(profile.to_dict())) == profile.to_dict()


def test_results_are_frozen_equal_and_plain(sandbox: Sandbox) -> None:
    d = sandbox.agentdrop()
    sent: dropoff.SentTransfer = d.send([("a", b"1")], **TERMS)
    assert repr(sent).startswith(f"SentTransfer(id='{sent.id}', status='active'")
    assert json.loads(json.dumps(sent.to_dict()))["files"][0]["name"] == "a"
    with pytest.raises(AttributeError):
        sent.status = "x"  # type: ignore[misc]
    assert sent.files == sent.files and sent != sent.files[0]
