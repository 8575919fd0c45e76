"""A cloud of a table, for windows: workspaces, compute, quota and an outbox as a test wants them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from desktop_app.api import (
    Artifact,
    Asset,
    Compute,
    ComputeSpec,
    Deployment,
    Endpoint,
    Headroom,
    JobPage,
    NewAsset,
    OutsideError,
    Progress,
    Quota,
    RunSnapshot,
    SignInMethod,
    SignInPrompt,
    SignInReport,
    SignInStep,
    SizeOffer,
    UserError,
    Waiting,
    Workspace,
)

T = TypeVar("T")
SUBSCRIPTION = "12345678-1234-1234-1234-123456789abc"
EAST = Workspace("ml-east", SUBSCRIPTION, "research", location="eastus")
WEST = Workspace("ml-west", SUBSCRIPTION, "vision", location="westeurope")
V100 = SizeOffer("Standard_NC24s_v3", "NCSv3", 24, 448, 4, "V100", price=12.24, currency="USD", status="retired",
                 retired_on="2025-09-30", successors=("Standard_NC96ads_A100_v4",), as_of="2026-11-21")  # fmt: skip
A100 = SizeOffer("Standard_ND96asr_v4", "NDASv4", 96, 900, 8, "A100", infiniband=True, price=27.2, currency="USD")
T4 = SizeOffer("Standard_NC4as_T4_v3", "NCASv3_T4", 4, 28, 1, "T4", price=0.53, currency="USD")
PLAIN = SizeOffer("Standard_DS3_v2", "DSv2", 4, 14)
CLUSTER = Compute("gpu-cluster", "AmlCompute", "Succeeded", T4.name, "eastus", False, 0, 4, 120, 3, 3,
                  {"running": 2, "idle": 1, "preparing": 0})  # fmt: skip
QUOTAS = (Quota("Standard NCASv3_T4 Family", 12, 24), Quota("Standard NDASv4 Family", 0, 96), Quota("Spare", 0, 0))
KEY = "k3y-that-nobody-sees"
REPORT = SignInReport("ada@example.org", "tenant", "the keyring", (SignInStep("azure-cli", True, "ada@example.org"),))
NOBODY = SignInReport("", "", "", (
    SignInStep("environment", False, "AZURE_CLIENT_ID is not set.", "Set it, or sign in another way."),
    SignInStep("azure-cli", False, "The Azure CLI is not installed.", "Install it, or sign in by browser."),
))  # fmt: skip


class ToldFault(OutsideError):  # noqa: N818 - as CloudFault
    """A fault as the backend tells it, with its kind."""

    def __init__(self, kind: str, message: str = "", hint: str = "Try again later.") -> None:
        super().__init__(message or f"The cloud is {kind}.", hint=hint)
        self.kind = kind


def waiting(run: str = "digits-ddp-7f3k", reason: str = "No network.", tries: int = 2) -> Waiting:
    """Return a job in the outbox."""
    created = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    handle = f"azureml://{EAST.key}/{run}"
    return Waiting(handle, run, EAST.name, "digits-ddp", created, reason, 3, 14_000, tries, created)


@dataclass
class ToldCloud:
    """Answers as it was told; `asked` lists what was called, `faults` what methods raise, `gates` what they await."""

    known: dict[str, Workspace] = field(default_factory=dict)
    used: str = ""
    clusters: list[Compute] = field(default_factory=lambda: [CLUSTER])
    offers: Sequence[SizeOffer] = (PLAIN, V100, A100, T4)
    limits: Sequence[Quota] = QUOTAS
    fits: Headroom = field(default_factory=lambda: Headroom(T4.name, "NCASv3_T4", 12, 4, 3, "3 of 4 nodes fit."))
    outbox: list[Waiting] = field(default_factory=list)
    report: SignInReport = REPORT
    prompt: SignInPrompt | None = None
    config: Workspace | None = None
    files: list[Artifact] = field(default_factory=list)
    held: dict[str, list[Asset]] = field(default_factory=dict)
    pages: dict[str, JobPage] = field(default_factory=dict)
    opened: dict[str, RunSnapshot] = field(default_factory=dict)
    served: list[Endpoint] = field(default_factory=list)
    answer: str = "[7]"
    clock: str = ""
    faults: dict[str, UserError] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    given: list[Mapping[str, str] | None] = field(default_factory=list)

    @classmethod
    def with_workspaces(cls, *workspaces: Workspace) -> ToldCloud:
        """Return a cloud with these workspaces, the first one in use."""
        made = cls({each.key: each for each in workspaces})
        made.used = workspaces[0].key if workspaces else ""
        return made

    def workspaces(self) -> Sequence[Workspace]:
        return sorted(self.known.values(), key=lambda each: each.name)

    def current(self) -> Workspace | None:
        return self.known.get(self.used)

    def add(self, workspace: Workspace) -> Workspace:
        self.asked.append(("add", workspace))
        self.known[workspace.key] = workspace
        return workspace

    def read_config(self, path: Path) -> Workspace:
        if self.config is None:
            raise UserError(f"There is no config.json in {path} or above it.", hint="Download it.")
        return self.config

    def use(self, name: str) -> Workspace:
        self.asked.append(("use", name))
        self.used = name
        return self.known[name]

    def forget(self, name: str) -> Workspace:
        self.asked.append(("forget", name))
        return self.known.pop(name)

    async def check(self, workspace: Workspace) -> Workspace:
        return await self._said("check", workspace, dataclasses.replace(workspace, location="eastus"))

    async def sign_in(
        self,
        workspace: Workspace,
        method: SignInMethod,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        self.given.append(given)
        if self.prompt is not None:
            tell(self.prompt)
        return await self._said("sign_in", method, self.report)

    async def sign_out(self, workspace: Workspace) -> None:
        await self._said("sign_out", workspace, None)

    def clock_off(self) -> str:
        """Return what was told of the clock."""
        return self.clock

    async def is_reachable(self, workspace: Workspace) -> bool:
        """Return that it can be reached."""
        return True

    def warm_up(self, workspace: Workspace) -> None:
        self.asked.append(("warm_up", workspace))

    async def computes(self, workspace: Workspace) -> Sequence[Compute]:
        return await self._said("computes", workspace, list(self.clusters))

    async def create_compute(self, workspace: Workspace, spec: ComputeSpec, progress: Progress) -> Compute:
        progress(f"Making {spec.name}: Creating", None)
        made = Compute(spec.name, "AmlCompute", "Succeeded", spec.vm_size, minimum=spec.minimum, maximum=spec.maximum)
        await self._said("create_compute", spec, None)
        self.clusters.append(made)
        return made

    async def scale_compute(
        self, workspace: Workspace, name: str, minimum: int | None, maximum: int | None, idle_seconds: int | None
    ) -> Compute:
        return await self._said("scale_compute", (name, minimum, maximum, idle_seconds), CLUSTER)

    async def delete_compute(self, workspace: Workspace, name: str, progress: Progress) -> None:
        await self._said("delete_compute", name, None)
        self.clusters = [each for each in self.clusters if each.name != name]

    async def quotas(self, workspace: Workspace) -> Sequence[Quota]:
        return await self._said("quotas", workspace, self.limits)

    async def sizes(self, workspace: Workspace) -> Sequence[SizeOffer]:
        return await self._said("sizes", workspace, self.offers)

    async def headroom(self, workspace: Workspace, vm_size: str, nodes: int, low_priority: bool = False) -> Headroom:
        return await self._said("headroom", (vm_size, nodes), self.fits)

    async def assets(self, workspace: Workspace, kind: str, name: str = "", registry: str = "") -> Sequence[Asset]:
        return await self._said("assets", kind, self.held.get(f"{kind}:{name}", self.held.get(kind, [])))

    async def register(self, workspace: Workspace, asset: NewAsset, progress: Progress) -> Asset:
        return await self._said("register", asset, Asset(asset.kind, asset.name, "1", asset.type, asset.path))

    async def download_asset(self, workspace: Workspace, asset: Asset, folder: Path, progress: Progress) -> Path:
        return await self._said("download_asset", (asset.name, folder), folder / asset.name)

    async def endpoints(self, workspace: Workspace) -> Sequence[Endpoint]:
        return await self._said("endpoints", workspace, list(self.served))

    async def deploy(  # noqa: PLR0917 - as Cloud
        self, workspace: Workspace, endpoint: str, model: str, vm_size: str, progress: Progress, count: int = 1
    ) -> Endpoint:
        progress(f"Deploying {model} (00:01)", None)
        made = Deployment(model.replace(":", "-"), "Succeeded", model, vm_size, count, 100)
        await self._said("deploy", (endpoint, model, vm_size, count), None)
        self.served.append(
            Endpoint(endpoint, "Succeeded", url=f"https://{endpoint}.example/score", deployments=(made,))
        )
        return self.served[-1]

    async def send_traffic(
        self, workspace: Workspace, endpoint: str, traffic: Mapping[str, int], progress: Progress
    ) -> Endpoint:
        return await self._said("send_traffic", (endpoint, dict(traffic)), self.served[0])

    async def endpoint_key(self, workspace: Workspace, endpoint: str) -> str:
        return await self._said("endpoint_key", endpoint, KEY)

    async def endpoint_log(self, workspace: Workspace, endpoint: str, deployment: str) -> str:
        return await self._said("endpoint_log", (endpoint, deployment), self.answer)

    async def call_endpoint(self, workspace: Workspace, endpoint: str, body: str) -> str:
        return await self._said("call_endpoint", (endpoint, body), self.answer)

    async def delete_endpoint(
        self, workspace: Workspace, endpoint: str, progress: Progress, deployment: str = ""
    ) -> None:
        await self._said("delete_endpoint", (endpoint, deployment), None)
        if not deployment:
            self.served = [each for each in self.served if each.name != endpoint]

    async def jobs(self, workspace: Workspace, after: str = "") -> JobPage:
        return await self._said("jobs", after, self.pages.get(after, JobPage()))

    async def open(self, handle: str) -> RunSnapshot:
        return await self._said("open", handle, self.opened[handle])

    async def artifacts(self, handle: str) -> Sequence[Artifact]:
        return await self._said("artifacts", handle, self.files)

    async def fetch(self, handle: str, paths: Sequence[str], folder: Path, progress: Progress) -> Sequence[Path]:
        return await self._said("fetch", (handle, tuple(paths), folder), [folder / each for each in paths])

    def waiting(self) -> Sequence[Waiting]:
        return list(self.outbox)

    async def send(self, handle: str, progress: Progress) -> str:
        await self._said("send", handle, None)
        self.outbox = [each for each in self.outbox if each.handle != handle]
        return handle

    def withdraw(self, handle: str) -> None:
        self.asked.append(("withdraw", handle))
        self.outbox = [each for each in self.outbox if each.handle != handle]

    async def close(self) -> None:
        self.asked.append(("close",))

    def calls(self, name: str) -> list[Any]:
        """Return what a method was called with, each time."""
        return [each[1] for each in self.asked if each[0] == name]

    async def _said(self, name: str, about: object, answer: T) -> T:
        self.asked.append((name, about))
        if name in self.gates:
            await self.gates[name].wait()
        if name in self.faults:
            raise self.faults[name]
        return answer
