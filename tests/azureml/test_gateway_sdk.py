"""The SDK in its child, unmodified, against the emulator: what is sent, how far it is, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_app.api import Workspace
from desktop_app.backends.azureml.client.gateway_process import Gateway, Limits
from desktop_app.backends.azureml.client.routes import resource_id
from desktop_app.backends.azureml.client.wire import Ask, CloudFault
from desktop_app.backends.azureml.jobs.git_facts import git_variables
from tests.emulator.directory import READER
from tests.helpers.emulators import Emulator
from tests.helpers.gateways import gateway_of, silent
from tests.helpers.repositories import make_repository
from tests.helpers.waiting import wait_until

JOB = """
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: python -c "print(1)"
code: code
environment: azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/versions/1
tags: {lab: rank zero}
"""


@pytest.fixture
async def gateway(azureml_python: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    async with gateway_of(azureml_python) as made:
        yield made
    emulator.control("faults/clear", {})


@pytest.fixture
def workspace(emulator: Emulator) -> Workspace:
    named = emulator.named
    return Workspace(named["workspace_name"], named["subscription_id"], named["resource_group"])


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job with code that no other test has sent."""
    (tmp_path / "code" / "deep").mkdir(parents=True)
    for each in range(20):
        (tmp_path / "code" / "deep" / f"part{each}.py").write_text(f"# {tmp_path} {each}\n" * 500)
    (tmp_path / "job.yml").write_text(JOB)
    return tmp_path / "job.yml"


async def get(gateway: Gateway, workspace: Workspace, rest: str) -> Any:
    url = f"https://management.azure.com{resource_id(workspace)}/{rest}?api-version=2025-01-01-preview"
    return (await gateway.ask(workspace, Ask("GET", url))).json


def uploads(emulator: Emulator) -> list[str]:
    """The files that were sent, without what marks the whole."""
    return [each["path"] for each in emulator.log() if each["method"] == "PUT" and "blob" in each["host"]]


async def fault_of(gateway: Gateway, workspace: Workspace, file: Path, name: str = "faulty") -> CloudFault:
    with pytest.raises(CloudFault) as caught:
        await gateway.call(workspace, "submit_job", {"file": str(file), "name": name}, silent)
    return caught.value


async def test_a_job_tells_the_commit_that_the_sdk_itself_would_tell(
    gateway: Gateway, workspace: Workspace, job: Path, azureml_python: Path
) -> None:
    make_repository(job.parent, "https://example.org/digits.git")
    (job.parent / "code" / "deep" / "new.py").write_text("1\n")
    asked = "import json, azure.ai.ml.operations._job_ops_helper as ops; print(json.dumps(ops.get_git_properties()))"
    code = job.parent / "code"
    own = await asyncio.to_thread(subprocess.check_output, [str(azureml_python), "-c", asked], cwd=code)
    wanted = json.loads(own.splitlines()[-1])
    assert wanted["azureml.git.dirty"] == "True"
    arguments: Any = {"file": str(job), "name": "of-a-commit", "git": git_variables(code)}
    await gateway.call(workspace, "submit_job", arguments, silent)
    there = (await get(gateway, workspace, "jobs/of-a-commit"))["properties"]["properties"]
    assert {name: text for name, text in there.items() if "git" in name} == wanted
    await gateway.call(workspace, "submit_job", {**arguments, "name": "of-no-commit", "git": {}}, silent)
    other = (await get(gateway, workspace, "jobs/of-no-commit"))["properties"]["properties"]
    assert not [name for name in other or {} if "git" in name], "the file lies in a repository that is not the code's"


