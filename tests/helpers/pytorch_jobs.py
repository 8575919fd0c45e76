"""Jobs, hosts and wizard contexts for the tests of the PyTorch plugin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import (
    Diagnostic,
    Distribution,
    Host,
    Job,
    Resources,
    ScriptScan,
    ScriptSource,
    VmSize,
    WizardContext,
)
from plugins.pytorch import environments
from plugins.pytorch.scan import scan

HOST = Host(("/bin/bash", "-c"), cpu_count=2, python="python")
VM_SIZES = (
    VmSize("Standard_NC64as_T4_v3", gpus=4, vcpus=64, memory_gib=440, gpu_model="NVIDIA T4"),
    VmSize("Standard_ND96asr_v4", gpus=8, vcpus=96, memory_gib=900, gpu_model="NVIDIA A100", infiniband=True),
    VmSize("Standard_NC6", gpus=1, vcpus=6, memory_gib=56, gpu_model="NVIDIA K80", status="retired"),
    VmSize("Standard_D4ds_v5", gpus=0, vcpus=4, memory_gib=16),
)


def pytorch_job(
    command: str = "python train.py",
    *,
    nodes: int | None = 1,
    per_node: int | None = 2,
    size: str | None = None,
    **others: Any,
) -> Job:
    """Return a job of distribution type pytorch."""
    return Job(
        command=command,
        distribution=Distribution("pytorch", process_count_per_instance=per_node),
        resources=Resources(instance_count=nodes, instance_type=size),
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


def wizard_context(
    folder: Path, script: str = "", *, host: Host = HOST, sizes: tuple[VmSize, ...] = VM_SIZES
) -> WizardContext:
    """Return what a wizard knows once a script with this text was picked; make it as `src/train.py`."""
    path = folder / "src" / "train.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, "utf-8")
    return WizardContext(folder, host, scanned(script), environments.presets(), sizes)


def codes(found: Mapping[str, Diagnostic] | tuple[Diagnostic, ...]) -> list[str]:
    """Return the codes of diagnostics, sorted."""
    return sorted(found if isinstance(found, Mapping) else [each.code for each in found])
