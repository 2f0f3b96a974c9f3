"""From runs to medians, ratios and Markdown."""

from statistics import median

import pack
from cases import CONCURRENCY, GIB, MEMORY_BUDGET, MIB, RATE

KIB = 1024
PATHS = ("single PUT, https", "single PUT, http", "default path, https", "default path, http")


def line(run):
    """One run, as it happens."""
    packing = f"packing {run['packing']:.2f} s  " if pack.is_packing(run) else ""
    return (
        f"{run['round'] + 1}  {run['case']:62} {run['cpu']:7.2f} CPU s  {run['wall']:6.2f} s  {packing}"
        f"{run['over_idle_kib'] / KIB:6.1f} MiB  sink {run['sink_cpu']:.2f}  others {run['others']:.2f}"
        f"{'  again' if run['disturbed'] else ''}"
    )


def summarise(found):
    """Medians, least and most of each case, in the order of the cases; and what is aimed at."""
    by_case = {}
    for run in found["runs"]:
        if not run["disturbed"]:
            by_case.setdefault(run["case"], []).append(run)
    summary = {case: _spread(runs) for case, runs in by_case.items()}
    aims = list(_aims(summary, by_case))
    return {"cases": summary, "aims": aims, "marking": marking(by_case)}


def _spread(runs):
    def of(name):
        values = [run[name] for run in runs]
        return {"median": median(values), "least": min(values), "most": max(values)}

    names = [
        "cpu",
        "cpu_per_gib",
        "user",
        "system",
        "wall",
        "over_idle_kib",
        "peak_kib",
        "sink_cpu",
        "others",
    ]
    names += [name for name in pack.FIGURES if name in runs[0]]
    facts = {name: runs[0][name] for name in ("group", "peer", "label", "sealed", "size")}
    return facts | {"runs": len(runs)} | {name: of(name) for name in names}


def _aims(summary, by_case):
    """What the product aims at, with what was measured. Never the verdict of a test."""

    def aim(what, measured, limit, unit=""):
        return {"what": what, "measured": measured, "limit": limit, "unit": unit, "met": measured <= limit}

    def value(case, name):
        return summary[case][name]["median"]

    def ratio(group, label, name, theirs=None):
        ours = f"{group}: dropoff {label}"
        theirs = f"{group}: agentdrop {theirs or label}"
        if ours in summary and theirs in summary:
            return value(ours, name) / value(theirs, name)
        return None

    for path, limit in [
        ("single PUT, https", 0.65),
        ("default path, https", 0.05),
        ("default path, http", 0.05),
    ]:
        for label in ("plain", "sealed"):
            if (measured := ratio(path, label, "cpu")) is not None:
                yield aim(f"CPU, ours / SDK's: {path}, {label}", measured, limit)
    for path in PATHS:
        for label in ("plain", "sealed"):
            if (measured := ratio(path, label, "peak_kib")) is not None:
                yield aim(f"peak memory of the process, ours / SDK's: {path}, {label}", measured, 0.5)
            if (measured := ratio(path, label, "over_idle_kib")) is not None:
                yield aim(f"peak memory over idle, ours / SDK's: {path}, {label}", measured, 0.5)
    for path in PATHS:
        if (added := sealing(path, by_case)) is not None:
            yield aim(f"what sealing adds, CPU s per GiB: {path}", added, 0.25)
    for label in ("plain", "sealed"):
        case = f"50 MB/s a connection, https: dropoff {label}"
        if case in summary:
            ideal = summary[case]["size"] / (RATE * CONCURRENCY)
            yield aim(f"time / (size / (50 MB/s x {CONCURRENCY})), {label}", value(case, "wall") / ideal, 1.2)
            most = MEMORY_BUDGET // MIB + 32
            measured = value(case, "over_idle_kib") / KIB
            yield aim(f"peak memory over idle at 50 MB/s a connection, {label}", measured, most, " MiB")
    for packing in pack.aims(summary):
        yield aim(*packing)


def marking(by_case):
    """CPU seconds per GiB of sealing every block once more and keeping its mark. With a journal, that is done
    before anything is sent; nothing else differs, whichever way it is sent then. So what that adds to a run
    of the same round is it."""
    more = [_more(by_case, path, "sealed", "sealed, with a journal") for path in PATHS]
    surplus = [seconds for of_path in more for seconds in of_path]
    return {"whole": median(surplus), "runs": len(surplus)} if surplus else None


