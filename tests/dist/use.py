"""Installs each package in a clean folder, as a user would, and sends a file with it to the packed sandbox.

Usage: use.py FOLDER           the one that pack.sh wrote to
       use.py FOLDER source    pip compiles its source distribution, as it does where no wheel fits; wants
                               cargo, a C compiler, a network for crates and maturin, and many minutes
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contents import LICENCES, all_packages, files

ROOT = Path(__file__).resolve().parents[2]
EXE = ".exe" if sys.platform == "win32" else ""
# What users test with, as our own tests do.
RUNNER = re.findall("^pytest==.*", (ROOT / "tests" / "python" / "requirements.txt").read_text(), re.M)[0]

PYTHON = """
import asyncio, os, pickle, subprocess, sys, dropoff
at = {"base_url": os.environ["API_URL"], "trusted_storage": [os.environ["STORAGE_URL"]]}
terms = {"sender": "a", "recipient": "b"}
d = dropoff.AgentDrop(**at)
print(d.send(["report.pdf"], **terms).status)

async def send():
    return await dropoff.AsyncAgentDrop(**at).send(["report.pdf"], **terms)
assert asyncio.run(send()).status == "active"

with subprocess.Popen([sys.executable, "-c", "print('x')"], stdout=subprocess.PIPE) as program:
    assert d.send([("output", program.stdout)], **terms).status == "active"

try:
    d.send([os.path.join("no", "such", "file")], **terms)
except FileNotFoundError as error:
    again = pickle.loads(pickle.dumps(error))
    assert (again.errno, again.strerror, again.filename) == (error.errno, error.strerror, error.filename)
else:
    raise AssertionError("a file that is not there was sent")
"""
NODE = """
const d = new AgentDrop({ baseUrl: process.env.API_URL, trustedStorage: [process.env.STORAGE_URL] })
d.send(['report.pdf'], { sender: 'a', recipient: 'b' }).then((sent) => console.log(sent.status))
"""
PYTEST = """
from dropoff import AgentDrop

def test_it_is_sent_again(dropoff_sandbox):
    dropoff_sandbox.faults({"on": "put", "do": {"reply": {"status": 503}}})
    assert AgentDrop().send(["report.pdf"], sender="a", recipient="b").status == "active"
    assert len(dropoff_sandbox.requests("put")) == 2
"""
NODE_TEST = """
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { AgentDrop } from 'dropoff'
import { sandboxForTests } from 'dropoff/testing'

const sandbox = sandboxForTests({ before, after, beforeEach })

