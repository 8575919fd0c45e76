"""Which packages the Python of a run has: from the names of their folders, so that nothing of it is started."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import RunSnapshot
from desktop_app.services.json_objects import object_in

PAPER = "packages.json"
"""In a bundle's run: what there was where it was bundled."""
_INFO = re.compile(r"^(?P<name>[A-Za-z0-9][\w.]*?)-(?P<version>\d[^-]*)\.dist-info$")
_MOST = 5000


def is_from_here(run: RunSnapshot) -> bool:
    """Whether a run's Python is on this machine."""
    return run.backend == "local" and not run.from_bundle


def packages_of(folder: Path, plan: Mapping[str, Any] | None, *, is_here: bool) -> Mapping[str, str] | None:
    """Return versions by package, None where nobody knows: `is_here` where the run's Python is on this machine.

    They are as they are now: a package that was added to a toolchain since then is among them.
    """
    if not is_here:
        return _told(folder / PAPER)
    python = str((plan or {}).get("python") or "")
    return installed(Path(python)) if Path(python).is_absolute() else None


def installed(python: Path) -> Mapping[str, str] | None:
    """Return the packages in the environment of an interpreter; None where its place is not as usual."""
    home = python.parent.parent
    found: dict[str, str] = {}
    sites = [*home.glob("lib/python3*/site-packages"), *home.glob("Lib/site-packages")]
    for site in sites[:4]:
        for each in list(site.glob("*.dist-info"))[:_MOST]:
            if match := _INFO.match(each.name):
                found[re.sub(r"[-_.]+", "-", match["name"]).lower()] = match["version"]
    return dict(sorted(found.items())) or None


def _told(path: Path) -> Mapping[str, str] | None:
    return {str(name): str(version) for name, version in object_in(path).items()} or None
