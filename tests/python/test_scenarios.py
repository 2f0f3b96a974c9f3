"""Runs the shared scenarios of tests/vectors/scenarios through the Python API, sync and async."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dropoff
import pytest
from conftest import Sandbox
from control import HANGS
from dropoff import (
    AgentDrop,
    DropoffError,
    Encryption,
    HCompany,
    KeyPair,
    Pack,
    Storage,
    inspect_profile,
    open_sealed,
)
from helpers import until
from scenarios import Scenario, expect_outcome, expect_requests, merged, passed_folder, scenarios
from sources import Made, make

LANGUAGES = ("python", "python-async")


def converted(value: Any) -> Any:
    """`{"ms": 300}` is 0.3 seconds."""
    return value["ms"] / 1000 if isinstance(value, dict) and set(value) == {"ms"} else value


class Cancelling:
    """A client whose calls are jobs that are cancelled once `seen` is true."""

    def __init__(self, client: Any, seen: Callable[[], object]) -> None:
        self._client = client
        self._seen = seen

    def __getattr__(self, name: str) -> Callable[..., Any]:
        start = getattr(self._client, f"start_{name}")

        def call(*args: Any, **kwargs: Any) -> Any:
            job = start(*args, **kwargs)
            until(self._seen)
            job.cancel()
            return job.wait(HANGS)

        return call


class Awaited:
    """An async client whose calls are awaited in `runner`, so that one set of calls serves for both. If there
    is a `seen`, they are tasks that are cancelled once it is true."""

    def __init__(self, client: Any, runner: asyncio.Runner, seen: Callable[[], object] | None) -> None:
        self._client = client
        self._runner = runner
        self._seen = seen

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self._seen is None:
                return await method(*args, **kwargs)
            task = asyncio.create_task(method(*args, **kwargs))
            async with asyncio.timeout(HANGS):
                while not self._seen():
                    await asyncio.sleep(0.005)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=HANGS)
            assert done, "a cancelled task ends at once"
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            # What became of the call, which the task's own error is about.
            assert isinstance(caught.value.__context__, DropoffError)
            raise caught.value.__context__

        return lambda *args, **kwargs: self._runner.run(call(*args, **kwargs))


class Side:
    """The sandbox, with clients as one language has them."""

    def __init__(self, sandbox: Sandbox, runner: asyncio.Runner | None) -> None:
        self._sandbox = sandbox
        self._runner = runner
        self.fault, self.clear_faults = sandbox.fault, sandbox.clear_faults
        self.settings, self.forget_requests = sandbox.settings, sandbox.forget_requests
        self.storage_url = sandbox.storage_url

    # Typed as the sync ones, which is how they are used. With `cancel_at`, the calls of this client are
    # cancelled at the operation it names.

    def hcompany(self, *args: Any, cancel_at: str | None = None, **options: Any) -> HCompany:
        client: HCompany = self._client("hcompany", cancel_at, *args, **options)
        return client

    def agentdrop(self, *args: Any, cancel_at: str | None = None, **options: Any) -> AgentDrop:
        client: AgentDrop = self._client("agentdrop", cancel_at, *args, **options)
        return client

    def storage(self, *, cancel_at: str | None = None, **options: Any) -> Storage:
        client: Storage = self._client("storage", cancel_at, **options)
        return client

    def open_sealed(self, path: Path, **args: Any) -> dict[str, Any]:
        if self._runner is not None:
            return self._runner.run(dropoff.async_open_sealed(path, **args)).to_dict()
        return open_sealed(path, **args).to_dict()

    def inspect_profile(self, path: Path, **args: Any) -> dict[str, Any]:
        if self._runner is not None:
            return self._runner.run(dropoff.async_inspect_profile(path, **args)).to_dict()
        return inspect_profile(path, **args).to_dict()

    def _client(self, name: str, cancel_at: str | None, *args: Any, **options: Any) -> Any:
        seen = functools.partial(self._sandbox.requests, cancel_at) if cancel_at else None
        if self._runner is not None:
            return Awaited(getattr(self._sandbox, f"async_{name}")(*args, **options), self._runner, seen)
        client = getattr(self._sandbox, name)(*args, **options)
        return Cancelling(client, seen) if seen else client


@contextmanager
def sides(language: str, sandbox: Sandbox) -> Iterator[Side]:
    if language == "python":
        yield Side(sandbox, None)
        return
    with asyncio.Runner(debug=True) as runner:
        yield Side(sandbox, runner)


class Caller:
    """Makes the call a scenario names."""

    def __init__(self, sandbox: Side, scenario: Scenario, folder: Path) -> None:
        self.sandbox = sandbox
        self.scenario = scenario
        self.folder = folder
        self.options = {name: converted(v) for name, v in scenario.get("options", {}).items()}
        self.options["cancel_at"] = scenario.get("cancel_at")
        self.args = {name: converted(v) for name, v in scenario.get("args", {}).items()}
        self.target = self.args.pop("target", {})
        self.part_size = self.args.pop("part_size", None)
        # Made late: what is wrong with it is the call's error.
        self.packed_by = self.args.pop("pack", None)

    def sources(self, attempt: str = "a") -> list[Made]:
        folder = self.folder / attempt
        folder.mkdir()
        return [make(spec, at, folder) for at, spec in enumerate(self.scenario.get("sources", []))]

    def order_faults(self) -> None:
        self.sandbox.fault(*self.scenario.get("faults", []))

    def call(self, made: list[Made]) -> dict[str, Any]:
        name = self.scenario["call"].replace(".", "_")
        result: dict[str, Any] = getattr(self, name)(made)
        return result

    def hcompany_upload_profile(self, made: list[Made]) -> dict[str, Any]:
        h = self.sandbox.hcompany(self.scenario.get("api_key"), **self.options)
        self.order_faults()
        upload = functools.partial(h.upload_profile, made[0].source, **self.packing())
        if self.scenario.get("first"):
            earlier = self.args.pop("if_changed_from")
            self.args["if_changed_from"] = earlier.replace("$profile", upload(**self.details()).id)
            self.sandbox.forget_requests()
        return upload(**self.details()).to_dict()

    def hcompany_steps(self, made: list[Made]) -> dict[str, Any]:
        h = self.sandbox.hcompany(self.scenario.get("api_key"), **self.options)
        self.order_faults()
        ticket = h.initiate_upload()
        stored = h.upload(ticket, made[0].source, **self.packing())
        profile = h.complete_upload(ticket.profile_id, **self.details(), uploaded=stored)
        assert h.get_profile(profile.id).checksum == profile.checksum
        return profile.to_dict()

    def agentdrop_send(self, made: list[Made]) -> dict[str, Any]:
        d = self.sandbox.agentdrop(self.scenario.get("api_key"), **self.options)
        self.order_faults()
        sent: dict[str, Any] = d.send([m.file() for m in made], **self.terms()).to_dict()
        return sent

    def agentdrop_plan(self, made: list[Made]) -> dict[str, Any]:
        d = self.sandbox.agentdrop(self.scenario.get("api_key"), **self.options)
        self.order_faults()
        plan: dict[str, Any] = d.plan([m.file() for m in made], **self.terms()).to_dict()
        return plan

    def agentdrop_resume(self, made: list[Made]) -> dict[str, Any]:
        d = self.sandbox.agentdrop(**self.options)
        self.order_faults()
        self.args.setdefault("journal", "journal")
        journal: Path = self.terms()["journal"]
        with pytest.raises(DropoffError) as caught:
            d.send([m.file() for m in made], **self.terms())
        assert caught.value.journal == str(journal), caught.value.to_dict()
        self.between_calls(journal, made)
        # It was made for the first call, and is cancelled where that is.
        again = self.sandbox.agentdrop(**self.options | {"cancel_at": None})
        sent: dict[str, Any] = again.send([m.file() for m in made], **self.terms()).to_dict()
        assert not journal.exists(), "the journal is left behind"
        return sent

    def between_calls(self, journal: Path, made: list[Made]) -> None:
        self.sandbox.clear_faults()
        between = self.scenario.get("between", {})
        self.args |= between.get("args", {})
        self.sandbox.settings(**between.get("settings", {}))
        self.sandbox.fault(*between.get("faults", []))
        if "journal" in between:
            journal.write_text(between["journal"])
        if between.get("rewrite"):
            for source in made:
                source.rewrite()
        if between.get("touch"):
            for source in made:
                source.touch()
        if between.get("remove"):
            for source in made:
                source.remove()

    def agentdrop_steps(self, made: list[Made]) -> dict[str, Any]:
        d = self.sandbox.agentdrop(self.scenario.get("api_key"), **self.options)
        self.order_faults()
        ticket = d.presign([m.file() for m in made], **self.terms())
        files = d.upload(ticket, [m.file() for m in self.sources("again")])
        confirmed = d.confirm(ticket.id)
        assert d.get_transfer(ticket.id).status == confirmed.status
        return confirmed.to_dict() | {"files": [file.to_dict() for file in files]}

    # The targets come from the sandbox's own replies; the key stays out of the raw client.

    def storage_put(self, made: list[Made]) -> dict[str, Any]:
        target = self.put_target(made)
        self.order_faults()
        put = self.sandbox.storage(**self.options).put
        return put(target["url"], made[0].source, headers=target["headers"]).to_dict()

    def storage_resume(self, made: list[Made]) -> dict[str, Any]:
        target = self.put_target(made)
        self.order_faults()
        journal = self.folder / self.args.get("journal", "journal")
        told = {"headers": target["headers"], "journal": journal}
        with pytest.raises(DropoffError) as caught:
            self.sandbox.storage(**self.options).put(target["url"], made[0].source, **told)
        assert caught.value.journal == str(journal), caught.value.to_dict()
        self.between_calls(journal, made)
        again = self.sandbox.storage(**self.options | {"cancel_at": None})
        stored: dict[str, Any] = again.put(target["url"], made[0].source, **told).to_dict()
        assert not journal.exists(), "the journal is left behind"
        return stored

    def put_target(self, made: list[Made]) -> dict[str, Any]:
        ticket = self.sandbox.agentdrop().presign([("raw.bin", made[0].content or b"")], **self.terms())
        given = ticket.reveal()["upload_urls"][0]
        target: dict[str, Any] = {"url": given["upload_url"], "headers": given["headers"]}
        return dict(merged(target, self.target))

    def storage_post_form(self, made: list[Made]) -> dict[str, Any]:
        given = self.sandbox.hcompany().initiate_upload().reveal()
        target = merged({"url": given["upload_url"], "fields": given["upload_fields"]}, self.target)
        self.order_faults()
        post = self.sandbox.storage(**self.options).post_form
        return post(target["url"], target["fields"], made[0].source, **self.args).to_dict()

    def storage_post(self, made: list[Made]) -> dict[str, Any]:
        url = self.sandbox.hcompany().initiate_upload().reveal()["upload_url"]
        target = merged({"url": url}, self.target)
        self.order_faults()
        post = self.sandbox.storage(**self.options).post
        return post(target["url"], made[0].source, **self.args).to_dict()

    def storage_put_parts(self, made: list[Made]) -> dict[str, Any]:
        d = self.sandbox.agentdrop(**self.options | {"cancel_at": None})
        who: dict[str, Any] = {"sender": "sender-agent", "recipient": "recipient-agent"}
        file = ("raw.bin", made[0].content or b"")
        if blocks := self.args.pop("blocks", None):
            [given] = d.presign([file], **who).reveal()["upload_urls"]
            # A SAS URL with the name of each block.
            urls = [f"{given['upload_url']}&comp=block&blockid={block}" for block in blocks]
        else:
            ticket = d.presign([file], **who, multipart=True)
            parts = sorted(ticket.reveal()["files"][0]["part_urls"], key=lambda part: part["part_number"])
            urls = [part["upload_url"] for part in parts]
        self.order_faults()
        put_parts = self.sandbox.storage(**self.options).put_parts
        return put_parts(urls, made[0].source, part_size=self.part_size, **self.args).to_dict()

    def storage_send(self, made: list[Made]) -> dict[str, Any]:
        """A plan of the sandbox's own replies, changed, or the scenario's alone."""
        d = self.sandbox.agentdrop(**self.options | {"cancel_at": None})
        who: dict[str, Any] = {"sender": "sender-agent", "recipient": "recipient-agent"}
        file = ("raw.bin", made[0].content or b"")
        plan: dict[str, Any] = {}
        match self.args.pop("from", None):
            case "put":
                [given] = d.presign([file], **who, multipart=False).reveal()["upload_urls"]
                plan = {"url": given["upload_url"], "headers": given["headers"]}
            case "form":
                given = self.sandbox.hcompany().initiate_upload().reveal()
                plan = {"url": given["upload_url"], "fields": given["upload_fields"]}
            case "parts":
                parts = d.presign([file], **who, multipart=True).reveal()["files"][0]["part_urls"]
                parts.sort(key=lambda part: part["part_number"])
                plan = {"parts": [part["upload_url"] for part in parts]}
        self.order_faults()
        changed = json.dumps(merged(plan, self.args.pop("plan", {})))
        changed = changed.replace("$storage", self.sandbox.storage_url)
        given = self.args.pop("text", None) or json.loads(changed)
        return self.sandbox.storage(**self.options).send(given, made[0].source, **self.args).to_dict()

    def open_sealed(self, made: list[Made]) -> dict[str, Any]:
        to = self.folder / "opened"
        pair = KeyPair.from_private_key(self.args.pop("private_key"))
        try:
            opened = self.sandbox.open_sealed(made[0].source, to=to, key_pair=pair, **self.args)
        except DropoffError:
            assert not to.exists(), "nothing is written"
            raise
        assert opened["path"] == str(to)
        return opened | {"hex": to.read_bytes().hex()}

    def inspect_profile(self, made: list[Made]) -> dict[str, Any]:
        return self.sandbox.inspect_profile(made[0].source, **self.packing())

    def packing(self) -> dict[str, Any]:
        return {} if self.packed_by is None else {"pack": Pack(**self.packed_by)}

    def details(self) -> dict[str, Any]:
        args = dict(self.args)
        if args.pop("no_browser", False):
            return {"name": "scenario"} | args
        return {"name": "scenario", "browser_name": "chromium", "browser_version": "131"} | args

    def terms(self) -> dict[str, Any]:
        terms = {"sender": "sender-agent", "recipient": "recipient-agent"} | self.args
        if "encrypt" in terms:
            terms["encrypt"] = encryption(**terms["encrypt"])
        if "journal" in terms:
            terms["journal"] = self.folder / terms["journal"]
        return terms


def encryption(*, presealed: str | None = None, private_key: str = "", **args: str) -> Encryption:
    if presealed is not None:
        return Encryption.presealed(presealed, **args)
    return Encryption(KeyPair.from_private_key(private_key), **args)


@pytest.fixture(scope="session", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def passed(language: str) -> Path:
    return passed_folder(language)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario["name"])
def test_scenario(sandbox: Sandbox, tmp_path: Path, language: str, passed: Path, scenario: Scenario) -> None:
    sandbox.settings(**scenario.get("settings", {}))
    sandbox.agents(*scenario.get("agents", []))
    with sides(language, sandbox) as side:
        run(sandbox, Caller(side, scenario, tmp_path), scenario)
    (passed / scenario["name"]).touch()


def run(sandbox: Sandbox, caller: Caller, scenario: Scenario) -> None:
    with ExitStack() as browsers:
        made = caller.sources()
        for source in made:
            if source.browser is not None:
                browsers.callback(source.browser.end)
        outcome = outcome_of(caller, made)
    objects = sandbox.objects()
    expect_outcome(scenario, outcome, objects)
    expect_requests(scenario, made, sandbox.requests(), objects)


def outcome_of(caller: Caller, made: list[Made]) -> dict[str, Any]:
    try:
        return {"result": caller.call(made)}
    except DropoffError as error:
        assert str(error) == error.message
        return {"error": error.to_dict()}
