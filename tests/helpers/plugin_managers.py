"""Plugin managers for tests: real folders, wheels, uv and processes, and hosts that know the person's plugins alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.plugins.installing.manager import PluginManager
from desktop_app.services.plugins.installing.models import Change, Order, Plan
from desktop_app.services.settings import Settings


def quiet(message: str, part: float | None) -> None:
    """Take no notice of progress."""


@dataclass(frozen=True)
class Desk:
    """A program's plugin host and manager."""

    places: Places
    settings: Settings
    host: PluginHost
    manager: PluginManager

    @property
    def root(self) -> Path:
        """The folder of installed plugins."""
        return self.places.plugins / ".installed"

    async def plan(self, target: Path | str, wheelhouse: Path | None = None) -> Plan:
        """Return the plan for a wheel, a folder or a name."""
        return await self.manager.plan_install(Order(str(target), wheelhouse), quiet)

    async def install(self, target: Path | str, wheelhouse: Path | None = None) -> Change:
        """Install it and return the line of the history."""
        return (await self.manager.apply(await self.plan(target, wheelhouse), quiet, agreed=True))[0]

    async def update(self, *ids: str) -> Sequence[Change]:
        """Update plugins, all where none is named."""
        return await self.manager.apply(await self.manager.plan_update(ids, quiet), quiet, agreed=True)

    async def undo(self) -> Change:
        """Take back the last change."""
        return await self.manager.undo(quiet)

    def versions(self) -> dict[str, str]:
        """Return the installed plugins with their versions."""
        return {each.id: each.version for each in self.manager.installed()}

    def seen(self) -> dict[str, tuple[str, PluginState]]:
        """Return the plugins that the host sees, with version and state."""
        return {each.id: (each.version, each.state) for each in self.host.plugins}

    def presets(self) -> list[str]:
        """Return the names of the environments that plugins offer: their hooks are called for it."""
        return [each.name for each in self.host.environment_presets()]

    def folders(self) -> set[str]:
        """Return what lies in the folder of installed plugins, beside the lists and the lock."""
        return {each.name for each in self.root.iterdir() if each.is_dir()} if self.root.is_dir() else set()


OpenDesk: TypeAlias = Callable[[], Desk]


@contextlib.contextmanager
def desks(places: Places, bundled: Path | None = None) -> Iterator[OpenDesk]:
    """Yield what opens a desk, as one more window on the same home."""
    opened: list[Desk] = []

    def open_desk() -> Desk:
        settings = Settings(places.settings)
        host = PluginHost(places, settings, bundled=bundled or places.home / "no such folder", installed=tuple)
        host.discover()
        opened.append(Desk(places, settings, host, PluginManager(places, settings, host)))
        return opened[-1]

    try:
        yield open_desk
    finally:
        for one in opened:
            one.host.close()
