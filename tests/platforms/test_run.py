"""What run.py makes of a suite's log: one that crashed, hung or was cut off has not passed."""

from __future__ import annotations

from pathlib import Path

import pytest
import run

NAMES = {"impossible": "Wine has no such thing"}
RUST = """
running 3 tests
test one ... ok
test impossible ... FAILED
test two - should panic ... ok

failures:
    impossible

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s
"""
TAP = """TAP version 13
# Subtest: one
    ok 1 - within
    1..1
ok 1 - one
not ok 2 - impossible
ok 3 - of Unix # SKIP not here
1..3
# tests 3
"""


def wrong(text: str, code: int, folder: Path, known: dict[str, str]) -> int:
    """How many suites with this log and this exit code are found wrong, one or none."""
    is_tap = text.startswith("TAP")
    log = folder / "log"
    log.write_text(text)
    report = run.Report("windows")
    report.impossible = {"suite": known}
    report.tests("suite", (run.of_tap if is_tap else run.of_rust)(log), code, log)
    return report.wrong


@pytest.mark.parametrize(("text", "code"), [(RUST, 101), (TAP, 1)])
def test_a_suite_that_ends_with_its_known_failures_passes(text: str, code: int, tmp_path: Path) -> None:
    assert wrong(text, code, tmp_path, NAMES) == 0
    assert wrong(text.replace("\n", "\r\n"), code, tmp_path, NAMES) == 0
    assert wrong(text, code, tmp_path, {}) == 1


@pytest.mark.parametrize(("text", "code"), [(RUST, 101), (TAP, 1)])
def test_a_suite_that_is_cut_off_fails(text: str, code: int, tmp_path: Path) -> None:
    head, found, _ = text.partition("not ok 2 - impossible\n" if text == TAP else "impossible ... FAILED\n")
    cut = head + found
    assert wrong(cut + "Unhandled page fault\n", 124, tmp_path, NAMES) == 1
    assert wrong(cut, code, tmp_path, NAMES) == 1
    for nothing in (
        ["TAP", "TAP\n1..0\n"] if text == TAP else ["", "test result: ok. 0 passed; 0 failed; 0 ignored"]
    ):
        assert wrong(nothing, 0, tmp_path, {}) == 1


@pytest.mark.parametrize(("text", "code"), [(RUST, 101), (TAP, 1)])
def test_a_crash_after_the_last_test_fails(text: str, code: int, tmp_path: Path) -> None:
    assert wrong(text, 124, tmp_path, NAMES) == 1
    assert wrong(text, 0, tmp_path, NAMES) == 1


@pytest.mark.parametrize(("text", "code"), [(RUST, 101), (TAP, 1)])
def test_a_known_name_that_does_not_fail_is_told(text: str, code: int, tmp_path: Path) -> None:
    assert wrong(text, code, tmp_path, {**NAMES, "renamed since": "gone"}) == 1
    assert wrong(text, code, tmp_path, {**NAMES, "one": "it passes"}) == 1


def test_a_line_that_other_output_broke_is_missed(tmp_path: Path) -> None:
    broken = RUST.replace("test two - should panic ... ok", "test two - should panic ... warning: x\nok")
    assert wrong(broken, 101, tmp_path, NAMES) == 1
    assert wrong(TAP.replace("\nok 1 - one", "\nwarning ok 1 - one"), 1, tmp_path, NAMES) == 1


def test_a_suite_that_did_not_run_is_told(tmp_path: Path) -> None:
    report = run.Report("windows")
    report.impossible = {"suite": NAMES}
    (tmp_path / "log").write_text(TAP)
    report.tests("another", run.of_tap(tmp_path / "log"), 1, tmp_path / "log")
    report.wrong = 0
    report.all_ran()
    assert report.wrong == 1
