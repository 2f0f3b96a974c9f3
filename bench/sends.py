"""How one case is run: its host made ready, its client run, and whether everything arrived."""

import json
import random
import subprocess
import time
from pathlib import Path

import measure
from cases import DEFAULTS, GIB
from clients.commands import command, result
from measure import Failed
from quiet import busy_seconds
from tickets import FIELDS

HERE = Path(__file__).parent

# The slowest takes half a minute on two slow cores.
TIMEOUT = 300.0
# What a form adds to its file: some of that, at most.
FRAMING = 64 * 1024
# What an Azure SAS says; nobody signed it.
SAS = "sv=2025-01-05&sr=b&sp=cw&se=2099-01-01T00%3A00%3A00Z&sig=bench"
# The same moments in each run, of each client.
SEED = 18


class Bench:
    """The hosts, the files, and the processors of pinned clients."""

    def __init__(self, hosts, files, patience, keys, cores):
        self._hosts, self._files, self._patience = hosts, files, patience
        self._private, self._public = keys
        self._cores = cores

    def run(self, case):
        host = self._hosts.of(case.host, case.pinned)
        host.prepare(self._public, self._files.sha256(case) if case.do == "profile" else None)
        job = self._job(case, host)
        argv, env = _profile(job) if case.do == "profile" else command(case.peer, job)
        cores = self._cores if case.pinned else None

        self._patience.wait_for_quiet()
        # The tickets are our own work, which is no stranger's.
        busy, sinking, own, began = (
            busy_seconds(),
            measure.cpu_of(host.child.pid),
            time.process_time(),
            time.monotonic(),
        )
        process = _killed(argv, env, cores, case, host) if case.kills else _run(argv, env, cores)
        lasted, own = time.monotonic() - began, time.process_time() - own
        sinking, busy = measure.cpu_of(host.child.pid) - sinking, busy_seconds() - busy

        call = _said(case.peer, job, process.output)
        arrived = host.arrived()
        check(case, arrived, call)
        cpu = process.user + process.system
        return {
            "case": case.name,
            "cpu": cpu,
            "user": process.user,
            "system": process.system,
            "cpu_per_gib": cpu * GIB / case.sent,
            "wall": process.wall,
            "peak_kib": process.peak_kib,
            # Of the last of several that is all that it says.
            **({"facts": call["facts"]} if case.kills else _of_call(case, call)),
            "sent_ratio": arrived["bytes"] / case.sent,
            **_of_ticket(host, arrived),
            "arrived": arrived,
            "sink_cpu": sinking,
            # Processors that others kept busy, the kernel's own work included. Noise, when it is much.
            "others": _others(busy - cpu - sinking - own, lasted),
        }

    def idle(self, peer):
        """What a process is that has the library loaded, clients made and nothing sent: its own words."""
        job = {"do": "idle", "options": {}}
        argv, env = command(peer, job)
        return _said(peer, job, measure.run(argv, env, None, 60).output)

    def yardstick(self, python, script, case):
        """Medians of three."""
        (path,) = self._files.paths(case)
        all_ = [json.loads(subprocess.check_output([python, script, path], timeout=120)) for _ in range(3)]
        return {name: sorted(one[name] for one in all_)[1] for name in all_[0]}

    def _job(self, case, host):
        paths = [str(path) for path in self._files.paths(case)]
        url, key = f"{host.storage_url}/bench", Path(paths[0]).name
        return {
            "do": case.do,
            "url": url if case.do == "many" else f"{url}/{key}" + (f"?{SAS}" if case.azure else ""),
            "bucket": "bench",
            "key": key,
            "part_size": case.part_size,
            "plan": host.plan(key, case.size, case.part_size) if case.do == "plan" else None,
            "fields": [list(field) for field in FIELDS.items()],
            "file": paths[0],
            "files": paths,
            "ca_file": host.ca_file,
            "storage_url": host.storage_url,
            "options": case.options,
            "concurrency": case.concurrency,
            "api_url": host.api_url,
            "api_key": host.api_key,
            "multipart": case.multipart,
            "sealed": case.sealed,
            "private_key": self._private,
            "journal": self._files.no_journal() if case.kills else None,
        }


