"""The plugin host: knows every plugin, imports the enabled ones when first needed, calls them one by one.

It may be asked on any thread. Plugins are imported and called one at a time, on the thread that asks; who listens to
`changed` is told on the event loop's thread.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from desktop_app.api import (
    Diagnostic,
    EnvironmentPreset,
    Explanation,
    FailureReport,
    Host,
    Job,
    JobWizard,
    ProcessSpec,
    RankTable,
    ScriptScan,
    ScriptSource,
    ToolchainSpec,
    UserError,
    VmSize,
)
from desktop_app.api._plugins import GarbageError, ImportedPlugin, checked, import_plugin, unload
from desktop_app.core.nearest import nearest
from desktop_app.places import Places, shipped
from desktop_app.services.on_loop import LoopSignal
from desktop_app.services.plugins.discovery import Found, entry_points, find_plugins
from desktop_app.services.plugins.guards import Turns, guarded_wizard
from desktop_app.services.plugins.info import PluginInfo, PluginState, info_of
from desktop_app.services.plugins.marks import Marks
from desktop_app.services.plugins.scripts import merged_scan, own_scan, parse_script
from desktop_app.services.settings import Settings

DISABLED = "plugins.disabled"


class PluginHost:
    """All plugins, by id. Safe mode takes those that ship with the program and leaves all others out."""

    def __init__(
        self,
        places: Places,
        settings: Settings,
        *,
        safe_mode: bool = False,
        bundled: Path | None = None,
        installed: Callable[[], Iterable[metadata.EntryPoint]] = entry_points,
    ) -> None:
        self.changed: LoopSignal[[]] = LoopSignal()
        self.safe_mode = safe_mode
        self._folders = (bundled or shipped("plugins"), places.plugins)
        self._installed = installed
        self._settings = settings
        self._marks = Marks(places.home / ".plugins-being-imported")
        self._found: dict[str, Found] = {}
        self._infos: dict[str, PluginInfo] = {}
        self._imported: dict[str, ImportedPlugin] = {}
        self._turns = Turns()

    @property
    def plugins(self) -> tuple[PluginInfo, ...]:
        """Every plugin in the order of ids, also those that are off."""
        return tuple(self._infos.values())

    def discover(self) -> None:
        """Read all manifests anew; nothing is imported, and what was imported is forgotten."""
        with self._turns.lock:
            for plugin_id in tuple(self._imported):
                self._forget(plugin_id)
            found = find_plugins(*self._folders, self._installed)
            self._found = {each.info.id: each for each in found}
            self._infos = {each.info.id: self._at_first(each) for each in found}
        self.changed.emit()

    def load(self) -> None:
        """Import the enabled plugins that are not imported yet; one that fails is marked, and the others go on."""
        with self._turns.lock:
            for info in self.plugins:
                if info.state is PluginState.OK and info.id not in self._imported:
                    self._load(self._found[info.id])

    def enable(self, plugin_id: str) -> None:
        """Switch a plugin on, for good; one that failed is tried again. Raises UserError for one that can't be."""
        found = self._find(plugin_id)
        if found.info.state is not PluginState.OK:
            self.discover()  # its folder may have been mended meanwhile, which may have given it its true id
            found = self._found.get(plugin_id, found)
        if plugin_id in self._found and found.info.state is not PluginState.OK:
            message = f"The plugin “{plugin_id}” can't be enabled: {self._infos[plugin_id].reason}"
            raise UserError(message, details=self._infos[plugin_id].details)
        with self._turns.lock:
            self._set_disabled(self._disabled() - {plugin_id})
            self._marks.clear(plugin_id)
            self._restart(plugin_id)

    def disable(self, plugin_id: str) -> None:
        """Switch a plugin off, for good, and take back everything that it added."""
        self._find(plugin_id)
        with self._turns.lock:
            self._set_disabled(self._disabled() | {plugin_id})
            self._restart(plugin_id)

    def wizards(self) -> tuple[tuple[PluginInfo, JobWizard], ...]:
        """Return the ways to make a job, with the plugin that each comes from."""
        answers = self._call_each("job_wizards")
        return tuple(
            (info, guarded_wizard(info, each, self._turns.quiet)) for info, wizards in answers for each in wizards
        )

    def environment_presets(self) -> tuple[EnvironmentPreset, ...]:
        """Return the environments to start from."""
        return tuple(each for _, presets in self._call_each("environment_presets") for each in presets)

    def launch_plan(self, job: Job, host: Host) -> tuple[str, tuple[ProcessSpec, ...]] | None:
        """Return the processes a job means, with the id of the first plugin that knows; None if none does.

        A UserError of the plugin is for the person and goes through.
        """
        for info, processes in self._call_each("launch_plan", passes=(UserError,), job=job, host=host):
            if processes:
                return info.id, processes
        return None

    def rank_table(self, job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
        """Return what the processes of a job will see on Azure ML, by the first plugin that knows; None if none does.

        Of the rows only those from rank `first` on, at most `count` of them.
        """
        for _, table in self._call_each("rank_table", job=job, size=size, first=first, count=count):
            if isinstance(table, RankTable):
                return table
        return None

    def explain_failure(self, report: FailureReport) -> tuple[Explanation, ...]:
        """Return what the plugins recognise in a failed run's logs: causes first, then echoes."""
        found = [each for _, explained in self._call_each("explain_failure", report=report) for each in explained]
        return tuple(sorted(found, key=lambda each: each.is_echo))

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        """Return what the plugins see in a script. Raises UserError, with the line, for one that does not parse."""
        tree = parse_script(source)
        scans = tuple(scan for _, scan in self._call_each("scan_script", source=source))
        return merged_scan(scans) if scans else own_scan(tree)

    def check_job(self, job: Job) -> tuple[Diagnostic, ...]:
        """Return what the plugins find wrong with a job."""
        return tuple(each for _, found in self._call_each("check_job", job=job) for each in found)

    def check_environment(self, job: Job) -> tuple[Diagnostic, ...]:
        """Return what the plugins find wrong with a job's environment; nothing for a job that names none."""
        if job.environment is None:
            return ()
        answers = self._call_each("check_environment", environment=job.environment, job=job)
        return tuple(each for _, found in answers for each in found)

    def toolchain_specs(self) -> tuple[ToolchainSpec, ...]:
        """Return the toolchains that enabled plugins declare; read from their manifests, nothing is imported."""
        return tuple(spec for info in self.plugins if info.state is PluginState.OK for spec in info.toolchains)

    def _call_each(
        self, hook: str, passes: tuple[type[BaseException], ...] = (), **arguments: Any
    ) -> Iterator[tuple[PluginInfo, Any]]:
        """Call one hook of each plugin; yields a plugin with its checked result, leaving out None and who fails."""
        self.load()
        for plugin_id, plugin in sorted(self._imported.copy().items()):
            try:
                with self._turns.quiet():
                    results = self._results(plugin_id, plugin, hook, arguments)
            except BaseException as error:  # sys.exit() in a plugin must not end the program
                if isinstance(error, (KeyboardInterrupt, *passes)):
                    raise
                self._fail(plugin_id, f"Its hook {hook} failed", error)
            else:
                info = self._infos.get(plugin_id)
                yield from ((info, each) for each in results if info is not None)

    def _results(self, plugin_id: str, plugin: ImportedPlugin, hook: str, arguments: dict[str, Any]) -> list[Any]:
        """Call a hook of a plugin, unless another thread has taken the plugin back meanwhile."""
        if hook not in plugin.hooks or self._imported.get(plugin_id) is not plugin:
            return []
        return [checked(hook, each) for each in plugin.call(hook, **arguments)]

    def _load(self, found: Found) -> None:
        assert found.manifest is not None
        try:
            with self._turns.quiet(), self._marked(found.info):
                self._imported[found.info.id] = import_plugin(found.manifest, found.package)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a plugin raises at import is its own affair
            self._fail(found.info.id, "Its import failed", error)

    def _marked(self, info: PluginInfo) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext() if info.source == "bundled" else self._marks.during(info.id)

    def _fail(self, plugin_id: str, what: str, error: BaseException) -> None:
        reason = str(error) if isinstance(error, GarbageError) else f"{what}: {_in_short(error)}"
        details = "".join(traceback.format_exception(error, limit=-30))
        with self._turns.lock:
            if plugin_id in self._infos:
                self._infos[plugin_id] = self._infos[plugin_id].off(PluginState.FAILED, reason, details)
            self._forget(plugin_id)
        self.changed.emit()

    def _forget(self, plugin_id: str) -> None:
        plugin = self._imported.pop(plugin_id, None)
        if plugin is not None:
            unload(plugin.package)

    def _restart(self, plugin_id: str) -> None:
        self._forget(plugin_id)
        if plugin_id in self._found:
            self._infos[plugin_id] = self._at_first(self._found[plugin_id])
        self.changed.emit()

    def _find(self, plugin_id: str) -> Found:
        if plugin_id in self._found:
            return self._found[plugin_id]
        raise UserError(f"There is no plugin “{plugin_id}”.", hint=nearest(plugin_id, list(self._found)))

    def _at_first(self, found: Found) -> PluginInfo:
        """Return a plugin's info before anything of it is imported."""
        info = info_of(found.manifest, found.info.source) if found.manifest else found.info
        if info.state is not PluginState.OK:
            return info
        if info.id in self._disabled():
            return info.off(PluginState.DISABLED, "It is switched off.")
        if self.safe_mode and info.source != "bundled":
            return info.off(PluginState.DISABLED, "Safe mode: only plugins that ship with the program take part.")
        if self._marks.is_left(info.id):
            reason = "The program ended while it was being imported the last time; enabling it tries again."
            return info.off(PluginState.FAILED, reason)
        return info

    def _set_disabled(self, ids: frozenset[str]) -> None:
        self._settings.set(DISABLED, [*sorted(ids)] or None)

    def _disabled(self) -> frozenset[str]:
        value = self._settings.get(DISABLED, [])
        return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()


def _in_short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else f"{type(error).__name__}."