test('it is sent again', async () => {
  await sandbox.faults({ on: 'put', do: { reply: { status: 503 } } })
  assert.equal((await new AgentDrop().send(['report.pdf'], { sender: 'a', recipient: 'b' })).status, 'active')
  assert.equal((await sandbox.requests('put')).length, 2)
})
"""
TOOLS = """
from dropoff import HCompany
from dropoff.tools import make_tools
print(len(make_tools(roots=["."], hcompany=HCompany("a-key"))))
"""
NODE_TOOLS = """
import { HCompany } from 'dropoff'
import { makeTools } from 'dropoff/tools'
console.log(makeTools({ roots: ['.'], hcompany: new HCompany({ apiKey: 'a-key' }) }).length)
"""
C = r"""
#include <dropoff.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    const char *storage = getenv("STORAGE_URL");
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    dropoff_file report = DROPOFF_FILE_INIT;
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_agentdrop *d = NULL;
    dropoff_sent_transfer *sent = NULL;
    dropoff_error *error = NULL;
    options.trusted_storage = &storage;
    options.trusted_storage_count = 1;
    settings.base_url = getenv("API_URL");
    settings.options = &options;
    report.path = "report.pdf";
    transfer.sender = "a";
    transfer.recipient = "b";
    transfer.files = &report;
    transfer.files_count = 1;
    if (dropoff_agentdrop_new(&settings, &d, &error) || dropoff_agentdrop_send(d, &transfer, &sent, &error))
        return fprintf(stderr, "%s\n", dropoff_error_message(error)), 1;
    puts(sent->status);
    return 0;
}
"""


def run(command: list[str | Path], folder: Path, environment: dict[str, str], patience: int = 300) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=patience, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{command} in {folder}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def found_program(name: str) -> str:
    """npm is a script on Windows, which is not found by its bare name."""
    return shutil.which(name) or name


def one(folder: Path, pattern: str) -> Path:
    [found] = folder.glob(pattern)
    return found


def new_python(folder: Path) -> Path:
    """The interpreter of an environment that has pip alone."""
    venv.create(folder / "venv", with_pip=True)
    return folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def use_wheel(packages: Path, folder: Path, environment: dict[str, str]) -> None:
    python = new_python(folder)
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"]
    run([python, *install, one(packages, "dropoff-*.whl")], folder, environment)
    assert run([python, "-c", PYTHON], folder, environment) == "active"
    assert run([python, "-c", TOOLS], folder, environment) == "3"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, RUNNER], folder, environment)
    (folder / "test_mine.py").write_text(PYTEST)
    assert "1 passed" in run([python, "-m", "pytest", "-q"], folder, environment)


def use_source(packages: Path, folder: Path, environment: dict[str, str]) -> None:
    """Nothing of this repository is near: pip unpacks and compiles in a folder of its own."""
    python = new_python(folder)
    install = ["-m", "pip", "install", "--disable-pip-version-check", "--no-binary=dropoff"]
    run([python, *install, one(packages, "dropoff-[0-9]*.tar.gz")], folder, environment, patience=3600)
    assert run([python, "-c", PYTHON], folder, environment) == "active"


def install_by_npm(tarballs: list[Path], folder: Path, environment: dict[str, str]) -> None:
    (folder / "package.json").write_text('{"private": true}')
    install = [found_program("npm"), "install", "--silent", "--offline", "--no-audit", "--no-fund"]
    run([*install, *tarballs], folder, environment)


def use_command(command: Path, folder: Path, environment: dict[str, str]) -> None:
    """The same, however it was installed: a file is sent, and its sandbox is one that tests can use."""
    told = environment | {
        "AGENTDROP_BASE_URL": environment["API_URL"],
        "DROPOFF_TRUSTED_STORAGE": environment["STORAGE_URL"],
    }
    sent = json.loads(run([command, "send", "report.pdf", "--from=a", "--to=b", "--json"], folder, told))
    assert sent["status"] == "active", sent
    with subprocess.Popen(
        [command, "sandbox", "--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as sandbox:
        assert sandbox.stdin and sandbox.stdout
        assert "api_url" in json.loads(sandbox.stdout.readline())
        sandbox.stdin.close()
    assert run([command, "--version"], folder, environment).startswith("dropoff ")
    checks = json.loads(run([command, "doctor", "--json", "--service=agentdrop"], folder, told))["checks"]
    assert {check["result"] for check in checks} == {"ok"}, checks
    done = subprocess.run([command, "put", "x", "--json"], env=environment, capture_output=True, check=False)
    assert done.returncode == 2 and "DROPOFF_URL" in json.loads(done.stdout)["error"]["message"], done


def use_command_wheel(packages: Path, folder: Path, environment: dict[str, str]) -> None:
    """By the libraries' extra, which finds it where pip looks."""
    venv.create(folder / "venv", with_pip=True)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"]
    library = one(packages, "dropoff-*.whl")
    run([scripts / "python", *install, "--find-links", packages, f"{library}[cli]"], folder, environment)
    use_command(scripts / f"dropoff{EXE}", folder, environment)
    # The library's own tests find the sandbox in it.
    without = {name: value for name, value in environment.items() if name != "DROPOFF_SANDBOX"}
    code = "from dropoff.testing import Sandbox\nwith Sandbox() as s: print(len(s.objects()))"
    assert run([scripts / "python", "-c", code], folder, without | {"PATH": os.defpath}) == "0"


def use_command_npm(packages: Path, folder: Path, environment: dict[str, str]) -> None:
    install_by_npm([tgz for tgz in packages.glob("*.tgz") if "dropoff-cli" in tgz.name], folder, environment)
    name = "dropoff.cmd" if sys.platform == "win32" else "dropoff"
    use_command(folder / "node_modules" / ".bin" / name, folder, environment)


