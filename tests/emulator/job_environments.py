"""The image of a job's environment: nothing is built, but what can't be built fails as it does in the service."""

from __future__ import annotations

import re

import yaml

from tests.emulator import registries
from tests.emulator.blobs import Blobs
from tests.emulator.job_places import LostError, find_version, named_asset
from tests.emulator.job_records import ARTIFACTS, JobRecord
from tests.emulator.state import Resource, Workspace

_REGISTRY = re.compile(
    r"^azureml://registries/([^/]+)/environments/([^/]+)/(?:versions|labels)/([^/]+)/?$", re.IGNORECASE
)
BUILD_LOG = "azureml-logs/20_image_build_log.txt"


async def build(blobs: Blobs, record: JobRecord) -> None:
    """Make sure of the environment; writes the log of a build where there is one. Raises LostError."""
    asked = str(record.asked.get("environmentId") or "")
    found = find(record.workspace, asked)
    if found is None or not (found.properties.get("condaFile") or found.properties.get("build")):
        return
    problem = conda_problem(str(found.properties.get("condaFile") or ""))
    text = f"Resolving the environment {asked}\n{problem or 'The image is there already: nothing is built here.'}\n"
    await blobs.append(record.workspace.account, ARTIFACTS, record.prefix + BUILD_LOG, text.encode())
    if problem:
        raise LostError(f"Image build failed. For more details, check log file {BUILD_LOG}. {problem}")


def find(workspace: Workspace, asked: str) -> Resource | None:
    """Return the environment of the workspace that is meant; None for curated ones. Raises LostError if it is absent.

    Of Microsoft's registry those are known that the program's own catalogue names, in any version.
    """
    if found := _REGISTRY.match(asked):
        if found[2] not in registries.environments() or found[1].lower() != "azureml":
            raise LostError(
                f"Failed to get the environment {found[2]} (version {found[3]}) of the registry {found[1]}."
            )
        return None
    named = named_asset(asked)
    if named is None:
        raise LostError(f"The environment “{asked}” is no id of an environment.")
    _, name, version = named
    environment = find_version(workspace.environments.get(name), version)
    if environment is None and not name.startswith("AzureML-"):
        raise LostError(f"Environment {name} with version {version} is not found in the workspace {workspace.name}.")
    return environment


def conda_problem(text: str) -> str:
    """Return what conda would say of a file that is none, else nothing."""
    try:
        read = yaml.safe_load(text) if text else {}
    except yaml.YAMLError as error:
        return f"The conda file can't be read: {error}"
    return "" if isinstance(read, dict) else "The conda file holds no mapping."
