"""Tables in Markdown."""

import pack
from cases import BLOCKS, CHECKED_PARTS, FORM_SIZE, GIB, OURS, PART_RATE, PARTS_AT_ONCE
from gates import LANES, best_that_checks, latency_bound, sealing
from machine import PEERS

KIB = 1024

QUADRATIC = (
    "The SDK cuts parts off a buffer of `bytes` to which it adds each chunk, so every MiB copies the whole "
    "buffer again. That is what its default path costs above 500 MB, not what parts cost."
)
HASHED = (
    "curl hashes nothing. `upload_profile` is all of its flow, with the SHA-256 that the service compares. A "
    "raw form of this size has a CRC alone, by default and with `integrity_check`: the sink answers no MD5."
)
CHECKING = (
    "Everyone sends parts of {part} MiB, {lanes} at once, with the check that it has by default; "
    "`obstore-crc64` is told to send a CRC instead. awscrt sends a CRC-64 behind each part and boto3 a "
    "CRC-32, obstore signs SHA-256s, s5cmd and rclone send MD5s and sign SHA-256s. Ours computes the CRC-64 "
    "and compares what the host answers. The host decrypts, computes a CRC-64 of everything, and compares "
    "what CRC it was sent (so many times: *compared*). Best: of each figure, that of the best client that is "
    "not ours."
)
KILLED = (
    "Killed: CPU and time are those of all its processes. When it is killed is chance's, by what had come, "
    "and the same in each run; *sent* is what the host counted, of the file."
)
FRESH = "requests as the SDK uses it, and the SDK, open a connection for each file; that doubles their bound."


def line(run):
    """One run, as it happens."""
    if "failed" in run:
        return f"{run['round']:>4}  {run['case']:72} FAILED: {run['failed']}"
    packing = f"  packing {run['packing']:.2f} s" if "packing" in run else ""
    over = f"{run['over_idle_kib'] / KIB:6.1f} MiB" if "over_idle_kib" in run else " " * 10
    return (
        f"{run['round']:>4}  {run['case']:72} {run['cpu']:7.2f} CPU s {run['wall']:7.2f} s {over}"
        f"{packing}  host {run['sink_cpu']:.2f}  others {run['others']:.2f}"
        f"{'  again' if run['disturbed'] else ''}"
    )


def markdown(found, summary):
    lines = ["## dropoff beside curl, other clients, the official agentdrop SDK, and zipfile", ""]
    lines += _machine(found["machine"])
    lines.append(
        "Medians (least to most) of interleaved runs, each a fresh process. CPU is user + system of the "
        "whole process, its start included; `call` is the upload alone, as the client measures it. Memory is "
        "the call's peak over the idle process, library loaded and client made; `peak` is all of it."
    )
    if found["quick"]:
        lines += ["", "**Quick run: small files, few runs; the figures are for orientation only.**"]
    if found["failed"]:
        lines += ["", "**Failed:**", "", *(f"* {text}" for text in found["failed"])]
    lines += _gates(found["gates"])
    for group in dict.fromkeys(case["group"] for case in summary.cases.values()):
        lines += _group(group, summary)
    lines += _sealing(found, summary)
    if found["startup"]:
        lines += _startup(found["startup"])
    return "\n".join(lines)


def _machine(machine):
    sdk, ours, peers = machine["agentdrop"], machine["dropoff"], machine["peers"]
    versions = [
        f"dropoff {ours['dropoff']}",
        *machine["curl"],
        *([f"agentdrop {sdk['agentdrop']} ({sdk['openssl of ssl']})"] if sdk else []),
        *(f"{name} {peers[name]}" for name in PEERS if peers and name != "urllib3"),
        f"Node {machine['node']}",
        *([f"undici {machine['undici']}"] if machine["undici"] else []),
        f"Python {ours['python']} (zlib {ours['zlib']})",
        machine["rustc"] or "",
    ]
    hosts = " and ".join(f"`{machine[host]}`" for host in ("sink", "sandbox") if machine[host])
    changed = ", uncommitted changes" if machine["uncommitted_changes"] else ""
    return [
        f"{machine['time']}, {machine['processor']}, {machine['cores']} processors, {machine['kernel']}, "
        f"commit {(machine['commit'] or '?')[:12]}{changed}. {'; '.join(versions)}. Pinned clients have "
        f"processor {machine['client_on']}, their host has {machine['host_on']}. Hosts: {hosts}. "
        f"TCP: {machine['congestion_control']}.",
        "",
    ]


def _gates(gates):
    if not gates:
        return []
    missed = sum(not gate["met"] for gate in gates)
    lines = ["", f"### What must be shown: {len(gates) - missed} met, {missed} missed", ""]
    lines += ["| | setting | measured | limit | | n |", "|---|---|---|---|---|---|"]
    for gate in gates:
        limit = f"{'=' if gate['exactly'] else '≤'} {gate['limit']:g}{gate['unit']}"
        limit += f" (better: {gate['stretch']:g})" if gate["stretch"] else ""
        met = "met" if gate["met"] else "**missed**"
        measured = f"{gate['value']:.4g}{gate['unit']}"
        lines.append(
            f"| {gate['name']} | {gate['setting']} | {measured} | {limit} | {met} | {gate['runs']} |"
        )
    return lines


