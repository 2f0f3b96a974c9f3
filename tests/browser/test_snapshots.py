"""Snapshots of browsers that never stop writing: what is in one is of one moment, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import snapshots
from sandbox_process import Sandbox
from snapshots import KINDS, Kind
from website import Website


@pytest.fixture(scope="module")
def restless_website() -> Iterator[Website]:
    site = Website(page=snapshots.PAGE)
    yield site
    site.stop()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.browser}-{kind.store}".replace(" ", "-"))
def test_a_snapshot_is_of_one_moment(
    kind: Kind, restless_website: Website, sandbox: Sandbox, tmp_path: Path
) -> None:
    tally = snapshots.taken(kind, 2, tmp_path, restless_website, sandbox)
    assert tally.outcomes["torn"] == 0, tally.notes
    # `snapshots.py` takes more of them, and tells how many are whole.
    assert tally.outcomes["whole"] + tally.outcomes["told"] + tally.outcomes["refused"] == 2
