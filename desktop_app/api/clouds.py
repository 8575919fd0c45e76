"""What a cloud workspace holds beside runs: sign-in, compute, quota, assets, endpoints, and what waits to be sent.

Provisional, as `backends` is. Times are aware datetimes in UTC; sizes in bytes; secrets are in none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from desktop_app.api.runs import RunStatus

if TYPE_CHECKING:
    from desktop_app.api.backends import Progress
    from desktop_app.api.runs import RunSnapshot


class SignInMethod(StrEnum):
    """How a person proves who they are."""

    AUTOMATIC = "automatic"
    BROWSER = "browser"
    DEVICE_CODE = "device-code"
    AZURE_CLI = "azure-cli"
    SERVICE_PRINCIPAL = "service-principal"
    MANAGED_IDENTITY = "managed-identity"


@dataclass(frozen=True, slots=True)
class Workspace:
    """An Azure ML workspace by what `config.json` says of it, and how to sign in; `tenant` is "" where unknown.

    `client` is the application that signs in, where one was typed: an id, no secret.
    """

    name: str
    subscription: str
    group: str
    cloud: str = "AzureCloud"
    tenant: str = ""
    location: str = ""
    sign_in: SignInMethod = SignInMethod.AUTOMATIC
    client: str = ""

    @property
    def key(self) -> str:
        """`SUBSCRIPTION/GROUP/NAME`, which names it for good."""
        return f"{self.subscription}/{self.group}/{self.name}"


@dataclass(frozen=True, slots=True)
class SignInPrompt:
    """What a person has to do: open `url` and, for a device code, type `code` there."""

    url: str
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class SignInStep:
    """What one link of the chain answered: `said` in one sentence, `hint` what to do about it."""

    method: str
    succeeded: bool
    said: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class SignInReport:
    """Who is signed in (`account` is "" for nobody), until when, where the token is kept, and what was tried."""

    account: str = ""
    tenant: str = ""
    kept_in: str = ""
    steps: tuple[SignInStep, ...] = ()


@dataclass(frozen=True, slots=True)
class ComputeSpec:
    """A cluster to make or change. `idle_seconds` passes before an idle node is given back."""

    name: str
    vm_size: str
    minimum: int = 0
    maximum: int = 4
    idle_seconds: int = 120
    low_priority: bool = False


@dataclass(frozen=True, slots=True)
class Compute:
    """A compute target as it was last seen. `state` is the service's word; `nodes` counts nodes by their state."""

    name: str
    kind: str
    state: str
    vm_size: str = ""
    location: str = ""
    low_priority: bool = False
    minimum: int = 0
    maximum: int = 0
    idle_seconds: int | None = None
    current: int = 0
    target: int = 0
    nodes: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """Cores of a VM family (or of the whole region) that are used and allowed."""

    family: str
    used: int
    limit: int
    unit: str = "cores"

    @property
    def left(self) -> int:
        """What may still be asked for."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class SizeOffer:
    """A VM size that a region offers. What the service does not say comes from the program's catalogue, as of `as_of`.

    `price` is the service's own estimate of what an hour of a Linux node costs in `currency`; None where it says none.
    """

    name: str
    family: str = ""
    vcpus: int = 0
    memory_gib: float = 0
    gpus: int = 0
    gpu_model: str = ""
    infiniband: bool = False
    low_priority: bool = True
    price: float | None = None
    currency: str = ""
    status: str = ""
    retired_on: str = ""
    successors: tuple[str, ...] = ()
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Headroom:
    """Whether nodes of a size fit into what is left of their family's cores, and of the region's.

    A node has `cores`; `nodes` were asked for, `possible` fit; `says` is a sentence for a person, empty where all fit.
    """

    size: str
    family: str
    cores: int
    nodes: int
    possible: int
    says: str = ""

    @property
    def fits(self) -> bool:
        """Whether all nodes that were asked for fit."""
        return self.possible >= self.nodes


@dataclass(frozen=True, slots=True)
class Asset:
    """A version of a model, a data asset or an environment. `path` is where it lies, `run` where it came from."""

    kind: str
    name: str
    version: str
    type: str = ""
    path: str = ""
    description: str = ""
    created: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
    registry: str = ""


@dataclass(frozen=True, slots=True)
class NewAsset:
    """What to register. `kind` is model, data or environment, `type` the service's word (mlflow_model, uri_folder).

    `path` is a local file or folder, what a run made (`RUN:outputs/model.pt`), a web address or a datastore's path; for
    an environment its file. With no `version` the service's next one is taken.
    """

    kind: str
    name: str
    path: str
    type: str = ""
    version: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model that an endpoint serves; `traffic` in per cent."""

    name: str
    state: str
    model: str = ""
    vm_size: str = ""
    count: int = 1
    traffic: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An online endpoint and what it serves."""

    name: str
    state: str
    auth: str = "key"
    url: str = ""
    deployments: tuple[Deployment, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run made, by its path below the run's artifacts; the size is None where it isn't known yet."""

    path: str
    size: int | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job in the outbox: held on disk with its files as they were until the service takes it.

    One that is `withdrawn` won't be sent: it only stays until the service has said whether it had arrived before.
    """

    handle: str
    run: str
    workspace: str
    display_name: str
    created: datetime
    reason: str = ""
    files: int = 0
    size: int = 0
    tries: int = 0
    next_try: datetime | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class WorkspaceJob:
    """A job as its workspace lists it, whoever sent it and from where; `kind` is command, sweep, pipeline and so on.

    `handle` is what it is opened by (`Cloud.open`): only then is it among the runs that this program watches. Trials of
    a sweep and steps of a pipeline are in no list. `created_by` is a person's name, "" where the service says none.
    """

    handle: str
    run: str
    kind: str
    status: RunStatus
    display_name: str
    experiment: str
    created: datetime | None = None
    created_by: str = ""
    compute: str = ""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some of a workspace's jobs, newest first, a hundred at most; `after` asks for those that follow, "" for none."""

    jobs: tuple[WorkspaceJob, ...] = ()
    after: str = ""


