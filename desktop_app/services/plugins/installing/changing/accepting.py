"""Takes files of a plugin that were changed by hand as they are now: they are tried first, as a new version is."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import UserError
from desktop_app.api._plugins import ManifestError, read_manifest
from desktop_app.services.files import write_atomically
from desktop_app.services.plugins.installing.changing.checking import Staged, checking
from desktop_app.services.plugins.installing.changing.holding import in_thread
from desktop_app.services.plugins.installing.keeping.hashes import changed, record_files
from desktop_app.services.plugins.installing.models import Installed
from desktop_app.services.plugins.processes.nursery import Cradle

_REFUSED = "was changed and was not enabled"
_HINT = "Install it again, or mend what was changed."
FILE = "accepted.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    """When edits of an installed plugin were accepted last, and all files that were edited since it was installed."""

    at: datetime
    files: tuple[str, ...]


def accepted_edits(generation: Path) -> Accepted | None:
    """Return what was accepted of a generation; None where its files are as they were installed. Blocks."""
    try:
        told = json.loads((generation / FILE).read_text("utf-8"))
        return Accepted(datetime.fromisoformat(told["at"]), tuple(map(str, told["files"])))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def _accept(generation: Path) -> int:
    """Record the files as they are now, and that they are no longer those that were installed. Blocks."""
    before = accepted_edits(generation)
    files = sorted({*(before.files if before else ()), *changed(generation, thorough=True)})
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "files": files}
    size = record_files(generation)
    if files:
        with contextlib.suppress(OSError):  # a full disk: what holds was recorded
            write_atomically(generation / FILE, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return size


async def accepted(found: Installed, title: str, cradle: Cradle, bytecode: Path) -> Installed:
    """Record the files of a plugin as they are, and return it with the hooks that it has now.

    Raises UserError where it can't be used like this; nothing is recorded then.
    """
    library = found.lib
    assert library is not None
    try:
        manifest = await in_thread(read_manifest, found.folder)
    except ManifestError as error:
        raise UserError(f"{title} {_REFUSED}: {error}", hint=_HINT) from error
    staged = Staged(title, manifest, found.package, (library,), _REFUSED, _HINT)
    async with checking(cradle, bytecode) as checker:
        hooks = await checker.check(staged)
    size = await in_thread(_accept, library.parent)
    return dataclasses.replace(found, hooks=hooks, size=size)
