"""What a job's outputs become once it has run: assets of the workspace, where the job gave them a name."""

from __future__ import annotations

from tests.emulator.asset_kinds import kind_of
from tests.emulator.assets import put_version
from tests.emulator.job_records import JobRecord
from tests.emulator.routing import Answer
from tests.emulator.service import Service
from tests.emulator.state import Container, Json

MODELS = frozenset({"mlflow_model", "custom_model", "triton_model"})


async def register_outputs(service: Service, record: JobRecord) -> None:
    """Register the outputs that have an `assetName`, in the version that was asked for or the next one."""
    for name, uri in record.outputs.items():
        spec: Json = (record.asked.get("outputs") or {}).get(name) or {}
        if spec.get("assetName"):
            await _register(service, record, spec, uri)


async def _register(service: Service, record: JobRecord, spec: Json, uri: str) -> None:
    kind_name = str(spec.get("jobOutputType") or "uri_folder")
    is_model = kind_name in MODELS
    kind = kind_of("models" if is_model else "data")
    given: Json = {"description": spec.get("description"), "tags": {}, "properties": {}}
    given |= {"isArchived": False, "isAnonymous": False}
    given |= {"modelUri": uri, "modelType": kind_name} if is_model else {"dataUri": uri, "dataType": kind_name}
    completed = await kind.completed(service, record.workspace, given)
    if isinstance(completed, Answer):
        record.warnings.append({"source": "AmlCompute", "message": f"{spec['assetName']} could not be registered."})
        return
    name = str(spec["assetName"])
    version = str(spec.get("assetVersion") or _next(kind.held(record.workspace).get(name)))
    put_version(service, record.workspace, kind, (name, version), completed)


def _next(container: Container | None) -> int:
    versions = container.versions if container else ()
    return max((int(each) for each in versions if each.isdigit()), default=0) + 1
