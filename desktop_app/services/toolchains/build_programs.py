"""The programs that a build needs: which are missing here, and the command that installs them on this system."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence

from desktop_app.api import OutsideError, WheelBuild

_MPI = ("mpicc", "mpicxx", "mpirun")
# Source: the package lists of Debian 12, Fedora 42 and Homebrew, 2026-11.
_PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "apt-get": {
        "cc": ("gcc",), "c++": ("g++",), "gcc": ("gcc",), "g++": ("g++",),
        **dict.fromkeys(_MPI, ("libopenmpi-dev", "openmpi-bin")), "mpirun": ("openmpi-bin",),
    },
    "dnf": {
        "cc": ("gcc",), "c++": ("gcc-c++",), "g++": ("gcc-c++",), "ninja": ("ninja-build",),
        **dict.fromkeys(_MPI, ("openmpi-devel",)),
    },
    "brew": {**dict.fromkeys(_MPI, ("open-mpi",))},
}  # fmt: skip
_XCODE = ("cc", "c++", "gcc", "g++", "make")
Which = Callable[[str], object]


def missing_programs(build: WheelBuild, which: Which = shutil.which) -> list[str]:
    """Return the programs that are not on the PATH, in the plugin's order."""
    return [each for each in build.programs if not which(each)]


def require(builds: Sequence[WheelBuild]) -> None:
    """Raise OutsideError where a program is missing; it says how to get it."""
    for build in builds:
        lacking = missing_programs(build)
        if lacking:
            message = f"{title(build)} can't be built here: {listed(lacking)} {is_or_are(lacking)} missing."
            raise OutsideError(message, hint=advice(lacking, title(build)))


def title(build: WheelBuild) -> str:
    """Return `horovod 0.28.1`."""
    return build.requirement.replace("==", " ")


def listed(names: Sequence[str]) -> str:
    """Return `cmake`, `cmake and make` or `cmake, make and mpicxx`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def advice(programs: Sequence[str], what: str, which: Which = shutil.which, platform: str = sys.platform) -> str:
    """Return what a person does about missing programs on this system."""
    if platform == "win32":
        return f"{what} is not built on Windows: use Rank Zero in the Windows Subsystem for Linux (`wsl --install`)."
    command = command_for(programs, which, platform)
    if command:
        return f"Install what is missing and try again: {command}."
    return f"Install {listed(list(programs))} with your system's packages and try again."


def command_for(programs: Sequence[str], which: Which = shutil.which, platform: str = sys.platform) -> str:
    """Return the command that installs programs, in backquotes; empty where this system's is not known."""
    tool = next((each for each in _PACKAGES if which(each)), "")
    if platform == "darwin":
        own = [each for each in programs if each not in _XCODE]
        parts = ["`xcode-select --install`"] if len(own) < len(programs) else []
        return " and ".join([*parts, *([f"`brew install {_names('brew', own)}`"] if own else [])])
    if not tool or tool == "brew":
        return ""
    sudo = "" if getattr(os, "geteuid", lambda: 0)() == 0 else "sudo "
    loaded = (
        ", then `module load mpi/openmpi-x86_64`" if tool == "dnf" and any(each in _MPI for each in programs) else ""
    )
    return f"`{sudo}{tool} install {_names(tool, programs)}`{loaded}"


def _names(tool: str, programs: Sequence[str]) -> str:
    known = _PACKAGES[tool]
    return " ".join(dict.fromkeys(name for each in programs for name in known.get(each, (each,))))


def is_or_are(names: Sequence[str]) -> str:
    """Return the verb for some names."""
    return "is" if len(names) == 1 else "are"
