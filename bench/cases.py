"""Every case as data: what is sent, by whom, to what host, at which setting. The order is that of a round."""

from dataclasses import dataclass, field, replace

KIB = 1024
MIB = 1024**2
GIB = 1024**3

# A file for a quick run: larger than those that are hashed by default, as the 2 GiB of a full one are.
QUICK_SIZE = 257 * MIB
# The rate of the links that are capped.
QUARTER_GIB = GIB // 4
# What a profile may have at H Company, nearly.
FORM_SIZE = 900_000_000
# Of the host that adds latency: to each answer, and once more to the first of a connection. Milliseconds.
LATENCY = 20
SMALL_FILES = 200
SMALL = 16 * KIB
# Bytes per second of one connection, where parts are sent side by side, and how many of them.
PART_RATE = 50_000_000
PARTS_AT_ONCE = 4
# Of those that every client can be told.
CHECKED_PART = 64 * MIB
# How often a client is killed that goes on by its journal.
KILLS = 10
# The part of `memory_budget` that sealed parts may fill, by default.
MEMORY_BUDGET = 64 * MIB

# Other clients of S3 that check what they send, and ours beside them.
CHECKING = ("awscrt", "obstore", "obstore-crc64", "boto3", "s5cmd", "rclone")
BESIDE_THEM = ("dropoff-rust", "dropoff-python")
CHECKED_PARTS = "checked parts, https"
BLOCKS = "blocks at 50 MB/s a connection, https"
OURS = ("dropoff-rust", "dropoff-c", "dropoff-python", "dropoff-node")
DEFAULTS = "defaults"
CHECKED = "integrity_check on"
UNCHECKED = "integrity_check off"
_OPTIONS = {DEFAULTS: {}, CHECKED: {"integrity_check": True}, UNCHECKED: {"integrity_check": False}}


@dataclass(frozen=True)
class Host:
    """What is sent to: `dropoff-sink` with its options, or the sandbox, which is API and storage in one."""

    kind: str = "sink"
    tls: bool = False
    # Milliseconds.
    latency: int = 0
    connect_latency: int = 0
    # Bytes per second: of one connection, of all together.
    rate: int = 0
    total_rate: int = 0
    busy_above: int = 0
    # It computes and compares CRCs, and is S3 and Azure as far as parts and blocks need it.
    looks: bool = False


@dataclass(frozen=True)
class Case:
    group: str
    # As clients/commands.py names it.
    peer: str
    do: str
    host: Host
    # Of each file.
    size: int
    count: int = 1
    setting: str = DEFAULTS
    # What tells it from other cases of the same peer and setting.
    label: str = ""
    # Files at once; None: as the peer does by itself.
    concurrency: int | None = None
    # Of parts, where the client is told.
    part_size: int | None = None
    # A URL as Azure signs it, and not as S3 does.
    azure: bool = False
    # How often it is killed and run again, with a journal.
    kills: int = 0
    # Whether a transfer goes in parts; None: by size, as each peer does by itself.
    multipart: bool | None = None
    sealed: bool = False
    # The file is a zip, as a profile must be.
    archive: bool = False
    options: dict = field(default_factory=dict)
    # Client and host on one processor each; otherwise both have all of them.
    pinned: bool = False
    # Fewer than the others have, for what is slow and no gate's.
    runs: int | None = None
    # What one run takes on a quiet machine, about.
    seconds: float = 1.0

    @property
    def name(self):
        return f"{self.group}: {self.variant}"

    @property
    def variant(self):
        setting = self.setting if self.peer in OURS else ""
        return ", ".join(part for part in (self.peer, self.label, setting) if part)

    @property
    def bytes(self):
        """What must arrive, but for the framing of a form."""
        return (self.size + (16 if self.sealed else 0)) * self.count

    @property
    def sent(self):
        """The user's bytes, which costs are per."""
        return self.size * self.count


def warm_up(case):
    """The same with little to send: brings programs and libraries into memory. Not counted."""
    # By its size it would go another way, which the strict sandbox refuses of the SDK.
    multipart = True if case.host.kind == "sandbox" else case.multipart
    small = {"size": min(case.size, 16 * MIB), "count": min(case.count, 16), "kills": 0}
    return replace(case, multipart=multipart, **small)


# Seconds per GiB and of the start, on the machine of the first measurements: for the estimate alone.
_PACE = {
    "curl": (0.45, 1.0, 0.05),
    "requests": (0.6, 1.1, 0.4),
    "httpx": (0.55, 1.1, 0.4),
    "aiohttp": (1.6, 2.6, 0.5),
    "agentdrop": (0.75, 1.5, 0.6),
    "node-fetch": (4.0, 5.0, 0.2),
    "undici": (3.5, 4.0, 0.2),
    "reqwest": (3.0, 3.5, 0.05),
    "reqwest-64k": (0.7, 0.9, 0.05),
    "awscrt": (0.6, 1.3, 0.3),
    "obstore": (1.5, 2.2, 0.3),
    "obstore-crc64": (1.2, 1.9, 0.3),
    "boto3": (1.2, 2.0, 0.6),
    "s5cmd": (3.0, 3.5, 0.1),
    "rclone": (3.0, 4.0, 0.2),
}
_OURS_PACE = (0.4, 0.65, 0.15)
_HASHING = 3.3


