"""Installed plugins and lines of the history as JSON and back; what is not as it should be raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from desktop_app.services.plugins.installing.keeping.hashes import LIB
from desktop_app.services.plugins.installing.models import Act, Change, Installed, Source, SourceKind

FAULTS = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
"""What reading a shape raises that is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history with what undo needs: lines that were done together have one `batch`.

    `undoes` is the batch that this line took back, 0 for none.
    """

    change: Change
    batch: int
    undoes: int = 0


def installed_shape(installed: Installed, root: Path) -> dict[str, Any]:
    """Return an installed plugin as JSON; paths below `root` are told from there."""
    return {
        "id": installed.id,
        "version": installed.version,
        "distribution": installed.distribution,
        "source": _source_shape(installed.source),
        "folder": _told(installed.folder, root),
        "lib": _told(installed.lib, root) if installed.lib else None,
        "package": installed.package,
        "sha256": installed.sha256,
        "size": installed.size,
        "installed": installed.installed.isoformat() if installed.installed else None,
        "pinned": installed.pinned,
        "hooks": list(installed.hooks),
        "requires": list(installed.requires),
        "editable": installed.editable,
        "python": installed.python,
        "machine": installed.machine,
    }


def installed_from(data: Mapping[str, Any], root: Path) -> Installed:
    """Return the installed plugin that a shape tells of. Raises one of FAULTS, also where it leads out of `root`."""
    installed = _installed(data, root)
    if not _is_inside(installed, root):
        raise ValueError(f"{installed.id} lies at a place where no plugin is installed")
    return installed


def _installed(data: Mapping[str, Any], root: Path) -> Installed:
    return Installed(
        id=_text(data["id"]),
        version=_text(data["version"]),
        distribution=_text(data["distribution"]),
        source=_source(data["source"]),
        folder=root / _text(data["folder"]),
        lib=root / _text(data["lib"]) if data.get("lib") else None,
        package=_text(data["package"]) if data.get("package") else None,
        sha256=_text(data.get("sha256", "")),
        size=int(data.get("size", 0)),
        installed=datetime.fromisoformat(data["installed"]) if data.get("installed") else None,
        pinned=_text(data.get("pinned", "")),
        hooks=tuple(map(_text, data.get("hooks", ()))),
        requires=tuple(map(_text, data.get("requires", ()))),
        editable=bool(data.get("editable", False)),
        python=_text(data.get("python", "")),
        machine=_text(data.get("machine", "")),
    )


def _is_inside(installed: Installed, root: Path) -> bool:
    """Whether a plugin lies where the manager puts one: in GENERATION/lib, or in the person's own folder."""
    library = installed.lib
    if library is not None and (library.name != LIB or library.parent.parent != root or library.parent.name == ".."):
        return False
    if installed.editable:
        return installed.folder.is_absolute()
    return library is not None and installed.folder.is_relative_to(library) and ".." not in installed.folder.parts


def line_shape(line: Line) -> dict[str, Any]:
    """Return a line of the history as JSON."""
    change = line.change
    return {
        "number": change.number,
        "batch": line.batch,
        "undoes": line.undoes,
        "at": change.at.isoformat(),
        "act": change.act.value,
        "id": change.id,
        "title": change.title,
        "before": change.before,
        "after": change.after,
        "source": _source_shape(change.source) if change.source else None,
        "undone": change.undone,
    }


def line_from(data: Mapping[str, Any]) -> Line:
    """Return the line of the history that a shape tells of. Raises one of FAULTS."""
    change = Change(
        number=int(data["number"]),
        at=datetime.fromisoformat(data["at"]),
        act=Act(data["act"]),
        id=_text(data["id"]),
        title=_text(data["title"]),
        before=_text(data["before"]),
        after=_text(data["after"]),
        source=_source(data["source"]) if data.get("source") else None,
        undone=bool(data["undone"]),
    )
    return Line(change, int(data["batch"]), int(data.get("undoes", 0)))


def _source_shape(source: Source) -> dict[str, Any]:
    return {"kind": source.kind.value, "where": source.where}


def _source(data: Mapping[str, Any]) -> Source:
    return Source(SourceKind(data["kind"]), _text(data["where"]))


def _told(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text was expected")
    return value
