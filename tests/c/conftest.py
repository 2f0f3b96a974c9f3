"""An installed library, programs compiled against it, and a sandbox to run them at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from control import Control  # noqa: E402

ROOT = HERE.parents[1]
# What was built for another system, and its compilers: see tests/platforms.
BUILT = Path(os.environ.get("DROPOFF_BUILT", ROOT / "target" / "debug"))
COMPILERS = os.environ.get("DROPOFF_COMPILERS", "gcc clang").split()
FOR_WINDOWS = (BUILT / "dropoff_c.dll").exists()
SANDBOX = Path(os.environ.get("DROPOFF_SANDBOX", BUILT / "dropoff-sandbox"))
TOOLS = [*COMPILERS, "pkg-config"]
if "DROPOFF_BUILT" not in os.environ:
    TOOLS += ["g++", "clang++", "valgrind", "make", "nm", "readelf"]
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


# A shell ignores Ctrl-C for what it runs in the background, and so would every program that is started here.
# What has a handler is not inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionstart() -> None:
    """Says what is missing in one line instead of in a hundred failures."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.exit(f"install {', '.join(missing)} first (apt-get install)", returncode=2)
    if not (FOR_WINDOWS or (BUILT / "libdropoff_c.so").exists()) or not SANDBOX.exists():
        pytest.exit("run first: cargo build -p dropoff-c -p dropoff-sandbox", returncode=2)


def run(command: list[Any], **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs something that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, **more)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def shown(path: Path) -> str:
    """As the library shows it. What is built for Windows runs under Wine, whose drive Z is this machine."""
    return "Z:" + str(path).replace("/", "\\") if FOR_WINDOWS else str(path)


def is_private(path: Path) -> bool:
    """Whether it is its owner's alone. Wine shows of Windows' rights that others have none."""
    mode = path.stat().st_mode
    return mode & 0o007 == 0 if FOR_WINDOWS else mode & 0o777 == 0o600


def not_of_tests(symbols: str) -> set[str]:
    """The names that nm prints, without those that no user's library has: the functions for tests of a debug
    build, and those that the sandbox's S3 server asks of a crate the core takes without them.
    tests/dist/symbols.py looks at what is shipped."""
    names = {line.split()[2] for line in symbols.splitlines()}
    return {name for name in names if not name.startswith(("dropoff_debug_", "crc_fast_"))}


def until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Waits until it is so, and no longer than the process lives. A minute is no verdict; it ends a hang."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline, "it never came so far"
        time.sleep(0.005)


# -- the library and programs


class Library:
    """The library, installed below a prefix of its own."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.lib = prefix / "lib"

    def flags(self, *what: str) -> list[str]:
        # Only this prefix: a dropoff that is installed on the machine must not be found instead.
        environment = os.environ | {"PKG_CONFIG_LIBDIR": str(self.lib / "pkgconfig")}
        return run(["pkg-config", *what, "dropoff"], env=environment).stdout.split()

    def compile(self, source: Path, to: Path, compiler: str = "gcc", *flags: str) -> Path:
        """Compiles a program."""
        command = [compiler, "-g", "-std=c99", *STRICT, "-I", HERE, *flags, *self.flags("--cflags"), source]
        run([*command, "-o", to, *self.linking()])
        return to

    def linking(self) -> list[str]:
        return [*self.flags("--libs"), f"-Wl,-rpath,{self.lib}", "-lpthread"]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Installed, then moved, as a package would be."""
    staged = tmp_path_factory.mktemp("install") / "staged"
    run([ROOT / "bindings-c" / "install.sh", staged, BUILT])
    return Library(staged.rename(staged.parent / "prefix"))


class Programs:
    """Compiled test programs, each once."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.folder = folder

    def __getitem__(self, name: str) -> Path:
        made = self.folder / name
        if not made.exists():
            # Every program by both compilers; the tests run what the first one made.
            first, *others = COMPILERS
            for other in others:
                self.library.compile(HERE / f"{name}.c", self.folder / f"{name}-{other}", other)
            self.library.compile(HERE / f"{name}.c", made, first)
        return made


@pytest.fixture(scope="session")
def programs(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(library, tmp_path_factory.mktemp("programs"))


# -- the sandbox


class Sandbox(Control):
    """A running sandbox: where it is, and how it is controlled."""

    def __init__(self, ready: dict[str, Any]) -> None:
        super().__init__(ready["control_url"])
        self.ready = ready
        self.home = ""

    @property
    def environment(self) -> dict[str, str]:
        """For a program: where the services are, and nothing of the developer's own keys or proxies."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": self.home,
            "API_URL": self.ready["api_url"],
            "CONTROL_URL": self.ready["control_url"],
            "STORAGE_URL": self.ready["storage_url"],
            "H_KEY": self.ready["h_api_key"],
            "AGENTDROP_KEY": self.ready["agentdrop_api_key"],
        }

    def transfers(self) -> list[dict[str, Any]]:
        transfers: list[dict[str, Any]] = json.loads(self._control("GET", "/transfers"))
        return transfers


@contextmanager
def serve(*options: str) -> Iterator[Sandbox]:
    """A sandbox of its own. It ends with its standard input, whatever becomes of this process."""
    command: list[Any] = [SANDBOX, "serve", "--exit-with-stdin", *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    with process, process.stdin, process.stdout:
        yield Sandbox(json.loads(process.stdout.readline()))
        process.stdin.close()
        process.wait(60)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """An empty sandbox."""
    running_sandbox.reset()
    running_sandbox.home = str(tmp_path)
    return running_sandbox
