"""Runs the shared scenarios through the C API, by way of scenario.c, with everything logged; and looks for
secrets in all that it prints."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from conftest import COMPILERS, Library, Programs, Sandbox, is_private, shown, until
from profiles import running_browser, source
from scenarios import (
    VECTORS,
    Scenario,
    Source,
    expect,
    expect_outcome,
    expect_requests,
    merged,
    passed_folder,
    remove,
    rewrite,
    scenarios,
    touch,
)

CODES = {row["kind"]: row["code"] for row in json.loads((VECTORS / "errors.json").read_text())}
Line = tuple[Any, ...]


@pytest.fixture(scope="session")
def passed() -> Path:
    return passed_folder("c")


# -- talking to scenario.c


def written(line: Line) -> str:
    """Values are percent-encoded; a lone % is NULL."""
    return " ".join([line[0], *("%" if v is None else quote(str(v), safe="") for v in line[1:])])


def option(name: str, value: Any) -> list[Line]:
    """By the name of its field."""
    match value:
        case {"ms": ms}:
            return [("option", f"{name}_ms", ms)]
        case bool():
            return [("option", name, json.dumps(value))]
        case list():
            return [("option", name, item) for item in value]
        case _:
            return [("option", name, value)]


def argument(name: str, value: Any) -> list[Line]:
    match value:
        case {"ms": ms}:
            return [("arg", name, ms)]
        case dict() if name == "labels":
            return [("label", *pair) for pair in value.items()]
        case dict() if name == "pack":
            values = {k: v if isinstance(v, list) else [v] for k, v in value.items()}
            return [("pack", key, text) for key, texts in values.items() for text in texts]
        case dict() if name == "encrypt":
            return [("arg", name, "yes"), *[("arg", f"{name}.{key}", text) for key, text in value.items()]]
        case dict() | bool():
            return [("arg", name, json.dumps(value))]
        case _:
            return [("arg", name, value)]


class Driver:
    """scenario.c, and the sandbox it is to use."""

    def __init__(self, program: list[Any], sandbox: Sandbox) -> None:
        self.program = program
        self.sandbox = sandbox

    def call(
        self,
        name: str,
        options: dict[str, Any],
        sources: list[Source],
        *lines: Line,
        cancel_at: str | None = None,
        cancel_by: str = "job",
    ) -> dict[str, Any]:
        """What the call gave, `result` or `error` as JSON. `cancel_at`: the operation it is cancelled at."""
        told = self.told(name, options, sources, *lines)
        if cancel_at:
            told.append(("arg", "cancel", cancel_by))
        done = self._run("".join(written(line) + "\n" for line in told) + "\n", cancel_at)
        assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr}"
        assert not done.stderr, done.stderr
        first, *rest = done.stdout.splitlines()
        self.logs = [unquote(line.removeprefix("log ")) for line in rest if line.startswith("log ")]
        what, _, content = first.partition(" ")
        outcome = {what: json.loads(content)}
        # These two give their target away, as they are asked to.
        revealing = what == "result" and name in ("agentdrop.presign", "hcompany.initiate_upload")
        printed = "" if revealing else first + "\n" + unquote("\n".join(rest))
        expect_no_secret(told, printed + "\n".join(self.logs))
        compare_getters(outcome, [line.split(" ")[1:] for line in rest if line.startswith("got ")])
        return outcome

    def told(self, name: str, options: dict[str, Any], sources: list[Source], *lines: Line) -> list[Line]:
        """The lines that describe a call."""
        ready = self.sandbox.ready
        key = ready["h_api_key" if name.startswith("hcompany") else "agentdrop_api_key"]
        told: list[Line] = [("arg", "call", name)]
        for arg, value in {"api_url": ready["api_url"], "api_key": key}.items():
            # The first one counts.
            if not any(line[:2] == ("arg", arg) for line in lines):
                told.append(("arg", arg, value))
        trusted = [ready["storage_url"], ready["untrusted_storage_url"]]
        defaults = {"trusted_storage": [url for url in trusted if url], "backoff_base": {"ms": 1}}
        for option_name, value in (defaults | options).items():
            told += option(option_name, value)
        told += [("source", s.kind, s.path, s.name, s.content_type, s.encryption_iv) for s in sources]
        told += lines
        return told

    def _run(self, text: str, cancel_at: str | None) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            self.program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.sandbox.environment,
        )
        with process:
            assert process.stdin
            try:
                process.stdin.write(text)
                process.stdin.flush()
                if cancel_at:
                    until(lambda: self.sandbox.requests(cancel_at), process)
                output, errors = process.communicate("cancel\n" if cancel_at else None, timeout=240)
            finally:
                process.kill()
        return subprocess.CompletedProcess(self.program, process.returncode, output, errors)


SECRET_NAMES = re.compile("policy|signature|credential|token|tagging|authorization|canary", re.I)


SECRET_ARGS = {"api_key", "private_key", "encrypted_key", "encrypt.private_key", "encrypt.presealed"}


def secrets(lines: list[Line]) -> set[str]:
    """What must not be printed of a call: its keys, and what signs its target."""
    found = set()
    for line in lines:
        match line:
            case ("arg", name, key) if name in SECRET_ARGS:
                found.add(key)
            case ("arg", "url", url) | ("url", url):
                query = urlsplit(url).query
                found |= {query} | {value for name, value in parse_qsl(query) if SECRET_NAMES.search(name)}
            case ("field" | "header" | "part_header", name, value) if SECRET_NAMES.search(name):
                found.add(value)
    return {text for secret in found for text in (secret, quote(secret), secret.strip()) if len(text) > 5}


def expect_no_secret(lines: list[Line], printed: str) -> None:
    for secret in secrets(lines):
        assert secret not in printed, f"{secret!r} is in {printed}"
    # Targets that the call asked for itself.
    assert not re.search("X-Amz-(Signature|Credential|Security-Token)=", printed, re.I), printed


def compare_getters(outcome: dict[str, Any], got: list[list[str]]) -> None:
    """Each field of a result, and each getter of an error, says what the JSON says."""
    [(what, fields)] = outcome.items()
    seen = set()
    for name, encoded in got:
        # A path is raw bytes; the JSON shows it as text.
        value = None if encoded == "%" else unquote(encoded, errors="replace")
        wanted: Any
        if what == "error" and name == "code":
            wanted = CODES[fields["kind"]]
        elif name == "retry_after_ms":
            wanted, name = fields["retry_after"], "retry_after"
            if wanted is not None and value is not None:
                # The JSON has seconds with fractions, the getter whole milliseconds.
                assert -0.01 <= wanted * 1000 - int(value) < 1.01, (wanted, value)
                wanted = int(value)
        elif name == "details_count":
            wanted = len(fields["details"])
        elif name in ("labels_json", "request_json"):
            name = name.removesuffix("_json")
            wanted, value = fields[name], value and json.loads(value)
        elif name == "reply.headers_json":
            name = "reply.headers"
            wanted, value = fields["reply"]["headers"], value and json.loads(value)
        elif name.startswith("resource.") and fields["resource"] is None:
            wanted, name = None, "resource"
        elif name in ("http_status", "errno"):
            wanted = fields[name] or 0
        else:
            wanted = fields
            for step in name.split("."):
                wanted = wanted[int(step) if isinstance(wanted, list) else step]
        if isinstance(wanted, bool | int):
            wanted = json.dumps(wanted)
        assert wanted == value, f"{name}: the JSON has {wanted!r}, C {value!r}"
        seen.add(name)
    if got:
        missing = {name for name, _ in leaves(fields)} - seen
        assert not missing, f"C was not asked for {missing}"


# One text gives all of these, as JSON.
WHOLE = {"labels", "request", "reply.headers"}


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that a field or a getter gives; what is empty has none."""
    if isinstance(value, dict | list) and name not in WHOLE:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


