"""Whether the ONNX file that a report is about is still the one that was checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models.words import CHANGED, GONE, MEASURED, VERDICTS, Mark, is_measured, text_of
from desktop_app.services.exports.placing import digest, parts_of


class Standing(StrEnum):
    """What became of a report's file."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(slots=True)
class Standings:
    """Remembers files' digests as long as their sizes and times stay. Its methods block: these are files."""

    _digests: dict[Path, tuple[tuple[int, int], str]] = field(default_factory=dict)

    def all_of(self, reports: Sequence[ExportReport]) -> Mapping[str, Standing]:
        """Return the standing of each report by its id, without reading a whole file.

        `reports` are newest first: of those about one place only the newest is about what is there now.
        """
        found: dict[str, Standing] = {}
        newest: dict[Path, str] = {}
        for each in reports:
            path, sha256 = subject(each)
            found[each.id] = self._told(each, path, sha256, newest)
            if path is not None and sha256:
                newest.setdefault(path, sha256)
        return found

    def of(self, report: ExportReport) -> Standing:
        """Return the standing of one report; the file is read unless it is as it was when it was read last."""
        path, sha256 = subject(report)
        if path is None:
            return Standing.SAME
        seen = _stamp(path)
        if seen is None:
            return Standing.GONE
        if not sha256:
            return _by_size(report, path, seen[0])
        if self._known(path, seen) is None:
            try:
                self._digests[path] = (seen, digest(path))
            except OSError:
                return _by_size(report, path, seen[0])  # it may not be read: its size is all that is known
        return Standing.SAME if self._known(path, seen) == sha256 else Standing.CHANGED

    def _told(self, report: ExportReport, path: Path | None, sha256: str, newest: Mapping[Path, str]) -> Standing:
        if path is None:
            return Standing.SAME
        seen = _stamp(path)
        if seen is None:
            return Standing.GONE
        known = self._known(path, seen)
        if known is not None and sha256:
            return Standing.SAME if known == sha256 else Standing.CHANGED
        if newest.get(path, sha256) != sha256:
            return Standing.CHANGED
        return _by_size(report, path, seen[0])

    def _known(self, path: Path, seen: tuple[int, int]) -> str | None:
        at, told = self._digests.get(path, (None, None))
        return told if at == seen else None


def subject(report: ExportReport) -> tuple[Path | None, str]:
    """Return the file that a report is about and its SHA-256: what was written, or the ONNX file that was measured."""
    if report.output:
        return Path(report.output), report.sha256
    if report.model.get("kind") == "onnx" and (path := text_of(report.model.get("path"))):
        return Path(path), text_of(report.model.get("sha256"))
    return None, ""


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if path.is_file() else None


def _by_size(report: ExportReport, path: Path, size: int) -> Standing:
    """Compare sizes: `bytes` counts the data beside the file, too, and other files may have come to lie there."""
    if not report.bytes or size == report.bytes:
        return Standing.SAME
    if size > report.bytes:
        return Standing.CHANGED
    try:
        whole = sum(each.stat().st_size for each in parts_of(path))
    except OSError:
        return Standing.SAME
    return Standing.CHANGED if whole < report.bytes else Standing.SAME


def mark_of(report: ExportReport, standing: Standing = Standing.SAME) -> Mark:
    """Return what is shown first of a report: the verdict, unless it is about a file that is no more."""
    if standing is not Standing.SAME:
        return CHANGED if standing is Standing.CHANGED else GONE
    return MEASURED if is_measured(report) else VERDICTS[report.verdict]


def warning(report: ExportReport, standing: Standing) -> str:
    """Return what became of the file, empty where it is the one that was checked."""
    if standing is Standing.CHANGED:
        return "The file has changed since it was checked: this report is about an earlier one."
    return f"The file is gone: {subject(report)[0]}" if standing is Standing.GONE else ""
