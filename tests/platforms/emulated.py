"""Cargo and programs in the folder of chroot.sh. It sees this checkout at the same path, so that either side
finds what the other names; what is made there goes below target/platforms."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("DROPOFF_PLATFORMS", ROOT / "target" / "platforms"))
CHROOT = FOLDER / "root"
BUILT = FOLDER / "build"
CARGO_HOME = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
# Both sides write there.
SHARED = FOLDER / "tmp"

# Debian has no std of these targets, only the source of all of them.
BUILD_STD = {"CARGO_UNSTABLE_BUILD_STD": "std,test,panic_unwind"}
QUICKLY = ["--config", "tests/platforms/dev.toml"]

# In a mount namespace of its own: nothing is left mounted, whatever ends the program.
ENTER = """
set -e
bind() { mkdir -p "$root$1"; mount --bind "$1" "$root$1"; }
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ -n "$emulator" ]; then
    mount -t binfmt_misc binfmt_misc "$root/proc/sys/fs/binfmt_misc"
    printf %s "$emulator" >"$root/proc/sys/fs/binfmt_misc/register"
fi
for each in "$checkout" "$folder" "$cargo"; do bind "$each"; done
# Which scenarios passed is told of this machine's own suites alone.
mkdir -p "$checkout/target/scenarios"
mount -t tmpfs scenarios "$root$checkout/target/scenarios"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# It trusts whom this machine trusts.
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
fi
exec chroot "$root" /bin/bash -c 'cd "$0" && exec "$@"' "$PWD" "$@"
"""


def set_up(*parts: str) -> None:
    subprocess.run([HERE / "chroot.sh", FOLDER, *parts], check=True)
    for folder in (SHARED, BUILT):
        folder.mkdir(parents=True, exist_ok=True)


def enter(
    command: list[str | Path],
    environment: dict[str, str],
    output: Path | None = None,
    patience: float = 3600.0,
    where: Path = ROOT,
    emulator: str = "",
) -> int:
    """Runs it there, with its output in a file; a program that hangs is ended. With an emulator, as
    binfmt_misc is told of one, programs for its processor run as all others do, those that programs start,
    too: in a user namespace of its own, so the machine knows nothing of it."""
    places: dict[str, Path] = {"root": CHROOT, "checkout": ROOT, "folder": FOLDER, "cargo": CARGO_HOME}
    own = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LANG": "C.UTF-8"}
    given = [f"{name}={value}" for name, value in {**own, **environment}.items()]
    inside = ["env", "-i", *given, *map(str, command)]
    entering = [
        "unshare",
        "--mount",
        "--fork",
        "--pid",
        "--kill-child",
        *(["--user", "--map-root-user"] if emulator else []),
        "bash",
        "-c",
        ENTER,
        "enter",
        *inside,
    ]
    told = {name: str(place) for name, place in places.items()} | {"emulator": emulator}
    settings = {"env": os.environ | told, "cwd": where}
    if output is None:
        return subprocess.run(entering, timeout=patience, **settings).returncode
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as file:
        try:
            return subprocess.run(
                entering,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=patience,
                **settings,
            ).returncode
        except subprocess.TimeoutExpired:
            file.write(f"\nit did not end within {patience:.0f} s\n".encode())
            return 124


def libnode() -> Path:
    """napi's crates end a build for mingw without Node's library, of which they need nothing: symbols are
    looked up when the module is loaded."""
    folder = FOLDER / "libnode"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("libnode.dll", "libnode.dll.a"):
        (folder / name).touch()
    return folder


def zig() -> Path | None:
    """A compiler of the C in our dependencies, for each target; a package of PyPI, as `make dist` has it."""
    return next((ROOT / ".venv-dist" / "lib").glob("python*/site-packages/ziglang/zig"), None)


def zig_environment() -> dict[str, str]:
    return {
        "CARGO_ZIGBUILD_ZIG_PATH": str(zig()),
        "ZIG_GLOBAL_CACHE_DIR": str(FOLDER / "zig"),
        "CARGO_ZIGBUILD_CACHE_DIR": str(FOLDER / "zigbuild"),
    }


def cargo_environment() -> dict[str, str]:
    """`RUSTC_BOOTSTRAP`: what builds std is for nightly compilers, or for those who say so."""
    common = {
        "CARGO_HOME": str(CARGO_HOME),
        "CARGO_TARGET_DIR": str(BUILT),
        "RUSTC_BOOTSTRAP": "1",
        "PYO3_NO_PYTHON": "1",
        "PYO3_BUILD_EXTENSION_MODULE": "1",
        "CARGO_TERM_COLOR": "never",
    }
    return common | {name: os.environ[name] for name in ["CARGO_BUILD_JOBS"] if name in os.environ}


def cargo(
    *arguments: str,
    environment: dict[str, str],
    output: Path | None = None,
    program: str | Path = "cargo",
) -> int:
    return enter([program, arguments[0], *QUICKLY, *arguments[1:]], cargo_environment() | environment, output)
