"""Reads a plugin's folder of knowledge, each file once as long as it does not change."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from desktop_app.api.kit.knowledge import Knowledge, Signature
from desktop_app.api.kit.knowledge_files import read_knowledge


def load_knowledge(folder: Path) -> Knowledge:
    """Return what the `*.toml` files of a folder know, by their names; files that did not change are read once.

    Raises KnowledgeError for one that can't be used. Its test logs are not read: `read_knowledge` reads them as well.
    """
    signatures: list[Signature] = []
    versions: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        stamp = path.stat()
        known = _kept(path, stamp.st_mtime_ns, stamp.st_size)
        signatures += known.signatures
        versions |= known.versions
    return Knowledge(tuple(signatures), versions)


@lru_cache(maxsize=64)
def _kept(path: Path, _changed: int, _size: int) -> Knowledge:
    return read_knowledge(path, with_logs=False)
