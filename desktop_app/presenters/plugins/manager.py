"""What the window asks of the plugin manager."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from desktop_app.api import Progress, UserError
from desktop_app.services.on_loop import LoopSignal
from desktop_app.services.plugins.installing.keeping.trust import Agreed
from desktop_app.services.plugins.installing.models import Change, Installed, Order, Plan, PluginFacts, SearchResult


class Manager(Protocol):
    """Its coroutines run on the window's loop and may be cancelled: the old state is whole then."""

    changed: LoopSignal[[]]
    notices: tuple[UserError, ...]

    def installed(self) -> tuple[Installed, ...]:
        """Return what is installed. Reads a file: not on the loop."""

    async def look_again(self) -> bool:
        """Take over what another window or a verb changed meanwhile; whether anything had."""

    def complaints(self) -> tuple[UserError, ...]:
        """Return what is wrong with the lists that plugins are kept in. Reads files: not on the loop."""

    def sources(self) -> tuple[Agreed, ...]:
        """Return the sources that were agreed to. Reads a file: not on the loop."""

    def forget_source(self, key: str) -> bool:
        """Ask about a source again from now on. Writes a file: not on the loop."""

    def history(self) -> tuple[Change, ...]:
        """Return what was done, newest first. Reads a file: not on the loop."""

    def facts(self, plugin_id: str) -> PluginFacts:
        """Return where a plugin comes from and what it takes. Reads files: not on the loop."""

    async def plan_install(self, order: Order, progress: Progress) -> Plan:
        """Return what installing would do."""

    async def plan_update(self, ids: Sequence[str], progress: Progress) -> Plan:
        """Return what updating would do; of all that are not pinned where no `ids` are given."""

    async def apply(self, plan: Plan, progress: Progress, *, agreed: bool = False) -> tuple[Change, ...]:
        """Do what a plan says; its questions have to be `agreed` to."""

    async def remove(self, plugin_id: str, progress: Progress) -> Change:
        """Take a plugin away."""

    async def undo(self, progress: Progress, number: int | None = None) -> Change:
        """Take the last change back, where a number is given only if it is that one's."""

    async def pin(self, plugin_id: str, version: str | None) -> Change:
        """Keep a plugin at a version, "" at its own; None lets it be updated again."""

    async def switch(self, plugin_id: str, on: bool) -> Change:
        """Switch a plugin on or off."""

    async def search(self, text: str, progress: Progress, wheelhouse: Path | None = None) -> SearchResult:
        """Return what an index, or a folder of wheels, has."""

    async def verify(self, plugin_id: str) -> tuple[str, ...]:
        """Return the files that changed since the plugin was installed."""
