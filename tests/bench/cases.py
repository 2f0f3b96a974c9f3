"""What is sent, by whom, to what. The order is the order within a round."""

from dataclasses import dataclass, field

GIB = 1024**3
MIB = 1024**2

# Bytes per second of one connection, in the cases that are limited.
RATE = 50_000_000
# Our defaults, which the limits of those cases are made of.
CONCURRENCY = 4
MEMORY_BUDGET = 64 * MIB


@dataclass(frozen=True)
class Case:
    group: str
    sink: str
    peer: str
    label: str
    sealed: bool = False
    # None: by size, as each peer does by itself.
    multipart: bool | None = None
    # With one, everything is read and marked before the first byte leaves.
    journal: bool = False
    options: dict = field(default_factory=dict)
    # Of the large file instead.
    twice: bool = False

    @property
    def name(self):
        return f"{self.group}: {self.peer} {self.label}"


def _pair(group, sink, multipart, extra):
    ours = {"group": group, "sink": sink, "peer": "dropoff", "multipart": multipart}
    theirs = {"group": group, "sink": sink, "peer": "agentdrop", "multipart": multipart}
    checked = {"options": {"integrity_check": True}}
    cases = [Case(**theirs, label="plain"), Case(**ours, label="plain")]
    if extra:
        cases.append(Case(**ours, label="plain, integrity_check=True", **checked))
    cases += [Case(**theirs, label="sealed", sealed=True), Case(**ours, label="sealed", sealed=True)]
    if extra:
        cases.append(Case(**ours, label="sealed, integrity_check=True", sealed=True, **checked))
    cases.append(Case(**ours, label="sealed, with a journal", sealed=True, journal=True))
    return cases


def cases(quick):
    """By default a small file is hashed and sent whole; here it stands for a large one, so it is not."""
    in_parts = True if quick else None
    every = [
        *_pair("single PUT, https", "tolerant_tls", False, extra=True),
        # The same to the sandbox, which has another TLS library: what the sink itself does to the figures.
        Case("single PUT, https", "sandbox_tls", "dropoff", "plain, to the sandbox", multipart=False),
        *_pair("single PUT, http", "tolerant", False, extra=False),
        *_pair("default path, https", "sandbox_tls", in_parts, extra=True),
        *_pair("default path, http", "sandbox", in_parts, extra=False),
    ]
    for label, sealed in [("plain", False), ("sealed", True)]:
        every.append(
            Case("50 MB/s a connection, https", "slow_tls", "dropoff", label, sealed, in_parts, twice=True)
        )
    return every