async def test_a_job_is_sent_with_its_code_under_our_name_once(
    gateway: Gateway, workspace: Workspace, job: Path, emulator: Emulator
) -> None:
    told: list[tuple[str, float | None]] = []
    arguments = {"file": str(job), "name": "digits-7f3k9q"}
    made: Any = await gateway.call(workspace, "submit_job", arguments, lambda *said: told.append(said))
    assert made["name"] == "digits-7f3k9q"
    assert f"/runs/{made['name']}" in made["studio_url"]
    there = await get(gateway, workspace, "jobs/digits-7f3k9q")
    tags = there["properties"]["tags"]  # the service adds its own as the job goes on
    assert {name: each for name, each in tags.items() if not name.startswith("_aml_system")} == {"lab": "rank zero"}

    said = [message for message, _ in told]
    assert said[0] == "Starting the Azure ML client"
    sizes = [part for message, part in told if "Uploading code" in message]
    assert sizes[-1] == 1.0
    assert sizes == sorted(sizes, key=lambda each: each or 0)
    last = [message for message, _ in told if "Uploading code" in message][-1]
    assert re.fullmatch(r"Uploading code · 20 files · ([\d.]+) of \1 [Mk]B", last)

    sent = len(uploads(emulator))
    assert sent >= 20
    again: Any = await gateway.call(workspace, "submit_job", arguments, silent)
    assert again["name"] == "digits-7f3k9q"
    assert len(uploads(emulator)) == sent
    listed = await get(gateway, workspace, "jobs")
    assert [each["name"] for each in listed["value"]].count("digits-7f3k9q") == 1


async def test_what_is_wrong_with_a_job_is_told_in_one_sentence(
    gateway: Gateway, workspace: Workspace, job: Path
) -> None:
    job.write_text(JOB + "compute: azureml:no-such-cluster\n")
    fault = await fault_of(gateway, workspace, job)
    assert (fault.kind, "no-such-cluster" in fault.message) == ("bad-request", True), fault.message
    job.write_text(JOB.replace("command:", "komando:"))
    fault = await fault_of(gateway, workspace, job)
    assert (fault.kind, fault.message) == (
        "bad-request", "command: Missing data for required field; komando: Unknown field",
    )  # fmt: skip
    job.unlink()
    assert (await fault_of(gateway, workspace, job)).kind == "bad-request"


