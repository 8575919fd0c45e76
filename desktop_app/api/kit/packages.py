"""Which packages a job's environment brings, as far as its conda file says, and which file of a project names one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from desktop_app.api.forms import Value

_AZURE_BASE = re.compile(r"mcr\.microsoft\.com/azureml/(?:openmpi|intelmpi|base)", re.IGNORECASE)
_BARE = frozenset({"ubuntu", "debian"})
_MOST_FILES = 20
_LARGEST = 100_000
_NAME = re.compile(r"^(?:[\w./-]+::)?(?P<name>[A-Za-z0-9_.-]+)")


def packages_of(environment: str | Mapping[str, Value]) -> frozenset[str]:
    """Return the names of the packages of an environment's conda file, pip's included, in small letters."""
    conda = environment.get("conda_file") if isinstance(environment, Mapping) else None
    return frozenset(_names(conda.get("dependencies"))) if isinstance(conda, Mapping) else frozenset()


def lacks_package(environment: str | Mapping[str, Value], bringers: Collection[str]) -> bool:
    """Whether neither a bare image nor the packages on it bring what any of `bringers` would."""
    if isinstance(environment, str):
        return False
    image, packages = environment.get("image"), packages_of(environment)
    bare = isinstance(image, str) and (_AZURE_BASE.match(image) or image.split(":")[0] in _BARE)
    return bool(bare and packages and not packages & frozenset(bringers))


def file_naming(folder: Path, pattern: str, package: str) -> str:
    """Return the first file below a folder that names a package, as a path relative to it; empty where none does."""
    for path in sorted(folder.glob(pattern))[:_MOST_FILES]:
        try:
            if path.stat().st_size < _LARGEST and package in path.read_text("utf-8", "replace").lower():
                return path.relative_to(folder).as_posix()
        except OSError:
            continue
    return ""


def _names(dependencies: Value) -> set[str]:
    found: set[str] = set()
    for each in dependencies if isinstance(dependencies, list) else ():
        if isinstance(each, Mapping):
            found |= _names(each.get("pip"))
        elif isinstance(each, str) and (named := _NAME.match(each.strip())):
            found.add(named["name"].lower())
    return found
