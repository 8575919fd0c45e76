"""Jobs of the Azure ML emulator as tests submit, watch and read them: by the SDK, by plain requests, by links."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.helpers.emulators import Emulator, Sdk
from tests.helpers.waiting import wait_until

PLAIN = "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:33"
"""An environment that the emulator takes for a curated one."""
OVER = ("Completed", "Failed", "Canceled")
PATIENCE = 90.0

LOG_METRIC = """
import json, os, time, urllib.request
def log(name, value, step=0):
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": name, "value": value, "step": step,
            "timestamp": int(time.time() * 1000)}
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30).read()
"""
"""Python that logs a metric as MLflow does, without MLflow."""


def make_cluster(sdk: Sdk, name: str = "cpus", nodes: int = 4) -> str:
    """Create a cluster and return its name."""
    sdk(
        """
        spec = entities.AmlCompute(name=name, size="Standard_DS2_v2", max_instances=nodes)
        result = ml.compute.begin_create_or_update(spec).result().name
        """,
        name=name,
        nodes=nodes,
    )
    return name


def submit(sdk: Sdk, name: str, line: str, **more: Any) -> str:
    """Submit a command job and return its first status."""
    asked = {"command": line, "name": name, "environment": PLAIN, **more}
    status: str = sdk(
        "from azure.ai.ml import command; result = ml.jobs.create_or_update(command(**asked)).status", asked=asked
    )
    return status


def status_of(sdk: Sdk, name: str) -> str:
    """Return the job's status, as the SDK reads it."""
    status: str = sdk("ml.jobs.get(name).status", name=name)
    return status


def reached(sdk: Sdk, name: str, *statuses: str) -> str:
    """Wait until the job is in one of the states, or over, and return the state."""
    wait_until(lambda: status_of(sdk, name) in (*statuses, *OVER), PATIENCE)
    return status_of(sdk, name)


def details(sdk: Sdk, name: str) -> dict[str, Any]:
    """Return the run's details, with links to its logs."""
    read: dict[str, Any] = sdk("ml.jobs._runs_operations.get_run_details(name).as_dict()", name=name)
    return read


def problem_of(sdk: Sdk, name: str) -> str:
    """Return what run history says of a failure."""
    return str(details(sdk, name)["error"]["error"]["message"])


def read_link(emulator: Emulator, url: str, **headers: str) -> bytes:
    """Read an address through the emulator's proxy, with no permission but what stands in it."""
    proxy = urllib.request.ProxyHandler({"https": emulator.proxy})
    trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(emulator.ca)))
    asked = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.build_opener(proxy, trust).open(asked, timeout=60) as answer:
        data: bytes = answer.read()
    return data


def logs_of(emulator: Emulator, sdk: Sdk, name: str) -> Mapping[str, str]:
    """Return all logs of a job by name, read by their links."""
    return {key: read_link(emulator, url).decode() for key, url in details(sdk, name)["logFiles"].items()}


def ask(sdk: Sdk, method: str, path: str, body: object = None) -> tuple[int, Any, dict[str, str]]:
    """Send a request as a signed-in client: status, JSON (or text) and headers. `path` begins with arm: or api:.

    What stands behind is below the workspace: `arm:/jobs/x?api-version=…`, `api:/history/v1.0/runs/x` (the workspace's
    id is put after the service's name and version), or a whole address.
    """
    answer = sdk(
        """
        import requests
        ids = (ml.subscription_id, ml.resource_group_name, ml.workspace_name)
        ws = "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.MachineLearningServices/workspaces/%s" % ids
        if path.startswith("arm:"):
            url = "https://management.azure.com" + ws + path[4:]
        elif path.startswith("api:"):
            service, version, rest = path[5:].split("/", 2)
            url = f"https://westus.api.azureml.ms/{service}/{version}{ws}/{rest}"
        else:
            url = path
        token = ml._credential.get_token("https://management.azure.com/.default").token
        given = requests.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        try:
            shown = given.json() if given.content else None
        except ValueError:
            shown = given.text
        result = [given.status_code, shown, dict(given.headers)]
        """,
        method=method,
        path=path,
        body=body,
    )
    return answer[0], answer[1], answer[2]