def _seconds(peer, tls, size, setting=DEFAULTS):
    http, https, start = _PACE.get(peer, _OURS_PACE)
    return (
        start + (https if tls else http) * size / GIB + (_HASHING * size / GIB if setting == CHECKED else 0)
    )


def _put(scheme, quick):
    size = QUICK_SIZE if quick else 2 * GIB
    group, tls = f"PUT {scheme}", scheme == "https"

    def case(peer, setting=DEFAULTS, do="put", runs=None, **more):
        return Case(
            group,
            peer,
            do,
            Host(tls=tls),
            size,
            setting=setting,
            options=_OPTIONS[setting],
            pinned=True,
            runs=runs,
            seconds=_seconds(peer, tls, size, setting),
            **more,
        )

    yield case("curl")
    for peer in OURS:
        yield case(peer)
    yield case("dropoff-cli")
    yield case("reqwest")
    yield case("requests")
    for peer in ("dropoff-rust", "dropoff-python"):
        yield case(peer, UNCHECKED)
        yield case(peer, CHECKED, runs=3)
    if not quick:
        yield case("reqwest-64k")
        yield case("httpx")
        yield case("agentdrop", do="send", multipart=False, label="one PUT, with its API")
        for peer in ("aiohttp", "undici", "node-fetch"):
            yield case(peer, runs=3)


def _memory():
    for size in (256 * MIB, 4 * GIB):
        for peer in OURS:
            label = f"{size // MIB} MiB"
            seconds = _seconds(peer, True, size)
            yield Case("memory", peer, "put", Host(tls=True), size, label=label, seconds=seconds)
    for lanes in (1, 4):
        yield Case(
            "memory",
            "dropoff-rust",
            "many",
            Host(tls=True),
            64 * MIB,
            8,
            label=f"8 files of 64 MiB, {lanes} at once",
            concurrency=lanes,
        )


def _capped():
    for peer in ("dropoff-rust", "dropoff-python"):
        for setting in (DEFAULTS, UNCHECKED, CHECKED):
            yield Case(
                "link of 0.25 GiB/s",
                peer,
                "put",
                Host(tls=True, total_rate=QUARTER_GIB),
                GIB,
                setting=setting,
                options=_OPTIONS[setting],
                runs=3 if setting == DEFAULTS else None,
                seconds=4.4,
            )


def _form():
    for scheme in ("https", "http"):
        tls = scheme == "https"
        group = f"form {scheme}"
        seconds = _seconds("curl", tls, FORM_SIZE)
        yield Case(group, "curl", "form", Host(tls=tls), FORM_SIZE, archive=True, seconds=seconds)
        # As a profile is sent: with the SHA-256 that the service compares, and no MD5.
        yield Case(
            group,
            "dropoff-python",
            "profile",
            Host(tls=tls),
            FORM_SIZE,
            label="upload_profile",
            archive=True,
            seconds=seconds + 0.5,
        )
        for setting in (DEFAULTS, UNCHECKED, CHECKED):
            yield Case(
                group,
                "dropoff-rust",
                "form",
                Host(tls=tls),
                FORM_SIZE,
                setting=setting,
                archive=True,
                options=_OPTIONS[setting],
                runs=3 if setting == CHECKED else None,
                seconds=_seconds("dropoff-rust", tls, FORM_SIZE, setting),
            )


def _sdk():
    size = 2 * GIB
    for sealed in (False, True):
        label = "sealed" if sealed else "plain"
        for peer in ("agentdrop", "dropoff-python"):
            yield Case(
                "SDK, one PUT, https",
                peer,
                "send",
                Host(tls=True),
                size,
                label=label,
                multipart=False,
                sealed=sealed,
                pinned=True,
                seconds=_seconds(peer, True, size) * (1.3 if sealed else 1),
            )
    for sealed in (False, True):
        label = "sealed" if sealed else "plain"
        for peer in ("dropoff-python", "agentdrop"):
            # Its quadratic copy takes half a minute a run.
            slow = peer == "agentdrop"
            yield Case(
                "SDK, default path, https",
                peer,
                "send",
                Host("sandbox", tls=True),
                size,
                label=label,
                sealed=sealed,
                runs=(1 if sealed else 2) if slow else None,
                seconds=35 if slow else 2.5,
            )


def _parts():
    for sealed in (False, True):
        yield Case(
            "parts at 50 MB/s a connection, https",
            "dropoff-python",
            "send",
            Host("sandbox", tls=True, rate=PART_RATE),
            GIB,
            label="sealed" if sealed else "plain",
            multipart=True,
            sealed=sealed,
            options={"concurrency": PARTS_AT_ONCE},
            setting=f"concurrency {PARTS_AT_ONCE}",
            seconds=6,
        )


