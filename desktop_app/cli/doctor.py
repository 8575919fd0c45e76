"""What this machine has: Qt, toolchains, mpirun, GPUs; what is missing and how to get it."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from desktop_app import __version__
from desktop_app.cli import console
from desktop_app.cli.displays import display_trouble
from desktop_app.cli.plugins_words import failure_words, why_text
from desktop_app.compose import open_workbench
from desktop_app.services.host import cpu_count, gpu_names
from desktop_app.services.plugins import PluginInfo
from desktop_app.services.toolchains import Toolchain, Toolchains
from desktop_app.services.toolchains.build_programs import command_for, listed, title
from desktop_app.services.workbench import Workbench

FIRST = "pytorch"
"""The toolchain of the sample's first job."""
_PATIENCE = 20.0  # seconds for a program to tell its version
_QT = "from PySide6 import QtCore, QtGui, QtWidgets; print(QtCore.__version__)"
LEAST_ROOM = 200_000_000
"""With fewer bytes free, a run fails for want of room sooner or later."""

MENDED_BY = {
    "blocked": "`rankzero plugins update {0}` or `rankzero plugins remove {0}`",
    "changed": "",
    "three-starts": "`rankzero plugins enable {0}`",
    "left-mark": "`rankzero plugins enable {0}`",
}
"""What to do about a plugin that is off, by the word for what is wrong with it, where its reason doesn't say so."""


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
    yield mpirun()
    yield builders(workbench)
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


def mpirun() -> Check:
    """What starts the ranks of MPI jobs, its version and whose it is; the options that are used are Open MPI's."""
    where = shutil.which("mpirun")
    install = command_for(["mpirun"])
    advice = f"{install}, if jobs use MPI" if install else "install Open MPI, if jobs use MPI"
    if where is None:
        return Check("mpirun", "optional", "none", advice)
    said = _said(where, "--version")
    if match := re.search(r"Open MPI\)? v?(\d[\w.]*)", said):
        return Check("mpirun", "ok", f"Open MPI {match[1]} ({where})")
    whose = "MPICH" if "HYDRA" in said else "Intel MPI" if "Intel" in said else "one that does not say whose it is"
    return Check("mpirun", "optional", f"{whose} ({where})", f"jobs use Open MPI's: {advice}")


def builders(workbench: Workbench) -> Check:
    """The programs that toolchains are built with."""
    builds = [build for spec in workbench.plugins.toolchain_specs() for build in spec.builds]
    names = list(dict.fromkeys(name for build in builds for name in build.programs))
    lacking = [name for name in names if not shutil.which(name)]
    there = ", ".join(name for name in names if name not in lacking)
    if not lacking:
        return Check("Compilers", "ok", there or "none is needed")
    needing = [title(each) for each in builds if set(each.programs) & set(lacking)]
    command = command_for(lacking) or f"install {listed(lacking)}"
    return Check(
        "Compilers", "optional", f"no {listed(lacking)}", f"{command}, to build {listed(list(dict.fromkeys(needing)))}"
    )


def _said(*command: str) -> str:
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout + asked.stderr


def _plugins(workbench: Workbench) -> Iterator[Check]:
    workbench.plugins.load()
    yield from plugin_checks(workbench.plugins.plugins)
    manager = workbench.plugin_manager
    yield from (Check("Lists of plugins", "missing", each.message, each.hint) for each in manager.complaints())
    yield from (Check("Lists of plugins", "optional", each.message, each.hint) for each in manager.notices)


def plugin_checks(plugins: Iterable[PluginInfo]) -> Iterator[Check]:
    """Every plugin; one that fails, was changed or is blocked is something that won't work."""
    for each in plugins:
        failed = failure_words(each)
        good = each.state.value in ("ok", "disabled") and each.problem not in MENDED_BY and not failed
        found = f"{each.version} {each.state.value}"
        mend = MENDED_BY.get(each.problem, "" if good else "`rankzero plugins show {0}`").format(each.id)
        reason = why_text(each)
        advice = f"{reason.rstrip('.')}. {mend}" if mend else reason
        yield Check(f"Plugin {each.id}", "ok" if good else "missing", found, advice)


def _toolchains(workbench: Workbench) -> Iterator[Check]:
    for each in asyncio.run(_looked_at(workbench.toolchains)):
        if each.state == "ready":
            yield Check(f"Toolchain {each.name}", "ok", str(each.python))
            continue
        # What was never made is missed by jobs of its own kind alone; but the sample's is what a first run needs.
        never = each.origin == "made" and each.state == "missing" and each.name != FIRST
        verb = "create" if each.origin == "made" else "remove"
        advice = f"rankzero toolchains {verb} {each.name}{'' if verb == 'create' else ' takes the choice back'}"
        found = "not made yet" if never else each.reason or str(each.state)
        yield Check(f"Toolchain {each.name}", "optional" if never else "missing", found, advice)


async def _looked_at(toolchains: Toolchains) -> list[Toolchain]:
    return [await toolchains.look(each.name) for each in toolchains.list()]
