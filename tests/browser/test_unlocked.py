"""Chromium's headless shell, which makes no lock, and a browser in a container, whose lock names a process
that is not here: closed they go like any other, running they are noticed all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Apart, Started, version
from conftest import TOKEN
from folders import Shell, wait_for_cookie
from languages import Language
from logins import assert_logged_in, cookies, log_in, read_back, stamps, unpack, visiting
from website import Website

# What differs between languages is shown with a browser that is easier to start.
PYTHON = pytest.mark.parametrize("language", ["python"], indirect=True)
STARTS = {"headless-shell": Shell, "another-pid-namespace": Apart}


@pytest.fixture(scope="module", params=STARTS)
def running(
    request: pytest.FixtureRequest, website: Website, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Started]:
    """One that was signed in before, and is now signed in anew."""
    assert os.geteuid() == 0, "a browser in a PID namespace of its own needs root: run this suite as root"
    folder, start = tmp_path_factory.mktemp("running") / "chromium", STARTS[request.param]
    log_in(website, folder, "before", start=start, what="cookie")
    with visiting(website, folder, "store", start=start, token=TOKEN, what="cookie") as (browser, _, _):
        wait_for_cookie(folder / "Default", TOKEN)
        yield browser


@PYTHON
def test_it_is_refused(language: Language, running: Started) -> None:
    # The shell's folder does not tell its version.
    error = language.upload(running.folder, browser_version=version()).failed()
    assert (error["kind"], error["outcome"], error["side"]) == ("browser_running", "not_completed", "caller")
    assert language.sandbox.requests() == [], "the service was asked"


@PYTHON
def test_an_inspection_says_so(language: Language, running: Started) -> None:
    before = stamps(running.folder)
    seen = language.inspect(running.folder).done()
    assert stamps(running.folder) == before, "the user's folder was written to"
    assert seen["lock"] == "live"
    # Whose number is not known here is not told.
    assert seen["lock_process"] in (None, *running.alive())


@PYTHON
def test_a_snapshot_is_signed_in_anew(
    language: Language, website: Website, running: Started, tmp_path: Path
) -> None:
    profile = language.upload(running.folder, browser_version=version(), if_running="snapshot").done()
    assert profile["packed"]["consistency"] == "snapshot"
    unpack(language.stored(), tmp_path / "copy")
    assert cookies(read_back(website, tmp_path / "copy"))["login"] == TOKEN


@PYTHON
@pytest.mark.parametrize("level", ["default", "minimal", "full"])
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_closed_one_goes(
    language: Language, website: Website, tmp_path: Path, level: str, start: type[Started]
) -> None:
    folder = tmp_path / "chromium"
    log_in(website, folder, TOKEN, start=start)
    profile = language.upload(folder, browser_version=version(), level=level).done()
    assert profile["packed"]["consistency"] == "clean"
    assert profile["browser_name"] == "chromium"
    unpack(language.stored(), tmp_path / "copy")
    assert_logged_in(read_back(website, tmp_path / "copy"), TOKEN)
