"""What a test hands to a plugin: a machine, a context, a script's scan, a job, the same in every test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.api.forms import Answers
from desktop_app.api.jobs import Job
from desktop_app.api.plans import Host
from desktop_app.api.scripts import ScriptArgument, ScriptScan
from desktop_app.api.wizards import WizardContext


def fake_host(*, cpu_count: int = 4, gpus: int = 0, python: str = "/usr/bin/python3") -> Host:
    """Return a machine that is the same in every test, with as many GPUs as a test wants."""
    names = tuple(f"Test GPU {number}" for number in range(gpus))
    return Host(("/bin/sh", "-c"), cpu_count=cpu_count, gpus=names, python=python)


def fake_context(
    folder: Path | None = None,
    *,
    host: Host | None = None,
    scan: ScriptScan | None = None,
    job: Job | None = None,
    settings: Answers | None = None,
) -> WizardContext:
    """Return what a wizard may know beside the answers; `settings` are what a person chose of the plugin's own."""
    return WizardContext(
        folder=folder or Path.cwd(), host=host or fake_host(), scan=scan, job=job, settings=settings or {}
    )


def fake_job(command: str = "python train.py", **changes: Any) -> Job:
    """Return a job of one process, with whatever of a Job a test wants to be otherwise."""
    return Job(**{"command": command, "code": ".", "environment": "azureml:some-environment@latest", **changes})


def fake_scan(*flags: str, **changes: Any) -> ScriptScan:
    """Return what is seen in a script that takes these flags as texts, with whatever a test wants to be otherwise."""
    arguments = tuple(ScriptArgument(each, each.lstrip("-").replace("-", "_")) for each in flags)
    return ScriptScan(**{"arguments": arguments, **changes})