async def test_who_may_not_submit_is_told(
    gateway: Gateway, workspace: Workspace, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", READER)
    fault = await fault_of(gateway, workspace, job)
    assert fault.kind == "forbidden"
    assert fault.message.startswith("Your role in this workspace does not allow to ")


async def test_a_fault_of_the_sign_in_comes_through_the_sdk(
    gateway: Gateway, workspace: Workspace, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "wrong-secret")
    fault = await fault_of(gateway, workspace, job)
    assert (fault.kind, fault.message) == ("signed-out", "The secret of the service principal is wrong.")
    assert "wrong-secret" not in fault.details


async def test_cancelling_ends_the_child_and_the_next_call_has_another(
    gateway: Gateway, workspace: Workspace, job: Path, emulator: Emulator
) -> None:
    emulator.control("faults", {"kind": "delay", "method": "PUT", "path": "/jobs/slow$", "seconds": 60})
    calling = asyncio.create_task(gateway.call(workspace, "submit_job", {"file": str(job), "name": "slow"}, silent))
    await until_asked(emulator, calling, "/jobs/slow")
    child = sdk_child()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await asyncio.to_thread(wait_until, lambda: not psutil.pid_exists(child), what="the child to end")
    emulator.control("faults/clear", {})
    assert await gateway.call(workspace, "submit_job", {"file": str(job), "name": "next"}, silent)


async def test_who_waits_for_a_turn_gets_no_child_that_is_just_being_ended(
    azureml_python: Path, workspace: Workspace, job: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    async with gateway_of(azureml_python, Limits(sdk_children=1)) as gateway:
        emulator.control("faults", {"kind": "delay", "method": "PUT", "path": "/jobs/slow$", "seconds": 60})
        calling = asyncio.create_task(gateway.call(workspace, "submit_job", {"file": str(job), "name": "slow"}, silent))
        await until_asked(emulator, calling, "/jobs/slow")
        emulator.control("faults/clear", {})
        named = {"file": str(job), "name": "waits"}
        waiting = asyncio.create_task(gateway.call(workspace, "submit_job", named, silent))
        await asyncio.sleep(0)
        calling.cancel()
        assert await waiting


async def test_a_child_that_works_while_somebody_signs_out_is_used_no_more(
    gateway: Gateway, workspace: Workspace, job: Path, emulator: Emulator
) -> None:
    emulator.control("faults", {"kind": "delay", "method": "PUT", "path": "/jobs/late$", "seconds": 3})
    calling = asyncio.create_task(gateway.call(workspace, "submit_job", {"file": str(job), "name": "late"}, silent))
    await until_asked(emulator, calling, "/jobs/late")
    await gateway.sign_out(workspace)
    assert await calling
    assert gateway._free == []
    assert gateway._stale == set()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_child_that_is_killed_is_told_and_replaced(
    gateway: Gateway, workspace: Workspace, job: Path, emulator: Emulator
) -> None:
    emulator.control("faults", {"kind": "delay", "method": "PUT", "path": "/jobs/lost$", "seconds": 60})
    calling = asyncio.create_task(fault_of(gateway, workspace, job, "lost"))
    await until_asked(emulator, calling, "/jobs/lost")
    os.kill(sdk_child(), signal.SIGKILL)
    assert (await calling).kind == "gateway"
    emulator.control("faults/clear", {})
    assert await gateway.call(workspace, "submit_job", {"file": str(job), "name": "found"}, silent)


async def test_an_idle_child_gives_its_memory_back(
    azureml_python: Path, gateway: Gateway, workspace: Workspace, job: Path
) -> None:
    async with gateway_of(azureml_python, Limits(sdk_idle=0.1)) as quick:
        await quick.call(workspace, "submit_job", {"file": str(job), "name": "short"}, silent)
        await asyncio.to_thread(wait_until, lambda: not sdk_children(), what="the idle child to end")


async def test_a_client_that_remembers_a_token_goes_with_who_signed_out(
    gateway: Gateway, workspace: Workspace, job: Path
) -> None:
    assert await gateway.call(workspace, "submit_job", {"file": str(job), "name": "before"}, silent)
    assert sdk_children()
    await gateway.sign_out(workspace)
    await asyncio.to_thread(wait_until, lambda: not sdk_children(), what="the child with the token to end")
    assert await gateway.call(workspace, "submit_job", {"file": str(job), "name": "after"}, silent)


async def test_assets_are_uploaded_and_registered(gateway: Gateway, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("some words\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"\0" * 100_000)
    (tmp_path / "env.yml").write_text("name: own\nimage: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04\n")
    data: Any = await gateway.call(
        workspace, "upload_data", {"name": "words", "path": str(tmp_path / "words.txt"), "type": "uri_file"}, silent
    )
    assert (data["name"], data["version"], data["type"]) == ("words", "1", "uri_file")
    model: Any = await gateway.call(
        workspace, "upload_model", {"name": "digits", "path": str(tmp_path / "model"), "tags": {"a": "b"}}, silent
    )
    assert (model["name"], model["type"], model["tags"]) == ("digits", "custom_model", {"a": "b"})
    made: Any = await gateway.call(workspace, "register_environment", {"file": str(tmp_path / "env.yml")}, silent)
    assert (made["name"], made["version"]) == ("own", "1")


async def test_a_workspace_that_is_not_there_is_told(gateway: Gateway, workspace: Workspace, job: Path) -> None:
    fault = await fault_of(gateway, replace(workspace, name="nowhere"), job)
    assert (fault.kind, fault.status) == ("not-found", 404)


async def until_asked(emulator: Emulator, calling: asyncio.Task[Any], path: str) -> None:
    """Wait until the service has been asked for a path, or the call is over too early."""

    def is_asked() -> bool:
        struck = emulator.control("faults/log")
        return calling.done() or any(each["path"].endswith(path) for each in struck)

    await asyncio.to_thread(wait_until, is_asked, what=f"a request for {path}", timeout=60)
    assert not calling.done(), calling.exception()


def sdk_children() -> list[int]:
    """Return the children in which the SDK is."""
    found = []
    for each in psutil.Process().children(recursive=True):
        try:
            if each.status() != psutil.STATUS_ZOMBIE and each.cmdline()[-1:] == ["sdk"]:
                found.append(each.pid)
        except psutil.Error:
            continue
    return found


def sdk_child() -> int:
    """Return the only one."""
    (found,) = sdk_children()
    return found
