"""The inspection of a folder that a real browser wrote, and that is closed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from functools import partial
from pathlib import Path

import pytest
from browser import SHELL, Browser, version
from languages import Language
from logins import cookies, log_in, read_back, stamps
from website import Website


def test_a_closed_profile_will_log_in(language: Language, closed_profile: Path) -> None:
    before = stamps(closed_profile)
    seen = language.inspect(closed_profile).done()
    assert stamps(closed_profile) == before, "the user's folder was written to"
    assert (seen["family"], seen["browser_name"]) == ("chrome", "chromium")
    assert seen["browser_version"] == version()
    assert seen["profiles"] == ["Default"]
    assert (seen["lock"], seen["lock_process"]) == ("none", None)
    assert seen["cookies"] == {"system": "linux", "key_versions": ["v10"]}
    assert seen["verdict"] == "likely", seen["advice"]
    assert seen["warnings"] == []


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_cookies_of_a_desktops_keyring_will_not(
    language: Language, closed_profile: Path, tmp_path: Path
) -> None:
    # There is no keyring here: the rows are marked as one's would be.
    folder = tmp_path / "chromium"
    shutil.copytree(closed_profile, folder, symlinks=True)
    database = sqlite3.connect(folder / "Default" / "Cookies")
    with database:
        marked = "CAST('v11' AS BLOB) || substr(encrypted_value, 4)"
        database.execute(f"UPDATE cookies SET encrypted_value = {marked}")
    database.close()
    seen = language.inspect(folder).done()
    assert (seen["verdict"], seen["cookies"]["key_versions"]) == ("unlikely", ["v11"])
    assert "--password-store=basic" in seen["advice"]


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_both_profiles_are_listed(language: Language, website: Website, tmp_path: Path) -> None:
    folder = tmp_path / "chromium"
    log_in(website, folder, "of-the-first")
    log_in(website, folder, "of-the-second", "--profile-directory=Profile 2")
    assert language.inspect(folder).done()["profiles"] == ["Default", "Profile 2"]


@pytest.mark.parametrize("language", ["python"], indirect=True)
@pytest.mark.parametrize("moved", [False, True])
def test_a_folder_without_a_local_state_is_known_by_where_it_was_made(
    language: Language, website: Website, tmp_path: Path, moved: bool
) -> None:
    folder = tmp_path / "shell"
    log_in(website, folder, "of-the-shell", start=partial(Browser, program=SHELL))
    if moved:
        # Its own logs name a place below /tmp, which macOS has too.
        folder = folder.rename(tmp_path / "elsewhere")
    seen = language.inspect(folder).done()
    expected = ("unknown", "unknown") if moved else ("likely", "linux")
    assert (seen["verdict"], seen["cookies"]["system"]) == expected, seen["advice"]


@pytest.mark.parametrize("language", ["python"], indirect=True)
@pytest.mark.parametrize(("continues", "verdict"), [(False, "unlikely"), (True, "likely")])
def test_cookies_of_a_session_count_where_it_goes_on(
    language: Language, website: Website, tmp_path: Path, continues: bool, verdict: str
) -> None:
    folder = tmp_path / "chromium"
    if continues:
        (folder / "Default").mkdir(parents=True)
        preferences = {"session": {"restore_on_startup": 1}}
        (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
    log_in(website, folder, "of-the-session", what="session")
    seen = language.inspect(folder).done()
    assert seen["verdict"] == verdict, seen["advice"]
    assert bool(cookies(read_back(website, folder))) == continues


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_the_verdict_is_of_the_profile_that_opens(
    language: Language, website: Website, tmp_path: Path
) -> None:
    folder = tmp_path / "chromium"
    log_in(website, folder, "of-the-second", "--profile-directory=Profile 2", what="cookie")
    assert (seen := language.inspect(folder).done())["verdict"] == "likely", seen["advice"]
    read_back(website, folder, "--profile-directory=Default")
    seen = language.inspect(folder).done()
    assert seen["verdict"] == "unknown" and 'the profile "Default"' in seen["advice"], seen["advice"]
    assert not cookies(read_back(website, folder))


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_cookies_in_network_are_found_where_the_browser_finds_them(
    language: Language, website: Website, closed_profile: Path, tmp_path: Path
) -> None:
    # As Chromium on Windows has them; it leaves a mark.
    for marked, verdict in ((False, "unlikely"), (True, "likely")):
        folder = tmp_path / f"chromium-{marked}"
        shutil.copytree(closed_profile, folder, symlinks=True)
        network = folder / "Default" / "Network"
        network.mkdir()
        (folder / "Default" / "Cookies").rename(network / "Cookies")
        if marked:
            (network / "NetworkDataMigrated").touch()
        seen = language.inspect(folder).done()
        assert seen["verdict"] == verdict, seen["advice"]
        assert bool(cookies(read_back(website, folder))) == marked
