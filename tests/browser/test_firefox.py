"""A Firefox's folder, closed or not: it goes up, comes down, and is still logged in."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import firefox
import pytest
from browser import until, version
from conftest import TOKEN
from firefox import Firefox
from languages import Language
from logins import assert_logged_in, assert_whole, cookies, log_in, read_back, stamps, unpack, visiting
from website import Website

# Everywhere that a page of Firefox can keep something.
EVERYWHERE = "cookie,session,local,database,file,cache,worker"
# What differs between languages is shown with Chromium.
PYTHON = pytest.mark.parametrize("language", ["python"], indirect=True)


@pytest.fixture(scope="module")
def closed(website: Website, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a Firefox that was closed."""
    folder = firefox.new_profile(tmp_path_factory.mktemp("closed") / "firefox")
    log_in(website, folder, TOKEN, start=Firefox, what=EVERYWHERE)
    return folder


@PYTHON
@pytest.mark.parametrize("level", ["default", "minimal", "full"])
def test_an_uploaded_profile_is_logged_in(
    language: Language, website: Website, closed: Path, tmp_path: Path, level: str
) -> None:
    before = stamps(closed)
    profile = language.upload(closed, level=level).done()
    stored = language.stored()
    assert stamps(closed) == before, "the user's folder was written to"
    assert profile["verified"] is True
    assert profile["checksum"] == hashlib.sha256(stored).hexdigest()
    # Nobody named the browser: the folder tells. Debian's version has "esr" at its end, the folder's not.
    assert profile["browser_name"] == "firefox"
    assert f"{profile['browser_version']}esr" == version(firefox.PROGRAM)
    unpack(stored, tmp_path / "copy")
    assert profile["packed"]["consistency"] == "clean"
    report = read_back(website, tmp_path / "copy", start=Firefox)
    assert_logged_in(report, TOKEN)
    # Firefox keeps a site's caches and workers among the rest of what the site stores.
    assert (report["cache"], report["worker"]) == (TOKEN, TOKEN)
    # Ends with the browser, here as at home.
    assert "brief" not in cookies(report)


@PYTHON
def test_minimal_leaves_history_and_saved_passwords_here(
    language: Language, closed: Path, tmp_path: Path
) -> None:
    private = {"places.sqlite", "favicons.sqlite", "formhistory.sqlite", "logins.json", "bookmarkbackups/"}
    folder = shutil.copytree(closed, tmp_path / "firefox", symlinks=True)
    for name in private:
        if name.endswith("/"):
            (folder / name).mkdir(exist_ok=True)
        else:
            (folder / name).touch()
    for level, expected in (("default", private), ("minimal", set())):
        language.sandbox.reset()
        language.upload(folder, level=level).done()
        names = unpack(language.stored(), tmp_path / level)
        assert private & set(names) == expected, level


def test_a_closed_profile_will_log_in(language: Language, closed: Path) -> None:
    seen = language.inspect(closed).done()
    assert (seen["family"], seen["browser_name"], seen["product"]) == ("firefox", "firefox", "Firefox")
    assert f"{seen['browser_version']}esr" == version(firefox.PROGRAM)
    # It ends before it takes its symlink away, however it is closed (toolkit.shutdown.fastShutdownStage).
    assert seen["lock"] in ("none", "stale")
    assert seen["verdict"] == "likely", seen["advice"]


@pytest.fixture(scope="module")
def running(website: Website, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that is logged in and never stops writing."""
    folder = firefox.new_profile(tmp_path_factory.mktemp("running") / "firefox")
    with visiting(website, folder, "store", start=Firefox, token=TOKEN, restless=1) as (browser, visit, _):
        running = Running(browser, folder, website, visit)
        until(running.is_on_disk, "the login in the files", within=60)
        yield running


class Running:
    def __init__(self, browser: Firefox, folder: Path, website: Website, visit: str) -> None:
        self.browser, self.folder = browser, folder
        self.written = lambda: website.written(visit)

    def is_on_disk(self) -> bool:
        """Cookies are written at once, local storage 5 s late (dom/localstorage/ActorsParent.cpp)."""
        found = [file.read_bytes() for file in self.folder.glob("storage/default/*/ls/data.sqlite")]
        return any(TOKEN.encode() in content for content in found)

    def goes_on(self) -> None:
        """It took no harm."""
        now = self.written()
        until(lambda: self.written() > now + 1, "the page writes on", within=30)


@PYTHON
def test_a_running_one_is_refused_with_the_process_named(language: Language, running: Running) -> None:
    error = language.upload(running.folder).failed()
    assert (error["kind"], error["outcome"], error["side"]) == ("browser_running", "not_completed", "caller")
    assert "Firefox" in error["message"], error["message"]
    assert f"process {running.browser.pid}" in error["message"], error["message"]
    assert language.sandbox.requests() == [], "the service was asked"
    seen = language.inspect(running.folder).done()
    assert (seen["lock"], seen["lock_process"]) == ("live", running.browser.pid)
    running.goes_on()


@PYTHON
def test_a_snapshot_holds_one_moment(
    language: Language, website: Website, running: Running, tmp_path: Path
) -> None:
    before = running.written()
    profile = language.upload(running.folder, if_running="snapshot").done()
    after = running.written()
    assert profile["packed"]["consistency"] == "snapshot"
    unpack(language.stored(), tmp_path / "databases")
    assert_whole(tmp_path / "databases", "cookies.sqlite")
    unpack(language.stored(), tmp_path / "copy")
    running.goes_on()
    report = read_back(website, tmp_path / "copy", start=Firefox)
    assert_logged_in(report, TOKEN)
    # See test_running.py.
    assert report["left"] == report["right"], report
    assert before <= report["left"] <= after + 1, (before, report["left"], after)
    # What a record names is a file beside the database, and another one each time.
    found = set(report["numbers"].split(","))
    assert found == {str(report["left"]), ""}, f"at {report['left']}: {found}"


@PYTHON
def test_nothing_is_written_beside_a_running_browser(language: Language, running: Running) -> None:
    # Frozen, the browser itself changes nothing.
    with running.browser.frozen():
        before = stamps(running.folder)
        language.upload(running.folder).failed()
        language.upload(running.folder, if_running="snapshot").done()
        language.upload(running.folder, if_running="force").done()
        language.inspect(running.folder).done()
        assert stamps(running.folder) == before, "the user's folder was written to"
    running.goes_on()


@PYTHON
@pytest.mark.parametrize("restores", [False, True], ids=["starts-anew", "restores-its-session"])
def test_a_session_cookie_is_there_where_the_session_is_restored(
    language: Language, website: Website, tmp_path: Path, restores: bool
) -> None:
    # What Settings calls "Open previous windows and tabs": 3 is that, 1 the home page.
    folder = firefox.new_profile(tmp_path / "firefox", {"browser.startup.page": 3 if restores else 1})
    log_in(website, folder, TOKEN, start=Firefox, what="session")
    for level in ("default", "minimal"):
        language.sandbox.reset()
        language.upload(folder, level=level).done()
        unpack(language.stored(), tmp_path / level)
        report = read_back(website, tmp_path / level, start=Firefox)
        assert cookies(report) == ({"brief": TOKEN} if restores else {}), level
