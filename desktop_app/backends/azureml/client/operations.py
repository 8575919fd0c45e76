"""Long-running operations: followed to the letter until the service says that they are over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from desktop_app.api import Progress, Workspace
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply, Wire
from desktop_app.core.words import clock_text

DONE = "succeeded"
FAILED = frozenset({"failed", "canceled", "cancelled"})
_TICK = 1.0
_QUOTA = ("quota", "corelimit")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to ask: seconds before the first poll, what each wait grows by, its most, and how long in all.

    The service names no time of its own (no Retry-After was seen in any recording); where it does, that holds.
    """

    first: float = 1.0
    factor: float = 1.5
    most: float = 10.0
    patience: float = 1800.0


@dataclass(frozen=True, slots=True)
class Work:
    """What is being done, in words: `doing` (Creating gpu-cluster), and `later`, for who stops waiting."""

    doing: str
    later: str = ""


async def follow(  # noqa: PLR0913, PLR0917 - what to follow, and how
    wire: Wire, workspace: Workspace, reply: Reply, work: Work, progress: Progress, pace: Pace | None = None
) -> None:
    """Return once the operation that an answer began is over. Raises CloudFault where it failed.

    Who stops waiting does not stop the operation: it goes on in the cloud, and `progress` says so last.
    """
    url, is_status = _where(reply)
    if not url:
        return
    wait = _Waiting(work.doing, progress, pace or Pace())
    try:
        while True:
            await wait.pause(wait.wished or _retry_after(reply))
            found = await _poll(wire, workspace, url, wait)
            if found is None:
                continue
            reply = found
            if _is_over(reply, is_status, work.doing, wait):
                return
            url, is_status = _next(reply, url, is_status)
    except asyncio.CancelledError:
        progress(f"{work.doing} goes on in Azure. {work.later}".rstrip(), None)
        raise


async def carry_out(  # noqa: PLR0913, PLR0917 - what to send, and how to follow it
    wire: Wire,
    workspace: Workspace,
    sending: Awaitable[Reply],
    work: Work,
    progress: Progress,
    pace: Pace | None = None,
) -> None:
    """Send what begins an operation, and follow it. Who stops waiting is told what may go on, whenever that is."""
    progress(work.doing, None)
    try:
        reply = await sending
    except asyncio.CancelledError:
        progress(f"{work.doing} may have begun in Azure. {work.later}".rstrip(), None)
        raise
    await follow(wire, workspace, reply, work, progress, pace)


class _Waiting:
    """The time that passes between polls, shown second by second."""

    def __init__(self, doing: str, progress: Progress, pace: Pace) -> None:
        self._doing, self._progress, self._pace = doing, progress, pace
        self._began = time.monotonic()
        self._gap = pace.first
        self.part: float | None = None
        self.trouble = ""
        self.wished: float | None = None

    async def pause(self, asked: float | None) -> None:
        """Wait as long as the service asked, or else a little longer than before."""
        gap = self._gap if asked is None else asked
        self._gap = min(self._gap * self._pace.factor, self._pace.most)
        if self.elapsed + gap > self._pace.patience:
            self._give_up()
        until = time.monotonic() + gap
        while (left := until - time.monotonic()) > 0:
            self._say()
            await asyncio.sleep(min(left, _TICK))

    @property
    def elapsed(self) -> float:
        """Seconds since the first wait."""
        return time.monotonic() - self._began

    def _say(self) -> None:
        trouble = f" · {self.trouble}" if self.trouble else ""
        self._progress(f"{self._doing} ({clock_text(self.elapsed)}){trouble}", self.part)

    def _give_up(self) -> NoReturn:
        raise CloudFault(
            f"{self._doing} is not over after {clock_text(self.elapsed)}.",
            kind="timeout",
            hint=self.trouble or "It goes on in Azure: look at its state again later.",
        )


async def _poll(wire: Wire, workspace: Workspace, url: str, wait: _Waiting) -> Reply | None:
    """Ask once; a fault of the network says nothing of the operation, which is then asked again."""
    try:
        reply = await wire.ask(workspace, Ask("GET", url))
    except CloudFault as fault:
        if not fault.is_transient:
            raise
        wait.trouble, wait.wished = fault.message, fault.retry_after
        return None
    wait.trouble, wait.wished = "", None
    return reply


def _is_over(reply: Reply, is_status: bool, doing: str, wait: _Waiting) -> bool:
    if not is_status:
        return reply.status != 202
    body = reply.json if isinstance(reply.json, Mapping) else {}
    status = str(body.get("status") or (DONE if reply.status in (200, 204) else "")).lower()
    if status in FAILED:
        raise failure(doing, body)
    wait.part = _part(body)
    return status == DONE


def _where(reply: Reply) -> tuple[str, bool]:
    """Return the URL to poll as it came, and whether it tells a status; empty where all is done already."""
    status = reply.headers.get("azure-asyncoperation") or reply.headers.get("operation-location", "")
    if status:
        return status, True
    return (reply.headers.get("location", ""), False) if reply.status == 202 else ("", False)


def _next(reply: Reply, url: str, is_status: bool) -> tuple[str, bool]:
    """Return where to poll next: the service signs its URLs anew with every answer."""
    if is_status:
        return reply.headers.get("azure-asyncoperation") or url, True
    return reply.headers.get("location") or url, False


def _retry_after(reply: Reply) -> float | None:
    text = reply.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None


def _part(body: Mapping[str, Any]) -> float | None:
    """Return the part done; the service writes 0.0 also where it does not know."""
    percent = body.get("percentComplete")
    part = min(percent / 100, 1.0) if isinstance(percent, int | float) else 0.0
    return part if part > 0 else None


def failure(doing: str, body: Mapping[str, Any]) -> CloudFault:
    """Return what to say of an operation that ended badly: the service's own words, and what to do about them."""
    given = body.get("error")
    error = given if isinstance(given, Mapping) else {}
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    canceled = str(body.get("status", "")).lower() != "failed"
    told = message.rstrip(".") or "the service gave no reason"
    what = f"{doing} was canceled in Azure" if canceled else f"{doing} failed in Azure"
    hint = "Ask for more quota, or take a smaller or another size." if _is_quota(code + message) else ""
    return CloudFault(f"{what}: {told}.", kind="bad-request", hint=hint, details=message, code=code)


def _is_quota(text: str) -> bool:
    return any(word in text.lower() for word in _QUOTA)
