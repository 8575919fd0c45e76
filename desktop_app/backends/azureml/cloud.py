"""What a workspace holds beside runs, behind the Cloud protocol: each part has its own module and is asked here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from desktop_app.api import (
    Artifact,
    Asset,
    Compute,
    ComputeSpec,
    Endpoint,
    Headroom,
    JobPage,
    NewAsset,
    Progress,
    Quota,
    RunSnapshot,
    SignInMethod,
    SignInPrompt,
    SignInReport,
    SizeOffer,
    Waiting,
    Workspace,
)
from desktop_app.backends.azureml import workspaces
from desktop_app.backends.azureml.backend import AzureBackend
from desktop_app.backends.azureml.client import reach
from desktop_app.backends.azureml.holdings import assets, computes, endpoints, quota
from desktop_app.backends.azureml.runs import listing


class AzureMLCloud:
    """The Cloud of Azure ML; shares wire, workspaces and outbox with the backend that runs jobs there."""

    def __init__(self, backend: AzureBackend) -> None:
        self._backend = backend
        self._asking = backend.asking
        self._workspaces = backend.workspaces

    def workspaces(self) -> Sequence[Workspace]:
        """Return those that were added, by name."""
        return self._workspaces.all()

    def clock_off(self) -> str:
        """Return by how much this computer's clock is off, and what comes of it."""
        said = self._asking.wire.clock
        return f"{said} Set its date and time, or sign-ins and links to files may be refused." if said else ""

    async def is_reachable(self, workspace: Workspace) -> bool:
        """Whether the cloud's management host takes a connection."""
        return await reach.is_reachable(self._asking.links.management(workspace))

    def current(self) -> Workspace | None:
        """Return the workspace in use."""
        return self._workspaces.current()

    def add(self, workspace: Workspace) -> Workspace:
        """Remember a workspace."""
        return self._workspaces.add(workspace)

    def read_config(self, path: Path) -> Workspace:
        """Return the workspace of a `config.json`, or of the nearest one above a folder."""
        return workspaces.read_config(path)

    def use(self, name: str) -> Workspace:
        """Make a workspace the one in use."""
        return self._workspaces.use(name)

    def forget(self, name: str) -> Workspace:
        """Forget a workspace and where it answers."""
        found = self._workspaces.forget(name)
        self._asking.links.forget(found)
        return found

    async def check(self, workspace: Workspace) -> Workspace:
        """Ask the service for the workspace; what it says of location and tenant is remembered."""
        return await self._backend.check(workspace)

    async def sign_in(
        self,
        workspace: Workspace,
        method: SignInMethod,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        """Sign in, and remember the way that succeeded."""
        return await self._backend.sign_in(workspace, method, tell, given)

    async def sign_out(self, workspace: Workspace) -> None:
        """Forget the tokens of a workspace's account."""
        await self._asking.wire.sign_out(workspace)

    def warm_up(self, workspace: Workspace) -> None:
        """Start the children that send jobs."""
        self._asking.wire.warm_up(workspace)

    async def computes(self, workspace: Workspace) -> Sequence[Compute]:
        """Return the compute targets."""
        return await computes.list_computes(self._asking, workspace)

    async def create_compute(self, workspace: Workspace, spec: ComputeSpec, progress: Progress) -> Compute:
        """Make a cluster and wait until it stands."""
        return await computes.create(self._asking, workspace, spec, progress)

    async def scale_compute(
        self, workspace: Workspace, name: str, minimum: int | None, maximum: int | None, idle_seconds: int | None
    ) -> Compute:
        """Change a cluster's limits."""
        return await computes.scale(self._asking, workspace, name, minimum, maximum, idle_seconds)

    async def delete_compute(self, workspace: Workspace, name: str, progress: Progress) -> None:
        """Delete a cluster."""
        await computes.delete(self._asking, workspace, name, progress)

    async def quotas(self, workspace: Workspace) -> Sequence[Quota]:
        """Return used and allowed cores by family."""
        return await quota.quotas(self._asking, workspace)

    async def sizes(self, workspace: Workspace) -> Sequence[SizeOffer]:
        """Return the VM sizes that clusters may have."""
        return await quota.sizes(self._asking, workspace)

    async def headroom(self, workspace: Workspace, vm_size: str, nodes: int, low_priority: bool = False) -> Headroom:
        """Work out whether so many nodes fit into the quota."""
        return await quota.headroom(self._asking, workspace, vm_size, nodes, low_priority)

    async def assets(self, workspace: Workspace, kind: str, name: str = "", registry: str = "") -> Sequence[Asset]:
        """Return the newest versions, or all versions of one."""
        return await assets.list_assets(self._asking, workspace, kind, name, registry)

    async def register(self, workspace: Workspace, asset: NewAsset, progress: Progress) -> Asset:
        """Register a model, a data asset or an environment."""
        return await assets.register(self._asking, workspace, asset, progress)

    async def download_asset(self, workspace: Workspace, asset: Asset, folder: Path, progress: Progress) -> Path:
        """Fetch all files of an asset."""
        return await assets.download(self._asking, workspace, asset, folder, progress)

    async def endpoints(self, workspace: Workspace) -> Sequence[Endpoint]:
        """Return the online endpoints with what they serve."""
        return await endpoints.list_endpoints(self._asking, workspace)

    async def deploy(  # noqa: PLR0913, PLR0917 - what to serve, and where
        self, workspace: Workspace, endpoint: str, model: str, vm_size: str, progress: Progress, count: int = 1
    ) -> Endpoint:
        """Serve a model at an endpoint."""
        return await endpoints.deploy(self._asking, workspace, endpoint, model, vm_size, progress, count)

    async def send_traffic(
        self, workspace: Workspace, endpoint: str, traffic: Mapping[str, int], progress: Progress
    ) -> Endpoint:
        """Say what part of the calls each deployment gets."""
        return await endpoints.send_traffic(self._asking, workspace, endpoint, traffic, progress)

    async def endpoint_key(self, workspace: Workspace, endpoint: str) -> str:
        """Return what callers of an endpoint prove themselves with."""
        return await endpoints.key(self._asking, workspace, endpoint)

    async def endpoint_log(self, workspace: Workspace, endpoint: str, deployment: str) -> str:
        """Return the last lines of a deployment's log."""
        return await endpoints.log(self._asking, workspace, endpoint, deployment)

    async def call_endpoint(self, workspace: Workspace, endpoint: str, body: str) -> str:
        """Send JSON to an endpoint and return what it answers."""
        return await endpoints.call(self._asking, workspace, endpoint, body)

    async def delete_endpoint(
        self, workspace: Workspace, endpoint: str, progress: Progress, deployment: str = ""
    ) -> None:
        """Delete an endpoint with what it serves, or one deployment."""
        await endpoints.delete(self._asking, workspace, endpoint, progress, deployment)

    async def jobs(self, workspace: Workspace, after: str = "") -> JobPage:
        """Return a page of the workspace's jobs, everybody's."""
        return await listing.page(self._asking, workspace, after)

    async def open(self, handle: str) -> RunSnapshot:
        """Return a job, whoever sent it, and watch it from now on."""
        return await self._backend.open(handle)

    async def artifacts(self, handle: str) -> Sequence[Artifact]:
        """Return the files that a run has made up to now."""
        return await self._backend.fetching.artifacts(handle)

    async def fetch(self, handle: str, paths: Sequence[str], folder: Path, progress: Progress) -> Sequence[Path]:
        """Fetch files of a run."""
        return await self._backend.fetching.fetch(handle, paths, folder, progress)

    def waiting(self) -> Sequence[Waiting]:
        """Return what is in the outbox, oldest first."""
        return self._backend.outbox.waiting()

    async def send(self, handle: str, progress: Progress) -> str:
        """Try to send a waiting job now."""
        return await self._backend.sender.send_now(handle, progress)

    def withdraw(self, handle: str) -> None:
        """Take a job that was not sent out of the outbox."""
        self._backend.withdraw(handle)

    async def close(self) -> None:
        """End what runs for it."""
        await asyncio.shield(self._backend.close())
