"""What the Azure ML SDK says of files: run by the Python of the environment that has it, never imported by a test.

Takes a list of [path, kind] as JSON on standard input and gives back a list: "" for a file that it loads, else why not;
null for a kind that nobody here loads. Whether files named in a file exist is left out: another check looks at that.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from azure.ai.ml._schema.core.fields import LocalPathField
from azure.ai.ml.entities import _load_functions as load

_BATCH: tuple[Callable[[str], Any], ...] = (
    load.load_batch_deployment,
    load.load_model_batch_deployment,
    load.load_pipeline_component_batch_deployment,
)
_LOADERS: dict[str, Callable[[str], Any]] = {
    "component": load.load_component,
    "environment": load.load_environment,
    "data": load.load_data,
    "model": load.load_model,
    "compute": load.load_compute,
    "computeInstance": load.load_compute,
    "datastore": load.load_datastore,
    "azureBlob": load.load_datastore,
    "azureFile": load.load_datastore,
    "azureDataLakeGen1": load.load_datastore,
    "azureDataLakeGen2": load.load_datastore,
    "onlineEndpoint": load.load_online_endpoint,
    "managedOnlineEndpoint": load.load_online_endpoint,
    "kubernetesOnlineEndpoint": load.load_online_endpoint,
    "batchEndpoint": load.load_batch_endpoint,
    "onlineDeployment": load.load_online_deployment,
    "managedOnlineDeployment": load.load_online_deployment,
    "kubernetesOnlineDeployment": load.load_online_deployment,
    "batchDeployment": lambda path: _first(path, _BATCH),
    "modelBatchDeployment": load.load_model_batch_deployment,
    "pipelineComponentBatchDeployment": load.load_pipeline_component_batch_deployment,
    "schedule": load.load_schedule,
    "workspace": load.load_workspace,
    "featureStoreEntity": load.load_feature_store_entity,
    **dict.fromkeys(("commandJob", "sweepJob", "pipelineJob", "autoMLJob", "sparkJob"), load.load_job),
}


def main() -> None:
    """Answer one list."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    LocalPathField._validate = lambda *_: None
    LocalPathField._resolve_path = lambda _, value: Path(value)
    json.dump([_verdict(path, kind) for path, kind in json.load(sys.stdin)], sys.stdout)


def _first(path: str, loaders: tuple[Callable[[str], Any], ...]) -> None:
    """Load a file with the first that takes it: the command line picks by `type`, the SDK leaves that to its caller."""
    for loader in loaders[:-1]:
        try:
            loader(path)
        except Exception:  # noqa: BLE001 - the next one may take it
            continue
        return
    loaders[-1](path)


def _verdict(path: str, kind: str) -> str | None:
    if kind not in _LOADERS:
        return None
    try:
        _LOADERS[kind](path)
    except Exception as error:  # noqa: BLE001 - the SDK refuses a file with any of a dozen kinds of exception
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    main()