def _group(group, summary):
    cases = summary.group(group)
    if any(pack.is_packing(case) for case in cases.values()):
        return pack.table(group, cases)
    first = next(iter(cases.values()))
    pinned = "" if first["pinned"] else ", not pinned"
    lines = ["", f"### {group}{pinned}", ""]
    if first["do"] == "many" and "how many" not in group and "link" not in group and group != "memory":
        lines += _small(cases)
    elif "how many" in group or "8 files" in group:
        lines += _lanes(cases)
    elif group == CHECKED_PARTS:
        lines += _checked_parts(cases, summary)
    elif group == BLOCKS:
        lines += _blocks(cases)
    elif group == "memory":
        lines += _memory(cases)
    elif group.startswith("first byte"):
        lines += _first_byte(cases)
    else:
        lines += _sends(cases, _reference(cases))
    return lines


def _reference(cases):
    """Of a group with curl that is its row; with the SDK, its row of the same kind; else none."""

    def of(case):
        for name, other in cases.items():
            if other["peer"] == "curl":
                return name
            same = other["variant"].removeprefix("agentdrop, ") in case["variant"]
            if case["group"].startswith("SDK") and other["peer"] == "agentdrop" and same:
                return name
        return None

    return of


def _sends(cases, reference):
    of_sdk = any(case["group"].startswith("SDK") for case in cases.values())
    # To whom, and of which figures, there is a ratio.
    other = "SDK" if of_sdk else "curl"
    ratios = {"CPU": "cpu", "time": "wall"} | ({"call: CPU": "call_cpu"} if of_sdk else {})
    if not any(reference(case) for case in cases.values()):
        ratios = {}
    columns = ["client", "CPU s/GiB", "user + system", "time s", "call: CPU s/GiB", "call: time s"]
    columns += [f"{what} / {other}" for what in ratios]
    lines = _head([*columns, "memory, MiB", "peak", "n"])
    for case in cases.values():
        per_gib = GIB / case["sent"]
        theirs = cases.get(reference(case))
        peak = "call_peak_kib" if "call_peak_kib" in case else "peak_kib"
        cells = [
            case["variant"],
            _spread(case, "cpu_per_gib"),
            f"{_median(case, 'user', per_gib)} + {_median(case, 'system', per_gib)}",
            _spread(case, "wall"),
            _spread(case, "call_cpu_per_gib"),
            _spread(case, "call_wall"),
            *(_ratio(case, theirs, figure) for figure in ratios.values()),
            _median(case, "over_idle_kib", 1 / KIB, 1),
            _median(case, peak, 1 / KIB, 1),
            case["runs"],
        ]
        lines.append(_row(cells))
    if any("default path" in case["group"] for case in cases.values()):
        lines += ["", QUADRATIC]
    if any(case["sent"] == FORM_SIZE for case in cases.values()):
        lines += ["", HASHED]
    return lines


def _small(cases):
    latency = next(iter(cases.values()))["host"]["latency"]
    lanes = next(iter(cases.values()))["concurrency"]
    bound = latency_bound(lanes) if latency else None
    columns = ["client", "time s", "time / curl", "call: time s", "of it with the ticket", "call / bound"]
    columns += ["CPU s", "connections", "at once", "n"]
    lines = []
    if bound:
        lines += [f"Latency bound at {lanes} at once: {bound:.2f} s.", ""]
    lines += _head(columns)
    curl = next((case for case in cases.values() if case["peer"] == "curl"), None)
    for case in cases.values():
        over = f"{case['call_wall']['median'] / bound:.3f}" if bound and "call_wall" in case else ""
        cells = [
            case["variant"],
            _spread(case, "wall"),
            _ratio(case, curl, "wall"),
            _spread(case, "call_wall", digits=3),
            _median(case, "sending", digits=3),
            f"**{over}**" if case["peer"] in OURS and over else over,
            _spread(case, "cpu"),
            _median(case, "connections", digits=0),
            _median(case, "most_at_once", digits=0),
            case["runs"],
        ]
        lines.append(_row(cells))
    return [*lines, "", FRESH] if bound and lanes == min(LANES) else lines