def use_command_tarball(packages: Path, folder: Path, environment: dict[str, str]) -> None:
    with tarfile.open(one(packages, "dropoff-cli-*.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    [prefix] = folder.glob("dropoff-cli-*")
    use_command(prefix / "bin" / f"dropoff{EXE}", folder, environment)
    assert (prefix / "share" / "man" / "man1" / "dropoff-send.1").stat().st_size > 1000


def use_npm(packages: Path, folder: Path, environment: dict[str, str]) -> None:
    install_by_npm(
        [tgz for tgz in packages.glob("*.tgz") if "dropoff-cli" not in tgz.name], folder, environment
    )
    (folder / "use.mjs").write_text("import { AgentDrop } from 'dropoff'" + NODE)
    (folder / "use.cjs").write_text("const { AgentDrop } = require('dropoff')" + NODE)
    for program in ("use.mjs", "use.cjs"):
        assert run(["node", program], folder, environment) == "active", program
    (folder / "tools.mjs").write_text(NODE_TOOLS)
    assert run(["node", "tools.mjs"], folder, environment) == "3"
    (folder / "mine.test.mjs").write_text(NODE_TEST)
    assert "pass 1\n" in run(["node", "--test"], folder, environment)


def use_c(packages: Path, folder: Path, environment: dict[str, str]) -> None:
    with tarfile.open(one(packages, "dropoff-c-*.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    prefix = one(folder, "dropoff-c-*")
    (folder / "use.c").write_text(C)
    if sys.platform == "win32":
        # mingw's, by the import library that is Microsoft's too. Programs find a DLL beside them or in PATH.
        command = ["gcc", "-std=c99", f"-I{prefix}/include", "use.c", "-o", "shared", f"-L{prefix}/lib"]
        run([*command, "-ldropoff"], folder, environment)
        beside = environment | {"PATH": f"{prefix / 'bin'}{os.pathsep}{environment['PATH']}"}
        assert run([folder / "shared.exe"], folder, beside) == "active"
        return
    found = environment | {"PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    ways = [("shared", []), ("static", ["--static"])]
    for how, flags in ways[:1] if sys.platform == "darwin" else ways:
        libraries = run(["pkg-config", "--cflags", "--libs", *flags, "dropoff"], folder, found).split()
        if how == "static":
            # The linker prefers the shared one wherever both are.
            libraries = [f"{prefix}/lib/libdropoff.a" if word == "-ldropoff" else word for word in libraries]
        command = ["cc", "-std=c99", "use.c", "-o", how, *libraries, f"-Wl,-rpath,{prefix}/lib"]
        run(command, folder, environment)
        assert run([folder / how], folder, environment) == "active", how


def look_at_source(packages: Path) -> None:
    """What pip would build from: the core has to be in it, and what it is compiled with."""
    rust = ("core/src/lib.rs", "bindings-python/src/lib.rs", "Cargo.lock")
    with tarfile.open(one(packages, "dropoff-[0-9]*.tar.gz")) as archive:
        names = [name.split("/", 1)[-1] for name in archive.getnames()]
        for needed in ("pyproject.toml", ".cargo/config.toml", "python/pytest_dropoff/__init__.py", *rust):
            assert needed in names, f"{needed} is not in the source distribution"
        top = archive.getnames()[0].split("/")[0]
        settings = archive.extractfile(f"{top}/.cargo/config.toml")
        assert settings, ".cargo/config.toml is no file of the source distribution"
        ours = tomllib.loads((ROOT / ".cargo" / "config.toml").read_text())
        assert tomllib.load(settings) == ours, "pip would compile with other settings than we do"
    assert not [name for name in names if name.endswith(".so")], "compiled files in the source distribution"


def look_for_caches(folder: Path) -> None:
    """What Python leaves in a tree that was used is in no package."""
    for package in all_packages(folder):
        found = [name for name, _ in files(package) if "__pycache__" in name]
        assert not found, f"{package.name} has {found}"


def look_at_licences(folder: Path) -> None:
    """Ours, and those of what is compiled in, are in each package."""
    for name in LICENCES:
        ours = (ROOT / name).read_bytes()
        for package in all_packages(folder):
            found = [content for path, content in files(package) if Path(path).name == name]
            assert found and set(found) == {ours}, (
                f"{package.name} has {len(found)} of {name}, or another one"
            )


def unpack_sandbox(packages: Path, folder: Path) -> Path:
    with tarfile.open(one(packages, "dropoff-sandbox-*.tar.gz")) as archive:
        archive.extractall(folder, filter="data")
    return one(folder, "dropoff-sandbox-*") / f"dropoff-sandbox{EXE}"


def main(packages: Path, what: list[str]) -> None:
    if what not in ([], ["source"]):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with environment_of(unpack_sandbox(packages, folder)) as environment:
            use_all(packages, folder, environment, OF_SOURCE if what else USES)
        if not what:
            look_at_all(packages)


Use = Callable[[Path, Path, dict[str, str]], None]
USES: dict[str, Use] = {
    "wheel": use_wheel,
    "command's wheel": use_command_wheel,
    "npm tarball": use_npm,
    "C tarball": use_c,
    "command's npm packages": use_command_npm,
    "command's tarball": use_command_tarball,
}
OF_SOURCE: dict[str, Use] = {"source distribution": use_source}


@contextmanager
def environment_of(sandbox: Path) -> Iterator[dict[str, str]]:
    """Where the services are, as long as the sandbox runs, and nothing of the Python that runs this."""
    command = [sandbox, "serve", "--exit-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin and running.stdout
        services = json.loads(running.stdout.readline())
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
        }
        try:
            yield inherited | {
                "API_URL": services["api_url"],
                "STORAGE_URL": services["storage_url"],
                "AGENTDROP_API_KEY": services["agentdrop_api_key"],
                "DROPOFF_SANDBOX": str(sandbox),
            }
        finally:
            running.stdin.close()


def use_all(packages: Path, temporary: Path, environment: dict[str, str], uses: dict[str, Use]) -> None:
    for what, use in uses.items():
        folder = temporary / what.replace(" ", "-")
        folder.mkdir()
        (folder / "report.pdf").write_bytes(b"%PDF")
        use(packages, folder, environment)
        print(f"{what}: installed in a clean folder, and a file was sent with it", flush=True)


def look_at_all(packages: Path) -> None:
    look_at_source(packages)
    print("source distribution: whole")
    look_for_caches(packages)
    look_at_licences(packages)
    print("licences: in each package")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
