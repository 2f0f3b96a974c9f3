"""What the product must show, each with the setting it is for. A gate that was not measured is not there."""

from cases import (
    BESIDE_THEM,
    BLOCKS,
    CHECKED,
    CHECKED_PARTS,
    CHECKING,
    DEFAULTS,
    GIB,
    LATENCY,
    MEMORY_BUDGET,
    MIB,
    OURS,
    PART_RATE,
    PARTS_AT_ONCE,
    SMALL_FILES,
    UNCHECKED,
)

KIB = 1024
MB = 1_000_000
# What would be better still.
STRETCH = 0.52
# Lanes, and how much longer than the latency alone it may take.
LANES = {1: 1.08, 4: 1.12, 16: 1.2}


def latency_bound(lanes):
    """Seconds that the added latency alone takes: each lane waits for its answers one after another, and once
    more for its connection."""
    rounds = -(-SMALL_FILES // lanes)
    return (rounds + 1) * LATENCY / 1000


def gates(summary, startup, packing):
    """All that can be said of these runs."""
    found = [*_put(summary), *_memory(summary), *_digest(summary), *_sdk(summary), *_parts(summary)]
    found += [*_checks(summary), *_checked_parts(summary), *_blocks(summary)]
    found += [*_small(summary), *_several(summary), *_first_byte(summary), *_startup(startup)]
    found += [_gate(name, "upload_profile", value, limit, n, unit) for name, value, limit, unit, n in packing]
    return [gate for gate in found if gate]


def _gate(name, setting, value, limit, runs, unit="", exactly=False, stretch=None):
    if value is None:
        return None
    met = value == limit if exactly else value <= limit
    return {
        "name": name,
        "setting": setting,
        "limit": limit,
        "exactly": exactly,
        "stretch": stretch,
        "value": value,
        "unit": unit,
        "met": met,
        "runs": runs,
    }


def _ratio(summary, what, setting, case, other, figure, limit, stretch=None):
    value = summary.ratio(case, other, figure)
    return value and _gate(what, setting, value, limit, summary.count(case, other), stretch=stretch)


def _put(summary):
    for scheme, limits in [("https", True), ("http", False)]:
        curl = f"PUT {scheme}: curl"
        for peer in OURS:
            case = f"PUT {scheme}: {peer}, {DEFAULTS}"
            native = peer in ("dropoff-rust", "dropoff-c")
            size = _size(summary, case)
            cpu = f"{scheme} PUT of {size}, {peer}: CPU / curl -T's"
            if not limits:
                yield _ratio(summary, cpu, DEFAULTS, case, curl, "cpu", 0.88)
                continue
            wall = f"{scheme} PUT of {size}, {peer}: time / curl -T's"
            yield _ratio(summary, cpu, DEFAULTS, case, curl, "cpu", 0.62 if native else 0.67, STRETCH)
            yield _ratio(summary, wall, DEFAULTS, case, curl, "wall", 0.65 if native else 0.70)
    rust, command = f"PUT https: dropoff-rust, {DEFAULTS}", "PUT https: dropoff-cli"
    for what, figure in (("CPU", "cpu"), ("time", "wall")):
        name = f"https PUT of {_size(summary, command)}, the command: {what} / dropoff-rust's"
        yield _ratio(summary, name, DEFAULTS, command, rust, figure, 1.05)


def _size(summary, case):
    sent = summary.cases.get(case, {}).get("sent", 0)
    return f"{sent // GIB} GiB" if sent >= GIB else f"{sent // MIB} MiB"


def _memory(summary):
    for size in ("256 MiB", "4096 MiB"):
        for peer in OURS:
            case = f"memory: {peer}, {size}, {DEFAULTS}"
            held = summary.value(case, "over_idle_kib")
            name = f"memory over the idle process, https PUT of {size}, {peer}"
            yield held and _gate(name, DEFAULTS, held / KIB, 16, summary.count(case), " MiB")
    one, four = (f"memory: dropoff-rust, 8 files of 64 MiB, {lanes} at once, {DEFAULTS}" for lanes in (1, 4))
    held = [summary.value(case, "over_idle_kib") for case in (one, four)]
    if all(held):
        name = "memory of each further upload at the same time, https, dropoff-rust"
        value = (held[1] - held[0]) / 3 / KIB
        yield _gate(name, DEFAULTS, value, 1, summary.count(one, four), " MiB")


def _digest(summary):
    for peer in ("dropoff-rust", "dropoff-python"):
        group = f"link of 0.25 GiB/s: {peer}"
        name = f"link of 0.25 GiB/s, https PUT of 1 GiB, {peer}: time / unchecked"
        yield _ratio(summary, name, CHECKED, f"{group}, {CHECKED}", f"{group}, {UNCHECKED}", "wall", 1.1)
    # Over http a SHA-256 alone takes longer than this.
    case, curl = f"form https: dropoff-python, upload_profile, {DEFAULTS}", "form https: curl"
    name = "https form of 900 MB with its SHA-256, upload_profile: time / curl -F's without"
    yield _ratio(summary, name, DEFAULTS, case, curl, "wall", 1.3)


def _sdk(summary):
    # By the call alone: the SDK's imports are expensive, and not what is claimed here.
    for path, limit in [("one PUT", 0.6), ("default path", 0.05)]:
        group = f"SDK, {path}, https"
        for kind in ("plain", "sealed"):
            case, sdk = f"{group}: dropoff-python, {kind}, {DEFAULTS}", f"{group}: agentdrop, {kind}"
            name = f"https send of 2 GiB, {path}, {kind}"
            yield _ratio(
                summary, f"{name}: CPU of the call / the SDK's", DEFAULTS, case, sdk, "call_cpu", limit
            )
            peak = f"{name}: peak memory of the process / the SDK's"
            yield _ratio(summary, peak, DEFAULTS, case, sdk, "call_peak_kib", 0.5)


def sealing(summary):
    """What sealing adds, CPU seconds per GiB: from the runs of the same rounds."""
    group = "SDK, one PUT, https: dropoff-python"
    plain, sealed = (summary.value(f"{group}, {kind}, {DEFAULTS}", "call_cpu_per_gib") for kind in KINDS)
    return sealed - plain if plain and sealed else None


KINDS = ("plain", "sealed")


def _parts(summary):
    if (added := sealing(summary)) is not None:
        group = "SDK, one PUT, https: dropoff-python"
        runs = summary.count(*(f"{group}, {kind}, {DEFAULTS}" for kind in KINDS))
        yield _gate("what sealing adds, https, one PUT, per GiB", DEFAULTS, added, 0.25, runs, " CPU s")
    setting = f"concurrency {PARTS_AT_ONCE}"
    for kind in KINDS:
        case = f"parts at 50 MB/s a connection, https: dropoff-python, {kind}, {setting}"
        if (wall := summary.value(case, "call_wall")) is None:
            continue
        ideal, runs = summary.cases[case]["sent"] / (PART_RATE * PARTS_AT_ONCE), summary.count(case)
        held = summary.value(case, "over_idle_kib") / KIB
        yield _gate(f"parts at 50 MB/s a connection, {kind}: time / ideal", setting, wall / ideal, 1.2, runs)
        name = f"parts at 50 MB/s a connection, {kind}: memory over idle"
        yield _gate(name, setting, held, MEMORY_BUDGET // MIB + 32, runs, " MiB")


def _checks(summary):
    """What the default check costs, and the one that is asked for, beside none."""
    for peer in BESIDE_THEM:
        group = f"PUT https: {peer}"
        size = _size(summary, f"{group}, {UNCHECKED}")
        for setting in (DEFAULTS, CHECKED):
            name = f"https PUT of {size}, {peer}: CPU / unchecked"
            yield _ratio(summary, name, setting, f"{group}, {setting}", f"{group}, {UNCHECKED}", "cpu", 1.15)


def best_that_checks(summary, figure):
    """The client, among those that are not ours, that takes least of it, and how much."""
    cases = {peer: summary.value(f"{CHECKED_PARTS}: {peer}", figure) for peer in CHECKING}
    return min(((value, peer) for peer, value in cases.items() if value), default=(None, None))


def _checked_parts(summary):
    for peer in BESIDE_THEM:
        case = f"{CHECKED_PARTS}: {peer}, {DEFAULTS}"
        for what, figure in [("CPU", "cpu"), ("time", "wall")]:
            _, best = best_that_checks(summary, figure)
            if best is None or case not in summary.cases:
                continue
            facts = summary.cases[case]
            cut = f"{facts['part_size'] // MIB} MiB, {facts['concurrency']} at once"
            name = f"https, {_size(summary, case)} in parts of {cut}, {peer}: {what} / {best}'s, the best"
            yield _ratio(summary, name, DEFAULTS, case, f"{CHECKED_PARTS}: {best}", figure, 0.8)


def _blocks(summary):
    setting = f"concurrency {PARTS_AT_ONCE}"
    for name, case in summary.group(BLOCKS).items():
        what = f"{_size(summary, name)} in blocks to Azure, https, {case['peer']}"
        if times := case["kills"]:
            what = f"{what}, killed {times} times: sent / the file"
            yield _gate(what, setting, case["sent_ratio"]["median"], 1.15, case["runs"])
            continue
        bound = case["sent"] / (PART_RATE * PARTS_AT_ONCE)
        what = f"{what}, {PARTS_AT_ONCE} connections of 50 MB/s: time / the link's"
        yield _gate(what, setting, case["call_wall"]["median"] / bound, 1.2, case["runs"])


def _small(summary):
    for lanes, limit in LANES.items():
        setting = f"concurrency {lanes}"
        for peer in ("dropoff-rust", "dropoff-python"):
            group = f"200 files of 16 KiB, +20 ms, {lanes} at once"
            case = f"{group}: {peer}, {setting}"
            if (wall := summary.value(case, "call_wall")) is None:
                continue
            runs, bound = summary.count(case), latency_bound(lanes)
            yield _gate(f"{group}, {peer}: time / latency bound", setting, wall / bound, limit, runs)
            # The worst run: one connection too many in one of them is one too many.
            spread = summary.cases[case]["connections"]
            worst = max((spread["least"], spread["most"]), key=lambda count: abs(count - lanes))
            name = f"{group}, {peer}: connections the server saw"
            yield _gate(name, setting, worst, lanes, runs, exactly=True)


def _several(summary):
    group, setting = "8 files of 256 MiB, link of 0.25 GiB/s: dropoff-rust", "concurrency 4"
    case, stream = f"{group}, 4 at once, {setting}", f"{group}, one stream of 2 GiB, {DEFAULTS}"
    name = "8 files of 256 MiB, 4 at once, on a link of 0.25 GiB/s: time / one stream's"
    yield _ratio(summary, name, setting, case, stream, "call_wall", 1.1)


def _first_byte(summary):
    for peer in OURS:
        case = f"first byte after the ticket, http: {peer}, {DEFAULTS}"
        value = summary.value(case, "first_byte_ms")
        name = f"first byte on the wire after the ticket, http, {peer}"
        yield value and _gate(name, DEFAULTS, value, 5, summary.count(case), " ms")


def _startup(found):
    if not found:
        return
    yield _gate("import dropoff", DEFAULTS, found["import_ms"]["median"], 20, len(found["imports"]), " ms")
    # What a user downloads, and what a program loads.
    limits = {"wheel": 6, ".node": 8, "libdropoff.so, stripped": 8}
    for setting, sizes in [("built for the run", found["bytes"]), ("make dist", found["packed_bytes"])]:
        for what, limit in limits.items():
            if size := sizes[what]:
                yield _gate(f"size of {what}", setting, size / MB, limit, 1, " MB")
    for peer, held in found["held"].items():
        for what, unit in [("threads", " threads"), ("fds", " file descriptors")]:
            name = f"held before first use, clients made, {peer}"
            yield _gate(name, DEFAULTS, held[what], 0, 1, unit)
