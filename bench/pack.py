"""Packing a profile tree, ours beside Python's zipfile: the cases, how one is run, their part of the report.

Both make an archive of exactly the same entries, which are those of an archive of ours that was read back and
compared with the tree. See README.md.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from measure import Failed, cpu_of
from quiet import busy_seconds

HERE = Path(__file__).parent
TREE = HERE.parent / "tests/profiles/tree.py"
MIB = 1024**2
GIB = 1024**3
TIMEOUT = 300.0
# Both get as many processors; zipfile has use for one.
CORES = 2

# What the product aims at.
TIME = 0.2
SIZE = 1.01
MEMORY_MIB = 96


@dataclasses.dataclass(frozen=True)
class Packing:
    level: str
    peer: str
    label: str
    # About, on a quiet machine.
    seconds: float = 7.0
    runs: int | None = None

    @property
    def group(self):
        return f"packing, level {self.level}"

    @property
    def name(self):
        return f"{self.group}: {self.peer} {self.label}"


def cases():
    return [
        Packing(level, peer, label)
        for level in ("full", "default")
        for peer, label in [("zipfile", "level 6"), ("dropoff", "upload_profile")]
    ]


class Packer:
    """The tree, the entries that each level keeps of it, and how one case is run."""

    def __init__(self, folder, python, keeping, discarding, patience, levels):
        self._folder = Path(tempfile.mkdtemp(dir=folder, prefix="pack-"))
        self._tree = self._folder / "tree"
        self._python, self._discarding, self._patience = python, discarding, patience
        command = [sys.executable, TREE, self._tree, "--size", "bench"]
        self.tree = json.loads(subprocess.check_output(command, timeout=TIMEOUT))
        # What is written back to the disk meanwhile would be in somebody's figures.
        os.sync()
        self._kept = {level: self._read_back(level, keeping) for level in levels}
        keeping.child.stop()
        os.sync()

    def _read_back(self, level, sandbox):
        """Packs once, reads the archive with zipfile, compares it with the tree, and gives its entries."""
        sandbox.control("POST", "/reset")
        self._peer("dropoff", level, sandbox, None)
        (stored,) = sandbox.control("GET", "/objects")
        path = self._folder / "read-back.zip"
        sandbox.download(stored["key"], path)
        with zipfile.ZipFile(path) as archive:
            # Reading checks the CRC too.
            for info in archive.infolist():
                if not info.is_dir() and archive.read(info) != (self._tree / info.filename).read_bytes():
                    sys.exit(f"{info.filename} is not in the archive as it is in the tree")
            infos = archive.infolist()
        path.unlink()
        names = self._folder / f"{level}.json"
        names.write_text(json.dumps([info.filename for info in infos]))
        return {"names": str(names), "entries": len(infos), "size": sum(info.file_size for info in infos)}

    def _peer(self, peer, level, sandbox, names):
        job = {
            "folder": str(self._tree),
            "level": level,
            "names": names,
            "spool_dir": str(self._folder),
            "api_key": sandbox.h_api_key,
            "api_url": sandbox.api_url,
            "storage_url": sandbox.storage_url,
        }
        command = [self._python, HERE / f"pack_{peer}.py", json.dumps(job)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "LANG": "C.UTF-8"}
        # The probe is that of the other clients.
        environment["PYTHONPATH"] = str(HERE / "clients")
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES]),
        )
        if done.returncode:
            raise Failed(f"packing by {peer} failed:\n{done.stderr}")
        (self._folder / "zipfile.zip").unlink(missing_ok=True)
        return json.loads(done.stdout)

    def run(self, case):
        kept, sink = self._kept[case.level], self._discarding
        sink.control("POST", "/reset")
        self._patience.wait_for_quiet()
        # What the run before left to be written to the disk.
        os.sync()
        busy, sinking, began = busy_seconds(), cpu_of(sink.child.pid), time.monotonic()
        cost = self._peer(case.peer, case.level, sink, kept["names"])
        lasted, sinking, busy = (
            time.monotonic() - began,
            cpu_of(sink.child.pid) - sinking,
            busy_seconds() - busy,
        )
        facts, cpu = cost["facts"], cost["user"] + cost["system"]
        if case.peer == "dropoff":
            arrived = sink.arrived()["bytes"]
            if arrived != facts["archive"] or facts["bytes"] != kept["size"]:
                raise Failed(f"{kept['size']} bytes to pack, {arrived} arrived, {facts}")
        return {
            "case": case.name,
            "size": kept["size"],
            "entries": kept["entries"],
            **cost,
            "cpu": cpu,
            "cpu_per_gib": cpu * GIB / kept["size"],
            "packing": facts.get("packing", cost["wall"]),
            "packing_cpu": facts.get("packing_cpu", cpu),
            "archive": facts["archive"],
            "sink_cpu": sinking,
            "others": max(0.0, (busy - cpu - cost["before"] - sinking) / lasted),
        }


# Figures of a run that sends do not have.
FIGURES = ["packing", "packing_cpu", "archive", "entries", "size"]


def describe(case):
    """What the report says about a case."""
    return {"group": case.group, "peer": case.peer, "label": case.label, "setting": case.level}


def is_packing(summary):
    return "archive" in summary


def _pairs(cases):
    """Group, zipfile's case, ours, of what was run."""
    for ours in cases.values():
        theirs = cases.get(f"{ours['group']}: zipfile level 6")
        if is_packing(ours) and ours["peer"] == "dropoff":
            yield ours["group"], theirs, ours


