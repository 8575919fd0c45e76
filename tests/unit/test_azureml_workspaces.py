"""The list of workspaces, config.json, and where a workspace answers."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desktop_app.api import SignInMethod, SignInReport, UserError, Workspace
from desktop_app.backends.azureml import workspaces
from desktop_app.backends.azureml.client import links as links_module
from desktop_app.backends.azureml.client.links import Link, Links
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.workspaces import Workspaces, read_config
from tests.helpers.azure_backends import desk
from tests.helpers.told_wire import API, WORKSPACE, ToldWire, fault, told

CONFIG = {"subscription_id": "s-1", "resource_group": "g", "workspace_name": "w"}
OTHER = Workspace("speech", "s-2", "audio", sign_in=SignInMethod.DEVICE_CODE)


def test_the_first_workspace_is_in_use_and_others_can_be(tmp_path: Path) -> None:
    known = Workspaces(tmp_path / "home" / "workspaces.json")
    assert known.current() is None
    known.add(WORKSPACE)
    known.add(OTHER)
    assert known.all() == [OTHER, WORKSPACE]
    assert known.current() == WORKSPACE
    assert known.use("Speech") == OTHER
    again = Workspaces(tmp_path / "home" / "workspaces.json")
    assert again.current() == OTHER
    assert again.find(WORKSPACE.key) == WORKSPACE
    assert again.by_key(WORKSPACE.key.upper()) == WORKSPACE
    again.forget("speech")
    assert known.all() == [WORKSPACE]
    assert known.current() == WORKSPACE


def test_two_of_a_name_are_told_apart_by_their_keys(tmp_path: Path) -> None:
    known = Workspaces(tmp_path / "workspaces.json")
    known.add(WORKSPACE)
    known.add(Workspace("vision", "another", "group"))
    with pytest.raises(UserError, match="Several workspaces"):
        known.use("vision")
    assert known.use("another/group/vision").subscription == "another"


def test_a_workspace_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    known = Workspaces(tmp_path / "workspaces.json")
    with pytest.raises(UserError, match=r"workspace add config\.json"):
        known.use("vision")
    known.add(WORKSPACE)
    with pytest.raises(UserError, match="vision"):
        known.use("visoin")


@pytest.mark.parametrize("text", [
    "", "[]", "{", '{"workspaces": 3}', '{"workspaces": [{"name": 1}], "current": []}', '{"workspaces": [null, 5, []]}',
])  # fmt: skip
def test_a_damaged_list_is_empty_and_can_be_added_to(text: str, tmp_path: Path) -> None:
    path = tmp_path / "workspaces.json"
    path.write_text(text)
    known = Workspaces(path)
    assert known.current() is None
    known.add(WORKSPACE)
    assert known.all() == [WORKSPACE]


@pytest.mark.parametrize("bad", [Workspace("", "s", "g"), Workspace("a/b", "s", "g"), Workspace("w", "s", "g", "Moon")])
def test_what_is_no_workspace_is_not_added(bad: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        Workspaces(tmp_path / "workspaces.json").add(bad)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_many_that_add_at_once_lose_nothing_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the window and verbs do; a lock of the kernel tells descriptors apart, so threads will do here."""
    monkeypatch.setattr(workspaces, "_PATIENCE", 60.0)

    def add(number: int) -> None:
        Workspaces(tmp_path / "home" / "workspaces.json").add(Workspace(f"w{number}", "s", "g"))

    add(0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(1, 40)))
    assert len(Workspaces(tmp_path / "home" / "workspaces.json").all()) == 40


def test_config_is_found_upward_and_dot_azureml_wins(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "a" / "config.json").write_text(json.dumps(CONFIG))
    assert read_config(below) == Workspace("w", "s-1", "g")
    (tmp_path / ".azureml").mkdir()
    (tmp_path / ".azureml" / "config.json").write_text(json.dumps({**CONFIG, "workspace_name": "above"}))
    assert read_config(below).name == "above"
    assert read_config(tmp_path / "a" / "config.json").name == "w"


