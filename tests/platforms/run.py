"""`make test-platforms`: other systems, here, by cross-compilers and emulators in a chroot.

    python3 tests/platforms/run.py [windows|musl|arm64|arm64-musl …]     all of them, or those named
    python3 tests/platforms/run.py "arm64:Python,node sources"     of one, these suites alone

Builds each target, runs what can run of it, and says of every suite how many passed and failed. What an
emulator cannot do is listed in impossible.json with the reason; a test that fails and is not listed ends the
run with 1, and so does one that is listed and does not fail, and a suite that does not come to its end.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import linux
import windows
from emulated import FOLDER, HERE, set_up

LINUX = {each.name: each for each in (linux.MUSL, linux.ARM64, linux.ARM64_MUSL)}
PLATFORMS = {"windows": windows, **LINUX}
LOGS = FOLDER / "logs"


class Report:
    """How the suites of one platform ended."""

    def __init__(self, platform: str) -> None:
        self.impossible = json.loads((HERE / "impossible.json").read_text()).get(platform, {})
        self.platform = platform
        self.ran: set[str] = set()
        self.wrong = 0

    def built(self, code: int, log: Path) -> None:
        text = log.read_text(errors="replace")
        warnings = len(re.findall(r"^warning(?!: .* generated \d+ warning)", text, re.M))
        self._tell("build", f"rc {code}, {warnings} warnings", code != 0 or warnings > 0, log)

    def tests(self, suite: str, told: Told, code: int, log: Path) -> None:
        self.ran.add(suite)
        known = self.impossible.get(suite, {})
        unexpected = sorted(set(told.failed) - known.keys())
        # One that has another name by now, too, or that the suite did not come to.
        not_failed = sorted(known.keys() - set(told.failed))
        broken = told.unfinished or told.wrong_code(code)
        expected = sum(name in known for name in told.failed)
        said = f"{len(told.passed)} passed, {len(told.failed)} failed, {expected} of these not possible here"
        said += f", {told.skipped} skipped" if told.skipped else ""
        self._tell(suite, said, bool(unexpected or not_failed or broken), log)
        for name in unexpected:
            print(f"    failed: {name}")
        for name in not_failed:
            how = "passed" if name in told.passed else "is not told of"
            print(f"    impossible.json says that it fails, and it {how}: {name}")
        if broken:
            print(f"    {broken}")

    def all_ran(self) -> None:
        for suite in self.impossible.keys() - self.ran:
            self.wrong += 1
            print(f"{self.platform}: impossible.json has a suite that is not: {suite}")

    def _tell(self, suite: str, said: str, is_wrong: bool, log: Path) -> None:
        self.wrong += is_wrong
        print(f"{self.platform}: {suite}: {said}" + (f"; see {log}" if is_wrong else ""), flush=True)


@dataclass
class Told:
    """What a suite's log says of its tests: the name of each, which two may share."""

    passed: list[str]
    failed: list[str]
    skipped: int
    # Why it is not the log of a suite that came to its end.
    unfinished: str
    # What the program ends with where a test failed.
    code_of_failure: int

    def wrong_code(self, code: int) -> str:
        wanted = self.code_of_failure if self.failed else 0
        return "" if code == wanted else f"it ended with {code} instead of {wanted}"


def of_tap(log: Path) -> Told:
    """The outermost tests of `node --test-reporter=tap`, whose last words are how many there were."""
    text = log.read_text(errors="replace")
    found = [
        ("skipped" if skip else how, name.replace("\\#", "#"))
        for how, name, skip in re.findall(r"^(ok|not ok) \d+ - (.*?)( # (?:SKIP|TODO)\b.*)?\r?$", text, re.M)
    ]
    plan = re.findall(r"^1\.\.(\d+)\r?$", text, re.M)
    unfinished = _compared(len(found), int(plan[0]) if plan else None)
    return Told(_named(found, "ok"), _named(found, "not ok"), len(_named(found, "skipped")), unfinished, 1)


def of_rust(log: Path) -> Told:
    text = log.read_text(errors="replace")
    found = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)\r?$", text, re.M)
    closing = re.findall(r"^test result: \w+\. (\d+) passed; (\d+) failed;", text, re.M)
    unfinished = _compared(len(found), sum(map(int, closing[-1])) if closing else None)
    told = [(how, name) for name, how in found]
    return Told(_named(told, "ok"), _named(told, "FAILED"), 0, unfinished, 101)


def of_pytest(log: Path) -> Told:
    """`pytest -v`: a line for each test, and what they come to in the last one."""
    text = log.read_text(errors="replace")
    tests = r"^(\S+?::.*?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL)(?: \(.*\))? +\[ *\d+%\]\r?$"
    found = [(how, name) for name, how in re.findall(tests, text, re.M)]
    closing = re.findall(r"^=+ (.*) in [\d.]+s.* =+\r?$", text, re.M)
    counts = re.findall(r"(\d+) (?:passed|failed|errors?|skipped|xfailed)", closing[-1]) if closing else []
    unfinished = _compared(len(found), sum(map(int, counts)) or None)
    failed = _named(found, "FAILED", "ERROR")
    return Told(_named(found, "PASSED"), failed, len(_named(found, "SKIPPED", "XFAIL")), unfinished, 1)


READERS = {"rust": of_rust, "tap": of_tap, "pytest": of_pytest}


def _named(found: list[tuple[str, str]], *wanted: str) -> list[str]:
    return [name for how, name in found if how in wanted]


def _compared(found: int, announced: int | None) -> str:
    if not announced:
        return "it ended before its tests did"
    return "" if found == announced else f"it tells of {found} tests, and says that there were {announced}"


def run(name: str, wanted: list[str]) -> int:
    platform = PLATFORMS[name]
    logs = LOGS / name
    set_up(*platform.PARTS)
    report = Report(name)
    code = platform.build(logs / "build.log")
    report.built(code, logs / "build.log")
    if code == 0:
        suites = platform.suites(logs)
        if unknown := set(wanted) - suites.keys():
            raise SystemExit(f"{name} has no suite {', '.join(sorted(unknown))}; it has {', '.join(suites)}")
        for each in wanted or suites:
            suite = suites[each]()
            report.tests(suite.name, READERS[suite.kind](suite.log), suite.code, suite.log)
        if not wanted:
            report.all_ran()
    return report.wrong


def main(arguments: list[str]) -> int:
    chosen = [(name, suites) for name, _, suites in (word.partition(":") for word in arguments or PLATFORMS)]
    unknown = {name for name, _ in chosen} - PLATFORMS.keys()
    if unknown:
        print(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PLATFORMS)}", file=sys.stderr)
        return 2
    wrong = sum(run(name, suites.split(",") if suites else []) for name, suites in chosen)
    print(f"platforms: {wrong} suites failed" if wrong else "platforms: passed")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
