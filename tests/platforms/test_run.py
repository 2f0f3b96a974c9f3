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
# A name with blanks, too.
PYTEST = """
============================= test session starts ==============================
collecting ... collected 4 items

test_one.py::test_it[one - two] PASSED                                   [ 25%]
test_one.py::impossible FAILED                                           [ 50%]
test_one.py::test_two PASSED                                             [ 75%]
test_one.py::test_three SKIPPED (of Windows)                             [100%]

=================================== FAILURES ===================================
==================== 1 failed, 2 passed, 1 skipped in 0.02s ====================
"""
SAMPLES = [("rust", RUST, 101), ("tap", TAP, 1), ("pytest", PYTEST, 1)]
KNOWN = {"pytest": {"test_one.py::impossible": "it is none"}}


def wrong(kind: str, text: str, code: int, folder: Path, known: dict[str, str]) -> int:
    """How many suites with this log and this exit code are found wrong, one or none."""
    log = folder / "log"
    log.write_text(text)
    report = run.Report("windows")
    report.impossible = {"suite": known}
    report.tests("suite", run.READERS[kind](log), code, log)
    return report.wrong


@pytest.mark.parametrize(("kind", "text", "code"), SAMPLES)
def test_a_suite_that_ends_with_its_known_failures_passes(
    kind: str, text: str, code: int, tmp_path: Path
) -> None:
    assert wrong(kind, text, code, tmp_path, KNOWN.get(kind, NAMES)) == 0
    assert wrong(kind, text.replace("\n", "\r\n"), code, tmp_path, KNOWN.get(kind, NAMES)) == 0
    assert wrong(kind, text, code, tmp_path, {}) == 1


LAST = {
    "rust": "impossible ... FAILED\n",
    "tap": "not ok 2 - impossible\n",
    "pytest": "impossible FAILED                                           [ 50%]\n",
}
NOTHING = {
    "rust": ["", "test result: ok. 0 passed; 0 failed; 0 ignored"],
    "tap": ["TAP", "TAP\n1..0\n"],
    "pytest": ["", "===== no tests ran in 0.01s ====="],
}


@pytest.mark.parametrize(("kind", "text", "code"), SAMPLES)
def test_a_suite_that_is_cut_off_fails(kind: str, text: str, code: int, tmp_path: Path) -> None:
    head, found, _ = text.partition(LAST[kind])
    assert found
    cut = head + found
    known = KNOWN.get(kind, NAMES)
    assert wrong(kind, cut + "Unhandled page fault\n", 124, tmp_path, known) == 1
    assert wrong(kind, cut, code, tmp_path, known) == 1
    for nothing in NOTHING[kind]:
        assert wrong(kind, nothing, 0, tmp_path, {}) == 1


@pytest.mark.parametrize(("kind", "text", "code"), SAMPLES)
def test_a_crash_after_the_last_test_fails(kind: str, text: str, code: int, tmp_path: Path) -> None:
    known = KNOWN.get(kind, NAMES)
    assert wrong(kind, text, 124, tmp_path, known) == 1
    assert wrong(kind, text, 0, tmp_path, known) == 1


@pytest.mark.parametrize(("kind", "text", "code"), SAMPLES)
def test_a_known_name_that_does_not_fail_is_told(kind: str, text: str, code: int, tmp_path: Path) -> None:
    known = KNOWN.get(kind, NAMES)
    passed = "test_one.py::test_two" if kind == "pytest" else "one"
    assert wrong(kind, text, code, tmp_path, {**known, "renamed since": "gone"}) == 1
    assert wrong(kind, text, code, tmp_path, {**known, passed: "it passes"}) == 1


def test_a_line_that_other_output_broke_is_missed(tmp_path: Path) -> None:
    broken = RUST.replace("test two - should panic ... ok", "test two - should panic ... warning: x\nok")
    assert wrong("rust", broken, 101, tmp_path, NAMES) == 1
    assert wrong("tap", TAP.replace("\nok 1 - one", "\nwarning ok 1 - one"), 1, tmp_path, NAMES) == 1
    broken = PYTEST.replace("test_two PASSED", "test_two warning\nPASSED")
    assert wrong("pytest", broken, 1, tmp_path, KNOWN["pytest"]) == 1


TWINS = {
    "tap": "TAP\nok 1 - same\nok 2 - same\nnot ok 3 - same\nok 4 - other # SKIP not here\n1..4\n",
    "pytest": PYTEST.replace("::test_two ", "::test_it[one - two] "),
}


@pytest.mark.parametrize("kind", TWINS)
def test_each_result_is_counted_and_what_was_skipped_has_not_passed(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {"same": "it is none"} if kind == "tap" else KNOWN["pytest"]
    assert wrong(kind, TWINS[kind], 1, tmp_path, known) == 0
    assert "2 passed, 1 failed, 1 of these not possible here, 1 skipped" in capsys.readouterr().out


def test_a_suite_that_did_not_run_is_told(tmp_path: Path) -> None:
    report = run.Report("windows")
    report.impossible = {"suite": NAMES}
    (tmp_path / "log").write_text(TAP)
    report.tests("another", run.of_tap(tmp_path / "log"), 1, tmp_path / "log")
    report.wrong = 0
    report.all_ran()
    assert report.wrong == 1
