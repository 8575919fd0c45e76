"""The emulator's base as bare requests find it: operations, pages, nodes, quota, workspaces, secrets, refusals."""

from __future__ import annotations

import signal
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.helpers.emulators import Emulator, Told, running_emulator
from tests.helpers.waiting import wait_until

_VERSION = "api-version=2025-01-01-preview"


def _cluster(size: str = "Standard_DS3_v2", least: int = 0, most: int = 4, priority: str = "Dedicated") -> Any:
    scale = {"minNodeCount": least, "maxNodeCount": most, "nodeIdleTimeBeforeScaleDown": "PT1S"}
    inner = {"vmSize": size, "vmPriority": priority, "scaleSettings": scale}
    return {"location": "westus", "properties": {"computeType": "AmlCompute", "properties": inner}}


def _put(emulator: Emulator, name: str, body: Any) -> Told:
    return emulator.ask("PUT", f"{{ws}}/computes/{name}?{_VERSION}", body)


def _nodes(emulator: Emulator, name: str) -> Any:
    return emulator.ask("GET", f"{{ws}}/computes/{name}?{_VERSION}").json["properties"]["properties"]


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator that takes its time, with short pages and two workspaces."""
    options = ("--delay", "compute=0.3,workspace=0.3", "--page", "3", "--workspace", "one", "--workspace", "two")
    with running_emulator(tmp_path_factory.mktemp("slow"), *options, "--secrets", "none") as running:
        yield running


def test_an_operation_is_under_way_and_then_succeeded(slow: Emulator) -> None:
    made = _put(slow, "c", _cluster())
    assert made.json["properties"]["provisioningState"] == "Creating"
    url = made.headers["azure-asyncoperation"]
    assert len(url) > 2900
    assert "retry-after" not in made.headers
    assert slow.ask("GET", url).json == {"status": "InProgress"}
    wait_until(lambda: slow.ask("GET", url).json["status"] == "Succeeded", what="the cluster to stand")
    assert slow.ask("GET", url).json == {"status": "Succeeded", "percentComplete": 100.0}


def test_an_address_is_followed_to_the_letter(slow: Emulator) -> None:
    url = _put(slow, "letter", _cluster()).headers["azure-asyncoperation"]
    assert slow.ask("GET", url).status == 200
    for other in (url.replace("&service=new", ""), url.replace("&t=", "&t=1"), f"{url}x"):
        assert slow.ask("GET", other).status == 400


def test_a_workspaces_operation_is_found_at_both_addresses(slow: Emulator) -> None:
    changed = slow.ask("PATCH", f"{{ws}}?{_VERSION}", {"tags": {"a": "b"}})
    assert (changed.status, changed.body) == (202, b"")
    assert slow.ask("GET", changed.headers["azure-asyncoperation"]).json == {"status": "InProgress"}
    pending = slow.ask("GET", changed.headers["location"])
    assert (pending.status, pending.body) == (202, b"")
    assert pending.headers["location"] != changed.headers["location"], "signed anew"
    wait_until(lambda: slow.ask("GET", pending.headers["location"]).status == 200, what="the workspace to be changed")
    assert slow.ask("GET", f"{{ws}}?{_VERSION}").json["tags"] == {"a": "b"}


def test_pages_are_followed_and_the_last_has_no_link(slow: Emulator) -> None:
    for number in range(7):
        asked = {"properties": {"image": f"image:{number}", "isAnonymous": False}}
        slow.ask("PUT", f"{{ws}}/environments/e/versions/{number}?{_VERSION}", asked)
    url, found, pages = f"{{ws}}/environments/e/versions?{_VERSION}&listViewType=ActiveOnly", [], 0
    while url:
        page = slow.ask("GET", url).json
        found += [each["name"] for each in page["value"]]
        pages += 1
        url = page.get("nextLink", "")
        if url:
            assert list(page)[-1] == "nextLink"
            assert "listViewType=ActiveOnly&$skipToken=H4sI" in url
    assert (found, pages) == ([str(number) for number in reversed(range(7))], 3)


def test_a_workspace_is_made_listed_and_deleted(slow: Emulator) -> None:
    base = slow.workspace.rpartition("/")[0]
    made = slow.ask("PUT", f"{base}/three?{_VERSION}", {"location": "eastus", "properties": {"friendlyName": "Drei"}})
    assert (made.status, made.body) == (202, b"")
    told = slow.ask("GET", f"{base}/three?{_VERSION}").json
    assert (told["location"], told["properties"]["friendlyName"]) == ("eastus", "Drei")
    assert [each["name"] for each in slow.ask("GET", f"{base}?{_VERSION}").json["value"]] == ["one", "two", "three"]
    assert len(slow.ask("GET", f"{base}/three/datastores?{_VERSION}").json["value"]) == 3, "a page of four"
    gone = slow.ask("DELETE", f"{base}/three?{_VERSION}")
    assert gone.status == 202
    wait_until(lambda: slow.ask("GET", f"{base}/three?{_VERSION}").status == 404, what="the workspace to be gone")


def test_a_keyless_datastore_has_no_secrets(slow: Emulator) -> None:
    store = slow.ask("GET", f"{{ws}}/datastores/workspaceblobstore?{_VERSION}").json
    assert store["properties"]["credentials"] == {"credentialsType": "None"}
    refused = slow.ask("POST", f"{{ws}}/datastores/workspaceblobstore/listSecrets?{_VERSION}")
    assert (refused.status, refused.json["error"]["message"]) == (400, "No secrets for credentials of type None.")


def test_secrets_are_a_sas_where_one_that_ends_is_asked_for(emulator: Emulator) -> None:
    url = f"{{ws}}/datastores/workspaceblobstore/listSecrets?{_VERSION}"
    sas = emulator.ask("POST", url, {"expirableSecret": True, "expireAfterHours": 1}).json
    assert sas["secretsType"] == "Sas"
    assert sas["sasToken"].startswith("?sv=")
    assert emulator.ask("POST", url).json["secretsType"] == "AccountKey"


def test_nodes_follow_the_minimum_and_the_words_are_the_services(emulator: Emulator) -> None:
    _put(emulator, "warm", _cluster(least=2))
    wait_until(lambda: _nodes(emulator, "warm")["currentNodeCount"] == 2, what="two nodes")
    shown = _nodes(emulator, "warm")
    assert (shown["allocationState"], shown["targetNodeCount"]) == ("Steady", 2)
    assert shown["nodeStateCounts"]["idleNodeCount"] == 2
    assert len(emulator.ask("POST", f"{{ws}}/computes/warm/listNodes?{_VERSION}").json["nodes"]) == 2
    _put(emulator, "warm", _cluster(least=0))
    wait_until(lambda: _nodes(emulator, "warm")["currentNodeCount"] == 0, what="idle nodes to be given back")


def test_usages_count_cores_of_nodes_and_not_of_what_a_cluster_may_have(emulator: Emulator) -> None:
    _put(emulator, "counted", _cluster("Standard_D4s_v3", least=1, most=4))
    wait_until(lambda: _nodes(emulator, "counted")["currentNodeCount"] == 1, what="a node")
    region = f"https://management.azure.com/subscriptions/{emulator.named['subscription_id']}/providers"
    region += "/Microsoft.MachineLearningServices/locations/westus"
    rows: dict[str, tuple[int, int]] = {}
    url = f"{region}/usages?{_VERSION}"
    while url:
        page = emulator.ask("GET", url).json
        rows |= {each["name"]["value"]: (each["currentValue"], each["limit"]) for each in page["value"]}
        url = page.get("nextLink", "")
    assert rows["Standard DSv3 Family Cluster Dedicated vCPUs"] == (4, 100)
    sizes = emulator.ask("GET", f"{region}/vmSizes?{_VERSION}").json["value"]
    offered = {each["name"]: each["family"] for each in sizes}
    assert offered["Standard_NC4as_T4_v3"] == "standardNCASv3_T4Family"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (_cluster("Standard_Nonsense"), "InvalidVmSize"),
        (_cluster(least=5, most=4), "InvalidScaleSettings"),
        (
            _cluster("Standard_NC24ads_A100_v4", priority="LowPriority", least=5, most=5),
            "ClusterMinNodesExceedCoreQuota",
        ),
    ],
    ids=["size", "scale", "quota"],
)
def test_a_cluster_that_can_not_be_is_refused(emulator: Emulator, body: Any, code: str) -> None:
    refused = _put(emulator, "never", body)
    assert refused.status == 400
    told = {each["type"]: each["info"]["value"] for each in refused.json["error"]["additionalInfo"]}
    assert told["InnerError"]["code"] == code
    assert refused.headers["x-ms-response-type"] == "error"
    assert emulator.ask("GET", f"{{ws}}/computes/never?{_VERSION}").status == 404


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/datastores/nothing", 404, "Could not find datastore: nothing."),
        ("/models/nothing", 404, "The specified resource was not found."),
        ("/environments/nothing/versions/1", 404, "not found"),
        ("/computes/nothing", 404, ""),
        ("-absent", 404, "workspaces/emulated-absent' under resource group 'emulator' was not found"),
        ("/inventions", 404, "The emulator doesn't know it"),
    ],
)
def test_what_is_absent_is_told_so(emulator: Emulator, path: str, status: int, told: str) -> None:
    answer = emulator.ask("GET", f"{{ws}}{path}?{_VERSION}")
    assert answer.status == status
    assert told in answer.json["error"]["message"] if told else answer.body == b""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("7e57ab1e", "00000000", "SubscriptionNotFound"), ("Groups/emulator", "Groups/else", "ResourceGroupNotFound")],
)
def test_a_place_that_is_not_there_is_told_by_its_kind(emulator: Emulator, old: str, new: str, code: str) -> None:
    answer = emulator.ask("GET", f"{emulator.workspace.replace(old, new)}?{_VERSION}")
    assert (answer.status, answer.json["error"]["code"]) == (404, code)
    assert answer.headers["x-ms-failure-cause"] == "gateway"
    assert "x-ms-response-type" not in answer.headers


@pytest.mark.parametrize(
    "path", ["computes/nothing", "models/nothing", "data/nothing/versions/1", "datastores/nothing"]
)
def test_deleting_what_is_absent_is_204_by_the_gateway(emulator: Emulator, path: str) -> None:
    answer = emulator.ask("DELETE", f"{{ws}}/{path}?{_VERSION}")
    assert (answer.status, answer.body) == (204, b"")
    assert "x-ms-response-type" not in answer.headers


def test_a_registered_environment_can_not_be_changed(emulator: Emulator) -> None:
    url = f"{{ws}}/environments/fixed/versions/1?{_VERSION}"
    assert emulator.ask("PUT", url, {"properties": {"image": "a"}}).status == 201
    assert emulator.ask("PUT", url, {"properties": {"image": "a", "tags": {"x": "y"}}}).status == 201
    refused = emulator.ask("PUT", url, {"properties": {"image": "b"}})
    said = "Environment fixed with version 1 is already registered and cannot be changed."
    assert (refused.status, refused.json["error"]["message"]) == (409, said)


def test_other_hosts_and_plain_requests_are_refused_by_the_proxy(emulator: Emulator) -> None:
    with pytest.raises(urllib.error.URLError, match="403"):
        emulator.ask("GET", "https://example.org/", Authorization="")


def test_everything_is_logged_with_the_version_that_was_spoken(emulator: Emulator) -> None:
    emulator.ask("GET", "{ws}/computes?api-version=2099-01-01", **{"User-Agent": "a stranger"})
    last = emulator.log()[-1]
    assert (last["method"], last["api_version"], last["status"]) == ("GET", "2099-01-01", 200)
    assert (last["host"], last["agent"]) == ("management.azure.com", "a stranger")


def test_it_listens_on_the_loopback_only(emulator: Emulator) -> None:
    sockets = psutil.Process(emulator.process.pid).net_connections("inet")
    assert {each.laddr.ip for each in sockets} == {"127.0.0.1"}


def test_the_certificate_is_kept_with_the_home_and_the_end_is_clean(tmp_path: Path) -> None:
    with running_emulator(tmp_path) as first:
        certificate = first.ca.read_bytes()
    assert first.process.returncode == 0, "its standard input was closed"
    with running_emulator(tmp_path) as second:
        assert second.ca.read_bytes() == certificate
        assert second.ask("GET", f"{{ws}}?{_VERSION}").status == 200
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(30) == 0
    assert (tmp_path / "authority" / "ca-key.pem").stat().st_mode & 0o077 == 0


_MEMBERS = {
    "computes/shape": (
        "createdOn modifiedOn disableLocalAuth description resourceId computeType computeLocation provisioningState "
        "provisioningErrors provisioningWarnings isAttachedCompute properties"
    ),
    "environments/shape/versions/1": (
        "description tags properties isArchived isAnonymous autoDeleteSetting environmentType image condaFile osType "
        "autoRebuild provisioningState stage intellectualProperty"
    ),
    "models/shape/versions/1": (
        "description tags properties isArchived isAnonymous autoDeleteSetting flavors modelType modelUri jobName "
        "provisioningState stage intellectualProperty"
    ),
    "data/shape/versions/1": (
        "description tags properties isArchived isAnonymous autoDeleteSetting dataUri stage intellectualProperty "
        "dataType"
    ),
    "codes/shape/versions/1": "description tags properties isArchived isAnonymous codeUri provisioningState",
    "models/shape": "description tags properties isArchived latestVersion nextVersion provisioningState",
    "datastores/workspaceblobstore": (
        "description tags properties isDefault credentials subscriptionId resourceGroup datastoreType accountName "
        "containerName endpoint protocol serviceDataAccessAuthIdentity"
    ),
}


@pytest.fixture(scope="module")
def shaped(emulator: Emulator) -> Emulator:
    """The emulator with one of each."""
    _put(emulator, "shape", _cluster())
    bodies: dict[str, dict[str, Any]] = {
        "environments/shape": {"image": "mcr.microsoft.com/x", "condaFile": "dependencies: [python]"},
        "models/shape": {"modelUri": "https://example.org/m", "modelType": "custom_model"},
        "data/shape": {"dataUri": "azureml://datastores/workspaceblobstore/paths/x", "dataType": "uri_folder"},
        "codes/shape": {"codeUri": "https://example.org/c"},
    }
    for place, properties in bodies.items():
        told = emulator.ask("PUT", f"{{ws}}/{place}/versions/1?{_VERSION}", {"properties": properties})
        assert told.status == 201
    return emulator


@pytest.mark.parametrize("place", list(_MEMBERS))
def test_members_come_in_the_services_order(shaped: Emulator, place: str) -> None:
    """The sibling of test_emulator_truth_base.py for machines without recordings."""
    told = shaped.ask("GET", f"{{ws}}/{place}?{_VERSION}").json
    assert list(told["properties"]) == _MEMBERS[place].split()
    outer = ["id", "name", "type", "location", "tags"] if place.startswith("computes") else ["id", "name", "type"]
    assert list(told) == [*outer, "properties", *(() if place.startswith("computes") else ("systemData",))]


def test_long_and_short_addresses_are_spelled_as_the_service_does(shaped: Emulator) -> None:
    data = shaped.ask("GET", f"{{ws}}/data/shape/versions/1?{_VERSION}").json["properties"]
    assert "/resourcegroups/emulator/workspaces/emulated/datastores/workspaceblobstore/paths/x" in data["dataUri"]
    environment = shaped.ask("GET", f"{{ws}}/environments/shape/versions/1?{_VERSION}").json["properties"]
    assert environment["condaFile"] == '{\n  "dependencies": [\n    "python"\n  ]\n}'
    assert environment["properties"] == {"azureml.labels": "latest"}
    upload = shaped.ask("POST", f"{{ws}}/codes/up/versions/1/startPendingUpload?{_VERSION}", {}).json
    assert ".blob.core.windows.net:443/" in upload["blobReferenceForConsumption"]["blobUri"]
    assert ":443" not in upload["blobReferenceForConsumption"]["credential"]["sasUri"]
    assert upload["pendingUploadType"] == "None"
