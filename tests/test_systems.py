"""What systems.py finds, each by itself, and what it leaves alone."""

from __future__ import annotations

import re

import pytest
import systems

ASKS = {
    "an attribute": "#[cfg(unix)]\nfn a() {}",
    "an expression": 'let a = cfg!(target_os = "linux");',
    "an attribute of its own": '#[cfg_attr(windows, path = "a.rs")]\nmod a;',
    "a condition over several lines": "fn a() {}\n#[cfg(any(\n    unix,\n    test\n))]\nfn b() {}",
    "the third line of it": '#[cfg(all(\n    not(test),\n    target_env =\n        "musl",\n))]\nfn a() {}',
    "a choice": "cfg_select! {\n    windows => { a() }\n    _ => {}\n}",
    "std of one system": "use std::os::unix::fs::MetadataExt as _;",
    "several of std": "use std::os::{fd::AsFd, unix::net};",
    "a descriptor": "fn a(file: impl std::os::fd::AsFd) {}",
    "the system's name": "let a = std::env::consts::OS;",
    "it, imported": "use std::env::consts;",
    "it, imported among others": "use std::env::{consts, var};\nlet a = consts::FAMILY;",
    "signals": "use tokio::signal::unix::signal;",
    "a socket of Unix": "let a = tokio::net::UnixStream::pair();",
    "a crate for Unix": "let a = rustix::process::getuid();",
    "a crate under another name": "use libc as c;",
    "a crate for Windows": "use windows_sys::Win32::Foundation::HANDLE;",
    "a pseudo file": 'let a = std::fs::read_link(format!("/proc/{pid}/exe"));',
    "one as a raw text": 'let a = std::fs::read(r#"/dev/null"#);',
    "one beside a URL": 'let (a, b) = ("http://a.example", "/sys/block");',
}
ALLOWED = {
    "another condition": "#[cfg(debug_assertions)]\nfn a() {}\n#[cfg(test)]\nmod a_tests;",
    "a feature of that name": '#[cfg(feature = "unix")]\nfn a() {}',
    "a condition before a word": "#[cfg(test)]\nfn a(bytes: &[u8]) { bytes.windows(2); unix(1) }",
    "a choice without a system": "cfg_select! { test => { bytes.windows(2) } _ => {} }",
    "a comment": "/// As `cfg(unix)` has it, unsafe.\nfn a() {} // std::os::unix\n/* libc::a\n unsafe */",
    "a text": 'let a = "#[cfg(unix)] unsafe { libc::a() } //";\nlet b = \'"\'; let c = "\\"/proc/1";',
    "a raw text": 'let a = r#"unsafe "{" std::os::unix"#;',
    "the lifetime before it": "fn a<'a>(of: &'a str) -> Option<&'a str> { None }",
    "tests at the end": "fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::os::unix::fs::symlink;\n}",
}
UNSAFE = {
    "a block": "fn a() {\n    unsafe { b() }\n}",
    "a function": "pub unsafe fn a() {}",
    "an attribute": "#[unsafe(no_mangle)]\npub fn a() {}",
    "after a text": 'let a = "http://b"; unsafe { c() }',
}


def found(crate: str, path: str, text: str) -> list[str]:
    return list(systems.wrong(crate, path, text))


@pytest.mark.parametrize("text", ASKS.values(), ids=ASKS)
def test_what_asks_for_a_system_is_found_outside_of_its_room_alone(text: str) -> None:
    for crate, room in systems.ROOMS.items():
        assert found(crate, "other.rs", text), crate
        inside = {None: [], "sys/": ["sys/mod.rs", "sys/unix/a.rs"]}.get(room, [room])
        for path in inside:
            assert not found(crate, path, text), path


def test_a_crate_has_one_room() -> None:
    unix = "#[cfg(unix)]\nfn a() {}"
    assert found("mcp", "sys.rs", unix) and found("sandbox", "stdio.rs", unix)
    assert found("core", "system.rs", unix) and found("core", "profile/sys/a.rs", unix)
    assert found("cli", "commands/sys.rs", unix)
    assert "nowhere in this crate" in found("generate", "sys.rs", unix)[0]


@pytest.mark.parametrize("text", UNSAFE.values(), ids=UNSAFE)
def test_unsafe_is_found_outside_of_three_places(text: str) -> None:
    for crate in systems.ROOMS:
        if crate != "bindings-c":
            assert found(crate, "other.rs", text), crate
    # Their room is for what a system decides; that by itself allows no unsafe code.
    for crate, path in [("cli", "sys.rs"), ("mcp", "stdio.rs"), ("sandbox", "signals.rs")]:
        assert found(crate, path, text), crate
    for crate, path in [("core", "sys/unix.rs"), ("core", "seal/gcm.rs"), ("bindings-c", "job.rs")]:
        assert not found(crate, path, text), path


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED)
def test_what_looks_alike_is_left_alone(text: str) -> None:
    assert not found("core", "other.rs", text)


def test_a_line_is_named_as_the_file_has_it() -> None:
    text = '//! A.\n/* b\n c */\nlet a = "1\n2";\n#[cfg(any(\n    unix,\n))]\nfn b() {}\n'
    assert found("core", "other.rs", text) == [
        "core/src/other.rs:6: what a system decides belongs to core/src/sys/"
    ]
    assert re.match("core/src/a.rs:2: no unsafe", found("core", "a.rs", "\nunsafe {}")[0])


def test_a_new_crate_wants_a_row() -> None:
    assert not list(systems.without_a_row(["core", "tests/rust"]))
    assert "bindings-go" in next(systems.without_a_row(["core", "bindings-go"]))


def test_the_sources_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert systems.main() == 0, capsys.readouterr().out