def _profile(job):
    """The command of a client that is ours alone."""
    argv, env = command("dropoff-python", job | {"do": "idle"})
    argv = [argv[0], HERE / "profile_dropoff.py", json.dumps(job)]
    return argv, env | {"PYTHONPATH": str(HERE / "clients")}


def _run(argv, env, cores, kill_when=None):
    return measure.run(argv, env, cores, TIMEOUT, kill_when)


def _killed(argv, env, cores, case, host):
    """Killed as often as the case says, each time when as many bytes have come as chance says, and then run
    to its end. All of it as one process."""
    chance = random.Random(SEED)
    moments = sorted(chance.uniform(0.0, 0.95) * case.sent for _ in range(case.kills))
    runs = [_run(argv, env, cores, lambda due=due: host.arrived()["bytes"] >= due) for due in moments]
    if any(run.output for run in runs):
        raise Failed(f"it ended before it was killed {case.kills} times")
    runs.append(_run(argv, env, cores))
    return measure.Process(
        runs[-1].output,
        *(sum(getattr(run, name) for run in runs) for name in ("user", "system", "wall")),
        max(run.peak_kib or 0 for run in runs),
    )


def check(case, arrived, call):
    """Whether all bytes came, and no more than they had to; `Failed` if not."""
    came, due, most = arrived["bytes"], case.bytes, case.bytes
    if case.do in ("form", "profile"):
        most += FRAMING
    if arrived.get("busy"):
        # What was refused was sent again.
        most = due + arrived["busy"] * case.size
    if case.kills:
        # What was under way is sent again; how much that may be is a gate's.
        most = 2 * due
    if not due <= came <= most:
        raise Failed(f"{due} bytes were due, {came} came: {arrived}")
    if case.host.looks and (arrived["objects"], arrived["object_bytes"], arrived["refused"]) != (1, due, 0):
        raise Failed(f"there is not the one object, whole and nothing refused: {arrived}")
    if case.host.looks and not call["facts"].get("verified", True):
        raise Failed(f"it did not compare what storage answered: {call['facts']}")
    if call["facts"].get("status") not in (None, "active", 200):
        raise Failed(f"it did not end well: {call['facts']}")


def _said(peer, job, output):
    try:
        return result(peer, job, output)
    except ValueError as error:
        raise Failed(f"no JSON: {output[:300]!r}") from error


def _of_call(case, call):
    """What the client says of the call alone; curl has nothing to say of that."""
    if "user" not in call:
        return {"facts": call["facts"]}
    cpu = call["user"] + call["system"]
    return {
        "call_cpu": cpu,
        "call_cpu_per_gib": cpu * GIB / case.sent,
        "call_wall": call["wall"],
        "idle_kib": call["idle_kib"],
        "over_idle_kib": call["over_idle_kib"],
        "call_peak_kib": call["peak_kib"],
        "facts": call["facts"],
    }


def _of_ticket(host, arrived):
    found = {name: arrived[name] for name in ("connections", "most_at_once", "busy") if name in arrived}
    if host.tickets and (sending := host.tickets.sending()) is not None:
        found["sending"] = sending
        found["first_byte_ms"] = (arrived["first_byte_at"] - host.tickets.presigned_at) * 1000
    return found


def _others(seconds, lasted):
    # The kernel counts in hundredths of a second: nothing can be said of so short a time.
    return max(0.0, seconds / lasted) if lasted > 0.3 else 0.0


def key_pair(python):
    """A private key and the public key of another, base64: both of the sender, which is as good."""
    code = "from dropoff import KeyPair; k = KeyPair.generate(); print(k.reveal_private_key(), k.public_key)"
    return subprocess.check_output([python, "-c", code], text=True, timeout=60).split()


def describe(case):
    """What the report says about a case."""
    names = (
        "group",
        "peer",
        "variant",
        "setting",
        "do",
        "size",
        "count",
        "concurrency",
        "part_size",
        "kills",
    )
    facts = {name: getattr(case, name) for name in (*names, "pinned", "sent")}
    return facts | {"defaults": case.setting == DEFAULTS, "host": vars(case.host)}