# -- scenarios

# Calls that are made twice with one journal.
RESUMED = {"agentdrop.resume": "agentdrop.send", "storage.resume": "storage.put"}


def carry_out(
    driver: Driver, scenario: Scenario, sources: list[Source], folder: Path, cancel_by: str
) -> dict[str, Any]:
    sandbox = driver.sandbox
    options = scenario.get("options", {})
    args = dict(scenario.get("args", {}))
    changes = args.pop("target", {})
    call = scenario["call"]
    lines: list[Line] = []

    # The raw calls take a target from the sandbox's own replies.
    if call in ("storage.put", "storage.resume"):
        reply = driver.call("agentdrop.presign", {}, [announced(sources)])["result"]["upload_urls"][0]
        target = merged({"url": reply["upload_url"], "headers": reply["headers"]}, changes)
        lines = [("arg", "url", target["url"])] + [("header", *h) for h in target["headers"].items()]
    elif call in ("storage.post", "storage.post_form"):
        reply = driver.call("hcompany.initiate_upload", {}, [])["result"]
        target = merged({"url": reply["upload_url"], "fields": reply["upload_fields"]}, changes)
        lines = [("arg", "url", target["url"])]
        if call == "storage.post_form":
            lines += [("field", *field) for field in target["fields"].items()]
    elif call == "storage.put_parts" and "blocks" in args:
        [reply] = driver.call("agentdrop.presign", {}, [announced(sources)])["result"]["upload_urls"]
        # A SAS URL with the name of each block.
        named = [f"{reply['upload_url']}&comp=block&blockid={block}" for block in args.pop("blocks")]
        lines = [("url", url) for url in named]
    elif call == "storage.put_parts":
        cut = {name: value for name, value in options.items() if name == "part_size"}
        in_parts = ("arg", "multipart", "true")
        [reply] = driver.call("agentdrop.presign", cut, [announced(sources)], in_parts)["result"]["files"]
        parts = sorted(reply["part_urls"], key=lambda part: part["part_number"])
        lines = [("url", part["upload_url"]) for part in parts]
    elif call == "storage.send":
        lines = [("arg", "plan", plan_text(driver, sources, args))]
    elif call == "open_sealed":
        lines = [("arg", "to", folder / "opened")]
    lines += [("part_size", size) for size in args.pop("part_sizes", [])]
    for of_part in args.pop("part_headers", []):
        lines += [("part_headers",), *[("part_header", *header) for header in of_part.items()]]
    lines += [("header", *header) for header in args.pop("headers", {}).items()]
    if "journal" in args or call in RESUMED:
        args["journal"] = folder / args.get("journal", "journal")
    if "api_key" in scenario:
        lines.append(("arg", "api_key", scenario["api_key"]))

    def made(name: str, args: dict[str, Any], cancel_at: str | None) -> dict[str, Any]:
        told = lines + [line for arg, value in args.items() for line in argument(arg, value)]
        return driver.call(name, options, sources, *told, cancel_at=cancel_at, cancel_by=cancel_by)

    sandbox.fault(*scenario.get("faults", []))
    if scenario.get("first"):
        earlier = {name: value for name, value in args.items() if name != "if_changed_from"}
        profile = made(call, earlier, None)["result"]
        sandbox.forget_requests()
        args["if_changed_from"] = args["if_changed_from"].replace("$profile", profile["id"])
    if call not in RESUMED:
        outcome = made(call, args, scenario.get("cancel_at"))
        return opened(outcome, folder / "opened") if call == "open_sealed" else outcome

    journal = args["journal"]
    first = made(RESUMED[call], args, scenario.get("cancel_at"))
    assert set(first) == {"error"} and first["error"]["journal"] == shown(journal), first
    sandbox.clear_faults()
    between = scenario.get("between", {})
    assert set(between) <= {"rewrite", "touch", "remove", "journal", "args", "settings", "faults"}, between
    if "journal" in between:
        journal.write_text(between["journal"])
    sandbox.settings(**between.get("settings", {}))
    sandbox.fault(*between.get("faults", []))
    if between.get("rewrite"):
        rewrite(sources)
    if between.get("touch"):
        touch(sources)
    if between.get("remove"):
        remove(sources)
    # In a process of its own, as after a crash.
    outcome = made(RESUMED[call], args | between.get("args", {}), None)
    assert "error" in outcome or not journal.exists(), "the journal is left behind"
    return outcome


