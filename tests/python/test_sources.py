"""What can be sent: paths, bytes, files, and lists of them."""

from __future__ import annotations

import array
import hashlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Sandbox
from dropoff import (
    File,
    InvalidInputError,
)
from helpers import (
    PROFILE,
    TERMS,
    BytesPath,
    digest,
    stored,
    until,
)
from sources import pattern


def test_a_url_is_no_path_and_is_not_printed(sandbox: Sandbox) -> None:
    url = "https://storage.example/k?X-Amz-Signature=canary"
    for source in (url, File(url), ("a", url)):
        with pytest.raises(InvalidInputError, match="not a URL") as raised:
            sandbox.agentdrop().send([source], **TERMS)
        assert "canary" not in f"{raised.value!r} {raised.value.to_dict()} {File(url)!r}"


def test_a_relative_path_is_of_the_moment_of_the_call(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "report").write_bytes(folder.encode())
    monkeypatch.chdir(tmp_path / "a")
    sandbox.fault({"on": "presign", "do": {"hold": True}})
    job = sandbox.agentdrop().start_send(["report"], **TERMS)
    monkeypatch.chdir(tmp_path / "b")
    sandbox.clear_faults()
    assert job.wait().files[0].md5 == hashlib.md5(b"a").hexdigest()


def test_sources_of_every_kind(sandbox: Sandbox, tmp_path: Path) -> None:
    contents = [pattern(100 + n) for n in range(12)]
    path = tmp_path / "p.bin"
    path.write_bytes(contents[0])
    (tmp_path / "s.bin").write_bytes(contents[1])
    (tmp_path / "b.bin").write_bytes(contents[2])
    home = Path(os.environ["HOME"])
    (home / "h.bin").write_bytes(contents[3])
    (tmp_path / "f.bin").write_bytes(contents[8])
    numbers = array.array("I", range(30))
    with (
        open(tmp_path / "f.bin", "rb") as opened,
        open(tmp_path / "f.bin", "rb", buffering=0) as unbuffered,
        tempfile.NamedTemporaryFile() as temporary,
    ):
        temporary.write(b"skipped" + contents[9])
        temporary.seek(len("skipped"))
        sent = sandbox.agentdrop().send(
            [
                path,
                str(tmp_path / "s.bin"),
                BytesPath(os.fsencode(tmp_path / "b.bin")),
                "~/h.bin",
                ("bytes", contents[4]),
                ("bytearray", bytearray(contents[5])),
                ("memoryview", memoryview(contents[6])[::-1]),
                ("bytesio", io.BytesIO(contents[7])),
                File(opened, name="opened"),
                File(temporary, name="temporary"),
                ("numbers", numbers),
                ("raw", unbuffered),
            ],
            **TERMS,
        )
    contents[6] = contents[6][::-1]
    contents[10] = numbers.tobytes()
    contents[11] = contents[8]
    assert [f.bytes for f in sent.files] == [len(c) for c in contents]
    assert {digest(c) for c in contents} == stored(sandbox)
    assert all(f.verified for f in sent.files)


def test_a_file_name_that_is_not_utf8(sandbox: Sandbox, tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.bin"
    Path(os.fsdecode(raw)).write_bytes(b"odd")
    for path in (os.fsdecode(raw), Path(os.fsdecode(raw)), BytesPath(raw)):
        sandbox.agentdrop().send([("cafe.bin", path)], **TERMS)
    assert stored(sandbox) == {digest(b"odd")}
    with pytest.raises(FileNotFoundError) as caught:
        sandbox.agentdrop().send([("x", os.fsdecode(raw + b"?"))], **TERMS)
    assert (
        caught.value.filename == os.fsdecode(raw + b"?") and os.fsencode(caught.value.filename) == raw + b"?"
    )


def test_a_file_may_be_sent_twice(sandbox: Sandbox) -> None:
    file = File(b"again", name="a.txt", content_type="text/plain")
    assert (file.source, file.name, file.content_type) == (b"again", "a.txt", "text/plain")
    assert repr(file) == 'File(<bytes>, name="a.txt", content_type="text/plain")'
    ticket = sandbox.agentdrop().presign([file], **TERMS)
    assert sandbox.agentdrop().upload(ticket, [file])[0].verified


def test_bytes_are_shared_and_let_go(sandbox: Sandbox) -> None:
    content = os.urandom(1_000_000)
    before = sys.getrefcount(content)
    job = sandbox.agentdrop().start_send([("a", content)], **TERMS)
    job.wait()
    del job
    until(lambda: sys.getrefcount(content) == before)


@pytest.mark.parametrize("source", [None, 3, object(), {"x": b"x"}, ["x"], [b"x"], ("a", b"x")])
def test_what_is_no_source(sandbox: Sandbox, source: Any) -> None:
    with pytest.raises(InvalidInputError, match="a source is a path"):
        sandbox.hcompany().upload_profile(source, **PROFILE)
    assert not sandbox.requests()


@pytest.mark.parametrize(
    "files", ["report.pdf", b"x", Path("x"), File(b"x", name="x"), {"x": b"x"}, io.BytesIO(b"x"), None, 3]
)
def test_what_is_no_list_of_files(sandbox: Sandbox, files: Any) -> None:
    with pytest.raises(InvalidInputError, match="files must be a list") as caught:
        sandbox.agentdrop().send(files, **TERMS)
    assert isinstance(caught.value, ValueError)


def test_any_iterable_of_files_will_do(sandbox: Sandbox) -> None:
    sent = sandbox.agentdrop().send(((str(n), bytes(n)) for n in range(3)), **TERMS)
    assert [f.bytes for f in sent.files] == [0, 1, 2]
    with pytest.raises(InvalidInputError, match="pair"):
        sandbox.agentdrop().send([("a", b"x", "text/plain")], **TERMS)  # type: ignore[list-item]