def _checked_parts(quick):
    size = QUICK_SIZE if quick else GIB
    for peer in (*BESIDE_THEM, *CHECKING):
        yield Case(
            CHECKED_PARTS,
            peer,
            "plan" if peer in OURS else "object",
            Host(tls=True, looks=True),
            size,
            concurrency=PARTS_AT_ONCE,
            part_size=CHECKED_PART,
            pinned=True,
            seconds=_seconds(peer, True, size),
        )


def _blocks(quick):
    size, kills = (GIB, 3) if quick else (4 * GIB, KILLS)
    seconds = size / (PART_RATE * PARTS_AT_ONCE) + 0.5
    link = Host(tls=True, looks=True, rate=PART_RATE)
    lanes = {"concurrency": PARTS_AT_ONCE, "setting": f"concurrency {PARTS_AT_ONCE}", "azure": True}
    for peer in BESIDE_THEM:
        yield Case(BLOCKS, peer, "put", link, size, runs=3, seconds=seconds, **lanes)
    for peer in BESIDE_THEM:
        label, runs = f"killed {kills} times", 2
        yield Case(
            BLOCKS,
            peer,
            "put",
            link,
            size,
            label=label,
            kills=kills,
            runs=runs,
            seconds=seconds * 1.3,
            **lanes,
        )


def _small(quick):
    latency = Host(latency=LATENCY, connect_latency=LATENCY)
    ours = ("dropoff-rust", "dropoff-python")
    peers = ("curl",) if quick else ("curl", "reqwest", "requests", "aiohttp", "agentdrop", "node-fetch")
    # A new connection for each file.
    wasteful = ("requests", "agentdrop")
    for lanes in (16,) if quick else (1, 4, 16):
        for peer in (*ours, *peers):
            waits = -(-SMALL_FILES // lanes) * (2 if peer in wasteful else 1)
            yield Case(
                f"200 files of 16 KiB, +20 ms, {lanes} at once",
                peer,
                "many",
                latency,
                SMALL,
                SMALL_FILES,
                concurrency=lanes,
                setting=f"concurrency {lanes}",
                runs=None if peer in ours else 3,
                seconds=waits * LATENCY / 1000 + 0.3,
            )
    if quick:
        return
    for peer in (*ours, *peers):
        yield Case(
            "200 files of 16 KiB, no latency, 4 at once",
            peer,
            "many",
            Host(),
            SMALL,
            SMALL_FILES,
            concurrency=4,
            setting="concurrency 4",
            runs=3,
            seconds=0.6,
        )


def _several():
    group, link = "8 files of 256 MiB, link of 0.25 GiB/s", Host(total_rate=QUARTER_GIB)
    yield Case(group, "dropoff-rust", "put", link, 2 * GIB, label="one stream of 2 GiB", seconds=8.3)
    yield Case(
        group,
        "dropoff-rust",
        "many",
        link,
        256 * MIB,
        8,
        label="4 at once",
        concurrency=4,
        setting="concurrency 4",
        seconds=8.3,
    )


# Link, its host, size and number of files, seconds at 1, 4, 16 at once and by default.
_LINKS = [
    ("20 MB/s a connection", Host(rate=20_000_000), 8 * MIB, 16, (6.7, 1.7, 0.5, 2)),
    ("100 MB/s in all", Host(total_rate=100_000_000), 16 * MIB, 16, (2.7, 2.7, 2.7, 2.7)),
    ("+100 ms", Host(latency=100, connect_latency=100), SMALL, 64, (6.6, 1.8, 0.6, 2)),
    ("+20 ms, busy above 6", Host(latency=20, busy_above=6), SMALL, 64, (1.4, 0.5, 3, 2)),
]


def _adaptive():
    for link, host, size, count, seconds in _LINKS:
        for lanes, took in zip((1, 4, 16, None), seconds, strict=True):
            setting = f"concurrency {lanes}" if lanes else DEFAULTS
            yield Case(
                f"how many at once: {link}",
                "dropoff-rust",
                "many",
                host,
                size,
                count,
                concurrency=lanes,
                setting=setting,
                runs=3,
                seconds=took + 0.2,
            )


def _first_byte(quick):
    for scheme in ("http", "https"):
        for peer in OURS:
            if quick and scheme == "https":
                continue
            yield Case(
                f"first byte after the ticket, {scheme}",
                peer,
                "send",
                Host(tls=scheme == "https"),
                KIB,
                multipart=False,
                seconds=0.2,
            )


def cases(quick):
    every = [*_put("https", quick), *_put("http", quick)]
    if not quick:
        every += [*_memory(), *_capped(), *_form(), *_sdk(), *_parts()]
    every += [*_checked_parts(quick), *_blocks(quick)]
    every += _small(quick)
    if not quick:
        every += [*_several(), *_adaptive()]
    every += _first_byte(quick)
    return every
