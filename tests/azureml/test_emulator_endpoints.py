"""Online endpoints: the SDK's whole life cycle, forms as recorded, refusals, and scoring that says it is emulated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.clock import Clock
from tests.emulator.endpoint_records import Deployment, Endpoint
from tests.emulator.scoring import EMULATED, shape_of
from tests.emulator.state import Workspace
from tests.helpers.emulators import Emulator, Sdk, SdkError, running_emulator
from tests.helpers.waiting import wait_until

_MODELS = """
import json, pathlib, requests
for name, kind in (("digits", "mlflow_model"), ("triton", "triton_model"), ("plain", "custom_model")):
    pathlib.Path(name).mkdir(exist_ok=True)
    pathlib.Path(name, "MLmodel").write_text("flavors: {python_function: {loader_module: none}}")
    ml.models.create_or_update(entities.Model(name=name, path=name, type=kind))
pathlib.Path("rows.json").write_text(json.dumps({"input_data": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}}))

def endpoint(name, **more):
    made = entities.ManagedOnlineEndpoint(name=name, **{"auth_mode": "key", **more})
    return ml.online_endpoints.begin_create_or_update(made).result()

def deploy(name, to, model="digits", **more):
    asked = {"instance_type": "Standard_DS3_v2", "instance_count": 1, **more}
    made = entities.ManagedOnlineDeployment(name=name, endpoint_name=to, model=f"azureml:{model}:1", **asked)
    return ml.online_deployments.begin_create_or_update(made).result()

def traffic(name, **shares):
    found = ml.online_endpoints.get(name)
    found.traffic = shares
    return ml.online_endpoints.begin_create_or_update(found).result().traffic

def raw(method, path, body=None):
    token = EnvironmentCredential().get_token("https://management.azure.com/.default").token
    base = f"https://management.azure.com/subscriptions/{ml.subscription_id}/resourceGroups/{ml.resource_group_name}"
    base += f"/providers/Microsoft.MachineLearningServices/workspaces/{ml.workspace_name}/"
    return requests.request(method, f"{base}{path}?api-version=2023-04-01-preview", json=body,
                            headers={"Authorization": f"Bearer {token}"})
