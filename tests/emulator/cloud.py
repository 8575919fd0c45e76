"""The cloud as it is when the emulator starts: a tenant, a subscription, workspaces that hold what Azure puts there."""

from __future__ import annotations

import uuid
from datetime import timedelta

from tests.emulator.azure_clouds import azure_clouds
from tests.emulator.blob_store import Store
from tests.emulator.blobs import BuiltInBlobs, Links
from tests.emulator.clock import Clock
from tests.emulator.directory import TENANT
from tests.emulator.options import Options
from tests.emulator.service import Service
from tests.emulator.state import State, Workspace

SUBSCRIPTION = "7e57ab1e-0000-4000-8000-000000000002"
GROUP = "emulator"
_NAMES = uuid.UUID(TENANT)


def new_service(options: Options) -> Service:
    """Return a cloud with the workspaces that the options name."""
    clock = Clock(timedelta(seconds=options.skew))
    store = Store(options.home, clock.now)
    state = State(TENANT, SUBSCRIPTION, GROUP, azure_clouds()[options.cloud])
    links = Links(clock, suffix=f"blob.{state.cloud.storage_suffix}")
    service = Service(state, options, BuiltInBlobs(store, links), clock)
    service.add_part(store)
    for name in options.workspaces:
        add_workspace(service, SUBSCRIPTION, GROUP, name, options.location)
    return service


def add_workspace(service: Service, subscription: str, group: str, name: str, location: str) -> Workspace:
    """Make a workspace; its ids are the same each time it is made, so that links outlive a restart."""
    identity = uuid.uuid5(_NAMES, f"{subscription}/{group}/{name}".lower())
    now = service.clock.now()
    workspace = Workspace(
        subscription, group, name, str(identity), location, service.state.tenant, f"st{identity.hex[:12]}", now, now
    )
    workspace.cloud = service.state.cloud
    service.state.workspaces[name.lower()] = workspace
    return workspace
