"""Names in the folders of real browsers: each has a rule, and what belongs together goes together."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import firefox
import pytest
import recipes
from dropoff import HCompany, Pack, inspect_profile
from firefox import Firefox
from folders import TOKEN, Maker, Shell
from logins import log_in, unpack
from sandbox_process import Sandbox
from website import Website


@pytest.fixture(scope="module")
def maker(website: Website, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    place = tmp_path_factory.mktemp("named")
    yield Maker(website, place)
    shutil.rmtree(place)


@pytest.mark.parametrize("browser", ["chromium", "shell", "firefox"])
def test_every_name_is_known(browser: str, website: Website, tmp_path: Path) -> None:
    """All that a page can store, so that all of the folders are there. `record.py` waits for more."""
    folder = tmp_path / browser
    match browser:
        case "chromium":
            log_in(website, folder, TOKEN)
        case "shell":
            log_in(website, folder, TOKEN, start=Shell)
        case "firefox":
            log_in(website, firefox.new_profile(folder), TOKEN, start=Firefox)
    assert list(inspect_profile(folder).unknown) == []


def test_a_web_app_goes_with_its_list_or_not_at_all(maker: Maker, sandbox: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    recipes.with_app(maker, folder)
    for level, there in (("default", True), ("minimal", False)):
        sandbox.reset()
        client = HCompany(sandbox.h_api_key, base_url=sandbox.api_url, trusted_storage=[sandbox.storage_url])
        client.upload_profile(folder, name="app", pack=Pack(level=level), timeout=120)
        (entry,) = sandbox.objects()
        copy = tmp_path / level
        names = unpack(sandbox.content(entry["key"]), copy)
        for part in ("Default/Web Applications/", "Default/Sync Data/"):
            assert any(name.startswith(part) for name in names) == there, f"{level}: {part}"
        found = recipes.app_there(maker, copy)
        assert found == f"the app is {'' if there else 'not '}installed", level
