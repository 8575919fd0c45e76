"""The plugin host: knows every plugin, imports the enabled ones when first needed, and calls their hooks.

Those that ship with the program run in it, one at a time, on the thread that asks. Each other one runs in a process of
its own (`processes/`), side by side. It may be asked on any thread; who listens to `changed` is told on the event
loop's thread.
"""

from __future__ import annotations

import dataclasses
import functools
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from desktop_app.api import (
    Diagnostic,
    EnvironmentPreset,
    Explanation,
    FailureReport,
    FormSpec,
    Host,
    Job,
    JobWizard,
    OnnxExporter,
    ProcessSpec,
    RankTable,
    ScriptScan,
    ScriptSource,
    ToolchainSpec,
    UserError,
    VmSize,
)
from desktop_app.api._plugins import ImportedPlugin, unload
from desktop_app.api._plugins.own_settings import with_settings
from desktop_app.core.nearest import nearest
from desktop_app.places import Places, shipped
from desktop_app.services.on_loop import LoopSignal
from desktop_app.services.plugins.calling import called, imported
from desktop_app.services.plugins.discovery import Found, entry_points, find_plugins
from desktop_app.services.plugins.guards import Turns, guarded_wizard
from desktop_app.services.plugins.health import Health
from desktop_app.services.plugins.info import PluginInfo, PluginState
from desktop_app.services.plugins.plugin_settings import stored_settings
from desktop_app.services.plugins.processes import Cradles, Crew, FaultError, Member, Outcome, RefusedError
from desktop_app.services.plugins.processes.nursery import Cradle
from desktop_app.services.plugins.scripts import merged_scan, own_scan, parse_script
from desktop_app.services.plugins.states import States
from desktop_app.services.plugins.switched_off import switch
from desktop_app.services.plugins.translating import LANGUAGE, Translator
from desktop_app.services.settings import Settings


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
        self.was_asked = False
        self._folders = (bundled or shipped("plugins"), places.plugins)
        self._installed = installed
        self._settings = settings
        self._health = Health(places.plugins)
        self._states = States(settings, self._health, safe_mode=safe_mode)
        self._found: dict[str, Found] = {}
        self._infos: dict[str, PluginInfo] = {}
        self._imported: dict[str, ImportedPlugin] = {}
        self._members: dict[str, Member] = {}
        self._turns = Turns()
        self._cradles = Cradles()
        self._crew = Crew(self._cradles, places.cache / "plugin-bytecode", self._member_failed)
        weakref.finalize(self, self._cradles.close)
        self._translator = Translator(settings)
        settings.changed.connect(lambda key: self.changed.emit() if key == LANGUAGE else None)

    @property
    def plugins(self) -> tuple[PluginInfo, ...]:
        """Every plugin in the order of ids, also those that are off."""
        return tuple(map(self._translator.info, self._infos.values()))

    @property
    def switched_off(self) -> set[str]:
        """The plugins that this program switched off for their failures."""
        return self._states.switched_off

    @property
    def cradle(self) -> Cradle:
        """Where the processes of plugins come from, also those of plugins that are only tried."""
        return self._cradles

    @property
    def has_processes(self) -> bool:
        """Whether a plugin that is on runs in a process of its own: its hooks may take long, so threads call them."""
        return any(each.state is PluginState.OK and each.source != "bundled" for each in tuple(self._infos.values()))

    def be_a_helper(self) -> None:
        """Serve in a child of the program, which is no start: what fails here fails there too, and counts there."""
        self._health.is_start = False

    def discover(self) -> None:
        """Read all manifests anew; nothing is imported, and what was imported is forgotten."""
        with self._turns.lock:
            for plugin_id in (*self._imported, *self._members):
                self._forget(plugin_id)
            found = find_plugins(*self._folders, self._installed)
            self._found = {each.info.id: each for each in found}
            self._infos = {each.info.id: self._states.at_first(each) for each in found}
            self._translator.forget()
        self.changed.emit()

    def rediscover(self) -> None:
        """Read all manifests anew; only plugins that came, went or are another version now are touched."""
        with self._turns.lock:
            before = self._found
            self._found = {each.info.id: each for each in find_plugins(*self._folders, self._installed)}
            for plugin_id in before:
                if self._found.get(plugin_id) != before[plugin_id]:
                    self._forget(plugin_id)
            self._infos = {
                name: self._infos[name]
                if before.get(name) == each and self._states.stays(self._infos.get(name))
                else self._states.at_first(each)
                for name, each in self._found.items()
            }
            self._translator.forget()
        self.changed.emit()

    def load(self) -> None:
        """Import the enabled plugins that are not imported yet; one that fails is marked, and the others go on.

        A plugin whose hooks are known since it was installed starts when one of them is first needed.
        """
        self._load_bundled()
        members = self._enabled_members()
        for plugin_id, outcome in self._crew.load(members.values()).items():
            if isinstance(outcome, FaultError) and self._members.get(plugin_id) is members[plugin_id]:
                self._fail(plugin_id, outcome)

    def restart(self, plugin_id: str) -> None:
        """Have a plugin imported anew when it is next needed. Raises UserError for one that isn't there."""
        self._find(plugin_id)
        with self._turns.lock:
            self._restart(plugin_id)

    def close(self) -> None:
        """End the processes of all plugins; a hook that is called starts them again."""
        with self._turns.lock:
            for plugin_id in tuple(self._members):
                self._forget(plugin_id)
        self._cradles.close()

    def enable(self, plugin_id: str) -> None:
        """Switch a plugin on, for good; one that failed is tried again. Raises UserError for one that can't be."""
        found = self._find(plugin_id)
        if found.info.state is not PluginState.OK:
            self.rediscover()  # its folder may have been mended meanwhile, which may have given it its true id
            found = self._found.get(plugin_id, found)
        if plugin_id in self._found and found.info.state is not PluginState.OK:
            message = f"The plugin “{plugin_id}” can't be enabled: {self._infos[plugin_id].reason}"
            raise UserError(message, details=self._infos[plugin_id].details)
        with self._turns.lock:
            switch(self._settings, {plugin_id: False})
            self._health.forget(plugin_id)
            self._restart(plugin_id)

    def disable(self, plugin_id: str) -> None:
        """Switch a plugin off, for good, and take back everything that it added."""
        self._find(plugin_id)
        with self._turns.lock:
            switch(self._settings, {plugin_id: True})
            self._restart(plugin_id)

    def wizards(self, *, at_hand: bool = False) -> tuple[tuple[PluginInfo, JobWizard], ...]:
        """Return the ways to make a job, with the plugin that each comes from; only of this process if `at_hand`."""
        answers = self._call_each("job_wizards", at_hand=at_hand)
        return tuple(
            (info, guarded_wizard(info, each, self._turns.quiet) if info.source == "bundled" else each)
            for info, wizards in answers
            for each in self._with_settings(info, wizards)
        )

    def _with_settings(self, info: PluginInfo, wizards: Sequence[JobWizard]) -> Sequence[JobWizard]:
        """Return a plugin's wizards with functions that are handed what is stored of its settings at that moment."""
        found: Sequence[JobWizard] = with_settings(wizards, lambda _: stored_settings(self._settings, info.id))
        return found

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

    def onnx_exporters(self) -> tuple[tuple[PluginInfo, OnnxExporter], ...]:
        """Return the ways to ONNX, with the plugin that each comes from."""
        answers = self._call_each("onnx_exporters")
        return tuple((info, each) for info, exporters in answers for each in exporters)

    def settings_form(self, plugin_id: str) -> FormSpec:
        """Return what a plugin lets a person choose; an empty form for nothing. Raises UserError if it is off."""
        self._find(plugin_id)
        for _, form in self._call_each("settings_form", only=plugin_id):
            return form if isinstance(form, FormSpec) else FormSpec()
        info = next((each for each in self.plugins if each.id == plugin_id), None)
        if info is not None and info.state is not PluginState.OK:
            message = f"The plugin “{plugin_id}” is off, and its settings can't be shown: {info.reason}"
            raise UserError(message, details=info.details)
        return FormSpec()

    def toolchain_specs(self) -> tuple[ToolchainSpec, ...]:
        """Return the toolchains that enabled plugins declare; read from their manifests, nothing is imported."""
        return tuple(spec for info in self.plugins if info.state is PluginState.OK for spec in info.toolchains)

    def _call_each(
        self,
        hook: str,
        passes: tuple[type[BaseException], ...] = (),
        only: str = "",
        at_hand: bool = False,
        **arguments: Any,
    ) -> Iterator[tuple[PluginInfo, Any]]:
        """Call one hook of each plugin; yields a plugin with its checked result, leaving out None and who fails.

        Processes are asked first, all of them, and what runs in this one meanwhile. `at_hand` leaves processes out.
        """
        self.was_asked = True
        self._load_bundled()
        members, found = {} if at_hand else self._enabled_members(), dict[str, Outcome]()

        def meanwhile() -> None:
            for name, plugin in sorted(self._imported.copy().items()):
                if only in ("", name):
                    found[name] = self._outcome(name, plugin, hook, arguments)

        asked = [each for name, each in members.items() if only in ("", name)]
        own = functools.partial(self._own_arguments, hook)
        found |= self._crew.ask(asked, hook, arguments, own, meanwhile)
        for name in sorted(found):
            if name not in members or self._members.get(name) is members[name]:
                yield from self._told(name, hook, found[name], passes)

    def _told(
        self, plugin_id: str, hook: str, outcome: Outcome, passes: tuple[type[BaseException], ...]
    ) -> Iterator[tuple[PluginInfo, Any]]:
        info = self._infos.get(plugin_id)
        if isinstance(outcome, RefusedError):
            if isinstance(outcome.error, passes) and info is not None and info.folder is not None:
                raise self._translator.refusal(outcome.error, info.folder) from outcome.error
            outcome = outcome.fault
        if isinstance(outcome, FaultError):
            self._fail(plugin_id, outcome, hook)
        elif outcome is not None and info is not None:
            if self._health.does_well(plugin_id, hook):
                self._made_good(plugin_id)
            yield from (self._translator.answer(info, each) for each in outcome)

    def _outcome(self, plugin_id: str, plugin: ImportedPlugin, hook: str, arguments: Mapping[str, Any]) -> Outcome:
        """Call a hook of a plugin in this process, unless another thread has taken the plugin back meanwhile."""
        with self._turns.quiet():
            if hook not in plugin.hooks or self._imported.get(plugin_id) is not plugin:
                return None
            return called(plugin, hook, {**arguments, **self._own_arguments(hook, plugin_id)})

    def _own_arguments(self, hook: str, plugin_id: str) -> Mapping[str, Any]:
        return {} if hook == "settings_form" else {"settings": stored_settings(self._settings, plugin_id)}

    def _load_bundled(self) -> None:
        with self._turns.lock:
            for info in tuple(self._infos.values()):
                if info.state is PluginState.OK and info.source == "bundled" and info.id not in self._imported:
                    self._load(self._found[info.id])

    def _load(self, found: Found) -> None:
        assert found.manifest is not None
        with self._turns.quiet():
            outcome = imported(found.manifest)
        if isinstance(outcome, FaultError):
            self._fail(found.info.id, outcome)
        else:
            self._imported[found.info.id] = outcome

    def _enabled_members(self) -> dict[str, Member]:
        """Return the enabled plugins that run, or will run, in processes of their own."""
        with self._turns.lock:
            for info in self._infos.values():
                if info.state is PluginState.OK and info.source != "bundled" and info.id not in self._members:
                    self._members[info.id] = _member(self._found[info.id])
            return self._members.copy()

    def _member_failed(self, member: Member, fault: FaultError) -> None:
        if self._members.get(member.id) is member:
            self._fail(member.id, fault)

    def _made_good(self, plugin_id: str) -> None:
        with self._turns.lock:
            if info := self._infos.get(plugin_id):
                self._infos[plugin_id] = dataclasses.replace(info, last_failure=None)

    def _fail(self, plugin_id: str, fault: FaultError, hook: str = "") -> None:
        with self._turns.lock:
            info = self._infos.get(plugin_id)
            if info is not None:
                self._infos[plugin_id] = self._states.failed(info, fault, hook)
            self._forget(plugin_id)
        self.changed.emit()

    def _forget(self, plugin_id: str) -> None:
        plugin = self._imported.pop(plugin_id, None)
        if plugin is not None:
            unload(plugin.package)
        member = self._members.pop(plugin_id, None)
        if member is not None:
            self._crew.forget(member)

    def _restart(self, plugin_id: str) -> None:
        self._forget(plugin_id)
        if plugin_id in self._found:
            self._infos[plugin_id] = self._states.at_first(self._found[plugin_id])
        self.changed.emit()

    def _find(self, plugin_id: str) -> Found:
        if plugin_id in self._found:
            return self._found[plugin_id]
        raise UserError(f"There is no plugin “{plugin_id}”.", hint=nearest(plugin_id, list(self._found)))


def _member(found: Found) -> Member:
    assert found.manifest is not None
    path = tuple(map(str, found.paths))
    if found.package is not None and not path:  # it lies in the program's own environment
        path = (str(found.manifest.folder.parents[found.package.count(".")]),)
    return Member(found.info.id, found.info.name, found.manifest, found.package, path, found.hooks)
