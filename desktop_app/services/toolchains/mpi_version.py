"""Which MPI a build links: a wheel that was built with another release's is another wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence

from desktop_app.api import WheelBuild

_PATIENCE = 10.0  # seconds; it takes some hundredths
_VERSION = re.compile(r"\d+(\.\d+)+")


def linked_by(build: WheelBuild, first: str) -> dict[str, str]:
    """Return `{"mpi": "Open MPI 4.1.4"}` for a build by a compiler of MPI's, which is looked for in `first` first.

    Where the compiler is not there, as for a wheel that was built before, mpirun says which MPI it is.
    """
    compilers = [each for each in build.programs if each.startswith("mpi")]
    path = os.pathsep.join([first, os.environ.get("PATH", os.defpath)])
    asked = [[each, option] for each in compilers for option in ("--showme:version", "-v")]  # Open MPI's, and others'
    for program, option in [*asked, ["mpirun", "--version"]] if compilers else []:
        found = shutil.which(program, path=path)
        if found and (version := _version([found, option])):
            return {"mpi": version}
    return {}


def _version(command: Sequence[str]) -> str:
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.search(asked.stdout)
    maker = "Open MPI" if "open mpi" in asked.stdout.lower() or "open-mpi" in asked.stdout.lower() else "MPI"
    return f"{maker} {found[0]}" if found and asked.returncode == 0 else ""
