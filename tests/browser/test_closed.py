"""A profile whose browser was closed: it goes up, comes down, and is still logged in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from browser import version
from conftest import TOKEN
from languages import Language
from logins import assert_logged_in, log_in, read_back, stamps, unpack
from website import Website


@pytest.mark.parametrize("level", ["default", "minimal", "full"])
def test_an_uploaded_profile_is_logged_in(
    language: Language, website: Website, closed_profile: Path, tmp_path: Path, level: str
) -> None:
    before = stamps(closed_profile)
    profile = language.upload(closed_profile, level=level).done()
    stored = language.stored()
    assert stamps(closed_profile) == before, "the user's folder was written to"
    assert profile["verified"] is True
    assert profile["checksum"] == hashlib.sha256(stored).hexdigest()
    # Nobody named the browser: the folder tells.
    assert (profile["browser_name"], profile["browser_version"]) == ("chromium", version())
    names = unpack(stored, tmp_path / "copy")
    # A name that ends with a slash is an empty folder.
    assert profile["packed"]["files"] == len([name for name in names if not name.endswith("/")])
    assert profile["packed"]["consistency"] == "clean"
    assert_logged_in(read_back(website, tmp_path / "copy"), TOKEN)


def test_minimal_leaves_history_and_saved_passwords_here(
    language: Language, closed_profile: Path, tmp_path: Path
) -> None:
    private = {f"Default/{name}" for name in ("History", "Login Data", "Web Data", "Favicons", "Top Sites")}
    for level, expected in (("default", private), ("minimal", set())):
        language.sandbox.reset()
        language.upload(closed_profile, level=level).done()
        names = unpack(language.stored(), tmp_path / level)
        assert private & set(names) == expected, level


def test_what_has_not_changed_is_not_sent_again(language: Language, website: Website, tmp_path: Path) -> None:
    folder = tmp_path / "chromium"
    log_in(website, folder, "first")
    first = language.upload(folder).done()
    assert first["unchanged"] is False
    again = language.upload(folder, if_changed_from=first["id"]).done()
    assert (again["unchanged"], again["id"]) == (True, first["id"])
    assert len(language.sandbox.requests("post_form")) == 1
    # The same browser and the same page; another login.
    log_in(website, folder, "second")
    changed = language.upload(folder, if_changed_from=first["id"]).done()
    assert changed["unchanged"] is False and changed["id"] != first["id"]
    newest = next(entry for entry in language.sandbox.objects() if entry["sha256"] == changed["checksum"])
    unpack(language.sandbox.content(newest["key"]), tmp_path / "copy")
    assert_logged_in(read_back(website, tmp_path / "copy"), "second")


def test_one_profile_of_two_is_packed(language: Language, website: Website, tmp_path: Path) -> None:
    folder, chosen = tmp_path / "chromium", "--profile-directory=Profile 2"
    log_in(website, folder, "of-the-first")
    log_in(website, folder, "of-the-second", chosen)
    language.upload(folder, profile="Profile 2").done()
    names = unpack(language.stored(), tmp_path / "copy")
    assert {"Local State", "Profile 2/Cookies"} <= set(names)
    assert not [name for name in names if name.startswith("Default/")]
    assert_logged_in(read_back(website, tmp_path / "copy", chosen), "of-the-second")


@pytest.mark.parametrize("language", ["python"], indirect=True)
@pytest.mark.parametrize("level", ["default", "minimal", "full"])
def test_what_is_kept_apart_is_there(
    language: Language, website: Website, tmp_path: Path, level: str
) -> None:
    # The storage of buckets, and of a page inside another site's, is in WebStorage/.
    folder = tmp_path / "chromium"
    log_in(website, folder, TOKEN, framed=True, what="local,database,file,bucket,cache,worker")
    language.upload(folder, level=level).done()
    names = unpack(language.stored(), tmp_path / "copy")
    assert any(name.startswith("Default/WebStorage/") for name in names)
    apart = read_back(website, tmp_path / "copy", framed=True)
    assert (apart["local"], apart["record"]["token"], apart["file"]) == (TOKEN, TOKEN, f"{TOKEN} file")
    assert apart["blob"] == f"{TOKEN} blob, " * 10_000
    bucket = apart["bucket"]
    assert (bucket["record"], bucket["file"]) == (TOKEN, f"{TOKEN} file")
    assert bucket["blob"] == len(f"{TOKEN} blob, " * 10_000)
    # What pages and workers keep in the Cache API is a cache to Chromium's rules, and a worker goes with it.
    expected = TOKEN if level == "full" else None
    assert (apart["cache"], apart["worker"], bucket["cache"]) == (expected,) * 3
    # The same page by itself has none of it.
    alone = read_back(website, tmp_path / "copy")
    assert (alone["local"], alone.get("record"), alone["file"], alone["bucket"]) == (None,) * 4
