"""Runs one scenario in every language, or all whose names contain a text: `scenario.py NAME`.

Prints one line for each language and scenario, and after them what a runner said that did not pass all.
What passed is told by the runners themselves, as for `table.py`, so a language that ran none fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from table import LANGUAGES, ROOT, passed, scenario_names

# Where the runners leave what passed when DROPOFF_SCENARIO is set; a whole run's record stays as it is.
FOLDER = ROOT / "target" / "scenario"
PYTEST = [str(ROOT / ".venv" / "bin" / "python"), "-m", "pytest", "-q"]
RUNNERS = [
    ["cargo", "test", "--quiet", "--workspace", "--test", "scenarios"],
    [*PYTEST, "tests/c/test_scenarios.py::test_scenario"],
    [*PYTEST, "tests/python/test_scenarios.py"],
    ["node", "--test", "tests/node/scenarios.test.mjs"],
]


def run(command: list[str], name: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DROPOFF_SCENARIO": name}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def main(name: str) -> int:
    names = [scenario for scenario in scenario_names() if name in scenario]
    if not name or not names:
        print(f"no scenario's name contains {name!r}; they are in tests/vectors/scenarios", file=sys.stderr)
        return 2
    shutil.rmtree(FOLDER, ignore_errors=True)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda command: run(command, name), RUNNERS))
    ran = {language: passed(FOLDER, language) for language in LANGUAGES}
    width = max(map(len, names))
    for scenario in names:
        for language in LANGUAGES:
            print(
                f"{scenario:<{width}}  {language:<12}  {'passed' if scenario in ran[language] else 'FAILED'}"
            )
    for runner in done:
        if runner.returncode != 0:
            print(f"\n{' '.join(runner.args)}: {runner.returncode}\n{runner.stdout}", file=sys.stderr)
    all_passed = all(set(names) <= ran[language] for language in LANGUAGES)
    return int(not all_passed or any(runner.returncode != 0 for runner in done))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
