"""Every function and struct of the header: its comment, and that NULL, text that is none and wrong fields are
refused."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import header
import pytest
from conftest import BUILT, HERE, Library, Sandbox, not_of_tests, run
from header import CALLBACKS, FUNCTIONS, TYPES, Function, Parameter, Type

HANDLES = {t.name for t in TYPES if t.is_opaque}
# What a program fills, and what it is given to read.
REQUESTS = {t.name: t for t in TYPES if t.init}
ITEMS = {"dropoff_pair", "dropoff_pairs"}
RESULTS = {t.name: t for t in TYPES if t.fields and not t.init and t.name not in ITEMS}
GIVEN = {p.type.removesuffix(" **") for f in FUNCTIONS for p in f.parameters if p.type.endswith("**")}
# Parameters and fields that are raw bytes.
PATHS = {"path", "folder", "to", "journal", "spool_dir", "ca_file"}


def test_the_header_was_read_whole() -> None:
    declared = re.findall(r"^[^\s/*#}][^;]*\b(dropoff_\w+)\(", header.TEXT, re.M)
    assert [f.name for f in FUNCTIONS] == declared
    assert len(FUNCTIONS) > 100 and len(HANDLES) == 9 and len(CALLBACKS) == 6 and len(REQUESTS) == 14
    typedefs = re.findall(r"^(?:typedef .*?\b|\} )(dropoff_\w+)(?:;|\)\()", header.TEXT, re.M)
    assert [t.name for t in TYPES] == typedefs
    fields = re.findall(r"^    \w[^()\n]*;$", header.TEXT, re.M)
    assert sum(len(t.fields) for t in TYPES) == len(fields)


def test_exactly_the_functions_of_the_header_are_exported() -> None:
    library = BUILT / "libdropoff_c.so"
    exported = not_of_tests(run(["nm", "-D", "--defined-only", library]).stdout)
    assert exported == {f.name for f in FUNCTIONS}


@pytest.mark.parametrize("declared", [*FUNCTIONS, *TYPES], ids=lambda declared: declared.name)
def test_every_comment_speaks_of_threads(declared: Function | Type) -> None:
    threads = re.findall(r"\bThreads: (.*?)[.;:]", declared.comment)
    assert len(threads) == 1, declared.comment
    if isinstance(declared, Type):
        return
    # What a function takes without const belongs to it alone meanwhile.
    taken = [p for p in declared.parameters if p.type.removesuffix(" *") in HANDLES | GIVEN]
    assert threads[0] == ("one at a time" if taken else "any")
    if declared.returns == "const char *":
        assert re.search(r"Lives (as long as|for ever)", declared.comment)


def test_whatever_is_given_can_be_freed() -> None:
    frees = {f.name for f in FUNCTIONS if f.name.endswith("_free")}
    assert frees == {f"{given}_free" for given in GIVEN} and HANDLES <= GIVEN


def test_no_comment_allows_null_for_a_parameter_that_is_not_there() -> None:
    for function in FUNCTIONS:
        names = {p.name for p in function.parameters if p.is_pointer}
        assert function.may_be_null - {"error"} <= names, function.name


def test_comments_name_only_what_there_is() -> None:
    fields = {f"{t.name}.{f.name}" for t in TYPES for f in t.fields}
    names = {f.name for f in FUNCTIONS} | {t.name for t in TYPES}
    names |= set(header.enumerators()) | set(re.findall(r"#define (\w+)", header.TEXT))
    # A variable of the environment.
    names.add("DROPOFF_TRUSTED_STORAGE")
    # The pages between the functions name things as well.
    for comment in re.findall(r"^ *(?:/\*| \*).*", header.TEXT, re.M):
        for name, field in re.findall(r"\b(dropoff_\w+|DROPOFF_\w+)(?:\.(\w+))?", comment):
            assert f"{name}.{field}" in fields if field else name in names, comment


# -- structs


@pytest.mark.parametrize("struct", [*REQUESTS.values(), *RESULTS.values()], ids=lambda struct: struct.name)
def test_structs_can_grow_and_say_how_long_lists_are(struct: Type) -> None:
    names = [f.name for f in struct.fields]
    assert (struct.fields[0].type, names[0]) == ("size_t", "size") and len(set(names)) == len(names)
    for field in struct.fields:
        assert field.comment or field.name == "size" or field.name.endswith("_count")
        listed = field.type.endswith("*const *") or field.type == "const uint64_t *"
        listed = listed or field.pointed_to in ITEMS
        assert struct.counts(field) or not listed, field
    if "finalizer" in names:
        assert names[-3:] == ["on_progress", "user_data", "finalizer"]
    # A result has all of it as JSON; what is a part of one is in that.
    assert ("json" in names) == (struct.name in GIVEN)


@pytest.mark.parametrize("struct", REQUESTS.values(), ids=lambda struct: struct.name)
def test_each_macro_leaves_everything_unset(struct: Type) -> None:
    size, *values = header.INITS[struct.init]
    assert size == f"sizeof({struct.name})" and len(values) == len(struct.fields) - 1
    for field, value in zip(struct.fields[1:], values, strict=True):
        pointer = "*" in field.type or field.type in CALLBACKS
        # Zero is a value of some.
        number = "UINT64_MAX" if "0 is 0; UINT64_MAX" in field.comment else "0"
        assert value == ("NULL" if pointer else "false" if field.type == "bool" else number), field


def test_numbers_that_are_chosen_name_their_enum() -> None:
    enums = {t.name for t in TYPES if not t.fields and not t.is_opaque} - CALLBACKS
    for struct in REQUESTS.values():
        for field in struct.fields:
            if field.type == "int":
                named = re.search(r"\bA (dropoff_\w+)[.;]", field.comment)
                assert named and named[1] in enums, field


# -- a program that passes NULL for each parameter in turn, then text that is not UTF-8, then structs with one
# field wrong

TEXTS = {
    "profile_id": "00000000-0000-4000-8000-000000000000",
    "path": "/nowhere",
    "private_key": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
}
NUMBERS = {"dropoff_job_progress": {"size": "sizeof(dropoff_progress)"}}
# How to make each handle that a function may take. Tickets and jobs come from the sandbox, once.
MAKERS = {
    "dropoff_source": 'dropoff_source_from_path("/nowhere", &{it}, NULL)',
    "dropoff_hcompany": "dropoff_hcompany_new(&nowhere_h, &{it}, NULL)",
    "dropoff_agentdrop": "dropoff_agentdrop_new(&nowhere_d, &{it}, NULL)",
    "dropoff_key_pair": "dropoff_key_pair_generate(&{it}, NULL)",
    "dropoff_storage": "dropoff_storage_new(NULL, &{it}, NULL)",
    "dropoff_profile_ticket": "dropoff_hcompany_initiate_upload(h, &{it}, NULL)",
    "dropoff_transfer_ticket": "a_transfer_ticket(&{it})",
    "dropoff_job": "dropoff_hcompany_start_initiate_upload(h, &{it}, NULL)",
}
# What each struct needs. A text of it that is not set is refused.
NEEDED = {
    "dropoff_hcompany_settings": {"api_key": '"k"', "base_url": '"http://127.0.0.1:1"'},
    "dropoff_agentdrop_settings": {"api_key": '"k"', "base_url": '"http://127.0.0.1:1"'},
    "dropoff_profile_upload": {"path": '"/nowhere"', "name": '"p"'},
    "dropoff_profile_details": {"name": '"p"', "browser_name": '"chromium"', "browser_version": '"131"'},
    "dropoff_file": {"path": '"/nowhere"'},
    "dropoff_transfer": {"sender": '"a"', "recipient": '"b"', "files": "&a_file", "files_count": "1"},
    "dropoff_encryption": {"key_pair": "pair"},
    "dropoff_sealed_file": {"path": '"/nowhere"'},
    "dropoff_put_request": {"url": '"https://example.com/k"', "path": '"/nowhere"'},
    "dropoff_post_form_request": {"url": '"https://example.com/k"', "path": '"/nowhere"'},
    "dropoff_send_request": {"plan": '"https://example.com/k"', "path": '"/nowhere"'},
    "dropoff_put_parts_request": {"urls": "a_url", "urls_count": "1", "path": '"/nowhere"'},
}
HAVE_DEFAULTS = {"api_key", "base_url"}

PRELUDE = r"""/* Made by test_header.py. */
#include "check.h"