def sealing(path, by_case):
    """What sealing adds, CPU seconds per GiB."""
    added = _more(by_case, path, "plain", "sealed")
    return median(added) if added else None


def _more(by_case, path, first, second):
    """What the second costs above the first, round by round; nothing if one of them was not run."""
    runs = [by_case.get(f"{path}: dropoff {name}", []) for name in (first, second)]
    both = zip(*runs, strict=True) if all(runs) else []
    return [two["cpu_per_gib"] - one["cpu_per_gib"] for one, two in both]


def markdown(found):
    summary, machine = found["summary"], found["machine"]
    sdk, ours = machine["agentdrop"], machine["dropoff"]
    lines = [
        "## dropoff (Python) beside the official agentdrop SDK, and zipfile",
        "",
        f"{machine['time']}, {machine['processor']}, {machine['cores']} cores, {machine['kernel']}. "
        f"dropoff {ours['dropoff']} (release wheel), agentdrop {sdk['agentdrop']} (requests "
        f"{sdk['requests']}, urllib3 {sdk['urllib3']}, {sdk['openssl of ssl']}, cryptography "
        f"{sdk['cryptography']}), Python {ours['python']} (its zipfile with zlib {ours['zlib']}).",
        "Medians (least to most) of interleaved runs, each a fresh process. CPU is user + system of the "
        "client during the send; memory is its peak over the idle process, with package imported and client "
        "made, and all of it. Ratios are to the SDK's same kind of send, or to zipfile.",
    ]
    if found["quick"]:
        lines += ["", "**Quick run: small file, few runs; the figures are for orientation only.**"]
    group = None
    for case in summary["cases"].values():
        if case["group"] != group:
            group = case["group"]
            if pack.is_packing(case):
                lines += pack.table(group, summary["cases"])
                continue
            size = case["size"] / GIB
            lines += [
                "",
                f"### {group}, {size:g} GiB",
                "",
                "| client | CPU s/GiB | user + system | time s | memory over idle, MiB | all | CPU / SDK "
                "| memory / SDK | n |",
                "|---|---|---|---|---|---|---|---|---|",
            ]
        if not pack.is_packing(case):
            lines.append(_row(case, summary["cases"]))
    lines += [
        "",
        "### What is aimed at",
        "",
        "| | measured | at most | |",
        "|---|---|---|---|",
    ]
    for aim in summary["aims"]:
        met = "met" if aim["met"] else "**missed**"
        unit = aim["unit"]
        lines.append(f"| {aim['what']} | {aim['measured']:.4g}{unit} | {aim['limit']:g}{unit} | {met} |")
    if mark := summary["marking"]:
        yardstick = found["yardstick"]
        lines += [
            "",
            f"A journal has every block sealed once more before the first byte leaves: {mark['whole']:.2f} "
            f"CPU s per GiB (median of {mark['runs']} pairs of runs), of it reading {yardstick['read']:.2f}. "
            f"AES-256-GCM alone, in 128 KiB pieces on one core: {yardstick['cipher']:.2f} "
            f"({yardstick['library']}).",
        ]
    return "\n".join(lines)


def _row(case, cases):
    def spread(of, scale=1.0, digits=2):
        median, least, most = (f"{of[name] * scale:.{digits}f}" for name in ("median", "least", "most"))
        return f"{median} ({least}–{most})"

    kind = "sealed" if case["sealed"] else "plain"
    theirs = cases.get(f"{case['group']}: agentdrop {kind}")
    ratios = ["", ""]
    if theirs and case["peer"] == "dropoff":
        ratios = [
            f"**{case[name]['median'] / theirs[name]['median']:.3f}**" for name in ("cpu", "over_idle_kib")
        ]
    per_gib = GIB / case["size"]
    cells = [
        f"{case['peer']}, {case['label']}",
        spread(case["cpu_per_gib"]),
        f"{case['user']['median'] * per_gib:.2f} + {case['system']['median'] * per_gib:.2f}",
        spread(case["wall"]),
        spread(case["over_idle_kib"], 1 / KIB, 1),
        f"{case['peak_kib']['median'] / KIB:.1f}",
        *ratios,
        str(case["runs"]),
    ]
    return f"| {' | '.join(cells)} |"
