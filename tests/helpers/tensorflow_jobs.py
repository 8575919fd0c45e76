"""Jobs, hosts and wizard contexts for the tests of the TensorFlow plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, Distribution, Host, Job, Resources, ScriptScan, ScriptSource, WizardContext
from plugins.tensorflow import environments
from plugins.tensorflow.scan import scan
from tests.helpers.pytorch_jobs import VM_SIZES

HOST = Host(("/bin/bash", "-c"), cpu_count=2, python="python", ports=tuple(range(20001, 20010)))


def tensorflow_job(
    command: str = "python train.py",
    *,
    nodes: int | None = 2,
    workers: int | None = None,
    servers: int | None = None,
    per_node: int | None = None,
    **others: Any,
) -> Job:
    """Return a job of distribution type tensorflow."""
    return Job(
        command=command,
        distribution=Distribution("tensorflow", per_node, worker_count=workers, parameter_server_count=servers),
        resources=Resources(instance_count=nodes),
        **others,
    )


def scanned(text: str) -> ScriptScan:
    """Return the plugin's scan of a script."""
    found = scan(ScriptSource("train.py", text))
    assert found is not None
    return found


def findings(text: str) -> dict[str, Diagnostic]:
    """Return the findings in a script, by code."""
    return {each.code: each for each in scanned(text).findings}


def wizard_context(folder: Path, script: str = "", *, host: Host = HOST) -> WizardContext:
    """Return what a wizard knows once a script with this text was picked; make it as `src/train.py`."""
    path = folder / "src" / "train.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, "utf-8")
    found = scan(ScriptSource("train.py", script)) if script else None
    return WizardContext(folder, host, found, environments.presets(), VM_SIZES)
