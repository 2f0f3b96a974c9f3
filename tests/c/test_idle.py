"""What the library holds before its first use."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import HERE, STRICT, Library, run


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_clients_have_no_thread_and_no_descriptor_before_their_first_use(
    library: Library, tmp_path: Path, compiler: str
) -> None:
    # Not linked with the library, so that there is a time before it is loaded.
    command = [compiler, "-std=c99", *STRICT, "-I", HERE, *library.flags("--cflags"), HERE / "idle.c"]
    run([*command, "-o", tmp_path / "idle", "-ldl"])
    run([tmp_path / "idle", library.lib / "libdropoff.so"])
