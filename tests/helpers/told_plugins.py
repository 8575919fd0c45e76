"""A plugin manager that is told what to say: for screens, without packages, processes and a network."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import Progress, UserError
from desktop_app.services.on_loop import LoopSignal
from desktop_app.services.plugins import PluginHost
from desktop_app.services.plugins.installing.keeping.trust import Agreed
from desktop_app.services.plugins.installing.models import (
    Act,
    Change,
    Choice,
    Installed,
    Offer,
    Order,
    Plan,
    PlanItem,
    PluginFacts,
    SearchResult,
    Source,
    SourceKind,
)

INDEX = Source(SourceKind.INDEX, "https://packages.example/simple")
AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def offer(name: str = "rankzero-slurm", version: str = "0.4.0", source: Source = INDEX, **more: object) -> Offer:
    """Return a version of a plugin that could be had."""
    base = Offer(name, version, source, summary="Runs the same job files on a Slurm cluster", author="Ada Example",
                 license="MIT", size=48_300, sha256="9f" * 32)  # fmt: skip
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


def item(plugin_id: str = "slurm", title: str = "Slurm backend", before: str = "", after: str = "0.4.0") -> PlanItem:
    """Return a change that a plan would make."""
    return PlanItem(plugin_id, title, before, after, offer(version=after), ("submitit==1.5.3", "cloudpickle==3.1.2"))


def held(plugin_id: str, version: str = "0.3.2", source: Source = INDEX, **more: object) -> Installed:
    """Return an installed plugin."""
    base = Installed(plugin_id, version, f"rankzero-{plugin_id}", source, Path("/home/ada/plugins") / plugin_id)
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


@dataclass
class ToldPlugins:
    """Implements `presenters.plugins.manager.Manager`; `calls` holds what was asked of it.

    `plan` is what plans say, `results` what a search finds, `error` what goes wrong; while `go` is clear, work waits.
    """

    host: PluginHost
    here: dict[str, Installed] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    plan: Plan = field(default_factory=lambda: Plan((item(),)))
    results: SearchResult = field(default_factory=lambda: SearchResult((Choice(offer()),)))
    facts_of: dict[str, PluginFacts] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    error: UserError | None = None
    calls: list[tuple[object, ...]] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    notices: tuple[UserError, ...] = ()
    wrong: tuple[UserError, ...] = ()
    agreed: list[Agreed] = field(default_factory=list)
    changed: LoopSignal[[]] = field(default_factory=LoopSignal)

    def __post_init__(self) -> None:
        self.go.set()

    async def look_again(self) -> bool:
        await self._work("look_again")
        self.changed.emit()
        return True

    def complaints(self) -> tuple[UserError, ...]:
        return self.wrong

    def sources(self) -> tuple[Agreed, ...]:
        return tuple(self.agreed)

    def forget_source(self, key: str) -> bool:
        self.calls.append(("forget_source", key))
        self.agreed = [each for each in self.agreed if each.key != key]
        return True

    def installed(self) -> tuple[Installed, ...]:
        return tuple(self.here.values())

    def history(self) -> tuple[Change, ...]:
        return tuple(reversed(self.changes))

    def facts(self, plugin_id: str) -> PluginFacts:
        found = self.here.get(plugin_id)
        source = found.source if found else Source(SourceKind.BUNDLED)
        return self.facts_of.get(plugin_id) or PluginFacts(plugin_id, source)

    async def plan_install(self, order: Order, progress: Progress) -> Plan:
        await self._work("plan_install", order, progress=progress)
        return self.plan

    async def plan_update(self, ids: Sequence[str], progress: Progress) -> Plan:
        await self._work("plan_update", *ids, progress=progress)
        return self.plan

    async def apply(self, plan: Plan, progress: Progress, *, agreed: bool = False) -> tuple[Change, ...]:
        if plan.questions and not agreed:
            raise UserError("This has to be agreed to first.")
        await self._work("apply", plan, progress=progress)
        for each in plan.items:
            self.here[each.id] = held(each.id, each.after, each.offer.source)
        acts = [(Act.UPDATE if each.before else Act.INSTALL, each) for each in plan.items]
        return tuple(
            self._note(act, each.id, each.title, each.before, each.after, each.offer.source) for act, each in acts
        )

    async def remove(self, plugin_id: str, progress: Progress) -> Change:
        await self._work("remove", plugin_id, progress=progress)
        gone = self.here.pop(plugin_id)
        return self._note(Act.REMOVE, plugin_id, self._title(plugin_id), gone.version, "", gone.source)

    async def undo(self, progress: Progress, number: int | None = None) -> Change:
        await self._work("undo", progress=progress)
        last = self.changes[-1]
        if number not in (None, last.number):
            raise UserError(f"Nothing was taken back: the last change is another one now, of {last.title}.")
        self.changes[-1] = dataclasses.replace(last, undone=True, can_undo=False)
        return self._note(Act.UNDO, last.id, last.title, can_undo=False)

    async def pin(self, plugin_id: str, version: str | None) -> Change:
        await self._work("pin", plugin_id, version)
        pinned = "" if version is None else version or self.here[plugin_id].version
        self.here[plugin_id] = dataclasses.replace(self.here[plugin_id], pinned=pinned)
        return self._note(Act.PIN, plugin_id, self._title(plugin_id), "", pinned)

    async def switch(self, plugin_id: str, on: bool) -> Change:
        await self._work("switch", plugin_id, on)
        await asyncio.to_thread(self.host.enable if on else self.host.disable, plugin_id)
        return self._note(Act.ENABLE if on else Act.DISABLE, plugin_id, self._title(plugin_id))

    async def search(self, text: str, progress: Progress, wheelhouse: Path | None = None) -> SearchResult:
        await self._work("search", text, wheelhouse, progress=progress)
        return self.results

    async def verify(self, plugin_id: str) -> tuple[str, ...]:
        return self.edited

    async def _work(self, *call: object, progress: Progress | None = None) -> None:
        self.calls.append(call)
        if progress is not None:
            progress("Fetching rankzero-slurm 0.4.0", 0.4)
        await self.go.wait()
        if self.error is not None:
            raise self.error

    def _title(self, plugin_id: str) -> str:
        return next((each.name for each in self.host.plugins if each.id == plugin_id), plugin_id)

    def _note(  # noqa: PLR0917 - as a change has them
        self, act: Act, plugin_id: str, title: str, before: str = "", after: str = "", source: Source | None = None,
        *, can_undo: bool = True,
    ) -> Change:  # fmt: skip
        self.changes = [dataclasses.replace(each, can_undo=False) for each in self.changes]
        made = Change(len(self.changes) + 1, AT, act, plugin_id, title, before, after, source, can_undo=can_undo)
        self.changes.append(made)
        self.changed.emit()
        return made
