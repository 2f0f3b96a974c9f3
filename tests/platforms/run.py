"""`make test-platforms`: other systems, here, by cross-compilers and emulators in a chroot.

    python3 tests/platforms/run.py [windows]          all of them, or those named

Builds each target, runs what can run of it, and says of every suite how many passed and failed. What an
emulator cannot do is listed in impossible.json with the reason; a test that fails and is not listed ends the
run with 1, and so does one that is listed and passes.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import windows
from emulated import FOLDER, HERE, set_up

PLATFORMS = {"windows": windows}
LOGS = FOLDER / "logs"


class Report:
    """How the suites of one platform ended."""

    def __init__(self, platform: str) -> None:
        self.impossible = json.loads((HERE / "impossible.json").read_text()).get(platform, {})
        self.platform = platform
        self.wrong = 0

    def built(self, code: int, log: Path) -> None:
        text = log.read_text(errors="replace")
        warnings = len(re.findall(r"^warning(?!: .* generated \d+ warning)", text, re.M))
        self._tell("build", f"rc {code}, {warnings} warnings", code != 0 or warnings > 0, log)

    def tests(self, suite: str, passed: set[str], failed: set[str], code: int, log: Path) -> None:
        known = self.impossible.get(suite, {})
        unexpected = sorted(failed - known.keys())
        possible = sorted(passed & known.keys())
        # A program that ends before its tests do has failed, whatever it said until then.
        broken = not passed or (code != 0 and not failed)
        expected = len(failed & known.keys())
        said = f"{len(passed)} passed, {len(failed)} failed, {expected} of these not possible here"
        self._tell(suite, said, bool(unexpected or possible or broken), log)
        for name in unexpected:
            print(f"    failed: {name}")
        for name in possible:
            print(f"    passed, and impossible.json says that it cannot: {name}")
        if broken:
            print(f"    it ended with {code}")

    def _tell(self, suite: str, said: str, is_wrong: bool, log: Path) -> None:
        self.wrong += is_wrong
        print(f"{self.platform}: {suite}: {said}" + (f"; see {log}" if is_wrong else ""), flush=True)


def of_tap(log: Path) -> tuple[set[str], set[str]]:
    """The outermost tests of `node --test-reporter=tap`."""
    text = log.read_text(errors="replace")
    names: dict[str, set[str]] = {"ok": set(), "not ok": set()}
    for how, name in re.findall(r"^(ok|not ok) \d+ - (.*?)\r?$", text, re.M):
        names[how].add(name.replace("\\#", "#"))
    return names["ok"], names["not ok"]


def of_rust(log: Path) -> tuple[set[str], set[str]]:
    found = re.findall(
        r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)\r?$", log.read_text(errors="replace"), re.M
    )
    return {name for name, how in found if how == "ok"}, {name for name, how in found if how == "FAILED"}


def run(name: str) -> int:
    platform = PLATFORMS[name]
    logs = LOGS / name
    set_up(*platform.PARTS)
    report = Report(name)
    code = platform.build(logs / "build.log")
    report.built(code, logs / "build.log")
    if code == 0:
        for suite in platform.suites(logs):
            read = of_rust if suite.name == "core" else of_tap
            report.tests(suite.name, *read(suite.log), suite.code, suite.log)
    return report.wrong


def main(names: list[str]) -> int:
    unknown = set(names) - PLATFORMS.keys()
    if unknown:
        print(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PLATFORMS)}", file=sys.stderr)
        return 2
    wrong = sum(run(name) for name in names or PLATFORMS)
    print(f"platforms: {wrong} suites failed" if wrong else "platforms: passed")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
