"""Which projects an index has whose names begin as plugins' do; kept for a day, and asked for again only if changed.

A large index has hundreds of thousands of names: its list is read as it comes, and only what is looked for is kept.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from unearth.utils import url_to_path

from .faults import MISSING, OUTSIDE, WRONG, Fault, shown
from .pages import ACCEPT, HTML, JSON_PAGE, is_file
from .web import Told, Web

_FRESH = 86_400.0  # seconds
_OVERLAP = 1024  # bytes: no name with what stands around it is longer
_MOST = 2000


@dataclass(frozen=True)
class Question:
    """Which names are wanted: of which index, how they begin, where they are kept, and what asking may cost at most."""

    index: str
    prefix: str
    cache: Path
    most: int
    patience: float

    @property
    def place(self) -> Path:
        """The file where the answer is kept."""
        asked = f"{shown(self.index)} {self.prefix}"
        return self.cache / f"{hashlib.sha256(asked.encode()).hexdigest()[:24]}.json"


def names(web: Web, asked: Question, tell: Told, *, kept_alone: bool = False) -> dict[str, Any]:
    """Return the `names` that were asked for, and a `complaint` where they are those of before. Raises Fault."""
    if is_file(asked.index):
        return {"names": _local(Path(url_to_path(asked.index)), asked.prefix), "complaint": ""}
    kept = _read(asked.place)
    if kept_alone or (kept is not None and kept["at"] <= time.time() < kept["at"] + _FRESH):
        return {"names": kept["names"] if kept else [], "complaint": ""}
    try:
        found = _asked(web, asked, kept, tell)
    except Fault as fault:
        if kept is None:
            raise
        return {"names": kept["names"], "complaint": f"{fault.message} What it had before is shown."}
    _write(asked.place, found)
    return {"names": found["names"], "complaint": ""}


def _asked(web: Web, asked: Question, kept: dict[str, Any] | None, tell: Told) -> dict[str, Any]:
    known = kept or {}
    headers = {**ACCEPT, **{name: known[key] for name, key in _CONDITIONS if known.get(key)}}
    with web.opened(f"{asked.index.rstrip('/')}/", headers) as response:
        if response.status_code == 304 and kept is not None:
            return {**kept, "at": time.time()}
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        packed = "Content-Encoding" in response.headers
        total = 0 if packed else int(response.headers.get("Content-Length", 0) or 0)
        pieces = web.pieces(response, asked.most, asked.patience)
        found = sifted(_counted(pieces, total, tell), kind, asked.prefix, shown(asked.index))
        etag, modified = response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
    return {"at": time.time(), "etag": etag, "modified": modified, "names": found}


_CONDITIONS = (("If-None-Match", "etag"), ("If-Modified-Since", "modified"))


def _counted(pieces: Iterable[bytes], total: int, tell: Told) -> Iterator[bytes]:
    done = 0
    for piece in pieces:
        done += len(piece)
        tell(done, total)
        yield piece


def sifted(pieces: Iterable[bytes], kind: str, prefix: str, index: str) -> list[str]:
    """Return the names that begin with `prefix` from a list of all. Raises Fault for what is no whole list."""
    wanted = (
        rb"[-_.]".join(re.escape(each.encode()) for each in prefix.rstrip("-").split("-"))
        + rb"[-_.][\w.-]{0,149}[A-Za-z0-9]"
    )
    if kind == JSON_PAGE:
        pattern, first, last = re.compile(rb'"name"\s*:\s*"(' + wanted + rb')"', re.IGNORECASE), b"{", b"}"
    elif kind in HTML:
        pattern, first, last = re.compile(rb">\s*(" + wanted + rb")\s*</a", re.IGNORECASE), b"<", b">"
    else:
        raise Fault(WRONG, f"{index} answers with “{kind or 'nothing'}”, which no package index does.")
    found: set[str] = set()
    start, rest = b"", b""
    for piece in pieces:
        start = start or piece.lstrip()[:1]
        rest += piece
        found.update(canonicalize_name(html.unescape(each.decode())) for each in pattern.findall(rest))
        rest = rest[-_OVERLAP:]
        if len(found) > _MOST:
            break
    else:
        if start != first or rest.rstrip()[-1:] != last:
            raise Fault(OUTSIDE, f"{index} did not send its list of names to the end.")
    return sorted(found)


def _local(root: Path, prefix: str) -> list[str]:
    """Return the names in an index that lies on this computer: by its folders, which are its pages as well."""
    try:
        found = {canonicalize_name(each.name) for each in root.iterdir() if each.is_dir()}
    except FileNotFoundError:
        raise Fault(MISSING, f"The package index {root} is not there.") from None
    except OSError as error:
        raise Fault(WRONG, f"The package index {root} can't be read: {error.strerror}.") from None
    return sorted(each for each in found if each.startswith(prefix))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_text("utf-8"))
        is_right = all(isinstance(each, str) for each in kept["names"]) and isinstance(kept["at"], float)
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return kept if is_right else None


def _write(path: Path, kept: dict[str, Any]) -> None:
    """Keep a list for later; where that can't be, it is asked for anew."""
    part = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        Path(part).replace(path)
    except OSError:
        if part:
            Path(part).unlink(missing_ok=True)
