"""Follows one list of one workspace for a tab: what was last known at once, then what the service says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.api import UserError, Workspace
from desktop_app.presenters.clouds.listing import Age, as_of_text, is_today
from desktop_app.services.cloud_lists import Listed, What, is_unreached
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.runs.words import clock_time, date_and_time, local_now
from desktop_app.ui.tasks import spawn


class Listing(QObject):
    """`changed` when other rows are to be shown, `aged` when they are older or newer than was said.

    `failed` carries a UserError when the service could not be asked.
    """

    changed = Signal()
    aged = Signal()
    failed = Signal(object)

    def __init__(self, desk: CloudDesk, what: What[Any], owner: QWidget) -> None:
        super().__init__(owner)
        self._desk, self._what, self._owner = desk, what, owner
        self.workspace: Workspace | None = None
        self.items: tuple[Any, ...] = ()
        self.age = Age.NOTHING
        self._as_of: datetime | None = None
        self._left_out = 0

    @property
    def note(self) -> str:
        """How old the rows are: `as of 14:03 · offline`; empty where they are of now."""
        return self.note_beside("")

    def note_beside(self, word: str) -> str:
        """Return that without what stands beside it already, such as `offline`."""
        return as_of_text(self.age, self._time(), self._left_out, word)

    def show_workspace(self, workspace: Workspace) -> bool:
        """Follow the list of another workspace; whether it is another one."""
        if self.workspace is not None and workspace.key == self.workspace.key:
            return False
        self.workspace = workspace
        self._begin()
        return True

    def show_list(self, what: What[Any]) -> None:
        """Follow another list of the same workspace."""
        if what != self._what:
            self._what = what
            self._begin()
            self.refresh()

    def refresh(self) -> None:
        """Ask now."""
        if self.workspace is not None:
            spawn(self.ask(), f"list {self._what.name}")

    async def ask(self) -> bool:
        """Show what was last known where nothing is shown yet, then ask; whether the service answered."""
        workspace, what = self.workspace, self._what
        if workspace is None:
            return False
        if self.age is not Age.NOW:
            await self._show_kept(workspace, what)
        try:
            found = await self._desk.ask(workspace, self._desk.workbench.lists.ask(workspace, what))
        except UserError as fault:
            self._fail(workspace, what, fault)
            return False
        if self._is_current(workspace, what):
            self._take(found, Age.NOW)
        return True

    async def _show_kept(self, workspace: Workspace, what: What[Any]) -> None:
        kept = None
        if self._as_of is None:
            kept = await self._desk.workbench.lists.kept(workspace, what)
        if not self._is_current(workspace, what) or self.age is Age.NOW:
            return
        if kept is not None:
            self._take(kept, Age.UPDATING)
        else:
            self._grow(Age.UPDATING)

    def _fail(self, workspace: Workspace, what: What[Any], fault: UserError) -> None:
        if self._is_current(workspace, what):
            self._grow(Age.OFFLINE if is_unreached(fault) else Age.REFUSED)
            self.failed.emit(fault)

    def _is_current(self, workspace: Workspace, what: What[Any]) -> bool:
        if not isValid(self) or self.workspace is None:
            return False
        return (workspace.key, what) == (self.workspace.key, self._what)

    def _begin(self) -> None:
        self.items, self._as_of, self._left_out = (), None, 0
        self._grow(Age.NOTHING)
        self.changed.emit()

    def _take(self, found: Listed[Any], age: Age) -> None:
        self.items, self._as_of, self._left_out = found.items, found.as_of, found.left_out
        self._grow(age)
        self.changed.emit()

    def _grow(self, age: Age) -> None:
        self.age = age
        self.aged.emit()

    def _time(self) -> str:
        if self._as_of is None:
            return ""
        at = self._as_of.astimezone()
        return clock_time(at) if is_today(at, local_now()) else date_and_time(at)
