"""What is counted, and how much more of it there may be.

A case is a job of two sizes: what the larger takes less what the smaller takes, by MiB or by file, is the
cost of a MiB or a file. What a process pays once, such as reading root certificates, is in neither.
"""

from collections.abc import Callable
from dataclasses import dataclass

MIB = 1024 * 1024
SMALL_FILE = 16 * 1024

# In MiB. The smaller is more than the sockets' buffers can hold. The larger is little, so that a run is often
# over before anybody else wants the processor: what counts is the least of several runs.
SIZES = (16, 48)
# A buffer more or less matters little among so many, and allocations do not depend on the pace.
MEMORY_SIZES = (16, 128)
# At least as many parts as are sent at once: connections are no cost of a MiB.
PART_SIZES = (32, 160)
# Valgrind is slow to start and quick to go on.
INSTRUCTION_SIZES = (16, 128)
COUNTS = (100, 200)


@dataclass
class Gate:
    """How far above the baseline a figure may be: a share of it, and a little besides, without which a figure
    near zero would fail for nothing."""

    share: float
    besides: float

    def most(self, baseline):
        return baseline * (1 + self.share) + self.besides


GATES = {
    "reads": Gate(0.10, 0.2),
    "writes": Gate(0.10, 0.4),
    # Who waits for whom is up to the machine, and on a quiet one more do. This finds a thread that is asked
    # for each chunk, and no less.
    "waits": Gate(0.60, 1),
    "other calls": Gate(0.10, 0.3),
    # With the waits in it.
    "system calls": Gate(0.25, 1),
    "allocations": Gate(0.10, 0.5),
    # The pool makes as many buffers as are on their way at once, which is up to the socket: by a MiB, up to
    # 6 KiB for one connection and 20 for four.
    "KiB allocated": Gate(0.10, 24),
    "instructions": Gate(0.10, 0),
}
FILE_GATES = {**GATES, "KiB allocated": Gate(0.10, 2)}
# TLS keeps a record that the socket did not take whole, and what is left of it.
TLS_GATES = {**GATES, "allocations": Gate(0.25, 0.5)}


@dataclass
class Case:
    name: str
    count: Callable
    small: dict
    large: dict
    per: int
    gates: dict
    # How often each size is run, and how often again while the cost is above a gate: others can only add to
    # what is counted, and what the code itself costs is in every run.
    runs: int = 6
    more: int = 30


def all_cases(counting, files, http, https, sandbox):
    """`files` makes a file of so many bytes; the hosts are what they said when they were ready."""

    def put_to(host, do="put"):
        url = host["url"]
        return {"do": do, "url": f"{url}/costs", "storage_url": url, "ca_file": host["ca_file"]}

    def send(do):
        where = {name: sandbox[name] for name in ("api_url", "storage_url")}
        return {"do": do, "api_key": sandbox["agentdrop_api_key"], **where}

    def of_bytes(name, count, job, sizes, gates=GATES, **more):
        small, large = ({**job, "file": files(mib * MIB)} for mib in sizes)
        return Case(f"{name}, a MiB", count, small, large, sizes[1] - sizes[0], gates, **more)

    def of_files(name, count, job, **more):
        small, large = ({**job, "file": files(SMALL_FILE), "count": number} for number in COUNTS)
        return Case(f"{name}, a file", count, small, large, COUNTS[1] - COUNTS[0], FILE_GATES, **more)

    calls, memory, instructions = counting.system_calls, counting.allocations, counting.instructions
    # A run of Valgrind takes a second and more.
    slow = {"runs": 5, "more": 10}
    return [
        of_bytes("PUT over http", calls, put_to(http), SIZES),
        of_bytes("PUT over http", memory, put_to(http), MEMORY_SIZES),
        of_bytes("PUT over http", instructions, put_to(http), INSTRUCTION_SIZES, **slow),
        of_bytes("PUT over https", calls, put_to(https), SIZES),
        of_bytes("PUT over https", memory, put_to(https), MEMORY_SIZES, TLS_GATES),
        of_bytes("parts over http", memory, put_to(http, "parts"), PART_SIZES),
        of_bytes("parts over https", memory, put_to(https, "parts"), PART_SIZES, TLS_GATES),
        of_bytes("sealed PUT over http", memory, send("sealed"), MEMORY_SIZES),
        of_files("small PUTs over http", calls, put_to(http)),
        of_files("small PUTs over http", memory, put_to(http)),
        of_files("small PUTs over http", instructions, put_to(http), **slow),
        of_files("small PUTs over https", memory, put_to(https)),
        of_files("small files of one transfer", memory, send("many")),
    ]
