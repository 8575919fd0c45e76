"""Makes toolchains: in a folder aside, moved to its place when it is whole. One maker at a time per folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from desktop_app.api import OutsideError, Progress, ToolchainSpec, UserError
from desktop_app.services.toolchains import build_programs, building, folders, mpi_version, wheels
from desktop_app.services.toolchains.children import follow, leashed, started
from desktop_app.services.toolchains.choosing import distribution_key
from desktop_app.services.toolchains.models import Toolchain
from desktop_app.services.toolchains.probe import BrokenError, find_modules, import_modules
from desktop_app.services.toolchains.turns import turn
from desktop_app.services.toolchains.uv import Uv

_PROVED = 0.96  # of the work: from there on it is tried
_NAMED = 8  # so many packages are named
_BUILT = 0.4  # of the work: from there on wheels are built, where there are any to build


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is made, with which Python, and where."""

    spec: ToolchainSpec
    python: str
    version: str
    folder: Path
    wheels: Path


class Maker:
    """Makes and fills environments below `root`; what uv fetches is kept in `cache`, shared by all toolchains."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache

    def folder(self, spec: ToolchainSpec, version: str = "") -> Path:
        """Return where the toolchain lies that a Python of this version makes; by default this program's."""
        return folders.folder_for(self._root, spec, version or _own_version())

    async def make(self, spec: ToolchainSpec, progress: Progress, base: Path | None) -> None:
        """Make a toolchain, or return where another process has just made it."""
        python, version = await self._base(spec, base)
        recipe = Recipe(spec, python, version, self.folder(spec, version), self._cache.parent / "wheels")
        build_programs.require([each for each in spec.builds if not wheels.is_any(recipe.wheels, each, version)])
        try:
            async with turn(recipe.folder, progress) as lock:
                if not _is_whole(recipe.folder):
                    await _make(recipe, Uv(self._cache, lock), progress)
        except OSError as error:
            message = f"The toolchain “{spec.name}” can't be made in {self._root}: {error.strerror or error}."
            raise OutsideError(message, hint="RANKZERO_CACHE names another place.") from error

    async def add(
        self, toolchain: Toolchain, packages: Sequence[str], progress: Progress, lone: Mapping[str, str]
    ) -> None:
        """Install packages into an environment that may be in use; an environment of the person's own is not locked.

        Those that `lone` names come without what they ask for, and in its version where none is given: tf_keras would
        bring another TensorFlow along.
        """
        if not packages or any(each.startswith("-") for each in packages):
            raise UserError("Name the packages to add, as pip takes them: “scikit-learn” or “PyYAML==6.0.3”.")
        alone = [_in_version(each, lone) for each in packages if distribution_key(each) in lone]
        others = [each for each in packages if distribution_key(each) not in lone]
        if toolchain.origin == "chosen":
            await _fill(toolchain.python, others, alone, Uv(self._cache), progress)
        else:
            folder = toolchain.python.parent.parent
            async with turn(folder, progress) as lock:
                await _fill(toolchain.python, others, alone, Uv(self._cache, lock), progress)
                await asyncio.to_thread(folders.measure_again, folder)
        progress("Done", 1.0)

    async def _base(self, spec: ToolchainSpec, base: Path | None) -> tuple[str, str]:
        """Return the Python to make the environment with, and its version; one that the person named must do."""
        wanted = _specifier(spec)
        if base is None:
            own = _own_version()
            return (sys.executable, own) if wanted.contains(own, prereleases=True) else await self._other(spec)
        version = await self._version(base)
        if not wanted.contains(version, prereleases=True):
            raise UserError(f"{base} is Python {version}; the toolchain “{spec.name}” needs {spec.python}.")
        return str(base), version

    async def _other(self, spec: ToolchainSpec) -> tuple[str, str]:
        """Return another Python of this machine that will do."""
        what = f"Looking for a Python {spec.python}"
        find = ["python", "find", "--no-python-downloads", "--no-project", spec.python]
        lines = await Uv(self._cache).run(find, what, _ignore)
        python = Path(lines[-1])
        return str(python), await self._version(python)

    async def _version(self, python: Path) -> str:
        try:
            return (await find_modules(python, (), self._cache.parent / "probes")).version
        except BrokenError as error:
            raise UserError(str(error)) from error


async def _fill(python: Path, packages: Sequence[str], alone: Sequence[str], uv: Uv, progress: Progress) -> None:
    for options, wanted in (((), packages), (("--no-deps",), alone)):
        if wanted:
            arguments = ["pip", "install", "--python", str(python), *options, *wanted]
            await uv.run(arguments, f"Adding {', '.join(wanted)}", progress)


def _in_version(package: str, lone: Mapping[str, str]) -> str:
    key = distribution_key(package)
    return lone[key] if package.replace("_", "-").lower() == key else package


