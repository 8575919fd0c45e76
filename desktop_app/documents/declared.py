"""What the YAML files of a folder declare by the beginnings of their lines: computes, endpoints, environments.

One reader for all who ask: the checks, the suggestions, the form. A file is read again only when it changed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from desktop_app.documents.kinds import UNKNOWN, kind_of
from desktop_app.documents.listing import files_in, head_of, listed, rests_since

_MOST = 200
"""Files of one folder that are read, and of a folder and those in it together."""
_LARGEST = 100_000
_COMPUTES = frozenset({"amlcompute", "computeinstance", "kubernetes"})
_KEYS = ("name", "version", "size", "type", "auth_mode", "min_instances", "max_instances")
_LINE = re.compile(rf"""^(?P<key>{"|".join(_KEYS)}|\$schema)\s*:\s*["']?(?P<value>[^\s"'#]+)""", re.MULTILINE)
_HIDDEN = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file declares; `family` is compute, endpoint, component or else the file's kind, `name` may be empty."""

    family: str
    name: str
    file: Path
    type: str = ""
    version: str = ""
    size: str = ""
    least: int | None = None
    most: int | None = None


def declared(folder: Path) -> tuple[Declared, ...]:
    """Return what the YAML files of a folder declare; of a folder that rests it is remembered for a second."""
    since = rests_since(folder)
    if since is None:
        return tuple(_declared(folder))
    return _remembered(folder, since, int(time.monotonic()))


def declared_below(folder: Path) -> tuple[Declared, ...]:
    """Return what the files of a folder, then those of the folders in it declare."""
    found = list(declared(folder))
    for each in listed(folder):
        if len(found) < _MOST and each.is_folder and not is_hidden(each.name):
            found += declared(folder / each.name)
    return tuple(found[:_MOST])


def is_hidden(name: str) -> bool:
    """Whether nobody who looks for something of their own would look into a file or folder of this name."""
    return name.startswith(".") or name in _HIDDEN


@lru_cache(maxsize=64)
def _remembered(folder: Path, _since: int, _second: int) -> tuple[Declared, ...]:
    return tuple(_declared(folder))


def _declared(folder: Path) -> Iterator[Declared]:
    for name in files_in(folder, ".yml", ".yaml")[:_MOST]:
        try:
            found = _read(folder / name, head_of(folder / name, _LARGEST))
        except (OSError, ValueError):  # ValueError: no UTF-8
            continue
        if found is not None:
            yield found


@lru_cache(maxsize=1024)
def _read(file: Path, text: str) -> Declared | None:
    """Return what a text declares; the text of a file that rests is the same object, and so found at once."""
    keys: dict[str, str] = {}
    for each in _LINE.finditer(text):
        keys.setdefault(each["key"], each["value"])
    family = _family(file, text, keys)
    if not family:
        return None
    least, most = _number(keys.get("min_instances", "")), _number(keys.get("max_instances", ""))
    kind, version, size = (keys.get(each, "") for each in ("type", "version", "size"))
    return Declared(family, keys.get("name", ""), file, kind.lower(), version, size, least, most)


def _family(file: Path, text: str, keys: dict[str, str]) -> str:
    schema = keys.get("$schema", "").lower()
    if keys.get("type", "").lower() in _COMPUTES or schema.endswith("compute.schema.json"):
        return "compute"
    if "auth_mode" in keys or schema.endswith("endpoint.schema.json"):
        return "endpoint"
    kind = kind_of(file, None, text)
    if kind == UNKNOWN:
        return ""
    small = kind.lower()
    return next((each for each in ("component", "compute", "endpoint") if small.endswith(each)), kind)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None
