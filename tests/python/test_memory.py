"""Memory stays bounded whatever the size of the file. The client is a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import Sandbox

LIMIT_KIB = 48 * 1024  # over the idle process

CLIENT = """
import json, sys
from dropoff import AgentDrop, HCompany
what, path, h_key, d_key, api, storage = sys.argv[1:]
where = {"base_url": api, "trusted_storage": [storage]}
h, d = HCompany(h_key, **where), AgentDrop(d_key, **where)

def kib(name):
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])

idle = kib("VmRSS")
if what == "put":
    file = d.send([path], sender="a", recipient="b").files[0]
    done = {"bytes": file.bytes}
else:
    profile = h.upload_profile(path, name="m", browser_name="chromium", browser_version="131")
    done = {"bytes": profile.upload.bytes, "verified": profile.verified}
print(json.dumps({"idle": idle, "peak": kib("VmHWM"), "done": done}))
"""


def measure(sandbox: Sandbox, what: str, path: Path) -> dict[str, object]:
    where = [sandbox.h_api_key, sandbox.agentdrop_api_key, sandbox.api_url, sandbox.storage_url]
    command = [sys.executable, "-c", CLIENT, what, str(path), *where]
    figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=240).stdout)
    over = figures["peak"] - figures["idle"]
    print(f"{what} of {figures['done']['bytes']} bytes: peak {over} KiB over idle ({figures})")
    assert over <= LIMIT_KIB
    done: dict[str, object] = figures["done"]
    return done


def test_one_gib_through_put(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    assert measure(sandbox, "put", path) == {"bytes": 1 << 30}
    sandbox.reset()


def test_nine_hundred_mb_zip_through_the_form(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "profile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(zipfile.ZipInfo("Default/History"), "w") as entry:
            for _ in range(900):
                entry.write(bytes(1_000_000))
    assert measure(sandbox, "form", path) == {"bytes": path.stat().st_size, "verified": True}
    path.unlink()
    sandbox.reset()
