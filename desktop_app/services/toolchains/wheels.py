"""Wheels that were built here, kept in the user's cache: one for each release, recipe, machine and framework."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import sys
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from desktop_app.api import ToolchainSpec, WheelBuild

RECIPE = 2
"""How wheels are built; what an older program built counts no more."""
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def place_of(root: Path, build: WheelBuild, version: str, pins: Mapping[str, str]) -> Path:
    """Return the folder of a build's wheel: for a Python's version, and what is installed that it must fit."""
    fits = _short(f"{name}=={pins[name]}" for name in sorted(pins))
    return root / f"{_start(build, version)}-{fits}"


def is_any(root: Path, build: WheelBuild, version: str) -> bool:
    """Whether a wheel of the build is kept for whatever framework; then it may be that nothing has to be built."""
    return any(kept(each) for each in root.glob(f"{_start(build, version)}-????????"))


def kept(folder: Path) -> Path | None:
    """Return the wheel that a folder keeps, None where it was never finished."""
    return next(iter(sorted(folder.glob("*.whl"))), None)


def log_of(folder: Path) -> Path:
    """Return where the output of a build that failed is kept."""
    return folder.with_name(f"{folder.name}.log")


def new_workshop(folder: Path) -> Path:
    """Return a new folder to build in; what killed builders of this wheel left is deleted. Its lock must be held."""
    for left in folder.parent.glob(f".{folder.name}.*.making"):
        shutil.rmtree(left, ignore_errors=True)
    made = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.making")
    made.mkdir(parents=True)
    return made


def keep(wheel: Path, folder: Path) -> Path:
    """Move a built wheel, with the folder that it alone is in, to its place; it counts from then on."""
    shutil.rmtree(folder, ignore_errors=True)
    wheel.parent.replace(folder)
    return folder / wheel.name


def pins_of(spec: ToolchainSpec, packages: Mapping[str, str]) -> dict[str, str]:
    """Return the versions that are installed of what a toolchain pins: a binary fits those alone."""
    names = {_key(each) for each in (*spec.requires, *spec.alone) if "==" in each}
    return {name: version for name, version in packages.items() if name in names}


def name_of(build: WheelBuild) -> str:
    """Return the distribution's name."""
    match = _NAME.match(build.requirement.partition("==")[0])
    return match[0] if match else build.requirement


def _start(build: WheelBuild, version: str) -> str:
    facts = asdict(build) | {"programs": ()}
    said = json.dumps([RECIPE, version, sys.platform, platform.machine(), facts], sort_keys=True)
    return f"{_key(build.requirement)}-{_short([said])}"


def _short(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]


def _key(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;@]", requirement, maxsplit=1)[0].replace("_", "-").lower()
