"""Counts what uploads cost in system calls, allocations and instructions, and compares with baseline.json.

    check.py              prints a table; fails if something costs a tenth more than it did
    check.py --update     takes what is counted now as the baseline
    check.py --only TEXT  the cases with TEXT in their name, for looking into one of them

None of it is a time, so what a slow or busy machine changes is how long it takes. See README.md.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import hosts
from cases import MIB, all_cases
from counting import Counting

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BASELINE = HERE / "baseline.json"
PROGRAMS = ("costs", "dropoff-sink", "dropoff-sandbox")
# So far above its gate, a figure is not run again: others do not add that much.
HOPELESS = 1.5
ADVICE = """
Find out what it is; tests/costs/README.md says how. If it is worth its cost, take it into the baseline with
  python3 tests/costs/check.py --update
and say why in the commit."""


def main():
    options = arguments()
    rustc = subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    known = {"rustc": rustc, "costs": {}} if options.update else json.loads(BASELINE.read_text())
    wrong = []
    found = {}
    print(f"{'':34}{'counted':>12}{'baseline':>12}{'change':>9}{'at most':>12}")
    for case, costs in counted(options, known["costs"]):
        if case.name not in found:
            print(case.name)
        found.setdefault(case.name, {}).update(costs)
        wrong += show(case, costs, known["costs"].get(case.name, {}))
    if options.update:
        BASELINE.write_text(json.dumps({"rustc": rustc, "costs": found}, indent=2) + "\n")
        print(f"written to {BASELINE.relative_to(ROOT)}; say in the commit why it changed")
        return 0
    wrong += [f"{name}: not counted" for name in known["costs"] if name not in found and options.only in name]
    if wrong:
        print("\nUploads cost more than they did, or something else than the baseline knows:")
        print(*wrong, sep="\n")
        if known["rustc"] != rustc:
            print(f"The baseline was made with {known['rustc']}, and this is {rustc}.")
        print(ADVICE)
    else:
        print("costs: no figure is above its gate")
    return 1 if wrong else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--update", action="store_true", help="take what is counted now as the baseline")
    parser.add_argument("--only", default="", metavar="TEXT", help="the cases with this in their name")
    parser.add_argument("--built", type=Path, default=ROOT / "target" / "debug", metavar="FOLDER")
    options = parser.parse_args()
    if options.update and options.only:
        parser.error("a baseline is of all cases: leave out --only")
    missing = [tool for tool in ("strace", "valgrind", "cc") if shutil.which(tool) is None]
    if missing:
        parser.exit(2, f"install {', '.join(missing)} first (apt-get install)\n")
    if not all((options.built / program).exists() for program in PROGRAMS):
        parser.exit(2, "run first: cargo build --workspace --all-targets\n")
    return options


# -- counting


def counted(options, known):
    """The cases, each with what its figures cost."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="costs-", dir=options.built))
        folder = Path(folder)
        http, https, sandbox = (
            stack.enter_context(host(options.built)).ready
            for host in (hosts.sink, hosts.secure_sink, hosts.sandbox)
        )
        # One root: reading all of a system's is most of what a short run does. No proxy, and nobody's keys.
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SSL_CERT_FILE": https["ca_file"]}
        counting = Counting(folder, environment)
        for case in all_cases(counting, lambda size: file_of(folder, size), http, https, sandbox):
            if options.only in case.name:
                yield case, cost_of(case, options.built / "costs", known.get(case.name, {}))


def file_of(folder, size):
    """Written, so that the page cache has it."""
    path = folder / f"{size}.bin"
    if not path.exists():
        with path.open("wb") as file:
            for at in range(0, size, MIB):
                file.write(os.urandom(min(size - at, MIB)))
    return str(path)


def cost_of(case, program, known):
    """From the least of several runs of each size, which take turns, so that what disturbs the one disturbs
    the other."""
    least = [{}, {}]
    # What a baseline has too much, it lets pass later.
    enough = case.runs if known else 2 * case.runs
    for number in range(enough + case.more):
        for kept, job in zip(least, (case.small, case.large), strict=True):
            counts = case.count([program, json.dumps(job)])
            kept.update({figure: min(count, kept.get(figure, count)) for figure, count in counts.items()})
        small, large = least
        costs = {figure: round((large[figure] - small[figure]) / case.per, 3) for figure in large}
        above = max((costs[f] / case.gates[f].most(known[f]) for f in costs if f in known), default=0)
        if number + 1 >= enough and (above <= 1 or above > HOPELESS):
            break
    return costs


# -- the verdict


def show(case, costs, known):
    """Prints the lines of a case, and gives what is wrong with it."""
    wrong = []
    for figure, cost in costs.items():
        before = known.get(figure)
        if before is None:
            wrong.append(f"{case.name}: {figure} is not in the baseline")
            print(f"  {figure:32}{cost:12.2f}", flush=True)
            continue
        most = case.gates[figure].most(before)
        change = f"{cost / before - 1:+.1%}" if before > 0 else ""
        print(f"  {figure:32}{cost:12.2f}{before:12.2f}{change:>9}{most:12.2f}", flush=True)
        if cost > most:
            wrong.append(f"{case.name}: {figure} {before:.2f} -> {cost:.2f}, and {most:.2f} is the most")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
