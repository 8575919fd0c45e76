"""The plugins manager: what is installed, what would be done, and doing it, for the window and the verbs alike."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from desktop_app.api import Progress, UserError
from desktop_app.core.nearest import nearest
from desktop_app.places import Places
from desktop_app.services.on_loop import LoopSignal
from desktop_app.services.plugins.host import PluginHost
from desktop_app.services.plugins.info import PluginInfo
from desktop_app.services.plugins.installing.changing.accepting import accepted
from desktop_app.services.plugins.installing.changing.applying import fetched, staged
from desktop_app.services.plugins.installing.changing.checking import checking
from desktop_app.services.plugins.installing.changing.holding import in_thread, to_the_end
from desktop_app.services.plugins.installing.changing.staging import forget_bytecode
from desktop_app.services.plugins.installing.changing.transactions import (
    Move,
    Transaction,
    begun,
    changed_meanwhile,
    settle,
    undo_number,
)
from desktop_app.services.plugins.installing.keeping import hashes
from desktop_app.services.plugins.installing.keeping.block_list import read_block_list
from desktop_app.services.plugins.installing.keeping.registry import FOLDER, Registry, State
from desktop_app.services.plugins.installing.keeping.trust import Agreed, Trust, trust_words
from desktop_app.services.plugins.installing.models import (
    Act,
    Change,
    Installed,
    Order,
    Plan,
    PluginFacts,
    SearchResult,
    Source,
    SourceKind,
)
from desktop_app.services.plugins.installing.outside import state_of
from desktop_app.services.plugins.installing.planning import Planner, Surroundings, index_addresses
from desktop_app.services.settings import Settings

_BLOCKED_HINT = "Until it is mended or removed, only the list that ships with Rank Zero blocks anything."


class PluginManager:
    """Installs, updates, removes, pins and takes back. All but what is said to block runs as a task of the loop.

    `changed` is told after every change; `notices` are what has to be said of a list that was damaged.
    """

    def __init__(self, places: Places, settings: Settings, host: PluginHost) -> None:
        self.changed: LoopSignal[[]] = LoopSignal()
        self.notices: tuple[UserError, ...] = ()
        self._places = places
        self._settings = settings
        self._host = host
        self._registry = Registry(places.plugins / FOLDER)
        self._planner = Planner(places)
        self._bytecode = places.cache / "plugin-bytecode"
        self._is_settled = False
        self._seen = state_of(self._registry.file)

    async def look_again(self) -> bool:
        """Take over what another window or a verb changed meanwhile; return whether anything had."""
        seen = await in_thread(state_of, self._registry.file)
        if seen == self._seen:
            return False
        self._seen = seen
        await in_thread(self._settings.reload)
        await in_thread(self._host.rediscover)
        self.changed.emit()
        return True

    def installed(self) -> tuple[Installed, ...]:
        """Return what was installed with this manager. Blocks, shortly: it is a file."""
        return tuple(self._read().plugins.values())

    def history(self) -> tuple[Change, ...]:
        """Return what was done, newest first. Blocks, shortly: it is a file."""
        state = self._read()
        last = undo_number(state)
        return tuple(dataclasses.replace(each.change, can_undo=each.batch == last) for each in reversed(state.history))

    def complaints(self) -> tuple[UserError, ...]:
        """Return what is wrong with the lists that plugins are kept in, as long as it is. Blocks: they are files.

        `notices` beside them are what was mended; whoever asks for this first has both.
        """
        try:
            self._read()
        except OSError as error:
            message = f"The list of installed plugins {self._registry.file} can't be read: {error.strerror or error}."
            unread: tuple[UserError, ...] = (UserError(message, hint="The file must be one that you may read."),)
        else:
            unread = ()
        blocked = read_block_list(self._places.plugins).complaints
        return (*unread, *(UserError(each, hint=_BLOCKED_HINT) for each in blocked))

    def sources(self) -> tuple[Agreed, ...]:
        """Return the sources that were agreed to. Blocks: it is a file."""
        return Trust(self._places.plugins).agreed()

    def forget_source(self, key: str) -> bool:
        """Ask about a source again from now on; what is installed stays. Blocks. Raises OutsideError for the disk."""
        return Trust(self._places.plugins).revoke(key)

    def facts(self, plugin_id: str) -> PluginFacts:
        """Return where a plugin comes from and what it takes, also of one that ships. Blocks: files are looked at."""
        found = self._read().plugins.get(plugin_id)
        if found is None:
            source = _source(self._known(plugin_id))
            return PluginFacts(plugin_id, source, trust_words(source))
        return PluginFacts(
            id=found.id,
            source=found.source,
            trust=trust_words(found.source, editable=found.editable),
            size=found.size,
            sha256=found.sha256,
            installed=found.installed,
            pinned=found.pinned,
            requires=found.requires,
            hooks=found.hooks,
            changed=hashes.changed(found.lib.parent) if found.lib else (),
            editable=found.editable,
        )

    async def plan_install(self, order: Order, progress: Progress) -> Plan:
        """Return what installing would do. Nothing of the plugin runs.

        Raises UserError for what can't be installed, OutsideError where the index can't be asked.
        """
        return await self._planner.install(order, await self._around(), progress)

    async def plan_update(self, ids: Sequence[str], progress: Progress) -> Plan:
        """Return what updating would do: of all that are not pinned where no ids are given."""
        around = await self._around()
        wanted = [self._installed(around.state.plugins, each, "updated") for each in ids]
        return await self._planner.update(wanted or list(around.state.plugins.values()), around, progress)

    async def apply(self, plan: Plan, progress: Progress, *, agreed: bool = False) -> tuple[Change, ...]:
        """Do what a plan says, wholly or not at all. Raises UserError for what is refused, with the reason."""
        if plan.questions and not agreed:
            raise UserError("This has to be agreed to first.", details="\n\n".join(plan.questions))
        if not plan.items:
            return ()
        checked = checking(self._host.cradle, self._bytecode)
        async with self._change(progress) as change, checked as checker:
            for each in plan.items:
                now = change.state.plugins.get(each.id)
                if (now.version if now else "") != each.before:
                    raise changed_meanwhile()
            if plan.generation != change.state.generation:
                await self._check_again(plan, change.state)
            moves = [await staged(change, each, self._places, checker, progress) for each in plan.items]
            if plan.questions:
                await in_thread(Trust(self._places.plugins).agree, plan.items, index_addresses())
            done = await change.switch(moves)
        for wheel in fetched(plan.items, self._planner.wheels):
            with contextlib.suppress(OSError):  # the change is made; what was fetched goes after a day
                wheel.unlink(missing_ok=True)
        return done

    async def remove(self, plugin_id: str, progress: Progress) -> Change:
        """Remove a plugin that was installed; undo brings it back."""
        progress("Removing the plugin", None)
        async with self._change(progress) as change:
            found = self._installed(change.state.plugins, plugin_id, "removed")
            title = self._title(plugin_id)
            move = Move(Act.REMOVE, plugin_id, title, None, before=found.version, source=found.source)
            return (await change.switch([move]))[0]

    async def undo(self, progress: Progress, number: int | None = None) -> Change:
        """Take back the last change, whatever it was; taking that back does it again.

        With the `number` of a change that one, or nothing (UserError) where it is no longer the last.
        """
        progress("Taking back the last change", None)
        async with self._change(progress) as change:
            return await change.undo(number)

    async def pin(self, plugin_id: str, version: str | None) -> Change:
        """Have updates leave a plugin at a version, "" for the installed one; None lets it be updated again."""
        async with self._change(_silent) as change:
            found = self._installed(change.state.plugins, plugin_id, "pinned")
            if found.editable and version is not None:
                message = f"{self._title(plugin_id)} can't be pinned: it is used as it is in {found.source.where}."
                raise UserError(message, hint="It has the version that stands there, and no update changes that.")
            wanted = "" if version is None else version or found.version
            off, pinned = change.is_off(plugin_id), dataclasses.replace(found, pinned=wanted)
            move = Move(Act.PIN, plugin_id, self._title(plugin_id), pinned, off, found.pinned, wanted, found.source)
            return (await change.switch([move]))[0]

    async def switch(self, plugin_id: str, on: bool) -> Change:
        """Switch a plugin on or off, whichever source it has, with a line in the history.

        Switching one on whose files were changed accepts them as they are.
        """
        known = self._known(plugin_id)
        async with self._change(_silent) as change:
            was_off = change.is_off(plugin_id)
            found = change.state.plugins.get(plugin_id)
            if on and found and found.lib and known.problem == "changed":
                found = await accepted(found, known.name, self._host.cradle, self._bytecode)
            await in_thread(self._host.enable if on else self._host.disable, plugin_id)
            act = Act.ENABLE if on else Act.DISABLE
            source = found.source if found else _source(known)
            move = Move(act, plugin_id, known.name, found, not on, source=source)
            try:
                return (await change.switch([move], {plugin_id: was_off}))[0]
            except (OSError, UserError):
                if was_off is on:
                    await in_thread(self._host.disable if on else self._host.enable, plugin_id)
                raise

    async def search(self, text: str, progress: Progress, wheelhouse: Path | None = None) -> SearchResult:
        """Return what the index, or a folder of wheels, has to offer."""
        return await self._planner.search(text, progress, wheelhouse)

    async def verify(self, plugin_id: str) -> tuple[str, ...]:
        """Return the files of a plugin that are changed, missing or foreign, relative; every byte is read."""
        plugins = (await in_thread(self._read)).plugins
        found = self._installed(plugins, plugin_id, "compared with what was installed")
        return await in_thread(hashes.changed, found.lib.parent, thorough=True) if found.lib else ()

    async def _check_again(self, plan: Plan, state: State) -> None:
        """Hold a plan against what was installed after it was made. Raises UserError."""
        await in_thread(self._host.rediscover)
        for each in plan.items:
            await in_thread(self._planner.check, each, Surroundings(state, self._host.plugins))

    async def _around(self) -> Surroundings:
        return Surroundings(await in_thread(self._read), self._host.plugins)

    def _installed(self, plugins: Mapping[str, Installed], plugin_id: str, what: str) -> Installed:
        if plugin_id in plugins:
            return plugins[plugin_id]
        info = self._known(plugin_id)
        if info.source == "bundled":
            message = f"{info.name} ships with the program and can't be {what}."
            raise UserError(message, hint="It can be switched off, and comes anew with each version of the program.")
        if info.source == "folder":
            raise UserError(f"{info.name} can't be {what}: it is your own folder {info.folder}.")
        hint = "It belongs to the program's own Python: use pip there."
        raise UserError(f"{info.name} can't be {what}: it was not installed by Rank Zero.", hint=hint)

    def _known(self, plugin_id: str) -> PluginInfo:
        known = {each.id: each for each in self._host.plugins}
        if plugin_id not in known:
            raise UserError(f"There is no plugin “{plugin_id}”.", hint=nearest(plugin_id, list(known)))
        return known[plugin_id]

    def _title(self, plugin_id: str) -> str:
        return next((each.name for each in self._host.plugins if each.id == plugin_id), plugin_id)

    @contextlib.asynccontextmanager
    async def _change(self, progress: Progress) -> AsyncIterator[Transaction]:
        """Begin a change; once it is done all are told, also where it was cancelled too late."""
        async with begun(self._registry, self._settings, progress) as change:
            try:
                yield change
            finally:
                self._notice(change.mended)
                if change.done:
                    await to_the_end(in_thread(self._host.rediscover))
                    self._seen = state_of(self._registry.file)
                    self.changed.emit()
                    await in_thread(forget_bytecode, self._bytecode, self._registry.root)

    def _read(self) -> State:
        """Return what is installed; at first what a change that was killed left behind is cleared away. Blocks."""
        if not self._is_settled and self._registry.root.is_dir():
            with contextlib.suppress(OSError):
                self._notice(settle(self._registry))
            self._is_settled = True
        return self._registry.read()

    def _notice(self, message: str) -> None:
        if message:
            self.notices = (*self.notices, UserError(message, hint="Look whether all is as you want it."))


def _source(info: PluginInfo) -> Source:
    return Source(SourceKind(info.source), "" if info.source == "bundled" else str(info.folder or ""))


def _silent(message: str, part: float | None) -> None:
    """Say nothing."""
