"""Jobs and run history, compared in shape with recorded answers of the real service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.helpers.azureml_truth import differences, recordings
from tests.helpers.azureml_truth_kinds import CREATED, JOBS
from tests.helpers.emulators import Emulator, Told
from tests.helpers.waiting import wait_until

_SCHEDULED = "api-version=2024-01-01-preview"

SWEEP: Mapping[str, Any] = {
    "jobType": "Sweep",
    "properties": {},
    "tags": {},
    "displayName": "s",
    "experimentName": "e",
    "isArchived": False,
    "inputs": {},
    "limits": {"jobLimitsType": "Sweep", "timeout": "PT5M", "maxConcurrentTrials": 1, "maxTotalTrials": 1},
    "objective": {"goal": "maximize", "primaryMetric": "accuracy"},
    "outputs": {},
    "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
    "searchSpace": {"lr": ["uniform", [0.001, 0.1]], "conv_size": ["choice", [[2, 5, 7]]]},
    "trial": {
        "command": "exit 3 # ${{search_space.lr}}",
        "environmentId": "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:33",
        "environmentVariables": {},
    },
}


def _history(emulator: Emulator, rest: str) -> str:
    return f"https://westus.api.azureml.ms/history/v1.0{urlsplit(emulator.workspace).path}/{rest}"


def _prepare(emulator: Emulator) -> None:
    """Make the clusters and the code that the recorded bodies name."""
    scale = {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    spec = {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS2_v2", "scaleSettings": scale}}
    for name in ("testCompute", "cpu-cluster"):
        url = f"{{ws}}/computes/{name}?api-version=2023-08-01-preview"
        assert emulator.ask("PUT", url, {"location": "westus", "properties": spec}).status == 201
    code = {"properties": {"properties": {}, "isAnonymous": True, "codeUri": "https://a.blob.core.windows.net/c/code"}}
    assert emulator.ask("PUT", "{ws}/codes/here/versions/1?api-version=2023-04-01", code).status == 201


def _ours(emulator: Emulator, body: Any) -> Any:
    """Put this workspace's ids in the place of a recording's: its clusters are here, all code is one."""
    if isinstance(body, dict):
        return {name: _ours(emulator, each) for name, each in body.items() if name != "services"}
    if not isinstance(body, str) or not body.startswith("/subscriptions/"):
        return body
    here = urlsplit(emulator.workspace).path
    kind, name = body.partition("/workspaces/")[2].split("/")[1:3]
    return f"{here}/codes/here/versions/1" if kind == "codes" else f"{here}/{kind}/{name}"


def _put(emulator: Emulator, kind: str, name: str) -> Told:
    version = recordings()[kind]["api-version"]
    return emulator.ask(
        "PUT", f"{{ws}}/jobs/{name}?api-version={version}", _ours(emulator, recordings()[kind]["request"])
    )


def _sweep(emulator: Emulator) -> Told:
    """A sweep just after it was submitted."""
    here = urlsplit(emulator.workspace).path
    trial = SWEEP["trial"] | {"codeId": f"{here}/codes/here/versions/1"}
    space = SWEEP["searchSpace"] | {"dropout_rate": ["uniform", [0.1, 0.5]]}
    body = {**SWEEP, "trial": trial, "searchSpace": space, "computeId": f"{here}/computes/testCompute"}
    emulator.ask("PUT", f"{{ws}}/jobs/whole?{_SCHEDULED}", {"properties": body})
    return emulator.ask("GET", f"{{ws}}/jobs/whole?{_SCHEDULED}")


def _run_data(emulator: Emulator) -> Told:
    """What a job that is over has made."""
    body = {"jobType": "Command", "command": "echo", "environmentId": SWEEP["trial"]["environmentId"]}
    body |= {"outputs": {"job_out_path_1": {"jobOutputType": "uri_folder"}}, "description": "d"}
    emulator.ask("PUT", f"{{ws}}/jobs/done?{_SCHEDULED}", {"properties": body})
    url = _history(emulator, "runs/done")
    wait_until(lambda: emulator.ask("GET", url).json["status"] == "Completed", 90)
    asked = {"runId": "done", "selectRunMetadata": True, "selectRunDefinition": True, "selectJobSpecification": True}
    return emulator.ask("POST", _history(emulator, "rundata"), asked)


def _failed_child(emulator: Emulator) -> Told:
    """The trial of a sweep, as its child, once it failed."""
    emulator.ask("PUT", f"{{ws}}/jobs/sweep?{_SCHEDULED}", {"properties": SWEEP})
    url = _history(emulator, "runs/sweep/children")

    wait_until(lambda: [each["status"] for each in emulator.ask("GET", url).json["value"]] == ["Failed"], 90)
    return emulator.ask("GET", url)


def _canceled(emulator: Emulator) -> dict[str, Told]:
    """A job that is stuck while it is canceled, then let go: the three answers that a client sees."""
    body = {"jobType": "Command", "command": "sleep 600", "environmentId": "azureml:AzureML-x:1"}
    emulator.ask("PUT", f"{{ws}}/jobs/ended?{_SCHEDULED}", {"properties": body})
    emulator.control("jobs/stick", {"job": "ended"})
    first = emulator.ask("POST", "{ws}/jobs/ended/cancel?api-version=2023-04-01-preview")
    poll = emulator.ask("GET", first.headers["location"])
    emulator.control("jobs/stick", {"job": "ended", "stuck": False})
    wait_until(lambda: emulator.ask("GET", first.headers["location"]).status == 200, 90)
    done = emulator.ask("GET", first.headers["location"])
    return {"job.cancel": first, "job.cancel.poll": poll, "job.cancel.done": done}


@pytest.fixture(scope="module")
def told(emulator: Emulator) -> Mapping[str, Told]:
    _prepare(emulator)
    found = {kind: _put(emulator, kind, kind.replace(".", "-")) for kind in recordings() if kind in CREATED}
    found["job.get.command.preparing"] = emulator.ask("GET", f"{{ws}}/jobs/job-create-command?{_SCHEDULED}")
    found["job.get.pipeline.running"] = emulator.ask("GET", f"{{ws}}/jobs/job-create-pipeline?{_SCHEDULED}")
    found["runhistory.children"] = _failed_child(emulator)
    found["job.get.sweep.running"] = _sweep(emulator)
    found["runhistory.run.get"] = emulator.ask("GET", _history(emulator, "runs/sweep_0"))
    found["runhistory.rundata"] = _run_data(emulator)
    return found | _canceled(emulator)


_OF_STEPS = (  # the recorded runs are steps of pipelines and have names and properties of their own
    ".name: str is told as NoneType",
    ".runTypeV2.attribution: str is told as NoneType",
    ".target: str is told as NoneType",  # ours ran on no cluster
    ".compute.target: str is told as NoneType",
)
_OF_2026 = tuple(
    f".{who}.{what} is too much"
    for who in ("createdBy", "lastModifiedBy")
    for what in ("clientApplicationId", "applicationACR")
)
_OF_RUNS = (  # the recorded one is of a pipeline's parent, which has neither compute nor attempts
    *_OF_2026,
    ".currentAttemptId: NoneType is told as number",
    ".runTypeV2.computeType: NoneType is told as str",
    ".actionUris.Diagnose is too much",
    ".diagnosticsUri: NoneType is told as str",
    ".computeRequest: NoneType is told as dict",
    ".compute: NoneType is told as dict",
    ".retainForLifetimeOfWorkspace: bool is told as NoneType",
)
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "runhistory.rundata": tuple(f".runMetadata{each}" for each in _OF_RUNS),
    "runhistory.children": tuple(f".value[0]{each}" for each in _OF_STEPS),
    "runhistory.run.get": (
        *_OF_STEPS,
        *_OF_2026,
        ".lastModifiedBy.userPuId: NoneType is told as str",  # recorded of an application
        ".lastModifiedBy.userIss: NoneType is told as str",
        ".error: NoneType is told as dict",  # ours failed, which the recorded one did not
        ".warnings: NoneType is told as list",
        ".currentAttemptId: NoneType is told as number",
    ),
}


@pytest.mark.parametrize("kind", JOBS)
def test_status_headers_and_body_have_the_shape_of_the_recording(told: Mapping[str, Told], kind: str) -> None:
    recorded, ours = recordings()[kind], told[kind]
    assert ours.status == recorded["status"]
    wanted = {name.lower() for name in recorded["response_headers"]}
    assert wanted <= ours.headers.keys() | {"content-type", "content-length"}
    if recorded["response"] in (None, "null"):
        assert ours.body == (b"" if recorded["response"] is None else b"null")
        return
    found = [each for each in differences(recorded["response"], ours.json) if not _is_known(kind, each)]
    assert not found, "\n".join(found)


def _is_known(kind: str, difference: str) -> bool:
    """Properties and tags hold what each sort of job and each client puts there."""
    place = f"{re.split('[: ]', difference)[0]}."
    if kind.startswith("runhistory") and re.search(r"\.(properties|tags|runDefinition)\.", place):
        return True
    return ".properties.properties." in place or difference in _KNOWN.get(kind, ())
