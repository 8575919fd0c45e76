"""What the local backend needs of others: plugins, toolchains and the machine. The composition root hands it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from desktop_app.api import Diagnostic, Host, Job, MetricPoint, ProcessSpec, ScriptScan, ScriptSource


class Interpreter(Protocol):
    """The Python that a job runs in; `bin` is the folder that comes first on the PATH."""

    @property
    def name(self) -> str:
        """The toolchain's name."""

    @property
    def python(self) -> str:
        """The interpreter's path, empty where there is none."""

    @property
    def bin(self) -> str:
        """The folder of the interpreter and of commands such as torchrun."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What it lacks for the job, with the command that adds it."""


class Ports(Protocol):
    """Everything the backend asks of the services above it."""

    def host(self) -> Host:
        """Return this machine: shell, cores, GPUs."""

    def controller(self) -> Sequence[str]:
        """Return the words that, with the name of a sweep's run, start its controller."""

    def launch_plan(self, job: Job, host: Host) -> tuple[str, Sequence[ProcessSpec]] | None:
        """Return the processes a job means and the id of the plugin that says so, None for a plain command."""

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        """Return what the plugins see in a script. Raises UserError for one that does not parse."""

    async def interpreter_for(self, plugin_id: str | None, imports: Sequence[str]) -> Interpreter:
        """Return the Python for a plugin's jobs, and what it lacks of the imports."""

    async def tensorboard(self, folders: Sequence[str]) -> Sequence[MetricPoint]:
        """Return the scalars of the TensorBoard event files below the folders."""