def aims(cases):
    """What is aimed at, what was measured, the limit, its unit, and of how many runs."""
    for group, theirs, ours in _pairs(cases):
        runs = ours["runs"]
        if theirs:
            runs = min(runs, theirs["runs"])
            ratio = ours["packing"]["median"] / theirs["packing"]["median"]
            yield f"time of packing, ours / zipfile's: {group}", ratio, TIME, "", runs
            ratio = ours["archive"]["median"] / theirs["archive"]["median"]
            yield f"size of the archive, ours / zipfile's: {group}", ratio, SIZE, "", runs
        memory = ours["over_idle_kib"]["median"] / 1024
        yield f"peak memory over idle of the whole call: {group}", memory, MEMORY_MIB, " MiB", runs


def table(group, cases):
    """Of one level, Markdown."""
    here = [case for case in cases.values() if case["group"] == group]
    size, entries = here[0]["size"]["median"] / MIB, here[0]["entries"]["median"]
    lines = [
        "",
        f"### {group}: {entries:.0f} entries, {size:.0f} MiB",
        "",
        "`packing` is what an archive costs; of ours from the moment the call looks into the folder until it "
        "sends. `call` is all of it: packing, sending to a host that drops it, and its SHA-256.",
        "",
        "| | packing, s | call, s | packing, CPU s | call, CPU s | memory over idle, MiB | all "
        "| archive, MiB | packing / zipfile | CPU / zipfile | size / zipfile | n |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    theirs = cases.get(f"{group}: zipfile level 6")
    for case in here:

        def spread(name, scale=1.0, digits=2, case=case):
            of = case[name]
            median, least, most = (f"{of[part] * scale:.{digits}f}" for part in ("median", "least", "most"))
            return f"{median} ({least}–{most})"

        ratios = [""] * 3
        if theirs and case is not theirs:
            of = ("packing", "packing_cpu", "archive")
            ratios = [f"**{case[name]['median'] / theirs[name]['median']:.3f}**" for name in of]
        cells = [
            f"{case['peer']}, {case['label']}",
            spread("packing"),
            spread("wall") if case["peer"] == "dropoff" else "",
            spread("packing_cpu"),
            spread("cpu") if case["peer"] == "dropoff" else "",
            spread("over_idle_kib", 1 / 1024, 1),
            f"{case['peak_kib']['median'] / 1024:.1f}",
            f"{case['archive']['median'] / MIB:.1f}",
            *ratios,
            str(case["runs"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