static int finalized;
static dropoff_hcompany *h;
static dropoff_agentdrop *d;
static dropoff_key_pair *pair;
static dropoff_source *source;
static dropoff_hcompany_settings nowhere_h = DROPOFF_HCOMPANY_SETTINGS_INIT;
static dropoff_agentdrop_settings nowhere_d = DROPOFF_AGENTDROP_SETTINGS_INIT;
static dropoff_file a_file = DROPOFF_FILE_INIT;
static const char *const a_url[] = {"https://example.com/k"};
static const char *const no_texts[] = {NULL};
static const char *const wrong_texts[] = {"caf\xe9"};
static const dropoff_pair nameless[] = {{NULL, "v"}};
static const dropoff_pair valueless[] = {{"n", NULL}};
static const dropoff_pair wrong_pairs[] = {{"n", "caf\xe9"}};
static const dropoff_pairs no_pairs[] = {{NULL, 1}};
static const dropoff_pairs with_nameless[] = {{nameless, 1}};
static const dropoff_pairs with_wrong_pairs[] = {{NULL, 0}, {wrong_pairs, 1}};

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
static dropoff_status a_transfer_ticket(dropoff_transfer_ticket **ticket) {
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_status status = dropoff_agentdrop_presign(d, transfer, ticket, NULL);
    transfer_free(transfer);
    return status;
}
/* The error of a refused argument, which must name it. */
static void refused(const char *function, const char *wanted, dropoff_status status, dropoff_error *error) {
    if (status != DROPOFF_INVALID_INPUT || error == NULL
        || strstr(dropoff_error_message(error), wanted) == NULL) {
        fprintf(stderr, "%s: wanted \"%s\", got %d %s\n", function, wanted, (int)status,
                error == NULL ? "without an error" : dropoff_error_message(error));
        exit(1);
    }
    CHECK(dropoff_error_kind(error) == status);
    dropoff_error_free(error);
}
"""


def struct_of(parameter: Parameter) -> Type | None:
    return REQUESTS.get(parameter.pointed_to)


def handle_of(parameter: Parameter) -> str | None:
    return parameter.pointed_to if parameter.pointed_to in HANDLES else None


def valid(function: Function, parameter: Parameter) -> str:
    """An argument that the function takes."""
    name, kind = parameter.name, parameter.type
    if kind in CALLBACKS:
        assert kind != "dropoff_log_fn", "say what that is above: so far it was only ever the wrong one"
        return {"dropoff_finalizer": "finalizer"}.get(kind, kind.removeprefix("dropoff_"))
    if kind == "const char *":
        return f'"{TEXTS.get(name, "text")}"'
    if kind == "const uint8_t *":
        return '(const uint8_t *)"bytes"'
    if kind == "void *":
        return "&finalized"
    if handle_of(parameter):
        return f"v_{name}"
    if parameter.is_place or struct_of(parameter) or kind == "dropoff_progress *":
        return f"&v_{name}"
    return NUMBERS.get(function.name, {}).get(name, "1")


def declare(function: Function) -> Iterator[str]:
    for p in function.parameters:
        if handle := handle_of(p):
            yield f"    {handle} *v_{p.name} = NULL;"
        elif struct := struct_of(p):
            yield f"    {struct.name} v_{p.name} = {struct.init};"
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
        elif struct := struct_of(p):
            yield from fill(struct, f"v_{p.name}")
            yield f"    (void)v_{p.name};"
        elif p.type == "dropoff_progress *":
            yield f"    memset(&v_{p.name}, 0x5a, sizeof v_{p.name});"


def fill(struct: Type, it: str) -> Iterator[str]:
    for name, value in NEEDED.get(struct.name, {}).items():
        yield f"    {it}.{name} = {value};"
    if is_called_back(struct):
        yield f"    {it}.on_progress = progress_fn;"
        yield f"    {it}.user_data = &finalized;"
        yield f"    {it}.finalizer = finalizer;"


def is_called_back(struct: Type) -> bool:
    return struct.fields[-1].name == "finalizer"


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


@dataclass
class Wrong:
    """What is done to a struct, and the error that names it."""

    text: str
    done: list[str]
    # Whether the struct is one, so that its finalizer is called.
    taken: bool = True


def wrongs(struct: Type, it: str, at: str, is_parameter: bool = False) -> Iterator[Wrong]:
    """Everything that can be wrong with the fields of a struct, and with those that it leads to."""
    needed = NEEDED.get(struct.name, {}).keys() - HAVE_DEFAULTS
    for field in struct.fields:
        place, kind = f"{it}.{field.name}", field.type
        path = field.name if is_parameter else f"{at}.{field.name}"
        counted = [f"{place}_count = 1;"] if struct.counts(field) else []
        inner = REQUESTS.get(field.pointed_to) or RESULTS.get(field.pointed_to)
        if field.name == "size":
            yield Wrong(f"{at}.size is 0, which no {struct.name} has", [f"{place} = 0;"], taken=False)
        elif kind == "const char *" and field.name != "json":
            if field.name not in PATHS:
                yield Wrong(f"{path} is not valid UTF-8", [f'{place} = "caf\\xe9";'])
            if field.name.endswith("_json"):
                yield Wrong(f"{path} must be the text of one JSON object", [f'{place} = "[1]";'])
            if field.name in needed and field.name != "path":
                yield Wrong(f"{path} is not set", [f"{place} = NULL;"])
        elif kind == "dropoff_source *":
            yield Wrong(f"{at} has a path and a source", [f"{place} = source;"])
            yield Wrong(f"{at} has neither a path nor a source", [f"{it}.path = NULL;"])
        elif kind == "int":
            yield Wrong(f"{path} is 77, which is no dropoff_", [f"{place} = 77;"])
        elif kind == "const char *const *":
            yield Wrong(f"{path} is NULL or cannot have as many", [f"{place} = NULL;", *counted])
            yield Wrong(f"{path}[0] is not set", [f"{place} = no_texts;", *counted])
            yield Wrong(f"{path}[0] is not valid UTF-8", [f"{place} = wrong_texts;", *counted])
        elif kind == "const dropoff_pair *":
            yield Wrong(f"{path} is NULL or cannot have as many", [f"{place} = NULL;", *counted])
            yield Wrong(f"{path}[0].name is not set", [f"{place} = nameless;", *counted])
            yield Wrong(f"{path}[0].value is not set", [f"{place} = valueless;", *counted])
            yield Wrong(f"{path}[0].value is not valid UTF-8", [f"{place} = wrong_pairs;", *counted])
        elif kind == "const dropoff_pairs *":
            yield Wrong(f"{path} is NULL or cannot have as many", [f"{place} = NULL;", *counted])
            no_pairs = f"{path}[0].pairs is NULL or cannot have as many items as {path}[0].pairs_count says"
            yield Wrong(no_pairs, [f"{place} = no_pairs;", *counted])
            yield Wrong(f"{path}[0].pairs[0].name is not set", [f"{place} = with_nameless;", *counted])
            two = [f"{place} = with_wrong_pairs;", f"{place}_count = 2;"]
            yield Wrong(f"{path}[1].pairs[0].value is not valid UTF-8", two)
        elif kind == "const uint64_t *":
            yield Wrong(f"{path} is NULL or cannot have as many", [f"{place} = NULL;", *counted])
        elif inner:
            if counted:
                path += "[0]"
                yield Wrong(f"{path} is NULL; pass a {inner.name}", [f"{place} = NULL;", *counted])
            name = f"in_{field.name}"
            # A result that is given back has no macro.
            begun = inner.init or f"{{sizeof({inner.name}), {', '.join(['0'] * (len(inner.fields) - 1))}}}"
            begin = [f"{inner.name} {name} = {begun};", *fill(inner, name), f"{place} = &{name};", *counted]
            for wrong in wrongs(inner, name, path):
                yield Wrong(wrong.text, [*begin, *wrong.done])


def call(
    function: Function, arguments: list[str], text: str, done: Iterable[str] = (), taken: bool = True
) -> Iterator[str]:
    """The call with something wrong, with a place for the error and without."""
    finalizers = sum(p.type == "dropoff_finalizer" for p in function.parameters)
    structs = [s for p in function.parameters if (s := struct_of(p))]
    finalizers += taken and sum(is_called_back(struct) for struct in structs)
    yield "{"
    yield from declare(function)
    yield "    int finalized_before = finalized;"
    yield "    dropoff_status status;"
    yield from make(function)
    yield "    {"
    yield from (f"        {line.strip()}" for line in done)
    yield f"        status = {function.name}({', '.join(arguments)});"
    yield f'        refused("{function.name}", "{text}", status, v_error);'
    yield f"        CHECK({function.name}({', '.join([*arguments[:-1], 'NULL'])}) == DROPOFF_INVALID_INPUT);"
    yield "    }"
    yield from untouched(function)
    yield f"    CHECK(finalized == finalized_before + {2 * finalizers});"
    yield from clean(function)
    yield "}"


def wrong_calls(function: Function) -> Iterator[str]:
    def with_one(parameter: Parameter, instead: str) -> list[str]:
        return [instead if p is parameter else valid(function, p) for p in function.parameters]

    counts = {p.name for p in function.parameters}
    for p in function.parameters:
        struct = struct_of(p)
        at = f"{p.name}[0]" if f"{p.name}_count" in counts else p.name
        if p in required(function):
            text = f"{at} is NULL"
            if struct:
                text += f"; pass a {struct.name}, begun with {struct.init}"
            yield from call(function, with_one(p, "NULL"), text, taken=not struct)
        if p.type == "const char *" and p.name not in PATHS:
            yield from call(function, with_one(p, '"caf\\xe9"'), f"{p.name} is not valid UTF-8")
        if struct:
            arguments = with_one(p, f"&v_{p.name}")
            for wrong in wrongs(struct, f"v_{p.name}", at, is_parameter=at == p.name):
                yield from call(function, arguments, wrong.text, wrong.done, wrong.taken)
            # A program that is newer than the library.
            later = [
                f"struct {{ {struct.name} known; uint64_t more; }} later;",
                "memset(&later, 0, sizeof later);",
                f"later.known = v_{p.name};",
                "later.known.size = sizeof later;",
                "later.more = 1;",
            ]
            text = f"{at} has fields set that this library does not know"
            yield from call(function, with_one(p, "&later.known"), text, later, taken=False)


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
            body += wrong_calls(function)
        lines += [f"static void test_{function.name}(void) {{", *body, "}", ""]
        calls.append(f"    test_{function.name}();")
    lines += [
        "int main(void) {",
        "    h = sandbox_hcompany();",
        "    d = sandbox_agentdrop();",
        "    CHECK(dropoff_key_pair_generate(&pair, NULL) == DROPOFF_OK);",
        '    CHECK(dropoff_source_from_path("/nowhere", &source, NULL) == DROPOFF_OK);',
        *fill(REQUESTS["dropoff_hcompany_settings"], "nowhere_h"),
        *fill(REQUESTS["dropoff_agentdrop_settings"], "nowhere_d"),
        *fill(REQUESTS["dropoff_file"], "a_file"),
        *calls,
        "    dropoff_source_free(source);",
        "    dropoff_key_pair_free(pair);",
        "    dropoff_hcompany_free(h);",
        "    dropoff_agentdrop_free(d);",
        "    UNTIL(dropoff_live_handles() == 0);",
        "    return 0;",
        "}",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("sanitizer", ["", "-fsanitize=address,undefined"], ids=["plain", "sanitized"])
def test_what_is_wrong_is_refused_everywhere(
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
    changed = text.replace("dropoff_agentdrop_new(NULL,", "sandbox(")
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
        "    dropoff_sent_transfer_free(sent);\n    transfer_free(transfer);\n"
        "    dropoff_agentdrop_free(client);\n    return dropoff_live_handles() != 0;\n}\n"
    )
    done = run([library.compile(tmp_path / "log.c", tmp_path / "log")], env=sandbox.environment)
    assert done.stderr.startswith("3 started job=1 operation=send\n") and "\n3 done job=1 " in done.stderr


def test_the_options_of_the_header_work(library: Library, tmp_path: Path) -> None:
    found = re.search(r"^ \*     (dropoff_options options = .*?)^ \*/", header.TEXT, re.M | re.S)
    assert found
    use = re.sub(r"^ \*(    )?", "", found[1], flags=re.M)
    (tmp_path / "options.c").write_text(
        "#include <dropoff.h>\nint main(void) {\n    dropoff_error *error = NULL;\n"
        f"    dropoff_storage *client = NULL;\n{use}\n    return client == NULL;\n}}\n"
    )
    run([library.compile(tmp_path / "options.c", tmp_path / "options")], env={})


def test_the_folder_holds_no_other_header() -> None:
    assert sorted(path.name for path in HERE.glob("*.h")) == ["check.h", "control.h"]
