"""Where toolchains lie in the cache, and the marker that makes a folder count as finished."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from desktop_app.api import ToolchainSpec
from desktop_app.services.files import write_atomically

MARKER = "rankzero-toolchain.json"
RECIPE = 2
"""How toolchains are made; what an older program made counts no more. 2: with pip."""
_DISTRIBUTION = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info")


@dataclass(frozen=True, slots=True)
class Marker:
    """What a finished toolchain holds, as it was when it was finished; `requires` are all its contents."""

    name: str
    requires: tuple[str, ...]
    version: str
    size: int
    recipe: int = RECIPE


def folder_for(root: Path, spec: ToolchainSpec, version: str) -> Path:
    """Return where the toolchain lies that a Python of this version makes; another content is another folder."""
    facts = [str(RECIPE), version, sys.platform, platform.machine(), *contents_of(spec)]
    return root / f"{spec.name}-{hashlib.sha256(chr(10).join(facts).encode()).hexdigest()[:12]}"


def contents_of(spec: ToolchainSpec) -> tuple[str, ...]:
    """Return what a toolchain is made from, a line each; other lines make another toolchain."""
    alone = (f"alone {each}" for each in spec.alone)
    return (*spec.requires, *alone, *(f"build {json.dumps(asdict(each), sort_keys=True)}" for each in spec.builds))


def finished(root: Path, spec: ToolchainSpec) -> Iterator[tuple[Path, Marker]]:
    """Yield the finished folders that hold what the plugin wants now, the newest first."""
    for folder in sorted(_folders(root, spec.name), key=_age):
        marker = read_marker(folder)
        if marker and marker.name == spec.name and marker.requires == contents_of(spec):
            yield folder, marker


def is_begun(root: Path, spec: ToolchainSpec) -> bool:
    """Whether the making of the toolchain was begun and not finished."""
    return any(True for _ in root.glob(f".{spec.name}-????????????.making"))


def all_of(root: Path, name: str) -> list[Path]:
    """Return every folder of the toolchain: outdated and unfinished ones, too."""
    return [*_folders(root, name), *root.glob(f".{name}-????????????.making")]


def is_any(root: Path) -> bool:
    """Whether any toolchain is there, finished or begun."""
    return any(each.is_dir() and ".trash-" not in each.name for each in root.glob("*-*")) if root.is_dir() else False


def stage_of(folder: Path) -> Path:
    """Return where a toolchain is made before it is moved to its folder."""
    return folder.with_name(f".{folder.name}.making")


def finished_at(folder: Path) -> Path:
    """Return the folder of a toolchain for where it is made, or for itself."""
    return folder.with_name(folder.name.removeprefix(".").removesuffix(".making"))


def lock_of(folder: Path) -> Path:
    """Return the file whose lock a maker of this folder holds."""
    return folder.with_name(f".{folder.name}.lock")


def python_in(folder: Path) -> Path:
    """Return the interpreter of an environment's folder."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(python: Path) -> Path | None:
    """Return where the packages of an environment's interpreter lie, None if that can't be told from its path."""
    root = python.parent.parent
    if os.name == "nt":
        return root / "Lib" / "site-packages"
    return next(iter(sorted(root.glob("lib/python3*/site-packages"), reverse=True)), None)


def bundled_pip(python: Path) -> Path | None:
    """Return the wheel of pip that the Python below an environment brings along, None where it brings none."""
    site, settings = site_packages(python), python.parent.parent / "pyvenv.cfg"
    home = re.search(r"^home *= *(.+)$", settings.read_text("utf-8"), re.MULTILINE) if settings.is_file() else None
    if home is None or site is None:
        return None
    base = Path(home[1].strip()) if os.name == "nt" else Path(home[1].strip()).parent
    library = base / "Lib" if os.name == "nt" else base / "lib" / site.parent.name
    places = (library / "ensurepip" / "_bundled", base / "share" / "python-wheels")  # the second is Debian's
    return next((each for place in places for each in sorted(place.glob("pip-*.whl"), reverse=True)), None)


def packages_of(python: Path) -> dict[str, str]:
    """Return the installed distributions by their folders' names; no process is started."""
    folder = site_packages(python)
    try:
        names = sorted(os.listdir(folder)) if folder else []  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return {}
    matches = (_DISTRIBUTION.fullmatch(each) for each in names)
    return {each["name"].replace("_", "-").lower(): each["version"] for each in matches if each}


def read_marker(folder: Path) -> Marker | None:
    """Return what the marker of a finished toolchain says, None where there is none, or that of an older program."""
    try:
        data = json.loads((folder / MARKER).read_text("utf-8"))
        made = Marker(data["name"], tuple(data["requires"]), data["version"], int(data["size"]), data["recipe"])
        return made if made.recipe == RECIPE else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_marker(folder: Path, spec: ToolchainSpec, version: str) -> None:
    """Say that the environment in `folder` is finished; measures it."""
    _write(folder, Marker(spec.name, contents_of(spec), version, size_of(folder)))


def measure_again(folder: Path) -> None:
    """Correct the size of a finished toolchain after something was added."""
    marker = read_marker(folder)
    if marker:
        _write(folder, replace(marker, size=size_of(folder)))


def _write(folder: Path, marker: Marker) -> None:
    write_atomically(folder / MARKER, json.dumps(asdict(marker), indent=1) + "\n")


def size_of(folder: Path) -> int:
    """Return the bytes in all files below a folder."""
    total = 0
    for here, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(here, name)).st_size  # noqa: PTH118 - 15,000 files
            except OSError:
                continue
    return total


def delete(folder: Path) -> None:
    """Delete a folder; it stops counting at once, also where deleting its files takes a while. Raises OSError."""
    trash = folder.with_name(f".{folder.name.lstrip('.')}.trash-{uuid.uuid4().hex[:8]}")
    folder.replace(trash)
    shutil.rmtree(trash, ignore_errors=True)


def collect_trash(root: Path) -> None:
    """Delete what is left of folders whose deleting was interrupted; gigabytes, which nothing else would find."""
    for each in root.glob(".*.trash-*"):
        shutil.rmtree(each, ignore_errors=True)


def _folders(root: Path, name: str) -> list[Path]:
    return [each for each in root.glob(f"{name}-????????????") if each.is_dir()]


def _age(folder: Path) -> float:
    try:
        return -folder.stat().st_mtime
    except OSError:
        return 0.0
