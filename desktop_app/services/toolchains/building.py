"""Builds a wheel from its source package, once: fetched and built by the toolchain's own pip, kept in the cache."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from desktop_app.api import OutsideError, Progress, WheelBuild
from desktop_app.services.host import cpu_count
from desktop_app.services.toolchains import build_programs, sources, wheels
from desktop_app.services.toolchains.build_output import BuildLines, first_error
from desktop_app.services.toolchains.build_programs import title
from desktop_app.services.toolchains.children import follow, leashed, started
from desktop_app.services.toolchains.turns import turn

_MEMORY = 2 << 30  # bytes that a compiler of C++ takes at the most, roughly
_DETAILS = 300_000  # characters of a build's output that an error carries; the log has all
_COMPILERS = re.compile(r"(OMPI_|MPICH_|I_MPI_)?(CC|CXX|CPP|FC|F77)|CMAKE_ARGS|CMAKE_GENERATOR|\w*FLAGS")
"""What a shell says of compilers: it would get into a wheel that is taken again where nobody says so."""
_QUIET = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a wheel is built: the toolchain's Python, the wheel's folder, and the locks that children hold."""

    python: Path
    place: Path
    lock: int

    def environment(self, build: WheelBuild, temporary: Path) -> dict[str, str]:
        """Return the variables of a build: the toolchain's programs first, and the plugin's own.

        Of this process's are left those that say nothing of what is built, as the kept wheel's name knows only ours.
        """
        jobs = str(job_count())
        path = os.pathsep.join([str(self.python.parent), os.environ.get("PATH", os.defpath)])
        settings = {
            "PATH": path, "MAKEFLAGS": f"-j{jobs}", "CMAKE_BUILD_PARALLEL_LEVEL": jobs, "MAX_JOBS": jobs,
            "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8", "LANGUAGE": "",
        }  # fmt: skip
        merged = {**_inherited(build), **settings, **build.environment}
        return {name: value for name, value in merged.items() if value or name not in build.environment}


def _inherited(build: WheelBuild) -> dict[str, str]:
    """Return this process's variables but for the compilers' and those that the package itself reads.

    These are known by their first word, which is the package's own or that of one which the plugin sets: HOROVOD_GPU.
    """
    words = {each.partition("_")[0] for each in build.environment if "_" in each} - {"PIP", "UV"}
    words.add(re.split(r"[-_.]", wheels.name_of(build), maxsplit=1)[0].upper())
    own = tuple(f"{each}_" for each in words)
    return {
        name: value for name, value in os.environ.items() if not name.startswith(own) and not _COMPILERS.fullmatch(name)
    }


def job_count() -> int:
    """Return how many compilers run at once: one for each core that this process may use, if the memory is enough."""
    return max(1, min(cpu_count(), psutil.virtual_memory().total // _MEMORY))


async def ensure(build: WheelBuild, python: Path, place: Path, lock: int, progress: Progress) -> Path:
    """Return the wheel of a build that fits a toolchain, built now if it is not kept yet. Raises OutsideError."""
    async with turn(place, progress, f"builds {title(build)}") as own:
        if found := wheels.kept(place):
            progress(f"Taking {title(build)}, which was built before", 1.0)
            return found
        build_programs.require([build])
        workshop = await asyncio.to_thread(wheels.new_workshop, place)
        try:
            return await _build(build, Workplace(python, place, own), (lock, own), workshop, progress)
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, workshop, ignore_errors=True))


async def _build(build: WheelBuild, here: Workplace, locks: Sequence[int], workshop: Path, progress: Progress) -> Path:
    temporary, fetched, built = (workshop / name for name in ("tmp", "fetched", "built"))
    temporary.mkdir()
    environment = here.environment(build, temporary)
    progress(f"Fetching the source of {title(build)}", None)
    archive = await _fetch(build, here.python, fetched, environment, locks)
    source = await asyncio.to_thread(sources.unpack, archive, workshop / "source")
    await asyncio.to_thread(sources.apply_edits, source, build.edits, build.requirement)
    command = _pip(here.python, "wheel", "-v", "--no-build-isolation", "--no-deps", "--wheel-dir", built, source)
    said = BuildLines(f"Building {title(build)}")
    progress(said.message, None)

    def take(line: str) -> None:
        if said.take(line):
            progress(said.message, said.part)

    async with started(command, environment, locks) as process:
        code = await follow(process, take)
    wheel = next(built.glob("*.whl"), None) if built.is_dir() else None
    log = wheels.log_of(here.place)
    if code != 0 or wheel is None:
        raise await asyncio.to_thread(_failure, build, said.lines, str(source), log)
    log.unlink(missing_ok=True)
    return await asyncio.to_thread(wheels.keep, wheel, here.place)


async def _fetch(
    build: WheelBuild, python: Path, into: Path, environment: Mapping[str, str], locks: Sequence[int]
) -> Path:
    """Fetch the source package as pip is set up here, and return it."""
    only = ("--no-binary", wheels.name_of(build), "--no-deps", "--no-build-isolation")
    command = _pip(python, "download", *only, "--dest", into, build.requirement)
    lines: list[str] = []
    async with started(command, environment, locks) as process:
        code = await follow(process, lines.append)
    found = next(iter(sorted(into.iterdir())), None) if into.is_dir() else None
    if code == 0 and found is not None:
        return found
    errors = [each.removeprefix("ERROR:").strip() for each in lines if each.startswith("ERROR:")]
    reason = first_error(lines) if not errors else errors[-1].rstrip(".")
    message = f"The source package of {title(build)} could not be fetched: {reason or f'pip ended with code {code}'}."
    hint = "Check the network and pip's index settings, and try again: what is here already is kept."
    raise OutsideError(message, hint=hint, details="\n".join(lines))


def _pip(python: Path, verb: str, *words: str | Path) -> list[str]:
    return leashed([str(python), "-m", "pip", verb, *_QUIET, *map(str, words)], python)


def _failure(build: WheelBuild, lines: Sequence[str], source: str, log: Path) -> OutsideError:
    text = "\n".join(lines)
    log.write_text(f"{text}\n", "utf-8", errors="replace")
    reason = first_error(lines, source) or "its build ended with an error"
    hints = [f"The whole output is kept in {log}."]
    if "Python.h" in reason:
        hints.insert(
            0, "Python's own headers are missing: `apt-get install python3-dev`, or `dnf install python3-devel`."
        )
    shown = text if len(text) <= _DETAILS else f"…\n{text[-_DETAILS:]}"
    message = f"{wheels.name_of(build)} could not be built: {reason}."
    return OutsideError(message, hint=" ".join(hints), details=shown)
