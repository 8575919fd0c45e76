"""What this machine has: Qt, toolchains, mpirun, GPUs; what is missing and how to get it."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app import __version__
from desktop_app.cli import console
from desktop_app.cli.displays import display_trouble
from desktop_app.compose import open_workbench
from desktop_app.services.host import cpu_count, gpu_names
from desktop_app.services.toolchains import Toolchain, Toolchains
from desktop_app.services.workbench import Workbench

_QT = "from PySide6 import QtCore, QtGui, QtWidgets; print(QtCore.__version__)"
LEAST_ROOM = 200_000_000
"""With fewer bytes free, a run fails for want of room sooner or later."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `status` is ok, missing (something will not work) or optional (absent, and that is fine)."""

    name: str
    status: str
    found: str
    advice: str = ""


def configure(_parser: ArgumentParser) -> None:
    """Nothing to add."""


def run(options: Namespace) -> int:
    """Look and print; exits 3 if something is missing that a first run needs."""
    checks = list(examine(open_workbench(options.home, options.safe_mode)))
    missing = any(each.status == "missing" for each in checks)
    if options.json:
        console.document({"version": __version__, "checks": [asdict(each) for each in checks], "ok": not missing})
    else:
        console.table(("CHECK", "STATUS", "FOUND", "WHAT TO DO"), [tuple(asdict(each).values()) for each in checks])
    return 3 if missing else 0


def examine(workbench: Workbench) -> Iterator[Check]:
    """Yield every check, in the order a person would ask."""
    yield Check("Python", "ok", f"{platform.python_version()} ({sys.executable})")
    yield qt()
    yield display()
    yield writable("State", workbench.places.home)
    yield writable("Cache", workbench.places.cache)
    yield from _plugins(workbench)
    yield from _toolchains(workbench)
    yield Check("Cores", "ok", str(cpu_count()))
    yield gpus()
    yield tool("mpirun", "apt-get install openmpi-bin, if jobs use MPI")
    yield tool("git", "install git, if runs should remember the commit they came from")


def qt() -> Check:
    """Load Qt in a process of its own, so that a missing library is an answer and no crash."""
    asked = subprocess.run([sys.executable, "-c", _QT], capture_output=True, text=True, timeout=120, check=False)
    if asked.returncode == 0:
        return Check("Qt", "ok", asked.stdout.strip())
    reason = (asked.stderr.strip().splitlines() or ["it does not load"])[-1]
    return Check("Qt", "missing", reason, "python3 installer/bootstrap.py run installs or names what is missing")


def display() -> Check:
    """Whether the window can be shown here."""
    trouble = display_trouble()
    if not trouble:
        return Check("Display", "ok", os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "there is one")
    return Check("Display", "optional", f"none: {trouble}", "every verb but `open` works without one")


def writable(name: str, folder: Path) -> Check:
    """Whether a folder of ours can be written, and what room is left for it."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Check(name, "missing", f"{folder}: {error.strerror}", "make it writable, or choose another place")
    free = shutil.disk_usage(existing).free
    found = f"{folder}, {free / 1e9:.1f} GB free"
    if free < LEAST_ROOM:
        return Check(name, "missing", found, "free some space, or choose another place")
    return Check(name, "ok", found)


def gpus() -> Check:
    """The GPUs that the driver knows."""
    names = gpu_names()
    return Check("GPUs", "ok", ", ".join(names)) if names else Check("GPUs", "optional", "none", "jobs run on the CPU")


def tool(name: str, advice: str) -> Check:
    """A program on the path."""
    where = shutil.which(name)
    return Check(name, "ok", where) if where else Check(name, "optional", "none", advice)


def _plugins(workbench: Workbench) -> Iterator[Check]:
    workbench.plugins.load()
    for each in workbench.plugins.plugins:
        good = each.state.value in ("ok", "disabled")
        found = f"{each.version} {each.state.value}"
        yield Check(f"Plugin {each.id}", "ok" if good else "missing", found, each.reason)


def _toolchains(workbench: Workbench) -> Iterator[Check]:
    for each in asyncio.run(_looked_at(workbench.toolchains)):
        if each.state == "ready":
            yield Check(f"Toolchain {each.name}", "ok", str(each.python))
        else:
            verb = "create" if each.origin == "made" else "remove"
            advice = f"rankzero toolchains {verb} {each.name}{'' if verb == 'create' else ' takes the choice back'}"
            yield Check(f"Toolchain {each.name}", "missing", each.reason or str(each.state), advice)


async def _looked_at(toolchains: Toolchains) -> list[Toolchain]:
    return [await toolchains.look(each.name) for each in toolchains.list()]