async def _make(recipe: Recipe, uv: Uv, progress: Progress) -> None:
    spec, stage = recipe.spec, folders.stage_of(recipe.folder)
    progress("Making the environment", 0.0)
    # What a killed maker left is half written; what it fetched is in uv's cache and costs nothing again.
    await asyncio.to_thread(shutil.rmtree, stage, ignore_errors=True)
    venv = ["venv", "--relocatable", "--no-python-downloads", "--python", recipe.python, str(stage)]
    await uv.run(venv, f"Making the environment of “{spec.name}”", _ignore)
    inner = folders.python_in(stage)
    await _install(spec, inner, uv, _between(progress, 0.0, _BUILT if spec.builds else _PROVED))
    await _put_pip(inner, uv)
    built = [
        await _build(recipe, inner, number, uv, _between(progress, *_share(number, len(spec.builds))))
        for number in range(len(spec.builds))
    ]
    progress("Writing bytecode", _PROVED)
    await _compile(inner, uv.lock)
    progress("Trying it", _PROVED)
    try:
        await _prove(inner, spec)
    except OutsideError:
        for each in built:  # what does not work is not kept: the next time it is built anew
            await asyncio.to_thread(shutil.rmtree, each.parent, ignore_errors=True)
        raise
    await asyncio.to_thread(folders.write_marker, stage, spec, recipe.version)
    await asyncio.to_thread(folders.collect_trash, recipe.folder.parent)
    if recipe.folder.exists():
        await asyncio.to_thread(folders.delete, recipe.folder)  # a broken one
    stage.replace(recipe.folder)
    progress("Done", 1.0)


async def _install(spec: ToolchainSpec, python: Path, uv: Uv, progress: Progress) -> None:
    into = ["pip", "install", "--python", str(python)]
    if spec.requires:
        what = f"Installing {_named(spec)}"
        await uv.run([*into, *spec.requires], what, progress, spec.size_mb * 1_000_000)
    if spec.alone:
        await uv.run([*into, "--no-deps", *spec.alone], f"Installing {', '.join(spec.alone)}", _ignore)


def _named(spec: ToolchainSpec) -> str:
    """Return `torch==2.13.0, numpy==2.3.5`; of many packages only how many they are."""
    if len(spec.requires) <= _NAMED:
        return ", ".join(spec.requires)
    return f"{spec.title}: {len(spec.requires)} packages"


async def _build(recipe: Recipe, python: Path, number: int, uv: Uv, progress: Progress) -> Path:
    """Put a built wheel into the environment, and return where it is kept."""
    spec, build = recipe.spec, recipe.spec.builds[number]
    into = ["pip", "install", "--python", str(python)]
    if build.build_requires:
        wanted = ", ".join(build.build_requires)
        await uv.run([*into, *build.build_requires], f"Installing {wanted}, which the build needs", _ignore)
    pins = wheels.pins_of(spec, await asyncio.to_thread(folders.packages_of, python))
    linked = await asyncio.to_thread(mpi_version.linked_by, build, str(python.parent))
    place = wheels.place_of(recipe.wheels, build, recipe.version, pins | linked)
    wheel = await building.ensure(build, python, place, uv.lock or 0, progress)
    await uv.run([*into, "--no-deps", str(wheel)], f"Installing {build.requirement}", _ignore)
    return wheel


def _share(number: int, count: int) -> tuple[float, float]:
    each = (_PROVED - _BUILT) / count
    return _BUILT + number * each, _BUILT + (number + 1) * each


def _between(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress of a part of the work; where that does not know how far it is, the work has begun it."""

    def tell(message: str, part: float | None) -> None:
        progress(message, None if part is None and not start else round(start + (part or 0.0) * (end - start), 3))

    return tell


async def _put_pip(python: Path, uv: Uv) -> None:
    """Install pip: a command that calls it would else reach the pip, and so the packages, of another Python.

    The one that Python brings along needs no network; where a distribution took it out, the index has it.
    """
    wheel = folders.bundled_pip(python)
    await uv.run(["pip", "install", "--python", str(python), str(wheel or "pip")], "Adding pip", _ignore)


async def _compile(python: Path, lock: int | None) -> None:
    """Write the bytecode of all modules, once: else every rank compiles a framework anew wherever Python must not.

    TensorFlow's import takes 2.7 s of CPU with it and 7.2 s without (2026-11). What does not compile is left: it is
    meant for another Python.
    """
    words = [str(python), "-I", "-m", "compileall", "-q", "-j", "0", str(folders.site_packages(python))]
    async with started(leashed(words, python), os.environ, () if lock is None else (lock,)) as process:
        await follow(process, lambda _line: None)


async def _prove(python: Path, spec: ToolchainSpec) -> None:
    try:
        findings = await import_modules(python, spec.imports)
    except BrokenError as error:
        raise OutsideError(f"The toolchain “{spec.name}” was made but does not work: {error}") from error
    for module, (short, full) in findings.troubles.items():
        message = f"The toolchain “{spec.name}” was made but `import {module}` fails: {short}"
        raise OutsideError(message, details=full)


def _is_whole(folder: Path) -> bool:
    return folders.read_marker(folder) is not None and folders.python_in(folder).exists()


def _specifier(spec: ToolchainSpec) -> SpecifierSet:
    try:
        return SpecifierSet(spec.python)
    except InvalidSpecifier as error:
        message = f"The plugin {spec.plugin} asks for Python “{spec.python}”, which is no version specifier."
        raise UserError(message) from error


def _own_version() -> str:
    return "{}.{}.{}".format(*sys.version_info[:3])


def _ignore(_message: str, _part: float | None) -> None:
    pass
