"""Everything that a verb or a screen works with, put together once by `compose`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desktop_app.api import Cloud, JobBackend, RunSnapshot
from desktop_app.places import Places
from desktop_app.services.archive import RunArchive
from desktop_app.services.cloud_lists import CloudLists
from desktop_app.services.jobs import JobService
from desktop_app.services.later import Later
from desktop_app.services.monitor import RunMonitor
from desktop_app.services.plugins import PluginHost
from desktop_app.services.run_store import RunStore
from desktop_app.services.settings import Settings
from desktop_app.services.stalls import StallWatch
from desktop_app.services.toolchains import Toolchains

if TYPE_CHECKING:
    from desktop_app.services.exports.service import Exports
    from desktop_app.services.plugins.installing.manager import PluginManager


@dataclass(frozen=True, slots=True)
class Workbench:
    """The services of one session; `backends` by name."""

    places: Places
    settings: Settings
    plugins: PluginHost
    toolchains: Toolchains
    archive: RunArchive
    store: RunStore
    monitor: RunMonitor
    backends: Mapping[str, JobBackend]
    jobs: JobService
    cloud: Cloud
    lists: CloudLists
    later_exports: Later[Exports]
    later_plugin_manager: Later[PluginManager]
    stalls: StallWatch = field(default_factory=StallWatch)

    @property
    def exports(self) -> Exports:
        """Exports to ONNX; what they need is imported when this is first asked for."""
        return self.later_exports.get()

    @property
    def plugin_manager(self) -> PluginManager:
        """What installs, updates and removes plugins; imported when this is first asked for."""
        return self.later_plugin_manager.get()

    def backend_of(self, handle: str) -> JobBackend:
        """Return the backend that a run's handle belongs to."""
        return self.jobs.backend(handle.partition("://")[0])

    def trials_of(self, sweep: RunSnapshot) -> list[RunSnapshot]:
        """Return the trials of a sweep that are known, by number; none of another run."""
        home = sweep.handle.removesuffix(sweep.run)
        own = [
            (each.trial.number, each)
            for each in self.store.runs.values()
            if each.trial is not None and each.trial.sweep == sweep.run and each.handle.startswith(home)
        ]
        return [each for _number, each in sorted(own, key=lambda found: found[0])]

    def forget(self, *runs: RunSnapshot) -> None:
        """Drop runs from the archive. Blocks: it is a file."""
        for each in runs:
            self.archive.remove(each.handle)
