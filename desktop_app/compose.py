"""Puts services and backends together; the command line and the window both start from here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.api import (
    Host,
    Job,
    JobBackend,
    MetricPoint,
    OutsideError,
    ProcessSpec,
    Progress,
    RankTable,
    ScriptScan,
    ScriptSource,
)
from desktop_app.backends.azureml.backend import AzureBackend
from desktop_app.backends.azureml.client import toolchain as azure_client
from desktop_app.backends.azureml.client.gateway_process import Gateway
from desktop_app.backends.azureml.cloud import AzureMLCloud
from desktop_app.backends.local.backend import LocalBackend
from desktop_app.places import Places, find_places
from desktop_app.services.archive import RunArchive
from desktop_app.services.catalogues import facts
from desktop_app.services.cloud_lists import CloudLists
from desktop_app.services.clusters import Clusters
from desktop_app.services.exports import toolchain as onnx_tools
from desktop_app.services.host import this_host
from desktop_app.services.jobs import JobService
from desktop_app.services.later import Later
from desktop_app.services.metrics import TensorBoardReader
from desktop_app.services.monitor import RunMonitor
from desktop_app.services.plugins import PluginHost
from desktop_app.services.rank_tables import rank_table
from desktop_app.services.run_store import RunStore
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains import InterpreterChoice, Toolchains
from desktop_app.services.wizard_jobs import logged_by
from desktop_app.services.workbench import Workbench

if TYPE_CHECKING:
    from desktop_app.services.exports.service import Exports
    from desktop_app.services.plugins.installing.manager import PluginManager


def open_workbench(home: str | os.PathLike[str] | None = None, safe_mode: bool = False) -> Workbench:
    """Return the services over `home`. Reads plugin manifests, but imports no plugin before one is needed."""
    places = find_places(home)
    _refuse_file(places)
    settings = Settings(places.settings)
    plugins = PluginHost(places, settings, safe_mode=safe_mode)
    plugins.discover()
    toolchains = Toolchains(places, settings, plugins.toolchain_specs, lambda: (azure_client.SPEC, onnx_tools.SPEC))
    return _assemble(places, settings, plugins, toolchains)


async def control_sweep(home: str | os.PathLike[str], run: str) -> int:
    """Be the controller of a sweep that runs on this machine; return its exit code."""
    local = open_workbench(home).backends["local"]
    return await local.control_sweep(run) if isinstance(local, LocalBackend) else 1


def _refuse_file(places: Places) -> None:
    if places.home.exists() and not places.home.is_dir():
        raise OutsideError(f"{places.home} is a file.", hint="Give a folder with --home or RANKZERO_HOME.")


def _assemble(places: Places, settings: Settings, plugins: PluginHost, toolchains: Toolchains) -> Workbench:
    archive, store = RunArchive(places.archive), RunStore()
    gateway = Gateway(AzureClient(toolchains).python)
    azure = AzureBackend(places, gateway, AzureRanks(plugins), facts())
    local = LocalBackend(places, LocalPorts(plugins, toolchains, places.home))
    backends: Mapping[str, JobBackend] = {"local": local, "azureml": azure}
    cloud = AzureMLCloud(azure)
    lists = CloudLists(cloud, places.lists)
    return Workbench(
        places=places,
        settings=settings,
        plugins=plugins,
        toolchains=toolchains,
        archive=archive,
        store=store,
        monitor=RunMonitor(backends, archive, store),
        backends=backends,
        jobs=JobService(plugins, backends, Clusters(cloud, lists), logged_by(store.runs)),
        cloud=cloud,
        lists=lists,
        later_exports=Later(lambda: _exports(places, plugins, toolchains)),
        later_plugin_manager=Later(lambda: _plugin_manager(places, settings, plugins)),
    )


def _exports(places: Places, plugins: PluginHost, toolchains: Toolchains) -> Exports:
    from desktop_app.services.exports.service import Exports

    return Exports(places, plugins, toolchains)


def _plugin_manager(places: Places, settings: Settings, plugins: PluginHost) -> PluginManager:
    from desktop_app.services.plugins.installing.manager import PluginManager

    return PluginManager(places, settings, plugins)


@dataclass(frozen=True, slots=True)
class LocalPorts:
    """What the local backend asks of the services above it, which it may not import."""

    plugins: PluginHost
    toolchains: Toolchains
    home: Path
    metrics: TensorBoardReader = field(default_factory=TensorBoardReader)

    def host(self) -> Host:
        """Return this machine."""
        return this_host()

    def controller(self) -> Sequence[str]:
        """Return the words that, with the name of a sweep's run, start its controller in this program's own Python."""
        script = Path(__file__).with_name("cli") / "control_sweep.py"
        return (sys.executable, "-I", str(script), str(self.home.absolute()))

    def launch_plan(self, job: Job, host: Host) -> tuple[str, tuple[ProcessSpec, ...]] | None:
        """Return the processes a job means, with the id of the plugin that says so."""
        return self.plugins.launch_plan(job, host)

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        """Return what the plugins see in a script."""
        return self.plugins.scan_script(source)

    async def interpreter_for(self, plugin_id: str | None, imports: Sequence[str]) -> InterpreterChoice:
        """Return the Python that a plugin's jobs run in, and what it lacks."""
        return await self.toolchains.interpreter_for(plugin_id, imports)

    async def tensorboard(self, folders: Sequence[str]) -> Sequence[MetricPoint]:
        """Return the scalars of the TensorBoard event files below `folders`."""
        return await self.metrics.read(folders)


@dataclass(frozen=True, slots=True)
class AzureRanks:
    """What the Azure ML backend asks of the plugins."""

    plugins: PluginHost

    def rank_table(self, job: Job, first: int, count: int) -> RankTable:
        """Return what a job's processes will see."""
        return rank_table(self.plugins, job, first, count)


@dataclass(frozen=True, slots=True)
class AzureClient:
    """The Python in which the Azure ML client lives: a toolchain of the program's own, made when it is first needed."""

    toolchains: Toolchains

    async def python(self, progress: Progress) -> str:
        """Return it."""
        return str((await self.toolchains.create(azure_client.NAME, progress)).python)
