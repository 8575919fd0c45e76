"""What the emulated cloud holds: plain values, changed by the handlers, lost when the emulator ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.emulator.azure_clouds import AzureCloud, public_cloud

if TYPE_CHECKING:
    from tests.emulator.job_records import JobRecord

Json = dict[str, Any]


@dataclass(slots=True)
class Resource:
    """A named thing with the properties that the service shows, and when it was made and changed."""

    name: str
    created: datetime
    modified: datetime
    properties: Json = field(default_factory=dict)
    tags: dict[str, str] | None = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Container:
    """An asset of all its versions, in the order in which they were made."""

    name: str
    created: datetime
    modified: datetime
    versions: dict[str, Resource] = field(default_factory=dict)
    archived: bool = False


@dataclass(slots=True)
class Operation:
    """A long-running operation; `error` is the body's `error` where it failed."""

    id: str
    kind: str
    started: datetime
    status: str = "InProgress"
    ended: datetime | None = None
    error: Json | None = None
    result: Any = None


@dataclass(slots=True)
class Workspace:
    """A workspace and everything in it, by name."""

    subscription: str
    group: str
    name: str
    id: str
    location: str
    tenant: str
    account: str
    created: datetime
    modified: datetime
    friendly_name: str = ""
    cloud: AzureCloud = field(default_factory=public_cloud)
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    image_build_compute: str | None = None
    public_network: str = "Enabled"
    computes: dict[str, Resource] = field(default_factory=dict)
    datastores: dict[str, Resource] = field(default_factory=dict)
    environments: dict[str, Container] = field(default_factory=dict)
    codes: dict[str, Container] = field(default_factory=dict)
    data: dict[str, Container] = field(default_factory=dict)
    models: dict[str, Container] = field(default_factory=dict)
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    endpoints: dict[str, Resource] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The workspace's ARM id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )

    @property
    def api(self) -> str:
        """The host of the workspace's region that answers for its data plane."""
        return f"{self.location}.{self.cloud.api_suffix}"

    @property
    def blob_container(self) -> str:
        """The container behind `workspaceblobstore`."""
        return f"azureml-blobstore-{self.id}"


@dataclass(slots=True)
class State:
    """The whole cloud: one tenant, its people and applications, workspaces, operations."""

    tenant: str
    subscription: str
    group: str
    cloud: AzureCloud = field(default_factory=public_cloud)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    def groups(self) -> set[str]:
        """Return the resource groups, in lower case."""
        return {self.group.lower(), *(each.group.lower() for each in self.workspaces.values())}

    def find(self, subscription: str, group: str, name: str) -> Workspace | None:
        """Return a workspace; names are the same in any case."""
        found = self.workspaces.get(name.lower())
        same = found and (found.subscription.lower(), found.group.lower()) == (subscription.lower(), group.lower())
        return found if same else None
