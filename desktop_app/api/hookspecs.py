"""The hooks: what a plugin can contribute. Synchronous, quick, free of side effects, free of Qt.

A plugin's hook module defines functions of these names, marked with `hookimpl`. The host calls each plugin
separately: one that raises is marked as failed and left out, and the others go on.

Threads: a plugin is imported and called on the thread of whoever asks, which may be the window's or a worker
thread's, another one each time. Calls are serialised: of all plugins of a program, wizards included, one function
runs at a time, and the others wait. So a plugin needs no locks for its own data, but must not count on a certain
thread, on `threading.local`, or on an event loop, and must not wait for another thread that calls a plugin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pluggy

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.environments import EnvironmentPreset
from desktop_app.api.failures import Explanation, FailureReport
from desktop_app.api.forms import Value
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
    def environment_presets(self) -> Sequence[EnvironmentPreset]:
        """Called when environments to start from are listed; returns those this plugin knows, best first."""
        return cast("Sequence[EnvironmentPreset]", ())

    @hookspec
    def job_wizards(self) -> Sequence[JobWizard]:
        """Called when the ways to make a job are listed; returns this plugin's wizards, most used first."""
        return cast("Sequence[JobWizard]", ())

    @hookspec(firstresult=True)  # of one plugin's own functions; across plugins the host takes the first by id
    def launch_plan(self, job: Job, host: Host) -> Sequence[ProcessSpec] | None:
        """Called when a job is planned; returns every process it means, or None for a job of another kind.

        The command in `argv` keeps its `${{…}}` placeholders: the backend resolves them.
        """
        return None

    @hookspec(firstresult=True)
    def rank_table(self, job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
        """Called when a job's processes are shown; returns what they will see on Azure ML, or None for another kind.

        Only the rows from rank `first` on are wanted, at most `count` of them: a job may have thousands. `size` is
        the VM size of the job's nodes where that is known.
        """
        return None

    @hookspec
    def scan_script(self, source: ScriptSource) -> ScriptScan | None:
        """Called when a script is picked; returns what it uses and takes, or None if that is not known here.

        The script is read from its syntax tree and never run; one that does not parse raises SyntaxError
        before this hook is reached.
        """
        return None

    @hookspec
    def check_job(self, job: Job) -> Sequence[Diagnostic]:
        """Called when a job file is checked or planned; returns what is wrong with the job, with path and fix."""
        return cast("Sequence[Diagnostic]", ())

    @hookspec
    def check_environment(self, environment: str | Mapping[str, Value], job: Job) -> Sequence[Diagnostic]:
        """Called when a job names or describes an environment; returns what does not fit, with path and fix."""
        return cast("Sequence[Diagnostic]", ())

    @hookspec
    def explain_failure(self, report: FailureReport) -> Sequence[Explanation]:
        """Called when a run has failed; returns what this plugin knows in its logs, the cause before its echoes."""
        return cast("Sequence[Explanation]", ())
