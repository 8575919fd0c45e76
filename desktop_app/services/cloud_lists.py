"""What a workspace's lists said when it last answered, kept on disk: shown at once, and where nobody answers.

A file for each list, `HOME/lists/WORKSPACE/NAME.json`, replaced as a whole; it may be deleted at any time. What looks
like a secret (the signature of an address, a password) is covered before it is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from desktop_app.api import Asset, Compute, Endpoint, OutsideError, Quota, UserError, Workspace
from desktop_app.api._records import from_json, to_json
from desktop_app.core.redact import COVER, is_secret, redact
from desktop_app.services.files import write_atomically

T = TypeVar("T")
UNREACHED = frozenset({"offline", "timeout", "throttled", "service", "gateway"})
"""Kinds of faults that say that nobody answered; every other one is an answer."""
_FORM = 1
_MOST_ITEMS = 1000
_MOST_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class What(Generic[T]):
    """A list that workspaces have; `registry` is where else it is looked for."""

    name: str
    item: type[T]
    registry: str = ""

    @property
    def file_name(self) -> str:
        """The list's file; a registry's name may hold what no file's may."""
        end = re.sub(r"[^A-Za-z0-9._-]", "_", self.registry)
        return f"{self.name}@{end}.json" if end else f"{self.name}.json"


COMPUTES = What("computes", Compute)
QUOTAS = What("quotas", Quota)
ENDPOINTS = What("endpoints", Endpoint)
ASSETS = {kind: What(kind, Asset) for kind in ("model", "data", "environment")}
"""The newest version of each asset, by kind."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A list as it was at `as_of`; so many at its end are not kept (`left_out`). `fault`: why it is not of now."""

    items: tuple[T, ...]
    as_of: datetime
    left_out: int = 0
    fault: UserError | None = None


class Holder(Protocol):
    """The part of a `Cloud` that is asked here."""

    async def computes(self, workspace: Workspace) -> Sequence[Compute]:
        """Return the compute targets."""

    async def quotas(self, workspace: Workspace) -> Sequence[Quota]:
        """Return used and allowed cores by family."""

    async def endpoints(self, workspace: Workspace) -> Sequence[Endpoint]:
        """Return the online endpoints."""

    async def assets(self, workspace: Workspace, kind: str, name: str = "", registry: str = "") -> Sequence[Asset]:
        """Return the newest versions of a kind."""


def _now() -> datetime:
    return datetime.now(UTC)


class CloudLists:
    """Asks for lists and keeps what they say; of each workspace apart."""

    def __init__(self, cloud: Holder, folder: Path, now: Callable[[], datetime] = _now) -> None:
        self._cloud, self._folder, self._now = cloud, folder, now

    async def kept(self, workspace: Workspace, what: What[T]) -> Listed[T] | None:
        """Return what the list said last; None where it was never asked for."""
        return await asyncio.to_thread(self.last, workspace, what)

    async def ask(self, workspace: Workspace, what: What[T]) -> Listed[T]:
        """Ask the service, and keep what it says. Raises as the service does."""
        found: Listed[T] = Listed(tuple(await _asked(self._cloud, workspace, what)), self._now())
        await asyncio.to_thread(self._write, workspace, what, found)
        return found

    async def ask_or_kept(self, workspace: Workspace, what: What[T]) -> Listed[T]:
        """Ask the service; where nobody answers, return what it said last, with the fault. Raises where that is not."""
        try:
            return await self.ask(workspace, what)
        except OutsideError as fault:
            kept = await self.kept(workspace, what) if is_unreached(fault) else None
            if kept is None:
                raise
            return replace(kept, fault=fault)

    def forget(self, workspace: Workspace) -> None:
        """Drop all that is kept of a workspace."""
        shutil.rmtree(self._folder_of(workspace), ignore_errors=True)

    def _folder_of(self, workspace: Workspace) -> Path:
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", workspace.name)[:40]
        return self._folder / f"{plain}-{hashlib.sha256(workspace.key.lower().encode()).hexdigest()[:12]}"

    def last(self, workspace: Workspace, what: What[T]) -> Listed[T] | None:
        """Return what the list said last, read at once: a small file."""
        path = self._folder_of(workspace) / what.file_name
        try:
            if path.stat().st_size > 2 * _MOST_BYTES:
                return None
            data = json.loads(path.read_bytes())
            if data["form"] != _FORM or data["workspace"].lower() != workspace.key.lower():
                return None
            items = tuple(from_json(what.item, each) for each in data["items"])
            return Listed(items, datetime.fromisoformat(data["as_of"]), int(data["left_out"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None  # it is a copy: what can't be read is asked for anew

    def _write(self, workspace: Workspace, what: What[T], found: Listed[T]) -> None:
        items = [json.dumps(_covered(to_json(each)), separators=(",", ":")) for each in found.items[:_MOST_ITEMS]]
        kept, size = 0, 0
        while kept < len(items) and size + len(items[kept]) <= _MOST_BYTES:
            size, kept = size + len(items[kept]) + 1, kept + 1
        head = {
            "form": _FORM, "workspace": workspace.key, "as_of": to_json(found.as_of),
            "left_out": len(found.items) - kept,
        }  # fmt: skip
        text = f'{json.dumps(head)[:-1]}, "items": [{",".join(items[:kept])}]}}\n'
        with contextlib.suppress(OSError):  # a full disk costs the copy alone
            write_atomically(self._folder_of(workspace) / what.file_name, text, durable=False)


def is_unreached(fault: UserError) -> bool:
    """Whether a fault says that nobody answered."""
    return str(getattr(fault, "kind", "")) in UNREACHED


def _asked(cloud: Holder, workspace: Workspace, what: What[Any]) -> Awaitable[Sequence[Any]]:
    if what.item is Asset:
        return cloud.assets(workspace, what.name, registry=what.registry)
    return {"computes": cloud.computes, "quotas": cloud.quotas, "endpoints": cloud.endpoints}[what.name](workspace)


def _covered(value: Any) -> Any:
    """Return JSON with every text in it free of secrets."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: COVER if is_secret(key, each) else _covered(each) for key, each in value.items()}
    return [_covered(each) for each in value] if isinstance(value, list) else value
