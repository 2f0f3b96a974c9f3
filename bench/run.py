#!/usr/bin/env python3
"""Our library beside curl, other clients, the official `agentdrop` SDK and `zipfile`. See README.md.

    run.py [--quick] [--runs N] [--only TEXT] [--no-build] [--as-it-is] [--patience SECONDS] [--out FILE]

Prints tables in Markdown, also to target/bench/report.md; report.json beside it has every run and the gates.
"""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
from pathlib import Path

import build
import gates
import loopback
import machine
import measure
import pack
import report
import sends
import startup
from cases import OURS, cases, warm_up
from files import Files
from hosts import Hosts
from measure import Failed
from quiet import LOUD, Patience
from summary import Summary

HERE = Path(__file__).parent
STARTUP = "start-up"
# Waiting for quiet and starting a client, each run.
OVERHEAD = 0.6


def main():
    options = arguments()
    # Ended by it, we would leave the files that are sent.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build.OUT.mkdir(parents=True, exist_ok=True)
    chosen = [case for case in every(options.quick) if options.only in case.name]
    wants_startup = options.only in STARTUP
    if not chosen and not wants_startup:
        sys.exit(f"no case has {options.only!r} in its name")
    peers = {case.peer for case in chosen if not isinstance(case, pack.Packing)}
    wants_sandbox = any(isinstance(case, pack.Packing) or case.host.kind == "sandbox" for case in chosen)
    needed = (peers | set(OURS) if wants_startup else peers, wants_sandbox)
    sink, sandbox, wheel = build.everything(options.build, *needed)
    client_cores, host_cores = measure.processors()

    described = machine.facts(sink, sandbox, wheel, (client_cores, host_cores))
    described["congestion_control"] = (
        loopback.CONTROL.read_text().strip() if options.as_it_is else loopback.without_pacing()
    )
    found = {"quick": options.quick, "machine": described, "runs": [], "failed": []}
    found |= {"startup": None, "yardstick": None, "tree": None}
    patience = Patience(options.patience)
    rounds = Rounds(found, options.runs, patience)
    _say(f"about {estimate(chosen, options.runs) / 60:.0f} minutes, on a quiet machine")
    try:
        with (
            tempfile.TemporaryDirectory(dir=build.OUT, prefix="run-") as folder,
            contextlib.closing(Hosts(sink, sandbox, host_cores)) as hosts,
        ):
            files = Files(Path(folder) / "files")
            keys = sends.key_pair(build.VENV / "bin/python")
            bench = sends.Bench(hosts, files, patience, keys, client_cores)
            if wants_startup:
                found["startup"] = startup.measured(bench, wheel)
            _sends(rounds, bench, files, chosen, found)
            _packs(rounds, hosts, patience, folder, chosen, found)
    finally:
        # What is measured by then, also when it is interrupted.
        if found["runs"] or found["startup"] or found["failed"]:
            write(found, rounds.described, options.out)
    sys.exit(1 if found["failed"] else 0)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small files, fewer peers and cases, two runs")
    parser.add_argument("--runs", type=int, help="runs of each case (default: 5, quick: 2)")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases with this in their name")
    parser.add_argument("--no-build", dest="build", action="store_false", help="with what is built already")
    parser.add_argument(
        "--as-it-is",
        action="store_true",
        help="on this machine's own loopback, though it paces (see loopback.py)",
    )
    parser.add_argument(
        "--patience",
        type=float,
        metavar="SECONDS",
        help="how long, in all, to wait for others to leave the processors alone, and to make runs again "
        "that they disturbed (default: 300, quick: 20)",
    )
    parser.add_argument("--out", type=Path, default=build.OUT / "report.json", metavar="FILE")
    options = parser.parse_args()
    if trouble := unwritable(options.out):
        parser.error(f"--out {options.out}: {trouble}")
    options.runs = options.runs or (2 if options.quick else 5)
    if options.patience is None:
        options.patience = 20 if options.quick else 300
    return options


def unwritable(out):
    """Why a report cannot be written there, if so: better told now than after half an hour."""
    if out.is_dir() or out.suffix != ".json":
        return "give a file whose name ends in .json; the tables go beside it as .md"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            return None
    except OSError as error:
        return error.strerror


def every(quick):
    return [*cases(quick), *([] if quick else pack.cases())]


def estimate(chosen, runs):
    # The first run of each is the one that does not count.
    return sum((case.seconds + OVERHEAD) * min(case.runs or runs, runs) + OVERHEAD for case in chosen)


class Rounds:
    """Runs the cases of a group in turn, A B C … A B C …: a machine that slows down slows all of them."""

    def __init__(self, found, rounds, patience):
        self._found, self._rounds, self._patience = found, rounds, patience
        self.described = {}

    def of(self, group, runner, describe):
        for case in group:
            self.described[case.name] = describe(case)
        for number in range(self._rounds):
            for case in group:
                if self._is_due(case, number):
                    self._run(case, runner, number + 1)

    def _is_due(self, case, number):
        """A case with fewer runs has them spread over all rounds."""
        runs = min(case.runs or self._rounds, self._rounds)
        return (number * runs) % self._rounds < runs

    def _run(self, case, runner, number):
        for last in (False, True):
            try:
                run = runner(case)
            except Failed as failure:
                self.failed(case, failure, number)
                return
            # Judged by what others did, never by what was measured; and once only.
            disturbed = not last and run["others"] > LOUD and self._patience.allows(run["wall"])
            self._keep(run | {"round": number, "disturbed": disturbed})
            if not disturbed:
                return

    def failed(self, case, failure, number):
        self._found["failed"].append(f"{case.name}: {failure}")
        _say(report.line({"case": case.name, "round": number, "failed": failure}))

    def _keep(self, run):
        self._found["runs"].append(run)
        _say(report.line(run))


def _sends(rounds, bench, files, chosen, found):
    left = [case for case in chosen if not isinstance(case, pack.Packing)]
    for group in _groups(left):
        rounds.of([case for case in group if _warm(case, rounds, bench, files)], bench.run, sends.describe)
        if group[0].group == "SDK, one PUT, https":
            yardstick = (build.SDK / "bin/python", HERE / "yardstick.py", group[0])
            found["yardstick"] = bench.yardstick(*yardstick)
        left = left[len(group) :]
        files.keep_only(left)


def _warm(case, rounds, bench, files):
    """Whether it works at all; what does not is not tried again."""
    files.warm(case)
    try:
        bench.run(warm_up(case))
    except Failed as failure:
        rounds.failed(case, failure, "warm")
        return False
    return True


def _packs(rounds, hosts, patience, folder, chosen, found):
    packs = [case for case in chosen if isinstance(case, pack.Packing)]
    if not packs:
        return
    keeping, discarding = hosts.sandbox(keeps=True), hosts.sandbox()
    levels = {case.level for case in packs}
    packer = pack.Packer(folder, build.VENV / "bin/python", keeping, discarding, patience, levels)
    found["tree"] = packer.tree
    rounds.of(packs, packer.run, pack.describe)


def _groups(chosen):
    """Cases that follow each other and are compared."""
    found = {}
    for case in chosen:
        found.setdefault(case.group, []).append(case)
    return list(found.values())


def write(found, described, out):
    summary = Summary(described, found["runs"], pack.FIGURES)
    found["cases"] = summary.cases
    found["gates"] = gates.gates(summary, found["startup"], pack.aims(summary.cases))
    text = report.markdown(found, summary)
    out.write_text(json.dumps(found, indent=1) + "\n")
    out.with_suffix(".md").write_text(text + "\n")
    print(text)


def _say(what):
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
