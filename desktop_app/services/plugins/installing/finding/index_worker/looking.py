"""What a wheel says of itself: from the metadata that an index offers, else from the wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import HeaderParser
from email.policy import compat32
from pathlib import Path
from typing import IO, Any, cast

from .faults import OUTSIDE, WRONG, Fault, shown
from .ranges import remote_file
from .web import PLAIN, Told, Web

_LARGEST_TEXT = 2_000_000
_FIELDS = ("Name", "Version", "Summary", "Author", "Author-email", "License", "License-Expression", "Home-page",
           "Keywords", "Requires-Python")  # fmt: skip


def by_metadata(web: Web, file: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the index's metadata of a wheel say (PEP 658), None where it offers none. Raises Fault."""
    if file["metadata"] is None:
        return None
    content = web.page(file["url"] + ".metadata", PLAIN).content
    said = file["metadata"].get("sha256")
    if said and hashlib.sha256(content).hexdigest() != said:
        raise Fault(WRONG, f"{shown(file['url'])}.metadata is not what its index says it is: the hash is another.")
    return fields(content)


def by_wheel(path: Path) -> dict[str, Any]:
    """Return a wheel's metadata, and its `manifest`, a `plugin.toml` one folder deep, or None. Raises Fault."""
    return looked(path, path.name)


def by_parts(web: Web, file: dict[str, Any]) -> dict[str, Any] | None:
    """Return what `by_wheel` does of a wheel that stays where it is; None where its server gives no parts of files."""
    found = remote_file(web, file["url"])
    return None if found is None else looked(cast("IO[bytes]", found), file["filename"])


def looked(file: Path | IO[bytes], name: str) -> dict[str, Any]:
    """Return what `by_wheel` does, of any file. Raises Fault."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _look(archive)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError, zlib.error) as error:
        raise Fault(WRONG, f"{name} can't be opened: it is damaged, or no wheel.") from error


def _look(archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    info = [each for each in names if each.count("/") == 1 and each.endswith(".dist-info/METADATA")]
    manifests = [each for each in names if each.count("/") == 1 and each.endswith("/plugin.toml")]
    found = fields(_text(archive, info[0])) if info else {}
    manifest = _text(archive, manifests[0]).decode("utf-8-sig", "replace") if manifests else None
    return {**found, "manifest": manifest}


def _text(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        return file.read(_LARGEST_TEXT)


def fields(metadata: bytes) -> dict[str, Any]:
    """Return the fields of a METADATA file by their names in small letters, `urls`, and what it `requires`."""
    message = HeaderParser(policy=compat32).parsestr(metadata.decode("utf-8", "replace"))
    found: dict[str, Any] = {each.lower(): str(message.get(each, "") or "")[:1000] for each in _FIELDS}
    found["requires"] = [str(each)[:1000] for each in message.get_all("Requires-Dist", [])[:2000]]
    found["urls"] = [str(each)[:1000] for each in message.get_all("Project-URL", [])[:20]]
    return found


def fetch(web: Web, file: dict[str, Any], folder: Path, most: int, tell: Told) -> tuple[Path, str]:
    """Have a wheel in `folder` under its own name, whole or not at all; return it with its sha256. Raises Fault."""
    target = folder / Path(file["filename"]).name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _part(folder) as part:
            if file["path"]:
                shutil.copyfile(file["path"], part)
            else:
                _save(web, file["url"], part, most, tell)
            found = sha256(part)
            _check(file, found)
            part.replace(target)
    except OSError as error:
        raise Fault(OUTSIDE, f"{target.name} could not be written to {folder}: {error.strerror or error}.") from error
    return target, found


def _save(web: Web, url: str, part: Path, most: int, tell: Told) -> None:
    try:
        web.save(url, part, most, tell)
    except Fault as fault:
        if not fault.again:
            raise
        web.save(url, part, most, tell)


def sha256(path: Path) -> str:
    """Return a file's sha256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(file: dict[str, Any], found: str) -> None:
    if file["sha256"] and found != file["sha256"]:
        raise Fault(
            WRONG, f"{file['filename']} is not what its index says it is: its sha256 is another.",
            f"The index says {file['sha256']}, what came has {found}. It was thrown away; ask whoever runs the index.",
        )  # fmt: skip


@contextmanager
def _part(folder: Path) -> Iterator[Path]:
    """Give a new file that is gone afterwards, unless it was given another name."""
    number, name = tempfile.mkstemp(prefix=".part-", dir=folder)
    os.close(number)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
