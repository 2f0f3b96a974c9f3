"""A program that has clients and has not used them pays for no thread and no file descriptor."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, os

def held():
    # By number, what each is. The one that reads the folder is gone when it is looked at.
    descriptors = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            descriptors[number] = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            pass
    return {"threads": len(os.listdir("/proc/self/task")), "descriptors": descriptors}

before = held()
import dropoff
nowhere = "http://127.0.0.1:1"
options = {"trusted_storage": [nowhere], "concurrency": 8, "max_attempts": 1, "integrity_check": True}
service = {"api_key": "k", "base_url": nowhere}
clients = [
    dropoff.HCompany(**service, **options),
    dropoff.AgentDrop(**service, **options),
    dropoff.Storage(**options),
    dropoff.AsyncHCompany(**service, **options),
    dropoff.AsyncAgentDrop(**service, **options),
    dropoff.AsyncStorage(**options),
]
made = held()
try:
    clients[2].put(f"{nowhere}/k", b"1")
except dropoff.NetworkError:
    print(json.dumps([before, made, held()]))
"""


def test_clients_have_no_thread_and_no_descriptor_before_their_first_use() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=240)
    before, made, used = json.loads(done.stdout)
    assert made == before and before["threads"] == 1
    # Both are seen where there are some.
    assert used["threads"] > made["threads"]
    assert len(used["descriptors"]) > len(made["descriptors"])
