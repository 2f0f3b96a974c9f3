"""The programs of the README and of the pages in `docs/` are run, block by block, against the sandbox.

Their Rust is compiled as documentation tests (`tests/rust/src/lib.rs`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import ROOT, Block, blocks
from conftest import C_OPTIONS

HERE = Path(__file__).parent
# What a program prints in the end: that it arrived, or what it was to fail with.
OUTCOME = re.compile(r"\b(true|active|verified: 1|nothing-here\.pdf)\b")


def run(command: list[str], place: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python(block: Block, place: Path, environment: dict[str, str]) -> None:
    (place / "test_program.py").write_text(block.text)
    if "import pytest" in block.text:
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_program.py"]
    else:
        command = [str(HERE / "here.py"), "test_program.py"]
    run([sys.executable, *command], place, environment)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("installed") / "prefix"
    subprocess.run([ROOT / "bindings-c/install.sh", prefix, ROOT / "target/debug"], check=True)
    return prefix


@pytest.fixture(scope="module")
def flags(prefix: Path) -> list[str]:
    told = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "dropoff"],
        env={"PATH": os.environ["PATH"], "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return ["-Wall", "-Wextra", "-Werror", "-pedantic", "-o", "example", *told, f"-Wl,-rpath,{prefix}/lib"]


@pytest.mark.parametrize("block", blocks("c"), ids=str)
def test_c(block: Block, place: Path, flags: list[str], environment: dict[str, str]) -> None:
    program = re.sub(r"dropoff_(hcompany|agentdrop)_new\(NULL,", r"dropoff_\1_new(\1_here(),", block.text)
    program = program.replace("dropoff_storage_new(NULL,", "dropoff_storage_new(options_here(),")
    (place / "example.c").write_text(C_OPTIONS + program)
    subprocess.run(["cc", "-std=c99", "example.c", *flags], cwd=place, check=True)
    assert OUTCOME.search(run([str(place / "example")], place, environment))


@pytest.mark.parametrize("block", blocks("cpp"), ids=str)
def test_cpp(block: Block, place: Path, flags: list[str], environment: dict[str, str]) -> None:
    program, replaced = re.subn(
        r"dropoff::(hcompany|agentdrop) client;", r"dropoff::\1 client(*\1_here());", block.text
    )
    assert replaced == 1
    (place / "example.cpp").write_text(C_OPTIONS + program)
    subprocess.run(["c++", "-std=c++17", "example.cpp", *flags], cwd=place, check=True)
    assert OUTCOME.search(run([str(place / "example")], place, environment))


@pytest.mark.parametrize("block", blocks("js"), ids=str)
def test_node(block: Block, place: Path, environment: dict[str, str]) -> None:
    modules = place / "node_modules"
    modules.mkdir()
    for name in (HERE / "node_modules").iterdir():
        (modules / name.name).symlink_to(name)
    (modules / "dropoff").symlink_to(ROOT / "bindings-node")
    (place / "here.mjs").write_text((HERE / "here.mjs").read_text())
    # A program that starts a sandbox is led there.
    here = "'dropoff'" if "from 'dropoff/testing'" in block.text else "'./here.mjs'"
    (place / "example.mjs").write_text(block.text.replace("from 'dropoff'\n", f"from {here}\n"))
    assert OUTCOME.search(run(["node", "example.mjs"], place, environment))