def plan_text(driver: Driver, sources: list[Source], args: dict[str, Any]) -> str:
    """A plan of the sandbox's own replies, changed, or the scenario's alone."""
    plan: dict[str, Any] = {}
    match args.pop("from", None):
        case "put":
            [reply] = driver.call("agentdrop.presign", {}, [announced(sources)])["result"]["upload_urls"]
            plan = {"url": reply["upload_url"], "headers": reply["headers"]}
        case "form":
            reply = driver.call("hcompany.initiate_upload", {}, [])["result"]
            plan = {"url": reply["upload_url"], "fields": reply["upload_fields"]}
        case "parts":
            in_parts = ("arg", "multipart", "true")
            [reply] = driver.call("agentdrop.presign", {}, [announced(sources)], in_parts)["result"]["files"]
            parts = sorted(reply["part_urls"], key=lambda part: part["part_number"])
            plan = {"parts": [part["upload_url"] for part in parts]}
    text: str | None = args.pop("text", None)
    changed = json.dumps(merged(plan, args.pop("plan", {})))
    return text or changed.replace("$storage", driver.sandbox.ready["storage_url"])


def announced(sources: list[Source]) -> Source:
    """A raw call's source as a presign is told of it: a stream like the bytes it will give."""
    [sent] = sources
    path = sent.path
    if not path.is_file():
        path = path.with_name("stand-in.bin")
        path.touch()
    return Source("memory", path, "raw.bin", None, sent.content)


