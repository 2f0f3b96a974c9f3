"""Prints which scenario passed in which language, from what the runners left in target/scenarios.

Each runner writes an empty file target/scenarios/LANGUAGE/NAME for a scenario that passed. Ends with 1
when a scenario is missing anywhere, so a runner that skips one cannot pass for green.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("rust", "c", "python", "python-async", "node")


def scenario_names() -> list[str]:
    files = sorted((ROOT / "tests" / "vectors" / "scenarios").glob("*.json"))
    return [scenario["name"] for file in files for scenario in json.loads(file.read_text())]


def passed(folder: Path, language: str) -> set[str]:
    return {file.name for file in (folder / language).glob("*")}


def main() -> int:
    names = scenario_names()
    ran = {language: passed(ROOT / "target" / "scenarios", language) for language in LANGUAGES}
    width = max(map(len, names))
    print(f"{'scenario':<{width}}  " + "  ".join(LANGUAGES))
    for name in names:
        cells = ("yes" if name in ran[language] else "NO" for language in LANGUAGES)
        columns = (f"{cell:<{len(language)}}" for cell, language in zip(cells, LANGUAGES, strict=True))
        print(f"{name:<{width}}  " + "  ".join(columns))
    missing = {language: sorted(set(names) - ran[language]) for language in LANGUAGES}
    for language, lacking in missing.items():
        print(f"{language}: {len(names) - len(lacking)} of {len(names)}", *lacking)
    return int(any(missing.values()))


if __name__ == "__main__":
    sys.exit(main())
