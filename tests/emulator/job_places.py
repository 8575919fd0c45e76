"""Where what a job names lies: datastore paths, assets, outputs of other jobs, as accounts, containers and blobs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tests.emulator.job_records import ARTIFACTS, find_job
from tests.emulator.state import Container, Resource, Workspace

_DATASTORE = re.compile(r"^azureml:(?://|/).*?datastores/([^/]+)/paths/(.*)$", re.IGNORECASE | re.DOTALL)
_ARTIFACT_STORE = re.compile(r"^azureml://datastores/([^/]+)/(.*)$", re.IGNORECASE | re.DOTALL)
_OF_JOB = re.compile(r"^azureml://jobs/([^/]+)/outputs/([^/]+)(?:/paths/(.*))?$", re.IGNORECASE | re.DOTALL)
_OF_RUN = re.compile(r"^runs:/([^/]+)/(.*)$", re.DOTALL)
_ASSET = re.compile(r"/(data|models|codes|environments)/([^/]+)/(versions|labels)/([^/]+)/?$", re.IGNORECASE)
_SHORT = re.compile(r"^azureml:([^/:@]+)(?::([^/:@]+)|@([^/:@]+))$")


@dataclass(frozen=True, slots=True)
class Place:
    """A blob or the beginning of the names of many."""

    account: str
    container: str
    path: str

    def below(self, path: str) -> Place:
        """Return the place of something further down."""
        return Place(self.account, self.container, f"{self.path.rstrip('/')}/{path}" if self.path else path)


class LostError(LookupError):
    """What a job names is not there; the text is for the person."""


def locate(workspace: Workspace, uri: str, depth: int = 0) -> Place:
    """Return where a URI leads. Raises LostError where there is no such thing here."""
    if depth > 5:
        raise LostError(f"{uri} leads in a circle.")
    if found := _DATASTORE.match(uri):
        return _in_datastore(workspace, found[1], found[2])
    if found := _OF_JOB.match(uri):
        return _of_job(workspace, found[1], found[2], found[3] or "", depth)
    if found := _OF_RUN.match(uri):
        return Place(workspace.account, ARTIFACTS, f"ExperimentRun/dcid.{found[1]}/{found[2]}")
    if uri.lower().startswith(("http:", "https:")):
        return _blob(uri)
    if found := _ARTIFACT_STORE.match(uri):
        return _in_datastore(workspace, found[1], found[2])
    asset = find_asset(workspace, uri)
    return locate(workspace, str(asset.properties.get("dataUri") or asset.properties.get("modelUri")), depth + 1)


def code_place(workspace: Workspace, code: str) -> Place:
    """Return where the files of a code asset lie. Raises LostError."""
    found = _ASSET.search(code)
    version = workspace.codes.get(found[2]) if found else None
    asset = version.versions.get(found[4]) if found and version else None
    if asset is None:
        raise LostError(f"Not found code {found[2] if found else code} (version: {found[4] if found else ''}).")
    return _blob(str(asset.properties.get("codeUri")))


def find_version(container: Container | None, version: str) -> Resource | None:
    """Return a version, `latest` being the one made last."""
    if container is None:
        return None
    if version.lower() == "latest" and version not in container.versions:
        return next(reversed(container.versions.values()), None)
    return container.versions.get(version)


def named_asset(uri: str) -> tuple[str, str, str] | None:
    """Return kind, name and version (or label) of an asset's id; the kind is empty for `azureml:NAME:VERSION`."""
    if found := _ASSET.search(uri):
        return found[1].lower(), found[2], found[4]
    if found := _SHORT.match(uri):
        return "", found[1], found[2] or found[3]
    return None


def find_asset(workspace: Workspace, uri: str) -> Resource:
    """Return data or a model by its id. Raises LostError."""
    named = named_asset(uri)
    if named is not None:
        kind, name, version = named
        for shelf in (workspace.models,) if kind == "models" else (workspace.data, workspace.models):
            asset = find_version(shelf.get(name), version)
            if asset is not None:
                return asset
    raise LostError(f"{uri} was not found in the workspace {workspace.name}.")


def _in_datastore(workspace: Workspace, name: str, path: str) -> Place:
    store = workspace.datastores.get(name)
    if store is not None and store.properties.get("containerName"):
        return Place(str(store.properties["accountName"]), str(store.properties["containerName"]), path)
    if name == "workspaceartifactstore":
        return Place(workspace.account, ARTIFACTS, path)
    if name == "workspaceblobstore":
        return Place(workspace.account, workspace.blob_container, path)
    raise LostError(f"There is no datastore of blobs called {name} in the workspace {workspace.name}.")


def _of_job(workspace: Workspace, name: str, output: str, path: str, depth: int) -> Place:
    record = find_job(workspace, name)
    if record is None:
        raise LostError(f"Job {name} not found.")
    if output in ("default", "artifacts"):
        return Place(workspace.account, ARTIFACTS, record.prefix + path)
    if output not in record.outputs:
        raise LostError(f"The job {name} has no output {output}.")
    return locate(workspace, record.outputs[output], depth + 1).below(path)


def _blob(url: str) -> Place:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ".blob." not in host:
        raise LostError(f"{url} can't be reached from the emulator: it has no way out.")
    container, _, path = unquote(parts.path).lstrip("/").partition("/")
    return Place(host.partition(".")[0], container, path)
