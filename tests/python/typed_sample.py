"""How the API is used, as a type checker sees it. Checked by test_types.py, never run."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, assert_type

from dropoff import (
    AgentDrop,
    AsyncAgentDrop,
    AsyncFileLike,
    AsyncHCompany,
    AsyncSource,
    AsyncStorage,
    CategorySize,
    Confirmed,
    CookieKeys,
    DropoffError,
    Encryption,
    ErrorKind,
    File,
    FileLike,
    HCompany,
    Job,
    KeyPair,
    OpenedFile,
    Options,
    Pack,
    PackReport,
    PlannedFile,
    Profile,
    ProfileInspection,
    ProfileTicket,
    Progress,
    RateLimitedError,
    SentFile,
    SentTransfer,
    Source,
    SourceNotFoundError,
    Storage,
    StorageReply,
    StoredObject,
    StoredPart,
    StoredParts,
    TransferInfo,
    TransferPlan,
    TransferTicket,
    async_inspect_profile,
    async_open_sealed,
    inspect_profile,
    open_sealed,
    progress_bar,
    start_inspect_profile,
    start_open_sealed,
)
from dropoff.testing import Sandbox
from dropoff.tools import ERROR_SCHEMA, Target, Tool, make_tools


def show(progress: Progress) -> None:
    print(progress.phase, progress.bytes_done / max(progress.bytes_total, 1))
    assert_type(progress.ticket_left, float | None)
    assert_type(progress.time_needed, float | None)
    assert_type(progress.warning, str | None)
    assert_type(progress.to_dict(), dict[str, Any])
    assert_type(progress.active_for, float)


options: Options = {"max_attempts": 3, "stall_timeout": timedelta(seconds=5), "integrity_check": "auto"}

h = HCompany(region="us", **options)
assert_type(
    h.upload_profile(
        Path("profile"),
        name="n",
        browser_name="chromium",
        browser_version="1",
        labels={"a": "b"},
        timeout=1.5,
    ),
    Profile,
)
profile_job: Job[Profile] = h.start_upload_profile(b"PK", name="n", on_progress=show)
with profile_job as same:
    assert_type(same, Job[Profile])
assert_type(profile_job.wait(timeout=1).upload, StoredObject | None)
ticket = h.initiate_upload()
assert_type(ticket, ProfileTicket)
stored = h.upload(ticket, io.BytesIO(b"PK"), on_progress=show)
assert_type(stored, StoredObject)
assert_type(h.complete_upload(ticket.profile_id, name="n", uploaded=stored), Profile)
assert_type(h.get_profile("id").labels, dict[str, Any] | None)

chosen = Pack(
    "minimal", profile="Profile 2", include=("a",), exclude=["b"], if_running="snapshot", prefix="p"
)
assert_type(chosen.include, tuple[str, ...])
assert_type(chosen.if_running, Literal["error", "snapshot", "force"])
again = h.upload_profile("~/x", name="n", pack=chosen, if_changed_from="id")
assert_type(again.unchanged, bool)
assert_type(again.packed, PackReport | None)
if again.packed:
    assert_type(again.packed.consistency, Literal["clean", "snapshot", "forced"])
    assert_type(again.packed.warnings, list[str])
assert_type(h.upload(ticket, "~/x", pack=chosen), StoredObject)
seen = inspect_profile(Path("x"), pack=chosen)
assert_type(seen, ProfileInspection)
assert_type(start_inspect_profile("x"), Job[ProfileInspection])
assert_type(seen.lock, Literal["none", "live", "stale", "foreign"])
assert_type(seen.verdict, Literal["likely", "unlikely", "unknown"])
assert_type(seen.lock_process, int | None)
assert_type(seen.browser_version, str | None)
assert_type(seen.sizes, list[CategorySize])
assert_type(seen.sizes[0].category, str)
assert_type(seen.cookies, CookieKeys)

d = AgentDrop("agd_key", base_url="https://api.example.com", concurrency=2, trusted_storage=["https://h"])
with open("x", "rb") as opened:
    sent = d.send(
        ["a", Path("b"), ("c", b"c"), ("d", opened), File(memoryview(b"e"), name="e")],
        sender="a",
        recipient="b",
    )
assert_type(sent, SentTransfer)
assert_type(sent.files, list[SentFile])
pending = d.presign(["a"], sender="a", recipient="b", metadata={"n": 1})
assert_type(pending, TransferTicket)
assert_type(d.upload(pending, ["a"]), list[SentFile])
assert_type(d.confirm(pending.id), Confirmed)
assert_type(d.start_get_transfer(pending.id).wait(), TransferInfo)

pair = KeyPair.generate()
assert_type(pair.public_key, str)
for_them = Encryption(KeyPair.from_agentdrop_config(Path("~/.agentdrop")), pair.public_key)
sealed = d.send(["a"], sender="a", recipient="b", encrypt=for_them, multipart=True, journal=Path("journal"))
assert_type(sealed, SentTransfer)
assert_type(sealed.recipient_key_source, Literal["caller", "service"] | None)
assert_type(sealed.files[0].parts, int)
plan = d.plan(["a"], sender="a", recipient="b", journal="journal")
assert_type(plan, TransferPlan)
assert_type(plan.files, list[PlannedFile])
assert_type(plan.request, dict[str, Any])
assert_type(d.start_plan(["a"], sender="a", recipient="b"), Job[TransferPlan])
came_sealed = File("b", encryption_iv="iv")
assert_type(
    d.presign([came_sealed], sender="a", recipient="b", encrypt=Encryption.presealed("key"), multipart=False),
    TransferTicket,
)

s = Storage(memory_budget=1 << 23, part_size=1 << 23, multipart_threshold=1)
in_parts = s.put_parts(["https://h/1", "https://h/2"], Path("x"), part_size=5_000_000, timeout=1)
assert_type(in_parts, StoredParts)
assert_type(in_parts.parts, list[StoredPart])
assert_type(s.start_put_parts((u for u in ["https://h/1"]), b"x"), Job[StoredParts])
assert_type(s.send({"url": "https://h/k"}, "x", allow_authorization=True).reply, StorageReply | None)
assert_type(s.start_send("https://h/k", b"x"), Job[StoredObject])
assert_type(s.post("https://h/k", b"x", headers={"a": "b"}).parts, list[StoredPart])
s.put_parts(["https://h/1"], "x", part_sizes=[1], headers={"a": "b"}, part_headers=[[("c", "d")]])
s.post_form("https://h", {}, "x", file_field="upload")

texts: Any = {"sender_public_key": "s", "encrypted_key": "k", "encryption_iv": "iv"}
assert_type(open_sealed("a", to=Path("b"), key_pair=pair, **texts), OpenedFile)
assert_type(start_open_sealed("a", to="b", key_pair=pair, on_progress=show, **texts), Job[OpenedFile])
assert_type(s.put("https://h/k", bytearray(b"x"), headers=[("a", "b")]), StoredObject)
assert_type(s.start_post_form("https://h", {"k": "v"}, "~/x").progress(), Progress)


async def asynchronous() -> None:
    ah = AsyncHCompany(region="us", **options)
    assert_type(await ah.upload_profile("p", name="n", on_progress=show), Profile)
    assert_type(await ah.upload_profile("p", name="n", pack=chosen, if_changed_from="id"), Profile)
    assert_type(await async_inspect_profile("x", pack=chosen), ProfileInspection)
    assert_type(await ah.initiate_upload(), ProfileTicket)
    ad = AsyncAgentDrop("agd_key", concurrency=2)
    assert_type(await ad.send(["a", ("b", b"b")], sender="a", recipient="b", timeout=1), SentTransfer)
    job = ad.start_send(["a"], sender="a", recipient="b")
    assert_type(job, Job[SentTransfer])
    assert_type(await job, SentTransfer)
    async with job as same_job:
        assert_type(same_job, Job[SentTransfer])
    assert_type(await d.start_confirm("id"), Confirmed)
    assert_type(await AsyncStorage().put("https://h/k", b"x"), StoredObject)
    assert_type(await ad.plan(["a"], sender="a", recipient="b", encrypt=for_them), TransferPlan)
    assert_type(ad.start_plan(["a"], sender="a", recipient="b"), Job[TransferPlan])
    assert_type(await AsyncStorage().put_parts(["https://h/1"], "x"), StoredParts)
    assert_type(await AsyncStorage().send({"url": "https://h/k"}, "x"), StoredObject)
    assert_type(await AsyncStorage().post("https://h/k", "x"), StoredObject)
    assert_type(await async_open_sealed("a", to="b", key_pair=pair, **texts), OpenedFile)
    await ad.send(["a"], sender="a")  # type: ignore[call-arg]
    AsyncStorage(max_atempts=3)  # type: ignore[call-arg]


# What is public for wrappers of one's own.
def wrapped(source: Source, files: list[FileLike]) -> SentTransfer:
    with AgentDrop() as drop, progress_bar("out", using="rich") as bar:
        drop.start_send([("a", source)], sender="a", recipient="b").add_done_callback(print)
        return drop.send(files, sender="a", recipient="b", on_progress=bar)


async def read_in_loop() -> AsyncIterator[bytes]:
    yield b"x"


async def wrapped_in_loop(source: AsyncSource, files: list[AsyncFileLike]) -> None:
    async with AsyncAgentDrop() as drop:
        future = drop.start_send([("a", source), read_in_loop()], sender="a", recipient="b").future()
        assert_type(future.result(), SentTransfer)
        await drop.send(files, sender="a", recipient="b")
    AgentDrop().send([read_in_loop()], sender="a", recipient="b")  # type: ignore[list-item]


try:
    s.put("https://h/k", "x")
except RateLimitedError as error:
    assert_type(error.retry_after, float | None)
except SourceNotFoundError as error:
    print(error.filename, error.errno)
except DropoffError as error:
    assert_type(error.to_dict(), dict[str, Any])
    kind: ErrorKind = error.kind
    assert kind == "network" or kind == "tls"
    assert_type(error.details, list[dict[str, str]])
    assert_type(error.journal, str | None)
    assert_type(error.etag, str | None)

target: Target = ("https://h/k", {"content-type": "application/pdf"})
tools = make_tools(
    roots=[Path("outbox"), "report.pdf"],
    agentdrop=d,
    sender="a",
    recipients={"b"},
    encrypt=Encryption(pair),
    hcompany=AsyncHCompany(),
    pack=Pack("minimal"),
    key_pair=pair,
    storage=s,
    targets={"report": target, "other": "https://h/k"},
    timeout=timedelta(minutes=1),
)
assert_type(tools, list[Tool])
assert_type(tools[0].run({"paths": ["x"]}, on_progress=show), dict[str, Any])
assert_type(tools[0].run('{"paths": ["x"]}'), dict[str, Any])
assert_type(tools[0].run(paths=["x"]), dict[str, Any])
assert_type(tools[0].input_schema | tools[0].output_schema | ERROR_SCHEMA, dict[str, Any])


async def run_a_tool(tool: Tool) -> None:
    assert_type(await tool.run_async({"paths": ["x"]}), dict[str, Any])
    assert_type(tool.annotations["readOnlyHint"], bool)


with Sandbox(options=["--tls"]) as sandbox:
    assert_type(sandbox.agentdrop(max_attempts=1), AgentDrop)
    assert_type(sandbox.requests("put"), list[dict[str, Any]])
    sandbox.faults({"on": "put", "do": {"hold": True}})

# What must not type-check; an ignore that is not needed is an error too.
d.send("report.pdf", sender="a", recipient="b", auto_delete=3)  # type: ignore[arg-type]
d.send([3], sender="a", recipient="b")  # type: ignore[list-item]
d.send(["a"], sender="a")  # type: ignore[call-arg]
h.upload_profile("x", name="n", labels={"a": 1})  # type: ignore[arg-type]
h.upload_profile("x", name="n", pack={"level": "full"})  # type: ignore[arg-type]
Pack("everything")  # type: ignore[arg-type]
Pack("full", "Default")  # type: ignore[call-arg]
inspect_profile(b"x")  # type: ignore[arg-type]
s.put("https://h", io.StringIO("text"))  # type: ignore[arg-type]
Storage(max_atempts=3)  # type: ignore[call-arg]
Storage(max_attempts="3")  # type: ignore[arg-type]
sent.status = "x"  # type: ignore[misc]
d.send(["a"], sender="a", recipient="b", encrypt=pair)  # type: ignore[arg-type]
d.presign(["a"], sender="a", recipient="b", journal="j")  # type: ignore[call-arg]
d.send(["a"], sender="a", recipient="b", dry_run=True)  # type: ignore[call-arg]
open_sealed("a", to="b", key_pair="key", **texts)  # type: ignore[arg-type]
make_tools(hcompany=h)  # type: ignore[call-arg]
make_tools(roots=["x"], agentdrop=h)  # type: ignore[arg-type]
tools[0].name = 3  # type: ignore[assignment]
assert_type(SentTransfer.from_dict({"id": "tr_1"}), SentTransfer)
wrapped(iter([b"x"]), ["a", io.BytesIO(b"x"), (b for b in [b"x"])])
