"""The tour that `make demo` gives: both flows against the sandbox, no account needed.

Starts the sandbox, uploads a small browser-profile folder, sends two files sealed, opens them as their
recipient would, and prints what the services then hold. The sandbox ends when its standard input closes, so
nothing is left behind even if this program is killed.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from dropoff import AgentDrop, Encryption, HCompany, KeyPair, open_sealed

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
    # A Chrome of Windows has another lock, and a link wants rights there.
    if sys.platform != "win32":
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
            sandbox.wait(60)


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

    print("\nPython: a sealed transfer of two files")
    sender, recipient = KeyPair.generate(), KeyPair.generate()
    # Agents register their public keys with the service themselves; the sandbox is told of both.
    for agent, pair in (("data-pipeline", sender), ("analysis-agent", recipient)):
        known = {"agent_id": agent, "public_key": pair.public_key}
        fetch(services["control_url"] + "/agents", body=json.dumps(known).encode())
    report = folder / "report.pdf"
    report.write_bytes(b"%PDF-1.7\n" + bytes(3_000_000))
    rows = b"a,b\n1,2\n"
    d = AgentDrop(services["agentdrop_api_key"], **where)
    sent = d.send(
        [report, ("rows.csv", rows)],
        sender="data-pipeline",
        recipient="analysis-agent",
        encrypt=Encryption(sender),
    )
    print(f"  id         {sent.id}")
    print(f"  sealed for {sent.recipient_key_fingerprint} (as the {sent.recipient_key_source} says)")
    # The service named the key, so compare it with what the recipient tells you by another way.
    expected = hashlib.sha256(base64.b64decode(recipient.public_key)).hexdigest()
    assert sent.encrypted and sent.recipient_key_fingerprint == expected
    for file in sent.files:
        print(f"  {file.name:<10} {file.bytes} sealed bytes, verified: {str(file.verified).lower()}")
        assert file.verified
    status = d.get_transfer(sent.id).status
    print(f"  status     {status} (as the service reports it)")
    assert status == sent.status == "active"

    print("\nPython: what the recipient does with it")
    url = f"{services['api_url']}/v1/transfers/{sent.id}/download"
    reply: dict[str, Any] = json.loads(fetch(url, key=services["agentdrop_api_key"]))
    for file, content in zip(reply["files"], (report.read_bytes(), rows), strict=True):
        downloaded = folder / f"{file['name']}.sealed"
        downloaded.write_bytes(fetch(file["download_url"]))
        opened = open_sealed(
            downloaded,
            to=folder / f"opened-{file['name']}",
            key_pair=recipient,
            sender_public_key=reply["sender_public_key"],
            encrypted_key=reply["encrypted_key"],
            encryption_iv=file["encryption_iv"],
        )
        digest = hashlib.sha256(Path(opened.path).read_bytes()).hexdigest()
        assert (
            digest
            == hashlib.sha256(content).hexdigest()
            != hashlib.sha256(downloaded.read_bytes()).hexdigest()
        )
        print(f"  {file['name']:<10} {opened.bytes} bytes, SHA-256 {digest}, as it was sent")
    print("\nAll arrived.")


def fetch(url: str, *, key: str | None = None, body: bytes | None = None) -> bytes:
    """A plain request on loopback, past any proxy."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, body, headers), timeout=60) as reply:
        content: bytes = reply.read()
    return content


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/debug/dropoff-sandbox"))
