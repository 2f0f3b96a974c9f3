"""The tour that `make demo` gives: both flows against the sandbox, no account needed.

Starts the sandbox, uploads a small browser-profile folder, sends two files, and prints what the
services then hold. The sandbox ends when its standard input closes, so nothing is left behind
even if this program is killed.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from dropoff import AgentDrop, HCompany

ROOT = Path(__file__).resolve().parents[2]


def make_profile(folder: Path) -> Path:
    """A folder with what a browser's user-data folder has: state, locks and caches."""
    profile = folder / "chrome-profile"
    for name, content in {
        "Local State": b"{}",
        "Default/Preferences": b'{"profile": {"name": "demo"}}',
        "Default/Network/Cookies": b"SQLite format 3\0" + bytes(20_000),
        "Default/Cache/data_0": bytes(500_000),
    }.items():
        (profile / name).parent.mkdir(parents=True, exist_ok=True)
        (profile / name).write_bytes(content)
    (profile / "SingletonLock").symlink_to("demo-host-4711")
    return profile


def main(sandbox_program: str) -> None:
    with (
        tempfile.TemporaryDirectory() as temporary,
        subprocess.Popen(
            [sandbox_program, "serve", "--exit-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as sandbox,
    ):
        assert sandbox.stdin and sandbox.stdout
        try:
            services = json.loads(sandbox.stdout.readline())
            print(f"sandbox: both services at {services['api_url']}, storage at {services['storage_url']}")
            tour(services, Path(temporary))
        finally:
            sandbox.stdin.close()
            sandbox.wait(10)


def tour(services: dict[str, str], folder: Path) -> None:
    where = {"base_url": services["api_url"], "trusted_storage": [services["storage_url"]]}

    print("\nPython: a browser profile")
    h = HCompany(services["h_api_key"], **where)
    profile = h.upload_profile(
        make_profile(folder),
        name="demo-login",
        browser_name="chromium",
        browser_version="131",
        labels={"team": "demo"},
    )
    assert profile.packed and profile.upload
    print(f"  packed     {profile.packed.files} files, {profile.packed.left_out} locks and caches left out")
    print(f"  id         {profile.id}")
    print(f"  bytes      {profile.file_size_bytes}")
    print(f"  SHA-256    {profile.upload.sha256}")
    print(f"  verified: {str(profile.verified).lower()}")
    assert profile.verified and profile.upload.bytes == profile.file_size_bytes
    assert h.get_profile(profile.id).checksum == profile.upload.sha256

    print("\nPython: a transfer of two files")
    report = folder / "report.pdf"
    report.write_bytes(b"%PDF-1.7\n" + bytes(3_000_000))
    rows = b"a,b\n1,2\n"
    d = AgentDrop(services["agentdrop_api_key"], **where)
    sent = d.send([report, ("rows.csv", rows)], sender="data-pipeline", recipient="analysis-agent")
    print(f"  id         {sent.id}")
    for file, content in zip(sent.files, (report.read_bytes(), rows), strict=True):
        digest = hashlib.sha256(content).hexdigest()
        verified = str(file.verified).lower()
        print(f"  {file.name:<10} {file.size} bytes, SHA-256 {digest}, verified: {verified}")
        assert file.verified
    status = d.get_transfer(sent.id).status
    print(f"  status     {status} (as the service reports it)")
    assert status == sent.status == "active"
    print("\nBoth arrived.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/debug/dropoff-sandbox"))
