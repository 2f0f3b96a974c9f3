"""The table of faults in tests/README.md, made from the scenarios.

tests/vectors/matrix.json lists what must be shown: a fault, the phase of a call it strikes in, and the
flows. A scenario that shows one says so in its `row`. Without arguments this checks that every row is
shown and that the table in the README is the one the scenarios make; with --write it writes the table.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent
README = TESTS / "README.md"
BEGIN, END = "<!-- faults: made by tests/matrix.py -->\n", "<!-- end of faults -->\n"


def rows() -> list[tuple[str, str, str]]:
    wanted = json.loads((TESTS / "vectors" / "matrix.json").read_text())
    return [(row["fault"], row["phase"], flow) for row in wanted for flow in row["flows"]]


def shown() -> dict[str, dict[str, Any]]:
    files = sorted((TESTS / "vectors" / "scenarios").glob("*.json"))
    scenarios = [scenario for file in files for scenario in json.loads(file.read_text())]
    return {scenario["row"]: scenario for scenario in scenarios if "row" in scenario}


def outcome(scenario: dict[str, Any]) -> str:
    """What the caller gets, and what it took."""
    repeated = [f"{op} {n} times" for op, n in scenario["requests"].items() if n is not True and n > 1]
    asked = [op for op in ("get_profile", "get_transfer") if scenario["requests"].get(op) == 1]
    took = ", ".join(repeated + [f"{op} asked" for op in asked])
    error = scenario["expect"].get("error")
    if error is None:
        return f"done ({took})" if took else "done"
    settled = {
        None: "",
        "not_completed": ", not completed",
        "unknown": ", unknown",
        "completed": ", completed",
    }
    return f"`{error.get('kind', 'error')}`{settled[error.get('outcome')]}" + (f" ({took})" if took else "")


def table() -> str:
    scenarios = shown()
    lines = ["| fault | phase | flow | outcome, in every language | scenario |", "|---|---|---|---|---|"]
    for fault, phase, flow in rows():
        scenario = scenarios[f"{fault} / {phase} / {flow}"]
        lines.append(f"| {fault} | {phase} | {flow} | {outcome(scenario)} | `{scenario['name']}` |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    wanted = {" / ".join(row) for row in rows()}
    for problem, found in (
        ("shown by no scenario", wanted - set(shown())),
        ("in no row", set(shown()) - wanted),
    ):
        if found:
            print(f"{problem}:", *sorted(found), sep="\n  ")
            return 1
    text = README.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    made = before + BEGIN + table() + END + after
    if arguments == ["--write"]:
        README.write_text(made)
    elif made != text:
        print("the table in tests/README.md is not the scenarios' own; run: python3 tests/matrix.py --write")
        return 1
    print(f"faults: {len(wanted)} rows, each with its scenario")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
