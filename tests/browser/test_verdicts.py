"""What is said of a folder is what a real browser finds, for every kind of folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import Maker
from kinds import KINDS, Kind
from sandbox_process import Sandbox
from verdicts import documented, look
from website import Website


@pytest.fixture(scope="module")
def maker(website: Website, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    place = tmp_path_factory.mktemp("made")
    maker = Maker(website, place)
    yield maker
    maker.stop()
    shutil.rmtree(place)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_what_is_said_is_what_is_found(kind: Kind, maker: Maker, sandbox: Sandbox, tmp_path: Path) -> None:
    row = look(kind, maker, sandbox, tmp_path)
    assert row.disagreement() is None, row
    # And what users are told: `verdicts.py --write` puts it there.
    assert documented().get(kind.name) == row.line()


def test_no_other_kind_is_documented() -> None:
    assert list(documented()) == [kind.name for kind in KINDS]
