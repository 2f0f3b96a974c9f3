"""Every function of the header: its comment, and what it does with NULL and with text that is none."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import header
import pytest
from conftest import BUILT, HERE, Library, Sandbox, run
from header import CALLBACKS, FUNCTIONS, TYPES, Function, Parameter

HANDLES = [t.name for t in TYPES if f"typedef struct {t.name} {t.name};" in header.TEXT]
PATHS = {
    ("dropoff_source_from_path", "path"),
    ("dropoff_key_pair_from_agentdrop_config", "path"),
    ("dropoff_transfer_set_journal", "journal"),
    ("dropoff_sealed_file_new", "path"),
    ("dropoff_open_sealed", "to"),
    ("dropoff_start_open_sealed", "to"),
    ("dropoff_inspect_profile", "folder"),
    ("dropoff_start_inspect_profile", "folder"),
}


def test_the_header_was_read_whole() -> None:
    declared = re.findall(r"^[^\s/*#}][^;]*\b(dropoff_\w+)\(", header.TEXT, re.M)
    assert [f.name for f in FUNCTIONS] == declared
    assert len(FUNCTIONS) > 150 and len(HANDLES) > 15 and len(CALLBACKS) == 6
    typedefs = re.findall(r"^(?:typedef .*?\b|\} )(dropoff_\w+)(?:;|\)\()", header.TEXT, re.M)
    assert [t.name for t in TYPES] == typedefs


def test_exactly_the_functions_of_the_header_are_exported() -> None:
    library = BUILT / "libdropoff_c.so"
    exported = {line.split()[2] for line in run(["nm", "-D", "--defined-only", library]).stdout.splitlines()}
    # Of debug builds only; panic.c uses them.
    debug = {f"dropoff_debug_panic{more}" for more in ("", "_with", "_with_keys")}
    assert exported - debug == {f.name for f in FUNCTIONS}


@pytest.mark.parametrize("declared", [*FUNCTIONS, *TYPES], ids=lambda declared: declared.name)
def test_every_comment_speaks_of_threads(declared: Function | header.Type) -> None:
    threads = re.findall(r"^Threads: (.*?)[.;:]", declared.comment, re.M)
    assert len(threads) == 1, declared.comment
    if isinstance(declared, header.Type):
        return
    # What a function takes without const belongs to it alone meanwhile.
    handles = [p for p in declared.parameters if p.type.removesuffix(" *") in HANDLES]
    assert threads[0] == ("one at a time" if handles else "any")
    if declared.returns == "const char *":
        assert re.search(r"Lives (as\s+long\s+as|for ever)", declared.comment)


def test_every_handle_can_be_freed() -> None:
    frees = {f.name for f in FUNCTIONS if f.name.endswith("_free")}
    assert frees == {f"{handle}_free" for handle in HANDLES}


def test_no_comment_allows_null_for_a_parameter_that_is_not_there() -> None:
    for function in FUNCTIONS:
        names = {p.name for p in function.parameters if p.is_pointer}
        assert function.may_be_null - {"error"} <= names, function.name


# -- a program that passes NULL, and then text that is not UTF-8, for each parameter in turn

TEXTS = {
    "profile_id": "00000000-0000-4000-8000-000000000000",
    "json": "{}",
    "url": "https://example.com/k",
    "base_url": "http://127.0.0.1:1",
    "region": "eu",
    "path": "/nowhere",
    "level": "minimal",
    "if_running": "snapshot",
    "content_type": "text/plain",
    "public_key": "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=",
    "private_key": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
}
OPTION_OF_SETTER = {
    "dropoff_options_set_ms": ("stall_timeout", ""),
    "dropoff_options_set_number": ("max_attempts", ""),
    "dropoff_options_set_bool": ("integrity_check", ""),
    "dropoff_options_set_text": ("user_agent", "me"),
    "dropoff_options_add_text": ("trusted_storage", "https://example.com"),
}
NUMBERS = {"dropoff_job_progress": {"size": "sizeof(dropoff_progress)"}}
# How to make each handle that a function may take. Tickets and jobs come from the sandbox, once.
MAKERS = {
    "dropoff_options": "dropoff_options_new(&{it}, NULL)",
    "dropoff_source": 'dropoff_source_from_path("/nowhere", &{it}, NULL)',
    "dropoff_pack": "dropoff_pack_new(&{it}, NULL)",
    "dropoff_profile_upload": 'dropoff_profile_upload_new(a_source(), "p", &{it}, NULL)',
    "dropoff_profile_details": 'dropoff_profile_details_new("p", &{it}, NULL)',
    "dropoff_hcompany": 'dropoff_hcompany_new("k", NULL, "http://127.0.0.1:1", NULL, &{it}, NULL)',
    "dropoff_transfer": 'dropoff_transfer_new("a", "b", &{it}, NULL)',
    "dropoff_files": "dropoff_files_new(&{it}, NULL)",
    "dropoff_agentdrop": 'dropoff_agentdrop_new("k", "http://127.0.0.1:1", NULL, &{it}, NULL)',
    "dropoff_put": 'dropoff_put_new("https://example.com/k", a_source(), &{it}, NULL)',
    "dropoff_put_parts": "dropoff_put_parts_new(a_source(), &{it}, NULL)",
    "dropoff_key_pair": "dropoff_key_pair_generate(&{it}, NULL)",
    "dropoff_encryption": "an_encryption(&{it})",
    "dropoff_sealed_file": 'dropoff_sealed_file_new("/nowhere", &{it}, NULL)',
    "dropoff_post_form": 'dropoff_post_form_new("https://example.com/k", a_source(), &{it}, NULL)',
    "dropoff_storage": "dropoff_storage_new(NULL, &{it}, NULL)",
    "dropoff_profile_ticket": "dropoff_hcompany_initiate_upload(h, &{it}, NULL)",
    "dropoff_transfer_ticket": "a_transfer_ticket(&{it})",
    "dropoff_job": "dropoff_hcompany_start_initiate_upload(h, &{it}, NULL)",
    "dropoff_stored_object": "a_stored_object(&{it})",
}

PRELUDE = """/* Made by test_header.py. */
#include "check.h"

