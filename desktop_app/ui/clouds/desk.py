"""What the window knows of the cloud: workspaces, how each stands, where jobs run, and what waits to be sent.

It is read in threads and kept, so that menus and pages can show the last known state at once, offline too.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.api import RunStatus, UserError, Waiting, Workspace
from desktop_app.presenters.clouds.places import (
    CLOUD,
    Known,
    Place,
    Standing,
    after,
    place_key,
    places,
    says_nothing,
)
from desktop_app.ui.shell import State
from desktop_app.ui.tasks import spawn

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

T = TypeVar("T")
_PLACE = "cloud.place"
_LAST = "cloud.last"
_OUTBOX_MS = 2000
_AGAIN = 5
"""Looks at the outbox between two questions to a workspace that is offline, or may be: ten seconds."""


class CloudDesk(QObject):
    """`changed` tells of workspaces, standings, the choice or an offer; `outbox_changed` of what waits."""

    changed = Signal()
    outbox_changed = Signal()

    def __init__(self, workbench: Workbench, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workbench = workbench
        self.cloud = workbench.cloud
        self.workspaces: tuple[Workspace, ...] = ()
        self.known: dict[str, Known] = {}
        self.waiting: tuple[Waiting, ...] = ()
        self.offered: tuple[Path, Workspace] | None = None
        self._state = state
        self._titles = [(each.name, each.title) for each in workbench.backends.values()]
        self.place = str(state.get(_PLACE, "local") or "local")
        self._looking, self._looks = False, 0
        self._timer = QTimer(self, interval=_OUTBOX_MS)
        self._timer.timeout.connect(self._look_at_outbox)

    def start(self) -> None:
        """Read what there is, ask the workspace where jobs run, and look after the outbox from now on."""
        spawn(self._start(), "read the workspaces")
        self._timer.start()

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()

    @property
    def workspace(self) -> Workspace | None:
        """The workspace where jobs run; the one that was used last while they run on this machine."""
        by_key = {place_key(each): each for each in self.workspaces}
        last = by_key.get(str(self._state.get(_LAST, "") or ""))
        return by_key.get(self.place) or last or (self.workspaces[0] if self.workspaces else None)

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place where jobs may run."""
        return places(self._titles, self.workspaces, self.known, self.place)

    @property
    def chosen(self) -> Place:
        """Where jobs run; this machine until a workspace that was chosen before is read."""
        found = self.places
        return next((each for each in found if each.chosen), found[0])

    def standing(self, workspace: Workspace) -> Known:
        """Return how a workspace stands."""
        return self.known.get(workspace.key, Known())

    def choose(self, key: str) -> None:
        """Let jobs run at another place from now on; remembered."""
        self.place = key
        self._state.set(_PLACE, key)
        self.changed.emit()
        workspace = next((each for each in self.workspaces if place_key(each) == key), None)
        if workspace is not None:
            self._state.set(_LAST, key)
            spawn(self._use(workspace), f"use {workspace.name}")

    def look_after(self, workspace: Workspace) -> None:
        """Show a workspace's compute and the rest without letting jobs run there."""
        self._state.set(_LAST, place_key(workspace))
        self.changed.emit()

    def check(self, workspace: Workspace) -> None:
        """Ask a workspace how it stands."""
        spawn(self._check(workspace), f"ask {workspace.name}", lambda _fault: None)

    def look_for_config(self, folder: str) -> None:
        """Look for a `config.json` from the open folder upward."""
        spawn(self._look_for_config(folder), "look for config.json")

    async def ask(self, workspace: Workspace, question: Awaitable[T]) -> T:
        """Await what is asked of a workspace, and note how it stands by that."""
        before = self.standing(workspace)
        if before.standing is not Standing.SIGNED_IN:
            self._note(workspace, Known(Standing.CHECKING))
        try:
            answer = await question
        except UserError as fault:
            self._note(workspace, Known(Standing.SIGNED_IN) if says_nothing(fault) else after(fault))
            raise
        except asyncio.CancelledError:
            self._note(workspace, Known() if before.standing is Standing.CHECKING else before)
            raise
        self._note(workspace, Known(Standing.SIGNED_IN))
        return answer

    async def read(self) -> None:
        """Read the list of workspaces."""
        self.workspaces = tuple(await asyncio.to_thread(self.cloud.workspaces))
        if self.place.startswith(f"{CLOUD}:") and self.place not in map(place_key, self.workspaces):
            self.place = "local"
            self._state.set(_PLACE, self.place)
        if self.offered and self.offered[1].key in {each.key for each in self.workspaces}:
            self.offered = None
        self.changed.emit()

    async def read_outbox(self) -> None:
        """Read what waits."""
        found = tuple(await asyncio.to_thread(self.cloud.waiting))
        if found != self.waiting:
            self.waiting = found
            self.outbox_changed.emit()
            self._doubt(self._chosen_workspace)

    def _doubt(self, workspace: Workspace | None) -> None:
        """Ask the workspace where jobs run how it stands, where what waits for it tells otherwise than was known."""
        if workspace is not None:
            waits = any(each.tries and each.workspace == workspace.name for each in self.waiting)
            if waits == (self.standing(workspace).standing is Standing.SIGNED_IN):
                self.check(workspace)

    def knows(self, workspace: Workspace) -> bool:
        """Whether a workspace was connected before."""
        return workspace.key in {each.key for each in self.workspaces}

    async def connected(self, workspace: Workspace, standing: Known, *, chosen: bool = True) -> None:
        """Keep a workspace that was connected or signed in to, and let jobs run there where it is `chosen`."""
        kept = await asyncio.to_thread(self.cloud.add, workspace)
        await self.read()
        self._note(kept, standing)
        if chosen:
            self.choose(place_key(kept))

    async def forget(self, workspace: Workspace) -> None:
        """Forget a workspace and its sign-in."""
        await self.cloud.sign_out(workspace)
        await asyncio.to_thread(self.cloud.forget, workspace.key)
        await asyncio.to_thread(self.workbench.lists.forget, workspace)
        self.known.pop(workspace.key, None)
        await self.read()

    async def _start(self) -> None:
        await self.read()
        await self.read_outbox()
        if (workspace := self._chosen_workspace) is not None:
            await self._use(workspace)

    @property
    def _chosen_workspace(self) -> Workspace | None:
        return next((each for each in self.workspaces if place_key(each) == self.place), None)

    async def _use(self, workspace: Workspace) -> None:
        await asyncio.to_thread(self.cloud.use, workspace.key)
        if self.standing(workspace).standing is not Standing.SIGNED_IN:
            self.check(workspace)

    async def _check(self, workspace: Workspace) -> None:
        await self.ask(workspace, self._checked(workspace))

    async def _checked(self, workspace: Workspace) -> None:
        found = await self.cloud.check(workspace)
        self.workspaces = tuple(  # the way to sign in may have become another one meanwhile
            dataclasses.replace(each, location=found.location, tenant=found.tenant) if each.key == found.key else each
            for each in self.workspaces
        )

    async def _look_for_config(self, folder: str) -> None:
        found = await asyncio.to_thread(self._config_above, Path(folder)) if folder else None
        if found is not None and found.key in {each.key for each in self.workspaces}:
            found = None
        offered = (Path(folder), found) if found is not None else None
        if offered != self.offered:
            self.offered = offered
            self.changed.emit()

    def _config_above(self, folder: Path) -> Workspace | None:
        try:
            return self.cloud.read_config(folder)
        except UserError:
            return None

    def _look_at_outbox(self) -> None:
        self._looks += 1
        workspace = self._chosen_workspace
        if workspace is not None and self._looks % _AGAIN == 0 and self._may_stand_otherwise(workspace):
            self.check(workspace)
        if not self._looking:
            self._looking = True
            spawn(self._look(), "look at the outbox")

    def _may_stand_otherwise(self, workspace: Workspace) -> bool:
        """Whether it was offline, or is said to be signed in while one of its runs can't be seen."""
        standing = self.standing(workspace).standing
        if standing is Standing.SIGNED_IN:
            start = f"{CLOUD}://{workspace.key}/"
            runs = self.workbench.store.runs.values()
            return any(each.status is RunStatus.UNKNOWN and each.handle.startswith(start) for each in runs)
        return standing is Standing.OFFLINE

    async def _look(self) -> None:
        try:
            await self.read_outbox()
        finally:
            self._looking = False

    def _note(self, workspace: Workspace, known: Known) -> None:
        if self.standing(workspace) != known:
            self.known[workspace.key] = known
            self.changed.emit()
