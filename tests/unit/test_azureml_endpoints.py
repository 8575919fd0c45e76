"""Online endpoints: what is served without code and what is not, the requests of a deployment, logs and calls."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Asset, UserError
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.holdings import endpoints
from desktop_app.backends.azureml.holdings.endpoint_records import (
    auth_of,
    check_model,
    check_name,
    deployment_name,
    endpoint_of,
    traffic_body,
)
from desktop_app.services.catalogues import facts
from tests.helpers.told_cloud import Said, asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, fault, told

ENDPOINT: dict[str, Any] = {
    "name": "digits-ep", "location": "westus", "tags": {}, "kind": "Managed",
    "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
    "properties": {
        "authMode": "Key", "provisioningState": "Succeeded", "scoringUri": "https://digits-ep.westus.inference.ml.azure.com/score",
        "swaggerUri": "https://x", "traffic": {"old": 100}, "mirrorTraffic": {}, "publicNetworkAccess": "Enabled",
        "properties": {"azureml.onlineendpointid": "x"},
    },
}  # fmt: skip
OLD = {"name": "old", "properties": {"provisioningState": "Succeeded", "instanceType": "Standard_DS3_v2",
                                     "model": "/x/models/digits/versions/1"}, "sku": {"capacity": 2}}  # fmt: skip
STATUS = "https://management.azure.com/op/1"


@pytest.fixture
def wire() -> ToldWire:
    """A workspace with an MLflow model, whose operations succeed at once."""
    made = ToldWire()
    made.on("GET", "/models/digits?", told({"name": "digits"}))
    made.on(
        "GET", "/models/digits/versions?", told({"value": [{"name": "3", "properties": {"modelType": "mlflow_model"}}]})
    )
    made.on("GET", "/op/1", told({"status": "Succeeded"}))
    return made


def stands(wire: ToldWire, *deployments: dict[str, Any]) -> None:
    """Let the endpoint be there, serving these."""
    wire.on("GET", "/onlineEndpoints?", told({"value": [ENDPOINT]}))
    wire.on("GET", "/onlineEndpoints/digits-ep?", told(ENDPOINT))
    wire.on("GET", "/onlineEndpoints/digits-ep/deployments?", told({"value": list(deployments)}))


def sent(wire: ToldWire) -> list[tuple[str, Any]]:
    """Return what was put, by the end of its path."""
    return [(each.url.partition("?")[0].rpartition("/workspaces/vision/")[2], each.json) for each in wire.asked
            if each.method == "PUT"]  # fmt: skip


def test_an_endpoint_with_what_it_serves() -> None:
    found = endpoint_of(ENDPOINT, [OLD])
    (deployment,) = found.deployments
    assert (found.auth, found.state) == ("key", "Succeeded")
    assert (deployment.model, deployment.count, deployment.traffic) == ("digits:1", 2, 100)
    assert endpoint_of({}).state == "Unknown"


@pytest.mark.parametrize(("mode", "auth"), [("Key", "key"), ("AMLToken", "aml-token"), ("AADToken", "aad-token")])
def test_how_callers_prove_who_they_are(mode: str, auth: str) -> None:
    assert auth_of(mode) == auth


@given(st.text(min_size=1, max_size=60), st.text("0123456789abc.", min_size=1, max_size=30), st.booleans())
def test_a_deployments_name_is_one_that_azure_takes(name: str, version: str, again: bool) -> None:
    model = Asset("model", name, version)
    first = deployment_name(model, ())
    made = deployment_name(model, (first,)) if again else first
    rule = facts().name_rule("online deployment")
    assert rule is not None
    assert re.fullmatch(rule.regex, made), made
    assert rule.least <= len(made) <= rule.most
    assert not again or made != first


@pytest.mark.parametrize("name", ["ep", "1ep", "a--b", "a_b", "x" * 33, "ep-"])
def test_names_that_no_endpoint_has(name: str) -> None:
    with pytest.raises(UserError, match="can't be called"):
        check_name(name, facts())


@pytest.mark.parametrize("kind", ["custom_model", ""])
def test_a_custom_model_is_refused_with_the_way_out(kind: str) -> None:
    with pytest.raises(UserError, match="needs a scoring script") as caught:
        check_model(Asset("model", "m", "1", kind))
    assert "mlflow" in caught.value.hint


def test_traffic_is_sent_with_what_the_endpoint_is() -> None:
    body = traffic_body(ENDPOINT, {"new": 100})
    assert body["properties"]["traffic"] == {"new": 100}
    assert body["properties"]["authMode"] == "Key"
    assert body["identity"] == {"type": "SystemAssigned"}
    assert "scoringUri" not in body["properties"]


async def test_a_new_endpoint_is_made_then_served_then_called(wire: ToldWire, tmp_path: Path) -> None:
    def made(_ask: object) -> Any:
        stands(wire)
        return told({}, 201, azure_asyncoperation=STATUS)

    wire.on("PUT", "/onlineEndpoints/digits-ep?", made)
    wire.on("PUT", "/deployments/digits-3?", told({}, 201, azure_asyncoperation=STATUS))
    said = Said()
    await endpoints.deploy(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "digits", "Standard_DS3_v2", said)
    paths = [path for path, _body in sent(wire)]
    assert paths == [
        "onlineEndpoints/digits-ep",
        "onlineEndpoints/digits-ep/deployments/digits-3",
        "onlineEndpoints/digits-ep",
    ]
    deployment = sent(wire)[1][1]["properties"]
    assert deployment["model"].endswith("/models/digits/versions/3")
    assert "codeConfiguration" not in deployment
    assert sent(wire)[2][1]["properties"]["traffic"] == {"digits-3": 100}
    assert len(wire.urls("/op/1")) == 3


async def test_so_many_machines_are_asked_for(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire)
    wire.on("PUT", "/onlineEndpoints/digits-ep", told({}, 200))
    await endpoints.deploy(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "digits", "x", Said(), 3)
    assert sent(wire)[0][1]["sku"] == {"name": "Default", "capacity": 3}
    with pytest.raises(UserError, match="0 machines serve nothing"):
        await endpoints.deploy(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "digits", "x", Said(), 0)


async def test_calls_are_divided_between_deployments(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire, OLD, {**OLD, "name": "new"})
    wire.on("PUT", "/onlineEndpoints/digits-ep?", told({}, 200))
    asking = asking_of(wire, tmp_path)
    await endpoints.send_traffic(asking, WORKSPACE, "digits-ep", {"old": 90, "new": 10}, Said())
    assert sent(wire)[0][1]["properties"]["traffic"] == {"old": 90, "new": 10}
    assert sent(wire)[0][1]["properties"]["authMode"] == "Key"


@pytest.mark.parametrize(
    ("traffic", "said"),
    [
        ({"old": 99}, "add up to 99 %"), ({"old": -5, "bad": 105}, "bad can't take calls: it is Failed"),
        ({"odl": 100}, "has no deployment “odl”"), ({"old": 150, "new": -50}, "below 0 %"),
    ],
)  # fmt: skip
async def test_calls_that_can_not_be_divided_so(
    wire: ToldWire, tmp_path: Path, traffic: dict[str, int], said: str
) -> None:
    bad = {**OLD, "name": "bad", "properties": {"provisioningState": "Failed"}}
    stands(wire, OLD, {**OLD, "name": "new"}, bad)
    with pytest.raises(UserError, match=said):
        await endpoints.send_traffic(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", traffic, Said())
    assert sent(wire) == []


async def test_the_key_is_fetched_for_who_asks(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire, OLD)
    wire.on("POST", "/listKeys", told({"primaryKey": "k1", "secondaryKey": "k2"}))
    assert await endpoints.key(asking_of(wire, tmp_path), WORKSPACE, "digits-ep") == "k1"


async def test_what_was_served_before_stays_without_calls(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire, {**OLD, "name": "digits-3"})
    wire.on("PUT", "/onlineEndpoints/digits-ep", told({}, 200))
    version = told({"name": "3", "properties": {"modelType": "triton_model"}})
    wire.on("GET", "/models/digits/versions/3?", version)
    await endpoints.deploy(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "digits:3", "x", Said())
    assert [path.rpartition("/")[2] for path, _body in sent(wire)] == ["digits-3-2", "digits-ep"]


async def test_a_deployment_that_fails_sends_no_calls_and_names_its_log(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire)
    wire.on("PUT", "/deployments/digits-3?", told({}, 201, azure_asyncoperation=STATUS))
    wire.on("GET", "/op/1", told({"status": "Failed", "error": {"code": "X", "message": "The image broke."}}))
    with pytest.raises(CloudFault, match="The image broke") as caught:
        await endpoints.deploy(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "digits", "x", Said())
    assert "The log of digits-3 at digits-ep says more." in caught.value.hint
    assert len(sent(wire)) == 1


async def test_a_call_goes_with_the_key_and_comes_back_as_it_is(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire)
    wire.on("POST", "/listKeys", told({"primaryKey": "k1", "secondaryKey": "k2"}))
    wire.on("POST", "/score", told("[5215.1]"))
    asking = asking_of(wire, tmp_path)
    assert await endpoints.call(asking, WORKSPACE, "digits-ep", '{"data": [1]}') == "[5215.1]"
    score = wire.asked[-1]
    assert (score.audience, score.json, score.headers) == ("", {"data": [1]}, {"Authorization": "Bearer k1"})


async def test_keys_are_asked_for_again_after_a_fault_and_a_call_is_not(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire)
    left = [fault("throttled", 429, retry_after=0.001), fault("offline")]
    wire.on("POST", "/listKeys", lambda _ask: left.pop() if left else told({"primaryKey": "k1"}))
    wire.on("POST", "/score", fault("service", 503))
    with pytest.raises(CloudFault, match="service"):
        await endpoints.call(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "{}")
    assert (len(wire.urls("/listKeys")), len(wire.urls("/score"))) == (3, 1)


@pytest.mark.parametrize("body", ["", "{", "'x'"])
async def test_what_is_no_json_is_not_sent(wire: ToldWire, tmp_path: Path, body: str) -> None:
    with pytest.raises(UserError, match="is no JSON"):
        await endpoints.call(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", body)
    assert wire.asked == []


async def test_the_log_is_that_of_who_gets_the_calls(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire, {**OLD, "name": "other"}, OLD)
    wire.on("POST", "/deployments/old/getLogs", told({"content": "started"}))
    asking = asking_of(wire, tmp_path)
    assert await endpoints.log(asking, WORKSPACE, "digits-ep", "") == "started"
    with pytest.raises(UserError, match="has no deployment “odl”"):
        await endpoints.log(asking, WORKSPACE, "digits-ep", "odl")


async def test_one_that_serves_nothing_has_no_log(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire)
    with pytest.raises(UserError, match="serves nothing yet"):
        await endpoints.log(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "")


async def test_a_deployment_without_calls_is_deleted_alone(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire, OLD, {**OLD, "name": "older"})
    wire.on("DELETE", "/digits-ep/deployments/older?", told("null", 202, azure_asyncoperation=STATUS))
    asking = asking_of(wire, tmp_path)
    await endpoints.delete(asking, WORKSPACE, "digits-ep", Said(), "older")
    assert len([each for each in wire.asked if each.method == "DELETE"]) == 1
    with pytest.raises(UserError, match="old gets 100 % of the calls to digits-ep"):
        await endpoints.delete(asking, WORKSPACE, "digits-ep", Said(), "old")
    with pytest.raises(UserError, match="has no deployment “odl”"):
        await endpoints.delete(asking, WORKSPACE, "digits-ep", Said(), "odl")


async def test_a_deployment_that_failed_before_is_replaced(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire, {"name": "digits-3", "properties": {"provisioningState": "Failed"}})
    wire.on("PUT", "/onlineEndpoints/digits-ep", told({}, 200))
    await endpoints.deploy(asking_of(wire, tmp_path), WORKSPACE, "digits-ep", "digits", "x", Said())
    assert sent(wire)[0][0].endswith("/deployments/digits-3")


async def test_one_that_is_not_there_names_the_nearest(wire: ToldWire, tmp_path: Path) -> None:
    stands(wire)
    with pytest.raises(UserError, match="has no endpoint “digit-ep”") as caught:
        await endpoints.delete(asking_of(wire, tmp_path), WORKSPACE, "digit-ep", Said())
    assert caught.value.hint == "Did you mean “digits-ep”?"
    assert not [each for each in wire.asked if each.method == "DELETE"]
