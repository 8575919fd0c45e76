"""The hooks: what a plugin can contribute. Synchronous, quick, free of side effects, free of Qt.

A plugin's hook module defines functions of these names, marked with `hookimpl`. The host calls each plugin
separately: one that raises is marked as failed and left out, and the others go on.

Processes: a plugin that does not ship with the program is imported and called in a process of its own, side by side
with other plugins. One that ships is called in the program, on whichever thread asks. Either way one function of a
plugin runs at a time, those of its wizards and exporters included, and it needs no locks for its own data; it must not
count on a certain thread, on an event loop, or on still being the process that it was: keep nothing between calls that
it could not do without.

`settings` are the plugin's own, by the names of its `settings_form`; a hook takes the parameter only if it wants it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pluggy

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.environments import EnvironmentPreset
from desktop_app.api.exports import OnnxExporter
from desktop_app.api.failures import Explanation, FailureReport
from desktop_app.api.forms import FormSpec, Value
from desktop_app.api.jobs import Job
from desktop_app.api.plans import Host, ProcessSpec
from desktop_app.api.ranks import RankTable
from desktop_app.api.scripts import ScriptScan, ScriptSource
from desktop_app.api.wizards import JobWizard, VmSize

PROJECT = "rankzero"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """The contract, one method per hook; plugins implement them as module-level functions without `self`."""

    @hookspec
    def environment_presets(self, settings: Mapping[str, Value]) -> Sequence[EnvironmentPreset]:
        """Called when environments to start from are listed; returns those this plugin knows, best first."""
        return cast("Sequence[EnvironmentPreset]", ())

    @hookspec
    def job_wizards(self, settings: Mapping[str, Value]) -> Sequence[JobWizard]:
        """Called when the ways to make a job are listed; returns this plugin's wizards, most used first."""
        return cast("Sequence[JobWizard]", ())

    @hookspec(firstresult=True)  # of one plugin's own functions; across plugins the host takes the first by id
    def launch_plan(self, job: Job, host: Host, settings: Mapping[str, Value]) -> Sequence[ProcessSpec] | None:
        """Called when a job is planned; returns every process it means, or None for a job of another kind.

        The command in `argv` keeps its `${{…}}` placeholders: the backend resolves them.
        """
        return None

    @hookspec(firstresult=True)
    def rank_table(
        self, job: Job, size: VmSize | None, first: int, count: int, settings: Mapping[str, Value]
    ) -> RankTable | None:
        """Called when a job's processes are shown; returns what they will see on Azure ML, or None for another kind.

        Only the rows from rank `first` on are wanted, at most `count` of them: a job may have thousands. `size` is
        the VM size of the job's nodes where that is known.
        """
        return None

    @hookspec
    def scan_script(self, source: ScriptSource, settings: Mapping[str, Value]) -> ScriptScan | None:
        """Called when a script is picked; returns what it uses and takes, or None if that is not known here.

        The script is read from its syntax tree and never run; one that does not parse raises SyntaxError
        before this hook is reached.
        """
        return None

    @hookspec
    def check_job(self, job: Job, settings: Mapping[str, Value]) -> Sequence[Diagnostic]:
        """Called when a job file is checked or planned; returns what is wrong with the job, with path and fix."""
        return cast("Sequence[Diagnostic]", ())

    @hookspec
    def check_environment(
        self, environment: str | Mapping[str, Value], job: Job, settings: Mapping[str, Value]
    ) -> Sequence[Diagnostic]:
        """Called when a job names or describes an environment; returns what does not fit, with path and fix."""
        return cast("Sequence[Diagnostic]", ())

    @hookspec
    def explain_failure(self, report: FailureReport, settings: Mapping[str, Value]) -> Sequence[Explanation]:
        """Called when a run has failed; returns what this plugin knows in its logs, the cause before its echoes."""
        return cast("Sequence[Explanation]", ())

    @hookspec
    def onnx_exporters(self, settings: Mapping[str, Value]) -> Sequence[OnnxExporter]:
        """Called when a model is to become ONNX; returns the ways there that this plugin knows, best first."""
        return cast("Sequence[OnnxExporter]", ())

    @hookspec(firstresult=True)
    def settings_form(self) -> FormSpec | None:
        """Called when the plugin's settings are shown, set or used; returns what a person may choose, or None.

        The answers are kept for each plugin, with the program's other settings. They are handed to every other hook
        that takes the parameter `settings`, and to wizards as `WizardContext.settings`: by field name, the default
        where nothing was chosen, or nothing that fits. No field asks for a file, a folder or a table.
        """
        return None
