#!/usr/bin/env python3
"""Publishes a run: `publish.py [target/bench/report.json]` writes `docs/performance.json`, and the tables and
plots of `docs/performance.md`. People write what stands beside them."""

import json
import re
import sys
from pathlib import Path

from cases import CHECKED_PARTS
from plots import plots

ROOT = Path(__file__).resolve().parent.parent
DATA, PAGE = ROOT / "docs/performance.json", ROOT / "docs/performance.md"
REPORT = ROOT / "target/bench/report.json"
COLUMNS = ["https: CPU s/GiB", "/ curl", "time / curl", "http: CPU s/GiB", "/ curl", "memory, MiB"]
CHECKED_COLUMNS = ["CPU s/GiB", "/ best", "time s", "/ best", "peak, MiB", "n"]
CHECKED_FIGURES = ["cpu", "cpu_ratio", "time", "time_ratio", "memory_mib", "runs"]
FIGURES = ["https_cpu", "https_cpu_ratio", "https_time_ratio", "http_cpu", "http_cpu_ratio", "memory_mib"]


CHECKED_HEAD = """## Parts, with a check

1 GiB over https in parts of 64 MiB, four at once, to one host that decrypts and computes a CRC-64 of all
of it, client and host on one core each. Each client checks as it does by default; `obstore-crc64` is told to
send a CRC where `obstore` signs a SHA-256. *Best* is the best client that is not ours, of each figure; the
peak is that of the whole process.

"""


def published(report):
    """The figures of a report that are shown, as they are shown."""
    groups = {group: _clients(report, group) for group in ("PUT https", "PUT http")}
    peers = sorted(groups["PUT https"], key=lambda peer: not _is_ours(peer))
    clients = [_client(peer, groups) for peer in peers]
    gates = [
        {
            "name": gate["name"],
            "setting": gate["setting"],
            "seen": f"{gate['value']:.3g}{gate['unit']}",
            "limit": f"{'exactly ' if gate['exactly'] else ''}{gate['limit']:g}{gate['unit']}",
            "met": gate["met"],
            "runs": gate["runs"],
        }
        for gate in report["gates"]
    ]
    return {"clients": clients, "checked": _checked(report), "gates": gates}


def _clients(report, group):
    """One case for each: the library as it comes."""
    cases = [case for case in report["cases"].values() if case["group"] == group]
    return {case["peer"]: case for case in cases if case["setting"] == "defaults"}


def _client(peer, groups):
    https, http = (group.get(peer) for group in groups.values())
    curls = [group["curl"] for group in groups.values()]
    memory = https.get("over_idle_kib")
    return {
        "client": peer,
        "https_cpu": _figure(https, "cpu_per_gib"),
        "https_cpu_ratio": _ratio(https, curls[0], "cpu_per_gib"),
        "https_time_ratio": _ratio(https, curls[0], "wall"),
        "http_cpu": _figure(http, "cpu_per_gib"),
        "http_cpu_ratio": _ratio(http, curls[1], "cpu_per_gib"),
        "memory_mib": f"{memory['median'] / 1024:.1f}" if memory else "",
    }


def _checked(report):
    """Parts with a check, each client's, beside the best that is not ours; none if they were not measured."""
    cases = [case for case in report["cases"].values() if case["group"] == CHECKED_PARTS]
    others = [case for case in cases if not _is_ours(case["peer"])]
    least = {figure: min(case[figure]["median"] for case in others) for figure in ("cpu", "wall") if others}
    return [
        {
            "client": case["peer"],
            "cpu": _figure(case, "cpu_per_gib"),
            "cpu_ratio": f"{case['cpu']['median'] / least['cpu']:.2f}" if least else "",
            "time": _figure(case, "wall"),
            "time_ratio": f"{case['wall']['median'] / least['wall']:.2f}" if least else "",
            # Of a program that is not ours as it is seen from outside.
            "memory_mib": f"{_held(case) / 1024:.0f}",
            "runs": str(case["runs"]),
        }
        for case in cases
    ]


def _held(case):
    return case["call_peak_kib" if "call_peak_kib" in case else "peak_kib"]["median"]


def _is_ours(client):
    return client.startswith("dropoff-")


def _figure(case, figure):
    return f"{case[figure]['median']:.2f}" if case else ""


def _ratio(case, curl, figure):
    return f"{case[figure]['median'] / curl[figure]['median']:.2f}" if case else ""


def tables(data):
    """The page's tables, each with the name of its marker."""
    clients, checked = (
        [
            [f"**{row['client']}**" if _is_ours(row["client"]) else row["client"]]
            + [row[figure] for figure in figures]
            for row in data.get(name, [])
        ]
        for name, figures in [("clients", FIGURES), ("checked", CHECKED_FIGURES)]
    )
    gates = [
        [gate["name"], gate["setting"], gate["seen"], gate["limit"]]
        + ["met" if gate["met"] else "**missed**", str(gate["runs"])]
        for gate in data["gates"]
    ]
    return {
        "clients": _table(["", *COLUMNS], clients),
        # Until a run has it there is nothing to show, its heading neither.
        "checked": CHECKED_HEAD + _table(["", *CHECKED_COLUMNS], checked) if checked else "",
        "gates": _table(["", "setting", "seen", "at most", "", "n"], gates),
    }


def _table(columns, rows):
    lines = [columns, *rows]
    texts = [f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines]
    return "\n".join([texts[0], "|" + "---|" * len(columns), *texts[1:]]) + "\n"


def with_tables(page, data):
    for name, table in tables(data).items():
        begin, end = f"<!-- {name}: made by bench/publish.py -->\n", f"<!-- end of {name} -->"
        found = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
        page, count = found.subn(lambda _, b=begin, t=table, e=end: b + t + e, page)
        assert count == 1, f"{PAGE} has no place for the table of {name}"
    return page


def main():
    report = json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else REPORT).read_text())
    if report["quick"] or report["failed"]:
        sys.exit("a quick run, or one in which something failed, is not published")
    data = published(report)
    DATA.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(with_tables(PAGE.read_text(), data))
    for name, drawn in plots(data["clients"]).items():
        (ROOT / "docs/assets" / name).write_text(drawn)


if __name__ == "__main__":
    main()