def opened(outcome: dict[str, Any], to: Path) -> dict[str, Any]:
    """What was opened in place of where it is."""
    if "error" in outcome:
        assert not to.exists(), "something was written"
        return outcome
    assert outcome["result"]["path"] == shown(to) and is_private(to), outcome
    return {"result": {"bytes": outcome["result"]["bytes"], "hex": to.read_bytes().hex()}}


def hold(driver: Driver, scenario: Scenario, folder: Path, cancel_by: str = "job") -> None:
    """The scenario holds."""
    driver.sandbox.settings(**scenario.get("settings", {}))
    driver.sandbox.agents(*scenario.get("agents", []))
    with running_browser(folder) as lock:
        sources = [source(spec, at, folder, lock) for at, spec in enumerate(scenario.get("sources", []))]
        outcome = carry_out(driver, scenario, sources, folder, cancel_by)
    objects = driver.sandbox.objects()
    expect_outcome(scenario, outcome, objects)
    expect_requests(scenario, sources, driver.sandbox.requests(), objects)


def in_c(scenario: Scenario) -> Scenario:
    """What is 0 in the struct of options is not set, so another number has to be out of range."""
    if scenario["name"] == "option_out_of_range":
        return scenario | {"options": {"max_attempts": 101}}
    return scenario


def expect_no_such_field(library: Library, scenario: Scenario, folder: Path) -> None:
    """An option is a field of a struct, so it is the compiler that tells a typo, and the likely name."""
    [(name, value)] = scenario["options"].items()
    program = folder / "program.c"
    program.write_text(
        "#include <dropoff.h>\n"
        "int main(void) {\n"
        "    dropoff_options options = DROPOFF_OPTIONS_INIT;\n"
        f"    options.{name} = {value};\n"
        "    return (int)options.size;\n"
        "}\n"
    )
    command = [COMPILERS[0], "-std=c99", "-fsyntax-only", *library.flags("--cflags"), program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode != 0
    expect("error", scenario["expect"]["error"]["message"], done.stderr)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario["name"])
def test_scenario(
    programs: Programs, library: Library, sandbox: Sandbox, tmp_path: Path, passed: Path, scenario: Scenario
) -> None:
    if scenario["name"] == "unknown_option":
        expect_no_such_field(library, scenario, tmp_path)
    else:
        hold(Driver([programs["scenario"]], sandbox), in_c(scenario), tmp_path)
    (passed / scenario["name"]).touch()


@pytest.mark.parametrize("name", ["cancel_while_a_file_is_sent", "cancel_while_a_profile_is_completed"])
def test_scenario_cancelled_by_its_progress_callback(
    programs: Programs, sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    (scenario,) = [s for s in scenarios() if s["name"] == name]
    hold(Driver([programs["scenario"]], sandbox), scenario, tmp_path, cancel_by="progress")
