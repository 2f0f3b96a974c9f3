"""What the doctor says of a folder that a real browser wrote, and that is closed."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from browser import version
from languages import Language
from logins import log_in, stamps
from website import Website


def test_a_closed_profile_will_log_in(language: Language, closed_profile: Path) -> None:
    before = stamps(closed_profile)
    seen = language.inspect(closed_profile).done()
    assert stamps(closed_profile) == before, "the user's folder was written to"
    assert (seen["family"], seen["browser_name"]) == ("chrome", "chromium")
    assert seen["browser_version"] == version()
    assert seen["profiles"] == ["Default"]
    assert (seen["lock"], seen["lock_process"]) == ("none", None)
    assert seen["cookies"] == {"system": "linux", "prefixes": ["v10"]}
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
    assert (seen["verdict"], seen["cookies"]["prefixes"]) == ("unlikely", ["v11"])
    assert "--password-store=basic" in seen["advice"]


@pytest.mark.parametrize("language", ["python"], indirect=True)
def test_both_profiles_are_listed(language: Language, website: Website, tmp_path: Path) -> None:
    folder = tmp_path / "chromium"
    log_in(website, folder, "of-the-first")
    log_in(website, folder, "of-the-second", "--profile-directory=Profile 2")
    assert language.inspect(folder).done()["profiles"] == ["Default", "Profile 2"]
