"""Workbenches for tests of the window: real settings, plugins and store; runs and toolchains as the test wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from desktop_app.api import RunSnapshot
from desktop_app.core.observable import Signal
from desktop_app.places import Places
from desktop_app.services.cloud_lists import CloudLists
from desktop_app.services.monitor import BackendFault
from desktop_app.services.plugins import PluginHost
from desktop_app.services.run_store import RunStore
from desktop_app.services.settings import Settings
from desktop_app.services.stalls import StallWatch
from tests.helpers.fake_toolchains import FakeToolchains
from tests.helpers.told_exports import ToldExports
from tests.helpers.told_plugins import ToldPlugins
from tests.helpers.window_cloud import ToldCloud

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench


@dataclass(frozen=True)
class ThisMachine:
    """A backend by name only."""

    name: str = "local"
    title: str = "This machine"


@dataclass(frozen=True)
class Watched:
    """A run monitor's faults as the test wants them."""

    faults: dict[str, BackendFault] = field(default_factory=dict)
    faulted: Signal[[str]] = field(default_factory=Signal)


@dataclass(frozen=True)
class SmallBench:
    """What the window's frame asks of a `Workbench`."""

    places: Places
    settings: Settings
    plugins: PluginHost
    toolchains: FakeToolchains
    store: RunStore = field(default_factory=RunStore)
    monitor: Watched = field(default_factory=Watched)
    backends: Mapping[str, ThisMachine] = field(default_factory=lambda: {"local": ThisMachine()})
    cloud: ToldCloud = field(default_factory=ToldCloud)
    stalls: StallWatch = field(default_factory=StallWatch)

    @cached_property
    def exports(self) -> ToldExports:
        """Exports that the test tells."""
        return ToldExports(self.places.exports)

    @cached_property
    def plugin_manager(self) -> ToldPlugins:
        """A manager of plugins that the test tells."""
        return ToldPlugins(self.plugins)

    @cached_property
    def lists(self) -> CloudLists:
        """What the cloud's lists said last."""
        return CloudLists(self.cloud, self.places.lists)


def small_bench(
    home: Path,
    runs: Sequence[RunSnapshot] = (),
    toolchains: FakeToolchains | None = None,
    cloud: ToldCloud | None = None,
) -> Workbench:
    """Return a workbench over `home` with the bundled plugins, and these runs in its store."""
    places = Places(home, home / "cache")
    settings = Settings(places.settings)
    plugins = PluginHost(places, settings)
    plugins.discover()
    plugins.load()
    made = SmallBench(places, settings, plugins, toolchains or FakeToolchains(), cloud=cloud or ToldCloud())
    made.store.update(runs)
    return cast("Workbench", made)