static int finalized;
static dropoff_hcompany *h;
static dropoff_agentdrop *d;
static dropoff_source *sources[500];
static size_t source_count;

static void finalizer(void *user_data) {
    CHECK(user_data == (void *)&finalized);
    finalized++;
}
static int progress_fn(const dropoff_progress *progress, void *user_data) {
    (void)progress, (void)user_data;
    return 0;
}
static void done_fn(const dropoff_job *job, void *user_data) { (void)job, (void)user_data; }
static int read_fn(void *user_data, uint8_t *buffer, size_t capacity, size_t *read_out) {
    (void)user_data, (void)buffer, (void)capacity;
    *read_out = 0;
    return 0;
}
static int rewind_fn(void *user_data) {
    (void)user_data;
    return 0;
}
static dropoff_source *a_source(void) {
    dropoff_source **source = &sources[source_count++];
    CHECK(dropoff_source_from_path("/nowhere", source, NULL) == DROPOFF_OK);
    return *source;
}
static dropoff_status a_transfer_ticket(dropoff_transfer_ticket **ticket) {
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_status status = dropoff_agentdrop_presign(d, transfer, ticket, NULL);
    dropoff_transfer_free(transfer);
    return status;
}
static dropoff_status an_encryption(dropoff_encryption **encryption) {
    dropoff_key_pair *pair = NULL;
    dropoff_status status;
    CHECK(dropoff_key_pair_generate(&pair, NULL) == DROPOFF_OK);
    status = dropoff_encryption_new(pair, encryption, NULL);
    dropoff_key_pair_free(pair);
    return status;
}
static dropoff_status a_stored_object(dropoff_stored_object **stored) {
    dropoff_profile_ticket *ticket = NULL;
    dropoff_source *source = copied("PK\\3\\4", 4);
    dropoff_status status = dropoff_hcompany_initiate_upload(h, &ticket, NULL);
    CHECK(status == DROPOFF_OK);
    status = dropoff_hcompany_upload(h, ticket, source, stored, NULL);
    dropoff_source_free(source);
    dropoff_profile_ticket_free(ticket);
    return status;
}
/* The error of a refused argument, which must name it. */
static void refused(const char *function, const char *parameter, const char *text, dropoff_status status,
                    dropoff_error *error) {
    char wanted[200];
    sprintf(wanted, "%s %s", parameter, text);
    if (status != DROPOFF_INVALID_INPUT || error == NULL
        || strstr(dropoff_error_message(error), wanted) == NULL) {
        fprintf(stderr, "%s: wanted \\"%s\\", got %d %s\\n", function, wanted, (int)status,
                error == NULL ? "without an error" : dropoff_error_message(error));
        exit(1);
    }
    CHECK(dropoff_error_kind(error) == status);
    dropoff_error_free(error);
}
"""


def valid(function: Function, parameter: Parameter) -> str:
    """An argument that the function takes."""
    name, kind = parameter.name, parameter.type
    if kind in CALLBACKS:
        assert kind != "dropoff_log_fn", "say what that is above: so far it was only ever the wrong one"
        return {"dropoff_finalizer": "finalizer"}.get(kind, kind.removeprefix("dropoff_"))
    if kind == "const char *":
        option, value = OPTION_OF_SETTER.get(function.name, (None, None))
        if option:
            return f'"{option}"' if name == "name" else f'"{value}"'
        return f'"{TEXTS.get(name, "text")}"'
    if kind == "const uint8_t *":
        return '(const uint8_t *)"bytes"'
    if kind == "void *":
        return "&finalized"
    if handle_of(parameter):
        return f"v_{name}"
    if parameter.is_place or kind == "dropoff_progress *":
        return f"&v_{name}"
    return NUMBERS.get(function.name, {}).get(name, "1")


def handle_of(parameter: Parameter) -> str | None:
    name = parameter.type.removeprefix("const ").removesuffix(" *")
    return name if name in HANDLES else None


def declare(function: Function) -> Iterator[str]:
    for p in function.parameters:
        if handle := handle_of(p):
            yield f"    {handle} *v_{p.name} = NULL;"
        elif p.type.endswith("**"):
            yield f"    {p.type.removesuffix('*').strip()} v_{p.name} = NULL;"
        elif p.is_place:
            yield f"    {p.type.removesuffix(' *')} v_{p.name} = 0;"
        elif p.type == "dropoff_progress *":
            yield f"    dropoff_progress v_{p.name};"


def make(function: Function) -> Iterator[str]:
    for p in function.parameters:
        if handle := handle_of(p):
            assert handle in MAKERS, f"{function.name} takes {handle}; say how to make one"
            yield f"    CHECK({MAKERS[handle].format(it=f'v_{p.name}')} == DROPOFF_OK);"
        elif p.type == "dropoff_progress *":
            yield f"    memset(&v_{p.name}, 0x5a, sizeof v_{p.name});"


def clean(function: Function) -> Iterator[str]:
    for p in reversed(function.parameters):
        if handle := handle_of(p):
            yield f"    {handle}_free(v_{p.name});"


def untouched(function: Function) -> Iterator[str]:
    """Outputs are written on success only."""
    for p in function.parameters:
        if p.is_place and p.name != "error":
            yield f"    CHECK(v_{p.name} == 0);"
        elif p.type == "dropoff_progress *":
            yield f"    CHECK(v_{p.name}.size == (size_t)0x5a5a5a5a5a5a5a5aULL);"


def wrong_calls(function: Function, parameter: Parameter, instead: str, text: str) -> Iterator[str]:
    """The call with one wrong argument, with a place for the error and without."""
    arguments = [instead if p is parameter else valid(function, p) for p in function.parameters]
    finalizers = sum(p.type == "dropoff_finalizer" for p in function.parameters)
    yield "{"
    yield from declare(function)
    yield "    int finalized_before = finalized;"
    yield "    dropoff_status status;"
    yield from make(function)
    yield f"    status = {function.name}({', '.join(arguments)});"
    yield f'    refused("{function.name}", "{parameter.name}", "{text}", status, v_error);'
    yield f"    CHECK({function.name}({', '.join([*arguments[:-1], 'NULL'])}) == DROPOFF_INVALID_INPUT);"
    yield from untouched(function)
    yield f"    CHECK(finalized == finalized_before + {2 * finalizers});"
    yield from clean(function)
    yield "}"


def all_null(function: Function) -> Iterator[str]:
    """Nothing but NULL: refused, or the answer for "there is none"."""
    arguments = ["NULL" if p.is_pointer else valid(function, p) for p in function.parameters]
    call = f"{function.name}({', '.join(arguments)})"
    if function.fallible:
        yield f"    CHECK({call} == DROPOFF_INVALID_INPUT);" if required(function) else f"    (void){call};"
    elif function.returns == "void":
        yield f"    {call};"
    elif function.parameters:
        yield f"    CHECK(!{call});"


def required(function: Function) -> list[Parameter]:
    return [p for p in function.parameters if p.is_pointer and p.name not in function.may_be_null]


def program() -> str:
    lines = [PRELUDE]
    calls = []
    for function in FUNCTIONS:
        body = ["{", *all_null(function), "}"]
        if function.fallible:
            for p in required(function):
                body += wrong_calls(function, p, "NULL", "is NULL")
            for p in function.parameters:
                if p.type == "const char *" and (function.name, p.name) not in PATHS:
                    body += wrong_calls(function, p, '"caf\\xe9"', "is not valid UTF-8")
        lines += [f"static void test_{function.name}(void) {{", *body, "}", ""]
        calls.append(f"    test_{function.name}();")
    lines += [
        "int main(void) {",
        "    h = sandbox_hcompany();",
        "    d = sandbox_agentdrop();",
        *calls,
        "    while (source_count > 0)",
        "        dropoff_source_free(sources[--source_count]);",
        "    dropoff_hcompany_free(h);",
        "    dropoff_agentdrop_free(d);",
        "    UNTIL(dropoff_live_handles() == 0);",
        "    return 0;",
        "}",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("sanitizer", ["", "-fsanitize=address,undefined"], ids=["plain", "sanitized"])
def test_null_and_text_that_is_none_are_refused_everywhere(
    library: Library, sandbox: Sandbox, tmp_path: Path, sanitizer: str
) -> None:
    source = tmp_path / "wrong.c"
    source.write_text(program())
    made = library.compile(source, tmp_path / "wrong", "clang", *sanitizer.split())
    done = subprocess.run([made], capture_output=True, text=True, timeout=240, env=sandbox.environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done.stderr


# -- examples in the header


def test_the_program_in_the_header_works(library: Library, sandbox: Sandbox, tmp_path: Path) -> None:
    found = re.search(r"^ \*     (#include <dropoff\.h>\n.*? \*     \})\n \*\n", header.TEXT, re.M | re.S)
    assert found
    text = re.sub(r"^ \*(    )?", "", found[1], flags=re.M)
    # What a test needs and a user does not: the sandbox in place of the service.
    changed = text.replace("dropoff_agentdrop_new(NULL, NULL, NULL,", "sandbox(")
    assert changed != text
    (tmp_path / "send.c").write_text(
        '#include "check.h"\n'
        "static dropoff_status sandbox(dropoff_agentdrop **client, dropoff_error **error) {\n"
        "    (void)error;\n    *client = sandbox_agentdrop();\n    return DROPOFF_OK;\n}\n" + changed
    )
    made = library.compile(tmp_path / "send.c", tmp_path / "send")
    # And as it stands, which must compile.
    (tmp_path / "as_it_stands.c").write_text(text)
    as_it_stands = library.compile(tmp_path / "as_it_stands.c", tmp_path / "as_it_stands")
    done = subprocess.run([as_it_stands], capture_output=True, text=True, env={}, timeout=240)
    assert done.returncode == 1 and "AGENTDROP_API_KEY" in done.stderr

    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    done = run([made], cwd=tmp_path, env=sandbox.environment)
    assert re.fullmatch(r"tr_\S+ is active\n", done.stdout)
    (tmp_path / "report.pdf").unlink()
    done = subprocess.run(
        [made], cwd=tmp_path, env=sandbox.environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 1 and "report.pdf" in done.stderr


def test_the_log_of_the_header_works(library: Library, sandbox: Sandbox, tmp_path: Path) -> None:
    found = re.search(
        r"^ \*     (static void show\(.*?^ \*     \})\n \*\n(.*?)^ \*/", header.TEXT, re.M | re.S
    )
    assert found
    show, use = (re.sub(r"^ \*(    )?", "", text, flags=re.M) for text in found.groups())
    # C99 has the comment; the three dots stand for the program.
    send = "CHECK(dropoff_agentdrop_send(client, transfer, &sent, &error) == DROPOFF_OK);"
    assert use.count("...") == 1
    (tmp_path / "log.c").write_text(
        f'#include "check.h"\n{show}\nint main(void) {{\n    dropoff_error *error = NULL;\n'
        "    dropoff_agentdrop *client = sandbox_agentdrop();\n"
        '    dropoff_transfer *transfer = transfer_of("a", "1", 1);\n'
        f"    dropoff_sent_transfer *sent = NULL;\n{use.replace('...', send)}\n"
        "    dropoff_sent_transfer_free(sent);\n    dropoff_transfer_free(transfer);\n"
        "    dropoff_agentdrop_free(client);\n    return dropoff_live_handles() != 0;\n}\n"
    )
    done = run([library.compile(tmp_path / "log.c", tmp_path / "log")], env=sandbox.environment)
    assert done.stderr.startswith("3 started job=1 operation=send\n") and "\n3 done job=1 " in done.stderr


def test_the_folder_holds_no_other_header() -> None:
    assert sorted(path.name for path in HERE.glob("*.h")) == ["check.h", "control.h"]
