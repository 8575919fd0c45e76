"""Finds plugins by their manifests, without importing anything of them."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from desktop_app.api._plugins import Manifest, ManifestError, read_manifest
from desktop_app.services.plugins.info import PluginInfo, PluginState, info_of

GROUP = "rankzero.plugins"


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that was found; `manifest` is None where it can't be used. `package` is an installed one's name."""

    info: PluginInfo
    manifest: Manifest | None = None
    package: str | None = None


def find_plugins(bundled: Path, own: Path, installed: Callable[[], Iterable[metadata.EntryPoint]]) -> tuple[Found, ...]:
    """Return all plugins sorted by id, each id once; of two with one id the bundled one, then the person's, wins."""
    found: dict[str, Found] = {}
    for each in (*_in_folder(bundled, "bundled"), *_in_folder(own, "folder"), *_installed(installed)):
        unique = each if each.info.id not in found else _double(each, found)
        found[unique.info.id] = unique
    return tuple(found[key] for key in sorted(found))


def entry_points() -> Iterable[metadata.EntryPoint]:
    """Return the entry points of installed plugins; a damaged installation of anything hides none but its own."""
    for distribution in metadata.distributions():
        try:
            text = distribution.read_text("entry_points.txt")
        except (OSError, UnicodeDecodeError):
            continue
        if text and GROUP in text:
            yield from (each for each in distribution.entry_points if each.group == GROUP)


def _in_folder(folder: Path, source: str) -> Iterator[Found]:
    try:
        children = sorted(each for each in folder.iterdir() if each.is_dir())
    except OSError:
        return
    for child in children:
        if not child.name.startswith((".", "__")):
            yield _read(child, child.name, source)


def _read(folder: Path, name: str, source: str, package: str | None = None) -> Found:
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        info = PluginInfo(id=name, name=name, source=source, folder=folder)
        details = f"{folder / 'plugin.toml'}: {error}"
        return Found(info.off(PluginState.FAILED, str(error), details))
    return Found(info_of(manifest, source), manifest, package)


def _installed(points: Callable[[], Iterable[metadata.EntryPoint]]) -> Iterator[Found]:
    for point in points():
        try:
            package, folder = _locate(point.value)
        except Exception as error:  # noqa: BLE001 - a foreign finder may raise anything
            info = PluginInfo(id=point.name, name=point.name, source="wheel")
            reason = f"Its entry point names “{point.value}”, which is no package that is installed here."
            yield Found(info.off(PluginState.FAILED, reason, f"{type(error).__name__}: {error}"))
        else:
            yield _read(folder, point.name, "wheel", package)


def _locate(value: str) -> tuple[str, Path]:
    """Return the package that an entry point names, or that holds the module it names, with its folder.

    Only a top-level name is looked up by the import system: for a deeper one that would import its parent.
    """
    top, *rest = value.partition(":")[0].strip().split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{top} is no package")
    package, folder = top, Path(next(iter(spec.submodule_search_locations)))
    for part in rest:
        if (folder / part).is_dir():
            package, folder = f"{package}.{part}", folder / part
        elif (folder / f"{part}.py").is_file():
            break
        else:
            raise LookupError(f"{package} has no module {part}")
    return package, folder


def _double(double: Found, found: dict[str, Found]) -> Found:
    """Return the later of two plugins with one id as failed, under an id of its own."""
    first = found[double.info.id].info
    reason = f"Another plugin has the id “{first.id}” already: {first.folder or first.name}."
    name = double.info.folder.name if double.info.folder else double.info.source
    ids = (f"{first.id}@{name}" + (f"-{n}" if n else "") for n in range(len(found) + 1))
    free = next(each for each in ids if each not in found)
    return Found(dataclasses.replace(double.info, id=free).off(PluginState.FAILED, reason))
