"""What the program asks of the cloud and what it gets back: the words between the Azure ML backend and its gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from desktop_app.api import OutsideError, Progress, SignInPrompt, SignInReport, UserError, Value, Workspace

FaultKind: TypeAlias = Literal[
    "offline", "timeout", "throttled", "service", "signed-out", "forbidden", "not-found", "conflict", "bad-request",
    "clock", "gateway",
]  # fmt: skip
Audience: TypeAlias = Literal["management", "storage", ""]

TRANSIENT: frozenset[FaultKind] = frozenset({"offline", "timeout", "throttled", "service", "clock", "gateway"})
"""The faults that say nothing of what was asked for: a run that can't be seen for one of these has not failed."""

AT_FAULT: frozenset[FaultKind] = frozenset({"bad-request", "not-found", "conflict"})
"""The faults of what was asked for, not of the world outside: verbs end with 1 then, not with 3."""


@dataclass(frozen=True, slots=True, repr=False)
class Ask:
    """One request. `audience` says whose token goes along; "" none, where the URL carries its own signature.

    `patience` in seconds is for all tries together; `text` wants the body as it came instead of parsed JSON. Members of
    its objects that are named in `omit` are left out, wherever they stand: of a long list most is not read.
    """

    method: str
    url: str
    json: Value | Mapping[str, Any] = None
    audience: Audience = "management"
    headers: Mapping[str, str] = field(default_factory=dict)
    patience: float = 30.0
    text: bool = False
    omit: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show no query, header or body: they may hold signatures and keys."""
        return f"Ask({self.method} {self.url.partition('?')[0]})"


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer. `headers` have lower-case names; `json` is None where the body is empty or was asked for as text.

    Headers and bodies may carry SAS URLs, so they are in no `repr`.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tail:
    """A look at the end of a growing file: the local copy's `offset` afterwards, the `size` there, bytes `appended`.

    `shrunk` where the file is shorter than what was read of it before; nothing was appended then.
    """

    offset: int
    size: int
    appended: int = 0
    shrunk: bool = False


class CloudFault(OutsideError):  # noqa: N818 - as the rest of the backend calls it
    """The cloud could not be asked, or said no; `kind` tells which, the message is for the person.

    `retry_after` in seconds where the service named a time, `status` the HTTP status where there was an answer,
    `code` the service's own word for it (`UserError`, `QuotaExceeded`).
    """

    def __init__(  # noqa: PLR0913 - all but the message have names
        self,
        message: str,
        *,
        kind: FaultKind,
        hint: str = "",
        details: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        code: str = "",
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.kind: FaultKind = kind
        self.exit_code = UserError.exit_code if kind in AT_FAULT else OutsideError.exit_code
        self.status = status
        self.retry_after = retry_after
        self.code = code

    @property
    def is_transient(self) -> bool:
        """Whether asking again later may do."""
        return self.kind in TRANSIENT


class Wire(Protocol):
    """The cloud, asked. `clock` is what to say where this computer's clock differs from the service's, as last seen.

    Every method may be awaited on the event loop's thread; cancelling it ends the request.

    Raises CloudFault for everything but 2xx, 404 included. GET, HEAD, PUT and DELETE are repeated after 429, 5xx and
    broken connections, with back-off and as Retry-After says, within the ask's patience; POST and PATCH never.
    """

    clock: str

    def warm_up(self, workspace: Workspace) -> None:
        """Get ready, beside everything else, to send a job to a workspace; what fails is told when it is wanted."""

    async def ask(self, workspace: Workspace, ask: Ask) -> Reply:
        """Send a request, signed in as the workspace says, and return its answer."""

    async def tail(self, workspace: Workspace, url: str, path: Path, offset: int) -> Tail:
        """Append to `path` what a growing file at `url` has from byte `offset` on."""

    async def download(  # noqa: PLR0913 - what to check it by
        self, workspace: Workspace, url: str, path: Path, *, size: int | None, md5: str | None, progress: Progress
    ) -> None:
        """Fetch a file to `path`: to PATH.rz-part first, resumed, checked by size and MD5 (base64), then renamed."""

    async def call(
        self, workspace: Workspace, function: str, arguments: Mapping[str, Value], progress: Progress
    ) -> Value:
        """Call a function of the azure-ai-ml client: `submit_job`, `upload_model`, `upload_data`, …"""

    async def sign_in(
        self,
        workspace: Workspace,
        method: str,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        """Sign in and report what each step answered; a failure is in the report, not raised.

        `given` is what was typed for a service principal: `client_id`, `client_secret` and `tenant_id`.
        """

    async def sign_out(self, workspace: Workspace) -> None:
        """Forget the tokens that are kept for the workspace's account."""

    async def close(self) -> None:
        """End the children."""