class Cloud(Protocol):
    """Workspaces and what they hold. Every method may be awaited on the event loop's thread and does not block it.

    Raises OutsideError, with what to do next, where the service can't be reached or refuses.
    """

    def workspaces(self) -> Sequence[Workspace]:
        """Return those that were added, in the order of their names."""

    def clock_off(self) -> str:
        """Return what to tell where this computer's clock differs from the cloud's, as it last answered; else empty."""

    async def is_reachable(self, workspace: Workspace) -> bool:
        """Whether anybody answers where the workspace's cloud is, found out within a second; nothing is asked."""

    def current(self) -> Workspace | None:
        """Return the workspace in use."""

    def add(self, workspace: Workspace) -> Workspace:
        """Remember a workspace; the first one is used at once."""

    def read_config(self, path: Path) -> Workspace:
        """Return the workspace of a `config.json`, or of the nearest one above a folder, as the SDK looks for it."""

    def use(self, name: str) -> Workspace:
        """Make a workspace the one in use, by its name or key."""

    def forget(self, name: str) -> Workspace:
        """Forget a workspace, its cache and its sign-in; nothing of it is deleted in the cloud."""

    async def check(self, workspace: Workspace) -> Workspace:
        """Ask the service for the workspace; return it with its location and tenant."""

    async def sign_in(
        self,
        workspace: Workspace,
        method: SignInMethod,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        """Sign in; the report names each step that was tried, also when none succeeded.

        `given` is what was typed for a service principal: `client_id`, `client_secret`, `tenant_id`; without it the
        environment variables say that.
        """

    async def sign_out(self, workspace: Workspace) -> None:
        """Forget the tokens of a workspace's account."""

    def warm_up(self, workspace: Workspace) -> None:
        """Get ready, beside everything else, to send a job; what fails is told when it is sent."""

    async def computes(self, workspace: Workspace) -> Sequence[Compute]:
        """Return the compute targets."""

    async def create_compute(self, workspace: Workspace, spec: ComputeSpec, progress: Progress) -> Compute:
        """Make a cluster and wait until it stands."""

    async def scale_compute(
        self, workspace: Workspace, name: str, minimum: int | None, maximum: int | None, idle_seconds: int | None
    ) -> Compute:
        """Change a cluster's limits; None leaves one as it is."""

    async def delete_compute(self, workspace: Workspace, name: str, progress: Progress) -> None:
        """Delete a cluster and wait until it is gone."""

    async def quotas(self, workspace: Workspace) -> Sequence[Quota]:
        """Return used and allowed cores by family."""

    async def sizes(self, workspace: Workspace) -> Sequence[SizeOffer]:
        """Return the VM sizes that clusters may have in the workspace's region."""

    async def headroom(self, workspace: Workspace, vm_size: str, nodes: int, low_priority: bool = False) -> Headroom:
        """Work out whether so many nodes fit into the quota. Raises UserError for a size that is not to be had."""

    async def assets(self, workspace: Workspace, kind: str, name: str = "", registry: str = "") -> Sequence[Asset]:
        """Return the newest versions of `model`, `data` or `environment`, or all versions of one; of a registry too."""

    async def register(self, workspace: Workspace, asset: NewAsset, progress: Progress) -> Asset:
        """Register a model, a data asset or an environment."""

    async def download_asset(self, workspace: Workspace, asset: Asset, folder: Path, progress: Progress) -> Path:
        """Fetch all files of an asset, checked by count and size; return where they lie."""

    async def endpoints(self, workspace: Workspace) -> Sequence[Endpoint]:
        """Return the online endpoints with what they serve."""

    async def deploy(  # noqa: PLR0913, PLR0917 - what to serve, and where
        self, workspace: Workspace, endpoint: str, model: str, vm_size: str, progress: Progress, count: int = 1
    ) -> Endpoint:
        """Serve an MLflow or Triton model (`NAME:VERSION`) at an endpoint, which is made where it is not there.

        `count` machines of `vm_size` serve it; once they stand, every call goes to them.
        """

    async def send_traffic(
        self, workspace: Workspace, endpoint: str, traffic: Mapping[str, int], progress: Progress
    ) -> Endpoint:
        """Say what part of the calls, in per cent, each deployment gets; they add up to 100, or to 0 for none."""

    async def endpoint_key(self, workspace: Workspace, endpoint: str) -> str:
        """Return what callers prove themselves with: a secret, shown to nobody but who asks, and kept nowhere."""

    async def endpoint_log(self, workspace: Workspace, endpoint: str, deployment: str) -> str:
        """Return the last lines of a deployment's log."""

    async def call_endpoint(self, workspace: Workspace, endpoint: str, body: str) -> str:
        """Send JSON to an endpoint and return what it answers."""

    async def delete_endpoint(
        self, workspace: Workspace, endpoint: str, progress: Progress, deployment: str = ""
    ) -> None:
        """Delete an endpoint with what it serves, or one of its deployments that gets no calls."""

    async def jobs(self, workspace: Workspace, after: str = "") -> JobPage:
        """Return the workspace's newest jobs, everybody's; with the `after` of a page those that follow it."""

    async def open(self, handle: str) -> RunSnapshot:
        """Return a job, whoever sent it, and watch it from now on as if it was sent from here.

        It is then among the runs of `JobBackend.discover`, with logs, metrics and files, until it is removed there.
        """

    async def artifacts(self, handle: str) -> Sequence[Artifact]:
        """Return the files that a run has made up to now, also while it runs."""

    async def fetch(self, handle: str, paths: Sequence[str], folder: Path, progress: Progress) -> Sequence[Path]:
        """Fetch files of a run (all, where `paths` is empty): parallel, resumed, checked, never outside `folder`.

        What no file here may be called is left where it is: what is returned has `left_out`, a sentence for each.
        """

    def waiting(self) -> Sequence[Waiting]:
        """Return what is in the outbox, oldest first."""

    async def send(self, handle: str, progress: Progress) -> str:
        """Try to send a waiting job now; return the run's handle once the service has it."""

    def withdraw(self, handle: str) -> None:
        """Take a job that was not sent out of the outbox."""

    async def close(self) -> None:
        """End what runs for it; nothing may be asked afterwards."""
