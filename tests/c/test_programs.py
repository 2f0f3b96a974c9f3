"""Runs the C programs of this folder: as they are, under Valgrind, and with the address sanitizer."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, STRICT, Library, Programs, Sandbox, run
from scenarios import scenarios
from test_scenarios import Driver, hold

# What the first half of a test's name asks of the sandbox.
FAULTS: dict[str, list[dict[str, Any]]] = {
    "good": [],
    "slow": [{"on": "put", "times": -1, "do": {"hold": True, "slow": 4_000_000}}],
    "stall": [{"on": "put", "times": -1, "do": {"stall_after": 100_000}}],
    "held": [{"on": "put", "times": -1, "do": {"hold": True}}],
    "polled": [{"on": "put", "times": -1, "do": {"hold": True}}],
    "second_held": [{"on": "put", "skip": 1, "do": {"hold": True}}],
    "busy": [{"on": "put", "times": -1, "do": {"reply": {"status": 503}}}],
    "forked": [],
    "measured": [
        {"on": operation, "times": -1, "do": {"hold": True, "delay_ms": 400}}
        for operation in ("initiate_upload", "post_form", "complete_upload")
    ],
    "too_slow": [{"on": "put", "times": -1, "do": {"slow": 100_000}}],
}
SETTINGS: dict[str, dict[str, Any]] = {"too_slow": {"upload_expires_in": 60}}
SUITES = ["callbacks", "jobs", "logs", "options", "profiles", "sealing"]
VALGRIND = [
    "valgrind",
    "--quiet",
    # One thread runs at a time; without this, one that asks again and again keeps the others from running.
    "--fair-sched=try",
    "--error-exitcode=9",
    "--leak-check=full",
    "--errors-for-leak-kinds=definite",
    "--show-leak-kinds=definite",
    f"--suppressions={HERE / 'valgrind.supp'}",
]


def names(program: Path) -> list[str]:
    return run([program]).stdout.split()


def cases() -> list[tuple[str, str]]:
    """The tests of each program, read from its table, so that none is forgotten."""
    table = re.compile(r'^\s*(?:static const struct test tests\[\] = \{)?\{"((\w+):\w+)",', re.M)
    found = []
    for suite in SUITES:
        matches = table.findall((HERE / f"{suite}.c").read_text())
        assert {group for _, group in matches} <= set(FAULTS)
        found += [(suite, name) for name, _ in matches]
    return found


def run_program(sandbox: Sandbox, command: list[Any], groups: set[str]) -> None:
    (group,) = groups
    sandbox.fault(*FAULTS[group])
    sandbox.settings(**SETTINGS.get(group, {}))
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=sandbox.environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), f"{done}\n{done.stderr}"


@pytest.mark.parametrize(("suite", "name"), cases())
def test_program(programs: Programs, sandbox: Sandbox, suite: str, name: str) -> None:
    assert name in names(programs[suite])
    run_program(sandbox, [programs[suite], name], {name.partition(":")[0]})
    if name.startswith("second_held:"):
        assert len(sandbox.requests("confirm")) == 4


def test_no_test_is_forgotten(programs: Programs) -> None:
    assert [(suite, name) for suite in SUITES for name in names(programs[suite])] == cases()


@pytest.mark.parametrize("how", ["return", "exit"])
def test_a_program_may_end_while_calls_run(programs: Programs, sandbox: Sandbox, how: str) -> None:
    # What goes wrong here goes wrong by chance.
    for _ in range(5):
        run_program(sandbox, [programs["ending"], how], {"stall"})


def test_a_panic_is_an_error(programs: Programs) -> None:
    done = run([programs["panic"]])
    assert done.stderr.count("asked for") == 2  # the standard library's own report of it


def test_a_panic_tells_no_secret(programs: Programs) -> None:
    key, signature = "hk-canary-p4nic-0123456789", "c4nary5ignature"
    url = f"https://h.example/b/k?X-Amz-Signature={signature}&X-Amz-Credential={signature}"
    done = run([programs["panic"], key, url])
    printed = done.stdout + done.stderr
    assert printed.count("asked for with HCompany") == 2 and "PutRequest {" in printed
    for secret in (key, signature, "X-Amz-Signature"):
        assert secret not in printed, printed


def test_a_panic_tells_no_private_key(programs: Programs) -> None:
    private, encrypted = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "0NHSc4nary0123456789"
    done = run([programs["panic"], "keys", private, encrypted])
    printed = done.stdout + done.stderr
    # The public half is no secret, and is what tells pairs apart.
    public = "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw="
    assert printed.count(f"KeyPair({public})") >= 4 and "SealedFile {" in printed, printed
    numbers = ", ".join(str(number) for number in range(1, 9))
    for secret in (private, private[:12], encrypted, numbers, "0102030405060708"):
        assert secret not in printed, printed


def test_closing_the_library_does_not_unload_it(programs: Programs, library: Library) -> None:
    run([programs["loading"], library.lib / "libdropoff.so"])


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_the_header_is_cpp_too(library: Library, tmp_path: Path, compiler: str) -> None:
    sources = [HERE / "cxx_one.cpp", HERE / "cxx_two.cpp"]
    program = tmp_path / "cxx"
    command = [compiler, "-std=c++11", *STRICT, *library.flags("--cflags"), *sources, "-o", program]
    run([*command, *library.linking()])
    run([program])


# -- Valgrind


def grouped() -> list[tuple[str, list[str]]]:
    """The tests of one program that ask the same of the sandbox: starting Valgrind is what costs."""
    groups: dict[tuple[str, str], list[str]] = {}
    for suite, name in cases():
        groups.setdefault((suite, name.partition(":")[0]), []).append(name)
    return [(suite, names) for (suite, _), names in groups.items()]


@pytest.mark.parametrize(("suite", "chosen"), grouped())
def test_program_under_valgrind(programs: Programs, sandbox: Sandbox, suite: str, chosen: list[str]) -> None:
    groups = {name.partition(":")[0] for name in chosen}
    # What belongs to the parent's threads is leaked on purpose in a forked child; using it would hang.
    leaks = ["--leak-check=no"] if groups <= {"second_held", "forked"} else []
    run_program(sandbox, [*VALGRIND, *leaks, programs[suite], *chosen], groups)


def test_the_other_programs_under_valgrind(programs: Programs, sandbox: Sandbox, library: Library) -> None:
    # What a program had when it ended in the middle of everything is no leak.
    for how in ("return", "exit"):
        run_program(sandbox, [*VALGRIND, "--leak-check=no", programs["ending"], how], {"stall"})
        sandbox.reset()
    run_program(
        sandbox,
        [*VALGRIND, "--leak-check=no", programs["loading"], library.lib / "libdropoff.so"],
        {"good"},
    )
    run([*VALGRIND, programs["panic"]])


@pytest.mark.parametrize(
    "name",
    [
        "profile_folder_is_packed",
        "transfer_of_three_files_is_active",
        "transfer_step_by_step",
        "profile_step_by_step",
        "profile_default_level",
        "profile_snapshot_of_a_running_browser",
        "profile_unchanged_is_not_sent",
        "profile_pattern_that_is_none",
        "profile_steps_pack_too",
        "inspect_a_profile",
        "inspect_a_file",
        "raw_post_form",
        "put_503_is_retried",
        "refused_fields_of_a_transfer_are_named",
        "a_sealed_file_in_several_parts",
        "sealed_parts_that_are_there_are_not_sent_again",
        "files_that_came_sealed_pass_through",
        "a_recipients_key_that_is_none_is_refused",
        "a_plan_of_parts_and_sealing",
        "raw_parts",
        "a_sealed_file_opens",
        "another_pair_does_not_open_it",
    ],
)
def test_scenario_under_valgrind(programs: Programs, sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    (scenario,) = [s for s in scenarios() if s["name"] == name]
    hold(Driver([*VALGRIND, programs["scenario"]], sandbox), scenario, tmp_path)


# -- the address sanitizer

ASAN = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"]


@pytest.fixture(scope="session")
def checked(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compiles a program with the sanitizer, and proves that it is in there."""
    folder = tmp_path_factory.mktemp("sanitized")

    def compiled(name: str) -> Path:
        made = folder / name
        if not made.exists():
            library.compile(HERE / f"{name}.c", made, "clang", *ASAN)
            assert "__asan_init" in run(["nm", made]).stdout
        return made

    return compiled


def test_the_sanitizer_is_live(checked: Callable[[str], Path]) -> None:
    # Frame by frame: the library keeps no frame pointers.
    environment = os.environ | {"ASAN_OPTIONS": "fast_unwind_on_malloc=0"}
    done = subprocess.run(
        [checked("use_after_free")], capture_output=True, text=True, timeout=240, env=environment
    )
    assert done.returncode != 0
    assert "AddressSanitizer: heap-use-after-free" in done.stderr
    # Freed by the library, whose allocator the sanitizer watches as well.
    assert "dropoff_error_free" in done.stderr


@pytest.mark.parametrize(("suite", "chosen"), grouped())
def test_program_with_the_sanitizer(
    checked: Callable[[str], Path], sandbox: Sandbox, suite: str, chosen: list[str]
) -> None:
    run_program(sandbox, [checked(suite), *chosen], {name.partition(":")[0] for name in chosen})
