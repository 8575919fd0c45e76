"""What goes up of the files that a job names: components, environments, the job of a schedule, each from its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.local_paths import is_there, local_path
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.upload_parts import UploadPart, is_local, upload_parts
from desktop_app.documents.yaml_text import parse

_KEYS = {
    "component": "component",
    "trial": "component",
    "environment": "environment",
    "create_job": "job",
    "job": "job",
}
_FREE = frozenset({"inputs", "outputs", "tags", "properties", "environment_variables"})
_FILE = re.compile(r"\.{1,2}[\\/]|file:|.*\.(?:ya?ml|json)$", re.IGNORECASE)
_ARROW = " → "
_MOST = 100  # files
_DEEPEST = 30


def parts_with_references(kind: str, data: Value, path: Path) -> tuple[UploadPart, ...]:
    """Return what a file sends up, and what the files send up that it names; every place once, every file once.

    A part of another file says first where that one is named: `jobs.prep.component → code`.
    """
    walk = _Walk({os.path.realpath(path)})
    found: dict[str, UploadPart] = {}
    for part in walk.parts(kind, data, path.absolute().parent, ""):
        found.setdefault(os.path.normpath(part.source), part)
    return tuple(found.values())


@dataclass(slots=True)
class _Walk:
    """Follows what files name, until all are read or there are too many."""

    seen: set[str] = field(default_factory=set)

    def parts(self, kind: str, data: Value, folder: Path, above: str) -> Iterator[UploadPart]:
        for part in upload_parts(kind, data, folder):
            yield replace(part, path=f"{above}{part.path}")
        for path, what, given in _references(data, (), 0):
            source = folder / local_path(given.removeprefix("azureml:").removeprefix("file:"))
            yield from self._of_file(UploadPart(f"{above}{join_path(path)}", f"{what} file", given, source))

    def _of_file(self, named: UploadPart) -> Iterator[UploadPart]:
        real = os.path.realpath(named.source)
        if real in self.seen:
            return
        if len(self.seen) > _MOST:
            yield replace(named, trouble=f"More than {_MOST} files are named: this one was not looked into.")
            return
        self.seen.add(real)
        if not is_there(named.source):
            yield named  # which is told as missing
            return
        try:
            parsed = parse(TextFile.load(named.source).text)
        except UserError as error:
            yield replace(named, trouble=str(error))
            return
        if parsed.data is None and parsed.problems:
            first = parsed.problems[0]
            yield replace(named, trouble=f"{named.given} is no sound YAML: line {first.line}: {first.message}")
            return
        kind = kind_of(named.source, parsed.data, parsed.text)
        if named.what == "component file" and not kind.lower().endswith("component"):
            kind = "component"
        yield from self.parts(kind, parsed.data, named.source.parent, f"{named.path}{_ARROW}")


def _references(data: Value, path: tuple[Part, ...], depth: int) -> Iterator[tuple[tuple[Part, ...], str, str]]:
    """Yield where a file of Azure ML is named, what it should be, and what stands there."""
    if depth > _DEEPEST or (path and path[-1] in _FREE):
        return
    pairs: list[tuple[Part, Value]] = []
    if isinstance(data, dict):
        pairs += data.items()
    elif isinstance(data, list):
        pairs += enumerate(data)
    for key, value in pairs:
        what = _KEYS.get(str(key), "")
        if what and isinstance(value, str) and _is_file(value):
            yield (*path, key), what, value
        else:
            yield from _references(value, (*path, key), depth + 1)


def _is_file(given: str) -> bool:
    plain = re.sub(r"^azureml:(?=\.)", "", given)
    return bool(_FILE.match(plain)) and is_local(plain)
