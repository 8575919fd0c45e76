"""The shapes that must hold on every machine, also where the service's recorded answers are not: written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.helpers.azureml_truth import differences
from tests.helpers.emulators import Emulator

_JOB = {"jobType": "Command", "command": "sleep 600", "environmentId": "azureml:AzureML-x:1"}
_CLUSTER = {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS2_v2"}}
_DATA = {"dataType": "uri_file", "dataUri": "azureml://datastores/workspaceblobstore/paths/x"}
_SLOW = "api-version=2024-10-01-preview"


@pytest.mark.parametrize(
    ("asked", "body", "status", "members"),
    [
        ("GET ", None, 200, "id name type location tags etag properties identity kind sku systemData"),
        ("PUT /computes/c", _CLUSTER, 201, "id name type location tags properties"),
        ("PUT /jobs/j", _JOB, 201, "id name type properties systemData"),
        ("PUT /data/d/versions/1", _DATA, 201, "id name type properties systemData"),
        ("PUT /data/d/versions/1", _DATA, 200, "id name type properties systemData"),
        ("GET /data/d/versions", None, 200, "value"),
        ("GET /jobs/absent", None, 404, "error"),
        ("GET /computes/absent", None, 404, ""),
        ("POST /jobs/j/cancel", None, 202, "null"),
        ("DELETE /onlineEndpoints/absent", None, 204, ""),
    ],
)
def test_an_answer_has_its_status_and_its_members_in_their_order(
    emulator: Emulator, asked: str, body: object, status: int, members: str
) -> None:
    method, path = asked.split(" ")
    sent = None if body is None else {"location": "westus", "properties": body}
    told = emulator.ask(method, f"{{ws}}{path}?{_SLOW}", sent)
    assert told.status == status
    if members in ("", "null"):
        assert told.body.decode() == members
    else:
        assert list(told.json) == members.split()


def test_a_refusal_names_what_part_of_the_service_said_it(emulator: Emulator) -> None:
    error = emulator.ask("GET", f"{{ws}}/jobs/absent?{_SLOW}").json["error"]
    assert list(error) == ["code", "message", "details", "additionalInfo"]
    assert [each["type"] for each in error["additionalInfo"]][:2] == ["ComponentName", "Correlation"]


@pytest.mark.parametrize(
    ("recorded", "told", "found"),
    [
        ({"a": 1, "b": None}, {"a": 2.5, "b": None}, []),
        ({"a": 1}, {"a": 1, "b": 2}, [".b is too much"]),
        ({"a": 1, "b": 2}, {"a": 1}, [".b is missing"]),
        ({"a": None}, {"a": "x"}, [".a: NoneType is told as str"]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, [": order ['a', 'b'] is told as ['b', 'a']"]),
        ({"value": [{"a": 1}, "... trimmed"]}, {"value": [{"a": "x"}]}, [".value[0].a: number is told as str"]),
        ({"tags": {"mine": "x"}}, {"tags": {"yours": "y"}}, []),
    ],
)
def test_answers_are_compared_by_their_shape_alone(recorded: object, told: object, found: Sequence[str]) -> None:
    assert list(differences(recorded, told)) == found