def test_a_config_of_sdk_v1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    scope = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    path.write_text("\ufeff" + json.dumps({"Id": None, "Scope": scope}))
    assert read_config(tmp_path) == Workspace("w", "s", "g")


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"subscription_id": "s"}', '{"workspace_name": 3}', "\x00"])
def test_a_config_that_names_no_workspace_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=r"config\.json"):
        read_config(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("data", "said"), [(b" ", "is empty"), (b'{\n"a": }', "broken in line 2"), (b"\xff", "no text")]
)
def test_a_config_that_is_no_json_is_said_in_plain_words(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(data)
    with pytest.raises(UserError, match=said) as caught:
        read_config(tmp_path / "config.json")
    assert "Azure portal" in caught.value.hint
    assert "rankzero" not in caught.value.hint, "the window says it too"
    assert "Expecting" not in caught.value.message


async def test_where_a_workspace_answers_is_asked_once_and_kept(tmp_path: Path) -> None:
    wire = ToldWire()
    links = Links(wire, tmp_path / "cloud" / "links.json")
    assert await links.of(WORKSPACE) == Link(API, "westus", "tenant")
    assert await links.of(WORKSPACE) == Link(API, "westus", "tenant")
    assert len(wire.asked) == 2
    assert [each.audience for each in wire.asked] == ["management", ""]
    wire.down = fault("offline")
    assert await Links(wire, tmp_path / "cloud" / "links.json").of(WORKSPACE) == Link(API, "westus", "tenant")
    links.forget(WORKSPACE)
    with pytest.raises(CloudFault):
        await Links(wire, tmp_path / "cloud" / "links.json").of(WORKSPACE)


@pytest.mark.parametrize("kept", ['{"api": "http://example.org"}', '{"api": 5}', "[]", "null"])
async def test_a_link_that_is_no_good_is_asked_for_anew(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "links.json"
    path.write_text(f'{{"{WORKSPACE.key}": {kept}}}')
    assert (await Links(ToldWire(), path).of(WORKSPACE)).api == API


async def test_workspaces_that_are_asked_for_at_once_lose_nothing_of_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one's look at the file, which is empty then, ends after the first one was answered."""
    wire, is_answered, read = ToldWire(), threading.Event(), links_module._read
    wire.on("GET", "/workspaces/other?", told({"properties": {"discoveryUrl": f"{API}/discovery"}}))
    looks: list[Path] = []

    def slowly(path: Path) -> dict[str, Link]:
        found = read(path)
        looks.append(path)
        if len(looks) == 2:
            assert is_answered.wait(30)
        return found

    monkeypatch.setattr(links_module, "_read", slowly)
    links, other = Links(wire, tmp_path / "links.json"), dataclasses.replace(WORKSPACE, name="other")
    both = {asyncio.create_task(links.of(each)) for each in (WORKSPACE, other)}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    is_answered.set()
    await asyncio.gather(*both)
    asked = len(wire.asked)
    assert [(await links.of(each)).api for each in (WORKSPACE, other)] == [API, API]
    assert len(wire.asked) == asked
    assert read(tmp_path / "links.json").keys() == {WORKSPACE.key, other.key}


async def test_a_workspace_without_discovery_is_asked_where_its_runs_are(tmp_path: Path) -> None:
    wire = ToldWire()
    properties = {"mlFlowTrackingUri": "azureml://eastus.api.azureml.ms/mlflow/v1.0/subscriptions/s"}
    wire.on("GET", "/workspaces/vision?", told({"properties": properties}))
    assert (await Links(wire, tmp_path / "links.json").of(WORKSPACE)).api == "https://eastus.api.azureml.ms"
    wire.on("GET", "/workspaces/vision?", told({"properties": {}}))
    with pytest.raises(CloudFault, match="where its region answers"):
        await Links(wire, tmp_path / "others.json").of(WORKSPACE)


def test_what_is_learned_of_a_workspace_leaves_the_rest_as_it_is(tmp_path: Path) -> None:
    known = Workspaces(tmp_path / "workspaces.json")
    assert known.renew(OTHER.key, tenant="t") is None
    assert known.all() == []
    known.add(OTHER)
    assert known.renew(OTHER.key, tenant="t", client="app") == dataclasses.replace(OTHER, tenant="t", client="app")
    assert known.all() == [dataclasses.replace(OTHER, tenant="t", client="app")]


async def test_the_tenant_of_a_token_is_not_the_workspaces(tmp_path: Path) -> None:
    """Variables may lead to another tenant, which would be asked from then on however a person signs in."""
    async with desk(tmp_path) as made:
        made.jobs.wire.report = SignInReport("someone", "another-tenant")
        await made.backend.sign_in(WORKSPACE, SignInMethod.BROWSER, lambda _prompt: None)
        (kept,) = made.backend.workspaces.all()
        assert (kept.tenant, kept.sign_in) == (WORKSPACE.tenant, SignInMethod.BROWSER)
        given = {"client_id": "app", "client_secret": "hush", "tenant_id": "t"}
        await made.backend.sign_in(WORKSPACE, SignInMethod.SERVICE_PRINCIPAL, lambda _prompt: None, given)
        await made.backend.check(WORKSPACE)  # asked for as it was known before
        (kept,) = made.backend.workspaces.all()
        assert (kept.sign_in, kept.client) == (SignInMethod.SERVICE_PRINCIPAL, "app")
        assert kept.tenant == (WORKSPACE.tenant or "tenant")
