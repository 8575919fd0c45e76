"""Looks at this machine's mpirun before a run: is there one, is it Open MPI's, and does the job call it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path, PurePath

from desktop_app.api import Host, UserError, simple_commands

STARTERS = frozenset({"mpirun", "mpiexec", "orterun", "prterun", "horovodrun"})
_MPICH = frozenset({"mpiexec.hydra", "mpirun.mpich", "mpiexec.mpich", "mpiexec.gforker"})
_OPEN_MPI = frozenset({"orterun", "prterun", "mpirun.openmpi"})
_PATIENCE = 5.0
"""Seconds for which a program may think about its version."""
_MOST = 20_000
_LINUX = (
    "Debian and Ubuntu: `sudo apt install openmpi-bin`. Fedora: `sudo dnf install openmpi`, then "
    "`module load mpi/openmpi-x86_64`."
)
_MAC = "`brew install open-mpi` installs it."


def check_mpirun(host: Host, nodes: int) -> None:
    """Raise UserError, with the way out, where this machine has no mpirun of Open MPI, or none that can play nodes."""
    if PurePath(host.shell[0]).stem.lower() == "cmd":
        message = "Open MPI, which starts the ranks of this job, does not exist for Windows."
        raise UserError(message, hint="Start Rank Zero in WSL (`wsl --install`) and run the job there.")
    found = host.programs.get("mpirun", "")
    if not found:
        message = "This job's ranks are started by mpirun, which is not installed here."
        raise UserError(message, hint=how_to_install())
    maker = other_maker(found)
    if maker:
        message = f"The mpirun found here is {maker}'s; the ranks of this job are started by Open MPI's."
        hint = f"{how_to_install()} Then see to it that its folder comes first in PATH. Found: {found}"
        raise UserError(message, hint=hint)

    if nodes > 1 and is_version_5(found):
        message = f"Open MPI 5, which is installed here, can't play {nodes} nodes on one machine; Open MPI 4 can."
        raise UserError(message, hint="Try it on one node: `rankzero set JOB.yml resources.instance_count=1`.")


def is_version_5(program: str) -> bool:
    """Whether this mpirun is of Open MPI 5, which has prterun where Open MPI 4 has orterun."""
    path = Path(program)
    beside = (path.parent / "prterun").exists() and not (path.parent / "orterun").exists()
    return path.name == "prterun" or (path.name != "orterun" and beside)


def how_to_install() -> str:
    """Return what a person types to have mpirun."""
    return _MAC if sys.platform == "darwin" else _LINUX


def other_maker(program: str) -> str:
    """Return whose mpirun this file is where it is known not to be Open MPI's, else an empty text.

    Where neither its name nor what lies beside it tells, it is asked, once for each file.
    """
    path = Path(program)
    words = program.replace("\\", "/").lower()
    if path.name in _OPEN_MPI:
        return ""
    if "/intel/" in words or "/oneapi/" in words or (path.parent / "impi_info").exists():
        return "Intel MPI"
    if path.name in _MPICH:
        return "MPICH"
    if any((path.parent / each).exists() for each in ("ompi_info", "orted", "prted")):
        return ""
    return "MPICH" if (path.parent / "mpichversion").exists() else _told_by(path)


def _told_by(program: Path) -> str:
    try:
        return _asked(program, program.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=8)
def _asked(program: Path, _modified: int) -> str:
    """Return the maker by what a file says of itself; a file, not a pipe, takes it: children may hold a pipe open."""
    with tempfile.TemporaryFile() as heard:
        try:
            started = subprocess.Popen(
                [str(program), "--version"],
                stdin=subprocess.DEVNULL,
                stdout=heard,
                stderr=heard,
                start_new_session=True,
            )
        except (OSError, ValueError):
            return ""
        _wait(started)
        heard.seek(0)
        said = heard.read(_MOST).decode("utf-8", "replace")
    if "Open MPI" in said:
        return ""
    return "Intel MPI" if "Intel" in said else "MPICH" if "HYDRA" in said or "MPICH" in said.upper() else ""


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait for a program's end; one that takes too long is ended with all that it started."""
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def refuse_own_launcher(command: str) -> None:
    """Raise UserError for a command that starts ranks by itself: mpirun would start it once for each rank."""
    for words in simple_commands(command):
        name = PurePath(words[0]).name if words else ""
        if name in STARTERS:
            message = f"The command calls {name} itself, once in every rank that mpirun starts."
            raise UserError(message, hint=f"Write what {name} is to start alone: distribution mpi calls mpirun for it.")
