"""The README's install lines do what they say: from a fresh clone to a running program in a project.

A release build takes many minutes, so cargo gives what the tests have built of the same sources; with
DROPOFF_FULL=1 everything is real. What is written to /usr/local and /etc stays in a mount namespace.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import C_OPTIONS, README, ROOT, blocks

FULL = bool(os.environ.get("DROPOFF_FULL"))
SECONDS = 3600 if FULL else 300

# Stands before cargo in PATH.
CARGO = """#!/bin/bash
set -euo pipefail
export PATH={path} PYO3_BUILD_EXTENSION_MODULE=1
case "$*" in
"build --release -p dropoff-c")
    mkdir -p {clone}/target/release
    ln -f {root}/target/debug/libdropoff_c.so {root}/target/debug/libdropoff_c.a {clone}/target/release ||
        cp {root}/target/debug/libdropoff_c.so {root}/target/debug/libdropoff_c.a {clone}/target/release ;;
"build --release --package dropoff-node --message-format=json-render-diagnostics")
    cd {root}
    cargo build --workspace --all-targets --message-format=json-render-diagnostics |
        sed 's,{root}/bindings-node,{clone}/bindings-node,g' ;;
*)
    exec cargo "$@" ;;
esac
"""

# Below these folders everything is written elsewhere.
NAMESPACE = """
mount -t tmpfs none "$MOUNTS"
for folder in /usr/local /etc; do
    mkdir -p "$MOUNTS$folder/upper" "$MOUNTS$folder/work"
    layers=lowerdir=$folder,upperdir=$MOUNTS$folder/upper,workdir=$MOUNTS$folder/work
    mount -t overlay none -o "$layers" "$folder"
done
"""


def lines(text: str) -> list[str]:
    """The commands of a text's shell blocks, without their comments."""
    found = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [re.sub(r"\s+#.*", "", line) for line in "".join(found).splitlines() if line]


INSTALL = lines(README.split("\n## Install\n")[1].split("\n## ")[0])


