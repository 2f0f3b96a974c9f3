"""Where clients go is in the environment, if the program does not say."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Sandbox
from dropoff import AgentDrop, HCompany, InvalidInputError, UnsafeTargetError

TERMS: dict[str, Any] = {"sender": "a", "recipient": "b"}
FILES = [("report.pdf", b"%PDF")]


@pytest.fixture(autouse=True)
def _pointed_at(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAI_API_KEY", sandbox.h_api_key)
    monkeypatch.setenv("AGENTDROP_API_KEY", sandbox.agentdrop_api_key)
    monkeypatch.setenv("HAI_API_BASE_URL", sandbox.api_url)
    monkeypatch.setenv("AGENTDROP_BASE_URL", f" {sandbox.api_url} ")
    monkeypatch.setenv("DROPOFF_TRUSTED_STORAGE", f"https://elsewhere.example, {sandbox.storage_url}")


def test_a_program_goes_where_the_environment_says(sandbox: Sandbox) -> None:
    assert AgentDrop().send(FILES, **TERMS).status == "active"
    assert HCompany(region="us").initiate_upload().profile_id
    assert len(sandbox.objects()) == 1


def test_the_program_goes_first(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnsafeTargetError, match="trusted_storage"):
        AgentDrop(trusted_storage=[]).send(FILES, **TERMS)
    monkeypatch.setenv("AGENTDROP_BASE_URL", "https://nowhere.invalid")
    assert AgentDrop(base_url=sandbox.api_url).send(FILES, **TERMS).status == "active"


@pytest.mark.parametrize("url", ["sandbox", "http://sandbox.example", "https://user:word@sandbox.example"])
@pytest.mark.parametrize(("cls", "name"), [(AgentDrop, "AGENTDROP_BASE_URL"), (HCompany, "HAI_API_BASE_URL")])
def test_a_variable_that_is_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, cls: type[AgentDrop | HCompany], name: str, url: str
) -> None:
    monkeypatch.setenv(name, url)
    with pytest.raises(InvalidInputError, match=f"^{name} "):
        cls()
    monkeypatch.setenv(name, "")
    assert "127.0.0.1" not in repr(cls())


def test_an_origin_that_is_wrong_trusts_nothing(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    monkeypatch.setenv("DROPOFF_TRUSTED_STORAGE", f"{sandbox.storage_url}/bucket, nonsense")
    with pytest.raises(UnsafeTargetError, match="trusted_storage"):
        AgentDrop().send(FILES, **TERMS)
