"""Which package index pip asks when it is set to none, as pip itself has it: no address stands in this program."""

from __future__ import annotations

import importlib.util
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_HOME = "pip/_internal/models/index.py"
_INDEX = re.compile(r"^PyPI = PackageIndex\(\s*[\"'](https://[^\"']+)[\"']", re.MULTILINE)


@cache
def default_index() -> str:
    """Return the address, read from the source of this Python's pip or of the one it could install; else nothing."""
    found = (_INDEX.search(text) for text in _sources())
    return next((f"{each[1].rstrip('/')}/simple" for each in found if each), "")


def _sources() -> Iterator[str]:
    spec = importlib.util.find_spec("pip")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder).parent / _HOME
        if path.is_file():
            yield path.read_text("utf-8", "replace")
    bundled = importlib.util.find_spec("ensurepip")
    for folder in (bundled.submodule_search_locations if bundled else None) or ():
        for wheel in sorted(Path(folder, "_bundled").glob("pip-*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                yield archive.read(_HOME).decode("utf-8", "replace")