def line(start: str) -> str:
    [found] = [line for line in INSTALL if line.startswith(start)]
    return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git would give, and what is not committed yet; nothing that was built."""
    to = tmp_path_factory.mktemp("fresh") / "dropoff"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


@pytest.fixture(scope="module")
def environment(clone: Path) -> dict[str, str]:
    own = ("npm_", "VIRTUAL_ENV", "CARGO_TARGET_DIR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    kept["npm_config_prefer_offline"] = "true"
    if not FULL:
        tools = clone.parent / "tools"
        tools.mkdir()
        (tools / "cargo").write_text(CARGO.format(path=f"'{kept['PATH']}'", clone=clone, root=ROOT))
        (tools / "cargo").chmod(0o755)
        kept["PATH"] = f"{tools}:{kept['PATH']}"
    return kept


@pytest.fixture
def project(clone: Path, place: Path) -> Path:
    """A folder beside the clone, with a home that has something to send."""
    project = clone.parent / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(place, project)
    return project


def run(script: str, folder: Path, environment: dict[str, str], *within: str) -> str:
    command = [*within, "bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


def at(sandbox: dict[str, Any], home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "API_URL": sandbox["api_url"],
        "STORAGE_URL": sandbox["storage_url"],
        "HAI_API_KEY": sandbox["h_api_key"],
    }


# -- Node


def test_node(clone: Path, project: Path, environment: dict[str, str], sandbox: dict[str, Any]) -> None:
    run(line("(cd bindings-node"), clone, environment)
    (project / "package.json").write_text('{"private": true}')
    run(line("npm install"), project, environment)
    here = "{ baseUrl: process.env.API_URL, trustedStorage: [process.env.STORAGE_URL] }"
    program = blocks("js")[0].replace("new HCompany()", f"new HCompany({here})")
    (project / "upload.mjs").write_text(program)
    assert run("node upload.mjs", project, environment | at(sandbox, project)).strip().endswith(" true")
    # Nothing of the clone is needed any more.
    assert not (project / "node_modules" / "dropoff").is_symlink()


def test_the_manual_of_node_says_the_same() -> None:
    there = lines((ROOT / "bindings-node" / "README.md").read_text("utf-8"))
    assert there == [line("(cd bindings-node"), line("npm install")]


# -- C


@cache
def namespace() -> list[str]:
    """How to get one, or nothing where that is forbidden."""
    for how in (["unshare", "--map-root-user", "--mount"], ["unshare", "--mount"]):
        script = 'export MOUNTS=$(mktemp -d); trap "umount $MOUNTS; rmdir $MOUNTS" EXIT;' + NAMESPACE
        tried = subprocess.run([*how, "sh", "-ec", script + "umount /etc /usr/local"], capture_output=True)
        if tried.returncode == 0:
            return how
    return []


def c_program(project: Path) -> None:
    clients = "dropoff_hcompany_new(NULL,"
    [program, *_] = [block for block in blocks("c") if clients in block]
    made = program.replace(clients, "dropoff_hcompany_new(hcompany_here(),")
    (project / "upload.c").write_text(C_OPTIONS + made)


def in_place(
    commands: list[tuple[Path, str]], environment: dict[str, str], project: Path, tmp_path: Path
) -> str:
    """Runs commands, each in its folder, as root of a machine of their own, if there can be one."""
    script = "\n".join(f"cd '{folder}'\n{command}" for folder, command in commands)
    if how := namespace():
        (tmp_path / "mounts").mkdir()
        more = environment | {
            "MOUNTS": str(tmp_path / "mounts"),
            "PATH": environment["PATH"] + ":/usr/sbin:/sbin",
        }
        return run(NAMESPACE + script, project, more, *how)
    prefix = tmp_path / "prefix"
    more = {"PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig", "LD_LIBRARY_PATH": f"{prefix}/lib"}
    return run(script.replace("/usr/local", str(prefix)), project, environment | more)


def test_c(
    clone: Path, project: Path, environment: dict[str, str], sandbox: dict[str, Any], tmp_path: Path
) -> None:
    c_program(project)
    commands = [(clone, line("cargo build")), (project, line("cc upload.c")), (project, "./a.out")]
    told = in_place(commands, environment | at(sandbox, project), project, tmp_path)
    assert told.strip().endswith("verified: 1"), told
    if namespace():
        assert "loader" not in told and not Path("/usr/local/include/dropoff.h").exists()


def test_the_manual_of_c_does_what_it_says(
    clone: Path, project: Path, environment: dict[str, str], sandbox: dict[str, Any], tmp_path: Path
) -> None:
    c_program(project)
    first, *rest = lines((ROOT / "bindings-c" / "README.md").read_text("utf-8"))
    assert first == line("cargo build")
    compiling = [command for command in rest if command.startswith("cc ")]
    assert len(compiling) == 2 and "-static " in compiling[1]
    programs = [
        (project, command + "\n./a.out\nreadelf -d a.out | grep NEEDED || true\nrm a.out")
        for command in compiling
    ]
    told = in_place([(clone, first), *programs], environment | at(sandbox, project), project, tmp_path)
    _, shared, static = told.split("verified: 1\n")
    assert "libdropoff.so" in shared and "NEEDED" not in static, told


# -- Rust and Python


def test_rust(clone: Path, project: Path, environment: dict[str, str]) -> None:
    run("cargo init --quiet --vcs none --name project .", project, environment)
    run(line("cargo add"), project, environment)
    version = tomllib.loads((clone / "Cargo.toml").read_text("utf-8"))["workspace"]["package"]["version"]
    added = f'dropoff = {{ version = "{version}", path = "../dropoff/core" }}'
    assert added in (project / "Cargo.toml").read_text("utf-8")
    (project / "src" / "main.rs").write_text(
        re.findall(r"^```rust,no_run\n(.*?)^```", README, re.M | re.S)[0]
    )
    if FULL:
        run("cargo check --quiet", project, environment)


@pytest.mark.skipif(not FULL, reason="compiles everything; set DROPOFF_FULL=1")
def test_python(clone: Path, project: Path, environment: dict[str, str]) -> None:
    install = line("pip install").replace("pip", f"{project}/venv/bin/pip", 1)
    run(f"python3 -m venv {project}/venv\n{install}", clone, environment)
    run(f"{project}/venv/bin/python -c 'import dropoff; dropoff.HCompany'", project, environment)
