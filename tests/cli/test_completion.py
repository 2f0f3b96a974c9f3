"""Completion in real shells, and the manual."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from conftest import HANGS, PROGRAM, Cli

# What each shell is asked: the words that may follow `dropoff prof` and `dropoff put --url`.
ASK = {
    "bash": """
source <(dropoff completion bash)
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _dropoff dropoff "${@: -1}" "${@: -2:1}"
    echo "${COMPREPLY[@]}"
}
ask dropoff prof
ask dropoff put --url
""",
    "fish": """
dropoff completion fish | source
complete -C 'dropoff prof'
complete -C 'dropoff put --url'
""",
    # zsh completes for a terminal alone: one that its own module makes.
    "zsh": """
zmodload zsh/zpty
dropoff completion zsh >_dropoff
ask() {
    zpty work zsh -f -i
    zpty -w work 'PS1=; setopt no_beep; fpath=($PWD $fpath); autoload -Uz compinit'
    zpty -w work 'compinit -u -d $PWD/dump; print rea""dy'
    zpty -r -m work seen '*ready*'
    zpty -w -n work "$1"$'\t\t'
    zpty -r -m work seen "*$2*"
    print -r -- "$seen"
    zpty -d work
}
ask 'dropoff prof' profile
ask 'dropoff put --url' --url-file
""",
}


@pytest.mark.parametrize("shell", sorted(ASK))
def test_a_shell_completes_commands_and_flags(cli: Cli, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.fail(f"{shell} is missing; run: .ci/tools")
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [shell, "-c", ASK[shell]],
        env=cli.environment | {"PATH": path, "TERM": "xterm"},
        cwd=cli.folder,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert "profile" in done.stdout and "--url-file" in done.stdout, (done.stdout, done.stderr)


def test_the_manual_has_a_page_for_each_command(cli: Cli) -> None:
    pages = cli.folder / "man"
    pages.mkdir()
    assert cli.run("man", pages).returncode == 0
    names = {page.name for page in pages.iterdir()}
    assert {"dropoff.1", "dropoff-send.1", "dropoff-put.1", "dropoff-profile-upload.1"} <= names
    assert "Exit codes" in (pages / "dropoff.1").read_text()
    assert "url" in (pages / "dropoff-put.1").read_text()