def _checked_parts(cases, summary):
    columns = ["client", "CPU s/GiB", "user + system", "time s", "CPU / best", "time / best", "host: CPU s"]
    columns += ["compared", "memory, MiB", "peak", "n"]
    first = next(iter(cases.values()))
    lines = [CHECKING.format(part=first["part_size"] // KIB**2, lanes=first["concurrency"]), ""]
    lines += _head(columns)
    best = {figure: best_that_checks(summary, figure)[0] for figure in ("cpu", "wall")}
    for name, case in cases.items():
        per_gib = GIB / case["sent"]
        ratios = {
            figure: f"{case[figure]['median'] / least:.3f}" if least else "" for figure, least in best.items()
        }
        peak = "call_peak_kib" if "call_peak_kib" in case else "peak_kib"
        cells = [
            case["variant"],
            _spread(case, "cpu_per_gib"),
            f"{_median(case, 'user', per_gib)} + {_median(case, 'system', per_gib)}",
            _spread(case, "wall"),
            *(f"**{ratio}**" if case["peer"] in OURS else ratio for ratio in ratios.values()),
            _median(case, "sink_cpu"),
            summary.runs(name)[-1]["arrived"]["checked"],
            _median(case, "over_idle_kib", 1 / KIB, 1),
            _median(case, peak, 1 / KIB, 1),
            case["runs"],
        ]
        lines.append(_row(cells))
    return lines


def _blocks(cases):
    columns = [
        "client",
        "CPU s/GiB",
        "time s",
        "time / the link's",
        "sent / file",
        "memory, MiB",
        "peak",
        "n",
    ]
    lines = _head(columns)
    for case in cases.values():
        bound, wall = case["sent"] / (PART_RATE * PARTS_AT_ONCE), "wall" if case["kills"] else "call_wall"
        cells = [
            case["variant"],
            _spread(case, "cpu_per_gib"),
            _spread(case, wall),
            f"{case[wall]['median'] / bound:.3f}",
            _spread(case, "sent_ratio", digits=3),
            _median(case, "over_idle_kib", 1 / KIB, 1),
            _median(case, "call_peak_kib" if "call_peak_kib" in case else "peak_kib", 1 / KIB, 1),
            case["runs"],
        ]
        lines.append(_row(cells))
    return [*lines, "", KILLED]


def _lanes(cases):
    columns = ["client", "call: time s", "/ fastest", "CPU s", "connections", "at once", "refused", "n"]
    lines = _head(columns)
    fastest = min(case["call_wall"]["median"] for case in cases.values())
    for case in cases.values():
        cells = [
            case["variant"],
            _spread(case, "call_wall"),
            f"{case['call_wall']['median'] / fastest:.2f}",
            _median(case, "cpu"),
            _median(case, "connections", digits=0),
            _median(case, "most_at_once", digits=0),
            _median(case, "busy", digits=0),
            case["runs"],
        ]
        lines.append(_row(cells))
    return lines


def _memory(cases):
    lines = _head(["client", "over idle, MiB", "idle", "peak", "n"])
    for case in cases.values():
        cells = [
            case["variant"],
            _spread(case, "over_idle_kib", 1 / KIB, 1),
            _median(case, "idle_kib", 1 / KIB, 1),
            _median(case, "call_peak_kib", 1 / KIB, 1),
            case["runs"],
        ]
        lines.append(_row(cells))
    return lines


def _first_byte(cases):
    lines = _head(["client", "ms from the ticket to the first byte of the request", "call: time ms", "n"])
    for case in cases.values():
        cells = [case["variant"], _spread(case, "first_byte_ms"), _spread(case, "call_wall", 1000, 1)]
        lines.append(_row([*cells, case["runs"]]))
    return lines


def _sealing(found, summary):
    if (added := sealing(summary)) is None or not found["yardstick"]:
        return []
    cost = found["yardstick"]
    return [
        "",
        f"Sealing adds {added:.2f} CPU s per GiB. AES-256-GCM alone, in 128 KiB pieces on one core: "
        f"{cost['cipher']:.2f} ({cost['library']}).",
    ]


def _startup(found):
    imports = found["import_ms"]
    lines = ["", "### Loading", ""]
    lines.append(
        f"`import dropoff`: {imports['median']:.1f} ms ({imports['least']:.1f}–{imports['most']:.1f}), "
        f"{len(found['imports'])} fresh interpreters. Sizes: "
        + ", ".join(f"{what} {size / 1e6:.2f} MB" for what, size in found["bytes"].items() if size)
        + "."
    )
    lines += ["", *_head(["client", "threads more", "file descriptors more", "idle, MiB"])]
    for peer, held in found["held"].items():
        idle = found["idle"][peer]["idle_kib"] / KIB
        lines.append(_row([peer, held["threads"], held["fds"], f"{idle:.1f}"]))
    return lines


def _head(columns):
    return [_row(columns), f"|{'---|' * len(columns)}"]


def _row(cells):
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _median(case, figure, scale=1.0, digits=2):
    return f"{case[figure]['median'] * scale:.{digits}f}" if figure in case else ""


def _spread(case, figure, scale=1.0, digits=2):
    if figure not in case:
        return ""
    median, least, most = (f"{case[figure][of] * scale:.{digits}f}" for of in ("median", "least", "most"))
    return f"{median} ({least}–{most})"


def _ratio(case, other, figure):
    if other is None or figure not in other or figure not in case:
        return ""
    ratio = f"{case[figure]['median'] / other[figure]['median']:.3f}"
    return f"**{ratio}**" if case["peer"] in OURS else ratio