"""


@pytest.fixture(scope="module")
def models(sdk: Sdk) -> Sdk:
    """The SDK, in a workspace with a model of each kind."""
    sdk(_MODELS)
    return sdk


@pytest.fixture
def empty(models: Sdk) -> Iterator[Sdk]:
    """The same; afterwards all endpoints are gone."""
    yield models
    models("for each in ml.online_endpoints.list(): ml.online_endpoints.begin_delete(each.name).result()")
    assert models("[each.name for each in ml.online_endpoints.list()]") == []


def test_a_model_is_deployed_asked_and_removed_by_the_sdk(empty: Sdk) -> None:
    made = empty("made = endpoint('digits-ep', tags={'a': 'b'}); result = [made.scoring_uri, made.provisioning_state]")
    assert made == ["https://digits-ep.westus.inference.ml.azure.com/score", "Succeeded"]
    blue = empty("blue = deploy('blue', 'digits-ep'); result = [blue.provisioning_state, blue.instance_count]")
    assert blue == ["Succeeded", 1]
    assert empty("traffic('digits-ep', blue=100)") == {"blue": 100}
    answer = json.loads(empty("ml.online_endpoints.invoke('digits-ep', request_file='rows.json')"))
    assert answer == [{"emulated": EMULATED, "columns": 2, "row": row} for row in (0, 1)]
    log = empty("ml.online_deployments.get_logs('blue', 'digits-ep', 50)")
    assert "UserContainerStart: Succeeded" in log
    assert "The emulator runs no model" in log
    assert len(empty("ml.online_deployments.get_logs('blue', 'digits-ep', 1)").strip().splitlines()) == 7
    assert empty("[each.name for each in ml.online_deployments.list('digits-ep')]") == ["blue"]
    empty("traffic('digits-ep', blue=0); ml.online_deployments.begin_delete('blue', 'digits-ep').result()")
    assert empty("[each.name for each in ml.online_deployments.list('digits-ep')]") == []


def test_only_one_of_its_keys_opens_an_endpoint(empty: Sdk) -> None:
    found = empty(
        """
        uri = endpoint("keys-ep").scoring_uri
        deploy("blue", "keys-ep"); traffic("keys-ep", blue=100)
        def status(key):
            told = {"Authorization": f"Bearer {key}"}
            return requests.post(uri, json={"input_data": [[1]]}, headers=told).status_code
        keys = ml.online_endpoints.get_keys("keys-ep")
        ml.online_endpoints.begin_regenerate_keys("keys-ep", key_type="primary").result()
        new = ml.online_endpoints.get_keys("keys-ep")
        result = [status(keys.secondary_key), status("wrong"), status(keys.primary_key), status(new.primary_key)]
        """
    )
    assert found == [200, 401, 401, 200]


def test_a_token_opens_an_endpoint_of_that_mode(empty: Sdk) -> None:
    found = empty(
        """
        uri = endpoint("token-ep", auth_mode="aml_token").scoring_uri
        deploy("blue", "token-ep"); traffic("token-ep", blue=100)
        told = raw("POST", "onlineEndpoints/token-ep/token").json()
        asked = {"json": {"input_data": [[1]]}, "headers": {"Authorization": "Bearer " + told["accessToken"]}}
        result = [sorted(told), told["tokenType"], requests.post(uri, **asked).status_code,
                  raw("POST", "onlineEndpoints/token-ep/listKeys").status_code]
        """
    )
    assert found == [["accessToken", "expiryTimeUtc", "refreshAfterTimeUtc", "tokenType"], "Bearer", 200, 400]


def test_traffic_is_shared_out_and_a_header_names_a_deployment(empty: Sdk) -> None:
    found = empty(
        """
        uri = endpoint("share-ep").scoring_uri
        deploy("blue", "share-ep"); deploy("green", "share-ep")
        key = ml.online_endpoints.get_keys("share-ep").primary_key
        def who(**more):
            told = requests.post(uri, json={"input_data": [[1]]}, headers={"Authorization": f"Bearer {key}", **more})
            return told.headers.get("azureml-model-deployment", told.status_code)
        nobody = who()
        traffic("share-ep", blue=80, green=20)
        many = [who() for _ in range(40)]
        result = [nobody, many.count("blue"), many.count("green"), who(**{"azureml-model-deployment": "green"}),
                  who(**{"azureml-model-deployment": "red"})]
        """
    )
    assert found[0] == 404
    assert found[1] + found[2] == 40
    assert found[1] > 2 * found[2] > 0
    assert found[3:] == ["green", 404]


def test_a_triton_model_gets_its_own_paths_and_its_inputs_back(empty: Sdk) -> None:
    found = empty(
        """
        endpoint("triton-ep"); deploy("blue", "triton-ep", "triton"); traffic("triton-ep", blue=100)
        uri = ml.online_endpoints.get("triton-ep").scoring_uri
        told = {"Authorization": "Bearer " + ml.online_endpoints.get_keys("triton-ep").primary_key}
        inputs = [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1.0, 2.0]}]
        answer = requests.post(uri + "v2/models/m/infer", json={"inputs": inputs}, headers=told).json()
        ready = requests.get(uri + "v2/health/ready", headers=told).status_code
        result = [uri, ready, answer["outputs"], answer["emulated"]]
        """
    )
    outputs = [{"name": "emulated_x", "shape": [1, 2], "datatype": "FP32", "data": [1.0, 2.0]}]
    assert found == ["https://triton-ep.westus.inference.ml.azure.com/", 200, outputs, EMULATED]


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("deploy('big', 'no-ep', instance_count=50)", 400, "Not enough quota available for Standard_DS3_v2"),
        ("deploy('odd', 'no-ep', instance_type='Standard_None')", 400, "Standard_None is not supported"),
        ("deploy('none', 'no-ep', 'absent')", 404, "absent"),
        ("deploy('code', 'no-ep', 'plain')", 400, "EnvironmentId is required"),
        ("deploy('blue', 'absent')", 404, "Could not find online endpoint absent"),
        ("traffic('no-ep', red=100)", 400, "deployments that do not exist: red"),
        ("ml.online_deployments.get('none', 'no-ep')", 404, "Could not find online deployment none"),
    ],
)
def test_what_can_not_be_is_refused_with_the_reason(models: Sdk, code: str, status: int, words: str) -> None:
    if "no-ep" not in models("[each.name for each in ml.online_endpoints.list()]"):
        models("endpoint('no-ep')")
    with pytest.raises(SdkError) as refused:
        models(code)
    assert (refused.value.status, words in str(refused.value)) == (status, True), str(refused.value)


def test_what_the_sdk_would_not_send_is_refused_too(empty: Sdk) -> None:
    found = empty(
        """
        endpoint("raw-ep"); deploy("blue", "raw-ep")
        def status(name, **properties):
            told = raw("PUT", f"onlineEndpoints/{name}", {"properties": {"authMode": "key", **properties}})
            return told.status_code
        result = [status("1xy"), status("a"), status("raw-ep", authMode="amlToken"), status("raw-ep", authMode="none"),
                  status("raw-ep", traffic={"blue": 50}), status("raw-ep", traffic={"blue": 100})]
        """
    )
    assert found == [400, 400, 400, 400, 400, 200]


def test_traffic_keeps_a_deployment_and_a_missing_endpoint_is_deleted_at_once(empty: Sdk) -> None:
    empty("endpoint('kept-ep'); deploy('blue', 'kept-ep'); traffic('kept-ep', blue=100)")
    with pytest.raises(SdkError, match="live traffic"):
        empty("ml.online_deployments.begin_delete('blue', 'kept-ep').result()")
    gone = empty("x = raw('DELETE', 'onlineEndpoints/absent'); result = [x.status_code, dict(x.headers)]")
    assert gone[0] == 204
    assert "x-ms-response-type" not in gone[1]


def test_a_patch_changes_the_traffic_and_the_scale_alone(empty: Sdk) -> None:
    empty("endpoint('patch-ep', description='d'); deploy('blue', 'patch-ep')")
    found = empty(
        """
        a = raw("PATCH", "onlineEndpoints/patch-ep", {"properties": {"traffic": {"blue": 100}}, "tags": {"t": "1"}})
        b = raw("PATCH", "onlineEndpoints/patch-ep/deployments/blue", {"sku": {"name": "Default", "capacity": 2}})
        now = ml.online_endpoints.get("patch-ep")
        result = [a.status_code, b.status_code, now.traffic, now.description, now.tags,
                  ml.online_deployments.get("blue", "patch-ep").instance_count]
        """
    )
    assert found == [202, 202, {"blue": 100}, "d", {"t": "1"}, 2]


def test_bodies_have_the_members_that_were_recorded(empty: Sdk) -> None:
    made, deployed, listed, deleted = empty(
        """
        made = raw("PUT", "onlineEndpoints/form-ep", {"location": "westus", "properties": {"authMode": "amlToken"}})
        ml.online_endpoints.get("form-ep")
        asked = {"endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2", "model": "azureml:digits:1"}
        import time
        while ml.online_endpoints.get("form-ep").provisioning_state != "Succeeded": time.sleep(0.01)
        deployed = raw("PUT", "onlineEndpoints/form-ep/deployments/blue", {"properties": asked})
        while ml.online_deployments.get("blue", "form-ep").provisioning_state != "Succeeded": time.sleep(0.01)
        listed = raw("GET", "onlineEndpoints/form-ep/deployments").json()
        deleted = raw("DELETE", "onlineEndpoints/form-ep")
        def told(answer):
            return [answer.status_code, dict(answer.headers), answer.json()]
        result = [told(made), told(deployed), listed, told(deleted)]
        """
    )
    assert made[0] == 201
    assert list(made[2]) == ["id", "name", "type", "properties", "systemData", "tags", "location", "kind", "identity"]
    assert made[2]["properties"]["scoringUri"] is None
    assert "/mfeOperationsStatus/oeidp:" in made[1]["Azure-AsyncOperation"]
    assert made[1]["x-ms-async-operation-timeout"] == "PT30M"
    assert deployed[2]["properties"]["provisioningState"] == "Updating"
    assert deployed[2]["properties"]["livenessProbe"] is None
    assert "/mfeOperationsStatus/od:" in deployed[1]["Azure-AsyncOperation"]
    assert listed["value"][0]["properties"]["livenessProbe"]["failureThreshold"] == 30
    assert "nextLink" not in listed
    assert (deleted[0], deleted[2]) == (202, None)
    assert "/mfeOperationResults/oeidp:" in deleted[1]["Location"]


def test_a_deployment_that_was_accepted_fails_with_its_log(empty: Sdk, emulator: Emulator) -> None:
    fault = {"kind": "fail-operation", "path": "/deployments/", "count": 1, "code": "ResourceNotReady"}
    emulator.control("faults", {**fault, "message": "User container has crashed or terminated."})
    empty("endpoint('crash-ep')")
    with pytest.raises(SdkError, match="User container has crashed"):
        empty("deploy('blue', 'crash-ep')")
    assert empty("ml.online_deployments.get('blue', 'crash-ep').provisioning_state") == "Failed"
    log = empty("ml.online_deployments.get_logs('blue', 'crash-ep', 10)")
    assert "UserContainerStart: Failed" in log
    assert "ResourceNotReady: User container has crashed or terminated." in log
    assert empty("deploy('blue', 'crash-ep').provisioning_state") == "Succeeded", "the second time it stands"


def test_endpoints_take_the_time_they_are_given(tmp_path: Path, azureml_python: Path) -> None:
    with (
        running_emulator(tmp_path / "home", "--delay", "endpoint=0.5,deployment=0.5") as slow,
        Sdk(azureml_python, slow.environment, tmp_path) as sdk,
    ):
        sdk("ml = client(config)", config=str(slow.config))
        sdk(_MODELS)
        sdk("poller = ml.online_endpoints.begin_create_or_update(entities.ManagedOnlineEndpoint(name='slow-ep'))")
        state = "ml.online_endpoints.get('slow-ep').provisioning_state"
        assert sdk(state) == "Creating"
        with pytest.raises(SdkError, match="is Creating"):
            sdk("deploy('blue', 'slow-ep')")
        wait_until(lambda: sdk(state) == "Succeeded", what="the endpoint")


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        ({"columns": ["a", "b"], "data": [[1, 2], [3, 4], [5, 6]]}, (3, 2)),
        ({"a": [1, 2], "b": [3, 4]}, (2, 2)),
        ([[1, 2, 3]], (1, 3)),
        ([1, 2], (2, 1)),
        ([], (0, 1)),
        (7, (1, 1)),
    ],
)
def test_rows_and_columns_are_counted_in_every_form(data: Any, shape: tuple[int, int]) -> None:
    assert shape_of(data) == shape


def test_the_same_seed_shares_traffic_out_alike() -> None:
    def order() -> list[str]:
        now = Clock().now()
        workspace = Workspace("s", "g", "w", "id", "westus", "t", "acct", now, now)
        endpoint = Endpoint("ep", workspace, now, now, "Key", traffic={"a": 50, "b": 50})
        endpoint.deployments = {name: Deployment(name, now, {}, {}, {}, "mlflow_model", now) for name in "ab"}
        return [chosen.name for _ in range(20) if (chosen := endpoint.choose(4))]

    assert order() == order()
    assert set(order()) == {"a", "b"}
