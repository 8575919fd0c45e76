"""What this machine offers a job, asked without starting a process: cores, GPUs, a shell, programs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from desktop_app.api import Host

PROGRAMS = ("mpirun", "horovodrun", "ray", "deepspeed")
_NVIDIA = Path("/proc/driver/nvidia/gpus")


def this_host(python: str = "") -> Host:
    """Return what a plugin may know of this machine; quick enough for every keystroke in a wizard."""
    return Host(
        shell=shell(), cpu_count=cpu_count(), gpus=gpu_names(), python=python, programs=programs(), is_root=is_root()
    )


def shell() -> tuple[str, ...]:
    """Return what runs a command line that is given as one more argument."""
    return ("cmd", "/d", "/s", "/c") if sys.platform == "win32" else ("/bin/bash", "-c")


def cpu_count() -> int:
    """Return the number of cores that this process may use, which in a container is less than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def programs(path: str | None = None) -> dict[str, str]:
    """Return the files behind the programs that start ranks, links followed; those on the PATH alone."""
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    return {name: os.path.realpath(file) for name, file in found.items() if file}


def is_root() -> bool:
    """Whether this program has all rights; mpirun wants to be told that this is meant."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def gpu_names(driver: Path = _NVIDIA) -> tuple[str, ...]:
    """Return the models of the NVIDIA GPUs by what the driver publishes; elsewhere than on Linux nothing is known."""
    try:
        folders = sorted(driver.iterdir())
    except OSError:
        return ()
    return tuple(_model(each / "information") for each in folders)


def _model(information: Path) -> str:
    try:
        lines = information.read_text("utf-8", "replace").splitlines()
    except OSError:
        return "NVIDIA GPU"
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("Model:"))
    return next(models, "") or "NVIDIA GPU"
