"""Plugins as one window knows them: what is installed, which updates were found, and what is done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from desktop_app.api import Progress, UserError
from desktop_app.presenters.plugins import history
from desktop_app.presenters.plugins.cards import badge, look_again
from desktop_app.presenters.plugins.manager import Manager
from desktop_app.presenters.plugins.plans import nothing_to_do
from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.installing.models import (
    Change,
    Installed,
    Order,
    Plan,
    PlanItem,
    SearchResult,
    SourceKind,
)
from desktop_app.services.plugins.installing.outside import Outside
from desktop_app.services.plugins.words import source_text
from desktop_app.ui.plugins.working import PluginWork
from desktop_app.ui.tasks import spawn

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

T = TypeVar("T")


class PluginDesk(QObject):
    """Lives as long as the window, so that work goes on while another page is looked at.

    `changed` when the list has to be shown anew; `planned` carries a `Plan` to review; `done` what was done, and the
    number of the change that can be undone, or 0; `told` what there is to say besides; `failed` a `UserError`;
    `found` a `SearchResult`.
    """

    changed = Signal()
    planned = Signal(object)
    done = Signal(str, int)
    told = Signal(str)
    failed = Signal(object)
    found = Signal(object)

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.host = workbench.plugins
        self._workbench = workbench
        self._manager: Manager | None = None
        self.work = PluginWork(self)
        self.work.ended.connect(self._switch_next)
        self._wanted: dict[str, bool] = {}
        self.installed: dict[str, Installed] = {}
        self.history: tuple[Change, ...] = ()
        self.updates: dict[str, PlanItem] = {}
        self.wrong: tuple[UserError, ...] = ()
        self._outside = Outside(workbench.places, workbench.plugins)
        self._looking, self._again, self._is_outside = False, False, False
        self._told = 0
        self._undo = [self.host.changed.connect(self.changed.emit)]

    def close(self) -> None:
        """Listen to the services no longer."""
        for each in self._undo:
            each()
        self._undo.clear()

    @property
    def manager(self) -> Manager:
        """What installs and removes; made when it is first needed, long after the window has painted."""
        if self._manager is None:
            self._manager = self._workbench.plugin_manager
            self._undo.append(self._manager.changed.connect(self.look))
        return self._manager

    @property
    def badge(self) -> int:
        """How many plugins ask for a look."""
        return badge(self.host.plugins, self.updates)

    def info(self, plugin_id: str) -> PluginInfo | None:
        """Return a plugin, if it is there."""
        return next((each for each in self.host.plugins if each.id == plugin_id), None)

    def look(self) -> None:
        """Read what is installed, and the history."""
        self._again = True
        if not self._looking:
            self._looking = True
            spawn(self._look(), "look at what is installed", self.failed.emit)

    def look_again(self) -> None:
        """Read all plugins anew, also those that were put into the folder or changed by others meanwhile."""
        self._start(self.tr("Reading all plugins"), lambda _tell: self._read_anew(), self._read)

    def look_outside(self) -> None:
        """Take over what was changed while another window was in front: by a verb, another window, or an editor."""
        if not self._is_outside and not self.work.is_busy:
            self._is_outside = True
            spawn(self._look_outside(), "look what changed outside", self.failed.emit)

    def watch(self) -> None:
        """Take over what a verb or another window changed while this one is seen; one file is looked at."""
        if not self._is_outside and not self.work.is_busy:
            self._is_outside = True
            spawn(self._look_outside(edited=False), "look what changed outside", self.failed.emit)

    async def _take_back(self, number: int | None, tell: Progress) -> Change:
        try:
            return await self.manager.undo(tell, number)
        except UserError:
            await self.manager.look_again()  # the last change may be another's
            raise

    async def _newer(self, ids: Sequence[str], tell: Progress) -> Plan:
        if await asyncio.to_thread(self._outside.registry_changed):
            await self._take_over()  # what is said of updates is said of what the list shows
        return await self.manager.plan_update(ids, tell)

    async def _read_anew(self) -> None:
        await self.manager.look_again()
        await asyncio.to_thread(look_again, self.host)

    async def _take_over(self) -> None:
        if self._manager is not None:
            await self._manager.look_again()
            return
        await asyncio.to_thread(self._workbench.settings.reload)
        await asyncio.to_thread(self.host.rediscover)

    async def _look_outside(self, *, edited: bool = True) -> None:
        try:
            if await asyncio.to_thread(self._outside.registry_changed):
                await self._take_over()
            if edited:
                await asyncio.to_thread(self._outside.restart_edited)
        finally:
            self._is_outside = False

    def install(self, order: Order) -> None:
        """Look what installing would do; `planned` follows."""
        what = self.tr("Looking at {}").format(Path(order.target).name or order.target)
        self._start(what, lambda tell: self.manager.plan_install(order, tell), self._plan)

    def update(self, *ids: str) -> None:
        """Look what updating these would do, or all; `planned` follows."""
        what = self.tr("Looking for updates")
        self._start(what, lambda tell: self.manager.plan_update(ids, tell), self._plan_update)

    def look_for_updates(self, *ids: str) -> None:
        """Ask whether there are newer versions; nothing is changed."""

        def take(plan: Plan) -> None:
            self._keep_updates(plan, ids)
            if ids and not plan.items and not plan.notes:  # others may have newer ones
                self.told.emit(self.tr("{} is up to date.").format(", ".join(map(self.name, ids))))
            else:
                self.told.emit(nothing_to_do(plan) if not plan.items or plan.notes else "")

        self._start(self.tr("Looking for updates"), lambda tell: self._newer(ids, tell), take)

    def apply(self, plan: Plan) -> None:
        """Do what a plan says, which a person agreed to."""
        names = ", ".join(each.title or each.id for each in plan.items)
        what = self.tr("Installing {}").format(names)
        agreed = bool(plan.questions)
        self._start(what, lambda tell: self.manager.apply(plan, tell, agreed=agreed), self._applied)

    def remove(self, plugin_id: str) -> None:
        """Take a plugin away; it can be undone."""
        what = self.tr("Removing {}").format(self.name(plugin_id))
        self._start(what, lambda tell: self.manager.remove(plugin_id, tell), self._changed)

    @property
    def last_change(self) -> Change | None:
        """The change that can be taken back, as far as this window knows."""
        return next((each for each in self.history if each.can_undo and not each.undone), None)

    def undo(self, number: int = 0) -> None:
        """Take a change back, by default the last that this window knows of: what was said is what is done."""
        known = self.last_change
        wanted = number or (known.number if known is not None else None)
        what = self.tr("Taking the last change back")
        self._start(what, lambda tell: self._take_back(wanted, tell), self._undone)

    def pin(self, plugin_id: str, version: str | None) -> None:
        """Keep a plugin at a version, "" at its own, or (None) let it be updated again."""
        what = self.tr("Keeping {}").format(self.name(plugin_id))
        self._start(what, lambda _tell: self.manager.pin(plugin_id, version), self._changed)

    def switch(self, plugin_id: str, *, on: bool) -> None:
        """Switch a plugin on or off, after what goes on now."""
        if self.work.is_busy:
            self._wanted[plugin_id] = on  # it follows; the last word on a plugin counts
            return
        name = self.name(plugin_id)
        what = self.tr("Enabling {}").format(name) if on else self.tr("Disabling {}").format(name)
        self._start(what, lambda _tell: self._switch(plugin_id, on=on), lambda _change: self.look())

    def reinstall(self, plugin_id: str) -> None:
        """Install what is installed once more, from where it came."""
        held = self.installed.get(plugin_id)
        if held is None:
            return
        source = held.source
        if source.kind is SourceKind.INDEX:
            self.install(Order(f"{held.distribution}=={held.version}", source=source))
        elif not source.where or not Path(source.where).exists():
            hint = self.tr("Install it from a file or folder that is there.")
            said = self.tr("{} is not there any more.").format(source_text(source))
            self.failed.emit(UserError(f"{said[:1].upper()}{said[1:]}", hint=hint))
        elif source.where.endswith(".whl") or source.kind is SourceKind.FOLDER:
            self.install(Order(source.where))
        else:
            self.install(Order(f"{held.distribution}=={held.version}", Path(source.where)))

    def search(self, text: str, wheelhouse: Path | None) -> bool:
        """Look for plugins; `found` follows."""
        what = self.tr("Looking in {}").format(wheelhouse) if wheelhouse else self.tr("Asking the package index")
        return self._start(what, lambda tell: self.manager.search(text, tell, wheelhouse), self._found)

    def name(self, plugin_id: str) -> str:
        """Return a plugin's name, as far as it is known."""
        info = self.info(plugin_id)
        return info.name if info is not None else plugin_id

    def _start(self, what: str, work: Callable[[Progress], Awaitable[T]], done: Callable[[T], object]) -> bool:
        started = self.work.start(what, work, done, self.failed.emit)
        if not started:
            self.told.emit(self.tr("One thing at a time: {} goes on.").format(self.work.what))
        return started

    def _switch_next(self) -> None:
        """Have what waits follow, after what the work that has ended begins itself."""
        if self._wanted:
            asyncio.get_running_loop().call_soon(self._switch_waiting)

    def _switch_waiting(self) -> None:
        if not isValid(self) or not self._wanted or self.work.is_busy:
            return
        plugin_id = next(iter(self._wanted))
        on, info = self._wanted.pop(plugin_id), self.info(plugin_id)
        if info is not None and info.state is not (PluginState.OK if on else PluginState.DISABLED):
            self.switch(plugin_id, on=on)
        else:
            self._switch_waiting()

    async def _switch(self, plugin_id: str, *, on: bool) -> Change:
        change = await self.manager.switch(plugin_id, on)
        if on:
            await asyncio.to_thread(self.host.load)  # what is wrong with it is said now, not when it is first needed
        return change

    async def _look(self) -> None:
        try:
            while self._again:
                self._again = False
                installed = await asyncio.to_thread(self.manager.installed)
                changes = await asyncio.to_thread(self.manager.history)
                wrong = await asyncio.to_thread(self.manager.complaints)
                await asyncio.to_thread(self._outside.restart_edited)
                if not isValid(self):
                    return
                self.wrong = wrong
                self.installed, self.history = {each.id: each for each in installed}, changes
                self._forget_updates()
        finally:
            self._looking = False
        self.changed.emit()
        for notice in self.manager.notices[self._told :]:
            self._told += 1
            self.failed.emit(notice)

    def _forget_updates(self) -> None:
        """Forget updates of what is gone or was changed meanwhile."""
        here = self.installed
        self.updates = {
            key: each for key, each in self.updates.items()
            if key in here and here[key].version == each.before and not here[key].pinned
        }  # fmt: skip

    def _keep_updates(self, plan: Plan, ids: Sequence[str]) -> None:
        newer = {each.id: each for each in plan.items if each.before and each.before != each.after}
        kept = {key: each for key, each in self.updates.items() if ids and key not in ids}
        self.updates = {**kept, **newer}
        self.changed.emit()

    def _plan(self, plan: Plan) -> None:
        if plan.items:
            self.planned.emit(plan)
        else:
            self.told.emit(nothing_to_do(plan))

    def _plan_update(self, plan: Plan) -> None:
        self._keep_updates(plan, [each.id for each in plan.items])
        self._plan(plan)

    def _applied(self, changes: Sequence[Change]) -> None:
        for each in changes:
            self.updates.pop(each.id, None)
        self.done.emit(history.done_text(changes), max((each.number for each in changes if each.can_undo), default=0))
        self.look()

    def _changed(self, change: Change) -> None:
        self.updates.pop(change.id, None)
        self.done.emit(history.done_text([change]), change.number if change.can_undo else 0)
        self.look()

    def _undone(self, change: Change) -> None:
        self.done.emit(f"{history.said_of(change)}.", change.number if change.can_undo else 0)
        self.look()

    def _found(self, result: SearchResult) -> None:
        self.found.emit(result)

    def _read(self, _nothing: object) -> None:
        self.look()
