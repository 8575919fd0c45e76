"""Online endpoints and their deployments as the emulator keeps them."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

MLFLOW, TRITON, CUSTOM = "mlflow_model", "triton_model", "custom_model"


@dataclass(slots=True)
class Deployment:
    """A deployment: `asked` are the properties of its PUT, `flavor` is the type of its model."""

    name: str
    created: datetime
    asked: Json
    tags: Json
    sku: Json
    flavor: str
    modified: datetime
    state: str = "Updating"
    operation: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def instances(self) -> int:
        """How many machines it has."""
        return int(self.sku.get("capacity") or 1)


@dataclass(slots=True)
class Endpoint:
    """An endpoint; its keys are made with it, its tokens when they are asked for."""

    name: str
    workspace: Workspace
    created: datetime
    modified: datetime
    auth: str
    description: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    tags: Json = field(default_factory=dict)
    location: str = ""
    kind: str = "Managed"
    identity: Json = field(default_factory=dict)
    public_network: str = "Enabled"
    traffic: dict[str, int] = field(default_factory=dict)
    mirror: dict[str, int] = field(default_factory=dict)
    state: str = "Creating"
    operation: str = ""
    deployments: dict[str, Deployment] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    scored: int = 0

    @property
    def path(self) -> str:
        """Its ARM id."""
        return f"{self.workspace.path}/onlineEndpoints/{self.name}"

    @property
    def host(self) -> str:
        """Where it answers."""
        return f"{self.name}.{self.workspace.location}.{self.workspace.cloud.inference_suffix}"

    def choose(self, seed: int) -> Deployment | None:
        """A deployment by the weights of the traffic; the same seed gives the same ones in the same order."""
        able = [name for name, weight in self.traffic.items() if weight > 0 and name in self.deployments]
        if not able:
            return None
        self.scored += 1
        lot = random.Random(f"{seed}/{self.name}/{self.scored}")
        return self.deployments[lot.choices(able, [self.traffic[name] for name in able])[0]]


@dataclass(slots=True)
class Endpoints:
    """All endpoints of all workspaces, by workspace id and name."""

    kept: dict[tuple[str, str], Endpoint] = field(default_factory=dict)

    def find(self, workspace: Workspace, name: str) -> Endpoint | None:
        """The endpoint of that name."""
        return self.kept.get((workspace.id, name.lower()))

    def of(self, workspace: Workspace) -> list[Endpoint]:
        """A workspace's endpoints, oldest first."""
        return [endpoint for (owner, _), endpoint in self.kept.items() if owner == workspace.id]

    def at(self, host: str) -> Endpoint | None:
        """The endpoint that answers at a host."""
        return next((endpoint for endpoint in self.kept.values() if endpoint.host == host), None)

    def keep(self, endpoint: Endpoint) -> None:
        """Take an endpoint in."""
        self.kept[(endpoint.workspace.id, endpoint.name.lower())] = endpoint

    def drop(self, endpoint: Endpoint) -> None:
        """Forget an endpoint and its deployments."""
        self.kept.pop((endpoint.workspace.id, endpoint.name.lower()), None)


def new_key() -> str:
    """A key as the service makes them."""
    return secrets.token_urlsafe(24).replace("-", "x").replace("_", "y")


def model_flavor(workspace: Workspace, asset: Any) -> str | None:
    """The type of a model that is named by its ARM id or as `azureml:NAME:VERSION`; None where there is none."""
    text = str(asset or "")
    if not text or "/registries/" in text:
        return CUSTOM
    if "/models/" in text:
        name, _, version = text.partition("/models/")[2].partition("/versions/")
    else:
        name, _, version = text.removeprefix("azureml:").rpartition(":")
    container = workspace.models.get(name)
    found = container.versions.get(version) if container else None
    return None if found is None else str(found.properties.get("modelType") or CUSTOM)


def prepare(service: Service) -> None:
    """Let the service keep endpoints."""
    service.add_part(Endpoints())
