"""A cloud that holds what it is told and remembers what was asked of it, for verbs and pages without a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.api import (
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
    UserError,
    Waiting,
    Workspace,
)

VISION = Workspace("vision", "s-1", "research", location="westus")


@dataclass
class FakeCloud:
    """Fields are what it holds; `faults` by a method's name are raised instead; `asked` is what was asked."""

    known: list[Workspace] = field(default_factory=lambda: [VISION])
    in_use: Workspace | None = VISION
    found_computes: list[Compute] = field(default_factory=list)
    found_assets: list[Asset] = field(default_factory=list)
    found_endpoints: list[Endpoint] = field(default_factory=list)
    found_sizes: list[SizeOffer] = field(default_factory=list)
    found_quotas: list[Quota] = field(default_factory=list)
    found_jobs: dict[str, JobPage] = field(default_factory=dict)
    opened: dict[str, RunSnapshot] = field(default_factory=dict)
    found_waiting: list[Waiting] = field(default_factory=list)
    room: Headroom = field(default_factory=lambda: Headroom("s", "f", 4, 1, 9))
    report: SignInReport = field(default_factory=SignInReport)
    prompt: SignInPrompt | None = None
    answer: str = ""
    faults: dict[str, UserError] = field(default_factory=dict)
    asked: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    is_closed: bool = False
    is_away: bool = False
    clock: str = ""

    def workspaces(self) -> Sequence[Workspace]:
        return self.known

    def clock_off(self) -> str:
        return self.clock

    async def is_reachable(self, workspace: Workspace) -> bool:
        self._note("is_reachable", workspace.name)
        return not self.is_away

    def current(self) -> Workspace | None:
        return self.in_use

    def add(self, workspace: Workspace) -> Workspace:
        self.known.append(workspace)
        return workspace

    def read_config(self, path: Path) -> Workspace:
        self._note("read_config", path)
        return VISION

    def use(self, name: str) -> Workspace:
        self._note("use", name)
        self.in_use = next(each for each in self.known if each.name == name)
        return self.in_use

    def forget(self, name: str) -> Workspace:
        self._note("forget", name)
        return VISION

    async def check(self, workspace: Workspace) -> Workspace:
        self._note("check", workspace.name)
        return workspace

    async def sign_in(
        self,
        workspace: Workspace,
        method: SignInMethod,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        self._note("sign_in", workspace.name, method.value)
        if self.prompt is not None:
            tell(self.prompt)
        return self.report

    async def sign_out(self, workspace: Workspace) -> None:
        self._note("sign_out", workspace.name)

    def warm_up(self, workspace: Workspace) -> None:
        self._note("warm_up", workspace.name)

    async def computes(self, workspace: Workspace) -> Sequence[Compute]:
        self._note("computes", workspace.name)
        return self.found_computes

    async def create_compute(self, workspace: Workspace, spec: ComputeSpec, progress: Progress) -> Compute:
        self._note("create_compute", workspace.name, spec)
        progress(f"Creating {spec.name} (00:01)", None)
        progress(f"Creating {spec.name} (00:02)", None)
        return Compute(spec.name, "AmlCompute", "Succeeded", spec.vm_size, maximum=spec.maximum)

    async def scale_compute(
        self, workspace: Workspace, name: str, minimum: int | None, maximum: int | None, idle_seconds: int | None
    ) -> Compute:
        self._note("scale_compute", workspace.name, name, minimum, maximum, idle_seconds)
        return Compute(name, "AmlCompute", "Succeeded", maximum=maximum or 4)

    async def delete_compute(self, workspace: Workspace, name: str, progress: Progress) -> None:
        self._note("delete_compute", workspace.name, name)

    async def quotas(self, workspace: Workspace) -> Sequence[Quota]:
        return self.found_quotas

    async def sizes(self, workspace: Workspace) -> Sequence[SizeOffer]:
        return self.found_sizes

    async def headroom(self, workspace: Workspace, vm_size: str, nodes: int, low_priority: bool = False) -> Headroom:
        self._note("headroom", vm_size, nodes, low_priority)
        return self.room

    async def assets(self, workspace: Workspace, kind: str, name: str = "", registry: str = "") -> Sequence[Asset]:
        self._note("assets", workspace.name, kind, name, registry)
        return self.found_assets

    async def register(self, workspace: Workspace, asset: NewAsset, progress: Progress) -> Asset:
        self._note("register", workspace.name, asset)
        return Asset(asset.kind, asset.name, asset.version or "1", asset.type)

    async def download_asset(self, workspace: Workspace, asset: Asset, folder: Path, progress: Progress) -> Path:
        self._note("download_asset", asset, folder)
        return folder

    async def endpoints(self, workspace: Workspace) -> Sequence[Endpoint]:
        return self.found_endpoints

    async def deploy(  # noqa: PLR0917 - as Cloud
        self, workspace: Workspace, endpoint: str, model: str, vm_size: str, progress: Progress, count: int = 1
    ) -> Endpoint:
        self._note("deploy", endpoint, model, vm_size, count)
        return Endpoint(endpoint, "Succeeded")

    async def send_traffic(
        self, workspace: Workspace, endpoint: str, traffic: Mapping[str, int], progress: Progress
    ) -> Endpoint:
        self._note("send_traffic", endpoint, dict(traffic))
        return Endpoint(endpoint, "Succeeded")

    async def endpoint_key(self, workspace: Workspace, endpoint: str) -> str:
        self._note("endpoint_key", endpoint)
        return "a-secret"

    async def endpoint_log(self, workspace: Workspace, endpoint: str, deployment: str) -> str:
        self._note("endpoint_log", endpoint, deployment)
        return self.answer

    async def call_endpoint(self, workspace: Workspace, endpoint: str, body: str) -> str:
        self._note("call_endpoint", endpoint, body)
        return self.answer

    async def delete_endpoint(
        self, workspace: Workspace, endpoint: str, progress: Progress, deployment: str = ""
    ) -> None:
        self._note("delete_endpoint", endpoint, deployment)

    async def jobs(self, workspace: Workspace, after: str = "") -> JobPage:
        self._note("jobs", workspace.name, after)
        return self.found_jobs.get(after, JobPage())

    async def open(self, handle: str) -> RunSnapshot:
        self._note("open", handle)
        return self.opened[handle]

    def waiting(self) -> Sequence[Waiting]:
        return self.found_waiting

    async def send(self, handle: str, progress: Progress) -> str:
        self._note("send", handle)
        return handle

    def withdraw(self, handle: str) -> None:
        self._note("withdraw", handle)
        self.found_waiting = [each for each in self.found_waiting if each.handle != handle]

    async def close(self) -> None:
        self.is_closed = True

    def _note(self, method: str, *arguments: Any) -> None:
        self.asked.append((method, arguments))
        if method in self.faults:
            raise self.faults[method]
