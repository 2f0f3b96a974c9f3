"""Browser profiles from Python: choosing what is packed, looking before, and stopping in the middle."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import (
    BrowserRunningError,
    CancelledError,
    InvalidInputError,
    Pack,
    ProfileInspection,
    Progress,
    SourceNotFoundError,
    async_inspect_profile,
    inspect_profile,
    start_inspect_profile,
)
from helpers import PROFILE, BytesPath, Enough, child, soon, until, user_data
from profiles import Browser
from sources import zipped


@pytest.fixture
def folder(sandbox: Sandbox, tmp_path: Path) -> Path:
    """What a browser left, where the home folder is the test's own."""
    return user_data(tmp_path / "chromium")


@pytest.fixture
def running(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The same while a browser is using it."""
    browser = Browser(tmp_path)
    (folder / "SingletonLock").symlink_to(browser.lock)
    yield folder
    browser.end()


def archived(sandbox: Sandbox) -> list[set[str]]:
    """The names in each archive that storage has."""
    archives = [zipfile.ZipFile(io.BytesIO(sandbox.content(o["key"]))) for o in sandbox.objects()]
    return [set(archive.namelist()) for archive in archives]


# -- a choice


def test_a_choice_is_a_value() -> None:
    plain, chosen = (
        Pack(),
        Pack("minimal", profile="P", include=["i"], exclude=("e", "f"), if_running="force"),
    )
    assert (plain.level, plain.profile, plain.include, plain.exclude) == ("default", None, (), ())
    assert (plain.if_running, plain.prefix, repr(plain)) == ("error", "", "Pack()")
    assert (chosen.level, chosen.profile, chosen.include, chosen.exclude) == (
        "minimal",
        "P",
        ("i",),
        ("e", "f"),
    )
    assert (
        repr(chosen)
        == "Pack(level='minimal', profile='P', include=('i',), exclude=('e', 'f'), if_running='force')"
    )
    assert repr(Pack(prefix="it's")) == 'Pack(prefix="it\'s")'
    assert eval(repr(chosen), {"Pack": Pack}) == chosen
    assert Pack(include=(glob for glob in "ab")) == Pack(include=["a", "b"]) != Pack(exclude=["a", "b"])
    assert plain == Pack(profile=None) != chosen and len({plain, Pack(), chosen}) == 2
    with pytest.raises(AttributeError):
        plain.level = "full"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["level", "profile", "if_running", "prefix"])
def test_a_text_of_a_choice_that_is_none(name: str) -> None:
    wrong: list[Any] = [3, b"full", ["full"], {}]
    for value in wrong:
        with pytest.raises(InvalidInputError, match=f"^{name} must be text \\(str\\), not "):
            Pack(**{name: value})
    with pytest.raises(InvalidInputError, match=f"^{name} holds characters that UTF-8 cannot hold"):
        Pack(**{name: "half of \ud83d"})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["include", "exclude"])
def test_globs_that_are_none(name: str) -> None:
    wrong: list[Any] = ["Default/Cache", b"x", 3, {"a": "b"}, None]
    for value in wrong:
        with pytest.raises(InvalidInputError, match=f"^{name} must be a list of globs, not .* in brackets"):
            Pack(**{name: value})
    with pytest.raises(InvalidInputError, match=f"^{name}\\[1\\] must be text"):
        Pack(**{name: ["a", Path("b")]})  # type: ignore[arg-type]


def test_what_a_choice_may_be() -> None:
    with pytest.raises(InvalidInputError, match='^level must be "default", "minimal" or "full", not "all"'):
        Pack("all")  # type: ignore[arg-type]
    with pytest.raises(
        InvalidInputError, match='^if_running must be "error", "snapshot" or "force", not "kill"'
    ):
        Pack(if_running="kill")  # type: ignore[arg-type]


def test_a_choice_that_is_none(sandbox: Sandbox, folder: Path) -> None:
    h, ticket = sandbox.hcompany(), sandbox.hcompany().initiate_upload()
    wrong: list[Any] = [{"level": "full"}, "full", PROFILE]
    calls: list[Callable[[Any], object]] = [
        lambda pack: h.upload_profile(folder, pack=pack, **PROFILE),
        lambda pack: h.start_upload_profile(folder, pack=pack, **PROFILE),
        lambda pack: h.upload(ticket, folder, pack=pack),
        lambda pack: inspect_profile(folder, pack=pack),
        lambda pack: asyncio.run(async_inspect_profile(folder, pack=pack)),
    ]
    for value in wrong:
        for call in calls:
            with pytest.raises(
                InvalidInputError, match=r'^pack must be a Pack, such as Pack\(level="minimal"\),'
            ):
                call(value)
    for id in (3, b"id", folder):
        with pytest.raises(InvalidInputError, match="^if_changed_from must be text"):
            h.upload_profile(folder, if_changed_from=id, **PROFILE)  # type: ignore[arg-type]
    assert [entry["op"] for entry in sandbox.requests()] == ["initiate_upload"]


@pytest.mark.parametrize(
    ("pack", "due"),
    [
        (Pack(include=["a["]), '^include "a\\[" is no glob'),
        (Pack(exclude=["/etc"]), "^exclude is a glob on the path inside the folder"),
        (Pack(prefix="../up"), "^prefix must be a plain folder"),
    ],
    ids=["include", "exclude", "prefix"],
)
def test_a_choice_that_cannot_be_is_refused_before_a_job_starts(
    sandbox: Sandbox, folder: Path, pack: Pack, due: str
) -> None:
    h, ticket = sandbox.hcompany(), sandbox.hcompany().initiate_upload()
    calls: list[Callable[[], object]] = [
        lambda: h.start_upload_profile(folder, pack=pack, **PROFILE),
        lambda: h.start_upload(ticket, folder, pack=pack),
        lambda: start_inspect_profile(folder, pack=pack),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError, match=due):
            call()
    assert not sandbox.requests("post_form")


# -- what is packed


def test_what_is_chosen_is_packed(sandbox: Sandbox, folder: Path) -> None:
    (folder / "Default" / "History").write_bytes(b"x")
    (folder / "Default" / "Code Cache").mkdir()
    (folder / "Default" / "Code Cache" / "js").write_bytes(b"x")
    (folder / "Profile 2").mkdir()
    (folder / "Profile 2" / "Preferences").write_text("{}")
    pack = Pack(
        "minimal",
        profile="Default",
        include=["Default/Code Cache"],
        exclude=["Last Version"],
        prefix="user-data",
    )
    kept = {"user-data/Local State", "user-data/Default/Preferences", "user-data/Default/Cookies"}
    kept.add("user-data/Default/Code Cache/js")
    h, a = sandbox.hcompany(), sandbox.async_hcompany()
    profile = h.upload_profile(folder, pack=pack, **PROFILE)
    assert profile.packed and (profile.packed.files, profile.packed.consistency) == (4, "clean")
    assert profile.packed.archive_bytes == profile.file_size_bytes
    assert f"archive_bytes={profile.file_size_bytes}, left_out=" in repr(profile.packed)
    assert "consistency='clean', browser_guessed=False, unknown=[], warnings=[]" in repr(profile.packed)
    h.upload(h.initiate_upload(), folder, pack=pack)
    asyncio.run(a.upload_profile(folder, pack=pack, **PROFILE), debug=True)
    assert archived(sandbox) == [kept] * 3
    sandbox.reset()
    h.upload_profile(folder, **PROFILE)
    [everything] = archived(sandbox)
    assert "Default/History" in everything and "Profile 2/Preferences" in everything


def test_the_browser_may_be_left_out(sandbox: Sandbox, folder: Path) -> None:
    profile = sandbox.hcompany().upload_profile(folder, name="n")
    assert (profile.browser_name, profile.browser_version) == ("chromium", "131.0.6778.85")
    assert profile.packed and profile.packed.browser_guessed
    with pytest.raises(InvalidInputError, match="^browser_name is missing"):
        sandbox.hcompany().upload_profile(zipped(10), name="n")


def test_what_did_not_change_is_not_sent(sandbox: Sandbox, folder: Path) -> None:
    h, a = sandbox.hcompany(), sandbox.async_hcompany()
    first = h.upload_profile(folder, **PROFILE)
    assert not first.unchanged and first.upload
    sandbox.forget_requests()
    calls: list[Callable[[], dropoff.Profile]] = [
        lambda: h.upload_profile(folder, if_changed_from=first.id, **PROFILE),
        lambda: h.start_upload_profile(folder, if_changed_from=first.id, **PROFILE).wait(),
        lambda: asyncio.run(a.upload_profile(folder, if_changed_from=first.id, **PROFILE), debug=True),
    ]
    for call in calls:
        again = call()
        assert again.unchanged and again.verified and again.upload is None and again.id == first.id
        assert again.packed == first.packed and "verified=True, unchanged=True" in repr(again)
    assert {entry["op"] for entry in sandbox.requests()} == {"get_profile"}
    (folder / "Default" / "Preferences").write_text('{"a": 1}')
    changed = h.upload_profile(folder, if_changed_from=first.id, **PROFILE)
    assert not changed.unchanged and changed.verified and changed.id != first.id


def test_a_browser_that_is_running(sandbox: Sandbox, running: Path) -> None:
    h = sandbox.hcompany()
    with pytest.raises(BrowserRunningError) as caught:
        h.upload_profile(running, **PROFILE)
    assert caught.value.path == str(running) and not isinstance(caught.value, OSError)
    for if_running, consistency in (("snapshot", "snapshot"), ("force", "forced")):
        packed = h.upload_profile(running, pack=Pack(if_running=if_running), **PROFILE).packed  # type: ignore[arg-type]
        assert packed and packed.consistency == consistency and "is using" in packed.warnings[0]
    assert inspect_profile(running).lock == "live"


def test_warnings_are_logged_too(sandbox: Sandbox, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "SingletonLock").symlink_to("elsewhere-42")
    (folder / "Default" / "Cookies").unlink()
    packed = sandbox.hcompany().upload_profile(folder, **PROFILE).packed
    assert packed and len(packed.warnings) == 2
    told = [r.getMessage() for r in caplog.records if r.name == "dropoff" and r.levelno == logging.WARNING]
    for warning in packed.warnings:
        assert sum(warning in record for record in told) == 1, told


# -- looking


def as_job(*args: Any, **kwargs: Any) -> ProfileInspection:
    return start_inspect_profile(*args, **kwargs).wait()


def in_loop(*args: Any, **kwargs: Any) -> ProfileInspection:
    return asyncio.run(async_inspect_profile(*args, **kwargs), debug=True)


def stamps(folder: Path) -> dict[Path, tuple[int, ...]]:
    """What writing to anything in it would change."""
    looked_at = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {path: (s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for path, s in looked_at.items()}


FORMS = pytest.mark.parametrize("look", [inspect_profile, as_job, in_loop])


@FORMS
def test_a_folder_is_looked_at(
    sandbox: Sandbox, folder: Path, look: Callable[..., ProfileInspection]
) -> None:
    odd = os.fsencode(folder.parent) + b"/caf\xe9"
    os.symlink(folder, odd)
    (Path.home() / "browser").symlink_to(folder)
    before = stamps(folder)
    places: list[Any] = [folder, str(folder), BytesPath(odd), os.fsdecode(odd), "~/browser"]
    for place in places:
        seen = look(place)
        assert (seen.family, seen.product, seen.browser_name) == ("chrome", "Chromium", "chromium")
        assert (seen.browser_version, seen.profiles) == ("131.0.6778.85", ["Default"])
        assert (seen.files, seen.unknown, seen.warnings) == (4, [], [])
        assert (seen.lock, seen.lock_process, seen.verdict) == ("none", None, "likely")
        assert (seen.cookies.system, seen.cookies.key_versions) == ("linux", ["v10"])
        [login] = [size for size in seen.sizes if size.category == "login"]
        assert login.packed and login.files == 1 and login.bytes == seen.largest[0].bytes
        assert seen.largest[0].path == "Default/Cookies"
    assert stamps(folder) == before
    assert not sandbox.requests()


@FORMS
def test_it_is_looked_at_as_it_would_be_packed(folder: Path, look: Callable[..., ProfileInspection]) -> None:
    (folder / "Default" / "History").write_bytes(b"xyz")
    assert look(folder).files == 5
    seen = look(folder, pack=Pack("minimal"))
    assert seen.files == 4
    [left] = seen.left_out
    assert (left.path, left.category, left.files, left.bytes) == ("Default/History", "history", 1, 3)
    assert left.reason and repr(left).startswith(
        "LeftOut(path='Default/History', category='history', reason='"
    )
    assert left.to_dict()["category"] == "history"


@FORMS
def test_what_cannot_be_looked_at(
    sandbox: Sandbox, folder: Path, tmp_path: Path, look: Callable[..., ProfileInspection]
) -> None:
    (tmp_path / "thesis").mkdir()
    calls: list[tuple[type[dropoff.DropoffError], str, Any]] = [
        (SourceNotFoundError, "check the path", tmp_path / "nowhere"),
        (InvalidInputError, "is a file", folder / "Local State"),
        (InvalidInputError, "not a browser's user-data folder", tmp_path / "thesis"),
        (InvalidInputError, "^path must be a path \\(str or os.PathLike\\), not bytes$", b"bytes"),
        (InvalidInputError, "^path must be a path .*, not _io.BytesIO$", io.BytesIO(b"")),
        (InvalidInputError, "^path must be a path .*, not NoneType$", None),
    ]
    for kind, due, place in calls:
        with pytest.raises(kind, match=due):
            look(place)
    with pytest.raises(InvalidInputError, match='has no profile "Work"; it has "Default"'):
        look(folder, pack=Pack(profile="Work"))
    with pytest.raises(TypeError):
        look(folder, Pack())
    with pytest.raises(TypeError):
        look()


# -- on the way


def test_the_phases_come_in_order_with_their_bytes(sandbox: Sandbox, folder: Path) -> None:
    for number in range(1500):
        (folder / "Default" / f"{number}.txt").write_bytes(b"")
    (folder / "Default" / "noise").write_bytes(os.urandom(30_000_000))
    requests = {"requesting": "initiate_upload", "sending": "post_form", "completing": "complete_upload"}
    sandbox.fault(*({"on": operation, "do": {"hold": True}} for operation in requests.values()))
    seen: list[Progress] = []
    with sandbox.hcompany().start_upload_profile(folder, **PROFILE) as job:
        while not job.done():
            seen.append(job.progress())
            if operation := requests.pop(seen[-1].phase, None):
                sandbox.clear_faults(operation)
            time.sleep(0.001)
    seen.append(job.progress())
    order = ["preparing", "inspecting", "packing", "requesting", "sending", "completing", "done"]
    phases = [at for at, _ in enumerate(seen) if at == 0 or seen[at].phase != seen[at - 1].phase]
    told = [seen[at].phase for at in phases]
    # A busy machine may not have looked before there was something to pack; the others are held.
    assert told in (order, order[1:], order[2:]), told
    profile = job.wait()
    assert profile.packed
    # Between its end and the next phase the numbers are those of the archive already.
    packing = [p for p in seen if p.phase == "packing" and p.bytes_total == profile.packed.bytes]
    counted = [p.bytes_done for p in packing]
    assert counted == sorted(counted) and 0 < counted[-1] <= profile.packed.bytes
    assert packing[-1].bytes_per_second > 0
    sending = [p for p in seen if p.phase == "sending"]
    assert {p.bytes_total for p in sending} == {profile.file_size_bytes}
    assert (seen[-1].bytes_done, seen[-1].files_done) == (profile.file_size_bytes, 1)


@pytest.fixture
def endless(folder: Path) -> Path:
    """One that is packed for many seconds, of which the disk holds next to nothing."""
    with open(folder / "Default" / "noise", "wb") as file:
        file.truncate(2**37)
    return folder


# In this process and in others: threads that pack, and files without a name.
LEFT = """
import os

def left(spool):
    files = []
    for entry in os.listdir("/proc/self/fd"):
        try:
            files.append(os.readlink(f"/proc/self/fd/{entry}"))
        except OSError:  # that of the listing itself
            pass
    tasks = []
    for entry in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{entry}/comm") as name:
                tasks.append(name.read().strip())
        except OSError:  # it just ended
            pass
    of_packing = [file for file in files if file.startswith(spool)] + os.listdir(spool)
    return of_packing + [task for task in tasks if task == "dropoff-pack"]
"""


@pytest.fixture
def left(tmp_path: Path) -> Callable[[], list[str]]:
    (tmp_path / "spool").mkdir()
    names: dict[str, Any] = {}
    exec(LEFT, names)
    return lambda: names["left"](str(tmp_path / "spool"))


def test_ctrl_c_while_packing_leaves_nothing(sandbox: Sandbox, endless: Path, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    body = f"""
{LEFT}
def tell(progress):
    if progress.phase == "packing" and progress.bytes_done:
        print(json.dumps(left({str(spool)!r})), flush=True)

h = HCompany({sandbox.h_api_key!r}, base_url={sandbox.api_url!r}, spool_dir={str(spool)!r}, **options)
try:
    h.upload_profile({str(endless)!r}, name="n", on_progress=tell)
except KeyboardInterrupt as interrupt:
    until(lambda: not left({str(spool)!r}))
    why = interrupt.__context__
    print(json.dumps([why.kind, why.outcome, why.profile_id]))
"""
    with child(sandbox, body) as process:
        assert process.stdout
        busy = json.loads(process.stdout.readline())
        assert "dropoff-pack" in busy and any("spool/" in file for file in busy), (
            "what is looked for is there"
        )
        with soon():
            process.send_signal(signal.SIGINT)
            out, err = process.ended()
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1]) == ["cancelled", "not_completed", None]
    assert not sandbox.requests()


def stop(progress: Progress) -> None:
    if progress.phase == "packing" and progress.bytes_done:
        raise Enough


@pytest.mark.parametrize("if_running", ["error", "snapshot"])
def test_a_callback_that_raises_while_packing(
    sandbox: Sandbox, endless: Path, tmp_path: Path, left: Callable[[], list[str]], if_running: Any
) -> None:
    h = sandbox.hcompany(spool_dir=tmp_path / "spool")
    with pytest.raises(Enough) as caught, soon():
        h.upload_profile(endless, pack=Pack(if_running=if_running), on_progress=stop, **PROFILE)
    assert isinstance(caught.value.__context__, CancelledError)
    until(lambda: not left())
    assert not sandbox.requests()


def test_a_task_cancelled_while_packing(
    sandbox: Sandbox, endless: Path, tmp_path: Path, left: Callable[[], list[str]]
) -> None:
    async def body() -> None:
        h = sandbox.async_hcompany(spool_dir=tmp_path / "spool")
        packing = asyncio.Event()

        def tell(progress: Progress) -> None:
            if progress.phase == "packing" and progress.bytes_done:
                packing.set()

        task = asyncio.create_task(h.upload_profile(endless, on_progress=tell, **PROFILE))
        async with asyncio.timeout(HANGS):
            await packing.wait()
        assert left(), "what is looked for is there"
        task.cancel()
        with soon(), pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert isinstance(caught.value.__context__, CancelledError)

    asyncio.run(body(), debug=True)
    until(lambda: not left())
    assert not sandbox.requests()


def test_a_timeout_while_packing(
    sandbox: Sandbox, endless: Path, tmp_path: Path, left: Callable[[], list[str]]
) -> None:
    h = sandbox.hcompany(spool_dir=tmp_path / "spool")
    with pytest.raises(dropoff.TransferTimeoutError), soon():
        h.upload_profile(endless, timeout=0.5, **PROFILE)
    until(lambda: not left())
    assert not sandbox.requests()


def test_python_runs_on_while_a_folder_is_packed(sandbox: Sandbox, endless: Path) -> None:
    job = sandbox.hcompany().start_upload_profile(endless, **PROFILE)
    failures: list[CancelledError] = []

    def wait() -> None:
        try:
            job.wait()
        except CancelledError as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    # Packing ends only if this thread gets on.
    until(lambda: job.progress().phase == "packing" and job.progress().bytes_done > 0)
    job.cancel()
    thread.join()
    assert len(failures) == 1
