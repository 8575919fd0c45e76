"""The workspaces that a person added, kept in one file; and `config.json`, found as azure-ai-ml looks for it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, UserError, Workspace
from desktop_app.api._records import from_json, to_json
from desktop_app.backends.azureml.client.clouds import cloud_named
from desktop_app.core.nearest import nearest
from desktop_app.worker.supervisor import holding
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.state import replace

_FOLDERS = (".azureml", "aml_config", "")
_FILES = ("config.json", "project.json")
_LEVELS = 20
_PATIENCE = 2.0  # seconds
_KEYS = {"subscription": "subscription_id", "group": "resource_group", "name": "workspace_name"}
"""Source: azure-ai-ml 1.35.2, `MLClient.from_config` and `traverse_up_path_and_find_file`."""


class Workspaces:
    """The list in `path`, read anew each time: another process may have changed it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> Sequence[Workspace]:
        """Return the workspaces by name."""
        return sorted(self._read()[0].values(), key=lambda each: (each.name.lower(), each.key))

    def current(self) -> Workspace | None:
        """Return the one in use; the only one there is, where none was chosen."""
        known, current = self._read()
        return known.get(current) or (next(iter(known.values())) if len(known) == 1 else None)

    def find(self, name: str) -> Workspace:
        """Return a workspace by its name or key. Raises UserError."""
        known = self._read()[0]
        found = [each for each in known.values() if name.lower() in (each.name.lower(), each.key.lower())]
        if len(found) == 1:
            return found[0]
        if found:
            keys = ", ".join(each.key for each in found)
            raise UserError(f"Several workspaces are called “{name}”.", hint=f"Give one as {keys}.")
        hint = nearest(name, [each.name for each in known.values()]) if known else ADD
        raise UserError(f"No workspace “{name}” was added here.", hint=hint)

    def by_key(self, key: str) -> Workspace:
        """Return the workspace of a run's handle; one that was forgotten is asked as it was named."""
        known = self._read()[0]
        found = {each.lower(): workspace for each, workspace in known.items()}.get(key.lower())
        if found is not None:
            return found
        subscription, group, name = key.split("/")
        return Workspace(name, subscription, group)

    def add(self, workspace: Workspace) -> Workspace:
        """Keep a workspace, in place of one with the same key; the first one is in use at once."""
        cloud_named(workspace.cloud)
        for part in (workspace.name, workspace.subscription, workspace.group):
            if not part or set(part) & set("/\\?#% "):
                hint = "Give subscription, resource group and workspace name as the portal shows them."
                raise UserError(f"“{part}” is no name of a workspace, resource group or subscription.", hint=hint)
        with self._turn():
            known, current = self._read()
            known[workspace.key] = workspace
            self._write(known, current if current in known else workspace.key)
        return workspace

    def renew(self, key: str, **told: Any) -> Workspace | None:
        """Keep what was learned of a workspace; the rest stays as it is, and may have changed since. None: unknown."""
        with self._turn():
            known, current = self._read()
            if key not in known:
                return None
            found = dataclasses.replace(known[key], **told)
            if found != known[key]:
                known[key] = found
                self._write(known, current)
        return found

    def use(self, name: str) -> Workspace:
        """Make a workspace the one in use."""
        with self._turn():
            found = self.find(name)
            self._write(self._read()[0], found.key)
        return found

    def forget(self, name: str) -> Workspace:
        """Take a workspace off the list."""
        with self._turn():
            found = self.find(name)
            known, current = self._read()
            del known[found.key]
            self._write(known, "" if current == found.key else current)
        return found

    def _turn(self) -> contextlib.AbstractContextManager[bool]:
        """Change the list alone; who can't have that for long goes on, as a lock must keep nobody from working."""
        return holding.held(self._path.parent, _PATIENCE)

    def _read(self) -> tuple[dict[str, Workspace], str]:
        data = read_object(self._path)
        known: dict[str, Workspace] = {}
        listed = data.get("workspaces")
        for each in (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ():
            try:
                workspace = from_json(Workspace, each)
            except (TypeError, ValueError, KeyError, AttributeError):
                continue
            known[workspace.key] = workspace
        return known, str(data.get("current") or "")

    def _write(self, known: dict[str, Workspace], current: str) -> None:
        data = {"version": 1, "current": current, "workspaces": [to_json(each) for each in known.values()]}
        try:
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            replace(self._path, data)
        except OSError as error:
            message = f"The list of workspaces can't be saved: {error.strerror or error}."
            raise OutsideError(message, hint=f"It is {self._path}.") from error


ADD = "Download config.json from the workspace's page in the Azure portal, then: rankzero workspace add config.json"


_DOWNLOAD = "Download config.json from the workspace's page in the Azure portal and take that one."


def read_config(path: Path) -> Workspace:
    """Return the workspace of a `config.json`, or of the nearest one from a folder upward. Raises UserError."""
    found = path if path.is_file() else _upward(path)
    if found is None:
        raise UserError(f"There is no config.json in {path} or above it.", hint=ADD)
    try:
        data: Any = json.loads(found.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{found} can't be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise UserError(_broken(found, error), hint=_DOWNLOAD, details=str(error)) from error
    if not isinstance(data, dict):
        raise UserError(f"{found} names no workspace.", hint=_DOWNLOAD)
    return _workspace_of(found, data)


def _broken(path: Path, error: ValueError) -> str:
    """Return what is wrong with a file that is no JSON."""
    if not isinstance(error, json.JSONDecodeError):
        return f"{path} is no text."
    return f"{path} is broken in line {error.lineno}." if error.doc.strip() else f"{path} is empty."


def _workspace_of(path: Path, data: dict[str, Any]) -> Workspace:
    scope = str(data.get("Scope") or data.get("scope") or "")
    parts = scope.strip("/").split("/")
    if len(parts) == 8:  # the form of SDK v1's project.json, which azure-ai-ml reads as well
        data = {_KEYS["subscription"]: parts[1], _KEYS["group"]: parts[3], _KEYS["name"]: parts[7], **data}
    missing = [key for key in _KEYS.values() if not isinstance(data.get(key), str) or not data[key].strip()]
    if missing:
        raise UserError(f"{path} doesn't say {', '.join(missing)}.", hint=_DOWNLOAD)
    for key in _KEYS.values():
        if set(data[key]) & set("<>{}[]"):
            raise UserError(f"{path} has a placeholder for {key}: {data[key]}.", hint=_DOWNLOAD)
    cloud, tenant = str(data.get("cloud") or "AzureCloud"), str(data.get("tenant_id") or "")
    return Workspace(**{name: data[key].strip() for name, key in _KEYS.items()}, cloud=cloud, tenant=tenant)


def _upward(folder: Path) -> Path | None:
    """Look for each place in turn all the way up, as the SDK does: a `.azureml` above wins over a plain file here."""
    here = folder.absolute()
    for place in _FOLDERS:
        for name in _FILES:
            for each in [here, *here.parents][: _LEVELS + 1]:
                if (each / place / name).is_file():
                    return each / place / name
    return None
