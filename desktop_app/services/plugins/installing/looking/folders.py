"""What is in a source folder that is to be installed as its author edits it: read, never built or imported."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from desktop_app.api import OutsideError, UserError
from desktop_app.api._plugins import Manifest, ManifestError, read_manifest
from desktop_app.api._plugins.manifest import FILE, GROUP
from desktop_app.services.plugins.installing.harmless import harmless
from desktop_app.services.plugins.installing.looking.wheel_archives import RefusedError
from desktop_app.services.plugins.installing.looking.wheel_contents import checked_python, checked_requires
from desktop_app.services.plugins.installing.looking.wheels import why_unfit

PROJECT = "pyproject.toml"
_LARGEST = 1_000_000
_OLD_WAYS = ("setup.py", "setup.cfg", "requirements.txt")


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """A source folder that was looked at; all paths are absolute. `manifest.folder` is where `plugin.toml` lies.

    `package` is the name of the package that holds it, and `root` the folder that has to be on the path for it; None
    and the folder itself where `plugin.toml` lies in no package. `notes` are sentences worth knowing to its author.
    """

    folder: Path
    manifest: Manifest
    root: Path
    package: str | None = None
    distribution: str = ""
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    notes: tuple[str, ...] = ()
    why_not: str = ""


def inspect_folder(path: Path, plugins: Path, *, must_fit: bool = True) -> FolderFacts:
    """Return what is in a source folder. `plugins` is the folder of the person's own plugins. Blocks.

    Raises UserError for one that can't be installed, also, unless `must_fit` is off, for one that is made for another
    plugin API or Python; OutsideError where it can't be read.
    """
    folder = path.expanduser().absolute()
    name = harmless(str(path), 300)
    try:
        _check_place(folder, plugins)
        facts = _facts(folder)
    except RefusedError as error:
        raise UserError(f"“{name}” can't be installed: {error}.") from error
    except ManifestError as error:
        raise UserError(f"“{name}” can't be installed: {error}") from error
    except OSError as error:
        raise OutsideError(f"“{name}” can't be read: {error.strerror or error}.") from error
    if facts.why_not and must_fit:
        raise UserError(f"“{name}” can't be installed: {facts.why_not}")
    return facts


def _check_place(folder: Path, plugins: Path) -> None:
    if not folder.exists():
        raise RefusedError("there is no such folder")
    if not folder.is_dir():
        raise RefusedError("it is a file, no folder with a plugin, and no wheel (.whl)")
    real, own = folder.resolve(), plugins.resolve()
    if real == own:
        raise RefusedError("it is the folder in which your own plugins lie; give one of those")
    if real.is_relative_to(own):
        raise RefusedError("it lies in the folder of your own plugins, and is found there without being installed")


def _facts(folder: Path) -> FolderFacts:
    place = _place(folder)
    manifest = read_manifest(place)
    project, more = _project(folder)
    package = None if place == folder else place.name
    if package is not None and not package.isidentifier():
        raise RefusedError(f"its folder “{harmless(package, 100)}” with {FILE} is no package that Python can import")
    python = checked_python(_text(project, "requires-python"))
    return FolderFacts(
        folder=folder,
        manifest=manifest,
        root=folder if package is None else place.parent,
        package=package,
        distribution=harmless(_text(project, "name"), 100),
        requires=checked_requires(_texts(project, "dependencies"), addresses=True),
        requires_python=python,
        notes=(*more, *_notes(project, manifest, package)),
        why_not=why_unfit(manifest.api, python),
    )


def _place(folder: Path) -> Path:
    """Return the only folder that holds `plugin.toml`: this one, a package in it, or one in `src`."""
    found = sorted({each.parent for each in _candidates(folder) if each.is_file()})
    if not found:
        hint = "`rankzero plugins new NAME` makes one"
        raise RefusedError(f"there is no {FILE} in it, nor in a package in it or in src; {hint}")
    if len(found) > 1:
        first, second = (each.relative_to(folder) / FILE for each in found[:2])
        raise RefusedError(f"it has two manifests, {first} and {second}; a folder holds one plugin")
    return found[0]


def _candidates(folder: Path) -> Iterator[Path]:
    yield folder / FILE
    for parent in (folder, folder / "src"):
        if parent.is_dir():
            children = (each for each in parent.iterdir() if not each.name.startswith((".", "__")))
            yield from (each / FILE for each in children if each.is_dir() and each != folder / "src")
    yield folder / "src" / FILE


def _project(folder: Path) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the table [project], and what to say where dependencies may be written elsewhere."""
    told = _toml(folder / PROJECT)
    project = told.get("project", {})
    if not isinstance(project, dict):
        raise RefusedError(f"[project] in its {PROJECT} must be a table")
    if "dependencies" in project:
        return project, ()
    elsewhere = [each for each in _OLD_WAYS if (folder / each).is_file()]
    first = f"What it needs is read from [project] dependencies in {PROJECT} alone"
    if "dependencies" in _texts(project, "dynamic") or _poetry(told):
        return project, (f"{first}, and not where it is written there.",)
    return project, (f"{first}, not from {elsewhere[0]}.",) if elsewhere else ()


def _poetry(told: Mapping[str, Any]) -> bool:
    tool = told.get("tool", {})
    return isinstance(tool, dict) and isinstance(tool.get("poetry"), dict) and "dependencies" in tool["poetry"]


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        return {}
    if len(content) > _LARGEST:
        raise RefusedError(f"its {path.name} is larger than {_LARGEST // 1000} kB")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"its {path.name} is no valid TOML ({harmless(str(error), 200)})") from error


def _texts(project: Mapping[str, Any], key: str) -> list[str]:
    value = project.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise RefusedError(f"project.{key} in its {PROJECT} must be a list of texts")
    return value


def _text(project: Mapping[str, Any], key: str) -> str:
    value = project.get(key, "")
    if not isinstance(value, str):
        raise RefusedError(f"project.{key} in its {PROJECT} must be a text")
    return value


def _notes(project: Mapping[str, Any], manifest: Manifest, package: str | None) -> Iterator[str]:
    """Yield what would keep a wheel of this folder from being installed."""
    version = _text(project, "version")
    if version and not _same(version, manifest.version):
        versions = f"{PROJECT} says version {harmless(version, 60)} and {FILE} {manifest.version}"
        yield f"{versions}: in a wheel they must agree."
    groups = project.get("entry-points", {})
    entries = groups.get(GROUP, {}) if isinstance(groups, dict) else {}
    if project and package and entries != {manifest.id: package}:
        wanted = f'[project.entry-points."{GROUP}"] {manifest.id} = "{package}"'
        yield f"A wheel of it would not be found as a plugin: {PROJECT} lacks {wanted}."


def _same(first: str, second: str) -> bool:
    try:
        return Version(first) == Version(second)
    except InvalidVersion:
        return first == second
