"""Finds plugins by their manifests, without importing anything of them."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from desktop_app.api._plugins import Manifest, ManifestError, read_manifest
from desktop_app.api._plugins.manifest import GROUP
from desktop_app.services.plugins.info import PluginInfo, PluginState, info_of
from desktop_app.services.plugins.installing.keeping.block_list import BlockList, read_block_list
from desktop_app.services.plugins.installing.keeping.registry import FOLDER, Registry
from desktop_app.services.plugins.installing.keeping.standing import BLOCKED, Off, why_off
from desktop_app.services.plugins.installing.models import Installed


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that was found; `manifest` is None where it can't be used. `package` is an installed one's name.

    Of one that the manager installed, `lib` holds what it needs, `paths` is all from which its process may import, and
    `hooks` are those that it has; None where that is not known.
    """

    info: PluginInfo
    manifest: Manifest | None = None
    package: str | None = None
    lib: Path | None = None
    paths: tuple[Path, ...] = ()
    hooks: frozenset[str] | None = None


def find_plugins(bundled: Path, own: Path, installed: Callable[[], Iterable[metadata.EntryPoint]]) -> tuple[Found, ...]:
    """Return all plugins sorted by id, each id once; of two with one id the bundled one, then the person's, wins."""
    found: dict[str, Found] = {}
    blocked = read_block_list(own)
    others = (*_in_folder(own, "folder"), *_registered(own / FOLDER, blocked), *_installed(installed))
    for each in (*_in_folder(bundled, "bundled"), *(_unless_blocked(each, blocked) for each in others)):
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
        children = sorted(folder.iterdir())
    except OSError:
        return
    for child in children:
        if not child.name.startswith((".", "__")) and _may_be_folder(child):
            yield _or_failed(partial(_read, child, child.name, source), child.name, source, child)


def _may_be_folder(path: Path) -> bool:
    """Whether it is a folder, or one that can't be looked at: a plugin on a dropped mount is shown, with the reason."""
    try:
        return path.is_dir()
    except OSError:
        return True


def _or_failed(find: Callable[[], Found], name: str, source: str, folder: Path) -> Found:
    """Return a plugin, as failed where looking at it goes wrong in any way: none keeps the program from starting."""
    try:
        return find()
    except Exception as error:  # noqa: BLE001 - what a list, a disk or a mount may bring nobody can tell
        info = PluginInfo(id=name, name=name, source=source, folder=folder)
        reason = "Its files can't be looked at; see whether its folder can be read."
        return Found(info.off(PluginState.FAILED, reason, f"{type(error).__name__}: {error}"))


def _read(folder: Path, name: str, source: str, package: str | None = None) -> Found:
    try:
        manifest = read_manifest(folder)
    except ManifestError as error:
        info = PluginInfo(id=name, name=name, source=source, folder=folder)
        details = f"{folder / 'plugin.toml'}: {error}"
        return Found(info.off(PluginState.FAILED, str(error), details, "manifest"))
    return Found(info_of(manifest, source), manifest, package)


def _unless_blocked(found: Found, blocked: BlockList) -> Found:
    """Return a plugin of no matter which source, off where its name and version are blocked."""
    reason = blocked.why("", found.info.id, found.info.version) if found.manifest else ""
    return _off(found, Off(BLOCKED, reason)) if reason else found


def _off(found: Found, why: Off) -> Found:
    info = found.info.off(PluginState.FAILED, why.reason, why.details)
    return dataclasses.replace(found, info=dataclasses.replace(info, problem=why.problem), manifest=None)


def _registered(root: Path, blocked: BlockList) -> Iterator[Found]:
    """Yield what the manager installed. A list that can't be read hides the plugins in it, and nothing else."""
    try:
        plugins = Registry(root).read().plugins if root.is_dir() else {}
    except OSError:
        return
    for each in plugins.values():
        yield _or_failed(partial(_found, each, blocked), each.id, each.source.kind.value, each.folder)


def _found(installed: Installed, blocked: BlockList) -> Found:
    source = installed.source.kind.value
    found = _read(installed.folder, installed.id, source, installed.package)
    if not installed.folder.is_dir():
        reason = "Its files are gone; install it again."
        found = Found(found.info.off(PluginState.FAILED, reason, f"There is no folder {installed.folder}."))
    elif found.info.id != installed.id:
        reason = f"Its plugin.toml says “{found.info.id}” now, and it was installed as “{installed.id}”."
        found = Found(dataclasses.replace(found.info, id=installed.id).off(PluginState.FAILED, reason))
    elif (why := why_off(installed, blocked)) is not None:
        found = _off(found, why)
    return dataclasses.replace(
        found,
        lib=installed.lib,
        paths=_paths(installed),
        hooks=None if installed.editable else frozenset(installed.hooks),  # an author may have added some since
    )


def _paths(installed: Installed) -> tuple[Path, ...]:
    own = (installed.folder.parent,) if installed.editable and installed.package else ()
    return (*own, installed.lib) if installed.lib else own


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
    return Found(dataclasses.replace(double.info, id=free).off(PluginState.FAILED, reason, problem="taken"))
