"""A cloud of a table: what is asked is answered as it was told, and remembered."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.api import Progress, SignInPrompt, SignInReport, Value, Workspace
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, FaultKind, Reply, Tail

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
WORKSPACE = Workspace("vision", SUBSCRIPTION, "research", location="westus")
API = "https://westus.api.azureml.ms"

Answer = Reply | CloudFault | Callable[[Ask], Reply | CloudFault]
Called = Callable[[Mapping[str, Value]], Any]


def told(body: Any = None, status: int = 200, **headers: str) -> Reply:
    """Return an answer; underscores in a header's name stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, body, body if isinstance(body, str) else "")


def fault(kind: FaultKind, status: int | None = None, retry_after: float | None = None) -> CloudFault:
    """Return a fault as the gateway tells it."""
    return CloudFault(f"The cloud says {kind}.", kind=kind, status=status, retry_after=retry_after)


def not_found() -> CloudFault:
    """Return what is said of things that are not there."""
    return fault("not-found", 404)


@dataclass
class ToldWire:
    """Answers by method and a part of the URL, the rule that was told last first; what nobody told is not found.

    `slow` is what logs wait for.
    """

    rules: list[tuple[str, str, Answer]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    functions: dict[str, Called] = field(default_factory=dict)
    asked: list[Ask] = field(default_factory=list)
    called: list[tuple[str, Mapping[str, Value]]] = field(default_factory=list)
    fetched: list[tuple[str, int]] = field(default_factory=list)
    down: CloudFault | None = None
    slow: asyncio.Event | None = None
    report: SignInReport = field(default_factory=SignInReport)
    is_closed: bool = False
    clock: str = ""

    def __post_init__(self) -> None:
        properties = {"workspaceId": "ws-id", "tenantId": "tenant", "discoveryUrl": f"{API}/discovery"}
        self.on("GET", "/workspaces/vision?", told({"location": "westus", "properties": properties}))
        self.on("GET", "/discovery", told({"api": API}))

    def on(self, method: str, part: str, answer: Answer) -> None:
        """Answer so from now on."""
        self.rules.insert(0, (method, part, answer))

    def urls(self, part: str = "") -> list[str]:
        """Return the URLs that were asked for and hold `part`."""
        return [each.url for each in self.asked if part in each.url]

    def warm_up(self, workspace: Workspace) -> None:
        """Be ready already."""

    async def ask(self, workspace: Workspace, ask: Ask) -> Reply:
        """Answer by the table."""
        self.asked.append(ask)
        if self.down is not None:
            raise self.down
        for method, part, answer in self.rules:
            if method == ask.method and part in ask.url:
                said = answer(ask) if callable(answer) else answer
                if isinstance(said, CloudFault):
                    raise said
                return said
        raise not_found()

    async def tail(self, workspace: Workspace, url: str, path: Path, offset: int) -> Tail:
        """Append what a told file has from `offset` on; of a copy that was deleted meanwhile nothing is there."""
        if self.slow is not None:
            await self.slow.wait()
        data = self._file(url)
        offset = min(offset, path.stat().st_size) if path.exists() else 0
        if len(data) < offset:
            return Tail(offset, len(data), shrunk=True)
        fresh = data[offset:]
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(offset)
            file.seek(offset)
            file.write(fresh)
        self.fetched.append((url, len(fresh)))
        return Tail(len(data), len(data), len(fresh))

    async def download(
        self, workspace: Workspace, url: str, path: Path, *, size: int | None, md5: str | None, progress: Progress
    ) -> None:
        """Copy a told file, checked as the gateway does."""
        data = self._file(url)
        if (size is not None and len(data) != size) or (md5 and md5_of(data) != md5):
            raise fault("service")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.fetched.append((url, len(data)))

    async def call(
        self, workspace: Workspace, function: str, arguments: Mapping[str, Value], progress: Progress
    ) -> Value:
        """Call what was told for the function."""
        self.called.append((function, arguments))
        if self.down is not None:
            raise self.down
        done = self.functions[function](arguments)
        value: Value = await done if inspect.isawaitable(done) else done
        return value

    async def sign_in(
        self,
        workspace: Workspace,
        method: str,
        tell: Callable[[SignInPrompt], None],
        given: Mapping[str, str] | None = None,
    ) -> SignInReport:
        """Return the told report."""
        return self.report

    async def sign_out(self, workspace: Workspace) -> None:
        """Forget nothing."""

    async def close(self) -> None:
        """Remember it."""
        self.is_closed = True

    def _file(self, url: str) -> bytes:
        if self.down is not None:
            raise self.down
        if url in self.expired:
            raise fault("forbidden", 403)
        plain = url.partition("?")[0]
        if plain not in self.files:
            raise not_found()
        return self.files[plain]


def md5_of(data: bytes) -> str:
    """Return the MD5 as storage tells it."""
    return base64.b64encode(hashlib.md5(data).digest()).decode()
