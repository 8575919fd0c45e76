"""Where the assets lie that run history names: outputs of runs, and data and models of the workspace."""

from __future__ import annotations

from tests.emulator.answers import ok
from tests.emulator.job_places import LostError, find_asset
from tests.emulator.job_records import find_job
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.state import Json, Workspace


async def resolve(_service: object, call: Call) -> Answer:
    """Tell where assets lie, by their ids; what is not there is left out."""
    found: Json = {}
    for asset in (call.json or {}).get("values") or []:
        uri = uri_of(call.workspace, str(asset))
        if uri is not None:
            found[asset] = {"uri": uri, "type": "UriFolder", "path": uri}
    return ok({"values": found})


def uri_of(workspace: Workspace, asset: str) -> str | None:
    """Return the long form of an asset's place; an output has the name that run history gave it."""
    name = asset.rpartition("/versions/")[0].rpartition("/")[2]
    job, told, output = name.removeprefix("azureml_").partition("_output_data_")
    record = find_job(workspace, job) if told else None
    if record is not None:
        return long_form(workspace, record.outputs[output]) if output in record.outputs else None
    try:
        properties = find_asset(workspace, asset).properties
    except LostError:
        return None
    return long_form(workspace, str(properties.get("dataUri") or properties.get("modelUri")))


def long_form(workspace: Workspace, uri: str) -> str:
    """Write a datastore's path with subscription, group and workspace, as the data plane answers."""
    short = uri.removeprefix("azureml://datastores/")
    if short == uri:
        return uri
    place = f"subscriptions/{workspace.subscription}/resourcegroups/{workspace.group}/workspaces/{workspace.name}"
    return f"azureml://{place}/datastores/{short}"


def routes() -> Routes:
    """Return what is answered here: the same of data and of models."""
    table = Routes()
    for place in ("/data/v1.0{ws}/dataversion", "/modelregistry/v1.0{ws}/models"):
        table.add("POST", "api", f"{place}/batchGetResolvedUris", resolve)
    return table
